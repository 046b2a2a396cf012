import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Effect, Redacted, Schema, Stream } from "effect"
import { Tool } from "effect/ai"
import { type GenerateOptions, Generation, Generator, Loom, Request, Transport } from "loom-router"
import * as OpenAi from "loom-router/providers/OpenAi"
import type OpenAI from "openai"
import { bill, openai } from "./bill.ts"
import { at, type Body, contract, testKey, tokens } from "./contract.ts"
import { billed, bodies, failure, inWorld, quick, type Setup, spent } from "./world.ts"

const search = Tool.providerDefined({
  id: "openai.web_search",
  customName: "OpenAiWebSearch",
  providerName: "web_search",
  args: Schema.Struct({ search_context_size: Schema.Literals(["low", "medium", "high"]) })
})({ search_context_size: "low" })

const placeIn = (location: unknown) => ({ city: at(location, "city"), country: at(location, "country") })

const chat = {
  wire: {
    system: (body: Body) => at(body, "messages", 0, "content"),
    maxOutputTokens: (body: Body) => body["max_completion_tokens"]
  },
  native: {
    options: { prompt_cache_key: "tenant-7", metadata: { team: "weavers" } },
    idOf: (native: unknown) => at(native, "id")
  },
  can: {
    promptCache: {
      from: 1024,
      key: (body: Body) => body["prompt_cache_key"],
      lifetimes: ["30m"] as const,
      conversation: {
        model: "gpt-6-luna",
        off: { promptCache: false },
        // Up to the last full block of 128 tokens, what the prompt before had of it is read.
        rule: (tokens: number, before: number) => {
          const end = (length: number) => Math.floor((length - 1) / 128) * 128
          const read = before === 0 ? 0 : end(before)
          return { read, written: end(tokens) - read }
        }
      }
    },
    webSearch: {
      location: (body: Body) => placeIn(at(body, "web_search_options", "user_location", "approximate")),
      contextSize: (body: Body) => at(body, "web_search_options", "search_context_size")
    },
    pdf: "data" as const,
    stop: (body: Body) => body["stop"],
    temperature: (body: Body) => body["temperature"],
    topP: (body: Body) => body["top_p"],
    seed: (body: Body) => body["seed"],
    presencePenalty: (body: Body) => body["presence_penalty"],
    frequencyPenalty: (body: Body) => body["frequency_penalty"],
    serviceTier: { asked: "flex", answered: "default" },
    recursion: true,
    refusesInWords: true
  }
}

describe("Responses", () => {
  contract({
    key: "openai",
    apiKeyEnv: "OPENAI_API_KEY",
    providers: (sandbox) => ({ openai: OpenAi.layer({ baseUrl: sandbox.baseUrl("openai") }) }),
    models: {
      text: "gpt-4.1",
      answersAs: "gpt-4.1-2025-04-14",
      reasoning: "gpt-6-luna",
      writes: "gpt-6-luna"
    },
    wire: {
      system: (body) => body["instructions"],
      maxOutputTokens: (body) => body["max_output_tokens"]
    },
    native: { options: { prompt_cache_key: "tenant-7", metadata: { team: "weavers" } }, idOf: chat.native.idOf },
    can: {
      ...chat.can,
      promptCache: { ...chat.can.promptCache, lifetimes: ["30m", "12h"] },
      webSearch: {
        maxUses: (body) => body["max_tool_calls"],
        allowedDomains: (body) => at(body, "tools", 0, "filters", "allowed_domains"),
        location: (body) => placeIn(at(body, "tools", 0, "user_location")),
        contextSize: (body) => at(body, "tools", 0, "search_context_size")
      },
      pdf: "data and address",
      search,
      seal: (part) => {
        const seal = at(part.options, "openai", "encryptedContent")
        return typeof seal === "string" ? seal : undefined
      }
    }
  })
})

describe("Chat Completions", () => {
  contract({
    ...chat,
    key: "openai",
    title: "openai, chat",
    apiKeyEnv: "OPENAI_API_KEY",
    providers: (sandbox) => ({ openai: OpenAi.layer({ baseUrl: sandbox.baseUrl("openai"), protocol: "chat" }) }),
    models: { text: "gpt-4.1", answersAs: "gpt-4.1", writes: "gpt-6-luna" }
  })
})

bill(openai, 13)

const responses: Setup = {
  providers: (sandbox) => ({
    openai: OpenAi.layer({
      baseUrl: sandbox.baseUrl("openai"),
      apiKey: Redacted.make(testKey),
      organization: "org-1",
      project: "proj-1"
    })
  })
}

describe("openai, as itself", () => {
  it.live("openai: speaks Responses, and Chat Completions only where it must", () =>
    inWorld(responses, function*({ sandbox }) {
      const ask = (options: Partial<GenerateOptions.Common> & { readonly native?: OpenAi.Native["request"] }) =>
        Loom.generate({ provider: "openai", model: "gpt-4.1", prompt: "Hello", ...options })
      yield* ask({})
      yield* ask({ temperature: 1, topP: 0.5, maxOutputTokens: 50, native: { metadata: {} } })
      yield* ask({ stop: ["x"] })
      yield* ask({ seed: 1 })
      yield* ask({ presencePenalty: 1 })
      yield* ask({ frequencyPenalty: 1 })
      yield* ask({ native: { n: 2 } })
      yield* ask({ native: { web_search_options: {} }, prompt: "search the latest" })
      const paths = (yield* sandbox.journal).map(({ path }) => path.replace("/openai/v1/", ""))
      assert.deepStrictEqual(paths, ["responses", "responses", ...Array.from({ length: 6 }, () => "chat/completions")])
    }))

  it.live("openai: nothing is stored unless asked, and the account's headers are sent", () =>
    inWorld(responses, function*({ sandbox }) {
      yield* Loom.generate({ provider: "openai", model: "gpt-4.1", prompt: "Hello" })
      yield* Loom.generate({ provider: "openai", model: "gpt-4.1", prompt: "Hello", native: { store: true } })
      assert.deepStrictEqual((yield* bodies(sandbox)).map((body) => body["store"]), [false, true])
      const [first] = yield* sandbox.journal
      assert.deepInclude(first?.headers, { "openai-organization": "org-1", "openai-project": "proj-1" })
    }))

  it.live("openai: native options and replies have the SDK's types", () =>
    inWorld(responses, function*() {
      const answer = yield* Loom.generate({
        provider: "openai",
        model: "gpt-4.1",
        prompt: "Hello",
        native: { prompt_cache_key: "tenant-7" }
      })
      expectTypeOf(answer.native).toEqualTypeOf<
        OpenAI.Responses.Response | OpenAI.Chat.ChatCompletion | OpenAI.Images.ImagesResponse
      >()
      assert.strictEqual("output" in answer.native ? answer.native.prompt_cache_key : undefined, "tenant-7")
      yield* Loom.generate({
        provider: "openai",
        model: "gpt-4.1",
        prompt: "Hello",
        // @ts-expect-error a key is a text
        native: { prompt_cache_key: 7 }
      }).pipe(failure)
    }))

  it.live("openai: a chat's web searches are told as sources, and paid", () =>
    inWorld(responses, function*({ sandbox }) {
      const asked = {
        provider: "openai",
        model: "gpt-4.1",
        prompt: "search the latest news about looms",
        native: { web_search_options: {} }
      } as const
      const whole = yield* Loom.generate(asked)
      const streamed = Generation.fromParts(yield* Stream.runCollect(Loom.stream(asked)))
      const plain = yield* Loom.generate({ ...asked, prompt: "[say: Hello]" })
      for (const answer of [whole, streamed]) {
        assert.lengthOf(answer?.content.filter((part) => part.type === "source") ?? [], 1)
        assert.deepStrictEqual(answer?.usage.requests, { web_search: 1 })
      }
      assert.deepStrictEqual(plain.usage.requests, {})
      assert.strictEqual(
        spent([...whole.attempts, ...streamed?.attempts ?? [], ...plain.attempts]),
        yield* billed(sandbox)
      )
    }))

  it.live("openai: several choices are paid, and the first is the answer", () =>
    inWorld(responses, function*({ sandbox }) {
      const asked = { provider: "openai", model: "gpt-4.1", prompt: "[words: 30]", native: { n: 3 } } as const
      const whole = yield* Loom.generate(asked)
      assert.lengthOf("choices" in whole.native ? whole.native.choices : [], 3)
      const streamed = Generation.fromParts(yield* Stream.runCollect(Loom.stream(asked)))
      for (const answer of [whole, streamed]) {
        assert.strictEqual(answer?.text.split(" ").length, 30)
        assert.isAbove(answer?.usage.outputTokens ?? 0, 90)
      }
      assert.strictEqual(spent([...whole.attempts, ...streamed?.attempts ?? []]), yield* billed(sandbox))
    }))
})

describe("openai, where its protocols differ", () => {
  const city = Tool.make("look_up", { parameters: Schema.Struct({ city: Schema.String }) })

  it.live("openai: a vendor's tool can be chosen, and isn't sent to a protocol that has none", () =>
    inWorld(responses, function*({ sandbox }) {
      const asked = { model: "openai/gpt-4.1", prompt: "search the latest", tools: [search, city] } as const
      yield* Loom.generate({ ...asked, toolChoice: { tool: "OpenAiWebSearch" } })
      const error = yield* failure(Loom.generate({ ...asked, seed: 1 }))
      assert.deepInclude(error.reason, { _tag: "InvalidRequest", field: "tools" })
      assert.deepStrictEqual((yield* bodies(sandbox)).map((body) => body["tool_choice"]), [
        { type: "allowed_tools", mode: "required", tools: [{ type: "web_search" }] }
      ])
    }))

  it.live("openai: what a tool shows the model is sent, or refused", () =>
    inWorld(responses, function*({ sandbox }) {
      const asked = {
        model: "openai/gpt-4.1",
        tools: [city],
        prompt: [
          { role: "user", content: "look_up Paris" },
          {
            role: "assistant",
            content: [{ type: "tool-call", id: "call_1", name: "look_up", params: { city: "Paris" } }]
          },
          {
            role: "tool",
            content: [{
              type: "tool-result",
              id: "call_1",
              name: "look_up",
              isFailure: false,
              result: null,
              modelOutput: [
                { type: "text", text: "A map:" },
                { type: "file", mediaType: "image/png", data: "iVBORw0KGgo=" }
              ]
            }]
          }
        ]
      } as const
      const { text } = yield* Loom.generate(asked)
      assert.include(text, "A map:")
      assert.include(JSON.stringify(yield* bodies(sandbox)), "data:image/png;base64,iVBORw0KGgo=")
      const error = yield* failure(Loom.generate({ ...asked, seed: 1 }))
      assert.deepInclude(error.reason, { _tag: "InvalidRequest", field: "prompt" })
      assert.lengthOf(yield* sandbox.journal, 1)
    }))

  for (const protocol of ["responses", "chat"] as const) {
    it.live(`openai: breakpoints where they are wanted, and no others (${protocol})`, () =>
      inWorld(responses, function*() {
        const ask = (question: string, breakpoints: ReadonlyArray<Request.Breakpoint>, name: string) =>
          Loom.generate({
            model: "openai/gpt-6-luna",
            reasoning: "none",
            promptCache: { breakpoints },
            tools: [city],
            prompt: [
              { role: "system", content: tokens(1200, name) },
              { role: "user", content: [{ type: "text", text: "look_up Ulm" }] },
              {
                role: "assistant",
                content: [{ type: "tool-call", id: "call_1", name: "look_up", params: { city: "Ulm" } }]
              },
              {
                role: "tool",
                content: [{ type: "tool-result", id: "call_1", name: "look_up", isFailure: false, result: question }]
              }
            ],
            ...protocol === "chat" ? { seed: 1 } : {}
          })
        const run = Effect.fnUntraced(function*(breakpoints: ReadonlyArray<Request.Breakpoint>, name: string) {
          const first = yield* ask("One", breakpoints, name)
          const again = yield* ask("One", breakpoints, name)
          const other = yield* ask("Two", breakpoints, name)
          return [first, again, other].map((
            { usage }
          ) => [usage.cacheRead, usage.cacheWrite["30m"] ?? 0, usage.inputUncached])
        })
        const [[, written = 0, rest = 0] = [], again, other] = yield* run(["system"], "s")
        assert.isAtLeast(written, 1200)
        assert.deepStrictEqual([again, other], [[written, 0, rest], [written, 0, rest]])
        const [[, all = 0] = [], same, ends = []] = yield* run(["system", "messages"], "m")
        assert.isAbove(all, written)
        assert.deepStrictEqual(same?.slice(0, 2), [all, 0])
        assert.deepStrictEqual(ends.slice(0, 2), [written, all - written])
        const [nothing] = yield* run(["tools"], "t")
        assert.deepStrictEqual(nothing, [0, written, rest])
        const { warnings } = yield* ask("One", ["tools"], "t")
        assert.match(warnings.join(), /^promptCache.breakpoints was changed/)
      }))

    it.live(`openai: a cache breakpoint on a part of the prompt (${protocol})`, () =>
      inWorld(responses, function*({ sandbox }) {
        const ask = (question: string) =>
          Loom.generate({
            model: "openai/gpt-6-luna",
            ...protocol === "chat" ? { seed: 1 } : {},
            native: { prompt_cache_options: { mode: "explicit" } },
            prompt: [{
              role: "user",
              content: [
                {
                  type: "text",
                  text: tokens(1111),
                  options: { openai: { prompt_cache_breakpoint: { mode: "explicit" } } }
                },
                { type: "text", text: question }
              ]
            }]
          })
        const first = yield* ask("One?")
        const second = yield* ask("Two?")
        const written = first.usage.cacheWrite["30m"] ?? 0
        assert.isAtLeast(written, 1111)
        assert.isBelow(written, 1111 + 128)
        assert.strictEqual(second.usage.cacheRead, written)
        assert.strictEqual(spent([...first.attempts, ...second.attempts]), yield* billed(sandbox))
      }))
  }
})

describe("openai, as a value", () => {
  const short = (generation: Generation.Generation) => generation.text.length < 40

  for (const method of ["generate", "open"] as const) {
    it.live(`openai: a pipeline of one's own gives priced answers and attempts: ${method}`, () =>
      inWorld(responses, function*({ sandbox }) {
        const openai = yield* OpenAi.make({ baseUrl: sandbox.baseUrl("openai"), apiKey: Redacted.make(testKey) }).pipe(
          Effect.provideServiceEffect(Transport.Transport, Transport.make())
        )
        const pipeline = openai.pipe(
          Generator.model("openai/gpt-4o-mini"),
          Generator.retry(quick),
          Generator.validate(short),
          Generator.orElse(openai.pipe(Generator.model("openai/gpt-6-luna"), Generator.retry(quick)))
        )
        const run = (request: Request.Request) =>
          method === "generate"
            ? pipeline.generate(request)
            : Effect.flatMap(pipeline.open(request), (stream) =>
              Effect.map(Stream.runCollect(stream), (parts) => Generation.fromParts(parts)))

        yield* sandbox.script({ respond: { status: 503 } })
        const accepted = yield* Request.fromPrompt("[say: Yes.]")
        const first = yield* run(accepted)
        assert.strictEqual(first?.text, "Yes.")
        assert.deepStrictEqual(
          accepted.call.attempts.map(({ billed, model, outcome }) => [model, outcome, billed]),
          [["gpt-4o-mini", "Overloaded", "no"], ["gpt-4o-mini-2024-07-18", "ok", "yes"]]
        )
        assert.strictEqual(first?.cost.picoUsd, yield* billed(sandbox))

        const rejected = yield* Request.fromPrompt("[words: 50]")
        const second = yield* run(rejected)
        assert.deepStrictEqual(
          rejected.call.attempts.map(({ model, outcome }) => [model, outcome]),
          [["gpt-4o-mini-2024-07-18", "ok"], ["gpt-6-luna", "ok"]]
        )
        const [, , last] = yield* sandbox.bill
        assert.strictEqual(second?.cost.picoUsd, Number(last?.amount))
        assert.strictEqual(spent([...accepted.call.attempts, ...rejected.call.attempts]), yield* billed(sandbox))
      }))
  }
})

import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import {
  type ChatCompletionResponse,
  ChatCompletionResponse$inboundSchema
} from "@mistralai/mistralai/models/components"
import { Effect, Redacted, Schema, Stream } from "effect"
import { Tool } from "effect/ai"
import { Generation, Loom, type Request, RetryPolicy } from "loom-router"
import * as Mistral from "loom-router/providers/Mistral"
import { bill, mistral } from "./bill.ts"
import { at, contract, testKey } from "./contract.ts"
import { bodies, failure, inWorld, type Setup } from "./world.ts"

/** The words of the wire for what the SDK calls otherwise. */
const wireOf = (native: unknown): unknown =>
  JSON.parse(
    JSON.stringify(native, (_, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(
          Object.entries(value).map((
            [name, member]
          ) => [name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), member])
        )
        : value)
  )

describe("Chat Completions", () => {
  contract({
    key: "mistral",
    apiKeyEnv: "MISTRAL_API_KEY",
    providers: (sandbox) => ({ mistral: Mistral.layer({ baseUrl: sandbox.baseUrl("mistral") }) }),
    models: { text: "mistral-large-2512", answersAs: "mistral-large-2512", reasoning: "mistral-medium-2604" },
    wire: {
      system: (body) => at(body, "messages", 0, "content"),
      maxOutputTokens: (body) => body["max_tokens"]
    },
    native: {
      options: { metadata: { team: "weavers" }, n: 1 },
      idOf: (native) => at(native, "id"),
      wireOf
    },
    can: {
      promptCache: { from: 1024, key: (body) => body["prompt_cache_key"] },
      webSearch: "untried",
      pdf: "data and address",
      stop: (body) => body["stop"],
      temperature: (body) => body["temperature"],
      topP: (body) => body["top_p"],
      seed: (body) => body["random_seed"],
      presencePenalty: (body) => body["presence_penalty"],
      frequencyPenalty: (body) => body["frequency_penalty"],
      recursion: true,
      filters: false,
      countsReasoning: false,
      seal: (part) => {
        const seal = at(part.options, "mistral", "signature")
        return typeof seal === "string" ? seal : undefined
      }
    }
  })
})

bill(mistral, 13)

const world: Setup = {
  providers: (sandbox) => ({
    mistral: Mistral.layer({ baseUrl: sandbox.baseUrl("mistral"), apiKey: Redacted.make(testKey) })
  })
}

const weather = Tool.make("lookup_weather", { parameters: Schema.Struct({ city: Schema.String }) })
const search = Tool.providerDefined({ id: "mistral.web_search", customName: "Search", providerName: "web_search" })()

describe("mistral, as itself", () => {
  it.live("mistral: replies have the names and types of the SDK, whole and streamed", () =>
    inWorld(world, function*() {
      const asks = [
        { model: "mistral-large-2512", prompt: "lookup_weather, please", tools: [weather] },
        { model: "mistral-small-2603", prompt: "Why?", reasoning: "high" },
        { model: "mistral-small-2603", prompt: "Hello" }
      ] as const
      for (const ask of asks) {
        const whole = yield* Loom.generate({ provider: "mistral", ...ask })
        const streamed = Generation.fromParts(yield* Stream.runCollect(Loom.stream({ provider: "mistral", ...ask })))
        expectTypeOf(whole.native).toEqualTypeOf<ChatCompletionResponse>()
        for (const native of [whole.native, streamed?.native]) {
          assert.deepStrictEqual(ChatCompletionResponse$inboundSchema.parse(wireOf(native)), native)
        }
        assert.strictEqual(whole.native.usage.promptTokens, whole.usage.inputTokens)
      }
    }))

  it.live("mistral: options of the SDK are typed, and those that it doesn't know are sent all the same", () =>
    inWorld(world, function*({ sandbox }) {
      const asked = { provider: "mistral", model: "mistral-large-2512", prompt: "Hello" } as const
      yield* Loom.generate({ ...asked, native: { promptCacheKey: "tenant-7", safePrompt: true } })
      // @ts-expect-error a key is a text
      const wrong = yield* failure(Loom.generate({ ...asked, native: { promptCacheKey: 7 } }))
      const unknown: object = { brand_new: { deep: true } }
      const refused = yield* failure(Loom.generate({ ...asked, native: unknown }))
      assert.deepInclude(wrong.reason, { _tag: "InvalidRequest", field: "promptCacheKey" })
      assert.deepInclude(refused.reason, { _tag: "InvalidRequest", field: "brand_new" })
      const [first, second, ...rest] = yield* bodies(sandbox)
      assert.deepInclude(first, { prompt_cache_key: "tenant-7", safe_prompt: true })
      assert.deepInclude(second, { brand_new: { deep: true }, model: "mistral-large-2512" })
      assert.deepStrictEqual(rest, [])
    }))

  it.live("mistral: a key for the prompt cache is sent, and what can't be chosen is told", () =>
    inWorld(world, function*({ sandbox }) {
      const ask = (model: string, promptCache: NonNullable<Request.Params["promptCache"]>) =>
        Loom.generate({ provider: "mistral", model, prompt: "Hello", promptCache })
      const plain = yield* ask("mistral-large-2512", true)
      const keyed = yield* ask("mistral-large-2512", { key: "tenant-7", ttl: "1h" })
      assert.deepStrictEqual([plain, keyed].map(({ warnings }) => warnings), [
        [],
        ["promptCache.ttl was dropped: Mistral keeps what prompts begin with as long as it likes"]
      ])
      assert.deepStrictEqual((yield* bodies(sandbox)).map((body) => body["prompt_cache_key"]), [
        undefined,
        "tenant-7"
      ])
    }))

  it.live("mistral: reasoning is told in the efforts that a model knows, or the answer says so", () =>
    inWorld(world, function*({ sandbox }) {
      const asked = function*(model: string, reasoning: Request.ReasoningEffort) {
        const { warnings } = yield* Loom.generate({ provider: "mistral", model, reasoning, prompt: "Why?" })
        return [(yield* bodies(sandbox)).at(-1)?.["reasoning_effort"], ...warnings]
      }
      assert.deepStrictEqual(yield* asked("mistral-medium-2604", "high"), ["high"])
      assert.deepStrictEqual(yield* asked("mistral-medium-2604", "none"), ["none"])
      assert.deepStrictEqual(yield* asked("mistral-medium-2604", "low"), [
        "high",
        "reasoning was raised from low to high, the nearest that the model knows"
      ])
      assert.deepStrictEqual(yield* asked("mistral-large-4", "medium"), ["medium"])
      assert.deepStrictEqual(yield* asked("mistral-large-4", "max"), [
        "high",
        "reasoning was lowered from max to high, the nearest that the model knows"
      ])
      assert.deepStrictEqual(yield* asked("magistral-small", "low"), [
        undefined,
        "reasoning was dropped: the model always thinks, and as much as it likes"
      ])
      const error = yield* failure(Effect.gen(() => asked("mistral-large-2512", "high")))
      assert.deepInclude(error.reason, { _tag: "Unsupported", feature: "reasoning" })
    }))

  it.live("mistral: goes on with a conversation that began at another vendor", () =>
    inWorld(world, function*({ sandbox }) {
      const { text } = yield* Loom.generate({
        provider: "mistral",
        model: "mistral-large-2512",
        tools: [weather],
        prompt: [
          { role: "user", content: "lookup_weather, please" },
          {
            role: "assistant",
            content: [
              { type: "reasoning", text: "A thought.", options: { anthropic: { signature: "sealed" } } },
              { type: "tool-call", id: "toolu_01A", name: "lookup_weather", params: { city: "Ulm" } }
            ]
          },
          {
            role: "tool",
            content: [{ type: "tool-result", id: "toolu_01A", name: "lookup_weather", isFailure: false, result: "sun" }]
          }
        ]
      })
      assert.include(text, "According to lookup_weather: sun")
      const [body] = yield* bodies(sandbox)
      const id = at(body, "messages", 1, "tool_calls", 0, "id")
      assert.match(String(id), /^[a-z0-9]{9}$/)
      assert.strictEqual(at(body, "messages", 2, "tool_call_id"), id)
      assert.notInclude(JSON.stringify(body), "A thought.")
    }))

  it.live("mistral: goes on with what it has begun to say", () =>
    inWorld(world, function*({ sandbox }) {
      yield* Loom.generate({
        provider: "mistral",
        model: "mistral-large-2512",
        prompt: [{ role: "user", content: "Hello" }, { role: "assistant", content: "Well, " }]
      })
      assert.strictEqual(at((yield* bodies(sandbox))[0], "messages", 1, "prefix"), true)
    }))

  it.live("mistral: its own tools are offered, and what they found is told as sources", () =>
    inWorld(world, function*({ sandbox }) {
      const asked = { provider: "mistral", model: "mistral-large-2512", prompt: "Looms?", tools: [search] } as const
      const chosen = yield* failure(Loom.generate({ ...asked, toolChoice: { tool: "Search" } }))
      assert.deepInclude(chosen.reason, { _tag: "InvalidRequest", field: "toolChoice" })
      assert.deepStrictEqual(yield* sandbox.journal, [])

      const call = { id: "abcdefghi", type: "function", function: { name: "web_search", arguments: "{}" }, index: 0 }
      const page = { type: "tool_reference", tool: "web_search", title: "Looms", url: "https://example.com/looms" }
      const choice = {
        index: 0,
        finish_reason: "stop",
        messages: [
          { role: "assistant", content: "", tool_calls: [call] },
          { role: "tool", content: "[a page]", tool_call_id: "abcdefghi", name: "web_search" },
          { role: "assistant", content: [{ type: "text", text: "They weave." }, page] }
        ]
      }
      const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
      const body = { id: "m1", object: "chat.completion", created: 1, model: asked.model, choices: [choice], usage }
      // The sandbox serves no search.
      yield* failure(Loom.generate({ ...asked, tools: [], webSearch: { maxUses: 3 } }))
      assert.deepStrictEqual((yield* bodies(sandbox))[0]?.["tools"], [{ type: "web_search" }])
      const narrow = { ...asked, tools: [], webSearch: { allowedDomains: ["example.com"] } } as const
      assert.deepInclude((yield* failure(Loom.generate(narrow))).reason, {
        _tag: "Unsupported",
        feature: "webSearch.allowedDomains"
      })
      const plain = { ...asked, tools: [] }
      yield* sandbox.script({ respond: { status: 200, body } })
      const whole = yield* Loom.generate(plain)
      const events = [
        { delta: { role: "assistant", content: "" }, finish_reason: null },
        { delta: { role: "tool", content: "[a page]" }, finish_reason: null },
        { delta: { role: "assistant", content: [{ type: "text", text: "They weave." }, page] }, finish_reason: null },
        { delta: { content: "" }, finish_reason: "stop" }
      ].map((choice, n) =>
        `data: ${
          JSON.stringify({ ...body, choices: [{ index: 0, ...choice }], ...n === 3 ? { usage } : { usage: undefined } })
        }\n\n`
      )
      yield* sandbox.script({
        respond: { status: 200, contentType: "text/event-stream", body: `${events.join("")}data: [DONE]\n\n` }
      })
      const streamed = Generation.fromParts(yield* Stream.runCollect(Loom.stream(plain)))
      for (const answer of [whole, streamed]) {
        assert.strictEqual(answer?.text, "They weave.")
        assert.deepStrictEqual(answer?.content.map(({ type }) => type), ["text", "source"])
        assert.deepStrictEqual(answer?.usage.requests, { web_search: 1 })
        // What a search costs isn't known: never a silent zero.
        assert.strictEqual(answer?.cost.status, "unknown")
        assert.include(answer?.cost.unpriced.join(), "web_search")
      }
    }))

  it.live("mistral: capacity is asked for by the vendor's names, or refused", () =>
    inWorld(world, function*({ sandbox }) {
      const ask = (serviceTier: string) =>
        Loom.generate({ provider: "mistral", model: "mistral-large-2512", prompt: "Hello", serviceTier })
      assert.strictEqual((yield* ask("standard")).serviceTier, "standard")
      yield* ask("auto")
      const error = yield* failure(ask("flex"))
      assert.deepInclude(error.reason, { _tag: "InvalidRequest", field: "serviceTier" })
      assert.deepStrictEqual((yield* bodies(sandbox)).map((body) => body["service_tier"]), ["standard_only", "auto"])
    }))

  it.live("mistral: tells what is wrong with a request, by the vendor's own words", () =>
    inWorld(world, function*({ sandbox }) {
      const asked = { provider: "mistral", model: "mistral-large-2512", prompt: "Hello" } as const
      const hot = yield* failure(Loom.generate({ ...asked, temperature: 2 }))
      assert.deepInclude(hot, { status: 422 })
      assert.deepInclude(hot.reason, {
        _tag: "InvalidRequest",
        field: "temperature",
        detail: "temperature: Input should be less than or equal to 1.5"
      })
      const unknown = yield* failure(Loom.generate({ ...asked, native: { model: "mistral-huge" } }))
      assert.deepInclude(unknown.reason, { _tag: "InvalidRequest", detail: "Invalid model: mistral-huge" })
      yield* sandbox.script({ respond: { status: 402 } }, { respond: { status: 429, headers: { "retry-after": "7" } } })
      assert.strictEqual((yield* failure(Loom.generate(asked))).reason._tag, "QuotaExceeded")
      const limited = yield* failure(Loom.generate({ ...asked, retry: RetryPolicy.none }))
      assert.strictEqual(limited.reason._tag, "RateLimited")
      assert.include(limited.message, "7")
    }))

  it.live("mistral: a failure told with status 200 is one", () =>
    inWorld(world, function*({ sandbox }) {
      const asked = {
        provider: "mistral",
        model: "mistral-large-2512",
        prompt: "Hello",
        retry: RetryPolicy.none
      } as const
      const tags = [
        ["rate_limited", "RateLimited"],
        ["invalid_request_error", "InvalidRequest"],
        ["internal_server_error", "Overloaded"]
      ] as const
      for (const [code, tag] of tags) {
        yield* sandbox.script({ fail: { afterEvents: 0, code } }, { fail: { afterEvents: 1, code } })
        assert.strictEqual((yield* failure(Loom.generate(asked))).reason._tag, tag)
        assert.strictEqual((yield* failure(Stream.runDrain(Loom.stream(asked)))).reason._tag, tag)
      }
      const choice = { index: 0, finish_reason: "error", message: { role: "assistant", content: "We" } }
      const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
      yield* sandbox.script({
        respond: { status: 200, body: { id: "m1", model: asked.model, choices: [choice], usage } }
      })
      const error = yield* failure(Loom.generate(asked))
      assert.deepInclude(error.reason, { _tag: "Overloaded", maybeBilled: true })
      assert.strictEqual(error.usage?.totalTokens, 15)
    }))
})

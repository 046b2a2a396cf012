import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema, Stream } from "effect"
import { Prompt, Tool } from "effect/ai"
import { type GenerateOptions, Loom, Model, type Request } from "loom-router"
import * as Anthropic from "loom-router/providers/Anthropic"
import * as OpenAi from "loom-router/providers/OpenAi"
import { translate } from "../../src/internal/standIn.ts"
import { failure, inWorld, type Setup } from "../providers/world.ts"
import { asking } from "../scripted.ts"

const first = Model.make({ provider: "acme", id: "ada", capabilities: { reasoning: false } })
const sister = Model.make({ provider: "acme", id: "eve" })
const abroad = Model.make({ provider: "zeta", id: "zoe" })

const translated = (
  model: Model.Model,
  asked: Partial<Omit<Request.Request, "call" | "model">>,
  own: Request.Params = {}
) =>
  Effect.gen(function*() {
    const warnings: Array<string> = []
    const request = { ...yield* asking(), ...asked, model }
    const made = yield* translate({ request, first, own, warnings })
    return { request: made, warnings }
  })

/** A tool that a vendor runs. */
const search = Tool.providerDefined({
  id: "acme.search",
  customName: "AcmeSearch",
  providerName: "search",
  args: Schema.Struct({})
})({})

const conversation = Prompt.make([
  { role: "system", content: "Be brief.", options: { acme: { cached: true }, zeta: { cached: false } } },
  {
    role: "user",
    content: [{ type: "text", text: "Hi", options: { acme: { detail: "high" } } }],
    options: { acme: { cached: true } }
  },
  {
    role: "assistant",
    content: [
      { type: "reasoning", text: "hm", options: { acme: { signature: "signed" } } },
      { type: "tool-call", id: "s1", name: "search", params: {}, providerExecuted: true },
      { type: "tool-result", id: "s1", name: "search", isFailure: false, result: "found", providerExecuted: true },
      {
        type: "tool-call",
        id: "c1",
        name: "lookup",
        params: {},
        providerExecuted: false,
        options: { acme: { item: 1 } }
      }
    ]
  },
  {
    role: "tool",
    content: [
      { type: "tool-result", id: "c1", name: "lookup", isFailure: false, result: 1, providerExecuted: false },
      { type: "tool-result", id: "s2", name: "search", isFailure: false, result: "late", providerExecuted: true }
    ]
  },
  { role: "assistant", content: [{ type: "reasoning", text: "so" }] }
])

/** Roles and kinds of parts, as they stand in a conversation. */
const shape = ({ content }: Prompt.Prompt) =>
  content.map((message) =>
    typeof message.content === "string"
      ? message.role
      : [message.role, ...message.content.map(({ type }) => type)].join(" ")
  )

describe("translate", () => {
  it.effect("leaves a request that another vendor understands as it is", () =>
    Effect.gen(function*() {
      const prompt = Prompt.make("Hi")
      const { request, warnings } = yield* translated(abroad, { prompt, params: { maxOutputTokens: 5, stop: ["."] } })
      assert.strictEqual(request.prompt, prompt)
      assert.deepStrictEqual(request.params, { maxOutputTokens: 5, stop: ["."] })
      assert.deepStrictEqual(warnings, [])
    }))

  it.effect("leaves out native options and the service tier of the vendor that is left, and says so", () =>
    Effect.gen(function*() {
      const asked = { native: { store: true, user: "u" }, params: { serviceTier: "flex", seed: 1 } }
      const { request, warnings } = yield* translated(abroad, asked)
      assert.deepStrictEqual(request.native, {})
      assert.isUndefined(request.params.serviceTier)
      assert.strictEqual(request.params.seed, 1)
      assert.deepStrictEqual(warnings, [
        "native.store was left out: it is for acme",
        "native.user was left out: it is for acme",
        "serviceTier was left out: it is a tier of acme's"
      ])
      const home = yield* translated(sister, asked)
      assert.deepStrictEqual([home.request.native, home.request.params], [asked.native, asked.params])
      assert.deepStrictEqual(home.warnings, [])
    }))

  it.effect("keeps the params that are the other model's own, or its defaults", () =>
    Effect.gen(function*() {
      const params = { serviceTier: "priority", temperature: 0.3 }
      const thinker = Model.make({ provider: "zeta", id: "zoe", capabilities: { reasoning: true } })
      const own = yield* translated(thinker, { params }, params)
      assert.deepStrictEqual([own.request.params, own.warnings], [params, []])
      const settled = Model.make({ ...thinker, defaults: { serviceTier: "standard", temperature: 1 } })
      const { request, warnings } = yield* translated(settled, { params })
      assert.deepStrictEqual(request.params, { serviceTier: "standard", temperature: 1 })
      assert.lengthOf(warnings, 2)
      const already = yield* translated(settled, { params: settled.defaults })
      assert.deepStrictEqual([already.request.params, already.warnings], [settled.defaults, []])
    }))

  it.effect("leaves out sampling where only the other model reasons", () =>
    Effect.gen(function*() {
      const params = { temperature: 0.3, topP: 0.5 }
      const thinker = Model.make({ provider: "acme", id: "eve", capabilities: { reasoning: true } })
      const { request, warnings } = yield* translated(thinker, { params })
      assert.deepStrictEqual([request.params.temperature, request.params.topP], [undefined, undefined])
      assert.deepStrictEqual(warnings, ["temperature was left out: eve reasons", "topP was left out: eve reasons"])
      assert.deepStrictEqual((yield* translated(sister, { params })).request.params, params)
    }))

  it.effect("leaves out thoughts, what a vendor's tools have done, and that vendor's options", () =>
    Effect.gen(function*() {
      const { request, warnings } = yield* translated(abroad, { prompt: conversation })
      assert.deepStrictEqual(shape(request.prompt), [
        "system",
        "user text",
        "assistant tool-call",
        "tool tool-result"
      ])
      const written = JSON.stringify(request.prompt)
      for (const gone of ["signed", "found", "late", "hm", "\"so\"", "acme", "detail"]) assert.notInclude(written, gone)
      assert.include(written, "zeta")
      assert.deepStrictEqual(warnings, [
        "the reasoning in the conversation was left out: it belongs to the model that had it",
        "what a vendor's own tools have done in the conversation was left out",
        "options in the prompt were left out: they are for acme"
      ])
      assert.deepStrictEqual(request.prompt, Prompt.make(request.prompt))
    }))

  it.effect("leaves out only thoughts for a model of the same vendor", () =>
    Effect.gen(function*() {
      const { request, warnings } = yield* translated(sister, { prompt: conversation })
      assert.deepStrictEqual(shape(request.prompt), [
        "system",
        "user text",
        "assistant tool-call tool-result tool-call",
        "tool tool-result tool-result"
      ])
      assert.include(JSON.stringify(request.prompt), "detail")
      assert.lengthOf(warnings, 1)
    }))

  it.effect("refuses what would not be the same: a vendor's tool, more than the other model takes or can", () =>
    Effect.gen(function*() {
      const image = Prompt.make([{
        role: "user",
        content: [{ type: "file", mediaType: "image/png", data: new Uint8Array([1]) }]
      }])
      const tools = [Tool.make("lookup", { parameters: Schema.Struct({ id: Schema.String }) })]
      const object = { name: "object", schema: Schema.Struct({ a: Schema.String }) }
      const cases: ReadonlyArray<readonly [Partial<Model.Model>, Partial<Request.Request>, object]> = [
        [{}, { tools: [search] }, { _tag: "Unsupported", feature: "tools" }],
        [{ context: 10 }, { prompt: Prompt.make("x".repeat(44)) }, { _tag: "Unsupported", feature: "context" }],
        [{ context: 100 }, { params: { maxOutputTokens: 99 } }, { _tag: "Unsupported", feature: "context" }],
        [{ maxOutput: 10 }, { params: { maxOutputTokens: 11 } }, { _tag: "InvalidRequest", field: "maxOutputTokens" }],
        [{ capabilities: { tools: false } }, { tools }, { _tag: "Unsupported", feature: "tools" }],
        [{ capabilities: { vision: false } }, { prompt: image }, { _tag: "Unsupported", feature: "vision" }],
        [{ capabilities: { structuredOutput: false } }, { object }, {
          _tag: "Unsupported",
          feature: "structuredOutput"
        }],
        [{ capabilities: { reasoning: false } }, { params: { reasoning: "low" } }, {
          _tag: "Unsupported",
          feature: "reasoning"
        }],
        [{ modality: "image" }, {}, { _tag: "Unsupported", feature: "modality" }]
      ]
      for (const [facts, asked, reason] of cases) {
        const error = yield* Effect.flip(translated(Model.make({ ...abroad, ...facts }), asked))
        assert.include(error.reason, reason)
        assert.deepStrictEqual([error.provider, error.model], ["zeta", "zoe"])
      }
      yield* translated(sister, { tools: [search] })
      yield* translated(Model.make({ ...abroad, context: 14 }), { prompt: Prompt.make("x".repeat(44)) })
    }))
})

describe("on the wire", () => {
  const apiKey = Redacted.make("sk-test-0123456789abcd")
  /** One vendor can't be reached, where one is named. */
  const vendors = (gone?: "openai" | "anthropic"): Setup => ({
    providers: (sandbox) => {
      const baseUrl = (vendor: "openai" | "anthropic") =>
        vendor === gone ? "http://127.0.0.1:1/v1" : sandbox.baseUrl(vendor)
      return {
        openai: OpenAi.layer({ baseUrl: baseUrl("openai"), apiKey }),
        anthropic: Anthropic.layer({ baseUrl: baseUrl("anthropic"), apiKey })
      }
    }
  })
  const lookup = Tool.make("lookup", { parameters: Schema.Struct({ id: Schema.String }) })
  /** A conversation that was had with a vendor, marked with options of its own. */
  const promptFor = (options: Prompt.ProviderOptions) =>
    Prompt.make([
      { role: "system", content: "Be brief.", options },
      {
        role: "user",
        content: [{
          type: "text",
          text: "Where is thread 7?",
          options
        }]
      },
      {
        role: "assistant",
        content: [
          { type: "reasoning", text: "thinking", options: { anthropic: { signature: "anthropic-seal" } } },
          {
            type: "reasoning",
            text: "thinking",
            options: { openai: { itemId: "rs_1", encryptedContent: "openai-seal" } }
          },
          { type: "tool-call", id: "srv_1", name: "search", params: { q: "vendor-run" }, providerExecuted: true },
          {
            type: "tool-result",
            id: "srv_1",
            name: "search",
            isFailure: false,
            result: "vendor-found",
            providerExecuted: true
          },
          { type: "tool-call", id: "call_1", name: "lookup", params: { id: "7" }, providerExecuted: false }
        ]
      },
      {
        role: "tool",
        content: [{
          type: "tool-result",
          id: "call_1",
          name: "lookup",
          isFailure: false,
          result: "on spool 2",
          providerExecuted: false
        }]
      },
      { role: "user", content: "And thread 8?" }
    ])
  const cases = [
    ["openai/gpt-4o", "anthropic/claude-haiku-4-5", { store: false, user: "native-user" }, "flex", {
      openai: { prompt_cache_breakpoint: { mode: "explicit" } }
    }],
    ["anthropic/claude-haiku-4-5", "openai/gpt-4o", { metadata: { user_id: "native-user" } }, "auto", {
      anthropic: { cache_control: { type: "ephemeral" } }
    }]
  ] as const

  for (const [from, to, native, serviceTier, options] of cases) {
    for (const isStream of [false, true]) {
      it.live(`nothing of ${from}'s vendor reaches ${to}${isStream ? ", streamed" : ""}`, () =>
        inWorld(vendors(from === "openai/gpt-4o" ? "openai" : "anthropic"), function*({ records, sandbox }) {
          const other = to.slice(to.indexOf("/") + 1)
          const call = {
            model: from,
            prompt: promptFor(options),
            native,
            serviceTier,
            tools: [lookup],
            failover: [to]
          } as GenerateOptions.GenerateOptions
          const warnings = isStream
            ? yield* Effect.map(
              Stream.runCollect(Loom.stream(call)),
              (parts) => parts.flatMap((part) => part.type === "finish" ? part.warnings : [])
            )
            : (yield* Loom.generate(call)).warnings
          const journal = yield* sandbox.journal
          assert.lengthOf(journal, 1)
          const body = JSON.stringify(journal[0]?.body)
          assert.include(body, other)
          for (const kept of ["Be brief.", "Where is thread 7?", "on spool 2", "And thread 8?", "lookup"]) {
            assert.include(body, kept)
          }
          for (const gone of ["native-user", "service_tier", "seal", "thinking", "vendor-", "srv_1"]) {
            assert.notInclude(body, gone)
          }
          assert.notInclude(body, from.startsWith("openai") ? "prompt_cache_breakpoint" : "cache_control")
          for (
            const said of [
              /^native\.\w+ was left out/,
              /^serviceTier was/,
              /^the reasoning/,
              /^what a vendor's/,
              /^options in/
            ]
          ) {
            assert.isTrue(warnings.some((warning) => said.test(warning)), `${String(said)} ${warnings.join("; ")}`)
          }
          assert.deepStrictEqual(
            records[0]?.attempts.map(({ candidate, outcome }) => [candidate, outcome]),
            [[0, "Network"], [0, "Network"], [0, "Network"], [1, "ok"]]
          )
        }))
    }
  }

  it.live("a stand-in that the vendor refuses is skipped, and the first failure stays", () =>
    inWorld(vendors(), function*({ sandbox }) {
      yield* sandbox.script(
        { model: "gpt-4o", respond: { status: 429, code: "insufficient_quota" } },
        { model: "claude-haiku-4-5", respond: { status: 400 } }
      )
      const error = yield* failure(
        Loom.generate({ model: "openai/gpt-4o", prompt: "Hi", failover: ["anthropic/claude-haiku-4-5"] })
      )
      assert.strictEqual(error.reason._tag, "QuotaExceeded")
      assert.include(
        error.message,
        "tried: openai/gpt-4o (QuotaExceeded), anthropic/claude-haiku-4-5 (InvalidRequest)"
      )
      assert.lengthOf(error.attempts, 2)
    }))

  it.live("a key that was given isn't tried twice", () =>
    inWorld({ ...vendors(), sandbox: { keys: [] } }, function*({ sandbox }) {
      const error = yield* failure(Loom.generate({ model: "openai/gpt-4o", prompt: "Hi" }))
      assert.strictEqual(error.reason._tag, "KeyRefused")
      assert.lengthOf(yield* sandbox.journal, 1)
    }))
})

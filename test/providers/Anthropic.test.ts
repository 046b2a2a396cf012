import type AnthropicSdk from "@anthropic-ai/sdk"
import { assert, describe, expectTypeOf, it, vi } from "@effect/vitest"
import { context, propagation, trace } from "@opentelemetry/api"
import { Effect, Redacted, Schema, Stream } from "effect"
import { Prompt, Response, Tool } from "effect/ai"
import { type GenerateOptions, Generation, Loom } from "loom-router"
import * as Anthropic from "loom-router/providers/Anthropic"
import { anthropic, bill } from "./bill.ts"
import { at, contract, testKey, tokens } from "./contract.ts"
import { bodies, failure, inWorld, type Setup } from "./world.ts"

const search = Tool.providerDefined({
  id: "anthropic.web_search_20260318",
  customName: "AnthropicWebSearch",
  providerName: "web_search",
  args: Schema.Struct({ max_uses: Schema.Int })
})({ max_uses: 3 })

const cached = (ttl: "5m" | "1h") => ({ anthropic: { cache_control: { type: "ephemeral", ttl } } })

describe("Messages", () => {
  contract({
    key: "anthropic",
    apiKeyEnv: "ANTHROPIC_API_KEY",
    providers: (sandbox) => ({ anthropic: Anthropic.layer({ baseUrl: sandbox.baseUrl("anthropic") }) }),
    models: {
      text: "claude-haiku-4-5",
      answersAs: "claude-haiku-4-5-20251001",
      reasoning: "claude-sonnet-4-6",
      writes: "claude-haiku-4-5"
    },
    wire: {
      system: (body) => at(body, "system", 0, "text"),
      maxOutputTokens: (body) => body["max_tokens"]
    },
    native: {
      options: { metadata: { user_id: "tenant-7" }, stop_sequences: ["weft"] },
      idOf: (native) => at(native, "id")
    },
    can: {
      countsEarly: true,
      promptCache: {
        from: 4096,
        mark: cached("5m"),
        lasting: { "5m": cached("5m"), "1h": cached("1h") },
        lifetimes: ["5m", "1h"],
        conversation: {
          model: "claude-sonnet-4-6",
          off: {},
          // All but the 3 tokens that open the answer, what the prompt before had of it is read.
          rule: (tokens, before) => {
            const read = before === 0 ? 0 : before - 3
            return { read, written: tokens - 3 - read }
          }
        }
      },
      webSearch: {
        maxUses: (body) => at(body, "tools", 0, "max_uses"),
        allowedDomains: (body) => at(body, "tools", 0, "allowed_domains"),
        blockedDomains: (body) => at(body, "tools", 0, "blocked_domains"),
        location: (body) => {
          const location = at(body, "tools", 0, "user_location")
          return { city: at(location, "city"), country: at(location, "country") }
        }
      },
      pdf: "data and address",
      stop: (body) => body["stop_sequences"],
      serviceTier: { model: "claude-opus-4-8", asked: "fast", answered: "standard" },
      region: { model: "claude-sonnet-4-6", native: { inference_geo: "us" }, answered: "us" },
      search,
      pauses: true,
      seal: (part) => {
        const seal = at(part.options, "anthropic", "signature")
        return typeof seal === "string" ? seal : undefined
      }
    }
  })
})

bill(anthropic, 13)

const claude: Setup = {
  providers: (sandbox) => ({
    anthropic: Anthropic.layer({ baseUrl: sandbox.baseUrl("anthropic"), apiKey: Redacted.make(testKey) })
  })
}
const haiku = "anthropic/claude-haiku-4-5" as const
const weather = Tool.make("lookup_weather", { parameters: Schema.Struct({ city: Schema.String }) })

/** What the vendor might have answered. */
const reply = (fields: Readonly<Record<string, unknown>>) => ({
  respond: {
    status: 200,
    body: {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude-haiku-4-5-20251001",
      content: [{ type: "text", text: "Hello" }],
      stop_reason: "end_turn",
      usage: { input_tokens: 10, output_tokens: 2 },
      ...fields
    }
  }
})

/** The same as events, each with its type. */
const events = (...list: ReadonlyArray<Readonly<Record<string, unknown>>>) => ({
  respond: {
    status: 200,
    contentType: "text/event-stream",
    body: list.map((event) => `event: ${String(event["type"])}\ndata: ${JSON.stringify(event)}\n\n`).join("")
  }
})
const opening = {
  type: "message_start",
  message: {
    id: "msg_1",
    model: "claude-haiku-4-5-20251001",
    content: [],
    stop_reason: null,
    usage: { input_tokens: 10, cache_read_input_tokens: 3, output_tokens: 1 }
  }
}
const block = (index: number, content_block: Readonly<Record<string, unknown>>) => ({
  type: "content_block_start",
  index,
  content_block
})
const delta = (index: number, delta: Readonly<Record<string, unknown>>) => ({
  type: "content_block_delta",
  index,
  delta
})
const stopped = (index: number) => ({ type: "content_block_stop", index })
const ending = (stop_reason: string) => ({
  type: "message_delta",
  delta: { stop_reason },
  usage: { output_tokens: 7, output_tokens_details: { thinking_tokens: 3 } }
})

describe("anthropic, thinking", () => {
  type Case = readonly [
    model: string,
    options: Partial<GenerateOptions.Common>,
    sent: { readonly thinking?: unknown; readonly effort?: string; readonly max_tokens?: number },
    warning?: RegExp
  ]
  const adaptive = { type: "adaptive" }
  const off = { type: "disabled" }
  const budget = (budget_tokens: number) => ({ type: "enabled", budget_tokens })
  const forced = { tools: [weather], toolChoice: "required" } as const
  const cases: ReadonlyArray<Case> = [
    ["claude-haiku-4-5", {}, {}],
    ["claude-haiku-4-5", { reasoning: "none" }, { thinking: off }],
    ["claude-haiku-4-5", { reasoning: "minimal" }, { thinking: budget(1024) }],
    ["claude-haiku-4-5-20251001", { reasoning: "low" }, { thinking: budget(2048), max_tokens: 10_240 }],
    ["claude-sonnet-4-5", { reasoning: "max" }, { thinking: budget(32_768), max_tokens: 40_960 }],
    ["claude-opus-4-5", { reasoning: "high", maxOutputTokens: 4000 }, { thinking: budget(2976) }],
    ["claude-opus-4-5", { reasoning: "high", maxOutputTokens: 1025 }, { thinking: budget(1024) }],
    ["claude-opus-4-5", { reasoning: "high", maxOutputTokens: 1024 }, {}, /^reasoning was dropped.*1024/],
    ["claude-haiku-4-5", { reasoning: "low", ...forced }, {}, /^reasoning was dropped.*must call a tool/],
    ["claude-haiku-4-5", { reasoning: "none", ...forced }, { thinking: off }],
    ["claude-sonnet-4-6", { reasoning: "low" }, { thinking: adaptive, effort: "low" }],
    ["claude-opus-4-7", { reasoning: "max" }, { thinking: adaptive, effort: "max", max_tokens: 40_960 }],
    ["claude-opus-4-8", { reasoning: "minimal" }, { thinking: adaptive, effort: "low" }, /^reasoning was raised.*low/],
    ["claude-opus-4-8", { reasoning: "none" }, { thinking: off }],
    ["claude-opus-5", {}, {}],
    ["claude-opus-5", { reasoning: "none" }, { thinking: off }],
    ["claude-opus-5", { reasoning: "high", ...forced }, { effort: "high" }, /^reasoning was dropped.*must call a tool/],
    ["claude-sonnet-5", { reasoning: "medium", maxOutputTokens: 300 }, { thinking: adaptive, effort: "medium" }],
    ["claude-sonnet-5-5", { reasoning: "none" }, { thinking: { type: "between_tools" } }],
    ["claude-sonnet-5-5", { reasoning: "xhigh" }, { thinking: adaptive, effort: "xhigh" }],
    ["claude-haiku-5-5", { reasoning: "none" }, { thinking: off }],
    ["claude-haiku-5-5", { reasoning: "none", ...forced }, { thinking: off }],
    ["claude-opus-5-5", { reasoning: "none" }, { effort: "low" }, /^reasoning was raised from none to low/],
    ["claude-fable-5", { reasoning: "none" }, { effort: "low" }, /^reasoning was raised from none to low/],
    ["claude-fable-5-2", { reasoning: "high" }, { thinking: adaptive, effort: "high" }]
  ]
  it.live("anthropic: is asked for in each model's own words, all of which the vendor takes", () =>
    inWorld(claude, function*({ sandbox }) {
      for (const [model, options, sent, warning] of cases) {
        yield* sandbox.reset
        const answer = yield* Loom.generate({ model: `anthropic/${model}`, prompt: "Hello", ...options })
        const [body] = yield* bodies(sandbox)
        const title = `${model} ${JSON.stringify(options)}`
        assert.deepStrictEqual(body?.["thinking"], sent.thinking, title)
        assert.strictEqual(at(body, "output_config", "effort"), sent.effort, title)
        if (sent.max_tokens !== undefined) assert.strictEqual(body?.["max_tokens"], sent.max_tokens, title)
        assert.lengthOf(answer.warnings, warning === undefined ? 0 : 1, title)
        if (warning !== undefined) assert.match(answer.warnings[0] ?? "", warning)
        if (options.reasoning === "none" && sent.thinking !== undefined) {
          assert.strictEqual(answer.usage.outputReasoning, 0, title)
        }
        const [charged] = yield* sandbox.bill
        assert.strictEqual(answer.cost.picoUsd, Number(charged?.amount), title)
      }
    }))

  it.live("anthropic: goes back with a tool's result, shown or not", () =>
    inWorld(claude, function*({ sandbox }) {
      for (const display of ["summarized", "omitted"] as const) {
        const asked = {
          provider: "anthropic",
          model: "claude-sonnet-4-6",
          tools: [weather],
          native: { thinking: { type: "enabled", budget_tokens: 2000, display } }
        } as const
        const prompt = Prompt.make("lookup_weather")
        const whole = yield* Loom.generate({ ...asked, prompt })
        const streamed = Generation.fromParts(yield* Stream.runCollect(Loom.stream({ ...asked, prompt })))
        for (const first of [whole, streamed]) {
          assert.deepStrictEqual(first?.content.map(({ type }) => type), ["reasoning", "tool-call"])
          const [thought, call] = first?.content ?? []
          assert(thought?.type === "reasoning" && call?.type === "tool-call")
          assert.strictEqual(thought.text === "", display === "omitted")
          const result = Prompt.make([{
            role: "tool",
            content: [{ type: "tool-result", id: call.id, name: call.name, isFailure: false, result: "21 degrees" }]
          }])
          const history = (content: ReadonlyArray<Generation.Content>) =>
            Prompt.concat(Prompt.concat(prompt, Prompt.fromResponseParts(content)), result)
          const second = yield* Loom.generate({ ...asked, prompt: history(first?.content ?? []) })
          assert.include(second.text, "21 degrees")
          // The vendor wants the thought that led to the call.
          const error = yield* failure(Loom.generate({ ...asked, prompt: history([call]) }))
          assert.deepInclude(error.reason, { _tag: "InvalidRequest", field: "messages.1.content.0.type" })
          const changed = Response.makePart("reasoning", { text: `${thought.text}!`, metadata: thought.metadata })
          const tampered = yield* failure(Loom.generate({ ...asked, prompt: history([changed, call]) }))
          assert.match(tampered.why, /Invalid `signature`/)
        }
        assert.lengthOf(yield* sandbox.bill, display === "summarized" ? 4 : 8)
      }
    }))

  it.live("anthropic: is left out after a call that was made without, which the answer says", () =>
    inWorld(claude, function*({ sandbox }) {
      const asked = { model: haiku, reasoning: "low", tools: [weather] } as const
      const prompt = Prompt.make("Hello")
      const first = yield* Loom.generate({ ...asked, prompt, toolChoice: "required" })
      const [call] = first.content
      assert(call?.type === "tool-call")
      const history = Prompt.concat(
        Prompt.concat(prompt, Prompt.fromResponseParts(first.content)),
        Prompt.make([{
          role: "tool",
          content: [{ type: "tool-result", id: call.id, name: call.name, isFailure: false, result: "21 degrees" }]
        }])
      )
      const second = yield* Loom.generate({ ...asked, prompt: history })
      assert.include(second.text, "21 degrees")
      assert.match(second.warnings.join(), /^reasoning was dropped.*without/)
      const past = Prompt.concat(history, Prompt.fromResponseParts(second.content))
      const third = yield* Loom.generate({ ...asked, prompt: Prompt.concat(past, Prompt.make("And now?")) })
      assert.isAbove(third.usage.outputReasoning, 0)
      assert.deepStrictEqual(third.warnings, [])
      assert.lengthOf(yield* sandbox.bill, 3)
    }))

  it.live("anthropic: goes back as it came where it is redacted", () =>
    inWorld(claude, function*({ sandbox }) {
      const redacted = { type: "redacted_thinking", data: "c2VhbGVk" }
      yield* sandbox.script(
        reply({ content: [redacted, { type: "text", text: "Hello" }] }),
        events(
          opening,
          block(0, redacted),
          stopped(0),
          block(1, { type: "text", text: "", citations: null }),
          delta(1, { type: "text_delta", text: "Hello" }),
          stopped(1),
          ending("end_turn"),
          { type: "message_stop" }
        )
      )
      const whole = yield* Loom.generate({ model: haiku, prompt: "Hi" })
      const streamed = Generation.fromParts(yield* Stream.runCollect(Loom.stream({ model: haiku, prompt: "Hi" })))
      assert.deepStrictEqual(streamed?.content, whole.content)
      assert.deepInclude(streamed?.usage, { inputUncached: 10, cacheRead: 3, outputText: 4, outputReasoning: 3 })
      assert.deepStrictEqual(whole.content.map((part) => "text" in part ? [part.type, part.text] : []), [
        ["reasoning", ""],
        ["text", "Hello"]
      ])
      // The sandbox redacts nothing itself, so that it takes none back.
      const history = Prompt.concat(Prompt.fromResponseParts(whole.content), Prompt.make("Go on"))
      yield* failure(Loom.generate({ model: haiku, prompt: Prompt.concat(Prompt.make("Hi"), history) }))
      assert.deepStrictEqual(at((yield* bodies(sandbox)).at(-1), "messages", 1, "content", 0), redacted)
    }))
})

describe("anthropic, prompt cache", () => {
  const tool = (name: string) => Tool.make(name, { parameters: Schema.Struct({ city: Schema.String }) })
  const own = (ttl?: "1h") => ({
    anthropic: { cache_control: ttl === undefined ? { type: "ephemeral" } : { type: "ephemeral", ttl } }
  })
  const said = (role: "user" | "assistant", text: string, options: Prompt.ProviderOptions = {}) =>
    ({ role, content: [{ type: "text", text, options }] }) as const

  /** Every block that was sent, as its name or text, with the lifetime it is marked with. */
  const marksIn = (body: unknown): ReadonlyArray<string> => {
    const blocks = [at(body, "tools"), at(body, "system"), at(body, "messages")].flatMap((list) =>
      (Array.isArray(list) ? list : []).flatMap((one) => {
        const content = at(one, "content")
        return Array.isArray(content) ? content : [one]
      })
    )
    return blocks.flatMap((block) => {
      const mark = at(block, "cache_control")
      return mark === undefined
        ? []
        : [`${String(at(block, "name") ?? at(block, "text"))} ${at(mark, "ttl") === "1h" ? "1h" : "5m"}`]
    })
  }
  const talk = [
    { role: "system", content: "first" },
    { role: "system", content: "second" },
    said("user", "one"),
    said("assistant", "answer"),
    said("user", "two")
  ] as const

  type Case = readonly [
    title: string,
    promptCache: GenerateOptions.Common["promptCache"],
    prompt: ReadonlyArray<Prompt.MessageEncoded>,
    marks: ReadonlyArray<string>,
    native?: AnthropicSdk.MessageCreateParams["cache_control"]
  ]
  const cases: ReadonlyArray<Case> = [
    ["nothing unless it is asked for", undefined, talk, []],
    ["nothing where it is switched off", false, talk, []],
    ["tools, system, where the request before ended, and the end", true, talk, [
      "b 5m",
      "second 5m",
      "one 5m",
      "two 5m"
    ]],
    ["for an hour", { ttl: "1h" }, talk, ["b 1h", "second 1h", "one 1h", "two 1h"]],
    ["only where it is wanted", { breakpoints: ["system"] }, talk, ["second 5m"]],
    ["the end alone where nothing was said before", { breakpoints: ["messages"] }, [said("user", "one")], ["one 5m"]],
    [
      "those of the caller stay, and four is the most",
      true,
      [talk[0], said("user", "a", own()), said("user", "b", own()), said("user", "c", own()), said("user", "d")],
      ["a 5m", "b 5m", "c 5m", "d 5m"]
    ],
    [
      "the caller's is not replaced",
      { ttl: "1h", breakpoints: ["messages"] },
      [said("user", "a"), said("user", "b", own())],
      ["b 5m"]
    ],
    [
      "an hour goes before five minutes: behind the caller's",
      { ttl: "1h" },
      [{ role: "system", content: "s", options: own() }, said("user", "one")],
      ["b 1h", "s 5m", "one 5m"]
    ],
    [
      "an hour goes before five minutes: before the caller's",
      true,
      [{ role: "system", content: "s" }, said("user", "one", own("1h")), said("assistant", "x"), said("user", "two")],
      ["b 1h", "s 1h", "one 1h", "two 5m"]
    ],
    ["one is the vendor's to place, where it is asked to", true, talk, ["b 5m", "second 5m", "two 5m"], {
      type: "ephemeral"
    }]
  ]
  it.live("anthropic: breakpoints by the vendor's rules, all of which it takes", () =>
    inWorld(claude, function*({ sandbox }) {
      for (const [title, promptCache, prompt, marks, automatic] of cases) {
        yield* sandbox.reset
        const answer = yield* Loom.generate({
          provider: "anthropic",
          model: "claude-haiku-4-5",
          prompt,
          promptCache,
          tools: [tool("b"), tool("a")],
          ...automatic === undefined ? {} : { native: { cache_control: automatic } }
        })
        assert.deepStrictEqual(marksIn((yield* bodies(sandbox))[0]), marks, title)
        assert.deepStrictEqual(answer.warnings, [], title)
      }
    }))

  it.live("anthropic: a tool of the vendor's goes before the option of the same", () =>
    inWorld(claude, function*({ sandbox }) {
      yield* Loom.generate({ model: haiku, prompt: "Hi", tools: [search], webSearch: { maxUses: 9 } })
      const [body] = yield* bodies(sandbox)
      assert.deepStrictEqual(body?.["tools"], [{ type: "web_search_20260318", name: "web_search", max_uses: 3 }])
    }))
})

describe("anthropic, as itself", () => {
  it.live("anthropic: an SDK that neither retries nor traces, asked once a call", () =>
    inWorld(claude, function*({ sandbox }) {
      const spans: Array<string> = []
      trace.setGlobalTracerProvider({
        getTracer: () => ({
          startSpan: (name) => {
            spans.push(name)
            return trace.wrapSpanContext({ traceId: "1".repeat(32), spanId: "1".repeat(16), traceFlags: 1 })
          },
          startActiveSpan: () => {
            throw new Error("nobody asks for that")
          }
        })
      })
      propagation.setGlobalPropagator({
        inject: (_, carrier, setter) => setter.set(carrier, "traceparent", "00-1-1-01"),
        extract: (context) => context,
        fields: () => ["traceparent"]
      })
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          trace.disable()
          propagation.disable()
          context.disable()
        })
      )
      yield* Loom.generate({ model: haiku, prompt: "Hello" })
      yield* Stream.runDrain(Loom.stream({ model: haiku, prompt: "Hello" }))
      const journal = yield* sandbox.journal
      assert.lengthOf(journal, 2)
      assert.deepStrictEqual(spans, [])
      for (const { headers, path } of journal) {
        assert.strictEqual(path, "/anthropic/v1/messages")
        assert.notProperty(headers, "traceparent")
        assert.notProperty(headers, "x-api-key")
        assert.match(headers["authorization"] ?? "", /^Bearer /)
        assert.deepInclude(headers, { "anthropic-version": "2026-10-21", "x-stainless-retry-count": "0" })
      }
    }))

  it.live("anthropic: an SDK that keeps its warnings to itself, and sends whom a call is for", () =>
    inWorld(claude, function*({ sandbox }) {
      const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined)
      yield* Effect.addFinalizer(() => Effect.sync(() => warn.mockRestore()))
      yield* Loom.generate({
        provider: "anthropic",
        model: "claude-sonnet-4-5",
        prompt: "Hello",
        native: { user_profile_id: "user-7", workspace_id: "wrkspc-7" }
      })
      yield* Loom.generate({
        provider: "anthropic",
        model: "claude-opus-4-6",
        prompt: "Hello",
        native: { thinking: { type: "enabled", budget_tokens: 1024 } }
      })
      assert.deepStrictEqual(warn.mock.calls, [])
      const [first, second] = yield* sandbox.journal
      assert.deepInclude(first?.headers, {
        "anthropic-user-profile-id": "user-7",
        "anthropic-workspace-id": "wrkspc-7"
      })
      assert.notProperty(second?.headers, "anthropic-workspace-id")
    }))

  it.live("anthropic: an answer of any length that the model can write, streamed or not", () =>
    inWorld(claude, function*({ sandbox }) {
      for (const maxOutputTokens of [undefined, 64_000]) {
        yield* Loom.generate({ model: haiku, prompt: "Hello", maxOutputTokens })
        yield* Stream.runDrain(Loom.stream({ model: haiku, prompt: "Hello", maxOutputTokens }))
      }
      yield* Loom.generate({ model: "anthropic/claude-opus-5", prompt: "Hello", maxOutputTokens: 128_000 })
      assert.deepStrictEqual(
        (yield* bodies(sandbox)).map((body) => body["max_tokens"]),
        [16_384, 16_384, 64_000, 64_000, 128_000]
      )
    }))

  it.live("anthropic: native options and replies have the SDK's types", () =>
    inWorld(claude, function*() {
      const asked = { provider: "anthropic", model: "claude-haiku-4-5", prompt: "Hello" } as const
      const answer = yield* Loom.generate({ ...asked, native: { metadata: { user_id: "tenant-7" } } })
      expectTypeOf(answer.native).toEqualTypeOf<AnthropicSdk.Message>()
      assert.strictEqual(answer.native.role, "assistant")
      // @ts-expect-error a number of tokens
      yield* Loom.generate({ ...asked, native: { max_tokens: "7" } }).pipe(failure)
    }))

  it.live("anthropic: objects and tools in the vendor's dialect of JSON Schema", () =>
    inWorld(claude, function*({ sandbox }) {
      const Code = Schema.Struct({
        code: Schema.String.check(Schema.isMinLength(1)),
        note: Schema.optionalKey(Schema.String)
      })
      const strict = Tool.make("weave", { description: "Weaves", parameters: Code }).annotate(Tool.Strict, true)
      const loose = Tool.make("spin", { parameters: Code })
      const { object, warnings } = yield* Loom.generateObject({
        model: "anthropic/claude-opus-5",
        prompt: "Make a code",
        schema: Code,
        reasoning: "low",
        tools: [strict, loose]
      })
      assert.isTrue(Schema.is(Code)(object))
      assert.deepStrictEqual(warnings, [])
      const [body] = yield* bodies(sandbox)
      const schema = {
        type: "object",
        properties: {
          code: { type: "string", description: "a value with a length of at least 1" },
          note: { anyOf: [{ type: "string" }, { type: "null" }] }
        },
        required: ["code", "note"],
        additionalProperties: false
      }
      assert.deepStrictEqual(body?.["output_config"], { effort: "low", format: { type: "json_schema", schema } })
      assert.deepStrictEqual(at(body, "tools", 1), {
        name: "weave",
        description: "Weaves",
        input_schema: schema,
        strict: true
      })
      assert.deepStrictEqual(at(body, "tools", 0, "input_schema", "required"), ["code"])
      assert.notProperty(at(body, "tools", 0), "strict")
    }))

  it.live("anthropic: tiers by the name that the vendor takes", () =>
    inWorld(claude, function*({ sandbox }) {
      for (const serviceTier of ["auto", "default", "standard", "standard_only"]) {
        assert.strictEqual((yield* Loom.generate({ model: haiku, prompt: "Hi", serviceTier })).serviceTier, "standard")
      }
      assert.deepStrictEqual(
        (yield* bodies(sandbox)).map((body) => body["service_tier"]),
        ["auto", "standard_only", "standard_only", "standard_only"]
      )
      const error = yield* failure(Loom.generate({ model: haiku, prompt: "Hi", serviceTier: "fast" }))
      assert.deepInclude(error.reason, { _tag: "InvalidRequest", field: "speed" })
    }))

  it.live("anthropic: system messages keep their breakpoints and go in front, which the answer says", () =>
    inWorld(claude, function*({ sandbox }) {
      const options = cached("1h")
      const answer = yield* Loom.generate({
        model: haiku,
        prompt: [
          { role: "system", content: "Be brief." },
          { role: "system", content: tokens(4200), options },
          { role: "user", content: "Hello" },
          { role: "system", content: "Be long." }
        ]
      })
      assert.deepStrictEqual(at((yield* bodies(sandbox))[0], "system"), [
        { type: "text", text: "Be brief." },
        { type: "text", text: tokens(4200), ...options.anthropic },
        { type: "text", text: "Be long." }
      ])
      assert.match(answer.warnings.join(), /in front of the conversation/)
      assert.isAtLeast(answer.usage.cacheWrite["1h"] ?? 0, 4200)
    }))

  it.live("anthropic: both lifetimes in one request are paid each", () =>
    inWorld(claude, function*({ sandbox }) {
      const { cost, usage } = yield* Loom.generate({
        model: haiku,
        prompt: [
          { role: "system", content: tokens(4200), options: cached("1h") },
          { role: "user", content: tokens(100, "b"), options: cached("5m") },
          { role: "user", content: "[say: Hello]" }
        ]
      })
      const [charged] = yield* sandbox.bill
      assert.deepStrictEqual(usage.cacheWrite, charged?.tokens.cacheWrite)
      assert.lengthOf(Object.keys(usage.cacheWrite), 2)
      assert.strictEqual(cost.picoUsd, Number(charged?.amount))
    }))

  it.live("anthropic: what the vendor's own search made goes back as it came", () =>
    inWorld(claude, function*({ sandbox }) {
      for (const prompt of ["search the latest [pause]", "search the latest. [say: It is so. It rests on this.]"]) {
        yield* sandbox.reset
        const asked = { provider: "anthropic", model: "claude-haiku-4-5", tools: [search] } as const
        const whole = yield* Loom.generate({ ...asked, prompt })
        const streamed = Generation.fromParts(yield* Stream.runCollect(Loom.stream({ ...asked, prompt })))
        for (const answer of [whole, streamed]) {
          const past = Prompt.fromResponseParts(answer?.content ?? [])
          yield* Loom.generate({
            ...asked,
            prompt: Prompt.concat(
              Prompt.concat(Prompt.make(prompt), past),
              prompt.includes("pause") ? Prompt.empty : Prompt.make("Thanks.")
            )
          })
          const sent = at((yield* bodies(sandbox)).at(-1), "messages", 1, "content")
          const own = (blocks: unknown) => JSON.parse(JSON.stringify(blocks).replaceAll(",\"citations\":null", ""))
          assert.deepStrictEqual(sent, own(at(answer, "native", "content")))
          assert.deepStrictEqual(at(sent, 1, "type"), "web_search_tool_result")
        }
      }
    }))

  it.live("anthropic: a search that failed is a failed result, and no source", () =>
    inWorld(claude, function*({ sandbox }) {
      const error = { type: "web_search_tool_result_error", error_code: "max_uses_exceeded" }
      yield* sandbox.script(reply({
        content: [
          { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "looms" } },
          { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: error },
          { type: "text", text: "Sorry." }
        ]
      }))
      const { content } = yield* Loom.generate({ model: haiku, prompt: "search", tools: [search] })
      assert.deepStrictEqual(content.map(({ type }) => type), ["tool-call", "tool-result", "text"])
      assert.deepInclude(content[1], { name: "web_search", isFailure: true, result: error, providerExecuted: true })
    }))

  it.live("anthropic: leaves out of the past what isn't its own or has no words", () =>
    inWorld(claude, function*({ sandbox }) {
      yield* Loom.generate({
        model: haiku,
        prompt: [
          { role: "user", content: "Hello" },
          { role: "assistant", content: [{ type: "reasoning", text: "Hm.", options: { openai: { itemId: "rs_1" } } }] },
          { role: "user", content: "Still there?" },
          {
            role: "assistant",
            content: [
              { type: "reasoning", text: "Hm." },
              { type: "text", text: " \n" },
              { type: "tool-call", id: "ws_1", name: "web_search", params: {}, providerExecuted: true },
              { type: "text", text: "Yes." }
            ]
          },
          { role: "user", content: "Good." }
        ]
      })
      assert.deepStrictEqual(at((yield* bodies(sandbox))[0], "messages"), [
        { role: "user", content: [{ type: "text", text: "Hello" }] },
        { role: "user", content: [{ type: "text", text: "Still there?" }] },
        { role: "assistant", content: [{ type: "text", text: "Yes." }] },
        { role: "user", content: [{ type: "text", text: "Good." }] }
      ])
    }))

  it.live("anthropic: a tool's result can be a failure, and can show pictures", () =>
    inWorld(claude, function*({ sandbox }) {
      yield* Loom.generate({
        model: haiku,
        tools: [weather],
        prompt: [
          { role: "user", content: "lookup_weather" },
          {
            role: "assistant",
            content: [{ type: "tool-call", id: "toolu_1", name: "lookup_weather", params: { city: "Ulm" } }]
          },
          {
            role: "tool",
            content: [{
              type: "tool-result",
              id: "toolu_1",
              name: "lookup_weather",
              isFailure: true,
              result: null,
              modelOutput: [
                { type: "text", text: "A map:" },
                { type: "file", mediaType: "image/png", data: "iVBORw0KGgo=" }
              ]
            }]
          }
        ]
      })
      assert.deepStrictEqual(at((yield* bodies(sandbox))[0], "messages", 2, "content"), [{
        type: "tool_result",
        tool_use_id: "toolu_1",
        content: [
          { type: "text", text: "A map:" },
          { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } }
        ],
        is_error: true
      }])
    }))
})

describe("anthropic, where it ends", () => {
  const reasons = {
    end_turn: "stop",
    stop_sequence: "stop",
    max_tokens: "length",
    model_context_window_exceeded: "length",
    tool_use: "tool-calls",
    pause_turn: "pause",
    refusal: "content-filter",
    woven: "unknown"
  }
  it.live("anthropic: the reasons to stop", () =>
    inWorld(claude, function*({ sandbox }) {
      for (const [reason, expected] of Object.entries(reasons)) {
        yield* sandbox.script(
          reply({ stop_reason: reason }),
          events(opening, block(0, { type: "text", text: "Hello" }), stopped(0), ending(reason), {
            type: "message_stop"
          })
        )
        const whole = yield* Loom.generate({ model: haiku, prompt: "Hi" })
        const streamed = Generation.fromParts(yield* Stream.runCollect(Loom.stream({ model: haiku, prompt: "Hi" })))
        assert.deepStrictEqual([whole.finishReason, streamed?.finishReason], [expected, expected])
      }
    }))

  it.live("anthropic: a stream that leaves out its last events is whole once it says why it stops", () =>
    inWorld(claude, function*({ sandbox }) {
      const call = { type: "tool_use", id: "toolu_1", name: "lookup_weather", input: {} }
      const unended = [opening, block(0, call), delta(0, { type: "input_json_delta", partial_json: "{\"city\":1}" })]
      yield* sandbox.script(
        events(...unended, ending("tool_use")),
        events(...unended, ending("tool_use"), {
          type: "message_stop"
        }),
        events(...unended, stopped(0))
      )
      const read = Effect.map(Stream.runCollect(Loom.stream({ model: haiku, prompt: "Hi" })), Generation.fromParts)
      for (let i = 0; i < 2; i++) {
        const answer = yield* read
        assert.strictEqual(answer?.finishReason, "tool-calls")
        assert.deepInclude(answer?.content[0], { type: "tool-call", id: "toolu_1", params: { city: 1 } })
        assert.strictEqual(answer?.cost.status, "measured")
        assert.deepStrictEqual(answer?.warnings, [])
      }
      const cut = yield* Effect.map(
        Stream.runCollect(Loom.stream({ model: haiku, prompt: "Hi", seed: 7 })),
        Generation.fromParts
      )
      assert.strictEqual(cut?.finishReason, "unknown")
      assert.match(cut?.warnings[0] ?? "", /^seed was dropped/)
      assert.match(cut?.warnings[1] ?? "", /incomplete/)
    }))

  it.live("anthropic: a block that begins twice begins once", () =>
    inWorld(claude, function*({ sandbox }) {
      const text = block(0, { type: "text", text: "" })
      const said = delta(0, { type: "text_delta", text: "Hello" })
      yield* sandbox.script(events(opening, text, said, text, stopped(0), ending("end_turn"), { type: "message_stop" }))
      const answer = Generation.fromParts(yield* Stream.runCollect(Loom.stream({ model: haiku, prompt: "Hi" })))
      assert.strictEqual(answer?.text, "Hello")
      assert.strictEqual(at(answer, "native", "content", 0, "text"), "Hello")
    }))

  it.live("anthropic: a block that goes on before it began fails, and loses no text in silence", () =>
    inWorld(claude, function*({ sandbox }) {
      const parts = [
        delta(1, { type: "text_delta", text: " there" }),
        stopped(1),
        block(2, { type: "text", text: " there" }),
        { ...block(1, { type: "text", text: " there" }), index: "1" }
      ]
      for (const event of parts) {
        yield* sandbox.script(events(opening, block(0, { type: "text", text: "" }), event, ending("end_turn")))
        const error = yield* failure(Stream.runDrain(Loom.stream({ model: haiku, prompt: "Hi" })))
        assert.strictEqual(error.reason._tag, "InvalidResponse")
        assert.match(error.why, /content\.(1|2|-1):/)
      }
    }))
})

describe("anthropic, refusing", () => {
  const error = (type: string, message = "no", error_code?: string) => ({
    type: "error",
    error: { type, message, ...error_code === undefined ? {} : { details: { error_code } } },
    request_id: "req_1"
  })
  const cases: ReadonlyArray<readonly [status: number, body: unknown, reason: string, failover: boolean]> = [
    [400, error("invalid_request_error", "max_tokens: no"), "InvalidRequest", false],
    [400, error("invalid_request_error", "spent", "enforced_spend_limit_reached"), "QuotaExceeded", true],
    [401, error("authentication_error"), "KeyRefused", true],
    [402, error("billing_error"), "QuotaExceeded", true],
    [403, error("permission_error"), "KeyRefused", true],
    [404, error("not_found_error"), "InvalidRequest", false],
    [409, error("conflict_error"), "Overloaded", true],
    [413, error("request_too_large"), "InvalidRequest", false],
    [429, error("rate_limit_error"), "RateLimited", true],
    [429, error("rate_limit_error", "spent", "enforced_spend_limit_reached"), "QuotaExceeded", true],
    [500, error("api_error"), "Overloaded", true],
    [504, error("timeout_error"), "Overloaded", true],
    [529, error("overloaded_error"), "Overloaded", true],
    [500, "crashed", "Overloaded", true],
    [400, { error: { message: 7 } }, "InvalidRequest", false]
  ]
  it.live("anthropic: what each refusal means", () =>
    inWorld(claude, function*({ sandbox }) {
      for (const [status, body, reason, failover] of cases) {
        yield* sandbox.script({ respond: { status, body }, times: "always" })
        const failed = yield* failure(Loom.generate({ model: haiku, prompt: "Hi" }))
        assert.strictEqual(failed.reason._tag, reason, JSON.stringify(body))
        assert.strictEqual(failed.failover, failover)
        assert.strictEqual(failed.status, status)
        yield* sandbox.reset
      }
      yield* sandbox.script({ respond: { status: 400, body: cases[0]?.[1] } })
      const { reason } = yield* failure(Loom.generate({ model: haiku, prompt: "Hi" }))
      assert.deepInclude(reason, { _tag: "InvalidRequest", field: "max_tokens" })
    }))

  it.live("anthropic: the same in a body with status 200, and in a stream", () =>
    inWorld(claude, function*({ sandbox }) {
      for (const [, body] of cases.filter(([, body]) => at(body, "type") === "error")) {
        const type = at(body, "error", "type")
        const code = at(body, "error", "details", "error_code")
        const expected = code !== undefined || type === "billing_error"
          ? "QuotaExceeded"
          : type === "rate_limit_error"
          ? "RateLimited"
          : type === "authentication_error" || type === "permission_error"
          ? "KeyRefused"
          : type === "invalid_request_error" || type === "not_found_error" || type === "request_too_large"
          ? "InvalidRequest"
          : "Overloaded"
        yield* sandbox.script({ respond: { status: 200, body }, times: "always" })
        const asked = { model: haiku, prompt: "Hi" } as const
        for (const run of [Loom.generate(asked), Stream.runDrain(Loom.stream(asked))]) {
          const { reason } = yield* failure(run)
          assert.strictEqual(reason._tag, expected, JSON.stringify(body))
        }
        yield* sandbox.reset
        yield* sandbox.script({
          ...events(opening, { type: "error", ...at(body, "error") === undefined ? {} : { error: at(body, "error") } }),
          times: "always"
        })
        const { reason } = yield* failure(Stream.runDrain(Loom.stream(asked)))
        assert.strictEqual(reason._tag, expected, JSON.stringify(body))
        yield* sandbox.reset
      }
    }))
})

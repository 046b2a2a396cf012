import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Result, Schema, Stream } from "effect"
import { Prompt, Tool } from "effect/ai"
import { Catalog, type GenerateError, Generator, Loom, Request, RetryPolicy } from "loom-router"
import * as OpenAi from "loom-router/providers/OpenAi"
import * as Chat from "../../src/providers/openai/Chat.ts"
import { planOf } from "../../src/providers/openai/ChatParams.ts"
import * as ChatReply from "../../src/providers/openai/ChatReply.ts"
import { quirks } from "../../src/providers/openai/OwnChat.ts"
import * as OwnResponses from "../../src/providers/openai/OwnResponses.ts"
import * as Responses from "../../src/providers/openai/Responses.ts"
import * as ResponsesBody from "../../src/providers/openai/ResponsesBody.ts"
import { asking } from "../scripted.ts"

const reader = ChatReply.make(quirks)
const ownResponses = Responses.make(OwnResponses.quirks)
const responsesBody = ResponsesBody.body(OwnResponses.quirks)
const chatBody = (request: Request.Request) => Chat.body(quirks, planOf(quirks, request, false, false), request, false)

const catalog = Catalog.registerModel(Catalog.empty, {
  provider: "acme",
  model: "ada",
  inputCostPer1M: 1,
  outputCostPer1M: 2
})

/** Own keys as a caller's JSON brings them. */
const fromJson = (json: string): object => JSON.parse(json)

/** Asks with options that types would forbid, both ways: what a vendor was asked, or the error. */
const ask = (options: object) =>
  Effect.gen(function*() {
    const seen: Array<Request.Request> = []
    const vendor = Generator.fake((request) => {
      seen.push(request)
      return request.object === undefined ? "Hi" : "{}"
    })
    const asked = Object.assign(fromJson("{}"), { model: "acme/ada", prompt: "Hi" }) as Parameters<
      typeof Loom.generate
    >[0]
    for (const [name, value] of Object.entries(options)) {
      Object.defineProperty(asked, name, { value, enumerable: true, configurable: true })
    }
    const layer = Loom.layerTest({ acme: vendor }, { catalog })
    const called = yield* Effect.result(Effect.provide(Loom.generate(asked), layer))
    const streamed = yield* Effect.result(Effect.provide(Stream.runDrain(Loom.stream(asked)), layer))
    assert.strictEqual(called._tag, streamed._tag)
    if (Result.isFailure(called) && Result.isFailure(streamed)) {
      assert.strictEqual(streamed.failure.message, called.failure.message)
      assert.lengthOf(seen, 0)
    }
    return Result.map(called, () => seen[0]!)
  })

const fieldOf = ({ reason }: GenerateError.GenerateError) => {
  assert.strictEqual(reason._tag, "InvalidRequest")
  return reason._tag === "InvalidRequest" ? reason.field : undefined
}

/** The option that is at fault. */
const refusedFor = (options: object) =>
  Effect.map(
    ask(options),
    (result) => Result.match(result, { onFailure: fieldOf, onSuccess: () => assert.fail("it was let through") })
  )

const requestOf = (options: object) =>
  Effect.map(
    ask(options),
    (result) =>
      Result.match(result, { onFailure: ({ message }) => assert.fail(message), onSuccess: (request) => request })
  )

/** Asks OpenAI's real adapter, whose SDK writes the JSON; nothing listens where it would send it. */
const write = (options: object) =>
  Loom.generate({ provider: "openai", model: "gpt-4o-mini", prompt: "Hi", ...options }).pipe(
    Effect.flip,
    Effect.provide(Loom.layer({
      retry: RetryPolicy.none,
      providers: { openai: OpenAi.layer({ apiKey: Redacted.make("sk-test"), baseUrl: "http://127.0.0.1:9/v1" }) }
    }))
  )

const calling = (params: unknown): Prompt.RawInput => [
  { role: "user", content: "Look it up." },
  {
    role: "assistant",
    content: [{ type: "tool-call", id: "call_1", name: "lookup", params, providerExecuted: false }]
  },
  {
    role: "tool",
    content: [{ type: "tool-result", id: "call_1", name: "lookup", isFailure: false, result: params }]
  }
]

const deep = (depth: number): unknown => {
  let value: unknown = 0
  for (let i = 0; i < depth; i++) value = { a: value }
  return value
}

describe("prototype keys", () => {
  it.effect.each(["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"])(
    "%s as an option is refused",
    (key) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* refusedFor(fromJson(`{"${key}":{"temperature":1}}`)), key)
      })
  )

  it.effect.each(["__proto__", "constructor", "prototype"])("%s in native is refused", (key) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusedFor({ native: fromJson(`{"${key}":{"user":"root"}}`) }), `native.${key}`)
    }))

  it.effect("deeper in native they are data, sent as they are", () =>
    Effect.gen(function*() {
      const json = `{"tools":[{"constructor":"Ferrari","__proto__":{"admin":true}}]}`
      const { native } = yield* requestOf({ native: fromJson(json) })
      assert.strictEqual(JSON.stringify(native), json)
    }))

  const options = {
    cache: ["cache", (json: string) => ({ cache: fromJson(json) })],
    "a stand-in": ["failover[0]", (json: string) => ({ failover: ["acme/ada", fromJson(json)] })],
    retry: ["retry", (json: string) => ({ retry: fromJson(json) })]
  } as const

  it.effect.each(
    Object.keys(options).flatMap((option) =>
      ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"].map((key) => [option, key] as const)
    )
  )("in %s: %s is refused", ([option, key]) =>
    Effect.gen(function*() {
      const [field, make] = options[option as keyof typeof options]
      const named = yield* refusedFor(make(`{"${key}":{"ttl":1,"model":"acme/ada"}}`))
      assert.isTrue(named?.startsWith(field.split("[")[0]!), named)
      assert.isUndefined(({} as { ttl?: number }).ttl)
    }))

  it.effect("in tags and tool arguments they are data, and change no object", () =>
    Effect.gen(function*() {
      const request = yield* requestOf({
        tags: fromJson(`{"__proto__":"x","tenant":"t1"}`),
        prompt: calling(fromJson(`{"__proto__":{"admin":true}}`))
      })
      assert.strictEqual(request.call.tags.tenant, "t1")
      assert.isUndefined(({} as { admin?: boolean }).admin)
      assert.strictEqual(Object.getPrototypeOf(request.native), Object.prototype)
    }))
})

describe("odd texts", () => {
  const texts = {
    "a lone high surrogate": "a\ud800b",
    "a lone low surrogate": "a\udc00b",
    "NUL": "a\u0000b",
    "right-to-left marks": "a\u202eb\u200f",
    "a byte order mark": "\ufeffa"
  }

  it.effect.each(Object.entries(texts))(
    "%s in a prompt works, and arrives unchanged",
    ([, text]) =>
      Effect.gen(function*() {
        const request = yield* requestOf({ prompt: text, system: text })
        assert.deepStrictEqual(
          request.prompt,
          Prompt.make([{ role: "system", content: text }, { role: "user", content: [{ type: "text", text }] }])
        )
        for (const body of [responsesBody(request, false), chatBody(request)]) {
          assert.isString(JSON.parse(JSON.stringify(body)).model)
          assert.include(JSON.stringify(body), JSON.stringify(text))
        }
      })
  )

  it.effect.prop("any text works", [Schema.NonEmptyString], ([text]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* requestOf({ prompt: text })).prompt, Prompt.make(text))
    }), { arbitrary: { runs: 20 } })

  it.effect("a prompt of 10 MB works", () =>
    Effect.gen(function*() {
      const text = "x".repeat(10 * 1024 * 1024)
      const request = yield* requestOf({ prompt: text })
      assert.strictEqual(Request.estimateUsage(request, 0).inputTokens, text.length / 4 + 3)
      assert.isAbove(JSON.stringify(responsesBody(request, false)).length, text.length)
    }))
})

describe("deep and circular values", () => {
  it.effect("JSON 10,000 deep in tool arguments and results is taken by Loom", () =>
    Effect.gen(function*() {
      assert.lengthOf((yield* requestOf({ prompt: calling(deep(10_000)) })).prompt.content, 3)
    }))

  it.effect("JSON 10,000 deep in tool arguments, which JSON.stringify can't write, is refused before anything is sent", () =>
    Effect.gen(function*() {
      const error = yield* write({ prompt: calling(deep(10_000)) })
      assert.strictEqual(fieldOf(error), "prompt")
      assert.include(error.why, "can't be written as JSON")
    }))

  it.effect("JSON 10,000 deep is taken in native", () =>
    Effect.gen(function*() {
      assert.isDefined((yield* requestOf({ native: { metadata: deep(10_000) } })).native.metadata)
    }))

  it.effect("circular tool arguments are refused before anything is sent", () =>
    Effect.gen(function*() {
      const circular: Record<string, unknown> = { a: 1 }
      circular.self = circular
      const error = yield* write({ prompt: calling(circular) })
      assert.strictEqual(fieldOf(error), "prompt")
      assert.include(error.why, "circular")
    }))

  it.effect("a circular native is refused before anything is sent", () =>
    Effect.gen(function*() {
      const circular: Record<string, unknown> = { a: 1 }
      circular.self = circular
      const error = yield* write({ native: { metadata: circular } })
      assert.include(error.reason, { _tag: "InvalidRequest" })
      assert.include(error.why, "circular")
    }))

  it.effect("the same object twice in native is no circle", () =>
    Effect.gen(function*() {
      const shared = { a: 1 }
      assert.deepStrictEqual((yield* requestOf({ native: { x: shared, y: [shared, shared] } })).native, {
        x: shared,
        y: [shared, shared]
      })
    }))
})

describe("parameters that are no numbers", () => {
  const numeric = ["maxOutputTokens", "temperature", "topP", "seed", "presencePenalty", "frequencyPenalty"]
  const values: Readonly<Record<string, unknown>> = {
    NaN,
    Infinity,
    "-Infinity": -Infinity,
    BigInt: 1n,
    Date: new Date(0),
    text: "1",
    null: null,
    list: [1],
    object: {}
  }

  it.effect.each(numeric)("%s takes none of them", (name) =>
    Effect.gen(function*() {
      for (const value of Object.values(values)) assert.strictEqual(yield* refusedFor({ [name]: value }), name)
    }))

  it.effect.each(["maxOutputTokens", "seed"])("%s takes no fraction", (name) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusedFor({ [name]: 1.5 }), name)
    }))

  it.effect("maxOutputTokens is at least 1", () =>
    Effect.gen(function*() {
      for (const value of [0, -1, 0.5]) {
        assert.strictEqual(yield* refusedFor({ maxOutputTokens: value }), "maxOutputTokens")
      }
      assert.strictEqual((yield* requestOf({ maxOutputTokens: 1 })).params.maxOutputTokens, 1)
    }))

  it.effect("others keep to their ranges", () =>
    Effect.gen(function*() {
      for (
        const [name, value] of [["temperature", -0.1], ["topP", 1.1], ["topP", -0.1], ["presencePenalty", 2.1], [
          "frequencyPenalty",
          -2.1
        ]] as const
      ) {
        assert.strictEqual(yield* refusedFor({ [name]: value }), name)
      }
      const params = { temperature: 0, topP: 1, presencePenalty: 2, frequencyPenalty: -2, seed: -7 }
      assert.deepStrictEqual((yield* requestOf(params)).params, params)
    }))

  it.effect.each(["NaN", "Infinity", "BigInt"])(
    "%s in native is refused with its path",
    (name) =>
      Effect.gen(function*() {
        const value = values[name]
        assert.strictEqual(yield* refusedFor({ native: { top_logprobs: value } }), "native.top_logprobs")
        assert.strictEqual(yield* refusedFor({ native: { a: { b: [0, value] } } }), "native.a.b.1")
      })
  )

  it.effect("a Date in native works: it is sent as JSON writes it", () =>
    Effect.gen(function*() {
      const request = yield* requestOf({ native: { metadata: { at: new Date(0) } } })
      assert.include(JSON.stringify(responsesBody(request, false)), "1970-01-01T00:00:00.000Z")
    }))

  it.effect("a timeout has to be a duration above zero", () =>
    Effect.gen(function*() {
      for (const timeout of [0, -1, NaN, "soon", "5 lightyears", null, {}, new Date(0)]) {
        assert.strictEqual(yield* refusedFor({ timeout }), "timeout")
      }
    }))
})

describe("keys", () => {
  const options = {
    temperature: 0.5,
    maxOutputTokens: 10,
    stop: ["."],
    seed: 1,
    native: { a: 1, b: 2 },
    system: "Be brief."
  }

  it.effect.prop(
    "make the same request in any order",
    [Schema.Array(Schema.Natural).check(Schema.isMinLength(6), Schema.isMaxLength(6))],
    ([weights]) =>
      Effect.gen(function*() {
        const shuffled = Object.entries(options).map((entry, index) => [weights[index]!, entry] as const)
          .sort(([a], [b]) => a - b).map(([, entry]) => entry)
        const [{ call: _, ...first }, { call: __, ...second }] = [
          yield* requestOf(options),
          yield* requestOf(Object.fromEntries(shuffled))
        ]
        assert.deepStrictEqual(second, first)
      }),
    { arbitrary: { runs: 15 } }
  )

  const optional = [
    "maxOutputTokens",
    "temperature",
    "topP",
    "stop",
    "seed",
    "presencePenalty",
    "frequencyPenalty",
    "reasoning",
    "serviceTier",
    "parallelToolCalls",
    "promptCache",
    "webSearch",
    "modality",
    "system",
    "tools",
    "toolChoice",
    "timeout",
    "retry",
    "tags",
    "native",
    "schema",
    "schemaName",
    "provider"
  ]

  it.effect.each(optional)(
    "%s: undefined is the same as missing, and null is refused",
    (name) =>
      Effect.gen(function*() {
        const [{ call: _, ...missing }, { call: __, ...given }] = [
          yield* requestOf({}),
          yield* requestOf({ [name]: undefined })
        ]
        assert.deepStrictEqual(given, missing)
        assert.strictEqual(yield* refusedFor({ [name]: null }), name)
      })
  )

  it.effect.each(["prompt", "model"])("%s can't be left out", (name) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusedFor({ [name]: undefined }), name)
      assert.strictEqual(yield* refusedFor({ [name]: null }), name)
    }))

  it.effect("that don't exist are refused by name", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusedFor({ max_tokens: 10 }), "max_tokens")
    }))
})

describe("prompts", () => {
  it.effect("that are empty are refused", () =>
    Effect.gen(function*() {
      for (const prompt of ["", [], { content: [] }]) assert.strictEqual(yield* refusedFor({ prompt }), "prompt")
    }))

  it.effect("that are empty are refused with instructions before them, too", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusedFor({ prompt: [], system: "Be brief." }), "prompt")
    }))

  it.effect("that are no prompts are refused", () =>
    Effect.gen(function*() {
      for (
        const prompt of [42, true, {}, { content: "Hi" }, { role: "user", content: "Hi" }, new Date(0), 1n, () => "Hi"]
      ) {
        assert.strictEqual(yield* refusedFor({ prompt }), "prompt")
      }
    }))

  it.effect("with a malformed message are refused, with its place", () =>
    Effect.gen(function*() {
      const result = yield* ask({
        prompt: [{ role: "user", content: "Hi" }, { role: "user", content: [{ type: "text", text: 42 }] }]
      })
      assert.strictEqual(fieldOf(Result.getOrThrow(Result.flip(result))), "prompt")
      assert.match(Result.getOrThrow(Result.flip(result)).why, /^prompt: \[1\]\.content/)
      for (
        const message of ["Hi", null, {}, { role: "alien", content: "Hi" }, { role: "user" }, {
          role: "user",
          content: null
        }]
      ) {
        assert.strictEqual(yield* refusedFor({ prompt: [message] }), "prompt")
      }
    }))
})

describe("tools", () => {
  const tool = (name: string) => Tool.make(name, { parameters: Schema.Struct({ id: Schema.String }) })

  it.effect("of the same name are refused", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusedFor({ tools: [tool("a"), tool("b"), tool("a")] }), "tools")
    }))

  it.effect("that are no tools are refused", () =>
    Effect.gen(function*() {
      for (const tools of ["lookup", {}, [null], [undefined], ["lookup"], [{ name: "lookup" }], [{}]]) {
        assert.match((yield* refusedFor({ tools })) ?? "", /^tools/)
      }
    }))

  it.effect("that are chosen have to be there", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusedFor({ tools: [tool("a")], toolChoice: { tool: "b" } }), "toolChoice")
      assert.strictEqual(yield* refusedFor({ toolChoice: { tool: "__proto__" } }), "toolChoice")
      assert.match((yield* refusedFor({ toolChoice: "sometimes" })) ?? "", /^toolChoice/)
    }))
})

describe("policies", () => {
  it.effect("that are none are refused", () =>
    Effect.gen(function*() {
      for (const retry of [3, true, "3", {}, { maxAttempts: 2 }, { ...RetryPolicy.none, maxAttempts: NaN }]) {
        assert.match((yield* refusedFor({ retry })) ?? "", /^retry/)
      }
    }))
})

describe("schemas", () => {
  interface Tree {
    readonly name: string
    readonly children: ReadonlyArray<Tree>
  }
  const Tree = Schema.Struct({
    name: Schema.String,
    children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
  })

  it.effect("that refer to themselves work for objects", () =>
    Effect.gen(function*() {
      const request = yield* asking({ object: { name: "tree", schema: Tree } })
      for (const body of [responsesBody(request, false), chatBody(request)]) {
        assert.include(JSON.stringify(body), "$ref")
      }
      const answered = yield* Generator.fake(() => `{"name":"a","children":[{"name":"b","children":[]}]}`).generate(
        request
      )
      assert.deepStrictEqual(answered.object, { name: "a", children: [{ name: "b", children: [] }] })
    }))

  it.effect("that refer to themselves work for tools", () =>
    Effect.gen(function*() {
      const request = yield* requestOf({ tools: [Tool.make("plant", { parameters: Schema.Struct({ tree: Tree }) })] })
      for (const body of [responsesBody(request, false), chatBody(request)]) {
        assert.include(JSON.stringify(body), "$ref")
      }
    }))

  it.effect("that are none are refused", () =>
    Effect.gen(function*() {
      for (const schema of [{}, { type: "object" }, "string", 42, () => Tree]) {
        assert.strictEqual(yield* refusedFor({ schema }), "schema")
      }
    }))

  it.effect("have a name that vendors take", () =>
    Effect.gen(function*() {
      for (const schemaName of ["", "a b", "x".repeat(65), 42]) {
        assert.strictEqual(yield* refusedFor({ schema: Tree, schemaName }), "schemaName")
      }
    }))
})

describe("usage as a vendor may report it", () => {
  const origin = { requestId: undefined, key: Redacted.make("sk-test") }
  const responses = (usage: unknown) => ({
    id: "resp_1",
    model: "ada",
    status: "completed",
    output: [{
      type: "message",
      id: "msg_1",
      content: [{ type: "output_text", text: "Hello, world", annotations: [] }]
    }],
    usage
  })
  const chat = (usage: unknown) => ({
    id: "chatcmpl_1",
    model: "ada",
    choices: [{ finish_reason: "stop", message: { content: "Hello, world" } }],
    usage
  })
  const counts = (input: unknown, output: unknown, cached: unknown = 0, reasoning: unknown = 0) => ({
    responses: {
      input_tokens: input,
      output_tokens: output,
      input_tokens_details: { cached_tokens: cached },
      output_tokens_details: { reasoning_tokens: reasoning }
    },
    chat: {
      prompt_tokens: input,
      completion_tokens: output,
      prompt_tokens_details: { cached_tokens: cached },
      completion_tokens_details: { reasoning_tokens: reasoning }
    }
  })

  it.effect.each<
    readonly [string, ReturnType<typeof counts> | { readonly responses: unknown; readonly chat: unknown }]
  >([
    ["null", { responses: null, chat: null }],
    ["undefined", { responses: undefined, chat: undefined }],
    ["empty", { responses: {}, chat: {} }],
    ["a number", { responses: 12, chat: 12 }],
    ["negative input", counts(-1, 5)],
    ["negative output", counts(5, -1)],
    ["fractional input", counts(1.5, 5)],
    ["fractional output", counts(5, 0.1)],
    ["counts as texts", counts("5", "5")],
    ["more cached than there was", counts(5, 5, 6)],
    ["more reasoning than there was", counts(5, 5, 0, 6)],
    ["negative cached", counts(5, 5, -1)],
    ["counts too large to be exact", counts(2 ** 60, 5)]
  ])("%s: the answer is kept, and its cost an estimate, never 0", ([, usage]) =>
    Effect.gen(function*() {
      const request = yield* asking()
      const replies = [
        ownResponses.generation(request, responses(usage.responses), origin),
        reader.generation(request, chat(usage.chat), origin)
      ]
      for (const reply of replies) {
        const generation = Result.getOrThrow(reply)
        assert.deepStrictEqual([generation.text, generation.usage.state], ["Hello, world", "missing"])
        const priced = yield* Generator.fake(() => generation).generate(request)
        assert.deepStrictEqual([priced.usage.state, priced.cost.status], ["estimated", "estimated"])
        assert.strictEqual(priced.cost.picoUsd, (6 * 1 + 3 * 2) * 1_000_000)
      }
    }))

  it.effect("null details are no details", () =>
    Effect.gen(function*() {
      const request = yield* asking()
      const replies = [
        ownResponses.generation(
          request,
          responses({ input_tokens: 7, output_tokens: 5, input_tokens_details: null, output_tokens_details: null }),
          origin
        ),
        reader.generation(
          request,
          chat({ prompt_tokens: 7, completion_tokens: 5, prompt_tokens_details: { cached_tokens: null } }),
          origin
        )
      ]
      for (const reply of replies) {
        const { usage } = Result.getOrThrow(reply)
        assert.deepStrictEqual([usage.state, usage.inputUncached, usage.outputText], ["reported", 7, 5])
      }
    }))
})

describe("the cache and failover as options", () => {
  const Json = Schema.Union([
    Schema.Null,
    Schema.Boolean,
    Schema.Number,
    Schema.String,
    Schema.Array(Schema.String),
    Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Number, Schema.Null]))
  ])

  const cacheFields: ReadonlySet<string> = new Set(["ttl", "scope", "refresh"])

  it.effect.prop("any value is taken for cache, or refused by name", [Json], ([cache]) =>
    Effect.gen(function*() {
      const result = yield* ask({ cache })
      if (Result.isSuccess(result)) {
        assert.isTrue(
          cache === false || typeof cache === "object" && cache !== null && !Array.isArray(cache) &&
              Object.keys(cache).every((name) => cacheFields.has(name))
        )
      } else assert.match(fieldOf(result.failure) ?? "", /^cache(\.|$)/)
    }), { arbitrary: { runs: 50 } })

  it.effect.prop(
    "any value is taken for a time of the cache, or refused by name",
    [Schema.Union([Schema.Number, Schema.String, Schema.Null, Schema.BigInt])],
    ([ttl]) =>
      Effect.gen(function*() {
        const result = yield* ask({ cache: { ttl } })
        if (Result.isSuccess(result)) {
          const { cache } = result.success.call
          assert.isTrue(cache !== undefined && cache !== false && (cache.ttl ?? NaN) > 0)
        } else assert.strictEqual(fieldOf(result.failure), "cache.ttl")
      }),
    { arbitrary: { runs: 50 } }
  )

  it.effect.prop("any value is taken for failover, or refused by name", [Json], ([failover]) =>
    Effect.gen(function*() {
      const result = yield* ask({ failover })
      if (Result.isSuccess(result)) {
        assert.isTrue(typeof failover === "boolean" || failover === "same-model" || Array.isArray(failover))
      } else assert.match(fieldOf(result.failure) ?? "", /^failover(\.|\[|$)/)
    }), { arbitrary: { runs: 50 } })

  it.effect.each(
    [
      [{ model: "" }],
      [{ provider: "acme" }],
      [{ model: "acme/ada", retries: 3 }],
      [{ model: "acme/ada", retry: { maxAttempts: 0 } }],
      [{ model: "acme/ada", params: "hot" }],
      [""],
      [7],
      [null],
      "same",
      {}
    ].map((failover) => [JSON.stringify(failover), failover] as const)
  )("%s is no failover", ([, failover]) =>
    Effect.gen(function*() {
      assert.match((yield* refusedFor({ failover })) ?? "", /^failover/)
    }))

  it.effect.each([0, -1, NaN, Infinity, 1.5, "3", null])(
    "%s is no maxAttempts",
    (maxAttempts) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* refusedFor({ maxAttempts }), "maxAttempts")
      })
  )

  it.effect.each(["yes", 1, null])("%s is no coalesce", (coalesce) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusedFor({ coalesce }), "coalesce")
    }))
})

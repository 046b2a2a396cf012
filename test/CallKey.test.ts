import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { Prompt, Tool } from "effect/ai"
import { Call, GenerateOptions, Model, Request, ResponseCache, RetryPolicy } from "loom-router"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Worker } from "node:worker_threads"
import * as CallKey from "../src/CallKey.ts"
import { ada, asking } from "./scripted.ts"

const key = (request: Request.Request): string => CallKey.of(request) ?? assert.fail("it has no key")

const prompted = (prompt: Prompt.RawInput, options?: Parameters<typeof asking>[0]) =>
  Request.fromPrompt(prompt, { model: ada, ...options })

/** Texts that would run into each other, and those that UTF-8 can't tell apart. */
const Text = Schema.Literals(["", "a", "b", "ab", "1:a", "s1:a", "o.", "-", "U", "\ud800", "\udc00", "\ufffd"])
const Leaf = Schema.Union([Text, Schema.Null, Schema.Boolean, Schema.Literals([0, 1, -1.5])])
const Pairs = Schema.Array(Schema.Tuple([Text, Leaf])).check(Schema.isMaxLength(2))
const few = Schema.isMaxLength(2)
const Value = Schema.Union([
  Leaf,
  Schema.Array(Leaf).check(few),
  Schema.Array(Schema.Array(Leaf).check(few)).check(few),
  Schema.Struct({ object: Pairs })
])
type Value = typeof Value.Type

const valueOf = (value: Value): unknown =>
  typeof value === "object" && value !== null && "object" in value ? Object.fromEntries(value.object) : value

const Options = Schema.optionalKey(Schema.Struct({ acme: Schema.Struct({ cache: Leaf }) }))
const UserPart = Schema.Union([
  Schema.Struct({ type: Schema.Literal("text"), text: Text, options: Options }),
  Schema.Struct({
    type: Schema.Literal("file"),
    mediaType: Schema.Literals(["image/png", "application/pdf"]),
    data: Schema.Union([
      Schema.Literals(["https://acme.test/1.png", "QUJD"]),
      Schema.Struct({ bytes: Schema.Array(Schema.Literals([0, 1])).check(few) }),
      Schema.Struct({ link: Schema.Literals(["https://acme.test/2.png", "https://acme.test/3.png"]) })
    ]),
    options: Options
  })
])
const AssistantPart = Schema.Union([
  Schema.Struct({ type: Schema.Literal("text"), text: Text, options: Options }),
  Schema.Struct({ type: Schema.Literal("reasoning"), text: Text, options: Options }),
  Schema.Struct({
    type: Schema.Literal("tool-call"),
    id: Text,
    name: Text,
    params: Value,
    providerExecuted: Schema.Boolean
  })
])
const Message = Schema.Union([
  Schema.Struct({ role: Schema.Literal("system"), content: Text, options: Options }),
  Schema.Struct({ role: Schema.Literal("user"), content: Schema.Array(UserPart).check(few), options: Options }),
  Schema.Struct({ role: Schema.Literal("assistant"), content: Schema.Array(AssistantPart).check(few) }),
  Schema.Struct({
    role: Schema.Literal("tool"),
    result: Schema.Struct({ id: Text, name: Text, result: Value, isFailure: Schema.Boolean })
  })
])
type Message = typeof Message.Type

/** What is asked, written down: the independent view of when two requests are the same. */
const Asked = Schema.Struct({
  model: Schema.Struct({ provider: Text, id: Text, upstream: Text }),
  modality: Schema.Literals(["text", "image"]),
  params: Schema.Struct({
    temperature: Schema.optionalKey(Schema.Literals([0, 1])),
    maxOutputTokens: Schema.optionalKey(Schema.Literals([1, 11])),
    seed: Schema.optionalKey(Schema.Literals([1, 11])),
    stop: Schema.optionalKey(Schema.Array(Text).check(few)),
    reasoning: Schema.optionalKey(Schema.Literals(["low", "high"]))
  }),
  prompt: Schema.Array(Message).check(few),
  tools: Schema.Array(Schema.Literals([0, 1, 2, 3, 4, 5, 6])).check(Schema.isMaxLength(3)),
  toolChoice: Schema.optionalKey(
    Schema.Union([Schema.Literals(["auto", "none"]), Schema.Struct({ tool: Schema.Literals(["auto", "look"]) })])
  ),
  object: Schema.optionalKey(Schema.Struct({ name: Text, schema: Schema.Literals([0, 1, 2]) })),
  native: Schema.Array(Schema.Tuple([Text, Value])).check(few),
  scope: Schema.optionalKey(Schema.Literals(["a", "b", "1:a"]))
})
type Asked = typeof Asked.Type

const Place = Schema.Struct({ place: Schema.String })
const tools = [
  Tool.make("look", { parameters: Place }),
  Tool.make("look", { parameters: Schema.Struct({ place: Schema.FiniteFromString }) }).annotate(Tool.Strict, true),
  Tool.make("look", { description: "looks", parameters: Place }),
  Tool.make("seek", { parameters: Schema.Struct({ place: Schema.Finite }) }),
  Tool.dynamic("look", { parameters: { type: "object", properties: { place: { type: "string" } } } }),
  Tool.providerDefined({ id: "acme.look", customName: "look", providerName: "look" })(),
  Tool.providerDefined({ id: "acme.look", customName: "look", providerName: "look_2" })()
]
const schemas = [Place, Schema.Struct({ place: Schema.Finite }), Schema.Struct({ place: Schema.Literal("here") })]

const dataOf = (data: Extract<typeof UserPart.Type, { readonly type: "file" }>["data"]) =>
  typeof data === "string" ? data : "bytes" in data ? Uint8Array.from(data.bytes) : new URL(data.link)

const messageOf = (message: Message): Prompt.MessageEncoded => {
  switch (message.role) {
    case "system":
      return message
    case "user":
      return {
        ...message,
        content: message.content.map((part) => part.type === "text" ? part : { ...part, data: dataOf(part.data) })
      }
    case "assistant":
      return {
        ...message,
        content: message.content.map((part) =>
          part.type === "tool-call" ? { ...part, params: valueOf(part.params) } : part
        )
      }
    case "tool": {
      const { result } = message
      return { role: "tool", content: [{ ...result, type: "tool-result", result: valueOf(result.result) }] }
    }
  }
}

const requestOf = (asked: Asked, call: Call.Call): Request.Request =>
  Request.make({
    model: Model.make(asked.model),
    modality: asked.modality,
    params: asked.params,
    prompt: Prompt.make(asked.prompt.map(messageOf)),
    tools: asked.tools.map((tool) => tools[tool]!),
    toolChoice: asked.toolChoice,
    object: asked.object === undefined ? undefined : { name: asked.object.name, schema: schemas[asked.object.schema]! },
    native: Object.fromEntries(asked.native.map(([name, value]) => [name, valueOf(value)])),
    call: { ...call, cache: { scope: asked.scope } }
  })

/** Two of the same question say the same here: the last of equal names counts, what has no order is sorted. */
const said = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => a < b ? -1 : 1))
      : inner)

const sorted = (values: ReadonlyArray<unknown>): string => values.map(said).toSorted().join()

const fieldsOf = (asked: Asked): Readonly<Record<string, string>> => {
  const plain = (value: Value) => said(valueOf(value))
  const fields: Record<string, string> = {
    model: said(asked.model),
    modality: asked.modality,
    tools: sorted(asked.tools),
    toolChoice: said(asked.toolChoice ?? null),
    object: said(asked.object ?? null),
    scope: asked.scope ?? ""
  }
  for (const [name, value] of Object.entries(asked.params)) {
    fields[`params.${name}`] = Array.isArray(value) ? sorted(value) : said(value)
  }
  for (const [name, value] of Object.entries(Object.fromEntries(asked.native))) fields[`native.${name}`] = plain(value)
  asked.prompt.forEach((message, index) => {
    const content = message.role === "tool"
      ? { ...message.result, result: plain(message.result.result) }
      : message.role === "assistant"
      ? message.content.map((part) => part.type === "tool-call" ? { ...part, params: plain(part.params) } : part)
      : message.content
    fields[`prompt[${index}].role`] = message.role
    fields[`prompt[${index}].content`] = said(content)
    fields[`prompt[${index}].options`] = said("options" in message ? message.options : {})
  })
  return fields
}

/** A request, and another that has some of its fields from elsewhere: the same, or nearly so. */
const Pair = Schema.Struct({
  one: Asked,
  other: Asked,
  taken: Schema.Array(Schema.Literals(Object.keys(Asked.fields) as ReadonlyArray<keyof Asked>)).check(few)
})

const pairOf = ({ one, other, taken }: typeof Pair.Type): readonly [Asked, Asked] => {
  return [one, { ...one, ...Object.fromEntries(taken.map((field) => [field, other[field]])) }]
}

describe("of", () => {
  it.effect.prop("is the same for the same question, and for no other", [Pair], ([pair]) =>
    Effect.gen(function*() {
      const call = yield* Call.make()
      const [one, other] = pairOf(pair)
      const areSame = said(fieldsOf(one)) === said(fieldsOf(other))
      assert.strictEqual(key(requestOf(one, call)) === key(requestOf(other, call)), areSame)
    }), { arbitrary: { runs: 1000 } })

  it.effect.prop(
    "tells apart what would run together",
    [Schema.String, Schema.String, Schema.String],
    ([a, b, c]) =>
      Effect.gen(function*() {
        const model = (provider: string, id: string) => asking({ model: Model.make({ provider, id, upstream: "x" }) })
        const parts = (...texts: ReadonlyArray<string>) =>
          prompted([{ role: "user", content: texts.map((text) => ({ type: "text", text })) }])
        const messages = (...texts: ReadonlyArray<string>) =>
          prompted(texts.map((content) => ({ role: "system", content })))
        const stop = (...stop: ReadonlyArray<string>) => asking({ params: { stop } })
        const native = (native: Request.Request["native"]) => asking({ native })
        const pairs = [
          [model(`${a}${b}`, c), model(a, `${b}${c}`)],
          [parts(`${a}${b}`, c), parts(a, `${b}${c}`)],
          [parts(a, b), parts(`${a}-t${b}`)],
          [messages(`${a}${b}`, c), messages(a, `${b}${c}`)],
          [messages(a, b), messages(`${a}-system${b}`)],
          [stop(a, b), stop(`${a}s${b}`)],
          [stop(`${a}0`, `1${b}`), stop(`${a}01`, b)],
          [native({ a, b }), native({ a: `${a}bs${b}` })],
          [native({ [`a${a}`]: b }), native({ a: `${a}s${b}` })],
          [native({ a: { b: c } }), native({ a: {}, b: c })],
          [native({ a: { b }, c }), native({ a: { b, c } })],
          [native({ a: [[a], b] }), native({ a: [[a, b]] })],
          [native({ a: 1, b: 2 }), native({ a: 12, b: "" })],
          [native({ a: "null" }), native({ a: null })],
          [native({ a: "1" }), native({ a: 1 })]
        ] as const
        for (const [one, other] of pairs) {
          const [first, second] = [yield* one, yield* other]
          if (
            said([first.model.provider, first.prompt, first.params, first.native]) !==
              said([second.model.provider, second.prompt, second.params, second.native])
          ) assert.notStrictEqual(key(first), key(second))
        }
      }),
    { arbitrary: { runs: 100 } }
  )

  it.effect.prop("doesn't heed the order of properties, tools and stop sequences, or what is undefined", [
    Asked,
    Schema.Array(Schema.Tuple([Schema.String, Value])).check(Schema.isMaxLength(4))
  ], ([asked, entries]) =>
    Effect.gen(function*() {
      const call = yield* Call.make()
      const native = Object.fromEntries(entries.map(([name, value]) => [name, { deep: [valueOf(value)], also: 1 }]))
      const turned = Object.fromEntries(
        Object.entries(native).toReversed().map(([name, { also, deep }]) => [name, { also, none: undefined, deep }])
      )
      const request = { ...requestOf(asked, call), native }
      const { params } = request
      const other = {
        ...request,
        params: {
          ...Object.fromEntries(Object.entries(params).toReversed()),
          topP: undefined,
          stop: params.stop?.toReversed()
        },
        tools: request.tools.toReversed(),
        native: { ...turned, none: undefined }
      }
      assert.strictEqual(key(other), key(request))
      assert.deepStrictEqual(CallKey.differences(request, other), [])
    }), { arbitrary: { runs: 300 } })

  it.effect("doesn't heed the order of properties in schemas", () =>
    Effect.gen(function*() {
      const inner = { b: Schema.optionalKey(Schema.String), a: Schema.Finite, c: Schema.Boolean }
      const renni = { c: Schema.Boolean, a: Schema.Finite, b: Schema.optionalKey(Schema.String) }
      const one = Schema.Struct({ list: Schema.Array(Schema.Struct(inner)), n: Schema.Int })
      const other = Schema.Struct({ n: Schema.Int, list: Schema.Array(Schema.Struct(renni)) })
      const ask = (schema: typeof one | typeof other) =>
        asking({ object: { name: "object", schema }, tools: [Tool.make("look", { parameters: schema })] })
      assert.strictEqual(key(yield* ask(one)), key(yield* ask(other)))
      const dynamic = (required: ReadonlyArray<string>) =>
        asking({ tools: [Tool.dynamic("look", { parameters: { type: "object", required } })] })
      assert.strictEqual(key(yield* dynamic(["a", "b"])), key(yield* dynamic(["b", "a"])))
      assert.notStrictEqual(key(yield* dynamic(["a", "b"])), key(yield* dynamic(["b"])))
    }))

  it.effect("is of what is asked, and not of the circumstances", () =>
    Effect.gen(function*() {
      const request = yield* asking()
      const call = yield* Call.make({
        timeout: 1,
        retry: RetryPolicy.none,
        maxAttempts: 1,
        cache: { ttl: 5, refresh: true },
        coalesce: false,
        gates: [(_, attempt) => attempt],
        tags: { tenant: "acme" },
        currency: { code: "EUR", perUsd: 2, asOf: undefined, source: undefined }
      })
      for (const other of [{ ...request, call }, { ...request, candidate: 3 }]) {
        assert.strictEqual(key(other), key(request))
        assert.deepStrictEqual(CallKey.differences(request, other), [])
      }
      assert.strictEqual(key({ ...request, call: { ...call, cache: false } }), key(request))
    }))

  it.effect("tells lone surrogates apart wherever they stand", () =>
    Effect.gen(function*() {
      const texts = ["\ud800", "\ud801", "\udc00", "\ufffd", "\ud800\udc00"]
      const places: ReadonlyArray<(text: string) => Effect.Effect<Request.Request>> = [
        (text) => asking({ model: Model.unlisted("acme", text) }),
        (text) => Request.fromPrompt(text),
        (text) => Request.fromPrompt([{ role: "system", content: text }]),
        (text) => asking({ native: { a: text } }),
        (text) => asking({ native: { [text]: 1 } }),
        (text) => asking({ params: { stop: [text] } }),
        (text) => asking({ object: { name: text, schema: Place } }),
        (text) => asking({ tools: [Tool.make("look", { description: text })] }),
        (text) => Effect.map(asking(), (request) => ({ ...request, call: { ...request.call, cache: { scope: text } } }))
      ]
      for (const place of places) {
        const keys = yield* Effect.forEach(texts, (text) => Effect.map(place(text), key))
        assert.strictEqual(new Set(keys).size, texts.length)
      }
    }))

  it.effect("tells lists with holes apart", () =>
    Effect.gen(function*() {
      const last = Object.assign([[1]], { length: 2 })
      const first: Array<unknown> = Object.assign([], { 1: [1] })
      assert.notStrictEqual(key(yield* asking({ native: { last } })), key(yield* asking({ native: { last: first } })))
    }))

  it.effect("changes with each thing that is asked", () =>
    Effect.gen(function*() {
      const call = yield* Call.make()
      const part = (part: Extract<Prompt.UserMessagePartEncoded, object>) =>
        prompted([{ role: "user", content: [part] }])
      const called = (part: Partial<Prompt.ToolCallPartEncoded>) =>
        prompted([{
          role: "assistant",
          content: [{ type: "tool-call", id: "1", name: "look", params: {}, providerExecuted: false, ...part }]
        }])
      const told = (part: Partial<Prompt.ToolResultPartEncoded>) =>
        prompted([{
          role: "tool",
          content: [{ type: "tool-result", id: "1", name: "look", result: 1, isFailure: false, ...part }]
        }])
      const file = { type: "file", mediaType: "image/png", data: "QUJD" } as const
      const variants = yield* Effect.all([
        asking(),
        asking({ model: Model.make({ provider: "newco", id: "ada" }) }),
        asking({ model: Model.make({ provider: "acme", id: "bob", upstream: "ada" }) }),
        asking({ model: Model.make({ provider: "acme", id: "ada", upstream: "ada-2026" }) }),
        asking({ modality: "image" }),
        ...[
          { maxOutputTokens: 1 },
          { temperature: 0 },
          { temperature: 1 },
          { topP: 1 },
          { stop: ["a"] },
          { stop: ["a", "b"] },
          { seed: 1 },
          { presencePenalty: 1 },
          { frequencyPenalty: 1 },
          { reasoning: "low" },
          { reasoning: "high" },
          { serviceTier: "flex" },
          { parallelToolCalls: true },
          { parallelToolCalls: false },
          { webSearch: true },
          { webSearch: { maxUses: 1 } },
          { n: 1 },
          { n: 2 },
          { size: "1024x1024" },
          { aspectRatio: "1:1" },
          { quality: "low" },
          { format: "png" },
          { format: "webp" },
          { background: "transparent" },
          { negativePrompt: "people" },
          { mask: Uint8Array.of(1) },
          { mask: Uint8Array.of(2) },
          { mask: new URL("https://acme.test/mask.png") }
        ].map((params) => asking({ params: params as Request.Params })),
        prompted("Say hello!"),
        prompted([{ role: "system", content: "Say hello." }]),
        prompted([{ role: "assistant", content: [{ type: "text", text: "Say hello." }] }]),
        prompted([{ role: "assistant", content: [{ type: "reasoning", text: "Say hello." }] }]),
        prompted([{ role: "user", content: "Say hello.", options: { acme: { cache: true } } }]),
        part({ type: "text", text: "Say hello.", options: { acme: { cache: true } } }),
        part(file),
        part({ ...file, mediaType: "image/jpeg" }),
        part({ ...file, fileName: "a.png" }),
        part({ ...file, data: Uint8Array.of(1) }),
        part({ ...file, data: new URL("https://acme.test") }),
        part({ ...file, options: { acme: { detail: "high" } } }),
        called({}),
        called({ id: "2" }),
        called({ name: "seek" }),
        called({ params: { a: 1 } }),
        called({ providerExecuted: true }),
        told({}),
        told({ id: "2" }),
        told({ name: "seek" }),
        told({ result: 2 }),
        told({ isFailure: true }),
        ...tools.map((tool) => asking({ tools: [tool] })),
        asking({ tools: [tools[0]!, tools[3]!] }),
        asking({ toolChoice: "auto" }),
        asking({ toolChoice: { tool: "auto" } }),
        ...schemas.map((schema) => asking({ object: { name: "object", schema } })),
        asking({ object: { name: "place", schema: Place } }),
        asking({ object: { name: "object", schema: Schema.Struct({ place: Place }) } }),
        asking({ native: { a: { b: [1] } } }),
        asking({ native: { a: { b: [2] } } }),
        asking({ native: { a: { b: null } } }),
        Effect.map(asking(), (request) => ({ ...request, call: { ...call, cache: { scope: "acme" } } })),
        Effect.map(asking(), (request) => ({ ...request, call: { ...call, cache: { scope: "newco" } } }))
      ])
      assert.strictEqual(new Set(variants.map(key)).size, variants.length)
      for (const [n, variant] of variants.entries()) {
        assert.strictEqual(ResponseCache.explain(variants[0], variant).length === 0, n === 0)
      }
    }))

  it.effect("takes a file by its bytes, wherever they lie, and a link by its address", () =>
    Effect.gen(function*() {
      const file = (data: string | Uint8Array | URL) =>
        Effect.map(
          Request.fromPrompt([{ role: "user", content: [{ type: "file", mediaType: "image/png", data }] }]),
          key
        )
      const bytes = new Uint8Array(1000).fill(7)
      const buffer = new Uint8Array(2000)
      buffer.set(bytes, 500)
      assert.strictEqual(yield* file(bytes), yield* file(buffer.subarray(500, 1500)))
      assert.strictEqual(yield* file(bytes), yield* file(Buffer.from(bytes)))
      assert.notStrictEqual(yield* file(bytes), yield* file(buffer.subarray(499, 1499)))
      assert.strictEqual(yield* file("https://acme.test/a"), yield* file(new URL("https://acme.test/a")))
      assert.notStrictEqual(yield* file("https://acme.test/a"), yield* file("https://acme.test/b"))
    }))

  const called = (params: unknown) =>
    Effect.map(asking(), (request): Request.Request => ({
      ...request,
      prompt: Prompt.fromMessages([
        Prompt.assistantMessage({
          content: [Prompt.toolCallPart({ id: "1", name: "look", params, providerExecuted: false })]
        })
      ])
    }))

  const circle: Record<string, unknown> = {}
  circle["again"] = [circle]
  const nested = (depth: number, wrap: (inner: unknown) => unknown): unknown => {
    let value: unknown = 1
    for (let n = 0; n < depth; n++) value = wrap(value)
    return value
  }

  it.effect("is undefined for what can't be written, which differs even from itself", () =>
    Effect.gen(function*() {
      const unwritable = [
        circle,
        nested(10_000, (inner) => ({ inner })),
        nested(10_000, (inner) => [inner]),
        { toJSON: () => circle },
        { n: 1n }
      ]
      for (const params of unwritable) {
        const request = yield* called(params)
        assert.strictEqual(CallKey.of(request), undefined)
        assert.deepStrictEqual(CallKey.differences(request, request), ["prompt[0].content"])
        assert.deepStrictEqual(CallKey.differences(request, yield* called({})), ["prompt[0].content"])
      }
      const native = yield* asking({ native: { a: circle, b: 1 } })
      assert.strictEqual(CallKey.of(native), undefined)
      assert.deepStrictEqual(CallKey.differences(native, yield* asking({ native: { b: 1 } })), ["native.a"])
      const message = yield* asking()
      const options = { ...message, prompt: Prompt.make([{ role: "user", content: "a", options: { acme: {} } }]) }
      const circled: Request.Request = {
        ...options,
        prompt: {
          ...options.prompt,
          content: options.prompt.content.map((message) => Object.assign({ ...message }, { options: { acme: circle } }))
        }
      }
      assert.strictEqual(CallKey.of(circled), undefined)
      assert.deepStrictEqual(CallKey.differences(options, circled), ["prompt[0].options"])
      key(yield* called(nested(900, (inner) => ({ inner }))))
    }))

  it.live("doesn't depend on how large the stack is", () =>
    Effect.gen(function*() {
      const program = `
        const { parentPort } = require("node:worker_threads")
        const main = async () => {
          const { Effect } = await import("effect")
          const { Request } = await import("loom-router")
          const CallKey = await import(${JSON.stringify(new URL("../src/CallKey.ts", import.meta.url).href)})
          let native = {}
          for (let n = 0; n < 10_000; n++) native = { native }
          const request = await Effect.runPromise(Request.fromPrompt("Hello", { native }))
          parentPort.postMessage(CallKey.of(request) === undefined)
        }
        main()`
      const isUndefined = yield* Effect.promise(() =>
        new Promise((resolve, reject) => {
          const worker = new Worker(program, {
            eval: true,
            execArgv: ["--conditions=loom-source"],
            resourceLimits: { stackSizeMb: 64 }
          })
          worker.once("message", resolve)
          worker.once("error", reject)
        })
      )
      assert.isTrue(isUndefined)
    }))

  it.live("keeps nothing of what it has written once it is told to forget", () =>
    Effect.gen(function*() {
      const written = yield* Effect.map(asking({ native: { a: "secret" } }), (request) => {
        key(request)
        CallKey.forget()
        return new WeakRef(request)
      })
      setFlagsFromString("--expose-gc")
      const collect: () => void = runInNewContext("gc")
      for (let n = 0; n < 10 && written.deref() !== undefined; n++) {
        // What was looked at stays until the end of its turn.
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        collect()
      }
      assert.isUndefined(written.deref())
    }))

  it.effect("takes a prompt of 10 MB", () =>
    Effect.gen(function*() {
      const long = "Lorem ipsum dolor sit amet. ".repeat(400_000)
      const ask = (text: string) => Request.fromPrompt(text, { model: ada })
      assert.notStrictEqual(key(yield* ask(`${long}.`)), key(yield* ask(`${long}!`)))
      assert.strictEqual(key(yield* ask(`${long}.`)), key(yield* ask(`${long}.`)))
      assert.notStrictEqual(key(yield* ask(`${long}\ud800`)), key(yield* ask(`${long}\udc00`)))
    }))

  it.effect("is another one for the key of another account", () =>
    Effect.gen(function*() {
      const request = yield* asking()
      const of = (account: string) => ({ ...request, call: { ...request.call, account } })
      assert.strictEqual(new Set([request, of("a"), of("b")].map(key)).size, 3)
      assert.deepStrictEqual(CallKey.differences(of("a"), of("b")), ["account"])
      const scoped = { ...request, call: { ...request.call, cache: { scope: "a" } } }
      assert.notStrictEqual(key(scoped), key(of("a")))
    }))

  it.effect("is what it has been: another way of making keys comes with another version", () =>
    Effect.gen(function*() {
      const request = yield* prompted([
        { role: "system", content: "You are kind." },
        {
          role: "user",
          content: [
            { type: "text", text: "Hällo 🧵", options: { acme: { cache: true } } },
            { type: "file", mediaType: "image/png", data: Uint8Array.of(1, 2, 3) },
            { type: "file", mediaType: "image/png", data: new URL("https://acme.test/a.png") }
          ]
        },
        {
          role: "assistant",
          content: [{ type: "tool-call", id: "1", name: "look", params: { b: [1, null], a: true } }]
        },
        { role: "tool", content: [{ type: "tool-result", id: "1", name: "look", result: "fog", isFailure: false }] }
      ], {
        modality: "text",
        params: { temperature: 0.5, stop: ["b", "a"], maxOutputTokens: 100 },
        tools: [tools[0]!, tools[3]!],
        toolChoice: { tool: "look" },
        object: { name: "place", schema: Place },
        native: { user: "u1", metadata: { n: -0.25 } }
      })
      const scoped = { ...request, call: { ...request.call, cache: { scope: "acme" } } }
      assert.strictEqual(key(scoped), "c821eebc04e913e1e63a797f62d448a53b669a80eb7089214cc32f23136893a9")
      assert.strictEqual(key(yield* asking()), "2dfb6661a120ac9da279bba14fa7137fd482ef7ae24d663712d9d7663b4d569a")
    }))
})

it.effect("keys don't depend on how the vendor keeps the prompt", () =>
  Effect.gen(function*() {
    const plain = CallKey.of(yield* asking({ params: { stop: ["a"] } }))
    for (const promptCache of [true, false, { ttl: "1h", key: "tenant-7" }] as const) {
      const request = yield* asking({ params: { stop: ["a"], promptCache } })
      assert.strictEqual(CallKey.of(request), plain)
      assert.deepStrictEqual(ResponseCache.explain(yield* asking({ params: { stop: ["a"] } }), request), [])
    }
  }))

describe("ResponseCache.explain", () => {
  it.effect.prop("names the fields that differ, and no others", [Pair], ([pair]) =>
    Effect.gen(function*() {
      const call = yield* Call.make()
      const [one, other] = pairOf(pair)
      const [a, b] = [fieldsOf(one), fieldsOf(other)]
      const expected = new Set<string>()
      for (const field of new Set([...Object.keys(a), ...Object.keys(b)])) {
        if (a[field] === b[field]) continue
        const index = Number(/^prompt\[(\d+)\]/.exec(field)?.[1])
        if (index >= Math.min(one.prompt.length, other.prompt.length)) expected.add(`prompt[${index}]`)
        else if (field === "tools") {
          for (const tool of tools) {
            const under = ({ tools: all }: Asked) => sorted(all.filter((n) => tools[n]!.name === tool.name))
            if (under(one) !== under(other)) expected.add(`tools.${tool.name}`)
          }
        } else if (field === "object") {
          if (one.object === undefined || other.object === undefined) expected.add("schema")
          else {
            if (one.object.name !== other.object.name) expected.add("schemaName")
            if (one.object.schema !== other.object.schema) expected.add("schema")
          }
        } else expected.add(field)
      }
      const explained = ResponseCache.explain(requestOf(one, call), requestOf(other, call))
      assert.deepStrictEqual(explained.toSorted(), [...expected].toSorted())
      assert.strictEqual(explained.length === 0, key(requestOf(one, call)) === key(requestOf(other, call)))
    }), { arbitrary: { runs: 1000 } })

  it.effect("tells no values", () =>
    Effect.gen(function*() {
      const secret = (text: string) =>
        prompted([{ role: "system", content: text }, { role: "user", content: text }], {
          params: { serviceTier: text },
          native: { user: text },
          object: { name: text, schema: Schema.Struct({ [text]: Schema.String }) }
        })
      const explained = ResponseCache.explain(yield* secret("sesame"), yield* secret("mellon"))
      assert.deepStrictEqual(explained, [
        "params.serviceTier",
        "prompt[0].content",
        "prompt[1].content",
        "schemaName",
        "schema",
        "native.user"
      ])
    }))

  it.effect("names an option as its caller gave it", () =>
    Effect.gen(function*() {
      const call = yield* Call.make()
      const decode = (options: Parameters<typeof GenerateOptions.decode>[0]) =>
        Result.getOrThrow(GenerateOptions.decode(options)).requestFor(ada, {}, call)
      const base = { model: "acme/ada", prompt: "Hello" } as const
      const one = decode({ ...base, temperature: 1, stop: ["a", "b"], native: { a: 1, b: undefined } })
      const other = decode({ ...base, temperature: 0, stop: ["b", "a"], topP: undefined, native: { a: 2 } })
      assert.deepStrictEqual(ResponseCache.explain(one, other), ["params.temperature", "native.a"])
    }))
})

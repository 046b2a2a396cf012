import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Prompt, Response } from "effect/ai"
import { Attempt, Cost, Generation, Saved, Usage } from "loom-router"
import { answer, delta } from "./scripted.ts"

const Metadata = Schema.Union([
  Schema.Struct({}),
  Schema.Struct({ acme: Schema.Struct({ itemId: Schema.String }) }),
  Schema.Struct({ acme: Schema.Null })
])
const Drawn = Schema.Union([
  Schema.Struct({ type: Schema.Literals(["text", "reasoning"]), text: Schema.String, metadata: Metadata }),
  Schema.Struct({ type: Schema.Literal("tool-call"), name: Schema.NonEmptyString, params: Schema.Json }),
  Schema.Struct({ type: Schema.Literal("file"), mediaType: Schema.Literals(["image/png", "application/pdf"]) })
])

const content = (drawn: ReadonlyArray<typeof Drawn.Type>) =>
  drawn.map((part, index): Generation.Content => {
    switch (part.type) {
      case "text":
      case "reasoning":
        return Response.makePart(part.type, { text: part.text, metadata: part.metadata })
      case "tool-call":
        return Response.makePart("tool-call", { ...part, id: `call_${index}`, providerExecuted: false })
      case "file":
        return Response.makePart("file", { ...part, data: new Uint8Array([1, 2]) })
    }
  })

describe("toParts and fromParts", () => {
  it.prop("are the inverse of each other", [Schema.Array(Drawn), Schema.Natural], ([drawn, tokens]) => {
    const generation = answer("", {
      content: content(drawn),
      usage: Usage.make({ outputText: tokens }),
      warnings: ["temperature was dropped"],
      requestId: "req_1",
      serviceTier: "flex",
      object: { a: 1 },
      native: { id: "reply_1" }
    })
    assert.deepStrictEqual(Generation.fromParts(Generation.toParts(generation)), generation)
  }, { arbitrary: { runs: 60 } })

  it.prop("agree on the text, however it is cut", [Schema.Array(Schema.String)], ([pieces]) => {
    const parts = [...pieces.map(delta), Generation.finish(answer(""))]
    assert.strictEqual(Generation.fromParts(parts)?.text, pieces.join(""))
  }, { arbitrary: { runs: 40 } })

  it("make no answer of a stream without a finish", () => {
    assert.isUndefined(Generation.fromParts([delta("Once upon")]))
    assert.isUndefined(Generation.fromParts([]))
  })

  it("keep pieces apart by their ids, in the order they began", () => {
    const parts: ReadonlyArray<Generation.Part> = [
      Response.makePart("text-start", { id: "b" }),
      Response.makePart("reasoning-start", { id: "a" }),
      Response.makePart("text-delta", { id: "b", delta: "Hel" }),
      Response.makePart("reasoning-delta", { id: "a", delta: "Think" }),
      Response.makePart("text-delta", { id: "a", delta: "!" }),
      Response.makePart("text-delta", { id: "b", delta: "lo" }),
      Generation.finish(answer(""))
    ]
    const generation = Generation.fromParts(parts)
    assert.deepStrictEqual(
      generation?.content.map((part) => part.type === "text" || part.type === "reasoning" ? part.text : part.type),
      ["Hello", "Think", "!"]
    )
    assert.strictEqual(generation?.text, "Hello!")
  })

  it("read a tool call from its whole part, not from its pieces", () => {
    const call = Response.makePart("tool-call", { id: "1", name: "f", params: { a: 1 }, providerExecuted: false })
    const generation = Generation.fromParts([
      Response.makePart("tool-params-start", { id: "1", name: "f", providerExecuted: false }),
      Response.makePart("tool-params-delta", { id: "1", delta: "{\"a\"" }),
      Response.makePart("tool-params-delta", { id: "1", delta: ":1}" }),
      Response.makePart("tool-params-end", { id: "1" }),
      call,
      Generation.finish(answer(""))
    ])
    assert.deepStrictEqual(generation?.content, [call])
  })
})

describe("makeFolder", () => {
  it("knows the text so far at any time", () => {
    const folder = Generation.makeFolder()
    folder.add(delta("Once "))
    folder.add(Response.makePart("reasoning-delta", { id: "0", delta: "hidden" }))
    folder.add(delta("upon"))
    assert.strictEqual(folder.text(), "Once upon")
    assert.isUndefined(folder.finish())
    assert.isUndefined(folder.generation())
    const finish = Generation.finish(answer(""))
    folder.add(finish)
    assert.strictEqual(folder.finish(), finish)
    assert.strictEqual(folder.generation()?.text, "Once upon")
  })
})

describe("sources", () => {
  it("tells of the whole text what vendors count within a part of it", () => {
    const source = (url: string, metadata: Response.ProviderMetadata) =>
      Schema.decodeSync(Response.UrlSourcePart)({
        type: "source",
        sourceType: "url",
        id: url,
        url,
        title: url,
        metadata
      })
    const text = (text: string) => Response.makePart("text", { text })
    const content: ReadonlyArray<Generation.Content> = [
      text("Looms weave. "),
      source("https://a.test/", { loom: { start: 0, end: 5 } }),
      text("Wheels spin."),
      source("https://b.test/", { loom: { start: 0, end: 6, quote: "Wheels" } }),
      source("https://c.test/", { loom: { start: 7, end: 99 } }),
      source("https://d.test/", { acme: { start: 1 } })
    ]
    const found = Generation.sources({ content })
    assert.deepStrictEqual(found.map(({ quote, span, url }) => [url, span && [span.start, span.end], quote]), [
      ["https://a.test/", [0, 5], undefined],
      ["https://b.test/", [13, 19], "Wheels"],
      ["https://c.test/", [20, 25], undefined],
      ["https://d.test/", undefined, undefined]
    ])
  })
})

describe("make", () => {
  it("joins texts, and gathers images", () => {
    const image = Response.makePart("file", { mediaType: "image/png", data: new Uint8Array([1]) })
    const generation = answer("", {
      content: [
        Response.makePart("text", { text: "One " }),
        Response.makePart("reasoning", { text: "not this" }),
        image,
        Response.makePart("file", { mediaType: "application/pdf", data: new Uint8Array([2]) }),
        Response.makePart("text", { text: "two" })
      ]
    })
    assert.strictEqual(generation.text, "One two")
    assert.deepStrictEqual(generation.images, [image])
  })

  it("claims nothing that only the call can know", () => {
    const { attempts, cache, cost, saved, timing, warnings } = answer("Hi")
    assert.strictEqual(cost, Cost.unknown)
    assert.isUndefined(cost.usd)
    assert.strictEqual(saved, Saved.nothing)
    assert.deepStrictEqual({ attempts, cache, timing, warnings }, {
      attempts: [],
      cache: "miss",
      timing: { total: 0, firstToken: undefined, overhead: 0 },
      warnings: []
    })
  })
})

const Line = Schema.fromJsonString(Schema.toCodecJson(Generation.Generation))
const encode = Schema.encodeSync(Line)
const decode = Schema.decodeSync(Line)

/** As JSON can say it: without -0, and without names that Node 24.21's JSON.parse takes for others. */
const sayable = (value: unknown): unknown =>
  Object.is(value, -0)
    ? 0
    : Array.isArray(value)
    ? value.map(sayable)
    : typeof value !== "object" || value === null
    ? value
    : Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [encodeURIComponent(name.toWellFormed()), sayable(inner)])
    )

const Text = Schema.Union([Schema.String, Schema.Literals(["", "\ud800", "\u2028 \0 \u202e", "__proto__"])])
const AnyMetadata = Schema.Record(Schema.Literals(["acme", "loom"]), Schema.NullOr(Schema.Json))
const Bytes = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })))
const AnyPart = Schema.Union([
  Schema.Struct({ type: Schema.Literals(["text", "reasoning"]), text: Text, metadata: AnyMetadata }),
  Schema.Struct({ type: Schema.Literal("file"), mediaType: Schema.Literals(["image/png", "a/b"]), bytes: Bytes }),
  Schema.Struct({ type: Schema.Literal("tool-call"), id: Text, name: Text, params: Schema.Json }),
  Schema.Struct({ type: Schema.Literal("tool-result"), id: Text, result: Schema.Json, isFailure: Schema.Boolean }),
  Schema.Struct({ type: Schema.Literal("url"), id: Text, title: Text, path: Schema.String, metadata: AnyMetadata }),
  Schema.Struct({ type: Schema.Literal("document"), id: Text, title: Text, fileName: Schema.optionalKey(Text) })
])

const own = { "~effect/ai/Response/Part": "~effect/ai/Response/Part" } as const

const anyPart = (part: typeof AnyPart.Type): Generation.Content => {
  switch (part.type) {
    case "text":
    case "reasoning":
      return Response.makePart(part.type, part)
    case "file":
      return Response.makePart("file", { mediaType: part.mediaType, data: Uint8Array.from(part.bytes) })
    case "tool-call":
      return Response.makePart("tool-call", { ...part, providerExecuted: false })
    case "tool-result": {
      const { result } = part
      const common = { ...own, ...part, name: "look", metadata: {}, providerExecuted: true, preliminary: false }
      return { ...common, encodedResult: result, modelOutput: [Prompt.makePart("text", { text: "seen" })] }
    }
    case "url": {
      const { path, ...rest } = part
      const url = new URL(`https://acme.test/${encodeURIComponent(path.toWellFormed())}`)
      return { ...own, ...rest, type: "source", sourceType: "url", url }
    }
    case "document":
      return { ...own, ...part, type: "source", sourceType: "document", mediaType: "text/plain", metadata: {} }
  }
}

const few = Schema.isMaxLength(3)
const AnySummary = Schema.Struct({
  usage: Usage.Usage,
  cost: Cost.Cost,
  saved: Saved.Saved,
  attempts: Schema.Array(Attempt.Attempt).check(few),
  router: Schema.UndefinedOr(Schema.Struct({ used: Text, tried: Schema.Array(Attempt.Tried).check(few) })),
  cache: Schema.Literals(["miss", "hit", "coalesced"]),
  timing: Schema.Struct({
    total: Schema.Finite,
    firstToken: Schema.UndefinedOr(Schema.Finite),
    overhead: Schema.Finite
  }),
  warnings: Schema.Array(Text).check(few),
  requestId: Schema.UndefinedOr(Text),
  serviceTier: Schema.UndefinedOr(Text),
  region: Schema.UndefinedOr(Text),
  object: Schema.UndefinedOr(Schema.Json),
  native: Schema.UndefinedOr(Schema.Json)
})
const Any = Schema.Struct({ summary: AnySummary, content: Schema.Array(AnyPart).check(Schema.isMaxLength(5)) })

const anyOf = (drawn: typeof Any.Type): Generation.Generation => {
  const { content, summary } = Schema.decodeUnknownSync(Any)(sayable(drawn))
  const keys = Object.fromEntries(Object.keys(AnySummary.fields).map((name) => [name, undefined]))
  return Generation.withContent({ ...answer(""), ...keys, ...summary }, content.map(anyPart))
}

describe("Generation", () => {
  it.effect.prop("is decoded as it was encoded", [Any], ([drawn]) =>
    Effect.sync(() => {
      const generation = anyOf(drawn)
      const line = encode(generation)
      assert.deepStrictEqual(decode(line), generation)
      assert.strictEqual(encode(decode(line)), line)
    }), { arbitrary: { runs: 200 } })

  it.effect.prop(
    "reads the finish part of a stream as an answer without content",
    [Any],
    ([drawn]) =>
      Effect.sync(() => {
        const generation = anyOf(drawn)
        const finish = Generation.toParts(generation).at(-1)
        assert.strictEqual(finish?.type, "finish")
        if (finish?.type !== "finish") return
        const Finish = Schema.fromJsonString(Schema.toCodecJson(Generation.FinishPart))
        const line = Schema.encodeSync(Finish)(finish)
        assert.deepStrictEqual(Schema.decodeSync(Finish)(line), finish)
        assert.deepStrictEqual(decode(line), { ...generation, text: "", images: [], content: [] })
      }),
    { arbitrary: { runs: 50 } }
  )

  it("writes bytes once, and leaves out what JSON can't say of the vendor's reply and of an object", () => {
    const circle: Record<string, unknown> = {}
    circle["again"] = circle
    const content = [Response.makePart("file", { mediaType: "image/png", data: Uint8Array.of(1, 2, 3) })]
    for (const native of [circle, { n: 1n }, () => 1, undefined]) {
      const written: unknown = JSON.parse(encode(answer("", { content, native, object: native })))
      assert.notProperty(written, "native")
      assert.notProperty(written, "object")
      assert.notProperty(written, "images")
      assert.deepInclude(written, { content: [{ type: "file", metadata: {}, mediaType: "image/png", data: "AQID" }] })
    }
    const read = decode(
      encode(answer("", { content, native: new Date(0), object: { at: new Date(0), no: undefined } }))
    )
    assert.deepStrictEqual(read.native, "1970-01-01T00:00:00.000Z")
    assert.deepStrictEqual(read.object, { at: "1970-01-01T00:00:00.000Z" })
    assert.deepStrictEqual(read.images, content)
  })

  it("refuses what is no answer", () => {
    const written: Record<string, unknown> = JSON.parse(encode(answer("hello")))
    for (const name of ["provider", "model", "finishReason", "usage", "cost", "saved", "warnings", "timing", "cache"]) {
      assert.throws(() => decode(JSON.stringify({ ...written, [name]: [1] })), undefined, name)
    }
    for (const content of [{}, [{ type: "text" }], [{ type: "file", mediaType: "image/png", data: "%" }]]) {
      assert.throws(() => decode(JSON.stringify({ ...written, content })))
    }
  })
})

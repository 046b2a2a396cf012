import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { Response } from "effect/ai"
import { Cost, Generation, Usage } from "loom-router"
import { decode, encode } from "../../src/internal/keptAnswer.ts"
import { passOn } from "../../src/internal/sharing.ts"
import { answer, asking } from "../scripted.ts"

const Text = Schema.Union([Schema.String, Schema.Literals(["", "\ud800", "\u2028 \0 \u202e", "__proto__"])])
const Bytes = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })))
const Metadata = Schema.Struct({ acme: Schema.Struct({ signature: Text, nothing: Schema.Null }) })

const Part = Schema.Union([
  Schema.Struct({ type: Schema.Literal("text"), text: Text, metadata: Metadata }),
  Schema.Struct({ type: Schema.Literal("reasoning"), text: Text, metadata: Metadata }),
  Schema.Struct({ type: Schema.Literal("file"), mediaType: Schema.Literals(["image/png", "audio/wav"]), bytes: Bytes }),
  Schema.Struct({ type: Schema.Literal("tool-call"), id: Text, name: Text, params: Schema.Json }),
  Schema.Struct({ type: Schema.Literal("tool-result"), id: Text, name: Text, result: Schema.Json }),
  Schema.Struct({ type: Schema.Literal("url"), id: Text, title: Text, path: Schema.String }),
  Schema.Struct({ type: Schema.Literal("document"), id: Text, title: Text })
])

/** Without names that need escapes: Node 24.21's JSON.parse takes such a key for another that it has read before. */
const named = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(named)
    : typeof value !== "object" || value === null
    ? value
    : Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [encodeURIComponent(name.toWellFormed()), named(inner)])
    )

/** JSON has no -0. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const link = (source: Pick<Response.UrlSourcePart, "id" | "title" | "url">): Generation.Content => ({
  "~effect/ai/Response/Part": "~effect/ai/Response/Part",
  type: "source",
  sourceType: "url",
  metadata: {},
  ...source
})

const partOf = (part: typeof Part.Type): Generation.Content => {
  switch (part.type) {
    case "text":
      return Response.makePart("text", part)
    case "reasoning":
      return Response.makePart("reasoning", part)
    case "file":
      return Response.makePart("file", { mediaType: part.mediaType, data: Uint8Array.from(part.bytes) })
    case "tool-call":
      return Response.makePart("tool-call", { ...part, params: plain(part.params), providerExecuted: false })
    case "tool-result":
      return Response.makePart("tool-result", {
        ...part,
        result: plain(part.result),
        encodedResult: plain(part.result),
        isFailure: false,
        preliminary: false,
        providerExecuted: true
      })
    case "url": {
      const url = new URL(`https://acme.test/${encodeURIComponent(part.path.toWellFormed())}`)
      return link({ id: part.id, title: part.title, url })
    }
    case "document":
      return {
        "~effect/ai/Response/Part": "~effect/ai/Response/Part",
        type: "source",
        sourceType: "document",
        mediaType: "text/plain",
        id: part.id,
        title: part.title,
        metadata: {}
      }
  }
}

const Given = Schema.Struct({
  content: Schema.Array(Part).check(Schema.isMaxLength(4)),
  usage: Usage.Usage,
  cost: Cost.Cost,
  native: Schema.Json,
  object: Schema.Json,
  warnings: Schema.Array(Text).check(Schema.isMaxLength(2)),
  requestId: Schema.UndefinedOr(Text)
})

const answerOf = ({ content, cost, native, object, requestId, usage, warnings }: typeof Given.Type) => ({
  generation: {
    ...answer("", { content: content.map(partOf), usage, native, warnings, requestId, object: "decoded" }),
    cost
  },
  object
})

const written = (kept: Parameters<typeof encode>[0]): Uint8Array => encode(kept) ?? assert.fail("it can't be written")

describe("encode and decode", () => {
  it.effect.prop("are inverse", [Given], ([given]) =>
    Effect.sync(() => {
      const kept = answerOf(Schema.decodeUnknownSync(Given)(named(given)))
      const read = decode(written(kept)) ?? assert.fail("it can't be read")
      assert.deepStrictEqual(read.generation.content, kept.generation.content)
      assert.deepStrictEqual(read.generation.images, kept.generation.images)
      assert.strictEqual(read.generation.text, kept.generation.text)
      const whole = { ...kept.generation, object: undefined }
      assert.strictEqual(JSON.stringify(sorted(read.generation)), JSON.stringify(sorted(whole)))
      assert.deepStrictEqual(Object.keys(read.generation).toSorted(), Object.keys(kept.generation).toSorted())
      assert.strictEqual(JSON.stringify(read.object), JSON.stringify(kept.object))
    }), { arbitrary: { runs: 300 } })

  it("gives links as links and bytes as bytes", () => {
    const url = new URL("https://acme.test/a?b=ü#c")
    const content = [
      link({ id: "1", title: "A", url }),
      Response.makePart("file", { mediaType: "image/png", data: Uint8Array.from({ length: 256 }, (_, n) => n) })
    ]
    const read = decode(written({ generation: answer("", { content }), object: undefined }))
    assert.deepStrictEqual(read?.generation.content, content)
    assert.lengthOf(read?.generation.images ?? [], 1)
  })

  it("leave out whose attempts it was", () => {
    const generation = { ...answer("hello"), attempts: [{ secret: "sesame" }] as never }
    const bytes = written({ generation, object: undefined })
    assert.notInclude(Buffer.from(bytes).toString(), "sesame")
    assert.deepStrictEqual(decode(bytes)?.generation.attempts, [])
  })
})

describe("encode", () => {
  it("refuses what JSON can't say", () => {
    const circle: Record<string, unknown> = {}
    circle["again"] = circle
    const refused = [
      answer("", { native: circle }),
      answer("", { native: { n: 1n } }),
      answer("", {
        content: [Response.makePart("tool-call", { id: "1", name: "a", params: circle, providerExecuted: false })]
      }),
      // An object that was decoded, and that no JSON stands for.
      answer("{}", { object: {} })
    ]
    for (const generation of refused) assert.strictEqual(encode({ generation, object: undefined }), undefined)
  })
})

describe("decode", () => {
  const bytes = written({
    generation: answer("", {
      content: [
        Response.makePart("text", { text: "hello" }),
        Response.makePart("file", { mediaType: "image/png", data: Uint8Array.of(1, 2, 3) }),
        link({ id: "1", title: "A", url: new URL("https://acme.test") }),
        Response.makePart("tool-call", { id: "1", name: "look", params: { a: 1 }, providerExecuted: false })
      ]
    }),
    object: undefined
  })
  const json = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>
  const read = (value: unknown) => decode(Buffer.from(JSON.stringify(value)))

  it("reads nothing of another version, or of something else", () => {
    assert.isDefined(read(json))
    for (const version of [0, 1, "2", undefined]) assert.isUndefined(read({ ...json, version }))
    for (const other of [null, [], 1, "", {}, { version: 2 }, { version: 2, content: [] }]) {
      assert.isUndefined(read(other))
    }
    for (const text of ["", "{", "\0", "nonsense"]) assert.isUndefined(decode(Buffer.from(text)))
  })

  it("reads no answer that lacks what is read of it", () => {
    for (
      const name of ["provider", "model", "finishReason", "usage", "cost", "saved", "warnings", "content", "timing"]
    ) {
      assert.isUndefined(read({ ...json, [name]: undefined }), name)
      assert.isUndefined(read({ ...json, [name]: null }), name)
    }
    assert.isUndefined(read({ ...json, cost: { picoUsd: "1" } }))
    const broken = [
      null,
      1,
      { type: "text" },
      { type: "file", mediaType: "image/png" },
      { type: "file", data: "AAAA" },
      { type: "source", sourceType: "url", url: "nowhere" },
      { type: "tool-call" },
      { type: "surprise" }
    ]
    for (const part of broken) assert.isUndefined(read({ ...json, content: [part] }), JSON.stringify(part))
  })

  it.effect.prop("reads damaged bytes as nothing, or as an answer that can be given", [
    Schema.Array(Schema.Tuple([Schema.Natural, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))]))
      .check(Schema.isMaxLength(4)),
    Schema.Natural
  ], ([flips, length]) =>
    Effect.gen(function*() {
      const damaged = Uint8Array.from(bytes)
      for (const [at, byte] of flips) damaged[at % damaged.length] = byte
      const kept = decode(length % 3 === 0 ? damaged.subarray(0, length % damaged.length) : damaged)
      if (kept === undefined) return
      const given = Result.getOrThrow(passOn(kept.generation, kept.object, yield* asking(), "hit"))
      assert.strictEqual(given.cost.picoUsd, 0)
      assert.isDefined(Generation.fromParts(Generation.toParts(given)))
    }), { arbitrary: { runs: 2000 } })
})

/** Without the order of properties. */
const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : value instanceof URL || value instanceof Uint8Array || typeof value !== "object" || value === null
    ? value
    : Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => a < b ? -1 : 1).map(([k, v]) => [k, sorted(v)]))

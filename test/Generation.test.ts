import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Response } from "effect/ai"
import { Cost, Generation, Saved, Usage } from "loom-router"
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

import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema, SchemaGetter } from "effect"
import { Call, Cost, type Request, Saved } from "loom-router"
import { encodeObject, passOn } from "../../src/internal/sharing.ts"
import { answer, asking } from "../scripted.ts"

const ways = [["hit", "responseCache"], ["coalesced", "coalescing"]] as const

const costs = (picoUsd: number | undefined): Cost.Cost =>
  picoUsd === undefined ? Cost.unknown : { ...Cost.zero, picoUsd, usd: picoUsd / 1e12 }

const under = (object: { readonly schema: Schema.ConstraintCodec<unknown, unknown> }) =>
  asking({ object: { name: "object", schema: object.schema } })

describe("passOn", () => {
  for (const [how, mechanism] of ways) {
    it.effect.prop(`costs nothing, and saves the list price: ${how}`, [
      Schema.UndefinedOr(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1e12 }))),
      Schema.UndefinedOr(Schema.Int.check(Schema.isBetween({ minimum: -1e9, maximum: 1e12 })))
    ], ([bought, promptCache]) =>
      Effect.gen(function*() {
        const answered = { ...answer("hello"), cost: costs(bought), saved: Saved.make({ promptCache }) }
        const given = Result.getOrThrow(passOn(answered, undefined, yield* asking(), how))
        assert.deepStrictEqual(given.cost, Cost.zero)
        assert.strictEqual(given.cache, how)
        assert.strictEqual(given.usage, answered.usage)
        assert.deepStrictEqual(
          given.saved,
          Saved.make({
            [mechanism]: bought === undefined || promptCache === undefined ? undefined : bought + promptCache
          })
        )
        assert.strictEqual(given.saved.unknown, bought === undefined || promptCache === undefined)
      }), { arbitrary: { runs: 50 } })
  }

  it.effect("is nothing in the caller's currency too", () =>
    Effect.gen(function*() {
      const currency = { code: "EUR", perUsd: 0.5, asOf: "2026-11-01", source: "bank" }
      const request = { ...yield* asking(), call: yield* Call.make({ currency }) }
      const { cost } = Result.getOrThrow(passOn(answer("hello"), undefined, request, "hit"))
      assert.deepStrictEqual(cost.local, {
        currency: "EUR",
        amount: 0,
        perUsd: 0.5,
        asOf: "2026-11-01",
        source: "bank"
      })
      assert.strictEqual(cost.usd, 0)
    }))

  it.effect("decodes the object by the schema of who gets it, each time anew", () =>
    Effect.gen(function*() {
      const count = yield* under({ schema: Schema.Struct({ n: Schema.FiniteFromString }) })
      const text = yield* under({ schema: Schema.Struct({ n: Schema.String }) })
      const answered = answer("", { object: { n: 7 } })
      const json = encodeObject(count, answered.object)
      assert.deepStrictEqual(json, { n: "7" })
      const give = (request: Request.Request) => Result.getOrThrow(passOn(answered, json, request, "hit")).object
      assert.deepStrictEqual(give(count), { n: 7 })
      assert.deepStrictEqual(give(text), { n: "7" })
      assert.notStrictEqual(give(count), give(count))
    }))

  it.effect("fails where the object doesn't fit, and names the caller's model", () =>
    Effect.gen(function*() {
      const request = yield* under({ schema: Schema.Struct({ n: Schema.Finite }) })
      const error = Result.getOrThrow(Result.flip(passOn(answer(""), { n: "x" }, request, "hit")))
      assert.include(error.reason, { _tag: "InvalidResponse" })
      assert.deepStrictEqual([error.provider, error.model], ["acme", "ada"])
    }))

  it.effect("passes an answer without an object on: it called a tool, say", () =>
    Effect.gen(function*() {
      const request = yield* under({ schema: Schema.Struct({ n: Schema.Finite }) })
      const answered = answer("", { finishReason: "tool-calls" })
      const json = encodeObject(request, answered.object)
      assert.isUndefined(json)
      assert.isUndefined(Result.getOrThrow(passOn(answered, json, request, "coalesced")).object)
    }))

  it.effect("passes what can't be written on as it is, to those whose schema it fits", () =>
    Effect.gen(function*() {
      const oneWay = Schema.Struct({
        n: Schema.String.pipe(
          Schema.decodeTo(Schema.Finite, {
            decode: SchemaGetter.transform(Number),
            encode: SchemaGetter.forbidden(() => "one way only")
          })
        )
      })
      const request = yield* under({ schema: oneWay })
      const answered = answer("", { object: { n: 7 } })
      const json = encodeObject(request, answered.object)
      assert.isUndefined(json)
      assert.deepStrictEqual(Result.getOrThrow(passOn(answered, json, request, "coalesced")).object, { n: 7 })
      const other = yield* under({ schema: Schema.Struct({ n: Schema.String }) })
      const error = Result.getOrThrow(Result.flip(passOn(answered, json, other, "coalesced")))
      assert.strictEqual(error.reason._tag, "InvalidResponse")
    }))
})

describe("encodeObject", () => {
  it.effect("is nothing where none was asked for", () =>
    Effect.gen(function*() {
      assert.isUndefined(encodeObject(yield* asking(), { n: 1 }))
    }))

  it.effect("writes what JSON has no word for", () =>
    Effect.gen(function*() {
      const request = yield* under({ schema: Schema.Struct({ at: Schema.Date, of: Schema.Uint8Array }) })
      const object = { at: new Date(0), of: Uint8Array.of(1, 2) }
      const json = encodeObject(request, object)
      assert.deepStrictEqual(JSON.parse(JSON.stringify(json)), json)
      assert.deepStrictEqual(Result.getOrThrow(passOn(answer(""), json, request, "hit")).object, object)
    }))
})

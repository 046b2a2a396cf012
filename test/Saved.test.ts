import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Saved } from "loom-router"

const Amount = Schema.Int.check(Schema.isBetween({ minimum: -1e12, maximum: 1e12 }))
const Mechanisms = Schema.Struct({
  promptCache: Schema.optionalKey(Amount),
  responseCache: Schema.optionalKey(Amount),
  coalescing: Schema.optionalKey(Amount),
  routing: Schema.optionalKey(Amount),
  batch: Schema.optionalKey(Amount)
})

describe("make", () => {
  it.prop("the mechanisms sum to the total exactly", [Mechanisms], ([mechanisms]) => {
    const { picoUsd, unknown, usd, ...parts } = Saved.make(mechanisms)
    assert.isFalse(unknown)
    assert.strictEqual(Object.values(parts).reduce((sum, part) => sum + part, 0), picoUsd)
    assert.strictEqual(usd, picoUsd / 1e12)
    assert.include(parts, mechanisms)
  })

  it("an amount that isn't known counts as 0, and is told", () => {
    assert.deepInclude(Saved.make({ promptCache: 5, responseCache: undefined }), { picoUsd: 5, unknown: true })
    assert.isFalse(Saved.make({ promptCache: 5 }).unknown)
  })

  it("nothing is 0 in every part", () => {
    assert.deepStrictEqual(Object.values(Saved.nothing), [0, 0, 0, 0, 0, 0, 0, false])
  })

  it("a dear cache write counts against it", () => {
    assert.strictEqual(Saved.make({ promptCache: -250, responseCache: 100 }).picoUsd, -150)
  })
})

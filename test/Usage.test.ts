import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Usage from "../src/Usage.ts"

describe("make", () => {
  it("derives the totals from disjoint counters", () => {
    const usage = Usage.make({
      inputUncached: 1,
      cacheRead: 2,
      cacheWrite: { "5m": 4, "1h": 8 },
      audioInput: 16,
      imageInput: 32,
      imageCacheRead: 64,
      outputText: 128,
      outputReasoning: 256,
      audioOutput: 512,
      imageOutput: 1_024
    })
    assert.deepStrictEqual([usage.inputTokens, usage.outputTokens, usage.totalTokens], [127, 1_920, 2_047])
    assert.strictEqual(usage.state, "reported")
  })

  it("is missing where nothing was reported", () => {
    assert.deepStrictEqual([Usage.missing.state, Usage.missing.totalTokens], ["missing", 0])
  })
})

describe("hitRate", () => {
  it("is what was read of all that was given", () => {
    const usage = Usage.make({
      inputUncached: 10,
      cacheRead: 60,
      cacheWrite: { "5m": 20 },
      imageCacheRead: 10,
      outputText: 9
    })
    assert.strictEqual(Usage.hitRate(usage), 0.7)
    assert.strictEqual(Usage.hitRate(Usage.make({ inputUncached: 10 })), 0)
    assert.strictEqual(Usage.hitRate(Usage.make({})), undefined)
    assert.strictEqual(Usage.hitRate(Usage.missing), undefined)
  })
})

describe("schema", () => {
  it.effect.prop("survives JSON", [Usage.Usage], ([usage]) =>
    Effect.gen(function*() {
      const codec = Schema.fromJsonString(Schema.toCodecJson(Usage.Usage))
      const text = yield* Schema.encodeEffect(codec)(usage)
      assert.deepStrictEqual(yield* Schema.decodeEffect(codec)(text), usage)
    }))
})

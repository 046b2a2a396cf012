import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Catalog, Cost, Usage } from "loom-router"
import { listPriceOf } from "../../src/internal/baseline.ts"
import { answer } from "../scripted.ts"

const at = Date.UTC(2026, 10, 23)
const resolved = (model: Catalog.QualifiedId) => Effect.fromResult(Catalog.resolve(Catalog.bundled, { model }))
const Tokens = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100_000 }))

describe("listPriceOf", () => {
  it.effect.prop("is what the baseline charges for the tokens, whatever was cached", [Tokens, Tokens, Tokens], (
    [inputUncached, cacheRead, outputText]
  ) =>
    Effect.gen(function*() {
      const baseline = yield* resolved("openai/gpt-5.4")
      const usage = Usage.make({ inputUncached, cacheRead, outputText })
      const plain = Cost.of(baseline, Usage.make({ inputUncached: inputUncached + cacheRead, outputText }), { at })
      for (const provider of ["openai", "anthropic"]) {
        assert.strictEqual(listPriceOf(baseline, answer("", { provider, usage }), at, false), plain.picoUsd)
      }
    }))

  it.effect("is by the tier and the region of the answer, where the baseline's vendor gave it", () =>
    Effect.gen(function*() {
      const baseline = yield* resolved("openai/gpt-5.4")
      const usage = Usage.make({ inputUncached: 1000 })
      const given = { usage, serviceTier: "flex", region: "regional" }
      const of = (options: Pick<Cost.Options, "serviceTier" | "region">) =>
        Cost.of(baseline, usage, { at, ...options }).picoUsd
      const { region, serviceTier } = given
      const own = answer("", { provider: "openai", ...given })
      assert.strictEqual(listPriceOf(baseline, own, at, true), of({ serviceTier, region }))
      assert.strictEqual(listPriceOf(baseline, own, at, false), of({ region }))
      assert.strictEqual(new Set([of({}), of({ region }), of({ serviceTier, region })]).size, 3)
      assert.strictEqual(listPriceOf(baseline, answer("", { provider: "zeta", ...given }), at, true), of({}))
      assert.strictEqual(listPriceOf(baseline, { ...own, serviceTier: "gold" }, at, true), of({}))
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { type Request } from "loom-router"
import { askedOf, breakpointsOf, lifetimeChange, lifetimeOf } from "../../src/internal/promptCache.ts"

describe("promptCache", () => {
  it("is asked for by `true` or by what is wanted of it", () => {
    assert.strictEqual(askedOf({}), undefined)
    assert.strictEqual(askedOf({ promptCache: false }), undefined)
    assert.deepStrictEqual(askedOf({ promptCache: true }), {})
    assert.deepStrictEqual(breakpointsOf({}), ["tools", "system", "messages"])
    assert.deepStrictEqual(breakpointsOf({ breakpoints: ["system"] }), ["system"])
  })

  it("takes the vendor's lifetime that costs no more than the one asked for, and says so", () => {
    const cases: ReadonlyArray<readonly [Request.Lifetime, "5m" | "1h", RegExp?]> = [
      ["5m", "5m"],
      ["1h", "1h"],
      ["60m", "1h"],
      ["1m", "5m", /^promptCache.ttl was raised from 1m to 5m/],
      ["30m", "5m", /^promptCache.ttl was lowered from 30m to 5m/],
      ["12h", "1h", /^promptCache.ttl was lowered from 12h to 1h/]
    ]
    for (const [asked, given, warning] of cases) {
      assert.strictEqual(lifetimeOf(asked, ["5m", "1h"]), given)
      const change = lifetimeChange(asked, given)
      assert.strictEqual(change === undefined, warning === undefined)
      if (warning !== undefined) assert.match(change ?? "", warning)
    }
  })
})

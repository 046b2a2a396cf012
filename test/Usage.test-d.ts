import { Usage } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("Usage", () => {
  it("is disjoint counters, whose sums are made", () => {
    expectTypeOf(Usage.make({ inputUncached: 10, cacheWrite: { "5m": 3 } })).toEqualTypeOf<Usage.Usage>()
    expectTypeOf<Usage.Usage["totalTokens"]>().toEqualTypeOf<number>()
    expectTypeOf<Usage.Usage["state"]>().toEqualTypeOf<"reported" | "estimated" | "missing">()
    expectTypeOf(Usage.hitRate(Usage.missing)).toEqualTypeOf<number | undefined>()
    expectTypeOf(Usage.sum([Usage.missing])).toEqualTypeOf<Usage.Usage>()
    // @ts-expect-error a sum isn't given
    Usage.make({ totalTokens: 10 })
    // @ts-expect-error what is written is told by how long it is kept
    Usage.make({ cacheWrite: 3 })
  })
})

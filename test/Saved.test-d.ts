import { Saved } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("Saved", () => {
  it("adds up its parts, in integers of 1e-12 USD", () => {
    expectTypeOf(Saved.make({ responseCache: 10, batch: undefined })).toEqualTypeOf<Saved.Saved>()
    expectTypeOf<Saved.Saved["promptCache"]>().toEqualTypeOf<number>()
    expectTypeOf<Saved.Saved["unknown"]>().toEqualTypeOf<boolean>()
    // @ts-expect-error the sum is made of the parts
    Saved.make({ usd: 1 })
    // @ts-expect-error nothing saves that way
    Saved.make({ luck: 1 })
  })
})

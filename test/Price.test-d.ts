import { Price } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("Price", () => {
  it("is a row of a time, and a rate that isn't known is none", () => {
    expectTypeOf(Price.make({ rates: { input: 1 } })).toEqualTypeOf<Price.Price>()
    expectTypeOf<Price.Rates["input"]>().toEqualTypeOf<number | undefined>()
    expectTypeOf(Price.at([], 0)).toEqualTypeOf<Price.Price | undefined>()
    expectTypeOf(Price.perMillion(2.5)).toEqualTypeOf<number | undefined>()
    // @ts-expect-error a rate is a number
    Price.make({ rates: { input: "2.5" } })
    // @ts-expect-error there is no such source of trust
    Price.make({ confidence: "rumour" })
  })
})

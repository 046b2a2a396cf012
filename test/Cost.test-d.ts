import { Cost, Loom, type Model, Usage } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("Cost", () => {
  it("isn't known always, and is never zero for want of a price", () => {
    expectTypeOf<Cost.Cost["usd"]>().toEqualTypeOf<number | undefined>()
    expectTypeOf<Cost.Cost["picoUsd"]>().toEqualTypeOf<number | undefined>()
    expectTypeOf<Cost.Cost["status"]>().toEqualTypeOf<"measured" | "estimated" | "unknown">()
    expectTypeOf(Cost.sum([Cost.zero])).toEqualTypeOf<Cost.Total>()
    expectTypeOf<Cost.Total["picoUsd"]>().toEqualTypeOf<bigint>()
  })

  it("is of a model, a usage and a time", () => {
    const model = null as unknown as Model.Model
    expectTypeOf(Cost.of(model, Usage.missing, { at: 0 })).toEqualTypeOf<Cost.Cost>()
    // @ts-expect-error prices are dated
    Cost.of(model, Usage.missing, {})
    // @ts-expect-error tokens are counted by kind
    Cost.of(model, { inputTokens: 10 }, { at: 0 })
  })

  it("is told in another currency by data", () => {
    const euro = { code: "EUR", perUsd: 0.86 }
    expectTypeOf(Cost.zero).toEqualTypeOf<Cost.Cost>()
    expectTypeOf(Cost.withCurrency(Cost.zero, euro)).toEqualTypeOf<Cost.Cost>()
    expectTypeOf(Cost.withCurrency(euro)(Cost.zero)).toEqualTypeOf<Cost.Cost>()
    void Loom.layer({ currency: euro })
    // @ts-expect-error a rate is needed
    void Loom.layer({ currency: { code: "EUR" } })
    // @ts-expect-error a code alone has no rate
    void Loom.layer({ currency: "EUR" })
  })
})

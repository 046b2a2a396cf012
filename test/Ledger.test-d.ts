import { Effect } from "effect"
import { type GenerateError, Ledger } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

class Missing {
  readonly _tag = "Missing"
}
declare const program: Effect.Effect<number, Missing, "service">

describe("Ledger", () => {
  it("changes nothing of a program's type but what measure adds", () => {
    expectTypeOf(Ledger.tag(program, { tenant: "acme" })).toEqualTypeOf<typeof program>()
    expectTypeOf(program.pipe(Ledger.tag({ tenant: "acme" }))).toEqualTypeOf<typeof program>()
    expectTypeOf(Ledger.deadline(program, "30 seconds")).toEqualTypeOf<typeof program>()
    expectTypeOf(program.pipe(Ledger.deadline("30 seconds"))).toEqualTypeOf<typeof program>()
    expectTypeOf(Ledger.budget(program, { usd: 1 })).toEqualTypeOf<typeof program>()
    expectTypeOf(program.pipe(Ledger.budget({ usd: 1, unknownPrice: "allow" }))).toEqualTypeOf<typeof program>()
    expectTypeOf<"BudgetExceeded">().toExtend<GenerateError.Reason["_tag"]>()
    expectTypeOf(Ledger.measure(program)).toEqualTypeOf<Effect.Effect<[number, Ledger.Spend], Missing, "service">>()
    expectTypeOf(program.pipe(Ledger.measure)).toEqualTypeOf<
      Effect.Effect<[number, Ledger.Spend], Missing, "service">
    >()
    expectTypeOf<Ledger.Spend["picoUsd"]>().toEqualTypeOf<bigint>()
  })

  it("fails in types", () => {
    // @ts-expect-error a tag is a text
    void Ledger.tag(program, { tenant: 7 })
    // @ts-expect-error that is no duration
    void Ledger.deadline(program, "soon")
    // @ts-expect-error a budget is in USD
    void Ledger.budget(program, { eur: 1 })
    // @ts-expect-error a price that isn't known is refused or allowed
    void Ledger.budget(program, { usd: 1, unknownPrice: "free" })
    // @ts-expect-error a program is needed
    void Ledger.measure({ usd: 1 })
    // @ts-expect-error a text is no number
    void Effect.map(Ledger.measure(program), ([a]): string => a)
  })
})

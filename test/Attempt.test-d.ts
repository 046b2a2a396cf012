import { Attempt, type Cost, type Generation, type Usage } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("Attempt", () => {
  it("knows what it cost, or doesn't", () => {
    expectTypeOf<Attempt.Attempt["billed"]>().toEqualTypeOf<"yes" | "no" | "maybe">()
    expectTypeOf<Attempt.Attempt["cost"]>().toEqualTypeOf<Cost.Cost | undefined>()
    expectTypeOf<Attempt.Attempt["usage"]>().toEqualTypeOf<Usage.Usage | undefined>()
    expectTypeOf<Generation.Generation["attempts"]>().toEqualTypeOf<ReadonlyArray<Attempt.Attempt>>()
    expectTypeOf(Attempt.spent).toEqualTypeOf<(attempts: ReadonlyArray<Attempt.Attempt>) => number>()
  })

  it("is read-only", () => {
    const attempt = null as unknown as Attempt.Attempt
    // @ts-expect-error what has happened stays
    attempt.billed = "no"
    // @ts-expect-error an attempt isn't a call
    void attempt.attempts
  })
})

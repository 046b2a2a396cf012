import type { Effect } from "effect"
import { type Attempt, Call, type GenerateError } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("Call", () => {
  it("is made without failing, and has the attempts of its caller", () => {
    expectTypeOf(Call.make()).toEqualTypeOf<Effect.Effect<Call.Call>>()
    expectTypeOf<Call.Call["attempts"]>().toEqualTypeOf<Array<Attempt.Attempt>>()
    expectTypeOf<Call.Call["tags"]>().toEqualTypeOf<Readonly<Record<string, string>>>()
    // @ts-expect-error milliseconds are needed here
    void Call.make({ timeout: "5 seconds" })
  })

  it("has gates that change nothing of an attempt's type", () => {
    const gate = null as unknown as Call.Gate
    const subject = null as unknown as Call.Subject
    const attempt = null as unknown as Effect.Effect<number, GenerateError.GenerateError, "service">
    expectTypeOf(gate(subject, attempt)).toEqualTypeOf<typeof attempt>()
    // An attempt fails as calls do.
    expectTypeOf<Effect.Effect<number, "other">>().not.toExtend<Parameters<Call.Gate>[1]>()
    // A gate that needs to know less fits where more is known.
    expectTypeOf<Call.Gate<Call.Target>>().toExtend<Call.Gate>()
    expectTypeOf<Call.Gate>().not.toExtend<Call.Gate<Call.Target>>()
  })
})

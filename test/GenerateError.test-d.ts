import { type Duration, Effect } from "effect"
import { type Attempt, GenerateError, Loom } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

type Reason = GenerateError.Reason["_tag"]

describe("GenerateError", () => {
  it("is the only error of a call, with its reason inside", () => {
    const hello = Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Hi" })
    expectTypeOf<Effect.Error<typeof hello>>().toEqualTypeOf<GenerateError.GenerateError>()
    expectTypeOf<Reason>().toEqualTypeOf<
      | "Network"
      | "Timeout"
      | "RateLimited"
      | "Overloaded"
      | "QuotaExceeded"
      | "CircuitOpen"
      | "BudgetExceeded"
      | "KeyMissing"
      | "KeyRefused"
      | "InvalidRequest"
      | "ContentFiltered"
      | "InvalidResponse"
      | "Partial"
      | "Rejected"
      | "Unsupported"
      | "UnknownModel"
    >()
  })

  it("says what, why and how to mend it, whatever the reason", () => {
    expectTypeOf<GenerateError.Reason>().toExtend<GenerateError.Traits>()
    expectTypeOf<GenerateError.GenerateError>().toExtend<GenerateError.Traits>()
    expectTypeOf<GenerateError.GenerateError["fix"]>().toEqualTypeOf<string>()
    expectTypeOf<GenerateError.GenerateError["retryAfter"]>().toEqualTypeOf<Duration.Duration | undefined>()
    expectTypeOf<GenerateError.GenerateError["attempts"]>().toEqualTypeOf<ReadonlyArray<Attempt.Attempt>>()
  })

  it("is caught by its tag, and by a reason's", () => {
    const hello = Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Hi" })
    const caught = Effect.catchTag(hello, "GenerateError", ({ fix }) => Effect.succeed(fix))
    expectTypeOf<Effect.Error<typeof caught>>().toEqualTypeOf<never>()
    const partial = Effect.catchReason(hello, "GenerateError", "Partial", ({ text }) => Effect.succeed(text))
    expectTypeOf<Effect.Success<typeof partial>>().toExtend<string | Effect.Success<typeof hello>>()
    // @ts-expect-error there is no such error
    void Effect.catchTag(hello, "LoomError", () => Effect.void)
    // @ts-expect-error only what broke off has a text
    void Effect.catchReason(hello, "GenerateError", "Timeout", ({ text }) => Effect.succeed(text))
  })

  it("is made of a reason and who it is about", () => {
    const reason = new GenerateError.RateLimited({ detail: "too many" })
    expectTypeOf(new GenerateError.GenerateError({ provider: "openai", model: "gpt-4o", reason })).toEqualTypeOf<
      GenerateError.GenerateError
    >()
    // @ts-expect-error a reason is needed
    void new GenerateError.GenerateError({ provider: "openai", model: "gpt-4o" })
    // @ts-expect-error whether it was sent has to be said
    void new GenerateError.Network({ detail: "gone" })
    // @ts-expect-error there is no such phase
    void new GenerateError.Timeout({ phase: "lunch" })
  })
})

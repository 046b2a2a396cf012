import type { Duration, Schedule } from "effect"
import { type GenerateError, Loom, RetryPolicy } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("RetryPolicy", () => {
  it("is made of few words, and is data", () => {
    expectTypeOf(RetryPolicy.make({ maxAttempts: 3, baseDelay: "0.5 seconds" })).toEqualTypeOf<
      RetryPolicy.RetryPolicy
    >()
    expectTypeOf<RetryPolicy.RetryPolicy["baseDelay"]>().toEqualTypeOf<Duration.Duration>()
    expectTypeOf(RetryPolicy.schedule(RetryPolicy.none, { deadline: Infinity })).toEqualTypeOf<
      Schedule.Schedule<Duration.Duration, GenerateError.GenerateError>
    >()
    void Loom.layer({ retry: RetryPolicy.none })
  })

  it("fails in types", () => {
    // @ts-expect-error that is no duration
    RetryPolicy.make({ baseDelay: "a bit" })
    // @ts-expect-error there is no such option
    RetryPolicy.make({ max_attempts: 3 })
    // @ts-expect-error a policy is made by RetryPolicy.make
    void Loom.layer({ retry: { maxAttempts: 3 } })
    // @ts-expect-error a number of attempts is no policy
    void Loom.layer({ retry: 3 })
  })
})

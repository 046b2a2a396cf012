/**
 * When a failed attempt is made again at the same vendor: exponential backoff with jitter, under the vendor's own
 * Retry-After and the call's deadline.
 *
 * @since 1.0.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { GenerateError } from "./GenerateError.ts"

/**
 * @category models
 * @since 1.0.0
 */
export interface RetryPolicy {
  /** All attempts, the first included. */
  readonly maxAttempts: number
  /** The wait before the second attempt; it doubles from then on. */
  readonly baseDelay: Duration.Duration
  /** What the doubling stops at. */
  readonly maxDelay: Duration.Duration
  /** A vendor that asks for a longer wait isn't waited for: the call fails over at once. */
  readonly maxRetryAfter: Duration.Duration
  /** Also repeat attempts that the vendor may charge for, but for jobs that it has accepted, and what it surely charges for. */
  readonly retryMaybeBilled: boolean
  /**
   * Repeated attempts at one provider that may go without success: an outage isn't multiplied. Each that succeeds gives
   * its own back, ten calls that succeed at once give one. One whose time the vendor has named (Retry-After) takes none.
   */
  readonly budget: number
}

/**
 * The schema of a {@link RetryPolicy}, for the edges.
 *
 * @category schemas
 * @since 1.0.0
 */
export const RetryPolicy: Schema.Codec<RetryPolicy> = Schema.Struct({
  // @effect-diagnostics-next-line schemaNumber:off
  maxAttempts: Schema.Number.check(Schema.isGreaterThanOrEqualTo(1)),
  baseDelay: Schema.Duration,
  maxDelay: Schema.Duration,
  maxRetryAfter: Schema.Duration,
  retryMaybeBilled: Schema.Boolean,
  budget: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))
})

/**
 * Makes a policy. Defaults: 3 attempts, 500 ms doubling up to 8 s, a Retry-After of up to 60 s, no attempt that may be
 * billed twice, and a budget of 100.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (options?: {
  readonly maxAttempts?: number | undefined
  readonly baseDelay?: Duration.Input | undefined
  readonly maxDelay?: Duration.Input | undefined
  readonly maxRetryAfter?: Duration.Input | undefined
  readonly retryMaybeBilled?: boolean | undefined
  readonly budget?: number | undefined
}): RetryPolicy => ({
  maxAttempts: options?.maxAttempts ?? 3,
  baseDelay: Duration.fromInputUnsafe(options?.baseDelay ?? "500 millis"),
  maxDelay: Duration.fromInputUnsafe(options?.maxDelay ?? "8 seconds"),
  maxRetryAfter: Duration.fromInputUnsafe(options?.maxRetryAfter ?? "60 seconds"),
  retryMaybeBilled: options?.retryMaybeBilled ?? false,
  budget: options?.budget ?? 100
})

/**
 * One attempt and no more.
 *
 * @category constructors
 * @since 1.0.0
 */
export const none: RetryPolicy = make({ maxAttempts: 1 })

/**
 * Whether this failure is one that the policy repeats at all.
 *
 * @category accessors
 * @since 1.0.0
 */
export const repeats = (policy: RetryPolicy, error: GenerateError): boolean => {
  const mayBePaidAgain = policy.retryMaybeBilled && error.maybeBilled && error.failover &&
    error.jobId === undefined && error.billed !== "yes"
  if (!error.retryable && !mayBePaidAgain) return false
  return error.retryAfter === undefined || Duration.isLessThanOrEqualTo(error.retryAfter, policy.maxRetryAfter)
}

/**
 * What ends repeating before the policy does. It is asked before each wait, so that it may change meanwhile.
 *
 * @category models
 * @since 1.0.0
 */
export interface Limits {
  /** Epoch milliseconds: a wait that would end at or after it isn't begun. */
  readonly deadline: number
  /** Asked last, once all else allows another attempt. */
  readonly allow?: ((error: GenerateError) => boolean) | undefined
}

/**
 * The policy as a Schedule over failures.
 *
 * **Details**
 *
 * Jitter is ±20 % and comes before the vendor's Retry-After, which is a floor that jitter can't shorten.
 *
 * @category converting
 * @since 1.0.0
 */
export const schedule = (policy: RetryPolicy, limits: Limits): Schedule.Schedule<Duration.Duration, GenerateError> =>
  Schedule.exponential(policy.baseDelay).pipe(
    Schedule.setInputType<GenerateError>(),
    Schedule.modifyDelay(({ duration }) => Effect.succeed(Duration.min(duration, policy.maxDelay))),
    Schedule.jittered,
    Schedule.modifyDelay(({ duration, input }) =>
      Effect.succeed(input.retryAfter === undefined ? duration : Duration.max(duration, input.retryAfter))
    ),
    Schedule.while(({ attempt, duration, input }) =>
      Effect.map(
        Clock.currentTimeMillis,
        (now) =>
          attempt < policy.maxAttempts && repeats(policy, input) &&
          now + Duration.toMillis(duration) < limits.deadline && (limits.allow?.(input) ?? true)
      )
    )
  )

/**
 * What is left of the budgets of all providers. One that was never tried again has all of its own.
 *
 * @category models
 * @since 1.0.0
 */
export interface Budget {
  /** Takes one repeated attempt, where one is left. */
  readonly take: (provider: string) => boolean
  /** An attempt succeeded: a repeated one gives its own back, ten others give one. */
  readonly give: (provider: string, isRepeated: boolean) => void
}

/**
 * Makes a {@link Budget} of so many repeated attempts a provider.
 *
 * @category constructors
 * @since 1.0.0
 */
export const makeBudget = (size: number): Budget => {
  // In tenths, which add up.
  const full = size * 10
  const left = new Map<string, number>()
  return {
    take: (provider) => {
      const tenths = left.get(provider) ?? full
      if (tenths < 10) return false
      left.set(provider, tenths - 10)
      return true
    },
    give: (provider, isRepeated) => {
      const tenths = left.get(provider)
      if (tenths === undefined) return
      const more = tenths + (isRepeated ? 10 : 1)
      if (more < full) left.set(provider, more)
      else left.delete(provider)
    }
  }
}

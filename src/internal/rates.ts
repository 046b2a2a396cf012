/**
 * Requests and tokens of a minute, counted by Effect's `RateLimiter`: in this process, or in the `RateLimiterStore` that is
 * provided, which processes may share.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import type * as RateLimiter from "effect/persistence/RateLimiter"

/** What is counted: so many a minute, which are there at once after a minute without any. */
export interface Count {
  readonly key: string
  readonly limit: number
}

export interface Rates {
  /** Takes so many, the whole limit at most. Where they aren't there it takes none: milliseconds until they are, else 0. */
  readonly take: (count: Count, amount: number) => Effect.Effect<number>
  /** Gives so many back. A negative amount takes more, whether they are there or not. */
  readonly give: (count: Count, amount: number) => Effect.Effect<void>
  /** Does what nobody waits for. */
  readonly aside: (work: Effect.Effect<unknown>) => Effect.Effect<void>
  /** What is left, and in how many milliseconds all of it is; `undefined` where the store doesn't say. */
  readonly left: (
    count: Count
  ) => Effect.Effect<{ readonly remaining: number; readonly resetAfter: number } | undefined>
}

const window = "1 minute"
/** How long a store is waited for. A call that it doesn't answer passes, uncounted. */
const patience = "1 second"

/** Reads the store from the context, where there is one. */
export const make: Effect.Effect<Rates> = Effect.gen(function*() {
  const module = yield* Effect.promise(() => import("effect/persistence/RateLimiter"))
  const store = yield* Effect.serviceOption(module.RateLimiterStore)
  return Option.isSome(store)
    ? over(
      yield* Effect.provideService(module.make, module.RateLimiterStore, store.value),
      distant(),
      Effect.forkDetach
    )
    : over(yield* Effect.provide(module.make, module.layerStoreMemory), steadily, identity)
})

/** How the limiter is asked: an answer is `undefined` where there is none. */
type Ask = <A>(
  asked: Effect.Effect<A, RateLimiter.RateLimiterError>,
  exceeded: (after: Duration.Duration) => A
) => Effect.Effect<A | undefined>

const over = (
  limiter: RateLimiter.RateLimiter,
  ask: Ask,
  aside: (work: Effect.Effect<unknown>) => Effect.Effect<unknown>
): Rates => {
  const consume = ({ key, limit }: Count, tokens: number, onExceeded: "delay" | "fail") =>
    limiter.consume({ algorithm: "token-bucket", window, key, limit, tokens, onExceeded })
  return {
    take: (count, amount) =>
      Effect.map(
        ask(
          Effect.as(consume(count, Math.min(amount, count.limit), "fail"), 0),
          (after) => Math.max(1, Math.ceil(Duration.toMillis(after)))
        ),
        (wait) => wait ?? 0
      ),
    aside: (work) => Effect.asVoid(aside(work)),
    give: (count, amount) => amount === 0 ? Effect.void : Effect.asVoid(ask(consume(count, -amount, "delay"), nothing)),
    left: (count) =>
      ask(
        Effect.map(consume(count, 0, "delay"), ({ remaining, resetAfter }) => ({
          remaining: Math.max(0, Math.min(remaining, count.limit)),
          resetAfter: Duration.toMillis(resetAfter)
        })),
        nothing
      )
  }
}

const nothing = () => undefined

/** In this process nothing fails, and the time is one that doesn't jump. */
const steadily: Ask = (asked, exceeded) =>
  Effect.clockWith((clock) =>
    Effect.provideService(
      Effect.catch(
        asked,
        ({ reason }) => Effect.succeed(reason._tag === "RateLimitExceeded" ? exceeded(reason.retryAfter) : undefined)
      ),
      Clock.Clock,
      steady(clock)
    )
  )

/** A store that can't be reached, or is slow, holds nobody up: it is said once, until it is back. */
const distant = (): Ask => {
  let isOut = false
  const lost = (why: string) =>
    Effect.suspend(() => {
      if (isOut) return Effect.undefined
      isOut = true
      return Effect.as(Effect.logWarning(`limits: ${why}. Calls go on, uncounted`), undefined)
    })
  return (asked, exceeded) =>
    asked.pipe(
      Effect.map((answer) => {
        isOut = false
        return answer
      }),
      Effect.catch(({ reason }) =>
        reason._tag === "RateLimitExceeded" ? Effect.succeed(exceeded(reason.retryAfter)) : lost(reason.message)
      ),
      Effect.timeoutOrElse({ duration: patience, orElse: () => lost("the store is slow") }),
      // What is lost so comes back with time.
      Effect.interruptible
    )
}

let latest: { readonly clock: Clock.Clock; readonly steady: Clock.Clock } | undefined

const steady = (clock: Clock.Clock): Clock.Clock => {
  if (latest?.clock === clock) return latest.steady
  const nanos = () => clock.monotonicTimeNanosUnsafe()
  const millis = () => Number(nanos() / 1_000_000n)
  latest = {
    clock,
    steady: {
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: nanos,
      monotonicTimeNanos: Effect.sync(nanos),
      sleep: (duration) => clock.sleep(duration)
    }
  }
  return latest.steady
}

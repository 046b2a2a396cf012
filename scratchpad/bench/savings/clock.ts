/**
 * A clock that stands still until it is set, for Loom and the sandbox alike. How long something takes, and sleeping, are
 * real: only the date is another.
 */
import { Clock, Effect } from "effect"

export interface SetClock extends Clock.Clock {
  /** Never sets it back. */
  readonly set: (epochMillis: number) => void
}

export const make = (startsAt: number): Effect.Effect<SetClock> =>
  Effect.map(Clock.Clock, (real) => {
    let now = startsAt
    const nanos = () => BigInt(now) * 1_000_000n
    return {
      set: (epochMillis) => {
        now = Math.max(now, epochMillis)
      },
      currentTimeMillisUnsafe: () => now,
      currentTimeMillis: Effect.sync(() => now),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: () => real.monotonicTimeNanosUnsafe(),
      monotonicTimeNanos: real.monotonicTimeNanos,
      sleep: (duration) => real.sleep(duration)
    }
  })

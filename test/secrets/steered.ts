/** A clock that runs as it does, and jumps where a test wants it to: wire and timers are real, hours needn't be. */
import { Clock, Duration, Effect } from "effect"

export interface Steered extends Clock.Clock {
  readonly advance: (by: Duration.Input) => void
}

export const steered = (): Steered => {
  let ahead = 0
  const real = Clock.Clock.defaultValue()
  // Prices are dated, so that the day is fixed.
  const from = Date.UTC(2026, 10, 23, 10) - real.currentTimeMillisUnsafe()
  const millis = () => from + real.currentTimeMillisUnsafe() + ahead
  const nanos = () => BigInt(millis()) * 1_000_000n
  const monotonic = () => real.monotonicTimeNanosUnsafe() + BigInt(ahead) * 1_000_000n
  return {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: monotonic,
    monotonicTimeNanos: Effect.sync(monotonic),
    // Waits between tries pass at once; what a timeout waits for takes its time.
    sleep: (duration) => real.sleep(Duration.toMillis(duration) < 1000 ? Duration.millis(1) : duration),
    advance: (by) => {
      ahead += Duration.toMillis(Duration.fromInputUnsafe(by))
    }
  }
}

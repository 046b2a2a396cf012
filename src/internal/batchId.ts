/**
 * What batches are called that nobody names.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** Sorts by time, and can be typed. */
export const make: Effect.Effect<string> = Effect.map(
  Clock.currentTimeMillis,
  (now) => `batch_${Math.max(0, now).toString(36).padStart(9, "0")}${globalThis.crypto.randomUUID().slice(0, 8)}`
)

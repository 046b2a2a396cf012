/**
 * What a call would have cost more at list price: without prompt cache, response cache, coalescing, routing or batch.
 *
 * **Details**
 *
 * List price is that of the same tokens, at the call's own service tier. A kept answer saves what it would cost when it is
 * asked for again, which may be another price than it was bought at. `routing` is measured by the route's `baseline`; what
 * other candidates cost is against it, at what was paid for them. A picture has other tokens at every model: where the
 * baseline has a price by the piece, it is measured by that.
 *
 * Attempts that failed, and were paid all the same, are in none of it: at list price they would have failed, too.
 *
 * @since 1.0.0
 */
import * as Schema from "effect/Schema"

/**
 * Amounts in 1e-12 USD, by mechanism. A cache write that costs more than plain input counts against `promptCache`,
 * which may therefore be negative.
 *
 * @category models
 * @since 1.0.0
 */
export interface Saved {
  /** The sum of the mechanisms, in 1e-12 USD. */
  readonly picoUsd: number
  /** The sum of the mechanisms, in USD. */
  readonly usd: number
  readonly promptCache: number
  readonly responseCache: number
  readonly coalescing: number
  readonly routing: number
  readonly batch: number
  /** What one of them saved isn't known: it counts as zero here. */
  readonly unknown: boolean
}

/**
 * Makes a Saved from the mechanisms that had a part in it: `undefined` for one that had, by an unknown amount.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (
  mechanisms: { readonly [K in Exclude<keyof Saved, "picoUsd" | "usd" | "unknown">]?: number | undefined }
): Saved => {
  const { batch = 0, coalescing = 0, promptCache = 0, responseCache = 0, routing = 0 } = mechanisms
  const picoUsd = promptCache + responseCache + coalescing + routing + batch
  return {
    picoUsd,
    usd: picoUsd / 1e12,
    promptCache,
    responseCache,
    coalescing,
    routing,
    batch,
    unknown: Object.values(mechanisms).includes(undefined)
  }
}

/**
 * Adds what routing has saved: `undefined` for an unknown amount. Less than nothing where the candidates cost more than
 * the model that they are measured by.
 *
 * @category combinators
 * @since 1.0.0
 */
export const withRouting = (saved: Saved, routing: number | undefined): Saved => {
  const added = make({ ...saved, routing })
  return saved.unknown ? { ...added, unknown: true } : added
}

/**
 * Nothing was saved.
 *
 * @category constructors
 * @since 1.0.0
 */
export const nothing: Saved = make({})

/**
 * The schema of a {@link Saved}, for the edges: files, databases, the wire.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Saved: Schema.Codec<Saved> = Schema.suspend(() =>
  Schema.Struct({
    picoUsd: Schema.Finite,
    usd: Schema.Finite,
    promptCache: Schema.Finite,
    responseCache: Schema.Finite,
    coalescing: Schema.Finite,
    routing: Schema.Finite,
    batch: Schema.Finite,
    unknown: Schema.Boolean
  })
)

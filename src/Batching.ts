/**
 * Ordinary calls at the price of batches: `Loom.generate` under this layer waits for others, and goes with them through
 * the batch endpoints of their vendors.
 *
 * **Example** (Half the price for who can wait)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Batching, Loom } from "loom-router"
 *
 * const summaries = (rows: ReadonlyArray<string>) =>
 *   Effect.forEach(
 *     rows,
 *     (row) => Loom.generate({ model: "openai/gpt-4o-mini", prompt: `Summarize: ${row}` }),
 *     { concurrency: "unbounded" }
 *   ).pipe(Effect.provide(Batching.layer({ window: "1 second", maxRows: 10_000 })))
 * ```
 *
 * **Gotchas**
 *
 * An answer may take a day, so what says how quickly a call is answered has no part in it: its `timeout`, `retry`, `cache`,
 * `coalesce` and `failover`. Calls that aren't made side by side are batches of one. Streams and routes are asked as ever.
 * Who asked is gone when the process is; the batch isn't (`Loom.batches`), and its records are written by whoever polls it.
 *
 * @since 1.0.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Batch from "./Batch.ts"
import * as Loom from "./Loom.ts"

/**
 * When calls go together, and how their batch is waited for.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options extends Pick<Batch.WaitOptions, "pollInterval" | "timeout" | "atTimeout" | "concurrency"> {
  /** How long the first call waits for others: 1 second. */
  readonly window?: Duration.Input | undefined
  /** Calls that go together at most, and then at once: 10,000. */
  readonly maxRows?: number | undefined
  /** What becomes of a call that no batch takes: asked by itself, at its price, with a warning, or refused. `live` by default. */
  readonly unbatchable?: "live" | "fail" | undefined
  /** Put on every row's record, under the call's own. */
  readonly tags?: Readonly<Record<string, string>> | undefined
}

/**
 * Puts calls of the surrounding engine into batches.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options: Options = {}): Layer.Layer<never> =>
  Layer.effect(
    Loom.CurrentLoom,
    Effect.flatMap(Loom.CurrentLoom, (loom) =>
      Effect.map(
        Effect.promise(() => import("./internal/batching.ts")),
        (Batching): Loom.Engine => ({ ...loom, generate: Batching.over(loom, options) })
      ))
  )

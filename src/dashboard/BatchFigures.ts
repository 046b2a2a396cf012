/**
 * The batches that the dashboard shows.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Batch, BatchDetail, Batches } from "../internal/batchFigures.ts"
import type { Asked } from "../storage/batchSums.ts"
import * as Paths from "../storage/paths.ts"

/** The file of batches can't be read. */
export class UnreadableBatches extends Schema.TaggedError<UnreadableBatches>()("UnreadableBatches", {
  path: Schema.String,
  why: Schema.String
}) {}

export class BatchFigures extends Context.Service<BatchFigures, {
  readonly batches: (asked: Asked) => Effect.Effect<Batches, UnreadableBatches>
  /** `undefined`: there is no such batch. */
  readonly batch: (id: string) => Effect.Effect<BatchDetail | undefined, UnreadableBatches>
  /** Another one whenever somebody has changed something. */
  readonly version: Effect.Effect<string, UnreadableBatches>
}>()("loom-router/dashboard/BatchFigures") {}

/** Rows that are held at once. */
const atOnce = 100

/** All batches that pass, newest first, page by page as they are taken. */
export const every = (
  figures: BatchFigures["Service"],
  { filters, range }: Pick<Asked, "filters" | "range">
): Stream.Stream<Batch, UnreadableBatches> =>
  Stream.paginate<Pick<Asked, "range" | "cursor">, Batch, UnreadableBatches>(
    { range },
    (asked) =>
      Effect.map(figures.batches({ ...asked, filters, limit: atOnce }), ({ batches, next, range }) => [
        batches,
        next === null
          ? Option.none()
          : Option.some({ range: { since: range.since, until: range.until }, cursor: next })
      ])
  )

/** Reads a file of batches, which any process may write meanwhile. No file yet is no batches yet. */
export const layer = (options: { readonly path?: string | undefined }): Layer.Layer<BatchFigures> =>
  Layer.effect(
    BatchFigures,
    Effect.gen(function*() {
      const scope = yield* Effect.scope
      const path = options.path ?? (yield* Paths.batches)
      const open = yield* Effect.cached(Effect.gen(function*() {
        const { make } = yield* Effect.promise(() => import("../storage/SqliteBatchFigures.ts"))
        const reader = make({ path })
        yield* Scope.addFinalizer(scope, reader.close)
        return reader
      }))
      const unreadable = Effect.mapError((why: string) => new UnreadableBatches({ path, why }))
      return {
        batches: (asked) => unreadable(Effect.flatMap(open, ({ ask }) => ask("batches", asked))),
        batch: (id) => unreadable(Effect.flatMap(open, ({ ask }) => ask("batch", { id }))),
        version: unreadable(Effect.flatMap(open, ({ ask }) => ask("version", undefined)))
      }
    })
  )

/**
 * Many requests at once, at the price that vendors give to those who can wait: one handle for requests of any number of
 * vendors and models, found again by any process.
 *
 * **Example** (A thousand summaries by tomorrow)
 *
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Loom } from "loom-router"
 *
 * const program = Effect.gen(function*() {
 *   const handle = yield* Loom.submitBatch([
 *     { provider: "openai", model: "gpt-4o-mini", prompt: "summarize row 1", customId: "row-1" },
 *     { provider: "anthropic", model: "claude-haiku-4-5", prompt: "summarize row 2", customId: "row-2" }
 *   ])
 *   const results = yield* handle.wait({ pollInterval: "60 seconds", timeout: "24 hours" })
 *   yield* Stream.runForEach(results.rows, (row) =>
 *     Effect.log(row._tag === "Success" ? row.generation.text : `${row.customId}: ${row._tag}`))
 * })
 * ```
 *
 * **Details**
 *
 * A batch is written to an SQLite file (`batches.db` beside the call log) before anything of it is sent, so that a process
 * that dies leaves nothing behind that isn't found again, and nothing is submitted twice. What is asked and answered is in
 * that file, which is the user's alone: it is forgotten 30 days after the batch has ended.
 *
 * @since 1.0.0
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import { GenerateError } from "./GenerateError.ts"
import type { Common, GenerateOptions, Provider } from "./GenerateOptions.ts"
import type * as Options from "./GenerateOptions.ts"
import type { Generation } from "./Generation.ts"

/**
 * A request of a batch: what a call may be asked with, but for what belongs to being answered at once.
 *
 * @category models
 * @since 1.0.0
 */
export type Asked<P extends Provider = Provider> =
  & Omit<Common, "timeout" | "retry" | "maxAttempts" | "cache" | "coalesce" | "failover">
  & Options.Asked<P>
  & Pick<GenerateOptions<P>, "native">
  & {
    /** By what its result is known: `row-1`, `row-2` and so on by default. No two of a batch may be the same. */
    readonly customId?: string | undefined
    /** The schema that the answer has to fit: `object` of the answer. */
    readonly schema?: Schema.ConstraintCodec<unknown, unknown> | undefined
    /** What the vendor is told the object is called, and by what {@link FindOptions} know its schema: `object`. */
    readonly schemaName?: string | undefined
  }

/**
 * The same, whoever it asks, to who passes it on.
 *
 * @category models
 * @since 1.0.0
 */
export interface Given
  extends Omit<Options.Given, "timeout" | "retry" | "maxAttempts" | "cache" | "coalesce" | "failover">
{
  readonly customId?: string | undefined
}

/**
 * The requests of a batch, all there or as they come.
 *
 * @category models
 * @since 1.0.0
 */
export type Requests<A = Asked> = Iterable<A> | AsyncIterable<A> | Stream.Stream<A, unknown>

/**
 * How a batch is submitted.
 *
 * @category models
 * @since 1.0.0
 */
export interface SubmitOptions {
  /**
   * What the batch is called. Submitted again under the same id, the same requests are the same batch, whatever became of
   * the process that submitted them first. One of its own by default.
   */
  readonly id?: string | undefined
  /** Put on every row's record, under the row's own. */
  readonly tags?: Readonly<Record<string, string>> | undefined
}

/**
 * How a batch is found again.
 *
 * @category models
 * @since 1.0.0
 */
export interface FindOptions {
  /** The schemas of rows by their `schemaName`; without its schema, a row has no `object`. */
  readonly schemas?: Readonly<Record<string, Schema.ConstraintCodec<unknown, unknown>>> | undefined
}

/**
 * Where batches are kept.
 *
 * @category models
 * @since 1.0.0
 */
export interface StoreOptions {
  /** `batches.db` beside the call log by default. With `:memory:` they are gone with the process. */
  readonly path?: string | undefined
  /** How long batches that have ended are kept: 30 days. */
  readonly maxAge?: Duration.Input | undefined
  /** How long a question waits for another process's lock: 5 seconds. */
  readonly busyTimeout?: Duration.Input | undefined
}

/**
 * How rows have ended; `open` those that haven't. They add up to `total`. What else was in the results is beside it:
 * rows that came twice (`duplicates`), and rows that nobody asked for (`strays`).
 *
 * @category models
 * @since 1.0.0
 */
export interface Counts {
  readonly total: number
  readonly open: number
  readonly succeeded: number
  readonly failed: number
  readonly expired: number
  readonly cancelled: number
  /** The job is over, and its results don't have them. */
  readonly missing: number
  readonly duplicates: number
  readonly strays: number
}

/**
 * `submitting`: a vendor hasn't accepted its part yet. `running`, `cancelling`, `ended`.
 *
 * @category models
 * @since 1.0.0
 */
export type Status = "submitting" | "running" | "cancelling" | "ended"

/**
 * The part of a batch that one vendor's endpoint has.
 *
 * @category models
 * @since 1.0.0
 */
export interface Job {
  readonly id: string
  readonly provider: string
  /** Where all its rows ask the same, that model; else the first row's. */
  readonly model: string
  readonly endpoint: string
  readonly status: "ready" | "submitting" | "running" | "ended"
  /** The vendor's own id. */
  readonly vendorId: string | undefined
  /** Epoch milliseconds. */
  readonly submittedAt: number | undefined
  readonly endedAt: number | undefined
  /** When the vendor gives up what isn't done, where it has told. */
  readonly expiresAt: number | undefined
  readonly rows: number
  /** Rows that are over, as far as the vendor tells. */
  readonly done: number
  /** Of those, the ones that went wrong. */
  readonly failed: number
  /** What stood in the way the last time the vendor was asked. */
  readonly problem: string | undefined
}

/**
 * How a batch goes.
 *
 * @category models
 * @since 1.0.0
 */
export interface Snapshot {
  readonly id: string
  readonly status: Status
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly endedAt: number | undefined
  readonly tags: Readonly<Record<string, string>>
  /** Of rows whose results are here. */
  readonly counts: Counts
  /** Rows that are over, as far as vendors tell. */
  readonly done: number
  readonly jobs: ReadonlyArray<Job>
  /** What ended rows are known to have cost, in 1e-12 USD. */
  readonly picoUsd: bigint
  /** What they would have cost more at list price. */
  readonly savedPicoUsd: bigint
  /** Views of the two, in USD. */
  readonly usd: number
  readonly savedUsd: number
  /** Ended rows whose cost is known; of none, the sums say nothing. */
  readonly priced: number
  /** Ended rows that may have cost something unknown. */
  readonly unpriced: number
}

/**
 * What all rows have.
 *
 * @category models
 * @since 1.0.0
 */
export interface RowOf<Tag extends string> {
  readonly _tag: Tag
  readonly customId: string
  /** Which request of the batch it was: 0 is the first. */
  readonly index: number
  readonly provider: string
  /** As asked. */
  readonly model: string
}

/**
 * What became of a request. Every request of an ended batch has exactly one.
 *
 * @category models
 * @since 1.0.0
 */
export type Row =
  | RowOf<"Success"> & { readonly generation: Generation }
  | RowOf<"Failure"> & { readonly error: GenerateError }
  /** The vendor's time was over before its turn came. */
  | RowOf<"Expired"> & { readonly error: GenerateError }
  | RowOf<"Cancelled">
  /** The vendor's results don't have it. It may have been charged. */
  | RowOf<"Missing"> & { readonly error: GenerateError }

/**
 * How a batch is waited for.
 *
 * @category models
 * @since 1.0.0
 */
export interface WaitOptions {
  /** Between two looks at the vendors: 60 seconds. */
  readonly pollInterval?: Duration.Input | undefined
  /** No end by default. */
  readonly timeout?: Duration.Input | undefined
  /**
   * What happens when the time is over: the wait fails and the batch goes on, or with `live` the batch is cancelled and
   * asks the rows that have no answer then as calls, at their price.
   */
  readonly atTimeout?: "fail" | "live" | undefined
  /** Calls at once for `live`: 8. */
  readonly concurrency?: number | undefined
  /** Told after every look. */
  readonly onProgress?: ((snapshot: Snapshot) => void) | undefined
}

/**
 * An ended batch.
 *
 * @category models
 * @since 1.0.0
 */
export interface Results extends Snapshot {
  /** All rows, in the order of their requests. */
  readonly rows: Stream.Stream<Row, BatchError>
}

/**
 * A batch, in this process or another.
 *
 * @category models
 * @since 1.0.0
 */
export interface Batch {
  readonly id: string
  /** What is known of it here: asks no vendor. */
  readonly status: Effect.Effect<Snapshot, BatchError>
  readonly counts: Effect.Effect<Counts, BatchError>
  /**
   * Takes it one step on, whatever is due: submits what isn't submitted, asks vendors how their jobs go, fetches results
   * of those that are over, and records their rows. A vendor that can't be asked now is a job's `problem`, no failure.
   */
  readonly poll: Effect.Effect<Snapshot, BatchError>
  /**
   * Polls until it has ended. Interrupted, or timed out, the batch goes on at its vendors.
   *
   * Fails with `WaitedTooLong`, and with `VendorFailed` where a vendor can't be asked for a reason that waiting doesn't
   * help: a key that is missing or refused.
   */
  readonly wait: (options?: WaitOptions) => Effect.Effect<Results, BatchError>
  /** The rows that have ended so far, in the order of their requests; after `wait` all of them. Asks no vendor. */
  readonly results: Stream.Stream<Row, BatchError>
  /**
   * Asks vendors to end it. Rows that are answered stay so, and are paid; the others end as `Cancelled`. `wait` waits for
   * that.
   */
  readonly cancel: Effect.Effect<Snapshot, BatchError>
}

/**
 * A request can't be part of the batch. Nothing was sent.
 *
 * @category reasons
 * @since 1.0.0
 */
export class RowRefused extends Schema.TaggedError<RowRefused>()("RowRefused", {
  /** 0 is the first. */
  index: Schema.Natural,
  customId: Schema.String,
  error: GenerateError
}) {
  get what() {
    return `row ${this.index + 1} (${this.customId}) can't be part of a batch`
  }
  get why() {
    return this.error.why
  }
  get fix() {
    return this.error.fix
  }
}

/**
 * The requests couldn't be read to their end. Nothing was sent.
 *
 * @category reasons
 * @since 1.0.0
 */
export class RequestsFailed extends Schema.TaggedError<RequestsFailed>()("RequestsFailed", {
  /** How many were read; none is an empty batch. */
  rows: Schema.Natural,
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  readonly what = "the requests of the batch can't be read"
  get why() {
    return this.detail
  }
  readonly fix = "give at least one request, and all of them"
}

/**
 * There is another batch of this id.
 *
 * @category reasons
 * @since 1.0.0
 */
export class IdTaken extends Schema.TaggedError<IdTaken>()("IdTaken", {
  id: Schema.String,
  detail: Schema.String
}) {
  get what() {
    return `there is another batch ${this.id}`
  }
  get why() {
    return this.detail
  }
  readonly fix = "give it another id, or none"
}

/**
 * No batch of this id is known.
 *
 * @category reasons
 * @since 1.0.0
 */
export class UnknownBatch extends Schema.TaggedError<UnknownBatch>()("UnknownBatch", { id: Schema.String }) {
  get what() {
    return `there is no batch ${this.id}`
  }
  readonly why = "it was never submitted, ended more than 30 days ago, or is kept in another file"
  readonly fix = "look at `Loom.batches()`, and at `Loom.layer({ batches: { path } })`"
}

/**
 * A vendor couldn't be asked, and waiting doesn't help.
 *
 * @category reasons
 * @since 1.0.0
 */
export class VendorFailed extends Schema.TaggedError<VendorFailed>()("VendorFailed", { error: GenerateError }) {
  get what() {
    return `${this.error.provider} ${this.error.what}`
  }
  get why() {
    return this.error.why
  }
  get fix() {
    return this.error.fix
  }
}

/**
 * The wait is over and the batch isn't. It goes on.
 *
 * @category reasons
 * @since 1.0.0
 */
export class WaitedTooLong extends Schema.TaggedError<WaitedTooLong>()("WaitedTooLong", {
  id: Schema.String,
  done: Schema.Natural,
  total: Schema.Natural
}) {
  get what() {
    return `the batch ${this.id} hasn't ended in time`
  }
  get why() {
    return `${this.done} of ${this.total} rows are over; the vendors go on`
  }
  get fix() {
    return `wait again (\`Loom.batch("${this.id}")\`), or give it \`atTimeout: "live"\``
  }
}

/**
 * The file of batches can't be read or written.
 *
 * @category reasons
 * @since 1.0.0
 */
export class StoreFailed extends Schema.TaggedError<StoreFailed>()("StoreFailed", {
  kind: Schema.Literals(["busy", "unavailable", "refused", "broken"]),
  detail: Schema.String,
  remedy: Schema.String
}) {
  readonly what = "the file of batches can't be used"
  get why() {
    return this.detail
  }
  get fix() {
    return `${this.remedy}, or name another file with \`Loom.layer({ batches: { path } })\``
  }
}

/**
 * What may go wrong with a batch as a whole.
 *
 * @category reasons
 * @since 1.0.0
 */
export const Reason = Schema.Union([
  RowRefused,
  RequestsFailed,
  IdTaken,
  UnknownBatch,
  VendorFailed,
  WaitedTooLong,
  StoreFailed
])

/**
 * @category reasons
 * @since 1.0.0
 */
export type Reason = typeof Reason.Type

/**
 * What went wrong with a batch as a whole: a row that failed is a `Failure` in its results.
 *
 * @category errors
 * @since 1.0.0
 */
export class BatchError extends Schema.TaggedError<BatchError>()("BatchError", { reason: Reason }) {
  get what(): string {
    return this.reason.what
  }
  get why(): string {
    return this.reason.why
  }
  get fix(): string {
    return this.reason.fix
  }
  override get message(): string {
    return `${this.what}\n  why: ${this.why}\n  fix: ${this.fix}`
  }
}

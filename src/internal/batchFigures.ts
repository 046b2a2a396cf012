/**
 * What batches come to: the shape of every figure of them that dashboard and command line show, as `Figures` has those of
 * calls.
 */
import * as Schema from "effect/Schema"
import * as Figures from "../Figures.ts"

const Count = Schema.Natural
const Time = Schema.Finite
const Text = Schema.String
const orNull = Schema.NullOr
const list = Schema.Array

/** `measured`; `partial`: there is more to it; `unknown`: nothing of it is known but zeros, and the amount is `null`. */
const Known = Schema.Literals(["measured", "partial", "unknown"])

const money = {
  /** What rows that are recorded have cost. */
  cost: orNull(Figures.Money),
  costStatus: Known,
  /** What they would have cost more at list price. */
  saved: orNull(Figures.Money),
  savedStatus: Known,
  /** `saved` by what the same costs at list price. */
  share: orNull(Schema.Finite),
  /** Rows whose cost is known, and rows that may have cost something unknown. */
  priced: Count,
  unpriced: Count
}

const counts = {
  total: Count,
  open: Count,
  succeeded: Count,
  failed: Count,
  expired: Count,
  cancelled: Count,
  /** Their job is over, and its results don't have them. */
  missing: Count
}

/** A part of a batch that one vendor's endpoint has. */
export const BatchJob = Schema.Struct({
  id: Text,
  provider: Text,
  model: Text,
  endpoint: Text,
  state: Schema.Literals(["ready", "submitting", "running", "ended"]),
  /** The vendor's own id. */
  vendorId: orNull(Text),
  submittedAt: orNull(Time),
  endedAt: orNull(Time),
  /** As the vendor tells. */
  expiresAt: orNull(Time),
  rows: Count,
  /** As far as the vendor tells; of these, `failed` went wrong. */
  done: Count,
  failed: Count,
  /** How often somebody set out to submit it, or to find out whether it was; how often its results were read. */
  submissions: Count,
  readings: Count,
  /** What stood in the way the last time that the vendor was asked. */
  problem: orNull(Text)
}).annotate({ identifier: "BatchJob" })
export type BatchJob = typeof BatchJob.Type

const batch = {
  id: Text,
  state: Schema.Literals(["submitting", "running", "cancelling", "ended"]),
  createdAt: Time,
  endedAt: orNull(Time),
  /** Of the job that expires first, of those that are under way; `null` where no vendor tells. */
  expiresAt: orNull(Time),
  tags: Schema.Record(Text, Text),
  counts: Schema.Struct({
    ...counts,
    /** What else was in the results: rows that came twice, and rows that nobody asked for. */
    duplicates: Count,
    strays: Count
  }),
  /** Rows that are over, as far as vendors tell. */
  done: Count,
  ...money,
  jobs: list(BatchJob)
}

/** A batch. */
export const Batch = Schema.Struct(batch).annotate({ identifier: "Batch" })
export type Batch = typeof Batch.Type

export const states = ["open", "ended", "failed"] as const

/** All of the Batches page: those that were under way in the range, or ended in it. */
export const Batches = Schema.Struct({
  range: Figures.Range,
  /** Of all that pass, listed or not. */
  total: Schema.Struct({ batches: Count, openBatches: Count, done: Count, ...counts, ...money }),
  /** Newest first. */
  batches: list(Batch),
  /** The cursor of the page of older ones. */
  next: orNull(Text),
  /** Of the oldest that is known, whatever is asked for; `null` where there is none. */
  firstAt: orNull(Time)
}).annotate({ identifier: "Batches" })
export type Batches = typeof Batches.Type

/** A batch, with what went wrong in it. Neither what was asked nor what was answered is told. */
export const BatchDetail = Schema.Struct({
  ...batch,
  /** Rows without an answer, by how they ended and the tag of the reason; `null`: not recorded, or there is none. */
  failures: list(Schema.Struct({
    state: Schema.Literals(["failed", "expired", "cancelled", "missing"]),
    error: orNull(Text),
    rows: Count
  })),
  /** The first 100 of them. */
  failedRows: list(Schema.Struct({
    /** 0 is the first. */
    index: Count,
    customId: Text,
    provider: Text,
    job: Text,
    state: Text,
    error: orNull(Text),
    /** Of its record in the call log. */
    callId: Text
  }))
}).annotate({ identifier: "BatchDetail" })
export type BatchDetail = typeof BatchDetail.Type

export type State = (typeof states)[number]

/** Which batches are asked for. All that is given must hold. */
export interface Filters {
  /** Epoch milliseconds: it ended at the earliest, or hasn't. */
  readonly since?: number | undefined
  /** Epoch milliseconds before which it was submitted. */
  readonly until?: number | undefined
  readonly id?: string | undefined
  readonly state?: State | undefined
  /** Of one of its jobs, as both of these are. */
  readonly provider?: string | undefined
  readonly model?: string | undefined
  /** The tag of a reason that one of its rows failed for. */
  readonly error?: string | undefined
  readonly tag?: { readonly key: string; readonly value: string } | undefined
  /** In its id, its tags, or the ids, models and problems of its jobs. */
  readonly text?: string | undefined
}

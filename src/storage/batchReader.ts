/**
 * A thread that adds batches up. It starts without Effect.
 */
import { DatabaseSync } from "node:sqlite"
import { workerData } from "node:worker_threads"
import type { BatchDetail, Batches } from "../internal/batchFigures.ts"
import * as Answering from "./answering.ts"
import * as Sums from "./batchSums.ts"
import { check, isCurrent, makeBatchTables } from "./batchTables.ts"
import type { Question } from "./threadAsked.ts"

export interface BatchReaderData {
  readonly path: string
  readonly busyTimeout: number
}

/** What can be asked, and what the answer is. */
export interface Queries {
  readonly batches: Sums.Asked
  readonly batch: { readonly id: string }
  /** Another one whenever somebody has changed something. */
  readonly version: undefined
}

export interface Answers {
  readonly batches: Batches
  readonly batch: BatchDetail | undefined
  readonly version: string
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- SqliteBatchFigures alone starts this thread
const { busyTimeout, path } = workerData as BatchReaderData

const begun = Date.now()

interface Open {
  readonly db: DatabaseSync
  readonly isFile: boolean
}

const answers: { readonly [K in keyof Queries]: (open: Open, query: Queries[K], now: number) => Answers[K] } = {
  batches: ({ db }, query, now) => Sums.batches(db, query, now),
  batch: ({ db }, { id }) => Sums.batch(db, id),
  version: ({ db, isFile }) =>
    `${begun}.${isFile ? Number(db.prepare("PRAGMA data_version").get()?.["data_version"]) : 0}`
}

const openBatches = (db: DatabaseSync): Open | undefined => {
  if (!Answering.isMade(db)) return undefined
  check(db)
  if (isCurrent(db)) return { db, isFile: true }
  throw new Error("another Loom has written it; `loom batch list` brings an older one up to date")
}

/** No database yet is no batches yet. */
const noBatches = (): Open => {
  const db = new DatabaseSync(":memory:")
  makeBatchTables(db)
  return { db, isFile: false }
}

const answer = <K extends keyof Queries>(open: Open, { ask, now, query }: Question<Queries, K>): Answers[K] =>
  answers[ask](open, query, now)

Answering.start<Queries, Answers, Open>({
  path,
  busyTimeout,
  cacheSize: 16_000,
  open: openBatches,
  empty: noBatches,
  answer
})

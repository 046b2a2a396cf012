/**
 * A thread that owns a read-only connection to the batches, and adds them up, each answer of the database as it was at
 * one moment. It starts without Effect.
 */
import { DatabaseSync } from "node:sqlite"
import { parentPort, workerData } from "node:worker_threads"
import type { BatchDetail, Batches } from "../internal/batchFigures.ts"
import * as Sums from "./batchSums.ts"
import { check, isCurrent, makeBatchTables } from "./batchTables.ts"
import type { Question, Told } from "./threadAsked.ts"

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

const answers: { readonly [K in keyof Queries]: (db: DatabaseSync, query: Queries[K], now: number) => Answers[K] } = {
  batches: Sums.batches,
  batch: (db, { id }) => Sums.batch(db, id),
  version: (db) => `${begun}.${db === nothing ? 0 : Number(db.prepare("PRAGMA data_version").get()?.["data_version"])}`
}

let opened: DatabaseSync | undefined

/** Opened with the first question, and again until there is a database with its tables. */
const open = (): DatabaseSync | undefined => {
  if (opened !== undefined) return opened
  const db = openFile()
  if (db === undefined) return undefined
  try {
    if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'loom_migrations'").get() !== undefined) {
      check(db)
      if (!isCurrent(db)) {
        throw new Error("another Loom has written it; `loom batch list` brings an older one up to date")
      }
      opened = db
    }
    return opened
  } finally {
    if (opened !== db) db.close()
  }
}

const cantOpen = 14

const openFile = (): DatabaseSync | undefined => {
  try {
    const db = new DatabaseSync(path, { readOnly: true, timeout: busyTimeout })
    db.exec("PRAGMA query_only = ON; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY")
    return db
  } catch (cause) {
    if (cause instanceof Error && "errcode" in cause && cause.errcode === cantOpen) return undefined
    throw cause
  }
}

/** No database yet is no batches yet. */
let nothing: DatabaseSync | undefined
const empty = (): DatabaseSync => {
  if (nothing === undefined) {
    nothing = new DatabaseSync(":memory:")
    makeBatchTables(nothing)
  }
  return nothing
}

const answer = <K extends keyof Queries>({ ask, now, query }: Question<Queries, K>): Answers[K] => {
  const db = open() ?? empty()
  db.exec("BEGIN")
  try {
    return answers[ask](db, query, now)
  } finally {
    db.exec("COMMIT")
  }
}

parentPort?.on("message", (question: Question<Queries>) => {
  const { id } = question
  try {
    parentPort?.postMessage({ id, answer: answer(question) } satisfies Told<Answers>)
  } catch (cause) {
    parentPort?.postMessage(
      { id, error: cause instanceof Error ? cause.message : String(cause) } satisfies Told<Answers>
    )
  }
})

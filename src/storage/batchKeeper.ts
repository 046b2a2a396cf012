/**
 * The thread that owns the connection to the batches. It starts without Effect, and opens the database with the first
 * question.
 */
import type { DatabaseSync } from "node:sqlite"
import { parentPort, workerData } from "node:worker_threads"
import { type BatchTables, check, makeBatchTables } from "./batchTables.ts"
import { explain, type Failed, openDatabase } from "./databaseFile.ts"

export interface BatchKeeperData {
  readonly path: string
  /** How long a question waits for somebody else's lock, in milliseconds. */
  readonly busyTimeout: number
}

/** A question is the name of what is asked of the tables, and with what. */
export interface BatchQuestion {
  readonly id: number
  readonly ask: keyof BatchTables | "close"
  readonly args: ReadonlyArray<unknown>
}

export interface BatchAnswer {
  readonly id: number
  readonly value?: unknown
  readonly failed?: Failed | undefined
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- SqliteBatches alone starts this thread
const { busyTimeout, path } = workerData as BatchKeeperData

let opened: { readonly db: DatabaseSync; readonly tables: BatchTables } | undefined

const open = () => {
  const db = openDatabase(path, { timeout: busyTimeout, check })
  try {
    return { db, tables: makeBatchTables(db) }
  } catch (cause) {
    db.close()
    throw cause
  }
}

const close = (): void => {
  try {
    opened?.db.close()
  } catch {
    // Another process may hold it; the next one to open it finishes.
  }
  opened = undefined
}

const answer = ({ args, ask, id }: BatchQuestion): BatchAnswer => {
  try {
    if (ask === "close") {
      close()
      return { id }
    }
    opened ??= open()
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- SqliteBatches asks with the arguments of this very name
    const run = opened.tables[ask] as (...args: ReadonlyArray<unknown>) => unknown
    return { id, value: run(...args) }
  } catch (cause) {
    const failed = explain(path, cause, { refused: "report this: a batch doesn't fit its rows" })
    // A file that was replaced, moved or made writable is only seen by opening it.
    if (failed.kind !== "busy") close()
    return { id, failed }
  }
}

parentPort?.on("message", (question: BatchQuestion) => {
  parentPort?.postMessage(answer(question))
  if (question.ask === "close") parentPort?.close()
})

/**
 * A thread that owns a connection, read-only unless it is told otherwise, and answers one question after the other.
 */
import { closeSync, existsSync, openSync } from "node:fs"
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite"
import { parentPort, workerData } from "node:worker_threads"
import * as Histogram from "../internal/histogram.ts"

export interface ReaderData {
  readonly path: string
  readonly busyTimeout: number
  readonly writable: boolean
}

export interface Question {
  readonly id: number
  /** All rows at once, or the next of those that the statement with this `id` still has. */
  readonly take: "all" | "next" | "none"
  readonly sql: string
  readonly params: ReadonlyArray<SQLInputValue>
  /** Rows as arrays. */
  readonly values: boolean
  /** Integers as BigInt. */
  readonly bigint: boolean
}

export interface Answer {
  readonly id: number
  readonly rows: ReadonlyArray<unknown>
  readonly more: boolean
  readonly error: { readonly message: string; readonly errcode: number | undefined } | undefined
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- NodeSqlite alone starts this thread
const { busyTimeout, path, writable } = workerData as ReaderData

const chunk = 256
const kept = 100
let db: DatabaseSync | undefined
const prepared = new Map<string, StatementSync>()
/** An aggregate's state is a value of SQLite: the number of its sum. */
const sums = new Map<number, Histogram.Histogram>()
let lastSum = 0
const cursors = new Map<number, Iterator<unknown>>()

/** Opened with the first question, and again until there is a database. */
const open = (): DatabaseSync => {
  if (db !== undefined) return db
  // The user's alone, as every file that Loom makes.
  if (writable && !existsSync(path)) closeSync(openSync(path, "a", 0o600))
  const opened = new DatabaseSync(path, { readOnly: !writable, timeout: busyTimeout })
  opened.exec(
    writable
      ? "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"
      : "PRAGMA query_only = ON; PRAGMA cache_size = -16000"
  )
  opened.aggregate<number>("histogram_sum", {
    start: () => {
      sums.set(++lastSum, new Map())
      return lastSum
    },
    step: (id, bytes) => {
      const sum = sums.get(id)
      if (sum !== undefined && bytes instanceof Uint8Array) Histogram.decodeInto(sum, bytes)
      return id
    },
    result: (id) => {
      const sum = sums.get(id) ?? new Map<number, number>()
      sums.delete(id)
      return Histogram.encode(sum)
    }
  })
  db = opened
  return opened
}

const prepare = (sql: string): StatementSync => {
  const known = prepared.get(sql)
  if (known !== undefined) return known
  const statement = open().prepare(sql)
  for (const oldest of prepared.keys()) {
    if (prepared.size < kept) break
    prepared.delete(oldest)
  }
  prepared.set(sql, statement)
  return statement
}

const ask = ({ bigint, values }: Question, statement: StatementSync): StatementSync => {
  statement.setReadBigInts(bigint)
  statement.setReturnArrays(values)
  return statement
}

const answer = (question: Question): Pick<Answer, "rows" | "more"> => {
  const { id, params, sql, take } = question
  if (take === "none") {
    cursors.get(id)?.return?.()
    cursors.delete(id)
    return { rows: [], more: false }
  }
  if (take === "all") return { rows: ask(question, prepare(sql)).all(...params), more: false }
  // A statement of its own: one that is half read must not be used again.
  const cursor = cursors.get(id) ?? ask(question, open().prepare(sql)).iterate(...params)
  cursors.set(id, cursor)
  const rows: Array<unknown> = []
  while (rows.length < chunk) {
    const next = cursor.next()
    if (next.done === true) {
      cursors.delete(id)
      return { rows, more: false }
    }
    rows.push(next.value)
  }
  return { rows, more: true }
}

parentPort?.on("message", (question: Question) => {
  const { id } = question
  try {
    parentPort?.postMessage({ id, ...answer(question), error: undefined } satisfies Answer)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    const errcode = cause instanceof Error && "errcode" in cause && typeof cause.errcode === "number"
      ? cause.errcode
      : undefined
    parentPort?.postMessage({ id, rows: [], more: false, error: { message, errcode } } satisfies Answer)
  }
})

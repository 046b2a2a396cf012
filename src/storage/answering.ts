/**
 * What a thread that is asked does: it owns a read-only connection and answers one question after the other, each of the
 * database as it was at one moment. It starts without Effect.
 */
import { DatabaseSync } from "node:sqlite"
import { parentPort } from "node:worker_threads"
import type { Question, Told } from "./threadAsked.ts"

/** A connection, and what is kept beside it. */
interface Open {
  readonly db: DatabaseSync
}

export interface Answering<Queries, Answers, Opened extends Open> {
  readonly path: string
  /** Milliseconds. */
  readonly busyTimeout: number
  /** Kibibytes of pages that are held. */
  readonly cacheSize: number
  /** `undefined` where a process that makes the file now hasn't made its tables. Closed where it isn't used. */
  readonly open: (db: DatabaseSync) => Opened | undefined
  /** What stands for a database that isn't there yet. */
  readonly empty: () => Opened
  readonly answer: (opened: Opened, question: Question<Queries>) => Answers[keyof Answers]
}

const cantOpen = 14

const openFile = (path: string, busyTimeout: number, cacheSize: number): DatabaseSync | undefined => {
  try {
    const db = new DatabaseSync(path, { readOnly: true, timeout: busyTimeout })
    db.exec(`PRAGMA query_only = ON; PRAGMA cache_size = -${cacheSize}; PRAGMA temp_store = MEMORY`)
    return db
  } catch (cause) {
    if (cause instanceof Error && "errcode" in cause && cause.errcode === cantOpen) return undefined
    throw cause
  }
}

/** Whether a Loom has made its tables. */
export const isMade = (db: DatabaseSync): boolean =>
  db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'loom_migrations'").get() !== undefined

/** Answers what the thread is asked from now on. */
export const start = <Queries, Answers, Opened extends Open>(of: Answering<Queries, Answers, Opened>): void => {
  let opened: Opened | undefined
  let nothing: Opened | undefined

  /** With the first question, and again until there is a database. */
  const open = (): Opened | undefined => {
    const db = openFile(of.path, of.busyTimeout, of.cacheSize)
    if (db === undefined) return undefined
    try {
      return opened = of.open(db)
    } finally {
      if (opened === undefined) db.close()
    }
  }

  const answer = (question: Question<Queries>): Answers[keyof Answers] => {
    const asked = opened ?? open() ?? (nothing ??= of.empty())
    asked.db.exec("BEGIN")
    try {
      return of.answer(asked, question)
    } finally {
      asked.db.exec("COMMIT")
    }
  }

  const tell = (told: Told<Answers>): void => parentPort?.postMessage(told)

  parentPort?.on("message", (question: Question<Queries>) => {
    const { id } = question
    try {
      tell({ id, answer: answer(question) })
    } catch (cause) {
      tell({ id, error: cause instanceof Error ? cause.message : String(cause) })
    }
  })
}

/**
 * The thread that owns the connection which writes the call log. It starts without Effect, and opens the database with
 * the first batch.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite"
import { clearTimeout, setTimeout } from "node:timers"
import { parentPort, workerData } from "node:worker_threads"
import { explain, type Failed, openDatabase } from "./databaseFile.ts"
import { migrate } from "./migrations.ts"
import { makeDue, prune } from "./retention.ts"
import { makeRollups, type Rollups } from "./rollups.ts"
import {
  attemptNumbers,
  attemptTexts,
  callNumbers,
  callTexts,
  type FromWriter,
  type Part,
  type ToWriter,
  transitionColumns,
  type Transitions,
  type WriterData
} from "./schema.ts"
import { seal, segmentOf } from "./segments.ts"

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- SqliteStore alone starts this thread
const { busyTimeout, path, retention } = workerData as WriterData

interface Open {
  readonly db: DatabaseSync
  readonly begin: StatementSync
  readonly commit: StatementSync
  readonly lastSeq: StatementSync
  readonly call: StatementSync
  readonly attempt: StatementSync
  readonly tag: StatementSync
  readonly transition: StatementSync
  readonly rollups: Rollups
}

let opened: Open | undefined

const open = (): Open => {
  const db = openDatabase(path, { timeout: busyTimeout })
  try {
    db.exec("PRAGMA cache_size = -16000")
    // 32 MB between checkpoints: pages of the indexes are written over and over, and once is enough.
    db.exec("PRAGMA wal_autocheckpoint = 8000; PRAGMA journal_size_limit = 67108864")
    migrate(db)
    return {
      db,
      begin: db.prepare("BEGIN IMMEDIATE"),
      commit: db.prepare("COMMIT"),
      lastSeq: db.prepare("SELECT coalesce(max(seq), 0) AS seq FROM calls"),
      call: db.prepare(insertInto("calls", ["seq", ...callNumbers, ...callTexts]) + " ON CONFLICT (id) DO NOTHING"),
      attempt: db.prepare(
        insertInto("attempts", ["call_seq", "n", "ended_at", "spent_pico", ...attemptNumbers, ...attemptTexts])
      ),
      // Keys that differ in lone surrogates alone are one key here.
      tag: db.prepare(`${insertInto("tags", ["key", "value", "ended_at", "call_seq"])} ON CONFLICT DO NOTHING`),
      transition: db.prepare(`${insertInto("transitions", transitionColumns)} ON CONFLICT DO NOTHING`),
      rollups: makeRollups(db)
    }
  } catch (cause) {
    db.close()
    throw cause
  }
}

const insertInto = (table: string, columns: ReadonlyArray<string>): string =>
  `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`

const endedAt = callNumbers.indexOf("ended_at")
const cost = attemptNumbers.indexOf("cost_pico")

const write = (self: Open, { count, numbers, shape, texts }: Part): void => {
  const { attempt, call, rollups, tag } = self
  let atNumber = 0
  let atText = 0
  const row: Array<SQLInputValue> = []
  for (let index = 0; index < count; index++) {
    const attempts = shape[index * 2] ?? 0
    const tags = shape[index * 2 + 1] ?? 0
    const ended = numbers[atNumber + endedAt] ?? 0
    const place = { number: atNumber, text: atText }
    row.length = 0
    row.push(++seq)
    for (let n = 0; n < callNumbers.length; n++) row.push(numbers[atNumber++] ?? null)
    for (let n = 0; n < callTexts.length; n++) row.push(texts[atText++] ?? null)
    // A batch that is sent again because its answer got lost changes nothing.
    const isNew = call.run(...row).changes !== 0
    if (isNew) rollups.addCall(numbers, place.number, texts, place.text)
    else seq--
    let spent = 0n
    for (let n = 0; n < attempts; n++) {
      const attemptNumber = atNumber
      const attemptText = atText
      const picoUsd = numbers[atNumber + cost] ?? Number.NaN
      if (picoUsd > 0) spent += BigInt(picoUsd)
      row.length = 0
      row.push(seq, n + 1, ended, spent)
      for (let column = 0; column < attemptNumbers.length; column++) row.push(numbers[atNumber++] ?? null)
      for (let column = 0; column < attemptTexts.length; column++) row.push(texts[atText++] ?? null)
      if (!isNew) continue
      attempt.run(...row)
      rollups.addAttempt(numbers, attemptNumber, texts, attemptText, place)
    }
    for (let n = 0; n < tags; n++) {
      const key = texts[atText++] ?? ""
      const value = texts[atText++] ?? ""
      if (isNew) tag.run(key, value, ended, seq)
    }
  }
}

/** The last sequence number of the transaction. */
let seq = 0

const transact = (part: Part): void => {
  opened ??= open()
  const { begin, commit, db, lastSeq, rollups } = opened
  try {
    if (part.first) {
      if (db.isTransaction) undo(opened)
      begin.run()
      seq = Number(lastSeq.get()?.["seq"])
    }
    write(opened, part)
    if (!part.last) return
    rollups.write()
    commit.run()
  } catch (cause) {
    undo(opened)
    throw cause
  }
}

const transactTransitions = ({ transitions }: Transitions): void => {
  opened ??= open()
  const { begin, commit, db, transition } = opened
  try {
    if (db.isTransaction) undo(opened)
    begin.run()
    for (let at = 0; at < transitions.length; at += transitionColumns.length) {
      transition.run(...transitions.slice(at, at + transitionColumns.length))
    }
    commit.run()
  } catch (cause) {
    undo(opened)
    throw cause
  }
}

const undo = ({ db, rollups }: Open): void => {
  rollups.clear()
  if (db.isTransaction) db.exec("ROLLBACK")
}

const answer = (message: FromWriter): void => {
  parentPort?.postMessage(message)
}

const close = (): void => {
  try {
    opened?.db.close()
  } catch {
    // Another process may hold it; the next one to open it finishes.
  }
  opened = undefined
}

const isDue = makeDue()
let tidying = false

/** In small steps, so that batches get in between. What fails here is due again with a later batch. */
const tidy = (): void => {
  tidying = false
  try {
    if (opened === undefined || (!opened.db.isTransaction && !prune(opened.db, retention))) return
  } catch {
    return
  }
  tidying = true
  setImmediate(tidy)
}

/** Batches come one after the other when many come: what can wait does, but not for ever. */
const idle = 50
const mostUnsealed = 16

let sealedUpTo: number | undefined
let resting: NodeJS.Timeout | undefined

/** One segment after the other, with batches in between. What fails here is tried again with the next segment. */
const sealNext = (): void => {
  resting = undefined
  try {
    if (opened === undefined || opened.db.isTransaction) return
    if (seal(opened.db)) resting = setTimeout(sealNext, 0)
    else sealedUpTo = segmentOf(seq)
  } catch {
    sealedUpTo = segmentOf(seq)
  }
}

/** Once a batch was written. */
const sealSoon = (): void => {
  const unsealed = segmentOf(seq) - (sealedUpTo ??= segmentOf(seq) - 1)
  if (unsealed === 0) return
  clearTimeout(resting)
  if (unsealed >= mostUnsealed) sealNext()
  else resting = setTimeout(sealNext, idle)
}

/** Why the batch that is being written can't be: the rest of it is passed over. */
let failed: Failed | undefined

parentPort?.on("message", (message: ToWriter) => {
  if (message === "close") {
    clearTimeout(resting)
    close()
    answer("closed")
    parentPort?.close()
    return
  }
  const isPart = "count" in message
  if (!isPart || message.first) failed = undefined
  try {
    if (!isPart) transactTransitions(message)
    else if (failed === undefined) transact(message)
  } catch (cause) {
    failed = explain(path, cause, { refused: "report this: a record doesn't fit its row" })
    // A file that was replaced, moved or made writable is only seen by opening it.
    if (failed.kind === "unavailable") close()
  }
  if (isPart && !message.last) return
  answer(failed ?? "written")
  if (failed !== undefined) return
  if (isPart) sealSoon()
  if (!tidying && isDue()) tidy()
})

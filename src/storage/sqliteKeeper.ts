/**
 * The thread that owns the connection to the response cache. It starts without Effect, and opens the database with the
 * first question that needs it.
 */
import { statSync } from "node:fs"
import type { DatabaseSync } from "node:sqlite"
import { setImmediate, setTimeout } from "node:timers"
import { parentPort, workerData } from "node:worker_threads"
import { type CacheTable, check, type Entry, makeCacheTable, overhead, type Stats } from "./cacheTable.ts"
import { explain, type Failed, openDatabase } from "./databaseFile.ts"
import { makeDue } from "./retention.ts"

export interface KeeperData {
  readonly path: string
  readonly maxBytes: number
  /** How long a question waits for somebody else's lock, in milliseconds. */
  readonly busyTimeout: number
}

export type Asked =
  | { readonly ask: "get"; readonly key: string; readonly now: number }
  | { readonly ask: "set"; readonly key: string; readonly entry: Entry }
  | { readonly ask: "stats" }
  | { readonly ask: "clear" }
  | { readonly ask: "close" }

export interface Question {
  readonly id: number
  readonly asked: Asked
}

export type Answer =
  | { readonly kind: "entry"; readonly entry: Entry | undefined }
  | { readonly kind: "stats"; readonly stats: Stats }
  | { readonly kind: "count"; readonly count: number }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly failed: Failed }

export interface FromKeeper {
  readonly id: number
  readonly answer: Answer
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- SqliteCache alone starts this thread
const { busyTimeout, maxBytes, path } = workerData as KeeperData

interface Open {
  readonly db: DatabaseSync
  readonly table: CacheTable
  /** By which a file that was moved or replaced is told. */
  readonly inode: number | undefined
}

let opened: Open | undefined

/** A file that is no cache is not opened again before it has changed. */
let broken: { readonly cause: unknown; readonly file: string } | undefined

const stat = () => statSync(path, { throwIfNoEntry: false })

const fileNow = (): string => {
  const found = stat()
  return found === undefined ? "" : `${found.ino} ${found.size} ${found.mtimeMs}`
}

const isBroken = (cause: unknown): boolean => explain(path, cause, words).kind === "broken"

const words = { refused: "report this: an entry doesn't fit its row" }

const open = (): Open => {
  if (broken !== undefined && broken.file === fileNow()) throw broken.cause
  broken = undefined
  let db: DatabaseSync | undefined
  try {
    // Waiting for a lock happens between questions, so that reading goes on.
    db = openDatabase(path, { timeout: 0, check })
    db.exec("PRAGMA cache_size = -8000; PRAGMA journal_size_limit = 16777216")
    const table = makeCacheTable(db)
    return { db, table, inode: stat()?.ino }
  } catch (cause) {
    db?.close()
    if (isBroken(cause)) broken = { cause, file: fileNow() }
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

/** The table; none where there is no file, unless one is to be written. */
const tableFor = (asked: Asked): CacheTable | undefined => {
  if (opened === undefined && asked.ask !== "set" && stat() === undefined) return
  opened ??= open()
  return opened.table
}

const run = (asked: Asked): Answer => {
  const table = tableFor(asked)
  switch (asked.ask) {
    case "get": {
      const found = table?.get(asked.key, asked.now)
      if (found?.isUnstamped === true) unstamped.set(asked.key, asked.now)
      return { kind: "entry", entry: found?.entry }
    }
    case "set":
      table?.set(asked.key, asked.entry)
      written += asked.entry.value.byteLength + overhead
      return { kind: "done" }
    case "stats":
      return { kind: "stats", stats: table?.stats() ?? { entries: 0, bytes: 0, oldest: undefined } }
    case "clear":
      return { kind: "count", count: table?.clear() ?? 0 }
    case "close":
      return { kind: "done" }
  }
}

const answer = (id: number, answer: Answer): void => {
  const buffer = answer.kind === "entry" ? answer.entry?.value.buffer : undefined
  parentPort?.postMessage({ id, answer } satisfies FromKeeper, buffer instanceof ArrayBuffer ? [buffer] : [])
}

interface Waiting extends Question {
  /** When it is given up, as `performance.now()` tells time. */
  readonly until: number
}

/** Questions that met somebody else's lock, in their order. */
let waiting: Array<Waiting> = []

/** True when the question was answered. */
const settle = ({ asked, id, until }: Waiting): boolean => {
  try {
    answer(id, run(asked))
  } catch (cause) {
    const failed = explain(path, cause, words)
    if (failed.kind === "busy" && performance.now() < until) return false
    answer(id, { kind: "failed", failed })
    // A file that was replaced, moved or made writable is only seen by opening it.
    if (failed.kind === "unavailable" || failed.kind === "broken") close()
  }
  now = timeOf(asked) ?? now
  return true
}

const isReading = ({ ask }: Asked): boolean => ask === "get" || ask === "stats"

const pause = 5

/** Writing keeps its order; reading doesn't wait for it. */
const settleWaiting = (): void => {
  let isLocked = false
  waiting = waiting.filter((question) => {
    if (isLocked && !isReading(question.asked) && performance.now() < question.until) return true
    const isSettled = settle(question)
    if (!isReading(question.asked)) isLocked ||= !isSettled
    return !isSettled
  })
  if (waiting.length > 0) setTimeout(settleWaiting, pause)
  else afterwards()
}

/** The time of whoever asks: what is past its time is so by his clock. */
let now: number | undefined

const timeOf = (asked: Asked): number | undefined =>
  asked.ask === "get" ? asked.now : asked.ask === "set" ? asked.entry.storedAt : undefined

const unstamped = new Map<string, number>()
/** Bytes since somebody looked whether there are too many. */
let written = 0
const isDue = makeDue()

/** What nobody waits for. Where it fails, for a lock or else, it is due again sooner or later. */
const afterwards = (): void => {
  if (opened === undefined) return
  const { inode, table } = opened
  try {
    for (const [key, now] of unstamped) table.stamp(key, now)
    unstamped.clear()
    if (tidying !== undefined) return keepUp()
    if (now === undefined || !(written > maxBytes / 16 || isDue())) return
    written = 0
    if (stat()?.ino !== inode) return close()
    // Once there is too much, some more goes, so that the next entry isn't too much again.
    tidying = table.bytes() > maxBytes ? maxBytes - maxBytes / 16 : maxBytes
    setImmediate(tidy)
  } catch {
    unstamped.clear()
  }
}

/** How many bytes are to be left, while there is something to forget. */
let tidying: number | undefined

/** True when there may be more to do now. */
const takeStep = (): boolean => {
  if (opened === undefined || now === undefined || tidying === undefined) return false
  const gone = opened.table.prune(now, tidying)
  written = Math.max(0, written - gone / 2)
  return gone > 0
}

/** In small steps, so that questions get in between. */
const tidy = (): void => {
  try {
    if (takeStep()) setImmediate(tidy)
    else tidying = undefined
  } catch (cause) {
    if (explain(path, cause, words).kind === "busy") setTimeout(tidy, 10 * pause)
    else tidying = undefined
  }
}

const slack = Math.min(2 ** 18, maxBytes / 16)

/** Questions that leave no time to tidy up do it as they go: for each byte that is written, two are forgotten. */
const keepUp = (): void => {
  let isBehind = true
  while (isBehind) isBehind = written > slack && takeStep()
}

const end = (id: number): void => {
  for (const question of waiting) settle({ ...question, until: 0 })
  waiting = []
  close()
  answer(id, { kind: "done" })
  parentPort?.close()
}

parentPort?.on("message", ({ asked, id }: Question) => {
  if (asked.ask === "close") return end(id)
  const question = { id, asked, until: performance.now() + busyTimeout }
  const isBehind = waiting.length > 0 && !isReading(asked)
  if (!isBehind && settle(question)) return afterwards()
  waiting.push(question)
  if (waiting.length === 1) setTimeout(settleWaiting, pause)
})

/**
 * The tier of the response cache that lies in an SQLite file, which many processes may share. A thread of its own opens
 * it, waits for locks, reads, writes and forgets.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Worker } from "node:worker_threads"
import type { Entry, Stats } from "./cacheTable.ts"
import type { Failed } from "./databaseFile.ts"
import type { Answer, Asked, FromKeeper, Question } from "./sqliteKeeper.ts"
import { start } from "./thread.ts"

export type { Entry, Stats }

export interface Options {
  /** Of the file. It and the folders that have to be made for it are the user's alone. */
  readonly path: string
  /** The least recently used go when entries take more: 256 MiB. One that takes an eighth of it is refused. */
  readonly maxBytes?: number | undefined
  /** How long a question waits for another process's lock, in milliseconds: 1,000. */
  readonly busyTimeout?: number | undefined
}

/**
 * Why a question had no answer.
 *
 * - `busy`: another process has locked the file. The question has waited.
 * - `overloaded`: too many questions wait already. This one wasn't asked.
 * - `unavailable`: no room, no permission, no thread. The next question tries again.
 * - `refused`: this entry can't be kept.
 * - `broken`: the file is no cache that this Loom understands, or is damaged. It is left as it is.
 */
export class CacheStoreError extends Schema.TaggedError<CacheStoreError>()("CacheStoreError", {
  kind: Schema.Literals(["busy", "overloaded", "unavailable", "refused", "broken"]),
  /** What is wrong, and with what. */
  detail: Schema.String,
  fix: Schema.String
}) {
  readonly what = "the cache can't be used"
  get why(): string {
    return this.detail
  }
  override get message() {
    return `${this.detail}; ${this.fix}`
  }
}

export interface SqliteCache {
  /**
   * What is kept under a key and holds at `now` (epoch milliseconds). Not what was stored further in the future than
   * its whole time to live, nor what has changed on the disk.
   */
  readonly get: (key: string, now: number) => Effect.Effect<Entry | undefined, CacheStoreError>
  /** The value is copied at once. Interrupted, it may still be kept. */
  readonly set: (key: string, entry: Entry) => Effect.Effect<void, CacheStoreError>
  /** Of what is in the file, past its time or not. */
  readonly stats: Effect.Effect<Stats, CacheStoreError>
  /** Forgets all, and tells how many that were. */
  readonly clear: Effect.Effect<number, CacheStoreError>
  /** Answers what was asked before, and refuses what is asked after. */
  readonly close: Effect.Effect<void>
}

/** Questions that the thread may have before it, given up or not, and what they may hold. */
const maxAsked = 1000
const maxAskedBytes = 2 ** 25

interface Open {
  readonly bytes: number
  /** Absent once the question is given up. */
  resume: ((answer: Answer) => void) | undefined
}

/** Opens nothing before the first question, and makes no file before the first entry. */
export const make = (options: Options): SqliteCache => {
  const { busyTimeout = 1000, maxBytes = 2 ** 28, path } = options
  const asked = new Map<number, Open>()
  let askedBytes = 0
  let awaited = 0
  let lastId = 0
  let thread: Worker | undefined
  let isClosed = false

  const begin = (): Worker =>
    start({
      name: "sqliteKeeper",
      workerData: { path, maxBytes, busyTimeout },
      onMessage: ({ answer, id }: FromKeeper) => settle(id, answer),
      onEnd: (why) => {
        thread = undefined
        const detail = `the thread that keeps ${path} ended: ${why}`
        const failed: Failed = { kind: "unavailable", detail, fix: "the next question starts it again" }
        // What is asked again at once is asked of the next thread.
        const left = [...asked.keys()]
        for (const id of left) settle(id, { kind: "failed", failed })
      }
    })

  const settle = (id: number, answer: Answer): void => {
    const open = asked.get(id)
    if (open === undefined) return
    asked.delete(id)
    askedBytes -= open.bytes
    const { resume } = open
    forsake(open)
    resume?.(answer)
  }

  /** A question that somebody waits for keeps the process alive, an idle thread doesn't. */
  const forsake = (open: Open): void => {
    if (open.resume === undefined) return
    open.resume = undefined
    if (--awaited === 0) thread?.unref()
  }

  const refusal = (bytes: number): CacheStoreError | undefined => {
    if (isClosed) {
      return new CacheStoreError({ kind: "unavailable", detail: `${path} was closed`, fix: "ask before it is closed" })
    }
    if (asked.size < maxAsked && (asked.size === 0 || askedBytes + bytes <= maxAskedBytes)) return
    return new CacheStoreError({
      kind: "overloaded",
      detail: `${asked.size} questions wait for ${path}`,
      fix: "do without the cache until its disk is quicker"
    })
  }

  const post = (question: Asked, bytes: number, resume: (answer: Answer) => void): Open => {
    const id = ++lastId
    const open: Open = { bytes, resume }
    thread ??= begin()
    thread.ref()
    awaited++
    asked.set(id, open)
    askedBytes += bytes
    thread.postMessage(
      { id, asked: question } satisfies Question,
      question.ask === "set" && question.entry.value.buffer instanceof ArrayBuffer ? [question.entry.value.buffer] : []
    )
    return open
  }

  const ask = (question: () => Asked, bytes = 0): Effect.Effect<Answer, CacheStoreError> =>
    Effect.callback((resume) => {
      const refused = refusal(bytes)
      if (refused !== undefined) return resume(Effect.fail(refused))
      const open = post(
        question(),
        bytes,
        (answer) =>
          resume(answer.kind === "failed" ? Effect.fail(new CacheStoreError(answer.failed)) : Effect.succeed(answer))
      )
      return Effect.sync(() => forsake(open))
    })

  return {
    get: (key, now) =>
      Effect.map(ask(() => ({ ask: "get", key, now })), (answer) => answer.kind === "entry" ? answer.entry : undefined),
    set: (key, { expiresAt, storedAt, value }) =>
      value.byteLength > maxBytes / 8
        ? Effect.fail(
          new CacheStoreError({
            kind: "refused",
            detail: `${path}: ${value.byteLength} bytes are more than an eighth of the cache`,
            fix: "give the cache more room"
          })
        )
        // Copied, since what travels to a thread is its sender's no more.
        : Effect.asVoid(
          ask(
            () => ({ ask: "set", key, entry: { value: new Uint8Array(value), storedAt, expiresAt } }),
            value.byteLength
          )
        ),
    stats: Effect.map(
      ask(() => ({ ask: "stats" })),
      (answer) => answer.kind === "stats" ? answer.stats : { entries: 0, bytes: 0, oldest: undefined }
    ),
    clear: Effect.map(ask(() => ({ ask: "clear" })), (answer) => answer.kind === "count" ? answer.count : 0),
    close: Effect.suspend(() => {
      isClosed = true
      if (thread === undefined) return Effect.void
      return Effect.callback<Answer>((resume) => {
        post({ ask: "close" }, 0, (answer) => resume(Effect.succeed(answer)))
      }).pipe(
        Effect.timeoutOption(busyTimeout + 1000),
        Effect.andThen(Effect.promise(() => thread?.terminate() ?? Promise.resolve(0))),
        Effect.asVoid
      )
    })
  }
}

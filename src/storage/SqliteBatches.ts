/**
 * The store of batches: in an SQLite file, whose connection a thread of its own has, or in memory.
 */
import * as Effect from "effect/Effect"
import type { Worker } from "node:worker_threads"
import type { BatchAnswer, BatchQuestion } from "./batchKeeper.ts"
import type { BatchTables } from "./batchTables.ts"
import { explain, type Failed } from "./databaseFile.ts"
import { start } from "./thread.ts"

/** What the tables answer, later. */
export type BatchStore = {
  readonly [Ask in keyof BatchTables]: (
    ...args: Parameters<BatchTables[Ask]>
  ) => Effect.Effect<ReturnType<BatchTables[Ask]>, Failed>
}

export interface Kept {
  readonly store: BatchStore
  readonly close: Effect.Effect<void>
}

const names = [
  "begin",
  "addJob",
  "addRows",
  "ready",
  "remove",
  "batch",
  "preparing",
  "newest",
  "jobs",
  "claim",
  "claimBatch",
  "releaseBatch",
  "vendorIds",
  "renew",
  "release",
  "accepted",
  "progress",
  "lines",
  "beginPass",
  "finish",
  "settle",
  "cancel",
  "cancelledJob",
  "rows",
  "unrecorded",
  "recorded",
  "answer",
  "endIfOver",
  "prune"
] as const satisfies ReadonlyArray<keyof BatchTables>

const storeOf = (
  ask: (name: keyof BatchTables, args: ReadonlyArray<unknown>) => Effect.Effect<unknown, Failed>
): BatchStore =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each name answers what the tables answer to it
  Object.fromEntries(names.map((name) => [name, (...args: ReadonlyArray<unknown>) => ask(name, args)])) as BatchStore

/** In a file. Opens nothing before the first question. */
export const ofFile = (options: { readonly path: string; readonly busyTimeout: number }): Kept => {
  const { busyTimeout, path } = options
  const waiting = new Map<number, (answer: BatchAnswer) => void>()
  let lastId = 0
  let thread: Worker | undefined

  const begin = (): Worker =>
    start({
      name: "batchKeeper",
      workerData: { path, busyTimeout },
      onMessage: (answer) => settle(answer),
      onEnd: (why) => {
        thread = undefined
        const detail = `the thread that keeps ${path} ended: ${why}`
        // What is asked again at once is asked of the next thread.
        const left = [...waiting.keys()]
        for (const id of left) {
          settle({ id, failed: { kind: "unavailable", detail, fix: "the next question starts it again" } })
        }
      }
    })

  /** An open question keeps the process alive, an idle thread doesn't. */
  const settle = (answer: BatchAnswer) => {
    const resume = waiting.get(answer.id)
    waiting.delete(answer.id)
    if (waiting.size === 0) thread?.unref()
    resume?.(answer)
  }

  const post = (ask: BatchQuestion["ask"], args: ReadonlyArray<unknown>): Effect.Effect<unknown, Failed> =>
    Effect.callback((resume) => {
      const id = ++lastId
      thread ??= begin()
      thread.ref()
      waiting.set(
        id,
        ({ failed, value }) => resume(failed === undefined ? Effect.succeed(value) : Effect.fail(failed))
      )
      thread.postMessage({ id, ask, args } satisfies BatchQuestion)
    })

  return {
    store: storeOf(post),
    close: Effect.suspend(() => thread === undefined ? Effect.void : post("close", [])).pipe(
      Effect.ignore,
      Effect.timeoutOption(busyTimeout + 1000),
      Effect.andThen(Effect.promise(() => thread?.terminate() ?? Promise.resolve(0))),
      Effect.asVoid
    )
  }
}

/** In memory, for tests: it is gone with the process. */
export const inMemory: Effect.Effect<Kept> = Effect.promise(async () => {
  const { DatabaseSync } = await import("node:sqlite")
  const { makeBatchTables } = await import("./batchTables.ts")
  const db = new DatabaseSync(":memory:")
  const tables = makeBatchTables(db)
  return {
    store: storeOf((name, args) =>
      Effect.try({
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each name is asked with its own arguments
        try: () => (tables[name] as (...args: ReadonlyArray<unknown>) => unknown)(...args),
        catch: (cause) => explain("the batches in memory", cause, { refused: "report this" })
      })
    ),
    close: Effect.sync(() => db.close())
  }
})

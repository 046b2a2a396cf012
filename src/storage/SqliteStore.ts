/**
 * A store of the call log in an SQLite file, written by a thread of its own: opening, migrating, waiting for locks and
 * pruning happen there.
 */
import * as Effect from "effect/Effect"
import type { Worker } from "node:worker_threads"
import type { CallRecord } from "../CallRecord.ts"
import { encode } from "./rows.ts"
import type { Batch, Failed, FromWriter, ToWriter, WriterData } from "./schema.ts"
import { start } from "./thread.ts"

export interface SqliteStore {
  readonly write: (records: ReadonlyArray<CallRecord>) => Effect.Effect<void, Failed>
  readonly close: Effect.Effect<void>
}

/** The thread starts with the first batch. */
export const make = (data: WriterData): SqliteStore => {
  let thread: Worker | undefined
  let waiting: Array<(answer: FromWriter) => void> = []

  const begin = (): Worker => {
    const started = start("sqliteWriter", data)
    const gone = (cause: unknown) => {
      if (thread !== started) return
      thread = undefined
      const left = waiting
      waiting = []
      const answer: FromWriter = {
        kind: "unavailable",
        detail: `the thread that writes ${data.path} ended: ${cause instanceof Error ? cause.message : String(cause)}`,
        fix: "it is started again"
      }
      for (const resume of left) resume(answer)
    }
    started.on("message", (answer: FromWriter) => waiting.shift()?.(answer))
    started.on("error", gone)
    started.on("exit", (code) => gone(`exit ${code}`))
    return started
  }

  const ask = (message: ToWriter, moved: Array<ArrayBuffer>): Effect.Effect<FromWriter> =>
    Effect.callback((resume) => {
      thread ??= begin()
      waiting.push((answer) => resume(Effect.succeed(answer)))
      thread.postMessage(message, moved)
    })

  return {
    write: (records) =>
      Effect.suspend(() => {
        const batch = encode(records)
        return ask(batch, buffersOf(batch))
      }).pipe(Effect.flatMap((answer) => typeof answer === "object" ? Effect.fail(answer) : Effect.void)),
    close: Effect.suspend(() => thread === undefined ? Effect.void : ask("close", [])).pipe(
      Effect.timeoutOption(data.busyTimeout + 1000),
      Effect.andThen(Effect.promise(() => thread?.terminate() ?? Promise.resolve(0))),
      Effect.asVoid
    )
  }
}

const buffersOf = ({ numbers, shape }: Batch): Array<ArrayBuffer> =>
  [numbers.buffer, shape.buffer].filter((buffer) => buffer instanceof ArrayBuffer)

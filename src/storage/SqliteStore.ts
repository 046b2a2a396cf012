/**
 * A store of the call log in an SQLite file, written by a thread of its own: opening, migrating, waiting for locks and
 * pruning happen there.
 */
import * as Effect from "effect/Effect"
import type { Worker } from "node:worker_threads"
import type { CallRecord } from "../CallRecord.ts"
import type { Transition } from "../ProviderHealth.ts"
import type { Failed } from "./databaseFile.ts"
import { encode, encodeTransitions } from "./rows.ts"
import type { FromWriter, Part, ToWriter, WriterData } from "./schema.ts"
import { start } from "./thread.ts"

export interface SqliteStore {
  readonly write: (records: ReadonlyArray<CallRecord>) => Effect.Effect<void, Failed>
  readonly writeTransitions: (transitions: ReadonlyArray<Transition>) => Effect.Effect<void, Failed>
  readonly close: Effect.Effect<void>
}

/** Records that are written while the next are made ready. */
const partSize = 250

/** The thread starts with the first batch. */
export const make = (data: WriterData): SqliteStore => {
  let thread: Worker | undefined
  let waiting: Array<(answer: FromWriter) => void> = []

  const begin = (): Worker =>
    start({
      name: "sqliteWriter",
      workerData: data,
      onMessage: (answer) => waiting.shift()?.(answer),
      onEnd: (why) => {
        thread = undefined
        const left = waiting
        waiting = []
        for (const resume of left) {
          resume({
            kind: "unavailable",
            detail: `the thread that writes ${data.path} ended: ${why}`,
            fix: "it is started again"
          })
        }
      }
    })

  const answerTo = (send: (thread: Worker) => void): Effect.Effect<FromWriter> =>
    Effect.callback((resume) => {
      thread ??= begin()
      send(thread)
      waiting.push((answer) => resume(Effect.succeed(answer)))
    })

  const written = (send: (thread: Worker) => void): Effect.Effect<void, Failed> =>
    Effect.flatMap(answerTo(send), (answer) => typeof answer === "object" ? Effect.fail(answer) : Effect.void)

  return {
    write: (records) =>
      written((thread) => {
        for (let start = 0; start < records.length; start += partSize) {
          const end = start + partSize
          const part = encode(records.slice(start, end), { first: start === 0, last: end >= records.length })
          thread.postMessage(part, buffersOf(part))
        }
      }),
    writeTransitions: (transitions) =>
      written((thread) => thread.postMessage(encodeTransitions(transitions) satisfies ToWriter)),
    close: Effect.suspend(() =>
      thread === undefined ? Effect.void : answerTo((thread) => thread.postMessage("close" satisfies ToWriter))
    ).pipe(
      Effect.timeoutOption(data.busyTimeout + 1000),
      Effect.andThen(Effect.promise(() => thread?.terminate() ?? Promise.resolve(0))),
      Effect.asVoid
    )
  }
}

const buffersOf = ({ numbers, shape }: Part): Array<ArrayBuffer> =>
  [numbers.buffer, shape.buffer].filter((buffer) => buffer instanceof ArrayBuffer)

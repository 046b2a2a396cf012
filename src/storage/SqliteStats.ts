/**
 * Figures of a call log in an SQLite file, made by a thread of its own.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Worker } from "node:worker_threads"
import type { Answers, FromStats, Queries } from "./statsReader.ts"
import { start } from "./thread.ts"

export interface SqliteStats {
  /** Fails with what SQLite, or the thread, says. */
  readonly ask: <K extends keyof Queries>(ask: K, query: Queries[K]) => Effect.Effect<Answers[K], string>
  readonly close: Effect.Effect<void>
}

/** The thread starts with the first question. */
export const make = (options: { readonly path: string }): SqliteStats => {
  let thread: Worker | undefined
  let lastId = 0
  const waiting = new Map<number, (answer: FromStats) => void>()

  const settle = (answer: FromStats): void => {
    const resume = waiting.get(answer.id)
    waiting.delete(answer.id)
    // An open question keeps the process alive, an idle thread doesn't.
    if (waiting.size === 0) thread?.unref()
    resume?.(answer)
  }

  const begin = (): Worker =>
    start({
      name: "statsReader",
      workerData: { path: options.path, busyTimeout: 5000 },
      onMessage: settle,
      onEnd: (why) => {
        thread = undefined
        // What is asked again at once is asked of the next thread.
        const left = [...waiting.keys()]
        for (const id of left) settle({ id, error: `the thread that reads ${options.path} ended: ${why}` })
      }
    })

  return {
    ask: <K extends keyof Queries>(ask: K, query: Queries[K]) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.callback<Answers[K], string>((resume) => {
          const id = ++lastId
          thread ??= begin()
          thread.ref()
          waiting.set(id, (told) =>
            resume(
              "error" in told
                ? Effect.fail(told.error)
                // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the answer to this question
                : Effect.succeed(told.answer as Answers[K])
            ))
          thread.postMessage({ id, now, ask, query })
        })),
    close: Effect.promise(() => thread?.terminate() ?? Promise.resolve(0))
  }
}

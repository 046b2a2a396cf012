/**
 * A thread that is asked: one question of a kind, one answer.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Worker } from "node:worker_threads"

export interface Question<Queries, K extends keyof Queries = keyof Queries> {
  readonly id: number
  /** Epoch milliseconds: when it is asked. */
  readonly now: number
  readonly ask: K
  readonly query: Queries[K]
}

export type Told<Answers> =
  | { readonly id: number; readonly answer: Answers[keyof Answers] }
  | { readonly id: number; readonly error: string }

export interface Asked<Queries, Answers> {
  /** Fails with what SQLite, or the thread, says. */
  readonly ask: <K extends keyof Queries & keyof Answers>(
    ask: K,
    query: Queries[K]
  ) => Effect.Effect<Answers[K], string>
  readonly close: Effect.Effect<void>
}

/** The thread starts with the first question, and anew with the first after it has ended. */
export const make = <Queries, Answers>(
  path: string,
  start: (on: { readonly onMessage: (told: Told<Answers>) => void; readonly onEnd: (why: string) => void }) => Worker
): Asked<Queries, Answers> => {
  let thread: Worker | undefined
  let lastId = 0
  const waiting = new Map<number, (told: Told<Answers>) => void>()

  const settle = (told: Told<Answers>): void => {
    const resume = waiting.get(told.id)
    waiting.delete(told.id)
    // An open question keeps the process alive, an idle thread doesn't.
    if (waiting.size === 0) thread?.unref()
    resume?.(told)
  }

  const begin = (): Worker =>
    start({
      onMessage: settle,
      onEnd: (why) => {
        thread = undefined
        // What is asked again at once is asked of the next thread.
        const left = [...waiting.keys()]
        for (const id of left) settle({ id, error: `the thread that reads ${path} ended: ${why}` })
      }
    })

  return {
    ask: <K extends keyof Queries & keyof Answers>(ask: K, query: Queries[K]) =>
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
          thread.postMessage({ id, now, ask, query } satisfies Question<Queries>)
        })),
    close: Effect.promise(() => thread?.terminate() ?? Promise.resolve(0))
  }
}

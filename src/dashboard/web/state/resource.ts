import { effect, type ReadonlySignal, signal, untracked } from "@preact/signals"
import { now } from "./clock.ts"

/** Why something isn't there, in the server's words. */
export interface Problem {
  readonly message: string
  readonly why: string | null
  readonly fix: string | null
}

/** What was asked of the server: what it said last, and how asking goes. */
export interface Resource<A> {
  /** The last good answer, and what it answers. */
  readonly answer: ReadonlySignal<{ readonly question: string; readonly data: A; readonly at: number } | undefined>
  /** Since when it fails. */
  readonly failure: ReadonlySignal<{ readonly problem: Problem; readonly since: number } | undefined>
  readonly isAsking: ReadonlySignal<boolean>
  readonly refresh: () => void
}

const unreachable: Problem = {
  message: "The dashboard's server doesn't answer.",
  why: "It was stopped, or the connection to it is lost.",
  fix: "Start it again with `loom dashboard`."
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === "object" && value !== null && "message" in value && typeof value.message === "string"

const problemIn = async (response: Response): Promise<Problem> => {
  const said: unknown = await response.json().catch(() => undefined)
  return isProblem(said)
    ? { message: said.message, why: said.why ?? null, fix: said.fix ?? null }
    : { message: `The dashboard's server answered ${response.status}.`, why: null, fix: null }
}

/**
 * Asks whenever the question changes or is due again. Asks one at a time, and keeps what it has until there is
 * something newer: a refetch blanks nothing.
 */
export const resource = <A>(
  question: () => string | undefined,
  due: () => unknown
): Resource<A> => {
  const answer = signal<{ readonly question: string; readonly data: A; readonly at: number } | undefined>(undefined)
  const failure = signal<{ readonly problem: Problem; readonly since: number } | undefined>(undefined)
  const isAsking = signal(false)
  let running: { readonly question: string; readonly controller: AbortController; isStale: boolean } | undefined

  const settle = (mine: typeof running, problem: Problem | undefined) => {
    if (running !== mine || mine === undefined) return
    running = undefined
    isAsking.value = false
    failure.value = problem === undefined ? undefined : { problem, since: failure.value?.since ?? now.peek() }
    if (mine.isStale) void ask(mine.question)
  }

  const ask = async (asked: string): Promise<void> => {
    if (running?.question === asked) {
      running.isStale = true
      return
    }
    running?.controller.abort()
    const mine = running = { question: asked, controller: new AbortController(), isStale: false }
    isAsking.value = true
    try {
      const response = await fetch(asked, {
        signal: AbortSignal.any([mine.controller.signal, AbortSignal.timeout(20_000)])
      })
      if (!response.ok) return settle(mine, await problemIn(response))
      const data: A = await response.json()
      if (running === mine) answer.value = { question: asked, data, at: now.peek() }
      settle(mine, undefined)
    } catch {
      settle(mine, unreachable)
    }
  }

  const refresh = () => {
    const asked = question()
    if (asked !== undefined) void ask(asked)
  }

  effect(() => {
    due()
    const asked = question()
    if (asked !== undefined) untracked(() => void ask(asked))
  })
  return { answer, failure, isAsking, refresh: () => untracked(refresh) }
}

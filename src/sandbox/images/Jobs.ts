/**
 * Jobs that a vendor works on while the client asks after them: their states follow from the polls and from the
 * sandbox's clock.
 */
import * as Bounded from "../Bounded.ts"
import type * as Time from "../Time.ts"
import type { Marks } from "./Marks.ts"

export type State =
  | { readonly _tag: "Queued"; readonly position: number }
  /** `fraction` is from 0 to 1. */
  | { readonly _tag: "Running"; readonly fraction: number }
  | { readonly _tag: "Done" }
  | { readonly _tag: "Failed" }
  | { readonly _tag: "Blocked"; readonly stage: "input" | "output" }
  | { readonly _tag: "Cancelled" }

export interface Job<A> {
  readonly id: string
  readonly key: string
  readonly value: A
  readonly marks: Marks
  readonly submittedAt: number
}

export interface Jobs<A> {
  /** Takes a job in. */
  readonly submit: (job: Omit<Job<A>, "submittedAt">) => Job<A>
  /** The job of this key; undefined where there is none. */
  readonly find: (id: string, key: string) => Job<A> | undefined
  /** Its state as one more poll sees it. */
  readonly poll: (job: Job<A>) => State
  /** Its state, without a poll. */
  readonly state: (job: Job<A>) => State
  /** Ends it, where it isn't at its end, and gives the state in which that found it. */
  readonly cancel: (job: Job<A>) => State
  /** How many jobs of this key are not at their end. */
  readonly underWay: (key: string) => number
  readonly clear: () => void
}

interface Course {
  polls: number
  cancelled: boolean
}

/** How long a job takes that nobody asks after. */
const usualMillis = 10_000

export const isOver = ({ _tag }: State): boolean => _tag !== "Queued" && _tag !== "Running"

export const make = <A>(time: Time.Time): Jobs<A> => {
  const jobs = new Map<string, Job<A>>()
  const courses = new WeakMap<Job<A>, Course>()
  const courseOf = (job: Job<A>): Course => {
    const course = courses.get(job) ?? { polls: 0, cancelled: false }
    courses.set(job, course)
    return course
  }

  const ended = ({ marks: { blocked, fails } }: Job<A>): State =>
    fails ? { _tag: "Failed" } : blocked === undefined ? { _tag: "Done" } : { _tag: "Blocked", stage: blocked }

  const state = (job: Job<A>): State => {
    const { marks, submittedAt } = job
    const { cancelled, polls } = courseOf(job)
    if (cancelled) return { _tag: "Cancelled" }
    const elapsed = time.now() - submittedAt
    if (marks.takesMillis !== undefined) return under(job, elapsed / marks.takesMillis, 0.25)
    const pending = marks.polls ?? 1
    const isLate = marks.polls === undefined && elapsed >= usualMillis
    return under(job, isLate ? 1 : polls / (pending + 1), pending > 1 ? 1 / (pending + 1) : 0)
  }

  const under = (job: Job<A>, fraction: number, queuedUpTo: number): State =>
    fraction >= 1
      ? ended(job)
      : fraction <= queuedUpTo
      ? { _tag: "Queued", position: 1 }
      : { _tag: "Running", fraction }

  return {
    submit: (submitted) => {
      const job = { ...submitted, submittedAt: time.now() }
      Bounded.setNewest(jobs, 10_000, job.id, job)
      return job
    },
    find: (id, key) => {
      const job = jobs.get(id)
      return job?.key === key ? job : undefined
    },
    poll: (job) => {
      courseOf(job).polls++
      return state(job)
    },
    state,
    cancel: (job) => {
      const before = state(job)
      if (!isOver(before)) courseOf(job).cancelled = true
      return before
    },
    underWay: (key) => [...jobs.values()].filter((job) => job.key === key && !isOver(state(job))).length,
    clear: () => jobs.clear()
  }
}

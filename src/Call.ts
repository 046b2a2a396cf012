/**
 * How a call is made, as opposed to what is asked: one value per caller, carried inside the Request and never hashed.
 *
 * @since 1.0.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Attempt, Tried } from "./Attempt.ts"
import type * as Catalog from "./Catalog.ts"
import type { Currency } from "./Cost.ts"
import type { GenerateError } from "./GenerateError.ts"
import type { InterimPart } from "./Generation.ts"
import type { Request } from "./Request.ts"
import type { RetryPolicy } from "./RetryPolicy.ts"
import type { Saved } from "./Saved.ts"

/**
 * The circumstances of one call.
 *
 * @category models
 * @since 1.0.0
 */
export interface Call {
  readonly id: string
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** Epoch milliseconds after which nothing more is tried; `Infinity` for none. */
  readonly deadline: number
  /** The caller's own retry policy, in place of the layer's. */
  readonly retry: RetryPolicy | undefined
  /** Attempts at most, of all candidates together, those that race included. */
  readonly maxAttempts: number
  /** How many have begun. Who asks on behalf of this call counts here too. */
  readonly begun: { count: number }
  /** The caller's own use of the response cache, in place of the layer's. */
  readonly cache: CacheUse | false | undefined
  /** Whether the answer to the same question, asked at the same time, will do. */
  readonly coalesce: boolean
  /** What every attempt passes, the first outermost. */
  readonly gates: ReadonlyArray<Gate>
  /** Calls share a request within a budget only, so that nobody's ends what another may spend; "" for none. */
  readonly budget: string
  readonly tags: Readonly<Record<string, string>>
  /** Stands for the keys that its tags pick: no answer is shared with a call that has another. */
  readonly account: string
  /** Prices the attempts. Without one, a request's own model does. */
  readonly catalog: Catalog.Catalog | undefined
  /** What `cost.local` is given in; USD where unset. */
  readonly currency: Currency | undefined
  /** Who counts what it spends. */
  readonly tallies: ReadonlyArray<Tally>
  /** Takes what is heard of an image before it is there. Set where somebody listens: by `Loom.stream`. */
  readonly progress: ((part: InterimPart) => void) | undefined
  /** Append-only, by {@link note}. */
  readonly attempts: Array<Attempt>
  /** Candidates that were reached, where there may be more than one, as they ended. Append-only. */
  readonly tried: Array<Omit<Tried, "attempts" | "picoUsd">>
}

/**
 * How a call uses the response cache.
 *
 * @category models
 * @since 1.0.0
 */
export interface CacheUse {
  /** Milliseconds for which an answer is kept; the layer's where unset. */
  readonly ttl?: number | undefined
  /** Answers are shared within a scope only: a tenant, an environment. */
  readonly scope?: string | undefined
  /** Asks anew, and keeps the new answer. */
  readonly refresh?: boolean | undefined
}

/**
 * What every attempt passes right before it is sent: it may refuse, and sees how the attempt ends. Of a stream, the
 * attempt is its opening, up to the first content.
 *
 * @category models
 * @since 1.0.0
 */
export interface Gate<in S extends Target = Subject> {
  <A, R>(subject: S, attempt: Effect.Effect<A, GenerateError, R>): Effect.Effect<A, GenerateError, R>
}

/**
 * Who is about to be asked.
 *
 * @category models
 * @since 1.0.0
 */
export interface Target {
  readonly provider: string
  readonly model: string
  /** A fingerprint of the key, never the key; "" where there is none. */
  readonly key: string
}

/**
 * What an attempt is about to ask.
 *
 * @category models
 * @since 1.0.0
 */
export interface Subject extends Target {
  readonly request: Request
  /**
   * Calls back once the attempt is over, with what it used and cost: of a stream when it ends, long after its gate.
   * Never for one that another gate refused.
   */
  readonly settled: (listener: (attempt: Attempt) => void) => void
  /** Calls back with the headers of an HTTP answer, whatever its status, before its body is read. */
  readonly heard: (listener: (headers: Pick<Headers, "get">) => void) => void
}

/**
 * Counts what calls spend.
 *
 * @category models
 * @since 1.0.0
 */
export interface Tally {
  /** A call was born. */
  readonly began: () => void
  /** An attempt was appended to one. */
  readonly attempted: (attempt: Attempt) => void
  /** What an answer saved: `undefined` where a part of it isn't known. */
  readonly saved: (saved: Saved | undefined) => void
}

/**
 * What holds for all calls born in a region of a program, and in the fibers started there. `Ledger` makes them.
 *
 * @category models
 * @since 1.0.0
 */
export interface Region {
  /** Under a call's own. */
  readonly tags: Readonly<Record<string, string>>
  /** Milliseconds of the monotonic clock; `Infinity` for none. */
  readonly deadline: number
  readonly tallies: ReadonlyArray<Tally>
  /** Inside of a call's own. */
  readonly gates: ReadonlyArray<Gate>
  /** Names the innermost of its budgets, and with it all of them; "" for none. */
  readonly budget: string
}

/**
 * The region that a fiber is in: read once by every Call, when it is born.
 *
 * @category references
 * @since 1.0.0
 */
export const CurrentRegion: Context.Reference<Region | undefined> = Context.Reference<Region | undefined>(
  "loom-router/Call/CurrentRegion",
  { defaultValue: () => undefined }
)

/**
 * Starts a Call now, in the fiber's region: its tags under those that are given, the earlier of its deadline and the end
 * of `timeout` (milliseconds).
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (options?: {
  readonly timeout?: number | undefined
  readonly retry?: RetryPolicy | undefined
  readonly maxAttempts?: number | undefined
  readonly cache?: CacheUse | false | undefined
  readonly coalesce?: boolean | undefined
  readonly gates?: ReadonlyArray<Gate> | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
  /** The tags by which keys are picked. */
  readonly keyTags?: ReadonlyArray<string> | undefined
  readonly catalog?: Catalog.Catalog | undefined
  readonly currency?: Currency | undefined
  readonly progress?: Call["progress"]
}): Effect.Effect<Call> =>
  Effect.withFiber((fiber) => {
    const clock = fiber.getRef(Clock.Clock)
    const region = fiber.getRef(CurrentRegion)
    const now = clock.currentTimeMillisUnsafe()
    const timeout = Math.min(options?.timeout ?? Infinity, region === undefined ? Infinity : leftOf(region, clock))
    const given = options?.tags ?? noTags
    const tags = region === undefined ? given : { ...region.tags, ...given }
    const call: Call = {
      id: idAt(now),
      startedAt: now,
      deadline: now + timeout,
      retry: options?.retry,
      maxAttempts: options?.maxAttempts ?? defaultMaxAttempts,
      begun: { count: 0 },
      cache: options?.cache,
      coalesce: options?.coalesce ?? true,
      gates: gatesOf(options?.gates ?? noGates, region?.gates ?? noGates),
      budget: region?.budget ?? "",
      tags,
      account: accountOf(tags, options?.keyTags),
      catalog: options?.catalog,
      currency: options?.currency,
      tallies: region?.tallies ?? noTallies,
      progress: options?.progress,
      attempts: [],
      tried: []
    }
    for (const tally of call.tallies) tally.began()
    return Effect.succeed(call)
  })

const gatesOf = (own: ReadonlyArray<Gate>, more: ReadonlyArray<Gate>): ReadonlyArray<Gate> =>
  more.length === 0 ? own : [...own, ...more]

const accountOf = (tags: Readonly<Record<string, string>>, keyTags: ReadonlyArray<string> = []): string =>
  keyTags.length === 0 ? "" : JSON.stringify(keyTags.map((tag) => tags[tag]))

/** Whole milliseconds, none below zero. */
const leftOf = ({ deadline }: Region, clock: Clock.Clock): number =>
  deadline === Infinity ? Infinity : Math.max(0, Math.ceil(deadline - Number(clock.monotonicTimeNanosUnsafe()) / 1e6))

/**
 * How long a call may take from its start, in milliseconds; `undefined` for as long as it wants.
 *
 * @category accessors
 * @since 1.0.0
 */
export const timeoutOf = ({ deadline, startedAt }: Call): number | undefined =>
  deadline === Infinity ? undefined : deadline - startedAt

/**
 * Whether a call may be attempted once more.
 *
 * @category accessors
 * @since 1.0.0
 */
export const mayAttempt = ({ begun, maxAttempts }: Call): boolean => begun.count < maxAttempts

/**
 * Appends attempts to a call, and tells who counts them.
 *
 * @category combinators
 * @since 1.0.0
 */
export const note = ({ attempts, tallies }: Call, ...more: ReadonlyArray<Attempt>): void => {
  attempts.push(...more)
  for (const tally of tallies) more.forEach(tally.attempted)
}

/** Three candidates, tried three times each. */
const defaultMaxAttempts = 9
const noGates: ReadonlyArray<Gate> = []
const noTags: Readonly<Record<string, string>> = {}
const noTallies: ReadonlyArray<Tally> = []

/** A UUID of version 7: ids ascend with time, which an index likes. */
const idAt = (now: number): string => {
  if (now !== latest.now) {
    const time = Math.max(0, Math.trunc(now)).toString(16).padStart(12, "0")
    latest = { now, head: `${time.slice(0, 8)}-${time.slice(8, 12)}-7` }
  }
  return latest.head + crypto.randomUUID().slice(15)
}

let latest = { now: Number.NaN, head: "" }

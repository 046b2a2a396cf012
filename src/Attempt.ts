/**
 * One request to a vendor, timed and priced. Money lives here and only here: what a call cost is the sum of its
 * attempts.
 *
 * @since 1.0.0
 */
import * as Schema from "effect/Schema"
import * as Cost from "./Cost.ts"
import * as Usage from "./Usage.ts"

/**
 * One request to a vendor: when it was made, how it ended, and what it cost.
 *
 * @category models
 * @since 1.0.0
 */
export interface Attempt {
  readonly provider: string
  /** The model that answered, or the one asked where none did. */
  readonly model: string
  /** The id of the model that was asked. */
  readonly asked: string
  /** Which of the call's candidates it was made for: 0 is the first. */
  readonly candidate: number
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** Milliseconds. */
  readonly duration: number
  /** Milliseconds until the first content of a stream. */
  readonly firstToken: number | undefined
  /** `ok`, the tag of the reason it failed for, `interrupted` (its reader left), or `defect`. */
  readonly outcome: string
  /** `no` only where the vendor provably didn't accept the request. */
  readonly billed: "yes" | "no" | "maybe"
  readonly usage: Usage.Usage | undefined
  readonly cost: Cost.Cost | undefined
  /** The service tier and the region that the vendor says it used. */
  readonly serviceTier: string | undefined
  readonly region: string | undefined
  /** HTTP status, of attempts that failed. */
  readonly status: number | undefined
  /** Why it failed, without prompt or key. */
  readonly why: string | undefined
  readonly requestId: string | undefined
}

/**
 * A candidate that was reached, and what became of it.
 *
 * @category models
 * @since 1.0.0
 */
export interface Tried {
  /** `provider/model`. */
  readonly model: string
  /** Which of the call's candidates it is: 0 is the first. */
  readonly candidate: number
  /** `ok`, the tag of the reason it was left for, `interrupted` (another one was faster), or `defect`. */
  readonly outcome: string
  /** Why it was left, without prompt or key. */
  readonly why: string | undefined
  /** Requests that were sent; none where it was skipped, or somebody else's answer was shared. */
  readonly attempts: number
  /** Milliseconds. */
  readonly duration: number
  /** What its attempts are known to have cost, in 1e-12 USD. */
  readonly picoUsd: number
  /** What of the call was left out or changed for it, in words. */
  readonly warnings: ReadonlyArray<string>
}

/**
 * What attempts are known to have cost, in 1e-12 USD.
 *
 * @category accessors
 * @since 1.0.0
 */
export const spent = (attempts: ReadonlyArray<Attempt>): number =>
  attempts.reduce((sum, { cost }) => sum + (cost?.picoUsd ?? 0), 0)

/**
 * Whether it may have cost something that nobody knows.
 *
 * @category guards
 * @since 1.0.0
 */
export const isUnpriced = ({ billed, cost }: Attempt): boolean => billed !== "no" && cost?.picoUsd === undefined

/**
 * Whether one attempt after another asks somebody else, and doesn't just ask again.
 *
 * @category accessors
 * @since 1.0.0
 */
export const isFailover = (before: Attempt, after: Attempt): boolean =>
  before.provider !== after.provider || before.candidate !== after.candidate || before.asked !== after.asked

/**
 * The schema of an {@link Attempt}, for the edges: files, databases, the wire.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Attempt: Schema.Codec<Attempt> = Schema.suspend(() =>
  Schema.Struct({
    provider: Schema.String,
    model: Schema.String,
    asked: Schema.String,
    candidate: Schema.Natural,
    startedAt: Schema.Finite,
    duration: Schema.Finite,
    firstToken: Schema.UndefinedOr(Schema.Finite),
    outcome: Schema.String,
    billed: Schema.Literals(["yes", "no", "maybe"]),
    usage: Schema.UndefinedOr(Usage.Usage),
    cost: Schema.UndefinedOr(Cost.Cost),
    serviceTier: Schema.UndefinedOr(Schema.String),
    region: Schema.UndefinedOr(Schema.String),
    status: Schema.UndefinedOr(Schema.Int),
    why: Schema.UndefinedOr(Schema.String),
    requestId: Schema.UndefinedOr(Schema.String)
  })
)

/**
 * The schema of a {@link Tried}, for the edges: files, databases, the wire.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Tried: Schema.Codec<Tried> = Schema.suspend(() =>
  Schema.Struct({
    model: Schema.String,
    candidate: Schema.Natural,
    outcome: Schema.String,
    why: Schema.UndefinedOr(Schema.String),
    attempts: Schema.Natural,
    duration: Schema.Finite,
    picoUsd: Schema.Finite,
    warnings: Schema.Array(Schema.String)
  })
)

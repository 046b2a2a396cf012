/**
 * The one error of a call. `reason` says what kind of failure it was; every reason knows what happened, why, how to
 * fix it, and what may be done about it without asking: retry, fail over, or neither.
 *
 * **Example** (Answering a rate limit)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Loom } from "loom-router"
 *
 * const answer = Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Say hello." }).pipe(
 *   Effect.map((generation) => generation.text),
 *   Effect.catchReason("GenerateError", "RateLimited", () => Effect.succeed("busy, try again"))
 * )
 * ```
 *
 * @since 1.0.0
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import type * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import type { Attempt, Tried } from "./Attempt.ts"
import { Usage } from "./Usage.ts"

/**
 * What a reason tells. `retryable`: the same vendor may be asked again. `failover`: another vendor may be asked.
 * `maybeBilled`: the vendor may charge for the attempt, so it isn't repeated by default.
 *
 * @category models
 * @since 1.0.0
 */
export interface Traits {
  readonly what: string
  readonly why: string
  readonly fix: string
  readonly retryable: boolean
  readonly failover: boolean
  readonly maybeBilled: boolean
}

/**
 * The vendor couldn't be reached, or the connection broke.
 *
 * @category reasons
 * @since 1.0.0
 */
export class Network extends Schema.TaggedError<Network>()("Network", {
  detail: Schema.String,
  /** Whether the request may have reached the vendor. */
  sent: Schema.Literals(["no", "maybe"])
}) implements Traits {
  get what() {
    return "could not be reached"
  }
  get why() {
    return this.detail
  }
  get fix() {
    return "check the network, a proxy, and the provider's base URL"
  }
  get retryable() {
    return this.sent === "no"
  }
  readonly failover = true
  get maybeBilled() {
    return this.sent === "maybe"
  }
}

/**
 * Nothing came in time.
 *
 * @category reasons
 * @since 1.0.0
 */
export class Timeout extends Schema.TaggedError<Timeout>()("Timeout", {
  /** Which wait ran out: to connect, for an answer to begin, between two chunks, one attempt, or the whole call. */
  phase: Schema.Literals(["connect", "headers", "idle", "attempt", "deadline"]),
  after: Schema.optionalKey(Schema.DurationFromMillis)
}) implements Traits {
  get what() {
    return "did not answer in time"
  }
  get why() {
    const after = this.after === undefined ? "" : ` after ${Duration.format(this.after)}`
    return `${phases[this.phase]}${after}`
  }
  get fix() {
    return this.phase === "deadline"
      ? "allow the call more time (`timeout`, `Ledger.deadline`), or ask for a shorter answer"
      : "raise the timeout, stream the answer, or add another provider to fail over to"
  }
  get retryable() {
    return this.phase === "connect"
  }
  get failover() {
    return this.phase !== "deadline"
  }
  get maybeBilled() {
    return this.phase !== "connect"
  }
}

const phases: Record<Timeout["phase"], string> = {
  connect: "no connection was made",
  headers: "the request was accepted, but no answer began",
  idle: "the answer stopped arriving",
  attempt: "the attempt was given up",
  deadline: "the call's own deadline passed"
}

/**
 * Too many requests or tokens: the vendor refused for now, or `Limits` didn't send the request at all, since its turn
 * would have come too late. Then it isn't repeated at the same vendor.
 *
 * @category reasons
 * @since 1.0.0
 */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", {
  detail: Schema.String,
  /** How long the vendor asked to wait; of `Limits`, how long its turn would have taken to come, where that is known. */
  retryAfter: Schema.optionalKey(Schema.DurationFromMillis),
  /** Who refused: the vendor where unset. */
  by: Schema.optionalKey(Schema.Literals(["vendor", "limits"]))
}) implements Traits {
  get what() {
    return this.by === "limits" ? "is held back by a limit" : "limits the rate of requests"
  }
  get why() {
    if (this.retryAfter === undefined) return this.detail
    return this.by === "limits"
      ? `${this.detail} (it would be this one's turn in ${Duration.format(secondsUp(this.retryAfter))})`
      : `${this.detail} (asked to wait ${Duration.format(this.retryAfter)})`
  }
  get fix() {
    return this.by === "limits"
      ? "allow more time (`maxWait`, `timeout`), raise the limit (`limits`), or add another provider to fail over to"
      : "send fewer requests at once, raise the limit at the vendor, or add another provider to fail over to"
  }
  get retryable() {
    return this.by !== "limits"
  }
  readonly failover = true
  readonly maybeBilled = false
}

/**
 * The vendor is overloaded or failed. A gateway in front of it (502, 504) may have given up on a call that was served.
 *
 * @category reasons
 * @since 1.0.0
 */
export class Overloaded extends Schema.TaggedError<Overloaded>()("Overloaded", {
  detail: Schema.String,
  maybeBilled: Schema.Boolean,
  retryAfter: Schema.optionalKey(Schema.DurationFromMillis)
}) implements Traits {
  readonly what = "failed on its side"
  get why() {
    return this.detail
  }
  readonly fix = "try again later, or add another provider to fail over to"
  get retryable() {
    return !this.maybeBilled
  }
  readonly failover = true
}

/**
 * The account has no credit or has reached its spend limit.
 *
 * @category reasons
 * @since 1.0.0
 */
export class QuotaExceeded extends Schema.TaggedError<QuotaExceeded>()("QuotaExceeded", {
  detail: Schema.String
}) implements Traits {
  readonly what = "refuses for want of quota"
  get why() {
    return this.detail
  }
  readonly fix = "check the plan and billing of the vendor account, or add another provider to fail over to"
  readonly retryable = false
  readonly failover = true
  readonly maybeBilled = false
}

/**
 * The vendor failed too often, or asked to be left alone, and isn't asked for now. Nothing was sent.
 *
 * @category reasons
 * @since 1.0.0
 */
export class CircuitOpen extends Schema.TaggedError<CircuitOpen>()("CircuitOpen", {
  /** What opened the circuit. */
  detail: Schema.String,
  /** How long until the next attempt is let through; zero while one is finding out how the vendor does. */
  remaining: Schema.DurationFromMillis
}) implements Traits {
  readonly what = "is left alone for now"
  get why() {
    return Duration.isZero(this.remaining)
      ? `${this.detail}; another call is trying it just now`
      : `${this.detail}; it is tried again in ${Duration.format(secondsUp(this.remaining))}`
  }
  readonly fix = "try again later, or add another provider to fail over to"
  readonly retryable = false
  readonly failover = true
  readonly maybeBilled = false
}

const secondsUp = (duration: Duration.Duration) => Duration.seconds(Math.ceil(Duration.toSeconds(duration)))

/**
 * What the attempt may cost is more than a budget of the program has left (`Ledger.budget`). Nothing was sent.
 *
 * It isn't asked of another vendor by itself: a budget is a decision about money, no outage.
 *
 * @category reasons
 * @since 1.0.0
 */
export class BudgetExceeded extends Schema.TaggedError<BudgetExceeded>()("BudgetExceeded", {
  /** The whole budget, in USD, as all the amounts. */
  limitUsd: Schema.Finite,
  spentUsd: Schema.Finite,
  /** Set aside for attempts under way: what they don't need of it is free again when they end. */
  reservedUsd: Schema.Finite,
  /** What the attempt may cost at worst; missing where its price isn't known. */
  neededUsd: Schema.optionalKey(Schema.Finite)
}) implements Traits {
  readonly what = "would exceed a budget"
  get why() {
    const limit = dollars(this.limitUsd)
    if (this.neededUsd === undefined) return `its price isn't known, and a budget of ${limit} has to hold`
    const aside = this.reservedUsd > 0 ? `, and ${dollars(this.reservedUsd)} is set aside for attempts under way` : ""
    const needed = this.neededUsd === 0 ? "nothing is left" : `it may cost ${dollars(this.neededUsd)}`
    return `${needed}; of ${limit}, ${dollars(this.spentUsd)} is spent${aside}`
  }
  get fix() {
    return this.neededUsd === undefined
      ? "register the model's price (`Catalog.registerModel`), or let it through with `unknownPrice: \"allow\"`"
      : "raise the budget, or lower what an answer may cost with `maxOutputTokens`"
  }
  readonly retryable = false
  readonly failover = false
  readonly maybeBilled = false
}

const dollars = (usd: number) => `$${usd.toFixed(12).replace(/\.?0+$/, "")}`

/**
 * No key was found for the provider.
 *
 * @category reasons
 * @since 1.0.0
 */
export class KeyMissing extends Schema.TaggedError<KeyMissing>()("KeyMissing", {
  /** The environment variable, or the secret of that name, that was looked for. */
  variable: Schema.String,
  /** Where it was looked for, or which place couldn't tell. */
  detail: Schema.optionalKey(Schema.String),
  /** What to do about it there. */
  remedy: Schema.optionalKey(Schema.String)
}) implements Traits {
  readonly what = "has no API key"
  get why() {
    return this.detail ?? `${this.variable} is not set`
  }
  get fix() {
    return this.remedy ?? `set ${this.variable} in the environment, or give the key to the provider's layer`
  }
  readonly retryable = false
  readonly failover = true
  readonly maybeBilled = false
}

/**
 * The vendor refused the key (401) or what it asks for (403).
 *
 * @category reasons
 * @since 1.0.0
 */
export class KeyRefused extends Schema.TaggedError<KeyRefused>()("KeyRefused", {
  detail: Schema.String,
  /** Where the key came from, an environment variable as a rule. */
  source: Schema.optionalKey(Schema.String)
}) implements Traits {
  readonly what = "refused the API key"
  get why() {
    return this.source === undefined ? this.detail : `the key came from ${this.source}: ${this.detail}`
  }
  get fix() {
    return `set a valid key${this.source === undefined ? "" : ` in ${this.source}`}, with access to the model`
  }
  readonly retryable = false
  readonly failover = true
  readonly maybeBilled = false
}

/**
 * What was asked can't be sent, or the vendor won't take it.
 *
 * @category reasons
 * @since 1.0.0
 */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", {
  detail: Schema.String,
  /** The option at fault. */
  field: Schema.optionalKey(Schema.String)
}) implements Traits {
  readonly what = "can't take this request"
  get why() {
    return this.field === undefined ? this.detail : `${this.field}: ${this.detail}`
  }
  get fix() {
    return this.field === undefined ? "change the request" : `change \`${this.field}\``
  }
  readonly retryable = false
  readonly failover = false
  readonly maybeBilled = false
}

/**
 * The vendor's policy stopped the prompt or the answer.
 *
 * @category reasons
 * @since 1.0.0
 */
export class ContentFiltered extends Schema.TaggedError<ContentFiltered>()("ContentFiltered", {
  detail: Schema.String
}) implements Traits {
  readonly what = "filtered the content"
  get why() {
    return this.detail
  }
  readonly fix = "change the prompt"
  readonly retryable = false
  readonly failover = false
  readonly maybeBilled = true
}

/**
 * The vendor answered with something that isn't an answer: HTML, an empty body, cut JSON, the wrong types.
 *
 * @category reasons
 * @since 1.0.0
 */
export class InvalidResponse extends Schema.TaggedError<InvalidResponse>()("InvalidResponse", {
  detail: Schema.String
}) implements Traits {
  readonly what = "answered with something unreadable"
  get why() {
    return this.detail
  }
  readonly fix = "check the provider's base URL; if it is right, try again or report it"
  readonly retryable = false
  readonly failover = true
  readonly maybeBilled = true
}

/**
 * A stream ended, stalled or broke after its first content had been shown: `text` is what there was of it.
 *
 * @category reasons
 * @since 1.0.0
 */
export class Partial extends Schema.TaggedError<Partial>()("Partial", {
  detail: Schema.String,
  text: Schema.String
}) implements Traits {
  readonly what = "broke off in the middle of its answer"
  get why() {
    return this.detail
  }
  readonly fix = "use the text so far, or ask again"
  readonly retryable = false
  readonly failover = false
  readonly maybeBilled = true
}

/**
 * A validator turned the answer down.
 *
 * @category reasons
 * @since 1.0.0
 */
export class Rejected extends Schema.TaggedError<Rejected>()("Rejected", {
  detail: Schema.String
}) implements Traits {
  readonly what = "gave an answer that was not accepted"
  get why() {
    return this.detail
  }
  readonly fix = "relax the validator, improve the prompt, or add a more capable candidate"
  readonly retryable = false
  readonly failover = true
  readonly maybeBilled = true
}

/**
 * The model can't do what was asked of it.
 *
 * @category reasons
 * @since 1.0.0
 */
export class Unsupported extends Schema.TaggedError<Unsupported>()("Unsupported", {
  /** What was asked: `tools`, `vision`, `modality`, … */
  feature: Schema.String,
  detail: Schema.String
}) implements Traits {
  readonly what = "can't do that"
  get why() {
    return `${this.feature}: ${this.detail}`
  }
  get fix() {
    return `choose a model with ${this.feature}, or leave it out`
  }
  readonly retryable = false
  readonly failover = false
  readonly maybeBilled = false
}

/**
 * The catalog has no such model or provider.
 *
 * @category reasons
 * @since 1.0.0
 */
export class UnknownModel extends Schema.TaggedError<UnknownModel>()("UnknownModel", {
  /** The ids closest to what was asked for, nearest first. */
  nearest: Schema.Array(Schema.String)
}) implements Traits {
  readonly what = "is not in the catalog"
  get why() {
    return this.nearest.length === 0 ? "nothing in it is similar" : `did you mean ${this.nearest.join(", ")}?`
  }
  readonly fix = "use a listed id (`loom models`), or register it with Catalog.registerModel"
  readonly retryable = false
  readonly failover = false
  readonly maybeBilled = false
}

/**
 * Every kind of failure a call can end with.
 *
 * @category reasons
 * @since 1.0.0
 */
export const Reason = Schema.Union([
  Network,
  Timeout,
  RateLimited,
  Overloaded,
  QuotaExceeded,
  CircuitOpen,
  BudgetExceeded,
  KeyMissing,
  KeyRefused,
  InvalidRequest,
  ContentFiltered,
  InvalidResponse,
  Partial,
  Rejected,
  Unsupported,
  UnknownModel
])

/**
 * @category reasons
 * @since 1.0.0
 */
export type Reason = typeof Reason.Type

/**
 * A call that ended without an answer.
 *
 * `message` reads like a person would say it: what happened, why, and how to fix it. No key and no prompt is in it.
 *
 * @category errors
 * @since 1.0.0
 */
export class GenerateError extends Schema.TaggedError<GenerateError>()("GenerateError", {
  reason: Reason,
  provider: Schema.String,
  model: Schema.String,
  /** HTTP status of the vendor's answer, where there was one. */
  status: Schema.optionalKey(Schema.Int),
  /** The vendor's own id of the request: give it to their support. */
  requestId: Schema.optionalKey(Schema.String),
  /** The vendor's id of the job that it had accepted: nothing is submitted twice because of it. */
  jobId: Schema.optionalKey(Schema.String),
  /** Whether the vendor charges for it, where its answer or its rules say so: in place of what the reason says. */
  billed: Schema.optionalKey(Schema.Literals(["yes", "no"])),
  /** What the vendor metered before it failed. */
  usage: Schema.optionalKey(Usage),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  /** Every attempt of the call, the last one included. */
  attempts: ReadonlyArray<Attempt> = []
  /** Every candidate of the call that was reached; none where there was no choice. */
  tried: ReadonlyArray<Tried> = []

  get what(): string {
    return this.reason.what
  }
  get why(): string {
    return this.reason.why
  }
  get fix(): string {
    return this.reason.fix
  }
  get retryable(): boolean {
    return this.reason.retryable && this.billed !== "yes" && (this.jobId === undefined || this.billed === "no")
  }
  get failover(): boolean {
    return this.reason.failover
  }
  get maybeBilled(): boolean {
    return this.billed === undefined ? this.reason.maybeBilled || this.jobId !== undefined : this.billed === "yes"
  }
  /** How long to wait before the next attempt, where the vendor or `Limits` said so. */
  get retryAfter(): Duration.Duration | undefined {
    return "retryAfter" in this.reason ? this.reason.retryAfter : undefined
  }
  override get message(): string {
    const subject = this.provider === ""
      ? this.model || "Loom"
      : this.model === ""
      ? this.provider
      : `${this.provider}/${this.model}`
    const status = this.status === undefined ? "" : ` (${this.status})`
    const request = this.requestId === undefined ? "" : `\n  request: ${this.requestId}`
    const tried = this.tried.length < 2
      ? ""
      : `\n  tried: ${this.tried.map(({ model, outcome }) => `${model} (${outcome})`).join(", ")}`
    const job = this.jobId === undefined ? "" : `\n  job: ${this.jobId}`
    return `${subject} ${this.what}${status}\n  why: ${this.why}\n  fix: ${this.fix}${tried}${request}${job}`
  }
}

/**
 * Whether this is a {@link GenerateError}.
 *
 * @category guards
 * @since 1.0.0
 */
export const isGenerateError = Schema.is(GenerateError)

/**
 * The same error for another caller, whose attempts are others.
 *
 * @category constructors
 * @since 1.0.0
 */
export const copy = (error: GenerateError): GenerateError => new GenerateError({ ...error })

/**
 * The GenerateError that an effect failed with, if it did.
 *
 * @category accessors
 * @since 1.0.0
 */
export const errorIn = (exit: Exit.Exit<unknown, unknown>): GenerateError | undefined => {
  if (exit._tag === "Success") return undefined
  const failed = exit.cause.reasons.find(Cause.isFailReason)
  return failed?.error instanceof GenerateError ? failed.error : undefined
}

/**
 * How an effect ended, in a word: `ok`, the tag of its reason, `interrupted`, or `defect`.
 *
 * @category accessors
 * @since 1.0.0
 */
export const outcomeOf = (exit: Exit.Exit<unknown, unknown>): string => {
  if (exit._tag === "Success") return "ok"
  return errorIn(exit)?.reason._tag ?? (Cause.hasInterruptsOnly(exit.cause) ? "interrupted" : "defect")
}

/**
 * The error of a request that can't be made, found before any vendor was asked.
 *
 * @category constructors
 * @since 1.0.0
 */
export const invalidRequest = (options: {
  readonly detail: string
  readonly field?: string | undefined
  readonly provider?: string | undefined
  readonly model?: string | undefined
}): GenerateError =>
  new GenerateError({
    provider: options.provider ?? "",
    model: options.model ?? "",
    reason: new InvalidRequest({
      detail: options.detail,
      ...(options.field === undefined ? undefined : { field: options.field })
    })
  })

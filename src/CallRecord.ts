/**
 * The record of a call: written once per caller, whether it succeeded, failed, was interrupted or died. Money isn't in
 * it; that is what its attempts are for.
 *
 * @since 1.0.0
 */
import type * as Clock from "effect/Clock"
import type * as Exit from "effect/Exit"
import { type Attempt, isUnpriced, spent, type Tried } from "./Attempt.ts"
import type { Call } from "./Call.ts"
import { errorIn, type GenerateError, outcomeOf } from "./GenerateError.ts"
import type * as Generation from "./Generation.ts"
import type { Model } from "./Model.ts"
import * as Saved from "./Saved.ts"
import type { Usage } from "./Usage.ts"
import { listPriceOf } from "./internal/baseline.ts"

/**
 * What is known of a call when it is over.
 *
 * @category models
 * @since 1.0.0
 */
export interface CallRecord {
  readonly id: string
  /** Epoch milliseconds. */
  readonly startedAt: number
  readonly operation: "generate" | "stream" | "batch"
  readonly modality: "text" | "image"
  /** As asked: `provider` may be in the model's id. */
  readonly asked: { readonly provider: string | undefined; readonly model: string }
  /** As answered; of a call that failed, whose failure it is: the one of who was asked last, as a rule. */
  readonly provider: string
  readonly model: string
  /** `ok`, the tag of the reason it failed for, `interrupted` (its caller left), or `defect`. */
  readonly outcome: string
  readonly timing: Generation.Timing
  readonly cache: Generation.Summary["cache"]
  readonly finishReason: Generation.FinishReason | undefined
  /** `undefined` where a part of it isn't known. */
  readonly saved: Saved.Saved | undefined
  /** Of the answer; what was metered on the way to it is on the attempts. */
  readonly usage: Usage | undefined
  /** HTTP status, what happened, why, and what to do about it, of calls that failed. No prompt or key is in it. */
  readonly error: {
    readonly status: number | undefined
    readonly what: string
    readonly why: string
    readonly fix: string
  } | undefined
  readonly requestId: string | undefined
  /** Whether the response cache had a part in it. */
  readonly cacheable: boolean
  readonly tags: Readonly<Record<string, string>>
  /** The name of the route that it was asked of, where it has one. */
  readonly route: string | undefined
  /** The candidates that were reached, of every route, and where there was more than one. */
  readonly tried: ReadonlyArray<Tried>
  /** What was dropped, clamped or left out, in words. */
  readonly warnings: ReadonlyArray<string>
  readonly attempts: ReadonlyArray<Attempt>
}

/**
 * Follows one call from its first moment to its record.
 *
 * @category models
 * @since 1.0.0
 */
export interface Recorder {
  /** Adds to an answer what only its call knows: its attempts and how long it took. */
  readonly complete: <A extends Generation.Summary>(summary: A) => A
  /** Adds to a failure the attempts that led to it. */
  readonly fail: (error: GenerateError) => GenerateError
  readonly record: (exit: Exit.Exit<unknown, GenerateError>) => CallRecord
}

/**
 * What a call was asked of, where it wasn't one model.
 *
 * @category models
 * @since 1.0.0
 */
export interface Route {
  readonly name: string | undefined
  /** By its list price the saving by routing is measured. */
  readonly baseline: Model | undefined
  /** Its call asks for a service tier, which the baseline would have had, too. */
  readonly isTiered?: boolean | undefined
}

/**
 * Begins the record of a call, which a Recorder ends.
 *
 * @category constructors
 * @since 1.0.0
 */
export const recorder = (
  call: Call,
  asked: {
    readonly provider?: string | undefined
    readonly model: string
    readonly modality?: "text" | "image" | undefined
  },
  operation: CallRecord["operation"],
  clock: Clock.Clock,
  cacheable: boolean,
  route?: Route
): Recorder => {
  const from = clock.monotonicTimeNanosUnsafe()
  let summary: Generation.Summary | undefined

  const timing = (): Generation.Timing => {
    const total = Number(clock.monotonicTimeNanosUnsafe() - from) / 1e6
    // Of candidates that were turned down, or too slow, nothing was shown.
    const shown = call.attempts.findLast(({ firstToken }) => firstToken !== undefined)
    return {
      total,
      // The clock on the wall may have been set meanwhile.
      firstToken: shown?.firstToken === undefined
        ? undefined
        : Math.min(total, Math.max(0, shown.startedAt - call.startedAt) + shown.firstToken),
      overhead: Math.max(0, total - waitedIn(call.attempts))
    }
  }

  return {
    complete: (answered) => {
      const tried = triedBy(call, route !== undefined)
      const used = tried.findLast(({ outcome }) => outcome === "ok")
      const whole = {
        ...answered,
        attempts: attemptsOf(call),
        timing: timing(),
        saved: route?.baseline === undefined
          ? answered.saved
          : Saved.withRouting(
            answered.saved,
            routingSaving(route.baseline, answered, call, used?.candidate ?? 0, route.isTiered === true)
          ),
        router: used === undefined ? undefined : { used: used.model, tried },
        warnings: used === undefined ? answered.warnings : [...used.warnings, ...answered.warnings]
      }
      summary = whole
      return whole
    },
    fail: (error) => {
      error.attempts = attemptsOf(call)
      error.tried = triedBy(call, route !== undefined, error)
      return error
    },
    record: (exit) => {
      const error = errorIn(exit)
      const attempts = attemptsOf(call)
      const last = attempts.at(-1)
      return {
        id: call.id,
        startedAt: call.startedAt,
        operation,
        modality: asked.modality ?? "text",
        asked: { provider: asked.provider, model: asked.model },
        provider: summary?.provider ?? error?.provider ?? last?.provider ?? asked.provider ?? "",
        model: summary?.model ?? error?.model ?? last?.model ?? asked.model,
        outcome: summary !== undefined ? "ok" : exit._tag === "Success" ? "interrupted" : outcomeOf(exit),
        timing: summary?.timing ?? timing(),
        cache: summary?.cache ?? "miss",
        finishReason: summary?.finishReason,
        saved: summary?.saved.unknown === true ? undefined : summary?.saved,
        usage: summary?.usage,
        error: error === undefined
          ? undefined
          : { status: error.status, what: error.what, why: error.why, fix: error.fix },
        requestId: summary?.requestId ?? error?.requestId,
        cacheable,
        tags: call.tags,
        route: route?.name,
        tried: summary?.router?.tried ?? error?.tried ?? triedBy(call, route !== undefined),
        warnings: summary?.warnings ?? [],
        attempts
      }
    }
  }
}

/** Those of one candidate after those of another, however they ended: some race. */
const attemptsOf = ({ attempts }: Call): ReadonlyArray<Attempt> =>
  attempts.length < 2 ? attempts.slice() : attempts.toSorted((one, other) => one.candidate - other.candidate)

/** For how long a vendor was waited for: of candidates that race, more than one at a time. */
const waitedIn = (attempts: ReadonlyArray<Attempt>): number => {
  const [first, second] = attempts
  if (first === undefined || second === undefined) return first?.duration ?? 0
  let waited = 0
  let until = -Infinity
  for (const { duration, startedAt } of attempts.toSorted((one, other) => one.startedAt - other.startedAt)) {
    const end = startedAt + duration
    waited += Math.max(0, end - Math.max(startedAt, until))
    until = Math.max(until, end)
  }
  return waited
}

/** What was tried, in order, with what its attempts have come to. A stream that had begun may have failed since. */
const triedBy = ({ attempts, tried }: Call, routed: boolean, failure?: GenerateError): ReadonlyArray<Tried> => {
  if (tried.length === 0 || (tried.length === 1 && !routed)) return []
  const settled = (one: Call["tried"][number]): Tried => {
    const its = attempts.filter(({ candidate }) => candidate === one.candidate)
    const ended = failure === undefined || one.outcome !== "ok"
      ? one
      : { ...one, outcome: failure.reason._tag, why: failure.why }
    return { ...ended, attempts: its.length, picoUsd: spent(its) }
  }
  return tried.toSorted((one, other) => one.candidate - other.candidate).map(settled)
}

/**
 * What the baseline would have cost for the same tokens at its list price, less what the answer costs at its own, less
 * what was paid for other candidates; `undefined` where one of them isn't known.
 */
const routingSaving = (
  baseline: Model,
  answered: Generation.Summary,
  { attempts, startedAt }: Call,
  used: number,
  isTiered: boolean
): number | undefined => {
  const { cost, saved } = answered
  const others = attempts.filter(({ candidate }) => candidate !== used)
  const at = attempts.findLast(({ candidate }) => candidate === used)?.startedAt ?? startedAt
  const instead = listPriceOf(baseline, answered, at, isTiered)
  return instead === undefined || cost.picoUsd === undefined || saved.unknown || others.some(isUnpriced)
    ? undefined
    : instead - (cost.picoUsd + saved.picoUsd) - spent(others)
}

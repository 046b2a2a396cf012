/**
 * The record of a call: written once per caller, whether it succeeded, failed, was interrupted or died. Money isn't in
 * it; that is what its attempts are for.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import type * as Exit from "effect/Exit"
import { type Attempt, spent, type Tried } from "./Attempt.ts"
import type { Call } from "./Call.ts"
import { errorIn, type GenerateError, outcomeOf } from "./GenerateError.ts"
import type * as Generation from "./Generation.ts"
import type { Saved } from "./Saved.ts"
import type { Usage } from "./Usage.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface CallRecord {
  readonly id: string
  /** Epoch milliseconds. */
  readonly startedAt: number
  readonly operation: "generate" | "stream"
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
  readonly saved: Saved | undefined
  /** Of the answer; what was metered on the way to it is on the attempts. */
  readonly usage: Usage | undefined
  /** HTTP status, what happened and why, of calls that failed. No prompt or key is in it. */
  readonly error: { readonly status: number | undefined; readonly what: string; readonly why: string } | undefined
  readonly requestId: string | undefined
  /** Whether the response cache had a part in it. */
  readonly cacheable: boolean
  readonly tags: Readonly<Record<string, string>>
  readonly attempts: ReadonlyArray<Attempt>
}

/**
 * Follows one call from its first moment to its record.
 *
 * @category models
 * @since 0.1.0
 */
export interface Recorder {
  /** Adds to an answer what only its call knows: its attempts and how long it took. */
  readonly complete: <A extends Generation.Summary>(summary: A) => A
  /** Adds to a failure the attempts that led to it. */
  readonly fail: (error: GenerateError) => GenerateError
  readonly record: (exit: Exit.Exit<unknown, GenerateError>) => CallRecord
}

/**
 * @category constructors
 * @since 0.1.0
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
  cacheable: boolean
): Recorder => {
  const from = clock.monotonicTimeNanosUnsafe()
  let summary: Generation.Summary | undefined

  const timing = (): Generation.Timing => {
    const total = Number(clock.monotonicTimeNanosUnsafe() - from) / 1e6
    let waited = 0
    let firstToken: number | undefined
    for (const attempt of call.attempts) {
      waited += attempt.duration
      if (attempt.firstToken !== undefined) {
        // The clock on the wall may have been set meanwhile.
        firstToken ??= Math.min(total, Math.max(0, attempt.startedAt - call.startedAt) + attempt.firstToken)
      }
    }
    return { total, firstToken, overhead: Math.max(0, total - waited) }
  }

  return {
    complete: (answered) => {
      const tried = settled(call, "ok", undefined)
      const answers = tried.at(-1)
      const whole = {
        ...answered,
        attempts: call.attempts.slice(),
        timing: timing(),
        router: answers === undefined ? undefined : { used: answers.model, tried },
        warnings: answers === undefined ? answered.warnings : [...answers.warnings, ...answered.warnings]
      }
      summary = whole
      return whole
    },
    fail: (error) => {
      error.attempts = call.attempts.slice()
      error.tried = settled(call, error.reason._tag, error.why)
      return error
    },
    record: (exit) => {
      const error = errorIn(exit)
      const last = call.attempts.at(-1)
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
        error: error === undefined ? undefined : { status: error.status, what: error.what, why: error.why },
        requestId: summary?.requestId ?? error?.requestId,
        cacheable,
        tags: call.tags,
        attempts: call.attempts
      }
    }
  }
}

/** What was tried, now that the call is over: of a stream that had only begun, its end and its attempt are known. */
const settled = (
  { attempts, tried }: Call,
  outcome: string,
  why: string | undefined
): ReadonlyArray<Tried> => {
  const last = tried.at(-1)
  if (last?.outcome !== "ok") return tried.slice()
  const others = tried.slice(0, -1)
  const its = attempts.slice(others.reduce((sum, { attempts }) => sum + attempts, 0))
  return [...others, { ...last, outcome, why, attempts: its.length, picoUsd: spent(its) }]
}

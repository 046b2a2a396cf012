/**
 * One request to a vendor, timed and priced. Money lives here and only here: what a call cost is the sum of its
 * attempts.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Exit from "effect/Exit"
import * as Catalog from "./Catalog.ts"
import * as Cost from "./Cost.ts"
import type { GenerateError } from "./GenerateError.ts"
import type * as Generation from "./Generation.ts"
import * as Request from "./Request.ts"
import * as Saved from "./Saved.ts"
import type * as Usage from "./Usage.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface Attempt {
  readonly provider: string
  /** The model that answered, or the one asked where none did. */
  readonly model: string
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
  /** HTTP status, of attempts that failed. */
  readonly status: number | undefined
  readonly requestId: string | undefined
}

/**
 * How an effect ended, in a word: `ok`, the tag of its reason, `interrupted`, or `defect`.
 *
 * @category accessors
 * @since 0.1.0
 */
export const outcomeOf = (exit: Exit.Exit<unknown, GenerateError>): string => {
  if (exit._tag === "Success") return "ok"
  const failed = exit.cause.reasons.find(Cause.isFailReason)
  if (failed !== undefined) return failed.error.reason._tag
  return Cause.hasInterruptsOnly(exit.cause) ? "interrupted" : "defect"
}

/**
 * Measures one attempt while it runs.
 *
 * @category models
 * @since 0.1.0
 */
export interface Meter {
  /** Prices a whole answer. */
  readonly answered: (generation: Generation.Generation) => Generation.Generation
  /** Watches parts go by. The finish part leaves priced, and ends the attempt. */
  readonly pass: (parts: Arr.NonEmptyReadonlyArray<Generation.Part>) => Arr.NonEmptyReadonlyArray<Generation.Part>
  /** Ends the attempt, once, and appends it to its call. */
  readonly settle: (exit: Exit.Exit<unknown, GenerateError>) => void
}

/**
 * Starts to measure an attempt.
 *
 * @category constructors
 * @since 0.1.0
 */
export const meter = (request: Request.Request, clock: Clock.Clock): Meter => {
  const startedAt = clock.currentTimeMillisUnsafe()
  const from = clock.monotonicTimeNanosUnsafe()
  const elapsed = () => Number(clock.monotonicTimeNanosUnsafe() - from) / 1e6
  let firstToken: number | undefined
  let characters = 0
  let summary: Generation.Summary | undefined
  let settled = false

  const priced = <A extends Generation.Summary>(answered: A, characters: number): A => {
    const usage = answered.usage.state === "missing" ? Request.estimateUsage(request, characters) : answered.usage
    const { cost, saved, warning } = price(request, startedAt, { ...answered, usage })
    const warnings = warning === undefined ? answered.warnings : [...answered.warnings, warning]
    const whole = { ...answered, usage, cost, saved, warnings }
    summary = whole
    return whole
  }

  const settle = (exit: Exit.Exit<unknown, GenerateError>) => {
    if (settled) return
    settled = true
    const error = exit._tag === "Failure" ? exit.cause.reasons.find(Cause.isFailReason)?.error : undefined
    const usage = summary?.usage ?? error?.usage ??
      (error === undefined && characters > 0 ? Request.estimateUsage(request, characters) : undefined)
    request.call.attempts.push({
      provider: summary?.provider ?? request.model.provider,
      model: summary?.model ?? request.model.id,
      startedAt,
      duration: elapsed(),
      firstToken,
      outcome: summary !== undefined ? "ok" : exit._tag === "Success" ? "interrupted" : outcomeOf(exit),
      billed: summary !== undefined || error?.usage?.state === "reported"
        ? "yes"
        : error !== undefined && !error.maybeBilled
        ? "no"
        : "maybe",
      usage,
      cost: summary?.cost ?? (usage === undefined ? undefined : price(request, startedAt, {
        provider: request.model.provider,
        model: request.model.upstream,
        usage,
        serviceTier: request.params.serviceTier
      }).cost),
      status: error?.status,
      requestId: summary?.requestId ?? error?.requestId
    })
  }

  return {
    answered: (generation) => priced(generation, generation.text.length),
    pass: (parts) => {
      firstToken ??= elapsed()
      for (const part of parts) {
        if (part.type === "text-delta" || part.type === "reasoning-delta") characters += part.delta.length
      }
      const last = Arr.lastNonEmpty(parts)
      if (last.type !== "finish") return parts
      const finish = priced(last, characters)
      settle(Exit.void)
      return Arr.append(parts.slice(0, -1), finish)
    },
    settle
  }
}

/** By the model that the answer names, at the time of the attempt. */
const price = (
  request: Request.Request,
  at: number,
  answered: Pick<Generation.Summary, "provider" | "model" | "usage" | "serviceTier">
): { readonly cost: Cost.Cost; readonly saved: Saved.Saved; readonly warning: string | undefined } => {
  const { call, model } = request
  const named = answered.model === model.upstream
    ? model
    : Catalog.named(call.catalog ?? Catalog.bundled, answered.provider, answered.model)
  const options = { at, serviceTier: answered.serviceTier, currency: call.currency }
  const cost = Cost.of(named ?? model, answered.usage, options)
  const promptCache = answered.usage.cacheRead + answered.usage.imageCacheRead > 0
    ? Cost.promptCacheSaving(named ?? model, answered.usage, options)
    : undefined
  return {
    cost: named === undefined && cost.status === "measured" ? { ...cost, status: "estimated" } : cost,
    saved: promptCache === undefined ? Saved.nothing : Saved.make({ promptCache }),
    warning: named === undefined
      ? `the answer names ${answered.model}, which the catalog doesn't list: priced as ${model.id}`
      : undefined
  }
}

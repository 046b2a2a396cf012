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
import type * as Tracer from "effect/Tracer"
import * as Catalog from "./Catalog.ts"
import * as Cost from "./Cost.ts"
import { GenerateError } from "./GenerateError.ts"
import type * as Generation from "./Generation.ts"
import * as Request from "./Request.ts"
import * as Saved from "./Saved.ts"
import * as Telemetry from "./Telemetry.ts"
import type * as Usage from "./Usage.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface Attempt {
  readonly provider: string
  /** The model that answered, or the one asked where none did. */
  readonly model: string
  /** The id of the model that was asked. */
  readonly asked: string
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
 * The GenerateError that an effect failed with, if it did.
 *
 * @category accessors
 * @since 0.1.0
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
 * @since 0.1.0
 */
export const outcomeOf = (exit: Exit.Exit<unknown, unknown>): string => {
  if (exit._tag === "Success") return "ok"
  return errorIn(exit)?.reason._tag ?? (Cause.hasInterruptsOnly(exit.cause) ? "interrupted" : "defect")
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
  /** The first content of a stream is there. */
  readonly opened: () => void
  /** Watches parts go by. The finish part leaves priced, and ends the attempt. */
  readonly pass: (parts: Arr.NonEmptyReadonlyArray<Generation.Part>) => Arr.NonEmptyReadonlyArray<Generation.Part>
  /** Ends the attempt, once, and appends it to its call. */
  readonly settle: (exit: Exit.Exit<unknown, unknown>) => void
}

/**
 * Starts to measure an attempt, and writes what becomes of it on its span.
 *
 * @category constructors
 * @since 0.1.0
 */
export const meter = (request: Request.Request, clock: Clock.Clock, span?: Tracer.Span): Meter => {
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

  const settle = (exit: Exit.Exit<unknown, unknown>) => {
    if (settled) return
    settled = true
    const error = errorIn(exit)
    const usage = summary?.usage ?? error?.usage ??
      (error === undefined && characters > 0 ? Request.estimateUsage(request, characters) : undefined)
    const attempt: Attempt = {
      provider: summary?.provider ?? request.model.provider,
      model: summary?.model ?? request.model.id,
      asked: request.model.id,
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
        serviceTier: request.params.serviceTier,
        region: undefined
      }).cost),
      serviceTier: summary?.serviceTier,
      region: summary?.region,
      status: error?.status,
      why: error?.why,
      requestId: summary?.requestId ?? error?.requestId
    }
    request.call.attempts.push(attempt)
    if (span !== undefined) Telemetry.annotateAttempt(span, attempt, summary)
  }

  return {
    answered: (generation) => priced(generation, generation.text.length),
    opened: () => {
      firstToken = elapsed()
    },
    pass: (parts) => {
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
  answered: Pick<Generation.Summary, "provider" | "model" | "usage" | "serviceTier" | "region">
): { readonly cost: Cost.Cost; readonly saved: Saved.Saved; readonly warning: string | undefined } => {
  const { call, model } = request
  const named = answered.model === model.upstream
    ? model
    : Catalog.named(call.catalog ?? Catalog.bundled, answered.provider, answered.model)
  const options = { at, serviceTier: answered.serviceTier, region: answered.region, currency: call.currency }
  const usage = named === undefined && answered.usage.state === "reported"
    ? { ...answered.usage, state: "estimated" as const }
    : answered.usage
  const promptCache = usesPromptCache(answered.usage)
    ? Cost.promptCacheSaving(named ?? model, answered.usage, options)
    : undefined
  return {
    cost: Cost.of(named ?? model, usage, options),
    saved: promptCache === undefined ? Saved.nothing : Saved.make({ promptCache }),
    warning: named === undefined
      ? `the answer names ${answered.model}, which the catalog doesn't list: priced as ${model.id}`
      : undefined
  }
}

/** A write counts too: it may cost more than plain input, and that is against the saving. */
const usesPromptCache = (usage: Usage.Usage): boolean =>
  usage.cacheRead + usage.imageCacheRead > 0 || Object.values(usage.cacheWrite).some((count) => count > 0)

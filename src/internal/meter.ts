/**
 * Measures attempts: how long one took, what it used, and what that costs.
 */
import * as Arr from "effect/Array"
import type * as Clock from "effect/Clock"
import * as Exit from "effect/Exit"
import type * as Tracer from "effect/Tracer"
import type { Attempt } from "../Attempt.ts"
import * as Call from "../Call.ts"
import * as Catalog from "../Catalog.ts"
import * as Cost from "../Cost.ts"
import { errorIn, outcomeOf } from "../GenerateError.ts"
import type * as Generation from "../Generation.ts"
import * as Request from "../Request.ts"
import * as Saved from "../Saved.ts"
import * as Telemetry from "../Telemetry.ts"
import type * as Usage from "../Usage.ts"

/**
 * Measures one attempt while it runs.
 */
export interface Meter {
  /** Prices a whole answer. */
  readonly answered: (generation: Generation.Generation) => Generation.Generation
  /** The first content of a stream is there. */
  readonly opened: () => void
  /** Is told where to see what the vendor has counted so far. */
  readonly counting: (usage: () => Usage.Usage | undefined) => void
  /** Watches parts go by. The finish part leaves priced, and ends the attempt. */
  readonly pass: (parts: Arr.NonEmptyReadonlyArray<Generation.Part>) => Arr.NonEmptyReadonlyArray<Generation.Part>
  /** Ends the attempt, once, and appends it to its call. */
  readonly settle: (exit: Exit.Exit<unknown, unknown>) => void
}

/**
 * Starts to measure an attempt, and writes what becomes of it on its span. `settled` sees it once it is over.
 */
export const make = (
  request: Request.Request,
  clock: Clock.Clock,
  span?: Tracer.Span,
  settled?: (attempt: Attempt) => void
): Meter => {
  const startedAt = clock.currentTimeMillisUnsafe()
  const from = clock.monotonicTimeNanosUnsafe()
  const elapsed = () => Number(clock.monotonicTimeNanosUnsafe() - from) / 1e6
  request.call.begun.count++
  let firstToken: number | undefined
  let characters = 0
  let counted: () => Usage.Usage | undefined = () => undefined
  let summary: Generation.Summary | undefined
  let isSettled = false

  const priced = <A extends Generation.Summary>(answered: A, characters: number): A => {
    const usage = answered.usage.state === "missing"
      ? Request.estimateUsage(request, characters, counted())
      : answered.usage
    const { cost, saved, warning } = price(request, startedAt, { ...answered, usage })
    const warnings = warning === undefined ? answered.warnings : [...answered.warnings, warning]
    const whole = { ...answered, usage, cost, saved, warnings }
    summary = whole
    return whole
  }

  const usageSoFar = () => {
    const known = counted()
    return characters > 0 || known !== undefined ? Request.estimateUsage(request, characters, known) : undefined
  }

  const settle = (exit: Exit.Exit<unknown, unknown>) => {
    if (isSettled) return
    isSettled = true
    const error = errorIn(exit)
    const usage = summary?.usage ?? error?.usage ?? (error === undefined ? usageSoFar() : undefined)
    const attempt: Attempt = {
      provider: summary?.provider ?? request.model.provider,
      model: summary?.model ?? request.model.id,
      asked: request.model.id,
      candidate: request.candidate,
      startedAt,
      duration: elapsed(),
      firstToken,
      outcome: summary !== undefined ? "ok" : exit._tag === "Success" ? "interrupted" : outcomeOf(exit),
      billed: summary !== undefined
        ? "yes"
        : error?.billed !== undefined
        ? error.billed
        : error?.usage?.state === "reported"
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
      requestId: summary?.requestId ?? error?.requestId ?? error?.jobId
    }
    Call.note(request.call, attempt)
    settled?.(attempt)
    if (span !== undefined) Telemetry.annotateAttempt(span, attempt, summary)
  }

  return {
    answered: (generation) => priced(generation, generation.text.length),
    opened: () => {
      firstToken = elapsed()
    },
    counting: (usage) => {
      counted = usage
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

/** By the model that the answer names, at the time of the attempt; of a row of a batch, at the batch's price. */
export const price = (
  request: Request.Request,
  at: number,
  answered: Pick<Generation.Summary, "provider" | "model" | "usage" | "serviceTier" | "region"> & {
    readonly cost?: Cost.Cost | undefined
  },
  batch = false
): { readonly cost: Cost.Cost; readonly saved: Saved.Saved; readonly warning: string | undefined } => {
  const { call, model } = request
  const named = answered.model === model.upstream
    ? model
    : Catalog.named(call.catalog ?? Catalog.bundled, answered.provider, answered.model)
  const options = {
    at,
    batch,
    serviceTier: answered.serviceTier,
    region: answered.region,
    currency: call.currency,
    reportedUsd: answered.cost?.reportedUsd
  }
  const usage = named === undefined && answered.usage.state === "reported"
    ? { ...answered.usage, state: "estimated" as const }
    : answered.usage
  return {
    cost: Cost.of(named ?? model, usage, options),
    saved: batch
      ? Saved.make({
        promptCache: Cost.promptCacheSaving(named ?? model, answered.usage, options),
        batch: Cost.batchSaving(named ?? model, answered.usage, options)
      })
      : usesPromptCache(answered.usage)
      ? Saved.make({ promptCache: Cost.promptCacheSaving(named ?? model, answered.usage, options) })
      : Saved.nothing,
    warning: named === undefined
      ? `the answer names ${answered.model}, which the catalog doesn't list: priced as ${model.id}`
      : undefined
  }
}

/** A write counts too: it may cost more than plain input, and that is against the saving. */
const usesPromptCache = (usage: Usage.Usage): boolean =>
  usage.cacheRead + usage.imageCacheRead > 0 || Object.values(usage.cacheWrite).some((count) => count > 0)

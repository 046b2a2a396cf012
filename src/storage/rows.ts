/**
 * Records as rows, on their way to the thread that writes them.
 */
import { type Attempt, isFailover, isUnpriced } from "../Attempt.ts"
import type { CallRecord } from "../CallRecord.ts"
import type * as Cost from "../Cost.ts"
import type { Transition } from "../ProviderHealth.ts"
import { attemptNumbers, callNumbers, type Part, type Transitions } from "./schema.ts"

/** Columns that attempts don't fill yet. */
interface Further {
  /** Where the key came from, by name. */
  readonly keySource?: string | undefined
  readonly catalogVersion?: string | undefined
}

const nothing = Number.NaN
const largest = Number.MAX_SAFE_INTEGER

/** A whole number that fits its column, whatever came. */
const whole = (value: number): number =>
  Number.isFinite(value) ? Math.min(largest, Math.max(-largest, Math.floor(value))) : 0

const finite = (value: number): number => Number.isFinite(value) ? value : 0

const isEmpty = (record: object): boolean => {
  for (const _ in record) return false
  return true
}

/** Costs the caller's thread about 2 µs a record. */
export const encode = (
  records: ReadonlyArray<CallRecord>,
  { first, last }: Pick<Part, "first" | "last">
): Part => {
  let attempts = 0
  for (const record of records) attempts += record.attempts.length
  const numbers = new Float64Array(records.length * callNumbers.length + attempts * attemptNumbers.length)
  const texts: Array<string | null> = []
  const shape = new Uint32Array(records.length * 2)
  let at = 0
  records.forEach((record, index) => {
    const { error, saved, tags, timing, usage } = record
    let retries = 0
    let failovers = 0
    let priced = record.outcome !== "ok" || saved !== undefined
    let before: Attempt | undefined
    for (const attempt of record.attempts) {
      if (before !== undefined) {
        if (isFailover(before, attempt)) failovers++
        else retries++
      }
      before = attempt
      if (isUnpriced(attempt)) priced = false
    }
    numbers[at++] = whole(record.startedAt)
    numbers[at++] = whole(record.startedAt + timing.total)
    numbers[at++] = finite(timing.total)
    numbers[at++] = finite(timing.overhead)
    numbers[at++] = timing.firstToken ?? nothing
    numbers[at++] = record.cacheable ? 1 : 0
    numbers[at++] = error?.status ?? nothing
    numbers[at++] = record.attempts.length
    numbers[at++] = retries
    numbers[at++] = failovers
    numbers[at++] = priced ? 1 : 0
    numbers[at++] = usage === undefined ? nothing : whole(usage.inputTokens)
    numbers[at++] = usage === undefined ? nothing : whole(usage.cacheRead)
    numbers[at++] = usage === undefined ? nothing : whole(usage.outputTokens)
    numbers[at++] = usage === undefined ? nothing : whole(usage.outputReasoning)
    numbers[at++] = saved === undefined ? nothing : whole(saved.promptCache)
    numbers[at++] = saved === undefined ? nothing : whole(saved.responseCache)
    numbers[at++] = saved === undefined ? nothing : whole(saved.coalescing)
    numbers[at++] = saved === undefined ? nothing : whole(saved.routing)
    numbers[at++] = saved === undefined ? nothing : whole(saved.batch)
    texts.push(
      record.id,
      record.operation,
      record.modality,
      record.asked.provider ?? null,
      record.asked.model,
      record.route ?? null,
      record.provider,
      record.model,
      record.outcome,
      record.finishReason ?? null,
      record.cache,
      error?.what ?? null,
      error?.why ?? null,
      error?.fix ?? null,
      record.requestId ?? null,
      isEmpty(tags) ? "{}" : JSON.stringify(tags),
      detailsOf(record)
    )
    for (const attempt of record.attempts) at = encodeAttempt(attempt, numbers, at, texts)
    let tagged = 0
    for (const key in tags) {
      tagged++
      texts.push(key, tags[key] ?? "")
    }
    shape[index * 2] = record.attempts.length
    shape[index * 2 + 1] = tagged
  })
  return { count: records.length, numbers, texts, shape, first, last }
}

/** What is shown of a call and never asked for. */
const detailsOf = ({ tried, warnings }: CallRecord): string | null =>
  tried.length === 0 && warnings.length === 0 ? null : JSON.stringify({ tried, warnings })

/** What is kept of a transition: enough of the key's fingerprint to tell circuits apart. */
export const kept = (transition: Transition): Transition => ({ ...transition, key: transition.key.slice(0, 8) })

export const encodeTransitions = (transitions: ReadonlyArray<Transition>): Transitions => ({
  transitions: transitions.map(kept).flatMap(({ at, from, key, provider, to, until, why }) => [
    whole(at),
    provider,
    key,
    from,
    to,
    why,
    until === undefined ? null : whole(until)
  ])
})

const encodeAttempt = (
  attempt: Attempt & Further,
  numbers: Float64Array,
  start: number,
  texts: Array<string | null>
): number => {
  const { cost, usage } = attempt
  let at = start
  numbers[at++] = whole(attempt.startedAt)
  numbers[at++] = finite(attempt.duration)
  numbers[at++] = attempt.firstToken ?? nothing
  numbers[at++] = attempt.candidate ?? nothing
  numbers[at++] = attempt.status ?? nothing
  if (usage === undefined) {
    numbers.fill(nothing, at, at + counters)
    at += counters
  } else {
    let cacheWrite = 0
    for (const ttl in usage.cacheWrite) cacheWrite += usage.cacheWrite[ttl] ?? 0
    numbers[at++] = whole(usage.inputUncached)
    numbers[at++] = whole(usage.cacheRead)
    numbers[at++] = whole(cacheWrite)
    numbers[at++] = whole(usage.outputText)
    numbers[at++] = whole(usage.outputReasoning)
    numbers[at++] = whole(usage.audioInput)
    numbers[at++] = whole(usage.audioOutput)
    numbers[at++] = whole(usage.imageInput)
    numbers[at++] = whole(usage.imageCacheRead)
    numbers[at++] = whole(usage.imageOutput)
    numbers[at++] = whole(usage.inputImages)
  }
  numbers[at++] = cost?.picoUsd === undefined ? nothing : whole(cost.picoUsd)
  numbers[at++] = cost?.reportedUsd ?? nothing
  numbers[at++] = cost === undefined ? nothing : cost.local.perUsd
  texts.push(
    attempt.provider,
    attempt.model,
    attempt.asked,
    attempt.outcome,
    attempt.why ?? null,
    attempt.billed,
    attempt.requestId ?? null,
    attempt.serviceTier ?? null,
    attempt.region ?? null,
    attempt.keySource ?? null
  )
  if (usage === undefined) texts.push(null, null, null, null)
  else {
    texts.push(
      usage.state,
      isEmpty(usage.cacheWrite) ? null : JSON.stringify(usage.cacheWrite),
      isEmpty(usage.requests) ? null : JSON.stringify(usage.requests),
      usage.images.length === 0 ? null : JSON.stringify(usage.images)
    )
  }
  if (cost === undefined) {
    texts.push(null, null, null, null, null, null, null, null, attempt.catalogVersion ?? null, null, null, null)
  } else {
    const { local, price } = cost
    texts.push(
      cost.status,
      cost.lines.length === 0 ? null : linesToJson(cost.lines),
      cost.unpriced.length === 0 ? null : JSON.stringify(cost.unpriced),
      price?.provider ?? null,
      price?.model ?? null,
      price?.from ?? null,
      price === undefined ? null : sourceToJson(price.source),
      price?.confidence ?? null,
      attempt.catalogVersion ?? null,
      local.currency,
      local.asOf ?? null,
      local.source ?? null
    )
  }
  return at
}

const counters = 11

const linesToJson = (lines: ReadonlyArray<Cost.Line>): string =>
  JSON.stringify(
    lines.map(({ multipliers, picoUsd, quantity, rate, unit }) =>
      isEmpty(multipliers) ? [unit, quantity, rate, picoUsd] : [unit, quantity, rate, picoUsd, multipliers]
    )
  )

/** Prices share their lists of sources. */
const sources = new WeakMap<ReadonlyArray<string>, string>()
const sourceToJson = (source: ReadonlyArray<string>): string => {
  const known = sources.get(source)
  if (known !== undefined) return known
  const json = JSON.stringify(source)
  sources.set(source, json)
  return json
}

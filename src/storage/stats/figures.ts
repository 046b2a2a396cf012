/**
 * Sums as figures.
 */
import type * as Figures from "../../Figures.ts"
import * as Distribution from "./distribution.ts"
import { starts } from "./range.ts"
import type { Log, Source } from "./source.ts"
import { type Attempts, type Calls, type Group, noAttempts, noCalls, type Saved } from "./sum.ts"
import { sumAttempts, sumCalls } from "./sums.ts"

export const moneyOf = (picoUsd: bigint): Figures.Money => ({ picoUsd: String(picoUsd), usd: Number(picoUsd) / 1e12 })

export const share = (part: number, whole: number): number | null => whole === 0 ? null : part / whole

export const totalSaved = ({ batch, coalescing, promptCache, responseCache, routing }: Saved): bigint =>
  responseCache + coalescing + promptCache + routing + batch

export const errorsOf = ({ calls, interrupted, ok }: Calls): number => calls - ok - interrupted

export const tokensOf = (
  { cachedInput, cacheWrite, input, output, reasoning }: Attempts
): Figures.Overview["tokens"]["providers"][number] extends infer T ? Omit<T, "provider" | "share"> : never => ({
  total: input + cachedInput + cacheWrite + output + reasoning,
  input,
  cachedInput,
  cacheWrite,
  output,
  reasoning
})

export const savingsOf = (calls: Calls, attempts: Attempts): Figures.Overview["workload"]["savings"] => {
  const saved = totalSaved(calls.saved)
  const baseline = attempts.actual + saved
  const { batch, coalescing, promptCache, responseCache, routing } = calls.saved
  return {
    baseline: moneyOf(baseline),
    actual: moneyOf(attempts.actual),
    saved: moneyOf(saved),
    share: baseline === 0n ? null : Number(saved) / Number(baseline),
    parts: {
      responseCache: moneyOf(responseCache),
      coalescing: moneyOf(coalescing),
      promptCache: moneyOf(promptCache),
      routing: moneyOf(routing),
      batch: moneyOf(batch)
    },
    priced: calls.priced,
    unpriced: calls.calls - calls.priced
  }
}

type Totals = Figures.Series["all"]["totals"]

export const costsOf = ({ cost, estimated, unknown }: Attempts) => ({
  cost: moneyOf(cost),
  costStatus: unknown > 0 ? cost === 0n ? "unknown" : "partial" : estimated > 0 ? "estimated" : "measured",
  estimated,
  unknown
} as const)

export const totalsOf = (calls: Calls, attempts: Attempts): Totals => ({
  calls: calls.calls,
  ok: calls.ok,
  errors: errorsOf(calls),
  interrupted: calls.interrupted,
  retries: calls.retries,
  failovers: calls.failovers,
  tokens: tokensOf(attempts),
  ...costsOf(attempts),
  unpriced: calls.calls - calls.priced,
  saved: moneyOf(totalSaved(calls.saved)),
  ...percentilesOf(calls.latency),
  isExact: Distribution.isExact(calls.latency)
})

export const percentilesOf = (distribution: Distribution.Distribution) => ({
  p50: Distribution.percentile(distribution, 0.5),
  p95: Distribution.percentile(distribution, 0.95),
  p99: Distribution.percentile(distribution, 0.99)
})

type Spark = Figures.Series["all"]["points"]["calls"]

/** What a bucket is worth; `null` where the log knew nothing yet, or it hasn't begun. */
export const spark = <A>(
  range: Figures.Range,
  log: Log,
  sums: ReadonlyArray<A & { readonly at: number }>,
  none: A,
  value: (sum: A) => number | null
): Spark => {
  const byStart = new Map(sums.map((sum) => [sum.at, sum]))
  const first = log.firstAt ?? Infinity
  return starts(range).map((at) => {
    if (at + range.bucket <= first || at > log.now) return null
    return value(byStart.get(at) ?? none)
  })
}

export const pointsOf = (
  range: Figures.Range,
  log: Log,
  calls: ReadonlyArray<Calls>,
  attempts: ReadonlyArray<Attempts>
): Figures.Series["all"]["points"] => {
  const ofCalls = (value: (sum: Calls) => number | null) => spark(range, log, calls, noCalls, value)
  const ofAttempts = (value: (sum: Attempts) => number | null) => spark(range, log, attempts, noAttempts, value)
  return {
    calls: ofCalls(({ calls }) => calls),
    ok: ofCalls(({ ok }) => ok),
    errors: ofCalls(errorsOf),
    interrupted: ofCalls(({ interrupted }) => interrupted),
    retries: ofCalls(({ retries }) => retries),
    failovers: ofCalls(({ failovers }) => failovers),
    hits: ofCalls(({ hits }) => hits),
    misses: ofCalls(({ misses }) => misses),
    coalesced: ofCalls(({ coalesced }) => coalesced),
    p50: ofCalls(({ latency }) => Distribution.percentile(latency, 0.5)),
    p95: ofCalls(({ latency }) => Distribution.percentile(latency, 0.95)),
    p99: ofCalls(({ latency }) => Distribution.percentile(latency, 0.99)),
    firstTokenP50: ofCalls(({ firstToken }) => Distribution.percentile(firstToken, 0.5)),
    firstTokenP95: ofCalls(({ firstToken }) => Distribution.percentile(firstToken, 0.95)),
    tokens: ofAttempts((sum) => tokensOf(sum).total),
    cost: ofAttempts(({ cost }) => Number(cost) / 1e12),
    saved: ofCalls(({ saved }) => Number(totalSaved(saved)) / 1e12)
  }
}

export interface Both {
  readonly key: string
  readonly group: ReadonlyArray<string>
  readonly calls: Calls
  readonly attempts: Attempts
}

const byName = (a: Both, b: Both): number => a.key < b.key ? -1 : 1

export const byCalls = (a: Both, b: Both): number => b.calls.calls - a.calls.calls || byName(a, b)

export const byCost = (a: Both, b: Both): number =>
  a.attempts.cost === b.attempts.cost ? byCalls(a, b) : a.attempts.cost < b.attempts.cost ? 1 : -1

/** Calls by who answered, attempts by who was asked. `isLean`: without latencies. */
export const sumBoth = (
  source: Source,
  from: number,
  to: number,
  group?: Group,
  isLean = false,
  tagKey?: string
): ReadonlyArray<Both> => {
  const asked = { from, to, tagKey, group: group === undefined ? undefined : [group] }
  const calls = new Map(sumCalls(source, asked, isLean).map((sum) => [sum.key, sum]))
  const attempts = new Map(sumAttempts(source, asked, true).map((sum) => [sum.key, sum]))
  return [...new Set([...calls.keys(), ...attempts.keys()])].map((key) => ({
    key,
    group: calls.get(key)?.group ?? attempts.get(key)?.group ?? [],
    calls: calls.get(key) ?? noCalls,
    attempts: attempts.get(key) ?? noAttempts
  }))
}

/** Of all calls together. */
export const sumAll = (source: Source, from: number, to: number, isLean = false): Both =>
  sumBoth(source, from, to, undefined, isLean)[0] ?? { key: "", group: [], calls: noCalls, attempts: noAttempts }

/** The bucket that is still filling, by its place. */
export const fillingOf = ({ bucket, now, since, until }: Figures.Range): number | null =>
  now < until ? Math.floor((now - since) / bucket) : null

/** A figure beside that of the range before; `undefined`: there is nothing to compare with. */
export const compared = <A, D>(
  value: A | null,
  previous: A | null | undefined,
  delta: (value: A, previous: A) => D
) => ({
  value,
  previous: previous ?? null,
  delta: value === null || previous === null || previous === undefined ? null : delta(value, previous)
})

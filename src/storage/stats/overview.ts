/**
 * The figures of the Overview page.
 */
import type * as Figures from "../../Figures.ts"
import * as Distribution from "./distribution.ts"
import { compared, errorsOf, moneyOf, savingsOf, share, spark, sumAll, tokensOf, totalSaved } from "./figures.ts"
import { healthOf } from "./health.ts"
import { incidentsOf } from "./incidents.ts"
import { floorTo } from "./range.ts"
import { type Query, select, type Selection } from "./selection.ts"
import { choose, countCalls, type Log, recentSpan } from "./source.ts"
import { type Attempts, type Calls, noAttempts, noCalls } from "./sum.ts"
import { sumAttempts, sumCalls } from "./sums.ts"

const minute = 60_000
const day = 24 * 60 * minute
const mostProviders = 8

export const overview = (log: Log, query: Query): Figures.Overview => {
  const selection = select(log, query, true)
  const { filters, range, source } = selection
  const { previous, since, until } = range
  const now = sumAll(source, since, until)
  const before = sumAll(source, previous.since, previous.until)
  const byBucket = sumCalls(source, { from: since, to: until, bucket: range.bucket })
  const sparkOf = (value: (sum: Calls) => number | null) => spark(range, log, byBucket, noCalls, value)
  const providers = sumAttempts(source, { from: since, to: until, group: ["provider"] }, true)
  // Of a range without calls there is nothing to compare with.
  const had = before.calls.calls > 0

  const latency = (of: (sum: Calls) => Distribution.Distribution): Figures.Overview["latency"] => {
    const p95 = (sum: Calls) => Distribution.percentile(of(sum), 0.95)
    return {
      ...compared(p95(now.calls), had ? p95(before.calls) : null, (one, other) => one - other),
      isExact: Distribution.isExact(of(now.calls)) && Distribution.isExact(of(before.calls)),
      spark: sparkOf(p95)
    }
  }

  return {
    range,
    calls: {
      total: now.calls.calls,
      ok: now.calls.ok,
      errors: errorsOf(now.calls),
      interrupted: now.calls.interrupted
    },
    requestsPerMinute: requestsPerMinute(selection, now.calls, before.calls, sparkOf(({ calls }) => calls)),
    latency: latency((sum) => sum.latency),
    latencyWithCached: latency((sum) => sum.latencyWithCached),
    hitRate: {
      ...compared(hitRate(now.calls), had ? hitRate(before.calls) : null, (one, other) => one - other),
      hits: now.calls.hits,
      misses: now.calls.misses,
      coalesced: now.calls.coalesced,
      spark: sparkOf(hitRate)
    },
    saved: {
      value: moneyOf(totalSaved(now.calls.saved)),
      previous: had ? moneyOf(totalSaved(before.calls.saved)) : null,
      delta: had ? moneyOf(totalSaved(now.calls.saved) - totalSaved(before.calls.saved)) : null,
      savings: savingsOf(now.calls, now.attempts),
      spent: moneyOf(now.attempts.cost),
      spark: sparkOf(({ saved }) => Number(totalSaved(saved)) / 1e12)
    },
    activeProviders: providers.filter(({ attempts }) => attempts > 0).length,
    tokens: tokens(providers),
    health: healthOf(log),
    incidents: incidentsOf(log, filters),
    workload: workload(log, filters),
    inFlight: null,
    firstAt: log.firstAt ?? null,
    lastAt: log.lastAt ?? null
  }
}

const hitRate = ({ hits, misses }: Calls): number | null => share(hits, hits + misses)

const requestsPerMinute = (
  { filters, log, range }: Selection,
  now: Calls,
  before: Calls,
  calls: ReadonlyArray<number | null>
): Figures.Overview["requestsPerMinute"] => {
  const minutesOf = (from: number, to: number) =>
    Math.max(1, (to - Math.max(from, Math.min(log.firstAt ?? to, to))) / minute)
  const minutes = minutesOf(range.since, Math.min(range.until, log.now))
  const value = log.firstAt === undefined ? null : now.calls / minutes
  const previous = before.calls === 0 ? null : before.calls / minutesOf(range.previous.since, range.previous.until)
  return {
    ...compared(value, previous, (one, other) => one / other - 1),
    now: lastMinute(log, filters),
    minutes,
    spark: calls
  }
}

/** Calls of the last complete minute; `null` before the first. */
const lastMinute = (log: Log, filters: Selection["filters"]): number | null => {
  const to = floorTo(log.now, minute)
  if (log.firstAt === undefined || log.firstAt >= to) return null
  return countCalls(choose(log, filters, to - minute, to, minute), to - minute, to)
}

const tokens = (sums: ReadonlyArray<Attempts>): Figures.Overview["tokens"] => {
  const all = sums.map((sum) => ({ provider: sum.key, ...tokensOf(sum) })).filter(({ total }) => total > 0)
    .sort((a, b) => b.total - a.total || (a.provider < b.provider ? -1 : 1))
  const total = all.reduce((sum, { total }) => sum + total, 0)
  const others = all.slice(mostProviders)
  const sumOf = (of: (one: (typeof all)[number]) => number) => others.reduce((sum, one) => sum + of(one), 0)
  const rest = sumOf(({ total }) => total)
  return {
    total,
    providers: all.slice(0, mostProviders).map((one) => Object.assign(one, { share: one.total / total })),
    others: others.length === 0 ? null : {
      count: others.length,
      total: rest,
      input: sumOf(({ input }) => input),
      cachedInput: sumOf(({ cachedInput }) => cachedInput),
      cacheWrite: sumOf(({ cacheWrite }) => cacheWrite),
      output: sumOf(({ output }) => output),
      reasoning: sumOf(({ reasoning }) => reasoning),
      share: rest / total
    }
  }
}

const workload = (log: Log, filters: Selection["filters"]): Figures.Overview["workload"] => {
  const span = recentSpan(30 * day)
  const since = floorTo(log.now - 30 * day, span)
  const until = log.now + 1
  const source = choose(log, filters, since, until, span)
  const [calls = noCalls] = sumCalls(source, { from: since, to: until }, true)
  const [attempts] = sumAttempts(source, { from: since, to: until }, true)
  return { since, until: log.now, savings: savingsOf(calls, attempts ?? noAttempts) }
}

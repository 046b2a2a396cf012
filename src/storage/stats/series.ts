/**
 * Figures over time, and by group.
 */
import type * as Figures from "../../Figures.ts"
import { byCalls, byCost, fillingOf, moneyOf, pointsOf, share, sumAll, sumBoth, totalsOf } from "./figures.ts"
import { starts } from "./range.ts"
import { type Query, select } from "./selection.ts"
import type { Log } from "./source.ts"
import { sumAttempts, sumCalls } from "./sums.ts"

export interface SeriesQuery extends Query {
  readonly by?: "none" | "provider" | "model" | undefined
  /** How many groups at most: 8. */
  readonly top?: number | undefined
}

const mostGroups = 50

export const series = (log: Log, query: SeriesQuery): Figures.Series => {
  const { range, source } = select(log, query)
  const { by = "none", top = 8 } = query
  const group = by === "none" ? undefined : by
  const { since: from, until: to } = range
  const groups = group === undefined ? [] : [...sumBoth(source, from, to, group)].sort(byCalls)
  const shown = groups.slice(0, Math.max(0, Math.min(top, mostGroups)))
  const inBuckets = { from, to, bucket: range.bucket }
  const only = {
    ...inBuckets,
    group: group === undefined ? undefined : [group],
    only: shown.map(({ key }) => key)
  }
  const calls = shown.length === 0 ? [] : sumCalls(source, only)
  const attempts = shown.length === 0 ? [] : sumAttempts(source, only, true)
  const all = sumAll(source, from, to)
  return {
    range,
    by,
    at: starts(range),
    partial: fillingOf(range),
    all: {
      totals: totalsOf(all.calls, all.attempts),
      points: pointsOf(range, log, sumCalls(source, inBuckets), sumAttempts(source, inBuckets, true))
    },
    groups: shown.map((one) => ({
      key: one.key,
      totals: totalsOf(one.calls, one.attempts),
      points: pointsOf(
        range,
        log,
        calls.filter(({ key }) => key === one.key),
        attempts.filter(({ key }) => key === one.key)
      )
    })),
    otherGroups: groups.length - shown.length
  }
}

export interface BreakdownQuery extends Query {
  readonly by?: "provider" | "model" | "tag" | undefined
}

const mostRows = 200

export const breakdown = (log: Log, query: BreakdownQuery): Figures.Breakdown => {
  const { by = "provider" } = query
  const { filters, range, source: chosen } = select(log, query)
  // Roll-ups know no tags.
  const source = by === "tag" ? { log, filters, span: undefined } : chosen
  const all = sumAll(source, range.since, range.until)
  const groups = [...sumBoth(source, range.since, range.until, by)].sort(byCost)
  return {
    range,
    by,
    total: totalsOf(all.calls, all.attempts),
    groups: groups.slice(0, mostRows).map(({ attempts, calls, key }) => ({
      key,
      totals: totalsOf(calls, attempts),
      share: share(moneyOf(attempts.cost).usd, moneyOf(all.attempts.cost).usd),
      per1k: share(moneyOf(attempts.cost).usd * 1000, calls.calls)
    })),
    otherGroups: Math.max(0, groups.length - mostRows)
  }
}

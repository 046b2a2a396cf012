/**
 * The figures of the Cost page.
 */
import type * as Figures from "../../Figures.ts"
import {
  type Both,
  byCost,
  compared,
  costsOf,
  fillingOf,
  moneyOf,
  savingsOf,
  share,
  spark,
  sumAll,
  sumBoth,
  tokensOf,
  totalSaved
} from "./figures.ts"
import { starts } from "./range.ts"
import { type Query, select } from "./selection.ts"
import type { Log } from "./source.ts"
import { type Attempts, type Calls, noAttempts, noCalls } from "./sum.ts"
import { sumAttempts, sumCalls } from "./sums.ts"

export interface SpendingQuery extends Query {
  readonly by?: "provider" | "model" | "tag" | undefined
  readonly tagKey?: string | undefined
  /** How many groups at most: 200. */
  readonly limit?: number | undefined
}

const mostDrawn = 8
const mostGroups = 10_000

export const spending = (log: Log, query: SpendingQuery): Figures.Spending => {
  const { by = "provider", limit = 200, tagKey } = query
  const { filters, range, source } = select(log, query, true)
  const { previous, since: from, until: to } = range
  // Roll-ups know no tags.
  const grouped = by === "tag" ? { log, filters, span: undefined } : source
  const now = sumAll(source, from, to, true)
  const before = sumAll(source, previous.since, previous.until, true)
  const had = before.calls.calls > 0
  const groups = [...sumBoth(grouped, from, to, by, true, tagKey)].sort(byCost)
  const listed = groups.slice(0, Math.min(limit, mostGroups))
  const isPartition = by !== "tag" || tagKey !== undefined
  const drawn = isPartition
    ? groups.slice(0, mostDrawn).filter(({ attempts }) => attempts.cost > 0n).map(({ key }) => key)
    : []
  const inBuckets = { from, to, bucket: range.bucket }
  const callsByBucket = sumCalls(source, inBuckets, true)
  const attemptsByBucket = sumAttempts(source, inBuckets, true)
  const drawnByBucket = drawn.length === 0
    ? []
    : sumAttempts(grouped, { ...inBuckets, group: [by], only: drawn, tagKey }, true)
  const rest = isPartition ? less(now, listed) : undefined
  const restByBucket = isPartition ? withoutDrawn(attemptsByBucket, drawnByBucket) : []
  const costSpark = (sums: ReadonlyArray<{ readonly at: number; readonly cost: bigint }>) =>
    spark(range, log, sums, { at: 0, cost: 0n }, ({ cost }) => Number(cost) / 1e12)
  const perThousand = perThousandOf(callsByBucket, attemptsByBucket)
  return {
    range,
    by,
    tagKey: by === "tag" ? tagKey ?? null : null,
    at: starts(range),
    partial: fillingOf(range),
    total: spentOf(now),
    spent: { ...money(now.attempts.cost, had ? before.attempts.cost : undefined), spark: costSpark(attemptsByBucket) },
    saved: {
      ...money(totalSaved(now.calls.saved), had ? totalSaved(before.calls.saved) : undefined),
      savings: savingsOf(now.calls, now.attempts),
      spark: spark(range, log, callsByBucket, noCalls, ({ saved }) => Number(totalSaved(saved)) / 1e12)
    },
    per1k: {
      ...compared(per1kOf(now), had ? per1kOf(before) : undefined, (one, other) => one - other),
      spark: spark<{ readonly value: number | null }>(range, log, perThousand, { value: null }, ({ value }) => value)
    },
    unpriced: {
      ...compared(unpricedOf(now.calls), had ? unpricedOf(before.calls) : undefined, (one, other) => one - other),
      spark: spark(range, log, callsByBucket, noCalls, unpricedOf)
    },
    groups: listed.map((group) => ({
      key: group.key,
      ...spentOf(group),
      share: shareOf(group, now),
      spark: drawn.includes(group.key)
        ? costSpark(drawnByBucket.filter(({ key }) => key === group.key))
        : null
    })),
    rest: rest === undefined || isNothing(rest) ? null : {
      groups: groups.length - listed.length,
      ...spentOf(rest),
      share: shareOf(rest, now)
    },
    restSpark: restByBucket.some(({ cost }) => cost > 0n) ? costSpark(restByBucket) : null,
    firstAt: log.firstAt ?? null
  }
}

const money = (value: bigint, previous: bigint | undefined) => {
  const { delta, previous: before } = compared(value, previous, (one, other) => one - other)
  return {
    value: moneyOf(value),
    previous: before === null ? null : moneyOf(before),
    delta: delta === null ? null : moneyOf(delta)
  }
}

const unpricedOf = ({ calls, priced }: Calls): number => calls - priced

const per1kOf = ({ attempts, calls }: Pick<Both, "attempts" | "calls">): number | null =>
  share(moneyOf(attempts.cost).usd * 1000, calls.calls)

const perThousandOf = (calls: ReadonlyArray<Calls>, attempts: ReadonlyArray<Attempts>) => {
  const byStart = new Map(attempts.map(({ at, cost }) => [at, Number(cost) / 1e12]))
  return calls.map(({ at, calls }) => ({ at, value: share((byStart.get(at) ?? 0) * 1000, calls) }))
}

const shareOf = (part: Pick<Both, "attempts">, whole: Both): number | null =>
  share(moneyOf(part.attempts.cost).usd, moneyOf(whole.attempts.cost).usd)

const spentOf = (both: Pick<Both, "attempts" | "calls">) => ({
  calls: both.calls.calls,
  attempts: both.attempts.attempts,
  tokens: tokensOf(both.attempts),
  ...costsOf(both.attempts),
  saved: moneyOf(totalSaved(both.calls.saved)),
  per1k: per1kOf(both)
})

const isNothing = ({ attempts, calls }: Pick<Both, "attempts" | "calls">): boolean =>
  calls.calls === 0 && attempts.attempts === 0

/** What of a whole is in none of its parts. */
const less = (whole: Both, parts: ReadonlyArray<Both>): Pick<Both, "attempts" | "calls"> => {
  const left = (of: (both: Both) => number) => parts.reduce((left, part) => left - of(part), of(whole))
  const leftOf = (of: (both: Both) => bigint) => parts.reduce((left, part) => left - of(part), of(whole))
  return {
    attempts: {
      ...noAttempts,
      attempts: left(({ attempts }) => attempts.attempts),
      input: left(({ attempts }) => attempts.input),
      cachedInput: left(({ attempts }) => attempts.cachedInput),
      cacheWrite: left(({ attempts }) => attempts.cacheWrite),
      output: left(({ attempts }) => attempts.output),
      reasoning: left(({ attempts }) => attempts.reasoning),
      estimated: left(({ attempts }) => attempts.estimated),
      unknown: left(({ attempts }) => attempts.unknown),
      cost: leftOf(({ attempts }) => attempts.cost)
    },
    calls: {
      ...noCalls,
      calls: left(({ calls }) => calls.calls),
      // Only the sum is told.
      saved: { ...noCalls.saved, responseCache: leftOf(({ calls }) => totalSaved(calls.saved)) }
    }
  }
}

const withoutDrawn = (
  all: ReadonlyArray<Attempts>,
  drawn: ReadonlyArray<Attempts>
): ReadonlyArray<{ readonly at: number; readonly cost: bigint }> => {
  const byStart = new Map(all.map(({ at, cost }) => [at, cost]))
  for (const { at, cost } of drawn) byStart.set(at, (byStart.get(at) ?? 0n) - cost)
  return [...byStart].map(([at, cost]) => ({ at, cost }))
}

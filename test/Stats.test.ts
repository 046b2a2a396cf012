import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { type CallLog, type CallRecord, Stats } from "loom-router"
import { execFile } from "node:child_process"
import { existsSync, writeFileSync } from "node:fs"
import { promisify } from "node:util"
import { CurrentCallLog } from "../src/CallLog.ts"
import type * as Figures from "../src/Figures.ts"
import { makeSegments } from "../src/storage/segments.ts"
import * as Distribution from "../src/storage/stats/distribution.ts"
import * as Source from "../src/storage/stats/source.ts"
import { connect, tempPath, withLog } from "./storage/files.ts"
import { recordsOf, variedOf } from "./storage/records.ts"

type Record = CallRecord.CallRecord
type Attempt = Record["attempts"][number]

/** Otherwise one range of many calls is enough. */
const isFull = process.env["LOOM_TEST"] === "full"

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const now = Date.now()

/** Writes records, however old, and closes the log. */
const keep = (path: string, records: ReadonlyArray<Record>) =>
  Effect.gen(function*() {
    const log = yield* CurrentCallLog
    for (const [n, record] of records.entries()) {
      if (n % 5000 === 4999) yield* log.flush
      log.offer(record)
    }
    yield* log.flush
  }).pipe(withLog(path, { retention: { maxAge: "1000 days" } }))

/** Runs an effect that asks for the figures of a log, at a time. */
const asking = (path: string, at = now) => <A, E>(effect: Effect.Effect<A, E, Stats.Stats>) =>
  Effect.andThen(TestClock.setTime(at), effect).pipe(Effect.provide(Layer.fresh(Stats.layer({ path }))))

/* What follows adds up records by the definitions of the figures, without SQL and without roll-ups. */

const endOf = ({ startedAt, timing }: Record) => Math.floor(startedAt + timing.total)
const sumOf = <A>(all: ReadonlyArray<A>, of: (one: A) => number | undefined) =>
  all.reduce((sum, one) => sum + (of(one) ?? 0), 0)
const picosOf = <A>(all: ReadonlyArray<A>, of: (one: A) => number | undefined) =>
  all.reduce((sum, one) => sum + BigInt(of(one) ?? 0), 0n)
const isPriced = ({ attempts, outcome, saved }: Record) =>
  attempts.every(({ billed, cost }) => billed === "no" || cost?.picoUsd !== undefined) &&
  (outcome !== "ok" || saved !== undefined)
const attemptsOf = (records: ReadonlyArray<Record>) => records.flatMap(({ attempts }) => attempts)
const isSame = (a: Attempt, b: Attempt) =>
  a.provider === b.provider && a.asked === b.asked && a.candidate === b.candidate
const retriesOf = ({ attempts }: Record) => attempts.filter((it, n) => n > 0 && isSame(it, attempts[n - 1]!)).length
const failoversOf = ({ attempts }: Record) => attempts.filter((it, n) => n > 0 && !isSame(it, attempts[n - 1]!)).length
const nearestRank = (values: ReadonlyArray<number>, q: number) =>
  [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(values.length * q) - 1)] ?? null
const isError = ({ outcome }: Record) => outcome !== "ok" && outcome !== "interrupted"
const totalsOf = (records: ReadonlyArray<Record>) => records.filter(({ outcome }) => outcome === "ok")
const upstream = (records: ReadonlyArray<Record>) =>
  totalsOf(records).filter(({ cache }) => cache === "miss").map(({ timing }) => timing.total)
const mechanisms = ["responseCache", "coalescing", "promptCache", "routing", "batch"] as const

const hitRateOf = (records: ReadonlyArray<Record>) => {
  const hits = records.filter(({ cache, cacheable }) => cacheable && cache === "hit").length
  const misses = records.filter(({ cache, cacheable }) => cacheable && cache === "miss").length
  return { hits, misses, rate: hits + misses === 0 ? null : hits / (hits + misses) }
}

const savingsOf = (records: ReadonlyArray<Record>) => {
  const priced = records.filter(isPriced)
  const actual = picosOf(attemptsOf(priced), ({ cost }) => cost?.picoUsd)
  const parts = mechanisms.map((name) => picosOf(priced, ({ saved }) => saved?.[name]))
  const saved = parts.reduce((sum, part) => sum + part, 0n)
  return { actual, parts, saved, baseline: actual + saved, priced: priced.length }
}

const tokensOf = (attempts: ReadonlyArray<Attempt>) => ({
  total: sumOf(attempts, ({ usage }) => usage?.totalTokens),
  input: sumOf(attempts, ({ usage }) => (usage?.inputUncached ?? 0) + (usage?.audioInput ?? 0)),
  cachedInput: sumOf(attempts, ({ usage }) => usage?.cacheRead),
  cacheWrite: sumOf(attempts, ({ usage }) => sumOf(Object.values(usage?.cacheWrite ?? {}), (n) => n)),
  output: sumOf(attempts, ({ usage }) => usage?.outputText),
  reasoning: sumOf(attempts, ({ usage }) => usage?.outputReasoning)
})

const groupsOf = <A>(all: ReadonlyArray<A>, keysOf: (one: A) => ReadonlyArray<string>) => {
  const groups = new Map<string, Array<A>>()
  for (const one of all) {
    for (const key of keysOf(one)) groups.set(key, [...groups.get(key) ?? [], one])
  }
  return groups
}

const picos = ({ picoUsd }: Figures.Money) => BigInt(picoUsd)

/** Equal where the figure is exact, else within 2 %. */
const near = (found: number | null, expected: number | null, isExact: boolean, what: string) => {
  if (isExact || expected === null || found === null) return assert.strictEqual(found, expected, what)
  assert.closeTo(found, expected, expected * 0.02, what)
}

const buckets = {
  "15m": [10 * second, 90],
  "1h": [30 * second, 120],
  "24h": [10 * minute, 144],
  "7d": [hour, 168],
  "30d": [6 * hour, 120]
} as const

const within = (records: ReadonlyArray<Record>, since: number, until: number) =>
  records.filter((record) => endOf(record) >= since && endOf(record) < until)

const checkSavings = (found: Figures.Overview["workload"]["savings"], records: ReadonlyArray<Record>) => {
  const expected = savingsOf(records)
  assert.deepStrictEqual(mechanisms.map((name) => picos(found.parts[name])), expected.parts)
  assert.strictEqual(picos(found.saved), expected.saved)
  assert.strictEqual(picos(found.actual), expected.actual)
  assert.strictEqual(picos(found.baseline), picos(found.actual) + picos(found.saved))
  assert.strictEqual(
    picos(found.saved),
    mechanisms.reduce((sum, name) => sum + picos(found.parts[name]), 0n)
  )
  assert.deepStrictEqual([found.priced, found.unpriced], [expected.priced, records.length - expected.priced])
}

/** Everything of an overview that is about its range. */
const checkOverview = (found: Figures.Overview, all: ReadonlyArray<Record>, everyCall = all) => {
  const { range } = found
  const records = within(all, range.since, range.until)
  const before = within(all, range.previous.since, range.previous.until)
  const had = before.length > 0
  const errors = records.filter(isError)
  const interrupted = records.filter(({ outcome }) => outcome === "interrupted")
  assert.deepStrictEqual(found.calls, {
    total: records.length,
    ok: records.length - errors.length - interrupted.length,
    errors: errors.length,
    interrupted: interrupted.length
  })
  const first = Math.min(...everyCall.map(endOf))
  assert.strictEqual(found.firstAt, first)
  assert.strictEqual(found.lastAt, Math.max(...everyCall.map(endOf)))
  const minutesOf = (since: number, until: number) =>
    Math.max(1, (until - Math.min(until, Math.max(since, first))) / minute)
  const rate = records.length / minutesOf(range.since, Math.min(range.now, range.until))
  const rateBefore = had ? before.length / minutesOf(range.previous.since, range.previous.until) : null
  assert.strictEqual(found.requestsPerMinute.value, rate)
  assert.strictEqual(found.requestsPerMinute.previous, rateBefore)
  assert.strictEqual(found.requestsPerMinute.delta, rateBefore === null ? null : rate / rateBefore - 1)
  const lastMinute = Math.floor(range.now / minute) * minute
  assert.strictEqual(found.requestsPerMinute.now, within(all, lastMinute - minute, lastMinute).length)

  for (
    const [figure, of] of [
      [found.latency, upstream],
      [found.latencyWithCached, (records: ReadonlyArray<Record>) => totalsOf(records).map(({ timing }) => timing.total)]
    ] as const
  ) {
    near(figure.value, nearestRank(of(records), 0.95), figure.isExact, "p95")
    near(figure.previous, had ? nearestRank(of(before), 0.95) : null, figure.isExact, "p95 before")
    if (figure.value !== null && figure.previous !== null) {
      assert.strictEqual(figure.delta, figure.value - figure.previous)
    } else assert.isNull(figure.delta)
  }

  const { hits, misses, rate: hitRate } = hitRateOf(records)
  const hitRateBefore = had ? hitRateOf(before).rate : null
  assert.deepInclude(found.hitRate, {
    hits,
    misses,
    coalesced: records.filter(({ cache }) => cache === "coalesced").length,
    value: hitRate,
    previous: hitRateBefore,
    delta: hitRate === null || hitRateBefore === null ? null : hitRate - hitRateBefore
  })

  checkSavings(found.saved.savings, records)
  const { value } = found.saved
  assert.strictEqual(value === null ? null : picos(value), savingsOf(records).saved)
  const { delta } = found.saved
  assert.strictEqual(
    delta === null ? null : picos(delta),
    had ? savingsOf(records).saved - savingsOf(before).saved : null
  )
  assert.strictEqual(picos(found.saved.spent), picosOf(attemptsOf(records), ({ cost }) => cost?.picoUsd))

  const byProvider = groupsOf(attemptsOf(records), ({ provider }) => [provider])
  assert.strictEqual(found.activeProviders, byProvider.size)
  const tokens = [...byProvider].map(([provider, attempts]) => Object.assign(tokensOf(attempts), { provider }))
    .filter(({ total }) => total > 0).sort((a, b) => b.total - a.total)
  const total = sumOf(tokens, ({ total }) => total)
  assert.deepStrictEqual(found.tokens.providers, tokens.map((one) => Object.assign(one, { share: one.total / total })))
  assert.strictEqual(found.tokens.total, total)
  const month = within(all, found.workload.since, found.workload.until + 1)
  assert.isAtMost(Math.abs(found.workload.since - (range.now - 30 * day)), hour)
  checkSavings(found.workload.savings, month)
}

const checkPoints = (
  points: Figures.Series["all"]["points"],
  { bucket, now, since }: Figures.Range,
  at: ReadonlyArray<number>,
  records: ReadonlyArray<Record>,
  attempts: ReadonlyArray<readonly [ended: number, attempt: Attempt]>,
  first: number,
  isExact: boolean
) => {
  const inBucket = groupsOf(records, (record) => [String(Math.floor((endOf(record) - since) / bucket))])
  const attemptsIn = groupsOf(attempts, ([ended]) => [String(Math.floor((ended - since) / bucket))])
  at.forEach((start, n) => {
    const own = inBucket.get(String(n)) ?? []
    const asked = (attemptsIn.get(String(n)) ?? []).map(([, attempt]) => attempt)
    const isGap = start + bucket <= first || start > now
    const is = (found: number | null | undefined, expected: number) =>
      assert.strictEqual(found, isGap ? null : expected)
    is(points.calls[n], own.length)
    is(points.ok[n], totalsOf(own).length)
    is(points.errors[n], own.filter(isError).length)
    is(points.interrupted[n], own.filter(({ outcome }) => outcome === "interrupted").length)
    is(points.retries[n], sumOf(own, retriesOf))
    is(points.failovers[n], sumOf(own, failoversOf))
    is(points.hits[n], hitRateOf(own).hits)
    is(points.misses[n], hitRateOf(own).misses)
    is(points.coalesced[n], own.filter(({ cache }) => cache === "coalesced").length)
    is(points.tokens[n], tokensOf(asked).total)
    is(points.cost[n], Number(picosOf(asked, ({ cost }) => cost?.picoUsd)) / 1e12)
    is(points.saved[n], Number(savingsOf(own).saved) / 1e12)
    near(points.p50[n] ?? null, nearestRank(upstream(own), 0.5), isExact, "p50")
    near(points.p95[n] ?? null, nearestRank(upstream(own), 0.95), isExact, "p95")
    near(points.p99[n] ?? null, nearestRank(upstream(own), 0.99), isExact, "p99")
    const firstTokens = own.filter(({ cache, outcome }) => outcome === "ok" && cache === "miss").flatMap(({ timing }) =>
      timing.firstToken ?? []
    )
    near(points.firstTokenP95[n] ?? null, nearestRank(firstTokens, 0.95), isExact, "first token")
  })
}

const checkTotals = (
  found: Figures.Series["all"]["totals"],
  records: ReadonlyArray<Record>,
  attempts: ReadonlyArray<Attempt>
) => {
  assert.deepInclude(found, {
    calls: records.length,
    ok: totalsOf(records).length,
    errors: records.filter(isError).length,
    retries: sumOf(records, retriesOf),
    failovers: sumOf(records, failoversOf),
    tokens: tokensOf(attempts),
    unpriced: records.filter((record) => !isPriced(record)).length
  })
  assert.strictEqual(picos(found.cost), picosOf(attempts, ({ cost }) => cost?.picoUsd))
  assert.strictEqual(picos(found.saved), savingsOf(records).saved)
  near(found.p50, nearestRank(upstream(records), 0.5), found.isExact, "p50")
  near(found.p99, nearestRank(upstream(records), 0.99), found.isExact, "p99")
}

const checkSeries = (found: Figures.Series, all: ReadonlyArray<Record>, everyCall = all) => {
  const { at, range } = found
  const first = Math.min(...everyCall.map(endOf))
  const records = within(all, range.since, range.until)
  const isExact = records.length < 10_000 && found.all.totals.isExact
  assert.deepStrictEqual(at, Array.from({ length: range.buckets }, (_, n) => range.since + n * range.bucket))
  const attempts = records.flatMap((record) => record.attempts.map((attempt) => [endOf(record), attempt] as const))
  checkTotals(found.all.totals, records, attemptsOf(records))
  checkPoints(found.all.points, range, at, records, attempts, first, isExact)
  if (found.by === "none") return
  const keyOf = ({ model, provider }: { readonly provider: string; readonly model: string }) =>
    found.by === "provider" ? provider : `${provider}/${model}`
  const byKey = groupsOf(records, (record) => [keyOf(record)])
  const keys = new Set([...byKey.keys(), ...attempts.map(([, attempt]) => keyOf(attempt))])
  assert.strictEqual(found.groups.length + found.otherGroups, keys.size)
  assert.deepStrictEqual(
    found.groups.map(({ totals }) => totals.calls),
    [...keys].map((key) => byKey.get(key)?.length ?? 0).sort((a, b) => b - a).slice(0, found.groups.length)
  )
  for (const { key, points, totals } of found.groups) {
    const own = byKey.get(key) ?? []
    const asked = attempts.filter(([, attempt]) => keyOf(attempt) === key)
    checkTotals(totals, own, asked.map(([, attempt]) => attempt))
    checkPoints(points, range, at, own, asked, first, isExact)
  }
}

const statusOf = (attempts: ReadonlyArray<Attempt>) => {
  const unknown = attempts.filter(({ billed, cost }) => billed !== "no" && cost?.picoUsd === undefined).length
  const estimated = attempts.filter(({ cost }) => cost?.status === "estimated").length
  const known = picosOf(attempts, ({ cost }) => cost?.picoUsd)
  return {
    unknown,
    estimated,
    costStatus: unknown > 0 ? known > 0n ? "partial" : "unknown" : estimated > 0 ? "estimated" : "measured"
  } as const
}

/** Some vendors don't say what was used: then it is counted here, and the cost is an estimate. */
const estimatedAtTimes = (record: Record, n: number): Record =>
  n % 7 > 0 || record.attempts.length === 0 ? record : {
    ...record,
    attempts: record.attempts.map((attempt) =>
      attempt.cost?.picoUsd === undefined ? attempt : { ...attempt, cost: { ...attempt.cost, status: "estimated" } }
    )
  }

const checkSpending = (found: Figures.Spending, all: ReadonlyArray<Record>, everyCall = all) => {
  const { at, by, range, tagKey } = found
  const records = within(all, range.since, range.until)
  const before = within(all, range.previous.since, range.previous.until)
  const had = before.length > 0
  const costOf = (attempts: ReadonlyArray<Attempt>) => picosOf(attempts, ({ cost }) => cost?.picoUsd)
  const check = (
    found: Omit<Figures.Spending["total"], "per1k"> & { readonly per1k: number | null },
    records: ReadonlyArray<Record>,
    attempts: ReadonlyArray<Attempt>
  ) => {
    assert.deepInclude(found, {
      calls: records.length,
      attempts: attempts.length,
      tokens: tokensOf(attempts),
      ...statusOf(attempts)
    })
    assert.strictEqual(picos(found.cost), costOf(attempts))
    assert.strictEqual(picos(found.saved), savingsOf(records).saved)
    assert.strictEqual(found.per1k, records.length === 0 ? null : found.cost.usd * 1000 / records.length)
  }
  check(found.total, records, attemptsOf(records))
  assert.isAbove(found.total.unknown, 0)
  assert.isAbove(found.total.estimated, 0)
  checkSavings(found.saved.savings, records)
  for (
    const [{ delta, previous, value }, of] of [
      [found.spent, (records: ReadonlyArray<Record>) => costOf(attemptsOf(records))],
      [found.saved, (records: ReadonlyArray<Record>) => savingsOf(records).saved]
    ] as const
  ) {
    assert.strictEqual(value === null ? null : picos(value), of(records))
    assert.strictEqual(previous === null ? null : picos(previous), had ? of(before) : null)
    assert.strictEqual(delta === null ? null : picos(delta), had ? of(records) - of(before) : null)
  }
  const unpriced = (records: ReadonlyArray<Record>) => records.filter((record) => !isPriced(record)).length
  assert.deepInclude(found.unpriced, {
    value: unpriced(records),
    previous: had ? unpriced(before) : null,
    delta: had ? unpriced(records) - unpriced(before) : null
  })

  const first = Math.min(...everyCall.map(endOf))
  const bucketOf = (record: Record) => Math.floor((endOf(record) - range.since) / range.bucket)
  const drawn = (
    spark: ReadonlyArray<number | null>,
    value: (bucket: ReadonlyArray<Record>) => number | null
  ) => {
    const inBucket = Map.groupBy(records, bucketOf)
    assert.deepStrictEqual(
      spark,
      at.map((start, n) => start + range.bucket <= first || start > range.now ? null : value(inBucket.get(n) ?? []))
    )
  }
  const usd = (pico: bigint) => Number(pico) / 1e12
  drawn(found.spent.spark, (records) => usd(costOf(attemptsOf(records))))
  drawn(found.saved.spark, (records) => usd(savingsOf(records).saved))
  drawn(found.unpriced.spark, unpriced)
  drawn(
    found.per1k.spark,
    (records) => records.length === 0 ? null : usd(costOf(attemptsOf(records))) * 1000 / records.length
  )

  const nameOf = ({ model, provider }: { readonly provider: string; readonly model: string }) =>
    by === "provider" ? provider : `${provider}/${model}`
  const tagOf = ({ tags }: Record) =>
    tagKey !== null && tags[tagKey] !== undefined ? `${tagKey}:${tags[tagKey]}` : undefined
  const callsIn = (key: string) => records.filter((record) => key === (by === "tag" ? tagOf(record) : nameOf(record)))
  const attemptsIn = (records: ReadonlyArray<Record>, key: string) =>
    by === "tag"
      ? attemptsOf(records.filter((record) => tagOf(record) === key))
      : attemptsOf(records).filter((attempt) => nameOf(attempt) === key)
  const keys = new Set(
    by === "tag"
      ? records.flatMap((record) => tagOf(record) ?? [])
      : [...records, ...attemptsOf(records)].map(nameOf)
  )
  assert.strictEqual(found.groups.length, Math.min(200, keys.size))
  assert.strictEqual(new Set(found.groups.map(({ key }) => key)).size, found.groups.length)
  const whole = found.total.cost.usd
  for (const [n, { key, share, spark, ...group }] of found.groups.entries()) {
    assert.isTrue(keys.has(key))
    check(group, callsIn(key), attemptsIn(records, key))
    assert.strictEqual(share, group.cost.usd / whole)
    assert.isTrue(n === 0 || picos(group.cost) <= picos(found.groups[n - 1]!.cost))
    assert.strictEqual(spark === null, n >= 8 || picos(group.cost) === 0n)
    if (spark !== null) drawn(spark, (records) => usd(costOf(attemptsIn(records, key))))
  }
  const shown = found.groups.map(({ key }) => key)
  const others = records.filter((record) => by === "tag" && !shown.includes(tagOf(record) ?? "none"))
  if (others.length === 0) assert.isNull(found.rest)
  else {
    const { groups, share: _, ...rest } = found.rest!
    assert.strictEqual(groups, keys.size - shown.length)
    check(rest, others, attemptsOf(others))
  }
  const inSight = found.groups.filter(({ spark }) => spark !== null).map(({ key }) => key)
  const outOfSight = (records: ReadonlyArray<Record>) =>
    costOf(attemptsOf(records)) - inSight.reduce((sum, key) => sum + costOf(attemptsIn(records, key)), 0n)
  if (outOfSight(records) === 0n) assert.isNull(found.restSpark)
  else drawn(found.restSpark!, (records) => usd(outOfSight(records)))
}

const filters: ReadonlyArray<readonly [CallLog.Filters, (record: Record) => boolean]> = [
  [{ provider: "openai" }, ({ provider }) => provider === "openai"],
  [{ provider: "openai", model: "gpt-4o" }, ({ model }) => model === "gpt-4o"],
  [{ route: "cheap" }, ({ route }) => route === "cheap"],
  [{ status: "ok" }, ({ outcome }) => outcome === "ok"],
  [{ status: "error" }, isError],
  [{ status: "interrupted" }, ({ outcome }) => outcome === "interrupted"],
  [{ status: "retry" }, (record) => retriesOf(record) > 0],
  [{ status: "failover" }, (record) => failoversOf(record) > 0],
  [{ outcome: "RateLimited" }, ({ outcome }) => outcome === "RateLimited"],
  [{ cached: true }, ({ cache }) => cache !== "miss"],
  [{ cached: false, failed: true }, ({ cache, outcome }) => cache === "miss" && outcome !== "ok"],
  [{ tag: { key: "tenant", value: "acme" } }, ({ tags }) => tags["tenant"] === "acme"],
  [{ minMillis: 2000 }, ({ timing }) => timing.total >= 2000],
  [{ minPicoUsd: 4e8 }, ({ attempts }) => picosOf(attempts, ({ cost }) => cost?.picoUsd) >= 400_000_000n],
  [{ text: "HAIKU", provider: "anthropic" }, ({ model }) => model.includes("haiku")]
]

describe("Stats", () => {
  it.effect.each(["15m", "1h", "24h", "7d", "30d"] as const)(
    "adds up few calls exactly, over %s",
    (range) =>
      Effect.gen(function*() {
        const path = yield* tempPath
        const [bucket, count] = buckets[range]
        const length = bucket * count
        const records = [1, 2].flatMap((seed) =>
          variedOf(seed, now - 2 * length, now + 1, 500).map((record) =>
            Object.assign(record, { id: `${seed}-${record.id}` })
          )
        )
        yield* keep(path, records)
        yield* Effect.gen(function*() {
          const overview = yield* Stats.overview({ range })
          assert.deepInclude(overview.range, { name: range, bucket, buckets: count, now })
          assert.strictEqual(overview.range.until - overview.range.since, length)
          assert.isTrue(overview.range.until > now && overview.range.until - now <= bucket)
          assert.isTrue(overview.latency.isExact)
          checkOverview(overview, records)
          checkSeries(yield* Stats.series({ range, by: "model" }), records)
        }).pipe(asking(path))
      })
  )

  it.effect.each(isFull ? (["1h", "24h"] as const) : (["1h"] as const))(
    "adds up many calls from their roll-ups, over %s",
    (range) =>
      Effect.gen(function*() {
        const path = yield* tempPath
        const [bucket, count] = buckets[range]
        const records = variedOf(7, now - 2 * bucket * count, now + 1, 22_000)
        yield* keep(path, records)
        yield* Effect.gen(function*() {
          const overview = yield* Stats.overview({ range })
          assert.isFalse(overview.latency.isExact)
          checkOverview(overview, records)
          checkSeries(yield* Stats.series({ range, by: "provider" }), records)
          for (const [filter, passes] of filters) {
            const selected = records.filter(passes)
            checkOverview(yield* Stats.overview({ range, filters: filter }), selected, records)
          }
        }).pipe(asking(path))
      }),
    60_000
  )

  it.effect("selects calls by every filter, alike in figures, groups and pages", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const records = variedOf(11, now - 30 * minute, now + 1, 800)
      yield* keep(path, records)
      yield* Effect.gen(function*() {
        for (const [filter, passes] of filters) {
          const selected = records.filter(passes)
          const asked = { range: "1h", filters: filter } as const
          assert.isAbove(selected.length, 0, JSON.stringify(filter))
          checkOverview(yield* Stats.overview(asked), selected, records)
          checkSeries(yield* Stats.series({ ...asked, by: "provider", top: 2 }), selected, records)
          const ids: Array<string> = []
          let cursor: string | undefined
          do {
            const page = yield* Stats.requests({ ...asked, cursor, limit: 200 })
            ids.push(...page.rows.map(({ id }) => id))
            assert.strictEqual(page.lastSeq, 800)
            cursor = page.next ?? undefined
          } while (cursor !== undefined)
          assert.deepStrictEqual([...ids].sort(), selected.map(({ id }) => id).sort(), JSON.stringify(filter))
        }
      }).pipe(asking(path))
    }))

  it.effect("breaks figures down by provider, model and tag", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const records = variedOf(13, now - 50 * minute, now + 1, 1200)
      yield* keep(path, records)
      yield* Effect.gen(function*() {
        for (const by of ["provider", "model", "tag"] as const) {
          const found = yield* Stats.breakdown({ range: "1h", by })
          const own = within(records, found.range.since, found.range.until)
          checkTotals(found.total, own, attemptsOf(own))
          const tagsOf = ({ tags }: Record) => Object.entries(tags).map(([key, value]) => `${key}:${value}`)
          const keyOf = ({ model, provider }: { readonly provider: string; readonly model: string }) =>
            by === "provider" ? provider : `${provider}/${model}`
          const calls = groupsOf(own, (record) => by === "tag" ? tagsOf(record) : [keyOf(record)])
          const asked = by === "tag"
            ? new Map([...calls].map(([key, records]) => [key, attemptsOf(records)]))
            : groupsOf(attemptsOf(own), (attempt) => [keyOf(attempt)])
          const keys = new Set([...calls.keys(), ...asked.keys()])
          assert.strictEqual(found.groups.length + found.otherGroups, keys.size)
          const costs = found.groups.map(({ totals }) => picos(totals.cost))
          assert.isTrue(costs.every((cost, n) => n === 0 || cost <= costs[n - 1]!))
          for (const { key, per1k, share, totals } of found.groups) {
            checkTotals(totals, calls.get(key) ?? [], asked.get(key) ?? [])
            assert.strictEqual(share, totals.cost.usd / found.total.cost.usd)
            assert.strictEqual(per1k, totals.calls === 0 ? null : totals.cost.usd * 1000 / totals.calls)
          }
        }
      }).pipe(asking(path))
    }))

  it.effect.each([[1, "1h", 1400], [2, "24h", 11_000]] as const)(
    "tells what was spent, on whom and when, seed %i over %s",
    ([seed, range, count]) =>
      Effect.gen(function*() {
        const path = yield* tempPath
        const [bucket, length] = buckets[range]
        const records = variedOf(seed + 30, now - 2 * bucket * length, now + 1, count).map(estimatedAtTimes)
        yield* keep(path, records)
        yield* Effect.gen(function*() {
          for (const [by, tagKey] of [["provider"], ["model"], ["tag", "tenant"], ["tag", "session"]] as const) {
            checkSpending(yield* Stats.spending({ range, by, tagKey }), records)
          }
          const [filter, passes] = filters[1]!
          checkSpending(
            yield* Stats.spending({ range, by: "model", filters: filter }),
            records.filter(passes),
            records
          )
          // In several groups at once, nothing is left over.
          const { groups, rest, restSpark } = yield* Stats.spending({ range, by: "tag" })
          assert.isTrue(groups.some(({ key }) => key.startsWith("session:")))
          assert.isTrue(groups.some(({ key }) => key.startsWith("tenant:")))
          assert.deepStrictEqual([rest, restSpark], [null, null])
          assert.isTrue(groups.every(({ spark }) => spark === null))
          const few = yield* Stats.spending({ range, by: "model", limit: 2 })
          assert.strictEqual(few.groups.length, 2)
          assert.strictEqual(
            few.rest?.groups,
            new Set(
              attemptsOf(within(records, few.range.since, few.range.until))
                .map(({ model, provider }) => `${provider}/${model}`)
            ).size - 2
          )
        }).pipe(asking(path))
      }),
    60_000
  )

  it.effect("tells every call that passes, once, newest first, however many come meanwhile", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const records = variedOf(41, now - 30 * minute, now + 1, 1700)
      yield* keep(path, records)
      yield* Effect.gen(function*() {
        for (const [filter, passes] of [[{}, () => true] as const, ...filters]) {
          const rows = yield* Stream.runCollect(Stats.everyRequest({ range: "1h", filters: filter }))
          const expected = records.filter(passes).toSorted((a, b) => endOf(b) - endOf(a))
          assert.deepStrictEqual(rows.map(({ endedAt }) => endedAt), expected.map(endOf))
          assert.deepStrictEqual(rows.map(({ id }) => id).toSorted(), expected.map(({ id }) => id).toSorted())
        }
        const seen: Array<string> = []
        yield* Stream.runForEach(Stats.everyRequest({ range: "1h" }), ({ id }) => {
          seen.push(id)
          return seen.length === 1
            ? keep(
              path,
              variedOf(42, now - 20 * minute, now - minute, 50).map((it) => Object.assign(it, { id: `late-${it.id}` }))
            )
            : Effect.void
        })
        assert.strictEqual(new Set(seen).size, seen.length)
        assert.strictEqual(seen.filter((id) => !id.startsWith("late-")).length, records.length)
      }).pipe(asking(path))
    }))

  it.effect("adds up to the last picodollar what no number of SQLite's holds", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const dear = Number.MAX_SAFE_INTEGER
      const one = variedOf(1, now - minute, now, 50).find(({ attempts, saved }) =>
        saved !== undefined && attempts.length === 1 && attempts[0]?.cost?.picoUsd !== undefined
      )!
      const attempt = { ...one.attempts[0]!, cost: { ...one.attempts[0]!.cost!, picoUsd: dear } }
      const records = Array.from({ length: 1500 }, (_, n): Record => ({
        ...one,
        id: `dear-${n}`,
        // No hour of one model may cost more than 9.2 million dollars.
        startedAt: now - 6 * day + n * 5 * minute,
        attempts: [attempt],
        saved: { ...one.saved!, promptCache: -dear + n, responseCache: dear, batch: n }
      }))
      yield* keep(path, records)
      const { saved } = yield* asking(path)(Stats.overview({ range: "7d" }))
      assert.strictEqual(picos(saved.spent), BigInt(dear) * 1500n)
      assert.isTrue(picos(saved.spent) > 2n ** 63n)
      checkSavings(saved.savings, records)
    }))

  it.effect("leaves a gap before the first call and after now, and shows zero in between", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const at = Math.floor(now / minute) * minute + 5 * second
      const record = recordsOf(1, 0)
      yield* keep(
        path,
        [at - 5 * minute, at - minute].map((startedAt, n) =>
          Object.assign(record(n), {
            startedAt,
            timing: { total: 0, firstToken: undefined, overhead: 0 }
          })
        )
      )
      const { at: starts, all: { points }, partial } = yield* asking(path, at)(Stats.series({ range: "15m" }))
      const known = starts.map((start, n) => [start, points.calls[n]] as const)
      const firstBucket = Math.floor((at - 5 * minute) / (10 * second)) * 10 * second
      for (const [start, calls] of known) {
        if (start < firstBucket || start > at) assert.isNull(calls)
        else assert.strictEqual(calls, start === firstBucket || start === firstBucket + 4 * minute ? 1 : 0)
      }
      assert.strictEqual(partial, starts.findLastIndex((start) => start <= at))
    }))

  it.effect.each([1, 11_000])(
    "leaves %i rows of a batch out of how long answers take, and of nothing else",
    (count) =>
      Effect.gen(function*() {
        const path = yield* tempPath
        const template = variedOf(3, now - minute, now, 50)
          .find(({ cache, outcome }) => outcome === "ok" && cache === "miss")!
        const attempt = template.attempts.at(-1)!
        const record = (id: string, operation: "generate" | "batch", total: number): Record => ({
          ...template,
          id,
          operation,
          startedAt: now - second - total,
          timing: { total, firstToken: undefined, overhead: 0 },
          attempts: [{ ...attempt, duration: total, outcome: "ok" }]
        })
        yield* keep(path, [
          record("call", "generate", 100),
          ...Array.from({ length: count }, (_, n) => record(`row-${n}`, "batch", 12 * 60 * minute))
        ])
        yield* Effect.gen(function*() {
          const { latency, latencyWithCached, saved } = yield* Stats.overview({ range: "1h" })
          assert.strictEqual(latency.isExact, count === 1)
          assert.closeTo(latency.value ?? 0, 100, 2)
          assert.closeTo(latencyWithCached.value ?? 0, 100, 2)
          const spent = BigInt(attempt.cost?.picoUsd ?? 0)
          assert.strictEqual(picos(saved.spent), spent * BigInt(count + 1))
          const [provider] = (yield* Stats.providers({ range: "1h" })).providers
          assert.closeTo(provider?.latency.p95 ?? 0, 100, 2)
        }).pipe(asking(path))
      })
  )

  it.effect("takes any other range, in 240 buckets at most", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const records = variedOf(3, now - 9 * day, now + 1, 3000)
      yield* keep(path, records)
      yield* Effect.gen(function*() {
        for (
          const [since, until] of [[now - 8 * day, now - 2 * day], [now - 17 * minute, now], [now - day, now + day]]
        ) {
          const series = yield* Stats.series({ range: { since: since!, until } })
          const { range } = series
          assert.isAtMost(range.buckets, 240)
          assert.isAbove(range.buckets, 20)
          assert.strictEqual(range.name, "custom")
          assert.isTrue(range.since <= since! && range.since > since! - range.bucket)
          assert.isTrue(range.until >= Math.min(until!, now))
          checkSeries(series, records)
          checkOverview(yield* Stats.overview({ range: { since: since!, until } }), records)
        }
        assert.isAtMost((yield* Stats.series({ range: { since: 0 } })).range.buckets, 240)
        assert.strictEqual((yield* Stats.series({ range: { since: now, until: now - day } })).range.buckets, 1)
      }).pipe(asking(path))
    }))

  it.effect("tells how providers do, by the last 5 minutes", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const at = Math.floor(now / minute) * minute
      const [template] = variedOf(1, 0, 1, 50).find(({ attempts }) => attempts.length > 0)!.attempts
      let n = 0
      const calls = (provider: string, count: number, ago: number, rest: Partial<Attempt>) =>
        Array.from({ length: count }, (): Record => ({
          ...recordsOf(1, 0)(n++),
          id: `${n}`,
          startedAt: at - ago,
          timing: { total: 0, firstToken: undefined, overhead: 0 },
          provider,
          model: "ada",
          attempts: [{ ...template!, provider, model: "ada", outcome: "ok", duration: 100, ...rest }]
        }))
      const records = [
        ...calls("healthy", 99, minute, {}),
        ...calls("healthy", 1, minute, { outcome: "Overloaded" }),
        ...calls("healthy", 50, minute, { outcome: "InvalidRequest" }),
        ...calls("slow", 10, minute, { duration: 200 }),
        ...calls("slow", 190, hour, {}),
        ...calls("unsteady", 95, minute, {}),
        ...calls("unsteady", 5, minute, { outcome: "Timeout" }),
        ...calls("failing", 9, minute, {}),
        ...calls("failing", 1, minute, { outcome: "KeyRefused" }),
        ...calls("idle", 3, 10 * minute, {}),
        ...calls("open", 3, minute, {}),
        ...calls("tried", 3, minute, {}),
        ...calls("forgotten", 3, 40 * day, {})
      ]
      yield* Effect.gen(function*() {
        const log = yield* CurrentCallLog
        for (const record of records) log.offer(record)
        const opened = { at: at - 2 * minute, key: "", from: "closed", to: "open", why: "5 failures" } as const
        log.offerTransition({ ...opened, provider: "open", until: at + minute })
        log.offerTransition({ ...opened, provider: "open", key: "other", to: "closed", until: undefined })
        log.offerTransition({ ...opened, provider: "tried", until: at - minute })
        yield* log.flush
      }).pipe(withLog(path, { retention: { maxAge: "1000 days" } }))
      const { health, incidents } = yield* asking(path, at)(Stats.overview())
      const states = Object.fromEntries(health.map(({ provider, state }) => [provider, state]))
      assert.deepStrictEqual(states, {
        healthy: "healthy",
        slow: "slow",
        unsteady: "unsteady",
        failing: "failing",
        idle: "idle",
        open: "failing",
        tried: "healthy"
      })
      const of = (name: string) => health.find(({ provider }) => provider === name)
      assert.deepInclude(of("healthy"), { attempts: 150, errors: 1, errorRate: 1 / 150, p95: 100, p95Day: 100 })
      assert.deepInclude(of("slow"), { attempts: 10, p95: 200, p95Day: 100 })
      assert.deepInclude(of("idle"), { attempts: 0, errorRate: null, p95: null, lastAt: at - 10 * minute })
      assert.deepStrictEqual(of("open")?.circuit, {
        state: "open",
        since: at - 2 * minute,
        until: at + minute,
        why: "5 failures"
      })
      assert.strictEqual(of("tried")?.circuit.state, "half-open")
      assert.deepStrictEqual(
        incidents.recent.filter(({ kind }) => kind === "circuit").map(({ cause, provider }) => [provider, cause].join())
          .sort(),
        ["open,closed", "open,open", "tried,open"]
      )
    }))

  it.effect("tells of retries, failovers and failures, with their cause and how long they waited", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const [template] = variedOf(1, 0, 1, 50).find(({ attempts }) => attempts.length > 0)!.attempts
      const plain = { ...recordsOf(1, 0)(0), cache: "miss", outcome: "ok", error: undefined, tags: {} } as const
      const limited = { ...template!, outcome: "RateLimited", status: 429, why: "too many", billed: "no" } as const
      const record = (id: string, startedAt: number, attempts: ReadonlyArray<Attempt>): Record => ({
        ...plain,
        id,
        startedAt,
        timing: { total: 5000, firstToken: undefined, overhead: 1 },
        attempts
      })
      const other = { provider: "other", model: "eve", asked: "eve", candidate: 1 }
      const records = [
        record("again", now - 10_000, [
          { ...limited, startedAt: now - 10_000, duration: 300 },
          { ...template!, startedAt: now - 8500, duration: 500 }
        ]),
        record("elsewhere", now - 20_000, [
          { ...limited, startedAt: now - 20_000, duration: 100 },
          { ...template!, ...other, startedAt: now - 19_900 }
        ]),
        { ...record("failed", now - 30_000, []), outcome: "KeyMissing" },
        { ...record("left", now - 30_000, []), outcome: "interrupted" },
        record("long ago", now - 2 * hour, [
          { ...limited, startedAt: now - 2 * hour },
          { ...template!, startedAt: now - 2 * hour + 5000 }
        ])
      ]
      yield* keep(path, records)
      yield* Effect.gen(function*() {
        const { incidents: { recent, ...counts } } = yield* Stats.overview()
        assert.deepStrictEqual(counts, { retries: 1, failovers: 1, errors: 1 })
        assert.deepStrictEqual(recent.map(({ id, kind }) => `${id}: ${kind}`), [
          "again: retry",
          "elsewhere: failover",
          "failed: error",
          "long ago: retry"
        ])
        const { model, provider } = template!
        const cause = { provider, model, cause: "RateLimited", status: 429, why: "too many" }
        assert.deepInclude(recent[0], { ...cause, waited: 1200, attempt: 2, attempts: 2, toProvider: null })
        assert.deepInclude(recent[1], { ...cause, waited: 0, toProvider: "other", toModel: "eve" })
        assert.deepInclude(recent[2], { cause: "KeyMissing", at: now - 25_000, attempt: null })
        const filtered = yield* Stats.overview({ filters: { outcome: "KeyMissing" } })
        assert.deepStrictEqual(filtered.incidents.recent.map(({ id }) => id), ["failed"])
      }).pipe(asking(path))
    }))

  it.effect("shows a call with its attempts, its costs and who was tried", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const tried = { why: undefined, attempts: 1, duration: 5, warnings: [] }
      const choice = [
        { ...tried, candidate: 0, model: "mistral/small", outcome: "Overloaded", why: "busy", picoUsd: 0 },
        { ...tried, candidate: 1, model: "openai/gpt-4o", outcome: "ok", picoUsd: 7, warnings: ["no seed"] }
      ]
      const records = variedOf(17, now - hour, now, 200).map((record, n) =>
        Object.assign(record, {
          tried: n % 3 === 0 ? choice : [],
          warnings: n % 4 === 0 ? ["no seed"] : []
        })
      )
      yield* keep(path, records)
      yield* Effect.gen(function*() {
        const { rows } = yield* Stats.requests({ limit: 300 })
        const byId = new Map(rows.map((row) => [row.id, row]))
        for (const record of records) {
          const detail = (yield* Stats.request(record.id))!
          const row = byId.get(record.id)!
          assert.deepInclude(detail, row)
          const cost = picosOf(record.attempts, ({ cost }) => cost?.picoUsd)
          const isPartial = record.attempts.some(({ billed, cost }) => billed !== "no" && cost?.picoUsd === undefined)
          assert.strictEqual(row.cost === null ? null : picos(row.cost), isPartial && cost === 0n ? null : cost)
          assert.strictEqual(row.costStatus, !isPartial ? "measured" : cost === 0n ? "unknown" : "partial")
          assert.strictEqual(
            row.status,
            isError(record)
              ? "error"
              : record.outcome === "interrupted"
              ? "interrupted"
              : failoversOf(record) > 0
              ? "failover"
              : retriesOf(record) > 0
              ? "retry"
              : "ok"
          )
          const error = record.error === undefined
            ? null
            : { tag: record.outcome, ...record.error, status: record.error.status ?? null }
          assert.deepStrictEqual(detail.error, error)
          assert.strictEqual(detail.attemptViews.length, record.attempts.length)
          for (const [n, view] of detail.attemptViews.entries()) {
            const attempt = record.attempts[n]!
            assert.deepInclude(view, {
              n: n + 1,
              provider: attempt.provider,
              outcome: attempt.outcome,
              ms: attempt.duration,
              offsetMs: 0,
              status: attempt.status ?? null,
              why: attempt.why ?? null
            })
            assert.deepStrictEqual(view.usage?.tokens, attempt.usage === undefined ? undefined : tokensOf([attempt]))
            if (view.cost?.amount == null) continue
            const lines = view.cost.lines.reduce((sum, { amount }) => sum + picos(amount), 0n)
            assert.strictEqual(lines, picos(view.cost.amount))
          }
          assert.deepStrictEqual([detail.route, detail.warnings], [record.route ?? null, record.warnings])
          const parts = detail.savedParts
          if (parts !== null && row.saved !== null) {
            assert.strictEqual(mechanisms.reduce((sum, name) => sum + picos(parts[name]), 0n), picos(row.saved))
          }
          assert.strictEqual(detail.used, record.tried.length === 0 ? null : "openai/gpt-4o")
          assert.deepStrictEqual(
            detail.tried.map(({ cost, model, warnings, why }) => ({ model, why, cost: picos(cost), warnings })),
            record.tried.map(({ model, picoUsd, warnings, why }) => ({
              model,
              why: why ?? null,
              cost: BigInt(picoUsd),
              warnings
            }))
          )
        }
        assert.isUndefined(yield* Stats.request("nobody's"))
      }).pipe(asking(path))
    }))

  it.effect("tells of each provider what was asked of it, and what can be filtered by", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const records = variedOf(19, now - 50 * minute, now, 900)
      yield* keep(path, records)
      yield* Effect.gen(function*() {
        const { at, incidents, providers, range } = yield* Stats.providers({ range: "1h" })
        const first = Math.min(...records.map(endOf))
        const own = within(records, range.since, range.until)
        const byProvider = groupsOf(attemptsOf(own), ({ provider }) => [provider])
        assert.deepStrictEqual(providers.map(({ provider }) => provider).sort(), [...byProvider.keys()].sort())
        for (const one of providers) {
          const attempts = byProvider.get(one.provider)!
          const ok = attempts.filter(({ outcome }) => outcome === "ok")
          assert.deepInclude(one, {
            attempts: attempts.length,
            ok: ok.length,
            errors: attempts.length - ok.length,
            errorRate: (attempts.length - ok.length) / attempts.length,
            isExact: true,
            tokens: tokensOf(attempts),
            keySources: []
          })
          const durations = ok.map(({ duration }) => duration)
          assert.deepStrictEqual(one.latency, {
            p50: nearestRank(durations, 0.5),
            p95: nearestRank(durations, 0.95),
            p99: nearestRank(durations, 0.99)
          })
          assert.strictEqual(one.firstToken.p95, nearestRank(ok.flatMap(({ firstToken }) => firstToken ?? []), 0.95))
          assert.strictEqual(picos(one.cost), picosOf(attempts, ({ cost }) => cost?.picoUsd))
          const failed = groupsOf(attempts.filter(({ outcome }) => outcome !== "ok"), ({ outcome }) => [outcome])
          assert.deepStrictEqual(
            new Map(one.outcomes.map(({ attempts, outcome }) => [outcome, attempts])),
            new Map([...failed].map(([outcome, all]) => [outcome, all.length]))
          )
          assert.strictEqual(sumOf(one.models, ({ attempts }) => attempts), attempts.length)
          const callsOf = (model?: string) =>
            own.filter((record) => record.provider === one.provider && record.model === (model ?? record.model))
          const again = (records: ReadonlyArray<Record>) => ({
            retries: sumOf(records, retriesOf),
            failovers: sumOf(records, failoversOf)
          })
          assert.deepInclude(one, { ...again(callsOf()), ...statusOf(attempts) })
          for (const { model, ...found } of one.models) {
            const asked = attempts.filter((attempt) => attempt.model === model)
            const fine = asked.filter(({ outcome }) => outcome === "ok")
            assert.deepInclude(found, {
              attempts: asked.length,
              ok: fine.length,
              errors: asked.length - fine.length,
              errorRate: (asked.length - fine.length) / asked.length,
              tokens: tokensOf(asked),
              ...again(callsOf(model)),
              ...statusOf(asked)
            })
            assert.strictEqual(found.latency.p95, nearestRank(fine.map(({ duration }) => duration), 0.95))
            assert.strictEqual(
              found.firstToken.p95,
              nearestRank(fine.flatMap(({ firstToken }) => firstToken ?? []), 0.95)
            )
            assert.strictEqual(sumOf(found.outcomes, ({ attempts }) => attempts), asked.length - fine.length)
          }
          const byBucket = Map.groupBy(
            own.flatMap((record) =>
              record.attempts.filter(({ provider }) => provider === one.provider).map((attempt) => ({
                attempt,
                n: Math.floor((endOf(record) - range.since) / range.bucket)
              }))
            ),
            ({ n }) => n
          )
          at.forEach((start, n) => {
            const asked = (byBucket.get(n) ?? []).map(({ attempt }) => attempt)
            const fine = asked.filter(({ outcome }) => outcome === "ok")
            const isGap = start + range.bucket <= first || start > range.now
            const { points } = one
            assert.strictEqual(points?.attempts[n], isGap ? null : asked.length)
            assert.strictEqual(points?.errors[n], isGap ? null : asked.length - fine.length)
            assert.strictEqual(points?.p50[n], nearestRank(fine.map(({ duration }) => duration), 0.5))
            assert.strictEqual(points?.p99[n], nearestRank(fine.map(({ duration }) => duration), 0.99))
            assert.strictEqual(
              points?.firstToken[n],
              nearestRank(fine.flatMap(({ firstToken }) => firstToken ?? []), 0.95)
            )
          })
        }
        assert.isAbove(incidents.length, 20)
        assert.deepStrictEqual(incidents.map(({ at }) => at), incidents.map(({ at }) => at).toSorted((a, b) => b - a))
        const late = yield* Stats.providers({ range: { since: now - 20 * minute, until: now - 15 * minute } })
        assert.isAbove(late.incidents.length, 0)
        const ids = new Set(within(records, late.range.since, late.range.until).map(({ id }) => id))
        assert.isTrue(late.incidents.every(({ id }) => id !== null && ids.has(id)))
        const facets = yield* Stats.facets({ range: "1h" })
        const counts = (all: Figures.Facets["errors"]) => new Map(all.map(({ calls, value }) => [value, calls]))
        const counted = (keysOf: (record: Record) => ReadonlyArray<string>) =>
          new Map([...groupsOf(own, keysOf)].map(([key, all]) => [key, all.length]))
        const same = (found: Figures.Facets["errors"], keysOf: (record: Record) => ReadonlyArray<string>) =>
          assert.deepStrictEqual(counts(found), counted(keysOf))
        same(facets.providers, ({ provider }) => [provider])
        same(facets.models, ({ model }) => [model])
        same(facets.errors, (record) => isError(record) ? [record.outcome] : [])
        same(facets.cache, ({ cache }) => [cache])
        same(facets.statuses, (record) => [
          isError(record) ? "error" : record.outcome,
          ...retriesOf(record) > 0 ? ["retry"] : [],
          ...failoversOf(record) > 0 ? ["failover"] : []
        ])
        const tagged = (name: string) => facets.tags.find(({ key }) => key === name)
        same(tagged("tenant")?.values ?? [], ({ tags }) => tags["tenant"] === undefined ? [] : [tags["tenant"]])
        assert.strictEqual(tagged("session")?.values.length, 20)
        assert.strictEqual(
          tagged("session")?.otherValues,
          groupsOf(own, ({ tags }) => tags["session"] === undefined ? [] : [tags["session"]]).size - 20
        )
      }).pipe(asking(path))
    }))

  it.effect("counts who never answered for the model that answers to the same name, and shows who isn't asked", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const template = variedOf(1, 0, 1, 50).find(({ attempts, outcome }) => outcome === "ok" && attempts.length === 1)!
      const call = (n: number, ago: number, provider: string, asked: string, model: string, isOk: boolean): Record => ({
        ...template,
        id: `${n}`,
        startedAt: now - ago,
        timing: { total: 0, firstToken: undefined, overhead: 0 },
        provider,
        model,
        outcome: isOk ? "ok" : "Overloaded",
        attempts: [{
          ...template.attempts[0]!,
          provider,
          asked,
          model,
          outcome: isOk ? "ok" : "Overloaded",
          ...isOk ? {} : { billed: "no", cost: undefined, usage: undefined }
        }]
      })
      yield* keep(path, [
        call(1, 19 * minute, "openai", "ada", "ada-1", true),
        call(2, 18 * minute, "openai", "ada", "ada", false),
        call(3, 17 * minute, "openai", "ada", "ada-2", true),
        call(4, 16 * minute, "openai", "ada", "ada", false),
        call(5, 15 * minute, "openai", "bea", "bea", false),
        call(6, 20 * day, "mistral", "eve", "eve", true),
        call(7, 50 * day, "cohere", "ida", "ida", true)
      ])
      yield* Effect.gen(function*() {
        const { providers } = yield* Stats.providers({ range: "1h" })
        assert.deepStrictEqual(
          providers.map(({ attempts, health, models, points, provider }) => ({
            provider,
            attempts,
            state: health.state,
            isDrawn: points !== null,
            models: models.map(({ attempts, errors, model, outcomes }) => [model, attempts, errors, outcomes.length])
          })),
          [
            {
              provider: "openai",
              attempts: 5,
              state: "idle",
              isDrawn: true,
              models: [["ada-2", 3, 2, 1], ["ada-1", 1, 0, 0], ["bea", 1, 1, 1]]
            },
            { provider: "mistral", attempts: 0, state: "idle", isDrawn: false, models: [] }
          ]
        )
        const names = (query: Stats.Query) =>
          Effect.map(Stats.providers(query), ({ providers }) => providers.map(({ provider }) => provider))
        assert.deepStrictEqual(yield* names({ range: "1h", filters: { provider: "mistral" } }), ["mistral"])
        assert.deepStrictEqual(yield* names({ range: "1h", filters: { model: "ada-1" } }), ["openai"])
        // Longer ago than anybody's health is known.
        assert.deepStrictEqual(
          yield* names({ range: { since: now - 60 * day, until: now - 40 * day }, filters: { provider: "cohere" } }),
          ["cohere"]
        )
      }).pipe(asking(path))
    }))

  it.effect("follows a log by what is written, and circuits by what they do", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const records = variedOf(23, now - hour, now, 40)
      yield* keep(path, records)
      yield* Effect.gen(function*() {
        const stats = yield* Stats.Stats
        assert.strictEqual(yield* stats.lastSeq, 40)
        assert.deepStrictEqual((yield* stats.after(35)).map(({ id }) => id), records.slice(35).map(({ id }) => id))
        assert.deepStrictEqual((yield* stats.after(0, 3)).map(({ seq }) => seq), [1, 2, 3])
        assert.deepStrictEqual(yield* stats.circuitChanges(0), { lastSeq: 0, incidents: [] })
        yield* Effect.gen(function*() {
          const log = yield* CurrentCallLog
          const opened = { at: now, provider: "openai", key: "", from: "closed", why: "5 failures" } as const
          log.offerTransition({ ...opened, to: "open", until: now + 1 })
          log.offerTransition({ ...opened, at: now + 5, to: "half-open", until: undefined })
          yield* log.flush
        }).pipe(withLog(path))
        const { incidents, lastSeq } = yield* stats.circuitChanges(0)
        assert.strictEqual(lastSeq, 2)
        assert.deepStrictEqual(incidents.map(({ cause }) => cause), ["half-open", "open"])
        assert.deepStrictEqual((yield* stats.circuitChanges(1)).incidents.map(({ cause }) => cause), ["half-open"])
      }).pipe(asking(path))
    }))

  it.effect("finds every filter in an index", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      yield* keep(path, variedOf(1, now - hour, now, 20))
      const db = yield* connect(path)
      const log = Source.open(db, Distribution.aggregates(db), now, makeSegments(db))
      for (const [filter] of filters) {
        for (const span of Source.needsRows(filter) ? [] : [60_000]) {
          for (const  of of[Source.callsOf, Source.attemptsOf]) {
            const { params, sql } = of({ log, filters: filter, span }, now - day, now)
            const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...params).map((row) => String(row["detail"]))
            assert.isAbove(plan.length, 0)
            assert.deepStrictEqual(
              plan.filter((step) => step.startsWith("SCAN") && !/USING (COVERING )?INDEX attempts_spent/.test(step)),
              [],
              JSON.stringify(filter)
            )
          }
        }
      }
    }))

  it.effect("knows no figures where there is no log yet, and makes none", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      yield* Effect.gen(function*() {
        const overview = yield* Stats.overview()
        assert.deepInclude(overview, { firstAt: null, lastAt: null, activeProviders: 0, health: [], inFlight: null })
        assert.isNull(overview.requestsPerMinute.value)
        assert.isNull(overview.latency.value)
        assert.isNull(overview.hitRate.value)
        const { all, groups } = yield* Stats.series({ by: "provider" })
        assert.deepStrictEqual(groups, [])
        assert.isTrue(all.points.calls.every((calls) => calls === null))
        assert.deepStrictEqual((yield* Stats.requests()).rows, [])
        assert.isUndefined(yield* Stats.request("x"))
        assert.deepStrictEqual((yield* Stats.providers()).providers, [])
        assert.deepStrictEqual((yield* Stats.facets()).tags, [])
      }).pipe(asking(path))
      assert.isFalse(existsSync(path))
    }))

  it.effect("fails where the log can't be read", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      writeFileSync(path, "somebody's notes. ".repeat(1000))
      const error = yield* Effect.flip(asking(path)(Stats.overview()))
      assert.strictEqual(error._tag, "ReadError")
      assert.match(error.message, /^the call log can't be read: .*not a database/)
    }))

  it.live("is imported without SQLite and without threads", () =>
    Effect.gen(function*() {
      const script = `
        const { registerHooks } = await import("node:module")
        const seen = []
        registerHooks({ resolve: (name, context, next) => { seen.push([name, context.parentURL ?? ""]); return next(name, context) } })
        await import(${JSON.stringify(new URL("../src/Stats.ts", import.meta.url).href)})
        const heavy = seen.filter(([name, by]) => /sqlite|effect\\/sql|storage|Figures/i.test(name) || (name === "node:worker_threads" && by.includes("/src/")))
        console.log(JSON.stringify([seen.length > 0, heavy]))`
      const { stdout } = yield* Effect.promise(() =>
        promisify(execFile)(process.execPath, ["--conditions=loom-source", "--input-type=module", "-e", script])
      )
      assert.deepStrictEqual(JSON.parse(stdout), [true, []])
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import type { CallLog } from "loom-router"
import type { DatabaseSync } from "node:sqlite"
import { CurrentCallLog } from "../../src/CallLog.ts"
import { select } from "../../src/storage/filters.ts"
import { prune } from "../../src/storage/retention.ts"
import { makeSegments, seal, size } from "../../src/storage/segments.ts"
import * as Distribution from "../../src/storage/stats/distribution.ts"
import { countTags, newest } from "../../src/storage/stats/matching.ts"
import * as Source from "../../src/storage/stats/source.ts"
import { type Asked } from "../../src/storage/stats/sum.ts"
import { sumAttempts, sumCalls } from "../../src/storage/stats/sums.ts"
import { connect, keep, tempPath, withLog } from "./files.ts"
import { randomOf, variedOf, wildRecord } from "./records.ts"

const minute = 60_000
const hour = 60 * minute
const now = Date.now()
const length = 2 * size + 500

/** Calls as they are seen in production, with some among them that production never sees. */
const records = variedOf(5, now - 10 * hour, now, length).map((record, n) =>
  n % 40 === 0 ? Object.assign(wildRecord(n, now - (n % 97) * minute), { id: `wild-${n}` }) : record
)

type Row = Readonly<{ [name: string]: unknown }>

/** Any filters that a call may pass, some of which none does. */
const filtersOf = (random: () => number): CallLog.Filters => {
  const pick = <A>(all: ReadonlyArray<A>): A => all[Math.floor(random() * all.length)]!
  const known = pick(records)
  const all: ReadonlyArray<() => CallLog.Filters> = [
    () => ({ provider: pick([known.provider, "openai", "nobody"]) }),
    () => ({ model: pick([known.model, "gpt-4o"]) }),
    () => ({ route: pick([known.route ?? "cheap", "cheap", ""]) }),
    () => ({ outcome: pick([known.outcome, "RateLimited", "ok"]) }),
    () => ({ status: pick(["ok", "retry", "failover", "error", "interrupted"]) }),
    () => ({ failed: true }),
    () => ({ cached: random() < 0.5 }),
    () => ({ retried: true }),
    () => ({ tag: { key: "tenant", value: pick(["acme", "umbrella", "nobody"]) } }),
    () => {
      const [[key, value] = ["session", "s1"]] = Object.entries(known.tags)
      return { tag: { key, value } }
    },
    () => ({ minMillis: random() < 0.5 ? known.timing.total : random() * 3000 }),
    () => ({ minPicoUsd: Math.floor(random() * 3e9) }),
    () => ({
      text: pick(["GPT", "openai/gpt", "limit", "%", "_", "\\", "ünï", "ÜNÏ", "interrupted", known.model, "/"])
    }),
    () => ({ id: known.id })
  ]
  return Object.assign({}, ...Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(all)()))
}

/** By reading all rows that SQL selects, and adding them up one by one. */
const readRows = (db: DatabaseSync, filters: CallLog.Filters, from: number, to: number) => {
  const { conditions, from: tables, params } = select({ ...filters, since: from, until: to })
  const all = (sql: string) => {
    const statement = db.prepare(sql)
    statement.setReadBigInts(true)
    return statement.all(...params) as ReadonlyArray<Row>
  }
  const where = `FROM ${tables} WHERE ${conditions.join(" AND ")}`
  return {
    calls: all(`SELECT calls.* ${where} ORDER BY calls.ended_at DESC, calls.seq DESC`),
    attempts: all(
      `SELECT attempt.*, calls.ended_at AS at, calls.priced, calls.operation, calls.tags FROM attempts AS attempt
      JOIN calls ON calls.seq = attempt.call_seq WHERE calls.seq IN (SELECT calls.seq ${where})`
    )
  }
}

const big = (rows: ReadonlyArray<Row>, ...names: ReadonlyArray<string>) =>
  rows.reduce((sum, row) => names.reduce((sum, name) => sum + BigInt((row[name] as bigint | null) ?? 0), sum), 0n)
const sorted = (rows: ReadonlyArray<Row>, name: string) =>
  rows.flatMap((row) => row[name] === null ? [] : Number(row[name])).sort((a, b) => a - b)
const p95 = (values: ReadonlyArray<number>) => values[Math.max(0, Math.ceil(0.95 * values.length) - 1)] ?? null
const tagsOf = (row: Row) => Object.entries(JSON.parse(String(row["tags"])) as { readonly [key: string]: string })

/** The keys of a row's groups. */
const keysOf = (row: Row, { group: [group] = [], tagKey }: Asked): ReadonlyArray<string> =>
  group === "tag"
    ? tagsOf(row).flatMap(([key, value]) => key === (tagKey ?? key) ? [`${key}:${value}`] : [])
    : [group === "model" ? [row["provider"], row["model"]].join("/") : group === undefined ? "" : String(row[group])]

const inPlaces = (rows: ReadonlyArray<Row>, at: string, asked: Asked) => {
  const places = new Map<string, Array<Row>>()
  for (const row of rows) {
    const bucket = asked.bucket === undefined ? 0 : Math.floor(Number(row[at]) / asked.bucket) * asked.bucket
    for (const key of keysOf(row, asked)) {
      if (asked.only?.includes(key) === false) continue
      const name = `${key} ${bucket}`
      places.set(name, [...places.get(name) ?? [], row])
    }
  }
  return places
}

const check = (db: DatabaseSync, log: Source.Log, random: () => number): number => {
  const filters = filtersOf(random)
  const bucket = random() < 0.5 ? undefined : hour
  const from = Math.floor((now - random() * 12 * hour) / hour) * hour
  const to = from + Math.ceil(random() * 12) * hour
  const group = ([undefined, "provider", "model", "outcome", "tag"] as const)[Math.floor(random() * 5)]
  const asked: Asked = {
    from,
    to,
    bucket,
    group: group === undefined ? undefined : [group],
    tagKey: random() < 0.5 ? "tenant" : undefined,
    only: group === "provider" && random() < 0.5 ? ["openai", "anthropic"] : undefined
  }
  const said = JSON.stringify({ filters, asked })
  const source = { log, filters, span: undefined }
  const rows = readRows(db, filters, from, to)

  const found = newest(log.segments(), [log.matchesOf(filters)], length, { since: from, until: to })
  assert.deepStrictEqual(found.map(({ seq }) => seq), rows.calls.map(({ seq }) => Number(seq)), said)
  const [first] = found
  const further = newest(log.segments(), [log.matchesOf(filters)], 7, { since: from, until: to, before: first })
  assert.deepStrictEqual(further, found.slice(1, 8), said)
  assert.strictEqual(Source.countCalls(source, from, to), found.length, said)
  const counted = countTags(log.segments(), log.matchesOf(filters), from, to)
  const expected = inPlaces(rows.calls, "ended_at", { from, to, group: ["tag"] })
  const told = [...counted].flatMap(([key, values]) =>
    [...values].map(([value, calls]) => [`${key}:${value} 0`, calls] as const)
  )
  assert.deepStrictEqual(new Map(told), new Map([...expected].map(([key, all]) => [key, all.length])), said)

  const calls = inPlaces(rows.calls, "ended_at", asked)
  const sums = sumCalls(source, asked)
  assert.deepStrictEqual(sums.map(({ at, key }) => `${key} ${at}`).sort(), [...calls.keys()].sort(), said)
  for (const sum of sums) {
    const own = calls.get(`${sum.key} ${sum.at}`)!
    const that = (name: string, value: unknown) => own.filter((row) => row[name] === value)
    const ok = that("outcome", "ok")
    const upstream = ok.filter((row) => row["cache"] === "miss")
    const priced = that("priced", 1n)
    assert.deepInclude(sum, {
      calls: own.length,
      ok: ok.length,
      interrupted: that("outcome", "interrupted").length,
      retries: Number(big(own, "retries")),
      failovers: Number(big(own, "failovers")),
      hits: Number(big(that("cache", "hit"), "cacheable")),
      misses: Number(big(that("cache", "miss"), "cacheable")),
      coalesced: that("cache", "coalesced").length,
      priced: priced.length,
      saved: {
        responseCache: big(priced, "saved_response_cache"),
        coalescing: big(priced, "saved_coalescing"),
        promptCache: big(priced, "saved_prompt_cache"),
        routing: big(priced, "saved_routing"),
        batch: big(priced, "saved_batch")
      }
    }, said)
    const hurried = (rows: ReadonlyArray<Row>) => rows.filter((row) => row["operation"] !== "batch")
    assert.strictEqual(Distribution.percentile(sum.latency, 0.95), p95(sorted(hurried(upstream), "total_ms")), said)
    assert.strictEqual(Distribution.percentile(sum.latencyWithCached, 0.95), p95(sorted(hurried(ok), "total_ms")), said)
    assert.strictEqual(Distribution.percentile(sum.firstToken, 0.95), p95(sorted(upstream, "first_token_ms")), said)
  }

  const attempts = inPlaces(rows.attempts, "at", asked)
  const tried = sumAttempts(source, asked)
  assert.deepStrictEqual(tried.map(({ at, key }) => `${key} ${at}`).sort(), [...attempts.keys()].sort(), said)
  for (const sum of tried) {
    const own = attempts.get(`${sum.key} ${sum.at}`)!
    const ok = own.filter((row) => row["outcome"] === "ok")
    assert.deepInclude(sum, {
      attempts: own.length,
      ok: ok.length,
      input: Number(big(own, "input_uncached", "audio_input", "image_input")),
      cachedInput: Number(big(own, "cache_read", "image_cache_read")),
      cacheWrite: Number(big(own, "cache_write")),
      output: Number(big(own, "output_text", "audio_output", "image_output")),
      reasoning: Number(big(own, "output_reasoning")),
      estimated: own.filter((row) => row["cost_status"] === "estimated").length,
      unknown: own.filter((row) => row["billed"] !== "no" && row["cost_pico"] === null).length,
      cost: big(own, "cost_pico"),
      actual: big(own.filter((row) => row["priced"] === 1n), "cost_pico")
    }, said)
    const hurried = ok.filter((row) => row["operation"] !== "batch")
    assert.strictEqual(Distribution.percentile(sum.latency, 0.95), p95(sorted(hurried, "duration_ms")), said)
  }
  return found.length
}

describe("Segments", () => {
  it.effect(
    "tell what rows tell, whatever is asked: as rows, as columns, and once some were forgotten",
    () =>
      Effect.gen(function*() {
        const path = yield* tempPath
        yield* keep(path, records)
        const db = yield* connect(path)
        db.exec("DELETE FROM segments; DELETE FROM columns")
        const segments = makeSegments(db)
        const aggregates = Distribution.aggregates(db)
        const checkAll = (seed: number) => {
          const random = randomOf(seed)
          const log = Source.open(db, aggregates, now, segments)
          const found = Array.from({ length: 40 }, () => check(db, log, random))
          assert.isAbove(found.filter((calls) => calls > 0).length, 15)
          return log.segments()
        }
        assert.strictEqual(checkAll(1).length, 3)
        assert.isTrue(seal(db) && seal(db))
        assert.isFalse(seal(db))
        const sealed = checkAll(2)
        assert.strictEqual(checkAll(3)[0], sealed[0])
        // In the order in which they ended, which isn't that of their numbers.
        while (prune(db, { maxAge: 9 * hour, maxBytes: 2 ** 40 }, now));
        assert.deepStrictEqual(db.prepare("SELECT * FROM segments").all(), [])
        assert.deepStrictEqual(db.prepare("SELECT * FROM columns").all(), [])
        assert.isFalse(seal(db))
        checkAll(4)
      }),
    60_000
  )

  it.live("are put beside rows by the writer, once it rests", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      yield* Effect.gen(function*() {
        const log = yield* CurrentCallLog
        for (const record of records.slice(0, size)) log.offer(record)
        yield* log.flush
        const db = yield* connect(path)
        const sealed = Effect.sync(() => db.prepare("SELECT segment FROM segments").all().length)
        yield* Effect.repeat(sealed, { until: (segments) => segments === 1, schedule: Schedule.spaced("20 millis") })
      }).pipe(withLog(path))
    }), 60_000)
})

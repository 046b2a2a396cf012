import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Logger } from "effect"
import { SqlClient } from "effect/sql"
import type { CallRecord, ProviderHealth } from "loom-router"
import { Saved, Stats } from "loom-router"
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as CallLog from "../../src/CallLog.ts"
import * as Histogram from "../../src/internal/histogram.ts"
import * as NodeSqlite from "../../src/storage/NodeSqlite.ts"
import { migrate, migrations } from "../../src/storage/migrations.ts"
import { attemptsStatement, recentStatement, transitionsStatement } from "../../src/storage/queries.ts"
import { prune, sizeOf } from "../../src/storage/retention.ts"
import { makeSegments } from "../../src/storage/segments.ts"
import * as Distribution from "../../src/storage/stats/distribution.ts"
import * as Source from "../../src/storage/stats/source.ts"
import { connect, keep, tempPath, withLog } from "./files.ts"
import { randomOf, recordsOf, variedOf, wildRecord } from "./records.ts"

const now = Date.now()

const opened = (at: number, provider = "openai"): ProviderHealth.Transition => ({
  at,
  provider,
  key: "0123abcd",
  from: "closed",
  to: "open",
  why: "5 failures in a row",
  until: at + 30_000
})

const listen = () => {
  const lines: Array<string> = []
  const layer = Logger.layer([Logger.make(({ logLevel, message }) => {
    lines.push(`${logLevel}: ${String(message)}`)
  })])
  return { lines, layer }
}

/** What a row of the log is, made from its record. */
const rowOf = ({ attempts, usage, ...record }: CallRecord.CallRecord, seq: number): CallLog.Row => {
  const sum = (of: (attempt: (typeof attempts)[number]) => number | undefined) =>
    attempts.reduce((total, attempt) => total + (of(attempt) ?? 0), 0)
  const failovers =
    attempts.filter((attempt, n) =>
      n > 0 && (attempt.provider !== attempts[n - 1]?.provider || attempt.asked !== attempts[n - 1]?.asked)
    ).length
  return {
    ...record,
    seq,
    attempts: attempts.length,
    failovers,
    retries: Math.max(0, attempts.length - 1 - failovers),
    picoUsd: attempts.reduce((total, { cost }) => total + BigInt(cost?.picoUsd ?? 0), 0n),
    unpriced: sum(({ billed, cost }) => billed !== "no" && cost?.picoUsd === undefined ? 1 : 0),
    estimated: sum(({ cost }) => cost?.status === "estimated" ? 1 : 0),
    inputTokens: usage?.inputTokens ?? sum(({ usage }) => usage?.inputTokens),
    cachedTokens: usage?.cacheRead ?? sum(({ usage }) => usage?.cacheRead),
    outputTokens: usage?.outputTokens ?? sum(({ usage }) => usage?.outputTokens)
  }
}

const tokensOf = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((sum, n) => sum + n, 0)

describe("SQLite", () => {
  it.live("gives back every field of every record", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const records = Array.from({ length: 300 }, (_, n) => wildRecord(n, now - 1_000_000 + n * 200_000))
      yield* Effect.gen(function*() {
        const log = yield* CallLog.CurrentCallLog
        for (const record of records) log.offer(record)
        yield* log.flush
        const { calls } = yield* CallLog.recent({ limit: 1000 })
        assert.strictEqual(calls.length, 300)
        const bySeq = [...calls].sort((a, b) => a.seq - b.seq)
        for (const [n, record] of records.entries()) {
          assert.deepStrictEqual(bySeq[n], rowOf(record, n + 1))
          assert.deepStrictEqual(yield* CallLog.attemptsOf(record.id), record.attempts)
        }
      }).pipe(withLog(path))
    }))

  it.live("pages newest first, by every filter", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const record = recordsOf(3, now - 10_000)
      const [first, ...others] = recordsOf(4, now - 10_000)(0).attempts
      const strange = {
        ...record(500),
        id: "01234567-89ab",
        model: "100%",
        outcome: "interrupted",
        attempts: [{ ...first!, provider: "mistral" }, first!, ...others]
      }
      const records = [...Array.from({ length: 500 }, (_, n) => record(n)), strange]
      const endOf = (row: { startedAt: number; timing: { total: number } }) =>
        Math.floor(row.startedAt + row.timing.total)
      const newest = records.map((record, n) => rowOf(record, n + 1))
        .sort((a, b) => endOf(b) - endOf(a) || b.seq - a.seq)
      const filters: ReadonlyArray<readonly [CallLog.Query["filters"], (row: CallLog.Row) => boolean]> = [
        [undefined, () => true],
        [{ provider: "openai" }, ({ provider }) => provider === "openai"],
        [{ model: "gpt-4o" }, ({ model }) => model === "gpt-4o"],
        [{ outcome: "RateLimited" }, ({ outcome }) => outcome === "RateLimited"],
        [{ outcome: "ok", cached: false }, ({ cache, outcome }) => outcome === "ok" && cache === "miss"],
        [{ failed: true }, ({ outcome }) => outcome !== "ok"],
        [{ status: "ok" }, ({ outcome }) => outcome === "ok"],
        [{ status: "error" }, ({ outcome }) => outcome !== "ok" && outcome !== "interrupted"],
        [{ status: "interrupted" }, ({ outcome }) => outcome === "interrupted"],
        [{ status: "retry" }, ({ retries }) => retries > 0],
        [{ status: "failover" }, ({ failovers }) => failovers > 0],
        [{ text: "I/GPT-4O-M" }, ({ model }) => model === "gpt-4o-mini"],
        [{ text: "how much may" }, ({ error }) => error !== undefined],
        [{ text: "%" }, ({ model }) => model === "100%"],
        [{ text: "01234567-" }, ({ id }) => id.startsWith("01234567-")],
        [{ cached: true }, ({ cache }) => cache !== "miss"],
        [{ retried: true }, ({ attempts }) => attempts > 1],
        [{ tag: { key: "tenant", value: "acme" } }, ({ tags }) => tags["tenant"] === "acme"],
        [{ minMillis: 2500 }, ({ timing }) => timing.total >= 2500],
        [{ minPicoUsd: 1e9 }, ({ picoUsd }) => picoUsd >= 1_000_000_000n],
        [{ since: now - 9800, until: now - 9700 }, (row) => endOf(row) >= now - 9800 && endOf(row) < now - 9700],
        [
          { provider: "openai", tag: { key: "tenant", value: "acme" }, since: now - 9900, minPicoUsd: 1 },
          (row) =>
            row.provider === "openai" && row.tags["tenant"] === "acme" && endOf(row) >= now - 9900 && row.picoUsd > 0n
        ]
      ]
      yield* keep(path, records)
      yield* Effect.gen(function*() {
        for (const [filter, passes] of filters) {
          const seen: Array<number> = []
          let cursor: string | undefined
          do {
            const page = yield* CallLog.recent({ limit: 37, cursor, filters: filter })
            seen.push(...page.calls.map(({ seq }) => seq))
            cursor = page.next
          } while (cursor !== undefined)
          const expected = newest.filter(passes).map(({ seq }) => seq)
          assert.isAbove(expected.length, 0, JSON.stringify(filter))
          assert.deepStrictEqual(seen, expected, JSON.stringify(filter))
        }
      }).pipe(Effect.provide(CallLog.layerReader({ path })))
    }))

  it.live("finds every filter in an index", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      yield* keep(path, [recordsOf(1, now)(1)])
      const db = yield* connect(path)
      const plan = (sql: string, params: ReadonlyArray<string | number | bigint>) =>
        db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...params).map((row) => String(row["detail"]))
      const uses = (query: CallLog.Query, index: string) => {
        const { params, sql } = recentStatement(query)
        const details = plan(sql, params)
        assert.isTrue(details.some((detail) => detail.includes(index)), `${index}: ${details.join("\n")}`)
        assert.deepStrictEqual(
          details.filter((detail) => /^SCAN (calls|attempts?|tags)\b(?! USING (COVERING )?INDEX)/.test(detail)),
          []
        )
      }
      uses({}, "calls_ended")
      uses({ cursor: "1.2" }, "calls_ended (ended_at<?)")
      uses({ filters: { since: 1, until: 2 } }, "calls_ended (ended_at>? AND ended_at<?)")
      uses({ filters: { provider: "openai" } }, "calls_provider (provider=?")
      uses({ filters: { model: "gpt-4o" } }, "calls_model (model=?")
      uses({ filters: { failed: true } }, "calls_failed")
      uses({ filters: { outcome: "Timeout" } }, "calls_failed")
      uses({ filters: { status: "error" } }, "calls_failed")
      uses({ filters: { status: "interrupted" } }, "calls_failed")
      uses({ filters: { status: "failover" } }, "calls_again")
      uses({ filters: { text: "0123abcd-" } }, "sqlite_autoindex_calls_1 (id>? AND id<?)")
      uses({ filters: { text: "gpt" } }, "calls_ended")
      uses({ filters: { cached: true } }, "calls_unmissed")
      uses({ filters: { retried: true } }, "calls_again")
      uses({ filters: { tag: { key: "a", value: "b" } } }, "tags USING PRIMARY KEY (key=? AND value=?)")
      uses({ filters: { minMillis: 10 } }, "calls_ended")
      uses({ filters: { minPicoUsd: 10 } }, "SCAN attempts USING COVERING INDEX attempts_spent")
      const ofTransitions = (query: CallLog.TransitionQuery) => {
        const { params, sql } = transitionsStatement(query)
        return plan(sql, params).join()
      }
      assert.match(ofTransitions({}), /^SCAN transitions USING INDEX transitions_at$/)
      assert.match(ofTransitions({ since: 1 }), /^SEARCH transitions USING INDEX transitions_at \(at>\?\)$/)
      assert.match(ofTransitions({ provider: "openai", since: 1 }), /^SEARCH transitions USING INDEX \S+ \(provider=\?/)
      assert.match(
        plan(attemptsStatement, ["x"]).join(),
        /sqlite_autoindex_calls_1 \(id=\?\).*PRIMARY KEY \(call_seq=\?\)/
      )
    }))

  it.live("sums 50,000 dollars to the last picodollar", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const record = recordsOf(5, now)
      const answered = Array.from({ length: 100 }, (_, n) => record(n)).find(({ attempts }) =>
        attempts.length === 1 && attempts[0]?.cost?.picoUsd !== undefined
      )!
      const [attempt] = answered.attempts
      const each = 8_333_333_333_333_333
      const dear = { ...attempt!, cost: { ...attempt!.cost!, picoUsd: each } }
      yield* keep(path, Array.from({ length: 3 }, (_, n) => ({ ...answered, id: `dear-${n}`, attempts: [dear, dear] })))
      const sql = yield* NodeSqlite.make({ path }).pipe(Effect.provide(NodeSqlite.reactivity))
      const expected = BigInt(each) * 6n
      for (const from of ["attempts", "attempt_rollups WHERE span = 3600000", "attempt_rollups WHERE span = 10000"]) {
        const rows = yield* sql.unsafe<{ sum: bigint }>(`SELECT sum(cost_pico) AS sum FROM ${from}`).pipe(
          Effect.provideService(SqlClient.SafeIntegers, true)
        )
        assert.deepStrictEqual(rows.map(({ sum }) => sum), [expected])
      }
      const { calls } = yield* Effect.provide(CallLog.recent(), CallLog.layerReader({ path }))
      assert.deepStrictEqual(calls.map(({ picoUsd }) => picoUsd), [0, 0, 0].map(() => BigInt(each) * 2n))
    }))

  it.live("keeps roll-ups that equal a recount of the rows", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const record = recordsOf(11, now - 3_600_000)
      const records = Array.from({ length: 2000 }, (_, n) => ({ ...record(n), startedAt: now - 5_000_000 + n * 2400 }))
      for (let n = 0; n < 2000; n += 500) yield* keep(path, records.slice(n, n + 500))
      const db = yield* connect(path)
      for (const span of [10_000, 60_000, 3_600_000]) {
        const calls = new Map<string, Array<unknown>>()
        const attempts = new Map<string, Array<unknown>>()
        for (const record of records) {
          const row = rowOf(record, 0)
          const ended = Math.floor(record.startedAt + record.timing.total)
          const at = Math.floor(ended / span) * span
          const priced = row.unpriced === 0 && (row.outcome !== "ok" || row.saved !== undefined) ? 1 : 0
          const saved = record.saved ?? Saved.nothing
          const key = [at, record.provider, record.model, record.outcome, record.cache, priced].join("|")
          add(calls, key, [
            1,
            record.cacheable ? 1 : 0,
            row.attempts,
            row.retries,
            row.failovers,
            saved.promptCache,
            saved.responseCache,
            [record.timing.total],
            record.timing.firstToken === undefined ? [] : [record.timing.firstToken]
          ])
          for (const attempt of record.attempts) {
            const { cache, model, outcome, provider } = record
            const key = [
              at,
              attempt.provider,
              attempt.model,
              attempt.outcome,
              attempt.billed,
              priced,
              provider,
              model,
              outcome,
              cache
            ].join("|")
            add(attempts, key, [
              1,
              attempt.billed !== "no" && attempt.cost?.picoUsd === undefined ? 1 : 0,
              attempt.usage?.inputUncached ?? 0,
              attempt.usage?.cacheRead ?? 0,
              tokensOf(attempt.usage?.cacheWrite ?? {}),
              attempt.usage?.outputText ?? 0,
              attempt.usage?.outputReasoning ?? 0,
              attempt.cost?.picoUsd ?? 0,
              [attempt.duration],
              attempt.firstToken === undefined ? [] : [attempt.firstToken]
            ])
          }
        }
        const read = (table: string, key: string, sums: string) =>
          new Map(
            db.prepare(
              `SELECT at || '|' || ${key} AS key, ${sums}, latency, first_token FROM ${table} WHERE span = ? ORDER BY 1`
            ).all(span).map(({ key, ...row }) => [String(key), Object.values(row)])
          )
        equal(
          read(
            "call_rollups",
            "provider || '|' || model || '|' || outcome || '|' || cache || '|' || priced",
            "calls, cacheable, attempts, retries, failovers, saved_prompt_cache, saved_response_cache"
          ),
          calls
        )
        equal(
          read(
            "attempt_rollups",
            ["provider", "model", "outcome", "billed", "priced"].map((name) => `${name} || '|' || `).join("") +
              "call_provider || '|' || call_model || '|' || call_outcome || '|' || call_cache",
            "attempts, unpriced, input_uncached, cache_read, cache_write, output_text, output_reasoning, cost_pico"
          ),
          attempts
        )
      }
    }))

  it.live("adds histograms up in SQL", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const random = randomOf(1)
      const record = recordsOf(1, now)
      const totals = Array.from({ length: 3000 }, () => 50 + random() * 5000)
      yield* keep(
        path,
        totals.map((total, n) => ({ ...record(n), timing: { total, firstToken: undefined, overhead: 1 } }))
      )
      const sql = yield* NodeSqlite.make({ path }).pipe(Effect.provide(NodeSqlite.reactivity))
      const [row] = yield* sql<{ all: Uint8Array }>`
        SELECT histogram_sum(latency) AS "all" FROM call_rollups WHERE span = ${60_000}`
      const sorted = totals.sort((a, b) => a - b)
      for (const q of [0.5, 0.95, 0.99]) {
        const exact = sorted[Math.ceil(q * 3000) - 1]!
        assert.closeTo(Histogram.percentile(Histogram.decode(row!.all), q) ?? 0, exact, exact * 0.02)
      }
    }))

  it.live("loses a record that can't be written, and no other of its batch", () => {
    const { layer, lines } = listen()
    return Effect.gen(function*() {
      const path = yield* tempPath
      const record = recordsOf(1, now)
      const records = Array.from({ length: 600 }, (_, n) => record(n))
      const unwritable = { toJSON: () => assert.fail("no JSON") }
      const bad = { ...record(600), id: "bad", warnings: [unwritable as unknown as string] }
      assert.deepStrictEqual(yield* keep(path, [...records, bad, record(601)]), {
        accepted: 602,
        written: 601,
        dropped: 0,
        failed: 1,
        queued: 0
      })
      const db = yield* connect(path)
      assert.deepStrictEqual(
        db.prepare("SELECT count(*) AS n FROM calls UNION ALL SELECT sum(calls) FROM call_rollups WHERE span = 60000")
          .all().map(({ n }) => n),
        [601, 601]
      )
      assert.strictEqual(lines.length, 1)
    }).pipe(Effect.provide(layer))
  })

  describe("transitions", () => {
    it.live("are given back whole, newest first, by every filter, with the beginning of their key alone", () =>
      Effect.gen(function*() {
        const path = yield* tempPath
        const told: ReadonlyArray<ProviderHealth.Transition> = [
          opened(now),
          { ...opened(now + 1, "anthropic"), key: "" },
          { ...opened(now + 30_000), from: "open", to: "half-open", why: "its time was up", until: undefined },
          { ...opened(now + 30_000), from: "half-open" },
          {
            ...opened(now + 90_000),
            from: "half-open",
            to: "closed",
            why: "a trial 'succeeded' \u{1f44d}",
            until: undefined
          }
        ]
        const record = recordsOf(1, now)
        yield* Effect.gen(function*() {
          const log = yield* CallLog.CurrentCallLog
          told.forEach((transition, n) => {
            log.offer(record(n))
            log.offerTransition({ ...transition, key: transition.key && `${transition.key}ef456789` })
          })
          yield* log.flush
          assert.deepStrictEqual(yield* log.stats, { accepted: 10, written: 10, dropped: 0, failed: 0, queued: 0 })
        }).pipe(withLog(path))
        yield* Effect.gen(function*() {
          const newest = told.toReversed()
          assert.deepStrictEqual(yield* CallLog.transitions(), newest)
          assert.deepStrictEqual(yield* CallLog.transitions({ limit: 2 }), newest.slice(0, 2))
          assert.deepStrictEqual(yield* CallLog.transitions({ since: now + 30_000 }), newest.slice(0, 3))
          assert.deepStrictEqual(yield* CallLog.transitions({ provider: "anthropic" }), told.slice(1, 2))
          assert.deepStrictEqual(
            yield* CallLog.transitions({ provider: "openai", since: now + 1 }),
            newest.slice(0, 3)
          )
          assert.strictEqual((yield* CallLog.recent()).calls.length, 5)
        }).pipe(Effect.provide(CallLog.layerReader({ path })))
      }))

    it.live("are written once, however often they are sent", () =>
      Effect.gen(function*() {
        const path = yield* tempPath
        yield* Effect.gen(function*() {
          const log = yield* CallLog.CurrentCallLog
          for (let n = 0; n < 3; n++) log.offerTransition(opened(now))
          yield* log.flush
          assert.deepStrictEqual(yield* CallLog.transitions(), [opened(now)])
        }).pipe(withLog(path))
      }))

    it.live("go with the calls of their time", () =>
      Effect.gen(function*() {
        const path = yield* tempPath
        const record = recordsOf(1, now)
        yield* Effect.gen(function*() {
          const log = yield* CallLog.CurrentCallLog
          for (let n = 0; n < 1200; n++) {
            const timing = { total: 0, firstToken: undefined, overhead: 0 }
            log.offer({ ...record(n), startedAt: now + n * 1000, timing })
            log.offerTransition(opened(now + n * 1000))
          }
          yield* log.flush
        }).pipe(withLog(path))
        const db = yield* connect(path)
        const left = (table: string, at: string) =>
          Object.values(db.prepare(`SELECT count(*), min(${at}) FROM ${table}`).get() ?? {}).map(Number)
        assert.deepStrictEqual(left("transitions", "at"), [1200, now])
        while (prune(db, { maxAge: 1_000_000, maxBytes: Infinity }, now + 1_100_000));
        assert.deepStrictEqual(left("transitions", "at"), [1100, now + 100_000])
        const maxBytes = sizeOf(db) - 1
        while (prune(db, { maxAge: Infinity, maxBytes }, now + 2_000_000));
        assert.deepStrictEqual(left("calls", "ended_at"), [600, now + 600_000])
        assert.deepStrictEqual(left("transitions", "at"), [600, now + 600_000])
      }))

    it.live("F18 log database locked: they wait in their turn, and all is written once it is free", () =>
      Effect.gen(function*() {
        const path = yield* tempPath
        const { layer, lines } = listen()
        yield* Effect.gen(function*() {
          const log = yield* CallLog.CurrentCallLog
          log.offerTransition(opened(now))
          yield* log.flush
          const other = yield* connect(path)
          other.exec("BEGIN IMMEDIATE")
          log.offerTransition(opened(now + 1))
          const flushed = yield* Effect.forkChild(log.flush, { startImmediately: true })
          while (lines.length === 0) yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
          other.exec("ROLLBACK")
          yield* Fiber.join(flushed)
          assert.deepStrictEqual(yield* CallLog.transitions(), [opened(now + 1), opened(now)])
        }).pipe(withLog(path, { busyTimeout: "100 millis" }), Effect.provide(layer))
      }))
  })

  it.live("writes a call once, however often it is offered", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const record = recordsOf(1, now)(1)
      yield* keep(path, [record, record])
      yield* keep(path, [record])
      const db = yield* connect(path)
      assert.deepStrictEqual(
        db.prepare(
          "SELECT (SELECT count(*) FROM calls) AS rows, (SELECT sum(calls) FROM call_rollups WHERE span = 60000) AS sum"
        )
          .all().map((row) => Object.assign({}, row)),
        [{ rows: 1, sum: 1 }]
      )
    }))

  it.live("makes the file for its user alone, in folders for its user alone", () =>
    Effect.gen(function*() {
      const path = join(dirname(yield* tempPath), "state", "loom", "calls.db")
      yield* Effect.gen(function*() {
        const log = yield* CallLog.CurrentCallLog
        assert.isFalse(existsSync(dirname(path)))
        log.offer(recordsOf(1, now)(1))
        yield* log.flush
        const modes = readdirSync(dirname(path)).sort().map((
          name
        ) => [name, statSync(join(dirname(path), name)).mode & 0o777])
        assert.deepStrictEqual(modes, [["calls.db", 0o600], ["calls.db-shm", 0o600], ["calls.db-wal", 0o600]])
        assert.strictEqual(statSync(dirname(path)).mode & 0o777, 0o700)
        assert.strictEqual(statSync(dirname(dirname(path))).mode & 0o777, 0o700)
      }).pipe(withLog(path))
    }))

  describe("migrations", () => {
    it("start from nothing, and do nothing twice", () => {
      const db = new DatabaseSync(":memory:")
      migrate(db)
      const schema = () => JSON.stringify(db.prepare("SELECT sql FROM sqlite_schema ORDER BY name").all())
      const before = schema()
      migrate(db)
      assert.strictEqual(schema(), before)
      const known = migrations.map(({ id }) => id)
      const next = known.length + 1
      assert.deepStrictEqual(db.prepare("SELECT id FROM loom_migrations").all().map(({ id }) => id), known)
      const further = [...migrations, { id: next, name: "more", sql: "ALTER TABLE calls ADD COLUMN more TEXT" }]
      migrate(db, further)
      migrate(db, further)
      assert.deepStrictEqual(db.prepare("SELECT id FROM loom_migrations").all().map(({ id }) => id), [...known, next])
      db.close()
    })

    it.live("bring a database of the first version up to date, and keep what is in it", () =>
      Effect.gen(function*() {
        const path = yield* tempPath
        const first = new DatabaseSync(path)
        migrate(first, migrations.slice(0, 1))
        first.exec("INSERT INTO meta VALUES ('kept', 'yes')")
        first.close()
        assert.deepStrictEqual(yield* Effect.provide(CallLog.transitions(), CallLog.layerReader({ path })), [])
        yield* Effect.gen(function*() {
          const log = yield* CallLog.CurrentCallLog
          log.offerTransition(opened(now))
          yield* log.flush
          assert.deepStrictEqual(yield* CallLog.transitions(), [opened(now)])
        }).pipe(withLog(path))
        const db = yield* connect(path)
        assert.strictEqual(db.prepare("SELECT value FROM meta WHERE key = 'kept'").get()?.["value"], "yes")
      }))

    it.live("make the roll-ups of six hours from those of one, as if they had been written", () =>
      Effect.gen(function*() {
        const path = yield* tempPath
        const day = 86_400_000
        const at = Math.floor(now / day) * day
        yield* keep(path, variedOf(3, at - 2 * day, at, 1500))
        const db = yield* connect(path)
        const rows = (table: string) => db.prepare(`SELECT * FROM ${table} WHERE span = 21600000`).all()
        const written = [rows("call_rollups"), rows("attempt_rollups")]
        assert.isAbove(written[0]!.length, 8)
        db.exec(`DELETE FROM call_rollups WHERE span = 21600000; DELETE FROM attempt_rollups WHERE span = 21600000;
          DROP TABLE segments; DROP TABLE columns; DELETE FROM loom_migrations WHERE id >= 3`)
        // Until somebody writes to it, it is read as it is.
        const range = { since: at - 2 * day, until: at }
        const counted = Effect.provide(Stats.overview({ range }), Layer.fresh(Stats.layer({ path })))
        assert.strictEqual((yield* counted).calls.total, 1500)
        const open = () => Source.open(db, Distribution.aggregates(db), now, makeSegments(db))
        const log = open()
        const rolled = { log, filters: {}, span: 3_600_000 }
        assert.strictEqual(Source.countCalls(rolled, range.since, range.until), 1500)
        migrate(db)
        assert.deepStrictEqual([rows("call_rollups"), rows("attempt_rollups")], written)
        const upToDate = { ...rolled, log: open() }
        assert.strictEqual(Source.countCalls(upToDate, range.since, range.until), 1500)
        assert.deepStrictEqual([log.longest, upToDate.log.longest], [3_600_000, 21_600_000])
      }))

    it("leave nothing of one that fails", () => {
      const db = new DatabaseSync(":memory:")
      migrate(db)
      const broken = [...migrations, {
        id: migrations.length + 1,
        name: "broken",
        sql: "CREATE TABLE half (a); CREATE NONSENSE"
      }]
      assert.throws(() => migrate(db, broken))
      assert.deepStrictEqual(db.prepare("SELECT name FROM sqlite_schema WHERE name = 'half'").all(), [])
      assert.isFalse(db.isTransaction)
      db.close()
    })

    it.live("leave a database of a newer Loom alone", () => {
      const { layer, lines } = listen()
      return Effect.gen(function*() {
        const path = yield* tempPath
        yield* keep(path, [recordsOf(1, now)(1)])
        const db = yield* connect(path)
        db.exec("INSERT INTO loom_migrations VALUES (99, 'from the future', 0)")
        const stats = yield* keep(path, [recordsOf(1, now)(2)])
        assert.strictEqual(stats.failed, 1)
        assert.include(
          lines.join("\n"),
          `it has version 99, this Loom knows ${migrations.length}; use the newer Loom, or another path`
        )
        assert.strictEqual(db.prepare("SELECT count(*) AS n FROM calls").get()?.["n"], 1)
      }).pipe(Effect.provide(layer))
    })
  })

  describe("retention", () => {
    const forever = { maxAge: Infinity, maxBytes: Infinity }

    it.live("forgets what is old, with its attempts and tags, and keeps the sums by the hour", () =>
      Effect.gen(function*() {
        const path = yield* tempPath
        const day = 86_400_000
        const record = recordsOf(1, now - 20 * day)
        const records = Array.from(
          { length: 1200 },
          (_, n) => ({ ...record(n), startedAt: now - 20 * day + n * day / 60 })
        )
        yield* keep(path, records)
        const db = yield* connect(path)
        while (prune(db, { ...forever, maxAge: 10 * day }, now));
        const left = records.filter((record) => Math.floor(record.startedAt + record.timing.total) >= now - 10 * day)
        const count = (sql: string) => Number(db.prepare(`SELECT count(*) AS n FROM ${sql}`).get()?.["n"])
        assert.strictEqual(count("calls"), left.length)
        assert.strictEqual(count("attempts"), left.reduce((sum, { attempts }) => sum + attempts.length, 0))
        assert.strictEqual(count("tags"), left.reduce((sum, { tags }) => sum + Object.keys(tags).length, 0))
        assert.strictEqual(count(`call_rollups WHERE span = 60000 AND at < ${now - 7 * day}`), 0)
        assert.isAbove(count("call_rollups WHERE span = 60000"), 0)
        assert.strictEqual(
          Number(db.prepare("SELECT sum(calls) AS n FROM call_rollups WHERE span = 3600000").get()?.["n"]),
          1200
        )
      }))

    it.live("forgets the oldest when there is too much, and gives the room back", () =>
      Effect.gen(function*() {
        const path = yield* tempPath
        const record = recordsOf(1, now)
        yield* keep(path, Array.from({ length: 4000 }, (_, n) => record(n)))
        const db = yield* connect(path)
        const before = sizeOf(db)
        const limit = Math.floor(before / 2)
        while (prune(db, { ...forever, maxBytes: limit }, now + 60_000));
        assert.isAtMost(sizeOf(db), limit)
        assert.isAbove(sizeOf(db), limit * 0.5)
        db.exec("PRAGMA wal_checkpoint(TRUNCATE)")
        assert.isBelow(statSync(path).size, before * 0.8)
        assert.strictEqual(db.prepare("SELECT max(seq) AS n FROM calls").get()?.["n"], 4000)
      }))

    it.live("happens by itself", () =>
      Effect.gen(function*() {
        const path = yield* tempPath
        const record = recordsOf(1, now - 90 * 86_400_000)
        yield* keep(path, Array.from({ length: 700 }, (_, n) => record(n)))
        yield* keep(path, [recordsOf(2, now)(1)])
        const db = yield* connect(path)
        assert.isAtMost(Number(db.prepare("SELECT count(*) AS n FROM calls").get()?.["n"]), 2)
      }))
  })

  describe("F18", () => {
    it.live("F18 log database locked: no call waits, and all is written once it is free", () => {
      const { layer, lines } = listen()
      return Effect.gen(function*() {
        const path = yield* tempPath
        const record = recordsOf(1, now)
        yield* Effect.gen(function*() {
          const log = yield* CallLog.CurrentCallLog
          log.offer(record(0))
          yield* log.flush
          const other = yield* connect(path)
          other.exec("BEGIN IMMEDIATE")
          for (let n = 1; n <= 1000; n++) log.offer(record(n))
          const flushed = yield* Effect.forkChild(log.flush, { startImmediately: true })
          while (lines.length === 0) yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
          assert.match(lines[0] ?? "", /^Warn: call log: .*calls\.db: database is locked; another process is writing/)
          assert.strictEqual((yield* log.stats).queued, 1000)
          other.exec("ROLLBACK")
          yield* Fiber.join(flushed)
          assert.deepStrictEqual(yield* log.stats, { accepted: 1001, written: 1001, dropped: 0, failed: 0, queued: 0 })
          assert.strictEqual(lines.length, 1)
        }).pipe(withLog(path, { busyTimeout: "100 millis" }))
      }).pipe(Effect.provide(layer))
    })

    it.live("F18 log database corrupt: it is left as it is, and the log is off", () => {
      const { layer, lines } = listen()
      return Effect.gen(function*() {
        const path = yield* tempPath
        const precious = "somebody's notes, not a database. ".repeat(1000)
        writeFileSync(path, precious)
        const record = recordsOf(1, now)
        assert.strictEqual((yield* keep(path, [record(1), record(2)])).failed, 2)
        assert.strictEqual(readFileSync(path, "utf8"), precious)
        assert.strictEqual(lines.length, 1)
        assert.match(lines[0] ?? "", /file is not a database; move the file away.*what can't be written is lost/)
      }).pipe(Effect.provide(layer))
    })

    it.live("F18 log path not writable: records wait until it is, calls don't", () => {
      const { layer, lines } = listen()
      return Effect.gen(function*() {
        const path = yield* tempPath
        mkdirSync(path)
        yield* Effect.gen(function*() {
          const log = yield* CallLog.CurrentCallLog
          for (let n = 0; n < 7; n++) log.offer(recordsOf(1, now)(n))
          const flushed = yield* Effect.forkChild(log.flush, { startImmediately: true })
          while (lines.length === 0) yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
          assert.deepStrictEqual(yield* log.stats, { accepted: 5, written: 0, dropped: 2, failed: 0, queued: 5 })
          yield* Fiber.interrupt(flushed)
        }).pipe(withLog(path, { capacity: 5 }))
        assert.match(lines[0] ?? "", /give the path of a file: this is a folder\. Calls go on; up to 5 records wait/)
      }).pipe(Effect.provide(layer))
    })
  })

  it.live("reads no calls where there is no database yet, and makes none", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      assert.deepStrictEqual(yield* CallLog.recent(), { calls: [], next: undefined })
      assert.deepStrictEqual(yield* CallLog.attemptsOf("x"), [])
      assert.deepStrictEqual(yield* CallLog.transitions(), [])
      assert.isFalse(existsSync(path))
    }).pipe((effect) => Effect.flatMap(tempPath, (path) => Effect.provide(effect, CallLog.layerReader({ path })))))
})

type Sums = Map<string, Array<unknown>>

const add = (all: Sums, key: string, values: ReadonlyArray<number | ReadonlyArray<number>>) => {
  const known = all.get(key) ?? values.map((value) => typeof value === "number" ? 0 : [])
  all.set(
    key,
    values.map((value, n) =>
      typeof value === "number" ? Number(known[n]) + value : [...known[n] as ReadonlyArray<number>, ...value]
    )
  )
}

const plain = (value: unknown) => value instanceof Uint8Array ? Array.from(value) : value

/** Numbers are equal, and values are what a histogram holds. */
const equal = (found: Sums, expected: Sums) => {
  const bytes = (value: unknown) => {
    if (!Array.isArray(value)) return value
    const histogram: Histogram.Histogram = new Map()
    for (const one of value) Histogram.add(histogram, one)
    return Histogram.encode(histogram)
  }
  assert.deepStrictEqual([...found.keys()].sort(), [...expected.keys()].sort())
  for (const [key, values] of expected) {
    assert.deepStrictEqual(
      found.get(key)?.map(plain),
      values.map(bytes).map(plain)
    )
  }
}

import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { DatabaseSync } from "node:sqlite"
import * as Figures from "../../src/internal/batchFigures.ts"
import * as Sums from "../../src/storage/batchSums.ts"
import { type Batch, madeBatches, type Row } from "./batches.ts"

const now = 1_795_000_000_000
const hour = 3_600_000

const made = (seed: number) => {
  const db = new DatabaseSync(":memory:")
  return { db, ...madeBatches(db, seed, now) }
}

const money = (pico: bigint) => ({ picoUsd: String(pico), usd: Number(pico) / 1e12 })
const add = (rows: ReadonlyArray<Row>, of: (row: Row) => number | null) =>
  rows.reduce((sum, row) => sum + BigInt(of(row) ?? 0), 0n)

/** What rows come to, added up one by one. */
const expected = (rows: ReadonlyArray<Row>) => {
  const of = (state: string) => rows.filter((row) => row.state === state).length
  const recorded = rows.filter((row) => row.recorded === 1)
  const status = (known: number, amount: bigint): Figures.Batch["costStatus"] =>
    known === rows.length && known > 0 ? "measured" : known === 0 || amount === 0n ? "unknown" : "partial"
  const priced = recorded.filter(({ cost }) => cost !== null).length
  const weighed = recorded.filter(({ saved, state }) => state !== "succeeded" || saved !== null).length
  const cost = add(rows, ({ cost }) => cost)
  const saved = add(rows, ({ saved }) => saved)
  return {
    total: rows.length,
    open: of("open"),
    succeeded: of("succeeded"),
    failed: of("failed"),
    expired: of("expired"),
    cancelled: of("cancelled"),
    missing: of("missing"),
    cost: status(priced, cost) === "unknown" ? null : money(cost),
    costStatus: status(priced, cost),
    saved: status(weighed, saved) === "unknown" ? null : money(saved),
    savedStatus: status(weighed, saved),
    priced,
    unpriced: recorded.length - priced
  }
}

const decode = Schema.decodeUnknownSync(Figures.Batches, { onExcessProperty: "error" })
const decodeDetail = Schema.decodeUnknownSync(Figures.BatchDetail, { onExcessProperty: "error" })

describe("what batches come to", () => {
  for (const seed of [1, 2, Math.floor(Math.random() * 1e9)]) {
    it(`is what their rows add up to, whatever is asked for, seed ${seed}`, () => {
      const { batches, db, jobs, rows, tables } = made(seed)
      const order = (a: Batch, b: Batch) => b.createdAt - a.createdAt || batches.indexOf(b) - batches.indexOf(a)
      const jobsOf = ({ id }: Batch) => jobs.filter(({ batch }) => batch === id)
      const rowsOf = ({ id }: Batch) => rows.filter(({ batch }) => batch === id)
      const isLacking = ({ state }: Row) => state !== "open" && state !== "succeeded"
      const since = now - 20 * hour
      const cases: ReadonlyArray<readonly [Figures.Filters, (batch: Batch) => boolean]> = [
        [{}, () => true],
        [{ state: "open" }, ({ state }) => state !== "ended"],
        [{ state: "ended" }, ({ state }) => state === "ended"],
        [{ state: "failed" }, (batch) => rowsOf(batch).some(isLacking)],
        [{ provider: "anthropic" }, (batch) => jobsOf(batch).some(({ provider }) => provider === "anthropic")],
        [
          { provider: "openai", model: "gpt-4o" },
          (batch) => jobsOf(batch).some(({ model, provider }) => provider === "openai" && model === "gpt-4o")
        ],
        [{ error: "Overloaded" }, (batch) => rowsOf(batch).some(({ error }) => error === "Overloaded")],
        [{ tag: { key: "tenant", value: `q"uote` } }, ({ tags }) => tags["tenant"] === `q"uote`],
        [{ tag: { key: "a.b", value: "c" } }, ({ tags }) => tags["a.b"] === "c"],
        [{ text: "50%_" }, ({ id }) => id.startsWith("50%_")],
        [{ text: "NIGHTLY" }, ({ id }) => id.startsWith("nightly")],
        [{ text: "<i>refused" }, (batch) => jobsOf(batch).some(({ problem }) => problem !== null)],
        [{ text: "vendor_3_0" }, (batch) => jobsOf(batch).some(({ vendorId }) => vendorId === "vendor_3_0")]
      ]
      for (const [filters, passes] of cases) {
        const asked = { range: { since, until: now + hour }, filters, limit: 200 }
        const answer = decode(Sums.batches(db, asked, now + hour))
        const chosen = batches.filter((batch) =>
          passes(batch) && batch.createdAt < answer.range.until && (batch.endedAt ?? Infinity) >= answer.range.since
        ).toSorted(order)
        assert.deepStrictEqual(answer.batches.map(({ id }) => id), chosen.map(({ id }) => id), JSON.stringify(filters))
        const all = chosen.flatMap(rowsOf)
        assert.deepInclude(answer.total, {
          batches: chosen.length,
          openBatches: chosen.filter(({ state }) => state !== "ended").length,
          done: chosen.flatMap(jobsOf).reduce((sum, { done }) => sum + done, 0),
          ...expected(all)
        })
        assert.strictEqual(answer.firstAt, Math.min(...batches.map(({ createdAt }) => createdAt)))

        // Page by page they are the same.
        const paged: Array<string> = []
        for (let cursor: string | undefined;;) {
          const page = Sums.batches(db, { ...asked, cursor, limit: 3 }, now + hour)
          paged.push(...page.batches.map(({ id }) => id))
          if (page.next === null) break
          cursor = page.next
        }
        assert.deepStrictEqual(paged, chosen.map(({ id }) => id))
      }

      // Who lists them at the command line is told the same.
      const listed = tables.newest({}, 10_000)
      assert.deepStrictEqual(listed.map(({ id }) => id), batches.toSorted(order).map(({ id }) => id))
      for (const batch of batches) {
        const { jobs: told, ...one } = listed.find(({ id }) => id === batch.id)!
        const { total, open, succeeded, failed, expired, cancelled, missing, ...bill } = expected(rowsOf(batch))
        const own = jobsOf(batch)
        assert.deepInclude(one, {
          createdAt: batch.createdAt,
          endedAt: batch.endedAt,
          tags: batch.tags,
          state: batch.state === "ended"
            ? "ended"
            : batch.cancelled === 1
            ? "cancelling"
            : own.some(({ state }) => state === "ready" || state === "submitting")
            ? "submitting"
            : "running",
          counts: {
            total,
            open,
            succeeded,
            failed,
            expired,
            cancelled,
            missing,
            duplicates: own.length,
            strays: 0
          },
          ...bill
        })
        const ends = own.flatMap(({ expiresAt, state }) => state === "ended" || expiresAt === null ? [] : [expiresAt])
        assert.strictEqual(one.expiresAt, ends.length === 0 ? null : Math.min(...ends))
        assert.deepStrictEqual(
          told.map(({ id, problem, vendorId }) => ({ id, problem, vendorId })),
          own.map(({ id, problem, vendorId }) => ({ id, problem, vendorId }))
        )
        const detail = Sums.batch(db, batch.id)
        const { failedRows, failures } = decodeDetail(detail)
        const lacking = rowsOf(batch).filter(isLacking)
        assert.deepStrictEqual(
          failedRows.map(({ callId, customId, error, job, state }) => ({ callId, customId, error, job, state })),
          lacking.slice(0, 100).map(({ customId, error, job, n, state }) => ({
            callId: `call-${batch.id}-${n}`,
            customId,
            error,
            job,
            state
          }))
        )
        assert.strictEqual(failures.reduce((sum, { rows }) => sum + rows, 0), lacking.length)
        for (const { error, rows, state } of failures) {
          assert.strictEqual(rows, lacking.filter((row) => row.state === state && row.error === error).length)
        }
        assert.notInclude(JSON.stringify(detail), "secret")
      }
      assert.isUndefined(Sums.batch(db, "nobody"))
      db.close()
    })
  }

  it("is added up from one index, whatever the rows weigh", () => {
    const { db } = made(1)
    const read: Array<string> = []
    const watched = new Proxy(db, {
      get: (target, name) =>
        name !== "prepare" ? Reflect.get(target, name) : (sql: string) => {
          if (sql.includes("FROM rows")) read.push(sql)
          return target.prepare(sql)
        }
    })
    Sums.newest(watched, {}, 10)
    assert.isAbove(read.length, 0)
    for (const sql of read) {
      const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all("[]").map((row) => String(row["detail"]))
      assert.isTrue(plan.some((step) => step.includes("COVERING INDEX rows_sums")), plan.join("\n"))
    }
    db.close()
  })
})

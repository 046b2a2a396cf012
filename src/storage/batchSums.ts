/**
 * What batches come to, added up from their rows. The command line and the dashboard ask here alike. Nothing here may
 * import Effect: threads start with it.
 */
import type { DatabaseSync } from "node:sqlite"
import type * as Figures from "../Figures.ts"
import type { Batch, BatchDetail, Batches, BatchJob, Filters } from "../internal/batchFigures.ts"
import { containing, type Param } from "./filters.ts"
import { moneyOf } from "./stats/figures.ts"
import { resolve } from "./stats/range.ts"
import { number, numberOrNull, type Row, text, textOrNull } from "./stats/source.ts"

export interface Asked {
  readonly range: Parameters<typeof resolve>[0]
  readonly filters: Filters
  readonly cursor?: string | undefined
  readonly limit: number
}

const mostFailed = 100

/** What rows are added up to, by a partial sum for each state. */
const sums = `sum(n) AS total,
  sum(n) FILTER (WHERE state = 'open') AS open,
  sum(n) FILTER (WHERE state = 'succeeded') AS succeeded,
  sum(n) FILTER (WHERE state = 'failed') AS failed,
  sum(n) FILTER (WHERE state = 'expired') AS expired,
  sum(n) FILTER (WHERE state = 'cancelled') AS cancelled,
  sum(n) FILTER (WHERE state = 'missing') AS missing,
  sum(priced) AS priced, sum(unpriced) AS unpriced, sum(saved_of) AS saved_of, sum(unsaved) AS unsaved,
  sum(unrecorded) AS unrecorded, CAST(sum(cost) AS TEXT) AS cost, CAST(sum(saved) AS TEXT) AS saved`

/** Of the rows of the batches that are chosen: all of it lies in one index. */
const byState = `SELECT batch, state, count(*) AS n,
    count(cost) AS priced,
    count(*) FILTER (WHERE recorded = 1 AND cost IS NULL) AS unpriced,
    count(*) FILTER (WHERE recorded = 1 AND (saved IS NOT NULL OR state <> 'succeeded')) AS saved_of,
    count(*) FILTER (WHERE recorded = 1 AND saved IS NULL AND state = 'succeeded') AS unsaved,
    count(*) FILTER (WHERE recorded = 0) AS unrecorded,
    sum(cost) AS cost, sum(saved) AS saved
  FROM rows WHERE batch IN (SELECT id FROM chosen) GROUP BY batch, state`

const columns = "batches.rowid AS at, batches.*"

const lacking = "('failed', 'expired', 'cancelled', 'missing')"

const ofState = {
  open: "batches.state <> 'ended'",
  ended: "batches.state = 'ended'",
  failed: `EXISTS (SELECT 1 FROM rows WHERE batch = batches.id AND state IN ${lacking})`
} as const

const select = (filters: Filters) => {
  const conditions = ["batches.state <> 'preparing'"]
  const params: Array<Param> = []
  const where = (condition: string, ...values: ReadonlyArray<Param>) => {
    conditions.push(condition)
    params.push(...values)
  }
  const { error, id, model, provider, since, state, tag, text, until } = filters
  if (id !== undefined) where("batches.id = ?", id)
  if (until !== undefined) where("batches.created_at < ?", until)
  if (since !== undefined) where("coalesce(batches.ended_at, ?) >= ?", since, since)
  if (state !== undefined) where(ofState[state])
  const ofJob = [
    ...provider === undefined ? [] : [["provider = ?", provider] as const],
    ...model === undefined ? [] : [["model = ?", model] as const]
  ]
  if (ofJob.length > 0) {
    where(
      `EXISTS (SELECT 1 FROM jobs WHERE batch = batches.id AND ${ofJob.map(([condition]) => condition).join(" AND ")})`,
      ...ofJob.map(([, value]) => value)
    )
  }
  if (error !== undefined) {
    where(`EXISTS (SELECT 1 FROM rows WHERE batch = batches.id AND state IN ${lacking} AND error = ?)`, error)
  }
  if (tag !== undefined) where("json_extract(batches.tags, ?) = ?", `$.${JSON.stringify(tag.key)}`, tag.value)
  if (text !== undefined) {
    const own = containing(text, ["batches.id", "batches.tags"])
    const jobs = containing(text, ["vendor_id", "provider || '/' || model", "problem"])
    where(
      `(${own.condition} OR EXISTS (SELECT 1 FROM jobs WHERE batch = batches.id AND ${jobs.condition}))`,
      ...own.params,
      ...jobs.params
    )
  }
  return { where: conditions.join(" AND "), params }
}

/** Of `known` rows it is, and of `more` it isn't. A zero beside what isn't known says nothing. */
const knownOf = (amount: bigint, known: number, more: number): Batch["costStatus"] =>
  known === 0 || (amount === 0n && more > 0) ? "unknown" : more > 0 ? "partial" : "measured"

const moneyIn = (row: Row) => {
  const unrecorded = number(row, "unrecorded")
  const amount = (name: "cost" | "saved") => BigInt(text(row, name) || 0)
  const cost = amount("cost")
  const saved = amount("saved")
  const costStatus = knownOf(cost, number(row, "priced"), number(row, "unpriced") + unrecorded)
  const savedStatus = knownOf(saved, number(row, "saved_of"), number(row, "unsaved") + unrecorded)
  return {
    cost: costStatus === "unknown" ? null : moneyOf(cost),
    costStatus,
    saved: savedStatus === "unknown" ? null : moneyOf(saved),
    savedStatus,
    share: costStatus === "unknown" || savedStatus === "unknown" || cost + saved === 0n
      ? null
      : Number(saved) / Number(cost + saved),
    priced: number(row, "priced"),
    unpriced: number(row, "unpriced")
  }
}

const countsIn = (row: Row) => ({
  total: number(row, "total"),
  open: number(row, "open"),
  succeeded: number(row, "succeeded"),
  failed: number(row, "failed"),
  expired: number(row, "expired"),
  cancelled: number(row, "cancelled"),
  missing: number(row, "missing")
})

const jobStates: ReadonlyArray<BatchJob["state"]> = ["ready", "submitting", "running", "ended"]

const jobOf = (row: Row): BatchJob => ({
  id: text(row, "id"),
  provider: text(row, "provider"),
  model: text(row, "model"),
  endpoint: text(row, "endpoint"),
  state: jobStates.find((state) => state === row["state"]) ?? "running",
  vendorId: textOrNull(row, "vendor_id"),
  submittedAt: numberOrNull(row, "submitted_at"),
  endedAt: numberOrNull(row, "ended_at"),
  expiresAt: numberOrNull(row, "expires_at"),
  rows: number(row, "rows"),
  done: number(row, "done"),
  failed: number(row, "bad"),
  submissions: number(row, "tries"),
  readings: number(row, "passes"),
  problem: textOrNull(row, "problem")
})

const stateOf = (row: Row, jobs: ReadonlyArray<BatchJob>): Batch["state"] => {
  if (row["state"] === "ended") return "ended"
  if (row["cancelled"] === 1) return "cancelling"
  return jobs.some(({ state }) => state === "ready" || state === "submitting") ? "submitting" : "running"
}

const tagsOf = (row: Row): Readonly<Record<string, string>> => {
  const tags: unknown = JSON.parse(text(row, "tags") || "{}")
  return typeof tags === "object" && tags !== null
    ? Object.fromEntries(Object.entries(tags).map(([name, tag]) => [name, String(tag)]))
    : {}
}

const sum = <A>(all: ReadonlyArray<A>, of: (one: A) => number) => all.reduce((sum, one) => sum + of(one), 0)

const batchesOf = (db: DatabaseSync, rows: ReadonlyArray<Row>): ReadonlyArray<Batch> => {
  const ids = JSON.stringify(rows.map((row) => text(row, "id")))
  const jobs = new Map<string, Array<{ readonly job: BatchJob; readonly row: Row }>>()
  for (
    const row of db.prepare("SELECT * FROM jobs WHERE batch IN (SELECT value FROM json_each(?)) ORDER BY n").all(ids)
  ) {
    const batch = text(row, "batch")
    const own = jobs.get(batch) ?? []
    jobs.set(batch, own)
    own.push({ job: jobOf(row), row })
  }
  const added = new Map(
    db.prepare(
      `WITH chosen AS (SELECT value AS id FROM json_each(?)), parts AS (${byState})
      SELECT batch, ${sums} FROM parts GROUP BY batch`
    ).all(ids).map((row) => [text(row, "batch"), row] as const)
  )
  return rows.map((row): Batch => {
    const id = text(row, "id")
    const own = jobs.get(id) ?? []
    const of = own.map(({ job }) => job)
    const rowsOf = added.get(id) ?? {}
    const ends = of.flatMap(({ expiresAt, state }) => expiresAt === null || state === "ended" ? [] : [expiresAt])
    return {
      id,
      state: stateOf(row, of),
      createdAt: number(row, "created_at"),
      endedAt: numberOrNull(row, "ended_at"),
      expiresAt: ends.length === 0 ? null : Math.min(...ends),
      tags: tagsOf(row),
      counts: {
        ...countsIn(rowsOf),
        duplicates: sum(own, ({ row }) => number(row, "duplicates")),
        strays: sum(own, ({ row }) => number(row, "strays"))
      },
      done: sum(of, ({ done }) => done),
      ...moneyIn(rowsOf),
      jobs: of
    }
  })
}

/** The newest batches that pass. */
export const newest = (db: DatabaseSync, filters: Filters, limit: number): ReadonlyArray<Batch> => {
  const { params, where } = select(filters)
  return batchesOf(
    db,
    db.prepare(`SELECT ${columns} FROM batches WHERE ${where} ORDER BY created_at DESC, batches.rowid DESC LIMIT ?`)
      .all(...params, limit)
  )
}

/** All of the Batches page. */
export const batches = (db: DatabaseSync, { cursor, filters, limit, range: asked }: Asked, now: number): Batches => {
  const range: Figures.Range = resolve(asked, now, true)
  const { params, where } = select({ ...filters, since: range.since, until: range.until })
  const [at = Infinity, rowid = 0] = cursor?.split(".").map(Number) ?? []
  const rows = db.prepare(
    `SELECT ${columns} FROM batches WHERE ${where} AND (created_at, batches.rowid) < (?, ?)
    ORDER BY created_at DESC, batches.rowid DESC LIMIT ?`
  ).all(...params, at, rowid, limit + 1)
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const [whole = {}] = db.prepare(
    `WITH chosen AS (SELECT id, state FROM batches WHERE ${where}), parts AS (${byState}) SELECT ${sums},
      (SELECT count(*) FROM chosen) AS batches,
      (SELECT count(*) FROM chosen WHERE state <> 'ended') AS open_batches,
      (SELECT sum(done) FROM jobs WHERE batch IN (SELECT id FROM chosen)) AS done
    FROM parts`
  ).all(...params)
  const first = db.prepare("SELECT min(created_at) AS at FROM batches WHERE state <> 'preparing'").get()
  return {
    range,
    total: {
      batches: number(whole, "batches"),
      openBatches: number(whole, "open_batches"),
      done: number(whole, "done"),
      ...countsIn(whole),
      ...moneyIn(whole)
    },
    batches: batchesOf(db, shown),
    next: rows.length > limit && last !== undefined ? `${number(last, "created_at")}.${number(last, "at")}` : null,
    firstAt: first === undefined ? null : numberOrNull(first, "at")
  }
}

const lackingStates = ["failed", "expired", "cancelled", "missing"] as const

/** A batch, with what went wrong in it; `undefined` where there is none of this id. */
export const batch = (db: DatabaseSync, id: string): BatchDetail | undefined => {
  const [found] = newest(db, { id }, 1)
  if (found === undefined) return undefined
  const failures = db.prepare(
    `SELECT state, error, count(*) AS n FROM rows WHERE batch = ? AND state IN ${lacking} GROUP BY state, error
    ORDER BY n DESC, state, error`
  ).all(id)
  const failedRows = db.prepare(
    `SELECT rows.n, custom_id, provider, job, rows.state, error, call_id FROM rows JOIN jobs ON jobs.id = rows.job
    WHERE rows.batch = ? AND rows.state IN ${lacking} ORDER BY rows.n LIMIT ${mostFailed}`
  ).all(id)
  return {
    ...found,
    failures: failures.map((row) => ({
      state: lackingStates.find((state) => state === row["state"]) ?? "failed",
      error: textOrNull(row, "error"),
      rows: number(row, "n")
    })),
    failedRows: failedRows.map((row) => ({
      index: number(row, "n"),
      customId: text(row, "custom_id"),
      provider: text(row, "provider"),
      job: text(row, "job"),
      state: text(row, "state"),
      error: textOrNull(row, "error"),
      callId: text(row, "call_id")
    }))
  }
}

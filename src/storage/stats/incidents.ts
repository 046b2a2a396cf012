/**
 * What didn't go as it should: retries, failovers, calls that failed, circuits that opened.
 */
import type { Filters } from "../../CallLog.ts"
import type * as Figures from "../../Figures.ts"
import { select } from "../filters.ts"
import { errorsOf } from "./figures.ts"
import { hasTransitions } from "./health.ts"
import * as Matching from "./matching.ts"
import { floorTo } from "./range.ts"
import { choose, type Log, number, numberOrNull, type Part, type Row, text, textOrNull } from "./source.ts"
import { noCalls } from "./sum.ts"
import { sumCalls } from "./sums.ts"

type Incident = Figures.Incident

const hour = 3_600_000
const most = 20

/** The counts of the last hour, and the newest of all time. */
export const incidentsOf = (log: Log, filters: Filters): Figures.Overview["incidents"] => {
  const from = floorTo(log.now - hour, 10_000)
  const to = log.now + 1
  const [calls = noCalls] = sumCalls(choose(log, filters, from, to, 10_000), { from, to }, true)
  return {
    retries: calls.retries,
    failovers: calls.failovers,
    errors: errorsOf(calls),
    recent: incidentsIn(log, filters, most)
  }
}

/** The newest of a range. */
export const incidentsIn = (log: Log, filters: Filters, limit: number): ReadonlyArray<Incident> =>
  [
    ...again(log, filters, limit),
    ...failed(log, filters, limit),
    ...circuitChanges(log, filters, 0, limit).map(({ seq: _, ...incident }) => incident)
  ].sort((a, b) => b.at - a.at).slice(0, limit)

/** The newest calls that pass, and of which more holds. */
const newest = (log: Log, filters: Filters, more: Filters, limit: number): Part => {
  const { since, until, ...others } = filters
  // What nothing else is asked of has an index.
  if (Object.values(others).every((value) => value === undefined)) {
    const { conditions, params } = select({ since, until, ...more })
    return {
      sql: `SELECT calls.* FROM calls WHERE ${
        conditions.join(" AND ")
      } ORDER BY ended_at DESC, seq DESC LIMIT ${limit}`,
      params
    }
  }
  const found = Matching.newest(log.segments(), [log.matchesOf(filters), log.matchesOf(more)], limit, { since, until })
  return {
    sql: `SELECT calls.* FROM calls WHERE seq IN (${found.map(() => "?").join(", ")}) ORDER BY ended_at DESC, seq DESC`,
    params: found.map(({ seq }) => seq)
  }
}

const repeated: Filters = { retried: true }
const inError: Filters = { status: "error" }

/** Each attempt that followed another. */
const again = (log: Log, filters: Filters, limit: number): ReadonlyArray<Incident> => {
  const { params, sql } = newest(log, filters, repeated, limit)
  const rows = log.all(
    `SELECT page.id, page.attempts, page.seq, attempt.n, attempt.provider, attempt.model, attempt.asked,
      attempt.candidate, attempt.started_at, attempt.duration_ms, attempt.outcome, attempt.status, attempt.why
    FROM (${sql}) AS page JOIN attempts AS attempt ON attempt.call_seq = page.seq ORDER BY page.seq, attempt.n`,
    params
  )
  return rows.flatMap((row, n) => {
    const before = rows[n - 1]
    if (before === undefined || number(before, "seq") !== number(row, "seq")) return []
    return [Object.assign(ofCall(before, "outcome"), ofRepetition(before, row))]
  })
}

const differs = (before: Row, row: Row, name: string): boolean => before[name] !== row[name]

const ofRepetition = (before: Row, row: Row) => {
  const isFailover = ["provider", "candidate", "asked"].some((name) => differs(before, row, name))
  const startedAt = number(row, "started_at")
  return {
    kind: isFailover ? "failover" : "retry",
    at: startedAt,
    toProvider: isFailover ? text(row, "provider") : null,
    toModel: isFailover ? text(row, "model") : null,
    waited: Math.max(0, startedAt - number(before, "started_at") - number(before, "duration_ms")),
    attempt: number(row, "n"),
    attempts: number(row, "attempts")
  } as const
}

const ofCall = (row: Row, cause: string) => ({
  id: text(row, "id"),
  provider: text(row, "provider"),
  model: text(row, "model"),
  cause: text(row, cause),
  status: numberOrNull(row, "status"),
  why: textOrNull(row, "why")
})

const failed = (log: Log, filters: Filters, limit: number): ReadonlyArray<Incident> => {
  const { params, sql } = newest(log, filters, inError, limit)
  return log.all(
    `SELECT id, ended_at, provider, model, outcome, status, error_why AS why, attempts FROM (${sql})`,
    params
  ).map((row) =>
    Object.assign(
      ofCall(row, "outcome"),
      {
        kind: "error",
        at: number(row, "ended_at"),
        toProvider: null,
        toModel: null,
        waited: null,
        attempt: null,
        attempts: number(row, "attempts")
      } as const
    )
  )
}

/** Of circuits that changed their state, the newest `limit` after a sequence number. */
export const circuitChanges = (
  log: Log,
  { provider, since, until }: Pick<Filters, "provider" | "since" | "until">,
  after: number,
  limit: number
): ReadonlyArray<Incident & { readonly seq: number }> => {
  if (!hasTransitions(log)) return []
  return log.all(
    `SELECT seq, at, provider, to_state, why FROM transitions
    WHERE seq > ?${provider === undefined ? "" : " AND provider = ?"}${since === undefined ? "" : " AND at >= ?"}${
      until === undefined ? "" : " AND at < ?"
    } ORDER BY at DESC, seq DESC LIMIT ${limit}`,
    [after, ...[provider, since, until].filter((given) => given !== undefined)]
  ).map((row) => ({
    seq: number(row, "seq"),
    kind: "circuit",
    at: number(row, "at"),
    id: null,
    provider: text(row, "provider"),
    model: null,
    toProvider: null,
    toModel: null,
    cause: text(row, "to_state"),
    status: null,
    why: textOrNull(row, "why"),
    waited: null,
    attempt: null,
    attempts: null
  }))
}

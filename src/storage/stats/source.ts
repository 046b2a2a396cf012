/**
 * Where figures come from: the columns of calls and attempts, or their roll-ups.
 */
import type { DatabaseSync, SQLOutputValue } from "node:sqlite"
import type { Filters } from "../../CallLog.ts"
import { containing, isId, knownTexts, type Param, select, toldTexts } from "../filters.ts"
import { withSixHours } from "../migrations.ts"
import { attemptSums, callSums, savings, spans } from "../schema.ts"
import type { Segment } from "../segments.ts"
import type * as Distribution from "./distribution.ts"
import { count, type Matches, matching } from "./matching.ts"
import { floorTo, hour, pieces, spanOf } from "./range.ts"
import type { Fact } from "./scan.ts"

export type Row = Readonly<Record<string, SQLOutputValue>>

export interface Log {
  readonly all: (sql: string, params?: ReadonlyArray<Param>) => ReadonlyArray<Row>
  readonly take: Distribution.Aggregates["take"]
  /** Of all calls. */
  readonly segments: () => ReadonlyArray<Segment>
  /** Which calls of a segment filters mean. */
  readonly matchesOf: (filters: Filters) => (segment: Segment) => Matches
  /** What was added up for the question already. */
  readonly facts: Map<string, ReadonlyArray<Fact>>
  /** Epoch milliseconds of the first call it knows of. */
  readonly firstAt: number | undefined
  readonly lastAt: number | undefined
  /** The longest span of roll-ups that it has. */
  readonly longest: number
  /** From here on no row was forgotten. */
  readonly rowsSince: number
  readonly now: number
}

export const number = (row: Row | undefined, name: string): number => {
  const value = row?.[name]
  return typeof value === "number" ? value : 0
}

export const text = (row: Row | undefined, name: string): string => {
  const value = row?.[name]
  return typeof value === "string" ? value : ""
}

export const numberOrNull = (row: Row, name: string): number | null => {
  const value = row[name]
  return typeof value === "number" ? value : null
}

export const textOrNull = (row: Row, name: string): string | null => {
  const value = row[name]
  return typeof value === "string" ? value : null
}

const half = 1_000_000_000

/** A sum of 1e-12 USD, in two halves: no number of SQLite's holds all that may come together. */
export const sumOfMoney = (expression: string): string =>
  `coalesce(sum((${expression}) / ${half}), 0) || ' ' || coalesce(sum((${expression}) % ${half}), 0)`

export const money = (row: Row, name: string): bigint => {
  const [high = "0", low = "0"] = text(row, name).split(" ")
  return BigInt(high) * BigInt(half) + BigInt(low)
}

export const open = (
  db: DatabaseSync,
  { take }: Distribution.Aggregates,
  now: number,
  readSegments: () => ReadonlyArray<Segment>
): Log => {
  const all = (sql: string, params: ReadonlyArray<Param> = []) => db.prepare(sql).all(...params)
  const [bounds] = all(`SELECT (SELECT min(ended_at) FROM calls) AS row, (SELECT max(ended_at) FROM calls) AS last,
    (SELECT min(at) FROM call_rollups WHERE span = ${hour}) AS hour`)
  const first = bounds === undefined ? null : numberOrNull(bounds, "row")
  const firstHour = bounds === undefined ? null : numberOrNull(bounds, "hour")
  const isWhole = first === null || firstHour === null || firstHour >= floorTo(first, hour)
  let segments: ReadonlyArray<Segment> | undefined
  const known = new Map<Filters, (segment: Segment) => Matches>()
  return {
    all,
    take,
    facts: new Map(),
    segments: () => segments ??= readSegments(),
    matchesOf: (filters) => {
      const matchesOf = known.get(filters) ?? remembered(matching(filters, seqsOf(all, filters)))
      known.set(filters, matchesOf)
      return matchesOf
    },
    // A database that no newer Loom has written to yet has none of six hours.
    longest: all("SELECT 1 FROM loom_migrations WHERE id = ?", [withSixHours]).length > 0 ? 6 * hour : hour,
    firstAt: (isWhole ? first : firstHour) ?? undefined,
    lastAt: bounds === undefined ? undefined : numberOrNull(bounds, "last") ?? undefined,
    rowsSince: isWhole ? -Infinity : first ?? Infinity,
    now
  }
}

/** A segment is looked through once a question. */
const remembered = (matches: (segment: Segment) => Matches): (segment: Segment) => Matches => {
  const known = new Map<Segment, Matches>()
  return (segment) => {
    if (!known.has(segment)) known.set(segment, matches(segment))
    return known.get(segment)
  }
}

/** The numbers of the calls whose ids are asked for, which no column has. */
const seqsOf = (all: Log["all"], { id, text = "" }: Filters): ReadonlySet<number> | undefined => {
  if (id === undefined && !isId.test(text)) return undefined
  const { conditions, params } = select({ id, text: isId.test(text) ? text : undefined })
  return new Set(
    all(`SELECT seq FROM calls WHERE ${conditions.join(" AND ")}`, params).map((row) => number(row, "seq"))
  )
}

export interface Source {
  readonly log: Log
  /** Without `since` and `until`. */
  readonly filters: Filters
  /** Of the roll-ups; `undefined`: the calls themselves. */
  readonly span: number | undefined
  /** Of those that are asked for. */
  readonly bucket?: number | undefined
}

/**
 * What roll-ups keep apart: {@link rolledUp} puts it in words. Text is looked for in what they keep apart, and in what
 * went wrong, which only rows tell.
 */
const keptApart = new Set(["since", "until", "provider", "model", "outcome", "status", "failed", "cached", "text"])

/** Whether roll-ups can't tell which of their calls are meant. */
export const needsRows = (filters: Filters): boolean =>
  filters.status === "retry" || filters.status === "failover" ||
  (filters.text !== undefined && isId.test(filters.text)) ||
  Object.entries(filters).some(([name, value]) => value !== undefined && !keptApart.has(name))

const few = 10_000

/**
 * The calls themselves where there are few enough of them, or a text is looked for, and none was forgotten; or where
 * nothing else will do.
 */
export const choose = (log: Log, filters: Filters, from: number, to: number, span: number): Source => {
  if (needsRows(filters)) return { log, filters, span: undefined }
  const source = { log, filters, span }
  if (from < log.rowsSince) return source
  return filters.text !== undefined || countRolledUp(source, from, to) < few ? { ...source, span: undefined } : source
}

const countRolledUp = (source: RolledUp, from: number, to: number): number => {
  const { params, sql } = callsOf(source, from, to)
  return number(source.log.all(`SELECT sum(calls) AS calls FROM (${sql})`, params)[0], "calls")
}

export const countCalls = ({ span, ...source }: Source, from: number, to: number): number =>
  span === undefined
    ? count(source.log.segments(), source.log.matchesOf(source.filters), from, to)
    : countRolledUp({ ...source, span }, from, to)

export interface RolledUp extends Source {
  readonly span: number
}

export interface Part {
  readonly sql: string
  readonly params: ReadonlyArray<Param>
}

/** In what the roll-ups keep apart, which for attempts are the columns of their calls. */
const rolledUp = (filters: Filters, of: "" | "call_"): Part => {
  const conditions: Array<string> = []
  const params: Array<Param> = []
  const where = (condition: string, ...values: ReadonlyArray<Param>) => {
    conditions.push(` AND ${condition}`)
    params.push(...values)
  }
  const outcome = `${of}outcome`
  if (filters.provider !== undefined) where(`${of}provider = ?`, filters.provider)
  if (filters.model !== undefined) where(`${of}model = ?`, filters.model)
  if (filters.outcome !== undefined) where(`${outcome} = ?`, filters.outcome)
  if (filters.failed === true) where(`${outcome} <> 'ok'`)
  if (filters.status === "error") where(`${outcome} NOT IN ('ok', 'interrupted')`)
  else if (filters.status !== undefined) where(`${outcome} = ?`, filters.status)
  if (filters.cached !== undefined) where(`${of}cache ${filters.cached ? "<>" : "="} 'miss'`)
  if (filters.text !== undefined) {
    const { condition, params } = containing(filters.text, [`${of}provider || '/' || ${of}model`, outcome])
    where(condition, ...params)
  }
  return { sql: conditions.join(""), params }
}

const rollups = (
  table: string,
  columns: string,
  { filters, log, span }: RolledUp,
  from: number,
  to: number,
  /** For sums by bucket: only what lies within one. */
  bucket: number | undefined
): Part => {
  const condition = rolledUp(filters, table === "call_rollups" ? "" : "call_")
  const parts = bucket === undefined
    ? pieces(from, to, span, log.longest)
    : [{ span: Math.max(span, spanOf(bucket, log.longest)), from, to }]
  return {
    sql: parts.map((piece) =>
      `SELECT ${columns} FROM ${table} WHERE span = ${piece.span} AND at >= ${piece.from} AND at < ${piece.to}${condition.sql}`
    ).join(" UNION ALL "),
    params: parts.flatMap(() => condition.params)
  }
}

/** Calls whose text is in what went wrong, and nowhere that roll-ups know of. */
const onlyRows = (columns: string, join: string, filters: Filters, since: number, until: number): Part => {
  const { text = "", ...others } = filters
  const known = containing(text, knownTexts)
  const told = containing(text, toldTexts)
  const { params, sql } = rows(columns, join, { ...others, failed: true }, since, until)
  return {
    sql: `${sql} AND NOT ${known.condition} AND ${told.condition}`,
    params: [...params, ...known.params, ...told.params]
  }
}

const together = (one: Part, other: Part): Part => ({
  sql: `${one.sql} UNION ALL ${other.sql}`,
  params: [...one.params, ...other.params]
})

const rows = (columns: string, join: string, filters: Filters, since: number, until: number): Part => {
  const { conditions, from, params } = select({ ...filters, since, until })
  return { sql: `SELECT ${columns} FROM ${from}${join} WHERE ${conditions.join(" AND ")}`, params }
}

const ofCalls = ["provider", "model", "outcome", "cache", "priced", ...callSums, ...savings]
const callRollup = ["at", "calls", ...ofCalls, "latency", "first_token"].join(", ")
const callRow = [
  "calls.ended_at AS at",
  "1 AS calls",
  ...ofCalls.map((name) => `calls.${name}`),
  // As the roll-ups have it: nobody waits for a row of a batch as for an answer.
  "CASE WHEN calls.operation <> 'batch' THEN calls.total_ms END AS latency",
  "calls.first_token_ms AS first_token"
].join(", ")

/** The calls from `from` until `to`, as they are rolled up. */
export const callsOf = (source: RolledUp, from: number, to: number, bucket?: number): Part => {
  const { filters } = source
  const rolled = rollups("call_rollups", callRollup, source, from, to, bucket)
  return filters.text === undefined ? rolled : together(rolled, onlyRows(callRow, "", filters, from, to))
}

const ofAttempts = ["provider", "model", "outcome", "billed"]
const attemptRollup = [
  "at",
  ...ofAttempts,
  "priced",
  "attempts",
  "estimated",
  "unpriced",
  ...attemptSums,
  "cost_pico",
  "latency",
  "first_token"
].join(", ")
const attemptRow = [
  "calls.ended_at AS at",
  ...ofAttempts.map((name) => `attempt.${name}`),
  "calls.priced",
  "1 AS attempts",
  "attempt.cost_status = 'estimated' AS estimated",
  "attempt.billed <> 'no' AND attempt.cost_pico IS NULL AS unpriced",
  ...attemptSums.map((name) => `attempt.${name}`),
  "attempt.cost_pico",
  "CASE WHEN calls.operation <> 'batch' THEN attempt.duration_ms END AS latency",
  "attempt.first_token_ms AS first_token"
].join(", ")
const withAttempts = " JOIN attempts AS attempt ON attempt.call_seq = calls.seq"

/** The attempts of the calls from `from` until `to`, likewise. */
export const attemptsOf = (source: RolledUp, from: number, to: number, bucket?: number): Part => {
  const { filters } = source
  const rolled = rollups("attempt_rollups", attemptRollup, source, from, to, bucket)
  return filters.text === undefined ? rolled : together(rolled, onlyRows(attemptRow, withAttempts, filters, from, to))
}

/** The span of the roll-ups that are kept for the last `millis`. */
export const recentSpan = (millis: number): number => spans.find(({ keep }) => keep > millis)?.span ?? hour

/**
 * Sums by time, kept as rows arrive: one upsert a batch for each bucket that it touches, in the batch's transaction.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite"
import * as Histogram from "../internal/histogram.ts"
import {
  attemptNumbers,
  attemptSums,
  attemptTexts,
  callNumbers,
  callSums,
  callTexts,
  savings,
  spans
} from "./schema.ts"

/** The columns of a record that start at these places, added to what {@link Rollups.write} writes. */
export interface Rollups {
  readonly addCall: (
    numbers: Float64Array,
    number: number,
    texts: ReadonlyArray<string | null>,
    text: number
  ) => void
  readonly addAttempt: (
    numbers: Float64Array,
    number: number,
    texts: ReadonlyArray<string | null>,
    text: number,
    call: { readonly number: number; readonly text: number }
  ) => void
  readonly write: () => void
  readonly clear: () => void
}

/** Values of the columns of a roll-up that its sums are kept apart by. */
type Key = ReadonlyArray<string | number>

/** Sums of one bucket. Money is exact at any size. */
interface Sums {
  readonly at: number
  readonly key: Key
  readonly counts: Array<number>
  readonly money: Array<bigint>
  readonly times: Array<number>
  readonly latency: Histogram.Histogram
  readonly firstToken: Histogram.Histogram
}

const callKey = ["provider", "model", "outcome", "cache", "priced"]
const callCounts = ["calls", ...callSums]
const callTimes = ["total_ms", "overhead_ms"]
const attemptKey = [
  "provider",
  "model",
  "outcome",
  "billed",
  "priced",
  "call_provider",
  "call_model",
  "call_outcome",
  "call_cache"
]
const attemptCounts = ["attempts", "estimated", "unpriced", ...attemptSums]
const attemptMoney = ["cost_pico"]
const attemptTimes = ["duration_ms"]

const ofCall = {
  ended: callNumbers.indexOf("ended_at"),
  priced: callNumbers.indexOf("priced"),
  total: callNumbers.indexOf("total_ms"),
  overhead: callNumbers.indexOf("overhead_ms"),
  firstToken: callNumbers.indexOf("first_token_ms"),
  counts: callSums.map((name) => callNumbers.indexOf(name)),
  savings: savings.map((name) => callNumbers.indexOf(name)),
  provider: callTexts.indexOf("provider"),
  model: callTexts.indexOf("model"),
  outcome: callTexts.indexOf("outcome"),
  cache: callTexts.indexOf("cache"),
  operation: callTexts.indexOf("operation")
}

/** Nobody waits for a row of a batch as for an answer: how long it took is in its own row alone. */
const unhurried = "batch"

const ofAttempt = {
  duration: attemptNumbers.indexOf("duration_ms"),
  firstToken: attemptNumbers.indexOf("first_token_ms"),
  cost: attemptNumbers.indexOf("cost_pico"),
  counts: attemptSums.map((name) => attemptNumbers.indexOf(name)),
  provider: attemptTexts.indexOf("provider"),
  model: attemptTexts.indexOf("model"),
  outcome: attemptTexts.indexOf("outcome"),
  billed: attemptTexts.indexOf("billed"),
  costStatus: attemptTexts.indexOf("cost_status")
}

const mergeFunction = "histogram_merge"

const histograms: ReadonlySet<string> = new Set(["latency", "first_token"])

const none = new Uint8Array(0)

/** For SQL: the values of two histograms in one. */
const merge = (one: unknown, other: unknown): Uint8Array =>
  Histogram.mergeBytes(one instanceof Uint8Array ? one : none, other instanceof Uint8Array ? other : none)

/** The parameter or function's bytes: Node 22 makes NULL of some that have none. */
const bytes = (of: string): string => `coalesce(${of}, x'')`

const upsert = (
  table: string,
  key: ReadonlyArray<string>,
  sums: ReadonlyArray<string>
): string => {
  const columns = ["span", "at", ...key, ...sums, ...histograms]
  return `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${
    columns.map((name) => histograms.has(name) ? bytes("?") : "?").join(", ")
  })
ON CONFLICT (span, at, ${key.join(", ")}) DO UPDATE SET
${sums.map((name) => `${name} = ${name} + excluded.${name}`).join(", ")},
${[...histograms].map((name) => `${name} = ${bytes(`${mergeFunction}(${name}, excluded.${name})`)}`).join(",\n")}`
}

const [finest] = spans

export const makeRollups = (db: DatabaseSync): Rollups => {
  db.function(mergeFunction, { deterministic: true }, merge)
  const calls = new Map<string, Sums>()
  const attempts = new Map<string, Sums>()
  const upsertCalls = db.prepare(upsert("call_rollups", callKey, [...callCounts, ...savings, ...callTimes]))
  const upsertAttempts = db.prepare(
    upsert("attempt_rollups", attemptKey, [...attemptCounts, ...attemptMoney, ...attemptTimes])
  )

  return {
    addCall: (numbers, number, texts, text) => {
      const at = bucketOf(numbers[number + ofCall.ended] ?? 0, finest.span)
      const priced = numbers[number + ofCall.priced] ?? 0
      const provider = texts[text + ofCall.provider] ?? ""
      const model = texts[text + ofCall.model] ?? ""
      const outcome = texts[text + ofCall.outcome] ?? ""
      const cache = texts[text + ofCall.cache] ?? ""
      const sums = sumsOf(calls, at, [provider, model, outcome, cache, priced], callCounts.length, savings.length, 2)
      increase(sums.counts, 0, 1)
      ofCall.counts.forEach((column, n) => increase(sums.counts, n + 1, numbers[number + column]))
      ofCall.savings.forEach((column, n) => increaseMoney(sums.money, n, numbers[number + column]))
      const total = numbers[number + ofCall.total] ?? 0
      increase(sums.times, 0, total)
      increase(sums.times, 1, numbers[number + ofCall.overhead])
      if (texts[text + ofCall.operation] !== unhurried) Histogram.add(sums.latency, total)
      const firstToken = numbers[number + ofCall.firstToken] ?? Number.NaN
      if (!Number.isNaN(firstToken)) Histogram.add(sums.firstToken, firstToken)
    },
    addAttempt: (numbers, number, texts, text, call) => {
      const at = bucketOf(numbers[call.number + ofCall.ended] ?? 0, finest.span)
      const priced = numbers[call.number + ofCall.priced] ?? 0
      const provider = texts[text + ofAttempt.provider] ?? ""
      const model = texts[text + ofAttempt.model] ?? ""
      const outcome = texts[text + ofAttempt.outcome] ?? ""
      const billed = texts[text + ofAttempt.billed] ?? ""
      const cost = numbers[number + ofAttempt.cost] ?? Number.NaN
      const key = [
        provider,
        model,
        outcome,
        billed,
        priced,
        texts[call.text + ofCall.provider] ?? "",
        texts[call.text + ofCall.model] ?? "",
        texts[call.text + ofCall.outcome] ?? "",
        texts[call.text + ofCall.cache] ?? ""
      ]
      const sums = sumsOf(attempts, at, key, attemptCounts.length, 1, 1)
      increase(sums.counts, 0, 1)
      increase(sums.counts, 1, texts[text + ofAttempt.costStatus] === "estimated" ? 1 : 0)
      increase(sums.counts, 2, billed !== "no" && Number.isNaN(cost) ? 1 : 0)
      ofAttempt.counts.forEach((column, n) => increase(sums.counts, n + 3, numbers[number + column]))
      increaseMoney(sums.money, 0, cost)
      const duration = numbers[number + ofAttempt.duration] ?? 0
      increase(sums.times, 0, duration)
      if (texts[call.text + ofCall.operation] !== unhurried) Histogram.add(sums.latency, duration)
      const firstToken = numbers[number + ofAttempt.firstToken] ?? Number.NaN
      if (!Number.isNaN(firstToken)) Histogram.add(sums.firstToken, firstToken)
    },
    write: () => {
      writeAll(upsertCalls, calls)
      writeAll(upsertAttempts, attempts)
    },
    clear: () => {
      calls.clear()
      attempts.clear()
    }
  }
}

const bucketOf = (time: number, span: number): number => Math.floor(time / span) * span

const nameOf = (at: number, key: Key): string => `${at}\0${key.join("\0")}`

const sumsOf = (
  all: Map<string, Sums>,
  at: number,
  key: Key,
  counts: number,
  money: number,
  times: number
): Sums => {
  const name = nameOf(at, key)
  const known = all.get(name)
  if (known !== undefined) return known
  const sums: Sums = {
    at,
    key,
    counts: Array.from({ length: counts }, () => 0),
    money: Array.from({ length: money }, () => 0n),
    times: Array.from({ length: times }, () => 0),
    latency: new Map(),
    firstToken: new Map()
  }
  all.set(name, sums)
  return sums
}

const increase = (sums: Array<number>, n: number, by: number | undefined): void => {
  if (by !== undefined && !Number.isNaN(by)) sums[n] = (sums[n] ?? 0) + by
}

const increaseMoney = (sums: Array<bigint>, n: number, by: number | undefined): void => {
  if (by !== undefined && by !== 0 && !Number.isNaN(by)) sums[n] = (sums[n] ?? 0n) + BigInt(by)
}

/** Sums of one bucket, histograms as bytes. */
interface Closed extends Omit<Sums, "latency" | "firstToken"> {
  latency: Uint8Array
  firstToken: Uint8Array
}

const writeAll = (statement: StatementSync, all: Map<string, Sums>): void => {
  let buckets: ReadonlyArray<Closed> = [...all.values()].map((
    { at, counts, firstToken, key, latency, money, times }
  ) => ({
    at,
    key,
    counts,
    money,
    times,
    latency: Histogram.encode(latency),
    firstToken: Histogram.encode(firstToken)
  }))
  for (const { span } of spans) {
    if (span !== finest.span) buckets = coarser(buckets, span)
    for (const { at, counts, firstToken, key, latency, money, times } of buckets) {
      statement.run(span, at, ...key, ...counts, ...money, ...times, latency, firstToken)
    }
  }
  all.clear()
}

const coarser = (finer: ReadonlyArray<Closed>, span: number): ReadonlyArray<Closed> => {
  const all = new Map<string, Closed>()
  for (const sums of finer) {
    const at = bucketOf(sums.at, span)
    const name = nameOf(at, sums.key)
    const known = all.get(name)
    if (known === undefined) {
      all.set(name, { ...sums, at, counts: [...sums.counts], money: [...sums.money], times: [...sums.times] })
      continue
    }
    sums.counts.forEach((count, n) => increase(known.counts, n, count))
    sums.times.forEach((time, n) => increase(known.times, n, time))
    sums.money.forEach((pico, n) => {
      known.money[n] = (known.money[n] ?? 0n) + pico
    })
    known.latency = Histogram.mergeBytes(known.latency, sums.latency)
    known.firstToken = Histogram.mergeBytes(known.firstToken, sums.firstToken)
  }
  return [...all.values()]
}

/**
 * Sums of calls and of attempts: of a stretch of time, by bucket, by group.
 */
import * as Distribution from "./distribution.ts"
import { attemptsOf, callsOf, money, number, type Part, type Row, type Source, sumOfMoney, text } from "./source.ts"

export type Group = "provider" | "model" | "outcome" | "cache" | "tag"

export interface Asked {
  readonly from: number
  readonly to: number
  /** Milliseconds of a bucket; none: one sum of all. */
  readonly bucket?: number | undefined
  /** What sums are kept apart by. A model goes with its provider. */
  readonly group?: ReadonlyArray<Group> | undefined
  /** Only these groups, by their key. */
  readonly only?: ReadonlyArray<string> | undefined
  /** Of tags, only those with this key. */
  readonly tagKey?: string | undefined
}

/** What every sum is of. */
interface Place {
  /** The values of its group. */
  readonly group: ReadonlyArray<string>
  /** `openai`, `openai/gpt-4o`, `tenant:acme` */
  readonly key: string
  /** When its bucket starts. */
  readonly at: number
}

export interface Saved {
  readonly responseCache: bigint
  readonly coalescing: bigint
  readonly promptCache: bigint
  readonly routing: bigint
  readonly batch: bigint
}

export interface Calls extends Place {
  readonly calls: number
  readonly ok: number
  readonly interrupted: number
  readonly retries: number
  readonly failovers: number
  readonly hits: number
  readonly misses: number
  readonly coalesced: number
  /** Whose cost and saving is known. */
  readonly priced: number
  /** By those. */
  readonly saved: Saved
  /** Of those that succeeded upstream. */
  readonly latency: Distribution.Distribution
  /** Of all that succeeded. */
  readonly latencyWithCached: Distribution.Distribution
  /** Of those that succeeded upstream. */
  readonly firstToken: Distribution.Distribution
}

export interface Attempts extends Place {
  readonly attempts: number
  readonly ok: number
  /** That failed, and not by the caller's doing. */
  readonly errors: number
  readonly input: number
  readonly cachedInput: number
  readonly cacheWrite: number
  readonly output: number
  readonly reasoning: number
  /** Whose cost is an estimate, and whose isn't known. */
  readonly estimated: number
  readonly unknown: number
  /** Known to have been spent. */
  readonly cost: bigint
  /** Of it, on calls that are priced. */
  readonly actual: bigint
  /** Of those that succeeded. */
  readonly latency: Distribution.Distribution
  readonly firstToken: Distribution.Distribution
}

/** What a vendor isn't to blame for. */
const callersDoing = [
  "ok",
  "interrupted",
  "InvalidRequest",
  "ContentFiltered",
  "Unsupported",
  "UnknownModel",
  "KeyMissing",
  "Rejected",
  "BudgetExceeded",
  "CircuitOpen",
  "defect"
].map((outcome) => `'${outcome}'`).join(", ")

const upstream = "outcome = 'ok' AND cache = 'miss'"
const when = (condition: string, value: string) => `CASE WHEN ${condition} THEN ${value} END`
const count = (condition: string, value: string) => `sum(${when(condition, value)})`
const saved = (mechanism: string) => sumOfMoney(when("priced = 1", `saved_${mechanism}`))

const callColumns = `sum(calls) AS calls,
  ${count("outcome = 'ok'", "calls")} AS ok,
  ${count("outcome = 'interrupted'", "calls")} AS interrupted,
  sum(retries) AS retries,
  sum(failovers) AS failovers,
  ${count("cache = 'hit'", "cacheable")} AS hits,
  ${count("cache = 'miss'", "cacheable")} AS misses,
  ${count("cache = 'coalesced'", "calls")} AS coalesced,
  ${count("priced = 1", "calls")} AS priced_calls,
  ${saved("response_cache")} AS response_cache,
  ${saved("coalescing")} AS coalescing,
  ${saved("prompt_cache")} AS prompt_cache,
  ${saved("routing")} AS routing,
  ${saved("batch")} AS batch`

const latencies = `distribution(${when(upstream, "latency")}) AS latency,
  distribution(${when("outcome = 'ok'", "latency")}) AS latency_with_cached,
  distribution(${when(upstream, "first_token")}) AS first_token`

const attemptColumns = `sum(attempts) AS attempts,
  ${count("outcome = 'ok'", "attempts")} AS ok,
  ${count(`outcome NOT IN (${callersDoing})`, "attempts")} AS errors,
  sum(input_uncached + audio_input + image_input) AS input,
  sum(cache_read + image_cache_read) AS cached_input,
  sum(cache_write) AS cache_write,
  sum(output_text + audio_output + image_output) AS output,
  sum(output_reasoning) AS reasoning,
  sum(estimated) AS estimated,
  sum(unpriced) AS unknown,
  ${sumOfMoney("cost_pico")} AS cost,
  ${sumOfMoney(when("priced = 1", "cost_pico"))} AS actual`

const attemptLatencies = `distribution(${when("outcome = 'ok'", "latency")}) AS latency,
  distribution(${when("outcome = 'ok'", "first_token")}) AS first_token`

const columnsOf = (group: Group): ReadonlyArray<string> =>
  group === "tag"
    ? ["tag.key", "tag.value"]
    : group === "model"
    ? ["facts.provider", "facts.model"]
    : [`facts.${group}`]

const separator: Readonly<Record<Group, string>> = { provider: "", model: "/", outcome: "", cache: "", tag: ":" }

const statement = (facts: Part, columns: string, asked: Asked): Part => {
  const groups = (asked.group ?? []).flatMap(columnsOf)
  const bucket = asked.bucket === undefined ? [] : [`facts.at / ${asked.bucket} * ${asked.bucket}`]
  const keys = [...groups, ...bucket]
  const named = [...groups.map((column, n) => `${column} AS group_${n}`), ...bucket.map((at) => `${at} AS bucket`)]
  const tags = asked.group?.includes("tag") === true ? ", json_each(facts.tags) AS tag" : ""
  const [group] = asked.group ?? []
  const conditions = [
    ...asked.only === undefined || group === undefined
      ? []
      : [`${columnsOf(group).join(` || '${separator[group]}' || `)} IN (${asked.only.map(() => "?").join(", ")})`],
    ...asked.tagKey === undefined ? [] : ["tag.key = ?"]
  ]
  return {
    sql: `SELECT ${[...named, columns].join(", ")} FROM (${facts.sql}) AS facts${tags}${
      conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`
    }${keys.length === 0 ? "" : ` GROUP BY ${keys.join(", ")}`}`,
    params: [
      ...facts.params,
      ...group === undefined ? [] : asked.only ?? [],
      ...asked.tagKey === undefined ? [] : [asked.tagKey]
    ]
  }
}

const placeOf = (row: Row, asked: Asked): Place => {
  const width = (asked.group ?? []).flatMap(columnsOf).length
  const group = Array.from({ length: width }, (_, n) => text(row, `group_${n}`))
  return { group, key: group.join(separator[asked.group?.[0] ?? "provider"]), at: number(row, "bucket") }
}

/** `isLean`: without latencies, which cost the most. */
export const sumCalls = (source: Source, asked: Asked, isLean = false): ReadonlyArray<Calls> => {
  const { log } = source
  const facts = callsOf(source, asked.from, asked.to, asked.bucket)
  const { params, sql } = statement(facts, isLean ? callColumns : `${callColumns}, ${latencies}`, asked)
  return log.all(sql, params).map((row) =>
    Object.assign(placeOf(row, asked), {
      calls: number(row, "calls"),
      ok: number(row, "ok"),
      interrupted: number(row, "interrupted"),
      retries: number(row, "retries"),
      failovers: number(row, "failovers"),
      hits: number(row, "hits"),
      misses: number(row, "misses"),
      coalesced: number(row, "coalesced"),
      priced: number(row, "priced_calls"),
      saved: {
        responseCache: money(row, "response_cache"),
        coalescing: money(row, "coalescing"),
        promptCache: money(row, "prompt_cache"),
        routing: money(row, "routing"),
        batch: money(row, "batch")
      },
      latency: log.take(row["latency"]),
      latencyWithCached: log.take(row["latency_with_cached"]),
      firstToken: log.take(row["first_token"])
    })
  )
}

export const sumAttempts = (source: Source, asked: Asked, isLean = false): ReadonlyArray<Attempts> => {
  const { log } = source
  const facts = attemptsOf(source, asked.from, asked.to, asked.bucket)
  const { params, sql } = statement(facts, isLean ? attemptColumns : `${attemptColumns}, ${attemptLatencies}`, asked)
  return log.all(sql, params).map((row) =>
    Object.assign(placeOf(row, asked), {
      attempts: number(row, "attempts"),
      ok: number(row, "ok"),
      errors: number(row, "errors"),
      input: number(row, "input"),
      cachedInput: number(row, "cached_input"),
      cacheWrite: number(row, "cache_write"),
      output: number(row, "output"),
      reasoning: number(row, "reasoning"),
      estimated: number(row, "estimated"),
      unknown: number(row, "unknown"),
      cost: money(row, "cost"),
      actual: money(row, "actual"),
      latency: log.take(row["latency"]),
      firstToken: log.take(row["first_token"])
    })
  )
}

/** Of no calls. */
export const noCalls: Calls = {
  group: [],
  key: "",
  at: 0,
  calls: 0,
  ok: 0,
  interrupted: 0,
  retries: 0,
  failovers: 0,
  hits: 0,
  misses: 0,
  coalesced: 0,
  priced: 0,
  saved: { responseCache: 0n, coalescing: 0n, promptCache: 0n, routing: 0n, batch: 0n },
  latency: Distribution.make(),
  latencyWithCached: Distribution.make(),
  firstToken: Distribution.make()
}

/** Of no attempts. */
export const noAttempts: Attempts = {
  group: [],
  key: "",
  at: 0,
  attempts: 0,
  ok: 0,
  errors: 0,
  input: 0,
  cachedInput: 0,
  cacheWrite: 0,
  output: 0,
  reasoning: 0,
  estimated: 0,
  unknown: 0,
  cost: 0n,
  actual: 0n,
  latency: Distribution.make(),
  firstToken: Distribution.make()
}

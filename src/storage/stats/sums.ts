/**
 * Sums of calls and of attempts: of a stretch of time, by bucket, by group.
 */
import * as Scan from "./scan.ts"
import { attemptsOf, callsOf, money, number, type Part, type Row, type Source, sumOfMoney, text } from "./source.ts"
import {
  type Asked,
  type Attempts,
  callersDoing,
  type Calls,
  type Group,
  keyOf,
  type Place,
  separatorOf
} from "./sum.ts"

const notToBlame = [...callersDoing].map((outcome) => `'${outcome}'`).join(", ")

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
  ${count(`outcome NOT IN (${notToBlame})`, "attempts")} AS errors,
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
  group === "model" ? ["facts.provider", "facts.model"] : [`facts.${group}`]

const statement = (facts: Part, columns: string, asked: Asked): Part => {
  const groups = (asked.group ?? []).flatMap(columnsOf)
  const bucket = asked.bucket === undefined ? [] : [`facts.at / ${asked.bucket} * ${asked.bucket}`]
  const keys = [...groups, ...bucket]
  const named = [...groups.map((column, n) => `${column} AS group_${n}`), ...bucket.map((at) => `${at} AS bucket`)]
  const [group] = asked.group ?? []
  const condition = asked.only === undefined || group === undefined
    ? ""
    : ` WHERE ${columnsOf(group).join(` || '${separatorOf(group)}' || `)} IN (${asked.only.map(() => "?").join(", ")})`
  return {
    sql: `SELECT ${[...named, columns].join(", ")} FROM (${facts.sql}) AS facts${condition}${
      keys.length === 0 ? "" : ` GROUP BY ${keys.join(", ")}`
    }`,
    params: [...facts.params, ...group === undefined ? [] : asked.only ?? []]
  }
}

const placeOf = (row: Row, asked: Asked): Place => {
  const width = (asked.group ?? []).flatMap(columnsOf).length
  const group = Array.from({ length: width }, (_, n) => text(row, `group_${n}`))
  return { group, key: keyOf(group, asked), at: number(row, "bucket") }
}

/** `isLean`: without latencies, which cost the most. */
export const sumCalls = (source: Source, asked: Asked, isLean = false): ReadonlyArray<Calls> => {
  const { log, span } = source
  if (span === undefined) return Scan.sumCalls(source, asked, isLean)
  const facts = callsOf({ ...source, span }, asked.from, asked.to, asked.bucket)
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
  const { log, span } = source
  if (span === undefined) return Scan.sumAttempts(source, asked, isLean)
  const facts = attemptsOf({ ...source, span }, asked.from, asked.to, asked.bucket)
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

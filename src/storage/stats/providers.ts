/**
 * What each provider did, and what can be filtered by.
 */
import type * as Figures from "../../Figures.ts"
import { select as selectRows } from "../filters.ts"
import * as Distribution from "./distribution.ts"
import { moneyOf, percentilesOf, share, tokensOf } from "./figures.ts"
import { healthOf } from "./health.ts"
import { type Query, select, type Selection } from "./selection.ts"
import { callsOf, type Log, number, text } from "./source.ts"
import { type Attempts, type Calls, sumAttempts, sumCalls } from "./sums.ts"

export const providers = (log: Log, query: Query): Figures.Providers => {
  const { range, source } = select(log, query)
  const { since: from, until: to } = range
  const sums = [...sumAttempts(source, { from, to, group: ["provider"] })]
  const models = sumAttempts(source, { from, to, group: ["model"] }, true)
  const outcomes = sumAttempts(source, { from, to, group: ["provider", "outcome"] }, true)
  const health = new Map(healthOf(log).map((one) => [one.provider, one]))
  const ofProvider = (all: ReadonlyArray<Attempts>, provider: string) =>
    all.filter(({ group }) => group[0] === provider).sort((a, b) => b.attempts - a.attempts)
  return {
    range,
    providers: sums.sort((a, b) => b.attempts - a.attempts).flatMap((sum) => {
      const own = health.get(sum.key)
      return own === undefined ? [] : [{
        provider: sum.key,
        health: own,
        attempts: sum.attempts,
        ok: sum.ok,
        errors: sum.errors,
        errorRate: share(sum.errors, sum.attempts),
        latency: percentilesOf(sum.latency),
        firstToken: percentilesOf(sum.firstToken),
        isExact: Distribution.isExact(sum.latency),
        outcomes: ofProvider(outcomes, sum.key)
          .map(({ attempts, group }) => ({ outcome: group[1] ?? "", attempts }))
          .filter(({ outcome }) => outcome !== "ok"),
        tokens: tokensOf(sum),
        cost: moneyOf(sum.cost),
        models: ofProvider(models, sum.key).map((one) => ({
          model: one.group[1] ?? "",
          attempts: one.attempts,
          tokens: tokensOf(one),
          cost: moneyOf(one.cost)
        })),
        keySources: log.all(
          `SELECT DISTINCT key_source FROM
            (SELECT key_source FROM attempts WHERE provider = ? ORDER BY ended_at DESC LIMIT 200)
          WHERE key_source IS NOT NULL`,
          [sum.key]
        ).map((row) => text(row, "key_source"))
      }]
    })
  }
}

const mostTagged = 100_000
const mostKeys = 20
const mostValues = 20

export const facets = (log: Log, query: Query): Figures.Facets => {
  const selection = select(log, query)
  const { range, source } = selection
  const { since: from, until: to } = range
  const by = (group: "provider" | "model" | "outcome" | "cache") =>
    [...sumCalls(source, { from, to, group: [group] }, true)].sort((a, b) => b.calls - a.calls)
  const facet = ({ calls, key }: Calls) => ({ value: key, calls })
  const outcomes = by("outcome").map(facet)
  const ofOutcome = (passes: (outcome: string) => boolean) =>
    outcomes.reduce((sum, { calls, value }) => passes(value) ? sum + calls : sum, 0)
  return {
    range,
    statuses: [
      { value: "ok", calls: ofOutcome((outcome) => outcome === "ok") },
      { value: "retry", calls: countAgain(selection, "retry") },
      { value: "failover", calls: countAgain(selection, "failover") },
      { value: "error", calls: ofOutcome((outcome) => outcome !== "ok" && outcome !== "interrupted") },
      { value: "interrupted", calls: ofOutcome((outcome) => outcome === "interrupted") }
    ],
    providers: by("provider").map(facet),
    models: by("model").map(({ calls, group }) => ({ provider: group[0] ?? "", value: group[1] ?? "", calls })),
    errors: outcomes.filter(({ value }) => value !== "ok" && value !== "interrupted"),
    cache: by("cache").map(facet),
    tags: tags(selection)
  }
}

const countAgain = ({ filters, log, range }: Selection, status: "retry" | "failover"): number => {
  if (filters.status !== undefined && filters.status !== status) return 0
  const { conditions, from, params } = selectRows({ ...filters, status, since: range.since, until: range.until })
  return number(
    log.all(`SELECT count(*) AS calls FROM ${from} WHERE ${conditions.join(" AND ")}`, params)[0],
    "calls"
  )
}

/** Of the newest calls of the range, since there is no index of tags by time. */
const tags = ({ filters, log, range }: Selection): Figures.Facets["tags"] => {
  const calls = callsOf({ log, filters, span: undefined }, range.since, range.until, false)
  const rows = log.all(
    `SELECT tag.key, tag.value, count(*) AS calls
    FROM (${calls.sql} ORDER BY 1 DESC LIMIT ${mostTagged}) AS facts, json_each(facts.tags) AS tag
    GROUP BY tag.key, tag.value ORDER BY calls DESC, tag.value`,
    calls.params
  )
  const byKey = new Map<string, Array<{ readonly value: string; readonly calls: number }>>()
  for (const row of rows) {
    const values = byKey.get(text(row, "key")) ?? []
    values.push({ value: text(row, "value"), calls: number(row, "calls") })
    byKey.set(text(row, "key"), values)
  }
  return [...byKey].slice(0, mostKeys).map(([key, values]) => ({
    key,
    values: values.slice(0, mostValues),
    otherValues: Math.max(0, values.length - mostValues)
  }))
}

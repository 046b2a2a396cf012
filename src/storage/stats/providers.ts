/**
 * What each provider did, and what can be filtered by.
 */
import type * as Figures from "../../Figures.ts"
import * as Distribution from "./distribution.ts"
import { costsOf, fillingOf, percentilesOf, share, spark, tokensOf } from "./figures.ts"
import { healthOf, unheard } from "./health.ts"
import { incidentsIn } from "./incidents.ts"
import { count, countTags } from "./matching.ts"
import { starts } from "./range.ts"
import { type Query, select, type Selection } from "./selection.ts"
import { type Log, text } from "./source.ts"
import { type Attempts, type Calls, noAttempts } from "./sum.ts"
import { sumAttempts, sumCalls } from "./sums.ts"

const mostDrawn = 8
const mostIncidents = 50

export const providers = (log: Log, query: Query): Figures.Providers => {
  const { filters, range, source } = select(log, query)
  const { since: from, until: to } = range
  const byAttempts = (a: Attempts, b: Attempts) => b.attempts - a.attempts || (a.key < b.key ? -1 : 1)
  const asked = sumAttempts(source, { from, to, group: ["provider"] })
  const models = sumAttempts(source, { from, to, group: ["model"] })
  const outcomes = sumAttempts(source, { from, to, group: ["model", "outcome"] }, true)
  const calls = sumCalls(source, { from, to, group: ["model"] }, true)
  const health = new Map(healthOf(log).map((one) => [one.provider, one]))
  // Who isn't asked since its circuit is open is what one wants to see.
  const isChosen = Object.entries(filters).some(([name, value]) => name !== "provider" && value !== undefined)
  const idle = isChosen ?
    [] :
    [...health.keys()].filter((provider) =>
      (filters.provider ?? provider) === provider && !asked.some(({ key }) => key === provider)
    )
  const sums = [...asked, ...idle.map(unasked)].sort(byAttempts)
  const drawn = sums.slice(0, mostDrawn).filter(({ attempts }) => attempts > 0).map(({ key }) => key)
  const byBucket = drawn.length === 0
    ? []
    : sumAttempts(source, { from, to, bucket: range.bucket, group: ["provider"], only: drawn })
  const of = <A extends { readonly group: ReadonlyArray<string> }>(all: ReadonlyArray<A>, ...names: Array<string>) =>
    all.filter(({ group }) => names.every((name, n) => group[n] === name))
  return {
    range,
    at: starts(range),
    partial: fillingOf(range),
    providers: sums.map((sum) => {
      const { key: provider } = sum
      const answering = answeringOf(log, provider, from, to)
      return Object.assign({
        provider,
        health: health.get(provider) ?? unheard(provider),
        points: drawn.includes(provider) ? pointsOf(range, log, of(byBucket, provider)) : null,
        models: folded(of(models, provider), answering).sort(byAttempts).map(({ names, ...one }) => {
          const [, model = ""] = one.group
          const own = <A extends { readonly group: ReadonlyArray<string> }>(all: ReadonlyArray<A>) =>
            names.flatMap((name) => of(all, provider, name))
          return Object.assign({ model }, askedOf(one, own(outcomes), own(calls)))
        }),
        keySources: log.all(
          `SELECT DISTINCT key_source FROM
            (SELECT key_source FROM attempts WHERE provider = ? ORDER BY ended_at DESC LIMIT 200)
          WHERE key_source IS NOT NULL`,
          [provider]
        ).map((row) => text(row, "key_source"))
      }, askedOf(sum, of(outcomes, provider), of(calls, provider)))
    }),
    incidents: incidentsIn(log, { ...filters, since: from, until: to }, mostIncidents),
    firstAt: log.firstAt ?? null
  }
}

const unasked = (provider: string): Attempts => ({ ...noAttempts, key: provider, group: [provider] })

/** Answers that are looked at for who gave them. */
const mostAnswers = 1000

/** Which model answered last to a name that isn't its own. */
const answeringOf = (log: Log, provider: string, from: number, to: number): ReadonlyMap<string, string> =>
  new Map(
    log.all(
      `SELECT asked, model, outcome FROM attempts WHERE provider = ? AND ended_at >= ? AND ended_at < ?
      ORDER BY ended_at DESC LIMIT ${mostAnswers}`,
      [provider, from, to]
    ).filter((row) => row["outcome"] === "ok" && row["asked"] !== row["model"]).toReversed()
      .map((row) => [text(row, "asked"), text(row, "model")])
  )

type Named = Attempts & { readonly names: ReadonlyArray<string> }

/** Who fails is known by the name that was asked: it counts for the model that answers to that. */
const folded = (sums: ReadonlyArray<Attempts>, answering: ReadonlyMap<string, string>): Array<Named> => {
  const nameOf = ({ group: [, model = ""], ok }: Attempts) => ok === 0 ? answering.get(model) ?? model : model
  return [...Map.groupBy(sums, nameOf)].map(([model, all]) => together(model, all))
}

const together = (model: string, all: ReadonlyArray<Attempts>): Named => {
  // Those that never answered have no latencies.
  const [main = noAttempts] = all.toSorted((a, b) => b.ok - a.ok)
  const total = (of: (sum: Attempts) => number) => all.reduce((sum, one) => sum + of(one), 0)
  return {
    ...main,
    attempts: total(({ attempts }) => attempts),
    errors: total(({ errors }) => errors),
    input: total(({ input }) => input),
    cachedInput: total(({ cachedInput }) => cachedInput),
    cacheWrite: total(({ cacheWrite }) => cacheWrite),
    output: total(({ output }) => output),
    reasoning: total(({ reasoning }) => reasoning),
    estimated: total(({ estimated }) => estimated),
    unknown: total(({ unknown }) => unknown),
    cost: all.reduce((sum, { cost }) => sum + cost, 0n),
    group: [main.group[0] ?? "", model],
    names: all.map(({ group }) => group[1] ?? "")
  }
}

/** What was asked of a provider, or a model of it. */
const askedOf = (sum: Attempts, outcomes: ReadonlyArray<Attempts>, calls: ReadonlyArray<Calls>) => ({
  attempts: sum.attempts,
  ok: sum.ok,
  errors: sum.errors,
  errorRate: share(sum.errors, sum.attempts),
  outcomes: [...Map.groupBy(outcomes, ({ group }) => group[2] ?? "")].filter(([outcome]) => outcome !== "ok")
    .map(([outcome, all]) => ({ outcome, attempts: all.reduce((total, { attempts }) => total + attempts, 0) }))
    .sort((a, b) => b.attempts - a.attempts || (a.outcome < b.outcome ? -1 : 1)),
  latency: percentilesOf(sum.latency),
  firstToken: percentilesOf(sum.firstToken),
  isExact: Distribution.isExact(sum.latency),
  retries: calls.reduce((total, { retries }) => total + retries, 0),
  failovers: calls.reduce((total, { failovers }) => total + failovers, 0),
  tokens: tokensOf(sum),
  ...costsOf(sum)
})

const pointsOf = (range: Figures.Range, log: Log, sums: ReadonlyArray<Attempts>) => {
  const points = (value: (sum: Attempts) => number | null) => spark(range, log, sums, noAttempts, value)
  const latency = (q: number) => points((sum) => Distribution.percentile(sum.latency, q))
  return {
    attempts: points(({ attempts }) => attempts),
    errors: points(({ errors }) => errors),
    p50: latency(0.5),
    p95: latency(0.95),
    p99: latency(0.99),
    firstToken: points((sum) => Distribution.percentile(sum.firstToken, 0.95))
  }
}

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

const countAgain = ({ filters, log, range }: Selection, status: "retry" | "failover"): number =>
  filters.status !== undefined && filters.status !== status
    ? 0
    : count(log.segments(), log.matchesOf({ ...filters, status }), range.since, range.until)

const tags = ({ filters, log, range }: Selection): Figures.Facets["tags"] => {
  const found = countTags(log.segments(), log.matchesOf(filters), range.since, range.until)
  return [...found].map(([key, counts]) => {
    const values = [...counts].map(([value, calls]) => ({ value, calls }))
      .sort((a, b) => b.calls - a.calls || (a.value < b.value ? -1 : 1))
    return { key, values: values.slice(0, mostValues), otherValues: Math.max(0, values.length - mostValues) }
  }).sort((a, b) => (b.values[0]?.calls ?? 0) - (a.values[0]?.calls ?? 0)).slice(0, mostKeys)
}

/**
 * How providers do now.
 */
import type * as Figures from "../../Figures.ts"
import * as Distribution from "./distribution.ts"
import { share } from "./figures.ts"
import { floorTo } from "./range.ts"
import { choose, type Log, number, numberOrNull, recentSpan, text, textOrNull } from "./source.ts"
import { type Attempts, noAttempts } from "./sum.ts"
import { sumAttempts } from "./sums.ts"

const minute = 60_000
const day = 24 * 60 * minute
const lately = 5 * minute

const since = (log: Log, millis: number): ReadonlyMap<string, Attempts> => {
  const span = recentSpan(millis)
  const from = floorTo(log.now - millis, span)
  const to = log.now + 1
  const sums = sumAttempts(choose(log, {}, from, to, span), { from, to, group: ["provider"] })
  return new Map(sums.map((sum) => [sum.key, sum]))
}

/** Those with attempts in the last 30 days, by name. */
export const healthOf = (log: Log): ReadonlyArray<Figures.Health> => {
  const now = since(log, lately)
  const today = since(log, day)
  const circuits = circuitsOf(log)
  const known = log.all("SELECT DISTINCT provider FROM attempt_rollups WHERE span = 3600000 AND at >= ?", [
    floorTo(log.now - 30 * day, 3_600_000)
  ]).map((row) => text(row, "provider"))
  return [...new Set([...known, ...now.keys()])].sort().map((provider) => {
    const sum = now.get(provider) ?? noAttempts
    const p95 = Distribution.percentile(sum.latency, 0.95)
    const p95Day = Distribution.percentile((today.get(provider) ?? noAttempts).latency, 0.95)
    const errorRate = share(sum.errors, sum.attempts)
    const circuit = circuits.get(provider) ?? closed
    const [last] = log.all("SELECT max(ended_at) AS at FROM attempts WHERE provider = ?", [provider])
    return {
      provider,
      state: circuit.state === "open" || (errorRate ?? 0) >= 0.1
        ? "failing"
        : sum.attempts === 0
        ? "idle"
        : p95 !== null && p95Day !== null && p95 >= 2 * p95Day
        ? "slow"
        : (errorRate ?? 0) >= 0.02
        ? "unsteady"
        : "healthy",
      p95,
      p95Day,
      attempts: sum.attempts,
      errors: sum.errors,
      errorRate,
      circuit,
      lastAt: last === undefined ? null : numberOrNull(last, "at")
    } as const
  })
}

/** Of a provider that wasn't asked in the last 30 days. */
export const unheard = (provider: string): Figures.Health => ({
  provider,
  state: "idle",
  p95: null,
  p95Day: null,
  attempts: 0,
  errors: 0,
  errorRate: null,
  circuit: closed,
  lastAt: null
})

type Circuit = Figures.Health["circuit"]

const closed: Circuit = { state: "closed", since: null, until: null, why: null }

const rank = { closed: 0, "half-open": 1, open: 2 } as const

/** Of a provider's keys, the one that is worst off. What was open until some time ago may be tried. */
const circuitsOf = (log: Log): ReadonlyMap<string, Circuit> => {
  const worst = new Map<string, Circuit>()
  if (!hasTransitions(log)) return worst
  const rows = log.all(`SELECT provider, at, to_state, why, until FROM transitions
    WHERE seq IN (SELECT max(seq) FROM transitions GROUP BY provider, key)`)
  for (const row of rows) {
    const to = text(row, "to_state")
    const until = numberOrNull(row, "until")
    const state = to === "open" && (until ?? Infinity) > log.now ? "open" : to === "closed" ? "closed" : "half-open"
    const known = worst.get(text(row, "provider"))
    if (known !== undefined && rank[known.state] >= rank[state]) continue
    worst.set(text(row, "provider"), { state, since: number(row, "at"), until, why: textOrNull(row, "why") })
  }
  return worst
}

/** A database that no newer Loom has written to yet has none. */
export const hasTransitions = (log: Log): boolean =>
  log.all("SELECT 1 FROM sqlite_schema WHERE name = 'transitions'").length > 0

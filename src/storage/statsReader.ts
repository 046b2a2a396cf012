/**
 * A thread that adds up what a call log holds. It starts without Effect.
 */
import { DatabaseSync } from "node:sqlite"
import { workerData } from "node:worker_threads"
import type { Filters } from "../CallLog.ts"
import type * as Figures from "../Figures.ts"
import * as Answering from "./answering.ts"
import { migrate } from "./migrations.ts"
import { makeSegments, type Segment } from "./segments.ts"
import * as Distribution from "./stats/distribution.ts"
import { circuitChanges } from "./stats/incidents.ts"
import { type Ended, newest } from "./stats/matching.ts"
import { overview } from "./stats/overview.ts"
import { facets, providers } from "./stats/providers.ts"
import type { Query } from "./stats/selection.ts"
import { breakdown, type BreakdownQuery, series, type SeriesQuery } from "./stats/series.ts"
import * as Source from "./stats/source.ts"
import { spending, type SpendingQuery } from "./stats/spending.ts"
import type { Question } from "./threadAsked.ts"

export interface StatsData {
  readonly path: string
  readonly busyTimeout: number
}

/** Circuits that changed their state, newest first, and where to go on from. */
export interface Changes {
  readonly lastSeq: number
  readonly incidents: ReadonlyArray<Figures.Incident>
}

/** What can be asked, and what the answer is. */
export interface Answers {
  readonly overview: Figures.Overview
  readonly series: Figures.Series
  readonly breakdown: Figures.Breakdown
  readonly spending: Figures.Spending
  readonly providers: Figures.Providers
  readonly facets: Figures.Facets
  readonly changes: Changes
  readonly newest: ReadonlyArray<Ended>
}

export interface Queries {
  readonly overview: Query
  readonly series: SeriesQuery
  readonly breakdown: BreakdownQuery
  readonly spending: SpendingQuery
  readonly providers: Query
  readonly facets: Query
  readonly changes: { readonly after: number }
  readonly newest: NewestQuery
}

/** Calls that pass, newest first. */
export interface NewestQuery {
  readonly filters: Filters
  readonly limit: number
  readonly before: Ended | undefined
}

const mostChanges = 100

const answers: { readonly [K in keyof Queries]: (log: Source.Log, query: Queries[K]) => Answers[K] } = {
  overview,
  series,
  breakdown,
  spending,
  providers,
  facets,
  newest: (log, { before, filters, limit }) =>
    newest(log.segments(), [log.matchesOf(filters)], limit, { ...filters, before }),
  changes: (log, { after }) => {
    const found = circuitChanges(log, {}, after, mostChanges)
    return {
      lastSeq: found.reduce((last, { seq }) => Math.max(last, seq), after),
      incidents: found.map(({ seq: _, ...incident }) => incident)
    }
  }
}

interface Open {
  readonly db: DatabaseSync
  readonly aggregates: Distribution.Aggregates
  readonly segments: () => ReadonlyArray<Segment>
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- SqliteStats alone starts this thread
const { busyTimeout, path } = workerData as StatsData

const over = (db: DatabaseSync): Open => ({ db, aggregates: Distribution.aggregates(db), segments: makeSegments(db) })

/** No database yet is no calls yet. */
const noCalls = (): Open => {
  const db = new DatabaseSync(":memory:")
  migrate(db)
  return over(db)
}

const answer = <K extends keyof Queries>(
  { aggregates, db, segments }: Open,
  { ask, now, query }: Question<Queries, K>
): Answers[K] => {
  try {
    return answers[ask](Source.open(db, aggregates, now, segments), query)
  } finally {
    aggregates.clear()
  }
}

Answering.start<Queries, Answers, Open>({
  path,
  busyTimeout,
  cacheSize: 32_000,
  open: (db) => Answering.isMade(db) ? over(db) : undefined,
  empty: noCalls,
  answer
})

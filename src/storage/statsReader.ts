/**
 * A thread that owns a read-only connection and adds up what a call log holds, one question after the other, each of
 * the database as it was at one moment. It starts without Effect.
 */
import { DatabaseSync } from "node:sqlite"
import { parentPort, workerData } from "node:worker_threads"
import type { Filters } from "../CallLog.ts"
import type * as Figures from "../Figures.ts"
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
import type { Question, Told } from "./threadAsked.ts"

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

let opened: Open | undefined

/** Opened with the first question, and again until there is a database. */
const open = (): Open | undefined => {
  if (opened !== undefined) return opened
  const db = openFile()
  if (db === undefined) return undefined
  // A process that makes the file now hasn't made its tables.
  if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'loom_migrations'").get() === undefined) {
    db.close()
    return undefined
  }
  opened = { db, aggregates: Distribution.aggregates(db), segments: makeSegments(db) }
  return opened
}

const cantOpen = 14

const openFile = (): DatabaseSync | undefined => {
  try {
    const db = new DatabaseSync(path, { readOnly: true, timeout: busyTimeout })
    db.exec("PRAGMA query_only = ON; PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY")
    return db
  } catch (cause) {
    if (cause instanceof Error && "errcode" in cause && cause.errcode === cantOpen) return undefined
    throw cause
  }
}

/** No database yet is no calls yet. */
let nothing: Open | undefined
const empty = (): Open => {
  if (nothing !== undefined) return nothing
  const db = new DatabaseSync(":memory:")
  migrate(db)
  nothing = { db, aggregates: Distribution.aggregates(db), segments: makeSegments(db) }
  return nothing
}

const answer = <K extends keyof Queries>({ ask, now, query }: Question<Queries, K>): Answers[K] => {
  const { aggregates, db, segments } = open() ?? empty()
  db.exec("BEGIN")
  try {
    return answers[ask](Source.open(db, aggregates, now, segments), query)
  } finally {
    db.exec("COMMIT")
    aggregates.clear()
  }
}

parentPort?.on("message", (question: Question<Queries>) => {
  const { id } = question
  try {
    parentPort?.postMessage({ id, answer: answer(question) } satisfies Told<Answers>)
  } catch (cause) {
    parentPort?.postMessage(
      { id, error: cause instanceof Error ? cause.message : String(cause) } satisfies Told<Answers>
    )
  }
})

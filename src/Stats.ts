/**
 * What a call log adds up to: the figures that dashboard, CLI and programs share.
 *
 * **Details**
 *
 * Figures are of calls that ended within a range, and of the attempts of those calls. Sums are exact. Percentiles are
 * exact below 10,000 calls, whatever text is looked for in them; above that, and where the calls themselves were forgotten, they come from histograms and are
 * off by 2 % at most, which `isExact` tells. Money is exact to 1e-12 USD: what was saved is the sum of its parts, and
 * the baseline the sum of what was spent and saved, of the calls for which both are known. The others are counted
 * beside them. A thread of its own reads, so that nothing else has to wait.
 *
 * **Example** (What the last hour cost)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Stats } from "loom-router"
 *
 * const spent = Effect.gen(function*() {
 *   const { saved } = yield* Stats.overview({ range: "1h", filters: { provider: "openai" } })
 *   return saved.spent.usd
 * }).pipe(Effect.provide(Stats.layer({ path: "./calls.db" })))
 * ```
 *
 * @since 1.0.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as CallLog from "./CallLog.ts"
import type * as Figures from "./Figures.ts"
import type { Answers, Queries } from "./storage/statsReader.ts"

/**
 * The last so many minutes, hours or days, or any other time, in epoch milliseconds. Ranges are in whole buckets.
 *
 * @category models
 * @since 1.0.0
 */
export type RangeInput = (typeof Figures.ranges)[number] | {
  readonly since: number
  /** Now by default. */
  readonly until?: number | undefined
}

/**
 * Which calls figures are about.
 *
 * @category models
 * @since 1.0.0
 */
export interface Query {
  /** The last 24 hours by default. */
  readonly range?: RangeInput | undefined
  /** In place of its `since` and `until` is `range`. */
  readonly filters?: CallLog.Filters | undefined
}

/**
 * What a series is asked for.
 *
 * @category models
 * @since 1.0.0
 */
export interface SeriesQuery extends Query {
  readonly by?: "none" | "provider" | "model" | undefined
  /** How many groups at most: 8. */
  readonly top?: number | undefined
}

/**
 * What a breakdown is asked for.
 *
 * @category models
 * @since 1.0.0
 */
export interface BreakdownQuery extends Query {
  /** `provider` by default. */
  readonly by?: "provider" | "model" | "tag" | undefined
}

/**
 * What spending is asked for.
 *
 * @category models
 * @since 1.0.0
 */
export interface SpendingQuery extends Query {
  /** `provider` by default. */
  readonly by?: "provider" | "model" | "tag" | undefined
  /** Of tags, only those with this key: a call is then in one group at most. */
  readonly tagKey?: string | undefined
  /** How many groups are listed: 200, and 10,000 at most. */
  readonly limit?: number | undefined
}

/**
 * Which requests are asked for.
 *
 * @category models
 * @since 1.0.0
 */
export interface RequestsQuery {
  /** Of any time by default. */
  readonly range?: RangeInput | undefined
  readonly filters?: CallLog.Filters | undefined
  /** `next` of the page before. */
  readonly cursor?: string | undefined
  /** 50 by default. */
  readonly limit?: number | undefined
}

/**
 * Circuits that changed their state.
 *
 * @category models
 * @since 1.0.0
 */
export interface CircuitChanges {
  /** Where to go on from. */
  readonly lastSeq: number
  /** Newest first, 100 at most. */
  readonly incidents: ReadonlyArray<Figures.Incident>
}

/**
 * Adds up what a log has kept.
 *
 * @category services
 * @since 1.0.0
 */
export class Stats extends Context.Service<Stats, {
  readonly overview: (query: Query) => Effect.Effect<Figures.Overview, CallLog.ReadError>
  readonly series: (query: SeriesQuery) => Effect.Effect<Figures.Series, CallLog.ReadError>
  readonly breakdown: (query: BreakdownQuery) => Effect.Effect<Figures.Breakdown, CallLog.ReadError>
  readonly spending: (query: SpendingQuery) => Effect.Effect<Figures.Spending, CallLog.ReadError>
  readonly providers: (query: Query) => Effect.Effect<Figures.Providers, CallLog.ReadError>
  readonly facets: (query: Query) => Effect.Effect<Figures.Facets, CallLog.ReadError>
  readonly requests: (query: RequestsQuery) => Effect.Effect<Figures.Requests, CallLog.ReadError>
  /** `undefined`: there is no such call. */
  readonly request: (id: string) => Effect.Effect<Figures.RequestDetail | undefined, CallLog.ReadError>
  /** Calls that were recorded after the one with this `seq`, in that order. */
  readonly after: (seq: number, limit?: number) => Effect.Effect<ReadonlyArray<Figures.RequestRow>, CallLog.ReadError>
  /** Of the call that was recorded last; 0 for none. */
  readonly lastSeq: Effect.Effect<number, CallLog.ReadError>
  readonly circuitChanges: (after: number) => Effect.Effect<CircuitChanges, CallLog.ReadError>
}>()("loom-router/Stats") {}

/**
 * All of the Overview page.
 *
 * @category accessors
 * @since 1.0.0
 */
export const overview = (query: Query = {}): Effect.Effect<Figures.Overview, CallLog.ReadError, Stats> =>
  Effect.flatMap(Stats, (stats) => stats.overview(query))

/**
 * What happened over time, in 240 buckets at most.
 *
 * @category accessors
 * @since 1.0.0
 */
export const series = (query: SeriesQuery = {}): Effect.Effect<Figures.Series, CallLog.ReadError, Stats> =>
  Effect.flatMap(Stats, (stats) => stats.series(query))

/**
 * Sums by provider, model or tag, the dearest first.
 *
 * @category accessors
 * @since 1.0.0
 */
export const breakdown = (query: BreakdownQuery = {}): Effect.Effect<Figures.Breakdown, CallLog.ReadError, Stats> =>
  Effect.flatMap(Stats, (stats) => stats.breakdown(query))

/**
 * What was spent and saved, on whom and when: all of the Cost page.
 *
 * @category accessors
 * @since 1.0.0
 */
export const spending = (query: SpendingQuery = {}): Effect.Effect<Figures.Spending, CallLog.ReadError, Stats> =>
  Effect.flatMap(Stats, (stats) => stats.spending(query))

/**
 * What each provider did, by the attempts at it.
 *
 * @category accessors
 * @since 1.0.0
 */
export const providers = (query: Query = {}): Effect.Effect<Figures.Providers, CallLog.ReadError, Stats> =>
  Effect.flatMap(Stats, (stats) => stats.providers(query))

/**
 * What can be filtered by.
 *
 * @category accessors
 * @since 1.0.0
 */
export const facets = (query: Query = {}): Effect.Effect<Figures.Facets, CallLog.ReadError, Stats> =>
  Effect.flatMap(Stats, (stats) => stats.facets(query))

/**
 * A page of calls, newest first by when they ended.
 *
 * @category accessors
 * @since 1.0.0
 */
export const requests = (query: RequestsQuery = {}): Effect.Effect<Figures.Requests, CallLog.ReadError, Stats> =>
  Effect.flatMap(Stats, (stats) => stats.requests(query))

/** Whether the newest calls that pass are the newest of all: only their time is asked for, or their id. */
const inOrder = ({ since: _, until: __, id, ...others }: CallLog.Filters): boolean =>
  id !== undefined || Object.values(others).every((value) => value === undefined)

/** Rows that are held at once. */
const rowsAtOnce = 250

/**
 * All calls that pass, newest first, page by page as they are taken: of a log of any size a page is in memory. The range
 * is the one of the first page, however long the others take; of any time where none is given.
 *
 * @category accessors
 * @since 1.0.0
 */
export const everyRequest = (
  { filters, range }: Query = {}
): Stream.Stream<Figures.RequestRow, CallLog.ReadError, Stats> =>
  Stream.paginate<RequestsQuery, Figures.RequestRow, CallLog.ReadError, Stats>(
    { filters, range, limit: rowsAtOnce },
    (query) =>
      Effect.map(requests(query), ({ next, range, rows }) => [
        rows,
        next === null ? Option.none() : Option.some({
          cursor: next,
          limit: rowsAtOnce,
          filters: range === null ? query.filters : { ...query.filters, since: range.since, until: range.until }
        })
      ])
  )

/**
 * All that is known of a call; `undefined` where there is none with this id.
 *
 * @category accessors
 * @since 1.0.0
 */
export const request = (id: string): Effect.Effect<Figures.RequestDetail | undefined, CallLog.ReadError, Stats> =>
  Effect.flatMap(Stats, (stats) => stats.request(id))

const unreadable = (cause: string): CallLog.ReadError =>
  new CallLog.ReadError({ message: `the call log can't be read: ${cause}`, cause })

/**
 * Adds up an SQLite file that `CallLog.layerSqlite` keeps, in this process or another.
 *
 * **Details**
 *
 * Threads of their own read, one for figures, one for calls and one for who follows the log, and start with the first
 * question. No file yet is no calls yet.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options: { readonly path?: string | undefined } = {}): Layer.Layer<Stats> =>
  Layer.effect(
    Stats,
    Effect.gen(function*() {
      const reader = yield* CallLog.Reader
      // Who follows the log doesn't wait for those who search it.
      const follower = Context.get(yield* Layer.build(Layer.fresh(CallLog.layerReader(options))), CallLog.Reader)
      const scope = yield* Effect.scope
      const open = yield* Effect.cached(Effect.gen(function*() {
        const path = options.path ?? (yield* CallLog.defaultPath)
        const SqliteStats = yield* Effect.promise(() => import("./storage/SqliteStats.ts"))
        const stats = SqliteStats.make({ path })
        yield* Scope.addFinalizer(scope, stats.close)
        return stats
      }))
      const view = yield* Effect.cached(Effect.promise(() => import("./internal/requestView.ts")))
      const resolve = yield* Effect.cached(
        Effect.map(Effect.promise(() => import("./storage/stats/range.ts")), (Range) => Range.resolve)
      )

      const ask = <K extends keyof Queries>(ask: K, query: Queries[K]): Effect.Effect<Answers[K], CallLog.ReadError> =>
        Effect.flatMap(open, (stats) => Effect.mapError(stats.ask(ask, query), unreadable))

      /** What no index tells at once is looked for in columns. */
      const found = Effect.fnUntraced(function*(filters: CallLog.Filters, cursor: string | undefined, limit = 50) {
        const [at, seq] = cursor?.split(".").map(Number) ?? []
        const before = at === undefined || seq === undefined ? undefined : { at, seq }
        const ended = yield* ask("newest", { filters, limit, before })
        const last = ended.at(-1)
        return {
          calls: ended.length === 0 ? [] : yield* reader.bySeq(ended.map(({ seq }) => seq)),
          next: last === undefined || ended.length < limit ? undefined : `${last.at}.${last.seq}`
        }
      })

      const requests = Effect.fnUntraced(function*({ cursor, filters = {}, limit, range: input }: RequestsQuery) {
        const { rowOf } = yield* view
        const range = input === undefined ? undefined : (yield* resolve)(input, yield* Clock.currentTimeMillis, true)
        const asked = range === undefined ? filters : { ...filters, since: range.since, until: range.until }
        const { calls, next } = yield* inOrder(asked)
          ? reader.recent({ cursor, limit, filters: asked })
          : found(asked, cursor, limit)
        return {
          range: range ?? null,
          rows: calls.map(rowOf),
          next: next ?? null,
          lastSeq: yield* reader.lastSeq
        }
      })

      const request = Effect.fnUntraced(function*(id: string) {
        const { detailOf } = yield* view
        const { calls: [row] } = yield* reader.recent({ limit: 1, filters: { id } })
        return row === undefined ? undefined : detailOf(row, yield* reader.attemptsOf(id))
      })

      return {
        overview: (query) => ask("overview", query),
        series: (query) => ask("series", query),
        breakdown: (query) => ask("breakdown", query),
        spending: (query) => ask("spending", query),
        providers: (query) => ask("providers", query),
        facets: (query) => ask("facets", query),
        requests,
        request,
        after: (seq, limit) =>
          Effect.flatMap(view, ({ rowOf }) => Effect.map(follower.after(seq, limit), (rows) => rows.map(rowOf))),
        lastSeq: follower.lastSeq,
        circuitChanges: (after) => ask("changes", { after })
      }
    })
  ).pipe(Layer.provide(CallLog.layerReader(options)))

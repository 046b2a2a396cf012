/**
 * How the dashboard's questions are answered.
 */
import * as Cache from "effect/Cache"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as Stream from "effect/Stream"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as CallLog from "../CallLog.ts"
import type * as Figures from "../Figures.ts"
import * as Stats from "../Stats.ts"
import type * as Batches from "../internal/batchFigures.ts"
import { Api, BadRequest, type BatchSelection, Explained, NotFound, type Selection, Unreadable } from "./Api.ts"
import * as BatchFigures from "./BatchFigures.ts"
import * as Export from "./Export.ts"

/** What the server says of itself. */
export interface About {
  readonly version: string
  readonly isDemo: boolean
  /** The path of the log. */
  readonly log: string
  /** How many calls are under way in this process, where it makes any. */
  readonly inFlight: Effect.Effect<number | undefined>
}

const unreadable = (error: CallLog.ReadError): Unreadable =>
  new Unreadable({
    message: error.message,
    why: null,
    fix: "look at the file of the log; `loom logs path` names it"
  })

const unreadableBatches = ({ path, why }: BatchFigures.UnreadableBatches): Unreadable =>
  new Unreadable({
    message: `the batches can't be read: ${why}`,
    why: null,
    fix: `look at ${path}`
  })

const tagOf = (tag: string | undefined): CallLog.Filters["tag"] => {
  if (tag === undefined) return undefined
  const at = tag.indexOf(":")
  return { key: tag.slice(0, at), value: tag.slice(at + 1) }
}

const filtersOf = (asked: Selection): CallLog.Filters => ({
  status: asked.status,
  provider: asked.provider,
  model: asked.model,
  route: asked.route,
  outcome: asked.error,
  cached: asked.cached === undefined ? undefined : asked.cached === "true",
  tag: tagOf(asked.tag),
  minMillis: asked.minMs,
  minPicoUsd: asked.minUsd === undefined ? undefined : Math.round(asked.minUsd * 1e12),
  text: asked.text
})

const rangeOf = ({ range, since, until }: Pick<Selection, "range" | "since" | "until">): Stats.RangeInput | undefined =>
  since === undefined ? range : { since, until }

const queryOf = (asked: Selection): Stats.Query => ({ range: rangeOf(asked), filters: filtersOf(asked) })

const batchesOf = (asked: BatchSelection) => {
  const { error, model, provider, state, text } = asked
  const filters: Batches.Filters = { error, model, provider, state, text, tag: tagOf(asked.tag) }
  return { range: rangeOf(asked) ?? "24h", filters }
}

const within = (asked: number | undefined, fallback: number, most: number): number =>
  asked === undefined ? fallback : Math.max(1, Math.min(most, Math.floor(asked)))

const mostGroups = 10_000

/** A file to be kept, made as it is taken. What fails past its first byte ends the connection, so that it is seen. */
const file = <E>(
  name: string,
  format: "csv" | "json",
  content: Stream.Stream<string, E>
): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    HttpServerResponse.stream(Stream.encodeText(content), {
      contentType: format === "csv" ? "text/csv; charset=utf-8" : "application/json",
      headers: {
        "cache-control": "no-store",
        "content-disposition": `attachment; filename="loom-${name}-${
          new Date(now).toISOString().slice(0, 16).replaceAll(":", "")
        }.${format}"`
      }
    }))

/** What the schemas' types say is JSON as it is: to encode thousands of figures one by one would hold up everybody. */
const plain = (figures: object) => HttpServerResponse.jsonUnsafe(figures)

/** How long an answer does for others who ask the same: several pages may be open, and each asks again and again. */
const shared = "500 millis"

/** One question of a kind at a time, however many ask it. */
const sharing = <Query, A>(ask: (query: Query) => Effect.Effect<A, CallLog.ReadError>) =>
  Effect.map(
    Cache.make({
      capacity: 64,
      timeToLive: shared,
      lookup: (question: Question<Query>) => Effect.mapError(ask(question.query), unreadable)
    }),
    (cache) => (query: Query) => Cache.get(cache, { query })
  )

interface Question<Query> {
  readonly query: Query
}

const group = (about: About) =>
  HttpApiBuilder.group(
    Api,
    "dashboard",
    Effect.fnUntraced(function*(handlers) {
      const stats = yield* Stats.Stats
      const batches = yield* BatchFigures.BatchFigures
      const overview = yield* sharing(stats.overview)
      const series = yield* sharing(stats.series)
      const breakdown = yield* sharing(stats.breakdown)
      const spending = yield* sharing(stats.spending)
      const providers = yield* sharing(stats.providers)
      const facets = yield* sharing(stats.facets)
      return handlers.handleAll({
        meta: () =>
          Effect.map(Clock.currentTimeMillis, (now) => ({
            version: about.version,
            isDemo: about.isDemo,
            log: about.log,
            now
          })),
        overview: ({ query }) =>
          Effect.zipWith(
            overview(queryOf(query)),
            about.inFlight,
            (figures, inFlight) => plain({ ...figures, inFlight: inFlight ?? null } satisfies Figures.Overview)
          ),
        series: ({ query }) =>
          Effect.map(series({ ...queryOf(query), by: query.by, top: within(query.top, 8, 50) }), plain),
        breakdown: ({ query }) => Effect.map(breakdown({ ...queryOf(query), by: query.by }), plain),
        spending: ({ query }) => Effect.map(spending({ ...queryOf(query), by: query.by, tagKey: query.tagKey }), plain),
        exportRequests: ({ query: { format = "csv", ...query } }) => {
          const rows = Stream.provideService(Stats.everyRequest(queryOf(query)), Stats.Stats, stats)
          return Effect.andThen(
            Effect.mapError(stats.lastSeq, unreadable),
            file("requests", format, format === "csv" ? Export.requestsCsv(rows) : Export.json(rows))
          )
        },
        exportSpending: ({ query: { by, format = "csv", tagKey, ...query } }) =>
          Effect.flatMap(
            Effect.mapError(stats.spending({ ...queryOf(query), by, tagKey, limit: mostGroups }), unreadable),
            (found) =>
              file(
                "spending",
                format,
                Stream.succeed(format === "csv" ? Export.spendingCsv(found) : JSON.stringify(found))
              )
          ),
        providers: ({ query }) => Effect.map(providers(queryOf(query)), plain),
        facets: ({ query }) => Effect.map(facets(queryOf(query)), plain),
        requests: ({ query }) =>
          Effect.mapBoth(
            stats.requests({ ...queryOf(query), cursor: query.cursor, limit: within(query.limit, 50, 200) }),
            { onFailure: unreadable, onSuccess: plain }
          ),
        request: ({ params: { id } }) =>
          Effect.flatMap(
            Effect.mapError(stats.request(id), unreadable),
            (detail) =>
              detail === undefined
                ? Effect.fail(
                  new NotFound({
                    message: `there is no call ${id}`,
                    why: "it was never recorded here, or forgotten since",
                    fix: "look in the list of requests"
                  })
                )
                : Effect.succeed(detail)
          ),
        batches: ({ query: { cursor, limit, ...query } }) =>
          Effect.mapBoth(
            batches.batches({ ...batchesOf(query), cursor, limit: within(limit, 50, 200) }),
            { onFailure: unreadableBatches, onSuccess: plain }
          ),
        batch: ({ params: { id } }) =>
          Effect.flatMap(
            Effect.mapError(batches.batch(id), unreadableBatches),
            (detail) =>
              detail === undefined
                ? Effect.fail(
                  new NotFound({
                    message: `there is no batch ${id}`,
                    why: "it was never submitted, or ended more than 30 days ago",
                    fix: "look in the list of batches"
                  })
                )
                : Effect.succeed(detail)
          ),
        exportBatches: ({ query: { format = "csv", ...query } }) => {
          const rows = BatchFigures.every(batches, batchesOf(query))
          return Effect.andThen(
            Effect.mapError(batches.version, unreadableBatches),
            file("batches", format, format === "csv" ? Export.batchesCsv(rows) : Export.json(rows))
          )
        }
      })
    })
  )

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const messageOf = (error: Schema.SchemaError): string =>
  format(error.issue).issues.map(({ message, path = [] }) => {
    const name = path.map((part) => String(typeof part === "object" ? part.key : part)).join(".")
    return name === "" ? message : `${name}: ${message}`
  }).join("; ")

/** Says which parameter is wrong, and never what was given. */
const explained = HttpApiMiddleware.layerSchemaErrorTransform(
  Explained,
  (error) =>
    error.kind === "Query" || error.kind === "Params"
      ? Effect.fail(
        new BadRequest({
          message: messageOf(error.cause),
          why: "a parameter isn't what it should be",
          fix: "api/docs lists what can be asked"
        })
      )
      : Effect.fail(error)
)

/** The routes under `/api` that the API describes. */
export const layer = (about: About) =>
  HttpApiBuilder.layer(Api, { openapiPath: "/api/openapi.json" }).pipe(
    Layer.provide(group(about)),
    Layer.provide(explained)
  )

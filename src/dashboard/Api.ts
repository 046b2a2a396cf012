/**
 * What the dashboard's server answers, and how it is asked. The figures are those of `Figures`.
 *
 * Bodies are plain JSON: what arrives is what the schemas' types say.
 *
 * @since 1.0.0
 */
import * as Schema from "effect/Schema"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Figures from "../Figures.ts"
import * as BatchFigures from "../internal/batchFigures.ts"

const Count = Schema.Natural
const Time = Schema.Finite
const Text = Schema.String
const orNull = Schema.NullOr
const list = Schema.Array

/**
 * What the server is.
 *
 * @category models
 * @since 1.0.0
 */
export const Meta = Schema.Struct({
  version: Text,
  /** True: what is shown is made up for a demonstration. */
  isDemo: Schema.Boolean,
  /** The file of the log. */
  log: Text,
  now: Time
}).annotate({ identifier: "Meta" })
/** @since 1.0.0 */
export type Meta = typeof Meta.Type

/**
 * The data of the events `calls`, `gap`, `circuits` and `batches` of `GET events`; their `id` is the last `seq` sent, which
 * `Last-Event-ID`, or the parameter `after`, resumes from.
 *
 * @category models
 * @since 1.0.0
 */
export const Events = {
  /** Sent once, at first: `lastSeq` is where the stream begins. */
  hello: Schema.Struct({ version: Text, now: Time, lastSeq: Count }),
  /** What was recorded since, newest first, a quarter of a second's at most at once. */
  calls: Schema.Struct({ rows: list(Figures.RequestRow), inFlight: orNull(Count) }),
  /** More was missed than is worth sending: ask for the page anew. The newest follow as `calls`. */
  gap: Schema.Struct({ missed: Count }),
  /** Circuits that changed their state. */
  circuits: Schema.Struct({ incidents: list(Figures.Incident) }),
  /** Sent at first, and whenever batches have changed: ask for those that are shown. */
  batches: Schema.Struct({ version: Text })
}

/** What every failure looks like. */
const problem = {
  message: Text,
  why: orNull(Text),
  fix: orNull(Text)
}

/**
 * Something was asked that can't be: `message` names the parameter.
 *
 * @category errors
 * @since 1.0.0
 */
export class BadRequest extends Schema.TaggedError<BadRequest>()("BadRequest", problem, { httpApiStatus: 400 }) {}

/**
 * There is no such call or batch, or it was forgotten since.
 *
 * @category errors
 * @since 1.0.0
 */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", problem, { httpApiStatus: 404 }) {}

/**
 * The log, or the file of batches, can't be read now.
 *
 * @category errors
 * @since 1.0.0
 */
export class Unreadable extends Schema.TaggedError<Unreadable>()("Unreadable", problem, { httpApiStatus: 503 }) {}

/**
 * Says which parameter is wrong where effect's own answer would be empty.
 *
 * @category middleware
 * @since 1.0.0
 */
export class Explained extends HttpApiMiddleware.Service<Explained>()("loom-router/dashboard/Api/Explained", {
  error: BadRequest
}) {}

/** What no honest question needs is refused before it is looked at. */
const Word = Text.check(Schema.isMaxLength(300))
const Number = Schema.FiniteFromString

/** `range`, or `since` and `until`; the last 24 hours without any. */
const range = {
  range: Schema.optional(Schema.Literals(Figures.ranges)),
  since: Schema.optional(Number),
  until: Schema.optional(Number)
}

/** All of them must hold. */
const filters = {
  /** `ok` and `error` are all; `retry` and `failover` are the calls that had one, however they ended. */
  status: Schema.optional(Schema.Literals(Figures.statuses)),
  provider: Schema.optional(Word),
  model: Schema.optional(Word),
  /** Name of the route it was asked of. */
  route: Schema.optional(Word),
  /** Tag of the reason a call failed for. */
  error: Schema.optional(Word),
  /** Whether it was answered without a request of its own. */
  cached: Schema.optional(Schema.Literals(["true", "false"])),
  /** `key:value` */
  tag: Schema.optional(Word.check(Schema.isPattern(/^[^:]+:/))),
  minMs: Schema.optional(Number),
  minUsd: Schema.optional(Number),
  /** In provider, model, outcome or what went wrong; or how the id begins. */
  text: Schema.optional(Word)
}

const selection = { ...range, ...filters }

/**
 * Parameters that select calls, the same at every endpoint.
 *
 * @category models
 * @since 1.0.0
 */
export const Selection = Schema.Struct(selection)
/** @since 1.0.0 */
export type Selection = typeof Selection.Type

/**
 * Parameters that select batches: those that were under way in the range, or ended in it. The others that select calls
 * are left out of it.
 *
 * @category models
 * @since 1.0.0
 */
const batchSelection = {
  ...range,
  provider: filters.provider,
  model: filters.model,
  /** Tag of the reason that a row of it failed for. */
  error: filters.error,
  tag: filters.tag,
  /** In its id, its tags, or the vendors' ids, models and problems of its jobs. */
  text: filters.text,
  /** `failed`: with rows that ended without an answer. */
  state: Schema.optional(Schema.Literals(BatchFigures.states))
}

/**
 * @category models
 * @since 1.0.0
 */
export const BatchSelection = Schema.Struct(batchSelection)
/** @since 1.0.0 */
export type BatchSelection = typeof BatchSelection.Type

/** Where a page of older ones begins: `next` of the page before. */
const Cursor = Word.check(Schema.isPattern(/^\d+\.\d+$/))

/** What is grouped by, and of tags, by which key. */
const grouping = {
  by: Schema.optional(Schema.Literals(["provider", "model", "tag"])),
  tagKey: Schema.optional(Word)
}

/** `csv` by default. */
const format = { format: Schema.optional(Schema.Literals(["csv", "json"])) }

const File = HttpApiSchema.StreamUint8Array({ contentType: ["text/csv", "application/json"] })

const summary = (text: string) => OpenApi.annotations({ summary: text })

/**
 * @category api
 * @since 1.0.0
 */
export class Group extends HttpApiGroup.make("dashboard").add(
  HttpApiEndpoint.get("meta", "/meta", { success: Meta }).annotateMerge(summary("What this server is.")),
  HttpApiEndpoint.get("overview", "/overview", { query: selection, success: Figures.Overview, error: Unreadable })
    .annotateMerge(summary("All of the Overview page but its chart and its log.")),
  HttpApiEndpoint.get("series", "/series", {
    query: {
      ...selection,
      by: Schema.optional(Schema.Literals(["none", "provider", "model"])),
      /** How many groups at most: 8. */
      top: Schema.optional(Number)
    },
    success: Figures.Series,
    error: Unreadable
  }).annotateMerge(summary("What happened over time, in 240 buckets at most.")),
  HttpApiEndpoint.get("breakdown", "/breakdown", {
    query: { ...selection, by: Schema.optional(Schema.Literals(["provider", "model", "tag"])) },
    success: Figures.Breakdown,
    error: Unreadable
  }).annotateMerge(summary("Sums by provider, model or tag, the dearest first.")),
  HttpApiEndpoint.get("spending", "/spending", {
    query: { ...selection, ...grouping },
    success: Figures.Spending,
    error: Unreadable
  }).annotateMerge(summary("All of the Cost page: what was spent and saved, on whom and when.")),
  HttpApiEndpoint.get("requests", "/requests", {
    /** Without `range` or `since`: of any time. */
    query: {
      ...selection,
      cursor: Schema.optional(Cursor),
      /** 50 by default, 200 at most. */
      limit: Schema.optional(Number)
    },
    success: Figures.Requests,
    error: Unreadable
  }).annotateMerge(summary("A page of calls, newest first.")),
  HttpApiEndpoint.get("request", "/requests/:id", {
    params: { id: Word },
    success: Figures.RequestDetail,
    error: [NotFound, Unreadable]
  }).annotateMerge(summary("All that is known of a call.")),
  HttpApiEndpoint.get("providers", "/providers", { query: selection, success: Figures.Providers, error: Unreadable })
    .annotateMerge(summary("All of the Providers page: what each did, by the attempts at it.")),
  HttpApiEndpoint.get("exportRequests", "/export/requests", {
    query: { ...selection, ...format },
    success: File,
    error: Unreadable
  }).annotateMerge(summary("Every call that passes, newest first, as a file: JSON is a list of RequestRow.")),
  HttpApiEndpoint.get("exportSpending", "/export/spending", {
    query: { ...selection, ...grouping, ...format },
    success: File,
    error: Unreadable
  }).annotateMerge(summary("What was spent on each group, as a file: JSON is Spending, of 10,000 groups at most.")),
  HttpApiEndpoint.get("facets", "/facets", { query: selection, success: Figures.Facets, error: Unreadable })
    .annotateMerge(summary("What can be filtered by.")),
  HttpApiEndpoint.get("batches", "/batches", {
    query: {
      ...batchSelection,
      cursor: Schema.optional(Cursor),
      /** 50 by default, 200 at most. */
      limit: Schema.optional(Number)
    },
    success: BatchFigures.Batches,
    error: Unreadable
  }).annotateMerge(summary("All of the Batches page: a page of batches, newest first, and what all of them come to.")),
  HttpApiEndpoint.get("batch", "/batches/:id", {
    params: { id: Text },
    success: BatchFigures.BatchDetail,
    error: [NotFound, Unreadable]
  }).annotateMerge(summary("A batch, its jobs, and its rows that have no answer.")),
  HttpApiEndpoint.get("exportBatches", "/export/batches", {
    query: { ...batchSelection, ...format },
    success: File,
    error: Unreadable
  }).annotateMerge(summary("Every batch that passes, newest first, as a file: JSON is a list of Batch."))
).middleware(Explained) {}

/**
 * The dashboard's API. `GET events`, a stream of server-sent events, isn't in it: its data is {@link Events}.
 *
 * @category api
 * @since 1.0.0
 */
export class Api extends HttpApi.make("loom").add(Group).prefix("/api").annotateMerge(OpenApi.annotations({
  title: "Loom's dashboard",
  description:
    "Times are epoch milliseconds, durations milliseconds, rates fractions, money whole numbers of 1e-12 USD " +
    "as text. What isn't known is null. GET /api/events is a stream of server-sent events: hello, calls, gap, circuits," +
    " batches."
})) {}

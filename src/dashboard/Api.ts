/**
 * What the dashboard's server answers, and how it is asked. The figures are those of `Figures`.
 *
 * Bodies are plain JSON: what arrives is what the schemas' types say.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as Figures from "../Figures.ts"

const Count = Schema.Natural
const Time = Schema.Finite
const Text = Schema.String
const orNull = Schema.NullOr
const list = Schema.Array

/**
 * What the server is.
 *
 * @category models
 * @since 0.1.0
 */
export const Meta = Schema.Struct({
  version: Text,
  /** True: what is shown is made up for a demonstration. */
  isDemo: Schema.Boolean,
  /** The file of the log. */
  log: Text,
  now: Time
}).annotate({ identifier: "Meta" })
/** @since 0.1.0 */
export type Meta = typeof Meta.Type

/**
 * The data of the events `calls`, `gap` and `circuits` of `GET events`; their `id` is the last `seq` sent, which
 * `Last-Event-ID`, or the parameter `after`, resumes from.
 *
 * @category models
 * @since 0.1.0
 */
export const Events = {
  /** Sent once, at first: `lastSeq` is where the stream begins. */
  hello: Schema.Struct({ version: Text, now: Time, lastSeq: Count }),
  /** What was recorded since, newest first, a quarter of a second's at most at once. */
  calls: Schema.Struct({ rows: list(Figures.RequestRow), inFlight: orNull(Count) }),
  /** More was missed than is worth sending: ask for the page anew. The newest follow as `calls`. */
  gap: Schema.Struct({ missed: Count }),
  /** Circuits that changed their state. */
  circuits: Schema.Struct({ incidents: list(Figures.Incident) })
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
 * @since 0.1.0
 */
export class BadRequest extends Schema.TaggedError<BadRequest>()("BadRequest", problem, { httpApiStatus: 400 }) {}

/**
 * There is no such call, or it was forgotten since.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", problem, { httpApiStatus: 404 }) {}

/**
 * The log can't be read now.
 *
 * @category errors
 * @since 0.1.0
 */
export class Unreadable extends Schema.TaggedError<Unreadable>()("Unreadable", problem, { httpApiStatus: 503 }) {}

/**
 * Says which parameter is wrong where effect's own answer would be empty.
 *
 * @category middleware
 * @since 0.1.0
 */
export class Explained extends HttpApiMiddleware.Service<Explained>()("loom-router/dashboard/Api/Explained", {
  error: BadRequest
}) {}

/** `range`, or `since` and `until`; the last 24 hours without any. */
const range = {
  range: Schema.optional(Schema.Literals(Figures.ranges)),
  since: Schema.optional(Schema.FiniteFromString),
  until: Schema.optional(Schema.FiniteFromString)
}

/** All of them must hold. */
const filters = {
  /** `ok` and `error` are all; `retry` and `failover` are the calls that had one, however they ended. */
  status: Schema.optional(Schema.Literals(Figures.statuses)),
  provider: Schema.optional(Text),
  model: Schema.optional(Text),
  /** Tag of the reason a call failed for. */
  error: Schema.optional(Text),
  /** Whether it was answered without a request of its own. */
  cached: Schema.optional(Schema.Literals(["true", "false"])),
  /** `key:value` */
  tag: Schema.optional(Text),
  minMs: Schema.optional(Schema.FiniteFromString),
  minUsd: Schema.optional(Schema.FiniteFromString),
  /** In the id, provider, model, or what went wrong. */
  text: Schema.optional(Text)
}

/**
 * Parameters that select calls, the same at every endpoint.
 *
 * @category models
 * @since 0.1.0
 */
export const Selection = Schema.Struct({ ...range, ...filters })
/** @since 0.1.0 */
export type Selection = typeof Selection.Type

const selection = { ...range, ...filters }

/**
 * @category api
 * @since 0.1.0
 */
export class Group extends HttpApiGroup.make("dashboard").add(
  HttpApiEndpoint.get("meta", "/meta", { success: Meta }),
  HttpApiEndpoint.get("overview", "/overview", { query: selection, success: Figures.Overview, error: Unreadable }),
  HttpApiEndpoint.get("series", "/series", {
    query: {
      ...selection,
      by: Schema.optional(Schema.Literals(["none", "provider", "model"])),
      /** How many groups at most: 8. */
      top: Schema.optional(Schema.FiniteFromString)
    },
    success: Figures.Series,
    error: Unreadable
  }),
  HttpApiEndpoint.get("breakdown", "/breakdown", {
    query: { ...selection, by: Schema.optional(Schema.Literals(["provider", "model", "tag"])) },
    success: Figures.Breakdown,
    error: Unreadable
  }),
  HttpApiEndpoint.get("requests", "/requests", {
    /** Without `range` or `since`: of any time. */
    query: {
      ...selection,
      cursor: Schema.optional(Text),
      /** 50 by default, 200 at most. */
      limit: Schema.optional(Schema.FiniteFromString)
    },
    success: Figures.Requests,
    error: [BadRequest, Unreadable]
  }),
  HttpApiEndpoint.get("request", "/requests/:id", {
    params: { id: Text },
    success: Figures.RequestDetail,
    error: [NotFound, Unreadable]
  }),
  HttpApiEndpoint.get("providers", "/providers", { query: selection, success: Figures.Providers, error: Unreadable }),
  HttpApiEndpoint.get("facets", "/facets", { query: selection, success: Figures.Facets, error: Unreadable })
).middleware(Explained) {}

/**
 * The dashboard's API. `GET events`, a stream of server-sent events, isn't in it: its data is {@link Events}.
 *
 * @category api
 * @since 0.1.0
 */
export class Api extends HttpApi.make("loom").add(Group).prefix("/api") {}

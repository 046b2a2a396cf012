/**
 * Reads the call log: rows as the records that they were.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Response from "effect/ai/Response"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { Attempt } from "../Attempt.ts"
import type { Page, Query, Row, TransitionQuery } from "../CallLog.ts"
import type * as Cost from "../Cost.ts"
import * as Price from "../Price.ts"
import type { Transition } from "../ProviderHealth.ts"
import * as Saved from "../Saved.ts"
import * as Usage from "../Usage.ts"
import { type Param, select } from "./filters.ts"
import { transitionColumns } from "./schema.ts"

const Text = Schema.NullOr(Schema.String)
const Count = Schema.NullOr(Schema.Finite)
const json = <A>(schema: Schema.Codec<A>) => Schema.NullOr(Schema.fromJsonString(schema))
const Counts = Schema.Record(Schema.String, Schema.Finite)

const Tried = Schema.Struct({
  model: Schema.String,
  candidate: Schema.Finite,
  outcome: Schema.String,
  why: Schema.optionalKey(Schema.String),
  attempts: Schema.Finite,
  duration: Schema.Finite,
  picoUsd: Schema.Finite,
  warnings: Schema.Array(Schema.String)
})

const CallColumns = Schema.Struct({
  seq: Schema.Finite,
  id: Schema.String,
  started_at: Schema.Finite,
  ended_at: Schema.Finite,
  total_ms: Schema.Finite,
  overhead_ms: Schema.Finite,
  first_token_ms: Count,
  operation: Schema.Literals(["generate", "stream", "batch"]),
  modality: Schema.Literals(["text", "image"]),
  asked_provider: Text,
  asked_model: Schema.String,
  provider: Schema.String,
  model: Schema.String,
  outcome: Schema.String,
  finish_reason: Schema.NullOr(Response.FinishReason),
  cache: Schema.Literals(["miss", "hit", "coalesced"]),
  cacheable: Schema.Finite,
  status: Count,
  error_what: Text,
  error_why: Text,
  error_fix: Text,
  request_id: Text,
  attempts: Schema.Finite,
  retries: Schema.Finite,
  failovers: Schema.Finite,
  saved_prompt_cache: Count,
  saved_response_cache: Count,
  saved_coalescing: Count,
  saved_routing: Count,
  saved_batch: Count,
  tags: Schema.fromJsonString(Schema.Record(Schema.String, Schema.String)),
  route: Text,
  details: json(Schema.Struct({
    tried: Schema.Array(Tried),
    warnings: Schema.Array(Schema.String)
  })),
  cost_pico: Schema.String,
  unpriced: Schema.Finite,
  estimated: Schema.Finite,
  all_input: Schema.Finite,
  all_cached: Schema.Finite,
  all_output: Schema.Finite
})

const AttemptColumns = Schema.Struct({
  started_at: Schema.Finite,
  duration_ms: Schema.Finite,
  first_token_ms: Count,
  candidate: Count,
  provider: Schema.String,
  model: Schema.String,
  outcome: Schema.String,
  why: Text,
  billed: Schema.Literals(["yes", "no", "maybe"]),
  status: Count,
  request_id: Text,
  service_tier: Text,
  region: Text,
  usage_state: Schema.NullOr(Schema.Literals(["reported", "estimated", "missing"])),
  input_uncached: Count,
  cache_read: Count,
  cache_write_by_ttl: json(Counts),
  output_text: Count,
  output_reasoning: Count,
  audio_input: Count,
  audio_output: Count,
  image_input: Count,
  image_cache_read: Count,
  image_output: Count,
  input_images: Count,
  requests: json(Counts),
  images: json(Schema.Array(Schema.Struct({
    count: Schema.Finite,
    width: Schema.optionalKey(Schema.Finite),
    height: Schema.optionalKey(Schema.Finite),
    quality: Schema.optionalKey(Schema.String),
    mode: Schema.optionalKey(Schema.String)
  }))),
  cost_status: Schema.NullOr(Schema.Literals(["measured", "estimated", "unknown"])),
  cost_pico: Count,
  cost_lines: json(Schema.Array(Schema.Union([
    Schema.Tuple([Schema.String, Schema.Finite, Schema.Finite, Schema.Finite]),
    Schema.Tuple([Schema.String, Schema.Finite, Schema.Finite, Schema.Finite, Counts])
  ]))),
  cost_unpriced: json(Schema.Array(Schema.String)),
  asked: Text,
  price_provider: Text,
  price_model: Text,
  price_from: Text,
  price_source: json(Schema.Array(Schema.String)),
  price_confidence: Schema.NullOr(Schema.Literals(Price.confidences)),
  reported_usd: Count,
  currency: Text,
  per_usd: Count,
  rate_as_of: Text,
  rate_source: Text
})

const State = Schema.Literals(["closed", "open", "half-open"])

const TransitionColumns = Schema.Struct({
  at: Schema.Finite,
  provider: Schema.String,
  key: Schema.String,
  from_state: State,
  to_state: State,
  why: Schema.String,
  until: Count
})

const decodeTransitions = Schema.decodeUnknownEffect(Schema.Array(TransitionColumns))
const decodeCalls = Schema.decodeUnknownEffect(Schema.Array(CallColumns))
const decodeSeq = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ seq: Count })))
const decodeAttempts = Schema.decodeUnknownEffect(Schema.Array(AttemptColumns))

const defined = <A>(value: A | null): A | undefined => value ?? undefined

const toRow = (row: typeof CallColumns.Type): Row => ({
  seq: row.seq,
  id: row.id,
  startedAt: row.started_at,
  operation: row.operation,
  modality: row.modality,
  asked: { provider: defined(row.asked_provider), model: row.asked_model },
  provider: row.provider,
  model: row.model,
  outcome: row.outcome,
  timing: { total: row.total_ms, firstToken: defined(row.first_token_ms), overhead: row.overhead_ms },
  cache: row.cache,
  cacheable: row.cacheable === 1,
  finishReason: defined(row.finish_reason),
  saved: row.saved_batch === null ? undefined : Saved.make({
    promptCache: row.saved_prompt_cache ?? 0,
    responseCache: row.saved_response_cache ?? 0,
    coalescing: row.saved_coalescing ?? 0,
    routing: row.saved_routing ?? 0,
    batch: row.saved_batch
  }),
  error: row.error_what === null
    ? undefined
    : { status: defined(row.status), what: row.error_what, why: row.error_why ?? "", fix: row.error_fix ?? "" },
  requestId: defined(row.request_id),
  tags: row.tags,
  route: defined(row.route),
  tried: (row.details?.tried ?? []).map(toTried),
  warnings: row.details?.warnings ?? [],
  attempts: row.attempts,
  retries: row.retries,
  failovers: row.failovers,
  picoUsd: BigInt(row.cost_pico),
  unpriced: row.unpriced,
  estimated: row.estimated,
  inputTokens: row.all_input,
  cachedTokens: row.all_cached,
  outputTokens: row.all_output
})

const toTried = (tried: typeof Tried.Type): Row["tried"][number] => ({ ...tried, why: tried.why })

const toAttempt = (row: typeof AttemptColumns.Type): Attempt => ({
  provider: row.provider,
  model: row.model,
  asked: row.asked ?? row.model,
  candidate: row.candidate ?? 0,
  startedAt: row.started_at,
  duration: row.duration_ms,
  firstToken: defined(row.first_token_ms),
  outcome: row.outcome,
  billed: row.billed,
  usage: usageOf(row),
  cost: costOf(row),
  serviceTier: defined(row.service_tier),
  region: defined(row.region),
  status: defined(row.status),
  why: defined(row.why),
  requestId: defined(row.request_id)
})

const usageOf = (row: typeof AttemptColumns.Type): Usage.Usage | undefined =>
  row.usage_state === null ? undefined : Usage.make({
    state: row.usage_state,
    inputUncached: row.input_uncached ?? 0,
    cacheRead: row.cache_read ?? 0,
    cacheWrite: row.cache_write_by_ttl ?? {},
    outputText: row.output_text ?? 0,
    outputReasoning: row.output_reasoning ?? 0,
    audioInput: row.audio_input ?? 0,
    audioOutput: row.audio_output ?? 0,
    imageInput: row.image_input ?? 0,
    imageCacheRead: row.image_cache_read ?? 0,
    imageOutput: row.image_output ?? 0,
    requests: row.requests ?? {},
    images: row.images ?? [],
    inputImages: row.input_images ?? 0
  })

const costOf = (row: typeof AttemptColumns.Type): Cost.Cost | undefined => {
  if (row.cost_status === null) return undefined
  const usd = row.cost_pico === null ? undefined : row.cost_pico / 1e12
  const perUsd = row.per_usd ?? 1
  return {
    status: row.cost_status,
    picoUsd: defined(row.cost_pico),
    usd,
    local: {
      currency: row.currency ?? "USD",
      amount: usd === undefined ? undefined : usd * perUsd,
      perUsd,
      asOf: defined(row.rate_as_of),
      source: defined(row.rate_source)
    },
    lines: (row.cost_lines ?? []).map(([unit, quantity, rate, picoUsd, multipliers]) => ({
      unit,
      quantity,
      rate,
      multipliers: multipliers ?? {},
      picoUsd
    })),
    unpriced: row.cost_unpriced ?? [],
    price: row.price_provider === null ? undefined : {
      provider: row.price_provider,
      model: row.price_model ?? "",
      from: defined(row.price_from),
      source: row.price_source ?? [],
      confidence: defined(row.price_confidence)
    },
    reportedUsd: defined(row.reported_usd)
  }
}

/** The statement of a page, newest first. A tag is where the search starts, being the narrowest, or what was spent. */
export const recentStatement = (query: Query): { readonly sql: string; readonly params: ReadonlyArray<Param> } => {
  const { conditions, ended, from, params, seq } = select(query.filters ?? {})
  const cursor = query.cursor?.split(".").map(Number)
  const all = cursor === undefined ? conditions : [...conditions, `(${ended}, ${seq}) < (?, ?)`]
  const where = all.length === 0 ? "" : ` WHERE ${all.join(" AND ")}`
  return {
    sql: `${totalled(`SELECT calls.* FROM ${from}${where} ORDER BY ${ended} DESC, ${seq} DESC LIMIT ?`)}
ORDER BY page.ended_at DESC, page.seq DESC`,
    params: [...params, ...cursor === undefined ? [] : [cursor[0] ?? 0, cursor[1] ?? 0], query.limit ?? 50]
  }
}

/** Calls with what their attempts add up to. */
const totalled = (page: string): string =>
  `WITH page AS (${page})
SELECT page.*,
  CAST(coalesce(sum(attempt.cost_pico), 0) AS TEXT) AS cost_pico,
  coalesce(sum(attempt.billed <> 'no' AND attempt.cost_pico IS NULL), 0) AS unpriced,
  coalesce(sum(attempt.cost_status = 'estimated'), 0) AS estimated,
  coalesce(page.input_tokens, sum(attempt.input_uncached + attempt.cache_read + attempt.cache_write +
    attempt.audio_input + attempt.image_input + attempt.image_cache_read), 0) AS all_input,
  coalesce(page.cached_tokens, sum(attempt.cache_read), 0) AS all_cached,
  coalesce(page.output_tokens, sum(attempt.output_text + attempt.output_reasoning + attempt.audio_output +
    attempt.image_output), 0) AS all_output
FROM page LEFT JOIN attempts AS attempt ON attempt.call_seq = page.seq
GROUP BY page.seq`

/** The statement of some calls by their `seq`, newest first. */
export const bySeqStatement = (seqs: number): string =>
  `${totalled(`SELECT * FROM calls WHERE seq IN (${Array.from({ length: seqs }, () => "?").join(", ")})`)}
ORDER BY page.ended_at DESC, page.seq DESC`

export const afterStatement = `${totalled("SELECT * FROM calls WHERE seq > ? ORDER BY seq LIMIT ?")}
ORDER BY page.seq`

const attemptColumns = Object.keys(AttemptColumns.fields).map((name) => `attempts.${name}`).join(", ")

export const attemptsStatement = `SELECT ${attemptColumns} FROM calls JOIN attempts ON attempts.call_seq = calls.seq
WHERE calls.id = ? ORDER BY attempts.n`

/** The statement of the newest transitions, newest first. */
export const transitionsStatement = (
  { limit = 50, provider, since }: TransitionQuery
): { readonly sql: string; readonly params: ReadonlyArray<Param> } => {
  const conditions = [
    ...(provider === undefined ? [] : ["provider = ?"]),
    ...(since === undefined ? [] : ["at >= ?"])
  ]
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`
  return {
    sql: `SELECT ${transitionColumns.join(", ")} FROM transitions${where} ORDER BY at DESC, seq DESC LIMIT ?`,
    params: [...(provider === undefined ? [] : [provider]), ...(since === undefined ? [] : [since]), limit]
  }
}

/** No database yet is no calls yet. */
const orNothing = <A>(effect: Effect.Effect<ReadonlyArray<A>, SqlError>) =>
  Effect.catchIf(effect, (error) => error.reason._tag === "ConnectionError", () => Effect.succeed<ReadonlyArray<A>>([]))

export const makeReader = (context: Context.Context<SqlClient.SqlClient>) => {
  const sql = Context.get(context, SqlClient.SqlClient)
  return {
    recent: (query: Query) => recent(sql, query),
    bySeq: (seqs: ReadonlyArray<number>) =>
      orNothing(sql.unsafe(bySeqStatement(seqs.length), seqs)).pipe(
        Effect.flatMap(decodeCalls),
        Effect.map((rows) => rows.map(toRow))
      ),
    after: (seq: number, limit = 500) =>
      orNothing(sql.unsafe(afterStatement, [seq, limit])).pipe(
        Effect.flatMap(decodeCalls),
        Effect.map((rows) => rows.map(toRow))
      ),
    lastSeq: orNothing(sql.unsafe("SELECT max(seq) AS seq FROM calls")).pipe(
      Effect.flatMap(decodeSeq),
      Effect.map((rows) => rows[0]?.seq ?? 0)
    ),
    attemptsOf: (id: string) => attemptsOf(sql, id),
    transitions: (query: TransitionQuery) => transitions(sql, query)
  }
}

const recent = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, query: Query) {
  const { params, sql: text } = recentStatement(query)
  const rows = yield* orNothing(sql.unsafe(text, params)).pipe(Effect.flatMap(decodeCalls))
  const last = Option.fromUndefinedOr(rows.at(-1))
  return {
    calls: rows.map(toRow),
    next: rows.length < (query.limit ?? 50)
      ? undefined
      : Option.getOrUndefined(Option.map(last, (row) => `${row.ended_at}.${row.seq}`))
  } satisfies Page
})

const attemptsOf = (sql: SqlClient.SqlClient, id: string) =>
  orNothing(sql.unsafe(attemptsStatement, [id])).pipe(
    Effect.flatMap(decodeAttempts),
    Effect.map((rows) => rows.map(toAttempt))
  )

const transitions = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, query: TransitionQuery) {
  // A database that no newer Loom has written to yet has no such table.
  const table = yield* orNothing(sql.unsafe("SELECT 1 FROM sqlite_schema WHERE name = 'transitions'"))
  if (table.length === 0) return []
  const { params, sql: text } = transitionsStatement(query)
  const rows = yield* Effect.flatMap(sql.unsafe(text, params), decodeTransitions)
  return rows.map((row): Transition => ({
    at: row.at,
    provider: row.provider,
    key: row.key,
    from: row.from_state,
    to: row.to_state,
    why: row.why,
    until: defined(row.until)
  }))
})

/**
 * Batches as xAI takes them: a file of rows for Responses, and results by the page, in the shape of chat completions.
 *
 * Read 2026-11-23 from `@ai-sdk/xai@5.0.12:src/xai-batch` and docs.x.ai (batch-api). What a job may hold, that batches are
 * listed by the newest, and that reasoning is counted beside `completion_tokens` are unverified.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type OpenAI from "openai"
import type { Accepted, BatchEndpoint, Job, Outcome, Progress, Row } from "../../BatchEndpoint.ts"
import { type GenerateError, InvalidResponse } from "../../GenerateError.ts"
import * as Request from "../../Request.ts"
import type * as Transport from "../../Transport.ts"
import * as Adapter from "../../internal/adapter.ts"
import * as Door from "../../internal/batchDoor.ts"
import * as BatchFile from "../../internal/batchFile.ts"
import * as Grpc from "../../internal/grpc.ts"
import { isRecord } from "../../internal/json.ts"
import { chatReplies } from "../openai/ResponsesVendor.ts"

const Text = Schema.optional(Schema.NullOr(Schema.String))
const VendorJob = Schema.Struct({
  batch_id: Schema.String,
  name: Text,
  create_time: Text,
  expire_time: Text,
  cancel_time: Text,
  state: Schema.Struct({
    num_requests: Schema.optional(Schema.NullOr(Schema.Natural)),
    num_pending: Schema.optional(Schema.NullOr(Schema.Natural)),
    num_success: Schema.optional(Schema.NullOr(Schema.Natural)),
    num_error: Schema.optional(Schema.NullOr(Schema.Natural)),
    num_cancelled: Schema.optional(Schema.NullOr(Schema.Natural))
  })
})
type VendorJob = typeof VendorJob.Type
const decodeJob = Schema.decodeUnknownResult(VendorJob)

const VendorRow = Schema.Struct({
  batch_request_id: Schema.String,
  batch_result: Schema.optional(Schema.NullOr(Schema.Struct({
    response: Schema.optional(Schema.NullOr(Schema.Struct({ chat_get_completion: Schema.Unknown }))),
    error: Schema.optional(Schema.NullOr(Schema.Struct({ code: Schema.optional(Schema.Unknown), message: Text })))
  }))),
  error_message: Text
})
const decodeRow = Schema.decodeUnknownResult(VendorRow)

const endpoint = "/v1/responses"

/** Milliseconds by which the vendor's clock may be behind. */
const slack = 3_600_000

const get = (path: string, query: Record<string, string> = {}): Door.Build<OpenAI> => (sdk, fetchOptions) =>
  sdk.buildRequest({ method: "get", path, query, fetchOptions })
const post = (path: string, body?: object): Door.Build<OpenAI> => (sdk, fetchOptions) =>
  sdk.buildRequest({ method: "post", path, fetchOptions, ...(body === undefined ? undefined : { body }) })

const pathOf = ({ id }: Accepted) => `/batches/${encodeURIComponent(id)}`
const nameOf = ({ marker }: Job) => `loom-${marker}`

const unreadable = (job: Job, detail: string): GenerateError =>
  Request.fail(job.asking, new InvalidResponse({ detail }))

/** `fetch` is one for large replies: {@link Door.fetchFor}. */
export const make = (
  vendor: Adapter.Vendor<OpenAI>,
  fetch: Transport.Fetch,
  warningsOf: (request: Request.Request) => ReadonlyArray<string>
): BatchEndpoint => {
  const door = Door.make(vendor, fetch)

  const read = (job: Job, json: unknown): Effect.Effect<VendorJob, GenerateError> =>
    Result.match(decodeJob(json), {
      onSuccess: Effect.succeed,
      onFailure: () => Effect.fail(unreadable(job, "the vendor's job has another shape"))
    })

  const retrieve = (job: Accepted) => Effect.flatMap(door.json(job, get(pathOf(job))), (json) => read(job, json))

  /** Page by page, until one has the name or they are too old. */
  const find = (job: Job, token: string | undefined): Effect.Effect<string | undefined, GenerateError> =>
    Effect.flatMap(
      door.json(
        job,
        get("/batches", { limit: "100", ...(token === undefined ? undefined : { pagination_token: token }) })
      ),
      ({ batches, pagination_token: next }) => {
        const told: ReadonlyArray<unknown> = Array.isArray(batches) ? batches : []
        let createdAt = Number.NaN
        for (const one of told) {
          const decoded = decodeJob(one)
          if (Result.isFailure(decoded)) continue
          if (decoded.success.name === nameOf(job)) return Effect.succeed(decoded.success.batch_id)
          createdAt = Date.parse(decoded.success.create_time ?? "")
        }
        const isOver = typeof next !== "string" || next === "" || createdAt < job.since - slack
        return isOver ? Effect.undefined : find(job, next)
      }
    )

  const rowOf = (job: Job, line: unknown): Effect.Effect<Row, GenerateError> => {
    const decoded = decodeRow(line)
    if (Result.isFailure(decoded)) return Effect.fail(unreadable(job, "a row of the results has another shape"))
    const { batch_request_id: customId, batch_result: result, error_message: message } = decoded.success
    const json = result?.response?.chat_get_completion
    if (json !== undefined) {
      return Effect.succeed({ customId, outcome: { _tag: "Answered", json, requestId: undefined } })
    }
    const told = result?.error?.message ?? message ?? "the vendor doesn't say why"
    return Effect.map(unansweredBy(job, result?.error?.code, told), (outcome) => ({ customId, outcome }))
  }

  const unansweredBy = (job: Job, code: unknown, message: string): Effect.Effect<Outcome, GenerateError> => {
    const { name, status } = Grpc.statusOf(code) ?? { name: "UNKNOWN", status: 500 }
    return name === "DEADLINE_EXCEEDED"
      ? Effect.succeed({ _tag: "Expired" })
      : Effect.map(
        door.outcome(job, { status, body: { code: name.toLowerCase(), error: message }, requestId: undefined }),
        (outcome) => outcome._tag === "Failed" ? { ...outcome, status: undefined } : outcome
      )
  }

  return {
    limits: { rows: 50_000, bytes: 200_000_000, oneModel: false },
    endpointOf: () => Result.succeed(endpoint),
    row: (request, customId) =>
      Effect.fromResult(Result.flatMap(
        Adapter.write(vendor, request, false),
        ({ body }) => Adapter.written(request, { custom_id: customId, method: "POST", url: endpoint, body })
      )),
    submit: Effect.fnUntraced(function*(job, lines) {
      const { id: file } = yield* BatchFile.upload(door, job, post("/files"), { purpose: "batch" }, lines)
      if (typeof file !== "string") return yield* unreadable(job, "the uploaded file has no id")
      const json = yield* door.json(job, post("/batches", { name: nameOf(job), input_file_id: file }))
      return (yield* read(job, json)).batch_id
    }),
    find: (job) =>
      Effect.map(find(job, undefined), (id) => id === undefined ? { _tag: "None" } : { _tag: "Found", id }),
    poll: (job) => Effect.map(retrieve(job), (found) => progressOf(found, job)),
    results: (job) =>
      Stream.paginate("", (token: string) =>
        door.json(
          job,
          get(`${pathOf(job)}/results`, { limit: "100", ...(token === "" ? undefined : { pagination_token: token }) })
        ).pipe(
          Effect.map(({ pagination_token: next, results }) =>
            [
              Array.isArray(results) ? results : [],
              typeof next === "string" && next !== "" ? Option.some(next) : Option.none()
            ] as const
          )
        )).pipe(Stream.mapEffect((line) => rowOf(job, line))),
    cancel: (job) =>
      door.json(job, post(`${pathOf(job)}:cancel`)).pipe(
        Effect.asVoid,
        // It may have ended meanwhile.
        Effect.catch((error) =>
          Effect.flatMap(
            retrieve(job),
            (found) =>
              progressOf(found, job).state === "running" && found.cancel_time == null
                ? Effect.fail(error)
                : Effect.void
          )
        )
      ),
    generation: (request, { json, requestId }) =>
      reply.generation(request, inUsd(json), { requestId, key: noKey }, warningsOf(request))
  }
}

/** What is read long after is read without a key. */
const noKey = Redacted.make("")

/** It is over once nothing is pending: it may be asked about before all rows are counted. */
const progressOf = (
  { cancel_time: cancelled, expire_time: expires, state }: VendorJob,
  { rows }: Accepted
): Progress => {
  const failed = (state.num_error ?? 0) + (state.num_cancelled ?? 0)
  const isOver = (state.num_pending ?? rows) === 0 && ((state.num_requests ?? 0) >= rows || cancelled != null)
  return {
    state: !isOver ? "running" : cancelled == null ? "completed" : "cancelled",
    done: (state.num_success ?? 0) + failed,
    failed,
    results: [],
    expiresAt: Door.instantOf(expires)
  }
}

const reply = chatReplies({
  params: {},
  thoughts: { text: ["reasoning_content"], goBack: false },
  usage: { reasoningBeside: true, cost: ["cost_in_usd"] }
})

/** Ten billion ticks are a US dollar. */
const inUsd = (json: unknown): unknown => {
  if (!isRecord(json) || !isRecord(json.usage) || typeof json.usage.cost_in_usd_ticks !== "number") return json
  return { ...json, usage: { ...json.usage, cost_in_usd: json.usage.cost_in_usd_ticks / 1e10 } }
}

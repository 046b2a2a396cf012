/**
 * Batches as Gemini takes them: rows of one model in the request itself, whose answers are in the job that they are.
 * They could be as large as two gigabytes in files; those in requests are at most 20 MB, and need no upload in pieces.
 *
 * Read 2026-11-23 from @google/genai@3.1.0: `BatchJob`, `InlinedResponse`; from ai.google.dev (batch-api). How many rows a job may
 * have, and whether one that expired is charged for what it had finished, is unverified: it tells nothing of that.
 */
import type { GoogleGenAI } from "@google/genai"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Accepted, BatchEndpoint, Job, Outcome, Progress, Row } from "../../BatchEndpoint.ts"
import { type GenerateError, InvalidRequest, InvalidResponse, Overloaded, type Reason } from "../../GenerateError.ts"
import * as Request from "../../Request.ts"
import type * as Transport from "../../Transport.ts"
import * as Adapter from "../../internal/adapter.ts"
import * as Door from "../../internal/batchDoor.ts"
import * as BatchFile from "../../internal/batchFile.ts"
import * as Captured from "../../internal/captured.ts"
import * as Grpc from "../../internal/grpc.ts"
import { tidy } from "../../internal/refusal.ts"

/** Counts are texts on the wire. */
const Count = Schema.optional(Schema.NullOr(Schema.Union([Schema.String, Schema.Finite])))
const Failure = Schema.Struct({
  code: Schema.optional(Schema.NullOr(Schema.Int)),
  message: Schema.optional(Schema.NullOr(Schema.String))
})
const Output = Schema.Struct({
  inlinedResponses: Schema.optional(Schema.Struct({
    inlinedResponses: Schema.optional(Schema.Array(Schema.Unknown))
  }))
})
const VendorJob = Schema.Struct({
  name: Schema.String,
  metadata: Schema.optional(Schema.Struct({
    displayName: Schema.optional(Schema.String),
    createTime: Schema.optional(Schema.String),
    state: Schema.optional(Schema.String),
    batchStats: Schema.optional(Schema.Struct({
      requestCount: Count,
      pendingRequestCount: Count,
      failedRequestCount: Count
    })),
    output: Schema.optional(Output)
  })),
  error: Schema.optional(Failure),
  response: Schema.optional(Output)
})
type VendorJob = typeof VendorJob.Type
const decodeJob = Schema.decodeUnknownResult(VendorJob)

const VendorRow = Schema.Struct({
  metadata: Schema.Struct({ key: Schema.String }),
  response: Schema.optional(Schema.Unknown),
  error: Schema.optional(Failure)
})
const decodeRow = Schema.decodeUnknownResult(VendorRow)

/** Milliseconds by which the vendor's clock may be behind. */
const slack = 3_600_000

/** There are batches in this version, whichever one calls are sent to. */
const httpOptions = { apiVersion: "v1beta" }

/** What the SDK would send. */
const asked =
  (call: (sdk: GoogleGenAI) => PromiseLike<unknown>): Door.Build<GoogleGenAI> => async (sdk, fetchOptions) => {
    const failure: unknown = await call(sdk).then(() => new Error("the SDK sent nothing"), (cause: unknown) => cause)
    const { req, url } = Captured.requestIn(failure)
    return { url, req: { ...req, ...fetchOptions } }
  }

const displayNameOf = ({ marker }: Job) => `loom-${marker}`
const headOf = (job: Job) =>
  Buffer.from(`{"batch":{"displayName":"${displayNameOf(job)}","inputConfig":{"requests":{"requests":[`)
const tail = Buffer.from("]}}}}")

const prefix = "models/"

/** `fetch` is one for large replies: {@link Door.fetchFor}. */
export const make = (vendor: Adapter.Vendor<GoogleGenAI>, fetch: Transport.Fetch): BatchEndpoint => {
  const door = Door.make(vendor, fetch)

  const unreadable = (job: Job, detail: string): GenerateError =>
    Request.fail(job.asking, new InvalidResponse({ detail }))

  const read = (job: Job, json: unknown): Effect.Effect<VendorJob, GenerateError> =>
    Result.match(decodeJob(json), {
      onSuccess: Effect.succeed,
      onFailure: () => Effect.fail(unreadable(job, "the vendor's job has another shape"))
    })

  const retrieve = (job: Accepted) =>
    Effect.flatMap(
      door.json(job, asked(({ batches }) => batches.get({ name: job.id, config: { httpOptions } }))),
      (json) => read(job, json)
    )

  /** Newest first, page by page, until one has the name or they are too old. */
  const find = (job: Job, pageToken: string | undefined): Effect.Effect<string | undefined, GenerateError> => {
    const config = { httpOptions, pageSize: 100, ...(pageToken === undefined ? undefined : { pageToken }) }
    return Effect.flatMap(
      door.json(job, asked(({ batches }) => batches.list({ config }))),
      ({ nextPageToken: next, operations }) => {
        const told: ReadonlyArray<unknown> = Array.isArray(operations) ? operations : []
        let createdAt = Number.NaN
        for (const one of told) {
          const decoded = decodeJob(one)
          if (Result.isFailure(decoded)) continue
          const { metadata, name } = decoded.success
          if (metadata?.displayName === displayNameOf(job)) return Effect.succeed(name)
          createdAt = Date.parse(metadata?.createTime ?? "")
        }
        const isOver = typeof next !== "string" || next === "" || createdAt < job.since - slack
        return isOver ? Effect.undefined : find(job, next)
      }
    )
  }

  const rowOf = (job: Job, line: unknown): Effect.Effect<Row, GenerateError> => {
    const decoded = decodeRow(line)
    if (Result.isFailure(decoded)) return Effect.fail(unreadable(job, "a row of the results has another shape"))
    const { error, metadata: { key: customId }, response: json } = decoded.success
    return error === undefined
      ? Effect.succeed({ customId, outcome: { _tag: "Answered", json, requestId: undefined } })
      : Effect.map(failedBy(job, error), (outcome) => ({ customId, outcome }))
  }

  const failedBy = (job: Job, { code, message }: typeof Failure.Type): Effect.Effect<Outcome, GenerateError> => {
    const { name, status } = Grpc.statusOf(code) ?? { name: "UNKNOWN", status: 500 }
    const body = { error: { code: status, message: message ?? "the vendor doesn't say why", status: name } }
    return Effect.map(
      door.outcome(job, { status, body, requestId: undefined }),
      (outcome) => outcome._tag === "Failed" ? { ...outcome, status: undefined } : outcome
    )
  }

  return {
    // All answers of a job are read at once.
    limits: { rows: 5000, bytes: 20_000_000, oneModel: true },
    endpointOf: ({ model }) => Result.succeed(`${prefix}${model.upstream}`),
    row: (request, customId) =>
      Effect.flatMap(
        door.body(request),
        (body) => Effect.fromResult(Adapter.written(request, { metadata: { key: customId }, request: body }))
      ),
    submit: (job, lines) => {
      const head = headOf(job)
      // The rows take its place.
      const src = [{ contents: "" }]
      const model = job.endpoint.slice(prefix.length)
      return door.json(job, asked(({ batches }) => batches.create({ model, src, config: { httpOptions } })), {
        type: "application/json",
        length: BatchFile.lengthInList(job, head, tail),
        body: BatchFile.inList(head, lines, tail)
      }).pipe(
        Effect.flatMap((json) => read(job, json)),
        Effect.map(({ name }) => name)
      )
    },
    find: (job) =>
      Effect.map(find(job, undefined), (id) => id === undefined ? { _tag: "None" } : { _tag: "Found", id }),
    poll: (job) => Effect.map(retrieve(job), progressOf),
    results: (job) =>
      Stream.fromEffect(retrieve(job)).pipe(
        Stream.flatMap(({ metadata, response }) =>
          Stream.fromIterable((response ?? metadata?.output)?.inlinedResponses?.inlinedResponses ?? [])
        ),
        Stream.mapEffect((line) => rowOf(job, line))
      ),
    // One that is over is left as it is.
    cancel: (job) =>
      Effect.asVoid(
        door.json(job, asked(({ batches }) => batches.cancel({ name: job.id, config: { httpOptions } })))
      ),
    generation: door.generation
  }
}

const states: ReadonlyMap<string, Progress["state"]> = new Map([
  ["SUCCEEDED", "completed"],
  ["PARTIALLY_SUCCEEDED", "completed"],
  ["FAILED", "failed"],
  ["CANCELLED", "cancelled"],
  ["EXPIRED", "expired"]
])

const progressOf = ({ error, metadata }: VendorJob): Progress => {
  const state = states.get((metadata?.state ?? "").replace(/^(BATCH|JOB)_STATE_/, "")) ?? "running"
  const { failedRequestCount, pendingRequestCount, requestCount } = metadata?.batchStats ?? {}
  return {
    state,
    done: Math.max(0, Number(requestCount ?? 0) - Number(pendingRequestCount ?? 0)),
    failed: Number(failedRequestCount ?? 0),
    results: [],
    ...(state === "failed" ? { reason: reasonOf(error) } : undefined),
    ...(state === "expired" ? { leftMaybeBilled: true } : undefined)
  }
}

const reasonOf = (error: typeof Failure.Type | undefined): Reason => {
  const detail = tidy(error?.message ?? "the vendor doesn't say why", undefined)
  return Grpc.statusOf(error?.code)?.status === 400
    ? new InvalidRequest({ detail })
    : new Overloaded({ detail, maybeBilled: false })
}

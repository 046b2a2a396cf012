/**
 * Batches as Mistral takes them: a file of rows, a job made of it, and its results as files again, in OpenAI's shape.
 *
 * Read 2026-11-23 from @mistralai/mistralai@2.7.0: `models/components/{createbatchjobrequest,batchjob}.d.ts`. How many
 * rows a job may have is unverified.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Accepted, BatchEndpoint, Job, Outcome, Progress } from "../../BatchEndpoint.ts"
import { type GenerateError, InvalidRequest, InvalidResponse, Overloaded } from "../../GenerateError.ts"
import * as Request from "../../Request.ts"
import type * as Transport from "../../Transport.ts"
import * as Adapter from "../../internal/adapter.ts"
import * as Door from "../../internal/batchDoor.ts"
import * as BatchFile from "../../internal/batchFile.ts"
import { isRecord } from "../../internal/json.ts"
import { tidy } from "../../internal/refusal.ts"

const Count = Schema.optional(Schema.NullOr(Schema.Natural))
const Text = Schema.optional(Schema.NullOr(Schema.String))
const VendorJob = Schema.Struct({
  id: Schema.String,
  status: Schema.String,
  created_at: Schema.optional(Schema.Unknown),
  metadata: Schema.optional(Schema.NullOr(Schema.Record(Schema.String, Schema.Unknown))),
  output_file: Text,
  error_file: Text,
  errors: Schema.optional(Schema.NullOr(Schema.Array(Schema.Struct({ message: Text })))),
  completed_requests: Count,
  failed_requests: Count
})
type VendorJob = typeof VendorJob.Type
const decodeJob = Schema.decodeUnknownResult(VendorJob)

const endpoint = "/v1/chat/completions"
const files = "/v1/files"
const jobs = "/v1/batch/jobs"
const metadataKey = "loom"
const pageSize = 100

/** Milliseconds by which the vendor's clock may be behind. */
const slack = 3_600_000

/** `fetch` is one for large replies ({@link Door.fetchFor}); `at` builds requests that the SDK isn't loaded for. */
export const make = <Sdk>(
  vendor: Adapter.Vendor<Sdk>,
  fetch: Transport.Fetch,
  at: Door.Addressed<Sdk>
): BatchEndpoint => {
  const door = Door.make(vendor, fetch)
  const pathOf = ({ id }: Accepted) => `${jobs}/${encodeURIComponent(id)}`

  const unreadable = (job: Job, detail: string): GenerateError =>
    Request.fail(job.asking, new InvalidResponse({ detail }))

  const read = (job: Job, json: unknown): Effect.Effect<VendorJob, GenerateError> =>
    Result.match(decodeJob(json), {
      onSuccess: Effect.succeed,
      onFailure: () => Effect.fail(unreadable(job, "the vendor's job has another shape"))
    })

  const retrieve = (job: Accepted) => Effect.flatMap(door.json(job, at("GET", pathOf(job))), (json) => read(job, json))

  /** Newest first, page by page, until one carries the marker or they are too old. */
  const find = (job: Job, page: number): Effect.Effect<string | undefined, GenerateError> =>
    Effect.flatMap(
      door.json(
        job,
        at("GET", jobs, { query: { order_by: "-created", page: String(page), page_size: String(pageSize) } })
      ),
      ({ data }) => {
        const told: ReadonlyArray<unknown> = Array.isArray(data) ? data : []
        for (const one of told) {
          const decoded = decodeJob(one)
          if (Result.isSuccess(decoded) && decoded.success.metadata?.[metadataKey] === job.marker) {
            return Effect.succeed(decoded.success.id)
          }
        }
        const last = told.at(-1)
        const isOld = isRecord(last) && typeof last.created_at === "number"
          && last.created_at * 1000 < job.since - slack
        return told.length < pageSize || isOld ? Effect.undefined : find(job, page + 1)
      }
    )

  return {
    limits: { rows: 100_000, bytes: 500_000_000, oneModel: true },
    endpointOf: () => Result.succeed(endpoint),
    row: (request, customId) =>
      Effect.flatMap(door.body(request), (body) => {
        // The job says the model, and a batch doesn't stream.
        const { model: _, stream: __, ...rest } = isRecord(body) ? body : {}
        return Effect.fromResult(Adapter.written(request, { custom_id: customId, body: rest }))
      }),
    submit: Effect.fnUntraced(function*(job, lines) {
      const { id: file } = yield* BatchFile.upload(door, job, at("POST", files), { purpose: "batch" }, lines)
      if (typeof file !== "string") return yield* unreadable(job, "the uploaded file has no id")
      const body = {
        input_files: [file],
        endpoint,
        model: job.asking.model.upstream,
        metadata: { [metadataKey]: job.marker },
        timeout_hours: 24
      }
      return (yield* read(job, yield* door.json(job, at("POST", jobs, { body })))).id
    }),
    find: (job) => Effect.map(find(job, 0), (id) => id === undefined ? { _tag: "None" } : { _tag: "Found", id }),
    poll: (job) => Effect.map(retrieve(job), progressOf),
    results: (job, { results }) =>
      Stream.fromIterable(results).pipe(
        Stream.flatMap((file) => door.lines(job, at("GET", `${files}/${encodeURIComponent(file)}/content`))),
        Stream.mapEffect((line) => BatchFile.rowOf(door, job, line, (_, message) => unanswered(message)))
      ),
    cancel: (job) =>
      door.json(job, at("POST", `${pathOf(job)}/cancel`)).pipe(
        Effect.asVoid,
        // It may have ended meanwhile.
        Effect.catch((error) =>
          Effect.flatMap(
            retrieve(job),
            (found) =>
              progressOf(found).state === "running" && found.status !== "CANCELLATION_REQUESTED"
                ? Effect.fail(error)
                : Effect.void
          )
        )
      ),
    generation: door.generation
  }
}

const states: ReadonlyMap<string, Progress["state"]> = new Map([
  ["SUCCESS", "completed"],
  ["FAILED", "failed"],
  ["TIMEOUT_EXCEEDED", "expired"],
  ["CANCELLED", "cancelled"]
])

const progressOf = (job: VendorJob): Progress => {
  const state = states.get(job.status) ?? "running"
  return {
    state,
    done: job.completed_requests ?? 0,
    failed: job.failed_requests ?? 0,
    results: [job.output_file, job.error_file].filter((file) => typeof file === "string"),
    ...(state === "failed" ? { reason: new InvalidRequest({ detail: whyOf(job) }) } : undefined)
  }
}

const whyOf = ({ errors }: VendorJob): string => tidy(errors?.[0]?.message ?? "the vendor doesn't say why", undefined)

const unanswered = (message: string): Outcome => ({
  _tag: "Failed",
  reason: new Overloaded({ detail: tidy(message, undefined), maybeBilled: false }),
  status: undefined,
  requestId: undefined
})

/**
 * Batches as OpenAI takes them, and who does likewise: a file of rows is uploaded, a job is made of it, and its results
 * are files again.
 *
 * Read 2026-11-23 from openai@7.57.0: `resources/batches.d.ts`, `resources/files.d.ts`.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type OpenAI from "openai"
import type { Accepted, BatchEndpoint, Job, Outcome, Progress } from "../../BatchEndpoint.ts"
import { type GenerateError, InvalidRequest, InvalidResponse, Overloaded, type Reason } from "../../GenerateError.ts"
import * as Request from "../../Request.ts"
import type * as Transport from "../../Transport.ts"
import * as Adapter from "../../internal/adapter.ts"
import * as Door from "../../internal/batchDoor.ts"
import * as BatchFile from "../../internal/batchFile.ts"
import { isRecord } from "../../internal/json.ts"
import { tidy } from "../../internal/refusal.ts"
import type { BatchQuirks } from "./BatchQuirks.ts"
import * as Wire from "./Wire.ts"

type Fields = Readonly<Record<string, unknown>>

const Count = Schema.optional(Schema.NullOr(Schema.Natural))
const Text = Schema.optional(Schema.NullOr(Schema.String))
const VendorJob = Schema.Struct({
  id: Schema.String,
  status: Schema.String,
  created_at: Schema.optional(Schema.Unknown),
  expires_at: Schema.optional(Schema.Unknown),
  input_file_id: Text,
  output_file_id: Text,
  error_file_id: Text,
  metadata: Schema.optional(Schema.NullOr(Schema.Record(Schema.String, Schema.Unknown))),
  request_counts: Schema.optional(Schema.NullOr(Schema.Struct({ total: Count, completed: Count, failed: Count }))),
  // Per cent, where nothing is counted.
  progress: Schema.optional(Schema.NullOr(Schema.Finite)),
  errors: Schema.optional(Schema.Unknown),
  error: Schema.optional(Schema.Unknown)
})
type VendorJob = typeof VendorJob.Type
const decodeJob = Schema.decodeUnknownResult(VendorJob)

const metadataKey = "loom"

const files = "/files"
const batches = "/batches"

const chatCompletions = () => Result.succeed("/v1/chat/completions")

/** Milliseconds by which the vendor's clock may be behind. */
const slack = 3_600_000

/** `fetch` is one for large replies: {@link Door.fetchFor}. */
export const make = (
  vendor: Adapter.Vendor<OpenAI>,
  fetch: Transport.Fetch,
  quirks: BatchQuirks
): BatchEndpoint => {
  const door = Door.make(vendor, fetch)
  const endpointOf = quirks.endpointOf ?? chatCompletions

  const get = (path: string, query: Record<string, string> = {}): Door.Build<OpenAI> => (sdk, fetchOptions) =>
    sdk.buildRequest({ method: "get", path, query, fetchOptions })
  const post = (path: string, body?: Fields): Door.Build<OpenAI> => (sdk, fetchOptions) =>
    sdk.buildRequest({ method: "post", path, fetchOptions, ...(body === undefined ? undefined : { body }) })

  const read = (job: Job, json: unknown): Effect.Effect<VendorJob, GenerateError> =>
    Result.match(decodeJob(json), {
      onSuccess: Effect.succeed,
      onFailure: () =>
        Effect.fail(Request.fail(job.asking, new InvalidResponse({ detail: "the vendor's job has another shape" })))
    })

  const retrieve = (job: Accepted) =>
    Effect.flatMap(door.json(job, get(`${batches}/${encodeURIComponent(job.id)}`)), (json) => read(job, json))

  const upload = (job: Job, lines: Stream.Stream<string, GenerateError>) =>
    BatchFile.upload(door, job, post(quirks.uploadPath ?? files), { purpose: "batch", ...quirks.upload }, lines)

  /** Newest first, page by page, until `look` has found one or they are too old. */
  const list = <A>(
    job: Job,
    path: string,
    look: (one: Fields) => A | undefined,
    after?: string
  ): Effect.Effect<A | undefined, GenerateError> =>
    Effect.flatMap(
      door.json(job, get(path, { limit: "100", ...(after === undefined ? undefined : { after }) })),
      ({ data, has_more: hasMore }) => {
        const page = Array.isArray(data) ? data.filter(isRecord) : []
        for (const one of page) {
          const found = look(one)
          if (found !== undefined) return Effect.succeed(found)
        }
        const last = page.at(-1)
        if (hasMore !== true || last === undefined || typeof last.id !== "string") return Effect.undefined
        return typeof last.created_at === "number" && last.created_at * 1000 < job.since - slack
          ? Effect.undefined
          : list(job, path, look, last.id)
      }
    )

  const idOf = ({ id }: Fields): string | undefined => typeof id === "string" ? id : undefined

  const findByMetadata = (job: Job) =>
    list(
      job,
      batches,
      (one) => isRecord(one.metadata) && one.metadata[metadataKey] === job.marker ? idOf(one) : undefined
    )

  /** The file of these rows may be there without a job: it was uploaded, and no more. */
  const findByFile = Effect.fnUntraced(function*(job: Job): Effect.fn.Return<string | undefined, GenerateError> {
    const file = yield* list(job, files, (one) => one.filename === BatchFile.nameOf(job) ? idOf(one) : undefined)
    return file === undefined
      ? undefined
      : yield* list(job, batches, (one) => one.input_file_id === file ? idOf(one) : undefined)
  })

  return {
    limits: quirks.limits,
    endpointOf,
    row: (request, customId) =>
      Effect.fromResult(Result.flatMap(
        endpointOf(request),
        (url) =>
          Result.flatMap(Adapter.write(vendor, request, false), ({ body }) =>
            Adapter.written(request, {
              custom_id: customId,
              ...(quirks.addressed === false ? undefined : { method: "POST", url }),
              body
            }))
      )),
    submit: Effect.fnUntraced(function*(job, lines) {
      const file = idOf(yield* upload(job, lines))
      if (file === undefined) {
        return yield* Request.fail(job.asking, new InvalidResponse({ detail: "the uploaded file has no id" }))
      }
      const answer = yield* door.json(
        job,
        post(batches, {
          input_file_id: file,
          endpoint: job.endpoint,
          completion_window: "24h",
          ...(quirks.foundBy === "file" ? undefined : { metadata: { [metadataKey]: job.marker } }),
          ...quirks.job
        })
      )
      return (yield* read(job, quirks.jobIn?.(answer) ?? answer)).id
    }),
    find: (job) =>
      Effect.map(
        quirks.foundBy === "file" ? findByFile(job) : findByMetadata(job),
        (id) => id === undefined ? { _tag: "None" } : { _tag: "Found", id }
      ),
    poll: (job) => Effect.map(retrieve(job), (found) => progressOf(found, job)),
    results: (job, { results }) =>
      Stream.fromIterable(results).pipe(
        Stream.flatMap((file) => door.lines(job, get(`${files}/${encodeURIComponent(file)}/content`))),
        Stream.mapEffect((line) => BatchFile.rowOf(door, job, line, unansweredBy))
      ),
    cancel: (job) =>
      door.json(job, post(`${batches}/${encodeURIComponent(job.id)}/cancel`)).pipe(
        Effect.asVoid,
        // It may have ended meanwhile.
        Effect.catch((error) =>
          Effect.flatMap(
            retrieve(job),
            (found) =>
              progressOf(found, job).state === "running" && found.status.toLowerCase() !== "cancelling"
                ? Effect.fail(error)
                : Effect.void
          )
        )
      ),
    generation: door.generation
  }
}

const progressOf = (job: VendorJob, { rows }: Accepted): Progress => {
  const { completed = job.progress == null ? 0 : Math.floor(rows * job.progress / 100), failed } = job.request_counts ??
    {}
  const counts = {
    done: (completed ?? 0) + (failed ?? 0),
    failed: failed ?? 0,
    results: [job.output_file_id, job.error_file_id].filter((file) => typeof file === "string"),
    expiresAt: typeof job.expires_at === "number" ? job.expires_at * 1000 : undefined
  }
  const status = job.status.toLowerCase()
  switch (status) {
    case "completed":
    case "expired":
    case "cancelled":
      return { state: status, ...counts }
    case "failed":
      return { state: "failed", ...counts, reason: reasonOf(job) }
    default:
      return { state: "running", ...counts }
  }
}

/** Why a job was refused: the first of its errors. */
const reasonOf = ({ error, errors }: VendorJob): Reason => {
  const data = isRecord(errors) ? errors.data : errors
  const first: unknown = Array.isArray(data) ? data[0] : data
  const { code, message } = isRecord(first) ? first : { code: undefined, message: error }
  const detail = tidy(typeof message === "string" ? message : "the vendor doesn't say why", undefined)
  return typeof code === "string" && Wire.toldKindOf(code) !== undefined
    ? Wire.told(code, detail).reason(detail)
    : new InvalidRequest({ detail })
}

/** A row that was never asked. */
const unansweredBy = (code: string, message: string): Outcome => {
  switch (code) {
    case "batch_expired":
      return { _tag: "Expired" }
    case "batch_cancelled":
      return { _tag: "Cancelled" }
    default: {
      const detail = tidy(message, undefined)
      const reason = Wire.toldKindOf(code) === undefined
        ? new Overloaded({ detail, maybeBilled: false })
        : Wire.told(code, detail).reason(detail)
      return { _tag: "Failed", reason, status: undefined, requestId: undefined }
    }
  }
}

/**
 * Batches as Anthropic takes them: all rows in one request, the results in one file. A job carries nothing of its
 * maker's, so that one whose submission nobody heard of is known by the custom ids in its results.
 *
 * Read 2026-11-23 from @anthropic-ai/sdk@1.12.0: `resources/messages/batches.d.ts`.
 */
import type Anthropic from "@anthropic-ai/sdk"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Accepted, BatchEndpoint, Found, Job, Outcome, Progress, Row } from "../../BatchEndpoint.ts"
import { type GenerateError, InvalidRequest, InvalidResponse, Overloaded } from "../../GenerateError.ts"
import * as Request from "../../Request.ts"
import type * as Transport from "../../Transport.ts"
import * as Adapter from "../../internal/adapter.ts"
import * as Door from "../../internal/batchDoor.ts"
import * as BatchFile from "../../internal/batchFile.ts"
import { isRecord } from "../../internal/json.ts"
import { tidy } from "../../internal/refusal.ts"
import * as Wire from "./Wire.ts"

const Count = Schema.optional(Schema.NullOr(Schema.Natural))
const VendorJob = Schema.Struct({
  id: Schema.String,
  processing_status: Schema.String,
  created_at: Schema.optional(Schema.String),
  expires_at: Schema.optional(Schema.NullOr(Schema.String)),
  request_counts: Schema.Struct({
    processing: Count,
    succeeded: Count,
    errored: Count,
    canceled: Count,
    expired: Count
  })
})
type VendorJob = typeof VendorJob.Type
const decodeJob = Schema.decodeUnknownResult(VendorJob)

const VendorRow = Schema.Struct({
  custom_id: Schema.String,
  result: Schema.Struct({
    type: Schema.String,
    message: Schema.optional(Schema.Unknown),
    error: Schema.optional(Schema.Unknown)
  })
})
const decodeRow = Schema.decodeUnknownResult(VendorRow)

const path = "/v1/messages/batches"
const head = Buffer.from("{\"requests\":[")
const tail = Buffer.from("]}")

/** Milliseconds by which the vendor's clock may be behind. */
const slack = 300_000

/** What goes into headers, of which a row has none. */
const inHeaders = ["user_profile_id", "workspace_id"]

/** `fetch` is one for large replies: {@link Door.fetchFor}. */
export const make = (vendor: Adapter.Vendor<Anthropic>, fetch: Transport.Fetch): BatchEndpoint => {
  const door = Door.make(vendor, fetch)

  const get = (path: string, query: Record<string, string> = {}): Door.Build<Anthropic> => (sdk, fetchOptions) =>
    sdk.buildRequest({ method: "get", path, query, fetchOptions })
  const post = (path: string): Door.Build<Anthropic> => (sdk, fetchOptions) =>
    sdk.buildRequest({ method: "post", path, fetchOptions })
  const pathOf = (id: string) => `${path}/${encodeURIComponent(id)}`

  const unreadable = (job: Job, detail: string): GenerateError =>
    Request.fail(job.asking, new InvalidResponse({ detail }))

  const read = (job: Job, json: unknown): Effect.Effect<VendorJob, GenerateError> =>
    Result.match(decodeJob(json), {
      onSuccess: Effect.succeed,
      onFailure: () => Effect.fail(unreadable(job, "the vendor's job has another shape"))
    })

  const retrieve = (job: Accepted) => Effect.flatMap(door.json(job, get(pathOf(job.id))), (json) => read(job, json))

  const lines = (job: Job, id: string) =>
    Stream.mapEffect(door.lines(job, get(`${pathOf(id)}/results`)), (line) => rowOf(job, line))

  const rowOf = (job: Job, line: unknown): Effect.Effect<Row, GenerateError> =>
    Result.match(decodeRow(line), {
      onFailure: () => Effect.fail(unreadable(job, "a row of the results has another shape")),
      onSuccess: ({ custom_id: customId, result }) => Effect.succeed({ customId, outcome: outcomeOf(result) })
    })

  /** A page of jobs, the newest first. */
  const list = (job: Job, after: string | undefined) =>
    door.json(job, get(path, { limit: "100", ...(after === undefined ? undefined : { after_id: after }) }))

  /** Jobs of as many rows that may be it. */
  const candidates = Effect.fnUntraced(function*(
    job: Job,
    others: ReadonlySet<string>
  ): Effect.fn.Return<ReadonlyArray<VendorJob>, GenerateError> {
    const found: Array<VendorJob> = []
    let after: string | undefined
    for (;;) {
      const { data, has_more: hasMore } = yield* list(job, after)
      const page = Arr.filterMap(Array.isArray(data) ? data : [], (one) => decodeJob(one))
      for (const one of page) {
        if (totalOf(one) === job.rows && !isOlder(one, job) && !others.has(one.id)) found.push(one)
      }
      const last = page.at(-1)
      if (hasMore !== true || last === undefined || isOlder(last, job)) return found
      after = last.id
    }
  })

  return {
    limits: { rows: 100_000, bytes: 256_000_000, oneModel: false },
    endpointOf: () => Result.succeed("/v1/messages"),
    row: (request, customId) => {
      const misplaced = inHeaders.find((name) => name in request.native)
      if (misplaced !== undefined) {
        const detail = "it goes into a header, and a row of a batch has none"
        return Effect.fail(Request.fail(request, new InvalidRequest({ field: `native.${misplaced}`, detail })))
      }
      return Effect.fromResult(Result.flatMap(
        Adapter.write(vendor, request, false),
        ({ body }) => Adapter.written(request, { custom_id: customId, params: body })
      ))
    },
    submit: (job, lines) =>
      door.json(job, post(path), {
        type: "application/json",
        length: BatchFile.lengthInList(job, head, tail),
        body: BatchFile.inList(head, lines, tail)
      }).pipe(
        Effect.flatMap((json) => read(job, json)),
        Effect.map(({ id }) => id)
      ),
    find: Effect.fnUntraced(function*(job, others): Effect.fn.Return<Found, GenerateError> {
      let isClear = true
      for (const { id, processing_status: status } of yield* candidates(job, others)) {
        if (status !== "ended") isClear = false
        else {
          const first = yield* Stream.runHead(lines(job, id))
          if (Option.isSome(first) && first.value.customId.startsWith(`${job.marker}-`)) return { _tag: "Found", id }
        }
      }
      return { _tag: isClear ? "None" : "Unclear" }
    }),
    poll: (job) => Effect.map(retrieve(job), progressOf),
    results: (job) => lines(job, job.id),
    cancel: (job) =>
      door.json(job, post(`${pathOf(job.id)}/cancel`)).pipe(
        Effect.asVoid,
        // It may have ended meanwhile.
        Effect.catch((error) =>
          Effect.flatMap(
            retrieve(job),
            ({ processing_status: status }) => status === "in_progress" ? Effect.fail(error) : Effect.void
          )
        )
      ),
    generation: door.generation
  }
}

const totalOf = ({ request_counts: counts }: VendorJob): number => (counts.processing ?? 0) + doneOf(counts)

const doneOf = ({ canceled, errored, expired, succeeded }: VendorJob["request_counts"]): number =>
  (succeeded ?? 0) + (errored ?? 0) + (canceled ?? 0) + (expired ?? 0)

const isOlder = ({ created_at: createdAt }: VendorJob, job: Job): boolean =>
  createdAt !== undefined && Date.parse(createdAt) < job.since - slack

/** Its rows tell themselves whether they expired or were cancelled. */
const progressOf = (
  { expires_at: expiresAt, processing_status: status, request_counts: counts }: VendorJob
): Progress => ({
  state: status === "ended" ? "completed" : "running",
  done: doneOf(counts),
  failed: doneOf(counts) - (counts.succeeded ?? 0),
  results: [],
  expiresAt: Door.instantOf(expiresAt)
})

const outcomeOf = ({ error, message, type }: (typeof VendorRow.Type)["result"]): Outcome => {
  switch (type) {
    case "succeeded":
      return { _tag: "Answered", json: message, requestId: undefined }
    case "expired":
      return { _tag: "Expired" }
    case "canceled":
      return { _tag: "Cancelled" }
    default:
      return failed(error)
  }
}

/** A row that went wrong isn't charged. */
const failed = (error: unknown): Outcome => {
  const told = isRecord(error) ? Wire.errorIn(error) : undefined
  const detail = tidy(told?.message ?? "the vendor doesn't say why", undefined)
  const reason = told?.reason(detail)
  const requestId = isRecord(error) && typeof error.request_id === "string" ? error.request_id : undefined
  return {
    _tag: "Failed",
    reason: reason === undefined || reason._tag === "Overloaded"
      ? new Overloaded({ detail, maybeBilled: false })
      : reason,
    status: undefined,
    requestId
  }
}

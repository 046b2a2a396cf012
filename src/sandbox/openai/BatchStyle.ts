/**
 * What vendors that have OpenAI's files and batches say of them, and take: OpenAI itself, and the record of its own that
 * each of the others has.
 */
import { at, type JsonObject, stringAt } from "../Json.ts"
import type { Alteration } from "../Protocol.ts"
import { type Fields, integer, nullable, object, oneOf, record, string } from "../Shape.ts"
import type * as Files from "../batches/Files.ts"
import type * as Jobs from "../batches/Jobs.ts"

/** A job, and the files that it has by now. */
export interface Told {
  readonly job: Jobs.Job
  readonly output: string | null
  readonly error: string | null
}

export interface Style {
  /** The paths that batches are for, and what is before the vendor's own path in them. */
  readonly endpoints: ReadonlyArray<string>
  readonly prefix: string
  /** What an expiry may be asked for by, in milliseconds; the first is the usual one. */
  readonly windows: Readonly<Record<string, number>>
  readonly isWindowRequired: boolean
  /** Members of a creation besides the file, the endpoint and the window. */
  readonly creation: Fields
  readonly maxRows: number
  readonly maxBytes: number
  /** All rows of a batch are of one model. */
  readonly oneModel: boolean
  /** Rows say with which method and to which path they go. */
  readonly addressed: boolean
  /** How long the id of a row may be. */
  readonly maxIdLength: number
  readonly alteration: Alteration
  readonly uploadPath: string
  /** What files are uploaded for: batches first. */
  readonly purposes: readonly [batch: string, ...others: ReadonlyArray<string>]
  /** What its own files are for. */
  readonly madePurpose: string
  readonly jobId: (root: string) => string
  readonly batch: (told: Told) => JsonObject
  readonly created: (batch: JsonObject) => JsonObject
  readonly createdStatus: number
  readonly batches: (batches: ReadonlyArray<JsonObject>, hasMore: boolean) => unknown
  readonly file: (file: Files.Kept) => JsonObject
  readonly files: (files: ReadonlyArray<JsonObject>, hasMore: boolean) => unknown
}

const day = 86_400_000

export const seconds = (millis: number | undefined): number | null =>
  millis === undefined ? null : Math.floor(millis / 1000)

export const states: Readonly<Record<Jobs.State, string>> = {
  validating: "validating",
  failed: "failed",
  running: "in_progress",
  finalizing: "finalizing",
  completed: "completed",
  cancelling: "cancelling",
  cancelled: "cancelled",
  expired: "expired"
}

const batch = ({ error, job, output }: Told): JsonObject => {
  const { about, counts, endsAt, flaws, state, usage } = job
  const ended = (as: Jobs.State) => state === as ? seconds(endsAt) : null
  return {
    id: job.id,
    object: "batch",
    endpoint: at(about, "endpoint"),
    model: job.model ?? at(about, "model") ?? null,
    errors: flaws.length === 0 ? null : { object: "list", data: flaws },
    input_file_id: at(about, "input_file_id"),
    completion_window: at(about, "completion_window"),
    status: states[state],
    output_file_id: output,
    error_file_id: error,
    created_at: seconds(job.createdAt),
    in_progress_at: seconds(job.runsAt),
    expires_at: seconds(job.expiresAt),
    finalizing_at: seconds(job.finalizesAt),
    completed_at: ended("completed"),
    failed_at: ended("failed"),
    expired_at: ended("expired"),
    cancelling_at: seconds(job.cancelsAt),
    cancelled_at: ended("cancelled"),
    request_counts: { total: job.total, completed: counts.succeeded, failed: counts.errored },
    ...(endsAt === undefined ? {} : {
      usage: {
        input_tokens: usage.input,
        input_tokens_details: { cached_tokens: usage.read },
        output_tokens: usage.output,
        output_tokens_details: { reasoning_tokens: usage.reasoning },
        total_tokens: usage.input + usage.output
      }
    }),
    metadata: at(about, "metadata") ?? null
  }
}

const list = (data: ReadonlyArray<JsonObject>, hasMore: boolean): JsonObject => ({
  object: "list",
  data,
  first_id: stringAt(data[0], "id") ?? null,
  last_id: stringAt(data.at(-1), "id") ?? null,
  has_more: hasMore
})

const file = ({ content, createdAt, expiresAt, id, name, purpose }: Files.Kept): JsonObject => ({
  id,
  object: "file",
  bytes: content.bytes(),
  created_at: seconds(createdAt),
  ...(expiresAt === undefined ? {} : { expires_at: seconds(expiresAt) }),
  filename: name,
  purpose,
  status: "processed"
})

export const metadata = nullable(record(string))

export const openAi: Style = {
  endpoints: ["/v1/responses", "/v1/chat/completions"],
  prefix: "/v1",
  windows: { "24h": day },
  isWindowRequired: true,
  creation: {
    metadata,
    output_expires_after: object({ anchor: oneOf("created_at"), seconds: integer({ min: 3600, max: 2_592_000 }) }, [
      "anchor",
      "seconds"
    ])
  },
  maxRows: 50_000,
  maxBytes: 200 * 1024 * 1024,
  oneModel: true,
  addressed: true,
  // Nothing is said of it.
  maxIdLength: Infinity,
  // A batch is a tier of its own, which answers don't name.
  alteration: { answerServiceTier: "default" },
  uploadPath: "/files",
  purposes: ["batch", "assistants", "fine-tune", "vision", "user_data", "evals"],
  madePurpose: "batch_output",
  jobId: (root) => `batch_${root.slice(0, 32)}`,
  batch,
  created: (batch) => batch,
  createdStatus: 200,
  batches: list,
  file,
  files: list
}

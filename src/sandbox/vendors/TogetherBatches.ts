/**
 * Together AI's files and batches, from docs.together.ai and the types of its SDK (2026-11-23).
 *
 * Unverified: what its result lines hold besides an answer, and where a row that was never come to is told.
 */
import { at, type JsonObject } from "../Json.ts"
import { integer, string } from "../Shape.ts"
import { openAi, seconds, type Style } from "../openai/BatchStyle.ts"

const statuses = {
  validating: "VALIDATING",
  running: "IN_PROGRESS",
  finalizing: "IN_PROGRESS",
  // There is no word for it.
  cancelling: "IN_PROGRESS",
  completed: "COMPLETED",
  failed: "FAILED",
  expired: "EXPIRED",
  cancelled: "CANCELLED"
} as const

const instant = (millis: number): string => new Date(millis).toISOString()

const present = (members: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== null))

export const batches: Style = {
  ...openAi,
  endpoints: ["/v1/chat/completions"],
  isWindowRequired: false,
  creation: { model_id: string, priority: integer() },
  maxBytes: 100 * 1024 * 1024,
  oneModel: false,
  addressed: false,
  maxIdLength: 64,
  alteration: {},
  uploadPath: "/files/upload",
  purposes: ["batch-api", "fine-tune", "eval"],
  madePurpose: "batch-generated",
  jobId: (root) => root.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5"),
  batch: ({ error, job, output }) => {
    const { about, counts, endsAt, flaws, input, state, total } = job
    const done = counts.succeeded + counts.errored
    return present({
      id: job.id,
      user_id: "user_sandbox",
      input_file_id: at(about, "input_file_id"),
      file_size_bytes: input.bytes(),
      status: statuses[state],
      job_deadline: instant(job.expiresAt),
      created_at: instant(job.createdAt),
      endpoint: at(about, "endpoint"),
      progress: total === 0 ? 0 : Math.round(100 * done / total),
      model_id: at(about, "model_id") ?? at(about, "model"),
      output_file_id: output,
      error_file_id: error,
      error: flaws[0]?.message,
      completed_at: state === "completed" && endsAt !== undefined ? instant(endsAt) : undefined
    })
  },
  created: (job) => ({ job }),
  createdStatus: 201,
  batches: (all) => all,
  file: ({ content, createdAt, id, name, purpose }) => ({
    id,
    object: "file",
    created_at: seconds(createdAt),
    filename: name,
    bytes: content.bytes(),
    purpose,
    Processed: true,
    FileType: "jsonl",
    LineCount: content.lines()
  }),
  files: (data) => ({ data })
}

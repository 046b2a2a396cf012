/**
 * `loom batch results`
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type * as Batch from "../Batch.ts"
import type { GenerateError } from "../GenerateError.ts"
import * as Loom from "../Loom.ts"
import * as Answer from "./Answer.ts"
import { told } from "./BatchFailure.ts"
import * as BatchSheet from "./BatchSheet.ts"
import * as Failure from "./Failure.ts"
import * as Format from "./Format.ts"
import { Output } from "./Output.ts"

/** What is printed on each line, with `--json` or without. */
export const LineDocument = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  customId: Schema.String,
  /** Which request of the batch it was: 0 is the first. */
  index: Schema.Natural,
  status: Schema.Literals(["succeeded", "failed", "expired", "cancelled", "missing"]),
  /** As asked. */
  provider: Schema.String,
  model: Schema.String,
  /** As `loom generate --json` prints it; the bytes of its images are in `content`. */
  generation: Schema.optional(Answer.Written),
  error: Schema.optional(Failure.Document.fields.error)
})

const encodeLine = Schema.encodeSync(Schema.fromJsonString(Schema.toCodecJson(LineDocument)))

const errorOf = (
  { fix, reason, requestId, retryable, what, why }: GenerateError
): typeof LineDocument.Type["error"] => ({
  tag: reason._tag,
  message: what,
  why,
  fix,
  retryable,
  requestId: requestId ?? null
})

const statuses = {
  Success: "succeeded",
  Failure: "failed",
  Expired: "expired",
  Cancelled: "cancelled",
  Missing: "missing"
} as const

const documentOf = (row: Batch.Row): typeof LineDocument.Type => {
  const { customId, index, model, provider } = row
  const head = { schemaVersion: 1, customId, index, status: statuses[row._tag], provider, model } as const
  if (row._tag === "Cancelled") return head
  if (row._tag !== "Success") return { ...head, error: errorOf(row.error) }
  return { ...head, generation: Answer.written(row.generation) }
}

export const results = Effect.fnUntraced(function*(id: string, quiet: boolean) {
  const output = yield* Output
  const batch = yield* Effect.mapError(Loom.batch(id), told())
  const snapshot = yield* Effect.mapError(batch.status, told())
  yield* output.write(batch.results.pipe(
    Stream.mapError(told()),
    Stream.mapArray((rows) => Arr.of(rows.map((row) => `${encodeLine(documentOf(row))}\n`).join("")))
  ))
  if (!quiet && snapshot.status !== "ended") {
    const { open, total } = snapshot.counts
    yield* output.note(output.err.dim(
      `  ${Format.count(open)} of ${Format.count(total)} rows are open · loom batch wait ${id}`
    ))
  }
  if (BatchSheet.isLacking(snapshot)) return yield* Failure.told(Failure.exitCodes.rows)
})

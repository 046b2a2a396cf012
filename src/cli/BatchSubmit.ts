/**
 * `loom batch submit`
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Batch from "../Batch.ts"
import * as Loom from "../Loom.ts"
import * as BatchId from "../internal/batchId.ts"
import { told } from "./BatchFailure.ts"
import * as BatchLines from "./BatchLines.ts"
import * as BatchSheet from "./BatchSheet.ts"
import * as Format from "./Format.ts"
import { Output } from "./Output.ts"

/** What has become of a batch whose submission was interrupted. */
const tellLeft = Effect.fnUntraced(function*(id: string) {
  const output = yield* Output
  const left = yield* Effect.option(Effect.flatMap(Loom.batch(id), ({ status }) => status))
  if (Option.isNone(left)) return yield* output.note("interrupted: nothing was sent, and nothing is kept")
  const { counts: { total }, jobs } = left.value
  const rowsIn = (...states: ReadonlyArray<Batch.Job["status"]>) =>
    jobs.reduce((sum, { rows, status }) => states.includes(status) ? sum + rows : sum, 0)
  const parts = [
    [rowsIn("running", "ended"), "sent"],
    [rowsIn("submitting"), "may be sent"],
    [rowsIn("ready"), "not sent"]
  ] as const
  const told = parts.flatMap(([rows, how]) => rows === 0 ? [] : [`${Format.count(rows)} ${how}`]).join(", ")
  yield* output.note(`interrupted: of ${total === 1 ? "1 row" : `${Format.count(total)} rows`}, ${told}`)
  yield* output.note(`  no row is sent twice; resume: loom batch wait ${id}`)
})

export const submit = Effect.fnUntraced(function*(asked: {
  readonly source: string
  readonly provider: string | undefined
  readonly model: string | undefined
  readonly id: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly quiet: boolean
}) {
  const output = yield* Output
  const { lineOf, rows } = yield* BatchLines.read(asked.source, { provider: asked.provider, model: asked.model })
  const batches = yield* Effect.flatMap(Loom.CurrentLoom, ({ batches }) => batches)
  const id = asked.id ?? (yield* BatchId.make)
  const snapshot = yield* batches.submit(rows, { id, tags: asked.tags }).pipe(
    Effect.flatMap(({ status }) => status),
    Effect.mapError(told(lineOf)),
    Effect.onInterrupt(() => asked.quiet ? Effect.void : Effect.ignore(tellLeft(id)))
  )
  if (output.json) return yield* output.document(BatchSheet.Document, BatchSheet.documentOf(snapshot))
  yield* output.line(snapshot.id)
  if (asked.quiet) return
  const { counts, jobs } = snapshot
  const parts = jobs.map(({ provider, rows }) => `${provider} ${Format.count(rows)}`).join(", ")
  yield* output.note(output.err.dim(
    `  ${
      counts.total === 1 ? "1 row" : `${Format.count(counts.total)} rows`
    } (${parts}) · loom batch wait ${snapshot.id}`
  ))
  for (const { problem, provider } of jobs) {
    if (problem !== undefined) yield* output.note(`note: ${provider}: ${problem}`)
  }
})

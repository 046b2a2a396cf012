/**
 * `loom batch submit`
 */
import * as Effect from "effect/Effect"
import * as Loom from "../Loom.ts"
import { told } from "./BatchFailure.ts"
import * as BatchLines from "./BatchLines.ts"
import * as BatchSheet from "./BatchSheet.ts"
import * as Format from "./Format.ts"
import { Output } from "./Output.ts"

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
  const snapshot = yield* batches.submit(rows, { id: asked.id, tags: asked.tags }).pipe(
    Effect.flatMap(({ status }) => status),
    Effect.mapError(told(lineOf)),
    Effect.onInterrupt(() =>
      asked.quiet
        ? Effect.void
        : Effect.ignore(output.note("interrupted: what was taken in is in `loom batch list`, and nothing else is sent"))
    )
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

import type { Batch, BatchJob } from "../../../internal/batchFigures.ts"
import { count } from "../format.ts"
import { lacking } from "../parts/Status.tsx"

const Track = ({ parts, whole }: {
  readonly whole: number
  readonly parts: Readonly<Record<string, number>>
}) => (
  <span class="track" aria-hidden="true">
    {Object.entries(parts).map(([name, rows]) =>
      rows > 0 ? <span key={name} class="fill" data-part={name} style={{ width: `${(rows / whole) * 100}%` }} /> : null
    )}
  </span>
)

/** How far it is: answered, without an answer, and over at its vendor though not fetched yet. */
export const Progress = ({ of }: { readonly of: Pick<Batch, "counts" | "done"> }) => {
  const { counts: { open, succeeded, total }, done } = of
  return (
    <>
      <Track whole={total} parts={{ ok: succeeded, lost: lacking(of), done: done - (total - open) }} />
      <span class="percent" data-testid="progress">{count(done)}/{count(total)}</span>
    </>
  )
}

/** The same of a job, as its vendor tells. */
export const JobProgress = ({ of: { done, failed, rows, state } }: { readonly of: BatchJob }) => (
  <p class="meter">
    <Track whole={rows} parts={{ [state === "ended" ? "ok" : "done"]: done - failed, lost: failed }} />
    {count(done)}/{count(rows)}
  </p>
)

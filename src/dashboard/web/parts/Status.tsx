import type { RequestRow } from "../../../Figures.ts"
import type { Batch } from "../../../internal/batchFigures.ts"

const shapes: Readonly<Record<RequestRow["status"], string>> = {
  ok: "●",
  retry: "↻",
  failover: "⇄",
  error: "■",
  interrupted: "◌"
}

/** A word, a shape and a colour, which never speaks alone. */
export const Status = ({ of }: { readonly of: RequestRow["status"] }) => (
  <span class="pill" data-status={of}>
    <span aria-hidden="true">{shapes[of]}</span> {of}
  </span>
)

const ofBatch = { submitting: "↑", running: "●", cancelling: "◌", ended: "✓" }

/** Rows that have ended without an answer. */
export const lacking = ({ counts: { open, succeeded, total } }: Pick<Batch, "counts">): number =>
  total - open - succeeded

/** The same of a batch. */
export const BatchStatus = ({ of }: { readonly of: Pick<Batch, "counts" | "state"> }) => {
  const isLacking = of.state === "ended" && lacking(of) > 0
  return (
    <span class="pill" data-status={isLacking ? "lacking" : of.state}>
      <span aria-hidden="true">{isLacking ? "▲" : ofBatch[of.state]}</span> {of.state}
    </span>
  )
}

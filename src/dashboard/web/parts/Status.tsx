import type { RequestRow } from "../../../Figures.ts"

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

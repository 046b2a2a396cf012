/**
 * Calls of the log, in a line each or as a document.
 */
import * as Schema from "effect/Schema"
import type * as CallLog from "../CallLog.ts"
import * as Figures from "../Figures.ts"
import { errorOf, rowOf } from "../internal/requestView.ts"
import { tame } from "./Failure.ts"
import * as Format from "./Format.ts"
import type * as Table from "./Table.ts"

/** A call as JSON. */
export const Document = Schema.Struct({
  ...Figures.RequestRow.fields,
  error: Figures.RequestDetail.fields.error
})

export const documentOf = (row: CallLog.Row): typeof Document.Type => Object.assign({ error: errorOf(row) }, rowOf(row))

export const costOf = ({ cost, costStatus }: Pick<Figures.RequestRow, "cost" | "costStatus">): string => {
  const amount = Format.usd(cost?.usd)
  return costStatus === "partial" ? `≥ ${amount}` : costStatus === "estimated" ? `≈ ${amount}` : amount
}

export const columns: ReadonlyArray<Table.Column<Figures.RequestRow>> = [
  { title: "TIME", cell: ({ endedAt }) => Format.time(endedAt) },
  { title: "STATUS", cell: ({ outcome, status }) => status === "error" ? tame(outcome) : status },
  { title: "MODEL", cell: ({ model, provider }) => tame(provider === "" ? model : `${provider}/${model}`) },
  { title: "LATENCY", align: "right", cell: ({ ms }) => Format.duration(ms) },
  { title: "IN", align: "right", cell: ({ inputTokens }) => Format.count(inputTokens) },
  { title: "OUT", align: "right", cell: ({ outputTokens }) => Format.count(outputTokens) },
  { title: "CACHE", cell: ({ cache }) => cache === "miss" ? "·" : cache },
  { title: "COST", align: "right", cell: costOf },
  { title: "ID", cell: ({ id }) => id }
]

import type { ComponentChildren } from "preact"
import type { RequestRow } from "../../../Figures.ts"
import { clock, cost, count, duration, durationOf, exactly, iso, money } from "../format.ts"
import { Status } from "../parts/Status.tsx"
import { nameOf } from "../vendors.ts"

export interface Column {
  readonly name: string
  readonly isNumber?: true
  readonly cell: (row: RequestRow) => ComponentChildren
  readonly title?: (row: RequestRow) => string | undefined
}

const status: Column = {
  name: "Status",
  cell: ({ status }) => <Status of={status} />,
  title: ({ outcome, status }) => outcome === status ? undefined : outcome
}
const provider: Column = { name: "Provider", cell: ({ provider }) => nameOf(provider) }
const model: Column = {
  name: "Model",
  cell: ({ model }) => model,
  title: ({ asked, model, provider }) => asked === `${provider}/${model}` ? model : `${model}, asked as ${asked}`
}
const latency: Column = {
  name: "Latency",
  isNumber: true,
  cell: ({ ms }) => duration(ms),
  title: ({ ms, overheadMs }) => `${ms} ms, ${duration(overheadMs)} of them Loom's own`
}
const first: Column = { name: "First token", isNumber: true, cell: ({ firstTokenMs }) => durationOf(firstTokenMs) }
const tokensIn: Column = {
  name: "In",
  isNumber: true,
  cell: ({ inputTokens }) => count(inputTokens),
  title: ({ cachedTokens, inputTokens }) => `${count(inputTokens)} tokens, ${count(cachedTokens)} from the prompt cache`
}
const tokensOut: Column = { name: "Out", isNumber: true, cell: ({ outputTokens }) => count(outputTokens) }
const attempts: Column = {
  name: "Attempts",
  isNumber: true,
  cell: ({ attempts }) => count(attempts),
  title: ({ failovers, retries }) => `Retries: ${retries}, failovers: ${failovers}`
}
const cache: Column = {
  name: "Cache",
  cell: ({ cache }) =>
    cache === "miss" ?
      <span class="muted" aria-label="not cached">·</span> :
      <span class="pill" data-status="cached">{cache === "hit" ? "cached" : "joined"}</span>,
  title: ({ cache }) => cache === "coalesced" ? "Answered by another call's request" : undefined
}
const paid: Column = {
  name: "Cost",
  isNumber: true,
  cell: cost,
  title: ({ cost, costStatus }) => cost === null ? "Not known" : `${exactly(cost)}, ${costStatus}`
}
const saved: Column = {
  name: "Saved",
  isNumber: true,
  cell: ({ saved }) => money(saved),
  title: ({ saved }) => exactly(saved)
}

export const brief: ReadonlyArray<Column> = [status, provider, model, latency, tokensIn, tokensOut, cache, paid]

export const full: ReadonlyArray<Column> = [
  status,
  provider,
  model,
  latency,
  first,
  tokensIn,
  tokensOut,
  attempts,
  cache,
  paid,
  saved
]

/** What a row is called where only one name fits. */
export const title = ({ endedAt, model, provider, status }: RequestRow, now: number): string =>
  `${clock(endedAt, now)} ${status} ${nameOf(provider)} ${model}`

export const ended = ({ endedAt }: RequestRow, now: number) => ({ text: clock(endedAt, now), exact: iso(endedAt) })

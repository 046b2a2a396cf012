/**
 * `loom logs show`
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as CallLog from "../CallLog.ts"
import * as Figures from "../Figures.ts"
import { detailOf } from "../internal/requestView.ts"
import * as CallRow from "./CallRow.ts"
import * as Failure from "./Failure.ts"
import * as Format from "./Format.ts"
import { reading } from "./LogReader.ts"
import { Output, type Style } from "./Output.ts"
import * as Table from "./Table.ts"

/** What `loom logs show --json` prints. */
export const Document = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  call: Figures.RequestDetail
})

/** The call with this id, or the only one whose id begins so. */
const find = Effect.fnUntraced(function*(id: string) {
  const { calls: [exact] } = yield* CallLog.recent({ limit: 1, filters: { id } })
  if (exact !== undefined) return exact
  const { calls } = /^[0-9a-f]{8}-/.test(id)
    ? yield* CallLog.recent({ limit: 2, filters: { text: id } })
    : { calls: [] }
  const [first, second] = calls
  if (first !== undefined && second === undefined) return first
  return yield* Failure.usage({
    what: calls.length === 0 ? `there is no call ${id}` : `several calls begin with ${id}`,
    why: calls.length === 0 ? "it was never recorded here, or forgotten since" : undefined,
    fix: "use an id of `loom logs -q`"
  }, "NotFound")
})

export const show = Effect.fnUntraced(function*(id: string) {
  const output = yield* Output
  const call = yield* reading(Effect.gen(function*() {
    const row = yield* find(id)
    return detailOf(row, yield* CallLog.attemptsOf(row.id))
  }))
  yield* output.json
    ? output.document(Document, { schemaVersion: 1, call })
    : output.line(render(call, output.out))
})

const render = (call: Figures.RequestDetail, style: Style): string =>
  [
    style.bold(call.id),
    Table.sheet(factsOf(call), style),
    ...call.error === null ? [] : [
      "",
      `${style.red(`${call.error.tag}:`)} ${Failure.tame(call.error.what)}`,
      ...call.error.why === "" ? [] : [`  ${style.dim("why:")} ${Failure.tame(call.error.why)}`],
      ...call.error.fix === null ? [] : [`  ${style.dim("fix:")} ${Failure.tame(call.error.fix)}`]
    ],
    ...call.attemptViews.length === 0 ? [] : ["", Table.render(attemptColumns, call.attemptViews, style)],
    ...linesOf(call).length === 0 ? [] : ["", Table.render(lineColumns, linesOf(call), style)],
    ...call.tried.length === 0 ? [] : ["", Table.render(triedColumns, call.tried, style)]
  ].join("\n")

const factsOf = (call: Figures.RequestDetail): ReadonlyArray<Table.Fact> => {
  const tags = Object.entries(call.tags).map(([key, value]) => `${key}:${value}`).join(" ")
  const model = `${call.provider}/${call.model}`
  const facts: ReadonlyArray<Table.Fact> = [
    ["time", `${Format.time(call.startedAt)} to ${Format.time(call.endedAt)}`],
    ["status", call.status === "error" ? call.outcome : call.status],
    ["model", call.asked === model ? model : `${model}, asked for ${call.asked}`],
    [
      "latency",
      [
        Format.duration(call.ms),
        ...call.firstTokenMs === null ? [] : [`first token after ${Format.duration(call.firstTokenMs)}`],
        `Loom's own ${Format.duration(call.overheadMs)}`
      ].join(" · ")
    ],
    [
      "tokens",
      [
        `${Format.count(call.inputTokens)} in`,
        ...call.cachedTokens === 0 ? [] : [`${Format.count(call.cachedTokens)} of them from the prompt cache`],
        `${Format.count(call.outputTokens)} out`
      ].join(" · ")
    ],
    ["cache", call.cache],
    ["cost", CallRow.costOf(call)],
    ["saved", savedOf(call)],
    ...call.finishReason === null ? [] : [["finish", call.finishReason] as const],
    ...call.requestId === null ? [] : [["request", call.requestId] as const],
    ...tags === "" ? [] : [["tags", tags] as const]
  ]
  return facts.map(([label, value]) => [label, Failure.tame(value)])
}

const savedOf = ({ saved, savedParts }: Figures.RequestDetail): string => {
  if (saved === null || savedParts === null) return Format.usd(undefined)
  const parts = Object.entries(savedParts).filter(([, { picoUsd }]) => picoUsd !== "0")
    .map(([name, { usd }]) => `${name} ${Format.usd(usd)}`)
  return [Format.usd(saved.usd), ...parts].join(" · ")
}

const attemptColumns: ReadonlyArray<Table.Column<Figures.AttemptView>> = [
  { title: "ATTEMPT", align: "right", cell: ({ n }) => String(n) },
  { title: "MODEL", cell: ({ model, provider }) => Failure.tame(`${provider}/${model}`) },
  {
    title: "OUTCOME",
    cell: ({ outcome, status }) => Failure.tame(status === null ? outcome : `${outcome} (${status})`)
  },
  { title: "WAITED", align: "right", cell: ({ waitedMs }) => waitedMs === null ? "·" : Format.duration(waitedMs) },
  { title: "TOOK", align: "right", cell: ({ ms }) => Format.duration(ms) },
  { title: "BILLED", cell: ({ billed }) => billed },
  { title: "COST", align: "right", cell: ({ cost }) => Format.usd(cost?.amount?.usd) },
  { title: "WHY", cell: ({ why }) => Failure.tame(why ?? "") }
]

interface CostLine {
  readonly n: number
  readonly line: NonNullable<Figures.AttemptView["cost"]>["lines"][number]
}

const linesOf = ({ attemptViews }: Figures.RequestDetail): ReadonlyArray<CostLine> =>
  attemptViews.flatMap(({ cost, n }) => (cost?.lines ?? []).map((line) => ({ n, line })))

const lineColumns: ReadonlyArray<Table.Column<CostLine>> = [
  { title: "ATTEMPT", align: "right", cell: ({ n }) => String(n) },
  { title: "UNIT", cell: ({ line }) => Failure.tame(line.unit) },
  { title: "QUANTITY", align: "right", cell: ({ line }) => Format.count(line.quantity) },
  { title: "PRICE/1M", align: "right", cell: ({ line }) => Format.perMillion(line.rate) },
  {
    title: "TIMES",
    cell: ({ line }) =>
      Object.entries(line.multipliers).map(([name, factor]) => `${Failure.tame(name)} ${Format.factor(factor)}`).join(
        " "
      )
  },
  { title: "COST", align: "right", cell: ({ line }) => Format.picoUsd(Number(line.amount.picoUsd)) }
]

const triedColumns: ReadonlyArray<Table.Column<Figures.RequestDetail["tried"][number]>> = [
  { title: "TRIED", cell: ({ model }) => Failure.tame(model) },
  { title: "OUTCOME", cell: ({ outcome }) => Failure.tame(outcome) },
  { title: "TOOK", align: "right", cell: ({ ms }) => Format.duration(ms) },
  { title: "COST", align: "right", cell: ({ cost }) => Format.usd(cost.usd) },
  { title: "WHY", cell: ({ why }) => Failure.tame(why ?? "") }
]

/**
 * `loom stats`
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as CallLog from "../CallLog.ts"
import * as Figures from "../Figures.ts"
import * as Stats from "../Stats.ts"
import { tame } from "./Failure.ts"
import * as Format from "./Format.ts"
import { told } from "./LogReader.ts"
import { Output } from "./Output.ts"
import type * as Selection from "./Selection.ts"
import * as Settings from "./Settings.ts"
import * as Table from "./Table.ts"

const { groups, otherGroups, range, total } = Figures.Breakdown.fields

/** What `loom stats --json` prints. */
export const Document = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  range,
  by: Figures.Breakdown.fields.by,
  /** Hits by hits and misses of cacheable calls. */
  hitRate: Schema.NullOr(Schema.Finite),
  savings: Figures.Overview.fields.workload.fields.savings,
  total,
  groups,
  otherGroups
})

interface Asked {
  readonly since: Selection.Since
  readonly by: "provider" | "model" | "tag"
  readonly filters: CallLog.Filters
  readonly quiet: boolean
}

const named: ReadonlyMap<number, Stats.RangeInput> = new Map([
  [900_000, "15m"],
  [3_600_000, "1h"],
  [86_400_000, "24h"],
  [604_800_000, "7d"],
  [2_592_000_000, "30d"]
])

const rangeOf = Effect.fnUntraced(function*(since: Selection.Since) {
  const known = "ago" in since ? named.get(since.ago) : undefined
  const { momentOf } = yield* Effect.promise(() => import("./Selection.ts"))
  return known ?? { since: yield* momentOf(since) }
})

export const show = Effect.fnUntraced(function*({ by, filters, quiet, since }: Asked) {
  const output = yield* Output
  const path = yield* Settings.callLogPath
  const range = yield* rangeOf(since)
  const [breakdown, overview] = yield* Effect.all([
    Stats.breakdown({ range, filters, by }),
    Stats.overview({ range, filters })
  ]).pipe(Effect.provide(Stats.layer({ path })), Effect.mapError(told(path)))
  const { hitRate: { value: hitRate }, saved: { savings } } = overview
  if (output.json) return yield* output.document(Document, { schemaVersion: 1, hitRate, savings, ...breakdown })
  if (quiet) {
    yield* output.line(breakdown.total.cost.usd.toFixed(12).replace(/\.?0+$/, ""))
    return
  }
  const { calls } = breakdown.total
  const rows = [...breakdown.groups, { ...all, totals: breakdown.total }]
  if (calls > 0) yield* output.line(Table.render(columnsBy[by], by === "tag" ? breakdown.groups : rows, output.out))
  yield* output.note(output.err.dim([
    `${Format.count(calls)} ${calls === 1 ? "call" : "calls"} since ${Format.time(breakdown.range.since)}`,
    ...hitRate === null ? [] : [`cache hits ${percent(hitRate)}`],
    `spent ${Format.usd(breakdown.total.cost.usd)}`,
    `saved ${Format.usd(savings.saved.usd)} of ${Format.usd(savings.baseline.usd)}`,
    ...savings.unpriced === 0 ? [] : [`+ ${savings.unpriced} unpriced`],
    ...breakdown.otherGroups === 0 ? [] : [`${breakdown.otherGroups} more`]
  ].join(" · ")))
})

type Group = Figures.Breakdown["groups"][number]

const all = { key: "all", share: null, per1k: null }

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`

const columns: ReadonlyArray<Table.Column<Group>> = [
  { title: "CALLS", align: "right", cell: ({ totals }) => Format.count(totals.calls) },
  {
    title: "ERRORS",
    align: "right",
    cell: ({ totals: { calls, errors } }) => calls === 0 ? "·" : percent(errors / calls)
  },
  { title: "P50", align: "right", cell: ({ totals }) => latency(totals.p50) },
  { title: "P95", align: "right", cell: ({ totals }) => latency(totals.p95) },
  {
    title: "IN",
    align: "right",
    cell: ({ totals: { tokens } }) => Format.count(tokens.input + tokens.cachedInput + tokens.cacheWrite)
  },
  { title: "OUT", align: "right", cell: ({ totals: { tokens } }) => Format.count(tokens.output + tokens.reasoning) },
  { title: "COST", align: "right", cell: ({ totals }) => Format.usd(totals.cost.usd) },
  { title: "$/1K CALLS", align: "right", cell: ({ per1k }) => per1k === null ? "·" : Format.usd(per1k) },
  { title: "SAVED", align: "right", cell: ({ totals }) => Format.usd(totals.saved.usd) }
]

const latency = (millis: number | null): string => millis === null ? "·" : Format.duration(millis)

const by = (title: string): ReadonlyArray<Table.Column<Group>> => [
  { title, cell: ({ key }) => tame(key) },
  ...columns
]

const columnsBy = { provider: by("PROVIDER"), model: by("MODEL"), tag: by("TAG") }

/**
 * `loom models cost`
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Cost from "../Cost.ts"
import * as Usage from "../Usage.ts"
import * as Failure from "./Failure.ts"
import * as Format from "./Format.ts"
import { Output } from "./Output.ts"
import * as Shelf from "./Shelf.ts"
import * as Table from "./Table.ts"

/** What `loom models cost --json` prints. */
export const Document = Schema.Struct({ schemaVersion: Schema.Literal(1), model: Schema.String, cost: Cost.Cost })

export const show = Effect.fnUntraced(function*(asked: {
  readonly id: string
  readonly input: number
  readonly output: number
  /** Part of the input. */
  readonly cached: number
  readonly batch: boolean
  readonly quiet: boolean
}) {
  const output = yield* Output
  const { confidence, id, model } = yield* Shelf.find(asked.id)
  if (asked.cached > asked.input) {
    return yield* Failure.usage({
      what: `${asked.cached} cached tokens are more than the ${asked.input} of the input`,
      fix: "--cached is the part of --in that comes from the cache"
    })
  }
  const usage = Usage.make({
    inputUncached: asked.input - asked.cached,
    cacheRead: asked.cached,
    outputText: asked.output
  })
  const cost = Cost.of(model, usage, { at: yield* Clock.currentTimeMillis, batch: asked.batch })
  if (output.json) return yield* output.document(Document, { schemaVersion: 1, model: id, cost })
  if (cost.usd === undefined) {
    return yield* Failure.failed("UnknownPrice", {
      what: `what ${id} would cost is not known`,
      why: `the catalog has no price for ${cost.unpriced.join(", ")}`,
      fix: "see `loom models show` for what it has"
    })
  }
  if (asked.quiet) return yield* output.line(Format.usd(cost.usd))
  yield* output.line(Table.render(columns, cost.lines, output.out))
  yield* output.line(output.out.bold(`${id}: ${Format.usd(cost.usd)}${asked.batch ? " in a batch" : ""}`))
  if (Shelf.isDoubtful(confidence)) yield* output.note(output.err.dim("these prices are not confirmed by the vendor"))
})

const labels: Readonly<Record<string, string>> = {
  inputUncached: "input",
  cacheRead: "cached input",
  outputText: "output"
}

const columns: ReadonlyArray<Table.Column<Cost.Line>> = [
  { title: "", cell: ({ unit }) => labels[unit] ?? unit },
  { title: "TOKENS", align: "right", cell: ({ quantity }) => quantity.toLocaleString("en-US") },
  { title: "PER 1M", align: "right", cell: ({ rate }) => Format.perMillion(rate) },
  {
    title: "TIMES",
    cell: ({ multipliers }) =>
      Object.entries(multipliers).map(([name, times]) => `${Format.factor(times)} ${name}`).join(" ")
  },
  { title: "COST", align: "right", cell: ({ picoUsd }) => Format.usd(picoUsd / 1e12) }
]

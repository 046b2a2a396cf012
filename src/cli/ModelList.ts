/**
 * `loom models list`
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Model from "../Model.ts"
import * as Failure from "./Failure.ts"
import * as Format from "./Format.ts"
import { Output } from "./Output.ts"
import * as Shelf from "./Shelf.ts"
import * as Table from "./Table.ts"

/** What `loom models --json` prints. */
export const Document = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  /** How many models there are, listed or not. */
  total: Schema.Natural,
  pricesAsOf: Schema.UndefinedOr(Schema.String),
  models: Schema.Array(Shelf.Document)
})

interface Asked {
  readonly provider: string | undefined
  readonly modality: Model.Modality | undefined
  readonly capabilities: ReadonlyArray<keyof Model.Capabilities>
  /** USD per million tokens. */
  readonly maxInputPrice: number | undefined
  readonly sort: "price" | "context" | "name" | undefined
  readonly quiet: boolean
}

export const show = Effect.fnUntraced(function*(asked: Asked) {
  const output = yield* Output
  const providers = yield* Shelf.providers
  if (asked.provider !== undefined && !providers.includes(asked.provider)) {
    return yield* Failure.usage({
      what: `${asked.provider} is not a provider in the catalog`,
      fix: `choose one of ${providers.join(", ")}`
    })
  }
  const all = yield* Shelf.all
  const chosen = all.filter(fits(asked))
  if (asked.sort !== undefined) chosen.sort(orders[asked.sort])
  const pricesAsOf = chosen.map(({ checked }) => checked).filter((day) => day !== undefined).sort()[0]

  if (output.json) {
    return yield* output.document(Document, {
      schemaVersion: 1,
      total: all.length,
      pricesAsOf,
      models: chosen.map(Shelf.documentOf)
    })
  }
  if (asked.quiet) {
    if (chosen.length > 0) yield* output.line(chosen.map(({ id }) => id).join("\n"))
    return
  }
  if (chosen.length > 0) yield* output.line(Table.render(columns, chosen, output.out))
  yield* output.note(output.err.dim([
    `${chosen.length} of ${all.length} models`,
    ...(pricesAsOf === undefined ? [] : [`prices as of ${pricesAsOf}`]),
    ...(chosen.some(({ confidence }) => Shelf.isDoubtful(confidence)) ? ["~ not confirmed by the vendor"] : [])
  ].join(" · ")))
})

const columns: ReadonlyArray<Table.Column<Shelf.Listed>> = [
  { title: "MODEL", cell: ({ id, status }) => status === "active" ? id : `${id} (${status})` },
  {
    title: "INPUT/1M",
    align: "right",
    cell: ({ confidence, price }) => Shelf.rateCell(Shelf.ratesOf(price).input, confidence)
  },
  {
    title: "CACHED/1M",
    align: "right",
    cell: ({ confidence, price }) => Shelf.rateCell(Shelf.ratesOf(price).cachedRead, confidence)
  },
  {
    title: "OUTPUT/1M",
    align: "right",
    cell: ({ confidence, price }) => Shelf.rateCell(Shelf.ratesOf(price).output, confidence)
  },
  { title: "CONTEXT", align: "right", cell: ({ model }) => Format.size(model.context) },
  { title: "MODES", cell: ({ model }) => Shelf.modesOf(model) }
]

const fits = ({ capabilities, maxInputPrice, modality, provider }: Asked) => ({ model, price }: Shelf.Listed) => {
  const input = Shelf.ratesOf(price).input
  return (provider === undefined || model.provider === provider) &&
    (modality === undefined || model.modality === modality) &&
    capabilities.every((capability) => model.capabilities[capability] === true) &&
    (maxInputPrice === undefined || (input !== undefined && input <= maxInputPrice * 1e6))
}

type Order = (a: Shelf.Listed, b: Shelf.Listed) => number

/** What isn't known comes last. */
const by = (rank: (listed: Shelf.Listed) => number | undefined): Order => (a, b) => {
  const [first = Infinity, second = Infinity] = [rank(a), rank(b)]
  return first === second ? 0 : first - second
}

const byName: Order = (a, b) => a.id < b.id ? -1 : a.id > b.id ? 1 : 0

const orders: Readonly<Record<"price" | "context" | "name", Order>> = {
  price: (a, b) =>
    by(({ price }) => Shelf.ratesOf(price).input)(a, b) ||
    by(({ price }) => Shelf.ratesOf(price).output)(a, b) ||
    byName(a, b),
  context: (a, b) => by(({ model }) => model.context === undefined ? undefined : -model.context)(a, b) || byName(a, b),
  name: byName
}

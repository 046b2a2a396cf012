/**
 * `loom models compare`
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Format from "./Format.ts"
import { Output } from "./Output.ts"
import * as Shelf from "./Shelf.ts"
import * as Table from "./Table.ts"

/** What `loom models compare --json` prints. */
export const Document = Schema.Struct({ schemaVersion: Schema.Literal(1), models: Schema.Array(Shelf.Document) })

export const show = Effect.fnUntraced(function*(ids: ReadonlyArray<string>) {
  const output = yield* Output
  const models = yield* Effect.forEach(ids, Shelf.find)
  if (output.json) {
    return yield* output.document(Document, { schemaVersion: 1, models: models.map(Shelf.documentOf) })
  }
  const columns = [
    { title: "", cell: ({ label }: Row) => label },
    ...models.map((listed) => ({ title: listed.id, align: "right" as const, cell: ({ cell }: Row) => cell(listed) }))
  ]
  const abilities = [...new Set(models.flatMap(({ model }) => Shelf.capabilitiesOf(model).map(([name]) => name)))]
  yield* output.line(Table.render(columns, [...rows, ...abilities.map(abilityRow)], output.out))
  if (models.some(({ confidence }) => Shelf.isDoubtful(confidence))) {
    yield* output.note(output.err.dim("~ not confirmed by the vendor"))
  }
})

interface Row {
  readonly label: string
  readonly cell: (listed: Shelf.Listed) => string
}

const rate = (label: string, of: (listed: Shelf.Listed) => number | undefined): Row => ({
  label,
  cell: (listed) => Shelf.rateCell(of(listed), listed.confidence)
})

const rows: ReadonlyArray<Row> = [
  rate("input/1M", ({ price }) => Shelf.ratesOf(price).input),
  rate("cached/1M", ({ price }) => Shelf.ratesOf(price).cachedRead),
  rate("output/1M", ({ price }) => Shelf.ratesOf(price).output),
  rate("batch input/1M", (listed) => Shelf.batchRatesOf(listed).input),
  rate("batch output/1M", (listed) => Shelf.batchRatesOf(listed).output),
  { label: "context", cell: ({ model }) => Format.size(model.context) },
  { label: "max output", cell: ({ model }) => Format.size(model.maxOutput) },
  { label: "makes", cell: ({ model }) => model.modality },
  { label: "status", cell: ({ status }) => status },
  { label: "released", cell: ({ model }) => model.released ?? "—" }
]

const abilityRow = (name: string): Row => ({
  label: name,
  cell: ({ model }) => {
    const found = Shelf.capabilitiesOf(model).find(([known]) => known === name)
    return found === undefined ? "—" : found[1] ? "yes" : "no"
  }
})

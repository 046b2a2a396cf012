/**
 * `loom models show`
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Catalog from "../Catalog.ts"
import type * as Price from "../Price.ts"
import * as Format from "./Format.ts"
import { Output, type Style } from "./Output.ts"
import * as Shelf from "./Shelf.ts"
import * as Table from "./Table.ts"

/** What `loom models show --json` prints. */
export const Document = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  model: Shelf.Document,
  /** In the order in which failover asks them. */
  equivalents: Schema.Array(Schema.Struct({
    id: Schema.String,
    kind: Schema.Literals(["same-model", "equivalent"]),
    params: Schema.Record(Schema.String, Schema.Json)
  }))
})

export const show = Effect.fnUntraced(function*(id: string) {
  const output = yield* Output
  const listed = yield* Shelf.find(id)
  const equivalents = yield* Shelf.equivalents(listed)
  yield* output.json
    ? output.document(Document, {
      schemaVersion: 1,
      model: Shelf.documentOf(listed),
      equivalents: equivalents.map(({ kind, model, params }) => ({ id: `${model.provider}/${model.id}`, kind, params }))
    })
    : output.line(sheet(listed, equivalents, output.out))
})

const sheet = (listed: Shelf.Listed, equivalents: ReadonlyArray<Catalog.Equivalent>, style: Style): string => {
  const { id, model } = listed
  const rows = [...facts(listed), ...prices(listed), ...failover(equivalents), ...provenance(listed)]
  const title = model.label === model.id ? style.bold(id) : `${style.bold(id)}  ${model.label}`
  return `${title}\n${Table.sheet(rows, style)}`
}

const facts = ({ model, status }: Shelf.Listed): ReadonlyArray<Table.Fact> => {
  const known = Shelf.capabilitiesOf(model)
  const names = (able: boolean) => known.filter(([, is]) => is === able).map(([name]) => name).join(", ")
  const tokens = (label: string, n: number | undefined) =>
    n === undefined ? [] : [`${label}${n.toLocaleString("en-US")}`]
  const dated = (label: string, day: string | undefined) => day === undefined ? [] : [`${label} ${day}`]
  const limits = [
    ...tokens("", model.context),
    ...tokens("input ", model.maxInput),
    ...tokens("output ", model.maxOutput)
  ]
  return [
    [
      "status",
      [
        status,
        ...dated("released", model.released),
        ...dated("retires", model.retires),
        ...dated("retires not before", model.retiresNotBefore),
        ...(model.replacement === undefined ? [] : [`replaced by ${model.provider}/${model.replacement}`])
      ].join(" · ")
    ],
    ["makes", model.dimensions === undefined ? model.modality : `${model.modality} of ${model.dimensions} dimensions`],
    ["can", names(true) === "" ? "not known" : names(true)],
    ...(names(false) === "" ? [] : [["can't", names(false)] as const]),
    ["tokens", limits.length === 0 ? "limits not known" : limits.join(" · ")],
    ...(model.upstream === model.id ? [] : [["sent as", model.upstream] as const])
  ]
}

const prices = (listed: Shelf.Listed): ReadonlyArray<Table.Fact> => {
  const { price } = listed
  if (price === undefined) return [["price", "not known: the cost of its calls is unknown, never zero"]]
  if (price.free) return [["price", "free"]]
  const isDoubtful = Shelf.isDoubtful(listed.confidence)
  const doubt = (field: string) =>
    isDoubtful || price.unverified.some((path) => path === field || path.startsWith(`${field}.`))
      ? "  (unverified)"
      : ""
  const batch = Shelf.batchRatesOf(listed)
  return [
    ["per 1M tokens", price.from === undefined ? "" : `since ${price.from}`],
    ...rateRows(price.rates).map(([field, label, rate]) =>
      [`  ${label}`, `${Format.perMillion(rate)}${doubt(field)}`] as const
    ),
    ...(batch.input === undefined && batch.output === undefined ? [] : [
      [
        "  batch",
        `${Format.perMillion(batch.input)} in · ${Format.perMillion(batch.output)} out${doubt("batch")}`
      ] as const
    ]),
    ...price.tiers.map((tier) =>
      [
        `  ${tier.boundary === "exclusive" ? "above" : "from"} ${Format.size(tier.above)} in`,
        `${rateRows(tier.rates).map(([, label, rate]) => `${label} ${Format.perMillion(rate)}`).join(" · ")}${
          doubt("tiers")
        }`
      ] as const
    ),
    ...factors("tiers", Object.entries(price.serviceTiers).map(([name, dated]) => [name, dated.at(-1)?.multiplier])),
    ...factors("regions", Object.entries(price.regions)),
    ...price.perImage.map((row) =>
      [
        "  per image",
        `${Format.picoUsd(row.rate)}${
          [row.mode, row.quality, row.width === undefined ? undefined : `${row.width}x${row.height}`]
            .filter((part) => part !== undefined).map((part) => ` ${part}`).join("")
        }`
      ] as const
    ),
    ...(price.perMegapixel === undefined ? [] : [
      [
        "  per megapixel",
        `${Format.picoUsd(price.perMegapixel.first)}, then ${Format.picoUsd(price.perMegapixel.further)}`
      ] as const
    ]),
    ...Object.entries(price.perRequest).map(([kind, fee]) => [`  per ${kind}`, Format.picoUsd(fee)] as const)
  ]
}

const factors = (
  label: string,
  entries: ReadonlyArray<readonly [string, number | undefined]>
): ReadonlyArray<Table.Fact> =>
  entries.length === 0
    ? []
    : [[
      `  ${label}`,
      entries.map(([name, times]) => `${name} ${times === undefined ? "not known" : Format.factor(times)}`).join(" · ")
    ]]

const rateRows = (rates: Price.Rates): ReadonlyArray<readonly [field: string, label: string, rate: number]> => {
  const { cacheWrite } = rates
  const rows: ReadonlyArray<readonly [string, string, number | undefined]> = [
    ["input", "input", rates.input],
    ["cached_read", "cached input", rates.cachedRead],
    ...(cacheWrite === undefined
      ? []
      : cacheWrite === "input"
      ? [["cache_write", "cache write", rates.input] as const]
      : Object.entries(cacheWrite).map(([ttl, rate]) => [`cache_write.${ttl}`, `cache write ${ttl}`, rate] as const)),
    ["output", "output", rates.output],
    ["reasoning_output", "reasoning", rates.reasoningOutput],
    ["audio_input", "audio input", rates.audioInput],
    ["audio_output", "audio output", rates.audioOutput],
    ["image_input", "image input", rates.imageInput],
    ["image_cached_read", "cached image input", rates.imageCachedRead],
    ["image_output", "image output", rates.imageOutput]
  ]
  return rows.flatMap(([field, label, rate]) => rate === undefined ? [] : [[field, label, rate] as const])
}

const failover = (equivalents: ReadonlyArray<Catalog.Equivalent>): ReadonlyArray<Table.Fact> =>
  equivalents.length === 0 ? [["failover", "no equivalent known"]] : equivalents.map(({ kind, model, params }, i) => [
    i === 0 ? "failover" : "",
    [
      `${model.provider}/${model.id}`,
      ...Object.entries(params).map(([name, value]) =>
        `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`
      ),
      ...(kind === "same-model" ? ["(same model)"] : [])
    ].join(" ")
  ])

const provenance = ({ checked, confidence, model, price }: Shelf.Listed): ReadonlyArray<Table.Fact> => [
  [
    "source",
    [
      ...(confidence === undefined
        ? []
        : [Shelf.isDoubtful(confidence) ? `${confidence} (not confirmed by the vendor)` : confidence]),
      ...(checked === undefined ? [] : [`checked ${checked}`]),
      ...(price?.source ?? model.source)
    ].join(" · ")
  ],
  ...[price?.note, model.note].filter((note) => note !== undefined).map((note) => ["note", note] as const)
]

/**
 * The catalog as `loom models` shows it: models by name, with the prices that hold now.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Catalog from "../Catalog.ts"
import * as Model from "../Model.ts"
import * as Price from "../Price.ts"
import * as Failure from "./Failure.ts"
import * as Format from "./Format.ts"
import * as Settings from "./Settings.ts"

/** A model and what holds for it now. */
export interface Listed {
  readonly id: string
  readonly model: Model.Model
  readonly status: Model.Status
  readonly price: Price.Price | undefined
  /** Of the price row, else of the model. */
  readonly confidence: Price.Confidence | undefined
  /** ISO day of the last look at the vendor's prices. */
  readonly checked: string | undefined
}

const listedAt = (catalog: Catalog.Catalog, now: number) => (model: Model.Model): Listed => {
  const price = Price.at(model.prices, now)
  return {
    id: `${model.provider}/${model.id}`,
    model,
    status: Model.statusAt(model, now),
    price,
    confidence: price?.confidence ?? model.confidence,
    checked: Catalog.provider(catalog, model.provider)?.checked
  }
}

/** Those that failover would ask instead, the first first. */
export const equivalents = Effect.fnUntraced(function*({ model }: Listed) {
  const catalog = yield* Settings.catalog
  return Catalog.equivalents(catalog, model, { at: yield* Clock.currentTimeMillis })
})

/** Every model that still answers. */
export const all = Effect.gen(function*() {
  const catalog = yield* Settings.catalog
  const now = yield* Clock.currentTimeMillis
  return Catalog.models(catalog).map(listedAt(catalog, now)).filter(({ status }) => status !== "retired")
})

/** The model of a name. Fails with the ids nearest to it. */
export const find = Effect.fnUntraced(function*(id: string) {
  const catalog = yield* Settings.catalog
  const found = Catalog.resolve(catalog, { model: id })
  if (Result.isSuccess(found)) return listedAt(catalog, yield* Clock.currentTimeMillis)(found.success)
  const { nearest } = found.failure
  return yield* Failure.usage({
    what: `${id} is not in the catalog`,
    why: nearest.length === 0 ? "nothing in it is similar" : `did you mean ${nearest.join(", ")}?`,
    fix: Failure.listed
  }, "UnknownModel")
})

export const providers = Effect.map(Settings.catalog, (catalog) => Catalog.providers(catalog).map(({ key }) => key))

/** Prices that only stand on one leg. */
export const isDoubtful = (confidence: Price.Confidence | undefined): boolean =>
  confidence === "unverified" || confidence === "disputed" || confidence === "reseller"

/** Rates of a row, those of a free one being zero. */
export const ratesOf = (price: Price.Price | undefined): Partial<Price.Rates> =>
  price === undefined ? {} : price.free ? { input: 0, output: 0, cachedRead: 0 } : price.rates

/** The rates of a batch; empty where there is none. */
export const batchRatesOf = ({ model, price }: Listed): { readonly input?: number; readonly output?: number } => {
  const batch = price?.batch
  if (price === undefined || batch === undefined || model.capabilities.batch === false) return {}
  const rate = (own: number | undefined, list: number | undefined) =>
    own ?? (list === undefined ? undefined : list * (batch.multiplier ?? Price.unit) / Price.unit)
  const input = rate(batch.rates.input, price.rates.input)
  const output = rate(batch.rates.output, price.rates.output)
  return { ...(input === undefined ? undefined : { input }), ...(output === undefined ? undefined : { output }) }
}

const Usd = Schema.UndefinedOr(Schema.Finite)

/** A model in JSON. Rates are dollars per million tokens; what isn't known is null. */
export const Document = Schema.Struct({
  id: Schema.String,
  provider: Schema.String,
  label: Schema.String,
  modality: Schema.Literals(["text", "image", "embedding"]),
  status: Schema.String,
  context: Schema.UndefinedOr(Schema.Natural),
  maxInput: Schema.UndefinedOr(Schema.Natural),
  maxOutput: Schema.UndefinedOr(Schema.Natural),
  capabilities: Schema.Record(Schema.String, Schema.Boolean),
  usdPerMillion: Schema.Struct({ input: Usd, cachedInput: Usd, output: Usd, batchInput: Usd, batchOutput: Usd }),
  released: Schema.UndefinedOr(Schema.String),
  retires: Schema.UndefinedOr(Schema.String),
  replacement: Schema.UndefinedOr(Schema.String),
  confidence: Schema.UndefinedOr(Schema.String),
  checked: Schema.UndefinedOr(Schema.String),
  source: Schema.Array(Schema.String)
})

export const documentOf = (listed: Listed): typeof Document.Type => {
  const { checked, confidence, id, model, price, status } = listed
  const rates = ratesOf(price)
  const batch = batchRatesOf(listed)
  const perMillion = (picoUsd: number | undefined) => picoUsd === undefined ? undefined : picoUsd / 1e6
  return {
    id,
    provider: model.provider,
    label: model.label,
    modality: model.modality,
    status,
    context: model.context,
    maxInput: model.maxInput,
    maxOutput: model.maxOutput,
    capabilities: Object.fromEntries(capabilitiesOf(model)),
    usdPerMillion: {
      input: perMillion(rates.input),
      cachedInput: perMillion(rates.cachedRead),
      output: perMillion(rates.output),
      batchInput: perMillion(batch.input),
      batchOutput: perMillion(batch.output)
    },
    released: model.released,
    retires: model.retires,
    replacement: model.replacement,
    confidence,
    checked,
    source: price?.source ?? model.source
  }
}

/** Those that are known, either way. */
export const capabilitiesOf = ({ capabilities }: Model.Model): ReadonlyArray<readonly [string, boolean]> =>
  Object.entries(capabilities).filter((entry): entry is [string, boolean] => typeof entry[1] === "boolean")

/** What a model takes besides text, and what it makes: `text vision pdf` · `image` */
export const modesOf = ({ capabilities, modality }: Model.Model): string =>
  [modality, ...capabilities.vision === true ? ["vision"] : [], ...capabilities.pdf === true ? ["pdf"] : []].join(" ")

/** A rate for people, marked where it is doubtful. */
export const rateCell = (picoUsd: number | undefined, confidence: Price.Confidence | undefined): string =>
  `${picoUsd !== undefined && isDoubtful(confidence) ? "~" : ""}${Format.perMillion(picoUsd)}`

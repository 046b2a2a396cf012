/**
 * The format of `catalog/*.yaml`, and what is checked in it beyond its shape.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Model from "../Model.ts"
import * as Price from "../Price.ts"
import * as YamlFile from "./yamlFile.ts"
import { Day, expecting, Name, type Problem, Source, sourceProblems, Sources } from "./yamlFile.ts"

/** One provider and its models, with integer rates. */
export interface CatalogFile {
  readonly provider: Partial<Model.Provider> & { readonly key: string }
  readonly models: ReadonlyArray<Model.Entry>
}

/** Reads a file; `path` names it in the problems. */
export const read = (text: string, path: string): Result.Result<CatalogFile, ReadonlyArray<Problem>> =>
  Result.map(YamlFile.read(text, path, decode, check), convert)

/** Reads a file of one provider, or of a list of them. */
export const readAll = (
  text: string,
  path: string
): Result.Result<ReadonlyArray<CatalogFile>, ReadonlyArray<Problem>> =>
  Result.map(YamlFile.read(text, path, decodeAll, checkAll), (files) => files.map(convert))

const money = (digits: number, per: string) =>
  Schema.Finite.check(
    Schema.makeFilter(
      (usd: number) => usd !== 0 || "a price of 0 is written `free: true`; an unknown one is left out"
    ),
    Schema.makeFilter(
      (usd: number) => Price.whole(usd, digits) !== undefined,
      expecting(`USD ${per}: more than 0, with at most ${digits} decimals`)
    )
  ).annotate({ description: `USD ${per}` })

const PerMillion = money(6, "per million tokens")
const PerThousand = money(9, "per thousand requests")
const PerImage = money(12, "per image")

const Multiplier = Schema.Finite.check(
  Schema.makeFilter(
    (factor: number) => factor > 0 && Price.whole(factor, 4) !== undefined,
    expecting("a factor above 0 with at most 4 decimals")
  )
)

const Tokens = Schema.Int.check(Schema.isGreaterThan(0))

const rateFields = {
  input: Schema.optionalKey(PerMillion),
  output: Schema.optionalKey(PerMillion),
  cached_read: Schema.optionalKey(PerMillion),
  cache_write: Schema.optionalKey(
    Schema.Union([Schema.Literal("input"), Schema.Record(Schema.String, PerMillion)]).annotate({
      description:
        "By time to live as the vendor names it; `input` where a written token costs what an input token costs"
    })
  ),
  reasoning_output: Schema.optionalKey(PerMillion.annotate({ description: "Where it differs from `output`" })),
  audio_input: Schema.optionalKey(PerMillion),
  audio_output: Schema.optionalKey(PerMillion),
  image_input: Schema.optionalKey(PerMillion),
  image_cached_read: Schema.optionalKey(PerMillion),
  image_output: Schema.optionalKey(PerMillion)
}

const Rates = Schema.Struct(rateFields)

const ServiceTiers = Schema.Record(
  Schema.String,
  Schema.Union([
    Multiplier,
    Schema.Array(Schema.Struct({ from: Schema.optionalKey(Day), multiplier: Multiplier }))
  ])
).annotate({ description: "Factor by the name in the vendor's answer, or dated factors" })

const Regions = Schema.Record(Schema.String, Multiplier)

const PerRequest = Schema.Record(Schema.String, PerThousand)

const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const

const clock = /^([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/

const Window = Schema.Struct({
  days: Schema.optionalKey(Schema.Array(Schema.Literals(weekdays))),
  utc: Schema.Array(Schema.String.check(Schema.isPattern(clock, expecting("hours such as 06:00-10:00")))),
  multiplier: Multiplier,
  except: Schema.optionalKey(Schema.Array(Day))
}).annotate({ description: "Hours of another price; a range that ends before it starts runs past midnight" })

const sized = /^([1-9]\d*)x([1-9]\d*)$/

const ImageRow = Schema.Struct({
  usd: PerImage,
  quality: Schema.optionalKey(Schema.String),
  size: Schema.optionalKey(Schema.String.check(Schema.isPattern(sized, expecting("a size such as 1024x1536")))),
  max_pixels: Schema.optionalKey(Tokens),
  mode: Schema.optionalKey(Schema.String)
})

const Row = Schema.Struct({
  from: Schema.optionalKey(Day.annotate({ description: "First day of this price, 00:00 UTC; since ever without" })),
  free: Schema.optionalKey(Schema.Literal(true)),
  ...rateFields,
  tiers: Schema.optionalKey(
    Schema.Array(Schema.Struct({
      above: Tokens,
      boundary: Schema.optionalKey(Schema.Literals(["exclusive", "inclusive"])),
      ...rateFields
    })).annotate({
      description: "Rates of a whole request by its input tokens; what a tier leaves out is unknown there"
    })
  ),
  per_1k: Schema.optionalKey(PerRequest),
  per_image: Schema.optionalKey(Schema.Array(ImageRow)),
  per_megapixel: Schema.optionalKey(Schema.Struct({ first: PerImage, further: PerImage })),
  per_input_image: Schema.optionalKey(PerImage),
  storage_per_1m_token_hours: Schema.optionalKey(PerMillion),
  batch: Schema.optionalKey(
    Schema.Union([
      Schema.Literal(false),
      Schema.Struct({ multiplier: Schema.optionalKey(Multiplier), ...rateFields })
    ])
  ),
  service_tiers: Schema.optionalKey(ServiceTiers),
  regions: Schema.optionalKey(Regions),
  windows: Schema.optionalKey(Schema.Array(Window)),
  unverified: Schema.optionalKey(
    Schema.Array(Schema.String).annotate({ description: "Fields of this row that are a rule of thumb or a guess" })
  ),
  confidence: Schema.optionalKey(Schema.Literals(Price.confidences)),
  source: Schema.optionalKey(Source),
  note: Schema.optionalKey(Schema.String)
})

const capabilityNames = {
  tools: "tools",
  vision: "vision",
  pdf: "pdf",
  reasoning: "reasoning",
  structured_output: "structuredOutput",
  prompt_caching: "promptCaching",
  batch: "batch",
  web_search: "webSearch",
  edit: "edit"
} as const

const Capabilities = Schema.Array(Schema.Literals([
  "tools",
  "vision",
  "pdf",
  "reasoning",
  "structured_output",
  "prompt_caching",
  "batch",
  "web_search",
  "edit"
]))

const Modality = Schema.Literals(["text", "image", "embedding"])

const Listed = Schema.Struct({
  id: Name,
  label: Schema.optionalKey(Schema.String),
  upstream: Schema.optionalKey(Name.annotate({ description: "The name sent to the vendor; `id` without" })),
  aliases: Schema.optionalKey(Schema.Array(Name)),
  snapshots: Schema.optionalKey(Schema.Array(Name)),
  pattern: Schema.optionalKey(Schema.String.annotate({ description: "Regular expression of further snapshots, ^…$" })),
  modality: Schema.optionalKey(Modality),
  status: Schema.optionalKey(Schema.Literals(["active", "preview", "legacy", "deprecated", "retired"])),
  released: Schema.optionalKey(Day),
  retires: Schema.optionalKey(Day),
  retires_not_before: Schema.optionalKey(Day),
  replacement: Schema.optionalKey(Name),
  context: Schema.optionalKey(Tokens),
  max_input: Schema.optionalKey(Tokens),
  max_output: Schema.optionalKey(Tokens),
  dimensions: Schema.optionalKey(Tokens),
  capabilities: Schema.optionalKey(Capabilities),
  without: Schema.optionalKey(Capabilities.annotate({ description: "What it is known not to do" })),
  defaults: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown)),
  prices: Schema.optionalKey(Schema.Array(Row)),
  confidence: Schema.optionalKey(Schema.Literals(Price.confidences)),
  source: Schema.optionalKey(Source),
  note: Schema.optionalKey(Schema.String)
})

/** The format of a catalog file. */
export const CatalogYaml = Schema.Struct({
  provider: Name.check(Schema.makeFilter((key: string) => !key.includes("/"), expecting("a key without a slash"))),
  label: Schema.optionalKey(Schema.String),
  kind: Schema.optionalKey(
    Schema.String.annotate({ description: "The module that speaks the protocol and normalises usage" })
  ),
  base_url: Schema.optionalKey(
    Schema.String.check(Schema.makeFilter((url: string) => URL.canParse(url), expecting("a URL")))
  ),
  api_key_env: Schema.optionalKey(Schema.String),
  currency: Schema.optionalKey(Schema.Literal("USD")),
  checked: Schema.optionalKey(Day),
  sources: Schema.optionalKey(Sources),
  batch: Schema.optionalKey(Schema.Struct({ multiplier: Multiplier })),
  service_tiers: Schema.optionalKey(ServiceTiers),
  regions: Schema.optionalKey(Regions),
  per_1k: Schema.optionalKey(PerRequest),
  models: Schema.optionalKey(Schema.Array(Listed)),
  retired: Schema.optionalKey(Schema.Array(Schema.Struct({
    id: Name,
    on: Schema.optionalKey(Day),
    modality: Schema.optionalKey(Modality),
    replacement: Schema.optionalKey(Name)
  })))
})

type CatalogYaml = typeof CatalogYaml.Type

const decode = Schema.decodeUnknownResult(CatalogYaml, { errors: "all", onExcessProperty: "error" })

const decodeEach = Schema.decodeUnknownResult(Schema.Array(CatalogYaml), { errors: "all", onExcessProperty: "error" })

const decodeAll = (value: unknown): Result.Result<ReadonlyArray<CatalogYaml>, Schema.SchemaError> =>
  Array.isArray(value) ? decodeEach(value) : Result.map(decode(value), (file) => [file])

const checkAll = (files: ReadonlyArray<CatalogYaml>): ReadonlyArray<Problem> => [
  ...files.flatMap(check),
  ...files.flatMap(({ provider }, i) =>
    files.findIndex((other) => other.provider === provider) < i
      ? [{ path: `[${i}].provider`, problem: `${provider} is already in this file` }]
      : []
  )
]

const check = (file: CatalogYaml): ReadonlyArray<Problem> => {
  const problems: Array<Problem> = []
  const names = new Map<string, string>()
  const claim = (name: string, id: string, path: string) => {
    const owner = names.get(name)
    if (owner === undefined) names.set(name, id)
    else problems.push({ path, problem: `${name} already names ${owner}` })
  }
  for (const model of file.models ?? []) claim(model.id, model.id, `${model.id}.id`)
  for (const model of file.retired ?? []) claim(model.id, model.id, `${model.id}.id`)
  for (const model of file.models ?? []) {
    const at = (field: string, problem: string) => problems.push({ path: `${model.id}.${field}`, problem })
    model.aliases?.forEach((name, i) => claim(name, model.id, `${model.id}.aliases[${i}]`))
    model.snapshots?.forEach((name, i) => claim(name, model.id, `${model.id}.snapshots[${i}]`))
    if (model.pattern !== undefined && !isWholePattern(model.pattern)) {
      at("pattern", "expected a regular expression of the whole name, ^…$")
    }
    for (const name of model.without ?? []) {
      if (model.capabilities?.includes(name)) at("without", `${name} is also among the capabilities`)
    }
    if (model.context !== undefined && (model.max_output ?? 0) > model.context) {
      at("max_output", `more than the context of ${model.context}`)
    }
    for (const source of [model.source, ...(model.prices ?? []).map((row) => row.source)]) {
      problems.push(...sourceProblems(`${model.id}.source`, file.sources, source))
    }
    model.prices?.forEach((row, i) => {
      checkRow(row, (field, problem) => at(`prices[${i}]${field}`, problem))
      const before = model.prices?.[i - 1]
      if (before !== undefined && (row.from ?? "") <= (before.from ?? "")) {
        at(`prices[${i}].from`, "rows are written oldest first, each from its own day")
      }
    })
  }
  return problems
}

const checkRow = (row: typeof Row.Type, at: (field: string, problem: string) => void): void => {
  const priced = hasRates(row) || row.per_image !== undefined || row.per_megapixel !== undefined ||
    row.per_1k !== undefined
  if (row.free === true && priced) at(".free", "a free row has no prices")
  if (row.free !== true && !priced) at("", "a row without a price; one that costs nothing says `free: true`")
  row.tiers?.forEach((tier, i) => {
    const before = row.tiers?.[i - 1]
    if (before !== undefined && tier.above <= before.above) {
      at(`.tiers[${i}].above`, "tiers are written in ascending order")
    }
  })
  if (row.tiers !== undefined && row.batch !== undefined && row.batch !== false && hasRates(row.batch)) {
    at(".batch", "a row with tiers takes a multiplier only")
  }
  row.per_image?.forEach((image, i) => {
    if (image.size !== undefined && image.max_pixels !== undefined) {
      at(`.per_image[${i}]`, "either size or max_pixels")
    }
  })
}

const hasRates = (row: typeof Rates.Type): boolean => Object.keys(rateFields).some((field) => Object.hasOwn(row, field))

const isWholePattern = (pattern: string): boolean =>
  pattern.startsWith("^") && pattern.endsWith("$") && Result.isSuccess(Result.try(() => new RegExp(pattern)))

const convert = (file: CatalogYaml): CatalogFile => ({
  provider: {
    key: file.provider,
    ...(file.label !== undefined && { label: file.label }),
    ...(file.kind !== undefined && { kind: file.kind }),
    ...(file.base_url !== undefined && { baseUrl: file.base_url }),
    ...(file.api_key_env !== undefined && { apiKeyEnv: file.api_key_env }),
    ...(file.checked !== undefined && { checked: file.checked }),
    ...(file.batch !== undefined && { batch: { multiplier: tenThousandths(file.batch.multiplier) } }),
    ...(file.service_tiers !== undefined && { serviceTiers: serviceTiersOf(file.service_tiers) }),
    ...(file.regions !== undefined && { regions: mapValues(file.regions, tenThousandths) }),
    ...(file.per_1k !== undefined && { perRequest: mapValues(file.per_1k, units(9)) })
  },
  models: [
    ...(file.models ?? []).map(entryOf),
    ...(file.retired ?? []).map((gone): Model.Entry => ({
      id: gone.id,
      modality: gone.modality,
      status: "retired" as const,
      retires: gone.on,
      replacement: gone.replacement
    }))
  ]
})

const entryOf = (row: typeof Listed.Type): Model.Entry => ({
  id: row.id,
  label: row.label,
  upstream: row.upstream,
  aliases: row.aliases,
  snapshots: row.snapshots,
  pattern: row.pattern,
  modality: row.modality,
  status: row.status,
  released: row.released,
  retires: row.retires,
  retiresNotBefore: row.retires_not_before,
  replacement: row.replacement,
  context: row.context,
  maxInput: row.max_input,
  maxOutput: row.max_output,
  dimensions: row.dimensions,
  capabilities: (row.capabilities || row.without) && capabilitiesOf(row.capabilities ?? [], row.without ?? []),
  defaults: row.defaults,
  prices: row.prices?.map(priceOf),
  confidence: row.confidence,
  source: row.source,
  note: row.note
})

const capabilitiesOf = (
  can: typeof Capabilities.Type,
  cannot: typeof Capabilities.Type
): Model.Capabilities =>
  Object.fromEntries([
    ...can.map((name) => [capabilityNames[name], true] as const),
    ...cannot.map((name) => [capabilityNames[name], false] as const)
  ])

const priceOf = (row: typeof Row.Type): Model.EntryPrice => ({
  from: row.from,
  free: row.free,
  rates: hasRates(row) ? ratesOf(row) : undefined,
  tiers: row.tiers?.map((tier) => ({ above: tier.above, boundary: tier.boundary, rates: ratesOf(tier) })),
  perRequest: row.per_1k && mapValues(row.per_1k, units(9)),
  perImage: row.per_image?.map(({ max_pixels, mode, quality, size, usd }) => {
    const [, width, height] = sized.exec(size ?? "") ?? []
    return {
      rate: units(12)(usd),
      quality,
      mode,
      width: width === undefined ? undefined : Number(width),
      height: height === undefined ? undefined : Number(height),
      maxPixels: max_pixels
    }
  }),
  perMegapixel: row.per_megapixel &&
    { first: units(12)(row.per_megapixel.first), further: units(12)(row.per_megapixel.further) },
  perInputImage: row.per_input_image === undefined ? undefined : units(12)(row.per_input_image),
  storage: row.storage_per_1m_token_hours === undefined ? undefined : units(6)(row.storage_per_1m_token_hours),
  batch: row.batch === undefined || row.batch === false ? row.batch : {
    multiplier: row.batch.multiplier === undefined ? undefined : tenThousandths(row.batch.multiplier),
    rates: hasRates(row.batch) ? ratesOf(row.batch) : undefined
  },
  serviceTiers: row.service_tiers && serviceTiersOf(row.service_tiers),
  regions: row.regions && mapValues(row.regions, tenThousandths),
  windows: row.windows?.map((window) => ({
    days: (window.days ?? weekdays).map((day) => weekdays.indexOf(day)),
    ranges: window.utc.map(rangeOf),
    multiplier: tenThousandths(window.multiplier),
    except: (window.except ?? []).map((day) => Date.parse(day) / 86_400_000)
  })),
  unverified: row.unverified,
  confidence: row.confidence,
  source: row.source,
  note: row.note
})

const ratesOf = (row: typeof Rates.Type): Price.Loose<Price.Rates> => {
  const rate = (usd: number | undefined) => usd === undefined ? undefined : units(6)(usd)
  return {
    input: rate(row.input),
    output: rate(row.output),
    cachedRead: rate(row.cached_read),
    cacheWrite: row.cache_write === undefined || row.cache_write === "input"
      ? row.cache_write
      : mapValues(row.cache_write, units(6)),
    reasoningOutput: rate(row.reasoning_output),
    audioInput: rate(row.audio_input),
    audioOutput: rate(row.audio_output),
    imageInput: rate(row.image_input),
    imageCachedRead: rate(row.image_cached_read),
    imageOutput: rate(row.image_output)
  }
}

const serviceTiersOf = (tiers: typeof ServiceTiers.Type): Price.ServiceTiers =>
  mapValues(tiers, (tier) =>
    typeof tier === "number"
      ? [{ multiplier: tenThousandths(tier) }]
      : tier.map(({ from, multiplier }) => ({ from, multiplier: tenThousandths(multiplier) })))

const rangeOf = (text: string): readonly [number, number] => {
  const [from = "", to = ""] = text.split("-")
  return [minutesOf(from), minutesOf(to)]
}

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))

const units = (digits: number) => (usd: number): number => Math.round(usd * 10 ** digits)

const tenThousandths = units(4)

const mapValues = <A, B>(record: Readonly<Record<string, A>>, f: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]))

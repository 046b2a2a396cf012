/**
 * The ledger of one answer: what was used, at which rate, times which multipliers, as exact integers.
 *
 * Money is in picodollars (1e-12 USD). Each line is rounded once, half to even, and the total is their plain sum. A cost
 * that can't be known is `unknown`: it is never a silent 0.
 *
 * @since 1.0.0
 */
import { dual } from "effect/Function"
import * as Schema from "effect/Schema"
import type { Model } from "./Model.ts"
import * as Price from "./Price.ts"
import * as Usage from "./Usage.ts"

/**
 * How a cost became known: `measured` from what the vendor reported, `estimated` (the usage was, or no price row fits an
 * image exactly), or `unknown`.
 *
 * @category models
 * @since 1.0.0
 */
export type Status = "measured" | "estimated" | "unknown"

/**
 * One line of the ledger. `unit` is the path of the counter in `Usage`: `outputText`, `cacheWrite.1h`,
 * `requests.web_search`, `images.low.1024x1024`.
 *
 * @category models
 * @since 1.0.0
 */
export interface Line {
  readonly unit: string
  readonly quantity: number
  /** Picodollars per unit. */
  readonly rate: number
  /** Ten-thousandths, by what they are for: `batch`, `serviceTier`, `region`, `window`. */
  readonly multipliers: Readonly<Record<string, number>>
  readonly picoUsd: number
}

/**
 * The currency in which costs are shown beside USD, at a rate that the user states.
 *
 * @category models
 * @since 1.0.0
 */
export interface Currency {
  /** ISO 4217: `EUR`. */
  readonly code: string
  /** Units of this currency for one USD. */
  readonly perUsd: number
  /** ISO day of the rate. */
  readonly asOf?: string | undefined
  readonly source?: string | undefined
}

/**
 * A cost in the user's currency: a view for people, not for sums.
 *
 * @category models
 * @since 1.0.0
 */
export interface Local {
  readonly currency: string
  readonly amount: number | undefined
  readonly perUsd: number
  readonly asOf: string | undefined
  readonly source: string | undefined
}

/**
 * The price row that a cost was made with.
 *
 * @category models
 * @since 1.0.0
 */
export interface PriceRef {
  readonly provider: string
  readonly model: string
  readonly from: string | undefined
  readonly source: ReadonlyArray<string>
  readonly confidence: Price.Confidence | undefined
}

/**
 * What one answer costs.
 *
 * @category models
 * @since 1.0.0
 */
export interface Cost {
  readonly status: Status
  /** 1e-12 USD, exact; `undefined` when the status is `unknown`. */
  readonly picoUsd: number | undefined
  /** A view of `picoUsd`. */
  readonly usd: number | undefined
  readonly local: Local
  readonly lines: ReadonlyArray<Line>
  /** What was used and has no price, or a price too large to be exact. */
  readonly unpriced: ReadonlyArray<string>
  readonly price: PriceRef | undefined
  /** What the vendor says it charged, in USD. */
  readonly reportedUsd: number | undefined
}

/**
 * When and how an answer was made, as far as it changes the price.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** Time of the call, in milliseconds since 1970: prices are dated. */
  readonly at: number
  readonly batch?: boolean | undefined
  /** The tier that the *answer* names. A tier called `batch` is the batch price. */
  readonly serviceTier?: string | undefined
  readonly region?: string | undefined
  readonly currency?: Currency | undefined
  /** What the vendor says it charged, in USD. Kept beside the computed cost, never in place of it. */
  readonly reportedUsd?: number | undefined
}

/**
 * US dollars, shown as they are.
 *
 * @category constants
 * @since 1.0.0
 */
export const usd: Currency = { code: "USD", perUsd: 1 }

/**
 * Returns what a usage of a model costs.
 *
 * **Details**
 *
 * The price row is the newest that holds at `options.at`. Multipliers apply to tokens and images, not to requests sold
 * by the piece. Images are priced by their tokens when the row has an image token rate and the usage counts them,
 * otherwise by the piece: the row of that size and quality, else the nearest larger size, else (size or quality left to
 * the vendor) the dearest that fits; the last two make the cost `estimated`.
 *
 * **Gotchas**
 *
 * The cost is `unknown` when the usage is missing, when a unit that was used has no rate, when the batch, service tier
 * or region has no multiplier, and when a line or the total passes `Number.MAX_SAFE_INTEGER` (about 9,007 USD). What is
 * known stays listed in `lines`, what isn't in `unpriced`.
 *
 * @category constructors
 * @since 1.0.0
 */
export const of = (model: Model, usage: Usage.Usage, options: Options): Cost => {
  const price = Price.at(model.prices, options.at)
  const ledger: Ledger = { lines: [], unpriced: [], picoUsd: 0, estimated: usage.state === "estimated" }
  if (price === undefined) {
    addTokens(ledger, usage, noRates, plain)
    addImages(ledger, usage.images, noImages, plain.all)
    addRequests(ledger, usage.requests, noFees)
    if (ledger.unpriced.length === 0) ledger.unpriced.push("usage")
    return close(ledger, undefined, options)
  }
  const reference: PriceRef = {
    provider: model.provider,
    model: model.id,
    from: price.from,
    source: price.source,
    confidence: price.confidence
  }
  if (price.free) return close(ledger, reference, options)
  if (usage.state === "missing") {
    ledger.unpriced.push("usage")
    return close(ledger, reference, options)
  }
  const factors = factorsOf(ledger, price, options)
  if (factors !== undefined) {
    const rates = Price.ratesFor(price, usage.inputTokens)
    const pieces = usage.images.length > 0 && (rates.imageOutput === undefined || usage.imageOutput === 0)
    const sold = pieces && (price.perImage.length > 0 || price.perMegapixel !== undefined)
    if (!sold || sellsTokens(rates)) addTokens(ledger, usage, rates, factors, sold)
    if (sold || (pieces && usage.imageOutput === 0)) addImages(ledger, usage.images, price, factors.all)
    if (price.perInputImage !== undefined) {
      add(ledger, "inputImages", usage.inputImages, price.perInputImage, factors.all)
    }
  }
  addRequests(ledger, usage.requests, price.perRequest)
  return close(ledger, reference, options)
}

/**
 * A cost nobody knows.
 *
 * @category constructors
 * @since 1.0.0
 */
export const unknown: Cost = {
  status: "unknown",
  picoUsd: undefined,
  usd: undefined,
  local: { currency: "USD", amount: undefined, perUsd: 1, asOf: undefined, source: undefined },
  lines: [],
  unpriced: ["usage"],
  price: undefined,
  reportedUsd: undefined
}

/**
 * The cost of having bought nothing: a cached answer, a request that was refused.
 *
 * @category constructors
 * @since 1.0.0
 */
export const zero: Cost = {
  status: "measured",
  picoUsd: 0,
  usd: 0,
  local: { currency: "USD", amount: 0, perUsd: 1, asOf: undefined, source: undefined },
  lines: [],
  unpriced: [],
  price: undefined,
  reportedUsd: undefined
}

/**
 * Shows a cost in another currency.
 *
 * @category combinators
 * @since 1.0.0
 */
export const withCurrency: {
  (currency: Currency): (self: Cost) => Cost
  (self: Cost, currency: Currency): Cost
} = dual(2, (self: Cost, currency: Currency): Cost => ({ ...self, local: localOf(self.usd, currency) }))

/**
 * Returns what the same tokens cost with no prompt cache and no batch: the baseline of every saving. Tier, service tier
 * and region stay as they were.
 *
 * @category constructors
 * @since 1.0.0
 */
export const list = (model: Model, usage: Usage.Usage, options: Options): Cost =>
  of(model, uncached(usage), {
    ...options,
    batch: false,
    serviceTier: options.serviceTier === "batch" ? undefined : options.serviceTier,
    reportedUsd: undefined
  })

/**
 * Returns what the vendor's prompt cache saved, in picodollars: reads at a discount minus writes at a premium, so it can
 * be negative. `undefined` when a side is unknown.
 *
 * @category combinators
 * @since 1.0.0
 */
export const promptCacheSaving = (model: Model, usage: Usage.Usage, options: Options): number | undefined =>
  difference(of(model, uncached(usage), options), of(model, usage, options))

/**
 * Returns what the batch price saved on tokens that no prompt cache touched, in picodollars. Together with
 * {@link promptCacheSaving} it is exactly the distance from {@link list} to {@link of}.
 *
 * @category combinators
 * @since 1.0.0
 */
export const batchSaving = (model: Model, usage: Usage.Usage, options: Options): number | undefined =>
  difference(list(model, usage, options), of(model, uncached(usage), options))

/**
 * The costs of the parts of one answer as one: as long as one of them isn't known, it isn't.
 *
 * @category combinators
 * @since 1.0.0
 */
export const merge = (costs: readonly [Cost, ...ReadonlyArray<Cost>]): Cost => {
  const [first, ...others] = costs
  const { currency: code, ...rate } = first.local
  const picoUsd = costs.reduce<number | undefined>(
    (sum, cost) => sum === undefined || cost.picoUsd === undefined ? undefined : sum + cost.picoUsd,
    0
  )
  const isExact = picoUsd !== undefined && Number.isSafeInteger(picoUsd)
  const inUsd = isExact ? picoUsd / picoPerUsd : undefined
  return {
    ...first,
    status: !isExact ? "unknown" : costs.some(({ status }) => status === "estimated") ? "estimated" : "measured",
    picoUsd: isExact ? picoUsd : undefined,
    usd: inUsd,
    local: localOf(inUsd, { code, ...rate }),
    lines: costs.flatMap(({ lines }) => lines),
    unpriced: [...new Set(costs.flatMap(({ unpriced }) => unpriced))],
    reportedUsd: others.reduce(
      (sum, { reportedUsd }) => sum === undefined || reportedUsd === undefined ? undefined : sum + reportedUsd,
      first.reportedUsd
    )
  }
}

/**
 * The exact total of many costs, and how many of them were not known.
 *
 * @category models
 * @since 1.0.0
 */
export interface Total {
  /** 1e-12 USD, exact, of the costs that are known. */
  readonly picoUsd: bigint
  /** A view of `picoUsd`. */
  readonly usd: number
  readonly count: number
  readonly estimated: number
  readonly unknown: number
}

/**
 * Adds costs up, exactly and without a limit.
 *
 * @category combinators
 * @since 1.0.0
 */
export const sum = (costs: Iterable<Pick<Cost, "status" | "picoUsd">>): Total => {
  let big = 0n
  let small = 0
  let count = 0
  let estimated = 0
  let unknown = 0
  for (const cost of costs) {
    count++
    if (cost.status === "estimated") estimated++
    if (cost.picoUsd === undefined) {
      unknown++
    } else if (Number.isSafeInteger(small + cost.picoUsd)) {
      small += cost.picoUsd
    } else {
      big += BigInt(small) + BigInt(cost.picoUsd)
      small = 0
    }
  }
  const picoUsd = big + BigInt(small)
  return { picoUsd, usd: Number(picoUsd) / picoPerUsd, count, estimated, unknown }
}

/**
 * The schema of a {@link Currency}, for configuration files.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Currency: Schema.Codec<Currency> = Schema.Struct({
  code: Schema.String.check(Schema.isPattern(/^[A-Z]{3}$/, { expected: "an ISO 4217 code such as EUR" })),
  perUsd: Schema.Finite.check(Schema.isGreaterThan(0)),
  asOf: Schema.optional(Schema.String),
  source: Schema.optional(Schema.String)
})

/**
 * The schema of a {@link Cost}, for the edges: files, databases, the wire.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Cost: Schema.Codec<Cost> = Schema.Struct({
  status: Schema.Literals(["measured", "estimated", "unknown"]),
  picoUsd: Schema.UndefinedOr(Schema.Natural),
  usd: Schema.UndefinedOr(Schema.Finite),
  local: Schema.Struct({
    currency: Schema.String,
    amount: Schema.UndefinedOr(Schema.Finite),
    perUsd: Schema.Finite,
    asOf: Schema.UndefinedOr(Schema.String),
    source: Schema.UndefinedOr(Schema.String)
  }),
  lines: Schema.Array(Schema.Struct({
    unit: Schema.String,
    quantity: Schema.Natural,
    rate: Schema.Natural,
    multipliers: Schema.Record(Schema.String, Schema.Natural),
    picoUsd: Schema.Natural
  })),
  unpriced: Schema.Array(Schema.String),
  price: Schema.UndefinedOr(Schema.Struct({
    provider: Schema.String,
    model: Schema.String,
    from: Schema.UndefinedOr(Schema.String),
    source: Schema.Array(Schema.String),
    confidence: Schema.UndefinedOr(Schema.Literals(Price.confidences))
  })),
  reportedUsd: Schema.UndefinedOr(Schema.Finite)
})

interface Ledger {
  readonly lines: Array<Line>
  readonly unpriced: Array<string>
  picoUsd: number
  estimated: boolean
}

interface Factor {
  /** The multipliers as a reduced fraction; `numerator` is `NaN` when it isn't a safe integer. */
  readonly numerator: number
  readonly denominator: number
  readonly multipliers: Readonly<Record<string, number>>
}

interface Factors {
  /** `undefined`: a batch of which only the absolute rates are known. */
  readonly all: Factor | undefined
  /** Without the batch multiplier, for absolute batch rates. */
  readonly rest: Factor
  readonly overrides: Price.Rates | undefined
}

const picoPerUsd = 1e12
const noFactor: Factor = { numerator: 1, denominator: 1, multipliers: {} }
const plain: Factors = { all: noFactor, rest: noFactor, overrides: undefined }
const noRates = Price.rates({})
const noFees: Readonly<Record<string, number>> = {}
const noImages: Pick<Price.Price, "perImage" | "perMegapixel"> = { perImage: [], perMegapixel: undefined }

const add = (
  ledger: Ledger,
  unit: string,
  quantity: number,
  rate: number | undefined,
  factor: Factor | undefined
): void => {
  if (quantity === 0) return
  const picoUsd = rate === undefined || factor === undefined ? undefined : multiply(quantity, rate, factor)
  if (rate === undefined || factor === undefined || picoUsd === undefined) {
    ledger.unpriced.push(unit)
  } else {
    ledger.lines.push({ unit, quantity, rate, multipliers: factor.multipliers, picoUsd })
    ledger.picoUsd += picoUsd
  }
}

const addTokens = (
  ledger: Ledger,
  usage: Usage.Usage,
  rates: Price.Rates,
  factors: Factors,
  imagesSold = false
): void => {
  const token = (unit: string, quantity: number, rate: number | undefined, override: number | undefined): void =>
    override === undefined
      ? add(ledger, unit, quantity, rate, factors.all)
      : add(ledger, unit, quantity, override, factors.rest)
  const batch = factors.overrides
  token("inputUncached", usage.inputUncached, rates.input, batch?.input)
  token("cacheRead", usage.cacheRead, rates.cachedRead, batch?.cachedRead)
  for (const ttl in usage.cacheWrite) {
    token(`cacheWrite.${ttl}`, usage.cacheWrite[ttl] ?? 0, writeRate(rates, ttl), batch && writeRate(batch, ttl))
  }
  token("audioInput", usage.audioInput, rates.audioInput, batch?.audioInput)
  token("imageInput", usage.imageInput, rates.imageInput, batch?.imageInput)
  token("imageCacheRead", usage.imageCacheRead, rates.imageCachedRead, batch?.imageCachedRead)
  token("outputText", usage.outputText, rates.output, batch?.output)
  token(
    "outputReasoning",
    usage.outputReasoning,
    rates.reasoningOutput ?? rates.output,
    batch?.reasoningOutput ?? (rates.reasoningOutput === undefined ? batch?.output : undefined)
  )
  token("audioOutput", usage.audioOutput, rates.audioOutput, batch?.audioOutput)
  if (!imagesSold) token("imageOutput", usage.imageOutput, rates.imageOutput, batch?.imageOutput)
}

const writeRate = (rates: Price.Rates, ttl: string): number | undefined => {
  if (rates.cacheWrite === "input") return rates.input
  return rates.cacheWrite !== undefined && Object.hasOwn(rates.cacheWrite, ttl) ? rates.cacheWrite[ttl] : undefined
}

const sellsTokens = (rates: Price.Rates): boolean =>
  rates.input !== undefined || rates.output !== undefined || rates.imageInput !== undefined

const addRequests = (
  ledger: Ledger,
  requests: Readonly<Record<string, number>>,
  fees: Readonly<Record<string, number>>
): void => {
  for (const kind in requests) {
    add(ledger, `requests.${kind}`, requests[kind] ?? 0, Object.hasOwn(fees, kind) ? fees[kind] : undefined, noFactor)
  }
}

const addImages = (
  ledger: Ledger,
  images: ReadonlyArray<Usage.Images>,
  price: Pick<Price.Price, "perImage" | "perMegapixel">,
  factor: Factor | undefined
): void => {
  for (const image of images) {
    const found = Price.forImage(price.perImage, image)
    if (found === undefined && price.perMegapixel !== undefined) {
      const megapixels = Price.megapixels(image)
      add(ledger, "megapixels.first", image.count, megapixels && price.perMegapixel.first, factor)
      if (megapixels === undefined) continue
      add(ledger, "megapixels.further", image.count * (megapixels - 1), price.perMegapixel.further, factor)
    } else {
      add(ledger, imageUnit(image), image.count, found?.rate, factor)
      if (found?.exact === false && image.count > 0) ledger.estimated = true
    }
  }
}

const imageUnit = (image: Usage.Images): string => {
  const size = image.width === undefined || image.height === undefined ? undefined : `${image.width}x${image.height}`
  return ["images", image.mode, image.quality, size].filter((part) => part !== undefined).join(".")
}

const factorsOf = (ledger: Ledger, price: Price.Price, options: Options): Factors | undefined => {
  const batched = options.batch === true || options.serviceTier === "batch"
  const window = Price.windowAt(price, options.at)
  if (!batched && options.serviceTier === undefined && options.region === undefined && window === Price.unit) {
    return plain
  }
  const rest: Record<string, number> = {}
  if (options.serviceTier !== undefined && options.serviceTier !== "batch") {
    const multiplier = Price.serviceTier(price, options.serviceTier, options.at)
    if (multiplier === undefined) ledger.unpriced.push(`serviceTier.${options.serviceTier}`)
    else if (multiplier !== Price.unit) rest["serviceTier"] = multiplier
  }
  if (options.region !== undefined) {
    const multiplier = Price.region(price, options.region)
    if (multiplier === undefined) ledger.unpriced.push(`region.${options.region}`)
    else if (multiplier !== Price.unit) rest["region"] = multiplier
  }
  if (window !== Price.unit) rest["window"] = window
  if (batched && price.batch === undefined) ledger.unpriced.push("batch")
  if (ledger.unpriced.length > 0) return undefined
  if (!batched || price.batch === undefined) {
    const factor = factorOf(rest)
    return { all: factor, rest: factor, overrides: undefined }
  }
  const { multiplier, rates } = price.batch
  return {
    all: multiplier === undefined ? undefined : factorOf({ batch: multiplier, ...rest }),
    rest: factorOf(rest),
    overrides: rates
  }
}

const factorOf = (multipliers: Readonly<Record<string, number>>): Factor => {
  let numerator = 1
  let denominator = 1
  for (const name in multipliers) {
    const multiplier = multipliers[name] ?? Price.unit
    const shared = gcd(multiplier, Price.unit)
    numerator *= multiplier / shared
    denominator *= Price.unit / shared
  }
  return { numerator: Number.isSafeInteger(numerator) ? numerator : Number.NaN, denominator, multipliers }
}

const gcd = (a: number, b: number): number => b === 0 ? a : gcd(b, a % b)

const multiply = (quantity: number, rate: number, factor: Factor): number | undefined => {
  if (!Number.isSafeInteger(quantity) || quantity < 0) return undefined
  const product = quantity * rate * factor.numerator
  if (!Number.isSafeInteger(product)) return multiplyBig(quantity, rate, factor.multipliers)
  const remainder = product % factor.denominator
  const whole = (product - remainder) / factor.denominator
  const twice = remainder * 2
  return twice > factor.denominator || (twice === factor.denominator && whole % 2 === 1) ? whole + 1 : whole
}

const multiplyBig = (
  quantity: number,
  rate: number,
  multipliers: Readonly<Record<string, number>>
): number | undefined => {
  let product = BigInt(quantity) * BigInt(rate)
  let denominator = 1n
  for (const name in multipliers) {
    product *= BigInt(multipliers[name] ?? Price.unit)
    denominator *= BigInt(Price.unit)
  }
  const whole = product / denominator
  const twice = (product % denominator) * 2n
  const rounded = twice > denominator || (twice === denominator && whole % 2n === 1n) ? whole + 1n : whole
  return rounded > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(rounded)
}

const close = (ledger: Ledger, price: PriceRef | undefined, options: Options): Cost => {
  if (!Number.isSafeInteger(ledger.picoUsd)) ledger.unpriced.push("total")
  const picoUsd = ledger.unpriced.length > 0 ? undefined : ledger.picoUsd
  const inUsd = picoUsd === undefined ? undefined : picoUsd / picoPerUsd
  return {
    status: picoUsd === undefined ? "unknown" : ledger.estimated ? "estimated" : "measured",
    picoUsd,
    usd: inUsd,
    local: localOf(inUsd, options.currency ?? usd),
    lines: ledger.lines,
    unpriced: ledger.unpriced,
    price,
    reportedUsd: options.reportedUsd
  }
}

const localOf = (inUsd: number | undefined, currency: Currency): Local => ({
  currency: currency.code,
  amount: inUsd === undefined ? undefined : inUsd * currency.perUsd,
  perUsd: currency.perUsd,
  asOf: currency.asOf,
  source: currency.source
})

const difference = (before: Cost, after: Cost): number | undefined =>
  before.picoUsd === undefined || after.picoUsd === undefined ? undefined : before.picoUsd - after.picoUsd

const uncached = (usage: Usage.Usage): Usage.Usage => {
  let inputUncached = usage.inputUncached + usage.cacheRead
  for (const ttl in usage.cacheWrite) inputUncached += usage.cacheWrite[ttl] ?? 0
  return Usage.make({
    state: usage.state,
    inputUncached,
    outputText: usage.outputText,
    outputReasoning: usage.outputReasoning,
    audioInput: usage.audioInput,
    audioOutput: usage.audioOutput,
    imageInput: usage.imageInput + usage.imageCacheRead,
    imageOutput: usage.imageOutput,
    requests: usage.requests,
    images: usage.images,
    inputImages: usage.inputImages
  })
}

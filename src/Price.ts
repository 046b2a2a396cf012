/**
 * One dated price row of a model, as exact integers.
 *
 * Money is in picodollars, 1e-12 USD: a price of 0.15 USD per million tokens is 150,000 a token. Multipliers are in
 * ten-thousandths: 0.5 is 5,000. Rates that are not known are `undefined`, never 0; a row that costs nothing says `free`.
 *
 * @since 1.0.0
 */
import type { Images } from "./Usage.ts"

/**
 * How far a price can be trusted.
 *
 * @category models
 * @since 1.0.0
 */
export type Confidence = typeof confidences[number]

/**
 * Every {@link Confidence}, from the most trusted to the least; `user` is a price that the user registered.
 *
 * @category constants
 * @since 1.0.0
 */
export const confidences = [
  "vendor-page",
  "two-datasets",
  "one-dataset",
  "disputed",
  "reseller",
  "unverified",
  "user"
] as const

/**
 * Picodollars per token, by what the token was.
 *
 * @category models
 * @since 1.0.0
 */
export interface Rates {
  readonly input: number | undefined
  readonly output: number | undefined
  readonly cachedRead: number | undefined
  /** By time to live as the vendor names it, or `"input"` where a written token costs what an input token costs. */
  readonly cacheWrite: "input" | Readonly<Record<string, number>> | undefined
  /** `undefined`: the same as `output`. */
  readonly reasoningOutput: number | undefined
  readonly audioInput: number | undefined
  readonly audioOutput: number | undefined
  readonly imageInput: number | undefined
  readonly imageCachedRead: number | undefined
  readonly imageOutput: number | undefined
}

/**
 * Rates of a whole request whose input (cache reads and writes included) passes a number of tokens. A tier replaces all
 * token rates: what it doesn't list is unknown above it.
 *
 * @category models
 * @since 1.0.0
 */
export interface Tier {
  /** Input tokens. */
  readonly above: number
  /** Whether `above` itself still has the lower price (`exclusive`) or already the higher (`inclusive`). */
  readonly boundary: "exclusive" | "inclusive"
  readonly rates: Rates
}

/**
 * A multiplier (ten-thousandths) and the time from which it holds (milliseconds since 1970).
 *
 * @category models
 * @since 1.0.0
 */
export interface DatedMultiplier {
  readonly start: number
  readonly multiplier: number
}

/**
 * Hours of the week with another price. Minutes are of the UTC day; a range that ends before it starts runs past
 * midnight and belongs to the day it started on.
 *
 * @category models
 * @since 1.0.0
 */
export interface Window {
  /** Sunday is 0. */
  readonly days: ReadonlyArray<number>
  /** First minute in, first minute out. */
  readonly ranges: ReadonlyArray<readonly [from: number, to: number]>
  /** Ten-thousandths. */
  readonly multiplier: number
  /** Days (since 1970-01-01) without this window. */
  readonly except: ReadonlyArray<number>
}

/**
 * Picodollars per image of one kind. `width` and `height` mean that size exactly, `maxPixels` any image up to it; a row
 * without either holds for every size.
 *
 * @category models
 * @since 1.0.0
 */
export interface PerImage {
  readonly rate: number
  readonly quality: string | undefined
  readonly mode: string | undefined
  readonly width: number | undefined
  readonly height: number | undefined
  readonly maxPixels: number | undefined
}

/**
 * What a batch costs: a multiplier (ten-thousandths) for every token and image, and absolute rates that go before it.
 * Without a multiplier, what has no absolute rate is unknown in a batch.
 *
 * @category models
 * @since 1.0.0
 */
export interface Batch {
  readonly multiplier: number | undefined
  readonly rates: Rates
}

/**
 * One price row: what a model costs from a day on, until the next row.
 *
 * @category models
 * @since 1.0.0
 */
export interface Price {
  /** ISO day, 00:00 UTC; `undefined`: since ever. */
  readonly from: string | undefined
  /** `from` in milliseconds since 1970. */
  readonly start: number
  /** Every unit costs 0. */
  readonly free: boolean
  readonly rates: Rates
  /** Ascending. */
  readonly tiers: ReadonlyArray<Tier>
  /** Picodollars per request, by kind. */
  readonly perRequest: Readonly<Record<string, number>>
  readonly perImage: ReadonlyArray<PerImage>
  /** Picodollars for an image's first megapixel (1024 × 1024 pixels, begun ones count) and for each further one. */
  readonly perMegapixel: { readonly first: number; readonly further: number } | undefined
  /** Picodollars per image given as input. */
  readonly perInputImage: number | undefined
  /** Picodollars per cached token and hour. No `Usage` counts these: they are data, not part of a cost. */
  readonly storage: number | undefined
  /** `undefined`: the model takes no batches, or their price is not known. */
  readonly batch: Batch | undefined
  /** By the tier's name in the vendor's answer, oldest first. */
  readonly serviceTiers: Readonly<Record<string, ReadonlyArray<DatedMultiplier>>>
  /** Ten-thousandths, by region. */
  readonly regions: Readonly<Record<string, number>>
  readonly windows: ReadonlyArray<Window>
  readonly confidence: Confidence | undefined
  readonly source: ReadonlyArray<string>
  /** Fields of this row that are a rule of thumb or a guess: `["cache_write.12h"]`. */
  readonly unverified: ReadonlyArray<string>
  readonly note: string | undefined
}

/**
 * A price row as far as it is known: {@link make} completes it.
 *
 * @category models
 * @since 1.0.0
 */
export interface Known extends Loose<Omit<Price, "start" | "rates" | "tiers" | "perImage" | "batch" | "serviceTiers">> {
  readonly rates?: Loose<Rates> | undefined
  readonly tiers?:
    | ReadonlyArray<{
      readonly above: number
      readonly boundary?: Tier["boundary"] | undefined
      readonly rates: Loose<Rates>
    }>
    | undefined
  readonly perImage?: ReadonlyArray<Loose<Omit<PerImage, "rate">> & { readonly rate: number }> | undefined
  readonly batch?:
    | { readonly multiplier?: number | undefined; readonly rates?: Loose<Rates> | undefined }
    | undefined
  readonly serviceTiers?: ServiceTiers | undefined
}

/**
 * The fields of `A`, each of which may be missing or `undefined`.
 *
 * @category models
 * @since 1.0.0
 */
export type Loose<A> = { readonly [K in keyof A]?: A[K] | undefined }

/**
 * Multipliers (ten-thousandths) by service tier, each from an ISO day on; without `from`, since ever.
 *
 * @category models
 * @since 1.0.0
 */
export type ServiceTiers = Readonly<
  Record<string, ReadonlyArray<{ readonly from?: string | undefined; readonly multiplier: number }>>
>

/**
 * Makes rates from those that are known.
 *
 * @category constructors
 * @since 1.0.0
 */
export const rates = (known: Loose<Rates>): Rates => ({
  input: known.input,
  output: known.output,
  cachedRead: known.cachedRead,
  cacheWrite: known.cacheWrite,
  reasoningOutput: known.reasoningOutput,
  audioInput: known.audioInput,
  audioOutput: known.audioOutput,
  imageInput: known.imageInput,
  imageCachedRead: known.imageCachedRead,
  imageOutput: known.imageOutput
})

/**
 * Makes a price row from what is known of it.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (known: Known): Price => ({
  from: known.from,
  start: startOf(known.from),
  free: known.free ?? false,
  rates: rates(known.rates ?? {}),
  tiers: (known.tiers ?? []).map((tier) => ({
    above: tier.above,
    boundary: tier.boundary ?? "exclusive",
    rates: rates(tier.rates)
  })).sort((a, b) => a.above - b.above),
  perRequest: known.perRequest ?? {},
  perImage: (known.perImage ?? []).map((row) => ({
    rate: row.rate,
    quality: row.quality,
    mode: row.mode,
    width: row.width,
    height: row.height,
    maxPixels: row.maxPixels
  })),
  perMegapixel: known.perMegapixel,
  perInputImage: known.perInputImage,
  storage: known.storage,
  batch: known.batch === undefined
    ? undefined
    : { multiplier: known.batch.multiplier, rates: rates(known.batch.rates ?? {}) },
  serviceTiers: Object.fromEntries(
    Object.entries(known.serviceTiers ?? {}).map(([name, dated]) => [
      name,
      dated
        .map((entry) => ({ start: startOf(entry.from), multiplier: entry.multiplier }))
        .sort((a, b) => a.start - b.start)
    ])
  ),
  regions: known.regions ?? {},
  windows: known.windows ?? [],
  confidence: known.confidence,
  source: known.source ?? [],
  unverified: known.unverified ?? [],
  note: known.note
})

/**
 * Returns the row that holds at a time (milliseconds since 1970): the newest that has begun.
 *
 * @category combinators
 * @since 1.0.0
 */
export const at = (prices: ReadonlyArray<Price>, time: number): Price | undefined => {
  for (let i = prices.length - 1; i >= 0; i--) {
    const price = prices[i]
    if (price !== undefined && price.start <= time) return price
  }
  return undefined
}

/**
 * Returns the token rates of a request with so many input tokens, cache reads and writes included.
 *
 * @category combinators
 * @since 1.0.0
 */
export const ratesFor = (price: Price, inputTokens: number): Rates => {
  let chosen = price.rates
  for (const tier of price.tiers) {
    if (inputTokens < tier.above || (inputTokens === tier.above && tier.boundary === "exclusive")) break
    chosen = tier.rates
  }
  return chosen
}

/**
 * Returns the multiplier (ten-thousandths) of a service tier at a time, `undefined` when the row has no such tier.
 * `default`, `standard` and `auto` are 1 unless the row says otherwise.
 *
 * @category combinators
 * @since 1.0.0
 */
export const serviceTier = (price: Price, name: string, time: number): number | undefined => {
  if (!Object.hasOwn(price.serviceTiers, name)) return plainTiers.has(name) ? unit : undefined
  return price.serviceTiers[name]?.findLast((entry) => entry.start <= time)?.multiplier
}

/**
 * Returns the multiplier (ten-thousandths) of a region, `undefined` when the row has no such region. `global` is 1
 * unless the row says otherwise.
 *
 * @category combinators
 * @since 1.0.0
 */
export const region = (price: Price, name: string): number | undefined =>
  Object.hasOwn(price.regions, name) ? price.regions[name] : name === "global" ? unit : undefined

/**
 * Returns the multiplier (ten-thousandths) of the first window that a time falls in; 10,000 outside of all.
 *
 * @category combinators
 * @since 1.0.0
 */
export const windowAt = (price: Price, time: number): number => {
  if (price.windows.length === 0) return unit
  const day = Math.floor(time / dayMillis)
  const minute = Math.floor((time - day * dayMillis) / 60_000)
  for (const window of price.windows) {
    for (const [from, to] of window.ranges) {
      const inside = from < to
        ? minute >= from && minute < to && holdsOn(window, day)
        : (minute >= from && holdsOn(window, day)) || (minute < to && holdsOn(window, day - 1))
      if (inside) return window.multiplier
    }
  }
  return unit
}

/**
 * Returns the rate of one image (picodollars), and whether a row names its kind exactly. Otherwise it is the nearest
 * larger size, or the dearest row where the caller left size or quality to the vendor; `undefined` when none fits.
 *
 * @category combinators
 * @since 1.0.0
 */
export const forImage = (
  rows: ReadonlyArray<PerImage>,
  image: Images
): { readonly rate: number; readonly exact: boolean } | undefined => {
  const ofMode = preferring(rows, (row) => row.mode, image.mode)
  const open = image.quality === undefined || image.quality === "auto"
  const named = preferring(ofMode, (row) => row.quality, open ? undefined : image.quality)
  const fitting = named.length === 0 && open ? ofMode : named
  const exact = fitting === named
  const pixels = pixelsOf(image)
  const anySize = fitting.filter((row) => row.width === undefined && row.maxPixels === undefined)
  if (pixels === undefined) {
    return anySize.length > 0 ? dearest(anySize, exact) : dearest(fitting, false)
  }
  const same = fitting.filter((row) => row.width === image.width && row.height === image.height)
  if (same.length > 0) return dearest(same, exact)
  const holding = fitting.filter((row) => row.maxPixels !== undefined && row.maxPixels >= pixels)
  if (holding.length > 0) return dearest(smallest(holding, (row) => row.maxPixels), exact)
  if (anySize.length > 0) return dearest(anySize, exact)
  const larger = fitting.filter((row) => (pixelsOf(row) ?? 0) >= pixels)
  return dearest(smallest(larger, pixelsOf), false)
}

/**
 * Returns the megapixels a vendor charges for: 1024 × 1024 pixels each, begun ones count. `undefined` without a size.
 *
 * @category combinators
 * @since 1.0.0
 */
export const megapixels = (image: Pick<Images, "width" | "height">): number | undefined => {
  const pixels = pixelsOf(image)
  return pixels === undefined ? undefined : Math.max(1, Math.ceil(pixels / 1_048_576))
}

/**
 * Converts USD to whole units of 10^-`digits` USD, exactly; `undefined` for what isn't a whole number of them.
 *
 * @category converters
 * @since 1.0.0
 */
export const whole = (usd: number, digits: number): number | undefined => {
  const scale = 10 ** digits
  const units = Math.round(usd * scale)
  return Number.isSafeInteger(units) && units >= 0 && units / scale === usd ? units : undefined
}

/**
 * Converts USD per million tokens to picodollars per token; `undefined` for a negative price or one that is no whole
 * number of picodollars.
 *
 * @category converters
 * @since 1.0.0
 */
export const perMillion = (usd: number): number | undefined => whole(usd, 6)

/**
 * What {@link perMillion} asks for.
 *
 * @category converters
 * @since 1.0.0
 */
export const perMillionProblem = "expected USD per million tokens: 0 or more, with at most 6 decimals"

/**
 * The multiplier that changes nothing, in ten-thousandths.
 *
 * @category constants
 * @since 1.0.0
 */
export const unit = 10_000

const plainTiers = new Set(["default", "standard", "auto"])

const preferring = (
  rows: ReadonlyArray<PerImage>,
  field: (row: PerImage) => string | undefined,
  wanted: string | undefined
): ReadonlyArray<PerImage> => {
  const named = wanted === undefined ? [] : rows.filter((row) => field(row) === wanted)
  return named.length > 0 ? named : rows.filter((row) => field(row) === undefined)
}

const pixelsOf = (of: { readonly width?: number | undefined; readonly height?: number | undefined }) =>
  of.width === undefined || of.height === undefined ? undefined : of.width * of.height

const smallest = (
  rows: ReadonlyArray<PerImage>,
  size: (row: PerImage) => number | undefined
): ReadonlyArray<PerImage> => {
  const least = Math.min(...rows.map((row) => size(row) ?? Number.POSITIVE_INFINITY))
  return rows.filter((row) => size(row) === least)
}

const dearest = (
  rows: ReadonlyArray<PerImage>,
  exact: boolean
): { readonly rate: number; readonly exact: boolean } | undefined =>
  rows.length === 0 ? undefined : { rate: Math.max(...rows.map((row) => row.rate)), exact }

const dayMillis = 86_400_000

const holdsOn = (window: Window, day: number): boolean =>
  window.days.includes((((day + 4) % 7) + 7) % 7) && !window.except.includes(day)

const startOf = (from: string | undefined): number => from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from)

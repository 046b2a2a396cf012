/**
 * What the vendor charges: tokens by class times its own rates, in whole units of 1e-12 US dollar.
 */

/** Units of 1e-12 USD per token. */
export interface Rates {
  readonly input: bigint
  readonly cachedRead: bigint
  /** By how long the vendor keeps what is written, such as `5m`. */
  readonly cacheWrite: Readonly<Record<string, bigint>>
  readonly output: bigint
  /** Of a vendor that has a price of its own for it. */
  readonly audioInput?: bigint | undefined
}

/** `above` re-prices the whole request once its input exceeds `tokens`. */
export interface RateCard extends Rates {
  readonly above?: { readonly tokens: number; readonly rates: Rates } | undefined
}

/** Tokens that were processed, each in exactly one class; `output` includes reasoning. */
export interface Tokens {
  readonly input: number
  readonly cachedRead: number
  /** By how long the vendor keeps what is written, such as `5m`; lifetimes without a write are left out. */
  readonly cacheWrite: Readonly<Record<string, number>>
  readonly output: number
  /** Uncached, of a vendor that counts it apart. */
  readonly audioInput?: number | undefined
}

export interface Multiplier {
  readonly times: bigint
  readonly per: bigint
}

export interface Charge {
  readonly provider: string
  readonly requestId: string
  readonly responseId: string
  readonly model: string
  readonly serviceTier: string
  readonly card: RateCard
  readonly multiplier: Multiplier
  readonly tokens: Tokens
  readonly reasoning: number
  readonly webSearches: number
  readonly webSearchRate: bigint
  /** Tokens that are kept for some time, at a rate for a token and hour. */
  readonly storage?:
    | { readonly tokens: number; readonly millis: number; readonly perHour: bigint }
    | undefined
  /** What is no text token; a service tier doesn't change its price. */
  readonly goods?: ReadonlyArray<Goods> | undefined
}

export interface Goods {
  readonly item: "image" | "inputImage" | "megapixel" | "imageInput" | "imageOutput"
  readonly quantity: number
  /** Units of 1e-12 USD. */
  readonly rate: bigint
}

export interface Line {
  readonly item:
    | "input"
    | "audioInput"
    | "cachedRead"
    | `cacheWrite.${string}`
    | "output"
    | "webSearch"
    | "cacheStorage"
    | Goods["item"]
  readonly quantity: number
  /** Units of 1e-12 USD, before the service tier's multiplier. */
  readonly rate: bigint
  /** Units of 1e-12 USD. */
  readonly amount: bigint
}

/** One charged request. */
export interface Entry {
  readonly provider: string
  readonly requestId: string
  readonly responseId: string
  readonly model: string
  readonly serviceTier: string
  readonly tokens: Tokens
  readonly reasoning: number
  readonly lines: ReadonlyArray<Line>
  /** Units of 1e-12 USD. */
  readonly amount: bigint
  /** False when the stream ended early: then only the output sent by then is charged. */
  readonly complete: boolean
  /** Milliseconds since 1970, by the sandbox's clock. */
  readonly at: number
}

/** Half of what it would be. */
export const half = ({ per, times }: Multiplier): Multiplier => ({ times, per: per * 2n })

/** Rounds half to even; both numbers are positive. */
export const divideHalfEven = (numerator: bigint, denominator: bigint): bigint => {
  const floor = numerator / denominator
  const twice = (numerator % denominator) * 2n
  if (twice < denominator) return floor
  return twice > denominator || floor % 2n === 1n ? floor + 1n : floor
}

export const totalInput = (tokens: Tokens): number =>
  tokens.input + (tokens.audioInput ?? 0) + tokens.cachedRead +
  Object.values(tokens.cacheWrite).reduce((sum, count) => sum + count, 0)

type Priced = readonly [item: Line["item"], quantity: number, rate: bigint]

const classes = (tokens: Tokens, rates: Rates): ReadonlyArray<Priced> => [
  ["input", tokens.input, rates.input],
  ["audioInput", tokens.audioInput ?? 0, rates.audioInput ?? rates.input],
  ["cachedRead", tokens.cachedRead, rates.cachedRead],
  ...Object.entries(tokens.cacheWrite).map(([ttl, quantity]): Priced => {
    const rate = rates.cacheWrite[ttl]
    if (rate === undefined) throw new Error(`The sandbox has no rate for a cache write of ${ttl}.`)
    return [`cacheWrite.${ttl}`, quantity, rate]
  }),
  ["output", tokens.output, rates.output]
]

/** Prices a charge; `sentOutput` is the output sent when the stream ended early. */
export const settle = (charge: Charge, at: number, sentOutput?: number): Entry => {
  const { card, multiplier, webSearches } = charge
  const tokens = sentOutput === undefined ? charge.tokens : { ...charge.tokens, output: sentOutput }
  const rates = card.above !== undefined && totalInput(tokens) > card.above.tokens ? card.above.rates : card
  const lines: Array<Line> = classes(tokens, rates)
    .filter(([, quantity]) => quantity > 0)
    .map(([item, quantity, rate]) => ({
      item,
      quantity,
      rate,
      amount: divideHalfEven(BigInt(quantity) * rate * multiplier.times, multiplier.per)
    }))
  if (webSearches > 0) {
    const rate = charge.webSearchRate
    lines.push({ item: "webSearch", quantity: webSearches, rate, amount: BigInt(webSearches) * rate })
  }
  if (charge.storage !== undefined) {
    const { millis, perHour, tokens: quantity } = charge.storage
    const amount = divideHalfEven(BigInt(quantity) * perHour * BigInt(Math.round(millis)), 3_600_000n)
    lines.push({ item: "cacheStorage", quantity, rate: perHour, amount })
  }
  for (const { item, quantity, rate } of charge.goods ?? []) {
    if (quantity > 0) lines.push({ item, quantity, rate, amount: BigInt(quantity) * rate })
  }
  return {
    provider: charge.provider,
    requestId: charge.requestId,
    responseId: charge.responseId,
    model: charge.model,
    serviceTier: charge.serviceTier,
    tokens,
    reasoning: Math.min(charge.reasoning, tokens.output),
    lines,
    amount: lines.reduce((sum, { amount }) => sum + amount, 0n),
    complete: sentOutput === undefined,
    at
  }
}

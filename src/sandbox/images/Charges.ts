/**
 * What pictures cost.
 */
import type { Charge, Goods } from "../Bill.ts"

/** US dollars in units of 1e-12. */
export const usd = (amount: number): bigint => BigInt(Math.round(amount * 1e12))

const free = { input: 0n, cachedRead: 0n, cacheWrite: {}, output: 0n }

export interface Text {
  readonly tokens: number
  /** Units of 1e-12 USD a token. */
  readonly rate: bigint
}

/** A charge for goods, and for tokens of text where the vendor counts them. */
export const charge = (
  what: Pick<Charge, "provider" | "requestId" | "responseId" | "model"> & {
    readonly goods: ReadonlyArray<Goods>
    readonly text?: Text | undefined
    readonly textOutput?: Text | undefined
  }
): Charge => {
  const { text, textOutput, ...rest } = what
  return {
    ...rest,
    serviceTier: "default",
    card: { ...free, input: text?.rate ?? 0n, output: textOutput?.rate ?? 0n },
    multiplier: { times: 1n, per: 1n },
    tokens: { input: text?.tokens ?? 0, cachedRead: 0, cacheWrite: {}, output: textOutput?.tokens ?? 0 },
    reasoning: 0,
    webSearches: 0,
    webSearchRate: 0n
  }
}

/** What a request for so many pictures at one price costs, in US dollars each. */
export const images = (count: number, each: number): ReadonlyArray<Goods> => [
  { item: "image", quantity: count, rate: usd(each) }
]

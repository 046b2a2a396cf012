/**
 * OpenAI's text models and what they charge, written by hand (2026-11-23), apart from Loom's catalog on purpose.
 */
import type { Multiplier, RateCard, Rates } from "../Bill.ts"

export interface Model {
  readonly id: string
  /** The dated id that Responses answers with. */
  readonly snapshot: string
  /** `YYYY-MM-DD`. */
  readonly released: string
  readonly shutdown: string | undefined
  readonly reasoning: boolean
  /** `billed`: gpt-5.6 and later, where breakpoints are set and writes are charged. */
  readonly caching: "none" | "free" | "billed"
  readonly maxInput: number
  readonly card: RateCard
}

const usd = (perMillion: number): bigint => BigInt(Math.round(perMillion * 1_000_000))

/** US dollars per million tokens. */
const free = (input: number, cachedRead: number, output: number): Rates => ({
  input: usd(input),
  cachedRead: usd(cachedRead),
  cacheWrite: { "30m": usd(input), "12h": usd(input) },
  output: usd(output)
})

const billed = (
  input: number,
  cachedRead: number,
  cacheWrite30m: number,
  cacheWrite12h: number,
  output: number
): Rates => ({
  input: usd(input),
  cachedRead: usd(cachedRead),
  cacheWrite: { "30m": usd(cacheWrite30m), "12h": usd(cacheWrite12h) },
  output: usd(output)
})

const stepped = (rates: Rates, above: Rates): RateCard => ({ ...rates, above: { tokens: 272_000, rates: above } })

interface Row extends Partial<Omit<Model, "id" | "card">> {
  readonly id: string
  readonly card: RateCard
}

const row = ({ id, ...rest }: Row): readonly [string, Model] => [id, {
  id,
  snapshot: id,
  released: "2026-01-01",
  shutdown: undefined,
  reasoning: true,
  caching: "free",
  maxInput: 272_000,
  ...rest
}]

const wide = 922_000

export const models: ReadonlyMap<string, Model> = new Map([
  row({ id: "chat-latest", maxInput: 400_000, card: free(5, 0.5, 30) }),
  row({
    id: "gpt-4.1",
    snapshot: "gpt-4.1-2025-04-14",
    released: "2025-04-14",
    shutdown: "2027-01-14",
    reasoning: false,
    maxInput: 1_047_576,
    card: free(2, 0.5, 8)
  }),
  row({
    id: "gpt-4.1-mini",
    snapshot: "gpt-4.1-mini-2025-04-14",
    released: "2025-04-14",
    shutdown: "2027-01-14",
    reasoning: false,
    maxInput: 1_047_576,
    card: free(0.4, 0.1, 1.6)
  }),
  row({
    id: "gpt-4o",
    snapshot: "gpt-4o-2024-11-20",
    released: "2024-05-13",
    shutdown: "2027-01-14",
    reasoning: false,
    maxInput: 128_000,
    card: free(2.5, 1.25, 10)
  }),
  row({
    id: "gpt-4o-2024-11-20",
    released: "2024-11-20",
    shutdown: "2027-01-14",
    reasoning: false,
    maxInput: 128_000,
    card: free(2.5, 1.25, 10)
  }),
  row({
    id: "gpt-4o-mini",
    snapshot: "gpt-4o-mini-2024-07-18",
    released: "2024-07-18",
    shutdown: "2027-01-14",
    reasoning: false,
    maxInput: 128_000,
    card: free(0.15, 0.075, 0.6)
  }),
  row({
    id: "gpt-5",
    snapshot: "gpt-5-2025-08-07",
    released: "2025-08-07",
    shutdown: "2026-12-11",
    card: free(1.25, 0.125, 10)
  }),
  row({ id: "gpt-5-chat-latest", reasoning: false, maxInput: 128_000, card: free(1.25, 0.125, 10) }),
  row({
    id: "gpt-5-mini",
    snapshot: "gpt-5-mini-2025-08-07",
    released: "2025-08-07",
    shutdown: "2026-12-11",
    card: free(0.25, 0.025, 2)
  }),
  row({
    id: "gpt-5-nano",
    snapshot: "gpt-5-nano-2025-08-07",
    released: "2025-08-07",
    shutdown: "2026-12-11",
    card: free(0.05, 0.005, 0.4)
  }),
  row({
    id: "gpt-5-pro",
    snapshot: "gpt-5-pro-2025-10-06",
    released: "2025-10-06",
    shutdown: "2026-12-11",
    caching: "none",
    card: free(15, 15, 120)
  }),
  row({
    id: "gpt-5.1",
    snapshot: "gpt-5.1-2025-11-13",
    released: "2025-11-13",
    shutdown: "2027-04-01",
    card: free(1.25, 0.125, 10)
  }),
  row({ id: "gpt-5.2", snapshot: "gpt-5.2-2025-12-11", released: "2025-12-11", card: free(1.75, 0.175, 14) }),
  row({
    id: "gpt-5.2-pro",
    snapshot: "gpt-5.2-pro-2025-12-11",
    released: "2025-12-11",
    caching: "none",
    card: free(21, 21, 168)
  }),
  row({ id: "gpt-5.3-codex", released: "2026-02-05", shutdown: "2027-04-01", card: free(1.75, 0.175, 14) }),
  row({
    id: "gpt-5.4",
    released: "2026-03-05",
    maxInput: wide,
    card: stepped(free(2.5, 0.25, 15), free(5, 0.5, 22.5))
  }),
  row({
    id: "gpt-5.4-mini",
    snapshot: "gpt-5.4-mini-2026-03-17",
    released: "2026-03-17",
    card: free(0.75, 0.075, 4.5)
  }),
  row({
    id: "gpt-5.4-nano",
    snapshot: "gpt-5.4-nano-2026-03-17",
    released: "2026-03-17",
    shutdown: "2027-04-01",
    card: free(0.2, 0.02, 1.25)
  }),
  row({
    id: "gpt-5.4-pro",
    released: "2026-03-05",
    caching: "none",
    maxInput: wide,
    card: stepped(free(30, 30, 180), free(60, 60, 270))
  }),
  row({
    id: "gpt-5.5",
    snapshot: "gpt-5.5-2026-04-23",
    released: "2026-04-23",
    maxInput: wide,
    card: stepped(free(5, 0.5, 30), free(10, 1, 45))
  }),
  row({
    id: "gpt-5.5-pro",
    snapshot: "gpt-5.5-pro-2026-04-23",
    released: "2026-04-23",
    caching: "none",
    maxInput: wide,
    card: stepped(free(30, 30, 180), free(60, 60, 270))
  }),
  row({
    id: "gpt-5.6",
    snapshot: "gpt-5.6-sol",
    released: "2026-07-09",
    caching: "billed",
    maxInput: wide,
    card: stepped(billed(4, 0.4, 5, 10, 20), billed(8, 0.8, 10, 20, 30))
  }),
  row({
    id: "gpt-5.6-luna",
    released: "2026-07-09",
    caching: "billed",
    maxInput: wide,
    card: stepped(billed(0.2, 0.02, 0.25, 0.5, 1.2), billed(0.4, 0.04, 0.5, 1, 1.8))
  }),
  row({
    id: "gpt-5.6-sol",
    released: "2026-07-09",
    caching: "billed",
    maxInput: wide,
    card: stepped(billed(4, 0.4, 5, 10, 20), billed(8, 0.8, 10, 20, 30))
  }),
  row({
    id: "gpt-5.6-terra",
    released: "2026-07-09",
    caching: "billed",
    maxInput: wide,
    card: stepped(billed(2, 0.2, 2.5, 5, 12), billed(4, 0.4, 5, 10, 18))
  }),
  row({
    id: "gpt-6-astra",
    released: "2026-09-04",
    caching: "billed",
    maxInput: wide,
    card: stepped(billed(10, 1, 12.5, 25, 50), billed(20, 2, 25, 50, 75))
  }),
  row({
    id: "gpt-6-luna",
    released: "2026-09-22",
    caching: "billed",
    maxInput: wide,
    card: stepped(billed(0.1, 0.01, 0.125, 0.25, 0.5), billed(0.2, 0.02, 0.25, 0.5, 0.75))
  }),
  row({
    id: "gpt-6-sol",
    released: "2026-09-22",
    caching: "billed",
    maxInput: wide,
    card: stepped(billed(2, 0.2, 2.5, 5, 10), billed(4, 0.4, 5, 10, 15))
  }),
  row({
    id: "gpt-6.1-sol",
    released: "2026-09-29",
    caching: "billed",
    maxInput: wide,
    card: stepped(billed(2, 0.1, 2.5, 5, 10), billed(4, 0.2, 5, 10, 15))
  }),
  row({
    id: "gpt-6.1-terra",
    released: "2026-10-26",
    caching: "billed",
    maxInput: wide,
    card: stepped(billed(1, 0.05, 1.25, 2.5, 5), billed(2, 0.1, 2.5, 5, 7.5))
  }),
  row({
    id: "gpt-6.2-sol",
    released: "2026-11-17",
    caching: "billed",
    maxInput: wide,
    card: stepped(billed(2, 0.1, 2.5, 5, 10), billed(4, 0.2, 5, 10, 15))
  }),
  row({
    id: "gpt-6.2-astra",
    released: "2026-11-17",
    caching: "billed",
    maxInput: wide,
    card: stepped(billed(8, 0.4, 10, 20, 40), billed(16, 0.8, 20, 40, 60))
  }),
  row({
    id: "o3",
    snapshot: "o3-2025-04-16",
    released: "2025-04-16",
    shutdown: "2026-12-11",
    maxInput: 200_000,
    card: free(2, 0.5, 8)
  }),
  row({
    id: "o3-pro",
    snapshot: "o3-pro-2025-06-10",
    released: "2025-06-10",
    shutdown: "2026-12-11",
    caching: "none",
    maxInput: 200_000,
    card: free(20, 20, 80)
  })
])

/** Finds a model by its id or its dated id. */
export const find = (id: string): Model | undefined =>
  models.get(id) ?? [...models.values()].find(({ snapshot }) => snapshot === id)

/** 10 USD per 1000 searches. */
export const webSearchRate = 10_000_000_000n

const ultrafastRises = Date.UTC(2027, 2, 1)

/** The factor on all token rates; undefined when the model doesn't serve the tier. */
export const tierMultiplier = (model: Model, tier: string, now: number): Multiplier | undefined => {
  switch (tier) {
    case "default":
    case "scale":
      return { times: 1n, per: 1n }
    case "flex":
      return { times: 1n, per: 2n }
    case "priority":
    case "fast":
      return { times: 2n, per: 1n }
    case "ultrafast":
      return model.id === "gpt-6.2-sol" ? { times: now < ultrafastRises ? 3n : 6n, per: 1n } : undefined
    default:
      return undefined
  }
}

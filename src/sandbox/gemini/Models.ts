/**
 * Gemini's models, what they take and what they charge, written by hand (2026-11-23), apart from Loom's catalog on
 * purpose.
 */
import type { Effort } from "../Answers.ts"
import type { Multiplier, RateCard, Rates } from "../Bill.ts"

export type Level = "MINIMAL" | "LOW" | "MEDIUM" | "HIGH"

/** How a model is told to think. */
export type Thinking =
  | {
    readonly _tag: "Budget"
    readonly least: number
    readonly most: number
    /** Whether it can be told not to. */
    readonly off: boolean
    readonly usual: Effort
  }
  | { readonly _tag: "Levels"; readonly levels: ReadonlyArray<Level>; readonly usual: Level }

export interface Model {
  readonly id: string
  readonly name: string
  readonly maxInput: number
  readonly maxOutput: number
  readonly thinking: Thinking
  /** Gives its calls ids and signatures, and wants the signatures back. */
  readonly signs: boolean
  /** Takes penalties, and a last turn of the model. */
  readonly samples: boolean
  /** Takes its own tools and the caller's together. */
  readonly mixesTools: boolean
  /** Input tokens from which a prefix is kept. */
  readonly implicitFrom: number | undefined
  /** Input tokens that cached content has at least. */
  readonly explicitFrom: number | undefined
  /** Units of 1e-12 USD for a token and hour of cached content, where it is known. */
  readonly storage: bigint | undefined
  /** Units of 1e-12 USD for a search, and what counts as one. */
  readonly search: { readonly rate: bigint; readonly each: "query" | "prompt" }
  /** Oldest first, each from its time on: milliseconds since 1970. */
  readonly cards: ReadonlyArray<{ readonly from: number; readonly card: RateCard }>
  /** From when on another model answers to the name. */
  readonly becomes: { readonly from: number; readonly id: string } | undefined
}

const usd = (perMillion: number): bigint => BigInt(Math.round(perMillion * 1_000_000))

/** US dollars per million tokens; audio costs what text costs unless it is given. */
const rates = (input: number, cachedRead: number, output: number, audioInput = input): Rates => ({
  input: usd(input),
  cachedRead: usd(cachedRead),
  cacheWrite: {},
  output: usd(output),
  audioInput: usd(audioInput)
})

const since = (card: RateCard, ...later: ReadonlyArray<readonly [day: string, card: RateCard]>): Model["cards"] => [
  { from: 0, card },
  ...later.map(([day, card]) => ({ from: Date.parse(day), card }))
]

const budget = (least: number, most: number, off: boolean, usual: Effort): Thinking => ({
  _tag: "Budget",
  least,
  most,
  off,
  usual
})
const levels = (usual: Level, ...levels: ReadonlyArray<Level>): Thinking => ({ _tag: "Levels", levels, usual })

const second: Omit<Model, "id" | "name" | "cards" | "thinking"> = {
  maxInput: 1_048_576,
  maxOutput: 65_536,
  signs: false,
  samples: true,
  mixesTools: false,
  implicitFrom: 2048,
  explicitFrom: 1024,
  storage: undefined,
  search: { rate: 35_000_000_000n, each: "prompt" },
  becomes: undefined
}

const third: typeof second = {
  ...second,
  signs: true,
  mixesTools: true,
  implicitFrom: 4096,
  search: { rate: 14_000_000_000n, each: "query" }
}

/** Since July 2026. */
const latest: typeof second = { ...third, samples: false }

const introduced = since(rates(0.75, 0.075, 3.75), ["2027-01-01", rates(1.5, 0.15, 7.5)])
const storage = usd(0.5)
const all = ["MINIMAL", "LOW", "MEDIUM", "HIGH"] as const
const most = ["LOW", "MEDIUM", "HIGH"] as const

const rows: ReadonlyArray<Model> = [
  {
    ...latest,
    id: "gemini-4-argon",
    name: "Gemini 4 Argon",
    thinking: levels("MEDIUM", ...most),
    implicitFrom: 4096,
    explicitFrom: undefined,
    cards: since(rates(2, 0.1, 10), ["2026-12-01", rates(4, 0.2, 20)])
  },
  {
    ...latest,
    id: "gemini-3.8-flash",
    name: "Gemini 3.8 Flash",
    thinking: levels("MEDIUM", ...most),
    storage,
    cards: introduced
  },
  {
    ...latest,
    id: "gemini-3.7-flash",
    name: "Gemini 3.7 Flash",
    thinking: levels("MEDIUM", ...most),
    storage,
    cards: introduced
  },
  {
    ...latest,
    id: "gemini-3.6-flash",
    name: "Gemini 3.6 Flash",
    thinking: levels("MEDIUM", ...most),
    storage,
    cards: introduced
  },
  {
    ...third,
    id: "gemini-3.5-flash",
    name: "Gemini 3.5 Flash",
    thinking: levels("MEDIUM", ...all),
    cards: since(rates(1.5, 0.15, 9, 1.5))
  },
  {
    ...latest,
    id: "gemini-3.5-flash-lite",
    name: "Gemini 3.5 Flash-Lite",
    thinking: levels("MINIMAL", ...all),
    cards: since(rates(0.3, 0.03, 2.5))
  },
  {
    ...third,
    id: "gemini-3.1-flash-lite",
    name: "Gemini 3.1 Flash-Lite",
    thinking: levels("MINIMAL", ...all),
    cards: since(rates(0.25, 0.025, 1.5, 0.5))
  },
  {
    ...third,
    id: "gemini-3.1-flash-lite-preview",
    name: "Gemini 3.1 Flash-Lite Preview",
    thinking: levels("MINIMAL", ...all),
    cards: since(rates(0.25, 0.025, 1.5, 0.5))
  },
  {
    ...third,
    id: "gemini-3.1-pro-preview",
    name: "Gemini 3.1 Pro Preview",
    thinking: levels("HIGH", ...most),
    explicitFrom: 4096,
    cards: since({ ...rates(2, 0.2, 12), above: { tokens: 200_000, rates: rates(4, 0.4, 18) } })
  },
  {
    ...third,
    id: "gemini-3-flash-preview",
    name: "Gemini 3 Flash Preview",
    thinking: levels("HIGH", ...all),
    cards: since(rates(0.5, 0.05, 3, 1))
  },
  {
    ...second,
    id: "gemini-2.5-pro",
    name: "Gemini 2.5 Pro",
    thinking: budget(128, 32_768, false, "medium"),
    explicitFrom: 4096,
    cards: since({ ...rates(1.25, 0.125, 10), above: { tokens: 200_000, rates: rates(2.5, 0.25, 15) } }),
    becomes: { from: Date.parse("2026-12-01"), id: "gemini-3.8-flash" }
  },
  {
    ...second,
    id: "gemini-2.5-flash",
    name: "Gemini 2.5 Flash",
    thinking: budget(1, 24_576, true, "medium"),
    cards: since(rates(0.3, 0.03, 2.5, 1)),
    becomes: { from: Date.parse("2026-12-01"), id: "gemini-3.5-flash-lite" }
  },
  {
    ...second,
    id: "gemini-2.5-flash-lite",
    name: "Gemini 2.5 Flash-Lite",
    thinking: budget(512, 24_576, true, "none"),
    cards: since(rates(0.1, 0.01, 0.4, 0.3))
  }
]

export const models: ReadonlyMap<string, Model> = new Map(rows.map((model) => [model.id, model]))

/** Who answers to a name at a time. */
export const find = (id: string, now: number): Model | undefined => {
  const model = models.get(id)
  return model?.becomes !== undefined && now >= model.becomes.from ? models.get(model.becomes.id) : model
}

export const cardOf = ({ cards }: Model, now: number): RateCard => {
  const card = cards.findLast(({ from }) => from <= now)?.card
  if (card === undefined) throw new Error("The sandbox has a model without a price.")
  return card
}

/** The factor on all token rates. */
export const multiplier = (tier: string): Multiplier => {
  if (tier === "flex") return { times: 1n, per: 2n }
  return tier === "priority" ? { times: 9n, per: 5n } : { times: 1n, per: 1n }
}

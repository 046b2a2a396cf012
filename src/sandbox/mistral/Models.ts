/**
 * Mistral's text models and what they charge, written by hand (2026-11-23), apart from Loom's catalog on purpose.
 */
import type { Rates } from "../Bill.ts"

export interface Model {
  readonly id: string
  readonly vision: boolean
  /** The efforts that it knows; `always` for one that thinks and isn't told how much. */
  readonly reasoning: ReadonlyArray<string> | "always" | undefined
  readonly context: number
  readonly caches: boolean
  readonly card: Rates
}

const usd = (perMillion: number): bigint => BigInt(Math.round(perMillion * 1_000_000))

/** US dollars per million tokens; what is read from the cache costs a tenth. */
const rates = (input: number, output: number, cachedRead = input / 10): Rates => ({
  input: usd(input),
  cachedRead: usd(cachedRead),
  cacheWrite: {},
  output: usd(output)
})

const row = (
  id: string,
  context: number,
  card: Rates,
  can: Partial<Pick<Model, "vision" | "reasoning">> = {}
): readonly [string, Model] => [id, {
  id,
  context,
  card,
  caches: card.cachedRead < card.input,
  vision: false,
  reasoning: undefined,
  ...can
}]

const sees = { vision: true }
const allOrNothing = { vision: true, reasoning: ["none", "high"] }
const graded = { vision: true, reasoning: ["none", "low", "medium", "high"] }

export const models: ReadonlyMap<string, Model> = new Map([
  row("codestral-2508", 256_000, rates(0.3, 0.9)),
  row("devstral-2512", 262_144, rates(0.4, 2)),
  row("magistral-medium-latest", 128_000, rates(2, 5), { reasoning: "always" }),
  row("magistral-small", 128_000, rates(0.5, 1.5, 0.5), { reasoning: "always" }),
  row("ministral-14b-2512", 262_144, rates(0.2, 0.2), sees),
  row("ministral-3b-2512", 131_072, rates(0.1, 0.1), sees),
  row("ministral-8b-2512", 262_144, rates(0.15, 0.15), sees),
  row("mistral-large-2411", 131_072, rates(2, 6, 2)),
  row("mistral-large-2512", 262_144, rates(0.5, 1.5), sees),
  row("mistral-large-latest", 262_144, rates(0.5, 1.5), sees),
  row("mistral-large-4", 1_048_576, rates(0.7, 2.1), graded),
  row("mistral-large-4-0-8", 1_048_576, rates(0.7, 2.1), graded),
  row("mistral-medium-2505", 131_072, rates(0.4, 2), sees),
  row("mistral-medium-2508", 262_144, rates(0.4, 2), sees),
  row("mistral-medium-2604", 262_144, rates(1.5, 7.5), allOrNothing),
  row("mistral-medium-3.5", 262_144, rates(1.5, 7.5, 1.5), allOrNothing),
  row("mistral-small-2506", 128_000, rates(0.1, 0.3), sees),
  row("mistral-small-2603", 256_000, rates(0.15, 0.6), allOrNothing),
  row("open-mistral-nemo", 128_000, rates(0.15, 0.15)),
  row("pixtral-12b", 128_000, rates(0.15, 0.15), sees),
  row("zai-glm-5-3", 1_000_000, rates(1.4, 4.4), { reasoning: ["none", "low", "medium", "high"] }),
  row("zai-glm-5-3-flash", 1_048_576, rates(0.15, 0.5, 0.03), graded)
])

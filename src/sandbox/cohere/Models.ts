/**
 * Cohere's text models and what they charge, written by hand (2026-11-23), apart from Loom's catalog on purpose.
 */
import type { Rates } from "../Bill.ts"

export interface Model {
  readonly id: string
  readonly tools: boolean
  readonly vision: boolean
  /** Thinks unless it is told not to. */
  readonly reasons: boolean
  readonly context: number
  readonly maxOutput: number
  readonly card: Rates
}

const usd = (perMillion: number): bigint => BigInt(Math.round(perMillion * 1_000_000))

/** US dollars per million tokens; what was cached costs no less. */
const rates = (input: number, output: number): Rates => ({
  input: usd(input),
  cachedRead: usd(input),
  cacheWrite: {},
  output: usd(output)
})

const row = (
  id: string,
  context: number,
  maxOutput: number,
  card: Rates,
  can: Partial<Pick<Model, "tools" | "vision" | "reasons">> = {}
): readonly [string, Model] => [
  id,
  { id, context, maxOutput, card, tools: true, vision: false, reasons: false, ...can }
]

export const models: ReadonlyMap<string, Model> = new Map([
  row("command-a-03-2025", 256_000, 8000, rates(2.5, 10)),
  row("command-a-plus-05-2026", 128_000, 64_000, rates(2.5, 10), { vision: true, reasons: true }),
  row("command-a-reasoning-08-2025", 256_000, 32_000, rates(2.5, 10), { reasons: true }),
  row("command-a-vision-07-2025", 128_000, 8000, rates(2.5, 10), { tools: false, vision: true }),
  row("command-r-08-2024", 128_000, 4000, rates(0.15, 0.6)),
  row("command-r-plus-08-2024", 128_000, 4000, rates(2.5, 10)),
  row("command-r7b-12-2024", 128_000, 4000, rates(0.0375, 0.15))
])

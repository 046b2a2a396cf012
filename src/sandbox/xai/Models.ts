/**
 * xAI's text models and what they charge, written by hand (2026-11-23), apart from Loom's catalog on purpose.
 */
import type { RateCard } from "../Bill.ts"
import { card } from "../chat/Vendor.ts"

export interface Model {
  readonly id: string
  readonly reasoning: boolean
  readonly maxInput: number
  readonly card: RateCard
}

/** Double from 200,000 tokens on, and not only above them. */
const stepped = (input: number, cachedRead: number, output: number): RateCard => ({
  ...card(input, cachedRead, output),
  above: { tokens: 199_999, rates: card(2 * input, 2 * cachedRead, 2 * output) }
})

const reasoning = true

export const models: ReadonlyMap<string, Model> = new Map(
  [
    { id: "grok-4.3", reasoning, maxInput: 1_000_000, card: stepped(1.25, 0.2, 2.5) },
    { id: "grok-4.5", reasoning, maxInput: 500_000, card: stepped(2, 0.3, 6) },
    { id: "grok-4.6", reasoning, maxInput: 500_000, card: stepped(2, 0.5, 6) },
    { id: "grok-4.7", reasoning, maxInput: 500_000, card: stepped(2, 0.5, 6) },
    { id: "grok-4.20-0309-reasoning", reasoning, maxInput: 1_000_000, card: stepped(1.25, 0.2, 2.5) },
    { id: "grok-4.20-0309-non-reasoning", reasoning: false, maxInput: 1_000_000, card: stepped(1.25, 0.2, 2.5) },
    { id: "grok-build-0.1", reasoning, maxInput: 256_000, card: stepped(1, 0.2, 2) }
  ].map((model) => [model.id, model])
)

/** 5 USD per 1000 calls of a tool that it runs itself. */
export const toolRate = 5_000_000_000n

/** What it tells costs in, in units of 1e-12 USD: from memory. */
export const tick = 100n

/**
 * MiniMax's text models and what they charge, written by hand (2026-11-23), apart from Loom's catalog on purpose.
 */
import type { RateCard, Rates } from "../Bill.ts"
import type { Traits } from "../anthropic/Models.ts"
import { card } from "../chat/Vendor.ts"

export interface Model extends Traits {
  readonly vision: boolean
  /** Thinks whatever it is told. */
  readonly alwaysThinks: boolean
  readonly card: RateCard
}

/** What is written where a prompt marks it, for five minutes. */
const marked = (rates: Rates): RateCard => ({ ...rates, cacheWrite: { "5m": 375_000n } })

const traits = { bindsThoughts: false, systemTurns: false, prefill: true }
const second = { ...traits, maxInput: 204_800, vision: false, alwaysThinks: true }
const third = { ...traits, maxInput: 1_000_000, vision: true, alwaysThinks: false }

export const models: ReadonlyMap<string, Model> = new Map(
  [
    { ...second, id: "MiniMax-M2", card: card(0.3, 0.03, 1.2) },
    { ...second, id: "MiniMax-M2.1", card: marked(card(0.3, 0.03, 1.2)) },
    { ...second, id: "MiniMax-M2.5", card: marked(card(0.3, 0.03, 1.2)) },
    { ...second, id: "MiniMax-M2.5-highspeed", card: marked(card(0.6, 0.06, 2.4)) },
    { ...second, id: "MiniMax-M2.7", card: marked(card(0.3, 0.06, 1.2)) },
    { ...second, id: "MiniMax-M2.7-highspeed", card: marked(card(0.6, 0.06, 2.4)) },
    {
      ...third,
      id: "MiniMax-M3",
      card: { ...card(0.3, 0.06, 1.2), above: { tokens: 512_000, rates: card(0.6, 0.12, 2.4) } }
    },
    { ...third, id: "MiniMax-M3.1-Flash", card: card(0.15, 0.015, 0.6) }
  ].map((model) => [model.id, model])
)

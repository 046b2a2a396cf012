/**
 * Bedrock's text models and what they charge, written by hand (2026-11-23), apart from Loom's catalog on purpose.
 */
import type { RateCard, Rates } from "../Bill.ts"

export interface Model {
  readonly id: string
  readonly vision: boolean
  readonly reasons: boolean
  /** Which Claude it is, such as `haiku-4-5`. */
  readonly claude: string | undefined
  readonly maxInput: number
  /** The shortest beginning that is cached; undefined where nothing is. */
  readonly cachesFrom: number | undefined
  readonly card: RateCard
}

const usd = (perMillion: number): bigint => BigInt(Math.round(perMillion * 1_000_000))

/** US dollars per million tokens; what is kept for an hour has a price where it can be kept so long. */
const cached = (input: number, output: number, cachedRead: number, write5m: number, write1h?: number): Rates => ({
  input: usd(input),
  cachedRead: usd(cachedRead),
  cacheWrite: { "5m": usd(write5m), ...(write1h === undefined ? {} : { "1h": usd(write1h) }) },
  output: usd(output)
})

const plain = (input: number, output: number): Rates => ({
  input: usd(input),
  cachedRead: usd(input),
  cacheWrite: {},
  output: usd(output)
})

const stepped = (tokens: number, rates: Rates, above: Rates): RateCard => ({
  ...rates,
  above: { tokens, rates: above }
})

const row = (
  id: string,
  maxInput: number,
  card: RateCard,
  can: Partial<Pick<Model, "vision" | "reasons">> = {}
): readonly [string, Model] => {
  const claude = /anthropic\.claude-(.+?)(-\d{8})?(-v\d+:\d+)?$/.exec(id)?.[1]
  const cachesFrom = Object.keys(card.cacheWrite).length === 0 ? undefined : claude === "haiku-4-5" ? 4096 : 1024
  return [id, { id, maxInput, card, claude, cachesFrom, vision: false, reasons: false, ...can }]
}

export const models: ReadonlyMap<string, Model> = new Map([
  row("amazon.nova-2-lite-v1:0", 1_000_000, cached(0.33, 2.75, 0.0825, 0.33), { vision: true, reasons: true }),
  row("global.amazon.nova-2-lite-v1:0", 1_000_000, cached(0.3, 2.5, 0.075, 0.3), { vision: true, reasons: true }),
  row("amazon.nova-micro-v1:0", 128_000, cached(0.035, 0.14, 0.00875, 0.035)),
  row("amazon.nova-lite-v1:0", 300_000, cached(0.06, 0.24, 0.015, 0.06), { vision: true }),
  row("amazon.nova-pro-v1:0", 300_000, cached(0.8, 3.2, 0.2, 0.8), { vision: true }),
  row("us.amazon.nova-premier-v1:0", 1_000_000, cached(2.5, 12.5, 0.625, 2.5), { vision: true }),
  row("global.anthropic.claude-haiku-4-5-20251001-v1:0", 200_000, cached(1, 5, 0.1, 1.25, 2), {
    vision: true,
    reasons: true
  }),
  row(
    "global.anthropic.claude-haiku-5-5",
    1_000_000,
    stepped(100000, cached(0.1, 0.5, 0.01, 0.125, 0.2), cached(0.5, 2.5, 0.05, 0.625, 1)),
    { vision: true, reasons: true }
  ),
  row("global.anthropic.claude-sonnet-4-6", 1_000_000, cached(3, 15, 0.3, 3.75, 6), { vision: true, reasons: true }),
  row("global.anthropic.claude-sonnet-5", 1_000_000, cached(2, 10, 0.2, 2.5, 4), { vision: true, reasons: true }),
  row("global.anthropic.claude-sonnet-5-5", 1_000_000, cached(2, 10, 0.1, 2.5, 4), { vision: true, reasons: true }),
  row("us.anthropic.claude-sonnet-5-5", 1_000_000, cached(2.2, 11, 0.11, 2.75, 4.4), { vision: true, reasons: true }),
  row("global.anthropic.claude-opus-5-5", 1_000_000, cached(4, 20, 0.2, 5, 8), { vision: true, reasons: true }),
  row("global.anthropic.claude-fable-5-2", 1_000_000, cached(8, 40, 0.2, 10, 16), { vision: true, reasons: true }),
  row(
    "global.openai.gpt-6-luna",
    922_000,
    stepped(272000, cached(0.1, 0.5, 0.01, 0.125), cached(0.2, 0.75, 0.02, 0.25)),
    { vision: true, reasons: true }
  ),
  row("global.openai.gpt-6.1-sol", 1_050_000, stepped(272000, cached(2, 10, 0.1, 2.5), cached(4, 15, 0.2, 5)), {
    vision: true,
    reasons: true
  }),
  row("us.openai.gpt-6.1-sol", 1_050_000, stepped(272000, cached(2.2, 11, 0.11, 2.75), cached(4.4, 16.5, 0.22, 5.5)), {
    vision: true,
    reasons: true
  }),
  row("openai.gpt-oss-120b-1:0", 131_072, plain(0.15, 0.6), { reasons: true }),
  row("deepseek.v3.2", 163_840, plain(0.62, 1.85), { reasons: true }),
  row("meta.llama3-3-70b-instruct-v1:0", 128_000, plain(0.72, 0.72)),
  row("meta.llama4-maverick-17b-instruct-v1:0", 1_000_000, plain(0.24, 0.97), { vision: true }),
  row("mistral.mistral-large-3-675b-instruct", 262_144, plain(0.5, 1.5), { vision: true }),
  row("qwen.qwen3-coder-next", 262_144, plain(0.5, 1.2)),
  row("zai.glm-5", 202_752, plain(1, 3.2), { reasons: true })
])

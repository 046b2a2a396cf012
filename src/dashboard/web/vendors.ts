import { unknown } from "./format.ts"

/** How providers are called and coloured: a provider's colour is its own, whoever else is shown. */
const known: Readonly<Record<string, string>> = {
  openai: "OpenAI",
  anthropic: "Anthropic",
  gemini: "Google Gemini",
  deepseek: "DeepSeek",
  mistral: "Mistral",
  xai: "xAI",
  minimax: "MiniMax",
  zai: "Z.AI",
  bedrock: "Amazon Bedrock",
  cohere: "Cohere",
  fireworks: "Fireworks AI",
  groq: "Groq",
  moonshot: "Moonshot AI (Kimi)",
  openrouter: "OpenRouter",
  together: "Together AI",
  bfl: "Black Forest Labs",
  ideogram: "Ideogram",
  bytedance: "ByteDance",
  seedream: "Seedream",
  hunyuan: "Hunyuan"
}

const slots = ["openai", "anthropic", "gemini", "deepseek", "mistral", "xai", "minimax", "zai"]

/** A call that named no model that there is has no provider. */
export const nameOf = (provider: string): string =>
  (Object.hasOwn(known, provider) ? known[provider] : undefined) ?? (provider || unknown)

/** A series of `styles/tokens.css`. */
export const seriesOf = (provider: string): string => {
  if (slots.includes(provider)) return provider
  return slots[slotOf(provider)] ?? "other"
}

/** Whose colours several take that are shown together: no two the same, as long as there are enough. */
export const seriesOfAll = (keys: ReadonlyArray<string>): ReadonlyMap<string, string> => {
  const taken = new Map(keys.filter((key) => slots.includes(key)).map((key) => [key, key]))
  const used = new Set(taken.values())
  for (const key of keys.toSorted()) {
    if (taken.has(key)) continue
    const first = slotOf(key)
    const order = slots.map((_, n) => slots[(first + n) % slots.length] ?? "other")
    const slot = order.find((name) => !used.has(name)) ?? "other"
    used.add(slot)
    taken.set(key, slot)
  }
  return taken
}

const slotOf = (name: string): number => {
  let hash = 7
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0
  return hash % slots.length
}

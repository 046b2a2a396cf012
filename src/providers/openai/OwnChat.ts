/**
 * Chat Completions as OpenAI itself speaks them.
 */
import * as Caching from "./Caching.ts"
import { at, countAt } from "./ChatUsage.ts"
import type { Path, Quirks } from "./Quirks.ts"
import * as Searching from "./Searching.ts"
import * as Wire from "./Wire.ts"

const written: Path = ["prompt_tokens_details", "cache_write_tokens"]
const details: Path = ["prompt_tokens_details", "cache_write_tokens_details"]
const short: Path = [...details, "ttl_30m_tokens"]
const long: Path = [...details, "ttl_12h_tokens"]

const none: Readonly<Record<string, number>> = {}

export const quirks: Quirks = {
  params: {
    maxOutputTokens: "max_completion_tokens",
    temperature: "temperature",
    topP: "top_p",
    stop: "stop",
    seed: "seed",
    presencePenalty: "presence_penalty",
    frequencyPenalty: "frequency_penalty",
    reasoning: "reasoning_effort",
    serviceTier: "service_tier",
    parallelToolCalls: "parallel_tool_calls",
    promptCache: Caching.own(["30m"]),
    webSearch: Searching.inChat
  },
  systemRole: "developer",
  pdf: true,
  usage: {
    cacheWrite: (usage) =>
      at(usage, written) === undefined
        ? none
        : Wire.cacheWriteOf(countAt(usage, written), {
          ttl_30m_tokens: countAt(usage, short),
          ttl_12h_tokens: countAt(usage, long)
        })
  }
}

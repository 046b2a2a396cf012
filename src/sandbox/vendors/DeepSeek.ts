/**
 * DeepSeek, from its guides and the code of `@ai-sdk/deepseek@3.0.56` (2026-11-23); rates written by hand.
 */
import { at, listAt, stringAt } from "../Json.ts"
import { array, boolean, decimal, integer, nullable, object, oneOf, string, stringOr } from "../Shape.ts"
import { anyToolChoice, card, jsonObjectFormat, thinkingSwitch, type Vendor } from "../chat/Vendor.ts"
import { problem } from "../openai/Problem.ts"

const hour = 3_600_000

/** Monday to Friday, 01:00 to 04:00 and 06:00 to 10:00 UTC. */
const isPeak = (now: number): boolean => {
  const date = new Date(now)
  const hours = date.getUTCHours()
  const isWorkday = date.getUTCDay() >= 1 && date.getUTCDay() <= 5
  return isWorkday && ((hours >= 1 && hours < 4) || (hours >= 6 && hours < 10))
}

export const deepSeek: Vendor = {
  provider: "deepseek",
  basePath: "/deepseek",
  models: [
    {
      id: "deepseek-flash",
      aliases: ["deepseek-v4-flash"],
      reasoning: true,
      vision: true,
      maxInput: 1_000_000,
      card: card(0.15, 0.003, 0.6)
    },
    { id: "deepseek-v4-pro", reasoning: true, vision: false, maxInput: 1_000_000, card: card(0.66, 0.022, 1.98) }
  ],
  params: {
    max_tokens: nullable(integer({ min: 1, max: 393_216 })),
    temperature: nullable(decimal({ min: 0, max: 2 })),
    top_p: nullable(decimal({ min: 0, max: 1 })),
    frequency_penalty: nullable(decimal({ min: -2, max: 2 })),
    presence_penalty: nullable(decimal({ min: -2, max: 2 })),
    stop: nullable(stringOr(array(string, { max: 16 }))),
    thinking: nullable(thinkingSwitch),
    reasoning_effort: nullable(oneOf("low", "high", "max")),
    response_format: nullable(jsonObjectFormat),
    stream_options: nullable(object({ include_usage: boolean })),
    user_id: string
  },
  assistant: { reasoning_content: nullable(string) },
  toolChoice: anyToolChoice,
  thinking: (body) => {
    if (stringAt(at(body, "thinking"), "type") === "disabled") return "none"
    switch (stringAt(body, "reasoning_effort")) {
      case "low":
        return "low"
      case "max":
        return "max"
      default:
        return "high"
    }
  },
  check: (body, effort) =>
    effort !== "none" &&
      listAt(body, "messages").some((message) =>
        listAt(message, "tool_calls").length > 0 && stringAt(message, "reasoning_content") === undefined
      )
      ? problem(400, "The reasoning_content in the thinking mode must be passed back to the API.")
      : undefined,
  thoughts: (text) => ({ reasoning_content: text }),
  usage: ({ input, output, read, reasoning }) => ({
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_cache_hit_tokens: read,
    prompt_cache_miss_tokens: input - read,
    prompt_tokens_details: { cached_tokens: read },
    completion_tokens_details: { reasoning_tokens: reasoning }
  }),
  streamUsage: "asked",
  nullUsage: true,
  members: () => ({ object: "chat.completion", system_fingerprint: "fp_loom" }),
  idPrefix: "chatcmpl-",
  error: ({ code, message, param, type }) => ({
    error: { message, type, param, code: code ?? "invalid_request_error" }
  }),
  failure: ({ message, status }) =>
    status === 402
      ? problem(402, message ?? "Insufficient Balance", { type: "unknown_error", code: "invalid_request_error" })
      : undefined,
  cache: { minimumTokens: 128, ttlMillis: 24 * hour },
  multiplier: (now) => ({ times: isPeak(now) ? 2n : 1n, per: 1n }),
  queues: true
}

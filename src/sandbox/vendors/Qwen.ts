/**
 * Alibaba's Qwen, from the code of `@ai-sdk/alibaba@2.0.58` and alibabacloud.com (2026-11-23); rates written by hand.
 *
 * What is kept unasked costs here what is kept by a mark, and how long it is, is unverified.
 */
import { at, listAt } from "../Json.ts"
import type { Policy } from "../PrefixCache.ts"
import { array, boolean, decimal, integer, nullable, object, oneOf, string, stringOr } from "../Shape.ts"
import type { Sequence } from "../Tokens.ts"
import { anyToolChoice, card, jsonSchemaFormat, uncached, type Vendor } from "../chat/Vendor.ts"
import { ofFailure, problem } from "../openai/Problem.ts"

const million = 1_000_000

/** Either by marks, or unasked: never both. */
const cache = ({ marks }: Sequence): Policy =>
  marks.length > 0
    ? { _tag: "Marks", ttl: "5m", lookback: 20, minimumTokens: 1024 }
    : { _tag: "Free", minimumTokens: 1024, ttlMillis: 300_000 }

const rates = (input: number, read: number, write: number, output: number) => ({
  ...card(input, read, output),
  cacheWrite: { "5m": BigInt(Math.round(write * 1_000_000)) }
})

const seeing = { reasoning: true, vision: true, cache }
const control = object({ type: oneOf("ephemeral") }, ["type"])
const marked = /"cache_control"/g

export const qwen: Vendor = {
  provider: "qwen",
  basePath: "/qwen/compatible-mode/v1",
  models: [
    { ...seeing, id: "qwen3.8-max", maxInput: million, card: rates(2, 0.25, 2.5, 6) },
    { ...seeing, id: "qwen3.8-flash", maxInput: million, card: rates(0.15, 0.016, 0.2, 0.47) },
    { ...seeing, id: "qwen3.7-max", vision: false, maxInput: million, card: rates(2.5, 0.5, 3.125, 7.5) },
    {
      ...seeing,
      id: "qwen3.7-plus",
      maxInput: million,
      card: { ...rates(0.5, 0.05, 0.625, 3), above: { tokens: 256_000, rates: rates(2, 0.2, 2.5, 6) } }
    },
    { id: "qwen3-max", reasoning: false, vision: false, maxInput: 262_144, card: card(1.2, 1.2, 6), cache: uncached },
    {
      id: "qwen3-next-80b-a3b-thinking",
      reasoning: true,
      vision: false,
      maxInput: 131_072,
      card: card(0.5, 0.5, 6),
      cache: uncached
    }
  ],
  params: {
    max_tokens: nullable(integer({ min: 1 })),
    temperature: nullable(decimal({ min: 0, max: 2 })),
    top_p: nullable(decimal({ min: 0, max: 1 })),
    top_k: nullable(integer({ min: 0 })),
    seed: nullable(integer({ min: 0 })),
    stop: nullable(stringOr(array(string))),
    presence_penalty: nullable(decimal({ min: -2, max: 2 })),
    repetition_penalty: nullable(decimal()),
    enable_thinking: boolean,
    thinking_budget: integer({ min: 1 }),
    preserve_thinking: boolean,
    parallel_tool_calls: boolean,
    response_format: jsonSchemaFormat,
    stream_options: nullable(object({ include_usage: boolean }))
  },
  assistant: { reasoning_content: nullable(string) },
  part: { cache_control: control },
  toolChoice: anyToolChoice,
  thinking: (body, { id, reasoning }) => {
    const asked = at(body, "enable_thinking")
    if (!reasoning) return asked === true ? problem(400, "enable_thinking is not supported by this model.") : undefined
    if (asked !== false) return "medium"
    return id.endsWith("-thinking") ? problem(400, "enable_thinking must be true for this model.") : "none"
  },
  check: (body) =>
    (JSON.stringify(listAt(body, "messages")).match(marked)?.length ?? 0) > 4
      ? problem(400, "There can be 4 cache markers at most.", { param: "messages" })
      : undefined,
  thoughts: (text) => ({ reasoning_content: text }),
  usage: ({ input, output, read, reasoning, written }) => ({
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: {
      cached_tokens: read,
      ...(written === 0 ? {} : { cache_creation_input_tokens: written, cache_type: "ephemeral" })
    },
    completion_tokens_details: { reasoning_tokens: reasoning }
  }),
  streamUsage: "asked",
  nullUsage: true,
  members: ({ streams }) => ({
    object: streams ? "chat.completion.chunk" : "chat.completion",
    system_fingerprint: ""
  }),
  idPrefix: "chatcmpl-",
  error: ({ code, message, type }) => ({ error: { message, type, param: null, code: code ?? type } }),
  failure: (failure) => ({
    ...ofFailure(failure),
    code: failure.code ?? (failure.status === 429 ? "limit_requests" : null)
  }),
  cache: { minimumTokens: 1024, ttlMillis: 300_000 }
}

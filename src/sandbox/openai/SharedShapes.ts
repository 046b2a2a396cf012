/**
 * What OpenAI's two text endpoints take alike, from the types of `openai@7.57.0`.
 */
import type { Fields } from "../Shape.ts"
import { boolean, decimal, integer, nullable, object, oneOf, record, string } from "../Shape.ts"

export const type = string
export const effort = nullable(oneOf("none", "minimal", "low", "medium", "high", "xhigh", "max"))
export const verbosity = nullable(oneOf("low", "medium", "high"))
export const detail = oneOf("auto", "low", "high", "original")
export const breakpoint = nullable(object({ mode: oneOf("explicit"), ttl: oneOf("30m", "12h") }, ["mode"]))
const policy = nullable(object({ mode: oneOf("score", "block") }, ["mode"]))
const moderation = nullable(
  object({ model: string, policy: nullable(object({ input: policy, output: policy })) }, ["model"])
)
export const toolChoice = oneOf("none", "auto", "required")
const metadata = nullable(record(string))

const sampling: Fields = {
  temperature: nullable(decimal({ min: 0, max: 2 })),
  top_p: nullable(decimal({ min: 0, max: 1 })),
  top_logprobs: nullable(integer({ min: 0, max: 20 }))
}

/** The members that both requests have. */
export const shared: Fields = {
  metadata,
  model: string,
  moderation,
  parallel_tool_calls: nullable(boolean),
  prompt_cache_key: nullable(string),
  prompt_cache_retention: nullable(oneOf("in_memory", "24h")),
  safety_identifier: nullable(string),
  store: nullable(boolean),
  stream: nullable(boolean),
  user: string,
  ...sampling
}

/**
 * Fireworks AI, from the code of `@ai-sdk/fireworks@3.0.62` and docs.fireworks.ai (2026-11-23); rates written by hand.
 *
 * Which prompts are cached, and the types of errors by status, are unverified. What `priority` costs differs by model,
 * and is made up.
 */
import { objectAt, stringAt } from "../Json.ts"
import { array, boolean, decimal, integer, nullable, object, oneOf, string, stringOr } from "../Shape.ts"
import { anyToolChoice, card, jsonSchemaFormat, type Vendor } from "../chat/Vendor.ts"
import { ofFailure, problem } from "../openai/Problem.ts"

const seeing = { reasoning: true, vision: true }
const blind = { reasoning: true, vision: false }
const million = 1_048_576
const models = "accounts/fireworks/models/"
const routers = "accounts/fireworks/routers/"

export const fireworks: Vendor = {
  provider: "fireworks",
  basePath: "/fireworks/inference/v1",
  models: [
    { ...seeing, id: `${models}deepseek-v4p1-flash`, maxInput: 1_000_000, card: card(0.3, 0.006, 1.2) },
    { ...blind, id: `${models}minimax-m3`, maxInput: 512_000, card: card(0.3, 0.06, 1.2) },
    { ...blind, id: `${models}glm-5p3`, maxInput: million, card: card(1.4, 0.26, 4.4) },
    { ...seeing, id: `${models}glm-5p3-flash`, maxInput: million, card: card(0.15, 0.03, 0.5) },
    { ...seeing, id: `${models}kimi-k3`, maxInput: million, card: card(3, 0.3, 15) },
    { ...blind, id: `${models}gpt-oss-120b`, maxInput: 131_072, card: card(0.15, 0.015, 0.6) },
    { ...seeing, id: `${routers}kimi-k3-fast`, maxInput: million, card: card(4.5, 0.45, 22.5) }
  ],
  params: {
    max_tokens: nullable(integer({ min: 1 })),
    temperature: nullable(decimal({ min: 0, max: 2 })),
    top_p: nullable(decimal({ min: 0, max: 1 })),
    top_k: nullable(integer({ min: 0 })),
    seed: nullable(integer()),
    stop: nullable(stringOr(array(string))),
    presence_penalty: nullable(decimal({ min: -2, max: 2 })),
    frequency_penalty: nullable(decimal({ min: -2, max: 2 })),
    reasoning_effort: nullable(oneOf("none", "low", "medium", "high", "max")),
    reasoning_history: nullable(oneOf("disabled", "interleaved", "preserved")),
    thinking: object({ type: oneOf("enabled", "disabled"), budget_tokens: integer({ min: 1024 }) }, ["type"]),
    response_format: nullable(jsonSchemaFormat),
    service_tier: nullable(oneOf("priority")),
    stream_options: nullable(object({ include_usage: boolean })),
    prompt_cache_key: string,
    user: nullable(string)
  },
  assistant: { reasoning_content: nullable(string), name: string },
  toolChoice: anyToolChoice,
  thinking: (body, { id }) => {
    const effort = stringAt(body, "reasoning_effort")
    const asked = stringAt(objectAt(body, "thinking"), "type")
    if (effort !== undefined && asked !== undefined) {
      return problem(400, "reasoning_effort and thinking can't be used together.")
    }
    if (asked !== undefined) return asked === "disabled" ? "none" : "medium"
    const isGlm = id.includes("/glm-")
    switch (effort) {
      case undefined:
        return "medium"
      case "none":
        return id.includes("/gpt-oss") ? problem(400, "reasoning_effort 'none' is not supported.") : "none"
      case "max":
        return isGlm ? "max" : problem(400, "reasoning_effort 'max' is not supported.")
      default:
        if (isGlm && effort !== "high") return problem(400, `reasoning_effort '${effort}' is not supported.`)
        return effort === "low" || effort === "high" ? effort : "medium"
    }
  },
  thoughts: (text) => ({ reasoning_content: text }),
  usage: ({ input, output, read, reasoning }) => ({
    prompt_tokens: input,
    total_tokens: input + output,
    completion_tokens: output,
    prompt_tokens_details: { cached_tokens: read },
    completion_tokens_details: { reasoning_tokens: reasoning }
  }),
  streamUsage: "asked",
  tiers: { default: { times: 1n, per: 1n }, priority: { times: 3n, per: 2n } },
  members: ({ streams }) => ({ object: streams ? "chat.completion.chunk" : "chat.completion" }),
  idPrefix: "",
  error: ({ code, message, type }) => ({ error: { object: "error", type, code: code ?? type, message } }),
  failure: (failure) => ({ ...ofFailure(failure), code: failure.code ?? null }),
  cache: { minimumTokens: 512, ttlMillis: 3_600_000 }
}

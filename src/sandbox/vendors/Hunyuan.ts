/**
 * Tencent's Hunyuan over TokenHub, from cloud.tencent.com (2026-11-23); rates written by hand, from resellers.
 *
 * Its errors, which prompts are cached, and that thoughts are taken back, are unverified.
 */
import { objectAt, stringAt } from "../Json.ts"
import { array, boolean, decimal, integer, nullable, object, oneOf, string, stringOr } from "../Shape.ts"
import { anyToolChoice, card, jsonSchemaFormat, thinkingSwitch, uncached, type Vendor } from "../chat/Vendor.ts"
import { ofFailure, problem } from "../openai/Problem.ts"

const blind = { reasoning: true, vision: false }

export const hunyuan: Vendor = {
  provider: "hunyuan",
  basePath: "/hunyuan/v1",
  models: [
    { ...blind, id: "hy4", maxInput: 1_024_000, card: card(0.417, 0.417, 1.2505), cache: uncached },
    { ...blind, id: "hy4-preview", maxInput: 1_024_000, card: card(0.834, 0.042, 2.501) },
    { ...blind, id: "hy3", maxInput: 256_000, card: card(0.132, 0.132, 0.528), cache: uncached }
  ],
  params: {
    max_tokens: integer({ min: 1 }),
    temperature: decimal({ min: 0, max: 2 }),
    top_p: decimal({ min: 0, max: 1 }),
    seed: integer(),
    stop: stringOr(array(string)),
    thinking: thinkingSwitch,
    reasoning_effort: oneOf("low", "medium", "high"),
    response_format: jsonSchemaFormat,
    stream_options: object({ include_usage: boolean }),
    user: string
  },
  assistant: { reasoning_content: nullable(string) },
  toolChoice: anyToolChoice,
  thinking: (body) => {
    const effort = stringAt(body, "reasoning_effort")
    if (stringAt(objectAt(body, "thinking"), "type") === "disabled") {
      return effort === undefined ? "none" : problem(400, "reasoning_effort needs thinking to be enabled.")
    }
    return effort === "low" || effort === "high" ? effort : "medium"
  },
  thoughts: (text) => ({ reasoning_content: text }),
  usage: ({ input, output, read, reasoning }) => ({
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: read },
    completion_tokens_details: { reasoning_tokens: reasoning }
  }),
  streamUsage: "asked",
  members: ({ streams }) => ({ object: streams ? "chat.completion.chunk" : "chat.completion", note: "AI generated" }),
  idPrefix: "hy-",
  error: ({ code, message, status, type }) => ({ error: { message, type, code: code ?? String(status) } }),
  failure: (failure) => ({ ...ofFailure(failure), code: failure.code ?? null }),
  cache: { minimumTokens: 1024, ttlMillis: 600_000 }
}

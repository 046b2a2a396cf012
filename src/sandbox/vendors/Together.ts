/**
 * Together AI, from the types of `together-ai@0.52.0` (2026-11-23); rates written by hand.
 *
 * Which prompts are cached, `cached_tokens` in the usage, and the codes of errors are unverified.
 */
import { at, listAt, objectAt, stringAt } from "../Json.ts"
import { any, array, boolean, decimal, integer, nullable, object, oneOf, string, stringOr } from "../Shape.ts"
import { anyToolChoice, card, jsonSchemaFormat, uncached, type Vendor } from "../chat/Vendor.ts"
import { ofFailure, problem } from "../openai/Problem.ts"
import { batches } from "./TogetherBatches.ts"

const seeing = { reasoning: true, vision: true }
const blind = { reasoning: true, vision: false }
const million = 1_048_576

export const together: Vendor = {
  provider: "together",
  basePath: "/together/v1",
  models: [
    { ...blind, id: "deepseek-ai/DeepSeek-V4-Pro-0813", maxInput: million, card: card(1.32, 0.13, 3.96) },
    { ...seeing, id: "deepseek-ai/DeepSeek-V4.1-Flash", maxInput: million, card: card(0.3, 0.006, 1.2) },
    { ...seeing, id: "MiniMaxAI/MiniMax-M3", maxInput: 524_288, card: card(0.3, 0.06, 1.2) },
    { ...seeing, id: "moonshotai/Kimi-K3", maxInput: million, card: card(3, 0.3, 15) },
    { ...blind, id: "openai/gpt-oss-120b", maxInput: 131_072, card: card(0.15, 0.15, 0.6), cache: uncached },
    { ...blind, id: "openai/gpt-oss-20b", maxInput: 131_072, card: card(0.05, 0.05, 0.2), cache: uncached },
    { ...seeing, id: "Qwen/Qwen3.5-9B", maxInput: 262_144, card: card(0.17, 0.17, 0.25), cache: uncached },
    {
      reasoning: false,
      vision: false,
      id: "Qwen/Qwen3.7-Max",
      maxInput: 1_000_000,
      card: card(2.5, 0.5, 7.5)
    },
    {
      reasoning: false,
      vision: false,
      id: "meta-llama/Llama-3.3-70B-Instruct-Turbo",
      maxInput: 131_072,
      card: card(1.04, 1.04, 1.04),
      cache: uncached
    },
    { ...blind, id: "zai-org/GLM-5.3", maxInput: million, card: card(1.4, 0.26, 4.4) },
    { ...seeing, id: "zai-org/GLM-5.3-Flash", maxInput: million, card: card(0.15, 0.03, 0.5) }
  ],
  params: {
    max_tokens: integer({ min: 1 }),
    temperature: decimal({ min: 0, max: 1 }),
    top_p: decimal({ min: 0, max: 1 }),
    top_k: integer(),
    min_p: decimal({ min: 0, max: 1 }),
    seed: integer(),
    stop: array(string),
    presence_penalty: decimal({ min: -2, max: 2 }),
    frequency_penalty: decimal({ min: -2, max: 2 }),
    repetition_penalty: decimal(),
    reasoning: object({ enabled: boolean }),
    reasoning_effort: oneOf("low", "medium", "high"),
    chat_template_kwargs: any,
    response_format: jsonSchemaFormat,
    context_length_exceeded_behavior: oneOf("truncate", "error"),
    compliance: oneOf("hipaa"),
    safety_model: string
  },
  assistant: { reasoning: nullable(string), reasoning_content: nullable(string), name: string },
  toolChoice: stringOr(anyToolChoice),
  thinking: (body, { id, reasoning }) => {
    const enabled = at(objectAt(body, "reasoning"), "enabled")
    const effort = stringAt(body, "reasoning_effort")
    if (!reasoning) {
      return enabled === undefined && effort === undefined ? undefined : problem(400, "This model does not reason.")
    }
    if (enabled === false) {
      return id.startsWith("openai/gpt-oss") ? problem(400, "Reasoning can't be disabled for this model.") : "none"
    }
    return effort === "low" || effort === "high" ? effort : "medium"
  },
  check: (body) =>
    listAt(body, "messages").some((message) =>
        stringAt(message, "role") === "system" && Array.isArray(at(message, "content"))
      )
      ? problem(400, "Input validation error: system content must be a string", { param: "messages" })
      : undefined,
  thoughts: (text) => ({ reasoning: text }),
  usage: ({ input, output, read }) => ({
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    cached_tokens: read
  }),
  streamUsage: "with finish",
  nullUsage: true,
  members: ({ streams }) => streams ? { object: "chat.completion.chunk" } : { object: "chat.completion", prompt: [] },
  batches,
  idPrefix: "o",
  // There is no word for what was filtered, and one of its own for an end.
  finishReasons: { stop: "eos", filter: "eos" },
  error: ({ code, message, param, type }) => ({ id: "o", error: { message, type, param, code } }),
  failure: (failure) =>
    failure.status === 402
      ? problem(402, failure.message ?? "Credit limit exceeded.", { type: "credit_limit", code: failure.code ?? null })
      : ofFailure(failure),
  cache: { minimumTokens: 1024, ttlMillis: 3_600_000 }
}

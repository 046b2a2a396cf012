/**
 * vLLM, from docs.vllm.ai (2026-11-23), and from memory but for where thoughts are.
 */
import { at, objectAt } from "../Json.ts"
import { any, anyObject, array, boolean, decimal, integer, nullable, object, string, stringOr } from "../Shape.ts"
import { anyToolChoice, card, jsonSchemaFormat, uncached, type Vendor } from "../chat/Vendor.ts"

const types: Readonly<Record<number, string>> = { 400: "BadRequestError", 404: "NotFoundError" }

/** Nobody is charged. */
const own = { vision: true, maxInput: 131_072, card: card(0, 0, 0), cache: uncached }

export const vllm: Vendor = {
  provider: "vllm",
  basePath: "/vllm/v1",
  models: [
    { ...own, id: "meta-llama/Llama-3.2-3B-Instruct", reasoning: false },
    { ...own, id: "Qwen/Qwen3-8B", reasoning: true }
  ],
  params: {
    max_tokens: nullable(integer({ min: 1 })),
    temperature: nullable(decimal({ min: 0 })),
    top_p: nullable(decimal({ min: 0, max: 1 })),
    seed: nullable(integer()),
    stop: nullable(stringOr(array(string))),
    presence_penalty: nullable(decimal({ min: -2, max: 2 })),
    frequency_penalty: nullable(decimal({ min: -2, max: 2 })),
    response_format: jsonSchemaFormat,
    stream_options: nullable(object({ include_usage: boolean })),
    top_k: integer(),
    min_p: decimal(),
    repetition_penalty: decimal(),
    guided_json: any,
    structured_outputs: anyObject,
    chat_template_kwargs: anyObject
  },
  assistant: {},
  toolChoice: anyToolChoice,
  thinking: (body, { reasoning }) => {
    const isOn = at(objectAt(body, "chat_template_kwargs"), "enable_thinking") !== false
    return reasoning ? isOn ? "medium" : "none" : undefined
  },
  thoughts: (text) => ({ reasoning: text }),
  usage: ({ input, output }) => ({
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: null
  }),
  streamUsage: "asked",
  members: ({ streams }) => ({
    object: streams ? "chat.completion.chunk" : "chat.completion",
    prompt_logprobs: null
  }),
  idPrefix: "chatcmpl-",
  error: ({ message, param, status }) => ({
    error: { message, type: types[status] ?? "InternalServerError", param, code: status }
  }),
  cache: { minimumTokens: 1024, ttlMillis: 0 }
}

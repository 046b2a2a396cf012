/**
 * The server of llama.cpp, from memory but for its choices of tools (pypi.org/project/langchain-llama-cpp, 2026-11-23).
 */
import { at, objectAt } from "../Json.ts"
import { anyObject, array, boolean, decimal, integer, nullable, object, oneOf, string, stringOr } from "../Shape.ts"
import { card, jsonSchemaFormat, uncached, type Vendor } from "../chat/Vendor.ts"

/** Nobody is charged. */
const own = { vision: true, maxInput: 131_072, card: card(0, 0, 0), cache: uncached }

export const llamaCpp: Vendor = {
  provider: "llamacpp",
  basePath: "/llamacpp/v1",
  models: [
    { ...own, id: "gemma-4", reasoning: false },
    { ...own, id: "qwen3.6", reasoning: true }
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
    cache_prompt: boolean,
    grammar: string,
    chat_template_kwargs: anyObject
  },
  assistant: {},
  toolChoice: oneOf("none", "auto", "required"),
  thinking: (body, { reasoning }) => {
    const isOn = at(objectAt(body, "chat_template_kwargs"), "enable_thinking") !== false
    return reasoning ? isOn ? "medium" : "none" : undefined
  },
  thoughts: (text) => ({ reasoning_content: text }),
  usage: ({ input, output }) => ({
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output
  }),
  streamUsage: "asked",
  members: ({ streams }) => ({
    object: streams ? "chat.completion.chunk" : "chat.completion",
    system_fingerprint: "b11429",
    timings: { prompt_n: 7, predicted_n: 3 }
  }),
  idPrefix: "chatcmpl-",
  error: ({ message, status, type }) => ({ error: { code: status, message, type } }),
  cache: { minimumTokens: 1024, ttlMillis: 0 }
}

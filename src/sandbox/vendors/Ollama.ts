/**
 * Ollama's surface for OpenAI's SDKs, from docs.ollama.com (2026-11-23). Where thoughts are, and its errors, are from memory.
 */
import { listAt, stringAt } from "../Json.ts"
import { array, boolean, decimal, integer, nullable, object, oneOf, string, stringOr } from "../Shape.ts"
import { card, jsonSchemaFormat, uncached, type Vendor } from "../chat/Vendor.ts"
import { problem } from "../openai/Problem.ts"

/** Nobody is charged. */
const own = { vision: true, maxInput: 131_072, card: card(0, 0, 0), cache: uncached }

export const ollama: Vendor = {
  provider: "ollama",
  basePath: "/ollama/v1",
  models: [
    { ...own, id: "llama3.2", reasoning: false },
    { ...own, id: "qwen3:8b", reasoning: true }
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
    reasoning_effort: oneOf("none", "low", "medium", "high"),
    reasoning: object({ effort: string })
  },
  assistant: {},
  toolChoice: oneOf("auto"),
  thinking: (body, { id, reasoning }) => {
    const effort = stringAt(body, "reasoning_effort")
    if (!reasoning) {
      return effort === undefined || effort === "none"
        ? undefined
        : problem(400, `"${id}" does not support thinking`)
    }
    return effort === "none" || effort === "low" || effort === "high" ? effort : "medium"
  },
  check: (body) =>
    /"url":"https?:/.test(JSON.stringify(listAt(body, "messages"))) ? problem(400, "invalid image input") : undefined,
  thoughts: (text) => ({ reasoning: text }),
  usage: ({ input, output }) => ({
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output
  }),
  streamUsage: "asked",
  members: ({ streams }) => ({
    object: streams ? "chat.completion.chunk" : "chat.completion",
    system_fingerprint: "fp_ollama"
  }),
  idPrefix: "chatcmpl-",
  error: ({ message }) => ({ error: { message, type: "api_error", param: null, code: null } }),
  cache: { minimumTokens: 1024, ttlMillis: 0 }
}

/**
 * Z.AI, from the code of `z-ai-sdk-python` and docs.z.ai (2026-11-23); rates written by hand.
 *
 * Codes of errors besides 1302, 1113 and 1301 are unverified.
 */
import { at, stringAt } from "../Json.ts"
import { any, array, boolean, decimal, integer, nullable, oneOf, string } from "../Shape.ts"
import { card, jsonObjectFormat, thinkingSwitch, type Vendor } from "../chat/Vendor.ts"
import { ofFailure, problem } from "../openai/Problem.ts"

const codes: Readonly<Record<number, string>> = { 400: "1214", 401: "1000", 404: "1211", 429: "1302", 500: "1234" }

const text = { reasoning: true, vision: false, maxInput: 200_000 }

export const zai: Vendor = {
  provider: "zai",
  basePath: "/zai/api/paas/v4",
  models: [
    { ...text, id: "glm-4.5", maxInput: 131_072, card: card(0.6, 0.11, 2.2) },
    { ...text, id: "glm-4.5-air", maxInput: 131_072, card: card(0.2, 0.03, 1.1) },
    { ...text, id: "glm-4.6", card: card(0.6, 0.11, 2.2) },
    { ...text, id: "glm-4.7", card: card(0.6, 0.11, 2.2) },
    { ...text, id: "glm-4.7-flashx", card: card(0.07, 0.01, 0.4) },
    { ...text, id: "glm-5", card: card(1, 0.2, 3.2) },
    { ...text, id: "glm-5-turbo", card: card(1.2, 0.24, 4) },
    { ...text, id: "glm-5.1", card: card(1.4, 0.26, 4.4) },
    { ...text, id: "glm-5.2", maxInput: 1_000_000, card: card(1.4, 0.26, 4.4) },
    { ...text, id: "glm-5.3", maxInput: 1_000_000, card: card(1.4, 0.26, 4.4) },
    { ...text, id: "glm-5.3-flash", vision: true, maxInput: 1_000_000, card: card(0.15, 0.03, 0.5) },
    { ...text, id: "glm-5.3-flashx", vision: true, maxInput: 1_000_000, card: card(0.37, 0.075, 1.25) },
    { ...text, id: "glm-5v-turbo", vision: true, card: card(1.2, 0.24, 4) }
  ],
  params: {
    max_tokens: integer({ min: 1, max: 131_072 }),
    temperature: decimal({ min: 0.01, max: 0.99 }),
    top_p: decimal({ min: 0.01, max: 0.99 }),
    do_sample: boolean,
    seed: integer(),
    stop: array(string, { max: 1 }),
    thinking: thinkingSwitch,
    response_format: jsonObjectFormat,
    tool_stream: boolean,
    request_id: string,
    user_id: string,
    web_search: any
  },
  assistant: { reasoning_content: nullable(string) },
  toolChoice: oneOf("auto"),
  thinking: (body) => stringAt(at(body, "thinking"), "type") === "disabled" ? "none" : "medium",
  thoughts: (text) => ({ reasoning_content: text }),
  usage: ({ input, output, read, reasoning }) => ({
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: read },
    completion_tokens_details: { reasoning_tokens: reasoning }
  }),
  streamUsage: "with finish",
  members: ({ requestId }) => ({ request_id: requestId }),
  idPrefix: "glm-",
  requestIdIn: "members",
  finishReasons: { filter: "sensitive" },
  error: ({ code, message, status }) => ({
    error: { code: /^\d+$/.test(code ?? "") ? code : codes[status] ?? "1234", message }
  }),
  failure: (failure) =>
    failure.code === "1113"
      ? problem(429, failure.message ?? "Insufficient balance or no resource package. Please recharge.", {
        code: "1113"
      })
      : failure.code === "1301"
      ? problem(400, failure.message ?? "System detected potentially unsafe or sensitive content.", { code: "1301" })
      : { ...ofFailure(failure), code: failure.code ?? null },
  cache: { minimumTokens: 1024, ttlMillis: 600_000 }
}

/**
 * BytePlus ModelArk, from docs.byteplus.com (2026-11-23); rates written by hand, from a reseller. Codes of errors are
 * unverified.
 */
import { at, objectAt, stringAt } from "../Json.ts"
import { any, array, boolean, decimal, integer, nullable, object, oneOf, string, stringOr } from "../Shape.ts"
import { anyToolChoice, card, jsonSchemaFormat, uncached, type Vendor } from "../chat/Vendor.ts"
import { ofFailure, problem } from "../openai/Problem.ts"

const codes: Readonly<Record<number, string>> = {
  400: "InvalidParameter",
  401: "AuthenticationError",
  404: "InvalidEndpointOrModel.NotFound",
  429: "RateLimitExceeded.EndpointRPMExceeded",
  500: "InternalServiceError",
  503: "ServerOverloaded"
}

const types: Readonly<Record<number, string>> = { 400: "BadRequest", 401: "Unauthorized", 404: "NotFound" }

const seed = { reasoning: true, vision: true, maxInput: 256_000, cache: uncached }

export const byteDance: Vendor = {
  provider: "bytedance",
  basePath: "/bytedance/api/v3",
  models: [
    { ...seed, id: "seed-2-1-turbo", card: card(0.5, 0.5, 2.5) },
    { ...seed, id: "seed-2-0-lite-260228", card: card(0.25, 0.25, 2) },
    { ...seed, id: "seed-2-0-mini-260215", card: card(0.1, 0.1, 0.4) },
    { ...seed, id: "seed-2-0-code", card: card(0.5, 0.5, 3) },
    { ...seed, id: "seed-1-6-flash", card: card(0.075, 0.075, 0.3) }
  ],
  params: {
    max_tokens: nullable(integer({ min: 1 })),
    max_completion_tokens: nullable(integer({ min: 0, max: 65_536 })),
    temperature: nullable(decimal({ min: 0, max: 2 })),
    top_p: nullable(decimal({ min: 0, max: 1 })),
    presence_penalty: nullable(decimal({ min: -2, max: 2 })),
    frequency_penalty: nullable(decimal({ min: -2, max: 2 })),
    stop: nullable(stringOr(array(string, { max: 4 }))),
    thinking: object({ type: oneOf("enabled", "disabled", "auto") }, ["type"]),
    reasoning_effort: oneOf("minimal", "low", "medium", "high"),
    service_tier: oneOf("auto", "default"),
    parallel_tool_calls: boolean,
    response_format: jsonSchemaFormat,
    logit_bias: any,
    stream_options: nullable(object({ include_usage: boolean, chunk_include_usage: boolean }))
  },
  assistant: { reasoning_content: nullable(string) },
  toolChoice: anyToolChoice,
  thinking: (body) => {
    const effort = stringAt(body, "reasoning_effort")
    if (stringAt(objectAt(body, "thinking"), "type") === "disabled") {
      return effort === undefined ? "none" : problem(400, "reasoning_effort is of no use while thinking is disabled.")
    }
    return effort === "minimal" || effort === "low" || effort === "high" ? effort : "medium"
  },
  check: (body, effort) =>
    at(body, "max_tokens") !== undefined && at(body, "max_completion_tokens") !== undefined
      ? problem(400, "max_tokens and max_completion_tokens exclude each other.", { param: "max_tokens" })
      : effort !== "none" && at(body, "stop") !== undefined
      ? problem(400, "stop is not supported while thinking.", { param: "stop" })
      : undefined,
  thoughts: (text) => ({ reasoning_content: text }),
  usage: ({ input, output, reasoning }) => ({
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: reasoning }
  }),
  streamUsage: "asked",
  nullUsage: true,
  members: ({ streams }) => ({
    object: streams ? "chat.completion.chunk" : "chat.completion",
    service_tier: "default"
  }),
  idPrefix: "02",
  error: ({ code, message, param, status }) => ({
    error: {
      code: code ?? codes[status] ?? "InternalServiceError",
      message,
      param: param ?? "",
      type: types[status] ?? ""
    }
  }),
  failure: (failure) => ({ ...ofFailure(failure), code: failure.code ?? null }),
  cache: { minimumTokens: 1024, ttlMillis: 0 }
}

/**
 * Moonshot AI, from the code of `@ai-sdk/moonshotai@3.0.60` (2026-11-23); rates written by hand.
 *
 * Which prompts are cached, for how long, and the types of errors by status are unverified.
 */
import { at, listAt, objectAt, stringAt } from "../Json.ts"
import { array, boolean, integer, nullable, object, oneOf, string, stringOr } from "../Shape.ts"
import { anyToolChoice, card, jsonSchemaFormat, type Vendor } from "../chat/Vendor.ts"
import { ofFailure, type Problem, problem } from "../openai/Problem.ts"

const kimi = { reasoning: true, vision: true }

const types: Readonly<Record<number, string>> = {
  401: "authentication_error",
  404: "not_found_error",
  429: "rate_limit_reached_error",
  500: "server_error",
  503: "service_unavailable"
}

const invalid = (message: string): Problem => problem(400, message, { type: "invalid_request_error" })

export const moonshot: Vendor = {
  provider: "moonshot",
  basePath: "/moonshot/v1",
  models: [
    { ...kimi, id: "kimi-k2.6", maxInput: 262_144, card: card(0.95, 0.16, 4) },
    { ...kimi, id: "kimi-k2.7-code", maxInput: 262_144, card: card(0.95, 0.19, 4) },
    { ...kimi, id: "kimi-k2.7-code-highspeed", maxInput: 262_144, card: card(1.9, 0.38, 8) },
    { ...kimi, id: "kimi-k3", maxInput: 1_048_576, card: card(3, 0.3, 15) },
    { ...kimi, id: "kimi-k3.1-pro", maxInput: 1_048_576, card: card(2, 0.2, 10) },
    { ...kimi, id: "kimi-k3.1-pro-highspeed", maxInput: 1_048_576, card: card(4, 0.2, 20) }
  ],
  params: {
    max_completion_tokens: nullable(integer({ min: 1 })),
    stop: nullable(stringOr(array(string))),
    thinking: object({ type: oneOf("enabled", "disabled"), keep: oneOf("all") }, ["type"]),
    reasoning_effort: oneOf("low", "high", "max"),
    response_format: jsonSchemaFormat,
    stream_options: nullable(object({ include_usage: boolean })),
    prompt_cache_key: string,
    safety_identifier: string
  },
  assistant: { reasoning_content: nullable(string), partial: boolean, name: string },
  definition: { strict: boolean },
  toolChoice: anyToolChoice,
  thinking: (body, { id }) => {
    const asked = stringAt(at(body, "thinking"), "type")
    const effort = stringAt(body, "reasoning_effort")
    if (id.startsWith("kimi-k3")) {
      if (asked !== undefined) return invalid("thinking is not supported by this model.")
      return effort === "low" ? "low" : effort === "high" ? "high" : "max"
    }
    if (effort !== undefined) return invalid("reasoning_effort is not supported by this model.")
    if (asked === "disabled") return id === "kimi-k2.6" ? "none" : invalid("Thinking can't be disabled.")
    return "medium"
  },
  check: (body) => {
    if (at(body, "tool_choice") === "required" && stringAt(body, "model")?.startsWith("kimi-k2.") === true) {
      return invalid("tool_choice 'required' is not supported by this model.")
    }
    const urls = listAt(body, "messages").flatMap((message) =>
      listAt(message, "content").flatMap((part) => stringAt(objectAt(part, "image_url"), "url") ?? [])
    )
    return urls.some((url) => !/^(data:|ms:\/\/)/.test(url)) ? invalid("unsupported image url.") : undefined
  },
  thoughts: (text) => ({ reasoning_content: text }),
  usage: ({ input, output, read, reasoning }) => ({
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    cached_tokens: read,
    completion_tokens_details: { reasoning_tokens: reasoning }
  }),
  streamUsage: "asked",
  members: () => ({ object: "chat.completion" }),
  idPrefix: "chatcmpl-",
  error: ({ code, message, type }) => ({ error: { message, type: type === "server_error" ? code ?? type : type } }),
  failure: (failure) => ({
    ...ofFailure(failure),
    type: failure.code ?? types[failure.status] ?? "invalid_request_error"
  }),
  cache: { minimumTokens: 256, ttlMillis: 600_000 }
}

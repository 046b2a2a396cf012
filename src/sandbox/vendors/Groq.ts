/**
 * Groq, from the types of `groq-sdk@1.6.0` and console.groq.com (2026-11-23); rates written by hand.
 *
 * Which prompts are cached, and what compound models cost, is unverified.
 */
import { at, stringAt } from "../Json.ts"
import { any, array, boolean, decimal, integer, nullable, oneOf, string, stringOr } from "../Shape.ts"
import { anyToolChoice, card, jsonSchemaFormat, type Model, uncached, type Vendor } from "../chat/Vendor.ts"
import { metadata, openAi } from "../openai/BatchStyle.ts"
import { type Problem, problem } from "../openai/Problem.ts"

const text = { reasoning: false, vision: false, maxInput: 131_072 }
const unit = { times: 1n, per: 1n }

const isGptOss = ({ id }: Model) => id.startsWith("openai/gpt-oss")

/** From one day to seven. */
const windows = Object.fromEntries(
  [1, 2, 3, 4, 5, 6, 7].flatMap((days) => [[`${days * 24}h`, days], [`${days}d`, days]] as const)
    .map(([window, days]) => [window, days * 86_400_000])
)

const notThere = (name: string): Problem => problem(400, `${name} is not supported with this model`, { param: name })

export const groq: Vendor = {
  provider: "groq",
  basePath: "/groq/openai/v1",
  models: [
    { ...text, id: "llama-3.1-8b-instant", card: card(0.05, 0.05, 0.08), cache: uncached },
    { ...text, id: "llama-3.3-70b-versatile", card: card(0.59, 0.59, 0.79), cache: uncached },
    { ...text, id: "openai/gpt-oss-120b", reasoning: true, card: card(0.15, 0.075, 0.6) },
    { ...text, id: "openai/gpt-oss-20b", reasoning: true, card: card(0.075, 0.0375, 0.3) },
    { ...text, id: "openai/gpt-oss-safeguard-20b", reasoning: true, card: card(0.075, 0.0375, 0.3) },
    { ...text, id: "qwen/qwen3.6-27b", reasoning: true, vision: true, card: card(0.6, 0.3, 3) },
    { ...text, id: "qwen/qwen3.8-27b", reasoning: true, vision: true, card: card(0.8, 0.8, 4), cache: uncached },
    { ...text, id: "groq/compound", card: card(0.15, 0.15, 0.6), cache: uncached },
    { ...text, id: "groq/compound-mini", card: card(0.15, 0.15, 0.6), cache: uncached }
  ],
  params: {
    max_completion_tokens: nullable(integer({ min: 1 })),
    temperature: nullable(decimal({ min: 0, max: 2 })),
    top_p: nullable(decimal({ min: 0, max: 1 })),
    seed: nullable(integer()),
    stop: nullable(stringOr(array(string, { max: 4 }))),
    parallel_tool_calls: nullable(boolean),
    reasoning_effort: nullable(oneOf("none", "default", "low", "medium", "high")),
    reasoning_format: nullable(oneOf("hidden", "raw", "parsed")),
    include_reasoning: nullable(boolean),
    response_format: nullable(jsonSchemaFormat),
    service_tier: nullable(oneOf("auto", "on_demand", "flex", "performance")),
    citation_options: nullable(oneOf("enabled", "disabled")),
    documents: any,
    search_settings: any,
    compound_custom: any,
    disable_tool_validation: boolean,
    user: nullable(string)
  },
  assistant: { reasoning: nullable(string), name: string },
  definition: { strict: boolean },
  toolChoice: anyToolChoice,
  thinking: (body, model) => {
    const effort = stringAt(body, "reasoning_effort")
    if (!model.reasoning) return effort === undefined ? undefined : notThere("reasoning_effort")
    if (isGptOss(model) && at(body, "reasoning_format") !== undefined) return notThere("reasoning_format")
    switch (effort) {
      case "none":
        return isGptOss(model) ? notThere("reasoning_effort") : "none"
      case "low":
      case "medium":
      case "high":
        return model.id === "qwen/qwen3.6-27b" ? notThere("reasoning_effort") : effort
      case "default":
        return isGptOss(model) ? notThere("reasoning_effort") : "medium"
      default:
        return "medium"
    }
  },
  search: (_, { id }) => id.startsWith("groq/compound") ? { domain: "news.example.com", cite: "link" } : undefined,
  found: ({ search }) =>
    search === undefined
      ? {}
      : {
        executed_tools: [{
          index: 0,
          type: "search",
          arguments: JSON.stringify({ query: search.query }),
          output: "",
          search_results: { results: [{ title: search.title, url: search.url, content: "…", score: 0.9 }] }
        }]
      },
  thoughts: (text) => ({ reasoning: text }),
  usage: ({ input, output, read, reasoning }) => ({
    queue_time: 0.01,
    prompt_tokens: input,
    prompt_time: 0.02,
    completion_tokens: output,
    completion_time: 0.05,
    total_tokens: input + output,
    total_time: 0.07,
    ...(read === 0 ? {} : { prompt_tokens_details: { cached_tokens: read } }),
    ...(reasoning === 0 ? {} : { completion_tokens_details: { reasoning_tokens: reasoning } })
  }),
  streamUsage: "with finish",
  finishMembers: (usage, { requestId }) => ({ x_groq: { id: requestId, usage } }),
  tiers: { on_demand: unit, flex: unit, performance: unit, auto: unit },
  batches: {
    ...openAi,
    endpoints: ["/v1/chat/completions"],
    windows,
    creation: { metadata },
    maxBytes: 100 * 1024 * 1024,
    oneModel: false,
    alteration: {},
    purposes: ["batch"]
  },
  members: ({ requestId, streams, tier }) => ({
    object: streams ? "chat.completion.chunk" : "chat.completion",
    system_fingerprint: "fp_loom",
    x_groq: { id: requestId },
    ...(streams ? {} : { service_tier: tier })
  }),
  idPrefix: "chatcmpl-",
  requestIdIn: "members",
  // There is no word for what was filtered.
  finishReasons: { filter: "stop" },
  error: ({ code, message, param, type }) => ({
    error: { message, type, ...(param === null ? {} : { param }), ...(code === null ? {} : { code }) }
  }),
  failure: ({ message, status }) =>
    status === 498
      ? problem(498, message ?? "Flex tier capacity exceeded.", { type: "server_error", code: "capacity_exceeded" })
      : undefined,
  cache: { minimumTokens: 1024, ttlMillis: 7_200_000 }
}

/**
 * OpenRouter, from the types of `@openrouter/sdk@1.3.19` and openrouter.ai/docs (2026-11-23); rates written by hand.
 *
 * Which prompts are cached is unverified, and a search costs what it does with OpenAI's models.
 */
import { at, listAt, objectAt, stringAt } from "../Json.ts"
import type { Policy } from "../PrefixCache.ts"
import {
  any,
  anyObject,
  array,
  boolean,
  byTag,
  decimal,
  integer,
  nullable,
  object,
  oneOf,
  string,
  stringOr
} from "../Shape.ts"
import { anyToolChoice, card, jsonSchemaFormat, type Vendor } from "../chat/Vendor.ts"
import { ofFailure } from "../openai/Problem.ts"

const seeing = { reasoning: true, vision: true }
const million = 1_048_576

/** OpenAI's models write on their own. */
const writing: Policy = { _tag: "Breakpoints", implicit: true, ttl: "30m", maxWrites: 4, minimumTokens: 1024 }
/** Anthropic's where they are told to. */
const marked: Policy = { _tag: "Marks", ttl: "5m", lookback: 20, minimumTokens: 1024 }

const perToken = (usd: number): bigint => BigInt(Math.round(usd * 1_000_000))

/** What is written costs a quarter more than what is read anew. */
const written = (ttl: string, input: number, cachedRead: number, output: number) => ({
  ...card(input, cachedRead, output),
  cacheWrite: { [ttl]: perToken(input * 1.25) }
})

const control = object({ type: oneOf("ephemeral"), ttl: oneOf("5m", "1h") }, ["type"])

const webPlugin = object({
  id: string,
  enabled: boolean,
  engine: string,
  mode: string,
  max_results: integer({ min: 1 }),
  max_uses: integer({ min: 1 }),
  search_prompt: string,
  include_domains: array(string),
  exclude_domains: array(string),
  user_location: object(
    { type: oneOf("approximate"), city: string, country: string, region: string, timezone: string },
    [
      "type"
    ]
  )
})

const efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const

const kinds: Readonly<Record<number, string>> = {
  400: "invalid_request",
  401: "authentication",
  402: "payment_required",
  404: "not_found",
  429: "rate_limit_exceeded",
  500: "server",
  502: "provider_unavailable",
  503: "provider_overloaded"
}

export const openRouter: Vendor = {
  provider: "openrouter",
  basePath: "/openrouter/api/v1",
  models: [
    {
      ...seeing,
      id: "anthropic/claude-haiku-5.5",
      maxInput: 1_000_000,
      card: {
        ...written("5m", 0.1, 0.01, 0.5),
        above: { tokens: 100_000, rates: written("5m", 0.5, 0.05, 2.5) }
      },
      cache: marked
    },
    {
      ...seeing,
      id: "anthropic/claude-sonnet-5.5",
      maxInput: 1_000_000,
      card: written("5m", 2, 0.1, 10),
      cache: marked
    },
    {
      ...seeing,
      id: "openai/gpt-6-luna",
      maxInput: 922_000,
      card: {
        ...written("30m", 0.1, 0.01, 0.5),
        above: { tokens: 272_000, rates: written("30m", 0.2, 0.02, 0.75) }
      },
      cache: writing
    },
    {
      ...seeing,
      id: "openai/gpt-6.1-sol",
      maxInput: 922_000,
      card: {
        ...written("30m", 2, 0.1, 10),
        above: { tokens: 272_000, rates: written("30m", 4, 0.2, 15) }
      },
      cache: writing
    },
    { ...seeing, id: "google/gemini-3.8-flash", maxInput: million, card: card(0.825, 0.0825, 4.125) },
    { ...seeing, id: "google/gemini-4-argon", maxInput: million, card: card(2, 0.1, 10) },
    {
      ...seeing,
      id: "x-ai/grok-4.7",
      maxInput: 500_000,
      // From there on, not above it.
      card: { ...card(2, 0.5, 6), above: { tokens: 199_999, rates: card(4, 1, 12) } }
    },
    { ...seeing, id: "moonshotai/kimi-k3", maxInput: million, card: card(3, 0.3, 15) }
  ],
  params: {
    max_completion_tokens: nullable(integer({ min: 1 })),
    max_tokens: nullable(integer({ min: 1 })),
    temperature: nullable(decimal({ min: 0, max: 2 })),
    top_p: nullable(decimal({ min: 0, max: 1 })),
    top_k: nullable(integer()),
    top_a: nullable(decimal()),
    min_p: nullable(decimal()),
    seed: nullable(integer()),
    stop: nullable(stringOr(array(string, { max: 4 }))),
    presence_penalty: nullable(decimal({ min: -2, max: 2 })),
    frequency_penalty: nullable(decimal({ min: -2, max: 2 })),
    repetition_penalty: nullable(decimal()),
    parallel_tool_calls: nullable(boolean),
    reasoning: object({ effort: nullable(oneOf(...efforts)), summary: nullable(string) }),
    reasoning_effort: nullable(oneOf(...efforts)),
    response_format: jsonSchemaFormat,
    service_tier: nullable(oneOf("auto", "default", "fast", "flex", "priority", "scale")),
    cache_control: control,
    prompt_cache_key: nullable(string),
    prompt_cache_options: any,
    provider: any,
    plugins: array(byTag("id", { web: webPlugin, "file-parser": anyObject })),
    models: array(string),
    session_id: string,
    metadata: anyObject,
    user: string
  },
  assistant: {
    reasoning: nullable(string),
    reasoning_details: array(
      byTag("type", { "reasoning.text": anyObject, "reasoning.summary": anyObject, "reasoning.encrypted": anyObject })
    ),
    refusal: nullable(string),
    name: string
  },
  part: { cache_control: control },
  content: {
    file: object({ type: string, file: object({ filename: string, file_data: string, file_id: string }) }, ["file"])
  },
  headers: new Set(["http-referer", "x-title"]),
  definition: { strict: nullable(boolean) },
  toolChoice: anyToolChoice,
  thinking: (body) => {
    const asked = stringAt(objectAt(body, "reasoning"), "effort") ?? stringAt(body, "reasoning_effort")
    return efforts.find((effort) => effort === asked) ?? "medium"
  },
  search: (body) =>
    listAt(body, "plugins").some((plugin) => stringAt(plugin, "id") === "web" && at(plugin, "enabled") !== false)
      ? { domain: "news.example.com", cite: "link" }
      : undefined,
  searchRate: 10_000_000_000n,
  found: ({ citations }) =>
    citations.length === 0
      ? {}
      : {
        annotations: citations.map(({ end, start, title, url }) => ({
          type: "url_citation",
          url_citation: { url, title, content: "…", start_index: start, end_index: end }
        }))
      },
  thoughts: (text) => ({
    reasoning: text,
    reasoning_details: [{ type: "reasoning.text", index: 0, format: "unknown", text }]
  }),
  usage: ({ input, output, read, reasoning, searches, usd, written }) => ({
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    cost: usd,
    is_byok: false,
    prompt_tokens_details: { cached_tokens: read, cache_write_tokens: written, audio_tokens: 0 },
    cost_details: {
      upstream_inference_cost: null,
      upstream_inference_prompt_cost: 0,
      upstream_inference_completions_cost: 0
    },
    completion_tokens_details: { reasoning_tokens: reasoning, audio_tokens: 0 },
    ...(searches === 0 ? {} : { server_tool_use_details: { web_search_requests: searches } })
  }),
  streamUsage: "always",
  tiers: { default: { times: 1n, per: 1n } },
  members: ({ streams, tier }) => ({
    object: streams ? "chat.completion.chunk" : "chat.completion",
    provider: "Example",
    system_fingerprint: null,
    service_tier: tier
  }),
  idPrefix: "gen-",
  error: ({ code, message, status }) => ({
    error: { code: status, message, ...(code === null ? {} : { metadata: { error_type: code } }) }
  }),
  failure: (failure) => ({ ...ofFailure(failure), code: failure.code ?? kinds[failure.status] ?? null }),
  cache: { minimumTokens: 1024, ttlMillis: 600_000 }
}

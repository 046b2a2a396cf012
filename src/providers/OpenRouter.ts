/**
 * OpenRouter, through OpenAI's SDK: models of many vendors behind one key. It tells what each call cost
 * (`cost.reportedUsd`).
 *
 * Read 2026-11-23: `@openrouter/sdk@1.3.19:esm/models`, openrouter.ai/docs (errors and debugging, web search).
 *
 * @since 1.0.0
 */
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Generator from "../Generator.ts"
import type { Params, Request } from "../Request.ts"
import type * as Transport from "../Transport.ts"
import { isRecord } from "../internal/json.ts"
import * as Cache from "../internal/promptCache.ts"
import * as Search from "../internal/webSearch.ts"
import * as Compatible from "./OpenAiCompatible.ts"

/**
 * How OpenRouter is reached, and with which key.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options extends Compatible.VendorOptions {
  /** Who asks, as OpenRouter's own rankings show it: nobody by default. */
  readonly app?: { readonly url?: string | undefined; readonly title?: string | undefined } | undefined
}

/**
 * What the SDK takes and gives: `native` in options and answers.
 *
 * @category models
 * @since 1.0.0
 */
export type Native = Compatible.Native<{
  /** Models to ask, one after the other, until one answers. */
  readonly models?: ReadonlyArray<string> | undefined
  /** Who may serve the model, and in which order. */
  readonly provider?: Readonly<Record<string, unknown>> | undefined
  readonly plugins?: ReadonlyArray<{ readonly id: string }> | undefined
  readonly reasoning?: { readonly effort?: string | undefined; readonly summary?: string | undefined } | undefined
  readonly cache_control?: { readonly type: "ephemeral"; readonly ttl?: "5m" | "1h" | undefined } | undefined
  /** Keeps a conversation with who served it, so that its cache is found. */
  readonly session_id?: string | undefined
  readonly top_k?: number | undefined
  readonly min_p?: number | undefined
  readonly top_a?: number | undefined
  readonly repetition_penalty?: number | undefined
}, {
  /** Who served it. */
  readonly provider?: string | undefined
  readonly usage?: {
    readonly cost?: number | null | undefined
    readonly cost_details?: Readonly<Record<string, number | null>> | null | undefined
    readonly is_byok?: boolean | undefined
  } | undefined
}>

/** It isn't told for how long: taken is what each vendor does where it isn't told otherwise. */
const writtenOf = (usage: unknown, model: string): Readonly<Record<string, number>> => {
  const details = isRecord(usage) ? usage.prompt_tokens_details : undefined
  const written = isRecord(details) ? details.cache_write_tokens : undefined
  return typeof written !== "number" || written === 0 ? {} : { [model.startsWith("openai/") ? "30m" : "5m"]: written }
}

const lifetimes = ["5m"] as const
const keyed = Compatible.cacheKey("prompt_cache_key")

/**
 * Anthropic's models keep what they are told to keep, others keep it by themselves. They could keep it for an hour too,
 * which costs more, and isn't told apart in usage.
 */
const promptCache = (asked: NonNullable<Params["promptCache"]>, request: Request): Compatible.Written => {
  const { capabilities, upstream } = request.model
  if (asked === false || !upstream.startsWith("anthropic/") || capabilities.promptCaching === false) {
    return keyed(asked, request)
  }
  const { breakpoints, key, ttl } = asked === true ? {} : asked
  const control = { cache_control: { type: "ephemeral" } }
  return {
    fields: {
      ...(key === undefined ? undefined : { prompt_cache_key: key }),
      ...(breakpoints === undefined ? control : undefined)
    },
    parts: ttl === undefined
      ? undefined
      : { ttl: { changed: Cache.lifetimeChange(ttl, Cache.lifetimeOf(ttl, lifetimes)) } },
    marks: breakpoints === undefined
      ? undefined
      : { messages: Compatible.keptUntil(request.prompt, breakpoints), fields: control }
  }
}

/** A plugin, which asks the vendor's own search where there is one, and Exa's for the others. */
const webSearch = (_: unknown, { params }: Request): Compatible.Written => {
  const asked = Search.askedOf(params)
  if (asked === undefined) return {}
  const { allowedDomains, blockedDomains, contextSize, location, maxUses } = asked
  return {
    fields: {
      plugins: [{
        id: "web",
        ...(maxUses === undefined ? undefined : { max_uses: maxUses }),
        ...(allowedDomains === undefined ? undefined : { include_domains: allowedDomains }),
        ...(blockedDomains === undefined ? undefined : { exclude_domains: blockedDomains }),
        ...(location === undefined ? undefined : {
          user_location: { type: "approximate", ...Search.placeOf(location) }
        })
      }]
    },
    parts: contextSize === undefined
      ? undefined
      : { contextSize: { dropped: "OpenRouter has a number of results instead (native: max_results)" } }
  }
}

const quirks: Compatible.Quirks = {
  params: {
    maxOutputTokens: "max_completion_tokens",
    temperature: "temperature",
    topP: "top_p",
    stop: "stop",
    seed: "seed",
    presencePenalty: "presence_penalty",
    frequencyPenalty: "frequency_penalty",
    reasoning: (effort, { model }) =>
      model.capabilities.reasoning === false ? {} : { fields: { reasoning: { effort } } },
    serviceTier: "service_tier",
    parallelToolCalls: "parallel_tool_calls",
    promptCache,
    webSearch
  },
  pdf: true,
  asksForUsage: false,
  thoughts: { text: ["reasoning"], pieces: "reasoning_details", goBack: true },
  usage: {
    cacheWrite: writtenOf,
    webSearches: ["server_tool_use_details", "web_search_requests"],
    cost: ["cost"]
  },
  carried: ["provider"],
  errorCode: ["error", "metadata", "error_type"],
  errors: {
    "400": "invalid",
    "401": "key",
    "402": "quota",
    "403": "filtered",
    "404": "invalid",
    "429": "limited",
    authentication: "key",
    permission_denied: "key",
    payment_required: "quota",
    rate_limit_exceeded: "limited",
    content_policy_violation: "filtered",
    refusal: "filtered",
    context_length_exceeded: "invalid",
    max_tokens_exceeded: "invalid",
    token_limit_exceeded: "invalid",
    string_too_long: "invalid",
    invalid_request: "invalid",
    invalid_prompt: "invalid",
    not_found: "invalid",
    payload_too_large: "invalid",
    unprocessable: "invalid",
    invalid_image: "invalid",
    image_too_large: "invalid",
    image_too_small: "invalid",
    unsupported_image_format: "invalid",
    image_not_found: "invalid",
    image_download_failed: "invalid"
  }
}

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (options?: Options): Effect.Effect<Generator.Generator, never, Transport.Transport> => {
  const { title, url } = options?.app ?? {}
  const headers = {
    ...(url === undefined ? undefined : { "HTTP-Referer": url }),
    ...(title === undefined ? undefined : { "X-Title": title })
  }
  return Compatible.vendor({
    provider: "openrouter",
    baseUrl: "https://openrouter.ai/api/v1",
    apiKeyEnv: "OPENROUTER_API_KEY",
    quirks: { ...quirks, headers }
  })(options)
}

/**
 * Provides OpenRouter as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

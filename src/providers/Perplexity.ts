/**
 * Perplexity, through OpenAI's SDK. Its models search the web before they answer, unless `webSearch` is `false`, and tell
 * what each call cost (`cost.reportedUsd`). They call no tools.
 *
 * Sonar Reasoning Pro thinks in the midst of its text, between `<think>` and `</think>`: from memory.
 *
 * Read 2026-11-23: `@perplexity-ai/perplexity_ai@0.38.5:resources/chat`, docs.perplexity.ai (chat-completions-post). That
 * citations and reasoning are counted beside the other tokens is unverified.
 *
 * @since 1.0.0
 */
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Generator from "../Generator.ts"
import type { Params, ReasoningEffort, Request } from "../Request.ts"
import type * as Transport from "../Transport.ts"
import { isRecord } from "../internal/json.ts"
import * as Search from "../internal/webSearch.ts"
import * as Compatible from "./OpenAiCompatible.ts"

/**
 * How Perplexity is reached, and with which key.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options extends Compatible.VendorOptions {}

/**
 * What the SDK takes and gives: `native` in options and answers.
 *
 * @category models
 * @since 1.0.0
 */
export type Native = Compatible.Native<{
  readonly search_mode?: "web" | "academic" | "sec" | undefined
  readonly search_domain_filter?: ReadonlyArray<string> | undefined
  readonly search_recency_filter?: "hour" | "day" | "week" | "month" | "year" | undefined
  readonly disable_search?: boolean | undefined
  readonly return_images?: boolean | undefined
  readonly return_related_questions?: boolean | undefined
  readonly stream_mode?: "full" | "concise" | undefined
}, {
  readonly citations?: ReadonlyArray<string> | null | undefined
  readonly search_results?:
    | ReadonlyArray<{
      readonly title: string
      readonly url: string
      readonly date?: string | null | undefined
      readonly last_updated?: string | null | undefined
      readonly snippet?: string | undefined
      readonly source?: string | undefined
    }>
    | null
    | undefined
  readonly usage?: {
    readonly search_context_size?: string | null | undefined
    readonly num_search_queries?: number | null | undefined
    readonly citation_tokens?: number | null | undefined
    readonly reasoning_tokens?: number | null | undefined
    readonly cost?: Readonly<Record<string, number | null>> | null | undefined
  } | undefined
}>

const efforts = Compatible.efforts({
  minimal: { reasoning_effort: "minimal" },
  low: { reasoning_effort: "low" },
  medium: { reasoning_effort: "medium" },
  high: { reasoning_effort: "high" }
})

/** Those that think can't be told not to. */
const reasoning = (asked: ReasoningEffort, { model }: Request): Compatible.Written =>
  model.capabilities.reasoning === false ? {} : efforts(asked)

const webSearch = (value: NonNullable<Params["webSearch"]>, { params }: Request): Compatible.Written => {
  if (value === false) return { fields: { disable_search: true } }
  const { allowedDomains, blockedDomains, contextSize, location, maxUses } = Search.askedOf(params) ?? {}
  const { timezone, ...place } = location ?? {}
  const domains = [...allowedDomains ?? [], ...(blockedDomains ?? []).map((domain) => `-${domain}`)]
  const options = {
    ...(contextSize === undefined ? undefined : { search_context_size: contextSize }),
    ...(location === undefined ? undefined : { user_location: Search.placeOf(place) })
  }
  return {
    fields: {
      ...(domains.length === 0 ? undefined : { search_domain_filter: domains }),
      ...(Object.keys(options).length === 0 ? undefined : { web_search_options: options })
    },
    parts: {
      ...(maxUses === undefined ? undefined : { maxUses: { dropped: "Perplexity has no limit" } }),
      ...(timezone === undefined ? undefined : {
        "location.timezone": { dropped: "Perplexity knows a place by its city, region and country" }
      })
    }
  }
}

/** Deep research is charged by the search, the others by the answer and how much it was to read. */
const requests = (usage: unknown, model: string): Readonly<Record<string, number>> => {
  const { num_search_queries: searches, search_context_size: size } = isRecord(usage) ? usage : {}
  if (typeof searches !== "number" || searches === 0) return {}
  return model === "sonar-deep-research" ? { web_search: searches } : { [`web_search_${String(size)}`]: 1 }
}

const listOf = (value: unknown): ReadonlyArray<unknown> => Array.isArray(value) ? value : []

/** What was found, or its bare addresses where that is all that is told. */
const sources = ({ citations, search_results: results }: Readonly<Record<string, unknown>>) => {
  const found = listOf(results).flatMap((result) =>
    isRecord(result) && typeof result.url === "string"
      ? [{ url: result.url, title: typeof result.title === "string" ? result.title : undefined }]
      : []
  )
  return found.length > 0 ? found : listOf(citations).flatMap((url) => typeof url === "string" ? [{ url }] : [])
}

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = Compatible
  .vendor({
    provider: "perplexity",
    baseUrl: "https://api.perplexity.ai",
    apiKeyEnv: "PERPLEXITY_API_KEY",
    quirks: {
      params: {
        maxOutputTokens: "max_tokens",
        temperature: "temperature",
        topP: "top_p",
        stop: "stop",
        reasoning,
        webSearch
      },
      asksForUsage: false,
      usage: {
        cacheRead: [],
        reasoning: ["reasoning_tokens"],
        reasoningBeside: true,
        inputBeside: [["citation_tokens"]],
        requests,
        cost: ["cost", "total_cost"]
      },
      carried: ["citations", "search_results", "images", "related_questions"],
      sources
    }
  })

/**
 * Provides Perplexity as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

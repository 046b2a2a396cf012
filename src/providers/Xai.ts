/**
 * xAI's Grok models, through OpenAI's SDK and the Responses protocol, and its images over HTTP. They search the web and X
 * by themselves where they are asked to (`webSearch`, or its tool `x_search`), and tell what each call cost
 * (`cost.reportedUsd`).
 *
 * Read 2026-11-23: `@ai-sdk/xai@5.0.12:src/responses`, docs.x.ai (pricing). That one of its own tools can be chosen by
 * OpenAI's `allowed_tools`, that it reads PDF as OpenAI does, what a search of X is called in its output, and what a tick of
 * its costs is worth are unverified.
 *
 * @since 1.0.0
 */
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type OpenAI from "openai"
import * as Generator from "../Generator.ts"
import type { Params, Request } from "../Request.ts"
import type * as Transport from "../Transport.ts"
import { withImages } from "../internal/modalities.ts"
import * as Search from "../internal/webSearch.ts"
import * as Compatible from "./OpenAiCompatible.ts"
import * as Responses from "./openai/ResponsesVendor.ts"
import * as Batches from "./xai/Batches.ts"
import type * as Images from "./xai/Images.ts"

/**
 * How xAI is reached, and with which key.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options extends Compatible.VendorOptions {}

/**
 * What the SDK takes and gives: `native` in options and answers; those of batches are chat completions.
 *
 * @category models
 * @since 1.0.0
 */
export interface Native {
  readonly request:
    | Partial<OpenAI.Responses.ResponseCreateParams> & {
      /** How often a model may go on after tools that it runs itself. */
      readonly max_turns?: number | undefined
    }
    | Images.Asking
  readonly reply:
    | OpenAI.Responses.Response & {
      readonly usage?: {
        readonly num_sources_used?: number | undefined
        readonly num_server_side_tools_used?: number | undefined
        readonly cost_in_usd_ticks?: number | undefined
      } | undefined
    }
    | Images.Answered
}

const mostDomains = 5

/** It has them flat, and not under `filters`. */
const searchToolOf = (request: Request): OpenAI.Responses.Tool | undefined => {
  const asked = Search.askedOf(request.params)
  if (asked === undefined || Search.isGiven(request)) return undefined
  const { allowedDomains, blockedDomains } = asked
  return {
    type: "web_search",
    ...(allowedDomains === undefined ? undefined : { allowed_domains: allowedDomains }),
    ...(blockedDomains === undefined ? undefined : { excluded_domains: blockedDomains })
  }
}

const webSearch = (_: unknown, request: Request): Compatible.Written => {
  const asked = Search.askedOf(request.params)
  if (asked === undefined || Search.isGiven(request)) return {}
  const { allowedDomains, blockedDomains, contextSize, location, maxUses } = asked
  const few = (domains: ReadonlyArray<string> | undefined): Compatible.Written =>
    (domains?.length ?? 0) > mostDomains ? { refused: `there can be ${mostDomains} at most` } : {}
  return {
    parts: {
      allowedDomains: few(allowedDomains),
      blockedDomains: few(blockedDomains),
      ...(maxUses === undefined ? undefined : { maxUses: { dropped: "xAI limits turns instead (native: max_turns)" } }),
      ...(location === undefined ? undefined : { location: { dropped: "xAI has no such option" } }),
      ...(contextSize === undefined ? undefined : { contextSize: { dropped: "xAI has no such option" } })
    }
  }
}

const levels = Compatible.efforts({
  none: { reasoning: { effort: "none" } },
  low: { reasoning: { effort: "low" } },
  medium: { reasoning: { effort: "medium" } },
  high: { reasoning: { effort: "high" } },
  xhigh: { reasoning: { effort: "xhigh" } }
})

const reasoning = (effort: NonNullable<Params["reasoning"]>, { model }: Request): Compatible.Written => {
  if (model.capabilities.reasoning !== false) return levels(effort)
  return effort === "none" ? {} : { dropped: "the model doesn't think" }
}

const ownTools = ["web_search", "x_search"]

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = withImages(
  Responses.vendor({
    provider: "xai",
    baseUrl: "https://api.x.ai/v1",
    apiKeyEnv: "XAI_API_KEY",
    quirks: {
      params: {
        maxOutputTokens: "max_output_tokens",
        temperature: "temperature",
        topP: "top_p",
        reasoning,
        serviceTier: "service_tier",
        parallelToolCalls: "parallel_tool_calls",
        promptCache: Compatible.cacheKey("prompt_cache_key"),
        webSearch
      },
      always: (request) => {
        const include = [
          ...(request.model.capabilities.reasoning === false ? [] : ["reasoning.encrypted_content"]),
          ...(searchToolOf(request) === undefined ? [] : ["web_search_call.action.sources"])
        ]
        return include.length === 0 ? {} : { fields: { include } }
      },
      errors: { "invalid-argument": "invalid" }
    },
    searchToolOf,
    soldIn: (items) =>
      Object.fromEntries(
        ownTools.map((tool) => [tool, items.filter((item) => item === `${tool}_call`).length] as const)
          .filter(([, count]) => count > 0)
      ),
    tellsTier: false,
    cost: { path: ["cost_in_usd_ticks"], perUsd: 1e10 },
    batches: Batches.make
  }),
  () => import("./xai/Images.ts")
)

/**
 * Provides xAI as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

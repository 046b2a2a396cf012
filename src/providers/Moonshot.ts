/**
 * Moonshot AI's Kimi models, through OpenAI's SDK. They think before they answer; K2.6 doesn't where `reasoning` is
 * `none`.
 *
 * China is served at `https://api.moonshot.cn/v1`.
 *
 * Read 2026-11-23: `@ai-sdk/moonshotai@3.0.60:src`, and issues of MoonshotAI/kimi-cli for the types of errors.
 *
 * @since 1.0.0
 */
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Generator from "../Generator.ts"
import type { ReasoningEffort, Request } from "../Request.ts"
import type * as Transport from "../Transport.ts"
import * as Compatible from "./OpenAiCompatible.ts"

/**
 * How Moonshot is reached, and with which key.
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
  /** `keep: "all"` has K2.6 read the thoughts of earlier turns, as later models always do. */
  readonly thinking?: { readonly type: "enabled" | "disabled"; readonly keep?: "all" | undefined } | undefined
}, {
  readonly usage?: { readonly cached_tokens?: number | undefined } | undefined
}>

const isK26 = ({ model }: Request): boolean => /^kimi-k2\.[56]\b/.test(model.upstream)
const isK27 = ({ model }: Request): boolean => model.upstream.startsWith("kimi-k2.7")

const fixed = (): Compatible.Written => ({ dropped: "the models have their own, and take no other" })

const enabled = { thinking: { type: "enabled" } }
const switched = Compatible.efforts({ none: { thinking: { type: "disabled" } }, high: enabled })
const always = Compatible.efforts({ high: enabled })
/** Three levels, of K3 and later. */
const leveled = Compatible.efforts({
  low: { reasoning_effort: "low" },
  high: { reasoning_effort: "high" },
  max: { reasoning_effort: "max" }
})

const reasoning = (asked: ReasoningEffort, request: Request): Compatible.Written =>
  isK26(request) ? switched(asked) : isK27(request) ? always(asked) : leveled(asked)

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = Compatible
  .vendor({
    provider: "moonshot",
    baseUrl: "https://api.moonshot.ai/v1",
    apiKeyEnv: "MOONSHOT_API_KEY",
    quirks: {
      params: {
        maxOutputTokens: "max_completion_tokens",
        temperature: fixed,
        topP: fixed,
        presencePenalty: fixed,
        frequencyPenalty: fixed,
        stop: "stop",
        reasoning,
        promptCache: Compatible.cacheKey("prompt_cache_key")
      },
      toolChoices: (request) => isK26(request) || isK27(request) ? ["none", "named"] : ["required", "none", "named"],
      // It fetches nothing: a link is to a file that was uploaded to it.
      imageLinks: ["data:", "ms://"],
      thoughts: { text: ["reasoning_content"], goBack: true },
      usage: { cacheRead: [["cached_tokens"], ["prompt_tokens_details", "cached_tokens"]] },
      errors: {
        exceeded_current_quota_error: "quota",
        rate_limit_reached_error: "limited",
        rate_limit_error: "limited",
        engine_overloaded_error: "overloaded",
        overloaded_error: "overloaded",
        service_unavailable: "overloaded",
        bad_request: "invalid",
        context_length_exceeded: "invalid",
        authentication_error: "key",
        invalid_api_key: "key"
      }
    }
  })

/**
 * Provides Moonshot AI as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

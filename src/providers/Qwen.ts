/**
 * Alibaba's Qwen models, of Model Studio (DashScope), through OpenAI's SDK.
 *
 * A key works in its own region: China is served at `https://dashscope.aliyuncs.com/compatible-mode/v1`.
 *
 * Read 2026-11-23: `@ai-sdk/alibaba@2.0.58:src`, alibabacloud.com (context-cache, deep-thinking, error-code). That answers
 * may rest on a search (`native: { enable_search: true }`) is from memory, and nothing in them tells its pages or its fee.
 *
 * @since 1.0.0
 */
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Generator from "../Generator.ts"
import type { Params, ReasoningEffort, Request } from "../Request.ts"
import type * as Transport from "../Transport.ts"
import * as Cache from "../internal/promptCache.ts"
import * as Compatible from "./OpenAiCompatible.ts"

/**
 * How Qwen is reached, and with which key.
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
  readonly enable_thinking?: boolean | undefined
  /** Tokens. */
  readonly thinking_budget?: number | undefined
  /** Has the model read the thoughts of earlier turns, which it is paid for. */
  readonly preserve_thinking?: boolean | undefined
  readonly top_k?: number | undefined
  readonly repetition_penalty?: number | undefined
  readonly enable_search?: boolean | undefined
  readonly search_options?: Readonly<Record<string, unknown>> | undefined
}, {
  readonly usage?: {
    readonly prompt_tokens_details?: {
      readonly cache_creation_input_tokens?: number | undefined
      readonly cache_type?: string | undefined
    } | undefined
  } | undefined
}>

const high = { enable_thinking: true }
const switched = Compatible.efforts({ none: { enable_thinking: false }, high })
const always = Compatible.efforts({ high })

const reasoning = (asked: ReasoningEffort, { model }: Request): Compatible.Written => {
  if (model.capabilities.reasoning === false) return {}
  return model.upstream.endsWith("-thinking") ? always(asked) : switched(asked)
}

const lifetimes = ["5m"] as const
const unasked = Compatible.cacheKey()
const control = { cache_control: { type: "ephemeral" } }

/** What is kept unasked costs nothing to write, and may be forgotten at any time; what is marked is kept for 5 minutes. */
const promptCache = (asked: NonNullable<Params["promptCache"]>, request: Request): Compatible.Written => {
  if (asked === false || request.model.capabilities.promptCaching !== true) return unasked(asked, request)
  const { key, ttl, ...rest } = asked === true ? {} : asked
  return {
    parts: {
      ...(key === undefined ? undefined : { key: { dropped: "qwen has no such option" } }),
      ...(ttl === undefined ? undefined : {
        ttl: { changed: Cache.lifetimeChange(ttl, Cache.lifetimeOf(ttl, lifetimes)) }
      })
    },
    marks: { messages: Compatible.keptUntil(request.prompt, Cache.breakpointsOf(rest)), fields: control }
  }
}

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = Compatible
  .vendor({
    provider: "qwen",
    baseUrl: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    apiKeyEnv: "DASHSCOPE_API_KEY",
    quirks: {
      params: {
        maxOutputTokens: "max_tokens",
        temperature: "temperature",
        topP: "top_p",
        stop: "stop",
        seed: "seed",
        presencePenalty: "presence_penalty",
        reasoning,
        parallelToolCalls: "parallel_tool_calls",
        promptCache
      },
      strictTools: false,
      thoughts: { text: ["reasoning_content"], goBack: true },
      usage: { cacheWrite: { "5m": ["prompt_tokens_details", "cache_creation_input_tokens"] } },
      errors: {
        Arrearage: "quota",
        DataInspectionFailed: "filtered",
        data_inspection_failed: "filtered",
        limit_requests: "limited",
        invalid_parameter_error: "invalid",
        invalid_api_key: "key"
      }
    }
  })

/**
 * Provides Alibaba's Qwen as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

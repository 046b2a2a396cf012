/**
 * DeepSeek, through OpenAI's SDK. Its models think before they answer, unless `reasoning` is `none`.
 *
 * Read 2026-11-23: api-docs.deepseek.com (thinking mode, error codes) and `@ai-sdk/deepseek@3.0.56`.
 *
 * @since 1.0.0
 */
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Generator from "../Generator.ts"
import type { Request } from "../Request.ts"
import type * as Transport from "../Transport.ts"
import * as Compatible from "./OpenAiCompatible.ts"

/**
 * How DeepSeek is reached, and with which key.
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
  readonly thinking?: { readonly type: "enabled" | "disabled" } | undefined
  /** Tells your users apart, for safety and for the cache. */
  readonly user_id?: string | undefined
}, {
  readonly usage?:
    | { readonly prompt_cache_hit_tokens?: number | undefined; readonly prompt_cache_miss_tokens?: number | undefined }
    | undefined
}>

const thinking = { type: "enabled" } as const
const thoughtless = { thinking: { type: "disabled" } } as const

/** The vendor refuses calls of tools that come back without the thoughts that led to them. */
const whileThinking = (request: Request): Compatible.Written =>
  Compatible.thinks(request) && Compatible.lacksThoughts(request)
    ? {
      fields: { ...thoughtless, reasoning_effort: undefined },
      dropped: "the calls of tools before it came without the model's thoughts"
    }
    : {}

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = Compatible
  .vendor({
    provider: "deepseek",
    baseUrl: "https://api.deepseek.com",
    apiKeyEnv: "DEEPSEEK_API_KEY",
    quirks: {
      params: {
        maxOutputTokens: "max_tokens",
        temperature: Compatible.unlessThinking("temperature"),
        topP: Compatible.unlessThinking("top_p"),
        presencePenalty: Compatible.unlessThinking("presence_penalty"),
        frequencyPenalty: Compatible.unlessThinking("frequency_penalty"),
        stop: "stop",
        reasoning: Compatible.efforts({
          none: thoughtless,
          low: { thinking, reasoning_effort: "low" },
          high: { thinking, reasoning_effort: "high" },
          max: { thinking, reasoning_effort: "max" }
        })
      },
      always: whileThinking,
      objects: "json_object",
      strictTools: false,
      thoughts: { text: ["reasoning_content"], goBack: true },
      usage: { cacheRead: [["prompt_cache_hit_tokens"]] },
      finishReasons: { insufficient_system_resource: "error" }
    }
  })

/**
 * Provides DeepSeek as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

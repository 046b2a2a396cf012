/**
 * Fireworks AI, through OpenAI's SDK.
 *
 * Read 2026-11-23: `@ai-sdk/fireworks@3.0.62:src`, docs.fireworks.ai (serverless/serverless-modes, serverless/pricing).
 * Which levels of reasoning a model has is from `reference.langchain.com/python/deepagents-code/reasoning_effort`.
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
 * How Fireworks is reached, and with which key.
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
  /** Instead of `reasoning`: the two exclude each other. */
  readonly thinking?:
    | { readonly type: "enabled" | "disabled"; readonly budget_tokens?: number | undefined }
    | undefined
  /** Which thoughts of earlier turns the model reads. */
  readonly reasoning_history?: "disabled" | "interleaved" | "preserved" | undefined
  readonly top_k?: number | undefined
}>

const none = { reasoning_effort: "none" }
const low = { reasoning_effort: "low" }
const medium = { reasoning_effort: "medium" }
const high = { reasoning_effort: "high" }
const usual = Compatible.efforts({ none, low, medium, high })
const glm = Compatible.efforts({ none, high, max: { reasoning_effort: "max" } })
/** OpenAI's models can't be told not to think. */
const always = Compatible.efforts({ low, medium, high })

const reasoning = (asked: ReasoningEffort, { model }: Request): Compatible.Written => {
  if (model.capabilities.reasoning === false) return {}
  const name = model.upstream.split("/").at(-1) ?? ""
  if (name.startsWith("gpt-oss")) return always(asked)
  return name.startsWith("glm-") ? glm(asked) : usual(asked)
}

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = Compatible
  .vendor({
    provider: "fireworks",
    baseUrl: "https://api.fireworks.ai/inference/v1",
    apiKeyEnv: "FIREWORKS_API_KEY",
    quirks: {
      params: {
        maxOutputTokens: "max_tokens",
        temperature: "temperature",
        topP: "top_p",
        stop: "stop",
        seed: "seed",
        presencePenalty: "presence_penalty",
        frequencyPenalty: "frequency_penalty",
        reasoning,
        serviceTier: "service_tier",
        promptCache: Compatible.cacheKey("prompt_cache_key")
      },
      strictTools: false,
      thoughts: { text: ["reasoning_content"], goBack: true }
    }
  })

/**
 * Provides Fireworks AI as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

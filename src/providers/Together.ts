/**
 * Together AI, through OpenAI's SDK; images over HTTP.
 *
 * Read 2026-11-23: `together-ai@0.52.0:resources/chat/completions.d.ts`, docs.together.ai (batch overview). Where usage
 * tells what was cached, and whether files are listed by their names, is unverified.
 *
 * @since 1.0.0
 */
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Generator from "../Generator.ts"
import type { ReasoningEffort, Request } from "../Request.ts"
import type * as Transport from "../Transport.ts"
import { isRecord } from "../internal/json.ts"
import { withImages } from "../internal/modalities.ts"
import * as Compatible from "./OpenAiCompatible.ts"
import type * as Images from "./together/Images.ts"

/**
 * How Together is reached, and with which key.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options extends Compatible.VendorOptions {}

/**
 * What the SDK, or the wire of images, takes and gives: `native` in options and answers.
 *
 * @category models
 * @since 1.0.0
 */
export interface Native {
  readonly request: Texts["request"] | Images.Asking
  readonly reply: Texts["reply"] | Images.Answered
}

type Texts = Compatible.Native<{
  readonly reasoning?: { readonly enabled?: boolean | undefined } | undefined
  readonly chat_template_kwargs?: unknown
  readonly context_length_exceeded_behavior?: "truncate" | "error" | undefined
  readonly compliance?: "hipaa" | undefined
  readonly safety_model?: string | undefined
  readonly min_p?: number | undefined
  readonly top_k?: number | undefined
  readonly repetition_penalty?: number | undefined
}, {
  readonly warnings?: ReadonlyArray<{ readonly message: string }> | undefined
}>

const reasoning = { enabled: true }
const leveled = Compatible.efforts({
  none: { reasoning: { enabled: false } },
  low: { reasoning, reasoning_effort: "low" },
  medium: { reasoning, reasoning_effort: "medium" },
  high: { reasoning, reasoning_effort: "high" }
})
/** OpenAI's models can't be told not to think. */
const always = Compatible.efforts({
  low: { reasoning_effort: "low" },
  medium: { reasoning_effort: "medium" },
  high: { reasoning_effort: "high" }
})

const thinking = (asked: ReasoningEffort, { model }: Request): Compatible.Written => {
  if (model.capabilities.reasoning === false) return {}
  return model.upstream.startsWith("openai/gpt-oss") ? always(asked) : leveled(asked)
}

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = withImages(
  Compatible.vendor({
    provider: "together",
    baseUrl: "https://api.together.ai/v1",
    apiKeyEnv: "TOGETHER_API_KEY",
    batch: {
      limits: { rows: 50_000, bytes: 100_000_000, oneModel: true },
      addressed: false,
      uploadPath: "/files/upload",
      upload: { purpose: "batch-api", file_type: "jsonl" },
      jobIn: ({ job }) => isRecord(job) ? job : {},
      foundBy: "file"
    },
    quirks: {
      params: {
        maxOutputTokens: "max_tokens",
        temperature: Compatible.within("temperature", 0, 1),
        topP: "top_p",
        stop: "stop",
        seed: "seed",
        presencePenalty: "presence_penalty",
        frequencyPenalty: "frequency_penalty",
        reasoning: thinking
      },
      strictTools: false,
      asksForUsage: false,
      thoughts: { text: ["reasoning", "reasoning_content"], goBack: true },
      usage: { cacheRead: [["prompt_tokens_details", "cached_tokens"], ["cached_tokens"]] },
      finishReasons: { eos: "stop" }
    }
  }),
  () => import("./together/Images.ts")
)

/**
 * Provides Together AI as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

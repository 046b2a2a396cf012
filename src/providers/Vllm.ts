/**
 * vLLM, on a machine of one's own, through OpenAI's SDK: it costs nothing, and asks for a key where it was started with
 * one (`apiKey`).
 *
 * It is where `VLLM_BASE_URL` says, or at `http://127.0.0.1:8000/v1`. Thoughts are told apart from text where the server was
 * started to do so.
 *
 * Read 2026-11-23: docs.vllm.ai (reasoning_outputs). Options are from memory: how a model is told not to think depends on
 * its template.
 *
 * @since 1.0.0
 */
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Generator from "../Generator.ts"
import type * as Transport from "../Transport.ts"
import * as Compatible from "./OpenAiCompatible.ts"

/**
 * How a vLLM server is reached, and with which key.
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
  readonly top_k?: number | undefined
  readonly min_p?: number | undefined
  readonly repetition_penalty?: number | undefined
  readonly guided_json?: unknown
  readonly structured_outputs?: Readonly<Record<string, unknown>> | undefined
  readonly chat_template_kwargs?: Readonly<Record<string, unknown>> | undefined
}>

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = Compatible
  .vendor({
    provider: "vllm",
    baseUrl: "http://127.0.0.1:8000/v1",
    quirks: {
      params: {
        maxOutputTokens: "max_tokens",
        temperature: "temperature",
        topP: "top_p",
        stop: "stop",
        seed: "seed",
        presencePenalty: "presence_penalty",
        frequencyPenalty: "frequency_penalty",
        reasoning: Compatible.efforts({
          none: { chat_template_kwargs: { enable_thinking: false } },
          high: { chat_template_kwargs: { enable_thinking: true } }
        }),
        promptCache: (asked) => asked === false ? {} : { dropped: "it keeps what it likes, and nothing is paid for it" }
      },
      strictTools: false,
      thoughts: { text: ["reasoning", "reasoning_content"], goBack: false },
      errors: { BadRequestError: "invalid", NotFoundError: "invalid" }
    }
  })

/**
 * Provides vLLM as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

/**
 * Tencent's Hunyuan models, over TokenHub, through OpenAI's SDK. TokenHub serves models of other vendors too, which
 * `Catalog.registerModel` adds.
 *
 * The older models of Tencent Cloud's own API, with its signatures, aren't served there.
 *
 * Read 2026-11-23: cloud.tencent.com (product 1823, document 130078). Which options there are besides those of thinking is
 * taken from OpenAI, which TokenHub says it is compatible with; that thoughts are taken back, and codes of errors, are
 * unverified.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Generator from "../Generator.ts"
import type * as Transport from "../Transport.ts"
import * as Compatible from "./OpenAiCompatible.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface Options extends Compatible.VendorOptions {}

/**
 * What the SDK takes and gives: `native` in options and answers.
 *
 * @category models
 * @since 0.1.0
 */
export type Native = Compatible.Native<{
  readonly thinking?: { readonly type: "enabled" | "disabled" } | undefined
}>

const thinking = { type: "enabled" }

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = Compatible
  .vendor({
    provider: "hunyuan",
    baseUrl: "https://tokenhub.tencentmaas.com/v1",
    apiKeyEnv: "TENCENT_TOKENHUB_API_KEY",
    quirks: {
      params: {
        maxOutputTokens: "max_tokens",
        temperature: "temperature",
        topP: "top_p",
        stop: "stop",
        seed: "seed",
        reasoning: Compatible.efforts({
          none: { thinking: { type: "disabled" } },
          low: { thinking, reasoning_effort: "low" },
          medium: { thinking, reasoning_effort: "medium" },
          high: { thinking, reasoning_effort: "high" }
        })
      },
      strictTools: false,
      thoughts: { text: ["reasoning_content"], goBack: true }
    }
  })

/**
 * Provides Hunyuan as the Generator.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

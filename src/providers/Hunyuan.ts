/**
 * Tencent's Hunyuan models, over TokenHub, through OpenAI's SDK. TokenHub serves models of other vendors too, which
 * `Catalog.registerModel` adds.
 *
 * Its images are made over HTTP: over TokenHub, and `hunyuan-image-3.0` in signed jobs of Tencent Cloud's own API (aiart),
 * with a secret's id and its key. The older models of text of that API aren't served.
 *
 * Read 2026-11-23: cloud.tencent.com (product 1823, document 130078). Which options there are besides those of thinking is
 * taken from OpenAI, which TokenHub says it is compatible with; that thoughts are taken back, and codes of errors, are
 * unverified.
 *
 * @since 1.0.0
 */
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Generator from "../Generator.ts"
import type * as Transport from "../Transport.ts"
import { withImages } from "../internal/modalities.ts"
import * as Compatible from "./OpenAiCompatible.ts"
import type * as Cloud from "./hunyuan/Cloud.ts"
import type * as TokenHub from "./hunyuan/TokenHub.ts"

/**
 * How Hunyuan is reached, and with which key.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options extends Compatible.VendorOptions {
  /** Tencent Cloud's own API, for what TokenHub doesn't serve. */
  readonly cloud?: Cloud.Options | undefined
}

type Text = Compatible.Native<{
  readonly thinking?: { readonly type: "enabled" | "disabled" } | undefined
}>

/**
 * What the SDK takes and gives, and the wires of images: `native` in options and answers. The answer of several images is
 * a list.
 *
 * @category models
 * @since 1.0.0
 */
export interface Native {
  readonly request: Text["request"] | TokenHub.ImageRequest | Cloud.JobRequest
  readonly reply: Text["reply"] | Painted | ReadonlyArray<Painted>
}

type Painted = TokenHub.ImageReply | Cloud.JobReply

const thinking = { type: "enabled" }

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = withImages(
  Compatible.vendor({
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
  }),
  () => import("./hunyuan/Images.ts")
)

/**
 * Provides Hunyuan as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

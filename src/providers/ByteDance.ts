/**
 * ByteDance's Seed models, of BytePlus ModelArk, through OpenAI's SDK. They think before they answer, unless `reasoning` is
 * `none`. Its Seedream models make images, over HTTP.
 *
 * A model is named with its date (`seed-2-0-pro-260328`), or is an endpoint of one's own (`ep-…`), which
 * `Catalog.registerModel` adds. Keys work in their own region: China is served at
 * `https://ark.cn-beijing.volces.com/api/v3`.
 *
 * Read 2026-11-23: docs.byteplus.com (ModelArk 1298454, 1346560), BytePlus LAS Chat_API. Codes of errors, and that thoughts
 * are taken back, are unverified. Caches are made by requests of their own, which Loom doesn't send.
 *
 * @since 1.0.0
 */
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Generator from "../Generator.ts"
import type { Request } from "../Request.ts"
import type * as Transport from "../Transport.ts"
import { withImages } from "../internal/modalities.ts"
import * as Compatible from "./OpenAiCompatible.ts"
import type { ImageReply, ImageRequest } from "./bytedance/Images.ts"

/**
 * How ByteDance is reached, and with which key.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options extends Compatible.VendorOptions {}

type Text = Compatible.Native<{
  /** With `auto` the model thinks where it finds that it should. */
  readonly thinking?: { readonly type: "enabled" | "disabled" | "auto" } | undefined
}>

/**
 * What the SDK takes and gives, and the wire of images: `native` in options and answers. The answer of several images is
 * a list, without their bytes, which are in `images`.
 *
 * @category models
 * @since 1.0.0
 */
export interface Native {
  readonly request: Text["request"] | ImageRequest
  readonly reply: Text["reply"] | ImageReply | ReadonlyArray<ImageReply>
}

const thinking = { type: "enabled" }

const stop = (marks: ReadonlyArray<string>, request: Request): Compatible.Written => {
  if (Compatible.thinks(request)) return { refused: "there is none while the model thinks" }
  return marks.length > 4 ? { refused: "there can be 4 at most" } : { fields: { stop: marks } }
}

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = withImages(
  Compatible.vendor({
    provider: "bytedance",
    baseUrl: "https://ark.ap-southeast.bytepluses.com/api/v3",
    apiKeyEnv: "ARK_API_KEY",
    quirks: {
      params: {
        // The other name for it doesn't count what is thought.
        maxOutputTokens: "max_completion_tokens",
        temperature: "temperature",
        topP: "top_p",
        presencePenalty: "presence_penalty",
        frequencyPenalty: "frequency_penalty",
        stop,
        reasoning: Compatible.efforts({
          none: { thinking: { type: "disabled" } },
          minimal: { thinking, reasoning_effort: "minimal" },
          low: { thinking, reasoning_effort: "low" },
          medium: { thinking, reasoning_effort: "medium" },
          high: { thinking, reasoning_effort: "high" }
        }),
        serviceTier: "service_tier",
        parallelToolCalls: "parallel_tool_calls",
        promptCache: (asked) => asked === false ? {} : { dropped: "bytedance caches by requests of their own" }
      },
      strictTools: false,
      thoughts: { text: ["reasoning_content"], goBack: true },
      errors: {
        AccountOverdueError: "quota",
        QuotaExceeded: "quota",
        SensitiveContentDetected: "filtered",
        ServerOverloaded: "overloaded",
        RateLimitExceeded: "limited",
        AuthenticationError: "key"
      }
    }
  }),
  () => import("./bytedance/Images.ts")
)

/**
 * Provides ByteDance as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

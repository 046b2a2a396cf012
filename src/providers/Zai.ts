/**
 * Z.AI's GLM models, through OpenAI's SDK. They think before they answer, unless `reasoning` is `none`. Its images are asked
 * for over HTTP; the result of several is a list.
 *
 * A key of the coding plan works at `baseUrl: "https://api.z.ai/api/coding/paas/v4"` alone; China is served at
 * `https://open.bigmodel.cn/api/paas/v4`.
 *
 * Read 2026-11-23: `zai-org/z-ai-sdk-python:src/zai`, docs.z.ai (api-code, thinking-mode).
 *
 * @since 1.0.0
 */
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Generator from "../Generator.ts"
import type * as Transport from "../Transport.ts"
import { withImages } from "../internal/modalities.ts"
import * as Compatible from "./OpenAiCompatible.ts"
import { kinds } from "./zai/Errors.ts"
import type * as Images from "./zai/Images.ts"

/**
 * How Z.ai is reached, and with which key.
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
export interface Native {
  readonly request: Texts["request"] | Images.Asking
  readonly reply: Texts["reply"] | Images.Answered | ReadonlyArray<Images.Answered>
}

type Texts = Compatible.Native<{
  readonly thinking?: { readonly type: "enabled" | "disabled" } | undefined
  readonly do_sample?: boolean | undefined
  readonly request_id?: string | undefined
  readonly user_id?: string | undefined
}, { readonly request_id?: string | undefined }>

/** Its own client clamps so: 0 and 1 themselves are refused. */
const least = 0.01
const most = 0.99

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = withImages(
  Compatible.vendor({
    provider: "zai",
    baseUrl: "https://api.z.ai/api/paas/v4",
    apiKeyEnv: "ZAI_API_KEY",
    quirks: {
      params: {
        maxOutputTokens: "max_tokens",
        temperature: (value) =>
          value === 0 ? { fields: { do_sample: false } } : Compatible.within("temperature", least, most)(value),
        topP: Compatible.within("top_p", least, most),
        seed: "seed",
        stop: (marks) => marks.length > 1 ? { refused: "there can be one alone" } : { fields: { stop: marks } },
        reasoning: Compatible.efforts({
          none: { thinking: { type: "disabled" } },
          high: { thinking: { type: "enabled" } }
        })
      },
      // Arguments of tools come in one piece otherwise.
      always: (request, stream) => stream && request.tools.length > 0 ? { fields: { tool_stream: true } } : {},
      objects: "json_object",
      strictTools: false,
      toolChoices: [],
      asksForUsage: false,
      thoughts: { text: ["reasoning_content"], goBack: true },
      carried: ["request_id", "web_search"],
      sources: ({ web_search: found }) =>
        (Array.isArray(found) ? found : []).flatMap(({ link, title }) =>
          typeof link === "string" ? [{ url: link, title: typeof title === "string" ? title : undefined }] : []
        ),
      finishReasons: { sensitive: "content-filter", network_error: "error" },
      errors: kinds,
      requestId: { field: "request_id" }
    }
  }),
  () => import("./zai/Images.ts")
)

/**
 * Provides Z.AI as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

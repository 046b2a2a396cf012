/**
 * Recraft, over HTTP: pictures are asked for, and read from links.
 *
 * Read 2026-11-23: www.recraft.ai/docs/api-reference (agents, appendix, pricing), docs.comfy.org (Recraft),
 * ComfyUI `comfy_api_nodes/apis/recraft_api.py`.
 * How its errors look, and whether what moderation stops is charged, is in none of them: such an attempt counts as maybe
 * billed.
 *
 * **Details**
 *
 * It has no SDK; the vendor advises plain HTTP. Which sizes and ratios there are differs by model: they go as they are
 * asked for, and the vendor refuses what it hasn't. Pictures to start from have addresses of their own, which aren't
 * asked here. What was paid is in the answer.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { isString } from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { GenerateError } from "../GenerateError.ts"
import * as Generator from "../Generator.ts"
import type { Request } from "../Request.ts"
import type * as Transport from "../Transport.ts"
import type { Answer, Made } from "../internal/imageAnswer.ts"
import { refuse } from "../internal/imageAsked.ts"
import * as ImageOptions from "../internal/imageOptions.ts"
import * as ImageVendor from "../internal/imageVendor.ts"
import type { Kind, Refusal } from "../internal/refusal.ts"
import type { Refused } from "../internal/refused.ts"

/**
 * The key is `RECRAFT_API_TOKEN`, the base URL `RECRAFT_BASE_URL`, else `https://external.api.recraft.ai/v1`.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options extends ImageVendor.Options {}

/**
 * What the wire takes and gives: `native` in options and answers.
 *
 * @category models
 * @since 1.0.0
 */
export interface Native {
  readonly request: {
    /** Styles are of V3 and V2. */
    readonly style?: string | undefined
    readonly substyle?: string | undefined
    /** A style of one's own. */
    readonly style_id?: string | undefined
    readonly controls?: {
      readonly colors?: ReadonlyArray<Colour> | undefined
      readonly background_color?: Colour | undefined
      readonly no_text?: boolean | undefined
      /** 0 is the plainest, 5 the most eccentric. */
      readonly artistic_level?: number | undefined
    } | undefined
    /** `b64_json`: pictures come in the answer, not by link. */
    readonly response_format?: "url" | "b64_json" | undefined
  } & Readonly<Record<string, unknown>>
  readonly reply: Result
}

/**
 * Red, green and blue, 0 to 255 each.
 *
 * @category models
 * @since 1.0.0
 */
export interface Colour {
  readonly rgb: readonly [red: number, green: number, blue: number]
}

/**
 * An answer as it came, without pictures that came in it: its links live for about a day.
 *
 * @category models
 * @since 1.0.0
 */
export interface Result {
  /** Thousandths of a US dollar. */
  readonly credits?: number | null | undefined
  readonly data: ReadonlyArray<
    { readonly image_id?: string | null | undefined; readonly url?: string | null | undefined }
  >
}

const Painted = Schema.Struct({
  credits: Schema.optional(Schema.NullOr(Schema.Finite)),
  data: Schema.Array(Schema.Struct({
    image_id: Schema.optional(Schema.NullOr(Schema.String)),
    url: Schema.optional(Schema.NullOr(Schema.NonEmptyString)),
    b64_json: Schema.optional(Schema.NullOr(Schema.NonEmptyString)),
    revised_prompt: Schema.optional(Schema.NullOr(Schema.String))
  }))
})

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = ImageVendor
  .make<ImageOptions.Fields>({
    provider: "recraft",
    baseUrl: "https://external.api.recraft.ai/v1",
    apiKeyEnv: "RECRAFT_API_TOKEN",
    headers: (secret) => ({ authorization: `Bearer ${secret}` }),
    takesLinks: true,
    write: (request, { images, prompt }) => {
      if (images.length > 0) throw refuse(request, "prompt", "it makes images from words: leave the pictures out")
      return {
        model: request.model.upstream,
        prompt,
        ...ImageOptions.fieldsOf(request, optionsOf(request)),
        ...request.native
      }
    },
    ask: Effect.fnUntraced(function*(json, wire): Effect.fn.Return<Answer, GenerateError> {
      const { value: { credits, data } } = yield* wire.send(Painted, {
        method: "POST",
        to: "/images/generations",
        json
      })
      return {
        pictures: data.flatMap(madeOf),
        native: { credits, data: data.map(({ b64_json: _, ...rest }) => rest) },
        // It names no request, but its pictures.
        requestId: data[0]?.image_id ?? undefined,
        reportedUsd: credits == null || credits < 0 ? undefined : credits / 1000
      }
    }),
    refusalOf
  })

/**
 * Provides Recraft as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

/** V4 leaves a negative prompt unheard; what isn't known is taken for one of its kind. */
const optionsOf = ({ model: { upstream } }: Request): ImageOptions.Options => ({
  n: ImageOptions.upTo("n", 6),
  size: "size",
  aspectRatio: (size) => ({ size }),
  seed: "random_seed",
  ...(/^recraftv[23](_|$)/.test(upstream) ? { negativePrompt: "negative_prompt" } : undefined)
})

const madeOf = (
  { b64_json: base64, revised_prompt: revised, url }: typeof Painted.Type["data"][number]
): ReadonlyArray<Made> => {
  const revisedPrompt = revised ?? undefined
  return base64 != null ? [{ base64, revisedPrompt }] : url != null ? [{ url, revisedPrompt }] : []
}

/** `{ code, message }`. */
function refusalOf({ body: { code, message: words }, message }: Refused): Partial<Refusal> {
  return { detail: isString(words) ? words : message, kind: isString(code) ? kinds.get(code) : undefined }
}

const kinds = new Map<string, Kind>([["prompt_blocked", "filtered"], ["not_enough_credits", "quota"]])

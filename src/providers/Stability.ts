/**
 * Stability AI, over HTTP: a form is sent, and its picture comes with the answer.
 *
 * Read 2026-11-23: ComfyUI `comfy_api_nodes/apis/stability_api.py` and `nodes_stability.py`, copies of the vendor's API
 * reference. Whether a picture that was filtered is charged is in none of them: it counts as maybe billed.
 *
 * **Details**
 *
 * It has no SDK of its own. Stable Image Ultra and Core have an address each, Stable Diffusion 3.5 has one for all its
 * models. A request makes one image; of `n` images each is an attempt. Sizes are by ratio alone, a megapixel each. Of
 * pictures to start from it takes one, and not with Core; how far from it to go is `native: { strength }`, 0.5 by default.
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
import type { Answer } from "../internal/imageAnswer.ts"
import { type Asked, refuse } from "../internal/imageAsked.ts"
import * as ImageOptions from "../internal/imageOptions.ts"
import * as ImageVendor from "../internal/imageVendor.ts"
import type { Kind, Refusal } from "../internal/refusal.ts"
import type { Refused } from "../internal/refused.ts"

/**
 * The key is `STABILITY_API_KEY`, the base URL `STABILITY_BASE_URL`, else `https://api.stability.ai`.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options extends ImageVendor.Options {}

/**
 * What the wire takes and gives: `native` in options and answers. The result of several images is a list.
 *
 * @category models
 * @since 1.0.0
 */
export interface Native {
  readonly request: {
    /** `photographic`, `pixel-art` and such. */
    readonly style_preset?: string | undefined
    /** How far to go from the picture: 0 leaves it as it is, 1 pays no heed to it. */
    readonly strength?: number | undefined
    /** How close to keep to the prompt, 1 to 10: of Stable Diffusion 3.5. */
    readonly cfg_scale?: number | undefined
  } & Readonly<Record<string, string | number | boolean | undefined>>
  readonly reply: Result | ReadonlyArray<Result>
}

/**
 * An answer without its picture.
 *
 * @category models
 * @since 1.0.0
 */
export interface Result {
  readonly finish_reason: string
  readonly seed?: number | null | undefined
}

interface Sent {
  readonly to: string
  readonly form: FormData
}

const Painted = Schema.Struct({
  image: Schema.optional(Schema.NullOr(Schema.String)),
  finish_reason: Schema.String,
  seed: Schema.optional(Schema.NullOr(Schema.Int))
})

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = ImageVendor
  .make<Sent>({
    provider: "stability",
    baseUrl: "https://api.stability.ai",
    apiKeyEnv: "STABILITY_API_KEY",
    headers: (secret) => ({ authorization: `Bearer ${secret}` }),
    takesLinks: false,
    oneByOne: true,
    requestIdHeader: "x-request-id",
    write: (request, asked) => {
      const { upstream } = request.model
      const isDiffusion = upstream.startsWith("sd3")
      const options = ImageOptions.fieldsOf(request, optionsOf)
      return {
        to: `/v2beta/stable-image/generate/${isDiffusion ? "sd3" : encodeURIComponent(upstream)}`,
        form: formOf(request, asked, {
          prompt: asked.prompt,
          ...(isDiffusion ? { model: upstream } : undefined),
          ...(asked.images.length > 0 ? fromPicture(request, isDiffusion) : undefined),
          ...options,
          ...request.native
        })
      }
    },
    ask: Effect.fnUntraced(function*({ form, to }, wire): Effect.fn.Return<Answer, GenerateError> {
      const { requestId, value } = yield* wire.send(Painted, { method: "POST", to, form })
      const { finish_reason: reason, image, seed } = value
      // What was filtered comes all the same, blurred.
      const isWithheld = reason !== "SUCCESS"
      return {
        pictures: isWithheld || image == null || image === "" ? [] : [{ base64: image, seed: seed ?? undefined }],
        withheld: isWithheld ? [reason] : [],
        native: { finish_reason: reason, seed },
        requestId
      }
    }),
    refusalOf
  })

/**
 * Provides Stability AI as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

const optionsOf: ImageOptions.Options = {
  n: () => ({}),
  aspectRatio: ImageOptions.oneOf(
    "aspectRatio",
    ["16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"],
    "aspect_ratio"
  ),
  format: ImageOptions.oneOf("format", ["png", "jpeg", "webp"], "output_format"),
  negativePrompt: "negative_prompt",
  seed: (seed, request) => {
    if (seed < 1 || seed > 4_294_967_294) {
      throw refuse(request, "seed", `it takes 1 to 4294967294, and draws one by lot for 0: ${seed} isn't among them`)
    }
    return { seed }
  }
}

/** Stable Diffusion keeps the shape of the picture. */
const fromPicture = (request: Request, isDiffusion: boolean): ImageOptions.Fields => {
  if (!isDiffusion) return { strength: 0.5 }
  if (request.params.aspectRatio !== undefined) {
    throw refuse(request, "aspectRatio", "an image made from a picture has that picture's: leave it out")
  }
  return { mode: "image-to-image", strength: 0.5 }
}

const formOf = (request: Request, { images }: Asked, fields: ImageOptions.Fields): FormData => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) {
    if (value != null) form.append(name, isString(value) ? value : JSON.stringify(value))
  }
  const [first] = images
  if (first === undefined) return form
  if (request.model.upstream === "core") throw refuse(request, "prompt", "Stable Image Core takes no picture")
  if (images.length > 1) throw refuse(request, "prompt", `it takes 1 picture, and ${images.length} came`)
  if ("bytes" in first) form.append("image", new File([first.bytes], first.name, { type: first.mediaType }))
  return form
}

/** `{ id, name, errors }`. */
function refusalOf({ body: { errors, id, name }, message }: Refused): Partial<Refusal> {
  const said = Array.isArray(errors) ? errors.filter(isString).join("; ") : ""
  return {
    detail: said === "" ? message : said,
    kind: isString(name) ? kinds.get(name) : undefined,
    ...(isString(id) ? { requestId: id } : undefined)
  }
}

const kinds = new Map<string, Kind>([["content_moderation", "filtered"]])

/**
 * Together AI's images, over HTTP.
 *
 * Read 2026-11-23: `together-ai@0.52.0:resources/images.d.ts`, docs.together.ai (images-overview), `@ai-sdk/togetherai@3.0.54`.
 * What it says where moderation stops a request, and whether it charges then, is in none of them: such an attempt counts
 * as maybe billed.
 *
 * **Details**
 *
 * Which sizes there are differs by model: they go as they are asked for. Kontext takes one picture to start from, others
 * take several to go by. Pictures come in the answer, unless `native` asks for links.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { GenerateError } from "../../GenerateError.ts"
import type * as Generator from "../../Generator.ts"
import type { Request } from "../../Request.ts"
import type * as Transport from "../../Transport.ts"
import type { Answer, Made } from "../../internal/imageAnswer.ts"
import { type Asked, refuse, urlOf } from "../../internal/imageAsked.ts"
import * as ImageOptions from "../../internal/imageOptions.ts"
import * as ImageVendor from "../../internal/imageVendor.ts"
import { isRecord } from "../../internal/json.ts"
import type { Refusal } from "../../internal/refusal.ts"
import type { Refused } from "../../internal/refused.ts"

/** What the wire takes for images. */
export type Asking = {
  /** Of diffusion: others refuse it, and a seed. */
  readonly steps?: number | undefined
  readonly guidance_scale?: number | undefined
  readonly image_loras?: ReadonlyArray<{ readonly path: string; readonly scale?: number | undefined }> | undefined
  readonly disable_safety_checker?: boolean | undefined
  readonly response_format?: "base64" | "url" | undefined
}

/** What it answers with, without the pictures that came in it. */
export interface Answered {
  readonly id: string
  readonly model?: string | null | undefined
  readonly data: ReadonlyArray<{ readonly index?: number | null | undefined; readonly url?: string | null | undefined }>
}

const Painted = Schema.Struct({
  id: Schema.String,
  model: Schema.optional(Schema.NullOr(Schema.String)),
  data: Schema.Array(Schema.Struct({
    index: Schema.optional(Schema.NullOr(Schema.Int)),
    url: Schema.optional(Schema.NullOr(Schema.NonEmptyString)),
    b64_json: Schema.optional(Schema.NullOr(Schema.NonEmptyString))
  }))
})

/** Makes the vendor's images as a value. */
export const make: (
  options?: ImageVendor.Options
) => Effect.Effect<Generator.Generator, never, Transport.Transport> = ImageVendor.make<ImageOptions.Fields>({
  provider: "together",
  baseUrl: "https://api.together.ai/v1",
  apiKeyEnv: "TOGETHER_API_KEY",
  headers: (secret) => ({ authorization: `Bearer ${secret}` }),
  takesLinks: true,
  write: (request, asked) => ({
    model: request.model.upstream,
    prompt: asked.prompt,
    response_format: "base64",
    ...ImageOptions.fieldsOf(request, optionsOf),
    ...inputsOf(request, asked),
    ...request.native
  }),
  ask: Effect.fnUntraced(function*(json, wire): Effect.fn.Return<Answer, GenerateError> {
    const { value: { data, id, model } } = yield* wire.send(Painted, {
      method: "POST",
      to: "/images/generations",
      json
    })
    return {
      pictures: data.flatMap(madeOf),
      native: { id, model, data: data.map(({ b64_json: _, ...rest }) => rest) },
      requestId: id
    }
  }),
  refusalOf
})

const optionsOf: ImageOptions.Options = {
  n: ImageOptions.upTo("n", 4),
  size: (size) => ImageOptions.pixelsOf(size),
  aspectRatio: (ratio, request) => ImageOptions.sizeFor(ratio, { step: 16, least: 64, most: 2048 }, request),
  format: ImageOptions.oneOf("format", ["jpeg", "png"], "output_format"),
  negativePrompt: "negative_prompt",
  seed: "seed"
}

const inputsOf = (request: Request, { images }: Asked): ImageOptions.Fields => {
  const [first] = images
  if (first === undefined) return {}
  if (!/kontext/i.test(request.model.upstream)) return { reference_images: images.map(urlOf) }
  if (images.length > 1) throw refuse(request, "prompt", `it takes 1 picture, and ${images.length} came`)
  return { image_url: urlOf(first) }
}

const madeOf = ({ b64_json: base64, url }: typeof Painted.Type["data"][number]): ReadonlyArray<Made> =>
  base64 != null ? [{ base64 }] : url != null ? [{ url }] : []

/** `{ error: { message, type, param, code } }`. */
function refusalOf({ body: { error }, message: text }: Refused): Partial<Refusal> {
  const { message, param } = isRecord(error) ? error : {}
  const detail = typeof message === "string" ? message : text
  return {
    detail,
    field: typeof param === "string" ? param : undefined,
    kind: /nsfw|moderat/i.test(detail) ? "filtered" : undefined
  }
}

/**
 * ByteDance's images, Seedream, over HTTP: made at once, and read from links.
 *
 * Read 2026-11-23: `@ai-sdk/bytedance@1.0.29`, `volcengine-python-sdk` (`volcenginesdkarkruntime`: `types/images`,
 * `_constants.py`), ComfyUI's `nodes_bytedance.py`, whose bounds of sizes these are. Those of 5.5 are unverified, as is
 * whether what moderation stops is charged: such an attempt counts as maybe billed.
 *
 * A request makes one image; of `n` images each is an attempt. Sets, which the model tells the images of itself, are
 * asked for by `native` (`sequential_image_generation`).
 */
import * as Effect from "effect/Effect"
import { isString } from "effect/Predicate"
import * as Schema from "effect/Schema"
import { type GenerateError, Overloaded } from "../../GenerateError.ts"
import type * as Generator from "../../Generator.ts"
import type { Request } from "../../Request.ts"
import type * as Transport from "../../Transport.ts"
import * as Usage from "../../Usage.ts"
import { failure } from "../../internal/failures.ts"
import { type Answer, imagesOf, type Made } from "../../internal/imageAnswer.ts"
import { type Asked, refuse, urlOf } from "../../internal/imageAsked.ts"
import * as ImageOptions from "../../internal/imageOptions.ts"
import * as ImageVendor from "../../internal/imageVendor.ts"
import { isRecord } from "../../internal/json.ts"
import type { Kind, Refusal } from "../../internal/refusal.ts"
import type { Refused } from "../../internal/refused.ts"

/** What the wire takes of images. */
export type ImageRequest = {
  /** Pixels, or `1K`, `1.5K`, `2K`, `3K`, `4K`, by model. */
  readonly size?: string | undefined
  /** Says in a corner that it is made by AI: `true` where unset. */
  readonly watermark?: boolean | undefined
  /** A set of images, as many as the model finds right, and its limit. */
  readonly sequential_image_generation?: "auto" | "disabled" | undefined
  readonly sequential_image_generation_options?: { readonly max_images?: number | undefined } | undefined
  readonly optimize_prompt_options?: { readonly mode?: "standard" | "fast" | undefined } | undefined
  readonly response_format?: "url" | "b64_json" | undefined
} & Readonly<Record<string, unknown>>

/** An answer as it came: its links die after a day. */
export interface ImageReply {
  readonly model: string
  readonly data: ReadonlyArray<
    | { readonly url?: string; readonly b64_json?: string; readonly size?: string }
    | { readonly error: { readonly code: string; readonly message: string } }
  >
  readonly usage?: { readonly generated_images: number; readonly input_images?: number }
}

interface Sent {
  readonly body: ImageOptions.Fields
  /** Pictures to start from. */
  readonly inputs: number
}

const Item = Schema.Struct({
  url: Schema.optional(Schema.NullOr(Schema.String)),
  b64_json: Schema.optional(Schema.NullOr(Schema.String)),
  error: Schema.optional(Schema.NullOr(Schema.Struct({
    code: Schema.optional(Schema.NullOr(Schema.String)),
    message: Schema.optional(Schema.NullOr(Schema.String))
  })))
})

const Painted = Schema.Struct({ data: Schema.Array(Item) })

/** Makes the vendor's images as a value. */
export const make: (options?: ImageVendor.Options) => Effect.Effect<
  Generator.Generator,
  never,
  Transport.Transport
> = ImageVendor.make<Sent>({
  provider: "bytedance",
  baseUrl: "https://ark.ap-southeast.bytepluses.com/api/v3",
  apiKeyEnv: "ARK_API_KEY",
  headers: (secret) => ({ authorization: `Bearer ${secret}` }),
  takesLinks: true,
  oneByOne: true,
  requestIdHeader: "x-request-id",
  write: (request, asked) => ({
    body: {
      model: request.model.upstream,
      prompt: asked.prompt,
      ...ImageOptions.fieldsOf(request, optionsOf(request)),
      ...inputsOf(request, asked),
      ...request.native
    },
    inputs: asked.images.length
  }),
  ask: Effect.fnUntraced(function*({ body, inputs }, wire): Effect.fn.Return<Answer, GenerateError> {
    const { json, requestId, value: { data } } = yield* wire.send(Painted, {
      method: "POST",
      to: "/images/generations",
      json: body
    })
    const pictures = data.flatMap(madeOf)
    const errors = data.flatMap(({ error }) => error ?? [])
    const withheld = errors.filter(isFiltered).map(saidOf)
    const failed = errors.filter((error) => !isFiltered(error)).map(saidOf)
    if (pictures.length === 0 && withheld.length === 0 && failed.length > 0) {
      const detail = failed.join("; ")
      return yield* failure(wire.request, new Overloaded({ detail, maybeBilled: true }), { requestId })
    }
    return {
      pictures,
      withheld,
      warnings: failed.map((said) => `an image wasn't made: ${said}`),
      usage: (sizes) => Usage.make({ images: imagesOf(wire.request, sizes), inputImages: inputs }),
      requestId,
      native: withoutBytes(json)
    }
  }),
  refusalOf
})

const madeOf = ({ b64_json: base64, url }: typeof Item.Type): ReadonlyArray<Made> =>
  url ? [{ url }] : base64 ? [{ base64 }] : []

type Failed = NonNullable<(typeof Item.Type)["error"]>

const isFiltered = ({ code }: Failed): boolean => kindOf(code) === "filtered"

const saidOf = ({ code, message }: Failed): string => [code, message].filter((text) => text).join(": ")

/** The bytes of images are in the answer's own. */
const withoutBytes = (json: unknown): unknown =>
  isRecord(json) && Array.isArray(json.data)
    ? {
      ...json,
      data: json.data.map((item: unknown) => {
        if (!isRecord(item)) return item
        const { b64_json: _, ...rest } = item
        return rest
      })
    }
    : json

const optionsOf = ({ model: { upstream } }: Request): ImageOptions.Options => {
  const bounds = boundsOf(upstream)
  return {
    n: () => ({}),
    size: (size, request) => sized(ImageOptions.within(size, bounds, request)),
    aspectRatio: (ratio, request) => sized(ImageOptions.sizeFor(ratio, { ...bounds, step: 16 }, request, 2048 * 2048)),
    ...(isBefore5(upstream) ? {} : { format: ImageOptions.oneOf("format", ["png", "jpeg"], "output_format") })
  }
}

/** Models of one's own (`ep-…`), whose names don't tell what they are, are taken for the latest. */
const isBefore5 = (model: string): boolean => /seedream-[34]-/.test(model)

const boundsOf = (model: string): ImageOptions.Bounds => {
  const leastArea = /seedream-(4-5|5-0-(lite-)?\d{6}$)/.test(model) ? 2560 * 1440 : 1280 * 720
  const mostArea = /seedream-5-0-(pro|flash)-/.test(model) ? 4_624_220 : 4096 * 4096
  return { step: 1, leastArea, mostArea }
}

const sized = ({ height, width }: ImageOptions.Pixels) => ({ size: `${width}x${height}` })

const mostImages = 14

const inputsOf = (request: Request, { images }: Asked): ImageOptions.Fields => {
  if (images.length > mostImages) {
    throw refuse(request, "prompt", `it takes ${mostImages} pictures at most, and ${images.length} came`)
  }
  return images.length === 0 ? {} : { image: images.map(urlOf) }
}

function refusalOf({ body: { error }, message }: Refused): Partial<Refusal> {
  if (!isRecord(error)) return { detail: message }
  const { code, message: said, param } = error
  return {
    detail: isString(said) ? said : message,
    kind: kindOf(code),
    field: isString(param) && param !== "" ? param : undefined
  }
}

const kindOf = (code: unknown): Kind | undefined =>
  isString(code) ? kinds.find(([words]) => words.test(code))?.[1] : undefined

const kinds: ReadonlyArray<readonly [RegExp, Kind]> = [
  [/SensitiveContent|RiskDetection|PolicyViolation/, "filtered"],
  [/^AccountOverdue|^QuotaExceeded/, "quota"],
  [/^RateLimitExceeded/, "limited"],
  [/^ServerOverloaded/, "overloaded"],
  [/^Authentication/, "key"]
]

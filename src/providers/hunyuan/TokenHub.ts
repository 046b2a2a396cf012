/**
 * Hunyuan's images over TokenHub: made at once, and read from links.
 *
 * Read 2026-11-23: cloud.tencent.com (product 1823: documents 135745 of images, 131595 of errors), and for the answer of
 * 3.5 two clients of it. Whether what moderation stops is charged is in none of them: it counts as maybe billed.
 */
import * as Effect from "effect/Effect"
import { isString } from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { GenerateError } from "../../GenerateError.ts"
import type * as Generator from "../../Generator.ts"
import type { Request } from "../../Request.ts"
import type * as Transport from "../../Transport.ts"
import type { Answer, Made } from "../../internal/imageAnswer.ts"
import { type Asked, base64Of, refuse, urlOf } from "../../internal/imageAsked.ts"
import * as ImageOptions from "../../internal/imageOptions.ts"
import * as ImageVendor from "../../internal/imageVendor.ts"
import { isRecord } from "../../internal/json.ts"
import type { Kind, Refusal } from "../../internal/refusal.ts"
import type { Refused } from "../../internal/refused.ts"

/** What the wire takes. */
export type ImageRequest = {
  /** Words in a corner, 16 characters at most. */
  readonly footnote?: string | undefined
  /** Whether the prompt is rewritten. Of 3.0. */
  readonly revise?: boolean | undefined
  /** About how large an image is to be whose size the model chooses. Of 3.5. */
  readonly generate_max_pixels?: number | undefined
} & Readonly<Record<string, unknown>>

/** An answer as it came: its links die after twelve hours. */
export interface ImageReply {
  readonly id?: string
  readonly data?: ReadonlyArray<{ readonly url: string; readonly revised_prompt?: string }>
  readonly choices?: ReadonlyArray<unknown>
}

interface Sent {
  readonly path: string
  readonly body: ImageOptions.Fields
}

const Painted = Schema.Struct({
  id: Schema.optional(Schema.NullOr(Schema.String)),
  request_id: Schema.optional(Schema.NullOr(Schema.String)),
  data: Schema.Array(Schema.Struct({
    url: Schema.NonEmptyString,
    revised_prompt: Schema.optional(Schema.NullOr(Schema.String))
  }))
})

/** Of 3.5, a frame of a stream that isn't one: a picture is there, or it isn't. */
const Framed = Schema.Struct({
  id: Schema.optional(Schema.NullOr(Schema.String)),
  request_id: Schema.optional(Schema.NullOr(Schema.String)),
  choices: Schema.Array(Schema.Struct({
    delta: Schema.optional(Schema.NullOr(Schema.Struct({
      image: Schema.optional(Schema.NullOr(Schema.Struct({ url: Schema.NonEmptyString })))
    })))
  }))
})

/** Makes the vendor's images over TokenHub as a value. */
export const make: (options?: ImageVendor.Options) => Effect.Effect<
  Generator.Generator,
  never,
  Transport.Transport
> = ImageVendor.make<Sent>({
  provider: "hunyuan",
  baseUrl: "https://tokenhub.tencentmaas.com/v1",
  apiKeyEnv: "TENCENT_TOKENHUB_API_KEY",
  headers: (secret) => ({ authorization: `Bearer ${secret}` }),
  takesLinks: true,
  oneByOne: true,
  write: (request, asked) => ({
    path: `/wand/hunyuan-image/${isOlder(request) ? "v3" : "v35"}-generation`,
    body: {
      model: request.model.upstream,
      ...(isOlder(request) ? older(request, asked) : newer(request, asked)),
      ...ImageOptions.fieldsOf(request, isOlder(request) ? olderOptions : newerOptions),
      ...request.native
    }
  }),
  ask: ({ body, path }, wire): Effect.Effect<Answer, GenerateError> => {
    const message = { method: "POST", to: path, json: body } as const
    return isOlder(wire.request)
      ? Effect.map(
        wire.send(Painted, message),
        ({ json, value }) =>
          answerOf(
            json,
            value,
            value.data.map(({ revised_prompt: revised, url }) => ({
              url,
              revisedPrompt: revised ?? undefined
            }))
          )
      )
      : Effect.map(
        wire.send(Framed, message),
        ({ json, value }) => answerOf(json, value, value.choices.flatMap(({ delta }) => delta?.image ?? []))
      )
  },
  refusalOf,
  isRefusal: ({ error }) => isRecord(error)
})

const answerOf = (
  native: unknown,
  { id, request_id: requestId }: Pick<typeof Framed.Type, "id" | "request_id">,
  pictures: ReadonlyArray<Made>
): Answer => ({ pictures, native, requestId: id ?? requestId ?? undefined })

/** One that isn't known is taken for the latest. */
const isOlder = ({ model: { upstream } }: Request): boolean => upstream === "hy-image-v3"

const older = (request: Request, { images, prompt }: Asked): ImageOptions.Fields => {
  atMost(request, images.length, 3)
  return {
    prompt,
    ...(images.length === 0
      ? undefined
      : { images: images.map((given) => "url" in given ? given.url : base64Of(given.bytes)) })
  }
}

const newer = (request: Request, { images, prompt }: Asked): ImageOptions.Fields => {
  atMost(request, images.length, 20)
  const pictures = images.map((given) => ({ type: "image_url", image_url: { url: urlOf(given) } }))
  return { messages: [{ role: "user", content: [...pictures, { type: "text", text: prompt }] }] }
}

const atMost = (request: Request, count: number, most: number): void => {
  if (count > most) throw refuse(request, "prompt", `it takes ${most} pictures at most, and ${count} came`)
}

/** One out of bounds isn't refused there, but made to fit. */
const sizes = (bounds: ImageOptions.Bounds, area: number): ImageOptions.Options => ({
  n: () => ({}),
  seed: "seed",
  size: (size, request) => {
    ImageOptions.within(size, bounds, request)
    return { size }
  },
  aspectRatio: (ratio, request) => {
    const { height, width } = ImageOptions.sizeFor(ratio, { ...bounds, step: 16 }, request, area)
    return { size: `${width}x${height}` }
  }
})

const olderOptions = sizes({ step: 1, least: 512, most: 2048, mostArea: 1024 * 1024 }, 960 * 960)

const newerOptions = sizes({ step: 1, least: 256, most: 8192, mostArea: 4096 * 4096 }, 1536 * 1536)

function refusalOf({ body: { error }, message }: Refused): Partial<Refusal> {
  if (!isRecord(error)) return { detail: message }
  const { code, message: said, request_id: requestId, type } = error
  return {
    detail: isString(said) ? said : message,
    kind: kinds.get(isString(type) ? type : "") ?? kinds.get(String(code).slice(0, 3)),
    ...(isString(requestId) ? { requestId } : undefined)
  }
}

/** By its type, or by the status that its code begins with: what it tells with a good status has no other. */
const kinds = new Map<string, Kind>([
  ["content_filter_error", "filtered"],
  ["451", "filtered"],
  ["402", "quota"],
  ["429", "limited"],
  ["400", "invalid"],
  ["401", "key"],
  ["403", "key"],
  ["503", "overloaded"]
])

/**
 * MiniMax's images, over HTTP: `image_generation`, from words, or with the likeness of a person.
 *
 * Read 2026-11-23: copies of platform.minimaxi.com/docs/api-reference (image-generation-t2i, image-generation-i2i),
 * rig-core 0.45.0. What most codes mean, that `failed_count` counts what moderation took away, and whether that is
 * charged, is from memory: unverified. Of MiniMax-H3-Image, which is asked otherwise, the fields weren't read.
 *
 * **Details**
 *
 * Failures come with status 200. It is served beside the Messages protocol: the base URL is that of texts, without its
 * `/anthropic`.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { GenerateError } from "../../GenerateError.ts"
import type * as Generator from "../../Generator.ts"
import type { Request } from "../../Request.ts"
import type * as Transport from "../../Transport.ts"
import { baseUrlOf } from "../../internal/baseUrl.ts"
import type { Told } from "../../internal/failures.ts"
import type { Answer } from "../../internal/imageAnswer.ts"
import { type Asked, refuse, urlOf } from "../../internal/imageAsked.ts"
import * as ImageOptions from "../../internal/imageOptions.ts"
import * as ImageVendor from "../../internal/imageVendor.ts"
import { isRecord } from "../../internal/json.ts"
import { type Kind, reasonOf, type Refusal } from "../../internal/refusal.ts"
import type { Refused } from "../../internal/refused.ts"

/** What the wire takes for images. */
export type Asking = {
  readonly prompt_optimizer?: boolean | undefined
  readonly aigc_watermark?: boolean | undefined
  readonly response_format?: "url" | "base64" | undefined
  /** Of `image-01-live`. */
  readonly style?: { readonly style_type: string; readonly style_weight?: number | undefined } | undefined
}

/** What it answers with, as it came. */
export interface Answered {
  readonly id?: string | undefined
  readonly data: {
    readonly image_urls?: ReadonlyArray<string> | undefined
    readonly image_base64?: ReadonlyArray<string> | undefined
  }
  readonly metadata?: {
    readonly success_count?: number | string | undefined
    readonly failed_count?: number | string | undefined
  } | undefined
  readonly base_resp?: { readonly status_code: number; readonly status_msg: string } | undefined
}

const Texts = Schema.optional(Schema.NullOr(Schema.Array(Schema.NonEmptyString)))
const Count = Schema.optional(Schema.NullOr(Schema.Union([Schema.Number, Schema.String])))
const Reply = Schema.Struct({
  id: Schema.optional(Schema.String),
  data: Schema.Struct({ image_urls: Texts, image_base64: Texts }),
  metadata: Schema.optional(Schema.NullOr(Schema.Struct({ failed_count: Count })))
})

/** Makes the vendor's images as a value. */
export const make = Effect.fnUntraced(function*(
  options?: ImageVendor.Options
): Effect.fn.Return<Generator.Generator, never, Transport.Transport> {
  const ofTexts = yield* baseUrlOf(options?.baseUrl, "MINIMAX_BASE_URL", "https://api.minimax.io/anthropic")
  return yield* images({ ...options, baseUrl: `${ofTexts.replace(/(\/anthropic)?\/*$/, "")}/v1` })
})

const images = ImageVendor.make<ImageOptions.Fields>({
  provider: "minimax",
  baseUrl: "https://api.minimax.io/v1",
  apiKeyEnv: "MINIMAX_API_KEY",
  headers: (secret) => ({ authorization: `Bearer ${secret}` }),
  takesLinks: true,
  write: (request, asked) => {
    if (asked.prompt.length > longestPrompt) {
      throw refuse(request, "prompt", `it takes ${longestPrompt} characters at most, and ${asked.prompt.length} came`)
    }
    return {
      model: request.model.upstream,
      prompt: asked.prompt,
      ...ImageOptions.fieldsOf(request, imageOptions),
      ...subjectOf(asked),
      ...request.native
    }
  },
  ask: Effect.fnUntraced(function*(json, wire): Effect.fn.Return<Answer, GenerateError> {
    const { json: native, value } = yield* wire.send(Reply, { method: "POST", to: "/image_generation", json })
    const { data: { image_base64: data, image_urls: urls }, id, metadata } = value
    const failed = Math.min(Number(metadata?.failed_count ?? 0) || 0, mostImages)
    return {
      pictures: [...(urls ?? []).map((url) => ({ url })), ...(data ?? []).map((base64) => ({ base64 }))],
      withheld: Array.from({ length: failed }, () => "its moderation took the picture away"),
      requestId: id,
      native
    }
  }),
  refusalOf,
  errorIn
})

const longestPrompt = 1500
const mostImages = 9

const imageOptions: ImageOptions.Options = {
  n: ImageOptions.upTo("n", mostImages),
  seed: "seed",
  aspectRatio: ImageOptions.oneOf(
    "aspectRatio",
    ["1:1", "16:9", "4:3", "3:2", "2:3", "3:4", "9:16", "21:9"],
    "aspect_ratio"
  ),
  size: (size: NonNullable<Request["params"]["size"]>, request: Request) =>
    ImageOptions.within(size, { step: 8, least: 512, most: 2048 }, request)
}

const subjectOf = ({ images }: Asked): ImageOptions.Fields =>
  images.length === 0
    ? {}
    : { subject_reference: images.map((given) => ({ type: "character", image_file: urlOf(given) })) }

const kinds: Readonly<Record<string, Kind>> = {
  1002: "limited",
  1004: "key",
  1008: "quota",
  1026: "filtered",
  1027: "filtered",
  2013: "invalid",
  2049: "key"
}

const saidIn = ({ base_resp: base }: Readonly<Record<string, unknown>>) => {
  const { status_code: status, status_msg: words } = isRecord(base) ? base : {}
  if ((typeof status !== "number" && typeof status !== "string") || Number(status) === 0) return undefined
  const code = String(status)
  return {
    detail: `${typeof words === "string" ? words : "no message"} (${code})`,
    kind: Object.hasOwn(kinds, code) ? kinds[code] : undefined
  }
}

/** A code that isn't known says that it broke. */
function errorIn(json: Readonly<Record<string, unknown>>): Told | undefined {
  const said = saidIn(json)
  return said && {
    message: said.detail,
    reason: (detail, keySource) => reasonOf({ status: 200, kind: said.kind ?? "broken", detail, keySource })
  }
}

function refusalOf({ body, message }: Refused): Partial<Refusal> {
  return saidIn(body) ?? { detail: message }
}

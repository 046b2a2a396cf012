/**
 * xAI's images: from words (`/images/generations`), or from pictures (`/images/edits`), over HTTP.
 *
 * Read 2026-11-23: `@ai-sdk/xai@5.0.12:src/xai-image-model.ts`, `src/xai-error.ts`; docs.crazyrouter.com and
 * docs.laozhang.ai, which quote docs.x.ai. Whether it charges for what moderation withholds, what it says where it stops a
 * prompt, all of its ratios, and what a tick of its costs is worth are unverified.
 *
 * **Details**
 *
 * OpenAI's SDK isn't used: it sends pictures as a form, which xAI doesn't take. How large an image is, is said by `native`:
 * `{ resolution: "2k" }`.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { GenerateError } from "../../GenerateError.ts"
import type * as Generator from "../../Generator.ts"
import type { Request } from "../../Request.ts"
import type * as Transport from "../../Transport.ts"
import * as Usage from "../../Usage.ts"
import { type Answer, imagesOf, type Made } from "../../internal/imageAnswer.ts"
import { type Asked, refuse, urlOf } from "../../internal/imageAsked.ts"
import * as ImageOptions from "../../internal/imageOptions.ts"
import * as ImageVendor from "../../internal/imageVendor.ts"
import { isRecord } from "../../internal/json.ts"
import type { Refusal } from "../../internal/refusal.ts"
import type { Refused } from "../../internal/refused.ts"

/** What the wire takes for images. */
export type Asking = {
  readonly resolution?: "1k" | "2k" | undefined
  readonly aspect_ratio?: string | undefined
  readonly response_format?: "url" | "b64_json" | undefined
  readonly user?: string | undefined
}

/** What it answers with, as it came. */
export interface Answered {
  readonly data: ReadonlyArray<{
    readonly url?: string | null | undefined
    readonly b64_json?: string | null | undefined
    readonly revised_prompt?: string | null | undefined
    readonly mime_type?: string | null | undefined
    readonly respect_moderation?: boolean | null | undefined
  }>
  readonly usage?: { readonly cost_in_usd_ticks?: number | undefined } | undefined
}

interface Sent {
  readonly to: "/images/generations" | "/images/edits"
  readonly body: ImageOptions.Fields
  readonly inputImages: number
}

const Reply = Schema.Struct({
  data: Schema.Array(Schema.Struct({
    url: Schema.optional(Schema.NullOr(Schema.String)),
    b64_json: Schema.optional(Schema.NullOr(Schema.String)),
    revised_prompt: Schema.optional(Schema.NullOr(Schema.String)),
    respect_moderation: Schema.optional(Schema.NullOr(Schema.Boolean))
  })),
  usage: Schema.optional(Schema.NullOr(Schema.Struct({
    cost_in_usd_ticks: Schema.optional(Schema.NullOr(Schema.Finite))
  })))
})

const ticksPerUsd = 1e10

/** Makes the vendor's images as a value. */
export const make: (
  options?: ImageVendor.Options
) => Effect.Effect<Generator.Generator, never, Transport.Transport> = ImageVendor.make<Sent>({
  provider: "xai",
  baseUrl: "https://api.x.ai/v1",
  apiKeyEnv: "XAI_API_KEY",
  headers: (secret) => ({ authorization: `Bearer ${secret}` }),
  takesLinks: true,
  requestIdHeader: "x-request-id",
  write: (request, asked) => ({
    to: asked.images.length === 0 ? "/images/generations" : "/images/edits",
    body: {
      model: request.model.upstream,
      prompt: asked.prompt,
      ...ImageOptions.fieldsOf(request, optionsOf(request)),
      ...inputsOf(request, asked),
      ...request.native
    },
    inputImages: asked.images.length
  }),
  ask: Effect.fnUntraced(function*({ body, inputImages, to }, wire): Effect.fn.Return<Answer, GenerateError> {
    const { json, requestId, value: { data, usage } } = yield* wire.send(Reply, { method: "POST", to, json: body })
    const shown = data.filter((one) => one.respect_moderation !== false)
    const ticks = usage?.cost_in_usd_ticks
    return {
      pictures: shown.flatMap(({ b64_json: base64, revised_prompt: revised, url }): ReadonlyArray<Made> => {
        const revisedPrompt = revised == null || revised === "" ? undefined : revised
        if (url != null && url !== "") return [{ url, revisedPrompt }]
        return base64 == null || base64 === "" ? [] : [{ base64, revisedPrompt }]
      }),
      withheld: data.slice(shown.length).map(() => "its moderation took the picture away"),
      usage: (sizes) => Usage.make({ images: imagesOf(wire.request, sizes), inputImages }),
      reportedUsd: ticks == null || ticks < 0 ? undefined : ticks / ticksPerUsd,
      requestId,
      native: json
    }
  }),
  refusalOf
})

const optionsOf = ({ model: { upstream } }: Request): ImageOptions.Options => ({
  n: ImageOptions.upTo("n", 10),
  aspectRatio: ImageOptions.oneOf("aspectRatio", ratios, "aspect_ratio"),
  ...(hasNoQuality.test(upstream) ? undefined : { quality: ImageOptions.oneOf("quality", ["low", "medium"]) })
})

const ratios = ["1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "2:1", "1:2", "20:9", "9:20"]

/** Those before 2.0. */
const hasNoQuality = /^grok-imagine-image(-quality)?$/

const mostImages = 3

const inputsOf = (request: Request, { images }: Asked): ImageOptions.Fields => {
  if (images.length > mostImages) {
    throw refuse(request, "prompt", `it takes ${mostImages} pictures at most, and ${images.length} came`)
  }
  const [first, ...others] = images.map((given) => ({ url: urlOf(given), type: "image_url" }))
  return first === undefined ? {} : others.length === 0 ? { image: first } : { images: [first, ...others] }
}

/** It has three shapes of errors: `{ error: { message, code } }`, `{ code, error: "…" }`, `{ error: "…" }`. */
function refusalOf({ body, message }: Refused): Partial<Refusal> {
  const { error } = body
  const { code } = isRecord(error) ? error : body
  const said = isRecord(error) ? error.message : error
  const detail = typeof said === "string" ? said : message
  const field = /^Argument not supported: (\w+)/.exec(detail)?.[1]
  return { detail, field, kind: /moderat/i.test(`${String(code)} ${detail}`) ? "filtered" : undefined }
}

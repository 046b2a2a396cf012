/**
 * fal.ai, over HTTP: a request is queued, looked at until it is done, and its pictures read from links.
 *
 * Read 2026-11-23: `@fal-ai/client@1.10.1` (`src/queue.d.ts`, `types/common.d.ts`, `request.js`, `retry.js`, `response.d.ts`),
 * fal.ai/docs/api-reference/inference-api, docs.fal.ai/errors, `@ai-sdk/fal@3.0.41`. Whether a flagged picture is charged is
 * in none of them: it counts as maybe billed.
 *
 * **Details**
 *
 * Its SDK isn't used: its address is fixed. Models are by path (`fal-ai/flux/dev`); what each takes is its own schema,
 * which `native` reaches. What was flagged comes black in a good answer, and is left out of it here. A request that nobody
 * waits for any more is cancelled.
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
import * as Usage from "../Usage.ts"
import { type Answer, imagesOf } from "../internal/imageAnswer.ts"
import { type Asked, refuse, urlOf } from "../internal/imageAsked.ts"
import type { Polled } from "../internal/imageJob.ts"
import * as ImageOptions from "../internal/imageOptions.ts"
import * as ImageVendor from "../internal/imageVendor.ts"
import { isRecord } from "../internal/json.ts"
import type { Kind, Refusal } from "../internal/refusal.ts"
import type { Refused } from "../internal/refused.ts"

/**
 * The key is `FAL_KEY`, the base URL `FAL_BASE_URL`, else `https://queue.fal.run`.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options extends ImageVendor.Options {}

/**
 * What the wire takes and gives: `native` in options and answers. What a model takes and gives besides is its own.
 *
 * @category models
 * @since 1.0.0
 */
export interface Native {
  readonly request: {
    readonly num_inference_steps?: number | undefined
    readonly guidance_scale?: number | undefined
    readonly enable_safety_checker?: boolean | undefined
    /** Pictures come in the answer, not by link. */
    readonly sync_mode?: boolean | undefined
  } & Readonly<Record<string, unknown>>
  readonly reply: Result
}

/**
 * A result, as it came: its links live for a week at least.
 *
 * @category models
 * @since 1.0.0
 */
export interface Result {
  readonly images: ReadonlyArray<
    { readonly url: string; readonly width?: number | null; readonly height?: number | null }
  >
  readonly seed?: number | null
  readonly has_nsfw_concepts?: ReadonlyArray<boolean> | null
}

type Sent = Readonly<Record<string, unknown>>

const Submitted = Schema.Struct({
  request_id: Schema.NonEmptyString,
  status_url: Schema.NonEmptyString,
  response_url: Schema.NonEmptyString,
  cancel_url: Schema.optional(Schema.NonEmptyString)
})

const Status = Schema.Struct({
  status: Schema.String,
  queue_position: Schema.optional(Schema.NullOr(Schema.Int))
})

const Painted = Schema.Struct({
  images: Schema.Array(Schema.Struct({
    url: Schema.NonEmptyString,
    width: Schema.optional(Schema.NullOr(Schema.Natural)),
    height: Schema.optional(Schema.NullOr(Schema.Natural))
  })),
  seed: Schema.optional(Schema.NullOr(Schema.Int)),
  has_nsfw_concepts: Schema.optional(Schema.NullOr(Schema.Array(Schema.Boolean)))
})

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = ImageVendor
  .make<Sent>({
    provider: "fal",
    baseUrl: "https://queue.fal.run",
    apiKeyEnv: "FAL_KEY",
    headers: (secret) => ({ authorization: `Key ${secret}` }),
    domains: ["fal.run"],
    takesLinks: true,
    requestIdHeader: "x-fal-request-id",
    write: (request, asked) => ({
      prompt: asked.prompt,
      ...ImageOptions.fieldsOf(request, isByRatio(request) ? byRatio : bySize),
      ...inputsOf(request, asked),
      ...request.native
    }),
    ask: Effect.fnUntraced(function*(sent, wire): Effect.fn.Return<Answer, GenerateError> {
      const { value: { cancel_url: cancel, request_id: id, response_url: response, status_url: status } } = yield* wire
        .send(Submitted, { method: "POST", to: pathOf(wire.request), json: sent })
      // What went wrong is told by the result alone.
      const result = wire.send(Painted, { method: "GET", to: response })
      const { json, value: { has_nsfw_concepts: flags, images, seed } } = yield* wire.job({
        id,
        interval: ["500 millis", "1 second"],
        longest: "10 minutes",
        poll: Effect.flatMap(wire.send(Status, { method: "GET", to: status }), ({ value }) => looked(value, result)),
        cancel: cancel === undefined ? undefined : wire.send(Schema.Unknown, { method: "PUT", to: cancel })
      })
      const isShown = (_: unknown, index: number) => flags?.[index] !== true
      return {
        pictures: images.filter(isShown).map(({ url }) =>
          url.startsWith("data:") ? { base64: url, seed: seed ?? undefined } : { url, seed: seed ?? undefined }
        ),
        withheld: images.flatMap((_, index) => isShown(_, index) ? [] : ["its safety checker flagged the picture"]),
        usage: Usage.make({
          images: imagesOf(
            wire.request,
            images.map(({ height, width }) => ({ width: width ?? undefined, height: height ?? undefined }))
          )
        }),
        native: json,
        jobId: id
      }
    }),
    refusalOf
  })

/**
 * Provides fal.ai as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

const pathOf = ({ model: { upstream } }: Request): string =>
  `/${upstream.split("/").map((step) => encodeURIComponent(step)).join("/")}`

const options: ImageOptions.Options = {
  n: ImageOptions.upTo("n", 4, "num_images"),
  seed: "seed",
  format: ImageOptions.oneOf("format", ["jpeg", "png"], "output_format")
}

/** As FLUX takes it, and most. */
const bySize: ImageOptions.Options = {
  ...options,
  size: (size) => ({ image_size: ImageOptions.pixelsOf(size) }),
  aspectRatio: (ratio, request) => ({ image_size: ImageOptions.sizeFor(ratio, { step: 16 }, request) })
}

const byRatio: ImageOptions.Options = { ...options, aspectRatio: "aspect_ratio" }

/** Models of Google's. */
const isByRatio = ({ model: { upstream } }: Request): boolean => upstream.includes("banana")

/** Models take one picture or a list of them, each by another name. */
const inputsOf = (request: Request, { images, mask }: Asked): ImageOptions.Fields => {
  const [first] = images
  const takesList = /banana|\/edit\b|multi/.test(request.model.upstream)
  if (!takesList && images.length > 1) throw refuse(request, "prompt", `it takes 1 picture, and ${images.length} came`)
  return {
    ...(first === undefined ? undefined : takesList ? { image_urls: images.map(urlOf) } : { image_url: urlOf(first) }),
    ...(mask === undefined ? undefined : { mask_url: urlOf(mask) })
  }
}

interface Done {
  readonly json: unknown
  readonly value: typeof Painted.Type
}

const looked = (
  { queue_position: queuePosition, status }: typeof Status.Type,
  result: Effect.Effect<Done, GenerateError>
): Effect.Effect<Polled<Done>, GenerateError> =>
  status === "COMPLETED"
    ? Effect.map(result, (value) => ({ state: "done", value }))
    : Effect.succeed({ state: "pending", status, queuePosition: queuePosition ?? undefined })

/** A model's errors are a list, each with its type; the platform's are words, with a type in a header. */
function refusalOf({ body: { detail }, message }: Refused): Partial<Refusal> {
  const [first] = Array.isArray(detail) ? detail.filter(isRecord) : []
  if (first === undefined) return { detail: isString(detail) ? detail : message }
  const { loc, msg, type } = first
  return {
    detail: isString(msg) ? msg : message,
    kind: isString(type) ? kinds.get(type) : undefined,
    field: Array.isArray(loc) ? loc.filter((step) => step !== "body").join(".") : undefined
  }
}

const kinds = new Map<string, Kind>([["content_policy_violation", "filtered"]])

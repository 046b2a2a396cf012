/**
 * Z.AI's images, over HTTP: GLM-Image in high quality as a job, the others at once.
 *
 * Read 2026-11-23: docs.z.ai/api-reference/image (generate-image, generate-image-async), `zai-org/z-ai-sdk-python:src/zai`.
 * What levels of `content_filter` mean, and whether what is withheld is charged, is unverified.
 *
 * **Details**
 *
 * A request makes one image, from words alone; of `n` images each is an attempt. A job can't be cancelled.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ContentFiltered, type GenerateError, Overloaded } from "../../GenerateError.ts"
import type * as Generator from "../../Generator.ts"
import type { Request } from "../../Request.ts"
import type * as Transport from "../../Transport.ts"
import * as Usage from "../../Usage.ts"
import { type Answer, imagesOf } from "../../internal/imageAnswer.ts"
import { refuse } from "../../internal/imageAsked.ts"
import type { Polled } from "../../internal/imageJob.ts"
import * as ImageOptions from "../../internal/imageOptions.ts"
import * as ImageVendor from "../../internal/imageVendor.ts"
import { isRecord } from "../../internal/json.ts"
import type { Refusal } from "../../internal/refusal.ts"
import type { Refused } from "../../internal/refused.ts"
import { kinds } from "./Errors.ts"

/** What the wire takes for images. */
export type Asking = {
  readonly user_id?: string | undefined
  readonly request_id?: string | undefined
  readonly watermark_enabled?: boolean | undefined
}

interface Filtered {
  readonly content_filter?: ReadonlyArray<{ readonly role?: string; readonly level?: number }> | undefined
}

/** What it answers with, as it came: at once, or where its job was looked at last. */
export type Answered =
  | { readonly created?: number | undefined; readonly data: ReadonlyArray<{ readonly url: string }> } & Filtered
  | {
    readonly id?: string | undefined
    readonly request_id?: string | undefined
    readonly task_status: string
    readonly image_result: ReadonlyArray<{ readonly url: string }>
  } & Filtered

const Pictures = Schema.Array(Schema.Struct({ url: Schema.NonEmptyString }))
const Id = Schema.optional(Schema.String)
const Filter = Schema.optional(
  Schema.NullOr(Schema.Array(Schema.Struct({ level: Schema.optional(Schema.NullOr(Schema.Finite)) })))
)
const AtOnce = Schema.Struct({ data: Pictures, content_filter: Filter, id: Id, request_id: Id })
const Submitted = Schema.Struct({ id: Schema.NonEmptyString, request_id: Id })
const Looked = Schema.Struct({
  task_status: Schema.String,
  image_result: Schema.optional(Schema.NullOr(Pictures)),
  content_filter: Filter,
  error: Schema.optional(Schema.Unknown)
})

/** Makes the vendor's images as a value. */
export const make: (
  options?: ImageVendor.Options
) => Effect.Effect<Generator.Generator, never, Transport.Transport> = ImageVendor.make<ImageOptions.Fields>({
  provider: "zai",
  baseUrl: "https://api.z.ai/api/paas/v4",
  apiKeyEnv: "ZAI_API_KEY",
  headers: (secret) => ({ authorization: `Bearer ${secret}` }),
  takesLinks: true,
  oneByOne: true,
  write: (request, asked) => {
    if (asked.images.length > 0) throw refuse(request, "prompt", "it makes images from words alone")
    return {
      model: request.model.upstream,
      prompt: asked.prompt,
      ...ImageOptions.fieldsOf(request, isGlm(request) ? glm : cogView),
      ...request.native
    }
  },
  ask: (body, wire) => isGlm(wire.request) && body["quality"] !== "standard" ? asJob(body, wire) : atOnce(body, wire),
  refusalOf
})

const atOnce = Effect.fnUntraced(function*(
  body: ImageOptions.Fields,
  wire: ImageVendor.Wire
): Effect.fn.Return<Answer, GenerateError> {
  const { json, value } = yield* wire.send(AtOnce, { method: "POST", to: "/images/generations", json: body })
  const { content_filter: filter, data, id, request_id: requestId = id } = value
  const level = data.length === 0 ? severityOf(filter) : undefined
  return { pictures: data, withheld: level === undefined ? [] : [inWords(level)], requestId, native: json }
})

const asJob = Effect.fnUntraced(function*(
  body: ImageOptions.Fields,
  wire: ImageVendor.Wire
): Effect.fn.Return<Answer, GenerateError> {
  const { request } = wire
  const { value: { id, request_id: requestId } } = yield* wire.send(Submitted, {
    method: "POST",
    to: "/async/images/generations",
    json: body
  })
  const { json, pictures } = yield* wire.job({
    id,
    interval: ["1 second", "2 seconds"],
    longest: "3 minutes",
    usage: Usage.make({ images: imagesOf(request, [ImageOptions.sizeOf(request)]) }),
    poll: Effect.map(
      wire.send(Looked, { method: "GET", to: `/async-result/${encodeURIComponent(id)}` }),
      ({ json, value }) => looked(value, json)
    )
  })
  return { pictures, native: json, jobId: id, requestId }
})

interface Done {
  readonly pictures: ReadonlyArray<{ readonly url: string }>
  readonly json: unknown
}

const looked = (
  { content_filter: filter, error, image_result: pictures, task_status: status }: typeof Looked.Type,
  json: unknown
): Polled<Done> => {
  const level = severityOf(filter)
  switch (status) {
    case "SUCCESS":
      return pictures == null || (pictures.length === 0 && level !== undefined)
        ? { state: "failed", message: level === undefined ? "no picture came of it" : inWords(level), reason: filtered }
        : { state: "done", value: { pictures, json } }
    case "FAIL": {
      const { code, detail = "it failed" } = saidIn(error) ?? {}
      if (level !== undefined) return { state: "failed", message: inWords(level), reason: filtered }
      return { state: "failed", message: detail, reason: kinds[code ?? ""] === "filtered" ? filtered : broken }
    }
    default:
      return { state: "pending", status }
  }
}

const filtered = (detail: string) => new ContentFiltered({ detail })
const broken = (detail: string) => new Overloaded({ detail, maybeBilled: true })

/** 0 is the most severe; 3 is what passes. */
const severityOf = (filter: typeof Filter.Type): number | undefined => {
  const levels = (filter ?? []).flatMap(({ level }) => level != null && level < 3 ? [level] : [])
  return levels.length === 0 ? undefined : Math.min(...levels)
}

const inWords = (level: number): string => `its moderation took the picture away (level ${level}; 0 is the most severe)`

const isGlm = ({ model: { upstream } }: Request): boolean => upstream === "glm-image"

interface Sizes {
  readonly bounds: ImageOptions.Bounds & { readonly least: number }
  /** Those that the vendor takes besides. */
  readonly others: ReadonlySet<string>
  /** Of its usual size. */
  readonly area: number
}

const optionsFor = ({ area, bounds, others }: Sizes): ImageOptions.Options => ({
  n: () => ({}),
  quality: ImageOptions.oneOf("quality", ["hd", "standard"]),
  size: (size: NonNullable<Request["params"]["size"]>, request: Request) =>
    others.has(size) ? { size } : sized(ImageOptions.within(size, bounds, request)),
  // A long one is larger, so that its short side is long enough.
  aspectRatio: (ratio: NonNullable<Request["params"]["aspectRatio"]>, request: Request) => {
    const wide = ImageOptions.ratioOf(ratio)
    const least = bounds.least ** 2 * Math.max(wide, 1 / wide)
    return sized(ImageOptions.sizeFor(ratio, bounds, request, Math.max(area, least)))
  }
})

const sized = ({ height, width }: ImageOptions.Pixels) => ({ size: `${width}x${height}` })

const glm = optionsFor({
  bounds: { step: 32, least: 1024, most: 2048, mostArea: 2 ** 22 },
  others: new Set(["1728x960", "960x1728"]),
  area: 1280 ** 2
})

const cogView = optionsFor({
  bounds: { step: 16, least: 512, most: 2048, mostArea: 2 ** 21 },
  others: new Set(),
  area: 1024 ** 2
})

const saidIn = (error: unknown): { readonly code: string; readonly detail: string | undefined } | undefined =>
  isRecord(error)
    ? { code: String(error.code), detail: typeof error.message === "string" ? error.message : undefined }
    : undefined

function refusalOf({ body: { error }, message }: Refused): Partial<Refusal> {
  const { code = "", detail = message } = saidIn(error) ?? {}
  return { detail, kind: Object.hasOwn(kinds, code) ? kinds[code] : undefined }
}

/**
 * Black Forest Labs, over HTTP: a job is submitted, looked at until it is done, and its picture read from a link.
 *
 * Read 2026-11-23: github.com/black-forest-labs/skills `skills/bfl-api`, docs.bfl.ai (errors, pricing),
 * `@ai-sdk/black-forest-labs@2.0.41`. Whether a job that fails or is moderated is charged is in none of them: such an
 * attempt counts as maybe billed.
 *
 * **Details**
 *
 * It has no SDK. A request makes one image; of `n` images each is an attempt. A job can't be cancelled.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { isString } from "effect/Predicate"
import * as Schema from "effect/Schema"
import { ContentFiltered, type GenerateError, InvalidResponse, Overloaded } from "../GenerateError.ts"
import * as Generator from "../Generator.ts"
import * as Price from "../Price.ts"
import type { Request } from "../Request.ts"
import type * as Transport from "../Transport.ts"
import * as Usage from "../Usage.ts"
import { type Answer, imagesOf } from "../internal/imageAnswer.ts"
import { type Asked, base64Of, type Given, refuse } from "../internal/imageAsked.ts"
import type { Polled } from "../internal/imageJob.ts"
import * as ImageOptions from "../internal/imageOptions.ts"
import * as ImageVendor from "../internal/imageVendor.ts"
import { isRecord } from "../internal/json.ts"
import { see } from "../internal/picture.ts"
import type { Refusal } from "../internal/refusal.ts"
import type { Refused } from "../internal/refused.ts"

/**
 * The key is `BFL_API_KEY`, the base URL `BFL_BASE_URL`, else `https://api.bfl.ai/v1`, which serves all regions.
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
    readonly prompt_upsampling?: boolean | undefined
    /** 0 is the strictest, 5 the least; up to 6 with FLUX.1. */
    readonly safety_tolerance?: number | undefined
    /** Of FLUX.2 [flex]. */
    readonly steps?: number | undefined
    readonly guidance?: number | undefined
    /** Of FLUX1.1 [pro] ultra. */
    readonly raw?: boolean | undefined
    readonly image_prompt?: string | undefined
  } & Readonly<Record<string, unknown>>
  readonly reply: Result | ReadonlyArray<Result>
}

/**
 * A job that is done, as it came: its link dies after ten minutes.
 *
 * @category models
 * @since 1.0.0
 */
export interface Result {
  readonly id: string
  readonly status: string
  readonly result: { readonly sample: string; readonly seed?: number | undefined }
}

interface Sent {
  readonly body: ImageOptions.Fields
  /** Megapixels of the pictures to start from. */
  readonly input: number
}

const Submitted = Schema.Struct({
  id: Schema.NonEmptyString,
  polling_url: Schema.NonEmptyString,
  /** Hundredths of a US dollar. */
  cost: Schema.optional(Schema.NullOr(Schema.Finite)),
  input_mp: Schema.optional(Schema.NullOr(Schema.Finite))
})

const Looked = Schema.Struct({
  status: Schema.String,
  result: Schema.optional(Schema.NullOr(Schema.Struct({
    sample: Schema.optional(Schema.NonEmptyString),
    seed: Schema.optional(Schema.NullOr(Schema.Int))
  }))),
  progress: Schema.optional(Schema.NullOr(Schema.Finite)),
  details: Schema.optional(Schema.Unknown)
})

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = ImageVendor
  .make<Sent>({
    provider: "bfl",
    baseUrl: "https://api.bfl.ai/v1",
    apiKeyEnv: "BFL_API_KEY",
    headers: (secret) => ({ "x-key": secret }),
    domains: ["bfl.ai"],
    takesLinks: true,
    oneByOne: true,
    concurrency: 24,
    write: (request, asked) => ({
      body: {
        prompt: asked.prompt,
        ...ImageOptions.fieldsOf(request, optionsOf(request)),
        ...inputsOf(request, asked),
        ...request.native
      },
      input: asked.images.reduce((sum, given) => sum + megapixelsOf(given), 0)
    }),
    ask: Effect.fnUntraced(function*(sent, wire): Effect.fn.Return<Answer, GenerateError> {
      const { request } = wire
      const submitted = yield* wire.send(Submitted, {
        method: "POST",
        to: `/${encodeURIComponent(request.model.upstream)}`,
        json: sent.body
      })
      const { cost, id, input_mp: input, polling_url: url } = submitted.value
      const to = /[?&]id=/.test(url) ? url : `${url}${url.includes("?") ? "&" : "?"}id=${encodeURIComponent(id)}`
      const inputImages = Math.max(sent.input, Math.ceil(input ?? 0))
      const done = yield* wire.job({
        id,
        interval: ["500 millis", "2 seconds"],
        longest: "2 minutes",
        usage: Usage.make({ images: imagesOf(request, [ImageOptions.sizeOf(request)]), inputImages }),
        poll: Effect.map(wire.send(Looked, { method: "GET", to }), ({ json, value }) => looked(value, json))
      })
      return {
        pictures: [{ url: done.sample, seed: done.seed }],
        native: done.json,
        jobId: id,
        usage: (sizes) => Usage.make({ images: imagesOf(request, sizes), inputImages }),
        reportedUsd: typeof cost === "number" && cost >= 0 ? cost / 100 : undefined
      }
    }),
    refusalOf
  })

/**
 * Provides Black Forest Labs as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

/** FLUX.2 and what isn't known takes pixels, FLUX.1 a ratio. */
const optionsOf = ({ model: { upstream } }: Request): ImageOptions.Options => ({
  n: () => ({}),
  seed: "seed",
  format: ImageOptions.oneOf("format", ["jpeg", "png"], "output_format"),
  ...(isFlux1(upstream) ? { aspectRatio: ratio } : {
    size: (size, request) => ImageOptions.within(size, bounds, request),
    aspectRatio: (ratio, request) => ImageOptions.sizeFor(ratio, bounds, request)
  })
})

const isFlux1 = (model: string): boolean => /^flux-(pro|kontext|dev)/.test(model)

const bounds: ImageOptions.Bounds = { step: 16, least: 64, mostArea: 4 * 1024 * 1024 }

const ratio = (ratio: NonNullable<Request["params"]["aspectRatio"]>, request: Request): ImageOptions.Fields => {
  const wide = ImageOptions.ratioOf(ratio)
  if (wide > 21 / 9 || wide < 9 / 21) throw refuse(request, "aspectRatio", `${ratio} isn't between 21:9 and 9:21`)
  return { aspect_ratio: ratio }
}

const inputsOf = (request: Request, { images }: Asked): ImageOptions.Fields => {
  const most = isFlux1(request.model.upstream) ? 1 : request.model.upstream.includes("klein") ? 4 : 8
  if (images.length > most) {
    throw refuse(request, "prompt", `it takes ${most} pictures at most, and ${images.length} came`)
  }
  return Object.fromEntries(
    images.map((given, index) => [
      index === 0 ? "input_image" : `input_image_${index + 1}`,
      "url" in given ? given.url : base64Of(given.bytes)
    ])
  )
}

/** Begun ones count; how the vendor rounds is unverified. */
const megapixelsOf = (given: Given): number => "url" in given ? 1 : Price.megapixels(see(given.bytes) ?? {}) ?? 1

const looked = ({ details, progress, result, status }: typeof Looked.Type, json: unknown): Polled<Done> => {
  switch (status) {
    case "Ready":
      return result?.sample === undefined
        ? { state: "failed", message: "the job is done, and has no picture", reason: invalid }
        : { state: "done", value: { sample: result.sample, seed: result.seed ?? undefined, json } }
    case "Request Moderated":
    case "Content Moderated":
      return { state: "failed", message: `${status}${reasonsIn(details)}`, reason: filtered }
    case "Error":
    case "Failed":
    case "Task not found":
      return { state: "failed", message: status, reason: broken }
    default:
      return { state: "pending", status, fraction: progress ?? undefined }
  }
}

interface Done {
  readonly sample: string
  readonly seed: number | undefined
  readonly json: unknown
}

const invalid = (detail: string) => new InvalidResponse({ detail })
const filtered = (detail: string) => new ContentFiltered({ detail })
const broken = (detail: string) => new Overloaded({ detail, maybeBilled: true })

const reasonsIn = (details: unknown): string => {
  const reasons = isRecord(details) ? details["Moderation Reasons"] : undefined
  return Array.isArray(reasons) ? `: ${reasons.filter(isString).join(", ")}` : ""
}

/** Its pages show errors in several shapes. */
function refusalOf({ body, message }: Refused): Partial<Refusal> {
  const { detail, error, message: words } = body
  const said = isString(detail) ? detail : Array.isArray(detail) ? detail.map(saidIn).join("; ") : undefined
  return { detail: said ?? (isString(words) ? words : isString(error) ? error : message) }
}

const saidIn = (problem: unknown): string => {
  if (!isRecord(problem)) return String(problem)
  const at = Array.isArray(problem.loc) ? problem.loc.filter((step) => step !== "body").join(".") : ""
  return `${at === "" ? "" : `${at}: `}${isString(problem.msg) ? problem.msg : "it doesn't fit"}`
}

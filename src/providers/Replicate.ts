/**
 * Replicate, over HTTP: a prediction is made, looked at until it is done, and its pictures read from links.
 *
 * Read 2026-11-23: `replicate@1.4.0` (`index.d.ts`, `index.js`, `lib/util.js`), replicate.com/docs/topics/predictions
 * (create, lifecycle, rate-limits), `@ai-sdk/replicate@3.0.46`. Its words for what was moderated, and whether a prediction
 * that fails is charged, are in none of them: such an attempt counts as maybe billed.
 *
 * **Details**
 *
 * Its SDK isn't used: it repeats what it sends by itself, and waits for no `Retry-After`. Models are official ones, by
 * `owner/name`; what each takes is its own schema, which `native` reaches. A request makes one image; of `n` images each
 * is an attempt. A prediction that nobody waits for any more is cancelled.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { isString } from "effect/Predicate"
import * as Schema from "effect/Schema"
import { ContentFiltered, type GenerateError, Overloaded } from "../GenerateError.ts"
import * as Generator from "../Generator.ts"
import type { Request } from "../Request.ts"
import type * as Transport from "../Transport.ts"
import type { Answer } from "../internal/imageAnswer.ts"
import { type Asked, refuse, urlOf } from "../internal/imageAsked.ts"
import type { Polled } from "../internal/imageJob.ts"
import * as ImageOptions from "../internal/imageOptions.ts"
import * as ImageVendor from "../internal/imageVendor.ts"
import type { Refusal } from "../internal/refusal.ts"
import type { Refused } from "../internal/refused.ts"

/**
 * The key is `REPLICATE_API_TOKEN`, the base URL `REPLICATE_BASE_URL`, else `https://api.replicate.com/v1`.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options extends ImageVendor.Options {}

/**
 * What the wire takes and gives: `native` in options is of the model's `input`, `native` in answers the prediction. Of
 * several images it is a list.
 *
 * @category models
 * @since 1.0.0
 */
export interface Native {
  readonly request: Readonly<Record<string, unknown>>
  readonly reply: Prediction | ReadonlyArray<Prediction>
}

/**
 * A prediction that is done, as it came: its links die after an hour.
 *
 * @category models
 * @since 1.0.0
 */
export interface Prediction {
  readonly id: string
  readonly status: string
  /** A link, or several. */
  readonly output: unknown
  readonly metrics?: { readonly predict_time?: number | undefined } | undefined
}

interface Sent {
  readonly path: string
  readonly input: Readonly<Record<string, unknown>>
}

const Looked = Schema.Struct({
  id: Schema.NonEmptyString,
  status: Schema.String,
  output: Schema.optional(Schema.NullOr(Schema.Unknown)),
  error: Schema.optional(Schema.NullOr(Schema.Unknown)),
  urls: Schema.optional(Schema.Struct({
    get: Schema.optional(Schema.NonEmptyString),
    cancel: Schema.optional(Schema.NonEmptyString)
  }))
})

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = ImageVendor
  .make<Sent>({
    provider: "replicate",
    baseUrl: "https://api.replicate.com/v1",
    apiKeyEnv: "REPLICATE_API_TOKEN",
    headers: (secret) => ({ authorization: `Bearer ${secret}` }),
    domains: ["replicate.com"],
    takesLinks: true,
    oneByOne: true,
    write: (request, asked) => ({
      path: pathOf(request),
      input: {
        prompt: asked.prompt,
        ...ImageOptions.fieldsOf(request, options),
        ...inputOf(request, asked),
        ...request.native
      }
    }),
    ask: Effect.fnUntraced(function*({ input, path }, wire): Effect.fn.Return<Answer, GenerateError> {
      const { value: { id, urls = {} } } = yield* wire.send(Looked, { method: "POST", to: path, json: { input } })
      const own = `/predictions/${encodeURIComponent(id)}`
      const done = yield* wire.job({
        id,
        interval: ["500 millis", "1 second"],
        longest: "30 minutes",
        poll: Effect.map(
          wire.send(Looked, { method: "GET", to: urls.get ?? own }),
          ({ json, value }) => looked(value, json)
        ),
        cancel: wire.send(Schema.Unknown, { method: "POST", to: urls.cancel ?? `${own}/cancel` })
      })
      return { pictures: done.links.map((url) => ({ url })), native: done.json, jobId: id }
    }),
    refusalOf
  })

/**
 * Provides Replicate as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

const pathOf = (request: Request): string => {
  const { upstream } = request.model
  if (!/^[\w.-]+\/[\w.-]+$/.test(upstream)) {
    throw refuse(request, "model", `${upstream} isn't the owner and name of a model`)
  }
  return `/models/${upstream}/predictions`
}

const options: ImageOptions.Options = {
  n: () => ({}),
  aspectRatio: "aspect_ratio",
  seed: "seed",
  format: ImageOptions.oneOf("format", { png: "png", jpeg: "jpg", webp: "webp" }, "output_format")
}

/** Where a model takes its picture: most of FLUX in `image`, others say so themselves, by `native`. */
const inputOf = (request: Request, { images }: Asked): ImageOptions.Fields => {
  const [first] = images
  if (first === undefined) return {}
  if (images.length > 1) throw refuse(request, "prompt", `it takes 1 picture, and ${images.length} came`)
  return { [inputNames.get(request.model.upstream) ?? "image"]: urlOf(first) }
}

const inputNames = new Map([
  ["black-forest-labs/flux-1.1-pro", "image_prompt"],
  ["black-forest-labs/flux-kontext-pro", "input_image"],
  ["black-forest-labs/flux-kontext-max", "input_image"]
])

interface Done {
  readonly links: ReadonlyArray<string>
  readonly json: unknown
}

const looked = ({ error, output, status }: typeof Looked.Type, json: unknown): Polled<Done> => {
  switch (status) {
    case "succeeded":
      return { state: "done", value: { links: [output].flat().filter(isString), json } }
    case "failed": {
      const message = isString(error) && error !== "" ? error : "the prediction failed"
      return { state: "failed", message, reason: moderation.test(message) ? filtered : broken }
    }
    case "canceled":
      return { state: "failed", message: "the prediction was cancelled", reason: broken }
    case "aborted":
      return { state: "failed", message: "the prediction was cancelled before it began", reason: broken, billed: "no" }
    default:
      return { state: "pending", status }
  }
}

/** There is no code for it: the words are a model's own. */
const moderation = /\bnsfw\b|sensitive|flagged|safety (checker|filter)/i

const filtered = (detail: string) => new ContentFiltered({ detail })
const broken = (detail: string) => new Overloaded({ detail, maybeBilled: true })

function refusalOf({ body: { detail }, message }: Refused): Partial<Refusal> {
  return { detail: isString(detail) ? detail : message }
}

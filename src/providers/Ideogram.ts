/**
 * Ideogram, over HTTP: images are made at once, and read from links.
 *
 * Read 2026-11-23: developer.ideogram.ai (responses-and-metadata, errors, rate-limits, remix-v4, edit-v3), a client made of
 * its OpenAPI document, ComfyUI's client for the sizes of 4.0. Fields of 4.0 besides its prompt, size and speed, and that
 * pictures to start from are priced as edits, are unverified.
 *
 * **Details**
 *
 * It has no SDK. It charges for what is withheld once it was made, and for nothing that it refuses.
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
import { type Answer, imagesOf, type Made } from "../internal/imageAnswer.ts"
import { type Asked, type Given, refuse } from "../internal/imageAsked.ts"
import * as ImageOptions from "../internal/imageOptions.ts"
import * as ImageVendor from "../internal/imageVendor.ts"
import type { Refusal } from "../internal/refusal.ts"
import type { Refused } from "../internal/refused.ts"

/**
 * The key is `IDEOGRAM_API_KEY`, the base URL `IDEOGRAM_BASE_URL`, else `https://api.ideogram.ai`.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options extends ImageVendor.Options {}

/**
 * What the wire takes and gives: `native` in options and answers.
 *
 * @category models
 * @since 1.0.0
 */
export interface Native {
  readonly request: {
    /** Whether it rewrites the prompt: `auto`, `on` and `off`, in capitals with 3.0. */
    readonly magic_prompt?: string | undefined
    readonly enable_copyright_detection?: boolean | undefined
    /** With 4.5, besides pixels: `auto`, or `source`, which is that of the first picture to start from. */
    readonly size?: string | undefined
    /** With 3.0. */
    readonly style_type?: "AUTO" | "GENERAL" | "REALISTIC" | "DESIGN" | "FICTION" | undefined
    /** With a picture to start from: 1 to 100, how much of it stays. Of 3.0 and 4.0. */
    readonly image_weight?: number | undefined
  } & Readonly<Record<string, unknown>>
  readonly reply: Result
}

/**
 * An answer, as it came: its links die after a day, and what was withheld has none.
 *
 * @category models
 * @since 1.0.0
 */
export interface Result {
  readonly generation_id?: string
  readonly seed?: number
  readonly data: ReadonlyArray<{
    readonly url?: string | null
    readonly prompt?: string
    readonly resolution?: string
    readonly seed?: number
    readonly is_image_safe?: boolean
  }>
}

interface Sent {
  readonly path: string
  readonly fields: ImageOptions.Fields
  readonly files: ReadonlyArray<readonly [name: string, given: Given]>
  /** What is priced apart. */
  readonly grade: string
  readonly mode: string | undefined
}

const Painted = Schema.Struct({
  generation_id: Schema.optional(Schema.NullOr(Schema.String)),
  data: Schema.Array(Schema.Struct({
    url: Schema.optional(Schema.NullOr(Schema.String)),
    prompt: Schema.optional(Schema.NullOr(Schema.String)),
    seed: Schema.optional(Schema.NullOr(Schema.Int)),
    is_image_safe: Schema.optional(Schema.NullOr(Schema.Boolean))
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
    provider: "ideogram",
    baseUrl: "https://api.ideogram.ai",
    apiKeyEnv: "IDEOGRAM_API_KEY",
    headers: (secret) => ({ "api-key": secret }),
    takesLinks: false,
    // It counts images, not requests: what is above it is refused for the moment, and free.
    concurrency: 10,
    write: (request, asked) => {
      const { path, field, grade, ...model } = modelOf(request)
      const fields = {
        [model.prompt]: asked.prompt,
        ...ImageOptions.fieldsOf(request, model.options),
        ...request.native
      }
      const files = filesOf(request, asked, model.mostImages).map((given): readonly [string, Given] => [field, given])
      return {
        path: path(files.length > 0, fields),
        fields,
        files,
        grade: grade(fields, files.length > 0),
        mode: files.length > 0 ? "edit" : undefined
      }
    },
    ask: Effect.fnUntraced(function*(sent, wire): Effect.fn.Return<Answer, GenerateError> {
      const { fields, grade: quality, mode, path } = sent
      const isForm = sent.files.length > 0 || path.startsWith("/v1/") || Object.values(fields).some(isFile)
      const { json, value: { data, generation_id: id } } = yield* wire.send(Painted, {
        method: "POST",
        to: path,
        ...(isForm ? { form: formOf(sent) } : { json: fields })
      })
      const asked = ImageOptions.sizeOf(wire.request)
      return {
        pictures: data.flatMap(({ is_image_safe: isSafe, prompt, seed, url }): ReadonlyArray<Made> =>
          url && isSafe !== false
            ? [{
              url,
              seed: seed ?? undefined,
              revisedPrompt: prompt == null || prompt === fields["prompt"] ? undefined : prompt
            }]
            : []
        ),
        withheld: data.flatMap(({ is_image_safe: isSafe, url }) =>
          url && isSafe !== false ? [] : ["it failed the safety check, once it was made"]
        ),
        withheldBilled: "yes",
        // Those that were withheld are charged like the others.
        usage: (sizes) => {
          const all = data.map((_, index) => sizes[index] ?? sizes[0] ?? asked)
          const named = imagesOf(wire.request, all).map((images) => Object.assign({}, images, { quality, mode }))
          return Usage.make({ images: named })
        },
        requestId: id ?? undefined,
        native: json
      }
    }),
    refusalOf
  })

/**
 * Provides Ideogram as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

/** What is a model's own. */
interface Model {
  readonly path: (isEdit: boolean, fields: ImageOptions.Fields) => string
  readonly prompt: string
  /** What pictures to start from are sent as. */
  readonly field: string
  readonly mostImages: number
  readonly options: ImageOptions.Options
  /** How well it is made, by what is sent, or what it is where nobody says. */
  readonly grade: (fields: ImageOptions.Fields, isEdit: boolean) => string
}

/** A model that isn't known is taken for one of the latest. */
const modelOf = ({ model: { upstream } }: Request): Model =>
  upstream === "ideogram-3" ? third : upstream === "ideogram-4" ? fourth : latest(upstream)

const seeded = { n: ImageOptions.upTo("n", 8, "num_images"), seed: "seed" } as const

/** Of two megapixels and more, which are its own choice too. */
const sizes = {
  "1:1": "2048x2048",
  "1:2": "1440x2880",
  "2:1": "2880x1440",
  "2:3": "1664x2496",
  "3:2": "2496x1664",
  "3:4": "1728x2304",
  "4:3": "2304x1728",
  "4:5": "1792x2240",
  "5:4": "2240x1792",
  "9:16": "1440x2560",
  "16:9": "2560x1440",
  "10:16": "1600x2560",
  "16:10": "2560x1600"
}

/** Those that 4.0 alone has. */
const longer = {
  "9:22": "1296x3168",
  "22:9": "3168x1296",
  "9:23": "1152x2944",
  "23:9": "2944x1152",
  "3:8": "1248x3328",
  "8:3": "3328x1248",
  "5:12": "1280x3072",
  "12:5": "3072x1280"
}

const bounds: ImageOptions.Bounds = { step: 16, least: 256, mostArea: 2048 * 2048, mostRatio: 6 }

const speeds = { turbo: "TURBO", default: "DEFAULT", quality: "QUALITY" }

const bySpeed: Model["grade"] = ({ rendering_speed: speed }) => isString(speed) ? speed.toLowerCase() : "default"

const latest = (upstream: string): Model => ({
  path: () => `/v2/image/generate/${encodeURIComponent(upstream)}`,
  prompt: "prompt",
  field: "images",
  mostImages: 5,
  options: {
    ...seeded,
    size: (size, request) => {
      ImageOptions.within(size, bounds, request)
      return { size }
    },
    aspectRatio: ImageOptions.oneOf("aspectRatio", sizes, "size"),
    quality: ImageOptions.oneOf("quality", ["very_low", "low", "medium", "high"])
  },
  grade: ({ quality }, isEdit) => isString(quality) ? quality : isEdit ? "medium" : "high"
})

const fourth: Model = {
  path: (isEdit) => `/v1/ideogram-v4/${isEdit ? "remix" : "generate"}`,
  prompt: "text_prompt",
  field: "image",
  mostImages: 1,
  options: {
    size: ImageOptions.oneOf("size", Object.values({ ...sizes, ...longer }), "resolution"),
    aspectRatio: ImageOptions.oneOf("aspectRatio", { ...sizes, ...longer }, "resolution"),
    quality: ImageOptions.oneOf("quality", speeds, "rendering_speed")
  },
  grade: bySpeed
}

const ratios = [
  "1:1",
  "1:2",
  "2:1",
  "1:3",
  "3:1",
  "2:3",
  "3:2",
  "3:4",
  "4:3",
  "4:5",
  "5:4",
  "9:16",
  "16:9",
  "10:16",
  "16:10"
]

const third: Model = {
  // Where there is a mask, only what it shows is made anew.
  path: (isEdit, { mask }) => `/v1/ideogram-v3/${isEdit ? isFile(mask) ? "edit" : "remix" : "generate"}`,
  prompt: "prompt",
  field: "image",
  mostImages: 1,
  options: {
    ...seeded,
    size: (size, request) => {
      ImageOptions.within(size, { step: 64, least: 512, most: 1536 }, request)
      return { resolution: size }
    },
    aspectRatio: ImageOptions.oneOf(
      "aspectRatio",
      Object.fromEntries(ratios.map((ratio) => [ratio, ratio.replace(":", "x")])),
      "aspect_ratio"
    ),
    quality: ImageOptions.oneOf("quality", { flash: "FLASH", ...speeds }, "rendering_speed"),
    negativePrompt: "negative_prompt"
  },
  grade: bySpeed
}

const isFile = (value: unknown): value is Blob => value instanceof Blob

/** Pictures are read before it is asked: it takes none by address. */
const filesOf = (request: Request, { images }: Asked, most: number): ReadonlyArray<Given> => {
  if (images.length <= most) return images
  throw refuse(request, "prompt", `it takes ${most} at most of pictures to start from, and ${images.length} came`)
}

const formOf = ({ fields, files }: Sent): FormData => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) {
    if (isFile(value)) form.append(name, value)
    else if (value != null) form.append(name, isString(value) ? value : JSON.stringify(value))
  }
  for (const [name, given] of files) {
    if ("bytes" in given) form.append(name, new File([given.bytes], given.name, { type: given.mediaType }))
  }
  return form
}

/** What it refuses doesn't run, and is free. */
function refusalOf({ body: { error, reject_reason: reason }, message, status }: Refused): Partial<Refusal> {
  const said = isString(error) ? error : message
  return {
    detail: isString(reason) ? `${said} (${reason})` : said,
    ...(status === 422 ? { kind: "filtered", billed: "no" } : undefined)
  }
}

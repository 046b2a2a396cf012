/**
 * OpenAI's images: from words (`/images/generations`), or from pictures (`/images/edits`).
 *
 * Read 2026-11-23 from openai@7.57.0: `resources/images.d.ts`; sizes and prices on developers.openai.com/api/docs/models.
 * Who listens is shown an image before the finished one, which costs 100 output tokens (docs.apiyi.com): `native:
 * { partial_images: 0 }` goes without. That `/images/edits` answers several images when it streams is unverified, so that
 * only one is streamed.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type OpenAI from "openai"
import { type GenerateError, InvalidResponse } from "../../GenerateError.ts"
import * as Generation from "../../Generation.ts"
import * as Generator from "../../Generator.ts"
import type { Request } from "../../Request.ts"
import type * as Transport from "../../Transport.ts"
import * as Usage from "../../Usage.ts"
import * as Adapter from "../../internal/adapter.ts"
import type { Decoder } from "../../internal/exchange.ts"
import { failure, type Origin, unreadable } from "../../internal/failures.ts"
import { generationHere, imagesOf, type Size } from "../../internal/imageAnswer.ts"
import { askedOf, fetched, type Given, refuse } from "../../internal/imageAsked.ts"
import * as ImageOptions from "../../internal/imageOptions.ts"
import { isRecord } from "../../internal/json.ts"
import { see } from "../../internal/picture.ts"
import type { Options } from "../OpenAi.ts"
import { access } from "./Access.ts"
import * as Wire from "./Wire.ts"

/** Makes the vendor's images as a value. */
export const make = Effect.fnUntraced(function*(
  options?: Options
): Effect.fn.Return<Generator.Generator, never, Transport.Transport> {
  const { reached, transport, way: { limits, provider } } = yield* access(options)
  const whole = Adapter.make<OpenAI>({ ...reached, write: Adapter.ready(protocol) })
  const inOnePiece = Generator.whole(whole.generate)
  return Generator.choose((request) => mayStream(request) ? whole : inOnePiece).pipe(
    // Pictures to start from are sent as files.
    Generator.mapRequest(fetched(transport.link({ provider, limits })))
  )
})

const mayStream = ({ native, params: { n = 1 } }: Request): boolean =>
  n === 1 && (native["n"] ?? 1) === 1 && native["output_format"] !== "gif" && native["output_format"] !== "svg"

/** One of two ways, by what is posted there. */
type Posted = { readonly path: "/images/generations"; readonly body: Body } | {
  readonly path: "/images/edits"
  readonly body: FormData
}

type Body = Readonly<Record<string, unknown>> & { readonly stream?: boolean | undefined }

const posted = (request: Request, stream: boolean): Posted => {
  const { images, mask, prompt } = askedOf(request)
  const body: Body = {
    model: request.model.upstream,
    prompt,
    ...ImageOptions.fieldsOf(request, optionsOf(request)),
    ...(stream ? { stream, partial_images: request.call.progress === undefined ? 0 : 1 } : undefined),
    ...request.native
  }
  if (images.length === 0 && mask === undefined) return { path: "/images/generations", body }
  if (images.length === 0) throw refuse(request, "mask", "the picture that it belongs to is missing in the prompt")
  if (images.length > mostImages) {
    throw refuse(request, "prompt", `it takes ${mostImages} pictures at most, and ${images.length} came`)
  }
  return { path: "/images/edits", body: formOf(body, images, mask) }
}

const mostImages = 16

const formOf = (body: Body, images: ReadonlyArray<Given>, mask: Given | undefined): FormData => {
  const form = new FormData()
  for (const [name, value] of Object.entries(body)) {
    if (value instanceof Blob) form.append(name, value)
    else if (value != null) form.append(name, typeof value === "string" ? value : JSON.stringify(value))
  }
  const add = (name: string, given: Given) => {
    if ("bytes" in given) form.append(name, new File([given.bytes], given.name, { type: given.mediaType }))
  }
  for (const given of images) add("image", given)
  if (mask !== undefined) add("mask", mask)
  return form
}

const optionsOf = ({ model: { upstream } }: Request): ImageOptions.Options => ({
  n: ImageOptions.upTo("n", 10),
  format: ImageOptions.oneOf("format", ["png", "jpeg", "webp"], "output_format"),
  quality: ImageOptions.oneOf("quality", isBefore(upstream, 2.5) ? plain : [...plain, "xhigh", "max"]),
  background: (background, request) => {
    if (background === "transparent" && request.params.format === "jpeg") {
      throw refuse(request, "background", "a JPEG has none that is transparent: ask for png or webp")
    }
    return { background }
  },
  mask: true,
  ...(isBefore(upstream, 2)
    ? {
      size: ImageOptions.oneOf("size", Object.values(bySides)),
      aspectRatio: ImageOptions.oneOf("aspectRatio", bySides, "size")
    }
    : {
      size: (size, request) => sized(ImageOptions.within(size, bounds, request)),
      aspectRatio: (ratio, request) => sized(ImageOptions.sizeFor(ratio, bounds, request))
    })
})

const plain = ["auto", "low", "medium", "high"]

/** A model that has no number, or that isn't known, is taken for one of the latest. */
const isBefore = (model: string, version: number): boolean =>
  Number(/^gpt-image-(\d+(?:\.\d+)?)/.exec(model)?.[1] ?? Infinity) < version

const bySides = { "1:1": "1024x1024", "3:2": "1536x1024", "2:3": "1024x1536" }

const bounds: ImageOptions.Bounds = { step: 16, most: 3840, mostArea: 3840 * 2160, mostRatio: 3 }

const sized = ({ height, width }: { readonly width: number; readonly height: number }) => ({
  size: `${width}x${height}`
})

const Count = Schema.Natural
const Details = Schema.optional(Schema.NullOr(Schema.Struct({
  text_tokens: Schema.optional(Count),
  image_tokens: Schema.optional(Count)
})))
const Tokens = Schema.Struct({
  input_tokens: Count,
  input_tokens_details: Details,
  output_tokens: Count,
  output_tokens_details: Details
})
const Reply = Schema.Struct({
  data: Schema.Array(Schema.Struct({
    b64_json: Schema.String,
    revised_prompt: Schema.optional(Schema.NullOr(Schema.String))
  })),
  usage: Schema.optional(Schema.NullOr(Tokens))
})
const Partial = Schema.Struct({ b64_json: Schema.String, partial_image_index: Schema.optional(Count) })
const Completed = Schema.Struct({ b64_json: Schema.String, usage: Schema.optional(Schema.NullOr(Tokens)) })

const decodeReply = Schema.decodeUnknownResult(Reply)
const decodePartial = Schema.decodeUnknownResult(Partial)
const decodeCompleted = Schema.decodeUnknownResult(Completed)

/** Counts that don't add up are no counts. */
const usageOf = (request: Request, tokens: typeof Tokens.Type | null | undefined) => (sizes: ReadonlyArray<Size>) => {
  const images = imagesOf(request, sizes)
  // Its images are sold by the piece as well, about: by that they are estimated.
  if (tokens == null) return Usage.make({ state: "estimated", images })
  const imageInput = tokens.input_tokens_details?.image_tokens ?? 0
  const outputText = tokens.output_tokens_details?.text_tokens ?? 0
  const inputUncached = tokens.input_tokens - imageInput
  const imageOutput = tokens.output_tokens - outputText
  return inputUncached < 0 || imageOutput < 0
    ? Usage.missing
    : Usage.make({ inputUncached, imageInput, outputText, imageOutput, images })
}

const generation = (request: Request, json: unknown, origin: Origin) => {
  const decoded = decodeReply(json)
  if (Result.isFailure(decoded)) return Result.fail(unreadable(request, decoded.failure, origin))
  const { data, usage } = decoded.success
  return generationHere(request, {
    pictures: data.map(({ b64_json: base64, revised_prompt: revisedPrompt }) => ({
      base64,
      revisedPrompt: revisedPrompt ?? undefined
    })),
    usage: usageOf(request, usage),
    requestId: origin.requestId,
    native: isRecord(json) ? { ...json, data: data.map(({ b64_json: _, ...rest }) => rest) } : json
  })
}

const decoder = (request: Request, origin: Origin): Decoder => {
  const { call: { progress }, model: { id: model, provider } } = request
  let seen = 0
  const show = (event: Readonly<Record<string, unknown>>): GenerateError | undefined => {
    if (progress === undefined) return undefined
    const decoded = decodePartial(event)
    if (Result.isFailure(decoded)) return unreadable(request, decoded.failure, origin)
    const { b64_json: base64, partial_image_index: index = seen } = decoded.success
    seen++
    const data = new Uint8Array(Buffer.from(base64, "base64"))
    progress({ type: "partial-image", provider, model, index, mediaType: see(data)?.mediaType ?? "image/png", data })
    return undefined
  }
  return {
    event: (event, out) => {
      const { type } = event
      if (typeof type !== "string") return undefined
      if (type.endsWith(".partial_image")) return show(event)
      if (!type.endsWith(".completed")) return undefined
      const decoded = decodeCompleted(event)
      if (Result.isFailure(decoded)) return unreadable(request, decoded.failure, origin)
      const { b64_json: base64, usage } = decoded.success
      const { b64_json: _, ...native } = event
      const made = generationHere(request, {
        pictures: [{ base64 }],
        usage: usageOf(request, usage),
        requestId: origin.requestId,
        native
      })
      if (Result.isFailure(made)) return made.failure
      out.push(...Generation.toParts(made.success))
      return undefined
    },
    end: () => failure(request, new InvalidResponse({ detail: "the stream ended before the image" }), origin)
  }
}

const protocol: Adapter.Protocol<OpenAI, Posted> = {
  body: posted,
  build: (sdk, { body, path }, fetchOptions) =>
    sdk.buildRequest({
      method: "post",
      path,
      body,
      fetchOptions,
      stream: body instanceof FormData ? body.get("stream") === "true" : body.stream === true
    }),
  errorIn: Wire.errorIn,
  generation,
  decoder
}

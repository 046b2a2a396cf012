/**
 * Gemini's images: `generateContent` of models that answer with pictures.
 *
 * Read 2026-11-23 from @google/genai@3.1.0: `ImageConfig`, `FinishReason`; `@ai-sdk/google@4.0.121:src/google-image-model.ts`.
 * Which ratios and sizes a model has is from ai.google.dev's pages as others copy them; whether it charges for what it
 * withholds is unverified.
 *
 * **Details**
 *
 * A request makes one image; of `n` images each is an attempt. Sizes are squares; larger ones of another ratio are asked for
 * by `native`: `{ imageConfig: { imageSize: "2K" } }`. Words that come with a picture are in `text`. No conversation goes on
 * over a picture: it is sent along anew.
 */
import type { GenerateContentConfig, GoogleGenAI } from "@google/genai"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { ContentFiltered, type GenerateError, InvalidResponse } from "../../GenerateError.ts"
import * as Generation from "../../Generation.ts"
import * as Generator from "../../Generator.ts"
import type { Request } from "../../Request.ts"
import type * as Transport from "../../Transport.ts"
import * as Usage from "../../Usage.ts"
import * as Adapter from "../../internal/adapter.ts"
import { failure, type Origin, unreadable } from "../../internal/failures.ts"
import { fanOut } from "../../internal/fanOut.ts"
import { generationHere, type Here, imagesOf } from "../../internal/imageAnswer.ts"
import { askedOf, base64Of, fetched } from "../../internal/imageAsked.ts"
import * as ImageOptions from "../../internal/imageOptions.ts"
import { isRecord } from "../../internal/json.ts"
import * as Parts from "../../internal/parts.ts"
import type { Options } from "../Gemini.ts"
import { access, build } from "./Access.ts"
import { decoder } from "./Chunks.ts"
import * as Generate from "./Generate.ts"
import { optionsOf as nativeOf } from "./Native.ts"
import * as Wire from "./Wire.ts"

/** Makes the vendor's images as a value. */
export const make = Effect.fnUntraced(function*(
  options?: Options
): Effect.fn.Return<Generator.Generator, never, Transport.Transport> {
  const { reached, transport, way } = yield* access(options)
  const { generate } = Adapter.make<GoogleGenAI>({ ...reached, write: Adapter.ready(protocol) })
  return fanOut(Generator.mapRequest(
    Generator.whole(generate),
    // Pictures to start from are sent along.
    fetched(transport.link(way))
  ))
})

const body = (request: Request): Generate.Body => {
  const { images, prompt } = askedOf(request)
  const { imageConfig: own, ...native } = nativeOf(request)
  const { seed, ...asked } = ImageOptions.fieldsOf(request, optionsFor(request))
  const imageConfig = { ...asked, ...own }
  const config: GenerateContentConfig = {
    responseModalities: ["IMAGE"],
    ...(Object.keys(imageConfig).length === 0 ? undefined : { imageConfig }),
    ...(typeof seed === "number" ? { seed } : undefined),
    ...native,
    // Loom sees every request.
    automaticContinuation: false,
    automaticFunctionCalling: { disable: true }
  }
  const parts = [
    ...(prompt === "" ? [] : [{ text: prompt }]),
    ...images.flatMap((given) =>
      "bytes" in given ? [{ inlineData: { mimeType: given.mediaType, data: base64Of(given.bytes) } }] : []
    )
  ]
  return {
    request,
    params: { model: request.model.upstream, contents: [{ role: "user", parts }], config },
    stream: false
  }
}

const squares: Readonly<Record<string, string>> = {
  "512x512": "512",
  "1024x1024": "1K",
  "2048x2048": "2K",
  "4096x4096": "4K"
}
const usualRatios = ["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"]
const longRatios = ["1:4", "4:1", "1:8", "8:1"]

/** A model that isn't known is taken for one of the latest. */
const tiersOf = (model: string): ReadonlyArray<string> =>
  /^gemini-(2\.5-flash|3\.1-flash-lite)-image/.test(model)
    ? ["1K"]
    : model.startsWith("gemini-3-pro-image")
    ? ["1K", "2K", "4K"]
    : ["512", "1K", "2K", "4K"]

const optionsFor = ({ model: { upstream } }: Request): ImageOptions.Options => {
  const tiers = tiersOf(upstream)
  const sizes = Object.fromEntries(Object.entries(squares).filter(([, tier]) => tiers.includes(tier)))
  const squareOf = ImageOptions.oneOf("size", sizes, "imageSize")
  const isOld = upstream.startsWith("gemini-2.5-")
  return {
    n: () => ({}),
    seed: "seed",
    size: (size, request) => ({ aspectRatio: "1:1", ...squareOf(size, request) }),
    aspectRatio: ImageOptions.oneOf("aspectRatio", isOld ? usualRatios : [...usualRatios, ...longRatios])
  }
}

const Reply = Schema.Struct({
  candidates: Schema.NonEmptyArray(Schema.Struct({
    content: Schema.optional(Schema.Struct({ parts: Schema.optional(Schema.Array(Schema.Unknown)) })),
    finishReason: Schema.optional(Schema.String),
    finishMessage: Schema.optional(Schema.String)
  })),
  usageMetadata: Schema.optional(Schema.Unknown),
  modelVersion: Schema.optional(Schema.String),
  responseId: Schema.optional(Schema.String)
})
const decodeReply = Schema.decodeUnknownResult(Reply)

const generation = (
  request: Request,
  json: unknown,
  origin: Origin
): Result.Result<Generation.Generation, GenerateError> => {
  const decoded = decodeReply(json)
  if (Result.isFailure(decoded)) return Result.fail(unreadable(request, decoded.failure, origin))
  const { candidates: [first], modelVersion, responseId, usageMetadata } = decoded.success
  const pictures: Array<Here> = []
  const words: Array<string> = []
  for (const raw of first.content?.parts ?? []) {
    const part = Generate.decodePart(raw)
    if (Result.isFailure(part)) return Result.fail(unreadable(request, part.failure, origin))
    // A thought may hold a picture as well, which isn't finished.
    if (part.success.thought === true) continue
    const { inlineData, text = "" } = part.success
    if (inlineData !== undefined) pictures.push({ base64: inlineData.data })
    if (text !== "") words.push(text)
  }
  const tokens = Wire.meteredOfImages(usageMetadata)
  const requestId = responseId ?? origin.requestId
  if (pictures.length === 0) {
    const { finishMessage, finishReason = "no reason" } = first
    const detail = [finishReason, finishMessage ?? words.join(" ")].filter((told) => told !== "").join(": ")
    return Result.fail(failure(
      request,
      Generate.finishReasons[finishReason] === "content-filter"
        ? new ContentFiltered({ detail })
        : new InvalidResponse({ detail: `there is no picture in it (${detail})` }),
      { requestId, usage: tokens }
    ))
  }
  return Result.map(
    generationHere(request, {
      pictures,
      model: modelVersion,
      requestId,
      native: withoutBytes(json),
      usage: (sizes) =>
        tokens.state === "missing" ? tokens : Usage.make({ ...tokens, images: imagesOf(request, sizes) })
    }),
    ({ content, images: _, text: __, ...summary }) =>
      Generation.withContent(summary, [...words.map((text) => Parts.text(text)), ...content])
  )
}

/** Bytes of pictures are long, and told once. */
const withoutBytes = (json: unknown): unknown => {
  if (Array.isArray(json)) return json.map(withoutBytes)
  if (!isRecord(json)) return json
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => {
      if (name !== "inlineData" || !isRecord(value)) return [name, withoutBytes(value)]
      const { data: _, ...rest } = value
      return [name, rest]
    })
  )
}

const protocol: Adapter.Protocol<GoogleGenAI, Generate.Body> = {
  body,
  build,
  errorIn: Wire.errorIn,
  generation,
  decoder
}

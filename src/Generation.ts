/**
 * An answer: the same shape for every vendor and modality, and the parts it streams in.
 *
 * @since 1.0.0
 */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type * as Response from "effect/ai/Response"
import type { Attempt, Tried } from "./Attempt.ts"
import * as Cost from "./Cost.ts"
import * as Saved from "./Saved.ts"
import type { Usage } from "./Usage.ts"
import * as Fields from "./internal/generationFields.ts"
import { asJson, isRecord } from "./internal/json.ts"
import * as Parts from "./internal/parts.ts"

/**
 * Why the model stopped.
 *
 * @category models
 * @since 1.0.0
 */
export type FinishReason = Response.FinishReason

/**
 * A whole piece of an answer.
 *
 * @category models
 * @since 1.0.0
 */
export type Content =
  | Response.TextPart
  | Response.ReasoningPart
  | Response.FilePart
  | Response.ToolCallPart<string, unknown>
  | Response.ToolResultPart<string, unknown, unknown>
  | Response.DocumentSourcePart
  | Response.UrlSourcePart

/**
 * How long it took, in milliseconds. `overhead` is the part of `total` that Loom didn't spend waiting for a vendor.
 *
 * @category models
 * @since 1.0.0
 */
export interface Timing {
  readonly total: number
  readonly firstToken: number | undefined
  readonly overhead: number
}

/**
 * Everything of an answer but its content. `provider` and `model` are those that answered.
 *
 * @category models
 * @since 1.0.0
 */
export interface Summary<Reply = unknown> {
  readonly provider: string
  readonly model: string
  readonly finishReason: FinishReason
  readonly usage: Usage
  readonly cost: Cost.Cost
  /** What the call would have cost more without Loom, by mechanism. */
  readonly saved: Saved.Saved
  /** What was dropped, clamped or left out, in words. */
  readonly warnings: ReadonlyArray<string>
  readonly timing: Timing
  readonly cache: "miss" | "hit" | "coalesced"
  readonly attempts: ReadonlyArray<Attempt>
  /** The candidate that answered, and all that were reached: of every route, and where a stand-in answered. */
  readonly router: { readonly used: string; readonly tried: ReadonlyArray<Tried> } | undefined
  /** The vendor's own id of the request. */
  readonly requestId: string | undefined
  /** The service tier that the vendor says it used. */
  readonly serviceTier: string | undefined
  /** Where the vendor says it ran, where that changes the price. */
  readonly region: string | undefined
  /** The decoded value, where a schema was asked for. */
  readonly object: unknown
  /** The vendor's reply as it came, typed as its SDK types it. */
  readonly native: Reply
}

/**
 * An answer.
 *
 * @category models
 * @since 1.0.0
 */
export interface Generation<Reply = unknown> extends Summary<Reply> {
  /** All text parts, joined. */
  readonly text: string
  readonly images: ReadonlyArray<Response.FilePart>
  readonly content: ReadonlyArray<Content>
}

/**
 * The last part of a stream: the summary of the answer it belongs to.
 *
 * @category models
 * @since 1.0.0
 */
export interface FinishPart<Reply = unknown> extends Summary<Reply> {
  readonly type: "finish"
}

/**
 * What a vendor says of an image that it is making. It is no content: `fromParts` leaves it out.
 *
 * @category models
 * @since 1.0.0
 */
export interface ProgressPart {
  readonly type: "progress"
  readonly provider: string
  readonly model: string
  /** In the vendor's words, or `submitted`. */
  readonly status: string
  /** How much of it is done, 0 to 1, where the vendor says so. */
  readonly fraction: number | undefined
  /** How many are before it, where the vendor says so. */
  readonly queuePosition: number | undefined
}

/**
 * An image before it is finished, of vendors that show it. It is no content: `fromParts` leaves it out.
 *
 * @category models
 * @since 1.0.0
 */
export interface PartialImagePart {
  readonly type: "partial-image"
  readonly provider: string
  readonly model: string
  /** Which of the images before the finished one: 0 is the first. */
  readonly index: number
  readonly mediaType: string
  readonly data: Uint8Array
}

/**
 * What streams have before their content: of images, and in vain where the attempt then fails and another one is made.
 *
 * @category models
 * @since 1.0.0
 */
export type InterimPart = ProgressPart | PartialImagePart

/**
 * A piece of a stream: a delta, a whole content part, or the finish; of images, what is heard of them before.
 *
 * @category models
 * @since 1.0.0
 */
export type Part<Reply = unknown> =
  | Response.TextStartPart
  | Response.TextDeltaPart
  | Response.TextEndPart
  | Response.ReasoningStartPart
  | Response.ReasoningDeltaPart
  | Response.ReasoningEndPart
  | Response.ToolParamsStartPart
  | Response.ToolParamsDeltaPart
  | Response.ToolParamsEndPart
  | Exclude<Content, Response.TextPart | Response.ReasoningPart>
  | InterimPart
  | FinishPart<Reply>

/**
 * What a vendor knows of its answer. Cost, attempts and timing are Loom's to add.
 *
 * @category models
 * @since 1.0.0
 */
export type Answered = Pick<Summary, "provider" | "model" | "finishReason" | "usage" | "requestId" | "native"> & {
  readonly serviceTier?: string | undefined
  readonly region?: string | undefined
  readonly warnings?: ReadonlyArray<string> | undefined
  readonly object?: unknown
  /** What the vendor says it charges, in USD. */
  readonly reportedUsd?: number | undefined
}

const summary = (answered: Answered): Summary => ({
  provider: answered.provider,
  model: answered.model,
  finishReason: answered.finishReason,
  usage: answered.usage,
  cost: answered.reportedUsd === undefined ? Cost.unknown : { ...Cost.unknown, reportedUsd: answered.reportedUsd },
  saved: Saved.nothing,
  warnings: answered.warnings ?? noWarnings,
  timing: noTiming,
  cache: "miss",
  attempts: noAttempts,
  router: undefined,
  requestId: answered.requestId,
  serviceTier: answered.serviceTier,
  region: answered.region,
  object: answered.object,
  native: answered.native
})

const noWarnings: ReadonlyArray<string> = []
const noAttempts: ReadonlyArray<Attempt> = []
const noTiming: Timing = { total: 0, firstToken: undefined, overhead: 0 }

/**
 * Makes a Generation from its content.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (answered: Answered & { readonly content: ReadonlyArray<Content> }): Generation =>
  withContent(summary(answered), answered.content)

/**
 * Makes the finish part of a stream.
 *
 * @category constructors
 * @since 1.0.0
 */
export const finish = (answered: Answered): FinishPart => Object.assign({ type: "finish" as const }, summary(answered))

/**
 * Puts content to a summary.
 *
 * @category constructors
 * @since 1.0.0
 */
export const withContent = (summary: Summary, content: ReadonlyArray<Content>): Generation => {
  let text = ""
  const images: Array<Response.FilePart> = []
  for (const part of content) {
    if (part.type === "text") text += part.text
    else if (part.type === "file" && part.mediaType.startsWith("image/")) images.push(part)
  }
  return { ...summary, text, images, content }
}

/**
 * A page that an answer rests on.
 *
 * @category models
 * @since 1.0.0
 */
export interface Source {
  readonly url: string
  readonly title: string
  /** What of `Generation.text` rests on it, from one character to another, where the vendor says so. */
  readonly span: { readonly start: number; readonly end: number } | undefined
  /** What the page says there, where the vendor quotes it. */
  readonly quote: string | undefined
}

/**
 * The pages that an answer rests on, in its order.
 *
 * **Example** (Footnotes)
 *
 * ```ts
 * import { Generation } from "loom-router"
 *
 * const footnotes = (answer: Generation.Generation) =>
 *   Generation.sources(answer).map(({ title, url }, index) => `[${index + 1}] ${title}: ${url}`)
 * ```
 *
 * @category accessors
 * @since 1.0.0
 */
export const sources = ({ content }: Pick<Generation, "content">): ReadonlyArray<Source> => {
  const found: Array<Source> = []
  let start = 0
  let end = 0
  for (const part of content) {
    if (part.type === "text") {
      start = end
      end += part.text.length
    } else if (part.type === "source" && part.sourceType === "url") {
      found.push({ url: part.url.href, title: part.title, ...placeOf(part, start, end) })
    }
  }
  return found
}

/** Vendors count within the text that a page comes behind. */
const placeOf = (
  { metadata }: Response.UrlSourcePart,
  start: number,
  end: number
): Pick<Source, "span" | "quote"> => {
  const told = metadata["loom"]
  if (!isRecord(told) || typeof told.start !== "number" || typeof told.end !== "number") {
    return { span: undefined, quote: undefined }
  }
  return {
    span: { start: Math.min(start + told.start, end), end: Math.min(start + told.end, end) },
    quote: typeof told.quote === "string" ? told.quote : undefined
  }
}

/**
 * A Generation as the parts it could have streamed in.
 *
 * @category converting
 * @since 1.0.0
 */
export const toParts = (generation: Generation): ReadonlyArray<Part> => {
  const parts: Array<Part> = []
  generation.content.forEach((part, index) => {
    const id = String(index)
    if (part.type === "text") {
      parts.push(
        Parts.textStart(id),
        Parts.textDelta(id, part.text),
        Parts.textEnd(id, part.metadata)
      )
    } else if (part.type === "reasoning") {
      parts.push(
        Parts.reasoningStart(id),
        Parts.reasoningDelta(id, part.text),
        Parts.reasoningEnd(id, part.metadata)
      )
    } else parts.push(part)
  })
  const { content: _, images: __, text: ___, ...summary } = generation
  parts.push({ type: "finish", ...summary })
  return parts
}

/**
 * The parts of a stream as one Generation: what `generate` would have answered. Deltas that were never ended count as
 * what there is of them.
 *
 * Answers `undefined` without a finish part.
 *
 * @category destructors
 * @since 1.0.0
 */
export const fromParts = (parts: Iterable<Part>): Generation | undefined => {
  const folder = makeFolder()
  for (const part of parts) folder.add(part)
  return folder.generation()
}

/**
 * Folds a stream as it passes.
 *
 * @category destructors
 * @since 1.0.0
 */
export interface Folder {
  readonly add: (part: Part) => void
  readonly finish: () => FinishPart | undefined
  readonly text: () => string
  readonly generation: () => Generation | undefined
}

/**
 * Makes a {@link Folder}, which has seen no part yet.
 *
 * @category destructors
 * @since 1.0.0
 */
export const makeFolder = (): Folder => {
  type Grown =
    | { readonly type: "text"; text: string; metadata: Response.ProviderMetadata }
    | { readonly type: "reasoning"; text: string; metadata: Response.ProviderMetadata }
  const pieces: Array<Grown | Exclude<Content, Response.TextPart | Response.ReasoningPart>> = []
  const growing = new Map<string, Grown>()
  let finished: FinishPart | undefined
  /** The piece that grew last: it mostly grows on. */
  let latest: { readonly id: string; readonly piece: Grown } | undefined
  const pieceOf = (type: Grown["type"], id: string): Grown => {
    if (latest?.id === id && latest.piece.type === type) return latest.piece
    const key = `${type} ${id}`
    const piece: Grown = growing.get(key) ?? { type, text: "", metadata: noMetadata }
    if (!growing.has(key)) {
      growing.set(key, piece)
      pieces.push(piece)
    }
    latest = { id, piece }
    return piece
  }
  const grow = (type: Grown["type"], id: string, delta: string, metadata: Response.ProviderMetadata) => {
    const piece = pieceOf(type, id)
    piece.text += delta
    for (const vendor in metadata) piece.metadata = { ...piece.metadata, [vendor]: metadata[vendor] ?? null }
  }
  return {
    add: (part) => {
      switch (part.type) {
        case "text-delta":
          return grow("text", part.id, part.delta, part.metadata)
        case "text-start":
        case "text-end":
          return grow("text", part.id, "", part.metadata)
        case "reasoning-delta":
          return grow("reasoning", part.id, part.delta, part.metadata)
        case "reasoning-start":
        case "reasoning-end":
          return grow("reasoning", part.id, "", part.metadata)
        case "tool-params-start":
        case "tool-params-delta":
        case "tool-params-end":
        case "progress":
        case "partial-image":
          return
        case "finish":
          finished = part
          return
        default:
          pieces.push(part)
      }
    },
    finish: () => finished,
    text: () => pieces.reduce((text, piece) => piece.type === "text" ? text + piece.text : text, ""),
    generation: () => {
      if (finished === undefined) return undefined
      const { type: _, ...summary } = finished
      const content = pieces.map((piece): Content =>
        piece.type === "text"
          ? Parts.text(piece.text, piece.metadata)
          : piece.type === "reasoning"
          ? Parts.reasoning(piece.text, piece.metadata)
          : piece
      )
      return withContent(summary, content)
    }
  }
}

const noMetadata: Response.ProviderMetadata = {}

/**
 * The schema of every {@link Generation}, for the edges: of a call, an object, a route, an image, a row of a batch, and of
 * the end of a stream, whose {@link FinishPart} is one without content.
 *
 * **Details**
 *
 * As JSON (`Schema.toCodecJson`) the bytes of files are in base64, and what is `undefined` is `null`. `images` isn't
 * written, it is in `content`. `object` and `native` are written as `JSON.stringify` writes them, and left out where it
 * can't; they come back as JSON: an object is decoded by its own schema.
 *
 * **Example** (An answer as a line of a file)
 *
 * ```ts
 * import { Schema } from "effect"
 * import { Generation } from "loom-router"
 *
 * const Line = Schema.fromJsonString(Schema.toCodecJson(Generation.Generation))
 *
 * export const write = Schema.encodeEffect(Line)
 * export const read = Schema.decodeEffect(Line)
 * ```
 *
 * @category schemas
 * @since 1.0.0
 */
export const Generation: Schema.Codec<Generation, unknown> = Schema.suspend(() =>
  Schema.Struct(Fields.whole()).pipe(
    Schema.decodeTo(
      Schema.declare(isGeneration),
      SchemaTransformation.transform({
        decode: ({ content, text: _, ...written }: Fields.Whole): Generation =>
          withContent({ ...foreign, ...written }, content ?? []),
        encode: ({ content, images: _, native, object, ...rest }: Generation): Fields.Whole => ({
          ...rest,
          ...writtenForeign({ native, object }),
          content: content.map(writtenPart)
        })
      })
    )
  )
)

/**
 * The schema of a {@link FinishPart}, for streams that go over a wire. What is said of {@link Generation} holds for it.
 *
 * @category schemas
 * @since 1.0.0
 */
export const FinishPart: Schema.Codec<FinishPart, unknown> = Schema.suspend(() =>
  Schema.Struct({ type: Schema.Literal("finish"), ...Fields.summary() }).pipe(
    Schema.decodeTo(
      Schema.declare(isFinish),
      SchemaTransformation.transform({
        decode: (written: Ended): FinishPart => ({ ...foreign, ...written }),
        encode: ({ native, object, ...rest }: FinishPart): Ended => ({ ...rest, ...writtenForeign({ native, object }) })
      })
    )
  )
)

type Ended = Fields.Summary & { readonly type: "finish" }

/** What an answer has as well that says nothing there. */
const foreign = { object: undefined, native: undefined }

const isGeneration = (u: unknown): u is Generation => isRecord(u) && Array.isArray(u.content)

const isFinish = (u: unknown): u is FinishPart => isRecord(u) && u.type === "finish"

const writtenForeign = (values: Pick<Summary, "native" | "object">): { object?: unknown; native?: unknown } =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      const json = asJson(value)
      return json === undefined ? [] : [[name, json]]
    })
  )

const writtenPart = (part: Content): Content => {
  switch (part.type) {
    case "tool-call":
      return { ...part, params: asJson(part.params) }
    case "tool-result":
      return { ...part, result: asJson(part.result), encodedResult: asJson(part.encodedResult) }
    default:
      return part
  }
}

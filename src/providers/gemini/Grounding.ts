/**
 * What an answer of Gemini's rests on.
 *
 * Read 2026-11-23 from @google/genai@3.1.0: `GroundingMetadata`, `Segment`.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as AiResponse from "effect/ai/Response"
import { isRecord } from "../../internal/json.ts"
import { sourceOf, type Span } from "../../internal/replies.ts"

const Place = Schema.optional(Schema.Natural)
const Metadata = Schema.Struct({
  webSearchQueries: Schema.optional(Schema.Array(Schema.String)),
  groundingChunks: Schema.optional(Schema.Array(Schema.Struct({
    web: Schema.optional(Schema.Struct({
      uri: Schema.optional(Schema.String),
      title: Schema.optional(Schema.String)
    }))
  }))),
  groundingSupports: Schema.optional(Schema.Array(Schema.Struct({
    segment: Schema.optional(Schema.Struct({
      startIndex: Place,
      endIndex: Place,
      text: Schema.optional(Schema.String)
    })),
    groundingChunkIndices: Schema.optional(Schema.Array(Schema.Natural))
  })))
})
const decode = Schema.decodeUnknownResult(Metadata)

/**
 * How many searches are paid for: each query from Gemini 3 on, one for a prompt before
 * (ai.google.dev/gemini-api/docs/pricing).
 */
export const searchesIn = (json: unknown, model: string): number => {
  const metadata = decode(json)
  const queries = Result.isFailure(metadata) ? [] : metadata.success.webSearchQueries ?? []
  const asked = queries.filter((query) => query.trim() !== "").length
  return model.startsWith("gemini-2") ? Math.min(1, asked) : asked
}

/** The texts of an answer, thoughts left out. */
export const textsIn = (parts: ReadonlyArray<unknown>): ReadonlyArray<string> =>
  parts.flatMap((part) => isRecord(part) && typeof part.text === "string" && part.thought !== true ? [part.text] : [])

/** The pages that stretches of the text rest on, then those that no stretch is known of. */
export const sourcesIn = (json: unknown, texts: ReadonlyArray<string>): ReadonlyArray<AiResponse.UrlSourcePart> => {
  const metadata = decode(json)
  if (Result.isFailure(metadata)) return []
  const { groundingChunks: chunks = [], groundingSupports: supports = [] } = metadata.success
  const text = texts.join("")
  // Sources stand behind the last text, and count from its beginning.
  const before = text.length - (texts.at(-1)?.length ?? 0)
  const places = supports.flatMap(({ groundingChunkIndices = [], segment }) => {
    const span = spanOf(text, before, segment)
    return groundingChunkIndices.map((chunk) => ({ chunk, span }))
  })
  const supported = new Set(places.map(({ chunk }) => chunk))
  const others = chunks.flatMap((_, chunk) => supported.has(chunk) ? [] : [{ chunk, span: undefined }])
  return [...places, ...others].flatMap(({ chunk, span }, n) => {
    const { title, uri } = chunks[chunk]?.web ?? {}
    return uri === undefined ? [] : sourceOf(`grounding:${n}`, uri, title, span)
  })
}

/** The vendor counts bytes, in one of the parts; where that isn't what it quotes, its quotation is looked for. */
const spanOf = (
  text: string,
  before: number,
  segment: {
    readonly startIndex?: number | undefined
    readonly endIndex?: number | undefined
    readonly text?: string | undefined
  } | undefined
): Span | undefined => {
  if (segment === undefined) return undefined
  const bytes = Buffer.from(text)
  const placeOf = (index: number) => bytes.subarray(0, index).toString().length
  const { endIndex = 0, startIndex = 0, text: quoted } = segment
  const [start, end] = [placeOf(startIndex), placeOf(endIndex)]
  if (end > start && (quoted === undefined || text.slice(start, end) === quoted)) {
    return { start: start - before, end: end - before }
  }
  const found = quoted === undefined || quoted === "" ? -1 : text.indexOf(quoted)
  return found === -1 ? undefined : { start: found - before, end: found - before + (quoted?.length ?? 0) }
}

/**
 * Pieces of answers that every adapter makes.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as AiResponse from "effect/ai/Response"
import type { GenerateError } from "../GenerateError.ts"
import * as Generation from "../Generation.ts"
import type * as Request from "../Request.ts"
import * as Usage from "../Usage.ts"
import { type Origin, unreadable } from "./failures.ts"

/** Reads a whole reply, or one put together from a stream: decoded, and what it says besides its content. */
export const reading = <Reply>(
  decode: (json: unknown) => Result.Result<Reply, Schema.SchemaError>,
  answered: (
    request: Request.Request,
    reply: Reply,
    native: unknown,
    origin: Origin
  ) => Result.Result<Generation.Answered, GenerateError>
) =>
(
  request: Request.Request,
  json: unknown,
  origin: Origin
): Result.Result<{ readonly reply: Reply; readonly answered: Generation.Answered }, GenerateError> => {
  const reply = decode(json)
  return Result.isFailure(reply)
    ? Result.fail(unreadable(request, reply.failure, origin))
    : Result.map(answered(request, reply.success, json, origin), (answered) => ({ reply: reply.success, answered }))
}

const decodeSource = Schema.decodeSync(AiResponse.UrlSourcePart)

/** The part of the text before it that a page stands for: from one character to another, as the vendor counts. */
export interface Span {
  readonly start: number
  readonly end: number
  /** What the page says there. */
  readonly quote?: string | undefined
}

/** Where OpenAI's kind of citation stands. */
export const spanOf = (
  citation: { readonly start_index?: number | undefined; readonly end_index?: number | undefined }
): Span | undefined =>
  citation.start_index === undefined || citation.end_index === undefined
    ? undefined
    : { start: citation.start_index, end: citation.end_index }

/** A page that an answer is grounded on, behind the text that it stands for; nothing where its link is none. */
export const sourceOf = (
  id: string,
  url: string,
  title: string | null | undefined,
  span?: Span
): ReadonlyArray<AiResponse.UrlSourcePart> => {
  if (!URL.canParse(url)) return []
  const { end, quote, start } = span ?? {}
  return [decodeSource({
    type: "source",
    sourceType: "url",
    id,
    url,
    title: title ?? url,
    ...(start === undefined || end === undefined
      ? undefined
      : { metadata: { loom: { start, end, ...(quote === undefined ? undefined : { quote }) } } })
  })]
}

/** The finish of a stream that ended without saying so. */
export const unfinished = (
  request: Request.Request,
  { requestId }: { readonly requestId: string | undefined },
  warnings: ReadonlyArray<string> = []
): Generation.FinishPart =>
  Generation.finish({
    provider: request.model.provider,
    model: request.model.upstream,
    finishReason: "unknown",
    usage: Usage.missing,
    requestId,
    native: undefined,
    warnings: [...warnings, "the stream ended without its last event: the answer may be incomplete"]
  })

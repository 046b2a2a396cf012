/**
 * Pieces of answers that every adapter makes.
 */
import * as Schema from "effect/Schema"
import * as AiResponse from "effect/ai/Response"
import * as Generation from "../Generation.ts"
import type * as Request from "../Request.ts"
import * as Usage from "../Usage.ts"

/** A piece of text. Written out, since streams are made of it: `makePart` copies its argument. */
export const textDelta = (id: string, delta: string): AiResponse.TextDeltaPart => ({
  "~effect/ai/Response/Part": "~effect/ai/Response/Part",
  type: "text-delta",
  id,
  delta,
  metadata: noMetadata
})

const noMetadata: AiResponse.TextDeltaPartMetadata = {}

const decodeSource = Schema.decodeSync(AiResponse.UrlSourcePart)

/** A page that an answer is grounded on; nothing where its link is none. */
export const sourceOf = (
  id: string,
  url: string,
  title: string | null | undefined
): ReadonlyArray<AiResponse.UrlSourcePart> =>
  URL.canParse(url) ? [decodeSource({ type: "source", sourceType: "url", id, url, title: title ?? url })] : []

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

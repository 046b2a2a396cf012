/**
 * Text and reasoning parts, written out: `Response.makePart` copies its argument, and its module brings the schemas of
 * everything a model can answer.
 */
import type * as Response from "effect/ai/Response"

const own = { "~effect/ai/Response/Part": "~effect/ai/Response/Part" } as const
const nothing: Response.ProviderMetadata = {}

export const text = (text: string, metadata = nothing): Response.TextPart => ({ ...own, type: "text", text, metadata })

export const file = (mediaType: string, data: Uint8Array, metadata = nothing): Response.FilePart => ({
  ...own,
  type: "file",
  mediaType,
  data,
  metadata
})

export const textStart = (id: string): Response.TextStartPart => ({ ...own, type: "text-start", id, metadata: nothing })

/** Streams are made of it. */
export const textDelta = (id: string, delta: string): Response.TextDeltaPart => ({
  "~effect/ai/Response/Part": "~effect/ai/Response/Part",
  type: "text-delta",
  id,
  delta,
  metadata: nothing
})

export const textEnd = (id: string, metadata = nothing): Response.TextEndPart => ({
  ...own,
  type: "text-end",
  id,
  metadata
})

export const reasoning = (text: string, metadata = nothing): Response.ReasoningPart => ({
  ...own,
  type: "reasoning",
  text,
  metadata
})

export const reasoningStart = (id: string): Response.ReasoningStartPart => ({
  ...own,
  type: "reasoning-start",
  id,
  metadata: nothing
})

export const reasoningDelta = (id: string, delta: string): Response.ReasoningDeltaPart => ({
  ...own,
  type: "reasoning-delta",
  id,
  delta,
  metadata: nothing
})

export const reasoningEnd = (id: string, metadata = nothing): Response.ReasoningEndPart => ({
  ...own,
  type: "reasoning-end",
  id,
  metadata
})

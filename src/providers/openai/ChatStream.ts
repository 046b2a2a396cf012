/**
 * What Chat Completions answer in chunks.
 */
import * as Result from "effect/Result"
import * as AiResponse from "effect/ai/Response"
import { type GenerateError, InvalidResponse } from "../../GenerateError.ts"
import * as Generation from "../../Generation.ts"
import type * as Request from "../../Request.ts"
import type { Decoder } from "../../internal/exchange.ts"
import { failure, type Origin, unreadable } from "../../internal/failures.ts"
import { isRecord } from "../../internal/json.ts"
import { reasoningDelta, reasoningEnd, reasoningStart, textDelta } from "../../internal/parts.ts"
import { unfinished } from "../../internal/replies.ts"
import * as ChatReply from "./ChatReply.ts"
import { at } from "./ChatUsage.ts"
import type { Fields, Quirks } from "./Quirks.ts"

const textId = "text"
const thoughtsId = "reasoning"
const nothing: Fields = {}

export type MakeDecoder = (request: Request.Request, origin: Origin, warnings?: ReadonlyArray<string>) => Decoder

/** Decodes the chunks of one stream, and puts the reply together that it would have been. */
export const make = (quirks: Quirks, reader: ChatReply.Reader): MakeDecoder => (request, origin, warnings) => {
  const calls = new Map<number, { id: string; name: string; arguments: string }>()
  const citations: Array<unknown> = []
  const carried: Record<string, unknown> = {}
  const gathered: Record<string, ReadonlyArray<unknown>> = {}
  const usageInChunk = quirks.usage?.chunk
  let head = nothing
  let content = ""
  let refusal = ""
  let thoughts: Thoughts | undefined
  let finishReason: string | undefined
  let usage: unknown
  let serviceTier: unknown

  const text = (delta: unknown, out: Array<Generation.Part>): string => {
    if (typeof delta !== "string" || delta === "") return ""
    if (content === "" && refusal === "") out.push(AiResponse.makePart("text-start", { id: textId }))
    out.push(textDelta(textId, delta))
    return delta
  }
  const think = (delta: unknown, out: Array<Generation.Part>) => {
    const thought = ChatReply.thoughtIn(quirks, delta)
    if (thought === undefined) return
    if (thoughts === undefined) {
      thoughts = { field: thought.field, text: "", pieces: [] }
      out.push(reasoningStart(thoughtsId))
    }
    thoughts.text += thought.text
    for (const piece of thought.pieces ?? []) addPiece(thoughts.pieces, piece)
    if (thought.text !== "") out.push(reasoningDelta(thoughtsId, thought.text))
  }
  const toolCall = (chunk: unknown, out: Array<Generation.Part>): GenerateError | undefined => {
    if (!isRecord(chunk) || !isRecord(chunk.function)) return undefined
    const { arguments: delta, name } = chunk.function
    // Some that speak this protocol leave out index or id: a name begins a call, and the rest belongs to the latest.
    const index = typeof chunk.index === "number" ? chunk.index : calls.size - (typeof name === "string" ? 0 : 1)
    let call = calls.get(index)
    if (call === undefined) {
      const id = chunk.id ?? `call_${index}`
      if (typeof id !== "string" || typeof name !== "string") {
        return failure(request, new InvalidResponse({ detail: "tool_calls: a call begins without a name" }), origin)
      }
      call = { id, name, arguments: "" }
      calls.set(index, call)
      out.push(AiResponse.makePart("tool-params-start", { id: call.id, name: call.name, providerExecuted: false }))
    }
    if (typeof delta === "string" && delta !== "") {
      call.arguments += delta
      out.push(AiResponse.makePart("tool-params-delta", { id: call.id, delta }))
    }
    return undefined
  }
  /** The reply, as it would have come in one piece. */
  const whole = () => ({
    id: head.id ?? "",
    object: "chat.completion",
    created: head.created,
    model: head.model,
    ...carried,
    choices: [{
      index: 0,
      finish_reason: finishReason ?? null,
      logprobs: null,
      message: {
        role: "assistant",
        content: content === "" ? null : content,
        refusal: refusal === "" ? null : refusal,
        ...(thoughts === undefined ? undefined : thoughtFields(quirks, thoughts)),
        ...(citations.length === 0 ? undefined : { annotations: citations }),
        ...gathered,
        ...(calls.size === 0 ? undefined : {
          tool_calls: Array.from(calls.values(), (call) => ({
            id: call.id,
            type: "function",
            function: { name: call.name, arguments: call.arguments }
          }))
        })
      }
    }],
    ...(usage === undefined ? undefined : { usage }),
    ...(serviceTier === undefined ? undefined : { service_tier: serviceTier })
  })

  return {
    event: (data, out) => {
      head = data
      usage = data.usage ?? (usageInChunk === undefined ? undefined : at(data, usageInChunk)) ?? usage
      serviceTier = data.service_tier ?? serviceTier
      if (quirks.carried !== undefined) {
        for (const name of quirks.carried) if (data[name] != null) carried[name] = data[name]
      }
      const choice: unknown = Array.isArray(data.choices) ? data.choices.find(isFirstChoice) : undefined
      if (!isRecord(choice)) return undefined
      if (typeof choice.finish_reason === "string") finishReason = choice.finish_reason
      if (!isRecord(choice.delta)) return undefined
      const { annotations, content: contentDelta, refusal: refusalDelta, tool_calls: toolCalls } = choice.delta
      if (quirks.thoughts !== undefined) think(choice.delta, out)
      content += text(contentDelta, out)
      refusal += text(refusalDelta, out)
      if (Array.isArray(annotations)) citations.push(...annotations)
      if (quirks.gathered !== undefined) {
        for (const name of quirks.gathered) {
          const items = choice.delta[name]
          if (Array.isArray(items)) gathered[name] = [...gathered[name] ?? [], ...items]
        }
      }
      for (const chunk of Array.isArray(toolCalls) ? toolCalls : []) {
        const broken = toolCall(chunk, out)
        if (broken !== undefined) return broken
      }
      return undefined
    },
    end: (out) => {
      if (head === nothing) {
        out.push(unfinished(request, origin, warnings))
        return undefined
      }
      if (thoughts !== undefined) {
        const pieces = thoughts.pieces.length === 0 ? undefined : thoughts.pieces
        out.push(reasoningEnd(thoughtsId, ChatReply.thoughtMetadata(request, { ...thoughts, pieces })))
      }
      if (content !== "" || refusal !== "") out.push(AiResponse.makePart("text-end", { id: textId }))
      for (const call of calls.values()) out.push(AiResponse.makePart("tool-params-end", { id: call.id }))
      const native = whole()
      const reply = ChatReply.decodeReply(native)
      if (Result.isFailure(reply)) return unreadable(request, reply.failure, origin)
      out.push(...reader.wholeParts(reply.success, native))
      if (finishReason === undefined && usage === undefined) {
        out.push(unfinished(request, origin, warnings))
        return undefined
      }
      const summary = reader.answered(request, reply.success, native, origin, warnings)
      if (Result.isFailure(summary)) return summary.failure
      out.push(Generation.finish(summary.success))
      return undefined
    }
  }
}

const isFirstChoice = (choice: unknown): boolean => isRecord(choice) && (choice.index ?? 0) === 0

interface Thoughts {
  readonly field: string
  text: string
  readonly pieces: Array<unknown>
}

const thoughtFields = ({ thoughts: where }: Quirks, { field, pieces, text }: Thoughts): Fields => ({
  ...(field === where?.pieces ? undefined : { [field]: text }),
  ...(pieces.length === 0 || where?.pieces === undefined ? undefined : { [where.pieces]: pieces })
})

/** What a piece says grows chunk by chunk, told apart by its index. */
const addPiece = (pieces: Array<unknown>, piece: unknown): void => {
  const index = isRecord(piece) && piece.index !== undefined
    ? pieces.findIndex((other) => isRecord(other) && other.index === piece.index)
    : -1
  const before = pieces[index]
  if (!isRecord(before) || !isRecord(piece)) {
    pieces.push(piece)
    return
  }
  const grown: Record<string, unknown> = { ...before }
  for (const [name, value] of Object.entries(piece)) {
    const old = grown[name]
    const grows = (name === "text" || name === "summary" || name === "data") && typeof old === "string"
    if (value != null) grown[name] = grows && typeof value === "string" ? old + value : value
  }
  pieces[index] = grown
}

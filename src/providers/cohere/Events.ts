/**
 * The events in which Cohere streams an answer, decoded, and put together to the reply that it would have been.
 */
import * as Result from "effect/Result"
import * as AiResponse from "effect/ai/Response"
import { type GenerateError, InvalidResponse } from "../../GenerateError.ts"
import * as Generation from "../../Generation.ts"
import type * as Request from "../../Request.ts"
import type { Decoder } from "../../internal/exchange.ts"
import { failure, type Origin, unreadable } from "../../internal/failures.ts"
import { isRecord } from "../../internal/json.ts"
import * as Parts from "../../internal/parts.ts"
import { unfinished } from "../../internal/replies.ts"
import * as Chat from "./Chat.ts"

interface Piece {
  readonly type: "text" | "thinking"
  text: string
  open: boolean
}

interface Call {
  readonly id: string
  readonly name: string
  arguments: string
  open: boolean
}

const planId = "plan"

/** Decodes the events of one stream. */
export const decoder = (request: Request.Request, origin: Origin): Decoder => {
  const pieces: Array<Piece> = []
  const calls: Array<Call> = []
  const citations: Array<unknown> = []
  let id: unknown
  let plan = ""
  let planned = false
  let finished = false

  const endPlan = (out: Array<Generation.Part>) => {
    if (plan === "" || planned) return
    planned = true
    out.push(Parts.reasoningEnd(planId, Chat.plan))
  }
  const endPiece = (index: number, out: Array<Generation.Part>) => {
    const piece = pieces[index]
    if (piece === undefined || !piece.open) return
    piece.open = false
    out.push(piece.type === "text" ? Parts.textEnd(String(index)) : Parts.reasoningEnd(String(index), Chat.thought))
  }
  const grow = (content: unknown, out: Array<Generation.Part>) => {
    const piece = pieces.at(-1)
    if (!isRecord(content) || piece === undefined) return
    const delta = piece.type === "text" ? content.text : content.thinking
    if (typeof delta !== "string" || delta === "") return
    const index = String(pieces.length - 1)
    if (piece.text === "") out.push(piece.type === "text" ? Parts.textStart(index) : Parts.reasoningStart(index))
    piece.text += delta
    piece.open = true
    out.push(piece.type === "text" ? Parts.textDelta(index, delta) : Parts.reasoningDelta(index, delta))
  }
  const startCall = (call: unknown, out: Array<Generation.Part>): GenerateError | undefined => {
    const { function: called, id } = isRecord(call) ? call : {}
    if (typeof id !== "string" || !isRecord(called) || typeof called.name !== "string") {
      return failure(request, new InvalidResponse({ detail: "tool_calls: a call begins without id or name" }), origin)
    }
    calls.push({ id, name: called.name, arguments: "", open: true })
    out.push(AiResponse.makePart("tool-params-start", { id, name: called.name, providerExecuted: false }))
    growCall(call, out)
    return undefined
  }
  const growCall = (call: unknown, out: Array<Generation.Part>) => {
    const last = calls.at(-1)
    const delta = isRecord(call) && isRecord(call.function) ? call.function.arguments : undefined
    if (last === undefined || typeof delta !== "string" || delta === "") return
    last.arguments += delta
    out.push(AiResponse.makePart("tool-params-delta", { id: last.id, delta }))
  }
  const endCall = (call: Call | undefined, out: Array<Generation.Part>) => {
    if (call === undefined || !call.open) return
    call.open = false
    out.push(AiResponse.makePart("tool-params-end", { id: call.id }))
  }
  const finish = (last: Readonly<Record<string, unknown>>, out: Array<Generation.Part>): GenerateError | undefined => {
    endPlan(out)
    for (const index of pieces.keys()) endPiece(index, out)
    for (const call of calls) endCall(call, out)
    const native = {
      id: typeof id === "string" ? id : "",
      finish_reason: last.finish_reason,
      message: {
        role: "assistant",
        ...(plan === "" ? undefined : { tool_plan: plan }),
        ...(pieces.length === 0 ? undefined : {
          content: pieces.map(({ text, type }) => type === "text" ? { type, text } : { type, thinking: text })
        }),
        ...(calls.length === 0 ? undefined : {
          tool_calls: calls.map(({ arguments: text, id, name }) => ({
            id,
            type: "function",
            function: { name, arguments: text }
          }))
        }),
        ...(citations.length === 0 ? undefined : { citations })
      },
      ...(last.usage === undefined ? undefined : { usage: last.usage }),
      ...(last.error === undefined ? undefined : { error: last.error })
    }
    const reply = Chat.decodeReply(native)
    if (Result.isFailure(reply)) return unreadable(request, reply.failure, origin)
    out.push(...Chat.callsIn(reply.success))
    const summary = Chat.answered(request, reply.success, native, origin)
    if (Result.isFailure(summary)) return summary.failure
    finished = true
    out.push(Generation.finish(summary.success))
    return undefined
  }

  return {
    event: (data, out) => {
      const delta = isRecord(data.delta) ? data.delta : {}
      const message = isRecord(delta.message) ? delta.message : {}
      switch (data.type) {
        case "content-delta":
          grow(message.content, out)
          return undefined
        case "message-start":
          id = data.id
          return undefined
        case "content-start": {
          endPlan(out)
          const isThought = isRecord(message.content) && message.content.type === "thinking"
          pieces.push({ type: isThought ? "thinking" : "text", text: "", open: false })
          grow(message.content, out)
          return undefined
        }
        case "content-end":
          endPiece(pieces.length - 1, out)
          return undefined
        case "tool-plan-delta":
          if (typeof message.tool_plan !== "string" || message.tool_plan === "") return undefined
          if (plan === "") out.push(Parts.reasoningStart(planId))
          plan += message.tool_plan
          out.push(Parts.reasoningDelta(planId, message.tool_plan))
          return undefined
        case "tool-call-start":
          endPlan(out)
          return startCall(message.tool_calls, out)
        case "tool-call-delta":
          growCall(message.tool_calls, out)
          return undefined
        case "tool-call-end":
          endCall(calls.at(-1), out)
          return undefined
        case "citation-start":
          if (message.citations !== undefined) citations.push(message.citations)
          return undefined
        case "message-end":
          return finish(delta, out)
        default:
          return undefined
      }
    },
    end: (out) => {
      if (!finished) out.push(unfinished(request, origin, Chat.warningsOf(request)))
      return undefined
    }
  }
}

/**
 * The chunks in which Mistral streams an answer, decoded, and put together to the reply that it would have been.
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

/** A piece of the answer that is still growing. */
interface Block {
  readonly type: "text" | "thinking"
  text: string
  signature?: unknown
  closed?: unknown
}

interface Call {
  readonly id: string
  readonly name: string
  arguments: string
}

const nothing: Readonly<Record<string, unknown>> = {}

/** Decodes the chunks of one stream. */
export const decoder = (request: Request.Request, origin: Origin): Decoder => {
  const blocks: Array<Block> = []
  const references: Array<unknown> = []
  const calls: Array<Call> = []
  const places = new Map<number, Call>()
  let head = nothing
  let role: unknown
  let finishReason: string | undefined
  let usage: unknown

  const end = (out: Array<Generation.Part>) => {
    const block = blocks.at(-1)
    if (block === undefined) return
    const id = String(blocks.length - 1)
    out.push(block.type === "text" ? Parts.textEnd(id) : Parts.reasoningEnd(id, Chat.sealOf(block)))
  }
  const grow = (type: Block["type"], text: string, out: Array<Generation.Part>): Block => {
    let block = blocks.at(-1)
    if (block?.type !== type || block.closed === true) {
      end(out)
      block = { type, text: "" }
      const id = String(blocks.push(block) - 1)
      out.push(type === "text" ? Parts.textStart(id) : Parts.reasoningStart(id))
    }
    if (text !== "") {
      block.text += text
      const id = String(blocks.length - 1)
      out.push(type === "text" ? Parts.textDelta(id, text) : Parts.reasoningDelta(id, text))
    }
    return block
  }
  const chunk = (chunk: unknown, out: Array<Generation.Part>) => {
    if (!isRecord(chunk)) return
    if (typeof chunk.text === "string") {
      if (chunk.text !== "") grow("text", chunk.text, out)
    } else if (Array.isArray(chunk.thinking)) {
      const block = grow("thinking", Chat.thoughtsIn(chunk.thinking), out)
      block.signature = chunk.signature ?? block.signature
      block.closed = chunk.closed ?? block.closed
    } else if (chunk.type === "tool_reference") references.push(chunk)
  }
  const toolCall = (chunk: unknown, position: number, out: Array<Generation.Part>): GenerateError | undefined => {
    if (!isRecord(chunk) || !isRecord(chunk.function)) return undefined
    const { arguments: given, name } = chunk.function
    const id = typeof chunk.id === "string" && chunk.id !== "null" ? chunk.id : undefined
    const place = typeof chunk.index === "number" ? chunk.index : position
    let call = places.get(place)
    // A call without an index of its own is told apart by its id.
    if (call === undefined || (id !== undefined && id !== call.id && name !== "")) {
      if (id === undefined || typeof name !== "string" || name === "") {
        return failure(request, new InvalidResponse({ detail: "tool_calls: a call begins without id or name" }), origin)
      }
      call = { id, name, arguments: "" }
      calls.push(call)
      places.set(place, call)
      out.push(AiResponse.makePart("tool-params-start", { id, name, providerExecuted: false }))
    }
    const delta = typeof given === "string" ? given : JSON.stringify(given ?? "")
    if (delta !== "") {
      call.arguments += delta
      out.push(AiResponse.makePart("tool-params-delta", { id: call.id, delta }))
    }
    return undefined
  }
  const nativeOf = () => {
    const [only] = blocks
    const isText = blocks.length <= 1 && only?.type !== "thinking" && references.length === 0
    return {
      id: head.id ?? "",
      object: "chat.completion",
      created: head.created,
      model: head.model,
      choices: [{
        index: 0,
        finish_reason: finishReason ?? null,
        message: {
          role: "assistant",
          content: isText ? only?.text ?? "" : [...blocks.map(chunkOf), ...references],
          ...(calls.length === 0 ? undefined : {
            tool_calls: calls.map(({ arguments: text, id, name }, index) => ({
              id,
              index,
              type: "function",
              function: { name, arguments: text }
            }))
          }),
          prefix: false
        }
      }],
      ...(usage === undefined ? undefined : { usage })
    }
  }

  return {
    event: (data, out) => {
      head = data
      usage = data.usage ?? usage
      const choice: unknown = Array.isArray(data.choices) ? data.choices.find(isFirstChoice) : undefined
      if (!isRecord(choice)) return undefined
      if (typeof choice.finish_reason === "string") finishReason = choice.finish_reason
      if (!isRecord(choice.delta)) return undefined
      const { content, role: speaker, tool_calls: toolCalls } = choice.delta
      role = speaker ?? role
      // What the vendor's own tools have answered is the model's to read.
      if (role === "tool") return undefined
      if (typeof content === "string" && content !== "") grow("text", content, out)
      else if (Array.isArray(content)) { for (const part of content) chunk(part, out) }
      for (const [position, call] of (Array.isArray(toolCalls) ? toolCalls : []).entries()) {
        const broken = toolCall(call, position, out)
        if (broken !== undefined) return broken
      }
      return undefined
    },
    end: (out) => {
      if (head === nothing) {
        out.push(unfinished(request, origin, Chat.warningsOf(request)))
        return undefined
      }
      end(out)
      for (const call of calls) out.push(AiResponse.makePart("tool-params-end", { id: call.id }))
      const native = nativeOf()
      const reply = Chat.decodeReply(native)
      if (Result.isFailure(reply)) return unreadable(request, reply.failure, origin)
      out.push(...Chat.wholeParts(reply.success))
      if (finishReason === undefined && usage === undefined) {
        out.push(unfinished(request, origin, Chat.warningsOf(request)))
        return undefined
      }
      const summary = Chat.answered(request, reply.success, native, origin)
      if (Result.isFailure(summary)) return summary.failure
      out.push(Generation.finish(summary.success))
      return undefined
    }
  }
}

const chunkOf = ({ closed, signature, text, type }: Block): Readonly<Record<string, unknown>> =>
  type === "text" ? { type, text } : {
    type,
    thinking: [{ type: "text", text }],
    ...(signature === undefined ? undefined : { signature }),
    ...(closed === undefined ? undefined : { closed })
  }

const isFirstChoice = (choice: unknown): boolean => isRecord(choice) && (choice.index ?? 0) === 0

/**
 * The events in which Converse streams an answer, decoded, and put together to the reply that it would have been.
 */
import * as Result from "effect/Result"
import * as AiResponse from "effect/ai/Response"
import { type GenerateError, InvalidResponse } from "../../GenerateError.ts"
import * as Generation from "../../Generation.ts"
import type * as Request from "../../Request.ts"
import type { Decoder } from "../../internal/exchange.ts"
import { failure, type Origin, unreadable } from "../../internal/failures.ts"
import { isRecord, paramsOf } from "../../internal/json.ts"
import * as Parts from "../../internal/parts.ts"
import { unfinished } from "../../internal/replies.ts"
import * as Blocks from "./Blocks.ts"
import { read, warningsOf } from "./Converse.ts"

/** A block that is still growing. */
interface Growing {
  kind: "text" | "thought" | "call" | "other"
  text: string
  citations: Array<unknown>
  signature: unknown
  redacted: unknown
  tool: Readonly<Record<string, unknown>>
  open: boolean
}

const empty: Growing = {
  kind: "other",
  text: "",
  citations: [],
  signature: undefined,
  redacted: undefined,
  tool: {},
  open: true
}

/** Decodes the events of one stream. */
export const decoder = (request: Request.Request, origin: Origin): Decoder => {
  const blocks: Array<Growing> = []
  let stop: Readonly<Record<string, unknown>> | undefined
  let metadata: Readonly<Record<string, unknown>> = {}
  let finished = false

  /** Texts and thoughts begin without a word. */
  const at = (index: number, kind: Growing["kind"], out: Array<Generation.Part>): Growing | GenerateError => {
    const known = blocks[index]
    if (known !== undefined) return known
    if (index !== blocks.length) {
      const detail = `content.${index}: its beginning, or one before it, is missing`
      return failure(request, new InvalidResponse({ detail }), origin)
    }
    const made: Growing = { ...empty, kind, citations: [] }
    blocks.push(made)
    if (kind === "text") out.push(Parts.textStart(String(index)))
    if (kind === "thought") out.push(Parts.reasoningStart(String(index)))
    return made
  }
  const start = (
    index: number,
    { toolUse }: Readonly<Record<string, unknown>>,
    out: Array<Generation.Part>
  ): GenerateError | undefined => {
    const block = at(index, isRecord(toolUse) ? "call" : "other", out)
    if ("reason" in block) return block
    if (!isRecord(toolUse)) return undefined
    block.tool = toolUse
    const id = String(toolUse.toolUseId)
    if (toolUse.type !== "server_tool_use") {
      out.push(AiResponse.makePart("tool-params-start", { id, name: String(toolUse.name), providerExecuted: false }))
    }
    return undefined
  }
  const grow = (
    index: number,
    { citation, reasoningContent, text, toolUse }: Readonly<Record<string, unknown>>,
    out: Array<Generation.Part>
  ): GenerateError | undefined => {
    const isText = typeof text === "string" || citation !== undefined
    const block = at(index, isText ? "text" : isRecord(reasoningContent) ? "thought" : "other", out)
    if ("reason" in block) return block
    const id = String(index)
    if (citation !== undefined) block.citations.push(citation)
    if (typeof text === "string") {
      block.text += text
      if (text !== "") out.push(Parts.textDelta(id, text))
    } else if (isRecord(reasoningContent)) {
      block.signature = reasoningContent.signature ?? block.signature
      block.redacted = reasoningContent.redactedContent ?? block.redacted
      if (typeof reasoningContent.text === "string" && reasoningContent.text !== "") {
        block.text += reasoningContent.text
        out.push(Parts.reasoningDelta(id, reasoningContent.text))
      }
    } else if (isRecord(toolUse) && typeof toolUse.input === "string" && toolUse.input !== "") {
      block.text += toolUse.input
      if (block.kind === "call" && block.tool.type !== "server_tool_use") {
        out.push(AiResponse.makePart("tool-params-delta", { id: String(block.tool.toolUseId), delta: toolUse.input }))
      }
    }
    return undefined
  }
  const end = (index: number, out: Array<Generation.Part>): GenerateError | undefined => {
    const growing = blocks[index]
    // A block without a word in it keeps its place.
    if (growing === undefined && index === blocks.length) blocks.push({ ...empty, open: false })
    if (growing === undefined || !growing.open) return undefined
    growing.open = false
    const decoded = Blocks.decode(rawOf(growing))
    if (Result.isFailure(decoded)) return unreadable(request, decoded.failure, origin)
    const block = decoded.success
    const id = String(index)
    if (block.type === "text") out.push(Parts.textEnd(id))
    else if (block.type === "thought") out.push(Parts.reasoningEnd(id, block.seal))
    else if (block.type === "call" && !block.own) out.push(AiResponse.makePart("tool-params-end", { id: block.id }))
    out.push(...Blocks.wholeParts(id, block))
    return undefined
  }
  const finish = (out: Array<Generation.Part>): GenerateError | undefined => {
    for (const index of blocks.keys()) {
      const broken = end(index, out)
      if (broken !== undefined) return broken
    }
    const content = blocks.map(rawOf)
    const whole = read(request, { output: { message: { role: "assistant", content } }, ...stop, ...metadata }, origin)
    if (Result.isFailure(whole)) return whole.failure
    finished = true
    out.push(Generation.finish(whole.success.answered))
    return undefined
  }

  return {
    event: (data, out) => {
      const [[type, event] = []] = Object.entries(data)
      if (!isRecord(event)) return undefined
      const index = typeof event.contentBlockIndex === "number" ? event.contentBlockIndex : -1
      switch (type) {
        case "contentBlockDelta":
          return isRecord(event.delta) ? grow(index, event.delta, out) : undefined
        case "contentBlockStart":
          return isRecord(event.start) ? start(index, event.start, out) : undefined
        case "contentBlockStop":
          return end(index, out)
        case "messageStop":
          stop = event
          return undefined
        case "metadata":
          metadata = event
          // The last of all; without a reason before it, there is more to come.
          return stop === undefined ? undefined : finish(out)
        default:
          return undefined
      }
    },
    end: (out) => {
      if (finished) return undefined
      if (stop !== undefined) return finish(out)
      out.push(unfinished(request, origin, warningsOf(request)))
      return undefined
    }
  }
}

/** A block as a whole reply has it. */
const rawOf = ({ citations, kind, redacted, signature, text, tool }: Growing): Readonly<Record<string, unknown>> => {
  switch (kind) {
    case "text":
      return citations.length === 0 ? { text } : { citationsContent: { content: [{ text }], citations } }
    case "thought":
      return {
        reasoningContent: redacted === undefined
          ? { reasoningText: { text, ...(signature === undefined ? undefined : { signature }) } }
          : { redactedContent: redacted }
      }
    case "call":
      return { toolUse: { ...tool, input: paramsOf(text) } }
    case "other":
      return {}
  }
}

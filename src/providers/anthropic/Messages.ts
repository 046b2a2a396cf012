/**
 * Anthropic's Messages protocol, which others speak too, each with its quirks: the reply it gives, the events it streams.
 *
 * Read 2026-11-23 from @anthropic-ai/sdk@1.12.0: `resources/messages/messages.d.ts`.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as AiResponse from "effect/ai/Response"
import { type GenerateError, InvalidResponse } from "../../GenerateError.ts"
import * as Generation from "../../Generation.ts"
import type * as Request from "../../Request.ts"
import * as Dialect from "../../internal/dialect.ts"
import type { Decoder } from "../../internal/exchange.ts"
import { failure, type Origin, unreadable } from "../../internal/failures.ts"
import { isRecord, paramsOf } from "../../internal/json.ts"
import { textDelta } from "../../internal/parts.ts"
import { reading, sourceOf, unfinished } from "../../internal/replies.ts"
import { warningsOf } from "./MessagesBody.ts"
import type { MessagesQuirks } from "./MessagesQuirks.ts"
import * as Wire from "./Wire.ts"

const Text = Schema.Struct({
  type: Schema.Literal("text"),
  text: Schema.String,
  citations: Schema.optional(Schema.NullOr(Schema.Array(Schema.Unknown)))
})
const Thinking = Schema.Struct({ type: Schema.Literal("thinking"), thinking: Schema.String, signature: Schema.String })
const Redacted = Schema.Struct({ type: Schema.Literal("redacted_thinking"), data: Schema.String })
const ToolUse = Schema.Struct({
  type: Schema.Literal("tool_use"),
  id: Schema.String,
  name: Schema.String,
  input: Schema.Unknown
})
const ServerToolUse = Schema.Struct({
  type: Schema.Literal("server_tool_use"),
  id: Schema.String,
  name: Schema.String,
  input: Schema.Unknown
})
const Citation = Schema.Struct({
  type: Schema.Literal("web_search_result_location"),
  url: Schema.String,
  title: Schema.optional(Schema.NullOr(Schema.String)),
  cited_text: Schema.optional(Schema.String)
})
const known = new Set(["text", "thinking", "redacted_thinking", "tool_use", "server_tool_use"])
const Other = Schema.Struct({
  type: Schema.String.check(Schema.makeFilter((type) => !known.has(type))),
  tool_use_id: Schema.optional(Schema.String),
  content: Schema.optional(Schema.Unknown)
})
const Block = Schema.Union([Text, Thinking, Redacted, ToolUse, ServerToolUse, Other])

const Reply = Schema.Struct({
  id: Schema.String,
  model: Schema.String,
  content: Schema.Array(Schema.Unknown),
  stop_reason: Schema.optional(Schema.NullOr(Schema.String)),
  usage: Schema.optional(Schema.Unknown)
})
type Reply = typeof Reply.Type

const decodeReply = Schema.decodeUnknownResult(Reply)
const decodeBlock = Schema.decodeUnknownResult(Block)
const isCitation = Schema.is(Citation)

/** Reads answers of a vendor. */
export interface Reader {
  readonly errorIn: MessagesQuirks["errorIn"]
  /** The Generation in a whole reply. */
  readonly generation: (
    request: Request.Request,
    json: unknown,
    origin: Origin
  ) => Result.Result<Generation.Generation, GenerateError>
  /** Decodes the events of one stream, and puts the reply together that it would have been. */
  readonly decoder: (request: Request.Request, origin: Origin) => Decoder
}

export const make = (quirks: MessagesQuirks): Reader => {
  const read: Read = reading(decodeReply, answered(quirks))
  return {
    errorIn: quirks.errorIn,
    generation: (request, json, origin) =>
      Result.flatMap(read(request, json, origin), ({ answered, reply }) => {
        const content: Array<Generation.Content> = []
        for (const [index, raw] of reply.content.entries()) {
          const block = decodeBlock(raw)
          if (Result.isFailure(block)) return Result.fail(unreadable(request, block.failure, origin))
          content.push(...contentIn(quirks, String(index), block.success, raw))
        }
        return Result.succeed(Generation.make({ ...answered, content }))
      }),
    decoder: (request, origin) => decoderOf(quirks, read, request, origin)
  }
}

type Read = (
  request: Request.Request,
  json: unknown,
  origin: Origin
) => Result.Result<{ readonly reply: Reply; readonly answered: Generation.Answered }, GenerateError>

const contentIn = (
  quirks: MessagesQuirks,
  id: string,
  block: typeof Block.Type,
  raw: unknown
): ReadonlyArray<Generation.Content> => {
  if ("text" in block) {
    return [
      AiResponse.makePart("text", { text: block.text, metadata: textMetadata(quirks, block) }),
      ...wholeParts(quirks, id, block, raw)
    ]
  }
  if ("thinking" in block) {
    return [AiResponse.makePart("reasoning", { text: block.thinking, metadata: thinkingMetadata(quirks, block) })]
  }
  if ("data" in block) {
    return [AiResponse.makePart("reasoning", { text: "", metadata: redactedMetadata(quirks, block) })]
  }
  return wholeParts(quirks, id, block, raw)
}

/** The pages it rests on go back with the text, as the vendor sealed them. */
const textMetadata = (
  { vendor }: MessagesQuirks,
  { citations }: typeof Text.Type
): AiResponse.ProviderMetadata => {
  const pages = citations?.filter(isCitation) ?? []
  return pages.length === 0 ? {} : { [vendor]: { citations: asJson(pages) } }
}

const thinkingMetadata = (
  { vendor }: MessagesQuirks,
  { signature }: typeof Thinking.Type
): AiResponse.ProviderMetadata => ({
  [vendor]: { signature }
})

const redactedMetadata = (
  { vendor }: MessagesQuirks,
  { data }: typeof Redacted.Type
): AiResponse.ProviderMetadata => ({
  [vendor]: { redactedData: data }
})

/** What a block holds that doesn't stream in pieces, besides its text. */
const wholeParts = (
  { vendor }: MessagesQuirks,
  id: string,
  block: typeof Block.Type,
  raw: unknown
): ReadonlyArray<Exclude<Generation.Content, { readonly type: "text" | "reasoning" }>> => {
  if ("text" in block) {
    return (block.citations ?? []).filter(isCitation)
      .flatMap(({ cited_text: quote, title, url }, n) =>
        sourceOf(`${id}:${n}`, url, title, { start: 0, end: block.text.length, quote })
      )
  }
  if ("input" in block) {
    const providerExecuted = block.type === "server_tool_use"
    return [AiResponse.makePart("tool-call", {
      id: block.id,
      name: block.name,
      params: block.input,
      providerExecuted,
      ...(providerExecuted ? { metadata: { [vendor]: { block: asJson(raw) } } } : undefined)
    })]
  }
  if ("tool_use_id" in block && block.tool_use_id !== undefined) {
    return [AiResponse.toolResultPart({
      id: block.tool_use_id,
      name: block.type.replace(/_tool_result$/, ""),
      isFailure: isRecord(block.content) && "error_code" in block.content,
      result: block.content,
      encodedResult: block.content,
      providerExecuted: true,
      preliminary: false,
      metadata: { [vendor]: { block: asJson(raw) } }
    })]
  }
  return []
}

const asJson = Schema.decodeUnknownSync(Schema.Json)

const answered = (quirks: MessagesQuirks) =>
(
  request: Request.Request,
  reply: Reply,
  native: unknown,
  origin: Origin
): Result.Result<Generation.Answered, GenerateError> => {
  const summary = {
    provider: request.model.provider,
    model: reply.model,
    finishReason: finishReasons[reply.stop_reason ?? ""] ?? "unknown",
    ...Wire.metered(reply.usage),
    requestId: origin.requestId ?? reply.id,
    warnings: warningsOf(quirks, request),
    native
  }
  const text = () => reply.content.map((block) => isRecord(block) ? textIn(block.text) : "").join("")
  const dialect = quirks.tellsObjects === true ? Dialect.plain : Wire.dialect
  return dialect.withObject(request, summary, text)
}

const finishReasons: Readonly<Record<string, Generation.FinishReason>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool-calls",
  pause_turn: "pause",
  refusal: "content-filter"
}

const decoderOf = (quirks: MessagesQuirks, read: Read, request: Request.Request, origin: Origin): Decoder => {
  const blocks: Array<Record<string, unknown>> = []
  const open = new Set<number>()
  const inputs = new Map<number, string>()
  let message: Readonly<Record<string, unknown>> = {}
  let finished = false

  const lost = (index: number): GenerateError =>
    failure(
      request,
      new InvalidResponse({ detail: `content.${index}: its beginning, or one before it, is missing` }),
      origin
    )

  const start = (
    index: number,
    block: Readonly<Record<string, unknown>>,
    out: Array<Generation.Part>
  ): GenerateError | undefined => {
    if (blocks[index] !== undefined) return undefined
    if (index !== blocks.length) return lost(index)
    blocks[index] = { ...block }
    open.add(index)
    const id = String(index)
    if (block.type === "text") out.push(AiResponse.makePart("text-start", { id }))
    else if (block.type === "thinking" || block.type === "redacted_thinking") {
      out.push(AiResponse.makePart("reasoning-start", { id }))
    } else if (block.type === "tool_use") {
      out.push(
        AiResponse.makePart("tool-params-start", {
          id: String(block.id),
          name: String(block.name),
          providerExecuted: false
        })
      )
    }
    return undefined
  }
  const grow = (
    index: number,
    delta: Readonly<Record<string, unknown>>,
    out: Array<Generation.Part>
  ): GenerateError | undefined => {
    const block = blocks[index]
    if (block === undefined) return lost(index)
    const id = String(index)
    if (delta.type === "text_delta" && typeof delta.text === "string") {
      block.text = `${textIn(block.text)}${delta.text}`
      out.push(textDelta(id, delta.text))
    } else if (delta.type === "thinking_delta" && typeof delta.thinking === "string") {
      block.thinking = `${textIn(block.thinking)}${delta.thinking}`
      out.push(AiResponse.makePart("reasoning-delta", { id, delta: delta.thinking }))
    } else if (delta.type === "signature_delta") block.signature = delta.signature
    else if (delta.type === "citations_delta") {
      block.citations = [...(Array.isArray(block.citations) ? block.citations : []), delta.citation]
    } else if (delta.type === "input_json_delta" && typeof delta.partial_json === "string") {
      inputs.set(index, `${inputs.get(index) ?? ""}${delta.partial_json}`)
      if (block.type === "tool_use" && delta.partial_json !== "") {
        out.push(AiResponse.makePart("tool-params-delta", { id: String(block.id), delta: delta.partial_json }))
      }
    }
    return undefined
  }
  const stop = (index: number, out: Array<Generation.Part>): GenerateError | undefined => {
    const raw = blocks[index]
    if (raw === undefined) return lost(index)
    open.delete(index)
    const input = inputs.get(index)
    if (input !== undefined) raw.input = paramsOf(input)
    const decoded = decodeBlock(raw)
    if (Result.isFailure(decoded)) return unreadable(request, decoded.failure, origin)
    const block = decoded.success
    const id = String(index)
    if ("text" in block) out.push(AiResponse.makePart("text-end", { id, metadata: textMetadata(quirks, block) }))
    else if ("thinking" in block) {
      out.push(AiResponse.makePart("reasoning-end", { id, metadata: thinkingMetadata(quirks, block) }))
    } else if ("data" in block) {
      out.push(AiResponse.makePart("reasoning-end", { id, metadata: redactedMetadata(quirks, block) }))
    } else if (block.type === "tool_use" && "id" in block) {
      out.push(AiResponse.makePart("tool-params-end", { id: block.id }))
    }
    out.push(...wholeParts(quirks, id, block, raw))
    return undefined
  }
  const finish = (out: Array<Generation.Part>): GenerateError | undefined => {
    for (const index of open) {
      const broken = stop(index, out)
      if (broken !== undefined) return broken
    }
    const native = { ...message, content: blocks }
    const whole = read(request, native, origin)
    if (Result.isFailure(whole)) return whole.failure
    finished = true
    out.push(Generation.finish(whole.success.answered))
    return undefined
  }

  return {
    event: (data, out) => {
      const index = typeof data.index === "number" ? data.index : -1
      switch (data.type) {
        case "content_block_delta":
          return isRecord(data.delta) ? grow(index, data.delta, out) : undefined
        case "content_block_start":
          return isRecord(data.content_block) ? start(index, data.content_block, out) : undefined
        case "content_block_stop":
          return stop(index, out)
        case "message_start":
          if (isRecord(data.message)) message = data.message
          return undefined
        case "message_delta":
          if (isRecord(data.delta)) message = { ...message, ...data.delta }
          // Cumulative: what it names replaces what was there.
          if (isRecord(data.usage)) {
            message = { ...message, usage: isRecord(message.usage) ? { ...message.usage, ...data.usage } : data.usage }
          }
          return undefined
        case "message_stop":
          return finish(out)
        default:
          return undefined
      }
    },
    end: (out) => {
      if (finished) return undefined
      // Why it stopped is the last that there is to know.
      if (typeof message.stop_reason === "string") return finish(out)
      out.push(unfinished(request, origin, warningsOf(quirks, request)))
      return undefined
    },
    usage: () => isRecord(message.usage) ? Wire.metered(message.usage).usage : undefined
  }
}

const textIn = (text: unknown): string => typeof text === "string" ? text : ""

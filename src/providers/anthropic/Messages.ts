/**
 * Anthropic's Messages protocol: the request it takes, the reply it gives, the events it streams.
 *
 * Read 2026-11-23 from @anthropic-ai/sdk@1.12.0: `resources/messages/messages.d.ts`.
 */
import type Anthropic from "@anthropic-ai/sdk"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Prompt from "effect/ai/Prompt"
import * as AiResponse from "effect/ai/Response"
import * as Tool from "effect/ai/Tool"
import { type GenerateError, InvalidResponse } from "../../GenerateError.ts"
import * as Generation from "../../Generation.ts"
import type * as Request from "../../Request.ts"
import type { Decoder } from "../../internal/exchange.ts"
import { failure, type Origin, unreadable } from "../../internal/failures.ts"
import { isRecord, ordered, paramsOf, untyped } from "../../internal/json.ts"
import { textDelta } from "../../internal/parts.ts"
import * as Prompts from "../../internal/prompts.ts"
import { reading, sourceOf, unfinished } from "../../internal/replies.ts"
import * as Caching from "./Caching.ts"
import * as Searching from "./Searching.ts"
import { thinkingOf } from "./Thinking.ts"
import * as Wire from "./Wire.ts"

type Body = Anthropic.MessageCreateParams
type BlockParam = Anthropic.ContentBlockParam

/** The body of a request. Throws where the prompt holds what can't be sent. */
export const body = (request: Request.Request, stream: boolean): Body => {
  const { object, params, prompt } = request
  const thinking = thinkingOf(request)
  const outputConfig = {
    ...(thinking.effort === undefined ? undefined : { effort: thinking.effort }),
    ...(object === undefined
      ? undefined
      : { format: { type: "json_schema" as const, schema: Wire.dialect.schemaOf(request, object) } })
  }
  const toolChoice = choiceOf(request)
  const search = Searching.toolOf(request)
  const { messages, system, tools } = Caching.placed(request, {
    tools: [...request.tools.map((tool) => toolOf(request, tool)), ...(search === undefined ? [] : [search])],
    system: prompt.content.flatMap((message) =>
      message.role === "system" ? [{ type: "text" as const, text: message.content, ...Wire.optionsOf(message) }] : []
    ),
    messages: prompt.content.flatMap((message) => messagesOf(request, message))
  })
  return {
    model: request.model.upstream,
    max_tokens: thinking.maxTokens,
    messages,
    ...(system.length === 0 ? undefined : { system }),
    ...(params.stop === undefined ? undefined : { stop_sequences: [...params.stop] }),
    ...(thinking.config === undefined ? undefined : { thinking: thinking.config }),
    ...(params.serviceTier === undefined ? undefined : tierOf(params.serviceTier)),
    ...(tools.length === 0 ? undefined : { tools }),
    ...(toolChoice === undefined ? undefined : { tool_choice: toolChoice }),
    ...(Object.keys(outputConfig).length === 0 ? undefined : { output_config: outputConfig }),
    ...request.native,
    stream
  }
}

/** What isn't sent as it was asked. */
const warningsOf = (request: Request.Request): ReadonlyArray<string> => {
  const { content } = request.prompt
  const opening = content.findIndex((message) => message.role !== "system")
  return [
    ...withoutOption.filter((name) => request.params[name] !== undefined)
      .map((name) => `${name} was dropped: Anthropic's API of 2026-10-21 has no such option`),
    ...thinkingOf(request).warnings,
    ...Caching.warningsOf(request),
    ...Searching.warningsOf(request),
    ...(content.findLastIndex((message) => message.role === "system") > opening && opening !== -1
      ? ["the system messages were put together in front of the conversation"]
      : [])
  ]
}

const withoutOption = ["temperature", "topP", "seed", "presencePenalty", "frequencyPenalty"] as const

/** Fast mode is sold like a tier and asked for as a speed. */
const tierOf = (tier: string): Readonly<Record<string, unknown>> =>
  tier === "fast"
    ? { speed: "fast" }
    : untyped({ service_tier: tier === "default" || tier === "standard" ? "standard_only" : tier })

const toolOf = (request: Request.Request, tool: Tool.Any): Anthropic.ToolUnion =>
  Wire.vendorTool(tool) ?? Wire.functionOf(request, tool)

const choiceOf = ({ params, toolChoice, tools }: Request.Request): Anthropic.ToolChoice | undefined => {
  const alone = params.parallelToolCalls === false ? { disable_parallel_tool_use: true } : undefined
  switch (toolChoice) {
    case undefined:
      return alone === undefined || tools.length === 0 ? undefined : { type: "auto", ...alone }
    case "none":
      return { type: "none" }
    case "auto":
      return { type: "auto", ...alone }
    case "required":
      return { type: "any", ...alone }
    default: {
      const tool = tools.find(({ name }) => name === toolChoice.tool)
      return {
        type: "tool",
        name: tool !== undefined && Tool.isProviderDefined(tool) ? tool.providerName : toolChoice.tool,
        ...alone
      }
    }
  }
}

const messagesOf = (request: Request.Request, message: Prompt.Message): ReadonlyArray<Caching.Turn> => {
  switch (message.role) {
    case "system":
      return []
    case "user":
      return [{ role: "user", content: ended(message, message.content.map((part) => contentOf(request, part))) }]
    case "assistant": {
      const content = message.content.flatMap((part) => blocksOf(request, part))
      return content.length === 0 ? [] : [{ role: "assistant", content: ended(message, content) }]
    }
    case "tool": {
      const content = message.content.flatMap((part) => part.type === "tool-result" ? [resultOf(request, part)] : [])
      return content.length === 0 ? [] : [{ role: "user", content: ended(message, content) }]
    }
  }
}

/** A message's own options are its last part's. */
const ended = <A extends BlockParam>(message: Prompt.Message, content: ReadonlyArray<A>): Array<A> =>
  content.map((block, index) => index === content.length - 1 ? { ...Wire.optionsOf(message), ...block } : block)

const resultOf = (request: Request.Request, part: Prompt.ToolResultPart): Anthropic.ToolResultBlockParam => ({
  type: "tool_result",
  tool_use_id: part.id,
  content: part.modelOutput === undefined
    ? Prompts.resultText(part.result)
    : part.modelOutput.map((output) => contentOf(request, output)),
  ...(part.isFailure ? { is_error: true } : undefined),
  ...Wire.optionsOf(part)
})

type Given = Anthropic.TextBlockParam | Anthropic.ImageBlockParam | Anthropic.DocumentBlockParam

const contentOf = (request: Request.Request, part: Prompt.TextPart | Prompt.FilePart): Given => {
  const options = Wire.optionsOf(part)
  if (part.type === "text") return { type: "text", text: part.text, ...options }
  const file = Prompts.fileOf(part)
  if (part.mediaType.startsWith("image/")) {
    return {
      type: "image",
      source: "url" in file
        ? { type: "url", url: file.url }
        : { type: "base64", media_type: imageType(request, part), data: file.base64 },
      ...options
    }
  }
  if (part.mediaType !== "application/pdf") throw Prompts.unsupportedFile(request, part)
  return {
    type: "document",
    source: "url" in file
      ? { type: "url", url: file.url }
      : { type: "base64", media_type: "application/pdf", data: file.base64 },
    ...(part.fileName === undefined ? undefined : { title: part.fileName }),
    ...options
  }
}

const imageType = (request: Request.Request, file: Prompt.FilePart): Anthropic.Base64ImageSource["media_type"] => {
  switch (file.mediaType) {
    case "image/jpeg":
    case "image/png":
    case "image/gif":
    case "image/webp":
      return file.mediaType
    default:
      throw Prompts.unsupportedFile(request, file)
  }
}

/** A part of an earlier answer. What the vendor's own tools made goes back as it came, thoughts only with their seal. */
const blocksOf = (request: Request.Request, part: Prompt.AssistantMessagePart): ReadonlyArray<BlockParam> => {
  const { block, redactedData, signature, ...options } = Wire.optionsOf(part)
  switch (part.type) {
    case "text":
      // The vendor refuses blank ones.
      return part.text.trim() === "" ? [] : [{ type: "text", text: part.text, ...options }]
    case "reasoning":
      if (typeof signature === "string") return [{ type: "thinking", thinking: part.text, signature }]
      return typeof redactedData === "string" ? [{ type: "redacted_thinking", data: redactedData }] : []
    case "tool-call":
      return part.providerExecuted
        ? asItCame(block)
        : [{ type: "tool_use", id: part.id, name: part.name, input: ordered(part.params), ...options }]
    case "tool-result":
      return asItCame(block)
    case "file":
      throw Prompts.unsupportedFile(request, part, "an answer of the model goes back without files")
    default:
      return []
  }
}

const asItCame = (block: unknown): ReadonlyArray<BlockParam> => isBlock(block) ? [block] : []

/** The vendor made it: its type is all that is looked at. */
const isBlock = (u: unknown): u is BlockParam => isRecord(u) && typeof u.type === "string"

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

/** The Generation in a whole reply. */
export const generation = (
  request: Request.Request,
  json: unknown,
  origin: Origin
): Result.Result<Generation.Generation, GenerateError> =>
  Result.flatMap(read(request, json, origin), ({ answered, reply }) => {
    const content: Array<Generation.Content> = []
    for (const [index, raw] of reply.content.entries()) {
      const block = decodeBlock(raw)
      if (Result.isFailure(block)) return Result.fail(unreadable(request, block.failure, origin))
      content.push(...contentIn(String(index), block.success, raw))
    }
    return Result.succeed(Generation.make({ ...answered, content }))
  })

const contentIn = (id: string, block: typeof Block.Type, raw: unknown): ReadonlyArray<Generation.Content> => {
  if ("text" in block) {
    return [
      AiResponse.makePart("text", { text: block.text, metadata: textMetadata(block) }),
      ...wholeParts(id, block, raw)
    ]
  }
  if ("thinking" in block) {
    return [AiResponse.makePart("reasoning", { text: block.thinking, metadata: thinkingMetadata(block) })]
  }
  if ("data" in block) return [AiResponse.makePart("reasoning", { text: "", metadata: redactedMetadata(block) })]
  return wholeParts(id, block, raw)
}

/** The pages it rests on go back with the text, as the vendor sealed them. */
const textMetadata = ({ citations }: typeof Text.Type): AiResponse.ProviderMetadata => {
  const pages = citations?.filter(isCitation) ?? []
  return pages.length === 0 ? {} : { anthropic: { citations: asJson(pages) } }
}

const thinkingMetadata = ({ signature }: typeof Thinking.Type): AiResponse.ProviderMetadata => ({
  anthropic: { signature }
})

const redactedMetadata = ({ data }: typeof Redacted.Type): AiResponse.ProviderMetadata => ({
  anthropic: { redactedData: data }
})

/** What a block holds that doesn't stream in pieces, besides its text. */
const wholeParts = (
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
      ...(providerExecuted ? { metadata: { anthropic: { block: asJson(raw) } } } : undefined)
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
      metadata: { anthropic: { block: asJson(raw) } }
    })]
  }
  return []
}

const asJson = Schema.decodeUnknownSync(Schema.Json)

const answered = (
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
    warnings: warningsOf(request),
    native
  }
  const text = () => reply.content.map((block) => isRecord(block) ? textIn(block.text) : "").join("")
  return Wire.dialect.withObject(request, summary, text)
}

const read = reading(decodeReply, answered)

const finishReasons: Readonly<Record<string, Generation.FinishReason>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool-calls",
  pause_turn: "pause",
  refusal: "content-filter"
}

/** Decodes the events of one stream, and puts the reply together that it would have been. */
export const decoder = (request: Request.Request, origin: Origin): Decoder => {
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
    if ("text" in block) out.push(AiResponse.makePart("text-end", { id, metadata: textMetadata(block) }))
    else if ("thinking" in block) {
      out.push(AiResponse.makePart("reasoning-end", { id, metadata: thinkingMetadata(block) }))
    } else if ("data" in block) {
      out.push(AiResponse.makePart("reasoning-end", { id, metadata: redactedMetadata(block) }))
    } else if (block.type === "tool_use" && "id" in block) {
      out.push(AiResponse.makePart("tool-params-end", { id: block.id }))
    }
    out.push(...wholeParts(id, block, raw))
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
      out.push(unfinished(request, origin, warningsOf(request)))
      return undefined
    }
  }
}

const textIn = (text: unknown): string => typeof text === "string" ? text : ""

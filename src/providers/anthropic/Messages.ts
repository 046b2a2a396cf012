/**
 * Anthropic's Messages protocol: the request it takes, the reply it gives, the events it streams.
 *
 * Read 2026-11-23 from @anthropic-ai/sdk@1.12.0: `resources/messages/messages.d.ts`.
 */
import type Anthropic from "@anthropic-ai/sdk"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { toCodecAnthropic } from "effect/ai/AnthropicStructuredOutput"
import type * as Prompt from "effect/ai/Prompt"
import * as AiResponse from "effect/ai/Response"
import * as Tool from "effect/ai/Tool"
import {
  type GenerateError,
  InvalidRequest,
  KeyRefused,
  Overloaded,
  QuotaExceeded,
  RateLimited,
  type Reason
} from "../../GenerateError.ts"
import * as Generation from "../../Generation.ts"
import type * as Request from "../../Request.ts"
import * as Usage from "../../Usage.ts"
import * as Dialect from "../../internal/dialect.ts"
import type { Decoder } from "../../internal/exchange.ts"
import { failure, type Origin, unreadable } from "../../internal/failures.ts"
import { isRecord, paramsOf } from "../../internal/json.ts"
import * as Prompts from "../../internal/prompts.ts"
import { tidy } from "../../internal/refusal.ts"
import { sourceOf, textDelta, unfinished } from "../../internal/replies.ts"

type Body = Anthropic.MessageCreateParams
type BlockParam = Anthropic.ContentBlockParam

const dialect = Dialect.make(toCodecAnthropic, { transformer: toCodecAnthropic })

const optionsOf = (part: { readonly options: Prompt.ProviderOptions }) => Prompts.optionsOf("anthropic", part)

/** The body of a request. Throws where the prompt holds what can't be sent. */
export const body = (request: Request.Request, stream: boolean): Body => {
  const { object, params, prompt } = request
  const system = prompt.content.flatMap((message) =>
    message.role === "system" ? [{ type: "text" as const, text: message.content, ...optionsOf(message) }] : []
  )
  const thinking = thinkingOf(request)
  const outputConfig = {
    ...(thinking.effort === undefined ? undefined : { effort: thinking.effort }),
    ...(object === undefined
      ? undefined
      : { format: { type: "json_schema" as const, schema: dialect.schemaOf(request, object) } })
  }
  const toolChoice = toolChoiceOf(request)
  return {
    model: request.model.upstream,
    stream,
    max_tokens: thinking.maxTokens,
    messages: prompt.content.flatMap((message) => messagesOf(request, message)),
    ...(system.length === 0 ? undefined : { system }),
    ...(params.stop === undefined ? undefined : { stop_sequences: [...params.stop] }),
    ...(thinking.config === undefined ? undefined : { thinking: thinking.config }),
    ...(Object.keys(outputConfig).length === 0 ? undefined : { output_config: outputConfig }),
    ...(request.tools.length === 0 ? undefined : { tools: request.tools.map(toolOf) }),
    ...(toolChoice === undefined ? undefined : { tool_choice: toolChoice }),
    ...(params.serviceTier === undefined ? undefined : tierOf(params.serviceTier)),
    ...request.native
  }
}

/** What the vendor's API has no option for. */
export const dropped = ({ params }: Request.Request): ReadonlyArray<string> =>
  withoutOption.filter((name) => params[name] !== undefined)
    .map((name) => `${name} was dropped: Anthropic's API of 2026-10-21 has no such option`)

const withoutOption = ["temperature", "topP", "seed", "presencePenalty", "frequencyPenalty"] as const

interface Thinking {
  readonly maxTokens: number
  readonly config: Anthropic.ThinkingConfigParam | undefined
  readonly effort: (typeof efforts)[keyof typeof efforts] | undefined
}

/** How much to think, in the words that the model has for it. */
const thinkingOf = ({ model, params }: Request.Request): Thinking => {
  const room = Math.min(model.maxOutput ?? spare, 2 * spare)
  const maxTokens = params.maxOutputTokens ?? room
  if (params.reasoning === undefined) return { maxTokens, config: undefined, effort: undefined }
  if (params.reasoning === "none") return { maxTokens, config: { type: "disabled" }, effort: undefined }
  if (!takesBudget.test(model.upstream)) {
    return { maxTokens, config: { type: "adaptive" }, effort: efforts[params.reasoning] }
  }
  const wanted = budgets[params.reasoning]
  const most = params.maxOutputTokens ?? Math.min(model.maxOutput ?? Infinity, wanted + spare)
  return {
    maxTokens: most,
    config: { type: "enabled", budget_tokens: Math.max(leastBudget, Math.min(wanted, most - spare / 8)) },
    effort: undefined
  }
}

/** Models up to 4.5 think by a budget of tokens, later ones by an effort (platform.claude.com, read 2026-11-23). */
const takesBudget = /^claude-\w+-4-[15](-\d{8})?$/
const leastBudget = 1024
/** The vendor wants a limit; this is room enough for most answers. */
const spare = 8192

const efforts = { minimal: "low", low: "low", medium: "medium", high: "high", xhigh: "xhigh", max: "max" } as const
const budgets = { minimal: 1024, low: 2048, medium: 8192, high: 16_384, xhigh: 24_576, max: 32_768 } as const

/** Fast mode is sold like a tier and asked for as a speed. */
const tierOf = (tier: string): Readonly<Record<string, unknown>> =>
  tier === "fast" ? { speed: "fast" } : { service_tier: tier === "default" ? "auto" : tier }

const toolOf = (tool: Tool.Any): Anthropic.ToolUnion => {
  if (Tool.isProviderDefined(tool)) return { name: tool.providerName, ...tool.args }
  const { description, name, parameters, strict } = dialect.functionOf(tool)
  return {
    name,
    input_schema: { type: "object", ...parameters },
    ...(description === undefined ? undefined : { description }),
    ...(strict ? { strict } : undefined)
  }
}

const toolChoiceOf = ({ params, toolChoice }: Request.Request): Anthropic.ToolChoice | undefined => {
  const alone = params.parallelToolCalls === false ? { disable_parallel_tool_use: true } : undefined
  if (toolChoice === undefined) return alone === undefined ? undefined : { type: "auto", ...alone }
  if (typeof toolChoice === "object") return { type: "tool", name: toolChoice.tool, ...alone }
  if (toolChoice === "none") return { type: "none" }
  return { type: toolChoice === "required" ? "any" : "auto", ...alone }
}

const messagesOf = (request: Request.Request, message: Prompt.Message): ReadonlyArray<Anthropic.MessageParam> => {
  switch (message.role) {
    case "system":
      return []
    case "user":
      return [{ role: "user", content: message.content.map((part) => contentOf(request, part)) }]
    case "assistant":
      return [{ role: "assistant", content: message.content.flatMap((part) => blockOf(request, part)) }]
    case "tool":
      return [{
        role: "user",
        content: message.content.flatMap((part): ReadonlyArray<BlockParam> =>
          part.type === "tool-result"
            ? [{
              type: "tool_result",
              tool_use_id: part.id,
              content: part.modelOutput === undefined
                ? Prompts.resultText(part.result)
                : part.modelOutput.map((output) => contentOf(request, output)),
              ...(part.isFailure ? { is_error: true } : undefined),
              ...optionsOf(part)
            }]
            : []
        )
      }]
  }
}

type Given = Anthropic.TextBlockParam | Anthropic.ImageBlockParam | Anthropic.DocumentBlockParam

const contentOf = (request: Request.Request, part: Prompt.TextPart | Prompt.FilePart): Given => {
  const options = optionsOf(part)
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

/** A part of an earlier answer. What the vendor's own tools made goes back as it came, thinking only with its signature. */
const blockOf = (request: Request.Request, part: Prompt.AssistantMessagePart): ReadonlyArray<BlockParam> => {
  const { block, redactedData, signature, ...options } = optionsOf(part)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a block of the vendor's own making
  if (isRecord(block)) return [block as unknown as BlockParam]
  switch (part.type) {
    case "text":
      return [{ type: "text", text: part.text, ...options }]
    case "reasoning":
      if (typeof signature === "string") return [{ type: "thinking", thinking: part.text, signature }]
      return typeof redactedData === "string" ? [{ type: "redacted_thinking", data: redactedData }] : []
    case "tool-call":
      return [{ type: "tool_use", id: part.id, name: part.name, input: part.params, ...options }]
    case "file":
      throw Prompts.unsupportedFile(request, part, "an answer of the model goes back without files")
    default:
      return []
  }
}

const Text = Schema.Struct({
  type: Schema.Literal("text"),
  text: Schema.String,
  citations: Schema.optional(Schema.NullOr(Schema.Array(Schema.Struct({
    url: Schema.optional(Schema.NullOr(Schema.String)),
    title: Schema.optional(Schema.NullOr(Schema.String))
  }))))
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

/** The Generation in a whole reply. */
export const generation = (
  request: Request.Request,
  json: unknown,
  origin: Origin
): Result.Result<Generation.Generation, GenerateError> => {
  const inBand = errorIn(json, origin)
  if (inBand !== undefined) return Result.fail(failure(request, inBand, origin))
  const reply = decodeReply(json)
  if (Result.isFailure(reply)) return Result.fail(unreadable(request, reply.failure, origin))
  const content: Array<Generation.Content> = []
  for (const [index, raw] of reply.success.content.entries()) {
    const block = decodeBlock(raw)
    if (Result.isFailure(block)) return Result.fail(unreadable(request, block.failure, origin))
    content.push(...contentIn(String(index), block.success, raw))
  }
  return Result.map(
    answered(request, reply.success, json, origin),
    (answered) => Generation.make({ ...answered, content })
  )
}

const contentIn = (id: string, block: typeof Block.Type, raw: unknown): ReadonlyArray<Generation.Content> => {
  if ("text" in block) return [AiResponse.makePart("text", { text: block.text }), ...wholeParts(id, block, raw)]
  if ("thinking" in block) {
    return [AiResponse.makePart("reasoning", { text: block.thinking, metadata: thinkingMetadata(block) })]
  }
  if ("data" in block) return [AiResponse.makePart("reasoning", { text: "", metadata: redactedMetadata(block) })]
  return wholeParts(id, block, raw)
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
    return (block.citations ?? []).flatMap(({ title, url }, n) => url == null ? [] : sourceOf(`${id}:${n}`, url, title))
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
  const { served, usage } = meteredOf(reply.usage)
  const summary = {
    provider: request.model.provider,
    model: reply.model,
    finishReason: finishReasons[reply.stop_reason ?? ""] ?? "unknown",
    usage,
    ...served,
    requestId: origin.requestId ?? reply.id,
    warnings: dropped(request),
    native
  }
  if (request.object === undefined) return Result.succeed(summary)
  const text = reply.content.map((block) => isRecord(block) && typeof block.text === "string" ? block.text : "").join(
    ""
  )
  return Result.map(
    dialect.objectIn(request, request.object, { ...summary, text }),
    (object) => ({ ...summary, object })
  )
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

const Count = Schema.optional(Schema.NullOr(Schema.Natural))
const RawUsage = Schema.Struct({
  input_tokens: Schema.Natural,
  cache_read_input_tokens: Count,
  cache_creation_input_tokens: Count,
  cache_creation: Schema.optional(Schema.NullOr(Schema.Struct({
    ephemeral_5m_input_tokens: Count,
    ephemeral_1h_input_tokens: Count
  }))),
  output_tokens: Schema.Natural,
  output_tokens_details: Schema.optional(Schema.NullOr(Schema.Struct({ thinking_tokens: Count }))),
  server_tool_use: Schema.optional(Schema.NullOr(Schema.Struct({ web_search_requests: Count }))),
  service_tier: Schema.optional(Schema.NullOr(Schema.String)),
  speed: Schema.optional(Schema.NullOr(Schema.String)),
  inference_geo: Schema.optional(Schema.NullOr(Schema.String))
})
const decodeUsage = Schema.decodeUnknownResult(RawUsage)

/** Input excludes what the cache had a part in; thinking is a part of the output. */
const meteredOf = (json: unknown) =>
  Result.match(decodeUsage(json), {
    onFailure: () => ({ usage: Usage.missing, served: { serviceTier: undefined, region: undefined } }),
    onSuccess: (raw) => {
      const reasoning = raw.output_tokens_details?.thinking_tokens ?? 0
      const searches = raw.server_tool_use?.web_search_requests ?? 0
      return {
        usage: reasoning > raw.output_tokens ? Usage.missing : Usage.make({
          inputUncached: raw.input_tokens,
          cacheRead: raw.cache_read_input_tokens ?? 0,
          cacheWrite: cacheWriteOf(raw),
          outputText: raw.output_tokens - reasoning,
          outputReasoning: reasoning,
          ...(searches === 0 ? undefined : { requests: { web_search: searches } })
        }),
        served: {
          serviceTier: raw.speed === "fast" ? "fast" : raw.service_tier ?? undefined,
          region: raw.inference_geo ?? undefined
        }
      }
    }
  })

/** The split by time to live counts only where it adds up; else all of it is the default's. */
const cacheWriteOf = (raw: typeof RawUsage.Type): Readonly<Record<string, number>> => {
  const total = raw.cache_creation_input_tokens ?? 0
  const short = raw.cache_creation?.ephemeral_5m_input_tokens ?? 0
  const long = raw.cache_creation?.ephemeral_1h_input_tokens ?? 0
  if (total === 0) return {}
  if (short + long !== total || long === 0) return { "5m": total }
  return short === 0 ? { "1h": long } : { "5m": short, "1h": long }
}

/** An error that came with status 200, as an event or a body. */
const errorIn = (json: unknown, { key }: Origin): Reason | undefined => {
  if (!isRecord(json) || json.type !== "error" || !isRecord(json.error)) return undefined
  const { message, type } = json.error
  const detail = tidy(typeof message === "string" ? message : "no message", key)
  switch (type) {
    case "rate_limit_error":
      return new RateLimited({ detail })
    case "billing_error":
      return new QuotaExceeded({ detail })
    case "authentication_error":
    case "permission_error":
      return new KeyRefused({ detail })
    case "invalid_request_error":
    case "not_found_error":
    case "request_too_large":
      return new InvalidRequest({ detail })
    default:
      return new Overloaded({ detail, maybeBilled: true })
  }
}

/** Decodes the events of one stream, and puts the reply together that it would have been. */
export const decoder = (request: Request.Request, origin: Origin): Decoder => {
  const blocks: Array<Record<string, unknown>> = []
  const inputs = new Map<unknown, string>()
  let message: Readonly<Record<string, unknown>> = {}
  let usage: Readonly<Record<string, unknown>> = {}
  let finished = false

  const start = (index: number, block: Readonly<Record<string, unknown>>, out: Array<Generation.Part>) => {
    blocks[index] = { ...block }
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
  }
  const grow = (index: number, delta: Readonly<Record<string, unknown>>, out: Array<Generation.Part>) => {
    const block = blocks[index]
    if (block === undefined) return
    const id = String(index)
    if (delta.type === "text_delta" && typeof delta.text === "string") {
      block.text = `${String(block.text)}${delta.text}`
      out.push(textDelta(id, delta.text))
    } else if (delta.type === "thinking_delta" && typeof delta.thinking === "string") {
      block.thinking = `${String(block.thinking)}${delta.thinking}`
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
  }
  const stop = (index: number, out: Array<Generation.Part>): GenerateError | undefined => {
    const raw = blocks[index]
    if (raw === undefined) return undefined
    const input = inputs.get(index)
    if (input !== undefined) raw.input = paramsOf(input)
    const decoded = decodeBlock(raw)
    if (Result.isFailure(decoded)) return unreadable(request, decoded.failure, origin)
    const block = decoded.success
    const id = String(index)
    if ("text" in block) out.push(AiResponse.makePart("text-end", { id }))
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
    const native = { ...message, content: blocks, usage }
    const reply = decodeReply(native)
    if (Result.isFailure(reply)) return unreadable(request, reply.failure, origin)
    const summary = answered(request, reply.success, native, origin)
    if (Result.isFailure(summary)) return summary.failure
    finished = true
    out.push(Generation.finish(summary.success))
    return undefined
  }

  return {
    event: (data, out) => {
      if (!isRecord(data)) return undefined
      const index = typeof data.index === "number" ? data.index : -1
      switch (data.type) {
        case "content_block_delta":
          if (isRecord(data.delta)) grow(index, data.delta, out)
          return undefined
        case "content_block_start":
          if (isRecord(data.content_block)) start(index, data.content_block, out)
          return undefined
        case "content_block_stop":
          return stop(index, out)
        case "message_start":
          if (isRecord(data.message)) message = data.message
          if (isRecord(message.usage)) usage = message.usage
          return undefined
        case "message_delta":
          if (isRecord(data.delta)) message = { ...message, ...data.delta }
          // Cumulative: what it names replaces what was there.
          if (isRecord(data.usage)) usage = { ...usage, ...data.usage }
          return undefined
        case "message_stop":
          return finish(out)
        case "error": {
          const reason = errorIn(data, origin)
          return reason === undefined ? undefined : failure(request, reason, origin)
        }
        default:
          return undefined
      }
    },
    end: (out) => {
      if (!finished) out.push(unfinished(request, origin))
      return undefined
    }
  }
}

/**
 * OpenAI's Responses protocol, which others speak too, each with its quirks: the reply it gives, the events it streams.
 *
 * Read 2026-11-23 from openai@7.57.0: `resources/responses/responses.d.ts`.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as AiResponse from "effect/ai/Response"
import type { GenerateError } from "../../GenerateError.ts"
import * as Generation from "../../Generation.ts"
import type * as Request from "../../Request.ts"
import * as Usage from "../../Usage.ts"
import type { Decoder } from "../../internal/exchange.ts"
import { type Origin, type Told, told, unreadable } from "../../internal/failures.ts"
import { isRecord, paramsOf } from "../../internal/json.ts"
import { textDelta } from "../../internal/parts.ts"
import { reading, sourceOf, spanOf, unfinished } from "../../internal/replies.ts"
import type { ResponsesQuirks } from "./ResponsesQuirks.ts"
import * as Wire from "./Wire.ts"

const OutputText = Schema.Struct({
  type: Schema.Literal("output_text"),
  text: Schema.String,
  annotations: Schema.optional(Schema.Array(Schema.Struct({
    type: Schema.String,
    url: Schema.optional(Schema.String),
    title: Schema.optional(Schema.String),
    start_index: Schema.optional(Schema.Finite),
    end_index: Schema.optional(Schema.Finite)
  })))
})
const Refusal = Schema.Struct({ type: Schema.Literal("refusal"), refusal: Schema.String })
const Message = Schema.Struct({
  type: Schema.Literal("message"),
  id: Schema.String,
  content: Schema.Array(Schema.Union([OutputText, Refusal]))
})
const FunctionCall = Schema.Struct({
  type: Schema.Literal("function_call"),
  id: Schema.optional(Schema.String),
  call_id: Schema.String,
  name: Schema.String,
  arguments: Schema.String
})
const Reasoning = Schema.Struct({
  type: Schema.Literal("reasoning"),
  id: Schema.String,
  summary: Schema.Array(Schema.Struct({ text: Schema.String })),
  encrypted_content: Schema.optional(Schema.NullOr(Schema.String))
})
const ImageCall = Schema.Struct({
  type: Schema.Literal("image_generation_call"),
  result: Schema.NullOr(Schema.String),
  output_format: Schema.optional(Schema.String)
})
const known = new Set(["message", "function_call", "reasoning", "image_generation_call"])
const Other = Schema.Struct({ type: Schema.String.check(Schema.makeFilter((type) => !known.has(type))) })
const Item = Schema.Union([Message, FunctionCall, Reasoning, ImageCall, Other])
type Item = typeof Item.Type

const Reply = Schema.Struct({
  id: Schema.String,
  model: Schema.String,
  status: Schema.optional(Schema.String),
  output: Schema.Array(Item),
  error: Schema.optional(
    Schema.NullOr(Schema.Struct({ code: Schema.optional(Schema.NullOr(Schema.String)), message: Schema.String }))
  ),
  incomplete_details: Schema.optional(Schema.NullOr(Schema.Struct({ reason: Schema.optional(Schema.String) }))),
  service_tier: Schema.optional(Schema.NullOr(Schema.String)),
  usage: Schema.optional(Schema.Unknown),
  tool_usage: Schema.optional(Schema.Unknown)
})
type Reply = typeof Reply.Type

const decodeReply = Schema.decodeUnknownResult(Reply)
const decodeItem = Schema.decodeUnknownResult(Item)

/** Reads answers of a vendor. */
export interface Reader {
  /** An error in a body or as an event. A whole reply that failed counts what it took all the same. */
  readonly errorIn: (json: Readonly<Record<string, unknown>>) => Told | undefined
  /** The Generation in a whole reply. */
  readonly generation: (
    request: Request.Request,
    json: unknown,
    origin: Origin
  ) => Result.Result<Generation.Generation, GenerateError>
  /** Decodes the events of one stream. */
  readonly decoder: (request: Request.Request, origin: Origin) => Decoder
}

export const make = (quirks: ResponsesQuirks): Reader => {
  const read: Read = reading(decodeReply, answered(quirks))
  return {
    errorIn: (json) => {
      const error = quirks.errorIn(json)
      if (error === undefined || json.usage == null) return error
      const reply = decodeReply(json)
      return Result.isFailure(reply) ? error : { ...error, usage: usageOf(quirks, reply.success) }
    },
    generation: (request, json, origin) =>
      Result.map(
        read(request, json, origin),
        ({ answered, reply }) =>
          Generation.make({ ...answered, content: reply.output.flatMap((item) => contentIn(quirks, item)) })
      ),
    decoder: (request, origin) => decoderOf(quirks, read, request, origin)
  }
}

type Read = (
  request: Request.Request,
  json: unknown,
  origin: Origin
) => Result.Result<{ readonly reply: Reply; readonly answered: Generation.Answered }, GenerateError>

const contentIn = (quirks: ResponsesQuirks, item: Item): ReadonlyArray<Generation.Content> => {
  switch (item.type) {
    case "message":
      return "content" in item
        ? item.content.flatMap((part, index) => [
          AiResponse.makePart("text", {
            text: part.type === "refusal" ? part.refusal : part.text,
            metadata: textMetadata(quirks, item.id, part)
          }),
          ...sourcesIn(item.id, index, part)
        ])
        : []
    case "reasoning":
      return "summary" in item
        ? [AiResponse.makePart("reasoning", {
          text: item.summary.map((summary) => summary.text).join("\n\n"),
          metadata: reasoningMetadata(quirks, item)
        })]
        : []
    default:
      return wholeParts(quirks, item)
  }
}

type TextContent = typeof OutputText.Type | typeof Refusal.Type

const textMetadata = (
  { vendor }: ResponsesQuirks,
  itemId: string,
  part: TextContent
): AiResponse.ProviderMetadata => ({
  [vendor]: part.type === "refusal" ? { itemId, refusal: true } : { itemId }
})

const reasoningMetadata = (
  { vendor }: ResponsesQuirks,
  item: typeof Reasoning.Type
): AiResponse.ProviderMetadata => ({
  [vendor]: {
    itemId: item.id,
    ...(item.encrypted_content == null ? undefined : { encryptedContent: item.encrypted_content })
  }
})

const sourcesIn = (itemId: string, index: number, part: TextContent): ReadonlyArray<AiResponse.UrlSourcePart> =>
  part.type === "refusal" || part.annotations === undefined
    ? []
    : part.annotations.flatMap((annotation, n) =>
      annotation.type === "url_citation" && annotation.url !== undefined
        ? sourceOf(`${itemId}:${index}:${n}`, annotation.url, annotation.title, spanOf(annotation))
        : []
    )

/** What an item holds that doesn't stream in pieces, besides its text. */
const wholeParts = (
  { vendor }: ResponsesQuirks,
  item: Item
): ReadonlyArray<Exclude<Generation.Content, { readonly type: "text" | "reasoning" }>> => {
  if ("arguments" in item) {
    return [AiResponse.makePart("tool-call", {
      id: item.call_id,
      name: item.name,
      params: paramsOf(item.arguments),
      providerExecuted: false,
      metadata: item.id === undefined ? {} : { [vendor]: { itemId: item.id } }
    })]
  }
  if ("result" in item && item.result !== null) {
    return [AiResponse.makePart("file", {
      mediaType: `image/${item.output_format ?? "png"}`,
      data: Buffer.from(item.result, "base64")
    })]
  }
  if ("content" in item) return item.content.flatMap((part, index) => sourcesIn(item.id, index, part))
  return []
}

const answered = (quirks: ResponsesQuirks) =>
(
  request: Request.Request,
  reply: Reply,
  native: unknown,
  origin: Origin
): Result.Result<Generation.Answered, GenerateError> => {
  const usage = usageOf(quirks, reply)
  if (reply.status === "failed") {
    const { code, message } = reply.error ?? { message: "the response failed" }
    return Result.fail(told(request, Wire.told(code ?? undefined, message, usage), origin))
  }
  const summary = {
    provider: request.model.provider,
    model: reply.model,
    finishReason: finishReasonOf(reply),
    usage,
    requestId: origin.requestId ?? reply.id,
    serviceTier: reply.service_tier ?? (quirks.tellsTier === false ? request.params.serviceTier : undefined),
    warnings: quirks.warningsOf(request),
    native,
    ...(quirks.reportedUsdOf === undefined ? undefined : { reportedUsd: quirks.reportedUsdOf(reply.usage) })
  }
  const text = () =>
    reply.output.flatMap((item) => "content" in item ? item.content : [])
      .map((part) => part.type === "refusal" ? "" : part.text).join("")
  return Wire.dialect.withObject(request, summary, text)
}

const finishReasonOf = (reply: Reply): Generation.FinishReason => {
  if (reply.status === "incomplete") {
    switch (reply.incomplete_details?.reason) {
      case "max_output_tokens":
        return "length"
      case "content_filter":
        return "content-filter"
      default:
        return "other"
    }
  }
  if (reply.status !== "completed") return "unknown"
  if (reply.output.some((item) => item.type === "function_call")) return "tool-calls"
  return reply.output.some((item) => "content" in item && item.content.some((part) => part.type === "refusal"))
    ? "content-filter"
    : "stop"
}

const RawUsage = Schema.Struct({
  input_tokens: Schema.Natural,
  input_tokens_details: Schema.optional(Schema.NullOr(Schema.Struct({
    cached_tokens: Schema.optional(Schema.NullOr(Schema.Natural)),
    cache_write_tokens: Schema.optional(Schema.NullOr(Schema.Natural)),
    cache_write_tokens_details: Schema.optional(Schema.NullOr(Wire.CacheWriteDetails))
  }))),
  output_tokens: Schema.Natural,
  output_tokens_details: Schema.optional(Schema.NullOr(Schema.Struct({
    reasoning_tokens: Schema.optional(Schema.NullOr(Schema.Natural))
  })))
})
const decodeUsage = Schema.decodeUnknownResult(RawUsage)

/** `cached` and `cache_write` are parts of the input, reasoning is a part of the output. */
const usageOf = ({ soldIn }: ResponsesQuirks, reply: Reply): Usage.Usage =>
  Result.match(decodeUsage(reply.usage), {
    onFailure: () => Usage.missing,
    onSuccess: (raw) =>
      Wire.usage({
        input: raw.input_tokens,
        cacheRead: raw.input_tokens_details?.cached_tokens ?? 0,
        cacheWrite: Wire.cacheWriteOf(
          raw.input_tokens_details?.cache_write_tokens ?? 0,
          raw.input_tokens_details?.cache_write_tokens_details
        ),
        output: raw.output_tokens,
        reasoning: raw.output_tokens_details?.reasoning_tokens ?? 0,
        webSearches: webSearchesIn(reply),
        requests: soldIn?.(reply.output.map(({ type }) => type))
      })
  })

const decodeToolUsage = Schema.decodeUnknownResult(
  Schema.Struct({ web_search: Schema.Struct({ num_requests: Schema.Natural }) })
)

const webSearchesIn = (reply: Reply): number => {
  const usage = reply.tool_usage == null ? undefined : decodeToolUsage(reply.tool_usage)
  return usage !== undefined && Result.isSuccess(usage)
    ? usage.success.web_search.num_requests
    : reply.output.filter((item) => item.type === "web_search_call").length
}

const decoderOf = (quirks: ResponsesQuirks, read: Read, request: Request.Request, origin: Origin): Decoder => {
  const started = new Set<string>()
  const toolCalls = new Map<unknown, string>()
  let latest = -1
  let finished = false

  const begin = (type: "text" | "reasoning", id: string, out: Array<Generation.Part>) => {
    if (started.has(id)) return
    started.add(id)
    out.push(AiResponse.makePart(`${type}-start`, { id }))
  }
  const finish = (json: unknown, out: Array<Generation.Part>): GenerateError | undefined => {
    const whole = read(request, json, origin)
    if (Result.isFailure(whole)) return whole.failure
    finished = true
    out.push(Generation.finish(whole.success.answered))
    return undefined
  }
  const itemDone = (json: unknown, out: Array<Generation.Part>): GenerateError | undefined => {
    const decoded = decodeItem(json)
    if (Result.isFailure(decoded)) return unreadable(request, decoded.failure, origin)
    const item = decoded.success
    if ("content" in item) {
      item.content.forEach((part, index) => {
        const id = `${item.id}:${index}`
        begin("text", id, out)
        out.push(AiResponse.makePart("text-end", { id, metadata: textMetadata(quirks, item.id, part) }))
      })
    } else if ("summary" in item) {
      begin("reasoning", item.id, out)
      out.push(AiResponse.makePart("reasoning-end", { id: item.id, metadata: reasoningMetadata(quirks, item) }))
    } else if ("arguments" in item) out.push(AiResponse.makePart("tool-params-end", { id: item.call_id }))
    out.push(...wholeParts(quirks, item))
    return undefined
  }

  return {
    event: (data, out) => {
      const { delta, item_id: itemId, sequence_number: sequence, type } = data
      if (typeof sequence === "number") {
        if (sequence <= latest) return undefined
        latest = sequence
      }
      switch (type) {
        case "response.output_text.delta":
        case "response.refusal.delta":
          if (typeof delta === "string" && typeof itemId === "string") {
            const id = `${itemId}:${String(data.content_index)}`
            begin("text", id, out)
            out.push(textDelta(id, delta))
          }
          return undefined
        case "response.reasoning_summary_text.delta":
          if (typeof delta === "string" && typeof itemId === "string") {
            begin("reasoning", itemId, out)
            out.push(AiResponse.makePart("reasoning-delta", { id: itemId, delta }))
          }
          return undefined
        case "response.reasoning_summary_part.added":
          if (typeof itemId === "string" && typeof data.summary_index === "number" && data.summary_index > 0) {
            out.push(AiResponse.makePart("reasoning-delta", { id: itemId, delta: "\n\n" }))
          }
          return undefined
        case "response.output_item.added": {
          const item = data.item
          if (isRecord(item) && item.type === "function_call" && typeof item.call_id === "string") {
            toolCalls.set(item.id, item.call_id)
            out.push(
              AiResponse.makePart("tool-params-start", {
                id: item.call_id,
                name: String(item.name),
                providerExecuted: false
              })
            )
          }
          return undefined
        }
        case "response.function_call_arguments.delta": {
          const id = toolCalls.get(itemId)
          if (id !== undefined && typeof delta === "string") {
            out.push(AiResponse.makePart("tool-params-delta", { id, delta }))
          }
          return undefined
        }
        case "response.output_item.done":
          return itemDone(data.item, out)
        case "response.completed":
        case "response.incomplete":
        case "response.failed":
          return finish(data.response, out)
        default:
          return undefined
      }
    },
    end: (out) => {
      if (!finished) out.push(unfinished(request, origin, quirks.warningsOf(request)))
      return undefined
    }
  }
}

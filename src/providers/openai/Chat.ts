/**
 * OpenAI's Chat Completions protocol, which many other vendors speak too: the request it takes, the reply it gives, the
 * chunks it streams.
 *
 * Read 2026-11-23 from openai@7.57.0: `resources/chat/completions/completions.d.ts`.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Prompt from "effect/ai/Prompt"
import * as AiResponse from "effect/ai/Response"
import type OpenAI from "openai"
import { type GenerateError, InvalidRequest, InvalidResponse } from "../../GenerateError.ts"
import * as Generation from "../../Generation.ts"
import * as Request from "../../Request.ts"
import * as Usage from "../../Usage.ts"
import type { Decoder } from "../../internal/exchange.ts"
import { failure, type Origin, told, unreadable } from "../../internal/failures.ts"
import { isRecord, paramsOf, untyped } from "../../internal/json.ts"
import { textDelta } from "../../internal/parts.ts"
import * as Prompts from "../../internal/prompts.ts"
import { reading, sourceOf, unfinished } from "../../internal/replies.ts"
import * as Wire from "./Wire.ts"

type Body = OpenAI.Chat.ChatCompletionCreateParams
type MessageParam = OpenAI.Chat.ChatCompletionMessageParam

/** The body of a request. Throws where the prompt holds what can't be sent. */
export const body = (request: Request.Request, stream: boolean): Body => {
  const { object, params, toolChoice } = request
  const tools = request.tools.map((tool) => toolOf(request, tool))
  return {
    model: request.model.upstream,
    messages: request.prompt.content.flatMap((message) => messagesOf(request, message)),
    ...(params.maxOutputTokens === undefined ? undefined : { max_completion_tokens: params.maxOutputTokens }),
    ...(params.temperature === undefined ? undefined : { temperature: params.temperature }),
    ...(params.topP === undefined ? undefined : { top_p: params.topP }),
    ...(params.stop === undefined ? undefined : { stop: [...params.stop] }),
    ...(params.seed === undefined ? undefined : { seed: params.seed }),
    ...(params.presencePenalty === undefined ? undefined : { presence_penalty: params.presencePenalty }),
    ...(params.frequencyPenalty === undefined ? undefined : { frequency_penalty: params.frequencyPenalty }),
    ...(params.reasoning === undefined ? undefined : { reasoning_effort: params.reasoning }),
    ...(params.serviceTier === undefined ? undefined : untyped({ service_tier: params.serviceTier })),
    ...(params.parallelToolCalls === undefined ? undefined : { parallel_tool_calls: params.parallelToolCalls }),
    ...(tools.length === 0 ? undefined : { tools }),
    ...(toolChoice === undefined ? undefined : {
      tool_choice: typeof toolChoice === "string"
        ? toolChoice
        : { type: "function", function: { name: toolChoice.tool } }
    }),
    ...(object === undefined ? undefined : {
      response_format: {
        type: "json_schema",
        json_schema: { name: object.name, schema: Wire.dialect.schemaOf(request, object), strict: true }
      }
    }),
    ...(stream ? { stream_options: { include_usage: true } } : undefined),
    ...request.native,
    stream
  }
}

const toolOf = (
  request: Request.Request,
  tool: Request.Request["tools"][number]
): OpenAI.Chat.ChatCompletionTool => {
  if (Wire.vendorTool(tool) !== undefined) {
    const detail = `${tool.name} is the vendor's own tool, which Chat Completions doesn't have`
    throw Request.fail(request, new InvalidRequest({ field: "tools", detail }))
  }
  return { type: "function", function: Wire.functionOf(request, tool) }
}

const messagesOf = (request: Request.Request, message: Prompt.Message): ReadonlyArray<MessageParam> => {
  switch (message.role) {
    case "system":
      return [{ role: "developer", content: message.content }]
    case "user":
      return [{ role: "user", content: message.content.map((part) => contentOf(request, part)) }]
    case "assistant": {
      const file = message.content.find((part) => part.type === "file")
      if (file !== undefined) {
        throw Prompts.unsupportedFile(request, file, "an answer of the model goes back without files")
      }
      const text = message.content.map((part) => part.type === "text" ? part.text : "").join("")
      const calls = message.content.flatMap((part) =>
        part.type === "tool-call" && !part.providerExecuted
          ? [{
            type: "function" as const,
            id: part.id,
            function: { name: part.name, arguments: JSON.stringify(part.params) }
          }]
          : []
      )
      return [{
        role: "assistant",
        ...(text === "" ? undefined : { content: text }),
        ...(calls.length === 0 ? undefined : { tool_calls: calls })
      }]
    }
    case "tool":
      return message.content.flatMap((part): ReadonlyArray<MessageParam> =>
        part.type === "tool-result"
          ? [{
            role: "tool",
            tool_call_id: part.id,
            content: part.modelOutput === undefined
              ? Prompts.resultText(part.result)
              : part.modelOutput.map((output) => shownText(request, output)).join("")
          }]
          : []
      )
  }
}

const shownText = (request: Request.Request, part: Prompt.TextPart | Prompt.FilePart): string => {
  if (part.type === "text") return part.text
  throw Request.fail(
    request,
    new InvalidRequest({ field: "prompt", detail: "a tool's result can only be text in Chat Completions" })
  )
}

const contentOf = (
  request: Request.Request,
  part: Prompt.TextPart | Prompt.FilePart
): OpenAI.Chat.ChatCompletionContentPart => {
  const options = Wire.optionsOf(part)
  if (part.type === "text") return { type: "text", text: part.text, ...options }
  if (part.mediaType.startsWith("image/")) {
    const { detail, ...rest } = options
    return {
      type: "image_url",
      image_url: { url: Prompts.urlOf(part), ...(detail === undefined ? undefined : untyped({ detail })) },
      ...rest
    }
  }
  if (part.mediaType !== "application/pdf" || part.data instanceof URL) {
    throw Prompts.unsupportedFile(request, part, "images, and PDF by their bytes, can")
  }
  return { type: "file", file: { filename: part.fileName ?? "file.pdf", file_data: Prompts.urlOf(part) }, ...options }
}

const ToolCall = Schema.Struct({
  id: Schema.String,
  function: Schema.Struct({ name: Schema.String, arguments: Schema.String })
})
const Citation = Schema.Struct({
  url_citation: Schema.optional(Schema.Struct({ url: Schema.String, title: Schema.optional(Schema.String) }))
})
const Reply = Schema.Struct({
  id: Schema.String,
  model: Schema.String,
  choices: Schema.NonEmptyArray(Schema.Struct({
    finish_reason: Schema.optional(Schema.NullOr(Schema.String)),
    message: Schema.Struct({
      content: Schema.optional(Schema.NullOr(Schema.String)),
      refusal: Schema.optional(Schema.NullOr(Schema.String)),
      tool_calls: Schema.optional(Schema.NullOr(Schema.Array(ToolCall))),
      annotations: Schema.optional(Schema.NullOr(Schema.Array(Citation)))
    })
  })),
  service_tier: Schema.optional(Schema.NullOr(Schema.String)),
  usage: Schema.optional(Schema.Unknown)
})
type Reply = typeof Reply.Type
type Message = Reply["choices"][number]["message"]

const decodeReply = Schema.decodeUnknownResult(Reply)

/** The Generation in a whole reply: in the first of its choices. */
export const generation = (
  request: Request.Request,
  json: unknown,
  origin: Origin
): Result.Result<Generation.Generation, GenerateError> =>
  Result.map(
    read(request, json, origin),
    ({ answered, reply }) => Generation.make({ ...answered, content: contentIn(reply.id, reply.choices[0].message) })
  )

const contentIn = (id: string, message: Message): ReadonlyArray<Generation.Content> => {
  const text = textIn(message)
  return [
    ...(text === "" ? [] : [AiResponse.makePart("text", { text })]),
    ...wholeParts(id, message)
  ]
}

const textIn = (message: Message): string => `${message.content ?? ""}${message.refusal ?? ""}`

const wholeParts = (id: string, message: Message) => [
  ...(message.annotations ?? []).flatMap(({ url_citation: citation }, n) =>
    citation === undefined ? [] : sourceOf(`${id}:${n}`, citation.url, citation.title)
  ),
  ...(message.tool_calls ?? []).map((call) =>
    AiResponse.makePart("tool-call", {
      id: call.id,
      name: call.function.name,
      params: paramsOf(call.function.arguments),
      providerExecuted: false
    })
  )
]

const answered = (
  request: Request.Request,
  reply: Reply,
  native: unknown,
  origin: Origin
): Result.Result<Generation.Answered, GenerateError> => {
  const [{ finish_reason: finishReason, message }] = reply.choices
  const usage = usageOf(reply.usage, webSearchesIn(message))
  if (finishReason === "error") {
    return Result.fail(told(request, Wire.told(undefined, "the answer ended with an error", usage), origin))
  }
  const summary = {
    provider: request.model.provider,
    model: reply.model,
    finishReason: message.refusal == null ? finishReasons[finishReason ?? ""] ?? "unknown" : "content-filter",
    usage,
    requestId: origin.requestId ?? reply.id,
    serviceTier: reply.service_tier ?? undefined,
    native
  }
  return Wire.dialect.withObject(request, summary, () => textIn(message))
}

const read = reading(decodeReply, answered)

const finishReasons: Readonly<Record<string, Generation.FinishReason>> = {
  stop: "stop",
  length: "length",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
  content_filter: "content-filter"
}

const RawUsage = Schema.Struct({
  prompt_tokens: Schema.Natural,
  prompt_tokens_details: Schema.optional(Schema.NullOr(Schema.Struct({
    cached_tokens: Schema.optional(Schema.NullOr(Schema.Natural)),
    cache_write_tokens: Schema.optional(Schema.NullOr(Schema.Natural)),
    cache_write_tokens_details: Schema.optional(Schema.NullOr(Wire.CacheWriteDetails)),
    audio_tokens: Schema.optional(Schema.NullOr(Schema.Natural))
  }))),
  completion_tokens: Schema.Natural,
  completion_tokens_details: Schema.optional(Schema.NullOr(Schema.Struct({
    reasoning_tokens: Schema.optional(Schema.NullOr(Schema.Natural)),
    audio_tokens: Schema.optional(Schema.NullOr(Schema.Natural))
  })))
})
const decodeUsage = Schema.decodeUnknownResult(RawUsage)

/** Searches aren't counted on this wire: an answer that cites pages has searched once. */
const webSearchesIn = ({ annotations }: Message): number =>
  annotations?.some((annotation) => annotation.url_citation !== undefined) === true ? 1 : 0

const usageOf = (json: unknown, webSearches: number): Usage.Usage =>
  Result.match(decodeUsage(json), {
    onFailure: () => Usage.missing,
    onSuccess: ({ completion_tokens_details: output, prompt_tokens_details: input, ...raw }) =>
      Wire.usage({
        input: raw.prompt_tokens,
        cacheRead: input?.cached_tokens ?? 0,
        cacheWrite: input?.cache_write_tokens ?? 0,
        cacheWriteDetails: input?.cache_write_tokens_details ?? undefined,
        audioInput: input?.audio_tokens ?? 0,
        output: raw.completion_tokens,
        reasoning: output?.reasoning_tokens ?? 0,
        audioOutput: output?.audio_tokens ?? 0,
        webSearches
      })
  })

const textId = "text"
const nothing: Readonly<Record<string, unknown>> = {}

/** Decodes the chunks of one stream, and puts the reply together that it would have been. */
export const decoder = (request: Request.Request, origin: Origin): Decoder => {
  const calls = new Map<number, { id: string; name: string; arguments: string }>()
  const citations: Array<unknown> = []
  let head = nothing
  let content = ""
  let refusal = ""
  let finishReason: string | undefined
  let usage: unknown
  let serviceTier: unknown

  const text = (delta: unknown, out: Array<Generation.Part>): string => {
    if (typeof delta !== "string" || delta === "") return ""
    if (content === "" && refusal === "") out.push(AiResponse.makePart("text-start", { id: textId }))
    out.push(textDelta(textId, delta))
    return delta
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

  return {
    event: (data, out) => {
      head = data
      usage = data.usage ?? usage
      serviceTier = data.service_tier ?? serviceTier
      const choice: unknown = Array.isArray(data.choices) ? data.choices.find(isFirstChoice) : undefined
      if (!isRecord(choice)) return undefined
      if (typeof choice.finish_reason === "string") finishReason = choice.finish_reason
      if (!isRecord(choice.delta)) return undefined
      const { annotations, content: contentDelta, refusal: refusalDelta, tool_calls: toolCalls } = choice.delta
      content += text(contentDelta, out)
      refusal += text(refusalDelta, out)
      if (Array.isArray(annotations)) citations.push(...annotations)
      for (const chunk of Array.isArray(toolCalls) ? toolCalls : []) {
        const broken = toolCall(chunk, out)
        if (broken !== undefined) return broken
      }
      return undefined
    },
    end: (out) => {
      if (head === nothing) {
        out.push(unfinished(request, origin))
        return undefined
      }
      if (content !== "" || refusal !== "") out.push(AiResponse.makePart("text-end", { id: textId }))
      for (const call of calls.values()) out.push(AiResponse.makePart("tool-params-end", { id: call.id }))
      const native = {
        id: head.id ?? "",
        object: "chat.completion",
        created: head.created,
        model: head.model,
        choices: [{
          index: 0,
          finish_reason: finishReason ?? null,
          logprobs: null,
          message: {
            role: "assistant",
            content: content === "" ? null : content,
            refusal: refusal === "" ? null : refusal,
            ...(citations.length === 0 ? undefined : { annotations: citations }),
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
      }
      const reply = decodeReply(native)
      if (Result.isFailure(reply)) return unreadable(request, reply.failure, origin)
      out.push(...wholeParts(reply.success.id, reply.success.choices[0].message))
      if (finishReason === undefined && usage === undefined) {
        out.push(unfinished(request, origin))
        return undefined
      }
      const summary = answered(request, reply.success, native, origin)
      if (Result.isFailure(summary)) return summary.failure
      out.push(Generation.finish(summary.success))
      return undefined
    }
  }
}

const isFirstChoice = (choice: unknown): boolean => isRecord(choice) && (choice.index ?? 0) === 0

/**
 * OpenAI's Responses protocol: the request it takes, the reply it gives, the events it streams.
 *
 * Read 2026-11-23 from openai@7.57.0: `resources/responses/responses.d.ts`.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Prompt from "effect/ai/Prompt"
import * as AiResponse from "effect/ai/Response"
import type OpenAI from "openai"
import type { GenerateError } from "../../GenerateError.ts"
import * as Generation from "../../Generation.ts"
import type * as Request from "../../Request.ts"
import * as Usage from "../../Usage.ts"
import type { Decoder } from "../../internal/exchange.ts"
import { type Origin, type Told, told, unreadable } from "../../internal/failures.ts"
import { isRecord, paramsOf, untyped } from "../../internal/json.ts"
import { textDelta } from "../../internal/parts.ts"
import * as Prompts from "../../internal/prompts.ts"
import { reading, sourceOf, spanOf, unfinished } from "../../internal/replies.ts"
import * as Caching from "./Caching.ts"
import { saidOf } from "./ChatParams.ts"
import * as Searching from "./Searching.ts"
import * as Wire from "./Wire.ts"

type Body = OpenAI.Responses.ResponseCreateParams
type InputItem = OpenAI.Responses.ResponseInputItem

/** The body of a request. Throws where the prompt holds what can't be sent. */
export const body = (request: Request.Request, stream: boolean): Body => {
  const { object, params, prompt, toolChoice } = request
  const opening = prompt.content.findIndex((message) => message.role !== "system")
  const system = opening === -1 ? prompt.content : prompt.content.slice(0, opening)
  const search = Searching.toolOf(request)
  const tools = request.tools.map((tool) => toolOf(request, tool))
  if (search !== undefined) tools.push(search)
  const include = [
    // A model that doesn't reason refuses it.
    ...(request.model.capabilities.reasoning === true ? ["reasoning.encrypted_content" as const] : []),
    ...(search === undefined ? [] : ["web_search_call.action.sources" as const])
  ]
  const { fields, marks } = besideOf(request)
  const instructions = system.map((message) => message.role === "system" ? message.content : "").join("\n\n")
  // They can't end what is kept of a prompt, but a message of theirs can.
  const isMessage = system.some((message) => marks.includes(message))
  const input = prompt.content.slice(system.length).flatMap((message) =>
    inputOf(request, message, marks.includes(message))
  )
  if (isMessage) {
    input.unshift({
      role: "developer",
      content: [{ type: "input_text", text: instructions, ...Caching.breakpoint }]
    })
  }
  return {
    model: request.model.upstream,
    input,
    store: false,
    ...(system.length === 0 || isMessage ? undefined : { instructions }),
    ...(params.maxOutputTokens === undefined ? undefined : { max_output_tokens: params.maxOutputTokens }),
    ...(params.temperature === undefined ? undefined : { temperature: params.temperature }),
    ...(params.topP === undefined ? undefined : { top_p: params.topP }),
    ...(params.reasoning === undefined ? undefined : { reasoning: { effort: params.reasoning } }),
    ...(include.length === 0 ? undefined : { include }),
    ...(params.serviceTier === undefined ? undefined : untyped({ service_tier: params.serviceTier })),
    ...(params.parallelToolCalls === undefined ? undefined : { parallel_tool_calls: params.parallelToolCalls }),
    ...fields,
    ...(tools.length === 0 ? undefined : { tools }),
    ...(toolChoice === undefined ? undefined : {
      tool_choice: typeof toolChoice === "string" ? toolChoice : choiceOf(request, toolChoice.tool)
    }),
    ...(object === undefined ? undefined : {
      text: {
        format: { type: "json_schema", name: object.name, schema: Wire.dialect.schemaOf(request, object), strict: true }
      }
    }),
    ...request.native,
    stream
  }
}

interface Beside {
  readonly fields: Readonly<Record<string, unknown>>
  /** What is kept of a prompt ends with them. */
  readonly marks: ReadonlyArray<Prompt.Message>
  readonly warnings: ReadonlyArray<string>
}

const nothing: Beside = { fields: {}, marks: [], warnings: [] }
const cached = Caching.own(["30m", "12h"])

/** What becomes of options that aren't written as they are. */
const besideOf = (request: Request.Request): Beside => {
  const { promptCache, webSearch } = request.params
  if (promptCache === undefined && webSearch === undefined) return nothing
  const caching = promptCache === undefined ? {} : cached(promptCache, request)
  const searching = Searching.beside(request)
  return {
    fields: { ...caching.fields, ...searching.fields },
    marks: caching.marks?.messages ?? nothing.marks,
    warnings: [
      ...saidOf(request, "promptCache", caching, false),
      ...saidOf(request, "webSearch", searching, false)
    ]
  }
}

const toolOf = (request: Request.Request, tool: Request.Request["tools"][number]): OpenAI.Responses.Tool =>
  Wire.vendorTool(tool) ?? { type: "function", ...Wire.functionOf(request, tool) }

/** The vendor's own tools have no names to be chosen by. */
const choiceOf = (request: Request.Request, name: string): NonNullable<Body["tool_choice"]> => {
  const tool = request.tools.find((tool) => tool.name === name)
  const own = tool === undefined ? undefined : Wire.vendorTool(tool)
  return own === undefined
    ? { type: "function", name }
    : { type: "allowed_tools", mode: "required", tools: [{ type: own.type }] }
}

const inputOf = (
  request: Request.Request,
  message: Prompt.Message,
  isMarked: boolean
): ReadonlyArray<InputItem> => {
  switch (message.role) {
    case "system":
      return [{ role: "developer", content: message.content }]
    case "user":
      return [{
        role: "user",
        content: message.content.map((part) => contentOf(request, part, isMarked && part === message.content.at(-1)))
      }]
    case "assistant":
      return message.content.flatMap((part): ReadonlyArray<InputItem> => {
        switch (part.type) {
          case "text":
            return [{ role: "assistant", content: part.text }]
          case "reasoning":
            return reasoningItem(part)
          case "tool-call":
            return part.providerExecuted
              ? []
              : [{
                type: "function_call",
                call_id: part.id,
                name: part.name,
                arguments: Prompts.paramsText(part.params)
              }]
          case "file":
            throw Prompts.unsupportedFile(request, part, "an answer of the model goes back without files")
          default:
            return []
        }
      })
    case "tool":
      return message.content.flatMap((part): ReadonlyArray<InputItem> =>
        part.type === "tool-result"
          ? [{
            type: "function_call_output",
            call_id: part.id,
            output: outputOf(request, part, isMarked && part === message.content.at(-1))
          }]
          : []
      )
  }
}

const outputOf = (
  request: Request.Request,
  { modelOutput, result }: Prompt.ToolResultPart,
  isMarked: boolean
): OpenAI.Responses.ResponseInputItem.FunctionCallOutput["output"] => {
  if (modelOutput !== undefined) {
    return modelOutput.map((output) => contentOf(request, output, isMarked && output === modelOutput.at(-1)))
  }
  const text = Prompts.resultText(result)
  return isMarked ? [{ type: "input_text", text, ...Caching.breakpoint }] : text
}

const contentOf = (
  request: Request.Request,
  part: Prompt.TextPart | Prompt.FilePart,
  isMarked: boolean
): OpenAI.Responses.ResponseInputContent & OpenAI.Responses.ResponseFunctionCallOutputItem => {
  const options = isMarked ? { ...Caching.breakpoint, ...Wire.optionsOf(part) } : Wire.optionsOf(part)
  if (part.type === "text") return { type: "input_text", text: part.text, ...options }
  if (part.mediaType.startsWith("image/")) {
    return { type: "input_image", image_url: Prompts.urlOf(part), detail: "auto", ...options }
  }
  if (part.mediaType !== "application/pdf") throw Prompts.unsupportedFile(request, part)
  return part.data instanceof URL
    ? { type: "input_file", file_url: part.data.href, ...options }
    : { type: "input_file", filename: part.fileName ?? "file.pdf", file_data: Prompts.urlOf(part), ...options }
}

/** Reasoning goes back only as the vendor encrypted it. */
const reasoningItem = (part: Prompt.ReasoningPart): ReadonlyArray<InputItem> => {
  const { encryptedContent, itemId } = Wire.optionsOf(part)
  return typeof itemId === "string" && typeof encryptedContent === "string"
    ? [{
      type: "reasoning",
      id: itemId,
      encrypted_content: encryptedContent,
      summary: part.text === "" ? [] : [{ type: "summary_text", text: part.text }]
    }]
    : []
}

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

/** An error in a body or as an event. A whole reply that failed counts what it took all the same. */
export const errorIn = (json: Readonly<Record<string, unknown>>): Told | undefined => {
  const error = Wire.errorIn(json)
  if (error === undefined || json.usage == null) return error
  const reply = decodeReply(json)
  return Result.isFailure(reply) ? error : { ...error, usage: usageOf(reply.success) }
}

/** The Generation in a whole reply. */
export const generation = (
  request: Request.Request,
  json: unknown,
  origin: Origin
): Result.Result<Generation.Generation, GenerateError> =>
  Result.map(
    read(request, json, origin),
    ({ answered, reply }) => Generation.make({ ...answered, content: reply.output.flatMap(contentIn) })
  )

const contentIn = (item: Item): ReadonlyArray<Generation.Content> => {
  switch (item.type) {
    case "message":
      return "content" in item
        ? item.content.flatMap((part, index) => [
          AiResponse.makePart("text", {
            text: part.type === "refusal" ? part.refusal : part.text,
            metadata: textMetadata(item.id, part)
          }),
          ...sourcesIn(item.id, index, part)
        ])
        : []
    case "reasoning":
      return "summary" in item
        ? [AiResponse.makePart("reasoning", {
          text: item.summary.map((summary) => summary.text).join("\n\n"),
          metadata: reasoningMetadata(item)
        })]
        : []
    default:
      return wholeParts(item)
  }
}

type TextContent = typeof OutputText.Type | typeof Refusal.Type

const textMetadata = (itemId: string, part: TextContent): AiResponse.ProviderMetadata => ({
  openai: part.type === "refusal" ? { itemId, refusal: true } : { itemId }
})

const reasoningMetadata = (item: typeof Reasoning.Type): AiResponse.ProviderMetadata => ({
  openai: {
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
  item: Item
): ReadonlyArray<Exclude<Generation.Content, { readonly type: "text" | "reasoning" }>> => {
  if ("arguments" in item) {
    return [AiResponse.makePart("tool-call", {
      id: item.call_id,
      name: item.name,
      params: paramsOf(item.arguments),
      providerExecuted: false,
      metadata: item.id === undefined ? {} : { openai: { itemId: item.id } }
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

const answered = (
  request: Request.Request,
  reply: Reply,
  native: unknown,
  origin: Origin
): Result.Result<Generation.Answered, GenerateError> => {
  const usage = usageOf(reply)
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
    serviceTier: reply.service_tier ?? undefined,
    warnings: besideOf(request).warnings,
    native
  }
  const text = () =>
    reply.output.flatMap((item) => "content" in item ? item.content : [])
      .map((part) => part.type === "refusal" ? "" : part.text).join("")
  return Wire.dialect.withObject(request, summary, text)
}

const read = reading(decodeReply, answered)

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
const usageOf = (reply: Reply): Usage.Usage =>
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
        webSearches: webSearchesIn(reply)
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

/** Decodes the events of one stream. */
export const decoder = (request: Request.Request, origin: Origin): Decoder => {
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
        out.push(AiResponse.makePart("text-end", { id, metadata: textMetadata(item.id, part) }))
      })
    } else if ("summary" in item) {
      begin("reasoning", item.id, out)
      out.push(AiResponse.makePart("reasoning-end", { id: item.id, metadata: reasoningMetadata(item) }))
    } else if ("arguments" in item) out.push(AiResponse.makePart("tool-params-end", { id: item.call_id }))
    out.push(...wholeParts(item))
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
      if (!finished) out.push(unfinished(request, origin, besideOf(request).warnings))
      return undefined
    }
  }
}

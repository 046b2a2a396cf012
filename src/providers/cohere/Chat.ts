/**
 * Cohere's chat: the request it takes, the reply it gives.
 *
 * Read 2026-11-23 from cohere-ai@8.1.0: `api/resources/v2`.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { toCodecAnthropic } from "effect/ai/AnthropicStructuredOutput"
import type * as Prompt from "effect/ai/Prompt"
import * as AiResponse from "effect/ai/Response"
import * as Tool from "effect/ai/Tool"
import { type GenerateError, InvalidRequest, Overloaded } from "../../GenerateError.ts"
import * as Generation from "../../Generation.ts"
import * as Request from "../../Request.ts"
import * as Usage from "../../Usage.ts"
import * as Dialect from "../../internal/dialect.ts"
import { type Origin, type Told, told } from "../../internal/failures.ts"
import { isRecord, paramsOf } from "../../internal/json.ts"
import * as Parts from "../../internal/parts.ts"
import * as Cache from "../../internal/promptCache.ts"
import * as Prompts from "../../internal/prompts.ts"
import { reading } from "../../internal/replies.ts"
import * as Search from "../../internal/webSearch.ts"
import type { ChatRequest, Content, Message } from "./Types.ts"

/** The narrowest that there is: it isn't known that Cohere's schemas may refer to themselves. */
const dialect = Dialect.make(toCodecAnthropic)

const optionsOf = Prompts.optionsOf("cohere")

/** The body of a request. Throws where the request holds what can't be sent. */
export const body = (request: Request.Request, stream: boolean): ChatRequest => {
  const { native, object, params } = request
  if (Search.askedOf(params) !== undefined) {
    throw Request.fail(request, Request.noWebSearch("Cohere grounds answers on documents that it is given"))
  }
  const tools = toolsOf(request)
  const choice = choiceOf(request)
  const thinking = thinkingOf(request)
  return {
    model: request.model.upstream,
    messages: request.prompt.content.flatMap((message) => messagesOf(request, message)),
    ...(params.maxOutputTokens === undefined ? undefined : { max_tokens: params.maxOutputTokens }),
    ...(params.temperature === undefined ? undefined : { temperature: params.temperature }),
    ...(params.topP === undefined ? undefined : { p: params.topP }),
    ...(params.stop === undefined ? undefined : { stop_sequences: [...params.stop] }),
    ...(params.seed === undefined ? undefined : { seed: params.seed }),
    ...(isPenalty(params.presencePenalty) ? { presence_penalty: params.presencePenalty } : undefined),
    ...(isPenalty(params.frequencyPenalty) ? { frequency_penalty: params.frequencyPenalty } : undefined),
    ...(thinking === undefined ? undefined : { thinking }),
    ...(tools.length === 0 ? undefined : { tools }),
    ...(request.tools.some((tool) => Tool.getStrictMode(tool) === true) ? { strict_tools: true } : undefined),
    ...(choice === undefined ? undefined : { tool_choice: choice }),
    ...(object === undefined
      ? undefined
      : { response_format: { type: "json_object", json_schema: dialect.schemaOf(request, object) } }),
    ...native,
    stream
  }
}

/** Cohere's go from 0 to 1. */
const isPenalty = (penalty: number | undefined): penalty is number =>
  penalty !== undefined && penalty >= 0 && penalty <= 1

/** What isn't sent as it was asked. */
export const warningsOf = ({ params, tools }: Request.Request): ReadonlyArray<string> => [
  ...(["presencePenalty", "frequencyPenalty"] as const)
    .filter((name) => params[name] !== undefined && !isPenalty(params[name]))
    .map((name) => `${name} was dropped: Cohere takes 0 to 1`),
  ...(params.serviceTier === undefined ? [] : ["serviceTier was dropped: Cohere has no such option"]),
  ...(params.parallelToolCalls === false && tools.length > 0
    ? ["parallelToolCalls was dropped: Cohere has no such option"]
    : []),
  ...(Cache.askedOf(params) === undefined
    ? []
    : ["promptCache was dropped: Cohere caches as it sees fit, and at no price of its own"])
]

/** Tokens; at most, a model thinks as long as it likes. */
const budgets = { minimal: 512, low: 2048, medium: 8192, high: 16_384, xhigh: 24_576, max: undefined } as const

const thinkingOf = ({ params: { reasoning } }: Request.Request): ChatRequest["thinking"] => {
  if (reasoning === undefined) return undefined
  if (reasoning === "none") return { type: "disabled" }
  const budget = budgets[reasoning]
  return { type: "enabled", ...(budget === undefined ? undefined : { token_budget: budget }) }
}

/** A tool that is to be called is the only one that is offered, since a choice can't name one. */
const toolsOf = (request: Request.Request): NonNullable<ChatRequest["tools"]> => {
  const { toolChoice, tools } = request
  const offered = typeof toolChoice === "object" ? tools.filter(({ name }) => name === toolChoice.tool) : tools
  return offered.map((tool) => {
    if (Tool.isProviderDefined(tool)) {
      const detail = `${tool.name} is a vendor's own tool, and Cohere has none`
      throw Request.fail(request, new InvalidRequest({ field: "tools", detail }))
    }
    const { description, name, parameters } = dialect.functionOf(request, tool)
    return {
      type: "function",
      function: { name, parameters, ...(description === undefined ? undefined : { description }) }
    }
  })
}

const choiceOf = ({ toolChoice }: Request.Request): ChatRequest["tool_choice"] => {
  if (toolChoice === undefined || toolChoice === "auto") return undefined
  return toolChoice === "none" ? "NONE" : "REQUIRED"
}

const messagesOf = (request: Request.Request, message: Prompt.Message): ReadonlyArray<Message> => {
  switch (message.role) {
    case "system":
      return [{ role: "system", content: message.content }]
    case "user":
      return [{ role: "user", content: message.content.map((part) => contentOf(request, part)) }]
    case "assistant":
      return [assistantOf(request, message)]
    case "tool":
      return message.content.flatMap((part): ReadonlyArray<Message> =>
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
  const detail = "a tool's result can only be text for Cohere"
  throw Request.fail(request, new InvalidRequest({ field: "prompt", detail }))
}

/** Thoughts, and the plan before a call, go back where they were this vendor's. */
const assistantOf = (request: Request.Request, { content }: Prompt.AssistantMessage): Message => {
  const file = content.find((part) => part.type === "file")
  if (file !== undefined) {
    throw Prompts.unsupportedFile(request, file, "an answer of the model goes back without files")
  }
  const plan = content.flatMap((part) => part.type === "reasoning" && optionsOf(part).is === "plan" ? [part.text] : [])
    .join("")
  const pieces = content.flatMap((part): ReadonlyArray<Content> => {
    if (part.type === "text") return part.text === "" ? [] : [{ type: "text", text: part.text }]
    return part.type === "reasoning" && optionsOf(part).is === "thought"
      ? [{ type: "thinking", thinking: part.text }]
      : []
  })
  const calls = content.flatMap((part) =>
    part.type === "tool-call" && !part.providerExecuted
      ? [{
        id: part.id,
        type: "function" as const,
        function: { name: part.name, arguments: Prompts.paramsText(part.params) }
      }]
      : []
  )
  return {
    role: "assistant",
    ...(pieces.length === 0 ? undefined : { content: pieces }),
    ...(plan === "" ? undefined : { tool_plan: plan }),
    ...(calls.length === 0 ? undefined : { tool_calls: calls })
  }
}

const contentOf = (request: Request.Request, part: Prompt.TextPart | Prompt.FilePart): Content => {
  if (part.type === "text") return { type: "text", text: part.text }
  if (!part.mediaType.startsWith("image/")) {
    throw Prompts.unsupportedFile(request, part, "images can, and text as `native.documents`")
  }
  const { detail } = optionsOf(part)
  return {
    type: "image_url",
    image_url: { url: Prompts.urlOf(part), ...(typeof detail === "string" ? { detail } : undefined) }
  }
}

/** What tells thoughts and plans apart, so that they go back as what they were. */
export const thought: AiResponse.ProviderMetadata = { cohere: { is: "thought" } }
export const plan: AiResponse.ProviderMetadata = { cohere: { is: "plan" } }

const Piece = Schema.Union([
  Schema.Struct({ type: Schema.Literal("text"), text: Schema.String }),
  Schema.Struct({ type: Schema.Literal("thinking"), thinking: Schema.String }),
  Schema.Struct({
    type: Schema.String.check(Schema.makeFilter((type: string) => type !== "text" && type !== "thinking"))
  })
])
const Reply = Schema.Struct({
  id: Schema.String,
  finish_reason: Schema.optional(Schema.NullOr(Schema.String)),
  message: Schema.Struct({
    content: Schema.optional(Schema.NullOr(Schema.Array(Piece))),
    tool_plan: Schema.optional(Schema.NullOr(Schema.String)),
    tool_calls: Schema.optional(Schema.NullOr(Schema.Array(Schema.Struct({
      id: Schema.String,
      function: Schema.Struct({ name: Schema.String, arguments: Schema.String })
    }))))
  }),
  usage: Schema.optional(Schema.Unknown),
  error: Schema.optional(Schema.Unknown)
})
type Reply = typeof Reply.Type

export const decodeReply = Schema.decodeUnknownResult(Reply)

/** The Generation in a whole reply. */
export const generation = (
  request: Request.Request,
  json: unknown,
  origin: Origin
): Result.Result<Generation.Generation, GenerateError> =>
  Result.map(read(request, json, origin), ({ answered, reply }) => {
    const { content, tool_plan: planned } = reply.message
    return Generation.make({
      ...answered,
      content: [
        ...(planned == null || planned === "" ? [] : [Parts.reasoning(planned, plan)]),
        ...(content ?? []).flatMap((piece): ReadonlyArray<Generation.Content> => {
          if ("text" in piece) return piece.text === "" ? [] : [Parts.text(piece.text)]
          return "thinking" in piece ? [Parts.reasoning(piece.thinking, thought)] : []
        }),
        ...callsIn(reply)
      ]
    })
  })

export const callsIn = ({ message }: Reply) =>
  (message.tool_calls ?? []).map((call) =>
    AiResponse.makePart("tool-call", {
      id: call.id,
      name: call.function.name,
      params: paramsOf(call.function.arguments),
      providerExecuted: false
    })
  )

/** What a reply says besides its content. */
export const answered = (
  request: Request.Request,
  reply: Reply,
  native: unknown,
  origin: Origin
): Result.Result<Generation.Answered, GenerateError> => {
  const usage = usageOf(reply.usage)
  const reason = reply.finish_reason ?? ""
  if (reason === "ERROR" || reason === "TIMEOUT") {
    return Result.fail(
      told(request, broken(reply.error ?? `the answer ended with ${reason}`, usage), { ...origin, requestId: reply.id })
    )
  }
  const summary = {
    provider: request.model.provider,
    // No answer names its model.
    model: request.model.upstream,
    finishReason: finishReasons[reason] ?? "unknown",
    usage,
    requestId: reply.id,
    warnings: warningsOf(request),
    native
  }
  const text = () => (reply.message.content ?? []).map((piece) => "text" in piece ? piece.text : "").join("")
  return dialect.withObject(request, summary, text)
}

const read = reading(decodeReply, answered)

const finishReasons: Readonly<Record<string, Generation.FinishReason>> = {
  COMPLETE: "stop",
  STOP_SEQUENCE: "stop",
  MAX_TOKENS: "length",
  TOOL_CALL: "tool-calls"
}

const broken = (error: unknown, usage: Usage.Usage): Told => ({
  message: typeof error === "string" ? error : JSON.stringify(error),
  usage,
  reason: (detail) => new Overloaded({ detail, maybeBilled: true })
})

/** An error that came with status 200: a body with nothing but words. */
export const errorIn = (json: Readonly<Record<string, unknown>>): Told | undefined =>
  typeof json.message === "string"
    ? { message: json.message, reason: (detail) => new Overloaded({ detail, maybeBilled: true }) }
    : undefined

const Counts = Schema.Struct({ input_tokens: Schema.Natural, output_tokens: Schema.Natural })
const RawUsage = Schema.Struct({
  billed_units: Schema.optional(Schema.NullOr(Counts)),
  tokens: Schema.optional(Schema.NullOr(Counts))
})
const decodeUsage = Schema.decodeUnknownResult(RawUsage)

/**
 * What is billed, which is less than what was processed. That some of it was cached (`cached_tokens`) makes no price that
 * is known, so that it counts like the rest.
 */
const usageOf = (json: unknown): Usage.Usage =>
  Result.match(decodeUsage(json), {
    onFailure: () => Usage.missing,
    onSuccess: ({ billed_units: billed, tokens }) => {
      const counts = billed ?? tokens
      return counts == null
        ? Usage.missing
        : Usage.make({ inputUncached: counts.input_tokens, outputText: counts.output_tokens })
    }
  })

/** The id in an error's body, which is the only place where errors tell one. */
export const idIn = (body: unknown): string | undefined =>
  isRecord(body) && typeof body.id === "string" ? body.id : undefined

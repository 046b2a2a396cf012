/**
 * Mistral's chat completions: the request they take, the reply they give, the chunks they stream.
 *
 * Read 2026-11-23 from @mistralai/mistralai@2.7.0: `models/components`.
 */
import type {
  ChatCompletionRequest,
  ChatCompletionRequestTool,
  ChatCompletionRequestToolChoice
} from "@mistralai/mistralai/models/components"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as AiResponse from "effect/ai/Response"
import * as Tool from "effect/ai/Tool"
import { type GenerateError, InvalidRequest } from "../../GenerateError.ts"
import * as Generation from "../../Generation.ts"
import * as Request from "../../Request.ts"
import { type Origin, told } from "../../internal/failures.ts"
import { isRecord, paramsOf, untyped } from "../../internal/json.ts"
import * as Parts from "../../internal/parts.ts"
import { reading, sourceOf } from "../../internal/replies.ts"
import * as Beside from "./Beside.ts"
import { asSdk, unknownIn } from "./Native.ts"
import { messagesOf } from "./Prompt.ts"
import { reasoningOf } from "./Reasoning.ts"
import * as Wire from "./Wire.ts"

/** What the SDK is given, and what it would leave out. */
export interface Body {
  readonly request: Request.Request
  readonly params: ChatCompletionRequest
  readonly unknown: Readonly<Record<string, unknown>> | undefined
}

/** The body of a request. Throws where the request holds what can't be sent. */
export const body = (request: Request.Request, stream: boolean): Body => {
  const { native, object, params } = request
  const { effort } = reasoningOf(request)
  const choice = choiceOf(request)
  const search = Beside.searchOf(request)
  const tools = request.tools.map((tool) => toolOf(request, tool))
  if (search !== undefined) tools.push(search)
  const cacheKey = Beside.cacheKeyOf(request)
  return {
    request,
    params: {
      model: request.model.upstream,
      messages: messagesOf(request),
      ...(params.maxOutputTokens === undefined ? undefined : { maxTokens: params.maxOutputTokens }),
      ...(params.temperature === undefined ? undefined : { temperature: params.temperature }),
      ...(params.topP === undefined ? undefined : { topP: params.topP }),
      ...(params.stop === undefined ? undefined : { stop: [...params.stop] }),
      ...(params.seed === undefined ? undefined : { randomSeed: params.seed }),
      ...(params.presencePenalty === undefined ? undefined : { presencePenalty: params.presencePenalty }),
      ...(params.frequencyPenalty === undefined ? undefined : { frequencyPenalty: params.frequencyPenalty }),
      ...(effort === undefined ? undefined : untyped({ reasoningEffort: effort })),
      ...(params.serviceTier === undefined ? undefined : untyped({ serviceTier: tierOf(params.serviceTier) })),
      ...(params.parallelToolCalls === undefined ? undefined : { parallelToolCalls: params.parallelToolCalls }),
      ...(cacheKey === undefined ? undefined : { promptCacheKey: cacheKey }),
      ...(tools.length === 0 ? undefined : { tools }),
      ...(choice === undefined ? undefined : { toolChoice: choice }),
      ...(object === undefined ? undefined : {
        responseFormat: {
          type: "json_schema",
          jsonSchema: {
            name: object.name,
            schemaDefinition: { ...Wire.dialect.schemaOf(request, object) },
            strict: true
          }
        }
      }),
      ...native,
      stream
    },
    unknown: unknownIn(native)
  }
}

/** What isn't sent as it was asked. */
export const warningsOf = (request: Request.Request): ReadonlyArray<string> => [
  ...reasoningOf(request).warnings,
  ...Beside.warningsOf(request)
]

const tierOf = (tier: string): string => tier === "default" || tier === "standard" ? "standard_only" : tier

/** The vendor's own tools: `{ type: "web_search" }` and their like. */
const toolOf = (request: Request.Request, tool: Tool.Any): ChatCompletionRequestTool =>
  Tool.isProviderDefined(tool) ? { type: tool.providerName, ...tool.args } : Wire.functionOf(request, tool)

const choiceOf = (request: Request.Request): ChatCompletionRequestToolChoice | undefined => {
  const { toolChoice, tools } = request
  if (typeof toolChoice !== "object") return toolChoice
  if (tools.some((tool) => tool.name === toolChoice.tool && Tool.isProviderDefined(tool))) {
    const detail = `${toolChoice.tool} is the vendor's own tool, which can be offered and not chosen`
    throw Request.fail(request, new InvalidRequest({ field: "toolChoice", detail }))
  }
  return { type: "function", function: { name: toolChoice.tool } }
}

const Text = Schema.Struct({ type: Schema.Literal("text"), text: Schema.String })
const Thinking = Schema.Struct({
  type: Schema.Literal("thinking"),
  thinking: Schema.Array(Schema.Unknown),
  signature: Schema.optional(Schema.NullOr(Schema.String)),
  closed: Schema.optional(Schema.NullOr(Schema.Boolean))
})
const Reference = Schema.Struct({
  type: Schema.Literal("tool_reference"),
  tool: Schema.String,
  title: Schema.String,
  url: Schema.optional(Schema.NullOr(Schema.String))
})
const known = new Set(["text", "thinking", "tool_reference"])
const Other = Schema.Struct({ type: Schema.String.check(Schema.makeFilter((type) => !known.has(type))) })
const Chunk = Schema.Union([Text, Thinking, Reference, Other])

const Message = Schema.Struct({
  role: Schema.optional(Schema.NullOr(Schema.String)),
  content: Schema.optional(Schema.NullOr(Schema.Union([Schema.String, Schema.Array(Chunk)]))),
  tool_call_id: Schema.optional(Schema.NullOr(Schema.String)),
  tool_calls: Schema.optional(Schema.NullOr(Schema.Array(Schema.Struct({
    id: Schema.String,
    function: Schema.Struct({ name: Schema.String, arguments: Schema.Unknown })
  }))))
})
const Reply = Schema.Struct({
  id: Schema.String,
  model: Schema.String,
  choices: Schema.NonEmptyArray(Schema.Struct({
    finish_reason: Schema.optional(Schema.NullOr(Schema.String)),
    message: Schema.optional(Schema.NullOr(Message)),
    // Where the vendor has run tools of its own, each step is a message.
    messages: Schema.optional(Schema.NullOr(Schema.Array(Message)))
  })),
  usage: Schema.optional(Schema.Unknown)
})
export type Reply = typeof Reply.Type
type Message = typeof Message.Type

export const decodeReply = Schema.decodeUnknownResult(Reply)

/** The Generation in a whole reply: in the first of its choices. */
export const generation = (
  request: Request.Request,
  json: unknown,
  origin: Origin
): Result.Result<Generation.Generation, GenerateError> =>
  Result.map(
    read(request, json, origin),
    ({ answered, reply }) => Generation.make({ ...answered, content: [...spoken(reply), ...wholeParts(reply)] })
  )

const spokenMessages = ([{ message, messages }]: Reply["choices"]): ReadonlyArray<Message> =>
  (message == null ? messages ?? [] : [message]).filter(({ role }) => role !== "tool")

const chunksIn = ({ content }: Message): ReadonlyArray<typeof Chunk.Type> =>
  typeof content === "string" ? [{ type: "text", text: content }] : content ?? []

const spoken = ({ choices }: Reply): ReadonlyArray<Generation.Content> =>
  spokenMessages(choices).flatMap(chunksIn).flatMap((chunk): ReadonlyArray<Generation.Content> => {
    if ("text" in chunk) return chunk.text === "" ? [] : [Parts.text(chunk.text)]
    return "thinking" in chunk ? [Parts.reasoning(thoughtsIn(chunk.thinking), sealOf(chunk))] : []
  })

export const thoughtsIn = (thinking: ReadonlyArray<unknown>): string =>
  thinking.map((thought) => isRecord(thought) && typeof thought.text === "string" ? thought.text : "").join("")

/** Every thought of this vendor has one, so that it goes back. */
export const sealOf = (
  { closed, signature }: { readonly closed?: unknown; readonly signature?: unknown }
): AiResponse.ProviderMetadata => ({
  mistral: { closed: closed !== false, ...(typeof signature === "string" ? { signature } : undefined) }
})

/** Sources, and the calls that the vendor leaves to the caller. */
export const wholeParts = ({ choices, id }: Reply) => {
  const [{ messages }] = choices
  const done = new Set(messages?.flatMap(({ tool_call_id: id }) => id == null ? [] : [id]))
  const spoken = spokenMessages(choices)
  return [
    ...spoken.flatMap(referencesIn).flatMap(({ title, url }, n) =>
      url == null ? [] : sourceOf(`${id}:${n}`, url, title)
    ),
    ...spoken.flatMap(({ tool_calls: calls }) => calls ?? []).filter((call) => !done.has(call.id)).map((call) =>
      AiResponse.makePart("tool-call", {
        id: call.id,
        name: call.function.name,
        params: typeof call.function.arguments === "string"
          ? paramsOf(call.function.arguments)
          : call.function.arguments,
        providerExecuted: false
      })
    )
  ]
}

const referencesIn = (message: Message) =>
  chunksIn(message).flatMap((chunk) => chunk.type === "tool_reference" && "tool" in chunk ? [chunk] : [])

/** The vendor doesn't count them: an answer that refers to pages has searched once. */
const searchesIn = ({ choices }: Reply): number =>
  spokenMessages(choices).flatMap(referencesIn).some(({ tool }) => tool.startsWith("web_search")) ? 1 : 0

/** What a reply says besides its content. */
export const answered = (
  request: Request.Request,
  reply: Reply,
  native: unknown,
  origin: Origin
): Result.Result<Generation.Answered, GenerateError> => {
  const [{ finish_reason: finishReason }] = reply.choices
  const metered = Wire.metered(reply.usage, searchesIn(reply))
  if (finishReason === "error") return Result.fail(told(request, Wire.broken(metered.usage), origin))
  const summary = {
    provider: request.model.provider,
    model: reply.model,
    finishReason: finishReasons[finishReason ?? ""] ?? "unknown",
    ...metered,
    requestId: origin.requestId ?? reply.id,
    warnings: warningsOf(request),
    native: asSdk(native)
  }
  return Wire.dialect.withObject(
    request,
    summary,
    () => spokenMessages(reply.choices).flatMap(chunksIn).map((chunk) => "text" in chunk ? chunk.text : "").join("")
  )
}

export const read = reading(decodeReply, answered)

const finishReasons: Readonly<Record<string, Generation.FinishReason>> = {
  stop: "stop",
  length: "length",
  model_length: "length",
  tool_calls: "tool-calls"
}

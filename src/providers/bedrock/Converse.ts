/**
 * Bedrock's Converse protocol: the request it takes, the reply it gives.
 *
 * Read 2026-11-23 from @aws-sdk/client-bedrock-runtime@3.1164.0: `models/models_0.d.ts`.
 */
import type {
  ConverseRequest,
  OutputConfig,
  ServiceTier,
  ToolChoice,
  ToolConfiguration
} from "@aws-sdk/client-bedrock-runtime"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Tool from "effect/ai/Tool"
import { type GenerateError, InvalidRequest } from "../../GenerateError.ts"
import * as Generation from "../../Generation.ts"
import * as Request from "../../Request.ts"
import { type Origin, unreadable } from "../../internal/failures.ts"
import { isRecord } from "../../internal/json.ts"
import { reading } from "../../internal/replies.ts"
import * as Search from "../../internal/webSearch.ts"
import * as Blocks from "./Blocks.ts"
import * as Caching from "./Caching.ts"
import { messagesOf, systemOf } from "./Messages.ts"
import { reasoningOf } from "./Reasoning.ts"
import * as Wire from "./Wire.ts"

/** What the SDK is given. */
export interface Body {
  readonly request: Request.Request
  readonly stream: boolean
  readonly params: ConverseRequest
}

/** The body of a request. Throws where the request holds what can't be sent. */
export const body = (request: Request.Request, stream: boolean): Body => {
  const { native, object, params } = request
  if (Search.askedOf(params) !== undefined) {
    throw Request.fail(request, Request.noWebSearch("Converse has no web search"))
  }
  const unknown = Object.keys(native).find((name) => !Object.hasOwn(options, name) && name !== "stream")
  if (unknown !== undefined) {
    const detail = `Converse has no such option; what only a model knows goes into additionalModelRequestFields`
    throw Request.fail(request, new InvalidRequest({ field: `native.${unknown}`, detail }))
  }
  const { stream: _, ...rest } = native
  const reasoning = reasoningOf(request)
  const config = toolsOf(request)
  const { messages, system, tools } = Caching.placed(request, {
    tools: config?.tools ?? [],
    system: systemOf(request),
    messages: messagesOf(request)
  })
  const inference = {
    ...(reasoning.maxTokens === undefined ? undefined : { maxTokens: reasoning.maxTokens }),
    ...(params.temperature === undefined ? undefined : { temperature: params.temperature }),
    ...(params.topP === undefined ? undefined : { topP: params.topP }),
    ...(params.stop === undefined ? undefined : { stopSequences: [...params.stop] })
  }
  const output: OutputConfig = {
    ...(reasoning.effort === undefined ? undefined : { effort: reasoning.effort }),
    ...(object === undefined ? undefined : {
      textFormat: {
        type: "json_schema",
        structure: {
          jsonSchema: { name: object.name, schema: JSON.stringify(Wire.dialect.schemaOf(request, object)) }
        }
      }
    })
  }
  return {
    request,
    stream,
    params: {
      modelId: request.model.upstream,
      messages: [...messages],
      ...(system.length === 0 ? undefined : { system: [...system] }),
      ...(Object.keys(inference).length === 0 ? undefined : { inferenceConfig: inference }),
      ...(config === undefined ? undefined : { toolConfig: { ...config, tools: [...tools] } }),
      ...(Object.keys(output).length === 0 ? undefined : { outputConfig: output }),
      ...(reasoning.fields === undefined ? undefined : { additionalModelRequestFields: { ...reasoning.fields } }),
      ...(params.serviceTier === undefined ? undefined : { serviceTier: tierOf(params.serviceTier) }),
      ...rest
    }
  }
}

/** The SDK leaves out what it doesn't know, and signs what it writes. */
const options: Readonly<Record<keyof ConverseRequest, true>> = {
  additionalModelRequestFields: true,
  additionalModelResponseFieldPaths: true,
  guardrailConfig: true,
  inferenceConfig: true,
  messages: true,
  modelId: true,
  outputConfig: true,
  performanceConfig: true,
  promptVariables: true,
  requestMetadata: true,
  serviceTier: true,
  system: true,
  toolConfig: true
}

/** What isn't sent as it was asked. */
export const warningsOf = (request: Request.Request): ReadonlyArray<string> => {
  const { params, prompt: { content }, toolChoice, tools } = request
  const opening = content.findIndex((message) => message.role !== "system")
  return [
    ...withoutOption.filter((name) => params[name] !== undefined)
      .map((name) => `${name} was dropped: Converse has no such option`),
    ...(params.parallelToolCalls === false && tools.length > 0
      ? ["parallelToolCalls was dropped: Converse has no such option"]
      : []),
    ...((toolChoice === "none" || tools.length === 0) && toolsBefore(request).size > 0
      ? ["the tools of earlier turns were offered again: Converse wants them, and can't forbid that they are called"]
      : []),
    ...reasoningOf(request).warnings,
    ...Caching.warningsOf(request),
    ...(content.findLastIndex((message) => message.role === "system") > opening && opening !== -1
      ? ["the system messages were put together in front of the conversation"]
      : [])
  ]
}

const withoutOption = ["seed", "presencePenalty", "frequencyPenalty"] as const

const tierOf = (tier: string): ServiceTier => {
  const named: Readonly<Record<string, unknown>> = { type: tier === "standard" || tier === "auto" ? "default" : tier }
  return isTier(named) ? named : { type: "default" }
}

/** The vendor checks it. */
const isTier = (u: Readonly<Record<string, unknown>>): u is { readonly type: NonNullable<ServiceTier["type"]> } =>
  typeof u.type === "string"

/** The tools that were called in earlier turns. */
const toolsBefore = ({ prompt }: Request.Request): ReadonlySet<string> =>
  new Set(
    prompt.content.flatMap((message) =>
      message.role !== "assistant" ?
        [] :
        message.content.flatMap((part) => part.type === "tool-call" && !part.providerExecuted ? [part.name] : [])
    )
  )

const toolsOf = (request: Request.Request): ToolConfiguration | undefined => {
  const { toolChoice, tools } = request
  const before = toolsBefore(request)
  // Without its tools, a model calls none of them.
  if (before.size === 0 && (tools.length === 0 || toolChoice === "none")) return undefined
  const choice = choiceOf(request)
  return {
    tools: tools.length === 0
      ? Array.from(before, (name) => ({ toolSpec: { name, inputSchema: { json: { type: "object" } } } }))
      : tools.map((tool) => Wire.toolOf(request, tool)),
    ...(choice === undefined ? undefined : { toolChoice: choice })
  }
}

const choiceOf = ({ toolChoice, tools }: Request.Request): ToolChoice | undefined => {
  switch (toolChoice) {
    case undefined:
    case "none":
      return undefined
    case "auto":
      return { auto: {} }
    case "required":
      return { any: {} }
    default: {
      const tool = tools.find(({ name }) => name === toolChoice.tool)
      return {
        tool: { name: tool !== undefined && Tool.isProviderDefined(tool) ? tool.providerName : toolChoice.tool }
      }
    }
  }
}

const Reply = Schema.Struct({
  output: Schema.Struct({ message: Schema.Struct({ content: Schema.Array(Schema.Unknown) }) }),
  stopReason: Schema.optional(Schema.NullOr(Schema.String)),
  usage: Schema.optional(Schema.Unknown),
  serviceTier: Schema.optional(Schema.NullOr(Schema.Struct({ type: Schema.optional(Schema.NullOr(Schema.String)) })))
})
type Reply = typeof Reply.Type

const decodeReply = Schema.decodeUnknownResult(Reply)

/** The Generation in a whole reply. */
export const generation = (
  request: Request.Request,
  json: unknown,
  origin: Origin
): Result.Result<Generation.Generation, GenerateError> =>
  Result.flatMap(read(request, json, origin), ({ answered, reply }) => {
    const content: Array<Generation.Content> = []
    for (const [index, raw] of reply.output.message.content.entries()) {
      const block = Blocks.decode(raw)
      if (Result.isFailure(block)) return Result.fail(unreadable(request, block.failure, origin))
      content.push(...Blocks.contentIn(String(index), block.success))
    }
    return Result.succeed(Generation.make({ ...answered, content }))
  })

const answered = (
  request: Request.Request,
  reply: Reply,
  json: unknown,
  origin: Origin
): Result.Result<Generation.Answered, GenerateError> => {
  const { requestId } = origin
  const summary = {
    provider: request.model.provider,
    // No answer names its model.
    model: request.model.upstream,
    finishReason: finishReasons[reply.stopReason ?? ""] ?? "unknown",
    ...Wire.metered(reply.usage, reply.serviceTier),
    requestId,
    warnings: warningsOf(request),
    native: { $metadata: { httpStatusCode: 200, requestId }, ...(isRecord(json) ? json : undefined) }
  }
  const text = () =>
    reply.output.message.content.map((block) => isRecord(block) && typeof block.text === "string" ? block.text : "")
      .join("")
  return Wire.dialect.withObject(request, summary, text)
}

export const read = reading(decodeReply, answered)

const finishReasons: Readonly<Record<string, Generation.FinishReason>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool-calls",
  content_filtered: "content-filter",
  guardrail_intervened: "content-filter",
  malformed_model_output: "error",
  malformed_tool_use: "error"
}

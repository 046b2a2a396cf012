/**
 * Gemini's `generateContent`: the request it takes, the reply it gives.
 *
 * Read 2026-11-23 from @google/genai@3.1.0: `GenerateContentConfig`, `GenerateContentResponse`.
 */
import type { GenerateContentConfig, GenerateContentParameters, Tool as GeminiTool, ToolConfig } from "@google/genai"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as AiResponse from "effect/ai/Response"
import * as Tool from "effect/ai/Tool"
import type { GenerateError } from "../../GenerateError.ts"
import * as Generation from "../../Generation.ts"
import type * as Request from "../../Request.ts"
import { type Origin, unreadable } from "../../internal/failures.ts"
import { isRecord, untyped } from "../../internal/json.ts"
import * as Parts from "../../internal/parts.ts"
import { reading } from "../../internal/replies.ts"
import * as Grounding from "./Grounding.ts"
import { optionsOf } from "./Native.ts"
import { promptOf } from "./Prompt.ts"
import * as Searching from "./Searching.ts"
import { thinkingOf } from "./Thinking.ts"
import * as Wire from "./Wire.ts"

/** What the SDK is asked with. */
export interface Body {
  readonly request: Request.Request
  readonly params: GenerateContentParameters
  readonly stream: boolean
}

/** The body of a request. Throws where the request holds what can't be sent. */
export const body = (request: Request.Request, stream: boolean): Body => {
  const { model, object, params } = request
  const { contents, continuationToken, systemInstruction } = promptOf(request)
  const thinking = thinkingOf(request)
  const samples = !ignoresSampling.test(model.upstream)
  const tier = params.serviceTier === undefined ? undefined : tierOf(params.serviceTier)
  const config: GenerateContentConfig = {
    ...(systemInstruction === undefined ? undefined : { systemInstruction }),
    ...(params.maxOutputTokens === undefined ? undefined : { maxOutputTokens: params.maxOutputTokens }),
    ...(params.temperature === undefined || !samples ? undefined : { temperature: params.temperature }),
    ...(params.topP === undefined || !samples ? undefined : { topP: params.topP }),
    ...(params.stop === undefined ? undefined : { stopSequences: [...params.stop] }),
    ...(params.seed === undefined ? undefined : { seed: params.seed }),
    ...(params.presencePenalty === undefined || !samples ? undefined : { presencePenalty: params.presencePenalty }),
    ...(params.frequencyPenalty === undefined || !samples ? undefined : { frequencyPenalty: params.frequencyPenalty }),
    ...(thinking.config === undefined ? undefined : { thinkingConfig: thinking.config }),
    ...(tier === undefined ? undefined : untyped({ serviceTier: tier })),
    ...(object === undefined
      ? undefined
      : { responseMimeType: "application/json", responseJsonSchema: Wire.dialect.schemaOf(request, object) }),
    ...toolsOf(request),
    ...(continuationToken === undefined ? undefined : { continuationToken }),
    ...optionsOf(request),
    // Loom sees every request: the SDK goes on by itself, and runs tools, otherwise.
    automaticContinuation: false,
    automaticFunctionCalling: { disable: true }
  }
  return { request, params: { model: model.upstream, contents, config }, stream }
}

/** What isn't sent as it was asked. */
export const warningsOf = (request: Request.Request): ReadonlyArray<string> => {
  const { params, toolChoice } = request
  return [
    ...(ignoresSampling.test(request.model.upstream)
      ? sampling.filter((name) => params[name] !== undefined)
        .map((name) => `${name} was dropped: the model has its own, and takes no other`)
      : []),
    ...(params.parallelToolCalls === false
      ? ["parallelToolCalls was dropped: Gemini can't be held to one call at a time"]
      : []),
    ...(isForced(toolChoice) && functionsOf(request, toolChoice).length === 0
      ? ["toolChoice was dropped: the vendor's own tools can be offered, and not chosen"]
      : []),
    ...thinkingOf(request).warnings,
    ...promptOf(request).warnings,
    ...Searching.warningsOf(request)
  ]
}

/**
 * Since July 2026 models ignore what they are told of sampling, and refuse penalties
 * (docs.cloud.google.com/gemini-enterprise-agent-platform/models/gemini/3-5-flash-lite; of 3.6 and later: unverified).
 */
const ignoresSampling = /^gemini-(3\.5-flash-lite|3\.[6-9]|[4-9])/
const sampling = ["temperature", "topP", "presencePenalty", "frequencyPenalty"] as const

/** The vendor's own choice is what it makes without being asked. */
const tierOf = (tier: string): string | undefined =>
  tier === "auto" ? undefined : tier === "default" ? "standard" : tier

const isForced = (choice: Request.ToolChoice | undefined): boolean =>
  choice === "required" || typeof choice === "object"

/** Those of the caller's tools that a choice leaves to the model. */
const functionsOf = ({ tools }: Request.Request, choice: Request.ToolChoice | undefined) =>
  tools.filter((tool) => !Tool.isProviderDefined(tool) && (typeof choice !== "object" || tool.name === choice.tool))

const toolsOf = (request: Request.Request): Pick<GenerateContentConfig, "tools" | "toolConfig"> => {
  const functions = request.tools.filter((tool) => !Tool.isProviderDefined(tool))
  const search = Searching.toolOf(request)
  const own: ReadonlyArray<GeminiTool> = [
    ...request.tools.flatMap((tool) => Wire.vendorTool(tool) ?? []),
    ...(search === undefined ? [] : [search])
  ]
  if (functions.length === 0 && own.length === 0) return {}
  const functionDeclarations = functions.map((tool) => Wire.functionOf(request, tool))
  const toolConfig = toolConfigOf(request, own.length > 0)
  return {
    tools: [...(functions.length === 0 ? [] : [{ functionDeclarations }]), ...own],
    ...(Object.keys(toolConfig).length === 0 ? undefined : { toolConfig })
  }
}

const toolConfigOf = (request: Request.Request, isMixed: boolean): ToolConfig => {
  const { toolChoice, tools } = request
  const functions = functionsOf(request, toolChoice)
  if (functions.length === 0) return {}
  const isStrict = functions.some((tool) => Tool.getStrictMode(tool) === true)
  const calling = toolChoice === "none"
    ? { mode: "NONE" }
    : isForced(toolChoice)
    ? {
      mode: "ANY",
      ...(functions.length < tools.length ? { allowedFunctionNames: functions.map(({ name }) => name) } : undefined)
    }
    : isStrict
    ? { mode: "VALIDATED" }
    : toolChoice === "auto"
    ? { mode: "AUTO" }
    : undefined
  return {
    ...(calling === undefined ? undefined : untyped({ functionCallingConfig: calling })),
    // The vendor refuses both kinds of tools together otherwise (js-genai#1425).
    ...(isMixed ? { includeServerSideToolInvocations: true } : undefined)
  }
}

const Text = Schema.optional(Schema.String)
const Part = Schema.Struct({
  text: Text,
  thought: Schema.optional(Schema.Boolean),
  thoughtSignature: Text,
  functionCall: Schema.optional(
    Schema.Struct({ id: Text, name: Schema.String, args: Schema.optional(Schema.Unknown) })
  ),
  inlineData: Schema.optional(Schema.Struct({ mimeType: Schema.String, data: Schema.String })),
  executableCode: Schema.optional(Schema.Struct({ id: Text })),
  codeExecutionResult: Schema.optional(Schema.Struct({ id: Text, outcome: Text })),
  toolCall: Schema.optional(Schema.Struct({ id: Text, toolType: Text, args: Schema.optional(Schema.Unknown) })),
  toolResponse: Schema.optional(Schema.Struct({ id: Text, toolType: Text, response: Schema.optional(Schema.Unknown) }))
})
export type Part = typeof Part.Type
export const decodePart = Schema.decodeUnknownResult(Part)

const Reply = Schema.Struct({
  candidates: Schema.NonEmptyArray(Schema.Struct({
    content: Schema.optional(Schema.Struct({ parts: Schema.optional(Schema.Array(Schema.Unknown)) })),
    finishReason: Text,
    groundingMetadata: Schema.optional(Schema.Unknown),
    continuationToken: Text
  })),
  usageMetadata: Schema.optional(Schema.Unknown),
  modelVersion: Text,
  responseId: Text
})
type Reply = typeof Reply.Type

const decodeReply = Schema.decodeUnknownResult(Reply)

/** The Generation in a whole reply: in the first of its candidates. */
export const generation = (
  request: Request.Request,
  json: unknown,
  origin: Origin
): Result.Result<Generation.Generation, GenerateError> =>
  Result.flatMap(read(request, json, origin), ({ answered, reply }) => {
    const [{ content: said, continuationToken, groundingMetadata }] = reply.candidates
    const content: Array<Generation.Content> = []
    const namer = namerOf(reply.responseId)
    for (const raw of said?.parts ?? []) {
      const part = decodePart(raw)
      if (Result.isFailure(part)) return Result.fail(unreadable(request, part.failure, origin))
      if (isWords(part.success)) content.push(...wordsOf(part.success))
      else content.push(...wholeParts(part.success, raw, namer))
    }
    const sources = Grounding.sourcesIn(groundingMetadata, Grounding.textsIn(said?.parts ?? []))
    return Result.succeed(
      Generation.make({ ...answered, content: [...unfinishedBy(content, continuationToken), ...sources] })
    )
  })

/** Text or a thought, which streams in pieces. */
export const isWords = (part: Part): boolean => part.text !== undefined

const wordsOf = (part: Part): ReadonlyArray<Generation.Content> => {
  const { text = "", thought } = part
  if (text === "" && part.thoughtSignature === undefined) return []
  return [thought === true ? Parts.reasoning(text, sealOf(part)) : Parts.text(text, sealOf(part))]
}

/** Goes back with the part that it came with. */
export const sealOf = ({ thoughtSignature }: Pick<Part, "thoughtSignature">): AiResponse.ProviderMetadata =>
  thoughtSignature === undefined ? {} : { gemini: { thoughtSignature } }

/** Where an answer was broken off to be gone on with, its last words carry what it goes on by. */
const unfinishedBy = (
  content: ReadonlyArray<Generation.Content>,
  continuationToken: string | undefined
): ReadonlyArray<Generation.Content> => {
  const last = content.at(-1)
  if (continuationToken === undefined || (last?.type !== "text" && last?.type !== "reasoning")) return content
  return [...content.slice(0, -1), { ...last, metadata: withToken(last.metadata, continuationToken) }]
}

export const withToken = (
  metadata: AiResponse.ProviderMetadata,
  continuationToken: string
): AiResponse.ProviderMetadata => {
  const { gemini } = metadata
  return { ...metadata, gemini: { ...(isRecord(gemini) ? gemini : undefined), continuationToken } }
}

/** Names calls that came without an id of their own. */
export interface Namer {
  readonly next: () => string
  /** The vendor's own tool that was called last. */
  readonly last: () => string
}

export const namerOf = (responseId: string | undefined): Namer => {
  let count = 0
  const name = () => `${responseId ?? "call"}_${count}`
  return {
    next: () => {
      count++
      return name()
    },
    last: name
  }
}

/** What a part holds that comes whole. */
export const wholeParts = (
  part: Part,
  raw: unknown,
  namer: Namer
): ReadonlyArray<Exclude<Generation.Content, { readonly type: "text" | "reasoning" }>> => {
  const {
    codeExecutionResult: ran,
    executableCode: code,
    functionCall: call,
    inlineData: file,
    toolCall,
    toolResponse
  } = part
  if (call !== undefined) {
    return [AiResponse.makePart("tool-call", {
      id: call.id ?? namer.next(),
      name: call.name,
      params: call.args ?? {},
      providerExecuted: false,
      metadata: sealOf(part)
    })]
  }
  if (file !== undefined) {
    const data = new Uint8Array(Buffer.from(file.data, "base64"))
    return [AiResponse.makePart("file", { mediaType: file.mimeType, data, metadata: sealOf(part) })]
  }
  if (code !== undefined) return [ownCall(code.id ?? namer.next(), "code_execution", code, raw)]
  if (ran !== undefined) {
    return [
      ownResult(ran.id ?? namer.last(), "code_execution", ran.outcome !== "OUTCOME_OK", raw, "codeExecutionResult")
    ]
  }
  if (toolCall !== undefined) {
    return [ownCall(toolCall.id ?? namer.next(), nameOf(toolCall.toolType), toolCall.args ?? {}, raw)]
  }
  if (toolResponse !== undefined) {
    return [ownResult(toolResponse.id ?? namer.last(), nameOf(toolResponse.toolType), false, raw, "toolResponse")]
  }
  return []
}

const nameOf = (toolType: string | undefined): string => toolType?.toLowerCase() ?? "tool"

const asJson = Schema.decodeUnknownSync(Schema.Json)

/** Of the vendor's own tools; it goes back as it came. */
const ownCall = (id: string, name: string, params: unknown, raw: unknown) =>
  AiResponse.makePart("tool-call", {
    id,
    name,
    params,
    providerExecuted: true,
    metadata: { gemini: { part: asJson(raw) } }
  })

const ownResult = (id: string, name: string, isFailure: boolean, raw: unknown, member: string) => {
  const result = isRecord(raw) ? raw[member] : undefined
  return AiResponse.toolResultPart({
    id,
    name,
    isFailure,
    result,
    encodedResult: result,
    providerExecuted: true,
    preliminary: false,
    metadata: { gemini: { part: asJson(raw) } }
  })
}

const answered = (
  request: Request.Request,
  reply: Reply,
  native: unknown,
  origin: Origin
): Result.Result<Generation.Answered, GenerateError> => {
  const [{ content, finishReason, groundingMetadata }] = reply.candidates
  const model = reply.modelVersion ?? request.model.upstream
  const parts = content?.parts ?? []
  const summary = {
    provider: request.model.provider,
    model,
    finishReason: finishOf(finishReason, parts),
    usage: Wire.metered(reply.usageMetadata, Grounding.searchesIn(groundingMetadata, model)),
    serviceTier: origin.serviceTier,
    requestId: reply.responseId ?? origin.requestId,
    warnings: warningsOf(request),
    native
  }
  return Wire.dialect.withObject(request, summary, () => Grounding.textsIn(parts).join(""))
}

export const read = reading(decodeReply, answered)

const finishOf = (reason: string | undefined, parts: ReadonlyArray<unknown>): Generation.FinishReason => {
  const calls = parts.some((part) => isRecord(part) && part.functionCall !== undefined)
  return reason === "STOP" && calls ? "tool-calls" : finishReasons[reason ?? ""] ?? "unknown"
}

export const finishReasons: Readonly<Record<string, Generation.FinishReason>> = {
  STOP: "stop",
  MAX_TOKENS: "length",
  CONTINUATION: "pause",
  SAFETY: "content-filter",
  RECITATION: "content-filter",
  LANGUAGE: "content-filter",
  BLOCKLIST: "content-filter",
  PROHIBITED_CONTENT: "content-filter",
  SPII: "content-filter",
  IMAGE_SAFETY: "content-filter",
  IMAGE_PROHIBITED_CONTENT: "content-filter",
  IMAGE_RECITATION: "content-filter",
  MALFORMED_FUNCTION_CALL: "error",
  MALFORMED_RESPONSE: "error",
  UNEXPECTED_TOOL_CALL: "error",
  TOO_MANY_TOOL_CALLS: "error",
  MISSING_THOUGHT_SIGNATURE: "error",
  OTHER: "other",
  NO_IMAGE: "other",
  IMAGE_OTHER: "other"
}

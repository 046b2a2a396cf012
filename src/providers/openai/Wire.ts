/**
 * What OpenAI's two protocols have in common on the wire.
 */
import type * as JsonSchema from "effect/JsonSchema"
import { isObject } from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { toCodecOpenAI } from "effect/ai/OpenAiStructuredOutput"
import type * as Prompt from "effect/ai/Prompt"
import * as AiResponse from "effect/ai/Response"
import * as Tool from "effect/ai/Tool"
import type OpenAI from "openai"
import {
  ContentFiltered,
  GenerateError,
  InvalidRequest,
  InvalidResponse,
  Overloaded,
  QuotaExceeded,
  RateLimited,
  type Reason
} from "../../GenerateError.ts"
import * as Generation from "../../Generation.ts"
import * as Request from "../../Request.ts"
import * as Usage from "../../Usage.ts"
import { problemsOf } from "../../internal/problems.ts"
import { tidy } from "../../internal/refusal.ts"

export const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> => isObject(u)

/** Values that the vendor checks, not the SDK's types: new ones work before the SDK knows them. */
export const untyped = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => fields

/** The caller's options for this vendor on a part of a prompt, sent as they are. */
export const optionsOf = (part: { readonly options: Prompt.ProviderOptions }): Readonly<Record<string, unknown>> => {
  const options = part.options.openai
  return isRecord(options) ? options : {}
}

export const urlOf = (part: Prompt.FilePart): string => {
  if (part.data instanceof URL) return part.data.href
  const base64 = typeof part.data === "string" ? part.data : Buffer.from(part.data).toString("base64")
  return base64.startsWith("data:") || base64.startsWith("https:") ? base64 : `data:${part.mediaType};base64,${base64}`
}

export const unsupportedFile = (request: Request.Request, mediaType: string): GenerateError =>
  Request.fail(
    request,
    new InvalidRequest({ field: "prompt", detail: `a file of type ${mediaType} can't be sent; images and PDF can` })
  )

/** What a tool answered, as the model reads it. */
export const resultText = (result: unknown): string =>
  typeof result === "string" ? result : JSON.stringify(result ?? null)

/** A tool that the vendor runs itself: `web_search` and its like. */
export const vendorTool = (tool: Tool.Any): OpenAI.Responses.WebSearchTool | undefined =>
  Tool.isProviderDefined(tool) ? { type: tool.providerName, ...tool.args } : undefined

export const functionOf = (tool: Tool.Any): FunctionDefinition => {
  let made = functions.get(tool)
  if (made === undefined) {
    const strict = Tool.getStrictMode(tool) ?? false
    made = {
      name: tool.name,
      parameters: strict ? Tool.getJsonSchema(tool, { transformer: toCodecOpenAI }) : Tool.getJsonSchema(tool),
      strict,
      ...(tool.description === undefined ? undefined : { description: tool.description })
    }
    functions.set(tool, made)
  }
  return made
}

interface FunctionDefinition {
  readonly name: string
  readonly parameters: Record<string, unknown>
  readonly strict: boolean
  readonly description?: string
}
const functions = new WeakMap<Tool.Any, FunctionDefinition>()

/** Arguments as the model wrote them: JSON, or text where it isn't. */
export const paramsOf = (json: string): unknown =>
  Result.getOrElse(Result.try(() => JSON.parse(json === "" ? "{}" : json)), () => json)

interface Dialect {
  readonly codec: Schema.ConstraintCodec<unknown, unknown>
  readonly jsonSchema: JsonSchema.JsonSchema
}
const dialects = new WeakMap<Schema.Constraint, Dialect>()

/** A schema in the dialect of structured outputs. Throws where it has no object at its root. */
export const dialect = (schema: Schema.ConstraintCodec<unknown, unknown>): Dialect => {
  let made = dialects.get(schema)
  if (made === undefined) dialects.set(schema, made = toCodecOpenAI(schema))
  return made
}

/** The object that was asked for, or why the answer isn't one. */
export const decodeObject = (
  request: Request.Request,
  format: Request.ObjectFormat,
  answer: Pick<Generation.Answered, "finishReason" | "usage" | "requestId"> & { readonly text: string }
): Result.Result<unknown, GenerateError> => {
  const fail = (reason: Reason) => Result.fail(failure(request, reason, answer.requestId, answer.usage))
  switch (answer.finishReason) {
    case "tool-calls":
      return Result.succeed(undefined)
    case "content-filter":
      return fail(new ContentFiltered({ detail: "the model refused to answer" }))
    case "length":
      return fail(new InvalidResponse({ detail: "the object was cut off at `maxOutputTokens`" }))
  }
  const json = Result.try((): unknown => JSON.parse(answer.text))
  if (Result.isFailure(json)) return fail(new InvalidResponse({ detail: "the object is no JSON" }))
  return Result.mapError(
    Schema.decodeUnknownResult(dialect(format.schema).codec)(json.success),
    (error) => failure(request, new InvalidResponse({ detail: shapeOf(error) }), answer.requestId, answer.usage)
  )
}

const shapeOf = (error: Schema.SchemaError): string => {
  const [{ message, path }] = problemsOf(error)
  return `${path === "" ? "the body" : path}: ${message}`
}

const failure = (
  request: Request.Request,
  reason: Reason,
  requestId: string | undefined,
  usage?: Usage.Usage
): GenerateError =>
  new GenerateError({
    provider: request.model.provider,
    model: request.model.id,
    reason,
    ...(requestId === undefined ? undefined : { requestId }),
    ...(usage === undefined || usage.state === "missing" ? undefined : { usage })
  })

/** Where an answer came from, as its errors tell: by the request's id, never by the key it was asked with. */
export interface Origin {
  readonly requestId: string | undefined
  readonly key: Redacted.Redacted
}

export const unreadable = (request: Request.Request, error: Schema.SchemaError, origin: Origin): GenerateError =>
  failure(request, new InvalidResponse({ detail: shapeOf(error) }), origin.requestId)

/** An error that came with status 200, in a body or as an event. */
export interface InBand {
  readonly code: string | undefined
  readonly message: string
}

export const errorIn = (json: unknown): InBand | undefined => {
  if (!isRecord(json)) return undefined
  const error = json.type === "error" && !isRecord(json.error) ? json : json.error
  if (!isRecord(error) || typeof error.message !== "string") return undefined
  return { code: typeof error.code === "string" ? error.code : undefined, message: error.message }
}

export const inBandError = (
  request: Request.Request,
  error: InBand,
  { key, requestId }: Origin,
  usage?: Usage.Usage
): GenerateError => failure(request, inBandReason(error.code, tidy(error.message, key)), requestId, usage)

const inBandReason = (code: string | undefined, detail: string): Reason => {
  switch (code) {
    case "rate_limit_exceeded":
      return new RateLimited({ detail })
    case "insufficient_quota":
      return new QuotaExceeded({ detail })
    case "invalid_prompt":
    case "invalid_request_error":
      return new InvalidRequest({ detail })
    case "content_filter":
    case "content_policy_violation":
      return new ContentFiltered({ detail })
    default:
      return new Overloaded({ detail, maybeBilled: true })
  }
}

export const source = (id: string, url: string, title: string | undefined): AiResponse.UrlSourcePart =>
  decodeSource({ type: "source", sourceType: "url", id, url, title: title ?? url })

const decodeSource = Schema.decodeSync(AiResponse.UrlSourcePart)

/** The finish of a stream that ended without saying so. */
export const unfinished = (request: Request.Request, { requestId }: Origin): Generation.FinishPart =>
  Generation.finish({
    provider: request.model.provider,
    model: request.model.upstream,
    finishReason: "unknown",
    usage: Usage.missing,
    requestId,
    native: undefined,
    warnings: ["the stream ended without its last event: the answer may be incomplete"]
  })

export const CacheWriteDetails = Schema.Struct({
  ttl_30m_tokens: Schema.optional(Schema.NullOr(Schema.Natural)),
  ttl_12h_tokens: Schema.optional(Schema.NullOr(Schema.Natural))
})

/** Counts that don't add up are no counts. */
export const usage = (raw: {
  readonly input: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly cacheWriteDetails: typeof CacheWriteDetails.Type | undefined
  readonly output: number
  readonly reasoning: number
  readonly audioInput?: number | undefined
  readonly audioOutput?: number | undefined
  readonly webSearches: number
}): Usage.Usage => {
  const audioInput = raw.audioInput ?? 0
  const audioOutput = raw.audioOutput ?? 0
  const inputUncached = raw.input - raw.cacheRead - raw.cacheWrite - audioInput
  const outputText = raw.output - raw.reasoning - audioOutput
  if (inputUncached < 0 || outputText < 0) return Usage.missing
  return Usage.make({
    inputUncached,
    outputText,
    audioInput,
    audioOutput,
    cacheRead: raw.cacheRead,
    cacheWrite: cacheWriteOf(raw.cacheWrite, raw.cacheWriteDetails),
    outputReasoning: raw.reasoning,
    ...(raw.webSearches === 0 ? undefined : { requests: { web_search: raw.webSearches } })
  })
}

const cacheWriteOf = (
  total: number,
  details: typeof CacheWriteDetails.Type | undefined
): Readonly<Record<string, number>> => {
  if (total === 0) return {}
  const short = details?.ttl_30m_tokens ?? 0
  const long = details?.ttl_12h_tokens ?? 0
  if (short + long !== total || long === 0) return { "30m": total }
  return short === 0 ? { "12h": long } : { "30m": short, "12h": long }
}

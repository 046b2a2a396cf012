/**
 * What OpenAI's two protocols have in common on the wire.
 */
import * as Schema from "effect/Schema"
import { toCodecOpenAI } from "effect/ai/OpenAiStructuredOutput"
import * as Tool from "effect/ai/Tool"
import type OpenAI from "openai"
import {
  ContentFiltered,
  InvalidRequest,
  KeyRefused,
  Overloaded,
  QuotaExceeded,
  RateLimited,
  type Reason
} from "../../GenerateError.ts"
import type * as Request from "../../Request.ts"
import * as Usage from "../../Usage.ts"
import * as Dialect from "../../internal/dialect.ts"
import type { Told } from "../../internal/failures.ts"
import { isRecord } from "../../internal/json.ts"
import * as Prompts from "../../internal/prompts.ts"
import type { Kind } from "../../internal/refusal.ts"

export const dialect = Dialect.make(toCodecOpenAI)

export const optionsOf = Prompts.optionsOf("openai")

/** A tool that the vendor runs itself: `web_search` and its like. */
export const vendorTool = (tool: Tool.Any): OpenAI.Responses.WebSearchTool | undefined =>
  Tool.isProviderDefined(tool) ? { type: tool.providerName, ...tool.args } : undefined

/** A tool that the caller runs. */
export const functionOf = (request: Request.Request, tool: Tool.Any) => {
  const { description, ...definition } = dialect.functionOf(request, tool)
  return description === undefined ? definition : { ...definition, description }
}

/** An error that came with status 200, in a body or as an event. */
export const errorIn = (json: Readonly<Record<string, unknown>>): Told | undefined => {
  const error = json.type === "error" && !isRecord(json.error) ? json : json.error
  if (!isRecord(error) || typeof error.message !== "string") return undefined
  return told(typeof error.code === "string" ? error.code : undefined, error.message)
}

export const told = (
  code: string | undefined,
  message: string,
  usage?: Usage.Usage,
  kindOf: (code: string) => Kind | undefined = toldKindOf
): Told => ({
  message,
  usage,
  reason: (detail) => reasonOf(code === undefined ? undefined : kindOf(code), detail)
})

const reasonOf = (kind: Kind | undefined, detail: string): Reason => {
  switch (kind) {
    case "limited":
      return new RateLimited({ detail })
    case "quota":
      return new QuotaExceeded({ detail })
    case "invalid":
      return new InvalidRequest({ detail })
    case "filtered":
      return new ContentFiltered({ detail })
    case "key":
      return new KeyRefused({ detail })
    default:
      return new Overloaded({ detail, maybeBilled: true })
  }
}

/** Codes that say more than the status they come with. */
export const kindOf = (code: string): Kind | undefined => {
  switch (code) {
    case "insufficient_quota":
      return "quota"
    case "content_filter":
    case "content_policy_violation":
    case "moderation_blocked":
      return "filtered"
    default:
      return undefined
  }
}

/** Codes that come without a status. */
export const toldKindOf = (code: string): Kind | undefined => {
  switch (code) {
    case "rate_limit_exceeded":
      return "limited"
    case "invalid_prompt":
    case "invalid_request_error":
      return "invalid"
    default:
      return kindOf(code)
  }
}

export const CacheWriteDetails = Schema.Struct({
  ttl_30m_tokens: Schema.optional(Schema.NullOr(Schema.Natural)),
  ttl_12h_tokens: Schema.optional(Schema.NullOr(Schema.Natural))
})

/** Counts that don't add up are no counts, and neither is `NaN`. */
export const usage = (raw: {
  readonly input: number
  readonly cacheRead: number
  readonly cacheWrite: Readonly<Record<string, number>>
  readonly output: number
  readonly reasoning: number
  readonly audioInput?: number | undefined
  readonly audioOutput?: number | undefined
  readonly webSearches: number
  /** In place of `webSearches`. */
  readonly requests?: Readonly<Record<string, number>> | undefined
}): Usage.Usage => {
  const audioInput = raw.audioInput ?? 0
  const audioOutput = raw.audioOutput ?? 0
  let inputUncached = raw.input - raw.cacheRead - audioInput
  for (const ttl in raw.cacheWrite) inputUncached -= raw.cacheWrite[ttl] ?? 0
  const outputText = raw.output - raw.reasoning - audioOutput
  if (!(inputUncached >= 0 && outputText >= 0)) return Usage.missing
  return Usage.make({
    inputUncached,
    outputText,
    audioInput,
    audioOutput,
    cacheRead: raw.cacheRead,
    cacheWrite: raw.cacheWrite,
    outputReasoning: raw.reasoning,
    ...(raw.requests !== undefined
      ? { requests: raw.requests }
      : raw.webSearches > 0
      ? { requests: { web_search: raw.webSearches } }
      : undefined)
  })
}

/** What was written, by how long it is kept. */
export const cacheWriteOf = (
  total: number,
  details: typeof CacheWriteDetails.Type | null | undefined
): Readonly<Record<string, number>> => {
  if (total === 0) return {}
  const short = details?.ttl_30m_tokens ?? 0
  const long = details?.ttl_12h_tokens ?? 0
  if (short + long !== total || long === 0) return { "30m": total }
  return short === 0 ? { "12h": long } : { "30m": short, "12h": long }
}

/**
 * What Anthropic's protocol is written in: its dialect, its tools, its errors, its counts.
 */
import type Anthropic from "@anthropic-ai/sdk"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { toCodecAnthropic } from "effect/ai/AnthropicStructuredOutput"
import type * as Prompt from "effect/ai/Prompt"
import * as Tool from "effect/ai/Tool"
import { InvalidRequest, KeyRefused, Overloaded, QuotaExceeded, RateLimited, type Reason } from "../../GenerateError.ts"
import type * as Generation from "../../Generation.ts"
import type * as Request from "../../Request.ts"
import * as Usage from "../../Usage.ts"
import * as Dialect from "../../internal/dialect.ts"
import type { Told } from "../../internal/failures.ts"
import { isRecord } from "../../internal/json.ts"
import * as Prompts from "../../internal/prompts.ts"

export const dialect = Dialect.make(toCodecAnthropic)

export const optionsOf = Prompts.optionsOf("anthropic")

/** A thought as the vendor gave it. */
export const isSealed = (part: Prompt.ReasoningPart): boolean => {
  const { redactedData, signature } = optionsOf(part)
  return typeof signature === "string" || typeof redactedData === "string"
}

/** A tool that the vendor runs itself; its id names the version, as in `anthropic.web_search_20260318`. */
export const vendorTool = (tool: Tool.Any): Anthropic.ToolUnion | undefined =>
  Tool.isProviderDefined(tool)
    ? { type: tool.id.slice(tool.id.indexOf(".") + 1), name: tool.providerName, ...tool.args }
    : undefined

/** A tool that the caller runs. */
export const functionOf = (request: Request.Request, tool: Tool.Any): Anthropic.Tool => {
  const { description, name, parameters, strict } = dialect.functionOf(request, tool)
  return {
    name,
    input_schema: { type: "object", ...parameters },
    ...(description === undefined ? undefined : { description }),
    ...(strict ? { strict } : undefined)
  }
}

/** An error that came with status 200, in a body or as an event. */
export const errorIn = (json: Readonly<Record<string, unknown>>): Told | undefined => {
  if (json.type !== "error") return undefined
  const { details, message, type } = isRecord(json.error) ? json.error : {}
  const code = isRecord(details) ? details.error_code : undefined
  return {
    message: typeof message === "string" ? message : "no message",
    reason: (detail) =>
      reasonOf(typeof type === "string" ? type : undefined, typeof code === "string" ? code : undefined, detail)
  }
}

const reasonOf = (type: string | undefined, code: string | undefined, detail: string): Reason => {
  if (isQuota({ type, code })) return new QuotaExceeded({ detail })
  switch (type) {
    case "rate_limit_error":
      return new RateLimited({ detail })
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

/** Money is spent, and waiting won't help. A spending limit is told by a code, under various types. */
export const isQuota = ({ code, type }: { readonly code?: string | undefined; readonly type?: string | undefined }) =>
  type === "billing_error" || code?.includes("spend_limit") === true

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

/** What it took, and how it was served. Input excludes what the cache had a part in; thinking is a part of the output. */
export const metered = (json: unknown): Pick<Generation.Answered, "usage" | "serviceTier" | "region"> =>
  Result.match(decodeUsage(json), {
    onFailure: () => ({ usage: Usage.missing }),
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
        serviceTier: raw.speed === "fast" ? "fast" : raw.service_tier ?? undefined,
        region: raw.inference_geo ?? undefined
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

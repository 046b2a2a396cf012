/**
 * What Mistral's protocol is written in: its dialect, its tools, its errors, its counts.
 */
import type { ChatCompletionRequestTool } from "@mistralai/mistralai/models/components"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { toCodecOpenAI } from "effect/ai/OpenAiStructuredOutput"
import type * as Tool from "effect/ai/Tool"
import { InvalidRequest, KeyRefused, Overloaded, RateLimited, type Reason } from "../../GenerateError.ts"
import type * as Generation from "../../Generation.ts"
import type * as Request from "../../Request.ts"
import * as Usage from "../../Usage.ts"
import * as Dialect from "../../internal/dialect.ts"
import { sha256 } from "../../internal/digest.ts"
import type { Told } from "../../internal/failures.ts"
import { isRecord } from "../../internal/json.ts"
import * as Prompts from "../../internal/prompts.ts"
import type { Refused } from "../../internal/refused.ts"

/** Strict, as OpenAI's: every property is required, and no other is there. */
export const dialect = Dialect.make(toCodecOpenAI)

export const optionsOf = Prompts.optionsOf("mistral")

/** A tool that the caller runs. */
export const functionOf = (request: Request.Request, tool: Tool.Any): ChatCompletionRequestTool => {
  const { description, name, parameters, strict } = dialect.functionOf(request, tool)
  return {
    type: "function",
    function: {
      name,
      parameters: { ...parameters },
      strict,
      ...(description === undefined ? undefined : { description })
    }
  }
}

/** The vendor takes nine letters and digits; ids of other vendors, in a conversation that began there, are replaced. */
export const callId = (id: string): string => /^[a-zA-Z0-9]{9}$/.test(id) ? id : sha256(id).slice(0, 9)

/** What is wrong in the words of `{ message }`, of `{ detail }`, or of a list of problems in either. */
export const messageIn = (body: Readonly<Record<string, unknown>>): string | undefined => {
  const { detail, message } = body
  if (typeof message === "string") return message
  if (typeof detail === "string") return detail
  if (isRecord(message)) return messageIn(message)
  const problem = problemIn(body)
  return problem === undefined ? undefined : `${problem.path.join(".")}: ${problem.says}`
}

const problemIn = ({ detail, message }: Readonly<Record<string, unknown>>) => {
  const problems = Array.isArray(detail)
    ? detail
    : isRecord(message) && Array.isArray(message.detail)
    ? message.detail
    : []
  const [first]: ReadonlyArray<unknown> = problems
  if (!isRecord(first)) return undefined
  // The first step is `body`, and a chosen member of a union is a step of its own.
  return { path: Array.isArray(first.loc) ? first.loc.slice(1) : [], says: String(first.msg) }
}

/** The option that is wrong, by the name that the wire has for it. */
export const fieldIn = (body: Readonly<Record<string, unknown>>): string | undefined => {
  if (typeof body.param === "string") return body.param
  const step: unknown = problemIn(body)?.path[0]
  return typeof step === "string" ? step : undefined
}

export const isQuota = ({ body, status }: Refused): boolean => status === 402 || body.type === "quota_exceeded"

/** An error that came with status 200, in a body or as an event. */
export const errorIn = (json: Readonly<Record<string, unknown>>): Told | undefined => {
  const error = json.object === "error" ? json : isRecord(json.error) ? json.error : undefined
  if (error === undefined) return undefined
  return { message: messageIn(error) ?? "no message", reason: (detail) => reasonOf(error.type, detail) }
}

export const broken = (usage: Usage.Usage): Told => ({
  message: "the answer ended with an error",
  usage,
  reason: (detail) => new Overloaded({ detail, maybeBilled: true })
})

const reasonOf = (type: unknown, detail: string): Reason => {
  switch (typeof type === "string" ? type : "") {
    case "rate_limited":
    case "service_tier_capacity_exceeded":
      return new RateLimited({ detail })
    case "unauthorized":
      return new KeyRefused({ detail })
    case "invalid_model":
    case "invalid_request_error":
    case "invalid_request_message_order":
      return new InvalidRequest({ detail })
    default:
      return new Overloaded({ detail, maybeBilled: true })
  }
}

const RawUsage = Schema.Struct({
  prompt_tokens: Schema.Natural,
  completion_tokens: Schema.Natural,
  prompt_tokens_details: Schema.optional(
    Schema.NullOr(Schema.Struct({ cached_tokens: Schema.optional(Schema.NullOr(Schema.Natural)) }))
  ),
  num_cached_tokens: Schema.optional(Schema.NullOr(Schema.Natural)),
  service_tier: Schema.optional(Schema.NullOr(Schema.String))
})
const decodeUsage = Schema.decodeUnknownResult(RawUsage)

/** What it took, and how it was served. The prompt includes what was cached; thinking isn't told apart from the rest. */
export const metered = (json: unknown, searches: number): Pick<Generation.Answered, "usage" | "serviceTier"> =>
  Result.match(decodeUsage(json), {
    onFailure: () => ({ usage: Usage.missing }),
    onSuccess: (raw) => {
      const cacheRead = raw.prompt_tokens_details?.cached_tokens ?? raw.num_cached_tokens ?? 0
      return {
        usage: cacheRead > raw.prompt_tokens ? Usage.missing : Usage.make({
          inputUncached: raw.prompt_tokens - cacheRead,
          cacheRead,
          outputText: raw.completion_tokens,
          ...(searches === 0 ? undefined : { requests: { web_search: searches } })
        }),
        serviceTier: raw.service_tier ?? undefined
      }
    }
  })

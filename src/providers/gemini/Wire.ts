/**
 * What Gemini's protocol is written in: its dialect, its tools, its errors, its counts.
 */
import type { FunctionDeclaration, Tool as GeminiTool } from "@google/genai"
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Tool from "effect/ai/Tool"
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
import { toCodecGemini } from "./Dialect.ts"

export const dialect = Dialect.make(toCodecGemini)

export const optionsOf = Prompts.optionsOf("gemini")

/** A tool that the vendor runs itself, by the SDK's name of it: `googleSearch`, `urlContext`, `codeExecution`. */
export const vendorTool = (tool: Tool.Any): GeminiTool | undefined =>
  Tool.isProviderDefined(tool) ? { [tool.providerName]: { ...tool.args } } : undefined

/** A tool that the caller runs. */
export const functionOf = (request: Request.Request, tool: Tool.Any): FunctionDeclaration => {
  const { description, name, parameters } = dialect.functionOf(request, tool)
  return { name, parametersJsonSchema: parameters, ...(description === undefined ? undefined : { description }) }
}

/** What an error of the vendor says, whether it came with its status or in-band. */
export interface Failed {
  readonly message: string
  /** gRPC's word for it: `RESOURCE_EXHAUSTED`. */
  readonly status: string | undefined
  readonly kind: Kind | undefined
  readonly field: string | undefined
  readonly retryAfter: Duration.Duration | undefined
}

/** Reads `{ error: { code, message, status, details } }`. */
export const failedIn = (json: unknown): Failed | undefined => {
  const error = isRecord(json) ? json.error : undefined
  if (!isRecord(error)) return undefined
  const details = Array.isArray(error.details) ? error.details.filter(isRecord) : []
  const ofType = (name: string) =>
    details.find((detail) => typeof detail["@type"] === "string" && detail["@type"].endsWith(`google.rpc.${name}`))
  const status = typeof error.status === "string" ? error.status : undefined
  const violations = ofType("BadRequest")?.fieldViolations
  const [violation]: ReadonlyArray<unknown> = Array.isArray(violations) ? violations : []
  return {
    message: typeof error.message === "string" ? error.message : "no message",
    status,
    kind: kindOf(status, ofType("ErrorInfo")?.reason, ofType("QuotaFailure")?.violations),
    field: isRecord(violation) && typeof violation.field === "string" ? violation.field : undefined,
    retryAfter: delayOf(ofType("RetryInfo")?.retryDelay)
  }
}

/** What the HTTP status doesn't say. That a day's quota is told by `PerDay` in its id is from memory. */
const kindOf = (status: string | undefined, reason: unknown, violations: unknown): Kind | undefined => {
  if (reason === "API_KEY_INVALID" || reason === "API_KEY_EXPIRED") return "key"
  // Billing isn't set up, or the vendor doesn't serve the place.
  if (status === "FAILED_PRECONDITION") return "quota"
  const quotas: ReadonlyArray<unknown> = Array.isArray(violations) ? violations : []
  const isDaily = (quota: unknown) =>
    isRecord(quota) && typeof quota.quotaId === "string" && quota.quotaId.includes("PerDay")
  return status === "RESOURCE_EXHAUSTED" && quotas.some(isDaily) ? "quota" : undefined
}

const delayOf = (delay: unknown): Duration.Duration | undefined => {
  const seconds = typeof delay === "string" ? /^(\d+(?:\.\d+)?)s$/.exec(delay)?.[1] : undefined
  return seconds === undefined ? undefined : Duration.millis(Math.round(Number(seconds) * 1000))
}

/** An error that came with status 200, in a body or as an event, or a prompt that was blocked. */
export const errorIn = (json: Readonly<Record<string, unknown>>): Told | undefined => {
  const failed = failedIn(json)
  if (failed !== undefined) return { message: failed.message, reason: (detail) => reasonOf(failed, detail) }
  const { candidates, promptFeedback, usageMetadata } = json
  if (!isRecord(promptFeedback) || typeof promptFeedback.blockReason !== "string") return undefined
  if (Array.isArray(candidates) && candidates.length > 0) return undefined
  return {
    message: `the prompt was blocked (${promptFeedback.blockReason})`,
    reason: (detail) => new ContentFiltered({ detail }),
    usage: metered(usageMetadata, 0)
  }
}

const reasonOf = ({ field, kind, retryAfter, status }: Failed, detail: string): Reason => {
  if (kind === "key") return new KeyRefused({ detail })
  if (kind === "quota") return new QuotaExceeded({ detail })
  switch (status) {
    case "RESOURCE_EXHAUSTED":
      return new RateLimited({ detail, ...(retryAfter === undefined ? undefined : { retryAfter }) })
    case "UNAUTHENTICATED":
    case "PERMISSION_DENIED":
      return new KeyRefused({ detail })
    case "INVALID_ARGUMENT":
    case "NOT_FOUND":
    case "OUT_OF_RANGE":
      return new InvalidRequest({ detail, ...(field === undefined ? undefined : { field }) })
    default:
      return new Overloaded({ detail, maybeBilled: true })
  }
}

const Count = Schema.optional(Schema.Natural)
const Details = Schema.optional(
  Schema.Array(Schema.Struct({ modality: Schema.optional(Schema.String), tokenCount: Count }))
)
const RawUsage = Schema.Struct({
  promptTokenCount: Count,
  cachedContentTokenCount: Count,
  candidatesTokenCount: Count,
  thoughtsTokenCount: Count,
  toolUsePromptTokenCount: Count,
  totalTokenCount: Count,
  promptTokensDetails: Details,
  cacheTokensDetails: Details,
  candidatesTokensDetails: Details,
  toolUsePromptTokensDetails: Details
})
const decodeUsage = Schema.decodeUnknownResult(RawUsage)

/**
 * What it took: a count that is 0 isn't there. The prompt includes what was cached, and what the vendor's tools added to
 * it is apart; thoughts are apart from the answer, unless the total says otherwise. Audio has a price of its own, what is
 * cached of it hasn't. Counts that don't add up are no counts.
 */
export const metered = (json: unknown, webSearches: number): Usage.Usage =>
  Result.match(decodeUsage(json), {
    onFailure: () => Usage.missing,
    onSuccess: (raw) => {
      const {
        cachedContentTokenCount: cached = 0,
        candidatesTokenCount: candidates = 0,
        promptTokenCount: prompt,
        thoughtsTokenCount: thoughts = 0,
        toolUsePromptTokenCount: toolUse = 0,
        totalTokenCount: total
      } = raw
      if (prompt === undefined) return Usage.missing
      const within = thoughts > 0 && total === prompt + toolUse + candidates ? thoughts : 0
      const audioInput = countOf("AUDIO", raw.promptTokensDetails) + countOf("AUDIO", raw.toolUsePromptTokensDetails) -
        countOf("AUDIO", raw.cacheTokensDetails)
      const audioOutput = countOf("AUDIO", raw.candidatesTokensDetails)
      const imageOutput = countOf("IMAGE", raw.candidatesTokensDetails)
      const inputUncached = prompt - cached + toolUse - audioInput
      const outputText = candidates - within - audioOutput - imageOutput
      if (audioInput < 0 || inputUncached < 0 || outputText < 0) return Usage.missing
      return Usage.make({
        inputUncached,
        cacheRead: cached,
        audioInput,
        outputText,
        outputReasoning: thoughts,
        audioOutput,
        imageOutput,
        ...(webSearches === 0 ? undefined : { requests: { web_search: webSearches } })
      })
    }
  })

/** The same of a model of images, where a picture that was sent along has a price of its own. */
export const meteredOfImages = (json: unknown): Usage.Usage => {
  const usage = metered(json, 0)
  const imageInput = Result.match(decodeUsage(json), {
    onFailure: () => 0,
    onSuccess: ({ promptTokensDetails }) => Math.min(countOf("IMAGE", promptTokensDetails), usage.inputUncached)
  })
  return imageInput === 0
    ? usage
    : Usage.make({ ...usage, inputUncached: usage.inputUncached - imageInput, imageInput })
}

const countOf = (modality: string, details: typeof Details.Type): number =>
  details?.reduce((sum, one) => sum + (one.modality === modality ? one.tokenCount ?? 0 : 0), 0) ?? 0

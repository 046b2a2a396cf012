/**
 * Errors of calls as effect/ai's, and back. Whether one may be tried again stays as it was said.
 */
import * as Duration from "effect/Duration"
import * as AiError from "effect/ai/AiError"
import {
  ContentFiltered,
  GenerateError,
  InvalidRequest,
  InvalidResponse,
  KeyMissing,
  KeyRefused,
  Network,
  Overloaded,
  QuotaExceeded,
  RateLimited,
  type Reason
} from "../GenerateError.ts"
import type { Model } from "../Model.ts"
import * as Usage from "../Usage.ts"
import { tidy } from "./refusal.ts"
import { type Written, written } from "./written.ts"

/** effect/ai takes all of a kind for worth another try. */
class RateLimitOnce extends AiError.RateLimitError {
  override get isRetryable() {
    return false
  }
}

class InternalProviderOnce extends AiError.InternalProviderError {
  override get isRetryable() {
    return false
  }
}

class NetworkOnce extends AiError.NetworkError {
  override get isRetryable() {
    return false
  }
}

const origins = new WeakMap<AiError.AiErrorReason, GenerateError>()

export const originOf = (error: AiError.AiError): GenerateError | undefined => origins.get(error.reason)

/** What is told of it beside its kind. */
const metadataOf = (error: GenerateError) =>
  written({
    provider: error.provider,
    model: error.model,
    reason: error.reason._tag,
    why: error.why,
    fix: error.fix,
    retryAfterMillis: error.retryAfter === undefined ? undefined : Duration.toMillis(error.retryAfter),
    requestId: error.requestId,
    jobId: error.jobId,
    attempts: error.attempts.map(({ billed, cost, model, outcome, provider, requestId }) => ({
      provider,
      model,
      outcome,
      billed,
      picoUsd: cost?.picoUsd,
      requestId
    })),
    tried: error.tried.map(({ model, outcome }) => ({ model, outcome }))
  })

/** What effect/ai errors say under `metadata.loom`. */
export type Metadata = Written<ReturnType<typeof metadataOf>>

const subjectOf = ({ model, provider }: GenerateError) =>
  provider === "" ? model || "Loom" : model === "" ? provider : `${provider}/${model}`

const reasonOf = (error: GenerateError): AiError.AiErrorReason => {
  const { fix, reason, retryable, retryAfter, status, what, why } = error
  const description = `${subjectOf(error)} ${what}: ${why}; ${fix}`
  const common = {
    metadata: { loom: metadataOf(error) },
    ...(status === undefined ? undefined : { http: { response: { status, headers: {} } } })
  }
  switch (reason._tag) {
    case "Network":
    case "Timeout": {
      const NetworkError = retryable ? AiError.NetworkError : NetworkOnce
      return new NetworkError({ reason: "TransportError", method: "POST", url: subjectOf(error), description })
    }
    case "RateLimited": {
      const RateLimitError = retryable ? AiError.RateLimitError : RateLimitOnce
      return new RateLimitError({ ...common, ...(retryAfter === undefined ? undefined : { retryAfter }) })
    }
    case "Overloaded":
    case "CircuitOpen": {
      const InternalProviderError = retryable ? AiError.InternalProviderError : InternalProviderOnce
      return new InternalProviderError({ ...common, description })
    }
    case "QuotaExceeded":
    case "BudgetExceeded":
      return new AiError.QuotaExhaustedError(common)
    case "KeyMissing":
      return new AiError.AuthenticationError({ ...common, kind: "MissingKey", description })
    case "KeyRefused":
      return new AiError.AuthenticationError({
        ...common,
        kind: status === 403 ? "InsufficientPermissions" : "InvalidKey",
        description
      })
    case "ContentFiltered":
      return new AiError.ContentPolicyError({ ...common, description })
    case "InvalidResponse":
    case "Rejected":
    case "Partial":
      return new AiError.InvalidResponseError({ ...common, description })
    case "InvalidRequest":
      return reason.field === "schema"
        ? new AiError.UnsupportedSchemaError({ metadata: common.metadata, description })
        : new AiError.InvalidRequestError({
          ...common,
          description,
          ...(reason.field === undefined ? undefined : { parameter: reason.field })
        })
    case "Unsupported":
      return new AiError.InvalidRequestError({ ...common, description, parameter: reason.feature })
    case "UnknownModel":
      return new AiError.InvalidRequestError({ ...common, description, parameter: "model" })
  }
}

export const toAiError = (method: string) => (error: GenerateError): AiError.AiError => {
  const reason = reasonOf(error)
  origins.set(reason, error)
  return AiError.make({ module: "Loom", method, reason })
}

/** The failure of a request that effect/ai was asked: Loom's own, where it comes from a Loom. */
export const fromAiError = ({ id, provider }: Model) => (error: AiError.AiError): GenerateError => {
  const origin = originOf(error)
  if (origin !== undefined) return origin
  const usage = usageOf(error.reason)
  const status = "http" in error.reason ? error.reason.http?.response?.status : undefined
  return new GenerateError({
    provider,
    model: id,
    reason: reasonFrom(error.reason, status),
    ...(status === undefined ? undefined : { status }),
    ...(usage === undefined ? undefined : { usage })
  })
}

const reasonFrom = (reason: AiError.AiErrorReason, status: number | undefined): Reason => {
  // What it holds beside its words may be the vendor's body.
  const detail = tidy(reason.message, undefined)
  switch (reason._tag) {
    case "RateLimitError":
      return new RateLimited({
        detail,
        ...(reason.retryAfter === undefined ? undefined : { retryAfter: reason.retryAfter })
      })
    case "QuotaExhaustedError":
      return new QuotaExceeded({ detail })
    case "AuthenticationError":
      return reason.kind === "MissingKey"
        ? new KeyMissing({ variable: "", detail, remedy: "give the language model its key" })
        : new KeyRefused({ detail })
    case "ContentPolicyError":
      return new ContentFiltered({ detail })
    case "InternalProviderError":
      // A gateway's word says nothing about whether the model behind it ran.
      return new Overloaded({ detail, maybeBilled: !reason.isRetryable || status === 502 || status === 504 })
    case "UnknownError":
      return new Overloaded({ detail, maybeBilled: true })
    case "NetworkError":
      return reason.reason === "TransportError"
        ? new Network({ detail, sent: "maybe" })
        : new InvalidRequest({ detail })
    case "InvalidRequestError":
      return new InvalidRequest({
        detail,
        ...(reason.parameter === undefined ? undefined : { field: reason.parameter })
      })
    case "UnsupportedSchemaError":
      return new InvalidRequest({ detail, field: "schema" })
    case "InvalidUserInputError":
      return new InvalidRequest({ detail, field: "prompt" })
    case "InvalidResponseError":
    case "InvalidOutputError":
    case "StructuredOutputError":
    case "ToolNotFoundError":
    case "ToolParameterValidationError":
      return new InvalidResponse({ detail })
    case "InvalidToolResultError":
    case "ToolResultEncodingError":
    case "ToolConfigurationError":
    case "ToolkitRequiredError":
      return new InvalidRequest({ detail, field: "tools" })
  }
}

const usageOf = (reason: AiError.AiErrorReason): Usage.Usage | undefined => {
  if (!("usage" in reason) || reason.usage === undefined) return undefined
  const { completionTokens = 0, promptTokens = 0 } = reason.usage
  return completionTokens + promptTokens === 0
    ? undefined
    : Usage.make({ inputUncached: promptTokens, outputText: completionTokens })
}

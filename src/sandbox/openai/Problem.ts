/**
 * OpenAI's error bodies and the headers that every answer of its carries.
 */
import { isObject } from "../Json.ts"
import type { Answer, Body, Failure, InBand } from "../Protocol.ts"
import type * as Rates from "../Rates.ts"
import type { Issue, Kind } from "../Shape.ts"

/** A refusal in OpenAI's words. */
export interface Problem {
  readonly _tag: "Problem"
  readonly status: number
  readonly message: string
  readonly type: string
  readonly param: string | null
  readonly code: string | null
}

export const problem = (
  status: number,
  message: string,
  details: { readonly param?: string | null; readonly code?: string | null; readonly type?: string } = {}
): Problem => ({
  _tag: "Problem",
  status,
  message,
  type: details.type ?? "invalid_request_error",
  param: details.param ?? null,
  code: details.code ?? null
})

export const isProblem = (value: unknown): value is Problem => isObject(value) && value["_tag"] === "Problem"

const pathOf = ({ path }: Issue): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === "object") return text
    return typeof step === "number" ? `${text}[${step}]` : text === "" ? step : `${text}.${step}`
  }, "")

const kindOf = (value: unknown) => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "an array"
  if (typeof value === "object") return "an object"
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a decimal"
  return `a ${typeof value}`
}

const article = (kind: Kind) => /^[aio]/.test(kind) ? `an ${kind}` : `a ${kind}`

/** A wrong body in OpenAI's words. */
export const ofIssue = (issue: Issue): Problem => {
  const path = pathOf(issue)
  const { flaw } = issue
  const of = (param: string, code: string, message: string) => problem(400, message, { param, code })
  const wrongType = (param: string, expected: string, value: unknown) =>
    of(param, "invalid_type", `Invalid type for '${param}': expected ${expected}, but got ${kindOf(value)} instead.`)
  const notOneOf = (param: string, values: ReadonlyArray<string>, value: unknown) => {
    const supported = values.map((name) => `'${name}'`).join(", ")
    return typeof value === "string"
      ? of(param, "invalid_value", `Invalid value: '${value}'. Supported values are: ${supported}.`)
      : wrongType(param, `one of ${supported}`, value)
  }
  switch (flaw._tag) {
    case "Unknown":
      return of(path, "unknown_parameter", `Unknown parameter: '${path}'.`)
    case "Missing":
      return of(path, "missing_required_parameter", `Missing required parameter: '${path}'.`)
    case "WrongType":
      return wrongType(path, article(flaw.expected), flaw.value)
    case "NotOneOf":
      return notOneOf(path, flaw.values, flaw.value)
    case "UnknownTag":
      return notOneOf(path === "" ? flaw.key : `${path}.${flaw.key}`, flaw.values, flaw.value)
    case "OutOfRange": {
      const [side, name, sign] = flaw.side === "min"
        ? ["below_min", "below min", ">="]
        : ["above_max", "above max", "<="]
      return of(
        path,
        `${flaw.kind}_${side}_value`,
        `Invalid '${path}': ${flaw.kind} ${name}imum value. `
          + `Expected a value ${sign} ${flaw.bound}, but got ${flaw.value} instead.`
      )
    }
    case "Length":
      return flaw.side === "max"
        ? of(
          path,
          "array_above_max_length",
          `Invalid '${path}': array too long. Expected an array with maximum length ${flaw.bound}, `
            + `but got an array with length ${flaw.length} instead.`
        )
        : of(
          path,
          "empty_array",
          `Invalid '${path}': empty array. Expected an array with minimum length ${flaw.bound}, `
            + `but got an empty array instead.`
        )
  }
}

/** What OpenAI says for a status when nothing else is known. */
export const ofFailure = ({ code, message, status }: Failure): Problem => {
  const known = standard(status, code)
  return message === undefined ? known : { ...known, message }
}

const standard = (status: number, code: string | undefined): Problem => {
  switch (status) {
    case 401:
      return problem(status, "Incorrect API key provided.", { code: code ?? "invalid_api_key" })
    case 403:
      return problem(status, "You are not allowed to do this.", { code: code ?? null })
    case 404:
      return problem(status, "Not found.", { code: code ?? null })
    case 413:
      return problem(status, "Maximum content size limit (67108864) exceeded.", { code: code ?? null })
    case 429:
      return code === "insufficient_quota"
        ? problem(status, "You exceeded your current quota, please check your plan and billing details.", {
          type: "insufficient_quota",
          code
        })
        : problem(status, "Rate limit reached for requests.", {
          type: "requests",
          code: code ?? "rate_limit_exceeded"
        })
    case 503:
      return problem(status, "The engine is currently overloaded, please try again later.", {
        type: "server_error",
        code: code ?? null
      })
    default:
      return status >= 500
        ? problem(status, "The server had an error while processing your request.", {
          type: "server_error",
          code: code ?? null
        })
        : problem(status, "The request is not valid.", { code: code ?? null })
  }
}

export const headers = (requestId: string): Readonly<Record<string, string>> => ({
  "x-request-id": requestId,
  "openai-version": "2020-10-01",
  "openai-processing-ms": "12",
  "x-ratelimit-limit-requests": "10000",
  "x-ratelimit-remaining-requests": "9999",
  "x-ratelimit-reset-requests": "6ms",
  "x-ratelimit-limit-tokens": "30000000",
  "x-ratelimit-remaining-tokens": "29999000",
  "x-ratelimit-reset-tokens": "2ms"
})

/** What is left of the limits that are enforced. */
export const rateHeaders = ({ requests, tokens }: Rates.State): Readonly<Record<string, string>> => ({
  ...rateHeadersOf("requests", requests),
  ...rateHeadersOf("tokens", tokens)
})

const rateHeadersOf = (kind: string, left: Rates.Left | undefined): Readonly<Record<string, string>> =>
  left === undefined ? {} : {
    [`x-ratelimit-limit-${kind}`]: String(left.limit),
    [`x-ratelimit-remaining-${kind}`]: String(left.remaining),
    [`x-ratelimit-reset-${kind}`]: durationOf(left.resetMillis)
  }

/** As Go writes it: `6m0s`, `1.5s`, `20ms`. */
const durationOf = (millis: number): string => {
  if (millis < 1000) return `${millis}ms`
  const minutes = Math.floor(millis / 60_000)
  return `${minutes > 0 ? `${minutes}m` : ""}${millis % 60_000 / 1000}s`
}

export const answer = ({ code, message, param, status, type }: Problem, requestId: string): Answer => ({
  status,
  headers: headers(requestId),
  requestId,
  body: json({ error: { message, type, param, code } })
})

/** What failed in-band, in OpenAI's words. */
export const inBand = ({ code, message }: InBand) => ({
  code: code ?? "server_error",
  message: message ?? "The server had an error while processing your request."
})

/** An error body that comes with status 200. */
export const inBandBody = (failure: InBand) => ({ error: { ...inBand(failure), type: "server_error", param: null } })

export const json = (value: unknown, fail: (failure: InBand) => unknown = inBandBody): Body => ({
  _tag: "Json",
  value,
  fail
})

/**
 * Anthropic's error bodies and the headers that every answer of its carries.
 */
import { isObject } from "../Json.ts"
import type { Answer, Body, Failure, InBand } from "../Protocol.ts"
import type * as Rates from "../Rates.ts"
import type { Issue, Kind } from "../Shape.ts"

/** A refusal in Anthropic's words. */
export interface Problem {
  readonly _tag: "Problem"
  readonly status: number
  readonly type: string
  readonly message: string
  /** Tells apart errors of one type, such as `enforced_spend_limit_reached`. */
  readonly code: string | undefined
}

const types: Readonly<Record<number, readonly [type: string, message: string]>> = {
  400: ["invalid_request_error", "The request is not valid."],
  401: ["authentication_error", "invalid bearer token"],
  402: ["billing_error", "Your credit balance is too low to access the Anthropic API."],
  403: ["permission_error", "Your API key does not have permission to use the specified resource."],
  404: ["not_found_error", "Not found"],
  409: ["conflict_error", "The request conflicts with another one."],
  413: ["request_too_large", "Request exceeds the maximum size"],
  429: ["rate_limit_error", "This request would exceed your organization's rate limit."],
  500: ["api_error", "Internal server error"],
  504: ["timeout_error", "The request timed out."],
  529: ["overloaded_error", "Overloaded"]
}

const names: ReadonlySet<string> = new Set(Object.values(types).map(([type]) => type))

const standard = (status: number): readonly [type: string, message: string] =>
  types[status] ?? (status >= 500 ? ["api_error", "Internal server error"] : [
    "invalid_request_error",
    "The request is not valid."
  ])

export const problem = (status: number, message?: string, code?: string): Problem => {
  const [type, usual] = standard(status)
  return { _tag: "Problem", status, type, message: message ?? usual, code }
}

export const isProblem = (value: unknown): value is Problem => isObject(value) && value["_tag"] === "Problem"

/** Refuses the request for what is at `path`, which may be empty. */
export const invalid = (path: string, message: string): Problem =>
  problem(400, path === "" ? message : `${path}: ${message}`)

/** What Anthropic says for a status; `code` is one of its error types, or one of its error codes. */
export const ofFailure = ({ code, message, status }: Failure): Problem => {
  const found = problem(status, message)
  if (code === undefined) return found
  return names.has(code) ? { ...found, type: code } : { ...found, code }
}

const kinds: Readonly<Record<Kind, string>> = {
  string: "string",
  boolean: "boolean",
  decimal: "number",
  integer: "integer",
  array: "list",
  object: "dictionary"
}

const either = (values: ReadonlyArray<string>) =>
  values.map((value) => `'${value}'`).join(", ").replace(/, ([^,]*)$/, " or $1")

const pathOf = ({ path }: Issue): string => path.map((step) => typeof step === "object" ? step.tag : step).join(".")

/** A wrong body in Anthropic's words. */
export const ofIssue = (issue: Issue): Problem => {
  const { flaw } = issue
  const of = (message: string) => invalid(pathOf(issue), message)
  switch (flaw._tag) {
    case "Unknown":
      return of("Extra inputs are not permitted")
    case "Missing":
      return of("Field required")
    case "WrongType":
      return of(`Input should be a valid ${kinds[flaw.expected]}`)
    case "NotOneOf":
      return of(`Input should be ${either(flaw.values)}`)
    case "UnknownTag":
      return of(
        `Input tag '${String(flaw.value)}' found using '${flaw.key}' does not match any of the expected tags: `
          + flaw.values.map((value) => `'${value}'`).join(", ")
      )
    case "OutOfRange":
      return of(`Input should be ${flaw.side === "min" ? "greater" : "less"} than or equal to ${flaw.bound}`)
    case "Length":
      return of(
        `List should have at ${flaw.side === "min" ? "least" : "most"} ${flaw.bound} item${
          flaw.bound === 1 ? "" : "s"
        } `
          + `after validation, not ${flaw.length}`
      )
  }
}

/** What is left of the limits that are enforced. */
export const rateHeaders = ({ requests, tokens }: Rates.State, now: number): Readonly<Record<string, string>> => ({
  ...rateHeadersOf("requests", requests, now),
  ...rateHeadersOf("tokens", tokens, now)
})

const rateHeadersOf = (kind: string, left: Rates.Left | undefined, now: number): Readonly<Record<string, string>> =>
  left === undefined ? {} : {
    [`anthropic-ratelimit-${kind}-limit`]: String(left.limit),
    [`anthropic-ratelimit-${kind}-remaining`]: String(left.remaining),
    [`anthropic-ratelimit-${kind}-reset`]: secondOf(Math.ceil((now + left.resetMillis) / 1000) * 1000)
  }

const secondOf = (millis: number): string => new Date(millis).toISOString().replace(/\.\d+Z$/, "Z")

const limits = { requests: 4000, tokens: 2_400_000, "input-tokens": 2_000_000, "output-tokens": 400_000 }

/** `now` in milliseconds since 1970. */
export const headers = (requestId: string, now: number): Readonly<Record<string, string>> => {
  const reset = secondOf(now + 1000)
  const rates = Object.entries(limits).flatMap(([kind, limit]) => [
    [`anthropic-ratelimit-${kind}-limit`, String(limit)],
    [`anthropic-ratelimit-${kind}-remaining`, String(limit - 1)],
    [`anthropic-ratelimit-${kind}-reset`, reset]
  ])
  return {
    "request-id": requestId,
    "anthropic-organization-id": "00000000-0000-4000-8000-00000000100f",
    ...Object.fromEntries(rates)
  }
}

const body = ({ code, message, type }: Pick<Problem, "type" | "message" | "code">, requestId: string) => ({
  type: "error",
  error: { type, message, ...(code === undefined ? {} : { details: { error_code: code } }) },
  request_id: requestId
})

export const answer = (found: Problem, requestId: string, now: number): Answer => ({
  status: found.status,
  headers: headers(requestId, now),
  requestId,
  body: json(body(found, requestId), requestId)
})

/** What failed in-band: an overload unless the failure says otherwise. */
export const inBand = ({ code, message }: InBand, requestId: string) =>
  body(ofFailure({ status: 529, code: code ?? "overloaded_error", message }), requestId)

export const json = (value: unknown, requestId: string): Body => ({
  _tag: "Json",
  value,
  fail: (failure) => inBand(failure, requestId)
})

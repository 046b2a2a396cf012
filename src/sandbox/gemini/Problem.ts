/**
 * Google's error bodies: a code, a status of gRPC's, and details.
 */
import type { Problem } from "../Door.ts"
import type { JsonObject } from "../Json.ts"
import type { Verdict } from "../Keys.ts"
import type { Failure, InBand } from "../Protocol.ts"
import type { Flaw, Issue } from "../Shape.ts"

const usual: Readonly<Record<number, readonly [status: string, message: string]>> = {
  400: ["INVALID_ARGUMENT", "Request contains an invalid argument."],
  401: ["UNAUTHENTICATED", "Request had invalid authentication credentials."],
  403: ["PERMISSION_DENIED", "The caller does not have permission."],
  404: ["NOT_FOUND", "Requested entity was not found."],
  409: ["ABORTED", "The operation was aborted."],
  413: ["INVALID_ARGUMENT", "Request payload size exceeds the limit."],
  429: ["RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details."],
  499: ["CANCELLED", "The operation was cancelled."],
  500: ["INTERNAL", "An internal error has occurred. Please retry."],
  503: ["UNAVAILABLE", "The model is overloaded. Please try again later."],
  504: ["DEADLINE_EXCEEDED", "Deadline expired before operation could complete."]
}

const standard = (code: number): readonly [status: string, message: string] =>
  usual[code] ?? (code >= 500 ? ["INTERNAL", "Internal error encountered."] : [
    "INVALID_ARGUMENT",
    "Request contains an invalid argument."
  ])

const bodyOf = (code: number, message: string, status: string, details: ReadonlyArray<JsonObject>) => ({
  error: { code, message, status, ...(details.length === 0 ? {} : { details }) }
})

const detail = (type: string, members: JsonObject): JsonObject => ({
  "@type": `type.googleapis.com/google.rpc.${type}`,
  ...members
})

export const problem = (
  code: number,
  message?: string,
  details: ReadonlyArray<JsonObject> = [],
  status?: string
): Problem => {
  const [word, words] = standard(code)
  return { _tag: "Problem", status: code, body: bodyOf(code, message ?? words, status ?? word, details) }
}

/** Refuses a request for what it holds. */
export const invalid = (message: string, details?: ReadonlyArray<JsonObject>): Problem => problem(400, message, details)

const statuses: ReadonlySet<string> = new Set([
  ...Object.values(usual).map(([status]) => status),
  "FAILED_PRECONDITION",
  "OUT_OF_RANGE"
])

/** `code` is a status of gRPC's, a delay to tell (`7s`), a quota's id, or the reason in an `ErrorInfo`. */
const detailsOf = (code: string | undefined): ReadonlyArray<JsonObject> => {
  if (code === undefined || statuses.has(code)) return []
  if (/^\d+(\.\d+)?s$/.test(code)) return [detail("RetryInfo", { retryDelay: code })]
  return /Per(Day|Minute)/.test(code)
    ? [detail("QuotaFailure", { violations: [{ quotaId: code }] })]
    : [detail("ErrorInfo", { reason: code, domain: "googleapis.com" })]
}

/** What Google says for a status when nothing else is known. */
export const ofFailure = ({ code, message, status }: Failure): Problem =>
  problem(status, message, detailsOf(code), code !== undefined && statuses.has(code) ? code : undefined)

/** A key is an argument to Google. */
export const ofKey = (verdict: Exclude<Verdict, "valid">): Problem =>
  verdict === "missing"
    ? problem(403, "Method doesn't allow unregistered callers (callers without established identity).")
    : invalid("API key not valid. Please pass a valid API key.", detailsOf("API_KEY_INVALID"))

const httpOf = (status: string): number =>
  Number(Object.entries(usual).find(([, [word]]) => word === status)?.[0] ?? 400)

/** A failure told with status 200: an overload unless it says otherwise. */
export const inBand = ({ code, message }: InBand) => {
  const status = code !== undefined && statuses.has(code) ? code : code === undefined ? "UNAVAILABLE" : undefined
  const http = status === undefined ? 429 : httpOf(status)
  return ofFailure({ status: http, code: status ?? code, message }).body
}

const snake = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const pathOf = ({ path }: Issue): string =>
  path.reduce<string>((before, step) => {
    if (typeof step === "number") return `${before}[${step}]`
    const name = snake(typeof step === "object" ? step.tag : step)
    return before === "" ? name : `${before}.${name}`
  }, "")

/** A body of the wrong shape, as a protobuf parser tells it. */
export const ofIssue = (issue: Issue): Problem => {
  const { flaw, path } = issue
  const last = path.at(-1)
  const name = typeof last === "object" ? last.tag : String(last)
  if (flaw._tag === "Unknown") {
    const owner = pathOf({ flaw, path: path.slice(0, -1) })
    const message = `Invalid JSON payload received. Unknown name "${name}"${
      owner === "" ? "" : ` at '${owner}'`
    }: Cannot find field.`
    return violated(owner, message)
  }
  if (flaw._tag === "Missing") {
    return violated(pathOf(issue), `* GenerateContentRequest.${pathOf(issue)}: ${name} is not specified`)
  }
  return violated(pathOf(issue), `Invalid value at '${pathOf(issue)}'${wordsOf(flaw)}`)
}

const violated = (field: string, description: string): Problem =>
  invalid(description, [detail("BadRequest", { fieldViolations: [{ field, description }] })])

const wordsOf = (flaw: Exclude<Flaw, { readonly _tag: "Unknown" | "Missing" }>): string => {
  switch (flaw._tag) {
    case "WrongType":
      return ` (TYPE_${flaw.expected.toUpperCase()}), ${JSON.stringify(flaw.value) ?? "nothing"}`
    case "NotOneOf":
    case "UnknownTag":
      return ` (TYPE_ENUM), ${JSON.stringify(flaw.value) ?? "nothing"}`
    case "OutOfRange":
      return `: ${flaw.value} must be at ${flaw.side === "min" ? "least" : "most"} ${flaw.bound}`
    case "Length":
      return `: ${flaw.length} elements where ${flaw.bound} are the ${flaw.side === "min" ? "least" : "most"}`
  }
}

/**
 * Mistral's error bodies: its own shape, a list of what is wrong with a body, and a gateway's word for a wrong key.
 */
import type { Problem } from "../Door.ts"
import type { Failure, InBand } from "../Protocol.ts"
import type { Flaw, Issue } from "../Shape.ts"

interface Words {
  readonly message: string
  readonly type: string
  readonly code: string | null
}

const told = (status: number, { code, message, type }: Words, param: string | null = null): Problem => ({
  _tag: "Problem",
  status,
  body: { object: "error", message, type, param, code }
})

export const problem = (
  message: string,
  type: string,
  code: string,
  param: string | null = null
): Problem => told(400, { message, type, code }, param)

/** A body of the wrong shape, as the vendor's validator tells it. */
export const ofIssue = ({ flaw, path }: Issue): Problem => {
  const loc = ["body", ...path.map((step) => typeof step === "object" ? step.tag : step)]
  return { _tag: "Problem", status: 422, body: { detail: [{ ...wordsOf(flaw), loc }] } }
}

const wordsOf = (flaw: Flaw): { readonly type: string; readonly msg: string } => {
  switch (flaw._tag) {
    case "Unknown":
      return { type: "extra_forbidden", msg: "Extra inputs are not permitted" }
    case "Missing":
      return { type: "missing", msg: "Field required" }
    case "WrongType":
      return { type: `${flaw.expected}_type`, msg: `Input should be a valid ${flaw.expected}` }
    case "NotOneOf":
    case "UnknownTag":
      return { type: "literal_error", msg: `Input should be ${flaw.values.map((name) => `'${name}'`).join(" or ")}` }
    case "OutOfRange":
      return flaw.side === "min"
        ? { type: "greater_than_equal", msg: `Input should be greater than or equal to ${flaw.bound}` }
        : { type: "less_than_equal", msg: `Input should be less than or equal to ${flaw.bound}` }
    case "Length":
      return flaw.side === "min"
        ? {
          type: "too_short",
          msg: `List should have at least ${flaw.bound} items after validation, not ${flaw.length}`
        }
        : { type: "too_long", msg: `List should have at most ${flaw.bound} items after validation, not ${flaw.length}` }
  }
}

const standard = (status: number): Words => {
  switch (status) {
    case 404:
      return { message: "no Route matched with those values", type: "not_found", code: null }
    case 429:
      return { message: "Requests rate limit exceeded", type: "rate_limited", code: "1300" }
    case 503:
      return { message: "Service unavailable.", type: "internal_server_error", code: "3000" }
    default:
      return status >= 500
        ? { message: "Internal server error", type: "internal_server_error", code: "1000" }
        : { message: "The request is not valid.", type: "invalid_request_error", code: "1200" }
  }
}

/** What Mistral says for a status when nothing else is known. */
export const ofFailure = ({ code, message, status }: Failure): Problem => {
  if (status === 401) return { _tag: "Problem", status, body: { detail: message ?? "Unauthorized" } }
  const words = standard(status)
  return told(status, { ...words, message: message ?? words.message, code: code ?? words.code })
}

/** A failure told with status 200; `code` is the type of it, which clients look at. */
export const inBand = ({ code, message }: InBand) => ({
  object: "error",
  message: message ?? "Internal server error",
  type: code ?? "internal_server_error",
  param: null,
  code: "1000"
})

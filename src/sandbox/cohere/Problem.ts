/**
 * Cohere's errors: words, and an id.
 */
import type { Problem } from "../Door.ts"
import type { Failure, InBand } from "../Protocol.ts"
import type { Flaw, Issue } from "../Shape.ts"

export const problem = (message: string, status = 400): Problem => ({ _tag: "Problem", status, body: { message } })

const says = (flaw: Flaw): string => {
  switch (flaw._tag) {
    case "Unknown":
      return "unknown field"
    case "Missing":
      return "the field is required"
    case "WrongType":
      return `expected a value of type ${flaw.expected}`
    case "NotOneOf":
    case "UnknownTag":
      return `must be one of ${flaw.values.join(", ")}`
    case "OutOfRange":
      return `must be at ${flaw.side === "min" ? "least" : "most"} ${flaw.bound}`
    case "Length":
      return `must have at ${flaw.side === "min" ? "least" : "most"} ${flaw.bound} elements`
  }
}

export const ofIssue = ({ flaw, path }: Issue): Problem => {
  const at = path.flatMap((step) => typeof step === "object" ? [] : [String(step)]).join(".")
  return problem(`invalid request: ${at}: ${says(flaw)}`, 422)
}

const standard: Readonly<Record<number, string>> = {
  401: "invalid api token",
  402: "Please add or update your payment method at https://dashboard.cohere.com/billing?tab=payment to continue",
  404: "not found",
  429: "You are rate limited",
  499: "request cancelled"
}

/** What Cohere says for a status when nothing else is known. */
export const ofFailure = ({ message, status }: Failure): Problem =>
  problem(message ?? standard[status] ?? (status >= 500 ? "internal server error" : "invalid request"), status)

export const inBand = ({ message }: InBand) => ({ message: message ?? "internal server error" })

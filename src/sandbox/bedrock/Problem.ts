/**
 * Bedrock's errors: a name in a header, and a message in the body.
 */
import type { Problem } from "../Door.ts"
import type { Event, Failure, InBand } from "../Protocol.ts"
import type { Flaw, Issue } from "../Shape.ts"

const told = (status: number, name: string, message: string): Problem => ({
  _tag: "Problem",
  status,
  body: { message },
  headers: { "x-amzn-errortype": `${name}:http://internal.amazon.com/coral/com.amazon.bedrock/` }
})

export const invalid = (message: string): Problem => told(400, "ValidationException", message)

export const denied = (name: string, message: string): Problem => told(403, name, message)

export const notFound = (message: string): Problem => told(404, "ResourceNotFoundException", message)

const says = (flaw: Flaw): string => {
  switch (flaw._tag) {
    case "Unknown":
      return "extraneous key is not permitted"
    case "Missing":
      return "Member must not be null"
    case "WrongType":
      return `expected type: ${flaw.expected}`
    case "NotOneOf":
    case "UnknownTag":
      return `Member must satisfy enum value set: [${flaw.values.join(", ")}]`
    case "OutOfRange":
      return `Member must have value ${flaw.side === "min" ? "greater" : "less"} than or equal to ${flaw.bound}`
    case "Length":
      return `Member must have length ${flaw.side === "min" ? "greater" : "less"} than or equal to ${flaw.bound}`
  }
}

export const ofIssue = ({ flaw, path }: Issue): Problem => {
  const at = path.flatMap((step) => typeof step === "object" ? [] : [String(step)]).join(".")
  return invalid(`1 validation error detected: Value at '${at}' failed to satisfy constraint: ${says(flaw)}`)
}

const names: Readonly<Record<number, readonly [name: string, message: string]>> = {
  401: ["UnrecognizedClientException", "The security token included in the request is invalid."],
  403: ["AccessDeniedException", "You don't have access to the model with the specified model ID."],
  404: ["ResourceNotFoundException", "Could not resolve the foundation model from the provided model identifier."],
  408: ["ModelTimeoutException", "Model has timed out in processing the request."],
  424: ["ModelErrorException", "The system encountered an unexpected error during processing. Try your request again."],
  429: ["ThrottlingException", "Too many requests, please wait before trying again."],
  503: ["ServiceUnavailableException", "Bedrock is unable to process your request."]
}

/** What Bedrock says for a status when nothing else is known; `code` is the error's name. */
export const ofFailure = ({ code, message, status }: Failure): Problem => {
  const [name, words] = names[status]
    ?? (status >= 500
      ? ["InternalServerException", "The system encountered an unexpected error during processing."]
      : ["ValidationException", "The request is not valid."])
  return told(status === 401 ? 403 : status, code ?? name, message ?? words)
}

const failureOf = ({ code, message }: InBand) => ({
  name: code ?? "internalServerException",
  message: message ?? "The system encountered an unexpected error during processing."
})

export const inBand = (failure: InBand) => {
  const { message, name } = failureOf(failure)
  return { __type: `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`, message }
}

/** A failure told within a stream. */
export const exception = (failure: InBand): Event => {
  const { message, name } = failureOf(failure)
  return { event: name, data: JSON.stringify({ message }), tokens: 0 }
}

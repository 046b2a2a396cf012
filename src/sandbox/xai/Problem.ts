/**
 * xAI's errors, in two shapes: what is wrong with a request is told in OpenAI's, all else by a code and a text.
 *
 * Which comes when, and codes other than `invalid-argument`, are made up.
 */
import type { Problem } from "../Door.ts"
import type { Failure, InBand } from "../Protocol.ts"
import { ofFailure as ofStatus, type Problem as OpenAiProblem, problem as openAi } from "../openai/Problem.ts"

const refusal = (status: number, body: unknown): Problem => ({ _tag: "Problem", status, body })

export const problem = (status: number, message: string, code = "invalid-argument"): Problem =>
  refusal(status, { code, error: message })

/** A wrong body, where it is wrong. */
export const ofOpenAi = ({ code, message, param, status, type }: OpenAiProblem): Problem =>
  param === null
    ? problem(status, message, code ?? undefined)
    : refusal(status, { error: { message, type, param, code } })

const codes: Readonly<Record<number, string>> = {
  401: "unauthenticated",
  403: "permission-denied",
  404: "not-found",
  429: "resource-exhausted"
}

export const ofFailure = (failure: Failure): Problem => {
  const { message } = ofStatus(failure)
  const code = failure.code ?? codes[failure.status] ?? (failure.status >= 500 ? "internal" : undefined)
  return problem(failure.status, message, code)
}

export const inBand = ({ code, message }: InBand) => ({
  code: code ?? "internal",
  error: message ?? "The service had an error."
})

export const invalid = (message: string, param: string): Problem => ofOpenAi(openAi(400, message, { param }))

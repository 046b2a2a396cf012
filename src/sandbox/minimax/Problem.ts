/**
 * MiniMax's errors: with a status in Anthropic's shape, with status 200 as a `base_resp` that isn't 0.
 */
import type { Problem } from "../Door.ts"
import type { Failure, InBand } from "../Protocol.ts"
import type { Issue } from "../Shape.ts"
import { ofFailure as ofStatus, ofIssue as ofWrong, type Problem as AnthropicProblem } from "../anthropic/Problem.ts"

export const ofAnthropic = ({ message, status, type }: AnthropicProblem): Problem => ({
  _tag: "Problem",
  status,
  body: { type: "error", error: { type, message } }
})

export const ofFailure = (failure: Failure): Problem => ofAnthropic(ofStatus(failure))

export const ofIssue = (issue: Issue): Problem => ofAnthropic(ofWrong(issue))

export const invalid = (message: string): Problem => ofFailure({ status: 400, message })

export const ok = { status_code: 0, status_msg: "" }

export const inBand = ({ code, message }: InBand) => ({
  base_resp: { status_code: /^\d+$/.test(code ?? "") ? Number(code) : 1000, status_msg: message ?? "unknown error" }
})

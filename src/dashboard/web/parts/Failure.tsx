import { ago } from "../format.ts"
import { now } from "../state/clock.ts"
import type { Resource } from "../state/resource.ts"

/** What failed, since when, and the way to try again; in a line where it is said in full nearby. */
export const Failure = ({ isBrief = false, of }: { readonly of: Resource<unknown>; readonly isBrief?: boolean }) => {
  const failure = of.failure.value
  if (failure === undefined) return null
  const { problem, since } = failure
  const answer = of.answer.value
  return (
    <div
      class={isBrief ? "failure brief" : "failure"}
      data-testid="failure"
      title={isBrief ? `${problem.why ?? ""} ${problem.fix ?? ""}` : undefined}
    >
      <p>
        <strong>{problem.message}</strong> {isBrief ? null : <span>{problem.why} {problem.fix}</span>}
      </p>
      <p class="muted">
        <span>Since {ago(since, now.value)}.</span>
        {answer === undefined ? null : <span data-testid="age">What is shown is of {ago(answer.at, now.value)}.</span>}
        <button type="button" class="quiet" onClick={of.refresh}>Retry</button>
      </p>
    </div>
  )
}

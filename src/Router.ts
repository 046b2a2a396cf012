/**
 * Choosing between models: one fold above Generators, that failover and routers share.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { GenerateError } from "./GenerateError.ts"
import type { Request } from "./Request.ts"

/**
 * One model that may be asked. It becomes a Request (with its own model, defaults and checks) only when it is reached.
 *
 * @category models
 * @since 0.1.0
 */
export interface Candidate {
  /** `provider/model`. */
  readonly name: string
  readonly request: Effect.Effect<Request, GenerateError>
}

/**
 * Asks the candidates in order, and answers with the first that succeeds. `goOn` says which failures lead to the next;
 * the last one's failure is the failure of all.
 *
 * @category combinators
 * @since 0.1.0
 */
export const firstOf = (plan: {
  readonly candidates: readonly [Candidate, ...ReadonlyArray<Candidate>]
  readonly goOn?: ((error: GenerateError) => boolean) | undefined
}) =>
<A, R>(run: (request: Request) => Effect.Effect<A, GenerateError, R>): Effect.Effect<A, GenerateError, R> => {
  const goOn = plan.goOn ?? ((error: GenerateError) => error.failover)
  const [first, ...rest] = plan.candidates
  const ask = (candidate: Candidate, others: ReadonlyArray<Candidate>): Effect.Effect<A, GenerateError, R> => {
    const [next, ...after] = others
    const one = Effect.flatMap(candidate.request, run)
    return next === undefined ? one : Effect.catchIf(one, goOn, () => ask(next, after))
  }
  return ask(first, rest)
}

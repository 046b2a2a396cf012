/**
 * Choosing between models: one fold above Generators, that failover and routers share.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { spent } from "./Attempt.ts"
import type { Call } from "./Call.ts"
import * as Catalog from "./Catalog.ts"
import type { GenerateError } from "./GenerateError.ts"
import type { Model } from "./Model.ts"
import * as Request from "./Request.ts"
import { RetryPolicy } from "./RetryPolicy.ts"
import { Params } from "./internal/params.ts"
import { translate } from "./internal/standIn.ts"

/**
 * One model that may be asked. It becomes a Request (with its own model, defaults and checks) only when it is reached.
 *
 * @category models
 * @since 0.1.0
 */
export interface Candidate {
  /** `provider/model`. */
  readonly name: string
  readonly request: Effect.Effect<Request.Request, GenerateError>
  /** Which of its failures lead to the next one, in place of the plan's. */
  readonly goOn?: ((error: GenerateError) => boolean) | undefined
  /** What of the call was left out or changed for it, once it has become a Request. */
  readonly warnings?: (() => ReadonlyArray<string>) | undefined
}

/**
 * Candidates in the order in which they are asked.
 *
 * @category models
 * @since 0.1.0
 */
export interface Plan {
  readonly candidates: readonly [Candidate, ...ReadonlyArray<Candidate>]
  /** More of them, made only when those above have failed. */
  readonly more?: (() => ReadonlyArray<Candidate>) | undefined
  /** Which failures lead to the next one: by default those that another vendor may help with (`error.failover`). */
  readonly goOn?: ((error: GenerateError) => boolean) | undefined
  /** Its deadline and its budget of attempts end the plan, and it is told what was tried. */
  readonly call?: Call | undefined
}

/**
 * Asks the candidates in order, and answers with the first that succeeds. Where all fail, the last failure of those that
 * were asked is the failure of all; one that was only skipped (it has no key, can't do what is asked or doesn't take it,
 * its circuit is open) doesn't take the place of another.
 *
 * @category combinators
 * @since 0.1.0
 */
export const firstOf =
  (plan: Plan) =>
  <A, R>(run: (request: Request.Request) => Effect.Effect<A, GenerateError, R>): Effect.Effect<A, GenerateError, R> => {
    const [first, second] = plan.candidates
    if (second === undefined && plan.more === undefined) return Effect.flatMap(first.request, run)
    return Effect.clockWith((clock) => {
      const { call, goOn = leads } = plan
      const [, ...left] = plan.candidates
      let { more } = plan

      const following = (): Candidate | undefined => {
        if (left.length === 0 && more !== undefined) {
          left.push(...more())
          more = undefined
        }
        return left.shift()
      }
      const isOver = () =>
        call !== undefined &&
        (call.attempts.length >= call.maxAttempts || clock.currentTimeMillisUnsafe() >= call.deadline)

      const ask = (candidate: Candidate, before?: GenerateError): Effect.Effect<A, GenerateError, R> =>
        Effect.suspend(() => {
          const note = noting(candidate, call, clock)
          const asked = Effect.flatMap(candidate.request, run)
          const told = before === undefined
            ? asked
            : Effect.onInterrupt(asked, () => Effect.sync(() => note("interrupted")))
          return Effect.matchEffect(told, {
            onSuccess: (answer) => {
              if (before !== undefined) note("ok")
              return Effect.succeed(answer)
            },
            onFailure: (error) => {
              const leadsOn = (candidate.goOn ?? goOn)(error)
              const failed = before === undefined || !isSkipped(error, leadsOn) ? error : before
              const next = leadsOn && !isOver() ? following() : undefined
              if (next !== undefined || before !== undefined) note(error.reason._tag, error.why)
              return next === undefined ? Effect.fail(failed) : ask(next, failed)
            }
          })
        })

      return ask(first)
    })
  }

const leads = (error: GenerateError): boolean => error.failover

/** A refusal of the request counts where it ends the plan: one that doesn't is of a version made for that candidate. */
const isSkipped = ({ reason }: GenerateError, leadsOn: boolean): boolean =>
  skipped.has(reason._tag) || (leadsOn && reason._tag === "InvalidRequest")

const skipped: ReadonlySet<string> = new Set(["KeyMissing", "Unsupported", "UnknownModel", "CircuitOpen"])

/** Tells the call what becomes of a candidate from here on. */
const noting = (candidate: Candidate, call: Call | undefined, clock: Clock.Clock) => {
  const from = clock.monotonicTimeNanosUnsafe()
  const before = call?.attempts.length ?? 0
  return (outcome: string, why?: string): void => {
    const attempts = call?.attempts.slice(before) ?? []
    call?.tried.push({
      model: candidate.name,
      outcome,
      why,
      attempts: attempts.length,
      duration: Number(clock.monotonicTimeNanosUnsafe() - from) / 1e6,
      picoUsd: spent(attempts),
      warnings: candidate.warnings?.() ?? []
    })
  }
}

/**
 * A model that may stand in for another: its id, or more.
 *
 * @category models
 * @since 0.1.0
 */
export interface StandIn {
  readonly provider?: string | undefined
  /** With its provider in front where `provider` is unset: `anthropic/claude-haiku-4-5`. */
  readonly model: string
  /** Over those of the call. */
  readonly params?: Request.Params | undefined
  /** In place of the call's policy. */
  readonly retry?: RetryPolicy | undefined
}

/**
 * Who stands in for a model that can't be reached:
 *
 * - `false`: nobody.
 * - `"same-model"`: the same model at other providers.
 * - `true`: these, then models of a like price and purpose (`Catalog.equivalents`), in that order.
 * - a list: the models it names, in this order.
 *
 * @category models
 * @since 0.1.0
 */
export type Failover = boolean | "same-model" | ReadonlyArray<string | StandIn>

/**
 * The schema of {@link Failover}, for the edges.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Failover: Schema.Codec<Failover> = Schema.Union([
  Schema.Boolean,
  Schema.Literal("same-model"),
  Schema.Array(Schema.Union([
    Schema.NonEmptyString,
    Schema.Struct({
      provider: Schema.optional(Schema.NonEmptyString),
      model: Schema.NonEmptyString,
      params: Schema.optional(Params),
      retry: Schema.optional(RetryPolicy)
    })
  ]))
])

/**
 * The candidates that stand in for a model. Each gets the call without what only the first one's vendor understands; one
 * that can't do what is asked is skipped, and so is one that refuses its version of the request.
 *
 * @category constructors
 * @since 0.1.0
 */
export const standIns = (options: {
  readonly failover: Failover
  readonly catalog: Catalog.Catalog
  readonly asked: { readonly provider?: string | undefined; readonly model: string }
  readonly call: Call
  /** The call as it would be asked of a model, with params of that one's own. */
  readonly requestFor: (model: Model, call: Call, params: Request.Params | undefined) => Request.Request
}): ReadonlyArray<Candidate> => {
  const { call, catalog, failover } = options
  const resolved = Catalog.resolve(catalog, options.asked)
  if (Result.isFailure(resolved)) return []
  const first = resolved.success
  const named = typeof failover === "object"
    ? failover.map((one): StandIn => typeof one === "string" ? { model: one } : one)
    : failover === false
    ? []
    : Catalog.equivalents(catalog, first, { at: call.startedAt })
      .filter(({ kind }) => failover === true || kind === "same-model")
      .map(({ model, params }): StandIn => ({ provider: model.provider, model: model.id, params }))
  return named
    .map((standIn) => ({ standIn, found: Catalog.resolve(catalog, standIn) }))
    // To ask once more for the same is what a retry policy is for.
    .filter(({ found, standIn }) => standIn.params !== undefined || !isSame(found, first))
    .map(({ found, standIn }, index) => {
      const { params = {}, retry } = standIn
      const warnings: Array<string> = []
      return {
        name: nameOf(found) ??
          (standIn.provider === undefined ? standIn.model : `${standIn.provider}/${standIn.model}`),
        request: Effect.flatMap(
          Effect.suspend(() => Request.resolve(catalog, standIn)),
          (model) => {
            const own = retry === undefined ? call : { ...call, retry }
            const request = { ...options.requestFor(model, own, params), candidate: index + 1 }
            warnings.length = 0
            return translate({ request, first, own: params, warnings })
          }
        ),
        goOn: (error) => error.failover || refusals.has(error.reason._tag),
        warnings: () => warnings
      }
    })
}

type Found = ReturnType<typeof Catalog.resolve>

const isSame = (found: Found, { id, provider, upstream }: Model): boolean =>
  Result.isSuccess(found) && found.success.provider === provider && found.success.id === id &&
  found.success.upstream === upstream

const nameOf = (found: Found): string | undefined =>
  Result.isSuccess(found) ? `${found.success.provider}/${found.success.id}` : undefined

/** It says nothing of the next one that a stand-in doesn't take the request. */
const refusals: ReadonlySet<string> = new Set(["InvalidRequest", "Unsupported", "UnknownModel"])

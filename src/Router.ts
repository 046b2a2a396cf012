/**
 * Choosing between models: one fold above Generators, that routers and failover share.
 *
 * **Example** (Cheap first, and only if it will do)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Loom, Router } from "loom-router"
 *
 * const router = Router.make({
 *   candidates: [
 *     ["openai", "text", "gpt-4o-mini"],
 *     { provider: "anthropic", model: "claude-haiku-4-5" },
 *     ["openai", "text", "gpt-4o", { temperature: 0.2 }]
 *   ],
 *   validator: (answer) => answer.text.length > 40
 * })
 *
 * export const program = Loom.route(router, { prompt: "Explain quantum entanglement." }).pipe(
 *   Effect.map(({ router, text }) => [text, router?.used, router?.tried])
 * )
 * ```
 *
 * **Details**
 *
 * Candidates are asked in order, until one gives an answer that the validator accepts. Which failures lead on is the same
 * as for failover: what another vendor may help with, never a refusal of the request itself, unless `when` says so. A
 * candidate that can't do what is asked is skipped. Each is a call's candidate: it has the cache, the coalescing and the
 * retries of any call, one deadline and one budget of attempts holds for all of them, and what a rejected answer cost is
 * on the record.
 *
 * @since 1.0.0
 */
import * as Arr from "effect/Array"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Call from "./Call.ts"
import * as Catalog from "./Catalog.ts"
import * as Cost from "./Cost.ts"
import { errorIn, GenerateError, invalidRequest, outcomeOf, Rejected } from "./GenerateError.ts"
import * as Generator from "./Generator.ts"
import type { Model } from "./Model.ts"
import * as Request from "./Request.ts"
import { RetryPolicy } from "./RetryPolicy.ts"
import * as Usage from "./Usage.ts"
import * as Hedge from "./internal/hedge.ts"
import { pixelsOf } from "./internal/imageSize.ts"
import { Params, stated } from "./internal/params.ts"
import { problemsOf } from "./internal/problems.ts"
import { translate } from "./internal/standIn.ts"

/**
 * One model that may be asked. It becomes a Request (with its own model, defaults and checks) only when it is reached.
 *
 * @category models
 * @since 1.0.0
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
 * @since 1.0.0
 */
export interface Plan {
  readonly candidates: readonly [Candidate, ...ReadonlyArray<Candidate>]
  /** More of them, made only when those above have failed. */
  readonly more?: (() => ReadonlyArray<Candidate>) | undefined
  /** Which failures lead to the next one: by default those that another vendor may help with (`error.failover`). */
  readonly goOn?: ((error: GenerateError) => boolean) | undefined
  /** After as many milliseconds without an answer the next one is asked beside those that are being asked. */
  readonly hedge?: number | undefined
  /** Its deadline and its budget of attempts end the plan, and it is told what was tried. */
  readonly call?: Call.Call | undefined
  /** Whether the call is told of a first candidate that answers, too. */
  readonly routed?: boolean | undefined
}

/**
 * Asks the candidates in order, and answers with the first that succeeds. Where all fail, the last failure of those that
 * were asked is the failure of all; one that was only skipped (it has no key, can't do what is asked or doesn't take it,
 * its circuit is open) doesn't take the place of another.
 *
 * @category combinators
 * @since 1.0.0
 */
export const firstOf =
  (plan: Plan) =>
  <A, R>(run: (request: Request.Request) => Effect.Effect<A, GenerateError, R>): Effect.Effect<A, GenerateError, R> => {
    const [first, second] = plan.candidates
    if (second === undefined && plan.more === undefined && plan.routed !== true) {
      return Effect.flatMap(first.request, run)
    }
    return Effect.clockWith((clock) => {
      const course = follow(plan, run, clock)
      if (plan.hedge !== undefined) return Hedge.race(course, first, plan.hedge)
      const ask = (candidate: Candidate): Effect.Effect<A, GenerateError, R> =>
        Effect.catch(course.ask(candidate), (error) => {
          const next = course.leadsOn(candidate, error) ? course.next() : undefined
          return next === undefined ? Effect.fail(course.failure(error)) : ask(next)
        })
      return ask(first)
    })
  }

/** One run of a plan. */
const follow = <A, R>(
  { call, candidates, goOn = isOthers, more }: Plan,
  run: (request: Request.Request) => Effect.Effect<A, GenerateError, R>,
  clock: Clock.Clock
): Hedge.Course<Candidate, A, GenerateError, R> => {
  const left = candidates.slice(1)
  let isMore = more !== undefined
  let reached = 0
  let failure: GenerateError | undefined

  const isOver = () =>
    call !== undefined &&
    (!Call.mayAttempt(call) || clock.currentTimeMillisUnsafe() >= call.deadline)

  return {
    ask: (candidate) =>
      Effect.suspend(() => {
        const number = reached++
        const note = noting(candidate, number, call, clock)
        return Effect.onExit(
          Effect.flatMap(
            candidate.request,
            (request) => run(number === 0 ? request : { ...request, candidate: number })
          ),
          (exit) => Effect.sync(() => note(exit))
        )
      }),
    leadsOn: (candidate, error) => {
      const leadsOn = (candidate.goOn ?? goOn)(error)
      if (failure === undefined || !isSkipped(error, leadsOn)) failure = error
      return leadsOn
    },
    next: () => {
      if (isOver()) return undefined
      if (left.length === 0 && isMore) {
        isMore = false
        left.push(...more?.() ?? [])
      }
      return left.shift()
    },
    failure: (last) => failure ?? last
  }
}

const isOthers = (error: GenerateError): boolean => error.failover

/** A refusal of the request counts where it ends the plan: one that doesn't is of a version made for that candidate. */
const isSkipped = ({ reason }: GenerateError, leadsOn: boolean): boolean =>
  skipped.has(reason._tag) || (reason._tag === "RateLimited" && reason.by === "limits") ||
  (leadsOn && reason._tag === "InvalidRequest")

const skipped: ReadonlySet<string> = new Set(["KeyMissing", "Unsupported", "UnknownModel", "CircuitOpen"])

/** Tells the call what becomes of a candidate from here on. */
const noting = (candidate: Candidate, number: number, call: Call.Call | undefined, clock: Clock.Clock) => {
  const from = clock.monotonicTimeNanosUnsafe()
  return (exit: Exit.Exit<unknown, GenerateError>): void => {
    call?.tried.push({
      model: candidate.name,
      candidate: number,
      outcome: exit._tag === "Success" ? "ok" : outcomeOf(exit),
      why: errorIn(exit)?.why,
      duration: Number(clock.monotonicTimeNanosUnsafe() - from) / 1e6,
      warnings: candidate.warnings?.() ?? []
    })
  }
}

/**
 * A model that may be asked, and how.
 *
 * @category models
 * @since 1.0.0
 */
export interface Choice {
  readonly provider?: Provider | undefined
  /** Its id, or `provider/model` where `provider` is unset: `anthropic/claude-haiku-4-5`. */
  readonly model: ModelOf<keyof Catalog.ModelIds> | Catalog.QualifiedId
  /** In place of the call's. */
  readonly modality?: "text" | "image" | undefined
  /** Over those of the call. */
  readonly params?: Request.Params | undefined
  /** The vendor's own request options, merged last and sent untouched. */
  readonly native?: Readonly<Record<string, unknown>> | undefined
  /** In place of the call's policy. What it asks isn't coalesced with what others ask. */
  readonly retry?: RetryPolicy | undefined
}

/** Those that Loom ships, and any other. */
type Provider = keyof Catalog.ModelIds | (string & {})
type ModelOf<P> = (P extends keyof Catalog.ModelIds ? Catalog.ModelIds[P] : never) | (string & {})

/**
 * The schema of a {@link Choice}, for the edges.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Choice: Schema.Codec<Choice> = Schema.Struct({
  provider: Schema.optional(Schema.NonEmptyString),
  model: Schema.NonEmptyString,
  modality: Schema.optional(Schema.Literals(["text", "image"])),
  params: Schema.optional(Params),
  native: Schema.optional(Schema.Record(Schema.String, Schema.Unknown)),
  retry: Schema.optional(RetryPolicy)
})

/**
 * Names a {@link Choice} as one of a router's candidates.
 *
 * @category constructors
 * @since 1.0.0
 */
export const candidate = <const P extends Provider>(
  provider: P,
  modality: "text" | "image",
  model: ModelOf<P>,
  params?: Request.Params,
  rest?: Pick<Choice, "native" | "retry">
): Choice => ({ provider, modality, model, params, ...rest })

/**
 * How calls become candidates.
 *
 * @category models
 * @since 1.0.0
 */
export interface Asking {
  readonly catalog: Catalog.Catalog
  readonly call: Call.Call
  /** The call as it would be asked of a model, with params of that one's own. */
  readonly requestFor: (model: Model, call: Call.Call, params: Request.Params | undefined) => Request.Request
}

/**
 * A choice as a candidate. With `first`, the model that the call was made for, it gets the call without what only that
 * one's vendor understands, and is left where it refuses its version of the request.
 *
 * @category constructors
 * @since 1.0.0
 */
export const candidateFor = (choice: Choice, asking: Asking, first?: Model): Candidate => {
  const { native, params = {}, retry } = choice
  const { call, catalog, requestFor } = asking
  const warnings: Array<string> = []
  return {
    name: nameOf(choice, catalog),
    request: Effect.flatMap(Effect.suspend(() => Request.resolve(catalog, choice)), (model) => {
      const asked = requestFor(model, retry === undefined ? call : { ...call, retry }, params)
      const { modality = asked.modality } = choice
      warnings.length = 0
      const request = { ...asked, modality }
      if (first === undefined) return Request.checked(native === undefined ? request : { ...request, native })
      const translated = translate({ request, first, own: params, warnings })
      return native === undefined ? translated : Effect.map(translated, (request) => ({ ...request, native }))
    }),
    goOn: first === undefined ? canOthers : isTheirs,
    warnings: () => warnings
  }
}

/** The first one may just not be able to. */
const canOthers = (error: GenerateError): boolean => error.failover || error.reason._tag === "Unsupported"

/** It says nothing of the next one that a stand-in doesn't take its version of the request. */
const isTheirs = (error: GenerateError): boolean => error.failover || refusals.has(error.reason._tag)

const refusals: ReadonlySet<string> = new Set(["InvalidRequest", "Unsupported", "UnknownModel"])

const nameOf = (choice: Choice, catalog: Catalog.Catalog): string =>
  Result.match(Catalog.resolve(catalog, choice), {
    onSuccess: ({ id, provider }) => `${provider}/${id}`,
    onFailure: () => choice.provider === undefined ? choice.model : `${choice.provider}/${choice.model}`
  })

/**
 * Whether an answer will do: a function that tells, or the schema that its text has to fit as JSON.
 *
 * @category models
 * @since 1.0.0
 */
export type Validator = Generator.Accept | Schema.ConstraintDecoder<unknown>

/**
 * How a router chooses. Make one with {@link make}.
 *
 * @category models
 * @since 1.0.0
 */
export interface Router {
  readonly candidates: Arr.NonEmptyReadonlyArray<Choice>
  readonly validator: Validator | undefined
  readonly baseline: Pick<Choice, "provider" | "model"> | undefined
  readonly order: "declared" | "cheapest"
  readonly hedge: { readonly after: Duration.Input } | undefined
  readonly when: ((error: GenerateError) => boolean) | undefined
}

/**
 * What {@link make} takes.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** `provider/model`, a {@link Choice}, or a provider, a modality, a model and its params. */
  readonly candidates: readonly [CandidateOption, ...ReadonlyArray<CandidateOption>]
  /**
   * Turns down answers, which leads to the next candidate. It needs the whole of an answer: a stream shows its first part
   * when its last one is accepted.
   */
  readonly validator?: Validator | undefined
  /** The model that would have answered without a router: by its list price `saved.routing` is measured. */
  readonly baseline?: Catalog.QualifiedId | Pick<Choice, "provider" | "model"> | undefined
  /** `cheapest`: by what this request may cost each of them ({@link estimate}). As declared by default. */
  readonly order?: "declared" | "cheapest" | undefined
  /**
   * Asks the next candidate too where no answer (of a stream: no first content) came in this time, and takes the first.
   * The others are cancelled, and recorded as maybe billed. A failure that doesn't lead on ends it for those that were
   * asked later: who was asked before may still answer.
   */
  readonly hedge?: { readonly after: Duration.Input } | undefined
  /** Which failures lead to the next candidate, in place of the default. */
  readonly when?: ((error: GenerateError) => boolean) | undefined
}

/**
 * A candidate as a router is given it: a model by its name, with its parameters or without.
 *
 * @category models
 * @since 1.0.0
 */
export type CandidateOption =
  | Catalog.QualifiedId
  | Choice
  | readonly [
    provider: Provider,
    modality: "text" | "image",
    model: ModelOf<keyof Catalog.ModelIds>,
    params?: Request.Params
  ]

/**
 * A router for `Loom.route`. What is wrong with it is told by the first call: `InvalidRequest`, which names the field.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (options: Options): Router => ({
  candidates: Arr.map(
    options.candidates,
    (one) => typeof one === "string" ? { model: one } : "model" in one ? one : candidate(...one)
  ),
  validator: options.validator,
  baseline: typeof options.baseline === "string" ? { model: options.baseline } : options.baseline,
  order: options.order ?? "declared",
  hedge: options.hedge,
  when: options.when
})

/**
 * What is wrong with a router: the field at fault, and why. A model that the catalog doesn't list is: a typo isn't found
 * out on the day when the candidate is needed.
 *
 * @category accessors
 * @since 1.0.0
 */
export const misfitIn = (
  router: Router,
  catalog: Catalog.Catalog
): readonly [field: string, detail: string] | undefined => {
  const decoded = Schema.decodeUnknownResult(shape())(router)
  if (Result.isFailure(decoded)) {
    const [{ message, path }] = problemsOf(decoded.failure)
    return [`router.${path}`, message]
  }
  const { baseline, candidates } = router
  const named = candidates.map((choice, index) => ({ field: `candidates[${index}]`, choice }))
  if (baseline !== undefined) named.push({ field: "baseline", choice: baseline })
  for (const { choice, field } of named) {
    const found = Catalog.resolve(catalog, choice)
    if (Result.isFailure(found)) return [`router.${field}`, found.failure.message]
  }
  return undefined
}

/** Made when a router is first looked at: an import needs none of it. */
const shape = () => {
  const Func = Schema.declare(Predicate.isFunction, { expected: "a function" })
  return Schema.Struct({
    candidates: Schema.NonEmptyArray(Choice),
    validator: Schema.UndefinedOr(Schema.Union([Func, Schema.declare(Schema.isSchema, { expected: "a Schema" })])),
    baseline: Schema.UndefinedOr(Schema.Struct({
      provider: Schema.optional(Schema.NonEmptyString),
      model: Schema.NonEmptyString
    })),
    order: Schema.Literals(["declared", "cheapest"]),
    hedge: Schema.UndefinedOr(Schema.Struct({ after: Schema.declare(isWait, { expected: "a duration above zero" }) })),
    when: Schema.UndefinedOr(Func)
  })
}

const isWait = (u: unknown): u is Duration.Input => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is looked at there: what is no duration is none
  const duration = Duration.fromInput(u as Duration.Input)
  return Option.isSome(duration) && Duration.toMillis(duration.value) > 0
}

/**
 * What a router makes of a call: its candidates in the order in which they are asked.
 *
 * @category constructors
 * @since 1.0.0
 */
export const planFor = (router: Router, asking: Asking): Plan => {
  const { first, others } = candidatesOf(router, asking)
  return {
    candidates: [first],
    more: others,
    hedge: router.hedge === undefined ? undefined : Duration.toMillis(Duration.fromInputUnsafe(router.hedge.after)),
    call: asking.call,
    routed: true
  }
}

/** Those after the first are made when they are needed: mostly never. */
const candidatesOf = (
  router: Router,
  asking: Asking
): { readonly first: Candidate; readonly others: () => ReadonlyArray<Candidate> } => {
  const [first, ...others] = ordered(router, asking)
  const candidate = (choice: Choice, first?: Model): Candidate => {
    const made = candidateFor(choice, asking, first)
    return router.when === undefined ? made : { ...made, goOn: router.when }
  }
  return {
    first: candidate(first),
    others: () => {
      const model = Result.getOrUndefined(Catalog.resolve(asking.catalog, first))
      return others.map((choice) => candidate(choice, model))
    }
  }
}

/** Of equal estimates the one that was declared first goes first; what has no price goes last. */
const ordered = ({ candidates, order }: Router, { call, catalog, requestFor }: Asking): Router["candidates"] => {
  if (order === "declared") return candidates
  const costOf = (choice: Choice): number => {
    const found = Catalog.resolve(catalog, choice)
    if (Result.isFailure(found)) return Infinity
    return estimate(requestFor(found.success, call, choice.params)).picoUsd ?? Infinity
  }
  return Arr.map(
    Arr.sortWith(Arr.map(candidates, (choice) => [choice, costOf(choice)] as const), ([, cost]) => cost, Order.Number),
    ([choice]) => choice
  )
}

/**
 * What a request may cost, before it is sent: a token for every four characters that it asks with, and an answer as long
 * as `maxOutputTokens` allows, else of 500 tokens. Where a service tier has no price, by that of the usual one. Of images,
 * as many as are asked for, of a megapixel where no size is, and of as many tokens as one of OpenAI's has, where they are
 * sold by those.
 *
 * @category accessors
 * @since 1.0.0
 */
export const estimate = (request: Request.Request): Cost.Cost => {
  const { call, modality, model, params: { maxOutputTokens = 500, serviceTier } } = request
  const { inputUncached } = Request.estimateUsage(request, 0)
  const output = modality === "image" ? imagesOf(request) : { outputText: maxOutputTokens }
  const usage = Usage.make({ state: "estimated", inputUncached, ...output })
  const options = { at: call.startedAt, currency: call.currency }
  const tiered = Cost.of(model, usage, { ...options, serviceTier })
  return tiered.picoUsd === undefined && serviceTier !== undefined ? Cost.of(model, usage, options) : tiered
}

const imagesOf = ({ model, params: { n: count = 1, quality, size } }: Request.Request) => {
  const { height, width } = size === undefined ? { width: 1024, height: 1024 } : pixelsOf(size)
  const isByPiece = model.prices.some(({ perImage, perMegapixel }) => perImage.length > 0 || perMegapixel !== undefined)
  return isByPiece
    ? { images: [{ count, width, height, ...(quality === undefined ? undefined : { quality }) }] }
    : {
      imageOutput: Math.ceil(
        count * (tokensByQuality[quality ?? ""] ?? usualTokens) * Math.max(1, width * height / 1_048_576)
      )
    }
}

/** Worked back from OpenAI's prices for a square of 1024 pixels. */
const usualTokens = 1800
const tokensByQuality: Readonly<Record<string, number>> = {
  low: 200,
  medium: 1800,
  high: 7000,
  xhigh: 10_500,
  max: 14_000
}

/**
 * A Generator whose answers a router accepts: `Rejected` in place of one that it doesn't.
 *
 * @category combinators
 * @since 1.0.0
 */
export const validated = ({ validator }: Router, generator: Generator.Generator): Generator.Generator =>
  validator === undefined
    ? generator
    : Generator.validate(generator, isSchema(validator) ? fits(validator) : validator)

const isSchema = (validator: Validator): validator is Schema.ConstraintDecoder<unknown> => Schema.isSchema(validator)

const fits = (schema: Schema.ConstraintDecoder<unknown>): Generator.Accept => {
  const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(schema))
  return ({ model, provider, text }) =>
    Effect.mapBoth(decode(text), {
      onFailure: (error) => {
        const [{ message, path }] = problemsOf(error)
        const detail = `it doesn't fit the validator's schema: ${path === "" ? "" : `${path}: `}${message}`
        return new GenerateError({ provider, model, reason: new Rejected({ detail }) })
      },
      onSuccess: () => true
    })
}

/**
 * What a router would do with one of its candidates.
 *
 * @category models
 * @since 1.0.0
 */
export interface Explanation {
  /** `provider/model`. */
  readonly model: string
  /** What it may cost, by {@link estimate}. */
  readonly cost: Cost.Cost
  /** Why it wouldn't be asked. */
  readonly problem: GenerateError | undefined
  /** What of the call would be left out or changed for it. */
  readonly warnings: ReadonlyArray<string>
}

/**
 * Tells what a router would try for a request, in order, and what that may cost. Nothing is sent, and no key is read:
 * whether a vendor is well, within its limits and has a key is found out by the call.
 *
 * @category accessors
 * @since 1.0.0
 */
export const explain = (
  router: Router,
  asked: Request.Request | Asking
): Effect.Effect<ReadonlyArray<Explanation>, GenerateError> =>
  Effect.suspend(() => {
    const asking = "requestFor" in asked ? asked : askingFor(asked)
    const misfit = misfitIn(router, asking.catalog)
    if (misfit !== undefined) return Effect.fail(invalidRequest({ field: misfit[0], detail: misfit[1] }))
    const { first, others } = candidatesOf(router, asking)
    return Effect.forEach([first, ...others()], ({ name, request, warnings }) =>
      Effect.map(Effect.result(request), (request) => ({
        model: name,
        cost: Result.isSuccess(request) ? estimate(request.success) : Cost.unknown,
        problem: Result.isFailure(request) ? request.failure : undefined,
        warnings: warnings?.() ?? []
      })))
  })

const askingFor = (request: Request.Request): Asking => ({
  catalog: request.call.catalog ?? Catalog.bundled,
  call: request.call,
  requestFor: (model, call, params = {}) => ({
    ...request,
    model,
    call,
    params: { ...model.defaults, ...request.params, ...stated(params) }
  })
})

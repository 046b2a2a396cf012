/**
 * A Generator answers a Request for one model. A vendor is a Layer that makes one; what Loom does to a call is a stage,
 * a function from Generator to Generator; choosing between models is one fold above Generators (`Router.firstOf`).
 *
 * **Example** (A pipeline of one's own)
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Generator, Request, RetryPolicy } from "loom-router"
 * import * as OpenAi from "loom-router/providers/OpenAi"
 *
 * const pipeline = Effect.map(OpenAi.make(), (openai) =>
 *   openai.pipe(
 *     Generator.model("openai/gpt-4o-mini"),
 *     Generator.retry(RetryPolicy.make({ maxAttempts: 3, baseDelay: "500 millis" })),
 *     Generator.validate((generation) => generation.text.length > 40)
 *   ))
 *
 * const program = Effect.gen(function*() {
 *   const generator = yield* Generator.Generator
 *   return yield* generator.generate(yield* Request.fromPrompt("Explain quantum entanglement."))
 * })
 *
 * export const main = program.pipe(Effect.provide(Layer.effect(Generator.Generator, pipeline)), Effect.scoped)
 * ```
 *
 * **Details**
 *
 * The algebra has laws. With equality of answers (content, usage, finish reason): retrying once is the identity;
 * `orElse` is associative for one `when`; coalescing twice is coalescing once; a cache never changes a successful answer;
 * a validator that fails equals a generator that fails, for `orElse`; an opened stream folded equals `generate`; the same
 * effect run twice behaves twice the same.
 *
 * @since 1.0.0
 */
import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { dual, identity } from "effect/Function"
import * as Layer from "effect/Layer"
import { type Pipeable, pipeArguments } from "effect/Pipeable"
import * as Pull from "effect/Pull"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Attempt } from "./Attempt.ts"
import type { BatchEndpoint } from "./BatchEndpoint.ts"
import * as Call from "./Call.ts"
import * as CallKey from "./CallKey.ts"
import * as Catalog from "./Catalog.ts"
import * as Coalescing from "./Coalescing.ts"
import { GenerateError, InvalidResponse, Partial, Rejected, Timeout } from "./GenerateError.ts"
import * as Generation from "./Generation.ts"
import type { Model } from "./Model.ts"
import * as Request from "./Request.ts"
import type * as ResponseCache from "./ResponseCache.ts"
import * as RetryPolicy from "./RetryPolicy.ts"
import * as Telemetry from "./Telemetry.ts"
import type * as Usage from "./Usage.ts"
import * as Meter from "./internal/meter.ts"
import * as Parts from "./internal/parts.ts"
import { problemsOf } from "./internal/problems.ts"
import { scoped } from "./internal/scoped.ts"
import { encodeObject, passOn } from "./internal/sharing.ts"

/**
 * What answers requests: a vendor, or another Generator with a rule added.
 *
 * @category models
 * @since 1.0.0
 */
export interface Generator extends Pipeable {
  readonly generate: (request: Request.Request) => Effect.Effect<Generation.Generation, GenerateError>
  /**
   * Succeeds at the commit point, when the first content is there, with the whole stream. What may be retried fails
   * here; past it there is only `Partial`.
   */
  readonly open: (
    request: Request.Request
  ) => Effect.Effect<Stream.Stream<Generation.Part, GenerateError>, GenerateError, Scope.Scope>
  /** Of a vendor that takes batches. No stage passes it on: what is done to a call isn't done to a row. */
  readonly batch?: BatchEndpoint | undefined
}

/**
 * @category services
 * @since 1.0.0
 */
export const Generator: Context.Service<Generator, Generator> = Context.Service<Generator>("loom-router/Generator")

/**
 * What happens to a call before it answers, said once for both methods: it sees an effect that either answers, or fails
 * before anything was shown.
 *
 * @category models
 * @since 1.0.0
 */
export type Stage = <A, R>(
  run: (request: Request.Request) => Effect.Effect<A, GenerateError, R>
) => (request: Request.Request) => Effect.Effect<A, GenerateError, R>

const Proto = {
  pipe() {
    // oxlint-disable-next-line prefer-rest-params
    return pipeArguments(this, arguments)
  }
}

const of = (methods: Omit<Generator, "pipe">): Generator => Object.assign(Object.create(Proto), methods)

/**
 * Makes a Generator from what a vendor implements. Every call of it is an attempt: timed, priced and appended to
 * `request.call.attempts`, whatever becomes of it.
 *
 * An `open` that fails gives back what it held before the next attempt begins.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (vendor: Omit<Generator, "pipe">): Generator =>
  makePrepared({ prepare: () => Effect.void, generate: vendor.generate, open: vendor.open })

/**
 * Puts a batch endpoint to a vendor, or takes it away.
 *
 * @category combinators
 * @since 1.0.0
 */
export const withBatch: {
  (batch: BatchEndpoint | undefined): (self: Generator) => Generator
  (self: Generator, batch: BatchEndpoint | undefined): Generator
} = dual(
  2,
  (self: Generator, batch: BatchEndpoint | undefined): Generator =>
    of({ generate: self.generate, open: self.open, batch })
)

/**
 * Like {@link make}, with what has to be ready before the vendor is asked: a key, a request in its own words. Where that
 * fails nothing is sent, and it is no attempt. `again` may prepare an attempt anew after it failed, once: with a key
 * that came meanwhile.
 *
 * @category constructors
 * @since 1.0.0
 */
export const makePrepared = <Prepared>(vendor: {
  readonly prepare: (request: Request.Request, stream: boolean) => Effect.Effect<Prepared, GenerateError>
  readonly generate: (
    request: Request.Request,
    prepared: Prepared,
    heard?: Heard
  ) => Effect.Effect<Generation.Generation, GenerateError>
  readonly open: (
    request: Request.Request,
    prepared: Prepared,
    heard?: Heard,
    counting?: Counting
  ) => Effect.Effect<Stream.Stream<Generation.Part, GenerateError>, GenerateError, Scope.Scope>
  /** A fingerprint of the key that was prepared: gates tell keys apart by it. */
  readonly keyOf?: ((prepared: Prepared) => string) | undefined
  readonly again?:
    | ((
      request: Request.Request,
      prepared: Prepared,
      failure: GenerateError
    ) => Effect.Effect<Prepared | undefined, GenerateError>)
    | undefined
}): Generator => {
  const asking = (stream: boolean) =>
  <A, R>(
    ask: (request: Request.Request, prepared: Prepared, told?: Told) => Effect.Effect<A, GenerateError, R>
  ) =>
  (request: Request.Request): Effect.Effect<A, GenerateError, R> => {
    const attempt = (prepared: Prepared) =>
      gated(request, vendor.keyOf?.(prepared) ?? "", (told) => ask(request, prepared, told))
    return Effect.flatMap(
      Effect.suspend(() => vendor.prepare(request, stream)),
      (prepared) => {
        const { again } = vendor
        if (again === undefined) return attempt(prepared)
        return Effect.catch(attempt(prepared), (failure) => {
          const { call } = request
          if (!Call.mayAttempt(call)) return Effect.fail(failure)
          return Effect.flatMap(
            // What can't be prepared anew changes nothing of the failure.
            Effect.orElseSucceed(again(request, prepared, failure), () => undefined),
            (anew) => anew === undefined ? Effect.fail(failure) : attempt(anew)
          )
        })
      }
    )
  }
  return of({
    generate: asking(false)((request, prepared, told) =>
      attempted(request, () => vendor.generate(request, prepared, told?.heard), told?.settled)
    ),
    open: asking(true)((request, prepared, told) =>
      attemptedStream(request, (counting) => vendor.open(request, prepared, told?.heard, counting), told?.settled)
    )
  })
}

/**
 * Makes a Generator of what only answers as a whole: its streams open when all of it is there.
 *
 * @category constructors
 * @since 1.0.0
 */
export const whole = (generate: Generator["generate"]): Generator =>
  of({ generate, open: (request) => Effect.map(generate(request), asStream) })

const asStream = (generation: Generation.Generation): Stream.Stream<Generation.Part> =>
  Stream.fromIterable(Generation.toParts(generation))

type Settled = (attempt: Attempt) => void

/**
 * Takes the headers of an HTTP answer, whatever its status. A vendor calls it before it reads the body; there is none
 * where no gate stands that could listen.
 *
 * @category models
 * @since 1.0.0
 */
export type Heard = (headers: Pick<Headers, "get">) => void

/**
 * Is told by a vendor, once its stream is there, where to see what it has counted so far: an attempt that breaks or is
 * left is priced by that.
 *
 * @category models
 * @since 1.0.0
 */
export type Counting = (usage: () => Usage.Usage | undefined) => void

/** Whom an attempt tells of itself. */
interface Told {
  readonly settled: Settled
  readonly heard: Heard
}

const gated = <A, R>(
  request: Request.Request,
  key: string,
  ask: (told?: Told) => Effect.Effect<A, GenerateError, R>
): Effect.Effect<A, GenerateError, R> => {
  const { call: { gates }, model } = request
  if (gates.length === 0) return ask()
  let listeners: Array<Settled> | undefined
  let hearers: Array<Heard> | undefined
  const subject: Call.Subject = {
    provider: model.provider,
    model: model.id,
    key,
    request,
    settled: (listener) => {
      listeners = [...listeners ?? [], listener]
    },
    heard: (listener) => {
      hearers = [...hearers ?? [], listener]
    }
  }
  const attempt = ask({
    settled: (attempt) => listeners?.forEach((listener) => listener(attempt)),
    heard: (headers) => hearers?.forEach((listener) => listener(headers))
  })
  return gates.reduceRight((attempt, gate) => gate(subject, attempt), attempt)
}

/**
 * A Generator that answers from a function, for tests of what stands above vendors: a text, a whole Generation, or an
 * error. Where an object is asked for, a text is its JSON.
 *
 * @category testing
 * @since 1.0.0
 */
export const fake = (
  answer: (request: Request.Request) => string | Generation.Generation | GenerateError
): Generator => {
  const run = (request: Request.Request) =>
    Effect.suspend(() => {
      const answered = answer(request)
      if (typeof answered !== "string") return "reason" in answered ? Effect.fail(answered) : Effect.succeed(answered)
      return Effect.map(objectIn(request, answered), (object) =>
        Generation.make({
          provider: request.model.provider,
          model: request.model.id,
          content: [Parts.text(answered)],
          finishReason: "stop",
          usage: Request.estimateUsage(request, answered.length),
          requestId: undefined,
          object,
          native: undefined
        }))
    })
  return make({
    generate: run,
    open: (request) => Effect.map(run(request), asStream)
  })
}

const objectIn = (request: Request.Request, json: string): Effect.Effect<unknown, GenerateError> =>
  request.object === undefined
    ? Effect.undefined
    : Effect.mapError(
      Schema.decodeEffect(Schema.fromJsonString(request.object.schema))(json),
      (error) => Request.fail(request, new InvalidResponse({ detail: problemsOf(error)[0].message }))
    )

/**
 * The Layer of a {@link fake}.
 *
 * @category testing
 * @since 1.0.0
 */
export const layerFake = (
  answer: (request: Request.Request) => string | Generation.Generation | GenerateError
): Layer.Layer<Generator> => Layer.succeed(Generator, fake(answer))

/**
 * Passes every request on to the Generator that is chosen for it.
 *
 * @category constructors
 * @since 1.0.0
 */
export const choose = (
  choice: (request: Request.Request) => Generator | Effect.Effect<Generator, GenerateError>
): Generator => {
  const asking =
    <A, R>(ask: (generator: Generator, request: Request.Request) => Effect.Effect<A, GenerateError, R>) =>
    (request: Request.Request) =>
      Effect.suspend(() => {
        const chosen = choice(request)
        return isGenerator(chosen)
          ? ask(chosen, request)
          : Effect.flatMap(chosen, (generator) => ask(generator, request))
      })
  return of({
    generate: asking((generator, request) => generator.generate(request)),
    open: asking((generator, request) => generator.open(request))
  })
}

/**
 * Applies one stage to both methods.
 *
 * @category combinators
 * @since 1.0.0
 */
export const around: {
  (stage: Stage): (self: Generator) => Generator
  (self: Generator, stage: Stage): Generator
} = dual(
  2,
  (self: Generator, stage: Stage): Generator => of({ generate: stage(self.generate), open: stage(self.open) })
)

/**
 * Changes the request before it is answered.
 *
 * @category combinators
 * @since 1.0.0
 */
export const mapRequest: {
  (f: (request: Request.Request) => Effect.Effect<Request.Request, GenerateError>): (self: Generator) => Generator
  (self: Generator, f: (request: Request.Request) => Effect.Effect<Request.Request, GenerateError>): Generator
} = dual(
  2,
  (self: Generator, f: (request: Request.Request) => Effect.Effect<Request.Request, GenerateError>): Generator =>
    around(self, (run) => (request) => Effect.flatMap(Effect.suspend(() => f(request)), run))
)

/**
 * Puts a gate before every attempt, inside of those that stand already: each has to let it pass, and sees how it ends.
 *
 * @category combinators
 * @since 1.0.0
 */
export const gate: {
  (gate: Call.Gate): (self: Generator) => Generator
  (self: Generator, gate: Call.Gate): Generator
} = dual(
  2,
  (self: Generator, gate: Call.Gate): Generator =>
    around(
      self,
      (run) => (request) =>
        Effect.suspend(() => run({ ...request, call: { ...request.call, gates: [...request.call.gates, gate] } }))
    )
)

/**
 * Asks this model, whatever the request names: a Model, or its id in the call's catalog (the bundled one without).
 *
 * Fails with `UnknownModel` where the catalog has no such id, and with `Unsupported` where the model can't do what the
 * request asks.
 *
 * @category combinators
 * @since 1.0.0
 */
export const model: {
  (model: Model | string): (self: Generator) => Generator
  (self: Generator, model: Model | string): Generator
} = dual(2, (self: Generator, model: Model | string): Generator =>
  mapRequest(self, (request) =>
    Effect.flatMap(
      typeof model === "string"
        ? Request.resolve(request.call.catalog ?? Catalog.bundled, { model })
        : Effect.succeed(model),
      (resolved) => Request.checked({ ...request, model: resolved })
    )))

/**
 * Tries again what the policy repeats. The caller's own policy (`request.call.retry`) goes before it, under the budget of
 * this one, which all calls share.
 *
 * @category combinators
 * @since 1.0.0
 */
export const retry: {
  (policy: RetryPolicy.RetryPolicy): (self: Generator) => Generator
  (self: Generator, policy: RetryPolicy.RetryPolicy): Generator
} = dual(2, (self: Generator, policy: RetryPolicy.RetryPolicy): Generator => {
  const budget = RetryPolicy.makeBudget(policy.budget)
  return around(self, (run) => (request) => {
    const { call, model: { provider } } = request
    const { retry = policy } = call
    if (retry.maxAttempts < 2) return run(request)
    return Effect.matchEffect(run(request), {
      onSuccess: (answer) => {
        budget.give(provider, false)
        return Effect.succeed(answer)
      },
      onFailure: (first) => {
        if (!RetryPolicy.repeats(retry, first)) return Effect.fail(first)
        // The schedule is built after the first failure, which is its first input: most calls don't fail.
        let isFirst = true
        let latest = first
        let hasTaken = false
        const again = Effect.suspend(() => {
          // Another candidate may have begun the last attempt meanwhile.
          if (!isFirst && Call.mayAttempt(call)) return run(request)
          isFirst = false
          return Effect.fail(latest)
        })
        const limits = {
          get deadline() {
            return call.deadline
          },
          allow: (error: GenerateError) => {
            latest = error
            if (!Call.mayAttempt(call)) return false
            hasTaken = error.retryAfter === undefined
            return !hasTaken || budget.take(provider)
          }
        }
        return Effect.map(Effect.retry(again, RetryPolicy.schedule(retry, limits)), (answer) => {
          budget.give(provider, hasTaken)
          return answer
        })
      }
    })
  })
})

/**
 * Answers with what was bought before, where there is something, and keeps what is bought: both as the cache and the
 * call (`request.call.cache`) want it. A stream is kept when it was read to its end, and given as a stream.
 *
 * @category combinators
 * @since 1.0.0
 */
export const cached: {
  (cache: ResponseCache.ResponseCache): (self: Generator) => Generator
  (self: Generator, cache: ResponseCache.ResponseCache): Generator
} = dual(2, (self: Generator, cache: ResponseCache.ResponseCache): Generator => {
  const keep = (request: Request.Request, key: string, ttl: number, generation: Generation.Generation) =>
    generation.cache === "miss" && !isDoubtful(generation.finishReason)
      ? cache.set(key, { generation, object: encodeObject(request, generation.object) }, ttl)
      : Effect.void

  /** Looks the request up, and asks where nothing is kept. */
  const looking = <A, R>(
    ask: (request: Request.Request) => Effect.Effect<A, GenerateError, R>,
    give: (generation: Generation.Generation) => A,
    buy: (request: Request.Request, key: string, ttl: number) => Effect.Effect<A, GenerateError, R>
  ) =>
  (request: Request.Request): Effect.Effect<A, GenerateError, R> =>
    Effect.suspend(() => {
      const ttl = cache.ttl(request.call)
      const key = ttl === undefined ? undefined : CallKey.of(request)
      if (ttl === undefined || key === undefined) return ask(request)
      const { cache: use } = request.call
      if (use !== undefined && use !== false && use.refresh === true) return buy(request, key, ttl)
      return Effect.flatMap(cache.get(key), (kept) => {
        const given = kept && passOn(kept.generation, kept.object, request, "hit")
        if (given === undefined || Result.isFailure(given)) return buy(request, key, ttl)
        CallKey.forget()
        return Effect.succeed(give(given.success))
      })
    })

  return of({
    generate: looking(
      self.generate,
      identity,
      (request, key, ttl) => Effect.tap(self.generate(request), (generation) => keep(request, key, ttl, generation))
    ),
    open: looking(
      self.open,
      asStream,
      (request, key, ttl) =>
        Effect.map(self.open(request), (stream) => {
          const folder = Generation.makeFolder()
          return Stream.transformPull(stream, (pull) =>
            Effect.succeed(Effect.flatMap(pull, (parts) => {
              for (const part of parts) folder.add(part)
              const generation = folder.generation()
              return generation === undefined
                ? Effect.succeed(parts)
                : Effect.as(keep(request, key, ttl, generation), parts)
            })))
        })
    )
  })
})

/** Nobody knows whether such an answer is whole. */
const isDoubtful = (reason: Generation.FinishReason): boolean =>
  reason === "unknown" || reason === "other" || reason === "error"

/**
 * Asks once for all who ask the same at the same time. `request.call.coalesce: false` leaves a call out.
 *
 * @category combinators
 * @since 1.0.0
 */
export const coalesced = (self: Generator): Generator => of(Coalescing.make(self))

/**
 * When the other Generator is asked.
 *
 * @category models
 * @since 1.0.0
 */
export interface OrElseOptions {
  /** After which errors the other one is asked: by default those that another vendor may help with (`error.failover`). */
  readonly when?: ((error: GenerateError) => boolean) | undefined
}

/**
 * Asks `that` where this one fails.
 *
 * @category combinators
 * @since 1.0.0
 */
export const orElse: {
  (that: Generator, options?: OrElseOptions): (self: Generator) => Generator
  (self: Generator, that: Generator, options?: OrElseOptions): Generator
} = dual(
  (args) => isGenerator(args[0]) && isGenerator(args[1]),
  (self: Generator, that: Generator, options?: OrElseOptions): Generator => {
    const when = options?.when ?? ((error: GenerateError) => error.failover)
    return of({
      generate: (request) => Effect.catchIf(self.generate(request), when, () => that.generate(request)),
      open: (request) => Effect.catchIf(self.open(request), when, () => that.open(request))
    })
  }
)

/**
 * Whether this is a {@link Generator}.
 *
 * @category guards
 * @since 1.0.0
 */
export const isGenerator = (u: unknown): u is Generator =>
  typeof u === "object" && u !== null && "open" in u && "generate" in u

/**
 * Gives up an attempt that hasn't answered, or hasn't begun to, after this long: `Timeout`, which isn't repeated at the
 * same vendor since it may have been billed.
 *
 * @category combinators
 * @since 1.0.0
 */
export const timeout: {
  (duration: Duration.Input): (self: Generator) => Generator
  (self: Generator, duration: Duration.Input): Generator
} = dual(
  2,
  (self: Generator, duration: Duration.Input): Generator =>
    around(self, (run) => (request) =>
      Effect.timeoutOrElse(run(request), {
        duration,
        orElse: () =>
          Effect.fail(
            Request.fail(request, new Timeout({ phase: "attempt", after: Duration.fromInputUnsafe(duration) }))
          )
      }))
)

/**
 * Whether an answer will do.
 *
 * @category models
 * @since 1.0.0
 */
export type Accept = (generation: Generation.Generation) => boolean | Effect.Effect<boolean, GenerateError>

/**
 * Turns down answers: `Rejected`, which another candidate may help with. The attempt stays recorded, and paid.
 *
 * **Gotchas**
 *
 * A validator needs the whole answer, so on a stream it waits for the end: the stream commits when it is accepted.
 *
 * @category combinators
 * @since 1.0.0
 */
export const validate: {
  (accept: Accept): (self: Generator) => Generator
  (self: Generator, accept: Accept): Generator
} = dual(
  2,
  (self: Generator, accept: Accept): Generator => {
    const check = (generation: Generation.Generation) =>
      Effect.suspend(() => {
        const accepted = accept(generation)
        return Effect.flatMap(
          typeof accepted === "boolean" ? Effect.succeed(accepted) : accepted,
          (accepted) =>
            accepted
              ? Effect.void
              : Effect.fail(
                new GenerateError({
                  provider: generation.provider,
                  model: generation.model,
                  reason: new Rejected({ detail: "the validator turned the answer down" })
                })
              )
        )
      })
    return of({
      generate: (request) => Effect.tap(self.generate(request), check),
      open: Effect.fnUntraced(function*(request) {
        const parts = yield* Effect.scoped(Effect.flatMap(self.open(request), Stream.runCollect)).pipe(
          Effect.mapError(unshown)
        )
        const generation = Generation.fromParts(parts)
        if (generation === undefined) {
          return yield* Request.fail(request, new Partial({ detail: "the stream has no finish", text: "" }))
        }
        yield* check(generation)
        return Stream.fromIterable(parts)
      })
    })
  }
)

/** A stream that broke before anything of it was shown: another candidate may help. */
const unshown = (error: GenerateError): GenerateError =>
  error.reason._tag === "Partial"
    ? new GenerateError({ ...error, reason: new InvalidResponse({ detail: error.reason.detail }) })
    : error

/** One attempt: it alone is appended to the call, and priced. */
const attempted = (
  request: Request.Request,
  generate: () => Effect.Effect<Generation.Generation, GenerateError>,
  settled: Settled | undefined
): Effect.Effect<Generation.Generation, GenerateError> =>
  Telemetry.traced(() => Telemetry.attemptSpan(request, false), (span) =>
    Effect.clockWith((clock) => {
      const meter = Meter.make(request, clock, span, settled)
      return Effect.onExit(Effect.map(Effect.suspend(generate), meter.answered), (exit) => {
        meter.settle(exit)
        return Effect.void
      })
    }))

const attemptedStream = (
  request: Request.Request,
  open: (counting: Counting) => ReturnType<Generator["open"]>,
  settled: Settled | undefined
): ReturnType<Generator["open"]> =>
  scoped(Telemetry.tracedScoped(() => Telemetry.attemptSpan(request, true), (span) =>
    Effect.clockWith((clock) => {
      const meter = Meter.make(request, clock, span, settled)
      const settle = (cause: Cause.Cause<GenerateError | Cause.Done>) =>
        Effect.sync(() => meter.settle(Pull.doneExitFromCause(cause)))
      return Effect.andThen(
        // The scope ends as its reader does, which is no failure of the attempt.
        Effect.addFinalizer(() => Effect.sync(() => meter.settle(Exit.void))),
        Effect.onError(
          Effect.map(Effect.suspend(() => open(meter.counting)), (stream) => {
            meter.opened()
            return Stream.transformPull(
              stream,
              (pull) => Effect.succeed(Effect.onError(Effect.map(pull, meter.pass), settle))
            )
          }),
          settle
        )
      )
    })))

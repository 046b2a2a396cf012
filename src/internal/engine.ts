/**
 * What stands behind `Loom`: the stages in their order, and a call's way through them to its record.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import * as Call from "../Call.ts"
import * as CallLog from "../CallLog.ts"
import * as CallRecord from "../CallRecord.ts"
import * as Catalog from "../Catalog.ts"
import * as Failover from "../Failover.ts"
import type { GenerateError } from "../GenerateError.ts"
import * as GenerateOptions from "../GenerateOptions.ts"
import * as Generator from "../Generator.ts"
import * as Limits from "../Limits.ts"
import type { Engine, Options } from "../Loom.ts"
import * as ProviderHealth from "../ProviderHealth.ts"
import * as Providers from "../Providers.ts"
import * as Request from "../Request.ts"
import * as ResponseCache from "../ResponseCache.ts"
import * as RetryPolicy from "../RetryPolicy.ts"
import * as Router from "../Router.ts"
import * as Secrets from "../Secrets.ts"
import * as Telemetry from "../Telemetry.ts"
import type * as Transport from "../Transport.ts"
import { streamWithin, within } from "./deadline.ts"
import * as Progress from "./progress.ts"
import * as Routes from "./routes.ts"

type Asked = Parameters<Engine["generate"]>[0]

/** Where it is sealed, nobody answers but the providers that are given. */
export const make = Effect.fnUntraced(function*(
  options: Options,
  sealed: boolean
): Effect.fn.Return<Engine, never, Transport.Transport | Scope.Scope> {
  const catalog = options.catalog ?? Catalog.bundled
  const defaults = GenerateOptions.decodeLayer(catalog, options)
  const made = Providers.makeRegistry({ catalog, sources: options.providers ?? {}, sealed })
  // Adapters that are given to a test find their own.
  const secrets = sealed && options.secrets === undefined
    ? undefined
    : yield* options.secrets === undefined ? Secrets.current : Secrets.make(options.secrets)
  const providers = yield* secrets === undefined ? made : Effect.provideService(made, Secrets.Secrets, secrets)
  // Where they can't be read, every call says so, and nothing is made of them.
  const given = Result.isSuccess(defaults) ? options : {}
  const cache = given.cache === undefined
    ? (yield* ResponseCache.CurrentResponseCache) ?? (yield* ResponseCache.make())
    : yield* ResponseCache.make(given.cache)
  const health = given.health === false
    ? undefined
    : given.health === undefined
    ? (yield* ProviderHealth.CurrentProviderHealth) ?? (yield* ProviderHealth.make())
    : yield* ProviderHealth.make(given.health)
  const limits = given.limits === false
    ? undefined
    : given.limits === undefined
    ? (yield* Limits.CurrentLimits) ?? (yield* Limits.make())
    : yield* Limits.make(given.limits)
  // A circuit is looked at when it is an attempt's turn: it may have opened while the attempt waited.
  const gates = [
    ...(limits === undefined ? [] : [limits.gate]),
    ...(health === undefined ? [] : [health.gate])
  ]
  // A circuit has no caller: what becomes of it goes to the log of the last one.
  let latestLog = CallLog.off
  if (health !== undefined) {
    yield* Effect.forkScoped(
      Stream.runForEach(health.transitions, (transition) => Effect.sync(() => latestLog.offerTransition(transition))),
      { startImmediately: true }
    )
  }
  const pipeline = providers.generator.pipe(
    Generator.retry(options.retry ?? RetryPolicy.make()),
    Generator.coalesced,
    Generator.cached(cache)
  )

  const find = Routes.make({
    catalog,
    routes: options.routes ?? {},
    generator: pipeline,
    serviceTier: Result.isSuccess(defaults) ? defaults.success.serviceTier : undefined
  })

  /** Of options that nobody has looked at yet. */
  const modalityOf = ({ modality, model, provider }: Asked): "text" | "image" => {
    if (modality !== undefined) return modality
    const isNamed = Predicate.isString(model) && (provider === undefined || Predicate.isString(provider))
    const found = isNamed ? Catalog.resolve(catalog, { provider, model }) : undefined
    return found !== undefined && Result.isSuccess(found) ? Request.modalityOf(found.success) : "text"
  }

  const begin = (
    asked: Asked,
    operation: CallRecord.CallRecord["operation"],
    route?: Routes.Routed,
    progress?: Call.Call["progress"]
  ): Effect.Effect<Begun> =>
    Effect.withFiber((fiber) => {
      const clock = fiber.getRef(Clock.Clock)
      const callLog = fiber.getRef(CallLog.CurrentCallLog)
      const metrics = fiber.getRef(Telemetry.CurrentMetrics)
      latestLog = callLog
      const decoded = GenerateOptions.decode(asked)
      const own = Result.isSuccess(decoded) ? decoded.success : noCircumstances
      const circumstances = {
        timeout: own.timeout,
        retry: own.retry,
        maxAttempts: own.maxAttempts ?? options.maxAttempts,
        cache: own.cache,
        coalesce: own.coalesce ?? options.coalesce,
        gates,
        tags: own.tags,
        keyTags: secrets?.tags,
        catalog,
        currency: options.currency,
        progress
      }
      const named = { provider: asked.provider, model: asked.model, modality: modalityOf(asked) }
      return Effect.map(Call.make(circumstances), (call) => {
        metrics?.began()
        return {
          asked,
          call,
          callLog,
          metrics,
          recorder: CallRecord.recorder(call, named, operation, clock, cache.ttl(call) !== undefined, route?.recorded),
          plan: planOf(asked, decoded, call, route),
          generator: route?.generator ?? pipeline
        }
      })
    })

  /** Runs under the call's span, where there is one, so that the line belongs to it. */
  const record = (
    { call, callLog, metrics, recorder }: Begun,
    exit: Exit.Exit<unknown, GenerateError>,
    span: Tracer.Span | undefined
  ) =>
    Effect.suspend(() => {
      const record = recorder.record(exit)
      if (span !== undefined) Telemetry.annotateCall(span, record)
      if (record.outcome === "ok") { for (const tally of call.tallies) tally.saved(record.saved) }
      callLog.offer(record)
      metrics?.ended(record, catalog)
      return tell(record)
    })

  const tell = (record: CallRecord.CallRecord): Effect.Effect<void> => {
    const { log, onCall } = options
    const told = log === undefined ? Effect.void : Telemetry.log(record, log)
    return onCall === undefined
      ? told
      : Effect.andThen(Effect.exit(Effect.sync(() => ignoreRejection(onCall(record)))), told)
  }

  const planOf = (
    asked: Asked,
    decoded: Result.Result<GenerateOptions.Decoded, GenerateError>,
    call: Call.Call,
    route: Routes.Routed | undefined
  ): Router.Plan => {
    const router = route?.router
    if (router !== undefined && Result.isFailure(router)) return refusing(asked, call, router.failure)
    if (Result.isFailure(decoded)) return refusing(asked, call, decoded.failure)
    if (Result.isFailure(defaults)) return refusing(asked, call, defaults.failure)
    if (router !== undefined) {
      return Router.planFor(router.success, askingOf(decoded.success, defaults.success, call))
    }
    const { failover = options.failover ?? false } = decoded.success
    return {
      candidates: [{
        name: asked.provider === undefined ? asked.model : `${asked.provider}/${asked.model}`,
        request: decoded.success.request(catalog, defaults.success, call)
      }],
      more: failover === false
        ? undefined
        : () => Failover.standIns(failover, asked, askingOf(decoded.success, defaults.success, call)),
      call
    }
  }

  const askingOf = (
    { requestFor }: GenerateOptions.Decoded,
    defaults: GenerateOptions.Defaults,
    call: Call.Call
  ): Router.Asking => ({
    catalog,
    call,
    requestFor: (model, call, params) => requestFor(model, defaults, call, params)
  })

  const generate = (asked: Asked, route?: Routes.Routed) =>
    Effect.flatMap(
      begin(asked, "generate", route),
      (begun) =>
        Telemetry.traced(spanOf(begun), (span) => {
          const { call, generator, plan, recorder } = begun
          return Router.firstOf(plan)(generator.generate).pipe(
            within(asked, Call.timeoutOf(call)),
            Effect.mapBoth({ onFailure: recorder.fail, onSuccess: recorder.complete }),
            Effect.onExit((exit) => record(begun, exit, span))
          )
        })
    )

  const stream = (asked: Asked, route?: Routes.Routed) =>
    Stream.suspend(() =>
      modalityOf(asked) === "text"
        ? streamOf(asked, route)
        : Stream.unwrap(Effect.map(Progress.make, (progress) => streamOf(asked, route, progress)))
    )

  const streamOf = (asked: Asked, route?: Routes.Routed, progress?: Progress.Progress) =>
    Stream.unwrap(
      Effect.flatMap(
        begin(asked, "stream", route, progress?.take),
        (begun) =>
          Telemetry.tracedScoped(spanOf(begun), (span) => {
            const { call, generator, plan, recorder } = begun
            // A reader that leaves or fails ends the stream too, which is no failure of the call.
            let ended: Exit.Exit<unknown, GenerateError> = Exit.void
            const opening = Router.firstOf(plan)(generator.open)
            const opened = Stream.unwrap(progress === undefined ? opening : progress.before(opening))
            // Who leaves a stream ends it outside of the span.
            const recorded = Effect.suspend(() => record(begun, ended, span))
            return Effect.succeed(
              (span === undefined ? opened : Stream.provideService(opened, Tracer.ParentSpan, span)).pipe(
                streamWithin(asked, Call.timeoutOf(call)),
                Stream.mapError(recorder.fail),
                Stream.mapArray((parts) => {
                  const last = Arr.lastNonEmpty(parts)
                  return last.type === "finish" ? Arr.append(parts.slice(0, -1), recorder.complete(last)) : parts
                }),
                Stream.tapCause((cause) => Effect.sync(() => ended = Exit.failCause(cause))),
                Stream.onExit(() =>
                  span === undefined ? recorded : Effect.provideService(recorded, Tracer.ParentSpan, span)
                )
              )
            )
          })
      )
    )

  const scope = yield* Effect.scope
  const batches = yield* Effect.cached(Effect.flatMap(
    Effect.promise(() => import("./batches.ts")),
    (Batches) =>
      Batches.open({
        catalog,
        defaults,
        currency: given.currency,
        keyTags: secrets?.tags ?? [],
        retry: options.retry ?? RetryPolicy.make(),
        generatorOf: providers.of,
        generate: (asked) => generate(asked),
        tell: (record) =>
          Effect.andThen(
            Effect.map(Telemetry.CurrentMetrics, (metrics) => {
              metrics?.began()
              metrics?.ended(record, catalog)
            }),
            tell(record)
          ),
        kept: sealed && options.batches?.path === undefined ? "memory" : options.batches ?? {}
      }, scope)
  ))

  return {
    batches,
    generate: (asked) => generate(asked),
    stream: (asked) => stream(asked),
    route: (route, options) =>
      Effect.suspend(() => {
        const routed = find(route, options)
        return generate(routed.asked, routed)
      }),
    streamRoute: (route, options) =>
      Stream.suspend(() => {
        const routed = find(route, options)
        return stream(routed.asked, routed)
      }),
    explain: (route, options) =>
      Effect.flatMap(Call.make({ catalog, currency: given.currency }), (call) => {
        const routed = find(route, options)
        const known = Result.all([routed.router, GenerateOptions.decode(routed.asked), defaults])
        return Effect.flatMap(
          Effect.fromResult(known),
          ([router, decoded, defaults]) => Router.explain(router, askingOf(decoded, defaults, call))
        )
      })
  }
})

/** A call under way. */
interface Begun {
  readonly asked: Asked
  readonly call: Call.Call
  readonly plan: Router.Plan
  readonly generator: Generator.Generator
  readonly recorder: CallRecord.Recorder
  readonly callLog: CallLog.CallLog
  readonly metrics: Telemetry.Metrics | undefined
}

const spanOf = ({ asked, call }: Begun) => () => Telemetry.callSpan(call.id, asked, call.tags)

/** Nobody is asked. */
const refusing = (asked: Asked, call: Call.Call, error: GenerateError): Router.Plan => ({
  candidates: [{ name: asked.model, request: Effect.fail(error) }],
  call
})

const noCircumstances: Partial<GenerateOptions.Decoded> = {}

/** An async function passes for one that returns nothing; what it throws comes later. */
const ignoreRejection = (returned: unknown): void => {
  if (returned instanceof Promise) returned.catch(() => {})
}

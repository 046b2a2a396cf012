/**
 * The front door: one API for every AI provider.
 *
 * **Example** (The first answer)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Loom } from "loom-router"
 *
 * const program = Loom.generate({
 *   provider: "openai",
 *   model: "gpt-4o-mini",
 *   prompt: "Summarize this transcript in five bullets."
 * })
 *
 * export const main = async () => {
 *   const result = await Effect.runPromise(program)
 *   return [result.text, result.cost.usd, result.usage.totalTokens]
 * }
 * ```
 *
 * @since 1.0.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Stream from "effect/Stream"
import * as Batch from "./Batch.ts"
import * as CallLog from "./CallLog.ts"
import type * as CallRecord from "./CallRecord.ts"
import * as Catalog from "./Catalog.ts"
import type { Currency } from "./Cost.ts"
import type * as Failover from "./Failover.ts"
import { type GenerateError, invalidRequest } from "./GenerateError.ts"
import type * as GenerateOptions from "./GenerateOptions.ts"
import type { Generation, Part } from "./Generation.ts"
import * as Generator from "./Generator.ts"
import type * as Limits from "./Limits.ts"
import type * as LoomConfig from "./LoomConfig.ts"
import type * as ProviderHealth from "./ProviderHealth.ts"
import type * as Providers from "./Providers.ts"
import type * as ResponseCache from "./ResponseCache.ts"
import type * as RetryPolicy from "./RetryPolicy.ts"
import type * as Router from "./Router.ts"
import type * as Secrets from "./Secrets.ts"
import * as Transport from "./Transport.ts"
import { make as makeEngine } from "./internal/engine.ts"

/**
 * What calls are made with, besides their own options.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** Models and prices: `Catalog.bundled` by default. */
  readonly catalog?: Catalog.Catalog | undefined
  /** Layers or values that answer for a provider, in place of the built-in ones. */
  readonly providers?: Readonly<Record<string, Providers.Source>> | undefined
  /** Under the caller's own options. */
  readonly defaults?: GenerateOptions.Defaults | undefined
  /** When an attempt is made again at the same vendor: `RetryPolicy.make()` by default. */
  readonly retry?: RetryPolicy.RetryPolicy | undefined
  /** Attempts of a call at most, retries and failover together: 9. */
  readonly maxAttempts?: number | undefined
  /**
   * Keeps answers: `{ ttl: "1 hour" }`, with `sqlite: true` for other processes too. Off by default, but for calls that
   * bring a `ttl`.
   */
  readonly cache?: ResponseCache.Options | undefined
  /** Whether calls that ask the same at the same time share one answer. On by default. */
  readonly coalesce?: boolean | undefined
  /**
   * Who stands in for a model that can't be reached: `true` for models like it, or models by name. Nobody by default: a
   * call stays with its vendor.
   */
  readonly failover?: Failover.Failover | undefined
  /** Routers that calls may name: `Loom.route("cheap-first", …)`. */
  readonly routes?: Readonly<Record<string, Router.Router>> | undefined
  /** When a failing vendor is left alone: by default for 30 seconds after 5 failures in a row; with `false` never. */
  readonly health?: ProviderHealth.Options | false | undefined
  /**
   * How much is sent to each provider and model with one key: `{ openai: { requestsPerMinute: 500 } }`. By default what
   * vendors say themselves is heeded; with `false` nothing is.
   */
  readonly limits?: Limits.Options | false | undefined
  /** What `cost.local` is given in. */
  readonly currency?: Currency | undefined
  /** Keeps the record of every call in an SQLite file (`CallLog.layerSqlite`). Off by default. */
  readonly callLog?: boolean | CallLog.SqliteOptions | undefined
  /** Logs one INFO line per call through the caller's Logger, as text or as fields. Off by default. */
  readonly log?: "line" | "json" | undefined
  /** Where spans, metrics and log lines go: `Otlp.layer` of `loom-router/telemetry/Otlp`, say. Nowhere by default. */
  readonly telemetry?: Layer.Layer<never> | undefined
  /** Where batches are kept: in `batches.db` beside the call log by default. */
  readonly batches?: Batch.StoreOptions | undefined
  /** Sees the record of every call: once for each, however it ended. What it throws is ignored. */
  readonly onCall?: ((record: CallRecord.CallRecord) => void) | undefined
  /** How connections to vendors are made and kept. */
  readonly transport?: Transport.Options | undefined
  /** Where keys are read. By default the service that is provided, else the environment, `.env` and the file of keys. */
  readonly secrets?: Secrets.Options | undefined
}

/**
 * Answers calls: what stands behind {@link generate} and its like.
 *
 * @category models
 * @since 1.0.0
 */
export interface Engine {
  readonly generate: (options: Asked) => Effect.Effect<Generation, GenerateError>
  readonly stream: (options: Asked) => Stream.Stream<Part, GenerateError>
  /** The same of a router, or of the layer's route of that name. */
  readonly route: (router: Route, options: AskedOfRoute) => Effect.Effect<Generation, GenerateError>
  readonly streamRoute: (router: Route, options: AskedOfRoute) => Stream.Stream<Part, GenerateError>
  readonly explain: (
    router: Route,
    options: AskedOfRoute
  ) => Effect.Effect<ReadonlyArray<Router.Explanation>, GenerateError>
  /** Made when they are first asked for. */
  readonly batches: Effect.Effect<Batches>
}

/**
 * Takes batches, and finds them.
 *
 * @category models
 * @since 1.0.0
 */
export interface Batches {
  /**
   * `keeping` the requests in memory, for who waits in this process: each answer is decoded by its own request's schema,
   * whatever that is called.
   */
  readonly submit: (
    requests: Batch.Requests<Batch.Given>,
    options?: Batch.SubmitOptions,
    keeping?: boolean
  ) => Effect.Effect<Batch.Batch, Batch.BatchError>
  /** Fails where a request can't be part of a batch, and why. */
  readonly check: (asked: Batch.Given) => Effect.Effect<void, Batch.BatchError>
  readonly find: (id: string, options?: Batch.FindOptions) => Effect.Effect<Batch.Batch, Batch.BatchError>
  readonly list: (limit: number) => Effect.Effect<ReadonlyArray<Batch.Snapshot>, Batch.BatchError>
}

type Asked = GenerateOptions.Given
type AskedOfRoute = Omit<Asked, "provider" | "model" | "native" | "failover">
type Route = Router.Router | string

/**
 * The engine that calls go to: a fiber-local reference, whose default is made once per process, at the first call. That
 * reads the file that `LOOM_CONFIG` names, and no other ({@link layerConfig} does): where it can't be used, every call
 * says so.
 *
 * @category references
 * @since 1.0.0
 */
export const CurrentLoom: Context.Reference<Engine> = Context.Reference<Engine>("loom-router/Loom/CurrentLoom", {
  defaultValue: () => {
    const runtime = ManagedRuntime.make(Layer.unwrap(Effect.map(loadEnvironment, ofProcess)))
    process.once("beforeExit", () => void runtime.dispose())
    return fromRuntime(runtime)
  }
})

const loadEnvironment = Effect.promise(() => import("./internal/environment.ts"))

const liveEnvironment = Layer.unwrap(Effect.map(loadEnvironment, ({ live }) => live))

const ofProcess = ({ live, variable }: Effect.Success<typeof loadEnvironment>): Layer.Layer<never> =>
  Layer.provide(variable("LOOM_CONFIG") === undefined ? layer() : configured, live)

/** The engine of the process by its settings. Who calls it has no layer of it: its log and telemetry come with the call. */
const configured: Layer.Layer<never> = Layer.effect(
  CurrentLoom,
  Effect.suspend(() => Layer.build(layerConfig())).pipe(
    Effect.match({
      onSuccess: (context): Engine => {
        const loom = Context.get(context, CurrentLoom)
        const around = (own: Context.Context<never>) => Context.merge(context, own)
        return {
          generate: (options) => Effect.updateContext(loom.generate(options), around),
          stream: (options) => Stream.updateContext(loom.stream(options), around),
          route: (router, options) => Effect.updateContext(loom.route(router, options), around),
          streamRoute: (router, options) => Stream.updateContext(loom.streamRoute(router, options), around),
          explain: (router, options) => Effect.updateContext(loom.explain(router, options), around),
          batches: loom.batches
        }
      },
      onFailure: ({ message }): Engine => {
        const error = invalidRequest({ field: "LOOM_CONFIG", detail: message })
        const refusal = Effect.fail(error)
        const noBatch = Effect.fail(new Batch.BatchError({ reason: new Batch.VendorFailed({ error }) }))
        return {
          generate: () => refusal,
          stream: () => Stream.fromEffect(refusal),
          route: () => refusal,
          streamRoute: () => Stream.fromEffect(refusal),
          explain: () => refusal,
          batches: Effect.succeed({
            submit: () => noBatch,
            check: () => noBatch,
            find: () => noBatch,
            list: () => noBatch
          })
        }
      }
    })
  )
)

const fromRuntime = (runtime: ManagedRuntime.ManagedRuntime<never, never>): Engine => {
  const engine = Effect.suspend(() =>
    runtime.cachedContext === undefined
      ? Effect.map(runtime.contextEffect, (context) => Context.get(context, CurrentLoom))
      : Effect.succeed(Context.get(runtime.cachedContext, CurrentLoom))
  )
  return {
    generate: (options) => Effect.flatMap(engine, (loom) => loom.generate(options)),
    stream: (options) => Stream.unwrap(Effect.map(engine, (loom) => loom.stream(options))),
    route: (router, options) => Effect.flatMap(engine, (loom) => loom.route(router, options)),
    streamRoute: (router, options) => Stream.unwrap(Effect.map(engine, (loom) => loom.streamRoute(router, options))),
    explain: (router, options) => Effect.flatMap(engine, (loom) => loom.explain(router, options)),
    batches: Effect.flatMap(engine, (loom) => loom.batches)
  }
}

/**
 * Replaces the engine for a scope: what is provided with this layer calls with these options, with connections and
 * caches of its own.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options: Options = {}): Layer.Layer<never> => {
  const engine = Layer.provide(
    Layer.effect(CurrentLoom, makeEngine(options, false)),
    Transport.layer(options.transport)
  )
  const { callLog = false, telemetry } = options
  const logged = callLog === false ? engine : Layer.merge(engine, CallLog.layerSqlite(callLog === true ? {} : callLog))
  return telemetry === undefined ? logged : Layer.provideMerge(logged, telemetry)
}

/**
 * The same with the options in `loom.config.yaml` and `models.yaml` (`LoomConfig` says which), under those given here;
 * routes and providers by name. Fails with all that is wrong with the files. Where there are none, it is {@link layer}.
 *
 * **Example** (Settings in a file, what is code in code)
 *
 * ```ts
 * import { Loom } from "loom-router"
 *
 * export const layer = Loom.layerConfig({ onCall: ({ outcome }) => console.log(outcome) })
 * ```
 *
 * @category layers
 * @since 1.0.0
 */
export const layerConfig = (
  options: Options & LoomConfig.Options = {}
): Layer.Layer<never, LoomConfig.ConfigError> =>
  Layer.unwrap(Effect.gen(function*() {
    const { from, path, ...given } = options
    const { load } = yield* Effect.promise(() => import("./LoomConfig.ts"))
    const { options: read } = yield* load({ from, path })
    const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
    return layer({
      ...read,
      ...own,
      routes: { ...read.routes, ...given.routes },
      providers: { ...read.providers, ...given.providers }
    })
  }))

/**
 * An engine for tests: these generators answer, and nothing else does. One alone answers for every provider.
 *
 * **Example** (A test without a vendor)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Generator, Loom } from "loom-router"
 *
 * const answer = Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Hello" }).pipe(
 *   Effect.map((generation) => generation.text),
 *   Effect.provide(Loom.layerTest(Generator.fake(() => "Hi!")))
 * )
 *
 * export const text = Effect.runPromise(answer) // => "Hi!"
 * ```
 *
 * @category testing
 * @since 1.0.0
 */
export const layerTest = (
  sources: Providers.Source | Readonly<Record<string, Providers.Source>>,
  options?: Omit<Options, "providers" | "transport" | "callLog" | "telemetry">
): Layer.Layer<never> => {
  const catalog = options?.catalog ?? Catalog.bundled
  const providers = isSource(sources)
    ? Object.fromEntries(Catalog.providers(catalog).map(({ key }) => [key, sources]))
    : sources
  return Layer.provide(Layer.effect(CurrentLoom, makeEngine({ ...options, providers }, true)), Transport.layer())
}

const isSource = (
  sources: Providers.Source | Readonly<Record<string, Providers.Source>>
): sources is Providers.Source => Generator.isGenerator(sources) || Layer.isLayer(sources)

/**
 * Asks a model.
 *
 * Fails with a {@link GenerateError}. Interrupting it cancels the vendor's request.
 *
 * @category calls
 * @since 1.0.0
 */
export const generate = <const P extends GenerateOptions.Provider = GenerateOptions.Provider>(
  options: GenerateOptions.GenerateOptions<P>
): Effect.Effect<Generation<GenerateOptions.Reply<P>>, GenerateError> =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what an adapter puts there is its SDK's own reply
  Effect.flatMap(CurrentLoom, (loom) => loom.generate(options)) as Effect.Effect<
    Generation<GenerateOptions.Reply<P>>,
    GenerateError
  >

/**
 * Asks a model and gives its answer in parts as they arrive. The last part is the `finish`, with usage and cost.
 *
 * Fails with a {@link GenerateError}: with reason `Partial` once something was shown. A consumer that stops reading
 * cancels the vendor's request.
 *
 * @category calls
 * @since 1.0.0
 */
export const stream = <const P extends GenerateOptions.Provider = GenerateOptions.Provider>(
  options: GenerateOptions.GenerateOptions<P>
): Stream.Stream<Part<GenerateOptions.Reply<P>>, GenerateError> =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what an adapter puts there is its SDK's own reply
  Stream.unwrap(Effect.map(CurrentLoom, (loom) => loom.stream(options))) as Stream.Stream<
    Part<GenerateOptions.Reply<P>>,
    GenerateError
  >

/**
 * Asks a model for an object that fits a schema, and decodes it: `object` of the answer.
 *
 * The schema goes to the vendor in its own dialect of JSON Schema, and its root must be an object. Fails with
 * `InvalidResponse` where the answer doesn't fit, with `ContentFiltered` where the model refuses.
 *
 * @category calls
 * @since 1.0.0
 */
export const generateObject = <A, const P extends GenerateOptions.Provider = GenerateOptions.Provider>(
  options: GenerateOptions.ObjectOptions<A, P>
): Effect.Effect<Generation<GenerateOptions.Reply<P>> & { readonly object: A }, GenerateError> =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what an adapter puts there is its SDK's own reply
  Effect.flatMap(CurrentLoom, (loom) => loom.generate(options)) as Effect.Effect<
    Generation<GenerateOptions.Reply<P>> & { readonly object: A },
    GenerateError
  >

/**
 * Asks the candidates of a router, or of the layer's route of that name (`Loom.layer({ routes })`), until one gives an
 * answer that will do. With a `schema` the answer has an `object` that fits it.
 *
 * Fails with the {@link GenerateError} of the last candidate that was asked; its `tried` has them all. Nobody stands in
 * for a candidate: they are each other's failover.
 *
 * @category calls
 * @since 1.0.0
 */
export const route: {
  <A>(
    router: Router.Router | string,
    options: GenerateOptions.RouteObjectOptions<A>
  ): Effect.Effect<Generation & { readonly object: A }, GenerateError>
  (router: Router.Router | string, options: GenerateOptions.RouteOptions): Effect.Effect<Generation, GenerateError>
} = (router: Router.Router | string, options: GenerateOptions.RouteOptions) =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an adapter has decoded it with the schema
  Effect.flatMap(CurrentLoom, (loom) => loom.route(router, options)) as Effect.Effect<
    Generation & { readonly object: never },
    GenerateError
  >

/**
 * Like {@link route}, with the answer in parts. A router with a validator needs the whole of it: the first part is shown
 * once the last has come and the answer is accepted.
 *
 * @category calls
 * @since 1.0.0
 */
export const streamRoute = (
  router: Router.Router | string,
  options: GenerateOptions.RouteOptions
): Stream.Stream<Part, GenerateError> =>
  Stream.unwrap(Effect.map(CurrentLoom, (loom) => loom.streamRoute(router, options)))

/**
 * Tells what {@link route} would try, in order, and what that may cost. Nothing is sent, and nothing is recorded.
 *
 * @category calls
 * @since 1.0.0
 */
export const explain = (
  router: Router.Router | string,
  options: GenerateOptions.RouteOptions
): Effect.Effect<ReadonlyArray<Router.Explanation>, GenerateError> =>
  Effect.flatMap(CurrentLoom, (loom) => loom.explain(router, options))

/**
 * Submits many requests as batches of their vendors, and gives one handle for all of them: of any number of vendors and
 * models, split by what their endpoints take, at their batch price.
 *
 * **Details**
 *
 * Every request is decoded and checked before anything is sent, and written to the store (`Loom.layer({ batches })`) before
 * it is submitted: a process that dies in between, or right after, leaves a batch that {@link batch} finds, and that isn't
 * submitted again. Requests may come from a stream: they aren't kept in memory.
 *
 * Fails with `RowRefused`, which names the row that can't be part of it; with `VendorFailed` where no vendor took any of
 * it. Nothing is at a vendor then, and the batch is forgotten.
 *
 * @category batches
 * @since 1.0.0
 */
export const submitBatch = (
  requests: Batch.Requests,
  options?: Batch.SubmitOptions
): Effect.Effect<Batch.Batch, Batch.BatchError> =>
  Effect.flatMap(CurrentLoom, (loom) => Effect.flatMap(loom.batches, (batches) => batches.submit(requests, options)))

/**
 * Finds a batch by its id, whoever has submitted it. Fails with `UnknownBatch` where there is none.
 *
 * @category batches
 * @since 1.0.0
 */
export const batch = (id: string, options?: Batch.FindOptions): Effect.Effect<Batch.Batch, Batch.BatchError> =>
  Effect.flatMap(CurrentLoom, (loom) => Effect.flatMap(loom.batches, (batches) => batches.find(id, options)))

/**
 * The batches that are kept, the newest first: 50 by default.
 *
 * @category batches
 * @since 1.0.0
 */
export const batches = (
  options?: { readonly limit?: number | undefined }
): Effect.Effect<ReadonlyArray<Batch.Snapshot>, Batch.BatchError> =>
  Effect.flatMap(CurrentLoom, (loom) => Effect.flatMap(loom.batches, (batches) => batches.list(options?.limit ?? 50)))

/**
 * How a promise is run.
 *
 * @category models
 * @since 1.0.0
 */
export interface RunOptions {
  /** Cancels the call, and with it the vendor's request. */
  readonly signal?: AbortSignal | undefined
}

/**
 * A batch for users of promises: what `Batch.Batch` has, under the same names.
 *
 * @category models
 * @since 1.0.0
 */
export interface ClientBatch {
  readonly id: string
  readonly status: (run?: RunOptions) => Promise<Batch.Snapshot>
  readonly counts: (run?: RunOptions) => Promise<Batch.Counts>
  readonly poll: (run?: RunOptions) => Promise<Batch.Snapshot>
  readonly wait: (
    options?: Batch.WaitOptions,
    run?: RunOptions
  ) => Promise<Batch.Snapshot & { readonly rows: AsyncIterable<Batch.Row> }>
  readonly results: AsyncIterable<Batch.Row>
  readonly cancel: (run?: RunOptions) => Promise<Batch.Snapshot>
}

/**
 * The same calls for users of promises. `close` frees what the client holds; so does `await using`.
 *
 * @category models
 * @since 1.0.0
 */
export interface Client extends AsyncDisposable {
  readonly generate: <const P extends GenerateOptions.Provider = GenerateOptions.Provider>(
    options: GenerateOptions.GenerateOptions<P>,
    run?: RunOptions
  ) => Promise<Generation<GenerateOptions.Reply<P>>>
  readonly stream: <const P extends GenerateOptions.Provider = GenerateOptions.Provider>(
    options: GenerateOptions.GenerateOptions<P>
  ) => AsyncIterable<Part<GenerateOptions.Reply<P>>>
  readonly generateObject: <A, const P extends GenerateOptions.Provider = GenerateOptions.Provider>(
    options: GenerateOptions.ObjectOptions<A, P>,
    run?: RunOptions
  ) => Promise<Generation<GenerateOptions.Reply<P>> & { readonly object: A }>
  readonly route: {
    <A>(
      router: Router.Router | string,
      options: GenerateOptions.RouteObjectOptions<A>,
      run?: RunOptions
    ): Promise<Generation & { readonly object: A }>
    (
      router: Router.Router | string,
      options: GenerateOptions.RouteOptions,
      run?: RunOptions
    ): Promise<Generation>
  }
  readonly streamRoute: (
    router: Router.Router | string,
    options: GenerateOptions.RouteOptions
  ) => AsyncIterable<Part>
  readonly submitBatch: (
    requests: Batch.Requests,
    options?: Batch.SubmitOptions,
    run?: RunOptions
  ) => Promise<ClientBatch>
  readonly batch: (id: string, options?: Batch.FindOptions, run?: RunOptions) => Promise<ClientBatch>
  readonly batches: (
    options?: { readonly limit?: number | undefined },
    run?: RunOptions
  ) => Promise<ReadonlyArray<Batch.Snapshot>>
  readonly close: () => Promise<void>
}

/**
 * Makes a client with an engine of its own. Its promises reject with a {@link GenerateError}, those of batches with a
 * `BatchError`.
 *
 * @category clients
 * @since 1.0.0
 */
export const client = (options?: Options): Client => {
  const runtime = ManagedRuntime.make(Layer.provide(layer(options), liveEnvironment))
  const iterable = <A, E>(stream: Stream.Stream<A, E>): AsyncIterable<A> => ({
    [Symbol.asyncIterator]: () => {
      const opened = runtime.context().then((context) =>
        Stream.toAsyncIterableWith(stream, context)[Symbol.asyncIterator]()
      )
      return {
        next: async () => (await opened).next(),
        return: async (value) => (await opened).return?.(value) ?? { done: true, value: undefined }
      }
    }
  })
  const promised = <A, E>(effect: Effect.Effect<A, E>, run: RunOptions | undefined): Promise<A> =>
    runtime.runPromise(unlessAborted(effect, run?.signal), run)
  const clientBatch = (batch: Batch.Batch): ClientBatch => ({
    id: batch.id,
    status: (run) => promised(batch.status, run),
    counts: (run) => promised(batch.counts, run),
    poll: (run) => promised(batch.poll, run),
    wait: (options, run) =>
      promised(Effect.map(batch.wait(options), (ended) => ({ ...ended, rows: iterable(ended.rows) })), run),
    results: iterable(batch.results),
    cancel: (run) => promised(batch.cancel, run)
  })
  return {
    submitBatch: (requests, options, run) => promised(Effect.map(submitBatch(requests, options), clientBatch), run),
    batch: (id, options, run) => promised(Effect.map(batch(id, options), clientBatch), run),
    batches: (options, run) => promised(batches(options), run),
    generate: (asked, run) => runtime.runPromise(unlessAborted(generate(asked), run?.signal), run),
    generateObject: (asked, run) => runtime.runPromise(unlessAborted(generateObject(asked), run?.signal), run),
    stream: (asked) => iterable(stream(asked)),
    route: (router: Router.Router | string, asked: GenerateOptions.RouteOptions, run?: RunOptions) =>
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an adapter has decoded it with the schema
      runtime.runPromise(unlessAborted(route(router, asked), run?.signal), run) as Promise<
        Generation & { readonly object: never }
      >,
    streamRoute: (router, asked) => iterable(streamRoute(router, asked)),
    close: () => runtime.dispose(),
    [Symbol.asyncDispose]: () => runtime.dispose()
  }
}

/** A signal is heard only once the effect runs: by then a request may be on its way. */
const unlessAborted = <A, E>(effect: Effect.Effect<A, E>, signal: AbortSignal | undefined): Effect.Effect<A, E> =>
  signal?.aborted === true ? Effect.interrupt : effect

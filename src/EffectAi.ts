/**
 * The bridge to effect/ai: its programs over Loom, and its models in Loom.
 *
 * {@link layer} stands behind `LanguageModel`: `Chat`, `Toolkit`, `generateObject`, `streamText`, MCP, and whatever else
 * is written for it, with Loom's routes, retries, failover, caches, budgets and records.
 *
 * **Example** (A chat with tools, over a route)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Chat, Tool, Toolkit } from "effect/ai"
 * import { Generator, Ledger, Loom, Router } from "loom-router"
 * import * as EffectAi from "loom-router/effect-ai"
 *
 * const Stock = Toolkit.make(Tool.make("look_up_stock", {
 *   description: "How much of a yarn is in stock, in metres",
 *   parameters: Schema.Struct({ yarn: Schema.String }),
 *   success: Schema.Struct({ metres: Schema.Finite })
 * }))
 * const stock = Stock.toLayer({ look_up_stock: () => Effect.succeed({ metres: 1200 }) })
 *
 * const program = Effect.gen(function*() {
 *   const chat = yield* Chat.fromPrompt("You weave.")
 *   const answer = yield* chat.generateText({ prompt: "Is there wool?", toolkit: Stock })
 *   return [answer.text, EffectAi.summary(answer.content)?.provider]
 * }).pipe(Ledger.budget({ usd: 0.05 }), Effect.provide([EffectAi.layer({ route: "cheap-first" }), stock]))
 *
 * const routes = { "cheap-first": Router.make({ candidates: ["openai/gpt-4o-mini", "openai/gpt-4o"] }) }
 * const loom = Loom.layerTest(Generator.fake(() => "There is."), { routes, cache: { ttl: "1 hour" } })
 *
 * export const answered = Effect.runPromise(Effect.provide(program, loom)) // => ["There is.", "openai"]
 * ```
 *
 * **Details**
 *
 * A call of effect/ai is one call of Loom: one record, one deadline, the same request and the same cost as by
 * `Loom.generate`. What Loom knows of it is in the finish part's `metadata.loom`: {@link summary} finds it. Failures are
 * `AiError`s, worth another try (`isRetryable`) where Loom says so, which is after its own tries: {@link failure} gives
 * the `GenerateError` behind one.
 *
 * Which Loom is asked is decided where the layer is built: the one provided there, else the one that holds where a call is
 * made, as for `Loom.generate`. What differs from call to call is given by {@link withConfigOverride}.
 *
 * A vendor's own tools (`webSearch`, say) needn't be in a toolkit. What they did that effect/ai has no schema for stays in
 * a conversation as a text without words, so that the vendor gets it back: over Loom, that is.
 *
 * **Example** (A model of effect/ai in Loom)
 *
 * ```ts
 * import { Effect, Layer, Stream } from "effect"
 * import { LanguageModel } from "effect/ai"
 * import { Catalog, Loom } from "loom-router"
 * import * as EffectAi from "loom-router/effect-ai"
 *
 * const Echo = Layer.effect(LanguageModel.LanguageModel, LanguageModel.make({
 *   generateText: () => Effect.succeed([{ type: "text", text: "Hello yourself." }]),
 *   streamText: () => Stream.empty
 * }))
 *
 * const loom = Loom.layer({
 *   catalog: Catalog.registerModel(Catalog.bundled, { provider: "echo", model: "one" }),
 *   providers: { echo: Layer.provide(EffectAi.layerGenerator(), Echo) }
 * })
 *
 * const text = Effect.map(Loom.generate({ model: "echo/one", prompt: "Hello." }), (answer) => answer.text)
 *
 * export const said = Effect.runPromise(Effect.provide(text, loom)) // => "Hello yourself."
 * ```
 *
 * @since 1.0.0
 */
import * as Arr from "effect/Array"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as AiError from "effect/ai/AiError"
import * as LanguageModel from "effect/ai/LanguageModel"
import * as Model from "effect/ai/Model"
import type * as Response from "effect/ai/Response"
import type { GenerateError } from "./GenerateError.ts"
import type * as GenerateOptions from "./GenerateOptions.ts"
import type * as Generation from "./Generation.ts"
import * as Generator from "./Generator.ts"
import * as Loom from "./Loom.ts"
import type * as Request from "./Request.ts"
import type * as Router from "./Router.ts"
import * as Errors from "./internal/aiErrors.ts"
import * as Generators from "./internal/aiGenerator.ts"
import * as Objects from "./internal/aiObject.ts"
import * as Parts from "./internal/aiParts.ts"
import { isRecord } from "./internal/json.ts"

/**
 * What Loom knows of an answer, as JSON: what isn't known is `null`.
 *
 * @category models
 * @since 1.0.0
 */
export type Metadata = Parts.Metadata

/**
 * Options of `Loom.generate` that hold for all calls: params, and how they are made.
 *
 * @category models
 * @since 1.0.0
 */
export interface Settings extends Omit<GenerateOptions.RouteOptions, "prompt" | "tools" | "toolChoice"> {}

/**
 * Whom to ask, and how: a model, with options of its vendor, or a route.
 *
 * @category models
 * @since 1.0.0
 */
export type Options<P extends GenerateOptions.Provider = GenerateOptions.Provider> =
  & Settings
  & (
    | GenerateOptions.Asked<P> & Pick<GenerateOptions.GenerateOptions<P>, "native" | "failover"> & {
      readonly route?: undefined
    }
    | {
      /** A router, or the name of one that `Loom.layer({ routes })` has. */
      readonly route: Router.Router | string
      readonly provider?: undefined
      readonly model?: undefined
    }
  )

/**
 * What a call is to be asked with in place of the layer's options. A `model` or a `route` takes the place of whatever was
 * to be asked, with what belongs to it; tags are added.
 *
 * @category models
 * @since 1.0.0
 */
export interface Config extends Settings {
  readonly provider?: GenerateOptions.Provider | undefined
  readonly model?: string | undefined
  readonly native?: Readonly<Record<string, unknown>> | undefined
  readonly failover?: GenerateOptions.GenerateOptions["failover"]
  readonly route?: Router.Router | string | undefined
}

/**
 * The overrides that hold for a region of a program. Streams take them by `Stream.provideService`.
 *
 * @category references
 * @since 1.0.0
 */
export const CurrentConfig: Context.Reference<Config> = Context.Reference<Config>(
  "loom-router/EffectAi/CurrentConfig",
  {
    defaultValue: () => noConfig
  }
)

const noConfig: Config = {}

/**
 * Makes the calls of an effect with other options, over those that hold already.
 *
 * **Example** (One question for another model)
 *
 * ```ts
 * import { LanguageModel } from "effect/ai"
 * import * as EffectAi from "loom-router/effect-ai"
 *
 * export const careful = LanguageModel.generateText({ prompt: "Prove it." }).pipe(
 *   EffectAi.withConfigOverride({ model: "anthropic/claude-opus-4-5", reasoning: "high" })
 * )
 * ```
 *
 * @category combinators
 * @since 1.0.0
 */
export const withConfigOverride: {
  (config: Config): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, config: Config): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, config: Config): Effect.Effect<A, E, R> =>
    Effect.updateService(self, CurrentConfig, (outer) => over(outer, config))
)

/** Options under others. */
const over = (under: Config, config: Config): Config => {
  const { failover: _, model: __, native: ___, provider: ____, route: _____, ...settings } = under
  const isOther = config.model !== undefined || config.route !== undefined
  const stated = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined))
  const tags = under.tags === undefined ? undefined : { tags: { ...under.tags, ...config.tags } }
  return { ...(isOther ? settings : under), ...stated, ...tags }
}

/**
 * Makes effect/ai's language model over Loom.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = <const P extends GenerateOptions.Provider = GenerateOptions.Provider>(
  options: Options<P>
): Effect.Effect<LanguageModel.LanguageModel> =>
  Effect.contextWith((built: Context.Context<never>) => {
    const engine = built.mapUnsafe.has(Loom.CurrentLoom.key)
      ? Effect.succeed(Context.get(built, Loom.CurrentLoom))
      : Loom.CurrentLoom
    // A refusal of a prompt's end makes effect/ai ask again with all of it, which is what Loom was asked with.
    const refused = new WeakMap<object, AiError.AiError>()

    const begin = Effect.fnUntraced(function*({ incrementalFallback, span, ...asked }: LanguageModel.ProviderOptions) {
      const before = incrementalFallback === true ? refused.get(span) : undefined
      if (before !== undefined) return yield* before
      return { loom: yield* engine, ...callOf(over(options, yield* CurrentConfig), asked) }
    })

    const failing = (method: string, { span }: LanguageModel.ProviderOptions) => (error: GenerateError) => {
      const failed = Errors.toAiError(method)(error)
      refused.set(span, failed)
      return failed
    }

    return LanguageModel.make({
      codecTransformer: Objects.transformer,
      generateText: Effect.fnUntraced(function*(asked) {
        const { call, loom, route } = yield* begin(asked)
        const method = asked.responseFormat.type === "json" ? "generateObject" : "generateText"
        const answer = yield* Effect.mapError(
          route === undefined ? loom.generate(call) : loom.route(route, call),
          failing(method, asked)
        )
        yield* Effect.fromResult(declared(method, asked, answer.content))
        return [...Parts.contentOf(answer, asked.tools), ...Parts.endOf(answer)]
      }),
      streamText: (asked) =>
        Stream.unwrap(Effect.map(begin(asked), ({ call, loom, route }) =>
          (route === undefined ? loom.stream(call) : loom.streamRoute(route, call)).pipe(
            Stream.mapError(failing("streamText", asked)),
            Stream.filter(Parts.isSaid),
            Stream.mapArrayEffect((parts) =>
              Effect.fromResult(Result.map(
                declared("streamText", asked, parts),
                () =>
                  Arr.flatMap(parts, (part) =>
                    Parts.streamPartsOf(part, asked.tools))
              ))
            )
          )))
    })
  })

/** What Loom is asked. */
const callOf = (
  { route, ...config }: Config,
  asked: Pick<LanguageModel.ProviderOptions, "prompt" | "responseFormat" | "toolChoice" | "tools">
) => {
  const { prompt, responseFormat, tools } = asked
  const call = {
    ...config,
    prompt: Parts.promptOf(prompt, tools),
    ...(tools.length === 0 ? undefined : { tools, toolChoice: choiceOf(asked.toolChoice) }),
    ...(responseFormat.type === "text" ? undefined : {
      schema: Objects.schemaFor(responseFormat.schema),
      schemaName: Objects.nameFor(responseFormat.objectName)
    })
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Loom decodes it, and says what is missing
  return { route, call: call as Parameters<Loom.Engine["generate"]>[0] }
}

/** `auto` is what calls without a choice are made with, and effect/ai doesn't tell which it is. */
const choiceOf = (choice: LanguageModel.ToolChoice<string>): Request.ToolChoice | undefined =>
  typeof choice === "object" && "oneOf" in choice
    ? choice.mode === "required" ? "required" : undefined
    : choice === "auto"
    ? undefined
    : choice

/** Fails where the model calls a tool that it wasn't offered, unless that is the caller's to look at. */
const declared = (
  method: string,
  { toolCallValidation, tools }: LanguageModel.ProviderOptions,
  parts: ReadonlyArray<Generation.Part | Generation.Content>
): Result.Result<void, AiError.AiError> => {
  const stranger = toolCallValidation === "deferred" ?
    undefined :
    parts.find((part) =>
      part.type === "tool-call" && !part.providerExecuted && !tools.some(({ name }) => name === part.name)
    )
  return stranger?.type !== "tool-call" ? Result.void : Result.fail(AiError.make({
    module: "Loom",
    method,
    reason: new AiError.ToolNotFoundError({
      toolName: stranger.name,
      availableTools: tools.map(({ name }) => String(name))
    })
  }))
}

/**
 * effect/ai's language model over Loom.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = <const P extends GenerateOptions.Provider = GenerateOptions.Provider>(
  options: Options<P>
): Layer.Layer<LanguageModel.LanguageModel> => Layer.effect(LanguageModel.LanguageModel, make(options))

/**
 * Like {@link layer}, with the names that effect/ai programs find under `Model.ProviderName` (`loom`) and
 * `Model.ModelName`: the model's, or the route's.
 *
 * @category layers
 * @since 1.0.0
 */
export const model = <const P extends GenerateOptions.Provider = GenerateOptions.Provider>(
  options: Options<P>
): Model.Model<"loom", LanguageModel.LanguageModel, never> => Model.make("loom", nameOf(options), layer(options))

const nameOf = ({ model, provider, route }: Config): string =>
  route !== undefined
    ? typeof route === "string" ? route : "route"
    : provider === undefined
    ? `${model}`
    : `${provider}/${model}`

/**
 * What Loom knows of an answer: its cost, its attempts, what was saved. `undefined` for an answer that no Loom gave, and
 * for a stream that hasn't ended.
 *
 * @category accessors
 * @since 1.0.0
 */
export const summary = (content: Iterable<Response.AnyPart>): Metadata | undefined => {
  for (const part of content) {
    const told = part.type === "finish" ? part.metadata["loom"] : undefined
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `loom` is what a Loom writes, and nobody else
    if (isRecord(told)) return told as Metadata
  }
  return undefined
}

/**
 * The error of the call that an `AiError` stands for, with its attempts: `undefined` for one that Loom didn't make.
 *
 * @category accessors
 * @since 1.0.0
 */
export const failure = (error: AiError.AiError): GenerateError | undefined => Errors.originOf(error)

/**
 * How a language model of effect/ai is asked.
 *
 * @category models
 * @since 1.0.0
 */
export interface GeneratorOptions {
  /**
   * How the params of a request reach the model, which effect/ai has no words for: the services that the model's calls
   * are made with, its own config (`OpenAiLanguageModel.Config`, say) among them. Without it params are dropped with a
   * warning; `stop`, `serviceTier`, `webSearch` and `native` are refused.
   */
  readonly config?: ((request: Request.Request) => Context.Context<never>) | undefined
}

/**
 * Any language model of effect/ai as a Generator: for `Loom.layer({ providers })`, where a catalog prices its models.
 *
 * **Details**
 *
 * It runs no tools. What it answers is metered by the usage that it reports. An object can't be streamed: it comes at
 * once. Where tools are offered as well, effect/ai takes a call of one for an object that is missing.
 *
 * Whether a request that broke on its way had reached the vendor isn't known here, so that it isn't repeated at the same
 * one.
 *
 * @category constructors
 * @since 1.0.0
 */
export const generator = (model: LanguageModel.LanguageModel, options?: GeneratorOptions): Generator.Generator =>
  Generators.make(model, options?.config)

/**
 * The layer of a {@link generator}.
 *
 * @category layers
 * @since 1.0.0
 */
export const layerGenerator = (
  options?: GeneratorOptions
): Layer.Layer<Generator.Generator, never, LanguageModel.LanguageModel> =>
  Layer.effect(
    Generator.Generator,
    Effect.map(LanguageModel.LanguageModel, (model) => generator(model, options))
  )

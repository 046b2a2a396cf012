/**
 * The generators of all providers, each built when it is first asked.
 *
 * @since 1.0.0
 */
import * as Cache from "effect/Cache"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Catalog from "./Catalog.ts"
import { GenerateError, InvalidRequest } from "./GenerateError.ts"
import * as Generator from "./Generator.ts"
import type { Provider } from "./Model.ts"
import type { Transport } from "./Transport.ts"

/**
 * Something that a provider can be made from.
 *
 * @category models
 * @since 1.0.0
 */
export type Source = Generator.Generator | Layer.Layer<Generator.Generator, never, Transport>

type Built = Layer.Layer<Generator.Generator, never, Transport>

type Adapter = (provider: Provider) => Promise<Built>

/** Loads a vendor's module when the vendor is first asked; `native` is nothing but a type. */
interface Vendor<Native> extends Adapter {
  readonly native?: Native
}

const vendor = <Native>(load: () => Promise<{ readonly layer: () => Built }>): Vendor<Native> => async () =>
  (await load()).layer()

/* oxlint-disable typescript/consistent-type-imports -- a vendor is one line: with its types imported it would be two */
/** The vendors that Loom knows, by the protocols that a catalog says they speak, which are their keys. */
const vendors = {
  openai: vendor<import("./providers/OpenAi.ts").Native>(() => import("./providers/OpenAi.ts")),
  anthropic: vendor<import("./providers/Anthropic.ts").Native>(() => import("./providers/Anthropic.ts")),
  azure: vendor<import("./providers/Azure.ts").Native>(() => import("./providers/Azure.ts")),
  bedrock: vendor<import("./providers/Bedrock.ts").Native>(() => import("./providers/Bedrock.ts")),
  bfl: vendor<import("./providers/Bfl.ts").Native>(() => import("./providers/Bfl.ts")),
  bytedance: vendor<import("./providers/ByteDance.ts").Native>(() => import("./providers/ByteDance.ts")),
  cohere: vendor<import("./providers/Cohere.ts").Native>(() => import("./providers/Cohere.ts")),
  deepseek: vendor<import("./providers/DeepSeek.ts").Native>(() => import("./providers/DeepSeek.ts")),
  fal: vendor<import("./providers/Fal.ts").Native>(() => import("./providers/Fal.ts")),
  fireworks: vendor<import("./providers/Fireworks.ts").Native>(() => import("./providers/Fireworks.ts")),
  gemini: vendor<import("./providers/Gemini.ts").Native>(() => import("./providers/Gemini.ts")),
  groq: vendor<import("./providers/Groq.ts").Native>(() => import("./providers/Groq.ts")),
  hunyuan: vendor<import("./providers/Hunyuan.ts").Native>(() => import("./providers/Hunyuan.ts")),
  ideogram: vendor<import("./providers/Ideogram.ts").Native>(() => import("./providers/Ideogram.ts")),
  llamacpp: vendor<import("./providers/LlamaCpp.ts").Native>(() => import("./providers/LlamaCpp.ts")),
  minimax: vendor<import("./providers/Minimax.ts").Native>(() => import("./providers/Minimax.ts")),
  mistral: vendor<import("./providers/Mistral.ts").Native>(() => import("./providers/Mistral.ts")),
  moonshot: vendor<import("./providers/Moonshot.ts").Native>(() => import("./providers/Moonshot.ts")),
  ollama: vendor<import("./providers/Ollama.ts").Native>(() => import("./providers/Ollama.ts")),
  openrouter: vendor<import("./providers/OpenRouter.ts").Native>(() => import("./providers/OpenRouter.ts")),
  perplexity: vendor<import("./providers/Perplexity.ts").Native>(() => import("./providers/Perplexity.ts")),
  qwen: vendor<import("./providers/Qwen.ts").Native>(() => import("./providers/Qwen.ts")),
  recraft: vendor<import("./providers/Recraft.ts").Native>(() => import("./providers/Recraft.ts")),
  replicate: vendor<import("./providers/Replicate.ts").Native>(() => import("./providers/Replicate.ts")),
  stability: vendor<import("./providers/Stability.ts").Native>(() => import("./providers/Stability.ts")),
  together: vendor<import("./providers/Together.ts").Native>(() => import("./providers/Together.ts")),
  vllm: vendor<import("./providers/Vllm.ts").Native>(() => import("./providers/Vllm.ts")),
  xai: vendor<import("./providers/Xai.ts").Native>(() => import("./providers/Xai.ts")),
  zai: vendor<import("./providers/Zai.ts").Native>(() => import("./providers/Zai.ts"))
}
/* oxlint-enable typescript/consistent-type-imports */

type Known = {
  readonly [Key in keyof typeof vendors]: (typeof vendors)[Key] extends Vendor<infer Native> ? Native : never
}

/**
 * What each vendor's SDK takes (`native` in options) and gives (`native` in answers), by provider key. Declare your own
 * vendors into it.
 *
 * @category models
 * @since 1.0.0
 */
export interface Vendors extends Known {}

/** By the protocol that a catalog says a provider speaks. */
const adapters: Readonly<Record<string, Adapter>> = {
  ...vendors,
  "openai-compatible": async ({ apiKeyEnv, baseUrl, key }) =>
    (await import("./providers/OpenAiCompatible.ts")).layer({ provider: key, baseUrl: baseUrl ?? "", apiKeyEnv })
}

/**
 * What providers are made of. `sources` go before what the catalog would make; `sealed`, there is nothing else.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  readonly catalog: Catalog.Catalog
  readonly sources: Readonly<Record<string, Source>>
  readonly sealed?: boolean | undefined
}

/**
 * The generators of all providers.
 *
 * @category models
 * @since 1.0.0
 */
export interface Registry {
  /** Asks the provider that a request's model belongs to. */
  readonly generator: Generator.Generator
  /** The one that speaks to a provider. */
  readonly of: (provider: string) => Effect.Effect<Generator.Generator, GenerateError>
}

/**
 * Makes one Generator of all providers: it asks the one that a request's model belongs to.
 * The module that speaks for a provider of a catalog, as a layer; `undefined` where none speaks its protocol. Give it to
 * `Loom.layer({ providers })` in surroundings of its own: with another `ConfigProvider`, say.
 *
 * @category layers
 * @since 1.0.0
 */
export const builtIn = (provider: Provider): Layer.Layer<Generator.Generator, never, Transport> | undefined => {
  const adapter = Object.hasOwn(adapters, provider.kind) ? adapters[provider.kind] : undefined
  return adapter && Layer.unwrap(Effect.promise(() => adapter(provider)))
}

/**
 * Makes one Generator of all providers: it asks the one that a request's model belongs to. `sources` go before what the
 * catalog would make; `sealed`, there is nothing else.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (options: Options): Effect.Effect<Generator.Generator, never, Transport | Scope.Scope> =>
  Effect.map(makeRegistry(options), ({ generator }) => generator)

/**
 * Makes a {@link Registry}, whose providers are loaded when they are first asked.
 *
 * @category constructors
 * @since 1.0.0
 */
export const makeRegistry = Effect.fnUntraced(function*(
  options: Options
): Effect.fn.Return<Registry, never, Transport | Scope.Scope> {
  const context = yield* Effect.context<Transport | Scope.Scope>()

  const sourceOf = (key: string): Effect.Effect<Source, GenerateError> =>
    Effect.suspend(() => {
      const source = Object.hasOwn(options.sources, key) ? options.sources[key] : undefined
      if (source !== undefined) return Effect.succeed(source)
      const provider = Catalog.provider(options.catalog, key)
      const adapter = provider === undefined || options.sealed === true ? undefined : adapters[provider.kind]
      return provider === undefined || adapter === undefined
        ? Effect.fail(
          new GenerateError({
            provider: key,
            model: "",
            reason: new InvalidRequest({
              field: "provider",
              detail: `nothing speaks to ${key}; give its layer with Loom.layer({ providers: { ${key}: … } })`
            })
          })
        )
        : Effect.promise(() => adapter(provider))
    })

  const generators = yield* Cache.makeWith(
    (key: string) =>
      Effect.flatMap(sourceOf(key), (source) =>
        Generator.isGenerator(source)
          ? Effect.succeed(source)
          : Effect.map(Layer.build(source), (built) => Context.get(built, Generator.Generator))).pipe(
          // Built in the surroundings of the engine alone, not in those of whoever asks first.
          Effect.updateContext((_: Context.Context<never>) => context)
        ),
    {
      capacity: Infinity,
      // A provider that couldn't be made is tried again at the next call.
      timeToLive: (exit) => Exit.isSuccess(exit) ? "Infinity" : 0
    }
  )

  const built = new Map<string, Generator.Generator>()
  const find = (provider: string) =>
    Effect.map(Cache.get(generators, provider), (generator) => {
      built.set(provider, generator)
      return generator
    })
  return {
    of: find,
    generator: Generator.choose(({ model: { provider } }) => built.get(provider) ?? find(provider))
  }
})

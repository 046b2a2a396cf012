/**
 * The generators of all providers, each built when it is first asked.
 *
 * @since 0.1.0
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
import type * as Anthropic from "./providers/Anthropic.ts"
import type * as Azure from "./providers/Azure.ts"
import type * as Bedrock from "./providers/Bedrock.ts"
import type * as Bfl from "./providers/Bfl.ts"
import type * as ByteDance from "./providers/ByteDance.ts"
import type * as Cohere from "./providers/Cohere.ts"
import type * as DeepSeek from "./providers/DeepSeek.ts"
import type * as Fireworks from "./providers/Fireworks.ts"
import type * as Gemini from "./providers/Gemini.ts"
import type * as Groq from "./providers/Groq.ts"
import type * as Hunyuan from "./providers/Hunyuan.ts"
import type * as LlamaCpp from "./providers/LlamaCpp.ts"
import type * as Minimax from "./providers/Minimax.ts"
import type * as Mistral from "./providers/Mistral.ts"
import type * as Moonshot from "./providers/Moonshot.ts"
import type * as Ollama from "./providers/Ollama.ts"
import type * as OpenAi from "./providers/OpenAi.ts"
import type * as OpenRouter from "./providers/OpenRouter.ts"
import type * as Perplexity from "./providers/Perplexity.ts"
import type * as Qwen from "./providers/Qwen.ts"
import type * as Together from "./providers/Together.ts"
import type * as Vllm from "./providers/Vllm.ts"
import type * as Xai from "./providers/Xai.ts"
import type * as Zai from "./providers/Zai.ts"

/**
 * What each vendor's SDK takes (`native` in options) and gives (`native` in answers), by provider key. Declare your own
 * vendors into it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Vendors {
  readonly openai: OpenAi.Native
  readonly anthropic: Anthropic.Native
  readonly azure: Azure.Native
  readonly deepseek: DeepSeek.Native
  readonly fireworks: Fireworks.Native
  readonly groq: Groq.Native
  readonly minimax: Minimax.Native
  readonly moonshot: Moonshot.Native
  readonly openrouter: OpenRouter.Native
  readonly perplexity: Perplexity.Native
  readonly qwen: Qwen.Native
  readonly bytedance: ByteDance.Native
  readonly hunyuan: Hunyuan.Native
  readonly ollama: Ollama.Native
  readonly vllm: Vllm.Native
  readonly llamacpp: LlamaCpp.Native
  readonly together: Together.Native
  readonly xai: Xai.Native
  readonly zai: Zai.Native
  readonly gemini: Gemini.Native
  readonly mistral: Mistral.Native
  readonly bedrock: Bedrock.Native
  readonly cohere: Cohere.Native
  readonly bfl: Bfl.Native
}

/**
 * Something that a provider can be made from.
 *
 * @category models
 * @since 0.1.0
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
  bytedance: vendor<import("./providers/ByteDance.ts").Native>(() => import("./providers/ByteDance.ts")),
  cohere: vendor<import("./providers/Cohere.ts").Native>(() => import("./providers/Cohere.ts")),
  deepseek: vendor<import("./providers/DeepSeek.ts").Native>(() => import("./providers/DeepSeek.ts")),
  fireworks: vendor<import("./providers/Fireworks.ts").Native>(() => import("./providers/Fireworks.ts")),
  gemini: vendor<import("./providers/Gemini.ts").Native>(() => import("./providers/Gemini.ts")),
  groq: vendor<import("./providers/Groq.ts").Native>(() => import("./providers/Groq.ts")),
  hunyuan: vendor<import("./providers/Hunyuan.ts").Native>(() => import("./providers/Hunyuan.ts")),
  llamacpp: vendor<import("./providers/LlamaCpp.ts").Native>(() => import("./providers/LlamaCpp.ts")),
  minimax: vendor<import("./providers/Minimax.ts").Native>(() => import("./providers/Minimax.ts")),
  mistral: vendor<import("./providers/Mistral.ts").Native>(() => import("./providers/Mistral.ts")),
  moonshot: vendor<import("./providers/Moonshot.ts").Native>(() => import("./providers/Moonshot.ts")),
  ollama: vendor<import("./providers/Ollama.ts").Native>(() => import("./providers/Ollama.ts")),
  openrouter: vendor<import("./providers/OpenRouter.ts").Native>(() => import("./providers/OpenRouter.ts")),
  perplexity: vendor<import("./providers/Perplexity.ts").Native>(() => import("./providers/Perplexity.ts")),
  qwen: vendor<import("./providers/Qwen.ts").Native>(() => import("./providers/Qwen.ts")),
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
 * @since 0.1.0
 */
export interface Vendors extends Known {}

/** By the protocol that a catalog says a provider speaks. */
const adapters: Readonly<Record<string, Adapter>> = {
  "anthropic": async () => (await import("./providers/Anthropic.ts")).layer(),
  "azure": async () => (await import("./providers/Azure.ts")).layer(),
  "deepseek": async () => (await import("./providers/DeepSeek.ts")).layer(),
  "bfl": async () => (await import("./providers/Bfl.ts")).layer(),
  "bedrock": async () => (await import("./providers/Bedrock.ts")).layer(),
  "cohere": async () => (await import("./providers/Cohere.ts")).layer(),
  "gemini": async () => (await import("./providers/Gemini.ts")).layer(),
  "minimax": async () => (await import("./providers/Minimax.ts")).layer(),
  "mistral": async () => (await import("./providers/Mistral.ts")).layer(),
  "fireworks": async () => (await import("./providers/Fireworks.ts")).layer(),
  "groq": async () => (await import("./providers/Groq.ts")).layer(),
  "moonshot": async () => (await import("./providers/Moonshot.ts")).layer(),
  "openai": async () => (await import("./providers/OpenAi.ts")).layer(),
  ...vendors,
  "openai-compatible": async ({ apiKeyEnv, baseUrl, key }) =>
    (await import("./providers/OpenAiCompatible.ts")).layer({ provider: key, baseUrl: baseUrl ?? "", apiKeyEnv })
}

/**
 * Makes one Generator of all providers: it asks the one that a request's model belongs to. `sources` go before what the
 * catalog would make; `sealed`, there is nothing else.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(options: {
  readonly catalog: Catalog.Catalog
  readonly sources: Readonly<Record<string, Source>>
  readonly sealed?: boolean | undefined
}): Effect.fn.Return<Generator.Generator, never, Transport | Scope.Scope> {
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
  return Generator.choose(({ model: { provider } }) =>
    built.get(provider) ?? Effect.map(Cache.get(generators, provider), (generator) => {
      built.set(provider, generator)
      return generator
    })
  )
})

/**
 * Keys in one place: the environment, files and secret managers, asked in order at every use.
 *
 * **Details**
 *
 * The environment is read anew each time. What a file or a manager said is kept for a short while, asked for again in
 * the background before that is over, and used through an outage up to an age limit, with one warning. What a manager
 * says is gone is gone. A key that a vendor refused is asked for once more.
 *
 * **Example** (Keys in Vault)
 *
 * ```ts
 * import { Loom } from "loom-router"
 * import * as Environment from "loom-router/secrets/Environment"
 * import * as Vault from "loom-router/secrets/Vault"
 *
 * export const layer = Loom.layer({
 *   secrets: {
 *     from: [
 *       Environment.layer(),
 *       Vault.layer({ address: "https://vault.internal:8200", names: { OPENAI_API_KEY: "apps/openai#key" } })
 *     ]
 *   }
 * })
 * ```
 *
 * @since 1.0.0
 */
import type * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { type SecretBackend, SecretBackendError } from "./SecretBackend.ts"
import * as Transport from "./Transport.ts"
import { origins } from "./internal/secretOrigins.ts"

/**
 * Something that a backend can be made from.
 *
 * @category models
 * @since 1.0.0
 */
export type Source = SecretBackend["Service"] | Layer.Layer<SecretBackend, never, Transport.Transport>

/**
 * A backend that is set up by its own environment variables alone.
 *
 * @category models
 * @since 1.0.0
 */
export type Known = "environment" | "dotenv" | "file" | "vault" | "aws" | "gcp"

/**
 * Which of several secrets is read for one name. `rotate`: one after the other, leaving out those that aren't there.
 * `tag`: the one that the value of a call's tag stands for, a tenant's as a rule; `otherwise` for every other value and
 * for none.
 *
 * **Details**
 *
 * Calls whose tags pick by different values share no answer, kept or under way. Calls that are asked in turns with one
 * key and the other do.
 *
 * @category models
 * @since 1.0.0
 */
export type Pick =
  | { readonly rotate: ReadonlyArray<string> }
  | {
    readonly tag: string
    readonly names: Readonly<Record<string, string>>
    readonly otherwise?: string | undefined
  }

/**
 * Which places are asked for keys, in what order.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /**
   * Asked in this order, until one has the secret. By default what `LOOM_SECRETS` names, such as
   * `environment,vault`, else `environment`, `dotenv` and `file`.
   */
  readonly from?: ReadonlyArray<Source | Known> | undefined
  /** Names that stand for several secrets: `{ OPENAI_API_KEY: { rotate: ["OPENAI_KEY_1", "OPENAI_KEY_2"] } }`. */
  readonly keys?: Readonly<Record<string, Pick>> | undefined
}

/**
 * A place that was asked, and what it said.
 *
 * @category models
 * @since 1.0.0
 */
export interface Found {
  /** The backend's name. */
  readonly backend: string
  /** Where it looked, in words that follow "in". */
  readonly where: string
  readonly key: Redacted.Redacted | undefined
  readonly error: SecretBackendError | undefined
}

/**
 * No secret: it is nowhere, or a backend that has to be believed doesn't work.
 *
 * @category errors
 * @since 1.0.0
 */
export class SecretsError extends Schema.TaggedError<SecretsError>()("SecretsError", {
  /** The name that was asked for. */
  secret: Schema.String,
  /** Where Loom looked, in order. */
  looked: Schema.Array(Schema.String),
  why: Schema.String,
  fix: Schema.String,
  /** What the backend that doesn't work says. Without one, the secret is nowhere. */
  backend: Schema.optionalKey(SecretBackendError)
}) {
  get what(): string {
    return `no secret ${this.secret}`
  }
  override get message(): string {
    return `${this.what}\n  why: ${this.why}\n  fix: ${this.fix}`
  }
}

/**
 * Keys by their names, from the first place that has them.
 *
 * @category services
 * @since 1.0.0
 */
export class Secrets extends Context.Service<Secrets, {
  /** Reads a secret: the one that `tags` pick, where a name stands for several. */
  readonly get: (
    name: string,
    tags?: Readonly<Record<string, string>>
  ) => Effect.Effect<Redacted.Redacted, SecretsError>
  /**
   * Reads a secret again after a vendor refused this key, asking the backend that gave it. Whoever gets the same key
   * again has nothing better to try.
   */
  readonly refetch: (
    name: string,
    refused: Redacted.Redacted,
    tags?: Readonly<Record<string, string>>
  ) => Effect.Effect<Redacted.Redacted, SecretsError>
  /** The tags by which it picks: calls that differ in them may be asked with different keys. */
  readonly tags: ReadonlyArray<string>
  /** Asks every place for a secret, also those behind the one that has it. */
  readonly inspect: (name: string) => Effect.Effect<ReadonlyArray<Found>>
}>()("loom-router/Secrets") {}

/**
 * Where a key that `Secrets` gave comes from.
 *
 * @category accessors
 * @since 1.0.0
 */
export const originOf = (
  key: Redacted.Redacted
): { readonly name: string; readonly backend: string; readonly where: string } | undefined => {
  const origin = origins.get(key)
  return origin && { name: origin.name, backend: origin.backend.name, where: origin.backend.where(origin.name) }
}

/**
 * Makes the service. Backends are made when they are first asked.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (
  options?: Options
): Effect.Effect<Secrets["Service"], never, Transport.Transport | Scope.Scope> =>
  Effect.flatMap(Effect.promise(() => import("./internal/secretChain.ts")), (chain) => chain.make(options))

/**
 * Provides the service to an app: to Loom, whose adapters read their keys through it, and to whatever else needs
 * secrets.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Secrets> =>
  Layer.provide(Layer.effect(Secrets, make(options)), Transport.layer())

/**
 * The service that is provided, else one with the default sources.
 *
 * @category accessors
 * @since 1.0.0
 */
export const current: Effect.Effect<Secrets["Service"], never, Transport.Transport> = Effect.flatMap(
  Effect.serviceOption(Secrets),
  Option.match({
    onSome: Effect.succeed,
    // It lives as long as the process: the sources that aren't named otherwise hold nothing open.
    onNone: () => Effect.provideService(make(), Scope.Scope, Scope.makeUnsafe())
  })
)

/**
 * Secrets as a source of configuration, for these names: `Config.Redacted("DATABASE_URL")` then reads them. Others
 * aren't looked for, so that no unrelated setting waits for the network.
 *
 * @category configuration
 * @since 1.0.0
 */
export const configProvider = (
  names: ReadonlyArray<string>
): Effect.Effect<ConfigProvider.ConfigProvider, never, Secrets> =>
  Effect.flatMap(
    Effect.promise(() => import("./internal/secretChain.ts")),
    (chain) => Effect.map(Secrets, (secrets) => chain.configProvider(secrets, names))
  )

/**
 * Adds {@link configProvider} behind the current source of configuration.
 *
 * @category configuration
 * @since 1.0.0
 */
export const layerConfigProvider = (names: ReadonlyArray<string>): Layer.Layer<never, never, Secrets> =>
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => import("effect/ConfigProvider")),
      (ConfigProvider) => ConfigProvider.layerAdd(configProvider(names))
    )
  )

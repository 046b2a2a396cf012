/**
 * A place where secrets are kept: the environment, a file, a secret manager. `Secrets` asks several of them in order.
 *
 * @since 1.0.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/**
 * Where one secret is inside a backend. `field` picks one value of a secret that holds several; without it the secret's
 * text is the value. `version` is the newest one by default.
 *
 * @category models
 * @since 1.0.0
 */
export interface Locator {
  readonly secret: string
  readonly field?: string | undefined
  readonly version?: string | undefined
}

/**
 * Names of secrets, and where each is kept in a backend: a {@link Locator}, or `secret#field` for short.
 *
 * @category models
 * @since 1.0.0
 */
export type Names = Readonly<Record<string, string | Locator>>

/**
 * How `Secrets` uses a backend.
 *
 * @category models
 * @since 1.0.0
 */
export interface Policy {
  /**
   * What it means that the backend doesn't work and nothing that it said before may be used. `strict`: the read fails,
   * which is right where another source would hide an outage or give a wrong key. `lenient`: a warning is logged and
   * the next backend is asked. Strict by default.
   */
  readonly mode?: "strict" | "lenient" | undefined
  /** How long an answer is used before the backend is asked again, in the background a little earlier: 45 seconds. */
  readonly timeToLive?: Duration.Input | undefined
  /** How old the last good answer may become while the backend doesn't work: 1 hour. Zero keeps nothing. */
  readonly keepFor?: Duration.Input | undefined
  /** How long a backend may take for one answer, with all tries: 5 seconds. */
  readonly timeout?: Duration.Input | undefined
}

/**
 * The policy among a backend's options, without what else is there: credentials, tokens.
 *
 * @category accessors
 * @since 1.0.0
 */
export const policyOf = ({ keepFor, mode, timeToLive, timeout }: Policy): Policy => ({
  keepFor,
  mode,
  timeToLive,
  timeout
})

/**
 * A place that keys are kept in.
 *
 * @category services
 * @since 1.0.0
 */
export class SecretBackend extends Context.Service<SecretBackend, Live | Kept>()("loom-router/SecretBackend") {}

/**
 * A backend that is so near that it is asked at every read.
 *
 * @category models
 * @since 1.0.0
 */
export interface Live {
  readonly _tag: "Live"
  /** `environment`, `vault`: for programs. */
  readonly name: string
  /** Where it looks for a secret, in words that follow "in". */
  readonly where: (name: string) => string
  /** The secret, or nothing: at once where that is known at once. */
  readonly read: (name: string) => string | undefined | Effect.Effect<string | undefined, SecretBackendError>
}

/**
 * A backend whose answers are kept for a while.
 *
 * @category models
 * @since 1.0.0
 */
export interface Kept {
  readonly _tag: "Kept"
  readonly name: string
  readonly where: (name: string) => string
  /** Names with the same secret and version are answered by one fetch. */
  readonly locate: (name: string) => Locator
  /** A secret's text, or its fields as a record; `undefined` where the backend says that there is none. */
  readonly fetch: (locator: Locator) => Effect.Effect<Redacted.Redacted<unknown> | undefined, SecretBackendError>
  readonly policy?: Policy | undefined
}

const kinds = {
  /** It refuses Loom's credentials, or what they may read. */
  Unauthorized: false,
  /** It can't be reached, or fails on its side. */
  Unavailable: true,
  /** It wants to be asked less often. */
  Throttled: true,
  /** It answers what can't be used as a key. */
  Malformed: false,
  /** Something that it needs to be asked isn't set, or is set wrongly. */
  Misconfigured: false
} as const

/**
 * Why a backend gave no answer. It names the backend and what to do, and never holds anything that the backend sent.
 *
 * @category errors
 * @since 1.0.0
 */
export class SecretBackendError extends Schema.TaggedError<SecretBackendError>()("SecretBackendError", {
  backend: Schema.String,
  kind: Schema.Literals(["Unauthorized", "Unavailable", "Throttled", "Malformed", "Misconfigured"]),
  detail: Schema.String,
  fix: Schema.String
}) {
  /** Whether the next try may succeed. */
  get retryable(): boolean {
    return kinds[this.kind]
  }
  get what(): string {
    return `${this.backend} gave no secret`
  }
  get why(): string {
    return this.detail
  }
  override get message(): string {
    return `${this.backend}: ${this.detail}`
  }
}

/**
 * Whether this is a {@link SecretBackendError}.
 *
 * @category guards
 * @since 1.0.0
 */
export const isSecretBackendError = Schema.is(SecretBackendError)

/**
 * Whether this is a {@link SecretBackend}.
 *
 * @category guards
 * @since 1.0.0
 */
export const isSecretBackend = (u: unknown): u is SecretBackend["Service"] =>
  Predicate.isTagged(u, "Live") || Predicate.isTagged(u, "Kept")

/**
 * Reads `secret#field`. A text without `#` is a secret as a whole.
 *
 * @category constructors
 * @since 1.0.0
 */
export const locator = (text: string): Locator => {
  const at = text.lastIndexOf("#")
  return at < 0 ? { secret: text } : { secret: text.slice(0, at), field: text.slice(at + 1) }
}

/**
 * Finds names as given, and every other in `secret`, under its own name as the field: one secret may hold all keys.
 *
 * @category constructors
 * @since 1.0.0
 */
export const locate = (secret: string, names: Names | undefined): (name: string) => Locator => {
  const given = new Map(
    Object.entries(names ?? {}).map(([name, place]) => [name, typeof place === "string" ? locator(place) : place])
  )
  return (name) => given.get(name) ?? { secret, field: name }
}

/**
 * A locator as people write it: `apps/openai#key`, `apps/openai@3#key`.
 *
 * @category accessors
 * @since 1.0.0
 */
export const show = ({ field, secret, version }: Locator): string =>
  `${secret}${version === undefined ? "" : `@${version}`}${field === undefined ? "" : `#${field}`}`

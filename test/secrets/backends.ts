/** Backends that a test holds in its hand, and what the Logger was told. */
import { Effect, Layer, Logger, Redacted, References } from "effect"
import { SecretBackend } from "loom-router"

export interface Fake {
  readonly backend: SecretBackend.Kept
  /** What it has, by secret; may be changed. */
  readonly secrets: Record<string, unknown>
  /** Fails every fetch while it is set. */
  broken: SecretBackend.SecretBackendError | undefined
  /** Stands in front of every answer. */
  gate: Effect.Effect<void>
  /** The secrets that were asked for. */
  readonly fetches: Array<string>
}

export const refusal = (
  kind: SecretBackend.SecretBackendError["kind"],
  backend = "fake"
): SecretBackend.SecretBackendError =>
  new SecretBackend.SecretBackendError({ backend, kind, detail: "it is down", fix: "start it" })

export const fake = (
  secrets: Record<string, unknown>,
  options: {
    readonly name?: string
    readonly secret?: string
    readonly names?: SecretBackend.Names
    readonly policy?: SecretBackend.Policy
  } = {}
): Fake => {
  const { name = "fake", names, policy, secret = "loom" } = options
  const locate = SecretBackend.locate(secret, names)
  const self: Fake = {
    secrets,
    broken: undefined,
    gate: Effect.void,
    fetches: [],
    backend: {
      _tag: "Kept",
      name,
      where: (asked) => `${name} (${SecretBackend.show(locate(asked))})`,
      locate,
      fetch: (locator) =>
        Effect.suspend(() => {
          self.fetches.push(SecretBackend.show(locator))
          return Effect.andThen(
            self.gate,
            Effect.suspend(() => {
              if (self.broken !== undefined) return Effect.fail(self.broken)
              const content = self.secrets[locator.secret]
              return Effect.succeed(content === undefined ? undefined : Redacted.make(content))
            })
          )
        }),
      policy
    }
  }
  return self
}

export const warned = () => {
  const warnings: Array<string> = []
  const layer = Layer.merge(
    Logger.layer([Logger.make(({ logLevel, message }) => {
      if (logLevel === "Warn") warnings.push(String(message))
    })]),
    Layer.succeed(References.MinimumLogLevel, "All")
  )
  return { warnings, layer }
}

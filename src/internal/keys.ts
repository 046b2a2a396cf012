/**
 * A vendor's key, read at every call, so that one that is set or rotated later is seen.
 */
import type * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { hash } from "node:crypto"
import { type GenerateError, KeyMissing } from "../GenerateError.ts"
import * as Request from "../Request.ts"

export type Key = Redacted.Redacted | Config.Config<Redacted.Redacted>

export interface KeySource {
  /** What an error may call it: the environment variable, where it came from one. */
  readonly name: string | undefined
  readonly read: (request: Request.Request) => Effect.Effect<Redacted.Redacted, GenerateError>
  /** Reads it where it really is: after a vendor refused the one that was read. */
  readonly refetch: (request: Request.Request) => Effect.Effect<Redacted.Redacted, GenerateError>
}

/** The key as given, or else the environment variable. */
export const source = (key: Key | undefined, variable: string): Effect.Effect<KeySource> =>
  Effect.map(ConfigProvider.ConfigProvider, (provider) => {
    if (key !== undefined && Redacted.isRedacted(key)) {
      const given = () => Effect.succeed(key)
      return { name: undefined, read: given, refetch: given }
    }
    const load: Effect.Effect<Redacted.Redacted, unknown> = key === undefined
      ? variableOf(provider, variable)
      : key.parse(provider)
    const read = (request: Request.Request) =>
      Effect.mapError(load, () => Request.fail(request, new KeyMissing({ variable })))
    return { name: variable, read, refetch: read }
  })

/** `Config.Redacted` without its codec: this is on the path of every call. */
const variableOf = (
  provider: ConfigProvider.ConfigProvider,
  variable: string
): Effect.Effect<Redacted.Redacted, ConfigProvider.SourceError | undefined> =>
  Effect.flatMap(
    provider.load([variable]),
    (node) => node?.value === undefined ? Effect.fail(undefined) : Effect.succeed(Redacted.make(node.value))
  )

/** What is made of a key, and the fingerprint it is told apart by: the same ones until the key changes. */
export interface Made<Client> {
  readonly client: Promise<Client>
  readonly fingerprint: string
}

export const clientFor = <Client>(make: (secret: string) => Promise<Client>) => {
  let latest: { readonly secret: string; readonly made: Made<Client> } | undefined
  return (key: Redacted.Redacted): Made<Client> => {
    const secret = Redacted.value(key)
    if (latest?.secret !== secret) {
      latest = { secret, made: { client: make(secret), fingerprint: hash("sha256", secret, "hex").slice(0, 16) } }
    }
    return latest.made
  }
}

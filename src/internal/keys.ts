/**
 * A vendor's key, read at every call, so that one that is set or rotated later is seen.
 */
import type * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type GenerateError, KeyMissing } from "../GenerateError.ts"
import * as Request from "../Request.ts"

export type Key = Redacted.Redacted | Config.Config<Redacted.Redacted>

export interface KeySource {
  /** What an error may call it: the environment variable, where it came from one. */
  readonly name: string | undefined
  readonly read: (request: Request.Request) => Effect.Effect<Redacted.Redacted, GenerateError>
}

/** The key as given, or else the environment variable. */
export const source = (key: Key | undefined, variable: string): Effect.Effect<KeySource> =>
  Effect.map(ConfigProvider.ConfigProvider, (provider) => {
    if (key !== undefined && Redacted.isRedacted(key)) return { name: undefined, read: () => Effect.succeed(key) }
    const read: Effect.Effect<Redacted.Redacted, unknown> = key === undefined
      ? load(provider, variable)
      : key.parse(provider)
    return {
      name: variable,
      read: (request) => Effect.mapError(read, () => Request.fail(request, new KeyMissing({ variable })))
    }
  })

/** `Config.Redacted` without its codec: this is on the path of every call. */
const load = (
  provider: ConfigProvider.ConfigProvider,
  variable: string
): Effect.Effect<Redacted.Redacted, ConfigProvider.SourceError | undefined> =>
  Effect.flatMap(
    provider.load([variable]),
    (node) => node?.value === undefined ? Effect.fail(undefined) : Effect.succeed(Redacted.make(node.value))
  )

/** The SDK's client for a key: the same one until the key changes. */
export const clientFor = <Client>(make: (secret: string) => Promise<Client>) => {
  let latest: { readonly key: string; readonly client: Promise<Client> } | undefined
  return (key: Redacted.Redacted): Promise<Client> => {
    const secret = Redacted.value(key)
    if (latest?.key !== secret) latest = { key: secret, client: make(secret) }
    return latest.client
  }
}

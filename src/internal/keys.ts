/**
 * A vendor's key, read at every call, so that one that is set or rotated later is seen.
 */
import type * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type GenerateError, KeyMissing } from "../GenerateError.ts"
import * as Request from "../Request.ts"
import * as Secrets from "../Secrets.ts"
import type * as Transport from "../Transport.ts"
import { sha256 } from "./digest.ts"

export type Key = Redacted.Redacted | Config.Config<Redacted.Redacted>

export interface KeySource {
  readonly read: (request: Request.Request) => Effect.Effect<Redacted.Redacted, GenerateError>
  /** Reads it where it really is, after a vendor refused this one. */
  readonly refetch: (
    request: Request.Request,
    refused: Redacted.Redacted
  ) => Effect.Effect<Redacted.Redacted, GenerateError>
  /** What an error may call the place that a key came from: the environment variable, where it was one. */
  readonly nameOf: (key: Redacted.Redacted) => string | undefined
}

/** The key as given, or else the secret of this name, or of the first of these others that is one. */
export const source = (
  key: Key | undefined,
  variable: string,
  ...others: ReadonlyArray<string>
): Effect.Effect<KeySource, never, Transport.Transport> =>
  Effect.gen(function*(): Effect.fn.Return<KeySource, never, Transport.Transport> {
    if (key !== undefined && Redacted.isRedacted(key)) {
      const given = () => Effect.succeed(key)
      return { read: given, refetch: given, nameOf: () => undefined }
    }
    if (key !== undefined) {
      const load = key.parse(yield* ConfigProvider.ConfigProvider)
      const read = (request: Request.Request) =>
        Effect.mapError(load, () => Request.fail(request, new KeyMissing({ variable })))
      return { read, refetch: read, nameOf: () => variable }
    }
    const secrets = yield* Secrets.current
    const orFail = (request: Request.Request, read: Effect.Effect<Redacted.Redacted, Secrets.SecretsError>) =>
      Effect.mapError(
        read,
        (error) => Request.fail(request, new KeyMissing({ variable, detail: error.why, remedy: error.fix }))
      )
    const foundAs = new WeakMap<Redacted.Redacted, string>()
    const called = (name: string, read: Effect.Effect<Redacted.Redacted, Secrets.SecretsError>) =>
      Effect.map(read, (key) => {
        if (name !== variable) foundAs.set(key, name)
        return key
      })
    const nameOf = (key: Redacted.Redacted) => foundAs.get(key) ?? variable
    return {
      read: (request) => {
        const { tags } = request.call
        const first = secrets.get(variable, tags)
        if (others.length === 0) return orFail(request, first)
        const rest = others.map((name) => called(name, secrets.get(name, tags)))
        // Where there is none, the first is the one to ask for.
        return orFail(request, Effect.catch(first, (error) => Effect.mapError(firstOf(rest), () => error)))
      },
      refetch: (request, refused) => {
        const name = nameOf(refused)
        return orFail(request, called(name, secrets.refetch(name, refused, request.call.tags)))
      },
      nameOf: (key) => {
        const origin = Secrets.originOf(key)
        return origin === undefined || origin.backend === "environment"
          ? nameOf(key)
          : `${origin.name} in ${origin.where}`
      }
    }
  })

const firstOf = <A, E>([first, ...rest]: ReadonlyArray<Effect.Effect<A, E>>): Effect.Effect<A, E | undefined> =>
  first === undefined ? Effect.fail(undefined) : Effect.catch(first, () => firstOf(rest))

/** What is made of a key, and the fingerprint it is told apart by: the same ones until the key changes. */
export interface Made<Client> {
  readonly client: Promise<Client>
  readonly fingerprint: string
}

/** Keys whose clients are kept: rotating ones and those of tenants take turns. */
const most = 100

export const clientFor = <Client>(make: (secret: string) => Promise<Client>) => {
  const kept = new Map<string, Made<Client>>()
  let latest: { readonly secret: string; readonly made: Made<Client> } | undefined
  return (key: Redacted.Redacted): Made<Client> => {
    const secret = Redacted.value(key)
    if (latest?.secret === secret) return latest.made
    const made = kept.get(secret) ?? { client: make(secret), fingerprint: sha256(secret).slice(0, 16) }
    kept.delete(secret)
    kept.set(secret, made)
    const [eldest] = kept.keys()
    if (kept.size > most && eldest !== undefined) kept.delete(eldest)
    latest = { secret, made }
    return made
  }
}

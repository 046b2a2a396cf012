/**
 * Secrets in a file of the user's own, `keys.json`: what `loom keys set` writes. It has mode 0600, and one that others
 * may read is refused.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { type Kept, locate, SecretBackend, SecretBackendError } from "../SecretBackend.ts"
import { isRecord, parse } from "../internal/json.ts"
import * as SecretFile from "../internal/secretFile.ts"
import * as paths from "../storage/paths.ts"

/**
 * Where the file is.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** `keys.json` under `LOOM_HOME`, else in `loom` in the folder for the settings of programs: `~/.config/loom`. */
  readonly path?: string | undefined
}

/**
 * Makes the backend.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (options?: Options): Effect.Effect<Kept> =>
  Effect.map(pathOf(options), (path) => ({
    _tag: "Kept",
    name: "file",
    where: () => path,
    locate: locate(path, undefined),
    fetch: () => Effect.map(read(path), (keys) => keys === undefined ? undefined : Redacted.make(keys)),
    policy: SecretFile.policy
  }))

/**
 * Reads keys from the file that `loom keys set` writes.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<SecretBackend> => Layer.effect(SecretBackend, make(options))

/**
 * Where the file is, or would be.
 *
 * @category accessors
 * @since 1.0.0
 */
export const pathOf = (options?: Options): Effect.Effect<string> =>
  options?.path === undefined ? paths.keys : Effect.succeed(options.path)

/**
 * The names of the keys in the file, in order.
 *
 * @category accessors
 * @since 1.0.0
 */
export const names = (options?: Options): Effect.Effect<ReadonlyArray<string>, SecretBackendError> =>
  Effect.map(Effect.flatMap(pathOf(options), read), (keys) => Object.keys(keys ?? {}).sort())

/**
 * Keeps a key under a name, in place of one that is there.
 *
 * @category writing
 * @since 1.0.0
 */
export const set = Effect.fnUntraced(function*(name: string, key: Redacted.Redacted, options?: Options) {
  const path = yield* pathOf(options)
  const keys = yield* read(path)
  yield* write(path, { ...keys, [name]: Redacted.value(key) })
})

/**
 * Removes a key. Tells whether it was there.
 *
 * @category writing
 * @since 1.0.0
 */
export const remove = Effect.fnUntraced(function*(name: string, options?: Options) {
  const path = yield* pathOf(options)
  const keys = yield* read(path)
  if (keys === undefined || !Object.hasOwn(keys, name)) return false
  yield* write(path, Object.fromEntries(Object.entries(keys).filter(([other]) => other !== name)))
  return true
})

type Keys = Readonly<Record<string, unknown>>

const read = (path: string): Effect.Effect<Keys | undefined, SecretBackendError> =>
  Effect.flatMap(SecretFile.read("file", path, { isPrivate: true }), (text) => {
    if (text === undefined) return Effect.succeed(undefined)
    const keys = parse(Redacted.value(text))
    return isRecord(keys) ? Effect.succeed(keys) : Effect.fail(
      new SecretBackendError({
        backend: "file",
        kind: "Malformed",
        detail: `${path} holds no JSON object of names and keys`,
        fix: "mend or remove it, and set the keys with `loom keys set`"
      })
    )
  })

const write = (path: string, keys: Keys): Effect.Effect<void, SecretBackendError> =>
  SecretFile.write("file", path, Redacted.make(`${JSON.stringify(keys, null, 2)}\n`))

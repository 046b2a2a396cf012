/**
 * Secrets in a `.env` file. It is read again when it is some seconds old, so that a change is seen.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { resolve } from "node:path"
import { parseEnv } from "node:util"
import { type Kept, locate, SecretBackend } from "../SecretBackend.ts"
import { setting } from "../internal/environment.ts"
import * as SecretFile from "../internal/secretFile.ts"

/**
 * Where the file is.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** `.env` in the working directory by default. */
  readonly path?: string | undefined
}

/**
 * Makes the backend.
 *
 * **Details**
 *
 * Without a path it finds nothing when `NODE_ENV` is `production`, where such a file is left over from development.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (options?: Options): Effect.Effect<Kept> =>
  Effect.map(setting("NODE_ENV"), (mode) => {
    const path = resolve(options?.path ?? ".env")
    const isOff = options?.path === undefined && mode === "production"
    return {
      _tag: "Kept",
      name: "dotenv",
      where: () => path,
      locate: locate(path, undefined),
      fetch: () =>
        isOff ? Effect.succeed(undefined) : Effect.map(
          SecretFile.read("dotenv", path),
          (text) => text === undefined ? undefined : Redacted.make(parseEnv(Redacted.value(text)))
        ),
      policy: SecretFile.policy
    }
  })

/**
 * Reads keys from a `.env` file.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<SecretBackend> => Layer.effect(SecretBackend, make(options))

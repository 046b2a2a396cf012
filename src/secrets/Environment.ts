/**
 * Secrets in environment variables, as they are at every read.
 *
 * @since 1.0.0
 */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Live, SecretBackend, SecretBackendError } from "../SecretBackend.ts"
import * as Environment from "../internal/environment.ts"

/**
 * Which variables are read.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** Variables of other names than the secrets'. */
  readonly names?: Readonly<Record<string, string>> | undefined
}

/**
 * Reads the process's environment as it is at every read, or the `ConfigProvider` that is provided in its place.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (options?: Options): Effect.Effect<Live> =>
  Effect.map(Effect.context(), (context) => {
    const provider = Context.get(context, ConfigProvider.ConfigProvider)
    // Effect's own default is a copy of the environment, in which what is set later isn't seen.
    const isLive = !context.mapUnsafe.has(ConfigProvider.ConfigProvider.key) || Environment.isLive(provider)
    const variableOf = (name: string) => {
      const { names } = options ?? {}
      return names !== undefined && Object.hasOwn(names, name) ? names[name] ?? name : name
    }
    return {
      _tag: "Live",
      name: "environment",
      where: (name) => variableOf(name) === name ? "the environment" : `the environment (${variableOf(name)})`,
      read: (name) => {
        const variable = variableOf(name)
        if (isLive) return Environment.variable(variable)
        return Effect.mapBoth(provider.load([variable]), {
          onSuccess: (node) => node?.value,
          onFailure: () =>
            new SecretBackendError({
              backend: "environment",
              kind: "Unavailable",
              detail: `${variable} can't be read`,
              fix: "look at the ConfigProvider that stands in for the environment"
            })
        })
      }
    }
  })

/**
 * Reads keys from the environment.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<SecretBackend> => Layer.effect(SecretBackend, make(options))

/** The environment as it is at every look. */
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"

/** A variable of the environment; an empty one is none. */
export const variable = (name: string): string | undefined => {
  const value = process.env[name]
  return value === "" ? undefined : value
}

/** A setting of the current ConfigProvider, which is the environment as a rule; an empty one is none. */
export const setting = (name: string): Effect.Effect<string | undefined> =>
  Effect.gen(function*() {
    return yield* Config.NonEmptyString(name)
  }).pipe(Effect.orElseSucceed(() => undefined))

const provider = ConfigProvider.make((path) =>
  Effect.suspend(() => {
    const [name] = path
    // A name with a `_` is one variable; what may be a group of them needs a copy of the environment, which is dear.
    if (path.length !== 1 || typeof name !== "string" || !name.includes("_")) {
      return ConfigProvider.fromEnv().load(path)
    }
    const value = variable(name)
    return Effect.succeed(value === undefined ? undefined : ConfigProvider.makeValue(value))
  })
)

/** Effect's own default copies the environment once; keys that are set later are to be seen. */
export const live = ConfigProvider.layer(provider)

/** Whether a provider is {@link live}, so that a look at it may be spared the way through it. */
export const isLive = (other: ConfigProvider.ConfigProvider): boolean => other === provider

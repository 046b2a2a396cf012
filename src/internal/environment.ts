/** The environment as it is at every look. */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"

/** Effect's own default copies the environment once; keys that are set later are to be seen. */
export const live = ConfigProvider.layer(
  ConfigProvider.make((path) =>
    Effect.suspend(() => {
      // A provider is made of a copy of the whole environment, which a call's one key isn't worth.
      const value = path.length === 1 ? process.env[String(path[0])] : undefined
      return value === undefined || value === ""
        ? ConfigProvider.fromEnv().load(path)
        : Effect.succeed(ConfigProvider.makeValue(value))
    })
  )
)

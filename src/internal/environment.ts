/** The environment as it is at every look. */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"

/** Effect's own default copies the environment once; keys that are set later are to be seen. */
export const live = ConfigProvider.layer(
  ConfigProvider.make((path) => Effect.suspend(() => ConfigProvider.fromEnv().load(path)))
)

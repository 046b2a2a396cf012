/**
 * What `loom.config.yaml` says, for every command.
 */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as CallLog from "../CallLog.ts"
import type * as Catalog from "../Catalog.ts"
import * as LoomConfig from "../LoomConfig.ts"
import * as Paths from "../storage/paths.ts"
import * as Failure from "./Failure.ts"
import * as Flags from "./Flags.ts"

/** The settings, whoever wrote them. For what asks no vendor and reads no key. */
export const read = Effect.gen(function*() {
  const path = Option.getOrUndefined(yield* Flags.Config)
  return yield* Effect.mapError(LoomConfig.load({ path }), fromConfigError)
})

/** The same for what uses keys: a file that was merely found sends none to an address of its own. */
export const trusted = Effect.tap(read, ({ elsewhere, found }) => {
  const file = found?.config ?? found?.models
  if (found?.by !== "project" || file === undefined || elsewhere.length === 0) return Effect.void
  return Effect.fail(
    Failure.usage({
      what: `${file} was found, not named, and sends keys elsewhere`,
      why: elsewhere.map(({ host, who }) => `${who} to ${host}`).join(", "),
      fix: "name it where you trust it: `--config`, or LOOM_CONFIG"
    }, "ConfigUntrusted")
  )
})

export const fromConfigError = ({ fix, problems, what, why }: LoomConfig.ConfigError): Failure.Failure =>
  Failure.usage({ what, why, fix: problems.length === 1 ? fix : "run `loom config check`" }, "ConfigError")

/** The models that there are, those of one's own too. */
export const catalog = Effect.map(read, ({ catalog }): Catalog.Catalog => catalog)

/** Runs something where vendors are reached at the addresses of the settings, unless the environment has others. */
export const within =
  ({ baseUrls }: LoomConfig.Loaded) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Object.keys(baseUrls).length === 0
      ? effect
      : Effect.provide(effect, ConfigProvider.layerAdd(ConfigProvider.fromUnknown(baseUrls)))

/** Where calls are recorded, and read. */
export const callLogPath = Effect.flatMap(
  read,
  ({ options: { callLog } }) =>
    typeof callLog === "object" && callLog.path !== undefined ? Effect.succeed(callLog.path) : CallLog.defaultPath
)

/** Where answers are kept. */
export const cachePath = Effect.flatMap(
  read,
  ({ options: { cache } }) =>
    typeof cache?.sqlite === "object" && cache.sqlite.path !== undefined
      ? Effect.succeed(cache.sqlite.path)
      : Paths.cache
)

/** Where batches are. */
export const batchesPath = Effect.flatMap(
  read,
  ({ options: { batches } }) => batches?.path === undefined ? Paths.batches : Effect.succeed(batches.path)
)

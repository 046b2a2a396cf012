/**
 * Where Loom keeps what it remembers.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import { homedir } from "node:os"
import { join } from "node:path"

const given = (name: string): Config.Config<string | undefined> =>
  Config.NonEmptyString(name).pipe(Config.withDefault(undefined))

const environment = Config.all({
  loom: given("LOOM_HOME"),
  state: given("XDG_STATE_HOME"),
  local: given("LOCALAPPDATA")
})

const settings = Config.all({
  loom: given("LOOM_HOME"),
  config: given("XDG_CONFIG_HOME"),
  roaming: given("APPDATA")
})

/** `LOOM_HOME`; else `loom` in the folder that the system keeps for the state of programs. */
export const stateFolder: Effect.Effect<string> = Effect.gen(function*() {
  return yield* environment
}).pipe(
  Effect.catch(() => Effect.succeed({ loom: undefined, state: undefined, local: undefined })),
  Effect.map(({ local, loom, state }) =>
    loom ?? join(
      process.platform === "win32"
        ? local ?? join(homedir(), "AppData", "Local")
        : state ?? join(homedir(), ".local", "state"),
      "loom"
    )
  )
)

/** The database of the call log. */
export const callLog: Effect.Effect<string> = Effect.map(stateFolder, (folder) => join(folder, "calls.db"))

/** The database of the response cache. */
export const cache: Effect.Effect<string> = Effect.map(stateFolder, (folder) => join(folder, "cache.db"))

/** The file of the user's keys: under `LOOM_HOME`, else in `loom` in the folder for the settings of programs. */
export const keys: Effect.Effect<string> = Effect.gen(function*() {
  return yield* settings
}).pipe(
  Effect.catch(() => Effect.succeed({ loom: undefined, config: undefined, roaming: undefined })),
  Effect.map(({ config, loom, roaming }) =>
    join(
      loom ?? join(
        process.platform === "win32"
          ? roaming ?? join(homedir(), "AppData", "Roaming")
          : config ?? join(homedir(), ".config"),
        "loom"
      ),
      "keys.json"
    )
  )
)

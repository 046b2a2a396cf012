/**
 * Which settings are read.
 */
import * as Effect from "effect/Effect"
import { existsSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { type By, ConfigError, type Found, type Options } from "../LoomConfig.ts"
import * as paths from "../storage/paths.ts"
import { setting } from "./environment.ts"

export const find = Effect.fnUntraced(function*(options?: Options): Effect.fn.Return<Found | undefined, ConfigError> {
  const from = resolve(options?.from ?? process.cwd())
  if (options?.path !== undefined) return yield* named(resolve(from, options.path), "name")
  const variable = yield* setting("LOOM_CONFIG")
  if (variable !== undefined) return yield* named(resolve(from, variable), "environment")
  const home = resolve((yield* setting("HOME")) ?? homedir())
  for (const folder of foldersFrom(from, home)) {
    const found = foundIn(folder, "project")
    if (found !== undefined) return found
  }
  return foundIn(dirname(yield* paths.config), "user")
})

const foundIn = (folder: string, by: By): Found | undefined => {
  const [config, models] = ["loom.config.yaml", "models.yaml"].map((name) => {
    const path = join(folder, name)
    return existsSync(path) ? path : undefined
  })
  return config === undefined && models === undefined ? undefined : { by, config, models }
}

const named = (path: string, by: By): Effect.Effect<Found, ConfigError> => {
  if (existsSync(path)) {
    const models = join(dirname(path), "models.yaml")
    return Effect.succeed({ by, config: path, models: existsSync(models) ? models : undefined })
  }
  return Effect.fail(
    new ConfigError({
      problems: [{
        file: path,
        path: "",
        problem: "there is no such file",
        fix: by === "environment" ? "change LOOM_CONFIG, or unset it" : "name one that is there"
      }]
    })
  )
}

/** The folder itself, and those above it that are the project's or the user's. What others may write to is nobody's. */
const foldersFrom = (from: string, home: string): ReadonlyArray<string> => {
  const folders = [from]
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) folders.push(dirname(folder))
  const last = folders.findIndex((folder) => folder === home || existsSync(join(folder, ".git")))
  return folders.slice(0, last === -1 ? 1 : last + 1)
}

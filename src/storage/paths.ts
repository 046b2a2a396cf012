/**
 * Where Loom keeps what it remembers.
 */
import * as Effect from "effect/Effect"
import { homedir } from "node:os"
import { join } from "node:path"
import { setting } from "../internal/environment.ts"

/** A variable that names a folder, and where under the user's home that is without it. */
type Place = readonly [variable: string, ...below: ReadonlyArray<string>]

/** A file under `LOOM_HOME`; else under `loom` in a folder that the system keeps for programs. */
const fileIn = (windows: Place, others: Place) => (name: string): Effect.Effect<string> =>
  Effect.gen(function*() {
    const home = yield* setting("LOOM_HOME")
    if (home !== undefined) return join(home, name)
    const [variable, ...below] = process.platform === "win32" ? windows : others
    return join((yield* setting(variable)) ?? join(homedir(), ...below), "loom", name)
  })

const state = fileIn(["LOCALAPPDATA", "AppData", "Local"], ["XDG_STATE_HOME", ".local", "state"])
const settings = fileIn(["APPDATA", "AppData", "Roaming"], ["XDG_CONFIG_HOME", ".config"])

/** The database of the call log. */
export const callLog: Effect.Effect<string> = state("calls.db")

/** The database of the response cache. */
export const cache: Effect.Effect<string> = state("cache.db")

/** The database of batches. */
export const batches: Effect.Effect<string> = state("batches.db")

/** The last chat at the command line. */
export const chat: Effect.Effect<string> = state("chat.json")

/** The file of the user's keys. */
export const keys: Effect.Effect<string> = settings("keys.json")

/** The user's own settings, where a project has none. */
export const config: Effect.Effect<string> = settings("loom.config.yaml")

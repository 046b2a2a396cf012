import { Effect } from "effect"
import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { createInterface } from "node:readline"

/** Another process, and what it says in lines of JSON. */
export const start = (command: string, args: ReadonlyArray<string>, options: SpawnOptions = {}) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const running: ChildProcess = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "inherit"] })
      const lines = createInterface({ input: running.stdout! })
      const said: Array<unknown> = []
      lines.on("line", (line) => said.push(JSON.parse(line)))
      const ended = once(running, "close")
      return { running, lines, said, ended: Effect.promise(() => ended) }
    }),
    ({ running }) => Effect.sync(() => running.kill("SIGKILL"))
  )

/** The arguments with which Node runs a program of this folder. */
export const programOf = (name: string): ReadonlyArray<string> => [
  "--conditions=loom-source",
  join(import.meta.dirname, name)
]

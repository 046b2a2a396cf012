/**
 * `loom cache`: the answers that are kept on the disk.
 */
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flags from "./Flags.ts"

const showStats = Effect.fnUntraced(function*() {
  const { stats } = yield* Effect.promise(() => import("./CacheFile.ts"))
  return yield* stats
})

const stats = Command.make("stats", {}, showStats).pipe(
  Command.withDescription("Show how many answers are kept, what they take, and where."),
  Command.withShortDescription("Show how much is kept"),
  Command.withExamples([{ command: "loom cache stats --json | jq .entries" }])
)

const clear = Command.make(
  "clear",
  {},
  Effect.fnUntraced(function*() {
    const quiet = yield* Flags.Quiet
    const { clear } = yield* Effect.promise(() => import("./CacheFile.ts"))
    return yield* clear(quiet)
  })
).pipe(
  Command.withDescription("Forget every answer that is kept. Programs that use the cache may go on meanwhile."),
  Command.withShortDescription("Forget what is kept"),
  Command.withExamples([{ command: "loom cache clear" }])
)

export const cache = Command.make("cache", {}, showStats).pipe(
  Command.withSubcommands([stats, clear]),
  Command.withDescription(
    "Look at, or clear, the answers that the response cache keeps: cache.db under LOOM_HOME, else the folder for the\n" +
      "state of programs, ~/.local/state/loom."
  ),
  Command.withShortDescription("Look at, or clear, the cache of answers"),
  Command.withExamples([{ command: "loom cache stats" }, { command: "loom cache clear" }])
)

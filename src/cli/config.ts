/**
 * `loom config`: the settings that commands go by.
 */
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flags from "./Flags.ts"

const showAll = Effect.fnUntraced(function*() {
  const quiet = yield* Flags.Quiet
  const { show } = yield* Effect.promise(() => import("./ConfigSheet.ts"))
  return yield* show(quiet)
})

const showDescription = "Show what loom.config.yaml says, setting by setting."

const show = Command.make("show", {}, showAll).pipe(
  Command.withDescription(showDescription),
  Command.withExamples([{ command: "loom config show --json" }])
)

const check = Command.make(
  "check",
  {},
  Effect.fnUntraced(function*() {
    const quiet = yield* Flags.Quiet
    const { check } = yield* Effect.promise(() => import("./ConfigSheet.ts"))
    return yield* check(quiet)
  })
).pipe(
  Command.withDescription(
    "Tell all that is wrong with loom.config.yaml and models.yaml, each with its line and how to mend it."
  ),
  Command.withShortDescription("Tell all that is wrong with the settings"),
  Command.withExamples([
    { command: "loom config check" },
    { command: "loom config check --config ./loom.config.yaml -q", description: "In CI: the exit code alone" }
  ])
)

const path = Command.make(
  "path",
  {},
  Effect.fnUntraced(function*() {
    const { paths } = yield* Effect.promise(() => import("./ConfigSheet.ts"))
    return yield* paths
  })
).pipe(
  Command.withDescription("Print where settings, keys, calls and kept answers are, or would be."),
  Command.withExamples([{ command: "loom config path" }])
)

export const config = Command.make("config", {}, showAll).pipe(
  Command.withSubcommands([show, check, path]),
  Command.withDescription(
    "Show, check and find the settings in loom.config.yaml and models.yaml. They are looked for in the working directory\n" +
      "and above it, as far as the folder with .git or the user's home; LOOM_CONFIG and --config name a file. No key is\n" +
      "ever written there (`loom keys`)."
  ),
  Command.withShortDescription("Show, check and find the settings"),
  Command.withExamples([{ command: "loom config" }])
)

/**
 * `loom init`: the files of a project that begins with Loom.
 */
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "./Flags.ts"

export const init = Command.make(
  "init",
  {
    force: Flag.Boolean("force").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Write them anew where they are there already"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function*({ force }) {
    const quiet = yield* Flags.Quiet
    const { write } = yield* Effect.promise(() => import("./Starter.ts"))
    return yield* write({ force, quiet })
  })
).pipe(
  Command.withDescription(
    "Write loom.config.yaml (a route, and what else can be set), models.yaml (models of your own) and .env.example (the names of\n" +
      "keys) into the working directory, and say what comes next. Files that are there stay as they are."
  ),
  Command.withShortDescription("Begin a project: settings, models, names of keys"),
  Command.withExamples([
    { command: "loom init" },
    { command: "loom init && loom config check && loom route cheap-first \"What is a loom?\" --explain" }
  ])
)

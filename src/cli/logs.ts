/**
 * `loom logs`: the calls that were made.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "./Flags.ts"
import * as Selection from "./Selection.ts"

const limit = Flag.Int("limit").pipe(
  Flag.withAlias("n"),
  Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000 })))
)

const selection = {
  limit: limit.pipe(Flag.withDescription("How many at most"), Flag.withDefault(20)),
  since: Selection.since.pipe(Flag.withDescription("Only what ended since then"), Flag.optional),
  ...Selection.flags
}

const list = Effect.fnUntraced(function*(asked: Command.Command.Config.Infer<typeof selection>) {
  const quiet = yield* Flags.Quiet
  const { list } = yield* Effect.promise(() => import("./LogList.ts"))
  return yield* list({
    filters: Selection.filtersOf(asked),
    since: Option.getOrUndefined(asked.since),
    limit: asked.limit,
    quiet
  })
})

const listDescription = "List the newest calls, the last one at the end. With -q their ids alone."

const listing = Command.make("list", selection, list).pipe(
  Command.withDescription(listDescription),
  Command.withExamples([
    { command: "loom logs list --provider openai --min-cost 0.01" },
    {
      command:
        "loom logs list --since 7d -n 10000 --json | jq -r '.calls[] | [.id, .model, .cost.usd] | @csv' > calls.csv",
      description: "For a spreadsheet"
    }
  ])
)

const tail = Command.make(
  "tail",
  {
    limit: limit.pipe(Flag.withDescription("How many of those before to begin with"), Flag.withDefault(10)),
    ...Selection.flags
  },
  Effect.fnUntraced(function*(asked) {
    const quiet = yield* Flags.Quiet
    const { tail } = yield* Effect.promise(() => import("./LogList.ts"))
    return yield* tail({ filters: Selection.filtersOf(asked), since: undefined, limit: asked.limit, quiet })
  })
).pipe(
  Command.withDescription(
    "Print calls as they are made, by any process of yours, until it is interrupted. With --json a line of JSON each."
  ),
  Command.withShortDescription("Print calls as they are made"),
  Command.withExamples([
    { command: "loom logs tail --json --status error | jq -r '.provider + \" \" + .error.tag'" }
  ])
)

const show = Command.make(
  "show",
  { id: Argument.String("id").pipe(Argument.withDescription("Of the call, or how it begins")) },
  Effect.fnUntraced(function*({ id }) {
    const { show } = yield* Effect.promise(() => import("./LogSheet.ts"))
    return yield* show(id)
  })
).pipe(
  Command.withDescription(
    "Show all that is known of one call: its attempts, its costs, who was tried, what went wrong."
  ),
  Command.withShortDescription("Show all that is known of one call"),
  Command.withExamples([{ command: "loom logs show $(loom logs -n 1 -q) --json | jq .call.attemptViews" }])
)

const path = Command.make(
  "path",
  {},
  Effect.fnUntraced(function*() {
    const { show } = yield* Effect.promise(() => import("./LogPath.ts"))
    return yield* show
  })
).pipe(
  Command.withDescription("Print where the log lies."),
  Command.withExamples([{ command: "loom logs path" }])
)

export const logs = Command.make("logs", selection, list).pipe(
  Command.withSubcommands([listing, tail, show, path]),
  Command.withDescription(
    listDescription + "\n\nThe log is calls.db under LOOM_HOME, else the folder for the state of programs: " +
      "~/.local/state/loom. No prompt,\nno answer and no key is in it."
  ),
  Command.withShortDescription("List, follow and show calls"),
  Command.withExamples([
    { command: "loom logs --status error --since 24h" },
    { command: "loom logs show $(loom logs -n 1 -q)", description: "The last call" }
  ])
)

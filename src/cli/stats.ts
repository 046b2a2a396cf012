/**
 * `loom stats`: what the calls add up to.
 */
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "./Flags.ts"
import * as Selection from "./Selection.ts"

export const stats = Command.make(
  "stats",
  {
    since: Selection.since.pipe(
      Flag.withDescription("What to add up: 24h by default"),
      Flag.withDefault<Selection.Since>({ ago: 86_400_000 })
    ),
    by: Flag.Literals("by", ["provider", "model", "tag"]).pipe(
      Flag.withDescription("What sums are kept apart by; with tag a call is in the sums of each of its tags"),
      Flag.withDefault("provider")
    ),
    ...Selection.flags
  },
  Effect.fnUntraced(function*(asked) {
    const quiet = yield* Flags.Quiet
    const { show } = yield* Effect.promise(() => import("./StatsTable.ts"))
    return yield* show({ since: asked.since, by: asked.by, filters: Selection.filtersOf(asked), quiet })
  })
).pipe(
  Command.withDescription(
    "Add up calls, tokens, costs and savings: the figures of the dashboard. Savings are against list price without any\n" +
      "cache, batch or routing."
  ),
  Command.withShortDescription("Add up calls, tokens and costs"),
  Command.withExamples([{ command: "loom stats --since 7d --by model" }])
)

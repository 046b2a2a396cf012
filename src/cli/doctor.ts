/**
 * `loom doctor`: whether all that Loom needs is there.
 */
import * as Effect from "effect/Effect"
import * as Command from "effect/cli/Command"

export const doctor = Command.make(
  "doctor",
  {},
  Effect.fnUntraced(function*() {
    const { examine } = yield* Effect.promise(() => import("./Diagnosis.ts"))
    return yield* examine
  })
).pipe(
  Command.withDescription(
    "Look at Node, the sources of keys, each vendor and its key, the database, the catalog and the clock, and say how to\n" +
      "mend what is wrong. Vendors are asked to list their models, which costs nothing."
  ),
  Command.withShortDescription("Find what is wrong, and how to mend it")
)

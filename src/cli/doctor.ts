/**
 * `loom doctor`: whether all that Loom needs is there, and what keeps prompts from being read from vendors' caches.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "./Flags.ts"

const prompts = Command.make(
  "prompts",
  {
    source: Argument.String("file").pipe(
      Argument.withDescription("A conversation in lines of JSON, a request each; - is stdin")
    ),
    model: Flag.String("model").pipe(
      Flag.withAlias("m"),
      Flag.withMetavar("provider/model"),
      Flag.withDescription("The model of lines that name none"),
      Flag.optional
    )
  },
  Effect.fnUntraced(function*({ model, source }) {
    const quiet = yield* Flags.Quiet
    const { examine } = yield* Effect.promise(() => import("./PromptCheck.ts"))
    return yield* examine({ source, model: Option.getOrUndefined(model), quiet })
  })
).pipe(
  Command.withDescription(
    "Find what keeps the requests of a conversation from being read from the vendor's prompt cache, each compared with the\n" +
      "one before, and what that costs. Lines are as `loom batch submit` takes them. Nothing is sent, and no content is shown.\n" +
      "Exits with 1 where something is found."
  ),
  Command.withShortDescription("Find what breaks a conversation's prompt cache"),
  Command.withExamples([
    { command: "loom doctor prompts conversation.jsonl -m anthropic/claude-haiku-4-5" },
    { command: "loom doctor prompts conversation.jsonl --json | jq .breaks", description: "For programs" }
  ])
)

export const doctor = Command.make(
  "doctor",
  {},
  Effect.fnUntraced(function*() {
    const quiet = yield* Flags.Quiet
    const { examine } = yield* Effect.promise(() => import("./Diagnosis.ts"))
    return yield* examine(quiet)
  })
).pipe(
  Command.withSubcommands([prompts]),
  Command.withDescription(
    "Look at Node, the sources of keys, each vendor and its key, the database, the catalog and the clock, and say how to\n" +
      "mend what is wrong. Vendors are asked to list their models, which costs nothing."
  ),
  Command.withShortDescription("Find what is wrong, and how to mend it"),
  Command.withExamples([
    { command: "loom doctor" },
    { command: "loom doctor --json | jq -r '.findings[] | select(.state == \"failure\") | .fix'" }
  ])
)

/**
 * `loom route`: asks several models, until one gives an answer that will do.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as CallFlags from "./CallFlags.ts"
import * as Flags from "./Flags.ts"

export const route = Command.make(
  "route",
  {
    words: Argument.String("route").pipe(
      Argument.withMetavar("name|models… [prompt]"),
      Argument.withDescription(
        "A route of the settings, or models in the order in which they are asked; then the prompt"
      ),
      Argument.atLeast(1)
    ),
    explain: Flag.Boolean("explain").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Show who would be asked, in order, and what that may cost, and send nothing"),
      Flag.withDefault(false)
    ),
    cheapest: Flag.Boolean("cheapest").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Ask the cheapest of the models first"),
      Flag.withDefault(false)
    ),
    minLength: Flag.Int("min-length").pipe(
      Flag.withMetavar("characters"),
      Flag.withDescription("An answer of the models that is shorter won't do"),
      Flag.optional
    ),
    ...CallFlags.flags
  },
  Effect.fnUntraced(function*({ cheapest, explain, minLength, words, ...given }) {
    const quiet = yield* Flags.Quiet
    const { asked, explained, taken } = yield* Effect.promise(() => import("./Course.ts"))
    const course = yield* taken({ words, cheapest, minLength: Option.getOrUndefined(minLength) })
    const matter = CallFlags.matterOf(given, quiet)
    if (explain) return yield* explained(course, matter)
    const { give } = yield* Effect.promise(() => import("./Answer.ts"))
    return yield* give(yield* asked(course, matter), CallFlags.howOf(given, quiet))
  })
).pipe(
  Command.withDescription(
    "Ask the models of a route in order, until one gives an answer that will do, and print that. Routes have their names\n" +
      "in loom.config.yaml (`loom config`); models are named on the spot. Where none will do, the exit code is 5."
  ),
  Command.withShortDescription("Ask several models, until one will do"),
  Command.withExamples([
    { command: "loom route openai/gpt-4o-mini anthropic/claude-haiku-4-5 \"Explain quantum entanglement.\"" },
    {
      command: "loom route openai/gpt-4o-mini openai/gpt-4o \"What is a loom?\" --explain",
      description: "Nothing is sent"
    },
    { command: "git diff | loom route openai/gpt-4o openai/gpt-4o-mini --cheapest --min-length 10" }
  ])
)

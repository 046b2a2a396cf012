/**
 * `loom keys`: the keys that Loom finds, and the file that it keeps some in.
 */
import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flags from "./Flags.ts"

const name = Argument.String("provider").pipe(
  Argument.withDescription("A provider (openai), or the name of any secret (OPENAI_API_KEY)")
)

const showList = Effect.fnUntraced(function*() {
  const { list } = yield* Effect.promise(() => import("./KeyRing.ts"))
  return yield* list
})

const listDescription = "List the keys that are found: where each is, and its last four characters."

const list = Command.make("list", {}, showList).pipe(
  Command.withDescription(listDescription),
  Command.withExamples([{ command: "loom keys list --json | jq -r '.keys[] | select(.source) | .name'" }])
)

const set = Command.make(
  "set",
  { name },
  Effect.fnUntraced(function*({ name }) {
    const quiet = yield* Flags.Quiet
    const { set } = yield* Effect.promise(() => import("./KeyRing.ts"))
    return yield* set(name, quiet)
  })
).pipe(
  Command.withDescription(
    "Keep a key in the file of keys, which only this user may read. It is typed unseen, or piped in: as an argument it\n" +
      "would stay in the shell's history."
  ),
  Command.withShortDescription("Keep a key in the file of keys"),
  Command.withExamples([
    { command: "loom keys set openai" },
    { command: "pass show openai | loom keys set openai", description: "From a password manager" }
  ])
)

const remove = Command.make(
  "remove",
  { name },
  Effect.fnUntraced(function*({ name }) {
    const quiet = yield* Flags.Quiet
    const { remove } = yield* Effect.promise(() => import("./KeyRing.ts"))
    return yield* remove(name, quiet)
  })
).pipe(
  Command.withDescription("Remove a key from the file of keys."),
  Command.withExamples([{ command: "loom keys remove openai" }])
)

const check = Command.make(
  "check",
  { names: Argument.String("provider").pipe(Argument.withDescription("Only these"), Argument.variadic()) },
  Effect.fnUntraced(function*({ names }) {
    const quiet = yield* Flags.Quiet
    const { check } = yield* Effect.promise(() => import("./KeyRing.ts"))
    return yield* check(names, quiet)
  })
).pipe(
  Command.withDescription("Ask each vendor whether it accepts its key, by listing its models, which costs nothing."),
  Command.withShortDescription("Ask the vendors whether they accept their keys"),
  Command.withExamples([
    { command: "loom keys check" },
    { command: "loom keys check openai anthropic && ./deploy", description: "Exits with 4 where one is refused" }
  ])
)

const path = Command.make(
  "path",
  {},
  Effect.fnUntraced(function*() {
    const { path } = yield* Effect.promise(() => import("./KeyRing.ts"))
    return yield* path
  })
).pipe(
  Command.withDescription("Print where the file of keys is, or would be."),
  Command.withExamples([{ command: "loom keys path" }])
)

export const keys = Command.make("keys", {}, showList).pipe(
  Command.withSubcommands([list, set, remove, check, path]),
  Command.withDescription(
    `${listDescription}\nKeys are looked for in the environment, .env and the file of keys, or in what LOOM_SECRETS names: ` +
      "environment, dotenv, file,\nvault, aws, gcp. No command prints a key."
  ),
  Command.withShortDescription("List, keep and check keys"),
  Command.withExamples([
    { command: "loom keys set openai" },
    { command: "loom keys check" },
    { command: "LOOM_SECRETS=environment,vault loom keys" }
  ])
)

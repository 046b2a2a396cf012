/**
 * `loom completions`: what teaches a shell to complete commands and flags.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import { Output } from "./Output.ts"

const shells = ["bash", "zsh", "fish", "powershell"] as const

/** What `loom completions --json` prints. */
export const Document = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  shell: Schema.Literals(shells),
  script: Schema.String
})

/** Of the command with everything below it, which this one is part of. */
export const completions = (whole: () => Command.Command.Any) =>
  Command.make(
    "completions",
    { shell: Argument.Literals("shell", shells).pipe(Argument.withDescription("Whose completions to print")) },
    Effect.fnUntraced(function*({ shell }) {
      const output = yield* Output
      const command = whole()
      const script = Completions.generate(command.name, shell, Completions.fromCommand(command))
      yield* output.json
        ? output.document(Document, { schemaVersion: 1, shell, script })
        : output.line(script.replace(/\n+$/, ""))
    })
  ).pipe(
    Command.withDescription("Print the script by which a shell completes commands and flags."),
    Command.withShortDescription("Teach a shell to complete commands and flags"),
    Command.withExamples([
      { command: "source <(loom completions bash)", description: "In ~/.bashrc" },
      { command: "loom completions zsh > ~/.zfunc/_loom" },
      { command: "loom completions fish > ~/.config/fish/completions/loom.fish" }
    ])
  )

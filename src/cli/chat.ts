/**
 * `loom chat`: a conversation with a model.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as CallFlags from "./CallFlags.ts"
import * as Flags from "./Flags.ts"

const { log, maxOutputTokens, reasoning, system, temperature, timeout, usage } = CallFlags.flags

export const chat = Command.make(
  "chat",
  {
    model: CallFlags.model,
    continued: Flag.Boolean("continue").pipe(
      Flag.withAlias("c"),
      Flag.withoutNegation,
      Flag.withDescription("Go on with the last chat, with its model and instructions where none are given"),
      Flag.withDefault(false)
    ),
    keep: Flag.Boolean("keep").pipe(
      Flag.withDescription("Keep what is said for --continue; with --no-keep nothing of it is written down"),
      Flag.withDefault(true)
    ),
    system,
    maxOutputTokens,
    temperature,
    reasoning,
    timeout,
    log,
    usage
  },
  Effect.fnUntraced(function*(asked) {
    const quiet = yield* Flags.Quiet
    const { talk } = yield* Effect.promise(() => import("./Conversation.ts"))
    return yield* talk({
      model: Option.getOrUndefined(asked.model),
      isContinued: asked.continued,
      isKept: asked.keep,
      system: Option.getOrUndefined(asked.system),
      options: {
        maxOutputTokens: Option.getOrUndefined(asked.maxOutputTokens),
        temperature: Option.getOrUndefined(asked.temperature),
        reasoning: Option.getOrUndefined(asked.reasoning),
        timeout: Option.getOrUndefined(asked.timeout)
      },
      log: Option.getOrUndefined(asked.log),
      usage: asked.usage,
      quiet
    })
  })
).pipe(
  Command.withDescription(
    "Talk with a model: each line is a message, and Ctrl-D ends it. Lines may be piped in; with --json each answer is a line\n" +
      "of JSON. What is said lies in chat.json under LOOM_HOME, else the folder for the state of programs:\n" +
      "~/.local/state/loom, which this user alone may read, until the next chat."
  ),
  Command.withShortDescription("Talk with a model"),
  Command.withExamples([
    { command: "loom chat -m openai/gpt-5-mini -s \"Be brief.\"" },
    { command: "loom chat --continue" },
    { command: "printf 'What is a warp?\\nAnd a weft?\\n' | loom chat --no-keep", description: "From a script" }
  ])
)

/**
 * `loom batch`: many requests at once, for who can wait.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "./Flags.ts"

const id = Argument.String("id").pipe(Argument.withDescription("Of the batch (`loom batch list`)"))

/** The engine that batches are asked of, as the settings have it, with the call log that their rows go to. */
const withLoom = Effect.fnUntraced(function*<A, E, R>(effect: Effect.Effect<A, E, R>) {
  const { engine } = yield* Effect.promise(() => import("./Answer.ts"))
  return yield* Effect.provide(effect, yield* engine({ cache: undefined, log: undefined }))
})

const submit = Command.make(
  "submit",
  {
    source: Argument.String("file").pipe(Argument.withDescription("Lines of JSON, a request each; - is stdin")),
    model: Flag.String("model").pipe(
      Flag.withAlias("m"),
      Flag.withMetavar("provider/model"),
      Flag.withDescription("The model of lines that name none"),
      Flag.optional
    ),
    provider: Flag.String("provider").pipe(
      Flag.withDescription("The provider of lines that name none"),
      Flag.optional
    ),
    id: Flag.String("id").pipe(
      Flag.withDescription("What it is called: the same lines under the same id are submitted once, however often"),
      Flag.optional
    ),
    tags: Flag.KeyValuePair("tag").pipe(
      Flag.withDescription("key=value on the records of all rows; may be given several times"),
      Flag.withDefault({})
    )
  },
  Effect.fnUntraced(function*(asked) {
    const quiet = yield* Flags.Quiet
    const { submit } = yield* Effect.promise(() => import("./BatchSubmit.ts"))
    return yield* withLoom(submit({
      source: asked.source,
      model: Option.getOrUndefined(asked.model),
      provider: Option.getOrUndefined(asked.provider),
      id: Option.getOrUndefined(asked.id),
      tags: asked.tags,
      quiet
    }))
  })
).pipe(
  Command.withDescription(
    "Submit the requests in a file, and print the id of the batch. Each line is a JSON object with what a call may be asked\n" +
      "with: model, prompt, system, maxOutputTokens, temperature, schema (JSON Schema), native and so on, and a customId by\n" +
      "which its result is known. All lines are checked before anything is sent."
  ),
  Command.withShortDescription("Submit requests, a line of JSON each"),
  Command.withExamples([
    { command: "loom batch submit rows.jsonl -m openai/gpt-4o-mini --id nightly" },
    {
      command:
        "jq -c '{customId: .id, prompt: (\"Summarize: \" + .text)}' notes.jsonl | loom batch submit - -m openai/gpt-4o-mini",
      description: "From another program"
    }
  ])
)

const listFlags = {
  limit: Flag.Int("limit").pipe(
    Flag.withAlias("n"),
    Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000 }))),
    Flag.withDescription("How many at most"),
    Flag.withDefault(20)
  )
}

const list = Effect.fnUntraced(function*({ limit }: Command.Command.Config.Infer<typeof listFlags>) {
  const quiet = yield* Flags.Quiet
  const { list } = yield* Effect.promise(() => import("./BatchSheet.ts"))
  return yield* withLoom(list({ limit, quiet }))
})

const listDescription = "List batches, the newest first. With -q their ids alone. No vendor is asked."

const listing = Command.make("list", listFlags, list).pipe(
  Command.withDescription(listDescription),
  Command.withExamples([{ command: "loom batch list -n 5" }])
)

const status = Command.make(
  "status",
  {
    id,
    poll: Flag.Boolean("poll").pipe(
      Flag.withDescription("Ask the vendors, and fetch what is there; --no-poll tells what is known here"),
      Flag.withDefault(true)
    )
  },
  Effect.fnUntraced(function*({ id, poll }) {
    const { status } = yield* Effect.promise(() => import("./BatchSheet.ts"))
    return yield* withLoom(status(id, poll))
  })
).pipe(
  Command.withDescription("Show how a batch goes, its jobs at vendors, what it has cost and saved."),
  Command.withShortDescription("Show how a batch goes"),
  Command.withExamples([{ command: "loom batch status nightly --json | jq .counts" }])
)

const wait = Command.make(
  "wait",
  {
    id,
    poll: Flag.String("poll").pipe(
      Flag.withMetavar("duration"),
      Flag.withDescription("How long between two looks at the vendors: 60s"),
      Flag.withDefault("60s"),
      Flags.asDuration("60s, 500ms or 5m")
    ),
    timeout: Flag.String("timeout").pipe(
      Flag.withMetavar("duration"),
      Flag.withDescription("How long to wait: 24h; the batch goes on after that"),
      Flags.asDuration("30m or 24h"),
      Flag.optional
    ),
    live: Flag.Boolean("live").pipe(
      Flag.withoutNegation,
      Flag.withDescription("At the timeout cancel it, and ask what has no answer as calls, at their price"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function*(asked) {
    const quiet = yield* Flags.Quiet
    const { wait } = yield* Effect.promise(() => import("./BatchWait.ts"))
    return yield* withLoom(wait({ ...asked, timeout: Option.getOrUndefined(asked.timeout), quiet }))
  })
).pipe(
  Command.withDescription(
    "Wait for a batch, and fetch its results. Ctrl-C ends the wait and not the batch. Exits with 6 where rows have no answer."
  ),
  Command.withShortDescription("Wait for a batch, and fetch its results"),
  Command.withExamples([
    { command: "loom batch wait nightly && loom batch results nightly > results.jsonl" },
    { command: "loom batch wait nightly --poll 5m --timeout 24h --live", description: "All answers by tomorrow" }
  ])
)

const results = Command.make(
  "results",
  { id },
  Effect.fnUntraced(function*({ id }) {
    const quiet = yield* Flags.Quiet
    const { results } = yield* Effect.promise(() => import("./BatchResults.ts"))
    return yield* withLoom(results(id, quiet))
  })
).pipe(
  Command.withDescription(
    "Print the rows that have ended, in the order of their requests, a line of JSON each. No vendor is asked. Exits with 6\n" +
      "where the batch has ended and rows have no answer."
  ),
  Command.withShortDescription("Print the rows that have ended"),
  Command.withExamples([
    { command: "loom batch results nightly | jq -r '.generation.text'" },
    {
      command: "loom batch results nightly | jq -r 'select(.status != \"succeeded\") | .customId'",
      description: "What is left"
    }
  ])
)

const cancel = Command.make(
  "cancel",
  { id },
  Effect.fnUntraced(function*({ id }) {
    const quiet = yield* Flags.Quiet
    const { cancel } = yield* Effect.promise(() => import("./BatchSheet.ts"))
    return yield* withLoom(cancel(id, quiet))
  })
).pipe(
  Command.withDescription("Ask the vendors to end a batch. What is answered by then stays so, and is paid."),
  Command.withShortDescription("Ask the vendors to end a batch"),
  Command.withExamples([{ command: "loom batch cancel nightly" }])
)

const worker = Command.make(
  "worker",
  {
    poll: Flag.String("poll").pipe(
      Flag.withMetavar("duration"),
      Flag.withDescription("How long between two looks at a batch's vendors: 60s"),
      Flag.withDefault("60s"),
      Flags.asDuration("60s, 500ms or 5m")
    ),
    concurrency: Flag.Int("concurrency").pipe(
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 }))),
      Flag.withDescription("Batches that are looked after at once"),
      Flag.withDefault(4)
    ),
    watch: Flag.Boolean("watch").pipe(
      Flag.withoutNegation,
      Flag.withDescription("Stay when nothing is open, for what is submitted later"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function*(asked) {
    const quiet = yield* Flags.Quiet
    const { work } = yield* Effect.promise(() => import("./BatchWorker.ts"))
    return yield* withLoom(work({ ...asked, quiet }))
  })
).pipe(
  Command.withDescription(
    "Drive all open batches to their end, and print each that has ended. It may be stopped or killed at any time: the next\n" +
      "one goes on where it was, and looks again when it was to (worker.db beside batches.db). Of several one works at a\n" +
      "time, and the others stand by."
  ),
  Command.withShortDescription("Drive all open batches to their end"),
  Command.withExamples([{ command: "loom batch worker --poll 5m" }])
)

export const batch = Command.make("batch", listFlags, list).pipe(
  Command.withSubcommands([submit, listing, status, wait, results, cancel, worker]),
  Command.withDescription(
    listDescription +
      "\n\nBatches are kept in batches.db under LOOM_HOME, else the folder for the state of programs:\n" +
      "~/.local/state/loom. What is asked and answered is in it, for 30 days after a batch has ended."
  ),
  Command.withShortDescription("Submit and follow batches, at half the price"),
  Command.withExamples([
    { command: "loom batch submit rows.jsonl -m openai/gpt-4o-mini --id nightly" },
    { command: "loom batch wait nightly && loom batch results nightly > results.jsonl" }
  ])
)

/**
 * The `loom` command: what it consists of, and how a run of it ends.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Failure from "./Failure.ts"
import * as Flags from "./Flags.ts"
import * as Output from "./Output.ts"
import { batch } from "./batch.ts"
import { cache } from "./cache.ts"
import { chat } from "./chat.ts"
import { completions } from "./completions.ts"
import { config } from "./config.ts"
import { dashboard } from "./dashboard.ts"
import { doctor } from "./doctor.ts"
import { generate } from "./generate.ts"
import { init } from "./init.ts"
import { keys } from "./keys.ts"
import { logs } from "./logs.ts"
import { models } from "./models.ts"
import { route } from "./route.ts"
import { sandbox } from "./sandbox.ts"
import { stats } from "./stats.ts"

/** All of it. */
export const loom = Command.make("loom").pipe(
  Command.withDescription("One API for every AI vendor."),
  Command.withSubcommands([
    generate,
    chat,
    route,
    batch,
    dashboard,
    logs,
    stats,
    keys,
    models,
    config,
    cache,
    doctor,
    sandbox,
    init,
    completions((): Command.Command.Any => loom)
  ]),
  Command.withGlobalFlags([Flags.Json, Flags.Quiet, Flags.NoColor, Flags.Config]),
  Command.withExamples([
    { command: "loom generate \"Say hello.\"" },
    { command: "git diff | loom g \"Write a commit message\" -m openai/gpt-5-mini" },
    { command: "loom models --provider openai --sort price" }
  ])
)

/** Wrong invocations are reported with every other failure; help and version are answers. */
const presenter: CliOutput.Presenter = {
  present: (event) => event._tag === "InvalidInvocation" ? Effect.void : CliOutput.defaultPresenter.present(event)
}

/**
 * Runs `loom` with these arguments. It fails with the {@link Failure.Failure} that it has reported, whose exit code is
 * the process's.
 */
export const run = (args: ReadonlyArray<string>, version: string) =>
  Command.runWith(loom, { version })(args).pipe(
    Effect.catchCause((cause) => {
      if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
      const failure = Failure.from(Cause.squash(cause))
      return failure === undefined ? Effect.void : Effect.andThen(Failure.report(failure), Effect.fail(failure))
    }),
    Effect.provide(
      Layer.mergeAll(
        Output.layer(args),
        CliOutput.layerPresenter(presenter),
        Layer.succeed(Logger.LogToStderr, true)
      )
    )
  )

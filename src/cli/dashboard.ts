/**
 * `loom dashboard`: what Loom does, in a browser.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Flags from "./Flags.ts"

const on = (name: string) => Flag.Boolean(name).pipe(Flag.withoutNegation, Flag.withDefault(false))

export const dashboard = Command.make(
  "dashboard",
  {
    port: Flag.Int("port").pipe(
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 }))),
      Flag.withDescription("Where to listen; 0 is a free port"),
      Flag.withDefault(4173)
    ),
    open: on("open").pipe(Flag.withDescription("Open it in a browser")),
    demo: on("demo").pipe(
      Flag.withDescription("Show made-up calls to the sandbox, from a log of their own that goes with them")
    ),
    host: Flag.String("host").pipe(
      Flag.withDescription("Where else than on this machine alone it can be seen: 0.0.0.0; wants a token"),
      Flag.withDefault("127.0.0.1")
    ),
    token: Flag.Redacted("token").pipe(
      Flag.withDescription("Who knows it sees the dashboard; better given as LOOM_DASHBOARD_TOKEN"),
      Flag.withFallbackConfig(Config.Redacted("LOOM_DASHBOARD_TOKEN")),
      Flag.optional
    )
  },
  Effect.fnUntraced(function*(asked) {
    const quiet = yield* Flags.Quiet
    const { serve } = yield* Effect.promise(() => import("./DashboardServer.ts"))
    return yield* serve({ ...asked, token: Option.getOrUndefined(asked.token), quiet })
  })
).pipe(
  Command.withDescription(
    "Serve the dashboard of the calls that are made on this machine, by any process of yours, until it is interrupted.\n" +
      "It reads the log alone and changes nothing."
  ),
  Command.withShortDescription("Show calls, costs and health in a browser"),
  Command.withExamples([
    { command: "loom dashboard --open" },
    { command: "loom dashboard --demo", description: "Without a key or a cent" }
  ])
)

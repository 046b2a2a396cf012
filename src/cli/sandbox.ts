/**
 * `loom sandbox`: the vendors' simulator, until it is interrupted.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Failure from "./Failure.ts"
import * as Flags from "./Flags.ts"
import { Output } from "./Output.ts"

/** What `loom sandbox --json` prints once it listens. */
export const Document = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  url: Schema.String,
  baseUrls: Schema.Struct({ openai: Schema.String })
})

export const sandbox = Command.make("sandbox", {
  port: Flag.Int("port").pipe(
    Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 }))),
    Flag.withDescription("Where to listen on 127.0.0.1; a free port by default"),
    Flag.optional
  ),
  seed: Flag.String("seed").pipe(
    Flag.withDescription("Decides every answer and id: the same seed and requests give the same answers"),
    Flag.optional
  )
}, (flags) =>
  Effect.scoped(Effect.gen(function*() {
    const output = yield* Output
    const quiet = yield* Flags.Quiet
    const Sandbox = yield* Effect.promise(() => import("../sandbox/Sandbox.ts"))
    const { baseUrl, url } = yield* Sandbox.make({
      port: Option.getOrUndefined(flags.port),
      seed: Option.getOrUndefined(flags.seed)
    }).pipe(
      Effect.catchTag("SandboxError", ({ message }) =>
        Failure.failed("SandboxError", { what: message, fix: "choose another --port, or none for a free one" }))
    )
    yield* output.json
      ? output.document(Document, { schemaVersion: 1, url, baseUrls: { openai: baseUrl("openai") } })
      : output.line(url)
    if (!quiet) {
      yield* output.note([
        "",
        `  OPENAI_BASE_URL=${baseUrl("openai")} OPENAI_API_KEY=sk-sandbox loom generate "Say hello."`,
        "",
        output.err.dim(`  any key will do · ${url}/sandbox/journal · ${url}/sandbox/bill · Ctrl-C ends it`)
      ].join("\n"))
    }
    return yield* Effect.never
  }))).pipe(
    Command.withDescription(
      "Run a local simulator of the vendors' APIs, for trying things out without a key or a cent."
    ),
    Command.withShortDescription("Simulate the vendors locally"),
    Command.withExamples([
      { command: "loom sandbox --port 4010" },
      { command: "loom sandbox --seed demo", description: "The same answers every time" }
    ])
  )

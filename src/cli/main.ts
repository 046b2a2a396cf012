/**
 * Where `loom` meets its process: arguments, signals, exit codes.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import manifest from "../../package.json" with { type: "json" }
import * as Cli from "./Cli.ts"

// A reader that has seen enough (`loom models | head -1`) is no failure. Other errors reach whoever wrote.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0)
  })
}

Cli.run(process.argv.slice(2), manifest.version).pipe(
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    teardown: (exit) =>
      Runtime.defaultTeardown(exit, (code) => {
        process.stdout.write("", () => process.stderr.write("", () => process.exit(code)))
      })
  })
)

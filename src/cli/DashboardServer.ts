/**
 * `loom dashboard`
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as HttpServer from "effect/http/HttpServer"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Dashboard from "../dashboard/Dashboard.ts"
import * as Failure from "./Failure.ts"
import { Output } from "./Output.ts"
import * as Progress from "./Progress.ts"
import * as Settings from "./Settings.ts"

/** What `loom dashboard --json` prints once it listens. */
export const Document = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  url: Schema.String,
  log: Schema.String
})

interface Asked {
  readonly port: number
  readonly open: boolean
  readonly demo: boolean
  readonly host: string
  readonly token: Redacted.Redacted | undefined
  readonly quiet: boolean
}

const loopback = new Set(["127.0.0.1", "::1", "localhost"])
const shortest = 16

const accessOf = ({ host, token }: Asked): Effect.Effect<NonNullable<Dashboard.Options["access"]>, Failure.Failure> => {
  if (token === undefined) {
    return loopback.has(host) ? Effect.succeed("loopback") : Effect.fail(Failure.usage({
      what: `on ${host} others can see the dashboard, and it has no token`,
      fix: "set LOOM_DASHBOARD_TOKEN to something long that nobody guesses"
    }))
  }
  return Redacted.value(token).length >= shortest ? Effect.succeed({ token }) : Effect.fail(Failure.usage({
    what: "the token is too short",
    fix: `take at least ${shortest} characters that nobody guesses`
  }))
}

/** A log that goes with its scope. */
const passing = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "loom-demo-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
).pipe(Effect.map((folder) => join(folder, "calls.db")))

const listening = (asked: Asked, options: Dashboard.Options) =>
  Layer.build(
    Dashboard.serve(options).pipe(
      Layer.provideMerge(
        NodeHttpServer.layer(() => createServer(), {
          port: asked.port,
          host: asked.host,
          // Pages that are open don't keep it from ending.
          gracefulShutdownTimeout: "500 millis"
        })
      )
    )
  ).pipe(
    Effect.map((context) => HttpServer.formatAddress(Context.get(context, HttpServer.HttpServer).address)),
    Effect.mapError(({ cause }) =>
      Failure.failed("ServeError", {
        what: `the dashboard can't listen on ${asked.host}:${asked.port}`,
        why: cause instanceof Error ? cause.message : undefined,
        fix: "choose another --port; 0 is a free one"
      })
    )
  )

export const serve = (asked: Asked) =>
  Effect.scoped(Effect.gen(function*() {
    const output = yield* Output
    const access = yield* accessOf(asked)
    const demo = asked.demo ? yield* Effect.promise(() => import("./Demo.ts")) : undefined
    const path = demo === undefined ? yield* Settings.callLogPath : yield* passing
    const batches = demo === undefined ? yield* Settings.batchesPath : demo.batchesOf(path)
    const starting = yield* Progress.begin({ what: "starting the dashboard", quiet: asked.quiet })
    const url = yield* listening(asked, { path, batches, access, isDemo: asked.demo })
    yield* starting.end
    if (demo !== undefined) yield* Effect.forkScoped(demo.run(path))
    yield* output.json ? output.document(Document, { schemaVersion: 1, url, log: path }) : output.line(url)
    if (!asked.quiet) {
      yield* output.note(output.err.dim([
        ...access === "loopback" ? [] : ["open it with ?token=… once"],
        asked.demo ? "made-up calls" : `calls of ${path}`,
        "Ctrl-C ends it"
      ].join(" · ")))
    }
    if (asked.open) yield* show(url)
    return yield* Effect.never
  }))

const openers: Readonly<Record<string, readonly [string, ...ReadonlyArray<string>]>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""]
}

/** In the browser that the system would take. */
const show = (url: string) =>
  Effect.sync(() => {
    const [command, ...args] = openers[process.platform] ?? ["xdg-open"]
    spawn(command, [...args, url], { stdio: "ignore", detached: true }).on("error", () => undefined).unref()
  })

/**
 * Every call is seen: as a line of the program's own log, as spans at a collector, as rows in SQLite, and as the figures
 * that dashboard and command line show.
 * On the sandbox, without a key: `node --conditions=loom-source scratchpad/observability.ts`.
 */
import { NodeHttpServer } from "@effect/platform-node"
import { Console, Effect, Layer, Logger } from "effect"
import { HttpServer } from "effect/http"
import { Loom, Stats } from "loom-router"
import * as Dashboard from "loom-router/dashboard"
import { Sandbox } from "loom-router/sandbox"
import * as Otlp from "loom-router/telemetry/Otlp"
import { strict as assert } from "node:assert"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onSandbox } from "./onSandbox.ts"

const folder = mkdtempSync(join(tmpdir(), "loom-"))
const path = join(folder, "calls.db")

/** Stands for Grafana, Honeycomb, Langfuse, …: it takes what is sent. */
const spans: Array<string> = []
const collector = createServer((request, response) => {
  let body = ""
  request.on("data", (chunk) => body += String(chunk)).on("end", () => {
    spans.push(...[...body.matchAll(/"name":"(loom\.generate|chat [^"]+)"/g)].map(([, name = ""]) => name))
    response.writeHead(200, { "content-type": "application/json" }).end("{}")
  })
}).listen(0, "127.0.0.1")
await new Promise((listening) => collector.once("listening", listening))
const address = collector.address()
const url = typeof address === "object" ? `http://127.0.0.1:${address?.port}` : ""

const lines: Array<string> = []
const logger = Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])

await onSandbox(
  Effect.gen(function*() {
    const sandbox = yield* Sandbox
    yield* sandbox.script({ prompt: "warp", respond: { status: 503 } })
    yield* Loom.generate({ model: "openai/gpt-4o-mini", prompt: "What is warp?", tags: { tenant: "acme" } })
    yield* Loom.generate({ model: "anthropic/claude-haiku-4-5", prompt: "What is weft?" })
    yield* Loom.generate({ model: "anthropic/claude-haiku-4-5", prompt: "What is weft?" })
  }).pipe(Effect.provide(logger)),
  {
    log: "line",
    callLog: { path },
    cache: { ttl: "1 hour" },
    telemetry: Otlp.layer({ url, signals: ["traces"], encoding: "json" })
  }
)

console.log("The log:")
for (const line of lines) console.log(`  ${line.replace(/[\d.]+ms/, "…ms")}`)
assert.equal(lines.length, 3)

console.log(`The collector: ${spans.toSorted().join(", ")}`)
assert.equal(spans.filter((name) => name === "loom.generate").length, 3)

const dashboard = Dashboard.serve({ path }).pipe(
  Layer.provideMerge(NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port: 0 }))
)

await Effect.runPromise(
  Effect.gen(function*() {
    const { calls, hitRate, incidents, saved } = yield* Stats.overview({ range: "1h" })
    yield* Console.log(
      `The figures: ${calls.total} calls, ${
        ((hitRate.value ?? 0) * 100).toFixed(0)
      } % of them from the cache, ${incidents.retries} retry`
    )
    const { address } = yield* HttpServer.HttpServer
    const page = yield* Effect.promise(() => fetch(`${HttpServer.formatAddress(address)}/api/overview?range=1h`))
    const shown: unknown = yield* Effect.promise(() => page.json())
    assert.partialDeepStrictEqual(shown, { calls: { total: calls.total }, saved: { spent: { usd: saved.spent.usd } } })
    yield* Console.log("The dashboard: the same")
  }).pipe(Effect.provide(Layer.merge(Stats.layer({ path }), dashboard)))
)

collector.close()
rmSync(folder, { recursive: true })

/**
 * Many calls a minute with the dashboard's page open: `npm run bench:dashboard -- --minutes 5 --per-minute 13000`.
 *
 * One process makes the calls, keeps their records in SQLite and serves the dashboard; the vendors are the sandbox in
 * another, and the page is in a real browser. It ends with 1 where a call isn't in the database or not on the page, an
 * event was missed, a cost isn't the charge, or calls couldn't be made as fast as asked.
 */
import { NodeHttpServer } from "@effect/platform-node"
import { Cause, Context, Effect, Exit, Layer, ManagedRuntime, Redacted, Stream } from "effect"
import { HttpServer } from "effect/http"
import { CallLog, Loom } from "loom-router"
import * as Dashboard from "loom-router/dashboard"
import * as Anthropic from "loom-router/providers/Anthropic"
import * as OpenAi from "loom-router/providers/OpenAi"
import { execFileSync, fork } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { DatabaseSync } from "node:sqlite"
import { parseArgs } from "node:util"
import { chromium, type Page } from "playwright-core"
import { build } from "../../src/dashboard/web/build.ts"
import type { Addresses, Told } from "./sandbox.ts"

const { values } = parseArgs({
  options: {
    "minutes": { type: "string", default: "5" },
    "per-minute": { type: "string", default: "13000" }
  }
})
const perMinute = Number(values["per-minute"])
const total = Math.round(perMinute * Number(values.minutes))

const folder = mkdtempSync(join(tmpdir(), "loom-bench-"))
process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, "calls.db")
const violations: Array<string> = []
const isSame = (what: string, ...counts: ReadonlyArray<readonly [name: string, count: number | bigint]>) => {
  const [[, first] = []] = counts
  const told = counts.map(([name, count]) => `${count.toLocaleString("en")} ${name}`).join(" = ")
  const holds = counts.every(([, count]) => count === first)
  if (!holds) violations.push(`${what}: ${told.replaceAll(" = ", ", ")}`)
  console.log(`  ${what}: ${holds ? told : `NOT the same: ${told.replaceAll(" = ", ", ")}`}`)
}

const vendor = fork(join(import.meta.dirname, "sandbox.ts"), [], {
  execArgv: ["--conditions=loom-source"],
  serialization: "advanced"
})
const heard = <A>() => new Promise<A>((resolve) => vendor.once("message", (message) => resolve(message as A)))
const addresses = await heard<Addresses>()

await build(join(folder, "page"))

const apiKey = Redacted.make("sk-bench-0123456789abcd")
const runtime = ManagedRuntime.make(
  Layer.merge(
    Loom.layer({
      providers: {
        openai: OpenAi.layer({ baseUrl: addresses.openai, apiKey }),
        anthropic: Anthropic.layer({ baseUrl: addresses.anthropic, apiKey })
      },
      cache: { ttl: "1 hour" },
      callLog: { path }
    }),
    Layer.provideMerge(
      Dashboard.serve({ path, page: join(folder, "page") }),
      NodeHttpServer.layer(() => createServer(), { port: 0, host: "127.0.0.1", gracefulShutdownTimeout: "500 millis" })
    )
  )
)
const url = HttpServer.formatAddress(Context.get(await runtime.context(), HttpServer.HttpServer).address)

/** What the page is told, by its own stream of events. */
interface Events {
  first: number
  last: number
  rows: number
  jumps: number
  gaps: number
  streams: number
}

/** Runs in the page, before anything of its own. */
const watch = `
  const seen = window.loomEvents = { first: 0, last: -1, rows: 0, jumps: 0, gaps: 0, streams: 0 }
  window.EventSource = class extends EventSource {
    constructor(...args) {
      super(...args)
      seen.streams++
      this.addEventListener("hello", ({ data }) => {
        if (seen.last === -1) seen.first = seen.last = JSON.parse(data).lastSeq
      })
      this.addEventListener("calls", ({ data }) => {
        for (const { seq } of JSON.parse(data).rows.reverse()) {
          if (seq <= seen.last) continue
          if (seq !== seen.last + 1) seen.jumps++
          seen.last = seq
          seen.rows++
        }
      })
      this.addEventListener("gap", () => seen.gaps++)
    }
  }
`

const executablePath = ["chromium", "chromium-browser", "google-chrome"].flatMap((name) => {
  try {
    return [execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim()]
  } catch {
    return []
  }
})[0]
if (executablePath === undefined) throw new Error("no chromium is installed: apt-get install chromium")
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] })
const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } })
await page.addInitScript(watch)
await page.goto(`${url}/?range=1h`)
const eventsOf = (of: Page) => of.evaluate<Events>("window.loomEvents")

/** Looks until it is as it should be, ten seconds at most, and gives what was seen last. */
const settled = async <A>(look: () => Promise<A>, holds: (seen: A) => boolean): Promise<A> => {
  const until = performance.now() + 10_000
  for (;;) {
    const seen = await look()
    if (holds(seen) || performance.now() > until) return seen
    await page.waitForTimeout(100)
  }
}
await settled(() => eventsOf(page), ({ last }) => last >= 0)

const models = ["openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"] as const

/** Of ten calls one asks what was asked before, and two are streams. */
const act = (n: number): Effect.Effect<unknown> => {
  const prompt = n % 10 === 0 ? `What is loom ${n / 10 % 50}?` : `[words: ${5 + n % 40}] What is loom number ${n}?`
  const asked = { model: models[n % 2] ?? models[0], prompt, tags: { tenant: n % 3 === 0 ? "acme" : "umbrella" } }
  return Effect.exit(n % 5 === 1 ? Stream.runDrain(Loom.stream(asked)) : Loom.generate(asked)).pipe(
    Effect.tap((exit) =>
      Effect.sync(() => {
        if (Exit.isFailure(exit)) violations.push(`a call failed: ${Cause.pretty(exit.cause).slice(0, 300)}`)
      })
    )
  )
}

// The vendors' SDKs are loaded by the first calls.
const first = [0, 1]
await runtime.runPromise(Effect.forEach(first, act))

const delay = monitorEventLoopDelay({ resolution: 1 })
/** Milliseconds, without the one that it waits itself. */
const late = (nanos: number) => Math.max(0, nanos / 1e6 - 1).toFixed(1)
const began = performance.now()
let made = first.length
let ended = first.length
let told = 0

const drive = Effect.gen(function*() {
  while (made < total) {
    const elapsed = performance.now() - began
    const due = Math.min(total, first.length + Math.floor(elapsed * perMinute / 60_000))
    for (; made < due; made++) {
      yield* Effect.forkDetach(Effect.ensuring(act(made), Effect.sync(() => ended++)))
    }
    if (elapsed - told >= 10_000) {
      told = elapsed
      console.log(
        `${(elapsed / 1000).toFixed(0).padStart(4)} s  ${made} calls, ${made - ended} under way, ` +
          `event loop late by ${late(delay.percentile(99))} ms (99 %)`
      )
    }
    yield* Effect.sleep(5)
  }
  const took = performance.now() - began
  yield* Effect.repeat(Effect.sleep(5), { until: () => ended === made })
  return took
})

delay.enable()
const took = await runtime.runPromise(drive)
delay.disable()

const log = await runtime.runPromise(
  Effect.flatMap(CallLog.CurrentCallLog, (log) => Effect.andThen(log.flush, log.stats))
)
const db = new DatabaseSync(path, { readOnly: true })
const numberIn = (sql: string) => BigInt(Number(Object.values(db.prepare(sql).get() ?? {})[0] ?? 0))
const rows = Number(numberIn("SELECT count(*) FROM calls"))

/** What the Overview says. */
const shown = async (): Promise<number> => {
  const label = await page.locator("figure.traffic").getAttribute("aria-label")
  return Number(/^([\d,]+) calls?:/.exec(label ?? "")?.[1]?.replaceAll(",", "") ?? NaN)
}
const onPage = await settled(shown, (count) => count === rows)
const events = await settled(() => eventsOf(page), ({ last }) => last >= rows)
vendor.send("count")
const { picoUsd, requests } = await heard<Told>()

const rate = (made - first.length) / took * 60_000
console.log(
  `\n${made.toLocaleString("en")} calls in ${(took / 60_000).toFixed(2)} minutes: ${rate.toFixed(0)} a minute, ` +
    `${perMinute} were asked for`
)
// A second is what one stall at the end may take.
if (took > Number(values.minutes) * 60_600 + 1_000) {
  violations.push(`only ${rate.toFixed(0)} calls a minute could be made`)
}
isSame("calls", ["made", made], ["in the database", rows], ["on the page", onPage])
isSame("records", ["accepted", log.accepted], ["written", log.written + log.dropped + log.failed])
isSame("lost records", ["dropped", log.dropped], ["failed", log.failed], ["expected", 0])
isSame("events", ["rows told to the page", events.rows], ["rows since it was opened", rows - events.first])
isSame("events out of order, or left for the page to ask for", ["jumps", events.jumps], ["gaps", events.gaps], [
  "expected",
  0
])
isSame("requests", ["at the vendors", requests], [
  "attempts in the database",
  Number(numberIn("SELECT count(*) FROM attempts"))
])
isSame("pico-dollars", ["billed", picoUsd], ["in the database", numberIn("SELECT sum(cost_pico) FROM attempts")])
console.log(
  `  event loop, of calls and dashboard: late by ${late(delay.percentile(50))} ms (median), ${
    late(delay.percentile(99))
  } ms (99 %), ${late(delay.max)} ms at most`
)
if (events.streams !== 1) violations.push(`the page lost its stream: it opened ${events.streams}`)

db.close()
await browser.close()
await runtime.dispose()
vendor.disconnect()
for (const violation of violations.slice(0, 20)) console.log(`VIOLATED: ${violation}`)
process.exit(violations.length > 0 ? 1 : 0)

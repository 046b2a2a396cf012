/**
 * A log of a million calls: `npm run bench:scale`, or of fewer: `npm run bench:scale -- --calls 100000`.
 *
 * It fills a database by the call log's own writer, seeded, over 30 days; asks what the dashboard asks, and the same of
 * ten thousand calls; writes more, beside a raw batched insert of the same rows; asks a server in a process that makes
 * calls, and looks how long its event loop stands still; and forgets half. It ends with 1 where something is slower than
 * it may be.
 */
import { NodeHttpServer } from "@effect/platform-node"
import { Context, Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { HttpServer } from "effect/http"
import { type CallLog, type CallRecord, Loom, Stats } from "loom-router"
import * as Dashboard from "loom-router/dashboard"
import * as OpenAi from "loom-router/providers/OpenAi"
import { fork, spawn } from "node:child_process"
import { cpSync, mkdtempSync, rmSync, statSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { DatabaseSync } from "node:sqlite"
import { parseArgs } from "node:util"
import * as SqliteStore from "../../src/storage/SqliteStore.ts"
import { prune } from "../../src/storage/retention.ts"
import { seal } from "../../src/storage/segments.ts"
import { variedOf } from "../../test/storage/records.ts"
import type { Addresses } from "./sandbox.ts"

const { values: { calls: asked, keep, only } } = parseArgs({
  options: {
    calls: { type: "string", default: "1000000" },
    /** A database to use, and to make where there is none. */
    keep: { type: "string" },
    /** One part of it: `asked`, `written`, `loop` or `forgotten`. */
    only: { type: "string" }
  }
})
const large = Number(asked)
const small = 10_000

const mostMillis = 300
const mostBlocked = 50
const leastShare = 0.6

const day = 86_400_000
const retention = { maxAge: 400 * day, maxBytes: 2 ** 40 }
const batch = 1000

const folder = mkdtempSync(join(tmpdir(), "loom-bench-scale-"))
process.once("exit", () => rmSync(folder, { recursive: true, force: true }))

const misses: Array<string> = []
const verdict = (what: string, holds: boolean): string => {
  if (!holds) misses.push(what)
  return holds ? "" : "  MISSED"
}
const thousands = (n: number) => Math.round(n).toLocaleString("en")
const median = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

/** Calls that end one after the other, from `from` until `to`, a batch at a time. */
function* batches(seed: number, from: number, to: number, calls: number): Generator<Array<CallRecord.CallRecord>> {
  const count = Math.ceil(calls / batch)
  const step = (to - from) / count
  for (let n = 0; n < count; n++) {
    const id = `${seed}-${n}`
    yield variedOf(seed * 100_000 + n, Math.floor(from + n * step), Math.floor(from + (n + 1) * step), batch)
      .map((record) => Object.assign(record, { id: `${id}-${record.id}` }))
      .sort((a, b) => a.startedAt + a.timing.total - (b.startedAt + b.timing.total))
  }
}

/** Milliseconds that the writer took, from its second batch on: with the first it starts. */
const write = async (path: string, all: Iterable<Array<CallRecord.CallRecord>>): Promise<number> => {
  const store = SqliteStore.make({ path, busyTimeout: 5000, retention })
  // The writer keeps no process alive.
  const alive = setInterval(() => undefined, 1 << 30)
  let millis = 0
  let isFirst = true
  for (const records of all) {
    const started = performance.now()
    await Effect.runPromise(store.write(records))
    if (!isFirst) millis += performance.now() - started
    isFirst = false
  }
  await Effect.runPromise(store.close)
  clearInterval(alive)
  return millis
}

const sizeOf = (path: string) => `${thousands(statSync(path).size / 2 ** 20)} MB`

const fill = async (path: string, calls: number): Promise<void> => {
  const now = Date.now()
  const started = performance.now()
  const millis = await write(path, batches(1, now - 30 * day, now - 60_000, calls))
  // What the writer does once it has nothing else to do.
  const db = new DatabaseSync(path)
  const from = performance.now()
  while (seal(db));
  const sealed = performance.now() - from
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)")
  db.close()
  console.log(
    `  ${thousands(calls)} calls: ${thousands(calls / millis * 1000)} a second written, ${
      thousands((performance.now() - started) / 1000)
    } s in all, ${thousands(sealed)} ms for the last columns, ${sizeOf(path)}`
  )
}

type Ask = Effect.Effect<unknown, unknown, Stats.Stats>
type Question = readonly [name: string, ask: Ask]

const month = { range: "30d" } as const

/** Each that the dashboard has, and those of which most calls pass, or none. */
const filters: ReadonlyArray<readonly [name: string, filters: CallLog.Filters]> = [
  ["provider", { provider: "openai" }],
  ["model", { model: "gpt-4o" }],
  ["error", { status: "error" }],
  ["retry", { status: "retry" }],
  ["reason", { outcome: "RateLimited" }],
  ["cached", { cached: true }],
  ["uncached", { cached: false }],
  ["tag", { tag: { key: "tenant", value: "acme" } }],
  ["route", { route: "cheap" }],
  ["slow", { minMillis: 2900 }],
  ["not quick", { minMillis: 10 }],
  ["dear", { minPicoUsd: 1_500_000_000 }],
  ["text", { text: "gpt-4o" }],
  ["text of errors", { text: "was rate limited" }],
  ["text of none", { text: "nothing like it" }]
]

/** What is asked under filters. */
const figures: ReadonlyArray<readonly [name: string, ask: (filters: CallLog.Filters) => Ask]> = [
  ["overview", (filters) => Stats.overview({ ...month, filters })],
  ["series", (filters) => Stats.series({ ...month, by: "model", filters })],
  ["spending", (filters) => Stats.spending({ ...month, by: "tag", tagKey: "tenant", filters })],
  ["providers", (filters) => Stats.providers({ ...month, filters })],
  ["facets", (filters) => Stats.facets({ ...month, filters })],
  ["requests", (filters) => Stats.requests({ ...month, filters, limit: 200 })]
]

const unfiltered: ReadonlyArray<Question> = [
  ...(["15m", "1h", "24h", "7d", "30d"] as const).flatMap((range): ReadonlyArray<Question> => [
    [`overview ${range}`, Stats.overview({ range })],
    [`series ${range} by model`, Stats.series({ range, by: "model" })],
    [`spending ${range} by model`, Stats.spending({ range, by: "model" })],
    [`spending ${range} by tag`, Stats.spending({ range, by: "tag", tagKey: "tenant" })],
    [`providers ${range}`, Stats.providers({ range })],
    [`facets ${range}`, Stats.facets({ range })]
  ]),
  ["breakdown 30d by model", Stats.breakdown({ ...month, by: "model" })],
  ["requests", Stats.requests({ limit: 200 })],
  ["requests by id", Stats.requests({ filters: { text: "0198c0de-" } })]
]

/** A sum for each of a thousand tags. No page asks that: each asks one key. */
const unlimited: ReadonlyArray<Question> = [
  ["breakdown 30d by every tag", Stats.breakdown({ ...month, by: "tag" })],
  ["spending 30d by every tag", Stats.spending({ ...month, by: "tag" })]
]

const tries = 3

/** Milliseconds of each question: the median of three, after one that warms up. */
const timesOf = (questions: ReadonlyArray<Question>, path: string): Promise<ReadonlyMap<string, number>> =>
  Effect.runPromise(
    Effect.gen(function*() {
      const times = new Map<string, number>()
      for (const [name, ask] of questions) {
        const taken: Array<number> = []
        for (let round = 0; round <= tries; round++) {
          const started = performance.now()
          yield* ask
          if (round > 0) taken.push(performance.now() - started)
          // What takes seconds is slow enough to be told at once.
          if ((taken[0] ?? 0) > 1500) break
        }
        times.set(name, median(taken))
      }
      return times
    }).pipe(Effect.provide(Stats.layer({ path })))
  )

const printed = (name: string, millis: number, before: number, limit = mostMillis): string =>
  `${millis.toFixed(0).padStart(6)} ms${(millis / before).toFixed(1).padStart(6)} ×${
    verdict(`${name}: ${millis.toFixed(0)} ms`, millis <= limit)
  }`

const printQuestions = async (path: string, smallPath: string): Promise<void> => {
  for (const [questions, limit] of [[unfiltered, mostMillis], [unlimited, Infinity]] as const) {
    const [few, many] = [await timesOf(questions, smallPath), await timesOf(questions, path)]
    for (const [name, millis] of many) {
      console.log(`  ${name.padEnd(30)}${printed(name, millis, few.get(name) ?? NaN, limit)}`)
    }
    if (limit === mostMillis) console.log("  without a limit")
  }
  const pairs = filters.flatMap(([one, ofOne], n) =>
    filters.slice(n + 1).flatMap(([other, ofOther]) =>
      Object.keys(ofOne).some((name) => name in ofOther)
        ? []
        : [[`${one}, ${other}`, { ...ofOne, ...ofOther }] as const]
    )
  )
  console.log(`  filtered, 30d: ${figures.map(([name]) => name).join(", ")}`)
  for (const [name, asked] of [...filters, ...pairs]) {
    const questions = figures.map(([figure, ask]): Question => [figure, ask(asked)])
    const [few, many] = [await timesOf(questions, smallPath), await timesOf(questions, path)]
    console.log(
      `  ${name.padEnd(24)}${
        [...many].map(([figure, millis]) => printed(`${figure}, ${name}`, millis, few.get(figure) ?? NaN)).join(" ")
      }`
    )
  }
  const [first] = filters.filter(([name]) => name === "tag").map(([, filters]) => Stats.overview({ ...month, filters }))
  const started = performance.now()
  if (first !== undefined) await Effect.runPromise(Effect.provide(first, Stats.layer({ path })))
  console.log(`  the first question, which starts the thread: ${(performance.now() - started).toFixed(0)} ms`)
}

/** The rows that the writer wrote last, written again into another copy, table by table, and nothing else. */
const raw = (from: string, into: string, since: number): number => {
  const source = new DatabaseSync(from, { readOnly: true })
  const target = new DatabaseSync(into)
  target.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 8000")
  const tables = [["calls", "seq"], ["attempts", "call_seq"], ["tags", "call_seq"]].map(([name, seq]) => {
    const rows = source.prepare(`SELECT * FROM ${name} WHERE ${seq} > ? ORDER BY ${seq}`).all(since)
    const columns = Object.keys(rows[0] ?? {})
    return {
      insert: target.prepare(`INSERT INTO ${name} (${columns.join()}) VALUES (${columns.map(() => "?").join()})`),
      rows: rows.map((row) => Object.values(row))
    }
  })
  const parts = Math.ceil((tables[0]?.rows.length ?? 0) / batch)
  let started = performance.now()
  for (let n = 0; n < parts; n++) {
    if (n === 1) started = performance.now()
    target.exec("BEGIN IMMEDIATE")
    for (const { insert, rows } of tables) {
      const size = Math.ceil(rows.length / parts)
      for (const row of rows.slice(n * size, (n + 1) * size)) insert.run(...row)
    }
    target.exec("COMMIT")
  }
  const millis = performance.now() - started
  source.close()
  target.close()
  return millis
}

const printInserts = async (path: string): Promise<void> => {
  // So many that what the writer puts off is in it.
  const count = 200_000
  const ours = join(folder, "ours.db")
  const theirs = join(folder, "theirs.db")
  cpSync(path, ours)
  cpSync(path, theirs)
  const db = new DatabaseSync(path, { readOnly: true })
  const last = Number(db.prepare("SELECT max(seq) AS seq FROM calls").get()?.["seq"])
  db.close()
  const millis = await write(ours, batches(2, Date.now() - 60_000, Date.now(), count))
  const rawMillis = raw(ours, theirs, last)
  const share = rawMillis / millis
  console.log(
    `  ${thousands(count / millis * 1000)} calls a second, raw ${thousands(count / rawMillis * 1000)}: ${
      share.toFixed(2)
    }${verdict(`inserts: ${share.toFixed(2)} of a raw one`, share >= leastShare)}`
  )
  for (const file of [ours, theirs]) for (const suffix of ["", "-wal", "-shm"]) rmSync(file + suffix, { force: true })
}

/** What a page asks, again and again, and a whole export, from a process of its own. */
const asker = `
const [url] = process.argv.slice(1)
const places = ["overview?range=30d", "series?range=30d&by=model", "spending?range=30d&by=model", "providers?range=30d",
  "facets?range=30d", "requests?range=30d&limit=200", "requests?range=30d&limit=200&text=gpt-4o", "overview?range=24h"]
let asked = 0
process.on("SIGTERM", () => { console.log(JSON.stringify({ asked, exported })); process.exit() })
let exported = 0
const download = async () => {
  for (;;) for await (const bytes of (await fetch(url + "/api/export/requests?range=30d")).body) exported += bytes.length
}
const follow = async () => { for await (const _ of (await fetch(url + "/api/events")).body); }
void download()
void follow()
for (;;) for (const place of places) { await (await fetch(url + "/api/" + place)).text(); asked++ }
`

/**
 * How long one turn of the event loop keeps other work waiting: on the clock, and as the time that its thread worked. The
 * difference is what other threads had of the processors.
 */
const monitorTurns = () => {
  let most = { clock: 0, worked: 0 }
  let since = performance.now()
  let cpu = process.threadCpuUsage()
  const tick = () => {
    const [now, used] = [performance.now(), process.threadCpuUsage(cpu)]
    most = {
      clock: Math.max(most.clock, now - since - 1),
      worked: Math.max(most.worked, Math.min(now - since - 1, (used.user + used.system) / 1000))
    }
    since = now
    cpu = process.threadCpuUsage()
    timer = setTimeout(tick, 1)
  }
  let timer = setTimeout(tick, 1)
  return () => {
    clearTimeout(timer)
    return most
  }
}

/** How long the event loop of a process that makes calls stands still, without and with questions to its dashboard. */
const printLoop = async (path: string): Promise<void> => {
  const vendor = fork(join(import.meta.dirname, "sandbox.ts"), [], {
    execArgv: ["--conditions=loom-source"],
    serialization: "advanced"
  })
  const addresses = await new Promise<Addresses>((resolve) =>
    vendor.once("message", (message) => resolve(message as Addresses))
  )
  const runtime = ManagedRuntime.make(
    Layer.merge(
      Loom.layer({
        providers: {
          openai: OpenAi.layer({ baseUrl: addresses.openai, apiKey: Redacted.make("sk-bench-0123456789") })
        },
        callLog: { path, retention: { maxAge: "400 days", maxBytes: 2 ** 40 } }
      }),
      Layer.provideMerge(
        Dashboard.serve({ path, page: folder }),
        NodeHttpServer.layer(() => createServer(), {
          port: 0,
          host: "127.0.0.1",
          gracefulShutdownTimeout: "500 millis"
        })
      )
    )
  )
  const url = HttpServer.formatAddress(Context.get(await runtime.context(), HttpServer.HttpServer).address)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  let made = 0
  const call = Effect.suspend(() =>
    Loom.generate({ model: "openai/gpt-4o-mini", prompt: `[words: 20] number ${made++}` })
  )
  const run = async (seconds: number) => {
    const until = performance.now() + seconds * 1000
    made = 0
    delay.reset()
    delay.enable()
    const turns = monitorTurns()
    await runtime.runPromise(
      Effect.all(
        Array.from(
          { length: 4 },
          () => Effect.whileLoop({ while: () => performance.now() < until, body: () => call, step: () => undefined })
        ),
        { concurrency: 4, discard: true }
      )
    )
    delay.disable()
    return { ...turns(), p99: delay.percentile(99) / 1e6, perSecond: made / seconds }
  }
  await run(3)
  const alone = await run(10)
  const child = spawn(process.execPath, ["-e", asker, url], { stdio: ["ignore", "pipe", "inherit"] })
  let said = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => said += text)
  await run(3)
  const watched = await run(20)
  child.kill("SIGTERM")
  await new Promise((resolve) => child.once("exit", resolve))
  const { asked, exported } = JSON.parse(said)
  for (const [name, { clock, p99, perSecond, worked }] of [["alone", alone], ["asked", watched]] as const) {
    console.log(
      `  ${name}: ${thousands(perSecond)} calls a second, a turn of the loop took ${worked.toFixed(1)} ms at most, ${
        clock.toFixed(1)
      } ms on the clock, ${p99.toFixed(1)} ms at p99`
    )
  }
  console.log(`  answered ${thousands(asked)} questions, exported ${thousands(exported / 2 ** 20)} MB meanwhile`)
  console.log(
    `  limit ${mostBlocked} ms${verdict(`event loop: ${watched.worked.toFixed(1)} ms`, watched.worked <= mostBlocked)}`
  )
  await runtime.dispose()
  vendor.kill()
}

/** Forgets what is older than 15 days, as the writer does, step by step. */
const printRetention = (path: string): void => {
  const before = sizeOf(path)
  const db = new DatabaseSync(path)
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 8000")
  const count = () => Number(db.prepare("SELECT count(*) AS calls FROM calls").get()?.["calls"])
  const all = count()
  let longest = 0
  let steps = 0
  const started = performance.now()
  for (let hasMore = true; hasMore;) {
    const from = performance.now()
    hasMore = prune(db, { maxAge: 15 * day, maxBytes: 2 ** 40 })
    longest = Math.max(longest, performance.now() - from)
    steps++
  }
  const millis = performance.now() - started
  const gone = all - count()
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)")
  db.close()
  console.log(
    `  ${thousands(gone)} calls in ${thousands(steps)} steps, ${(millis / steps).toFixed(1)} ms each, ${
      longest.toFixed(0)
    } ms the longest, ${thousands(gone / millis * 1000)} a second; ${before} became ${sizeOf(path)}`
  )
}

const path = keep ?? join(folder, "large.db")
const smallPath = join(folder, "small.db")
console.log("Filled")
if (keep === undefined || !statSync(keep, { throwIfNoEntry: false })?.isFile()) await fill(path, large)
await fill(smallPath, small)
const isWanted = (part: string) => only === undefined || only === part
if (isWanted("asked")) {
  console.log(`Asked, at most ${mostMillis} ms, beside ${thousands(small)} calls`)
  await printQuestions(path, smallPath)
}
if (isWanted("written")) {
  console.log(`Written more, at least ${leastShare} of a raw batched insert`)
  await printInserts(path)
}
const spent = join(folder, "spent.db")
cpSync(path, spent)
if (isWanted("loop")) {
  console.log("A process that makes calls and serves the dashboard")
  await printLoop(spent)
}
if (isWanted("forgotten")) {
  console.log("Forgotten")
  printRetention(spent)
}
if (misses.length > 0) {
  console.error(`\n${misses.length} missed:\n${misses.map((miss) => `  ${miss}`).join("\n")}`)
  process.exit(1)
}
process.exit()

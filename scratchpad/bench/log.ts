/**
 * Rows per second into the call log, end to end, against a raw batched insert of the very same rows into the very same
 * schema. Tells what a record costs its caller as well.
 */
import { Effect } from "effect"
import { CallLog, type CallRecord, Catalog, Cost, Saved, Usage } from "loom-router"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { tell } from "./rows.ts"

const count = 20_000
const folder = mkdtempSync(join(tmpdir(), "loom-bench-log-"))
const model = Effect.runSync(Effect.fromResult(Catalog.resolve(Catalog.bundled, { model: "openai/gpt-4o-mini" })))

const recordOf = (n: number): CallRecord.CallRecord => {
  const startedAt = Date.now() - (count - n)
  const usage = Usage.make({
    inputUncached: 100 + n % 900,
    cacheRead: n % 3 === 0 ? 1024 : 0,
    outputText: 20 + n % 300
  })
  return {
    id: crypto.randomUUID(),
    startedAt,
    operation: "generate",
    modality: "text",
    asked: { provider: "openai", model: model.id },
    provider: "openai",
    model: model.id,
    outcome: "ok",
    timing: { total: 200 + n % 500, firstToken: undefined, overhead: 1.5 },
    cache: "miss",
    finishReason: "stop",
    saved: Saved.nothing,
    usage,
    error: undefined,
    requestId: `req_${n}`,
    cacheable: false,
    tags: {},
    route: undefined,
    tried: [],
    warnings: [],
    attempts: [{
      provider: "openai",
      model: model.id,
      asked: model.id,
      candidate: 0,
      startedAt,
      duration: 198 + n % 500,
      firstToken: undefined,
      outcome: "ok",
      billed: "yes",
      usage,
      cost: Cost.of(model, usage, { at: startedAt }),
      serviceTier: "default",
      region: undefined,
      status: undefined,
      why: undefined,
      requestId: `req_${n}`
    }]
  }
}

const records = Array.from({ length: count }, (_, n) => recordOf(n))

const logged = (path: string) =>
  Effect.gen(function*() {
    const log = yield* CallLog.CurrentCallLog
    log.offer(recordOf(0))
    yield* log.flush
    let offering = 0
    const started = performance.now()
    for (let n = 0; n < count; n += 5000) {
      const before = performance.now()
      for (const record of records.slice(n, n + 5000)) log.offer(record)
      offering += performance.now() - before
      yield* log.flush
    }
    const { dropped, failed } = yield* log.stats
    return { millis: performance.now() - started, offering: offering * 1000 / count, lost: dropped + failed }
  }).pipe(Effect.provide(CallLog.layerSqlite({ path })))

const raw = (from: string, path: string) => {
  const source = new DatabaseSync(from, { readOnly: true })
  const target = new DatabaseSync(path)
  target.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 8000")
  for (const { sql } of source.prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").all()) {
    if (typeof sql === "string" && !sql.includes("sqlite_")) target.exec(sql)
  }
  const tables = ["calls", "attempts"].map((name) => {
    const rows = source.prepare(`SELECT * FROM ${name}`).all()
    const columns = Object.keys(rows[0] ?? {})
    const insert = target.prepare(`INSERT INTO ${name} (${columns.join()}) VALUES (${columns.map(() => "?").join()})`)
    return { insert, rows: rows.map((row) => Object.values(row)) }
  })
  const started = performance.now()
  for (let n = 0; n < count; n += 1000) {
    target.exec("BEGIN IMMEDIATE")
    for (const { insert, rows } of tables) for (const row of rows.slice(n, n + 1000)) insert.run(...row)
    target.exec("COMMIT")
  }
  return performance.now() - started
}

const median = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

const ours: Array<number> = []
const theirs: Array<number> = []
let offering = 0
for (let round = 0; round < 5; round++) {
  const path = join(folder, `log-${round}.db`)
  const { lost, millis, offering: micros } = await Effect.runPromise(logged(path))
  if (lost > 0) throw new Error(`${lost} records were lost`)
  ours.push(2 * count / millis * 1000)
  theirs.push(2 * count / raw(path, join(folder, `raw-${round}.db`)) * 1000)
  offering = micros
}
rmSync(folder, { recursive: true, force: true })

const [raws, logs] = [median(theirs), median(ours)]
tell({ name: "raw batched insert", value: Math.round(raws), unit: "rows/s", ratio: 1 })
tell({ name: "the call log", value: Math.round(logs), unit: "rows/s", ratio: logs / raws, atLeast: 0.6 })
tell({ name: "a record offered", value: offering, unit: "µs", atMost: 1 })

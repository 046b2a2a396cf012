/**
 * Another process of the call log's tests: `node callLogChild.ts <what> <path> [<records>]`. It talks in lines of JSON.
 */
import { Effect, Layer, Logger, ManagedRuntime } from "effect"
import { DatabaseSync } from "node:sqlite"
import { setTimeout } from "node:timers/promises"
import * as CallLog from "../../src/CallLog.ts"
import * as GenerateError from "../../src/GenerateError.ts"
import * as ProviderHealth from "../../src/ProviderHealth.ts"
import { recordsOf } from "../storage/records.ts"

const [what, path = "", amount = "0"] = process.argv.slice(2)
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)

const record = recordsOf(process.pid, Date.now() - 60_000)

/** Writes for ever, and says how many are safe. */
const write = Effect.gen(function*() {
  const log = yield* CallLog.CurrentCallLog
  for (let n = 0;;) {
    for (let k = 0; k < 700; k++) log.offer(record(n++))
    yield* log.flush
    say(n)
    for (let k = 0; k < 300; k++) log.offer(record(n++))
  }
})

/** Offers as many as told to a log that can't keep them, and says what became of them. */
const struggle = Effect.gen(function*() {
  const log = yield* CallLog.CurrentCallLog
  const started = performance.now()
  let slowest = 0
  for (let n = 0; n < Number(amount); n++) {
    const before = performance.now()
    log.offer(record(n))
    slowest = Math.max(slowest, performance.now() - before)
    if (n % 100 === 0) yield* Effect.promise(() => setTimeout(1))
  }
  yield* Effect.promise(() => setTimeout(1500))
  say({ stats: yield* log.stats, slowest, took: performance.now() - started })
})

/** A vendor fails until it is left alone, and the log hears of it. */
const failTwice = Effect.gen(function*() {
  const log = yield* CallLog.CurrentCallLog
  const health = yield* ProviderHealth.make({ failures: 2, onTransition: log.offerTransition })
  const reason = new GenerateError.Overloaded({ detail: "HTTP 503", maybeBilled: false })
  const error = new GenerateError.GenerateError({ provider: "openai", model: "gpt-4o-mini", reason })
  const subject = { provider: "openai", model: "gpt-4o-mini", key: "0123456789abcdef" }
  yield* Effect.repeat(Effect.exit(health.gate(subject, Effect.fail(error))), { times: 1 })
  say(yield* health.circuits)
})

const lines: Array<string> = []
const quiet = Logger.layer([Logger.make(({ message }) => {
  lines.push(String(message))
})])

switch (what) {
  case "hold": {
    const db = new DatabaseSync(path, { timeout: 5000 })
    db.exec("BEGIN IMMEDIATE")
    say("locked")
    await setTimeout(Number(amount))
    db.exec("ROLLBACK")
    say("free")
    break
  }
  case "write":
    await Effect.runPromise(write.pipe(Effect.provide(CallLog.layerSqlite({ path }))))
    break
  case "fail":
    await Effect.runPromise(failTwice.pipe(Effect.scoped, Effect.provide(CallLog.layerSqlite({ path }))))
    break
  case "struggle":
    await Effect.runPromise(
      struggle.pipe(Effect.provide(Layer.provideMerge(CallLog.layerSqlite({ path, capacity: 2000 }), quiet)))
    )
    say({ lines })
    break
  case "leave":
  case "end": {
    const runtime = ManagedRuntime.make(CallLog.layerSqlite({ path }))
    if (what === "end") process.once("beforeExit", () => void runtime.dispose())
    const log = await runtime.runPromise(CallLog.CurrentCallLog)
    for (let n = 0; n < Number(amount); n++) log.offer(record(n))
    // Started threads are what could keep it alive.
    if (what === "leave") {
      await runtime.runPromise(log.flush)
      await runtime.runPromise(CallLog.recent())
      log.offer(record(Number(amount)))
    }
  }
}

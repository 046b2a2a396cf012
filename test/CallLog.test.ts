import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Logger, Metric, Scope } from "effect"
import { TestClock } from "effect/testing"
import type { CallRecord, ProviderHealth } from "loom-router"
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import * as CallLog from "../src/CallLog.ts"
import { recordsOf } from "./storage/records.ts"

const record = recordsOf(1, Date.now())

const opened = (at: number, provider = "openai"): ProviderHealth.Transition => ({
  at,
  provider,
  key: "0123abcd",
  from: "closed",
  to: "open",
  why: "5 failures in a row",
  until: at + 30_000
})

const failing = (kind: CallLog.StoreError["kind"]) => new CallLog.StoreError({ kind, detail: "no luck", fix: "wait" })

/** A store that answers as it is told, then keeps what comes. */
const scripted = (...script: ReadonlyArray<CallLog.StoreError["kind"]>) => {
  const kept: Array<CallRecord.CallRecord> = []
  const left = [...script]
  let writes = 0
  return {
    kept,
    writes: () => writes,
    write: (batch: ReadonlyArray<CallRecord.CallRecord>) =>
      Effect.suspend(() => {
        writes++
        const kind = left.shift()
        if (kind !== undefined) return Effect.fail(failing(kind))
        kept.push(...batch)
        return Effect.void
      })
  }
}

/** Collects what is logged. */
const listen = () => {
  const lines: Array<string> = []
  const layer = Logger.layer([Logger.make(({ logLevel, message }) => {
    lines.push(`${logLevel}: ${String(message)}`)
  })])
  return { lines, layer }
}

describe("CallLog", () => {
  it.effect("is off unless a layer says otherwise", () =>
    Effect.gen(function*() {
      const log = yield* CallLog.CurrentCallLog
      log.offer(record(1))
      yield* log.flush
      assert.deepStrictEqual(yield* log.stats, { accepted: 0, written: 0, dropped: 0, failed: 0, queued: 0 })
    }))

  it.live("is imported without SQLite and without threads", () =>
    Effect.gen(function*() {
      const script = `
        const { registerHooks } = await import("node:module")
        const seen = []
        registerHooks({ resolve: (name, context, next) => { seen.push([name, context.parentURL ?? ""]); return next(name, context) } })
        await import(${JSON.stringify(new URL("../src/CallLog.ts", import.meta.url).href)})
        const heavy = seen.filter(([name, by]) => /sqlite|effect\\/sql/i.test(name) || (name === "node:worker_threads" && by.includes("/src/")))
        console.log(JSON.stringify([seen.length > 0, heavy]))`
      const { stdout } = yield* Effect.promise(() =>
        promisify(execFile)(process.execPath, ["--conditions=loom-source", "--input-type=module", "-e", script])
      )
      assert.deepStrictEqual(JSON.parse(stdout), [true, []])
    }))

  it.effect("writes in batches, in order, what was offered before a flush", () =>
    Effect.gen(function*() {
      const store = scripted()
      const log = yield* CallLog.make(store, { batch: 4 })
      for (let n = 0; n < 10; n++) log.offer(record(n))
      assert.strictEqual((yield* log.stats).queued, 10)
      yield* log.flush
      assert.deepStrictEqual(store.kept.map(({ id }) => id), Array.from({ length: 10 }, (_, n) => `1-${n}`))
      assert.strictEqual(store.writes(), 3)
      assert.deepStrictEqual(yield* log.stats, { accepted: 10, written: 10, dropped: 0, failed: 0, queued: 0 })
    }))

  it.effect("writes transitions in their turn between calls, and counts them", () =>
    Effect.gen(function*() {
      const kept: Array<string> = []
      const log = yield* CallLog.make({
        write: (batch) => Effect.sync(() => void kept.push(batch.map(({ id }) => id).join())),
        writeTransitions: (batch) => Effect.sync(() => void kept.push(batch.map(({ at }) => at).join()))
      })
      log.offerTransition(opened(1))
      log.offer(record(1))
      log.offer(record(2))
      log.offerTransition(opened(2))
      log.offerTransition(opened(3))
      log.offer(record(3))
      yield* log.flush
      assert.deepStrictEqual(kept, ["1", "1-1,1-2", "2,3", "1-3"])
      assert.deepStrictEqual(yield* log.stats, { accepted: 6, written: 6, dropped: 0, failed: 0, queued: 0 })
    }))

  it.effect("loses a transition that a store refuses, and nothing else", () =>
    Effect.gen(function*() {
      const kept: Array<number> = []
      const store = scripted()
      const log = yield* CallLog.make({
        write: store.write,
        writeTransitions: (batch) =>
          batch.some(({ at }) => at === 4)
            ? Effect.fail(failing("refused"))
            : Effect.sync(() => void kept.push(...batch.map(({ at }) => at)))
      })
      log.offer(record(1))
      for (let n = 0; n < 8; n++) log.offerTransition(opened(n))
      log.offer(record(2))
      yield* log.flush
      assert.deepStrictEqual(kept, [0, 1, 2, 3, 5, 6, 7])
      assert.strictEqual(store.kept.length, 2)
      assert.deepStrictEqual(yield* log.stats, { accepted: 10, written: 9, dropped: 0, failed: 1, queued: 0 })
    }).pipe(Effect.provide(listen().layer)))

  it.effect("takes no transition for a store that keeps none", () =>
    Effect.gen(function*() {
      const log = yield* CallLog.make(scripted())
      log.offerTransition(opened(1))
      yield* log.flush
      assert.deepStrictEqual(yield* log.stats, { accepted: 0, written: 0, dropped: 0, failed: 0, queued: 0 })
    }))

  it.live("writes without being asked, after it has waited for company", () =>
    Effect.gen(function*() {
      const written = yield* Deferred.make<number>()
      const log = yield* CallLog.make({
        write: (batch) => Effect.asVoid(Deferred.succeed(written, batch.length))
      }, { linger: "5 millis" })
      log.offer(record(1))
      log.offer(record(2))
      assert.strictEqual(yield* Deferred.await(written), 2)
    }))

  it.effect("drops what doesn't fit, counts it and says so once", () => {
    const { layer, lines } = listen()
    return Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const log = yield* CallLog.make({ write: () => Deferred.await(gate) }, { capacity: 5, batch: 2, linger: 0 })
      log.offer(record(0))
      const flushed = yield* Effect.forkChild(log.flush, { startImmediately: true })
      for (let n = 0; n < 20; n++) log.offer(record(n))
      assert.deepStrictEqual(yield* log.stats, { accepted: 5, written: 0, dropped: 16, failed: 0, queued: 5 })
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(flushed)
      yield* log.flush
      assert.deepStrictEqual(yield* log.stats, { accepted: 5, written: 5, dropped: 16, failed: 0, queued: 0 })
      assert.deepStrictEqual(lines, [
        "Warn: call log: full with 5 records. What doesn't fit is dropped and counted"
      ])
    }).pipe(Effect.provide(layer))
  })

  it.effect("counts in a metric what it couldn't keep", () => {
    const dropped = Effect.map(
      Metric.snapshot,
      (series) =>
        series.filter(({ id }) => id === "loom.call_log.dropped").map(({ attributes, state }) => [
          attributes?.["loom.reason"],
          Reflect.get(state, "count")
        ])
    )
    return Effect.gen(function*() {
      const log = yield* CallLog.make(
        { write: (batch) => batch.length > 1 ? Effect.void : Effect.fail(failing("refused")) },
        { capacity: 3 }
      )
      assert.deepStrictEqual(yield* dropped, [["full", 0], ["store", 0]])
      for (let n = 0; n < 5; n++) log.offer(record(n))
      yield* log.flush
      log.offer(record(5))
      yield* log.flush
      assert.deepStrictEqual(yield* dropped, [["full", 2], ["store", 1]])
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()), Effect.provide(listen().layer))
  })

  it.live("F18 tries again what a store can't write for now, and warns once an outage", () => {
    const { layer, lines } = listen()
    return Effect.gen(function*() {
      const store = scripted("busy", "busy", "unavailable")
      const log = yield* CallLog.make(store)
      log.offer(record(1))
      yield* log.flush
      assert.deepStrictEqual(store.kept.map(({ id }) => id), ["1-1"])
      assert.strictEqual(lines.length, 1)
      assert.match(lines[0] ?? "", /^Warn: call log: no luck; wait\. Calls go on; up to 10000 records wait in memory$/)
      assert.deepStrictEqual(yield* log.stats, { accepted: 1, written: 1, dropped: 0, failed: 0, queued: 0 })
    }).pipe(Effect.provide(layer))
  })

  it.effect("loses a record that a store refuses, and no other of its batch", () =>
    Effect.gen(function*() {
      const kept: Array<string> = []
      const log = yield* CallLog.make({
        write: (batch) =>
          batch.some(({ id }) => id === "1-6") ? Effect.fail(failing("refused")) : Effect.sync(() => {
            kept.push(...batch.map(({ id }) => id))
          })
      })
      for (let n = 0; n < 10; n++) log.offer(record(n))
      yield* log.flush
      assert.deepStrictEqual(kept, [0, 1, 2, 3, 4, 5, 7, 8, 9].map((n) => `1-${n}`))
      assert.deepStrictEqual(yield* log.stats, { accepted: 10, written: 9, dropped: 0, failed: 1, queued: 0 })
    }))

  it.effect("F18 is off after a store broke, and counts", () => {
    const { layer, lines } = listen()
    return Effect.gen(function*() {
      const store = scripted("broken")
      const log = yield* CallLog.make(store, { batch: 2 })
      for (let n = 0; n < 5; n++) log.offer(record(n))
      yield* log.flush
      assert.deepStrictEqual(yield* log.stats, { accepted: 5, written: 0, dropped: 0, failed: 5, queued: 0 })
      assert.strictEqual(store.writes(), 1)
      assert.strictEqual(lines.length, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("survives a store that dies", () => {
    const { layer, lines } = listen()
    return Effect.gen(function*() {
      const log = yield* CallLog.make({ write: () => Effect.die(new Error("a bug")) })
      log.offer(record(1))
      yield* log.flush
      assert.strictEqual((yield* log.stats).failed, 1)
      assert.match(lines.join(), /a bug/)
    }).pipe(Effect.provide(layer))
  })

  it.effect("writes what waits when its scope closes, and accepts nothing after", () =>
    Effect.gen(function*() {
      const store = scripted()
      const scope = yield* Scope.make()
      const log = yield* Scope.provide(CallLog.make(store), scope)
      for (let n = 0; n < 3; n++) log.offer(record(n))
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(store.kept.length, 3)
      log.offer(record(4))
      assert.deepStrictEqual(yield* log.stats, { accepted: 3, written: 3, dropped: 1, failed: 0, queued: 0 })
    }))

  it.effect("closes in time when its store hangs, and counts what it loses", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const log = yield* Scope.provide(
        CallLog.make({ write: () => Effect.never }, { batch: 2, closeTimeout: "3 seconds" }),
        scope
      )
      for (let n = 0; n < 5; n++) log.offer(record(n))
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.join(closing)
      assert.deepStrictEqual(yield* log.stats, { accepted: 5, written: 0, dropped: 0, failed: 5, queued: 0 })
    }))

  it.effect("gives up at once on closing what its store can't write for now", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const log = yield* Scope.provide(CallLog.make({ write: () => Effect.fail(failing("unavailable")) }), scope)
      log.offer(record(1))
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* log.stats).failed, 1)
    }).pipe(Effect.provide(listen().layer)))

  describe("in memory", () => {
    it.effect("keeps the newest records", () =>
      Effect.gen(function*() {
        const log = yield* CallLog.CurrentCallLog
        for (let n = 0; n < 25; n++) log.offer(record(n))
        const first = yield* CallLog.recent({ limit: 4 })
        assert.deepStrictEqual(first.calls.map(({ id }) => id), ["1-24", "1-23", "1-22", "1-21"])
        const second = yield* CallLog.recent({ limit: 50, cursor: first.next })
        assert.deepStrictEqual(second.calls.map(({ seq }) => seq), [21, 20, 19, 18, 17, 16])
        assert.strictEqual(second.next, undefined)
        assert.strictEqual((yield* CallLog.attemptsOf("1-24")).length, first.calls[0]?.attempts)
        assert.strictEqual((yield* log.stats).written, 25)
      }).pipe(Effect.provide(CallLog.layerMemory({ capacity: 10 }))))

    it.effect("finds by status and by words, as the database does", () =>
      Effect.gen(function*() {
        const log = yield* CallLog.CurrentCallLog
        const made = recordsOf(2, 0)
        for (let n = 0; n < 300; n++) log.offer(made(n))
        const { calls } = yield* CallLog.recent({ limit: 300 })
        const statuses: ReadonlyArray<readonly [CallLog.Filters, (row: CallLog.Row) => boolean]> = [
          [{ status: "ok" }, ({ outcome }) => outcome === "ok"],
          [{ status: "error" }, ({ outcome }) => outcome !== "ok"],
          [{ status: "retry" }, ({ retries }) => retries > 0],
          [{ text: "I/GPT-4O-M" }, ({ model }) => model === "gpt-4o-mini"],
          [{ text: "how much may" }, ({ error }) => error !== undefined]
        ]
        for (const [filters, passes] of statuses) {
          const found = (yield* CallLog.recent({ limit: 300, filters })).calls
          assert.isAbove(found.length, 0)
          assert.deepStrictEqual(found, calls.filter(passes))
        }
        assert.lengthOf((yield* CallLog.recent({ filters: { status: "failover" } })).calls, 0)
      }).pipe(Effect.provide(CallLog.layerMemory())))

    it.effect("keeps the newest transitions, with the beginning of their key alone", () =>
      Effect.gen(function*() {
        const log = yield* CallLog.CurrentCallLog
        for (let n = 0; n < 25; n++) {
          log.offerTransition({ ...opened(n, n % 2 === 0 ? "openai" : "anthropic"), key: "0123abcdef456789" })
        }
        const newest = Array.from({ length: 10 }, (_, n) => opened(24 - n, n % 2 === 0 ? "openai" : "anthropic"))
        assert.deepStrictEqual(yield* CallLog.transitions(), newest)
        assert.deepStrictEqual(yield* CallLog.transitions({ limit: 3 }), newest.slice(0, 3))
        assert.deepStrictEqual(yield* CallLog.transitions({ since: 22 }), newest.slice(0, 3))
        assert.deepStrictEqual(
          (yield* CallLog.transitions({ provider: "anthropic", limit: 2 })).map(({ at }) => at),
          [23, 21]
        )
        assert.deepStrictEqual((yield* CallLog.recent()).calls, [])
        assert.strictEqual((yield* log.stats).written, 25)
      }).pipe(Effect.provide(CallLog.layerMemory({ capacity: 10 }))))
  })
})

import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Logger, Redacted, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { CallLog, type GenerateError, Loom, ResponseCache } from "loom-router"
import * as Sandbox from "loom-router/sandbox"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { billed, spent } from "../providers/world.ts"
import { connect, tempPath } from "../storage/files.ts"
import { ways } from "./drive.ts"
import { inPair as inMovingPair, key, openAi, type Pair, type Setting } from "./pair.ts"

const model = "openai/gpt-4.1"
const question = (n: number) => ({ model, prompt: `[words: 20] Question ${n}` } as const)

/** A store has all the time it needs. */
const inPair = <E>(setting: Setting, body: (pair: Pair) => Effect.fn.Return<void, E, Scope.Scope>) =>
  inMovingPair({ isStill: true, ...setting }, body)

/** Every call has bought its answer, and nothing was bought twice. */
const allBought = ({ arrived, first, records }: Pair, calls: number) =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* arrived, [calls, 0])
    assert.deepStrictEqual(
      records.map(({ attempts, outcome }) => [outcome, attempts.map(({ billed, outcome }) => [outcome, billed])]),
      Array.from({ length: calls }, () => ["ok", [["ok", "yes"]]])
    )
    assert.strictEqual(spent(records.flatMap(({ attempts }) => attempts)), yield* billed(first))
  })

/** Waits for what happens on another thread. */
const until = <A>(look: Effect.Effect<A>, holds: (value: A) => boolean): Effect.Effect<A> =>
  Effect.flatMap(look, (value) =>
    holds(value)
      ? Effect.succeed(value)
      : Effect.andThen(
        Effect.promise(() => new Promise((resolve) => setImmediate(resolve))),
        until(look, holds)
      ))

/** A place for a file that can't be used. */
const places: Readonly<Record<string, Effect.Effect<string, unknown, Scope.Scope>>> = {
  "is a folder": Effect.tap(tempPath, (path) => Effect.sync(() => mkdirSync(path))),
  "lies under a file": Effect.map(tempPath, (path) => {
    writeFileSync(path, "")
    return join(path, "faults.db")
  }),
  "isn't a database": Effect.tap(
    tempPath,
    (path) => Effect.sync(() => writeFileSync(path, "Somebody's notes, not a database. ".repeat(100)))
  )
}

const withLog = <E>(
  options: CallLog.SqliteOptions,
  body: (log: CallLog.CallLog) => Effect.Effect<void, E, Scope.Scope>
): Effect.Effect<void, E | GenerateError.GenerateError, Scope.Scope> =>
  Effect.flatMap(CallLog.CurrentCallLog, body).pipe(
    // It warns, once.
    Effect.provide(Layer.provideMerge(Layer.fresh(CallLog.layerSqlite(options)), Logger.layer([])))
  )

for (const [way, ask] of ways) {
  describe(way, () => {
    for (const [what, place] of Object.entries(places)) {
      it.live(`F17 cache file that ${what}: calls go on, and it is counted: ${way}`, () =>
        Effect.flatMap(place, (path) =>
          inPair({ cache: { ttl: "1 hour", sqlite: { path } } }, function*(pair) {
            for (let n = 0; n < 4; n++) yield* ask(question(n))
            yield* allBought(pair, 4)
            const stats = yield* until(pair.cache.stats, ({ failed, skipped }) => failed + skipped >= 4)
            assert.deepInclude(stats, { hits: 0, misses: 4, kept: 4 })
            assert.isAtLeast(stats.failed, 3)
            // What is in memory is there all the same.
            assert.strictEqual((yield* ask(question(0))).cache, "hit")
          })))
    }

    it.live(`F17 cache file locked by another: calls go on, and what isn't kept is counted: ${way}`, () =>
      Effect.gen(function*() {
        const path = yield* tempPath
        const cache = { ttl: "1 hour", sqlite: { path } } as const
        yield* inPair({ cache }, function*({ arrived, cache, clock }) {
          yield* ask(question(0))
          yield* cache.clear
          const other = yield* connect(path)
          other.exec("BEGIN IMMEDIATE")
          assert.strictEqual((yield* ask(question(1))).cache, "miss")
          assert.deepInclude(yield* cache.stats, { failed: 0, kept: 2 })
          clock.pass(50)
          assert.deepInclude(yield* until(cache.stats, ({ failed }) => failed > 0), { failed: 1 })
          assert.strictEqual((yield* ask(question(1))).cache, "hit")
          assert.deepStrictEqual(yield* arrived, [2, 0])
          other.exec("ROLLBACK")
        })
      }))

    it.live(`F17 corrupt rows: they are no answers, and are bought anew: ${way}`, () =>
      Effect.gen(function*() {
        const path = yield* tempPath
        const cache = { ttl: "1 hour", sqlite: { path } } as const
        yield* inPair({ cache }, function*(pair) {
          for (let n = 0; n < 3; n++) yield* ask(question(n))
          yield* allBought(pair, 3)
        })
        const file = yield* connect(path)
        const damages = [
          "value = substr(value, 1, length(value) / 2)",
          "value = zeroblob(length(value))",
          "checksum = zeroblob(length(checksum))"
        ]
        const ids = file.prepare("SELECT id FROM entries").all().map(({ id }) => Number(id))
        assert.lengthOf(ids, 3)
        for (const [n, id] of ids.entries()) file.exec(`UPDATE entries SET ${damages[n]} WHERE id = ${id}`)
        yield* inPair({ cache }, function*(pair) {
          for (let n = 0; n < 3; n++) assert.strictEqual((yield* ask(question(n))).cache, "miss")
          yield* allBought(pair, 3)
          assert.deepInclude(yield* pair.cache.stats, { hits: 0, misses: 3, kept: 3 })
        })
        yield* inPair({ cache }, function*({ arrived, records }) {
          for (let n = 0; n < 3; n++) assert.strictEqual((yield* ask(question(n))).cache, "hit")
          assert.deepStrictEqual(yield* arrived, [0, 0])
          assert.deepStrictEqual(records.map(({ attempts }) => attempts.length), [0, 0, 0])
        })
      }))

    it.live(`F17 no room for an answer: it is answered, and counted: ${way}`, () =>
      Effect.gen(function*() {
        const path = yield* tempPath
        yield* inPair({ cache: { ttl: "1 hour", sqlite: { path, maxBytes: 4096 } } }, function*(pair) {
          for (let n = 0; n < 2; n++) yield* ask(question(n))
          yield* allBought(pair, 2)
          assert.deepInclude(yield* until(pair.cache.stats, ({ failed }) => failed > 1), { failed: 2, kept: 2 })
        })
      }))

    it.effect(`F17 slow cache: a call takes 50 ms longer, three of them, and then none does for ten seconds: ${way}`, () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.make()
        let asked = 0
        const never = Effect.suspend(() => {
          asked++
          return Effect.never
        })
        const cache = yield* ResponseCache.make({
          ttl: "1 hour",
          store: { get: () => never, set: () => Effect.void, clear: Effect.void }
        })
        const slow = yield* ResponseCache.make({
          ttl: "1 hour",
          store: { get: () => Effect.undefined, set: () => never, clear: Effect.void }
        })
        /** How long it takes by a clock that is only moved while the store is asked. */
        const timed = (n: number, cache: ResponseCache.ResponseCache) =>
          Effect.gen(function*() {
            const from = yield* Clock.currentTimeMillis
            const before = asked
            const fiber = yield* Effect.forkChild(
              Effect.provide(
                ask(question(n)),
                Layer.provide(
                  Loom.layer({ providers: { openai: openAi(sandbox, Redacted.make(key)) } }),
                  Layer.succeed(ResponseCache.CurrentResponseCache, cache)
                )
              )
            )
            return { from, before, fiber }
          })
        for (let n = 0; n < 3; n++) {
          const { before, fiber, from } = yield* timed(n, cache)
          yield* until(Effect.sync(() => asked), (asked) => asked > before)
          yield* TestClock.adjust(49)
          assert.lengthOf(yield* sandbox.journal, n)
          yield* TestClock.adjust(1)
          yield* Fiber.join(fiber)
          assert.strictEqual((yield* Clock.currentTimeMillis) - from, 50)
          assert.lengthOf(yield* sandbox.journal, n + 1)
          // A write that succeeds starts the count anew: these don't.
          assert.strictEqual((yield* cache.stats).failed, n + 1)
        }
        for (let n = 3; n < 6; n++) {
          const { fiber, from } = yield* timed(n, slow)
          yield* Fiber.join(fiber)
          assert.strictEqual((yield* Clock.currentTimeMillis) - from, 0)
        }
        assert.lengthOf(yield* sandbox.journal, 6)
        yield* TestClock.adjust("2 seconds")
        assert.deepInclude(yield* slow.stats, { kept: 3, failed: 3 })
      }))

    for (const [what, place] of Object.entries(places)) {
      it.live(`F18 call log that ${what}: calls go on, and what is lost is counted: ${way}`, () =>
        Effect.flatMap(place, (path) =>
          withLog({ path, capacity: 3 }, (log) =>
            inPair({}, function*(pair) {
              for (let n = 0; n < 5; n++) yield* ask(question(n))
              yield* allBought(pair, 5)
              const { accepted, dropped, written } = yield* log.stats
              assert.strictEqual(written, 0)
              assert.strictEqual(accepted + dropped, 5)
            }))))
    }

    it.live(`F18 call log locked by another: no call waits, and all is written once it is free: ${way}`, () =>
      Effect.flatMap(
        tempPath,
        (path) =>
          withLog({ path, busyTimeout: "50 millis" }, (log) =>
            inPair({}, function*(pair) {
              yield* ask(question(0))
              yield* log.flush
              const other = yield* connect(path)
              other.exec("BEGIN IMMEDIATE")
              for (let n = 1; n < 5; n++) yield* ask(question(n))
              assert.deepInclude(yield* log.stats, { written: 1, dropped: 0, failed: 0, queued: 4 })
              other.exec("ROLLBACK")
              yield* log.flush
              yield* allBought(pair, 5)
              const attempts = pair.records.flatMap(({ attempts }) => attempts)
              assert.deepInclude(other.prepare("SELECT count(*) AS n FROM calls").get(), { n: 5 })
              assert.deepInclude(other.prepare("SELECT sum(cost_pico) AS sum FROM attempts").get(), {
                sum: spent(attempts)
              })
            }))
      ))
  })
}

import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result } from "effect"
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { Worker } from "node:worker_threads"
import * as SqliteCache from "../../src/storage/SqliteCache.ts"
import { check, makeCacheTable, overhead } from "../../src/storage/cacheTable.ts"
import { explain, openDatabase } from "../../src/storage/databaseFile.ts"
import { connect, keep, tempPath } from "./files.ts"
import { randomOf, recordsOf } from "./records.ts"

const minute = 60_000

const open = (path: string, options: Omit<SqliteCache.Options, "path"> = {}) =>
  Effect.acquireRelease(Effect.sync(() => SqliteCache.make({ path, ...options })), ({ close }) => close)

const keyOf = (n: number) => n.toString(16).padStart(64, "0")

const bytesOf = (length: number, seed = length) => {
  const random = randomOf(seed)
  return Uint8Array.from({ length }, () => Math.floor(random() * 256))
}

const entry = (value: Uint8Array, storedAt = 0, life = minute): SqliteCache.Entry => ({
  value,
  storedAt,
  expiresAt: storedAt + life
})

const kindOf = <A, R>(effect: Effect.Effect<A, SqliteCache.CacheStoreError, R>) =>
  Effect.map(
    Effect.result(effect),
    Result.match({ onSuccess: () => "success", onFailure: (error: SqliteCache.CacheStoreError) => error.kind })
  )

const setAndGet = (cache: SqliteCache.SqliteCache) =>
  Effect.all([kindOf(cache.set(keyOf(1), entry(bytesOf(1)))), kindOf(cache.get(keyOf(1), 0)), kindOf(cache.clear)])

/** A lock on the file, until it is let go. */
const lock = (path: string) =>
  Effect.map(connect(path), (db) => {
    db.exec("BEGIN IMMEDIATE")
    return Effect.sync(() => db.exec("ROLLBACK"))
  })

describe("the SQLite cache", () => {
  it.live("gives back what was set, until it is past its time", () =>
    Effect.gen(function*() {
      const cache = yield* open(yield* tempPath)
      const lengths = [0, 1, 100, 4096, 70_000, 1_000_000]
      for (const [n, length] of lengths.entries()) {
        yield* cache.set(keyOf(n), { value: bytesOf(length), storedAt: n + 0.25, expiresAt: n + 1000.5 })
      }
      for (const [n, length] of lengths.entries()) {
        const expected = { value: bytesOf(length), storedAt: n + 0.25, expiresAt: n + 1000.5 }
        for (const now of [n + 0.25, 500, n + 1000]) assert.deepStrictEqual(yield* cache.get(keyOf(n), now), expected)
        assert.isUndefined(yield* cache.get(keyOf(n), n + 1000.5))
      }
      assert.isUndefined(yield* cache.get(keyOf(99), 0))
      yield* cache.set(keyOf(0), { value: bytesOf(3), storedAt: 5, expiresAt: Infinity })
      assert.deepStrictEqual(yield* cache.get(keyOf(0), 1e15), { value: bytesOf(3), storedAt: 5, expiresAt: Infinity })
    }))

  it.live("leaves the caller's value alone", () =>
    Effect.gen(function*() {
      const cache = yield* open(yield* tempPath)
      const whole = Buffer.from("before the value after")
      const value = whole.subarray(7, 16)
      const setting = yield* Effect.forkChild(cache.set(keyOf(1), entry(value)), { startImmediately: true })
      assert.strictEqual(whole.toString(), "before the value after")
      whole.fill(0)
      yield* Fiber.join(setting)
      assert.strictEqual(Buffer.from((yield* cache.get(keyOf(1), 0))!.value).toString(), "the value")
    }))

  it.live("has no entry that is further in the future than it may live", () =>
    Effect.gen(function*() {
      const cache = yield* open(yield* tempPath)
      const at = 1_000_000
      yield* cache.set(keyOf(1), entry(bytesOf(3), at, 100))
      assert.isDefined(yield* cache.get(keyOf(1), at - 100))
      assert.isDefined(yield* cache.get(keyOf(1), at + 99))
      // From here on it may be forgotten, too.
      assert.isUndefined(yield* cache.get(keyOf(1), at - 101))
    }))

  it.live("counts and clears", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const cache = yield* open(path)
      for (let n = 0; n < 10; n++) yield* cache.set(keyOf(n), entry(bytesOf(1000), 100 - n))
      assert.deepStrictEqual(yield* cache.stats, { entries: 10, bytes: 10 * (1000 + overhead), oldest: 91 })
      yield* cache.set(keyOf(9), entry(bytesOf(5), 200))
      assert.deepStrictEqual(yield* cache.stats, { entries: 10, bytes: 9 * 1000 + 5 + 10 * overhead, oldest: 92 })
      for (let n = 0; n < 3; n++) yield* cache.set(keyOf(n), entry(bytesOf(1_000_000)))
      const size = () => statSync(path).size + statSync(`${path}-wal`).size
      const before = size()
      assert.strictEqual(yield* cache.clear, 10)
      assert.isBelow(size(), before / 10)
      assert.deepStrictEqual(yield* cache.stats, { entries: 0, bytes: 0, oldest: undefined })
      assert.isUndefined(yield* cache.get(keyOf(1), 0))
      yield* cache.set(keyOf(1), entry(bytesOf(7)))
      assert.deepStrictEqual((yield* cache.get(keyOf(1), 0))?.value, bytesOf(7))
      assert.strictEqual(yield* cache.clear, 1)
    }))

  it.live("makes no file before there is something to keep, and then one that is the user's alone", () =>
    Effect.gen(function*() {
      const path = join(dirname(yield* tempPath), "a", "b", "cache.db")
      const cache = yield* open(path)
      assert.isUndefined(yield* cache.get(keyOf(1), 0))
      assert.deepStrictEqual(yield* cache.stats, { entries: 0, bytes: 0, oldest: undefined })
      assert.strictEqual(yield* cache.clear, 0)
      assert.isFalse(existsSync(dirname(dirname(path))))
      yield* cache.set(keyOf(1), entry(bytesOf(3)))
      for (const file of [path, `${path}-wal`, `${path}-shm`]) assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      assert.strictEqual(statSync(dirname(path)).mode & 0o777, 0o700)
      yield* cache.close
      assert.isFalse(existsSync(`${path}-wal`))
    }))

  it.live("shares its file", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const [one, other] = [yield* open(path), yield* open(path)]
      yield* Effect.forEach([one, other], (cache, first) =>
        Effect.forEach(
          Array.from({ length: 100 }, (_, n) => 2 * n + first),
          (n) => cache.set(keyOf(n), entry(bytesOf(n))),
          { concurrency: "unbounded" }
        ), { concurrency: "unbounded" })
      for (let n = 0; n < 200; n++) {
        assert.deepStrictEqual(yield* (n % 2 === 0 ? other : one).get(keyOf(n), 0), entry(bytesOf(n)))
      }
      assert.strictEqual(yield* one.clear, 200)
      assert.isUndefined(yield* other.get(keyOf(3), 0))
      yield* other.set(keyOf(3), entry(bytesOf(4)))
      assert.deepStrictEqual(yield* one.get(keyOf(3), 0), entry(bytesOf(4)))
    }))

  it.live("refuses what it can't keep", () =>
    Effect.gen(function*() {
      const cache = yield* open(yield* tempPath, { maxBytes: 80_000 })
      assert.strictEqual(yield* kindOf(cache.set(keyOf(1), entry(bytesOf(10_001)))), "refused")
      assert.strictEqual(yield* kindOf(cache.set(keyOf(1), entry(bytesOf(1), NaN))), "refused")
      yield* cache.set(keyOf(1), entry(bytesOf(10_000)))
      assert.strictEqual((yield* cache.stats).entries, 1)
    }))

  it.live("closes once what was asked is answered, and refuses what is asked later", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const cache = yield* open(path)
      const sets = yield* Effect.forkChild(
        Effect.forEach(Array.from({ length: 50 }, (_, n) => n), (n) => cache.set(keyOf(n), entry(bytesOf(n))), {
          concurrency: "unbounded"
        }),
        { startImmediately: true }
      )
      yield* cache.close
      yield* Fiber.join(sets)
      yield* cache.close
      assert.strictEqual(yield* kindOf(cache.get(keyOf(1), 0)), "unavailable")
      assert.strictEqual((yield* (yield* open(path)).stats).entries, 50)
    }))
})

describe("questions", () => {
  it.live("are bounded, given up or not, and get their answers", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const cache = yield* open(path, { busyTimeout: 60_000 })
      yield* cache.set(keyOf(1), entry(bytesOf(1)))
      const release = yield* lock(path)
      const sets = yield* Effect.forEach(
        Array.from({ length: 1000 }, (_, n) => n),
        (n) => Effect.forkChild(cache.set(keyOf(n), entry(bytesOf(n))), { startImmediately: true })
      )
      for (const fiber of sets.slice(0, 500)) yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* setAndGet(cache), ["overloaded", "overloaded", "overloaded"])
      yield* release
      for (const fiber of sets.slice(500)) yield* Fiber.join(fiber)
      assert.deepStrictEqual(yield* cache.get(keyOf(999), 0), entry(bytesOf(999)))
    }))

  it.live("hold no more than 32 MiB, but one that holds more alone", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const cache = yield* open(path, { maxBytes: 2 ** 30, busyTimeout: 60_000 })
      yield* cache.set(keyOf(1), entry(new Uint8Array(2 ** 25 + 1)))
      const release = yield* lock(path)
      const value = new Uint8Array(2 ** 24)
      const set = (n: number) => Effect.forkChild(cache.set(keyOf(n), entry(value)), { startImmediately: true })
      const sets = [yield* set(2), yield* set(3)]
      assert.strictEqual(yield* kindOf(cache.set(keyOf(4), entry(bytesOf(1)))), "overloaded")
      assert.isDefined(yield* cache.get(keyOf(1), 0))
      yield* release
      for (const fiber of sets) yield* Fiber.join(fiber)
      yield* cache.set(keyOf(4), entry(bytesOf(1)))
      assert.strictEqual((yield* cache.stats).entries, 4)
    }))

  it.live("are given up when they are interrupted", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const cache = yield* open(path, { busyTimeout: 10_000 })
      yield* cache.set(keyOf(1), entry(bytesOf(1)))
      const release = yield* lock(path)
      const set = yield* Effect.forkChild(cache.set(keyOf(2), entry(bytesOf(2))), { startImmediately: true })
      const later = yield* Effect.forkChild(cache.set(keyOf(3), entry(bytesOf(3))), { startImmediately: true })
      yield* cache.get(keyOf(1), 0)
      yield* Fiber.interrupt(set)
      yield* release
      yield* Fiber.join(later)
      assert.deepStrictEqual(yield* cache.get(keyOf(3), 0), entry(bytesOf(3)))
    }))

  it.live("fail when the thread dies, and the next one starts it again", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const cache = yield* open(path, { busyTimeout: 60_000 })
      const threads: Array<Worker> = []
      const see = (thread: Worker) => threads.push(thread)
      process.on("worker", see)
      yield* Effect.addFinalizer(() => Effect.sync(() => process.off("worker", see)))
      yield* cache.set(keyOf(1), entry(bytesOf(1)))
      const release = yield* lock(path)
      const sets = yield* Effect.forkChild(
        Effect.forEach([1, 2, 3], (n) => kindOf(cache.set(keyOf(n), entry(bytesOf(9)))), { concurrency: "unbounded" }),
        { startImmediately: true }
      )
      const set = cache.set(keyOf(4), entry(bytesOf(4)))
      const stubborn = yield* Effect.forkChild(Effect.catch(set, () => set), { startImmediately: true })
      assert.strictEqual(threads.length, 1)
      yield* Effect.promise(() => threads[0]!.terminate())
      assert.deepStrictEqual(yield* Fiber.join(sets), ["unavailable", "unavailable", "unavailable"])
      assert.deepStrictEqual(yield* cache.get(keyOf(1), 0), entry(bytesOf(1)))
      yield* release
      yield* Fiber.join(stubborn)
      assert.deepStrictEqual(yield* cache.get(keyOf(4), 0), entry(bytesOf(4)))
      assert.strictEqual(threads.length, 2)
    }))

  it.live("read while another process has the lock, and write once it hasn't, in their order", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const cache = yield* open(path, { busyTimeout: 60_000 })
      yield* cache.set(keyOf(1), entry(bytesOf(1)))
      const release = yield* lock(path)
      const done: Array<string> = []
      const note = (name: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
        Effect.forkChild(Effect.tap(effect, () => Effect.sync(() => done.push(name))), { startImmediately: true })
      const writes = [
        yield* cache.set(keyOf(1), entry(bytesOf(2))).pipe(note("set")),
        yield* Effect.asVoid(cache.clear).pipe(note("clear")),
        yield* cache.set(keyOf(1), entry(bytesOf(3))).pipe(note("set again"))
      ]
      for (let n = 0; n < 20; n++) assert.deepStrictEqual(yield* cache.get(keyOf(1), 0), entry(bytesOf(1)))
      // A use that can't be written down is no fault.
      assert.isDefined(yield* cache.get(keyOf(1), minute - 1))
      assert.strictEqual((yield* cache.stats).entries, 1)
      assert.deepStrictEqual(done, [])
      yield* release
      for (const fiber of writes) yield* Fiber.join(fiber)
      assert.deepStrictEqual(done, ["set", "clear", "set again"])
      assert.deepStrictEqual(yield* cache.get(keyOf(1), 0), entry(bytesOf(3)))
    }))

  it.live("write in their order, though the lock is let go between them", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const cache = yield* open(path, { busyTimeout: 60_000 })
      yield* cache.set(keyOf(0), entry(bytesOf(0)))
      for (let n = 1; n < 20; n++) {
        yield* Effect.scoped(Effect.gen(function*() {
          const release = yield* lock(path)
          const first = yield* Effect.forkChild(cache.set(keyOf(0), entry(bytesOf(1))), { startImmediately: true })
          // Once this is answered, the first waits for the lock.
          yield* cache.get(keyOf(0), 0)
          yield* release
          yield* cache.set(keyOf(0), entry(bytesOf(2)))
          yield* Fiber.join(first)
        }))
        assert.deepStrictEqual(yield* cache.get(keyOf(0), 0), entry(bytesOf(2)))
      }
    }))

  it.live("fail when another process keeps the lock", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const cache = yield* open(path, { busyTimeout: 40 })
      yield* cache.set(keyOf(1), entry(bytesOf(1)))
      const release = yield* lock(path)
      const writes = [cache.set(keyOf(2), entry(bytesOf(1))), cache.clear]
      const kinds = yield* Effect.forEach(writes, (write) =>
        kindOf(write as Effect.Effect<unknown, SqliteCache.CacheStoreError>), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(kinds, ["busy", "busy"])
      assert.isDefined(yield* cache.get(keyOf(1), 0))
      yield* release
      yield* cache.set(keyOf(2), entry(bytesOf(1)))
    }))

  it.live("are answered or fail when the cache is closed under somebody else's lock", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const cache = yield* open(path, { busyTimeout: 60_000 })
      yield* cache.set(keyOf(1), entry(bytesOf(1)))
      const release = yield* lock(path)
      const set = yield* Effect.forkChild(kindOf(cache.set(keyOf(2), entry(bytesOf(1)))), { startImmediately: true })
      yield* cache.close
      assert.strictEqual(yield* Fiber.join(set), "busy")
      yield* release
    }))
})

describe("forgetting", () => {
  it.live("takes the least recently used when there is too much", () =>
    Effect.gen(function*() {
      const maxBytes = 400_000
      const cache = yield* open(yield* tempPath, { maxBytes })
      let now = 0
      for (let n = 0; n < 1000; n++) {
        yield* cache.set(keyOf(n), entry(bytesOf(2000, n), now += 1000, 1e9))
        // Read again and again, it stays.
        assert.isDefined(yield* cache.get(keyOf(0), now), String(n))
        if (n % 100 === 99) {
          const { bytes } = yield* cache.stats
          assert.isBelow(bytes, maxBytes * 1.2)
          if (n > 300) assert.isAbove(bytes, maxBytes * 0.8)
        }
      }
      assert.isDefined(yield* cache.get(keyOf(0), now))
      assert.isUndefined(yield* cache.get(keyOf(1), now))
      assert.isDefined(yield* cache.get(keyOf(999), now))
    }))

  it.live("keeps up with those who leave it no time", () =>
    Effect.gen(function*() {
      const maxBytes = 4_000_000
      const cache = yield* open(yield* tempPath, { maxBytes })
      for (let n = 0; n < 6000; n += 500) {
        yield* Effect.forEach(
          Array.from({ length: 500 }, (_, k) => n + k),
          (n) => cache.set(keyOf(n), entry(new Uint8Array(2000), n, 1e9)),
          { concurrency: "unbounded", discard: true }
        )
        assert.isBelow((yield* cache.stats).bytes, maxBytes * 1.25)
      }
      assert.isAbove((yield* cache.stats).bytes, maxBytes * 0.8)
      assert.isDefined(yield* cache.get(keyOf(5999), 6000))
    }))

  it.live("writes down a use only once a minute", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const cache = yield* open(path)
      const db = yield* connect(path)
      yield* cache.set(keyOf(1), entry(bytesOf(10), 1_000_000, 1e9))
      const usedAfter = (now: number) =>
        Effect.gen(function*() {
          assert.isDefined(yield* cache.get(keyOf(1), now))
          // Answered after the use is written down.
          yield* cache.stats
          return db.prepare("SELECT used_at FROM entries").get()?.["used_at"]
        })
      assert.strictEqual(yield* usedAfter(1_000_000 + minute), 1_000_000)
      assert.strictEqual(yield* usedAfter(1_000_001 + minute), 1_000_001 + minute)
      assert.strictEqual(yield* usedAfter(1_000_001 + 2 * minute), 1_000_001 + minute)
      // Nor is it in use for ever when the clock is set back.
      assert.strictEqual(yield* usedAfter(1_000_000), 1_000_000)
    }))

  it.live("takes what is past its time, or of the future, when the file is opened", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const db = openDatabase(path, { timeout: 0 })
      const table = makeCacheTable(db)
      for (let n = 0; n < 300; n++) table.set(keyOf(n), entry(bytesOf(100), 1000, n < 250 ? 500 : 10_000))
      for (let n = 300; n < 310; n++) table.set(keyOf(n), entry(bytesOf(100), 50_000, 500))
      db.close()
      const cache = yield* open(path)
      assert.strictEqual((yield* cache.stats).entries, 310)
      assert.isDefined(yield* cache.get(keyOf(299), 1500))
      let left = 310
      for (let n = 0; n < 10_000 && left !== 50; n++) left = (yield* cache.stats).entries
      assert.strictEqual(left, 50)
      assert.isDefined(yield* cache.get(keyOf(250), 1500))
    }))

  it.live("goes in steps of little work, and gives room back", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const db = openDatabase(path, { timeout: 0 })
      yield* Effect.addFinalizer(() => Effect.sync(() => db.close()))
      const table = makeCacheTable(db)
      for (let n = 0; n < 500; n++) table.set(keyOf(n), entry(bytesOf(100), 0, n < 400 ? 10 : 1000))
      for (let n = 500; n < 510; n++) table.set(keyOf(n), entry(new Uint8Array(400_000), 0, n < 505 ? 10 : 1000))
      const pages = () => Number(db.prepare("PRAGMA page_count").get()?.["page_count"])
      const before = pages()
      let { bytes, entries } = table.stats()
      let steps = 0
      while (table.prune(10, Infinity) > 0) {
        const now = table.stats()
        assert.isAtMost(entries - now.entries, 100)
        assert.isBelow(bytes - now.bytes, 2 ** 20 + 400_000 + overhead)
        ;({ bytes, entries } = now)
        steps++
      }
      assert.isAbove(steps, 5)
      assert.strictEqual(entries, 105)
      while (table.prune(10, 1000) > 0) steps++
      assert.isAtMost(table.bytes(), 1000)
      assert.isBelow(pages(), before / 2)
    }))

  it.live("finds keys, the past and the least used in indexes", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      yield* (yield* open(path)).set(keyOf(1), entry(bytesOf(1)))
      const db = yield* connect(path)
      const plan = (sql: string) =>
        db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map((row) => String(row["detail"])).join("\n")
      assert.match(plan("SELECT value FROM entries WHERE id = 1"), /INTEGER PRIMARY KEY/)
      assert.match(
        plan("SELECT id, bytes FROM entries ORDER BY used_at LIMIT 100"),
        /SCAN entries USING INDEX entries_used/
      )
      assert.match(plan("SELECT id, bytes FROM entries WHERE expires_at <= 1"), /USING INDEX entries_expires/)
      assert.match(plan("SELECT min(stored_at) FROM entries"), /COVERING INDEX entries_expires/)
    }))
})

describe("F17 a file that", () => {
  const isLeftAlone = (path: string, cache: SqliteCache.SqliteCache) =>
    Effect.gen(function*() {
      const before = readFileSync(path)
      for (let n = 0; n < 3; n++) assert.deepStrictEqual(yield* setAndGet(cache), ["broken", "broken", "broken"])
      assert.isTrue(readFileSync(path).equals(before))
      for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true })
      assert.deepStrictEqual(yield* setAndGet(cache), ["success", "success", "success"])
    })

  it.live("isn't a database is left alone", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      writeFileSync(path, "Not a database, and rather more than a hundred bytes of it. ".repeat(10))
      yield* isLeftAlone(path, yield* open(path))
    }))

  it.live("is another database is left alone", () =>
    Effect.gen(function*() {
      for (const id of [0, 7]) {
        const path = yield* tempPath
        const db = new DatabaseSync(path)
        db.exec(`CREATE TABLE theirs (x); PRAGMA application_id = ${id}`)
        db.close()
        yield* isLeftAlone(path, yield* open(path))
      }
      const path = yield* tempPath
      yield* keep(path, [recordsOf(1, Date.now())(1)])
      yield* isLeftAlone(path, yield* open(path))
    }))

  it.live("lacks its totals is broken, though what it has is read", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const cache = yield* open(path)
      yield* cache.set(keyOf(1), entry(bytesOf(1)))
      const db = yield* connect(path)
      db.exec("DELETE FROM totals")
      assert.strictEqual(yield* kindOf(cache.stats), "broken")
      assert.strictEqual(yield* kindOf(cache.clear), "broken")
      assert.deepStrictEqual(yield* cache.get(keyOf(1), 0), entry(bytesOf(1)))
    }))

  it.live("is a newer Loom's is left alone", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      yield* Effect.scoped(Effect.flatMap(open(path), (cache) => cache.set(keyOf(1), entry(bytesOf(1)))))
      const db = new DatabaseSync(path)
      db.exec("INSERT INTO loom_migrations VALUES (99, 'of the future', 0)")
      db.close()
      yield* isLeftAlone(path, yield* open(path))
    }))

  it.live("is a folder, or lies under a file, is an error", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      mkdirSync(path)
      const cache = yield* open(path)
      assert.deepStrictEqual(yield* setAndGet(cache), ["unavailable", "unavailable", "unavailable"])
      assert.include((yield* Effect.flip(cache.get(keyOf(1), 0))).fix, "this is a folder")
      rmSync(path, { recursive: true })
      assert.deepStrictEqual(yield* setAndGet(cache), ["success", "success", "success"])
      writeFileSync(join(dirname(path), "file"), "")
      const under = yield* open(join(dirname(path), "file", "cache.db"))
      assert.strictEqual(yield* kindOf(under.set(keyOf(1), entry(bytesOf(1)))), "unavailable")
    }))

  it.live("was taken away is made again", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const cache = yield* open(path)
      yield* cache.set(keyOf(1), entry(bytesOf(1)))
      for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix)
      // It is looked for now and then.
      for (let n = 0; n < 10_000 && !existsSync(path); n++) yield* cache.set(keyOf(n), entry(bytesOf(1)))
      yield* cache.set(keyOf(2), entry(bytesOf(2)))
      assert.deepStrictEqual(yield* (yield* open(path)).get(keyOf(2), 0), entry(bytesOf(2)))
    }))

  it.live("was damaged gives an error or nothing, never a wrong value", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const lengths = [10, 300, 3000, 20_000]
      const valueOf = (n: number) => bytesOf(lengths[n % 4]!, n)
      yield* Effect.scoped(
        Effect.flatMap(open(path), (cache) =>
          Effect.forEach(
            Array.from({ length: 60 }, (_, n) => n),
            (n) => cache.set(keyOf(n), entry(valueOf(n)))
          ))
      )
      const whole = readFileSync(path)
      const random = randomOf(1)
      const damage = (round: number) => {
        const damaged = Buffer.from(whole)
        const at = (end: number) => Math.floor(random() * end)
        if (round % 3 === 0) {
          // One page is another.
          const page = () => 4096 * (1 + at(whole.length / 4096 - 1))
          const from = page()
          whole.copy(damaged, page(), from, from + 4096)
        } else {
          for (let n = 0; n < 30; n++) damaged[100 + at(whole.length - 100)]! ^= 1 << at(8)
        }
        writeFileSync(path, round % 10 === 9 ? damaged.subarray(0, whole.length >> 1) : damaged)
        for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true })
      }
      const seen = new Set<string>()
      const judge = (n: number, found: SqliteCache.Entry | undefined) => {
        seen.add(found === undefined ? "miss" : "hit")
        if (found !== undefined) assert.deepStrictEqual(found, entry(valueOf(n)))
      }
      for (let round = 0; round < (process.env["LOOM_TEST"] === "full" ? 1000 : 50); round++) {
        damage(round)
        let db: DatabaseSync | undefined
        const attempt = <A>(body: () => A): A | undefined => {
          try {
            return body()
          } catch (cause) {
            seen.add(explain(path, cause, { refused: "" }).kind)
            return undefined
          }
        }
        const table = attempt(() => makeCacheTable(db = openDatabase(path, { timeout: 0, check })))
        if (table !== undefined) {
          for (let n = 0; n < 60; n++) {
            const found = attempt(() => [table.get(keyOf(n), 0)?.entry])
            if (found !== undefined) judge(n, found[0])
          }
          attempt(() => table.set(keyOf(3), entry(valueOf(3))))
          while ((attempt(() => table.prune(1, 1000)) ?? 0) > 0) seen.add("pruned")
        }
        db?.close()
      }
      assert.includeMembers([...seen], ["broken", "hit", "miss", "pruned"])
      seen.clear()
      for (let round = 0; round < 5; round++) {
        damage(round)
        yield* Effect.scoped(Effect.gen(function*() {
          const cache = yield* open(path)
          for (let n = 0; n < 60; n++) {
            const got = yield* Effect.result(cache.get(keyOf(n), 0))
            if (Result.isFailure(got)) seen.add(got.failure.kind)
            else judge(n, got.success)
          }
        }))
      }
      assert.includeMembers([...seen], ["broken", "hit", "miss"])
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { once } from "node:events"
import { chmodSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { setTimeout } from "node:timers/promises"
import * as SqliteCache from "../../src/storage/SqliteCache.ts"
import { connect, tempPath } from "../storage/files.ts"
import { programOf, start } from "./processes.ts"
import { valueOf } from "./sqliteCacheValues.ts"

const nodeArguments = programOf("sqliteCacheChild.ts")

const other = (...args: ReadonlyArray<string>) => start(process.execPath, [...nodeArguments, ...args])

const open = (path: string, options: Omit<SqliteCache.Options, "path"> = {}) =>
  Effect.acquireRelease(Effect.sync(() => SqliteCache.make({ path, ...options })), ({ close }) => close)

/** The sums are those of the rows. */
const isWhole = (path: string) =>
  Effect.gen(function*() {
    const db = yield* connect(path)
    assert.deepStrictEqual(db.prepare("PRAGMA integrity_check").all().map((row) => row["integrity_check"]), ["ok"])
    const { bytes, entries } = db.prepare("SELECT count(*) AS entries, sum(bytes) AS bytes FROM entries").get()!
    assert.deepStrictEqual({ ...db.prepare("SELECT entries, bytes FROM totals").get() }, { entries, bytes })
    return Number(entries)
  })

describe("the SQLite cache, end to end", () => {
  it.live("gives one process what another has set", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const cache = yield* open(path)
      yield* cache.set("key 500", { value: valueOf(500), storedAt: 0, expiresAt: 1000 })
      assert.deepStrictEqual(yield* (yield* other("set", path, "500")).ended, [0, null])
      for (let n = 0; n <= 500; n++) {
        assert.isTrue(valueOf(n).equals((yield* cache.get(`key ${n}`, 0))!.value), String(n))
      }
      const { ended, said } = yield* other("get", path, "501")
      assert.deepStrictEqual([yield* ended, said], [[0, null], [501]])
    }))

  it.live("is set by many processes at once", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const all = yield* Effect.forEach([1, 2, 3, 4], (n) => other("set", path, String(500 * n)))
      for (const { ended } of all) assert.deepStrictEqual(yield* ended, [0, null])
      assert.strictEqual(yield* isWhole(path), 2000)
      const { said, ended } = yield* other("get", path, "2000")
      yield* ended
      assert.deepStrictEqual(said, [2000])
    }))

  it.live("F22 killed while it is set: the file opens clean, with all that was kept", () =>
    Effect.gen(function*() {
      for (const patience of [1, 4, 9, 16]) {
        const path = yield* tempPath
        const { ended, lines, running, said } = yield* other("setForEver", path)
        for (let n = 0; n < patience; n++) yield* Effect.promise(() => once(lines, "line"))
        yield* Effect.promise(() => setTimeout(patience))
        running.kill("SIGKILL")
        yield* ended
        const safe = Number(said.at(-1))
        const cache = yield* open(path)
        for (let n = 0; n < safe; n++) {
          assert.isTrue(valueOf(n).equals((yield* cache.get(`key ${n}`, 0))!.value), String(n))
        }
        yield* cache.set("after", { value: valueOf(1), storedAt: 0, expiresAt: 1000 })
        assert.isAtLeast(yield* isWhole(path), safe + 1)
      }
    }))

  it.live("doesn't keep a process alive, but while it is asked", () =>
    Effect.gen(function*() {
      for (const [what, expected] of [["leave", true], ["giveUp", "given up"]] as const) {
        const path = yield* tempPath
        if (what === "giveUp") yield* (yield* other("set", path, "1")).ended
        const { ended, said } = yield* other(what, path)
        assert.deepStrictEqual([yield* ended, said], [[0, null], [expected]])
      }
    }))

  it.live("F17 cache locked by another process: reading goes on, and writing fails in time", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const cache = yield* open(path, { busyTimeout: 100 })
      const set = cache.set("key", { value: valueOf(100), storedAt: 0, expiresAt: 1000 })
      yield* set
      const { ended, lines, running, said } = yield* start(process.execPath, [
        ...programOf("callLogChild.ts"),
        "hold",
        path,
        "60000"
      ])
      yield* Effect.promise(() => once(lines, "line"))
      for (let n = 0; n < 5; n++) {
        const failing = yield* Effect.forkChild(Effect.flip(set), { startImmediately: true })
        for (let k = 0; k < 20; k++) assert.isDefined(yield* cache.get("key", 0))
        assert.strictEqual((yield* Fiber.join(failing)).kind, "busy")
      }
      // All of it took place while the lock was held.
      assert.deepStrictEqual(said, ["locked"])
      running.kill("SIGKILL")
      yield* ended
      yield* set
    }))

  it.live("F17 cache disk full: nothing is kept, what was kept is read, and the file opens clean", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      // Files may have 400 kB, of which SQLite learns when it has written them.
      const command = `ulimit -f 400; exec "$0" "$@"`
      const { ended, said } = yield* start("bash", [
        "-c",
        command,
        process.execPath,
        ...nodeArguments,
        "struggle",
        path,
        "600"
      ])
      assert.deepStrictEqual(yield* ended, [0, null])
      const [{ first, kinds }, fix] = said as [
        { readonly first: unknown; readonly kinds: Record<string, number> },
        string
      ]
      assert.isTrue(first)
      assert.deepStrictEqual(Object.keys(kinds).sort(), ["kept", "unavailable"])
      assert.strictEqual(fix, "make room on the disk")
      assert.strictEqual(yield* isWhole(path), kinds["kept"])
    }))

  it.live("F17 cache read-only: nothing is kept, and the reason is said", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      writeFileSync(path, "")
      chmodSync(path, 0o444)
      chmodSync(dirname(path), 0o555)
      // Root may write what it likes.
      const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
      const { ended, said } = yield* start(process.execPath, [...nodeArguments, "struggle", path, "20"], user)
      assert.deepStrictEqual(yield* ended, [0, null])
      const [{ first, kinds }, fix] = said as [
        { readonly first: unknown; readonly kinds: Record<string, number> },
        string
      ]
      assert.deepStrictEqual([first, kinds, fix], [
        "unavailable",
        { unavailable: 20 },
        "make the file and its folder writable"
      ])
      chmodSync(dirname(path), 0o755)
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as CacheFile from "../../src/cli/CacheFile.ts"
import * as Failure from "../../src/cli/Failure.ts"
import * as SqliteCache from "../../src/storage/SqliteCache.ts"
import { overhead } from "../../src/storage/cacheTable.ts"
import { decoded, loom } from "./loom.ts"

/** A place of its own, with as many entries as told. */
const cacheOf = (entries: number) =>
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "loom-cache-"))),
    (home) => Effect.sync(() => rmSync(home, { recursive: true }))
  ).pipe(Effect.tap((home) => {
    const cache = SqliteCache.make({ path: join(home, "cache.db") })
    const storedAt = Date.parse("2026-11-20T14:02:11.500Z")
    return Effect.forEach(
      Array.from({ length: entries }, (_, n) => n),
      (n) => cache.set(`key ${n}`, { value: new Uint8Array(1000), storedAt: storedAt + n, expiresAt: storedAt * 2 })
    ).pipe(Effect.andThen(cache.close))
  }))

describe("loom cache", () => {
  it.live("tells how much is kept, and where", () =>
    Effect.gen(function*() {
      const home = yield* cacheOf(1204)
      const path = join(home, "cache.db")
      const env = { LOOM_HOME: home }
      const ran = yield* loom(["cache", "stats"], { env })
      assert.deepStrictEqual(ran, {
        stdout: `  entries   1,204\n  size      1.5 MB\n  oldest    2026-11-20 14:02 UTC\n  path      ${path}\n`,
        stderr: "",
        code: 0
      })
      assert.deepStrictEqual(decoded(CacheFile.StatsDocument, yield* loom(["cache", "stats", "--json"], { env })), {
        schemaVersion: 1,
        path,
        entries: 1204,
        bytes: 1204 * (1000 + overhead),
        oldest: "2026-11-20T14:02:11.500Z"
      })
    }))

  it.live("clears it", () =>
    Effect.gen(function*() {
      const home = yield* cacheOf(3)
      const path = join(home, "cache.db")
      const env = { LOOM_HOME: home }
      assert.deepStrictEqual(yield* loom(["cache", "clear"], { env }), {
        stdout: `removed 3 entries from ${path}\n`,
        stderr: "",
        code: 0
      })
      assert.strictEqual((yield* loom(["cache", "clear", "-q"], { env })).stdout, "0\n")
      const document = decoded(CacheFile.ClearDocument, yield* loom(["cache", "clear", "--json"], { env }))
      assert.deepStrictEqual(document, { schemaVersion: 1, path, removed: 0 })
      const { entries, oldest } = decoded(CacheFile.StatsDocument, yield* loom(["cache", "stats", "--json"], { env }))
      assert.deepStrictEqual([entries, oldest], [0, undefined])
    }))

  it.live("makes no file where nothing is kept", () =>
    Effect.gen(function*() {
      const home = join(yield* cacheOf(0), "loom")
      const env = { LOOM_HOME: home }
      assert.match((yield* loom(["cache", "stats"], { env })).stdout, /entries {3}0\n.*0\.0 kB\n.*—\n/)
      assert.match((yield* loom(["cache", "clear"], { env })).stdout, /^removed 0 entries/)
      assert.isFalse(existsSync(home))
    }))

  it.live("leaves a file alone that is no cache, and says so", () =>
    Effect.gen(function*() {
      const home = yield* cacheOf(0)
      const path = join(home, "cache.db")
      const env = { LOOM_HOME: home }
      writeFileSync(path, "Somebody's notes. ".repeat(100))
      for (const [command, verb] of [["stats", "read"], ["clear", "cleared"]] as const) {
        const ran = yield* loom(["cache", command], { env })
        assert.deepStrictEqual([ran.code, ran.stdout], [1, ""])
        assert.match(
          ran.stderr,
          new RegExp(`^CacheStoreError: the cache can't be ${verb}\\n {2}why: .*cache\\.db: .*\\n {2}fix: `)
        )
        const { error } = decoded(Failure.Document, yield* loom(["cache", command, "--json"], { env }))
        assert.deepInclude(error, { tag: "CacheStoreError", retryable: false })
      }
      assert.include(readFileSync(path, "utf8"), "Somebody's notes.")
      rmSync(path)
      mkdirSync(path)
      assert.include((yield* loom(["cache", "stats"], { env })).stderr, "this is a folder")
    }))

  it.live("reads what another process is writing, and is worth another try where that takes too long", () =>
    Effect.gen(function*() {
      const home = yield* cacheOf(2)
      const env = { LOOM_HOME: home }
      const db = new DatabaseSync(join(home, "cache.db"))
      yield* Effect.addFinalizer(() => Effect.sync(() => db.close()))
      db.exec("BEGIN IMMEDIATE")
      assert.match((yield* loom(["cache", "stats"], { env })).stdout, /entries {3}2\n/)
      const ran = yield* loom(["cache", "clear", "--json"], { env })
      assert.strictEqual(ran.code, 3)
      assert.deepInclude(decoded(Failure.Document, ran).error, { tag: "CacheStoreError", retryable: true })
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { ProviderHealth } from "loom-router"
import { execFileSync, spawnSync } from "node:child_process"
import { once } from "node:events"
import { chmodSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { setTimeout } from "node:timers/promises"
import * as CallLog from "../../src/CallLog.ts"
import { connect, tempPath, withLog } from "../storage/files.ts"
import { recordsOf } from "../storage/records.ts"
import { programOf, start } from "./processes.ts"

const root = join(import.meta.dirname, "../..")
const nodeArguments = programOf("callLogChild.ts")

const other = (...args: ReadonlyArray<string>) => start(process.execPath, [...nodeArguments, ...args])

/** Every call has its attempts, and the sums are those of the rows. */
const isWhole = (path: string) =>
  Effect.gen(function*() {
    const db = yield* connect(path)
    assert.deepStrictEqual(db.prepare("PRAGMA integrity_check").all().map((row) => row["integrity_check"]), ["ok"])
    const count = (sql: string) => Number(db.prepare(`SELECT ${sql} AS n`).get()?.["n"])
    const calls = count("(SELECT count(*) FROM calls)")
    assert.strictEqual(count("(SELECT sum(calls) FROM call_rollups WHERE span = 3600000)"), calls)
    assert.strictEqual(count("(SELECT sum(attempts) FROM calls)"), count("(SELECT count(*) FROM attempts)"))
    assert.strictEqual(
      count("(SELECT sum(cost_pico) FROM attempts)"),
      count("(SELECT sum(cost_pico) FROM attempt_rollups WHERE span = 60000)")
    )
    return calls
  })

describe("call log, end to end", () => {
  it.live("F22 killed during log writes: the database opens clean, and only what wasn't flushed is missing", () =>
    Effect.gen(function*() {
      for (const patience of [1, 4, 9]) {
        const path = yield* tempPath
        const { ended, lines, running, said } = yield* other("write", path)
        for (let n = 0; n < patience; n++) yield* Effect.promise(() => once(lines, "line"))
        yield* Effect.promise(() => setTimeout(patience * 3))
        running.kill("SIGKILL")
        yield* ended
        const safe = Number(said.at(-1))
        const calls = yield* isWhole(path)
        assert.isAtLeast(calls, safe)
        yield* Effect.gen(function*() {
          const log = yield* CallLog.CurrentCallLog
          log.offer(recordsOf(1, Date.now(), "after")(1))
          yield* log.flush
          assert.strictEqual((yield* log.stats).written, 1)
        }).pipe(withLog(path))
        assert.strictEqual(yield* isWhole(path), calls + 1)
      }
    }))

  it.live("F18 log database locked by another process for 10 s: no call is slower, none is lost", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const record = recordsOf(1, Date.now())
      let n = 0
      // The median over seconds: what else the machine does must not count, and a wait for the lock would fill them all.
      const measure = (log: CallLog.CallLog, seconds: number) =>
        Effect.promise(async () => {
          const delays: Array<number> = []
          const delay = monitorEventLoopDelay({ resolution: 10 })
          delay.enable()
          for (let second = 0; second < seconds; second++) {
            delay.reset()
            for (const until = performance.now() + 1000; performance.now() < until; await setTimeout(5)) {
              for (let k = 0; k < 4; k++) log.offer(record(n++))
            }
            delays.push(delay.percentile(99) / 1e6)
          }
          delay.disable()
          return delays.sort((a, b) => a - b)[seconds >> 1]!
        })
      yield* Effect.gen(function*() {
        const log = yield* CallLog.CurrentCallLog
        yield* measure(log, 1)
        const free = yield* measure(log, 5)
        yield* log.flush
        const holder = yield* other("hold", path, "10000")
        yield* Effect.promise(() => once(holder.lines, "line"))
        const locked = yield* measure(log, 9)
        assert.isAbove((yield* log.stats).queued, 1000)
        yield* holder.ended
        yield* log.flush
        assert.deepStrictEqual(yield* log.stats, { accepted: n, written: n, dropped: 0, failed: 0, queued: 0 })
        assert.isBelow(locked, Math.max(free, 11) * 2, JSON.stringify({ free, locked }))
        console.log(`event loop p99: ${free} ms, with the lock held ${locked} ms`)
      }).pipe(withLog(path))
      assert.strictEqual(yield* isWhole(path), n)
    }))

  it.live("F18 log disk full: calls go on, what is lost is counted, and the database opens clean", () =>
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
        "6000"
      ])
      assert.deepStrictEqual(yield* ended, [0, null])
      const { stats } = said[0] as { readonly stats: CallLog.Stats }
      assert.isAbove(stats.dropped, 0)
      assert.strictEqual(stats.accepted + stats.dropped, 6000)
      assert.strictEqual(stats.accepted, stats.written + stats.failed + stats.queued)
      const { lines } = said[1] as { readonly lines: ReadonlyArray<string> }
      assert.strictEqual(lines.filter((line) => line.includes("make room on the disk")).length, 1, lines.join("\n"))
      assert.strictEqual(yield* isWhole(path), stats.written)
    }))

  it.live("F18 log database read-only: calls go on, with one warning", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      yield* Effect.void.pipe(withLog(path))
      writeFileSync(path, "")
      chmodSync(path, 0o444)
      chmodSync(dirname(path), 0o555)
      // Root may write what it likes.
      const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
      const { ended, said } = yield* start(process.execPath, [...nodeArguments, "struggle", path, "3000"], user)
      assert.deepStrictEqual(yield* ended, [0, null])
      const { stats } = said[0] as { readonly stats: CallLog.Stats }
      assert.strictEqual(stats.written, 0)
      assert.strictEqual(stats.dropped, 1000)
      const { lines } = said[1] as { readonly lines: ReadonlyArray<string> }
      assert.match(lines[0] ?? "", /make the file and its folder writable/)
      assert.strictEqual(lines.filter((line) => !line.includes("full with")).length, 1)
      chmodSync(dirname(path), 0o755)
    }))

  it.live("doesn't keep a process alive", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const { ended } = yield* other("leave", path, "5")
      assert.deepStrictEqual(yield* ended, [0, null])
    }))

  it.live("is whole when its process ends", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const { ended } = yield* other("end", path, "5000")
      assert.deepStrictEqual(yield* ended, [0, null])
      assert.strictEqual(yield* isWhole(path), 5000)
    }))

  it.live("is written by many processes at once", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const all = yield* Effect.forEach([1, 2, 3, 4], () => other("end", path, "2000"))
      for (const { ended } of all) assert.deepStrictEqual(yield* ended, [0, null])
      assert.strictEqual(yield* isWhole(path), 8000)
    }))

  it.live("tells another process which vendor is left alone, why and until when", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const { ended, said } = yield* other("fail", path)
      assert.deepStrictEqual(yield* ended, [0, null])
      const [[circuit]] = said as [[ProviderHealth.Circuit]]
      assert.strictEqual(circuit.state, "open")
      assert.deepStrictEqual(yield* Effect.provide(CallLog.transitions(), CallLog.layerReader({ path })), [{
        at: circuit.since,
        provider: "openai",
        key: "01234567",
        from: "closed",
        to: "open",
        why: "2 failures in a row; the last: it failed on its side: HTTP 503",
        until: circuit.since + 30_000
      }])
    }))

  it.live("keeps 200,000 rows, and finds the newest", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const record = recordsOf(1, Date.now() - 200_000)
      yield* Effect.gen(function*() {
        const log = yield* CallLog.CurrentCallLog
        const started = performance.now()
        let rows = 0
        let n = 0
        while (rows < 200_000) {
          for (let k = 0; k < 4000; k++) {
            const next = record(n++)
            rows += 1 + next.attempts.length
            log.offer(next)
          }
          if ((yield* log.stats).queued > 5000) yield* log.flush
        }
        yield* log.flush
        console.log(`${Math.round(rows / (performance.now() - started) * 1000)} rows/s`)
        assert.deepStrictEqual(yield* log.stats, { accepted: n, written: n, dropped: 0, failed: 0, queued: 0 })
        yield* CallLog.recent({ limit: 1 })
        const asked = performance.now()
        const { calls } = yield* CallLog.recent({ limit: 50, filters: { provider: "openai", failed: true } })
        console.log(`the newest 50 of them in ${Math.round(performance.now() - asked)} ms`)
        assert.strictEqual(calls.length, 50)
      }).pipe(withLog(path))
      yield* isWhole(path)
    }))

  it.live("starts its threads from dist, and from the command's own bundle", () =>
    Effect.gen(function*() {
      const folder = dirname(yield* tempPath)
      const dist = join(folder, "dist")
      symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
      writeFileSync(join(folder, "package.json"), `{ "type": "module" }`)
      execFileSync(join(root, "node_modules/.bin/rolldown"), ["-c", ".rolldown.config.mjs"], {
        cwd: root,
        env: { ...process.env, LOOM_DIST: dist },
        stdio: "pipe"
      })
      const record = JSON.stringify({ ...recordsOf(1, 0)(1), startedAt: Date.now() })
      writeFileSync(
        join(dist, "program.js"),
        `
        import { Effect } from "effect"
        import { CallLog } from "./index.js"
        const path = process.argv[2]
        await Effect.runPromise(Effect.gen(function*() {
          const log = yield* CallLog.CurrentCallLog
          log.offer(${record})
          yield* log.flush
          console.log((yield* CallLog.recent()).calls.length)
        }).pipe(Effect.provide(CallLog.layerSqlite({ path }))))`
      )
      const run = (...args: ReadonlyArray<string>) =>
        spawnSync(process.execPath, args, { encoding: "utf8", env: { PATH: process.env.PATH, LOOM_HOME: folder } })
      assert.deepInclude(run(join(dist, "program.js"), join(folder, "library.db")), { stdout: "1\n", stderr: "" })
      assert.strictEqual(run(join(dist, "cli/loom.js"), "generate", "Hello").status, 4)
      const { calls } = yield* Effect.provide(CallLog.recent(), CallLog.layerReader({ path: join(folder, "calls.db") }))
      assert.deepStrictEqual(calls.map(({ outcome }) => outcome), ["KeyMissing"])
    }))
})

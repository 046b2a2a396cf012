import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as DashboardServer from "../../src/cli/DashboardServer.ts"
import { follow, get } from "../dashboard/served.ts"
import { keep } from "../storage/files.ts"
import { variedOf } from "../storage/records.ts"
import { interruptAfter, loom, run, source } from "./loom.ts"

const homeless = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "loom-dashboard-"))),
  (home) => Effect.sync(() => rmSync(home, { recursive: true, force: true }))
)

/** Runs it in a process of its own, looks at it, and ends it as Ctrl-C does. */
const watching = <A>(
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>,
  look: (told: typeof DashboardServer.Document.Type) => Effect.Effect<A>
) =>
  Effect.promise(async () => {
    const [command, ...rest] = source
    let seen: A | undefined
    const ran = await run(command, [...rest, "dashboard", "--port", "0", "--json", ...args], {
      env,
      meddle: (child) => {
        let text = ""
        const listening = Effect.callback<string>((resume) => {
          child.stdout?.on("data", (more: string) => {
            text += more
            if (text.includes("\n")) resume(Effect.succeed(text))
          })
        })
        interruptAfter(Effect.flatMap(listening, (text) =>
          Effect.map(
            look(Schema.decodeSync(Schema.fromJsonString(DashboardServer.Document))(text)),
            (found) => {
              seen = found
            }
          )))(child)
      }
    })
    return { ...ran, seen }
  })

describe("loom dashboard", () => {
  it.live("shows what other processes record, while they do", () =>
    Effect.gen(function*() {
      const home = yield* homeless
      const path = join(home, "calls.db")
      const records = variedOf(1, Date.now() - 60_000, Date.now(), 20)
      const ran = yield* watching([], { LOOM_HOME: home }, ({ log, url }) =>
        Effect.scoped(Effect.gen(function*() {
          assert.strictEqual(log, path)
          assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
          const following = yield* follow(`${url}/api/events`)
          yield* following.until(({ event }) => event === "hello")
          yield* keep(path, records)
          yield* following.until(({ event, id }) => event === "calls" && id === "20")
          const foreign = yield* get(`${url}/api/meta`, { headers: { host: "evil.example" } })
          const overview = yield* get(`${url}/api/overview?range=1h`)
          return [foreign.status, JSON.parse(overview.body).calls.total]
        })))
      assert.deepStrictEqual(ran.seen, [403, 20])
      assert.strictEqual(ran.code, 130)
    }))

  it.live("shows made-up calls of a log that goes with them, whatever keys are set", () =>
    Effect.gen(function*() {
      const home = yield* homeless
      const env = { LOOM_HOME: home, OPENAI_API_KEY: "sk-real", OPENAI_BASE_URL: "http://127.0.0.1:9" }
      const ran = yield* watching(["--demo"], env, ({ log, url }) =>
        Effect.scoped(Effect.gen(function*() {
          const following = yield* follow(`${url}/api/events`)
          yield* following.until(({ event }) => event === "calls")
          yield* following.until(({ event }) => event === "batches")
          const meta = yield* get(`${url}/api/meta`)
          const { body } = yield* get(`${url}/api/requests?limit=200`)
          const { rows } = JSON.parse(body) as { readonly rows: ReadonlyArray<{ readonly outcome: string }> }
          // Some had ended before anybody looked, and some go on.
          for (let isThere = false; !isThere;) {
            const { body } = yield* get(`${url}/api/batches?range=7d`)
            const { batches } = JSON.parse(body) as { readonly batches: ReadonlyArray<{ readonly state: string }> }
            isThere = ["ended", "running"].every((wanted) => batches.some(({ state }) => state === wanted))
            if (!isThere) yield* Effect.sleep("100 millis")
          }
          return { isDemo: JSON.parse(meta.body).isDemo, log, answered: rows.some(({ outcome }) => outcome === "ok") }
        })))
      assert.deepInclude(ran.seen, { isDemo: true, answered: true })
      assert.strictEqual(ran.code, 130)
      assert.isFalse(existsSync(ran.seen?.log ?? ""))
      assert.isFalse(existsSync(join(home, "calls.db")))
      assert.isFalse(existsSync(join(home, "batches.db")))
    }))

  it.live("wants a token that nobody guesses where others can see it", () =>
    Effect.gen(function*() {
      const open = yield* loom(["dashboard", "--host", "0.0.0.0", "--port", "0"])
      assert.strictEqual(open.code, 2)
      assert.include(open.stderr, "LOOM_DASHBOARD_TOKEN")
      const env = { LOOM_DASHBOARD_TOKEN: "short" }
      const short = yield* loom(["dashboard", "--host", "0.0.0.0", "--port", "0"], { env })
      assert.strictEqual(short.code, 2)
      assert.notInclude(short.stderr + short.stdout, "short\"")
      const token = "a token that nobody guesses"
      const home = yield* homeless
      const ran = yield* watching([], { LOOM_HOME: home, LOOM_DASHBOARD_TOKEN: token }, ({ url }) =>
        Effect.gen(function*() {
          const without = yield* get(`${url}/api/meta`)
          const given = yield* get(`${url}/api/meta`, {
            headers: { authorization: `Bearer ${token}`, host: "my.example" }
          })
          return [without.status, given.status]
        }))
      assert.deepStrictEqual(ran.seen, [401, 200])
      assert.notInclude(ran.stdout + ran.stderr, token)
    }))

  it.live("says which port is taken", () =>
    Effect.gen(function*() {
      const other = yield* Effect.acquireRelease(
        Effect.callback<ReturnType<typeof createServer>>((resume) => {
          const server = createServer().listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const { port } = other.address() as AddressInfo
      const ran = yield* loom(["dashboard", "--port", String(port)], { env: { LOOM_HOME: yield* homeless } })
      assert.deepStrictEqual([ran.code, ran.stdout], [1, ""])
      assert.match(ran.stderr, new RegExp(`^ServeError: the dashboard can't listen on 127\\.0\\.0\\.1:${port}`))
      assert.include(ran.stderr, "--port")
    }))
})

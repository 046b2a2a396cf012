import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import { mkdirSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { dirname, join } from "node:path"
import * as Dashboard from "../../src/dashboard/Dashboard.ts"
import { keep, tempPath } from "../storage/files.ts"
import { recordsOf } from "../storage/records.ts"
import { get, served } from "./served.ts"

const csp = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** A built page of a line or two. */
const builtPage = Effect.map(tempPath, (path) => {
  const folder = join(dirname(path), "web")
  mkdirSync(join(folder, "assets"), { recursive: true })
  writeFileSync(join(folder, "index.html"), "<!doctype html><script type=module src=./assets/app-1.js></script>")
  writeFileSync(join(folder, "assets", "app-1.js"), "export {}")
  writeFileSync(join(folder, "icon.svg"), "<svg/>")
  writeFileSync(path, "a secret beside the page")
  return { folder, path: join(dirname(path), "none.db") }
})

describe("Dashboard", () => {
  it.live("is for its own machine, under its own names", () =>
    Effect.gen(function*() {
      const { folder, path } = yield* builtPage
      const url = yield* served({ path, page: folder })
      const { port } = new URL(url)
      for (const place of ["/", "/api/overview", "/api/events", "/api/docs", "/assets/app-1.js"]) {
        for (
          const host of [
            "evil.example",
            `evil.example:${port}`,
            "127.0.0.1.evil.example",
            "localhost.evil",
            "0.0.0.0"
          ]
        ) {
          const { body, headers, status } = yield* get(`${url}${place}`, { headers: { host } })
          assert.strictEqual(status, 403, `${place} for ${host}`)
          assert.strictEqual(JSON.parse(body)._tag, "Forbidden")
          assert.strictEqual(headers["content-security-policy"], csp)
        }
      }
      for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, "LOCALHOST"]) {
        assert.strictEqual((yield* get(`${url}/api/meta`, { headers: { host } })).status, 200, host)
      }
    }))

  it.live("wants its token from everybody, wherever they are", () =>
    Effect.gen(function*() {
      const { folder, path } = yield* builtPage
      const url = yield* served({ path, page: folder, access: { token: Redacted.make("right") } })
      const status = (place: string, headers: Readonly<Record<string, string>> = {}) =>
        Effect.map(get(`${url}${place}`, { headers }), ({ status }) => status)
      for (const place of ["/", "/api/overview", "/api/events", "/api/openapi.json", "/assets/app-1.js"]) {
        assert.strictEqual(yield* status(place), 401, place)
        assert.strictEqual(yield* status(`${place}?token=wrong`), 401)
        assert.strictEqual(yield* status(place, { authorization: "Bearer wrong" }), 401)
        assert.strictEqual(yield* status(place, { cookie: "loom_dashboard=right" }), 401)
      }
      assert.strictEqual(yield* status("/api/meta", { authorization: "Bearer right", host: "my.example" }), 200)
      const entered = yield* get(`${url}/?range=1h&token=right`)
      assert.strictEqual(entered.status, 303)
      assert.strictEqual(entered.headers.location, "./?range=1h")
      const [cookie = ""] = entered.headers["set-cookie"] ?? []
      assert.match(cookie, /^loom_dashboard=[\w-]+; Path=\/; HttpOnly; SameSite=Strict$/i)
      assert.notInclude(cookie, "right")
      assert.strictEqual(yield* status("/api/meta", { cookie: cookie.split(";")[0] ?? "" }), 200)
      assert.strictEqual(yield* status("/", { cookie: cookie.split(";")[0] ?? "", host: "my.example" }), 200)
    }))

  it.live("serves the page from memory, and nothing from beside it", () =>
    Effect.gen(function*() {
      const { folder, path } = yield* builtPage
      const url = yield* served({ path, page: folder })
      const page = yield* get(`${url}/?range=24h`)
      assert.strictEqual(page.status, 200)
      assert.include(page.body, "./assets/app-1.js")
      assert.deepInclude(page.headers, {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-cache",
        "content-security-policy": csp,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer"
      })
      const script = yield* get(`${url}/assets/app-1.js`)
      assert.deepInclude(script.headers, {
        "content-type": "text/javascript; charset=utf-8",
        "cache-control": "public, max-age=31536000, immutable"
      })
      const again = yield* get(`${url}/`, { headers: { "if-none-match": page.headers.etag ?? "" } })
      assert.deepStrictEqual([again.status, again.body], [304, ""])
      assert.strictEqual((yield* get(`${url}/icon.svg`)).headers["content-type"], "image/svg+xml")
      for (
        const place of ["/../calls.db", "/%2e%2e/calls.db", "/..%2fcalls.db", "/assets/../../calls.db", "/nothing.js"]
      ) {
        const { body, status } = yield* get(`${url}${place}`)
        assert.strictEqual(status, 404, place)
        assert.notInclude(body, "secret")
      }
    }))

  it.live("says where the page isn't built", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const { body, status } = yield* get(`${yield* served({ path, page: join(dirname(path), "nowhere") })}/`)
      assert.strictEqual(status, 200)
      assert.include(body, "npm run build")
    }))

  it.live("takes nothing: no other method and no body", () =>
    Effect.gen(function*() {
      const url = yield* served({ path: yield* tempPath })
      for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
        assert.strictEqual((yield* get(`${url}/api/overview`, { method })).status, 404, method)
      }
      const { status } = yield* get(`${url}/api/overview`, {
        body: "x".repeat(100),
        headers: { "content-length": "100" }
      })
      assert.strictEqual(status, 413)
    }))

  it.live("lies in a server of one's own, under a path, and leaves the rest of it alone", () =>
    Effect.gen(function*() {
      const { folder, path } = yield* builtPage
      yield* keep(path, [recordsOf(1, Date.now() - 5000)(1)])
      const routes = Layer.mergeAll(
        HttpRouter.add("GET", "/", HttpServerResponse.text("my own page")),
        Dashboard.layer({ path, page: folder, base: "/deep/loom" })
      )
      const context = yield* Layer.build(
        HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
          Layer.provideMerge(NodeHttpServer.layer(() => createServer(), { port: 0, host: "127.0.0.1" }))
        )
      )
      const url = HttpServer.formatAddress(Context.get(context, HttpServer.HttpServer).address)
      const own = yield* get(`${url}/`, { headers: { host: "my.example" } })
      assert.deepStrictEqual([own.body, own.headers["content-security-policy"]], ["my own page", undefined])
      const moved = yield* get(`${url}/deep/loom?range=1h`)
      assert.deepStrictEqual([moved.status, moved.headers.location], [308, "./loom/?range=1h"])
      assert.include((yield* get(`${url}/deep/loom/`)).body, "./assets/app-1.js")
      assert.strictEqual((yield* get(`${url}/deep/loom/assets/app-1.js`)).status, 200)
      assert.strictEqual(JSON.parse((yield* get(`${url}/deep/loom/api/requests`)).body).rows.length, 1)
      assert.strictEqual((yield* get(`${url}/deep/loom/api/openapi.json`)).status, 200)
      assert.strictEqual((yield* get(`${url}/api/overview`)).status, 404)
      assert.strictEqual((yield* get(`${url}/deep/loom/`, { headers: { host: "my.example" } })).status, 403)
    }))

  it.live("is guarded by whoever mounts it, where that is said", () =>
    Effect.gen(function*() {
      const url = yield* served({ path: yield* tempPath, access: "guarded", inFlight: Effect.succeed(7) })
      const { body, status } = yield* get(`${url}/api/overview`, { headers: { host: "my.example" } })
      assert.strictEqual(status, 200)
      assert.strictEqual(JSON.parse(body).inFlight, 7)
    }))

  it.live("says that the log can't be read, and how to go on", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      writeFileSync(path, "somebody's notes. ".repeat(1000))
      const url = yield* served({ path })
      for (
        const place of [
          "overview",
          "series",
          "spending",
          "requests",
          "requests/x",
          "facets",
          "export/requests",
          "export/spending"
        ]
      ) {
        const { body, status } = yield* get(`${url}/api/${place}`)
        assert.strictEqual(status, 503, place)
        const { _tag, fix, message } = JSON.parse(body)
        assert.strictEqual(_tag, "Unreadable")
        assert.match(message, /not a database/)
        assert.include(fix, "loom logs path")
      }
    }))
})

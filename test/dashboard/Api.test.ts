import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { OpenApi } from "effect/http-api"
import { Stats } from "loom-router"
import * as Figures from "../../src/Figures.ts"
import * as Api from "../../src/dashboard/Api.ts"
import * as BatchFigures from "../../src/internal/batchFigures.ts"
import { madeBatches } from "../storage/batches.ts"
import { connect, keep, tempPath } from "../storage/files.ts"
import { variedOf } from "../storage/records.ts"
import { get, served } from "./served.ts"

const now = Date.now()
const minute = 60_000

const decoded = <A>(schema: Schema.Codec<A, unknown>, body: string): A =>
  Schema.decodeUnknownSync(schema, { onExcessProperty: "error" })(JSON.parse(body))

const endpoints = {
  meta: [Api.Meta, ""],
  overview: [Figures.Overview, "range=1h"],
  series: [Figures.Series, "range=1h&by=model&top=2"],
  breakdown: [Figures.Breakdown, "range=1h&by=tag"],
  requests: [Figures.Requests, "range=1h&limit=20"],
  spending: [Figures.Spending, "range=1h&by=tag&tagKey=tenant"],
  providers: [Figures.Providers, "range=1h"],
  facets: [Figures.Facets, "range=1h"]
} as const

describe("Api", () => {
  it.live("answers what its schemas say, and nothing else", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const records = variedOf(1, now - 50 * minute, now, 400)
      yield* keep(path, records)
      const url = yield* served({ path, isDemo: true })
      for (const [name, [schema, query]] of Object.entries(endpoints)) {
        const { body, headers, status } = yield* get(`${url}/api/${name}?${query}`)
        assert.strictEqual(status, 200, `${name}: ${body}`)
        assert.match(headers["content-type"] ?? "", /^application\/json/)
        decoded(schema as Schema.Codec<unknown, unknown>, body)
      }
      const detail = yield* get(`${url}/api/requests/${records[3]!.id}`)
      assert.strictEqual(decoded(Figures.RequestDetail, detail.body).id, records[3]!.id)
      assert.deepInclude(decoded(Api.Meta, (yield* get(`${url}/api/meta`)).body), { isDemo: true, log: path })
    }))

  it.live("tells the figures of Stats, by the same words", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const records = variedOf(2, now - 50 * minute, now, 200)
      const { outcome } = records.find(({ outcome }) => outcome !== "ok" && outcome !== "interrupted")!
      yield* keep(path, records)
      const url = yield* served({ path })
      const since = now - 55 * minute
      const until = now
      const range = { since, until }
      const cases: ReadonlyArray<readonly [string, Stats.Query["filters"]]> = [
        ["provider=openai&model=gpt-4o", { provider: "openai", model: "gpt-4o" }],
        ["route=cheap", { route: "cheap" }],
        ["status=failover", { status: "failover" }],
        [`error=${outcome}`, { outcome }],
        ["cached=true", { cached: true }],
        ["cached=false&minMs=1500.5", { cached: false, minMillis: 1500.5 }],
        ["minUsd=0.0003", { minPicoUsd: 300_000_000 }],
        ["tag=tenant:acme", { tag: { key: "tenant", value: "acme" } }],
        ["text=Haiku", { text: "Haiku" }]
      ]
      for (const [query, filters] of cases) {
        const asked = `since=${since}&until=${until}&${query}`
        const ids = decoded(Figures.Requests, (yield* get(`${url}/api/requests?limit=200&${asked}`)).body).rows
          .map(({ id }) => id)
        const expected = yield* Effect.provide(Stats.requests({ range, filters, limit: 200 }), Stats.layer({ path }))
        assert.isAbove(ids.length, 0, query)
        assert.deepStrictEqual(ids, expected.rows.map(({ id }) => id), query)
        const overview = decoded(Figures.Overview, (yield* get(`${url}/api/overview?${asked}`)).body)
        assert.strictEqual(overview.calls.total, ids.length)
        const series = decoded(Figures.Series, (yield* get(`${url}/api/series?${asked}`)).body)
        assert.strictEqual(series.all.totals.calls, ids.length)
      }
      const first = decoded(Figures.Requests, (yield* get(`${url}/api/requests?limit=3`)).body)
      const second = decoded(Figures.Requests, (yield* get(`${url}/api/requests?limit=3&cursor=${first.next}`)).body)
      const both = yield* Effect.provide(Stats.requests({ limit: 6 }), Stats.layer({ path }))
      assert.deepStrictEqual([...first.rows, ...second.rows], both.rows)
    }))

  it.live("exports exactly what is filtered, whole, as CSV and as JSON", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const records = variedOf(5, now - 50 * minute, now, 900)
      yield* keep(path, records)
      const url = yield* served({ path })
      for (const query of ["range=1h", "range=1h&provider=openai&status=ok", "range=1h&text=nothing+like+it"]) {
        const { rows } = yield* Effect.provide(
          Stats.requests({
            range: "1h",
            limit: 1000,
            filters: query.includes("nothing") ?
              { text: "nothing like it" } :
              query.includes("openai")
              ? { provider: "openai", status: "ok" }
              : {}
          }),
          Stats.layer({ path })
        )
        const csv = yield* get(`${url}/api/export/requests?${query}`)
        assert.strictEqual(csv.status, 200)
        assert.strictEqual(csv.headers["content-type"], "text/csv; charset=utf-8")
        assert.match(
          csv.headers["content-disposition"] ?? "",
          /^attachment; filename="loom-requests-\d{4}-\d\d-\d\dT\d{4}\.csv"$/
        )
        const [head = "", ...lines] = csv.body.split("\r\n")
        assert.strictEqual(lines.pop(), "")
        const id = head.split(",").indexOf("id")
        assert.deepStrictEqual(lines.map((line) => line.split(",")[id]), rows.map(({ id }) => id))
        const json = yield* get(`${url}/api/export/requests?${query}&format=json`)
        assert.strictEqual(json.headers["content-type"], "application/json")
        assert.deepStrictEqual(decoded(Schema.Array(Figures.RequestRow), json.body), rows)
      }

      const asked = "range=1h&by=tag&tagKey=session"
      const spending = decoded(Figures.Spending, (yield* get(`${url}/api/spending?${asked}`)).body)
      const whole = decoded(Figures.Spending, (yield* get(`${url}/api/export/spending?${asked}&format=json`)).body)
      assert.strictEqual(spending.groups.length, 200)
      assert.strictEqual(whole.groups.length, 200 + (spending.rest?.groups ?? 0))
      const { body } = yield* get(`${url}/api/export/spending?${asked}`)
      const [, ...lines] = body.trimEnd().split("\r\n").map((line) => line.split(","))
      assert.deepStrictEqual(
        lines.map(([, key]) => key),
        [...whole.groups.map(({ key }) => key), ...whole.rest === null ? [] : [""]]
      )
      assert.strictEqual(
        lines.reduce((sum, [, , calls]) => sum + Number(calls), 0),
        whole.total.calls
      )
    }))

  it.live("tells of batches what the command line tells, and exports exactly those that are filtered", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const db = yield* connect(`${path}.batches`)
      const { tables } = madeBatches(db, 3, now)
      const url = yield* served({ path, batches: `${path}.batches` })
      const told = (query: string) =>
        Effect.map(get(`${url}/api/batches?${query}`), ({ body }) => decoded(BatchFigures.Batches, body))
      const all = tables.newest({}, 1000)
      assert.deepStrictEqual((yield* told("range=30d&limit=200")).batches, all)
      const first = yield* told("range=30d&limit=2")
      const next = yield* told(`range=30d&limit=2&cursor=${first.next}`)
      assert.deepStrictEqual([...first.batches, ...next.batches], all.slice(0, 4))
      const queries = ["", "&state=open", "&provider=anthropic&model=gpt-4o", "&tag=tenant:a.b", "&error=Overloaded"]
      for (const query of [...queries, "&text=nothing+like+it", "&status=error&cached=true"]) {
        const { batches } = yield* told(`range=30d&limit=200${query}`)
        if (query.includes("nothing")) assert.lengthOf(batches, 0)
        else assert.isAbove(batches.length, 0, query)
        const { body, headers } = yield* get(`${url}/api/export/batches?range=30d${query}`)
        assert.match(headers["content-disposition"] ?? "", /^attachment; filename="loom-batches-.+\.csv"$/)
        assert.lengthOf(body.split("\r\n"), batches.length + 2)
        const json = yield* get(`${url}/api/export/batches?range=30d&format=json${query}`)
        assert.deepStrictEqual(decoded(Schema.Array(BatchFigures.Batch), json.body), batches)
      }
      for (const { id } of all) {
        const { body } = yield* get(`${url}/api/batches/${encodeURIComponent(id)}`)
        assert.deepInclude(decoded(BatchFigures.BatchDetail, body), all.find((batch) => batch.id === id)!)
        assert.notInclude(body, "secret")
      }
      assert.strictEqual((yield* get(`${url}/api/batches/nobody`)).status, 404)
      for (const query of ["state=x", "cursor=x", "limit=x", "tag=x"]) {
        assert.strictEqual((yield* get(`${url}/api/batches?${query}`)).status, 400, query)
      }

      // No file is no batches; a file of something else, or of another Loom, can't be read, and all else can.
      const none = yield* served({ path })
      assert.deepInclude(JSON.parse((yield* get(`${none}/api/batches`)).body), { batches: [], firstAt: null })
      yield* keep(path, variedOf(1, now - 1000, now, 3))
      db.exec("DELETE FROM loom_migrations WHERE id = (SELECT max(id) FROM loom_migrations)")
      for (const foreign of [path, `${path}.batches`]) {
        const other = yield* served({ path, batches: foreign })
        const { body, status } = yield* get(`${other}/api/batches`)
        assert.strictEqual(status, 503)
        assert.include(decoded(Api.Unreadable, body).fix, foreign)
        assert.strictEqual((yield* get(`${other}/api/export/batches`)).status, 503)
        assert.strictEqual((yield* get(`${other}/api/overview`)).status, 200)
      }
    }))

  it.live("says which parameter is wrong, and never what was given", () =>
    Effect.gen(function*() {
      const url = yield* served({ path: yield* tempPath })
      const secret = "sk-not-to-be-told"
      const wrong: ReadonlyArray<readonly [string, string]> = [
        [`overview?range=${secret}`, "range"],
        [`overview?since=${secret}`, "since"],
        [`overview?status=${secret}`, "status"],
        [`series?by=${secret}`, "by"],
        [`requests?cursor=${secret}`, "cursor"],
        [`export/requests?format=${secret}`, "format"],
        [`spending?by=${secret}`, "by"],
        [`requests?limit=${secret}`, "limit"],
        [`requests?tag=${secret}`, "tag"],
        [`requests?text=${secret}${"x".repeat(300)}`, "text"],
        ["overview?since=Infinity", "since"],
        ["overview?minMs=NaN", "minMs"]
      ]
      for (const [query, name] of wrong) {
        const { body, status } = yield* get(`${url}/api/${query}`)
        assert.strictEqual(status, 400, query)
        const told = decoded(Api.BadRequest, body)
        assert.include(told.message, name)
        assert.notInclude(body, secret)
      }
      const missing = yield* get(`${url}/api/requests/nobody`)
      assert.strictEqual(missing.status, 404)
      assert.strictEqual(decoded(Api.NotFound, missing.body)._tag, "NotFound")
    }))

  it.live("is described, for programs and for people", () =>
    Effect.gen(function*() {
      const url = yield* served({ path: yield* tempPath })
      const { paths } = OpenApi.fromApi(Api.Api)
      const described = yield* get(`${url}/api/openapi.json`)
      const { paths: told } = JSON.parse(described.body) as { readonly paths: object }
      assert.deepStrictEqual(Object.keys(told), Object.keys(paths))
      assert.lengthOf(Object.keys(paths), 14)
      const { body, headers } = yield* get(`${url}/api/docs`)
      assert.match(headers["content-type"] ?? "", /^text\/html/)
      for (const path of Object.keys(paths)) assert.include(body, `GET ${path}`)
      for (const name of ["Overview", "Series", "RequestDetail", "Money", "BatchDetail"]) {
        assert.include(body, `id="${name}"`)
      }
      assert.notMatch(body, /<script|style=|https?:\/\//)
      assert.strictEqual((yield* get(`${url}/api/docs.css`)).headers["content-type"], "text/css")
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Scope } from "effect"
import type { CallLog as Log } from "loom-router"
import * as CallLog from "../../src/CallLog.ts"
import type * as Figures from "../../src/Figures.ts"
import { madeBatches } from "../storage/batches.ts"
import { connect, tempPath } from "../storage/files.ts"
import { variedOf } from "../storage/records.ts"
import { follow, type Following, served } from "./served.ts"

const now = Date.now()

const rowsOf = ({ told }: Following): ReadonlyArray<Figures.RequestRow> =>
  told.flatMap(({ data, event }) =>
    event === "calls" ? (data as { readonly rows: ReadonlyArray<Figures.RequestRow> }).rows.toReversed() : []
  )

const lastOf = (n: number) => ({ event, id }: { readonly event: string; readonly id: string | undefined }) =>
  event === "calls" && Number(id) >= n

/** A log that this test writes to, and a dashboard of it. */
const world = Effect.gen(function*() {
  const path = yield* tempPath
  const context = yield* Layer.build(Layer.fresh(CallLog.layerSqlite({ path, linger: "5 millis" })))
  const log = yield* Effect.provide(CallLog.CurrentCallLog, context)
  const offer = (records: ReadonlyArray<Parameters<Log.CallLog["offer"]>[0]>) =>
    Effect.andThen(Effect.sync(() => records.forEach((record) => log.offer(record))), log.flush)
  return { path, log, offer }
})

describe("Feed", () => {
  it.live("tells that batches have changed, whoever changed them, and of each change but once", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const batches = `${path}.batches`
      const url = yield* served({ path, batches })
      const following = yield* follow(`${url}/api/events`)
      const versions = () =>
        following.told.filter(({ event }) => event === "batches").map(({ data }) => JSON.stringify(data))
      yield* following.until(({ event }) => event === "batches")
      // There was no file yet.
      const db = yield* connect(batches)
      madeBatches(db, 1, now)
      yield* following.until(() => versions().length >= 2)
      const before = versions().length
      db.exec("UPDATE jobs SET done = done + 1")
      yield* following.until(() => versions().length > before)
      assert.strictEqual(new Set(versions()).size, versions().length)
      // Whoever comes is told at first.
      const other = yield* follow(`${url}/api/events`)
      assert.deepStrictEqual(
        JSON.stringify((yield* other.until(({ event }) => event === "batches")).data),
        versions().at(-1)
      )
    }))

  it.live("tells each record once, in order, with all that a row needs", () =>
    Effect.gen(function*() {
      const { offer, path } = yield* world
      const records = variedOf(1, now - 1000, now, 60)
      yield* offer(records.slice(0, 10))
      const url = yield* served({ path, inFlight: Effect.succeed(3) })
      const following = yield* follow(`${url}/api/events`)
      const hello = yield* following.until(({ event }) => event === "hello")
      assert.strictEqual(hello.id, "10")
      assert.deepInclude(hello.data, { lastSeq: 10 })
      for (let n = 10; n < 60; n += 10) yield* offer(records.slice(n, n + 10))
      const last = yield* following.until(lastOf(60))
      assert.deepInclude(last.data, { inFlight: 3 })
      assert.deepStrictEqual(rowsOf(following).map(({ id }) => id), records.slice(10).map(({ id }) => id))
      assert.deepStrictEqual(rowsOf(following).map(({ seq }) => seq), Array.from({ length: 50 }, (_, n) => n + 11))
    }))

  it.live("goes on where a page was, also on another server", () =>
    Effect.gen(function*() {
      const { offer, path } = yield* world
      const records = variedOf(2, now - 1000, now, 40)
      const scope = yield* Scope.make()
      const first = yield* Scope.provide(served({ path }), scope)
      const before = yield* follow(`${first}/api/events`)
      yield* before.until(({ event }) => event === "hello")
      yield* offer(records.slice(0, 15))
      const { id = "" } = yield* before.until(lastOf(15))
      yield* before.close
      yield* Scope.close(scope, Exit.void)
      yield* offer(records.slice(15, 30))
      const second = yield* served({ path })
      const after = yield* follow(`${second}/api/events`, { "last-event-id": id })
      yield* after.until(lastOf(30))
      yield* offer(records.slice(30))
      yield* after.until(lastOf(40))
      assert.deepStrictEqual(
        [...rowsOf(before), ...rowsOf(after)].map(({ seq }) => seq),
        Array.from({ length: 40 }, (_, n) => n + 1)
      )
      const byParameter = yield* follow(`${second}/api/events?after=35`)
      yield* byParameter.until(lastOf(40))
      assert.deepStrictEqual(rowsOf(byParameter).map(({ seq }) => seq), [36, 37, 38, 39, 40])
    }))

  it.live("says what is missed where that is too much, or the log is another", () =>
    Effect.gen(function*() {
      const { offer, path } = yield* world
      yield* offer(variedOf(3, now - 1000, now, 1300))
      const url = yield* served({ path })
      const late = yield* follow(`${url}/api/events?after=100`)
      assert.deepStrictEqual((yield* late.until(({ event }) => event === "gap")).data, { missed: 1200 })
      yield* late.until(lastOf(1300))
      assert.deepStrictEqual(rowsOf(late).map(({ seq }) => seq), Array.from({ length: 200 }, (_, n) => n + 1101))
      const inTime = yield* follow(`${url}/api/events?after=300`)
      yield* inTime.until(lastOf(1300))
      assert.lengthOf(rowsOf(inTime), 1000)
      const other = yield* follow(`${url}/api/events`, { "last-event-id": "99999" })
      assert.deepStrictEqual((yield* other.until(({ event }) => event === "gap")).data, { missed: 0 })
      yield* other.until(lastOf(1300))
    }))

  it.live("tells of circuits that change, and not of those before", () =>
    Effect.gen(function*() {
      const { log, path } = yield* world
      const opened = { at: now, provider: "openai", key: "", from: "closed", to: "open", why: "5 failures" } as const
      log.offerTransition({ ...opened, until: now + 1000 })
      yield* log.flush
      const url = yield* served({ path })
      const following = yield* follow(`${url}/api/events`)
      yield* following.until(({ event }) => event === "hello")
      log.offerTransition({ ...opened, at: now + 2000, from: "open", to: "half-open", until: undefined })
      const { data } = yield* following.until(({ event }) => event === "circuits")
      const { incidents } = data as { readonly incidents: ReadonlyArray<Figures.Incident> }
      assert.deepStrictEqual(incidents.map(({ cause, provider }) => [provider, cause]), [["openai", "half-open"]])
    }))

  it.live("begins before there is a log, and follows it from its first record", () =>
    Effect.gen(function*() {
      const { offer, path } = yield* world
      const url = yield* served({ path })
      const following = yield* follow(`${url}/api/events`)
      assert.deepInclude((yield* following.until(({ event }) => event === "hello")).data, { lastSeq: 0 })
      yield* offer(variedOf(4, now - 1000, now, 3))
      yield* following.until(lastOf(3))
      assert.lengthOf(rowsOf(following), 3)
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import * as Sandbox from "loom-router/sandbox"
import { dirname, join } from "node:path"
import { billed, november } from "../providers/world.ts"
import { connect, tempPath } from "../storage/files.ts"
import { programOf, start } from "./processes.ts"

type Box = Sandbox.Sandbox["Service"]

interface Told {
  readonly id: string
  readonly status: string
  readonly counts: Readonly<Record<string, number>>
  readonly picoUsd: string
  readonly savedPicoUsd: string
  readonly ledger: ReadonlyArray<string>
  readonly memory: Readonly<Record<"heapTotal" | "external" | "rss", number>>
}

const environment = (sandbox: Box) => ({
  PATH: process.env["PATH"],
  OPENAI_API_KEY: "sk-test",
  OPENAI_BASE_URL: sandbox.baseUrl("openai"),
  ANTHROPIC_API_KEY: "sk-ant-test",
  ANTHROPIC_BASE_URL: sandbox.baseUrl("anthropic")
})

const other = (sandbox: Box, nodeArguments: ReadonlyArray<string>, ...args: ReadonlyArray<string>) =>
  start(process.execPath, [...nodeArguments, ...programOf("batchChild.ts"), ...args], { env: environment(sandbox) })

const rows = 40

const whole = Array.from({ length: rows }, (_, n) => `row-${n}: answer ${n}`)

/** What the call log has of it: each row once, at what the vendor bills. */
const logged = (folder: string) =>
  Effect.map(connect(join(folder, "calls.db"), { readOnly: true }), (db) => {
    const row = db.prepare(
      `SELECT count(*) AS calls, count(DISTINCT id) AS ids, sum(saved_batch) AS saved,
        (SELECT sum(cost_pico) FROM attempts) AS cost FROM calls WHERE operation = 'batch' AND outcome = 'ok'`
    ).get()
    return { calls: Number(row?.["calls"]), cost: Number(row?.["cost"]), saved: Number(row?.["saved"]) }
  })

const inNovember = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provideService(effect, Clock.Clock, november())

const points = ["mid-intake", "before submit", "after submit", "mid-poll", "mid-download", "mid-results"] as const

describe("batches, end to end", () => {
  for (const model of ["openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"] as const) {
    for (const point of points) {
      // Nobody knows of what was still being read in.
      const how = point === "mid-intake" || model.startsWith("anthropic") ? "again" : "resume"
      it.live(`F22 ${model}, killed ${point}: the next process (${how}) has every row once, and paid for one job`, () =>
        inNovember(Effect.gen(function*() {
          const sandbox = yield* Sandbox.make({ batches: { takes: 100 } })
          const folder = dirname(yield* tempPath)
          const killed = yield* other(sandbox, [], point, folder, model)
          assert.deepStrictEqual(yield* killed.ended, [null, "SIGKILL"])
          const next = yield* other(sandbox, [], how, folder, model)
          assert.deepStrictEqual(yield* next.ended, [0, null])
          const told = next.said.at(-1) as Told
          assert.deepStrictEqual(told.ledger, whole)
          assert.deepInclude(told.counts, { total: rows, open: 0, succeeded: rows, duplicates: 0, strays: 0 })
          assert.deepInclude(told, { id: "nightly", status: "ended" })
          const jobs = (yield* sandbox.journal).filter(({ job }) => job !== undefined)
          assert.strictEqual(jobs.length, 1)
          const bill = yield* billed(sandbox)
          assert.strictEqual(Number(told.picoUsd), bill)
          assert.strictEqual(told.savedPicoUsd, told.picoUsd)
          assert.deepStrictEqual(yield* logged(folder), { calls: rows, cost: bill, saved: bill })
        })))
    }
  }

  // 90 MB to the vendor in either case, and as many answers back.
  for (
    const [model, count, weaves] of [["openai/gpt-4o-mini", 50_000, 250], [
      "anthropic/claude-haiku-4-5",
      10_000,
      1400
    ]] as const
  ) {
    it.live(`${model}: ${count} rows go through 64 MB of heap`, () =>
      inNovember(Effect.gen(function*() {
        const sandbox = yield* Sandbox.make({ batches: { takes: 0 } })
        const folder = dirname(yield* tempPath)
        const heap = ["--max-old-space-size=64", "--max-semi-space-size=16"]
        const child = yield* other(sandbox, heap, "large", folder, model, String(count), String(weaves))
        assert.deepStrictEqual(yield* child.ended, [0, null])
        const told = child.said.at(-1) as Told
        assert.deepStrictEqual(told.ledger, [])
        assert.deepInclude(told.counts, { total: count, succeeded: count })
        assert.isBelow(told.memory.external, 2 ** 26)
        console.log(`${count} rows: ${JSON.stringify(told.memory)}`)
      })))
  }
})

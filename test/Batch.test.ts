import { assert, describe, it } from "@effect/vitest"
import { type Effect, Redacted, Stream } from "effect"
import { type Batch, Loom } from "loom-router"
import * as OpenAi from "loom-router/providers/OpenAi"
import { billed, inWorld, spent, type World } from "./providers/world.ts"

const apiKey = Redacted.make("sk-test")

const providers = (sandbox: { readonly baseUrl: (provider: "openai") => string }) => ({
  openai: OpenAi.layer({ apiKey, baseUrl: sandbox.baseUrl("openai") })
})

const world = <A, E>(body: (world: World) => Effect.fn.Return<A, E>) =>
  inWorld({ providers, batches: { path: ":memory:" } }, body)

const row = (n: number, more = ""): Batch.Asked => ({
  model: "openai/gpt-4o-mini",
  prompt: `[say: answer ${n}] ${more}`,
  customId: `row-${n}`
})

const soon = { pollInterval: "1 millis" } as const

describe("a batch", () => {
  it.live("is submitted, waited for, and has its rows in order, priced as the vendor bills them", () =>
    world(function*({ records, sandbox }) {
      const handle = yield* Loom.submitBatch([row(0), row(1), row(2)], { tags: { job: "nightly" } })
      const first = yield* handle.status
      assert.strictEqual(first.status, "running")
      assert.deepInclude(first.counts, { total: 3, open: 3, succeeded: 0 })
      yield* sandbox.finishBatches
      const results = yield* handle.wait(soon)
      assert.deepInclude(results.counts, { total: 3, open: 0, succeeded: 3, missing: 0, duplicates: 0, strays: 0 })
      const rows = yield* Stream.runCollect(results.rows)
      assert.deepStrictEqual(
        rows.map((row) => [row.customId, row._tag === "Success" ? row.generation.text : row._tag]),
        [["row-0", "answer 0"], ["row-1", "answer 1"], ["row-2", "answer 2"]]
      )
      assert.strictEqual(records.length, 3)
      assert.strictEqual(spent(records.flatMap(({ attempts }) => attempts)), yield* billed(sandbox))
      assert.strictEqual(Number(results.picoUsd), yield* billed(sandbox))
      assert.strictEqual(results.savedPicoUsd, results.picoUsd)
      assert.deepInclude(records[0], { operation: "batch", outcome: "ok", tags: { job: "nightly" } })
      const jobs = (yield* sandbox.journal).filter(({ job }) => job !== undefined)
      assert.strictEqual(jobs.length, 1)
    }))
})

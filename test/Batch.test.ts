import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Stream } from "effect"
import { type Batch, Loom } from "loom-router"
import * as Anthropic from "loom-router/providers/Anthropic"
import * as OpenAi from "loom-router/providers/OpenAi"
import { billed, type Box, inWorld, spent, type World } from "./providers/world.ts"
import { tempPath } from "./storage/files.ts"

const apiKey = Redacted.make("sk-test")

const providers = (sandbox: Box) => ({
  openai: OpenAi.layer({ apiKey, baseUrl: sandbox.baseUrl("openai") }),
  anthropic: Anthropic.layer({ apiKey, baseUrl: sandbox.baseUrl("anthropic") })
})

const world = <A, E>(body: (world: World) => Effect.fn.Return<A, E>, path = ":memory:") =>
  inWorld({ providers, batches: { path } }, body)

const openai = "openai/gpt-4o-mini"
const anthropic = "anthropic/claude-haiku-4-5"

const row = (n: number, more = "", model: Batch.Asked["model"] = openai) =>
  ({ model, prompt: `[say: answer ${n}] ${more}`, customId: `row-${n}` }) as Batch.Asked

const soon = { pollInterval: "1 millis" } as const

/** Jobs that were paid for. */
const submissions = ({ sandbox }: World) =>
  Effect.map(sandbox.journal, (journal) => journal.filter(({ job }) => job !== undefined).length)

const said = (rows: ReadonlyArray<Batch.Row>) =>
  rows.map((row) => [row.customId, row._tag === "Success" ? row.generation.text : row._tag])

/** Why an effect fails that must. */
const reasonOf = <A>(effect: Effect.Effect<A, Batch.BatchError>) =>
  Effect.matchEffect(effect, {
    onFailure: ({ reason }) => Effect.succeed(reason),
    onSuccess: () => Effect.die(new Error("it succeeded"))
  })

describe("a batch", () => {
  for (const model of [openai, anthropic] as const) {
    it.live(`${model}: is submitted, waited for, and has its rows in order, priced as the vendor bills them`, () =>
      world(function*(world) {
        const { records, sandbox } = world
        const handle = yield* Loom.submitBatch([0, 1, 2].map((n) => row(n, "", model)), { tags: { job: "nightly" } })
        const first = yield* handle.status
        assert.strictEqual(first.status, "running")
        assert.deepInclude(first.counts, { total: 3, open: 3, succeeded: 0 })
        yield* sandbox.finishBatches
        const results = yield* handle.wait(soon)
        assert.deepInclude(results.counts, { total: 3, open: 0, succeeded: 3, missing: 0, duplicates: 0, strays: 0 })
        assert.deepStrictEqual(said(yield* Stream.runCollect(results.rows)), [
          ["row-0", "answer 0"],
          ["row-1", "answer 1"],
          ["row-2", "answer 2"]
        ])
        assert.strictEqual(records.length, 3)
        assert.strictEqual(spent(records.flatMap(({ attempts }) => attempts)), yield* billed(sandbox))
        assert.strictEqual(Number(results.picoUsd), yield* billed(sandbox))
        assert.strictEqual(results.savedPicoUsd, results.picoUsd)
        assert.isTrue(records.every(({ saved }) => saved !== undefined && saved.batch === saved.picoUsd))
        assert.deepInclude(records[0], { operation: "batch", outcome: "ok", tags: { job: "nightly" } })
        assert.strictEqual(yield* submissions(world), 1)
      }))

    it.live(`F23 ${model}: rows that fail, are lost, come twice, in any order: each is accounted for once`, () =>
      world(function*({ records, sandbox }) {
        const marks = ["", "[batch: fail]", "[batch: lose]", "[batch: twice]", "[batch: fail 500]", ""]
        const handle = yield* Loom.submitBatch(marks.map((mark, n) => row(n, mark, model)))
        yield* sandbox.finishBatches
        const results = yield* handle.wait(soon)
        assert.deepStrictEqual(said(yield* Stream.runCollect(results.rows)), [
          ["row-0", "answer 0"],
          ["row-1", "Failure"],
          ["row-2", "Missing"],
          ["row-3", "answer 3"],
          ["row-4", "Failure"],
          ["row-5", "answer 5"]
        ])
        assert.deepInclude(results.counts, { total: 6, open: 0, succeeded: 3, failed: 2, missing: 1, duplicates: 1 })
        assert.strictEqual(records.length, 6)
        assert.strictEqual(Number(results.picoUsd), yield* billed(sandbox))
        // Nobody knows what became of the one that is missing.
        assert.strictEqual(results.unpriced, 1)
      }))

    it.live(`F23 ${model}: a batch that expires keeps what is finished`, () =>
      world(function*({ sandbox }) {
        const handle = yield* Loom.submitBatch([row(0, "", model), row(1, "[batch: stall]", model)])
        yield* sandbox.advance("25 hours")
        const results = yield* handle.wait(soon)
        assert.deepStrictEqual(said(yield* Stream.runCollect(results.rows)), [
          ["row-0", "answer 0"],
          ["row-1", "Expired"]
        ])
        assert.strictEqual(Number(results.picoUsd), yield* billed(sandbox))
        assert.strictEqual(results.unpriced, 0)
      }))

    it.live(`F23 ${model}: a batch that is cancelled keeps what is finished`, () =>
      world(function*({ sandbox }) {
        const handle = yield* Loom.submitBatch([row(0, "", model), row(1, "[batch: stall]", model)])
        yield* sandbox.advance("15 seconds")
        yield* handle.cancel
        yield* sandbox.advance("15 minutes")
        const results = yield* handle.wait(soon)
        assert.deepStrictEqual(said(yield* Stream.runCollect(results.rows)), [
          ["row-0", "answer 0"],
          ["row-1", "Cancelled"]
        ])
        assert.strictEqual(Number(results.picoUsd), yield* billed(sandbox))
      }))
  }

  it.live("is found by its id in another engine, which goes on where the first has stopped", () =>
    Effect.flatMap(tempPath, (path) =>
      world(function*(world) {
        const asked = [row(0), row(1, "", anthropic), row(2)]
        const { id } = yield* Loom.submitBatch(asked, { id: "nightly" })
        const { sandbox } = world
        yield* sandbox.finishBatches
        const other = Loom.layer({ providers: providers(sandbox), batches: { path } })
        yield* Effect.gen(function*() {
          assert.deepStrictEqual((yield* Loom.batches()).map(({ id, status }) => [id, status]), [[
            "nightly",
            "running"
          ]])
          const handle = yield* Loom.batch(id)
          const results = yield* handle.wait(soon)
          assert.strictEqual(results.counts.succeeded, 3)
          assert.strictEqual(Number(results.picoUsd), yield* billed(sandbox))
        }).pipe(Effect.provide(other))
        // The first finds what the other has done, and the same requests are the same batch.
        const again = yield* Loom.submitBatch(asked, { id: "nightly" })
        assert.strictEqual((yield* again.status).status, "ended")
        assert.deepStrictEqual(said(yield* Stream.runCollect(again.results)), [
          ["row-0", "answer 0"],
          ["row-1", "answer 1"],
          ["row-2", "answer 2"]
        ])
        assert.strictEqual(yield* submissions(world), 2)
        const error = yield* reasonOf(Loom.submitBatch([row(7)], { id: "nightly" }))
        assert.strictEqual(error._tag, "IdTaken")
      }, path)))
})

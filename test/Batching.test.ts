import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Redacted, Schema } from "effect"
import { Batching, Ledger, Loom } from "loom-router"
import * as Anthropic from "loom-router/providers/Anthropic"
import * as OpenAi from "loom-router/providers/OpenAi"
import { billed, type Box, failure, inWorld, spent, type World } from "./providers/world.ts"

const apiKey = Redacted.make("sk-test")

const providers = (sandbox: Box) => ({
  openai: OpenAi.layer({ apiKey, baseUrl: sandbox.baseUrl("openai") }),
  anthropic: Anthropic.layer({ apiKey, baseUrl: sandbox.baseUrl("anthropic") })
})

/** Batches are over as soon as they are there. */
const world = <A, E>(body: (world: World) => Effect.fn.Return<A, E>) =>
  inWorld({ providers, batches: { path: ":memory:" }, sandbox: { batches: { takes: 0 } } }, body)

const batched = Batching.layer({ window: "20 millis", pollInterval: "1 millis" })

const openai = "openai/gpt-4o-mini"
const anthropic = "anthropic/claude-haiku-4-5"

const jobs = ({ sandbox }: World) =>
  Effect.map(sandbox.journal, (journal) => journal.flatMap(({ job, provider }) => job === undefined ? [] : [provider]))

describe("calls in batches", () => {
  it.live("go together through their vendors' endpoints, at half the price, with no other change", () =>
    world(function*(world) {
      const { records, sandbox } = world
      const rows = [0, 1, 2, 3, 4, 5]
      const answers = yield* Effect.forEach(
        rows,
        (n) => Loom.generate({ model: n % 2 === 0 ? openai : anthropic, prompt: `[say: answer ${n}]` }),
        { concurrency: "unbounded" }
      ).pipe(Effect.provide(batched))
      assert.deepStrictEqual(answers.map(({ text }) => text), rows.map((n) => `answer ${n}`))
      assert.deepStrictEqual(new Set(yield* jobs(world)), new Set(["anthropic", "openai"]))
      assert.strictEqual(spent(answers.flatMap(({ attempts }) => attempts)), yield* billed(sandbox))
      assert.isTrue(answers.every(({ cost, saved }) => saved.batch > 0 && saved.batch === cost.picoUsd))
      assert.deepStrictEqual(records.map(({ operation }) => operation), rows.map(() => "batch"))
    }))

  it.live("are asked by themselves where no batch takes them, and say so, or are refused", () =>
    world(function*(world) {
      const asked = { model: anthropic, prompt: "[say: alone]", native: { user_profile_id: "user-1" } } as const
      const alone = yield* Effect.provide(Loom.generate(asked), batched)
      assert.strictEqual(alone.text, "alone")
      assert.match(alone.warnings.join(), /not in a batch: native.user_profile_id/)
      const refused = yield* failure(Effect.provide(Loom.generate(asked), Batching.layer({ unbatchable: "fail" })))
      assert.strictEqual(refused.reason._tag, "InvalidRequest")
      assert.deepStrictEqual(yield* jobs(world), [])
    }))

  it.live("fail one by one, and decode each by its own schema", () =>
    world(function*() {
      const One = Schema.Struct({ one: Schema.Literal(1) })
      const Two = Schema.Struct({ two: Schema.Literal(2) })
      const [first, one, two, third] = yield* Effect.all([
        Effect.exit(Loom.generate({ model: openai, prompt: "[batch: fail]" })),
        Effect.exit(Loom.generateObject({ model: openai, prompt: "1", schema: One })),
        Effect.exit(Loom.generateObject({ model: openai, prompt: "2", schema: Two })),
        Effect.exit(Loom.generate({ model: openai, prompt: "[say: good]" }))
      ], { concurrency: "unbounded" }).pipe(Effect.provide(batched))
      assert.isTrue(Exit.isFailure(first))
      assert.deepStrictEqual(Exit.isSuccess(one) ? one.value.object : one, { one: 1 })
      assert.deepStrictEqual(Exit.isSuccess(two) ? two.value.object : two, { two: 2 })
      assert.strictEqual(Exit.isSuccess(third) ? third.value.text : "", "good")
    }))

  it.live("count for their own callers, and carry their tags", () =>
    world(function*({ records, sandbox }) {
      const ask = (tenant: string) =>
        Ledger.measure(Loom.generate({ model: openai, prompt: `[say: for ${tenant}]` })).pipe(Ledger.tag({ tenant }))
      const [[one, ofOne], [other, ofOther]] = yield* Effect.all([ask("acme"), ask("apex industries")], {
        concurrency: "unbounded"
      }).pipe(Effect.provide(batched))
      assert.strictEqual(Number(ofOne.picoUsd), one.cost.picoUsd)
      assert.strictEqual(Number(ofOther.picoUsd), other.cost.picoUsd)
      assert.strictEqual(Number(ofOne.picoUsd + ofOther.picoUsd), yield* billed(sandbox))
      assert.deepStrictEqual(new Set(records.map(({ tags }) => tags["tenant"])), new Set(["acme", "apex industries"]))
    }))

  it.live("are told when the batch can't be submitted", () =>
    world(function*({ sandbox }) {
      yield* sandbox.script({ route: "/files", respond: { status: 401 } })
      const errors = yield* Effect.forEach(
        [1, 2],
        (n) => failure(Loom.generate({ model: openai, prompt: `${n}` })),
        { concurrency: "unbounded" }
      ).pipe(Effect.provide(batched))
      assert.deepStrictEqual(errors.map(({ reason }) => reason._tag), ["KeyRefused", "KeyRefused"])
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { type CallRecord, RetryPolicy } from "loom-router"
import type * as Sandbox from "loom-router/sandbox"
import { billed, spent } from "../providers/world.ts"
import { type Asking, ways } from "./drive.ts"
import { errorOf, inPair, type Pair, secondModel } from "./pair.ts"

const asked = { model: "openai/gpt-4.1", prompt: "[words: 40] Looms weave." } as const

/** So many ask; what they ask is held by the vendor until it is released. */
const gather = Effect.fnUntraced(function*(ask: Asking, count: number, { first }: Pair) {
  const fibers = yield* Effect.replicateEffect(
    Effect.forkChild(Effect.exit(ask(asked)), { startImmediately: true }),
    count
  )
  yield* first.awaitJournal(([entry]) => entry?.waiting === true)
  return { fibers, release: first.advance("1 minute") }
})

const held: Sandbox.Fault = { delayMillis: 60_000 }

const outcomes = (records: ReadonlyArray<CallRecord.CallRecord>) => records.map(({ outcome }) => outcome)

/** The attempts of those who have any: of one, if all is well. */
const buyers = (records: ReadonlyArray<CallRecord.CallRecord>) =>
  records.flatMap(({ attempts }) => attempts.length === 0 ? [] : [attempts])

for (const [way, ask] of ways) {
  describe(way, () => {
    it.live(`F24 1,000 identical calls at once: ${way}`, () =>
      inPair({}, function*(pair) {
        const { cache, first, records } = pair
        yield* first.script(held)
        const { fibers, release } = yield* gather(ask, 1000, pair)
        yield* release
        const answers = yield* Effect.forEach(fibers, (fiber) => Effect.flatten(Fiber.join(fiber)))
        assert.deepStrictEqual(yield* pair.arrived, [1, 0])
        assert.deepStrictEqual(new Set(outcomes(records)), new Set(["ok"]))
        assert.lengthOf(records, 1000)
        const [attempts, ...others] = buyers(records)
        assert.deepStrictEqual(others, [])
        assert.lengthOf(attempts ?? [], 1)
        const price = yield* billed(first)
        assert.isAbove(price, 0)
        assert.strictEqual(spent(attempts ?? []), price)
        assert.strictEqual(answers.reduce((sum, { cost }) => sum + (cost.picoUsd ?? NaN), 0), price)
        const coalesced = records.filter((record) => record.cache === "coalesced")
        assert.lengthOf(coalesced, 999)
        for (const { saved } of coalesced) assert.strictEqual(saved?.picoUsd, price)
        assert.lengthOf(new Set(answers.map(({ text }) => text)), 1)
        assert.deepInclude(yield* cache.stats, { kept: 1, hits: 0 })
        const later = yield* ask(asked)
        assert.strictEqual(later.cache, "hit")
        assert.deepStrictEqual(yield* pair.arrived, [1, 0])
      }))

    for (const [leaver, index] of [["leader", 0], ["follower", 2], ["last to come", 4]] as const) {
      it.live(`F15 the ${leaver} leaves: the others are answered by the same request: ${way}`, () =>
        inPair({}, function*(pair) {
          const { first, records } = pair
          yield* first.script(held)
          const { fibers, release } = yield* gather(ask, 5, pair)
          yield* Fiber.interrupt(fibers[index]!)
          assert.deepStrictEqual(outcomes(records), ["interrupted"])
          yield* release
          for (const [n, fiber] of fibers.entries()) {
            const exit = yield* Fiber.await(fiber)
            assert.strictEqual(Exit.isSuccess(exit), n !== index)
          }
          assert.deepStrictEqual(outcomes(records), ["interrupted", "ok", "ok", "ok", "ok"])
          const [entry, ...more] = yield* first.journal
          assert.deepStrictEqual(more, [])
          assert.isFalse(entry?.clientClosed)
          assert.deepStrictEqual(records[0]?.attempts, [])
          const attempts = buyers(records)
          assert.lengthOf(attempts, 1)
          assert.strictEqual(spent(attempts.flat()), yield* billed(first))
        }))
    }

    it.live(`F15 all leave: the request is cancelled with the last one, and the next call asks anew: ${way}`, () =>
      inPair({}, function*(pair) {
        const { cache, first, records } = pair
        yield* first.script(held)
        const { fibers } = yield* gather(ask, 5, pair)
        for (const fiber of fibers) {
          assert.isFalse((yield* first.journal)[0]?.clientClosed)
          yield* Fiber.interrupt(fiber)
        }
        yield* first.awaitJournal(([entry]) => entry?.ended === true)
        assert.isTrue((yield* first.journal)[0]?.clientClosed)
        assert.deepStrictEqual(outcomes(records), Array.from({ length: 5 }, () => "interrupted"))
        assert.deepStrictEqual(records.map(({ attempts }) => attempts.length), [0, 0, 0, 0, 1])
        assert.deepInclude(records[4]?.attempts[0], { outcome: "interrupted", billed: "maybe" })
        assert.deepInclude(yield* cache.stats, { kept: 0 })
        const answer = yield* ask(asked)
        assert.strictEqual(answer.cache, "miss")
        assert.deepStrictEqual(yield* pair.arrived, [2, 0])
      }))

    it.live(`F16 the leader fails: all fail alike, nothing is kept, and the next call asks anew: ${way}`, () =>
      inPair({ retry: RetryPolicy.none }, function*(pair) {
        const { cache, first, records } = pair
        yield* first.script({ ...held, respond: { status: 503 } })
        const { fibers, release } = yield* gather(ask, 50, pair)
        yield* release
        const errors = yield* Effect.forEach(fibers, (fiber) => errorOf(Effect.flatten(Fiber.join(fiber))))
        assert.lengthOf(new Set(errors), 50)
        assert.lengthOf(new Set(errors.map(({ message }) => message)), 1)
        assert.deepInclude(errors[0], { status: 503 })
        assert.deepStrictEqual(new Set(outcomes(records)), new Set(["Overloaded"]))
        assert.deepStrictEqual(buyers(records).flat().map(({ billed, outcome }) => [outcome, billed]), [
          ["Overloaded", "no"]
        ])
        assert.deepStrictEqual(errors.map(({ attempts }) => attempts), records.map(({ attempts }) => attempts))
        assert.deepStrictEqual(yield* pair.arrived, [1, 0])
        assert.deepInclude(yield* cache.stats, { kept: 0 })
        assert.strictEqual((yield* ask(asked)).cache, "miss")
        assert.deepStrictEqual(yield* pair.arrived, [2, 0])
      }))

    it.live(`F16 the leader's request is made again once for all: ${way}`, () =>
      inPair({}, function*(pair) {
        const { first, records } = pair
        yield* first.script({ ...held, respond: { status: 503 } })
        const { fibers, release } = yield* gather(ask, 50, pair)
        yield* release
        for (const fiber of fibers) yield* Effect.flatten(Fiber.join(fiber))
        assert.deepStrictEqual(yield* pair.arrived, [2, 0])
        assert.deepStrictEqual(buyers(records).map((attempts) => attempts.map(({ outcome }) => outcome)), [
          ["Overloaded", "ok"]
        ])
        assert.strictEqual(spent(buyers(records).flat()), yield* billed(first))
      }))

    it.live(`F16 the leader's request fails over once for all: ${way}`, () =>
      inPair({ failover: [secondModel] }, function*(pair) {
        const { first, records, second } = pair
        yield* first.script({ ...held, respond: { status: 502 } })
        const { fibers, release } = yield* gather(ask, 50, pair)
        yield* release
        const answers = yield* Effect.forEach(fibers, (fiber) => Effect.flatten(Fiber.join(fiber)))
        assert.deepStrictEqual(yield* pair.arrived, [1, 1])
        assert.deepStrictEqual(new Set(answers.map(({ router }) => router?.used)), new Set([secondModel]))
        assert.lengthOf(answers.filter((answer) => answer.cache === "coalesced"), 49)
        const attempts = buyers(records).flat()
        assert.deepStrictEqual(attempts.map(({ billed, outcome, provider }) => [provider, outcome, billed]), [
          ["openai", "Overloaded", "maybe"],
          ["second", "ok", "yes"]
        ])
        assert.strictEqual(spent(attempts.filter(({ billed }) => billed === "yes")), yield* billed(second))
      }))
  })
}

it.live("F16 the leader's stream is cut after n parts: all have the same Partial: stream", () =>
  inPair({}, function*(pair) {
    const { cache, first, records } = pair
    const [, stream] = ways[1]
    yield* first.script({ ...held, cut: { afterEvents: 12 } })
    const { fibers, release } = yield* gather(stream, 50, pair)
    yield* release
    const errors = yield* Effect.forEach(fibers, (fiber) => errorOf(Effect.flatten(Fiber.join(fiber))))
    assert.deepStrictEqual(new Set(outcomes(records)), new Set(["Partial"]))
    assert.lengthOf(new Set(errors.map(({ reason }) => reason._tag === "Partial" ? reason.text : "")), 1)
    assert.deepStrictEqual(buyers(records).flat().map(({ billed, outcome }) => [outcome, billed]), [
      ["Partial", "maybe"]
    ])
    assert.deepStrictEqual(yield* pair.arrived, [1, 0])
    assert.deepInclude(yield* cache.stats, { kept: 0 })
  }))

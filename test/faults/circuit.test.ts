import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { type GenerateOptions, type ProviderHealth, RetryPolicy } from "loom-router"
import type * as Sandbox from "loom-router/sandbox"
import { billed, spent } from "../providers/world.ts"
import { type Asking, ways } from "./drive.ts"
import { errorOf, inPair, type Pair, secondModel } from "./pair.ts"

const model = "openai/gpt-4.1"
const noQuota: Sandbox.Fault = { respond: { status: 429, code: "insufficient_quota" }, times: "always" }
const busy: Sandbox.Fault = { respond: { status: 503 }, times: "always" }
const held: Sandbox.Fault = { delayMillis: 1_000_000 }
const failover = [secondModel]
const seconds = 1000

/** Every question is another one, so that none shares an answer. */
const asker = (ask: Asking) => {
  let asked = 0
  return (options: Partial<GenerateOptions.Common> = {}) =>
    Effect.suspend(() => ask({ model, prompt: `Question ${asked++}`, ...options }))
}

/** Sees what becomes of the circuit. */
const watching = () => {
  const moves: Array<string> = []
  const health: ProviderHealth.Options = {
    onTransition: ({ from, provider, to }) => moves.push(`${provider}: ${from} to ${to}`)
  }
  return { moves, health }
}

const trips = ["openai: closed to open"]
const fails = ["openai: open to half-open", "openai: half-open to open"]
const recovers = ["openai: open to half-open", "openai: half-open to closed"]

/** All that was charged is on attempts, once. */
const isPaid = ({ first, records, second }: Pair) =>
  Effect.gen(function*() {
    const attempts = records.flatMap((record) => record.attempts).filter(({ billed }) => billed === "yes")
    assert.strictEqual(spent(attempts), (yield* billed(first)) + (yield* billed(second)))
  })

for (const [way, asking] of ways) {
  describe(way, () => {
    it.live(`F4 the provider cools down after 429 for want of quota, and is tried by one call: ${way}`, () => {
      const { health, moves } = watching()
      return inPair({ health, failover }, function*(pair) {
        const { arrived, clock, first, records } = pair
        const ask = asker(asking)
        yield* first.script(noQuota)
        const leaving = yield* ask()
        assert.deepStrictEqual(leaving.attempts.map(({ billed, outcome }) => [outcome, billed]), [
          ["QuotaExceeded", "no"],
          ["ok", "yes"]
        ])
        assert.deepStrictEqual(yield* arrived, [1, 1])

        const around = yield* ask()
        assert.deepStrictEqual(yield* arrived, [1, 2])
        assert.deepStrictEqual(around.attempts.map(({ provider }) => provider), ["second"])
        assert.deepStrictEqual(around.router?.tried.map(({ attempts, outcome }) => [outcome, attempts]), [
          ["CircuitOpen", 0],
          ["ok", 1]
        ])

        clock.pass(30 * seconds)
        yield* ask()
        assert.deepStrictEqual(yield* arrived, [2, 3])
        clock.pass(31 * seconds)
        yield* ask()
        assert.deepStrictEqual(yield* arrived, [2, 4])

        yield* first.reset
        clock.pass(30 * seconds)
        assert.strictEqual((yield* ask()).provider, "openai")
        assert.strictEqual((yield* ask()).provider, "openai")
        assert.deepStrictEqual(yield* arrived, [2, 4])
        assert.deepStrictEqual(moves, [...trips, ...fails, ...recovers])
        assert.deepStrictEqual(records.map(({ attempts }) => attempts.length), [2, 1, 2, 1, 1, 1])
      })
    })

    it.live(`F4 while the provider cools down and nobody stands in, nothing is sent: ${way}`, () =>
      inPair({}, function*({ arrived, first, records }) {
        const ask = asker(asking)
        yield* first.script(noQuota)
        yield* errorOf(ask())
        const error = yield* errorOf(ask())
        assert.strictEqual(error.reason._tag, "CircuitOpen")
        assert.match(error.why, /quota/)
        assert.deepStrictEqual(error.attempts, [])
        assert.deepStrictEqual(yield* arrived, [1, 0])
        assert.deepStrictEqual(records.map(({ attempts, outcome }) => [outcome, attempts.length]), [
          ["QuotaExceeded", 1],
          ["CircuitOpen", 0]
        ])
      }))

    it.live(`F20 a vendor that fails five times is left alone, and so is a call's retry: ${way}`, () => {
      const { health, moves } = watching()
      return inPair({ health }, function*({ arrived, first, records }) {
        const ask = asker(asking)
        yield* first.script(busy)
        yield* errorOf(ask())
        const second = yield* errorOf(ask())
        // Three of the first call and two of this one: its third isn't sent.
        assert.strictEqual(second.reason._tag, "CircuitOpen")
        assert.deepStrictEqual(second.attempts.map(({ billed, outcome }) => [outcome, billed]), [
          ["Overloaded", "no"],
          ["Overloaded", "no"]
        ])
        yield* errorOf(ask())
        assert.deepStrictEqual(yield* arrived, [5, 0])
        assert.deepStrictEqual(records.map(({ attempts }) => attempts.length), [3, 2, 0])
        assert.deepStrictEqual(moves, trips)
      })
    })

    it.live(`F20 exactly one of 200 calls tries an open circuit: ${way}`, () => {
      const { health, moves } = watching()
      return inPair({ health, failover }, function*(pair) {
        const { arrived, clock, first, records } = pair
        const ask = asker(asking)
        yield* first.script({ ...noQuota, times: 1 }, held)
        yield* ask()
        clock.pass(30 * seconds)
        const waiting = yield* Effect.replicateEffect(Effect.forkChild(ask(), { startImmediately: true }), 200)
        yield* first.awaitJournal((journal) => journal.at(-1)?.waiting === true)
        const others = yield* Effect.forEach(waiting.slice(1), Fiber.join)
        assert.deepStrictEqual(new Set(others.map(({ provider }) => provider)), new Set(["second"]))
        assert.deepStrictEqual(yield* arrived, [2, 200])
        yield* first.advance(1_000_000)
        assert.strictEqual((yield* Fiber.join(waiting[0]!)).provider, "openai")
        assert.strictEqual((yield* ask()).provider, "openai")
        assert.deepStrictEqual(yield* arrived, [3, 200])
        assert.deepStrictEqual(moves, [...trips, ...recovers])
        assert.lengthOf(records, 202)
        yield* isPaid(pair)
      })
    })

    it.live(`F20 what began before a circuit opened doesn't flap it: ${way}`, () => {
      const { health, moves } = watching()
      return inPair({ health, failover, retry: RetryPolicy.none }, function*({ arrived, clock, first }) {
        const ask = asker(asking)
        yield* first.script({ ...held, respond: { status: 503 } }, { ...noQuota, times: 1 })
        const old = yield* Effect.forkChild(ask(), { startImmediately: true })
        yield* first.awaitJournal(([entry]) => entry?.waiting === true)
        yield* ask()
        clock.pass(30 * seconds)
        assert.strictEqual((yield* ask()).provider, "openai")
        yield* first.advance(1_000_000)
        assert.strictEqual((yield* Fiber.join(old)).provider, "second")
        assert.strictEqual((yield* ask()).provider, "openai")
        assert.deepStrictEqual(yield* arrived, [4, 2])
        assert.deepStrictEqual(moves, [...trips, ...recovers])
      })
    })

    it.live(`F20 a longer Retry-After that arrives while the circuit is open is heeded: ${way}`, () => {
      const { health, moves } = watching()
      return inPair({ health, failover }, function*({ arrived, clock, first }) {
        const ask = asker(asking)
        yield* first.script(
          { ...held, respond: { status: 429, headers: { "retry-after": "600" } } },
          { ...noQuota, times: 1 }
        )
        const old = yield* Effect.forkChild(ask(), { startImmediately: true })
        yield* first.awaitJournal(([entry]) => entry?.waiting === true)
        yield* ask()
        yield* first.advance(1_000_000)
        yield* Fiber.join(old)
        for (const _ of [1, 2, 3]) {
          clock.pass(190 * seconds)
          assert.strictEqual((yield* ask()).provider, "second")
        }
        assert.deepStrictEqual(yield* arrived, [2, 5])
        clock.pass(30 * seconds)
        assert.strictEqual((yield* ask()).provider, "openai")
        assert.deepStrictEqual(moves, [...trips, ...recovers])
      })
    })

    it.live(`F20 a caller's own deadline, and one who leaves, don't count: ${way}`, () => {
      const { health, moves } = watching()
      return inPair({ health, failover }, function*({ arrived, clock, first, records }) {
        const ask = asker(asking)
        yield* first.script({ hang: true, times: 16 })
        const late = yield* Effect.replicateEffect(
          Effect.forkChild(errorOf(ask({ timeout: "1 minute" })), { startImmediately: true }),
          8
        )
        const leaving = yield* Effect.replicateEffect(Effect.forkChild(ask(), { startImmediately: true }), 8)
        yield* first.awaitJournal((journal) => journal.length === 16)
        for (const fiber of leaving) yield* Fiber.interrupt(fiber)
        clock.pass(60 * seconds)
        for (const fiber of late) {
          assert.deepInclude((yield* Fiber.join(fiber)).reason, { _tag: "Timeout", phase: "deadline" })
        }
        assert.strictEqual((yield* ask()).provider, "openai")
        assert.deepStrictEqual(yield* arrived, [17, 0])
        assert.deepStrictEqual(moves, [])
        assert.deepStrictEqual(
          new Set(records.slice(0, 16).flatMap(({ attempts }) => attempts.map(({ billed }) => billed))),
          new Set(["maybe"])
        )
      })
    })
  })
}

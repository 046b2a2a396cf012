import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Stream } from "effect"
import { type CallRecord, type GenerateError, Generation, Ledger, Loom, RetryPolicy, Router } from "loom-router"
import type * as Sandbox from "loom-router/sandbox"
import { billed, spent } from "../providers/world.ts"
import { ways } from "./drive.ts"
import { errorOf, inPair, type Pair, secondModel, type Setting } from "./pair.ts"

const model = "openai/gpt-4.1"
const prompt = "[words: 40] Looms weave."
const patience = 2000
const hedged = Router.make({ candidates: [model, secondModel], hedge: { after: patience } })

type Asking = (
  options?: Partial<Parameters<typeof Loom.route>[1]>,
  router?: Router.Router
) => Effect.Effect<Generation.Generation, GenerateError.GenerateError>

/** A route, called and streamed, and the same model asked alone. */
const routes: ReadonlyArray<{
  readonly way: string
  readonly ask: Asking
  readonly alone: ReturnType<Asking>
}> = [
  {
    way: "router",
    ask: (options, router = hedged) => Loom.route(router, { prompt, ...options }),
    alone: ways[0][1]({ model, prompt, cache: false })
  },
  {
    way: "router, streamed",
    ask: (options, router = hedged) =>
      Effect.flatMap(Stream.runCollect(Loom.streamRoute(router, { prompt, ...options })), (parts) => {
        const generation = Generation.fromParts(parts)
        return generation === undefined ? Effect.die("the stream has no finish") : Effect.succeed(generation)
      }),
    alone: ways[1][1]({ model, prompt, cache: false })
  }
]

const hangs: Sandbox.Fault = { hang: true, times: "always" }
const held: Sandbox.Fault = { delayMillis: 1_000_000 }

/** Time passes when the test says so. */
const inStill = (options: Setting, body: Parameters<typeof inPair>[1]) =>
  inPair({ health: false, ...options, isStill: true }, body)

const start = <A, E>(effect: Effect.Effect<A, E>) => Effect.forkChild(effect, { startImmediately: true })

/** Lets time pass once so many requests have arrived at each vendor, and waits until more have. */
const passing = Effect.fnUntraced(function*({ clock, first }: Pair, count = 1) {
  yield* first.awaitJournal(({ length }) => length === count)
  clock.pass(patience)
})

/** Once all requests have ended. */
const journals = Effect.fnUntraced(function*({ first, second }: Pair) {
  return yield* Effect.forEach(
    [first, second],
    (sandbox) => sandbox.awaitJournal((journal) => journal.every(({ ended }) => ended))
  )
})

const closed = (entries: ReadonlyArray<Sandbox.JournalEntry> | undefined) =>
  entries?.map(({ clientClosed, finished }) => clientClosed ? "cancelled" : finished ? "answered" : "broken")

const attemptsOf = (record: CallRecord.CallRecord | undefined) =>
  record?.attempts.map(({ billed, candidate, outcome }) => `${candidate} ${outcome} ${billed}`).toSorted()

const triedOf = (record: CallRecord.CallRecord | undefined) =>
  record?.tried.map(({ attempts, model, outcome }) => `${model} ${outcome} ${attempts}`)

for (const { alone, ask, way } of routes) {
  describe(way, () => {
    for (const isBilled of [false, true]) {
      it.live(
        `F2 accepted, never answers: the next is asked, and the first cancelled, ${isBilled ? "" : "un"}billed: ${way}`,
        () =>
          inStill({}, function*(pair) {
            const { first, records, second } = pair
            yield* first.script({ ...hangs, billed: isBilled })
            const fiber = yield* start(ask())
            yield* passing(pair)
            const answer = yield* Fiber.join(fiber)
            assert.deepStrictEqual((yield* journals(pair)).map(closed), [["cancelled"], ["answered"]])
            assert.strictEqual(answer.router?.used, secondModel)
            assert.lengthOf(records, 1)
            assert.deepStrictEqual(records[0]?.attempts, answer.attempts)
            assert.deepStrictEqual(attemptsOf(records[0]), ["0 interrupted maybe", "1 ok yes"])
            assert.deepStrictEqual(triedOf(records[0]), [`${model} interrupted 1`, `${secondModel} ok 1`])
            const loser = answer.attempts.find(({ candidate }) => candidate === 0)
            assert.isUndefined(loser?.cost)
            assert.strictEqual(spent(answer.attempts), yield* billed(second))
            assert.strictEqual(answer.cost.picoUsd, yield* billed(second))
            assert.strictEqual((yield* billed(first)) > 0, isBilled)
          })
      )
    }

    it.live(`F2 slow: it may win while the next is asked, which is cancelled: ${way}`, () =>
      inStill({}, function*(pair) {
        const { first, records, second } = pair
        yield* first.script(held)
        yield* second.script(hangs)
        const fiber = yield* start(ask())
        yield* passing(pair)
        yield* second.awaitJournal(({ length }) => length === 1)
        yield* first.advance(1_000_000)
        const answer = yield* Fiber.join(fiber)
        assert.deepStrictEqual((yield* journals(pair)).map(closed), [["answered"], ["cancelled"]])
        assert.strictEqual(answer.router?.used, model)
        assert.deepStrictEqual(attemptsOf(records[0]), ["0 ok yes", "1 interrupted maybe"])
        assert.strictEqual(spent(answer.attempts), yield* billed(first))
      }))

    it.live(`F15 one that lost leaves a request that others wait for: it goes on: ${way}`, () =>
      inStill({}, function*(pair) {
        const { first, records, second } = pair
        for (const order of ["joins", "opens"] as const) {
          yield* Effect.forEach([first, second], ({ reset }) => reset)
          yield* first.script(held)
          const fibers = order === "joins"
            ? { other: yield* start(alone), fiber: yield* start(ask({ cache: false })) }
            : { fiber: yield* start(ask({ cache: false })), other: yield* start(alone) }
          yield* passing(pair)
          const answer = yield* Fiber.join(fibers.fiber)
          assert.strictEqual(answer.router?.used, secondModel, order)
          assert.isFalse((yield* first.journal)[0]?.clientClosed)
          yield* first.advance(1_000_000)
          assert.strictEqual((yield* Fiber.join(fibers.other)).provider, "openai")
          assert.deepStrictEqual((yield* journals(pair)).map(closed), [["answered"], ["answered"]])
          const [hedge, other] = records.slice(-2)
          assert.deepStrictEqual(attemptsOf(hedge), ["1 ok yes"], order)
          assert.deepStrictEqual(triedOf(hedge), [`${model} interrupted 0`, `${secondModel} ok 1`])
          assert.deepStrictEqual(attemptsOf(other), ["0 ok yes"], order)
          assert.strictEqual(spent(other?.attempts ?? []), yield* billed(first))
        }
      }))

    it.live(`F24 the same hedged route many times at once: one request at each: ${way}`, () =>
      inStill({}, function*(pair) {
        const { first, records, second } = pair
        yield* first.script(hangs)
        const fibers = yield* Effect.replicateEffect(start(ask()), 20)
        yield* passing(pair)
        const answers = yield* Effect.forEach(fibers, Fiber.join)
        assert.deepStrictEqual((yield* journals(pair)).map(closed), [["cancelled"], ["answered"]])
        assert.deepStrictEqual(new Set(answers.map(({ router }) => router?.used)), new Set([secondModel]))
        assert.lengthOf(answers.filter(({ cache }) => cache === "coalesced"), 19)
        assert.lengthOf(records, 20)
        assert.deepStrictEqual(records.flatMap((record) => attemptsOf(record) ?? []).toSorted(), [
          "0 interrupted maybe",
          "1 ok yes"
        ])
        assert.strictEqual(spent(records.flatMap(({ attempts }) => attempts)), yield* billed(second))
      }))

    it.live(`F14 who leaves cancels all that were asked: ${way}`, () =>
      inStill({}, function*(pair) {
        const { first, records, second } = pair
        yield* first.script(hangs)
        yield* second.script(hangs)
        const fiber = yield* start(ask())
        yield* passing(pair)
        yield* second.awaitJournal(({ length }) => length === 1)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual((yield* journals(pair)).map(closed), [["cancelled"], ["cancelled"]])
        assert.lengthOf(records, 1)
        assert.strictEqual(records[0]?.outcome, "interrupted")
        assert.deepStrictEqual(attemptsOf(records[0]), ["0 interrupted maybe", "1 interrupted maybe"])
        assert.deepStrictEqual(triedOf(records[0]), [`${model} interrupted 1`, `${secondModel} interrupted 1`])
      }))

    it.live(`F2 the deadline ends all that were asked: ${way}`, () =>
      inStill({}, function*(pair) {
        const { clock, first, records, second } = pair
        yield* first.script(hangs)
        yield* second.script(hangs)
        const fiber = yield* start(errorOf(ask({ timeout: "5 seconds" })))
        yield* passing(pair)
        yield* second.awaitJournal(({ length }) => length === 1)
        clock.pass(3000)
        assert.deepInclude((yield* Fiber.join(fiber)).reason, { _tag: "Timeout", phase: "deadline" })
        assert.deepStrictEqual((yield* journals(pair)).map(closed), [["cancelled"], ["cancelled"]])
        assert.deepStrictEqual(attemptsOf(records[0]), ["0 interrupted maybe", "1 interrupted maybe"])
      }))

    it.live(`F5 503: one that waits to try again is hedged too, and tries no more once it has lost: ${way}`, () =>
      inStill({ retry: RetryPolicy.make({ baseDelay: "10 seconds" }) }, function*(pair) {
        const { arrived, clock, first, records, second } = pair
        yield* first.script({ respond: { status: 503 } }, hangs)
        const fiber = yield* start(ask())
        yield* first.awaitJournal(([entry]) => entry?.ended === true)
        yield* Effect.whileLoop({
          while: () => clock.slept.length < 2,
          body: () => Effect.promise(() => new Promise((resume) => setImmediate(resume))),
          step: () => {}
        })
        clock.pass(patience)
        const answer = yield* Fiber.join(fiber)
        clock.pass(3_600_000)
        assert.deepStrictEqual(yield* arrived, [1, 1])
        assert.deepStrictEqual(attemptsOf(records[0]), ["0 Overloaded no", "1 ok yes"])
        assert.deepStrictEqual(triedOf(records[0]), [`${model} interrupted 1`, `${secondModel} ok 1`])
        assert.strictEqual(spent(answer.attempts), yield* billed(second))
      }))

    for (const coalesce of [true, false]) {
      for (const maxAttempts of [1, 2, 3]) {
        it.live(
          `F5 503 everywhere: those that race share ${maxAttempts} attempts${coalesce ? ", coalesced" : ""}: ${way}`,
          () =>
            inStill({ retry: RetryPolicy.make({ baseDelay: "1 second" }) }, function*(pair) {
              const { arrived, clock, first, records, second } = pair
              yield* first.script({ respond: { status: 503 }, times: "always" })
              yield* second.script({ respond: { status: 503 }, times: "always" })
              const fiber = yield* start(Effect.result(ask({ maxAttempts, coalesce }, candidates(4))))
              yield* untilOver(fiber, clock)
              const requests = (yield* arrived).reduce((sum, count) => sum + count, 0)
              assert.strictEqual(requests, maxAttempts)
              assert.lengthOf(records[0]?.attempts ?? [], maxAttempts)
            })
        )
      }
    }

    it.live(`F2 nobody answers: no more race than there are attempts: ${way}`, () =>
      inStill({}, function*(pair) {
        const { arrived, clock, first, second } = pair
        yield* first.script(hangs)
        yield* second.script(hangs)
        const fiber = yield* start(errorOf(ask({ maxAttempts: 2, timeout: "1 minute" }, candidates(4))))
        yield* passing(pair)
        yield* second.awaitJournal(({ length }) => length === 1)
        yield* untilOver(fiber, clock)
        assert.deepStrictEqual(yield* arrived, [1, 1])
      }))

    it.live(`F20 an open circuit is passed at once; a trial that lost is made again: ${way}`, () =>
      inStill({ health: { failures: 1, openFor: "30 seconds" }, retry: RetryPolicy.none }, function*(pair) {
        const { arrived, clock, first, records } = pair
        yield* first.script({ respond: { status: 503 } })
        yield* Effect.exit(alone)
        assert.strictEqual((yield* ask({ cache: false })).router?.used, secondModel)
        assert.deepStrictEqual(yield* arrived, [1, 1])
        assert.deepStrictEqual(triedOf(records[1]), [`${model} CircuitOpen 0`, `${secondModel} ok 1`])
        clock.pass(31_000)
        yield* first.script({ hang: true })
        const fiber = yield* start(ask({ cache: false }))
        yield* passing(pair, 2)
        assert.strictEqual((yield* Fiber.join(fiber)).router?.used, secondModel)
        assert.deepStrictEqual(triedOf(records[2]), [`${model} interrupted 1`, `${secondModel} ok 1`])
        assert.strictEqual((yield* ask({ cache: false })).router?.used, model)
        assert.deepStrictEqual(yield* arrived, [3, 2])
      }))

    it.live(`F25 a budget sets aside for all that race, and counts one that lost as billed: ${way}`, () =>
      inStill({}, function*(pair) {
        const { clock, first, second } = pair
        yield* first.script(hangs)
        yield* second.script(held)
        const asking = { maxOutputTokens: 100, cache: false, coalesce: false } as const
        const refused = (options: Ledger.Budget) =>
          Effect.map(
            errorOf(Loom.generate({ model, prompt: "More", ...asking, maxOutputTokens: 30_000 })),
            ({ reason }) => reason._tag === "BudgetExceeded" ? reason : assert.fail(`${reason._tag} ${options.usd}`)
          )
        const budget = { usd: 0.01 }
        yield* Effect.gen(function*() {
          const fiber = yield* start(ask(asking))
          yield* first.awaitJournal(({ length }) => length === 1)
          const one = yield* refused(budget)
          clock.pass(patience)
          yield* second.awaitJournal(([entry]) => entry?.waiting === true)
          const both = yield* refused(budget)
          assert.isAbove(one.reservedUsd, 0)
          assert.closeTo(both.reservedUsd, 2 * one.reservedUsd, 1e-12)
          assert.strictEqual(both.spentUsd, 0)
          yield* second.advance(1_000_000)
          const answer = yield* Fiber.join(fiber)
          const after = yield* refused(budget)
          assert.strictEqual(after.reservedUsd, 0)
          assert.closeTo(after.spentUsd, one.reservedUsd + (answer.cost.usd ?? NaN), 1e-12)
          assert.strictEqual(spent(answer.attempts), yield* billed(second))
        }).pipe(Ledger.budget(budget))
      }))
  })
}

/** One after the other at each vendor. */
const candidates = (count: number) =>
  Router.make({
    candidates: [
      model,
      ...Array.from({ length: count - 1 }, (_, index) => ({
        model: index % 2 === 0 ? secondModel : model,
        params: { seed: index }
      }))
    ],
    hedge: { after: patience }
  })

/** Lets time pass until it is over. */
const untilOver = <A, E>(fiber: Fiber.Fiber<A, E>, clock: Pair["clock"]) =>
  Effect.gen(function*() {
    for (let left = 200; left > 0; left--) {
      if (fiber.pollUnsafe() !== undefined) return Exit.isSuccess(yield* Fiber.await(fiber))
      yield* Effect.promise(() => new Promise((resume) => setTimeout(resume, 5)))
      clock.pass(500)
    }
    return assert.fail("it goes on and on")
  })

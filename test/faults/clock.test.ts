import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import type { CallRecord } from "loom-router"
import { tempPath } from "../storage/files.ts"
import { isFull, ways } from "./drive.ts"
import { inPair, type Movable, secondModel } from "./pair.ts"

const model = "openai/gpt-4.1"
const seconds = 1000
const hours = 3600 * seconds
const days = 24 * hours
const jumps = isFull ? [-365 * days, -days, -seconds, seconds, days, 365 * days] : [-days, -seconds, days]

const told = (jump: number) => `${jump < 0 ? "back" : "forth"} by ${Math.abs(jump) / seconds} s`

/** Waits until somebody sleeps for so long. */
const sleeping = (clock: Movable, length: number): Effect.Effect<void> =>
  clock.slept.includes(length)
    ? Effect.void
    : Effect.andThen(
      Effect.promise(() => new Promise((resolve) => setImmediate(resolve))),
      Effect.suspend(() => sleeping(clock, length))
    )

/** Lets time pass whenever somebody sleeps, until all is done. */
const hurried = <A, E>(clock: Movable, fiber: Fiber.Fiber<A, E>, seen = 0): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    if (fiber.pollUnsafe() !== undefined) return Fiber.join(fiber)
    const { length } = clock.slept
    if (length > seen) clock.pass(4 * seconds)
    return Effect.andThen(
      Effect.promise(() => new Promise((resolve) => setImmediate(resolve))),
      hurried(clock, fiber, length)
    )
  })

const isSound = (clock: Movable, records: ReadonlyArray<CallRecord.CallRecord>) => {
  for (const millis of clock.slept) assert.isAtLeast(millis, 0)
  for (const { attempts, timing } of records) {
    assert.isAtLeast(timing.overhead, 0)
    assert.isAtMost(timing.overhead, timing.total)
    assert.isAtMost(timing.firstToken ?? 0, timing.total)
    for (const { duration, firstToken } of attempts) {
      assert.isAtLeast(duration, 0)
      assert.isAtMost(duration, timing.total)
      assert.isAtMost(firstToken ?? 0, duration)
    }
  }
}

for (const [way, ask] of ways) {
  describe(way, () => {
    for (const jump of jumps) {
      it.live(`F21 the clock jumps ${told(jump)} while a retry is waited for: the wait is what it was: ${way}`, () =>
        inPair({ isStill: true }, function*({ arrived, clock, first, records }) {
          yield* first.script({ respond: { status: 429, headers: { "retry-after": "30" } } })
          const asking = yield* Effect.forkChild(ask({ model, prompt: "Hello", timeout: "1 minute" }), {
            startImmediately: true
          })
          yield* sleeping(clock, 30 * seconds)
          clock.jump(jump)
          clock.pass(29 * seconds)
          assert.deepStrictEqual(yield* arrived, [1, 0])
          clock.pass(seconds)
          const { attempts } = yield* Fiber.join(asking)
          assert.deepStrictEqual(attempts.map(({ billed, outcome }) => [outcome, billed]), [
            ["RateLimited", "no"],
            ["ok", "yes"]
          ])
          assert.deepStrictEqual(yield* arrived, [2, 0])
          isSound(clock, records)
        }))

      it.live(`F21 the clock jumps ${told(jump)} before a 429 with a date: no wait is negative or endless: ${way}`, () =>
        inPair({ failover: [secondModel], isStill: true }, function*({ clock, first, records }) {
          const date = new Date(clock.currentTimeMillisUnsafe() + 2 * seconds).toUTCString()
          yield* first.script({
            delayMillis: 10 * 365 * days,
            respond: { status: 429, headers: { "retry-after": date } }
          })
          const asking = yield* Effect.forkChild(ask({ model, prompt: "Hello" }), { startImmediately: true })
          yield* first.awaitJournal(([entry]) => entry?.waiting === true)
          clock.jump(jump)
          yield* first.advance(20 * 365 * days)
          // More than a minute isn't waited for; what has passed already isn't either.
          assert.strictEqual((yield* hurried(clock, asking)).provider, jump <= -days ? "second" : "openai")
          isSound(clock, records)
          for (const millis of clock.slept) assert.isAtMost(millis, 4 * seconds)
        }))

      it.live(`F21 the clock jumps ${told(jump)} during a call: its deadline is where it was: ${way}`, () =>
        inPair({ isStill: true }, function*({ arrived, clock, first, records }) {
          yield* first.script({ hang: true })
          const asking = yield* Effect.forkChild(
            Effect.exit(ask({ model, prompt: "Hello", timeout: "30 seconds" })),
            { startImmediately: true }
          )
          yield* first.awaitJournal(([entry]) => entry?.waiting === true)
          clock.jump(jump)
          clock.pass(29 * seconds)
          assert.isUndefined(asking.pollUnsafe())
          clock.pass(seconds)
          assert.isTrue(Exit.isFailure(yield* Fiber.join(asking)))
          assert.deepStrictEqual(records.map(({ outcome }) => outcome), ["Timeout"])
          assert.deepStrictEqual(records[0]?.attempts.map(({ billed, outcome }) => [outcome, billed]), [
            ["interrupted", "maybe"]
          ])
          assert.deepStrictEqual(yield* arrived, [1, 0])
          isSound(clock, records)
        }))

      it.live(`F21 the clock jumps ${told(jump)} while a circuit is open: it is open as long as it was: ${way}`, () =>
        inPair({ isStill: true }, function*({ arrived, clock, first, records }) {
          yield* first.script({ respond: { status: 429, code: "insufficient_quota" } })
          const outcome = (n: number) =>
            Effect.match(ask({ model, prompt: `Question ${n}` }), {
              onFailure: ({ reason }) => reason._tag,
              onSuccess: () => "ok"
            })
          assert.strictEqual(yield* outcome(0), "QuotaExceeded")
          clock.jump(jump)
          assert.strictEqual(yield* outcome(1), "CircuitOpen")
          clock.pass(25 * seconds)
          assert.strictEqual(yield* outcome(2), "CircuitOpen")
          clock.pass(5 * seconds)
          assert.strictEqual(yield* outcome(3), "ok")
          assert.deepStrictEqual(yield* arrived, [2, 0])
          isSound(clock, records)
        }))
    }

    for (const tier of ["memory", "SQLite"] as const) {
      it.live(`F21 the clock jumps while an answer is kept: none is immortal, none lives twice as long: ${tier}: ${way}`, () =>
        Effect.gen(function*() {
          const path = yield* Effect.scoped(tempPath)
          const cache = { ttl: "1 hour", ...(tier === "SQLite" ? { sqlite: { path }, maxEntryBytes: 0 } : {}) } as const
          yield* inPair({ isStill: true, cache }, function*({ arrived, clock, records }) {
            const kept = () => Effect.map(ask({ model, prompt: "Hello" }), ({ cache }) => cache)
            assert.strictEqual(yield* kept(), "miss")
            assert.strictEqual(yield* kept(), "hit")
            // Of a time that hasn't come, and further from it than it may live.
            clock.jump(-days)
            assert.strictEqual(yield* kept(), "miss")
            assert.strictEqual(yield* kept(), "hit")
            clock.jump(days)
            assert.strictEqual(yield* kept(), "miss")
            assert.strictEqual(yield* kept(), "hit")
            clock.jump(-hours / 2)
            for (let waited = 0; waited < 3; waited++) clock.pass(hours / 2)
            assert.strictEqual(yield* kept(), "miss")
            assert.deepStrictEqual(yield* arrived, [4, 0])
            isSound(clock, records)
          })
        }))
    }
  })
}

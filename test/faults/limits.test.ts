/**
 * Vendors that say in their headers what they still let through, and a Loom that is held to limits, over real sockets.
 */
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect, Fiber, Redacted } from "effect"
import { Limits, RetryPolicy } from "loom-router"
import * as Anthropic from "loom-router/providers/Anthropic"
import { type Asking, ways } from "./drive.ts"
import { inPair, key, type Movable, type Pair, secondModel } from "./pair.ts"

const vendors = [["openai", "openai/gpt-4.1"], ["anthropic", "anthropic/claude-haiku-4-5"]] as const

const two = { requests: 2 }
const setting = {
  isStill: true,
  sandbox: { limits: { openai: two, anthropic: two } },
  providers: (first: Pair["first"]) => ({
    anthropic: Anthropic.layer({ baseUrl: first.baseUrl("anthropic"), apiKey: Redacted.make(key) })
  })
}

const statuses = ({ first }: Pair) => Effect.map(first.journal, (journal) => journal.map(({ status }) => status))

/** Until somebody waits, as long as this at least. */
const isWaiting = ({ slept }: Movable, millis: number) =>
  Effect.repeat(Effect.yieldNow, { until: () => slept.some((length) => length >= millis) })

/** Asks something else each time. */
const asker = (asking: Asking, model: `${string}/${string}`) => {
  let asked = 0
  return Effect.suspend(() => asking({ model, prompt: `Question ${asked++}` }))
}

for (const [way, asking] of ways) {
  for (const [vendor, model] of vendors) {
    describe(`${vendor}: ${way}`, () => {
      it.live("isn't asked while it says that nothing is left, and is asked again when there is", () =>
        inPair(setting, function*(pair) {
          const ask = asker(asking, model)
          yield* ask
          yield* ask
          const third = yield* Effect.forkChild(ask)
          yield* isWaiting(pair.clock, 50_000)
          assert.deepStrictEqual(yield* statuses(pair), [200, 200])
          pair.clock.pass(61_000)
          const answer = yield* Fiber.join(third)
          assert.deepStrictEqual(yield* statuses(pair), [200, 200, 200])
          assert.deepStrictEqual(answer.attempts.map(({ outcome }) => outcome), ["ok"])
          assert.isAbove(answer.timing.overhead, 50_000, "what was waited here is no wait for the vendor")
        }))

      it.live("is asked all the same where limits are off", () =>
        inPair({ ...setting, limits: false, retry: RetryPolicy.none, failover: [secondModel] }, function*(pair) {
          const ask = asker(asking, model)
          yield* ask
          yield* ask
          const answer = yield* ask
          assert.deepStrictEqual(yield* statuses(pair), [200, 200, 429])
          assert.deepStrictEqual(answer.attempts.map(({ outcome }) => outcome), ["RateLimited", "ok"])
        }))

      it.live("is left for another where that takes too long, and nothing is sent to it", () =>
        inPair({ ...setting, limits: { "*": { maxWait: "10 seconds" } }, failover: [secondModel] }, function*(pair) {
          const ask = asker(asking, model)
          yield* ask
          yield* ask
          const answer = yield* ask
          assert.deepStrictEqual(yield* statuses(pair), [200, 200])
          assert.deepStrictEqual(answer.attempts.map(({ provider }) => provider), ["second"])
          assert.deepStrictEqual(
            answer.router?.tried.map(({ attempts, model, outcome }) => [model, outcome, attempts]),
            [[model, "RateLimited", 0], [secondModel, "ok", 1]]
          )
        }))

      it.live("gets no more requests at once than it may", () =>
        inPair({ ...setting, isStill: false, sandbox: {}, limits: { [vendor]: { concurrency: 3 } } }, function*(pair) {
          yield* pair.first.script({ delayMillis: 10, times: "always" })
          yield* Effect.all(Arr.replicate(asker(asking, model), 12), { concurrency: "unbounded" })
          const journal = yield* pair.first.journal
          assert.lengthOf(journal, 12)
          assert.strictEqual(Math.max(...journal.map(({ concurrency }) => concurrency)), 3)
        }))
    })
  }

  it.live(`tokens are settled with what the vendor counted: ${way}`, () =>
    Effect.gen(function*() {
      const limits = yield* Limits.make({ openai: { tokensPerMinute: 1_000_000 } })
      const isSettled = inPair({ isStill: true }, function*({ records }) {
        const ask = asker(asking, "openai/gpt-4.1")
        yield* Effect.all([ask, ask, ask], { concurrency: 3 })
        const used = records.flatMap(({ attempts }) => attempts).reduce(
          (sum, { usage }) => sum + (usage?.totalTokens ?? NaN),
          0
        )
        const tokens = (yield* limits.headroom).find(({ by, unit }) => by === "limits" && unit === "tokens")
        assert.isAbove(used, 0)
        // Some of it has come back already: so much a millisecond.
        assert.approximately(tokens?.remaining ?? NaN, 1_000_000 - used, used)
        assert.isAtLeast(tokens?.remaining ?? NaN, 1_000_000 - used)
      })
      yield* Effect.provideService(isSettled, Limits.CurrentLimits, limits)
    }))
}

import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Random, Schema } from "effect"
import { TestClock } from "effect/testing"
import { GenerateError, RetryPolicy } from "loom-router"
import { failing, overloaded, refused } from "./scripted.ts"

const limited = (retryAfter: Duration.Input) =>
  failing(new GenerateError.RateLimited({ detail: "slow down", retryAfter: Duration.fromInputUnsafe(retryAfter) }))
const gateway = failing(new GenerateError.Overloaded({ detail: "502", maybeBilled: true }))

/** The waits before each further attempt, when every attempt fails alike; jitter is 1 unless `random` (0 to 1) says else. */
const waits = (
  policy: RetryPolicy.RetryPolicy,
  error: GenerateError.GenerateError,
  options?: { readonly random?: number | undefined; readonly deadline?: number | undefined }
) =>
  Effect.gen(function*() {
    const times: Array<number> = []
    const attempt = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      times.push(now)
      return Effect.fail(error)
    })
    const random = options?.random ?? 0.5
    const fiber = yield* Effect.retry(
      attempt,
      RetryPolicy.schedule(policy, { deadline: options?.deadline ?? Infinity })
    ).pipe(
      Effect.exit,
      Effect.provideService(Random.Random, { nextDoubleUnsafe: () => random, nextIntUnsafe: () => 0 }),
      Effect.forkChild
    )
    yield* TestClock.adjust("1 day")
    yield* Fiber.join(fiber)
    return times.slice(1).map((time, index) => Math.round(time - times[index]!))
  })

describe("schedule", () => {
  it.effect("doubles from 500 ms, three attempts in all", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* waits(RetryPolicy.make(), overloaded), [500, 1000])
    }))

  it.effect("stops doubling at 8 seconds", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* waits(RetryPolicy.make({ maxAttempts: 8 }), overloaded),
        [500, 1000, 2000, 4000, 8000, 8000, 8000]
      )
    }))

  it.effect("takes base, cap and number of attempts as they are given", () =>
    Effect.gen(function*() {
      const policy = RetryPolicy.make({ maxAttempts: 5, baseDelay: "1 second", maxDelay: "3 seconds" })
      assert.deepStrictEqual(yield* waits(policy, overloaded), [1000, 2000, 3000, 3000])
    }))

  it.effect.prop(
    "makes as many attempts as the policy says, and no more",
    [Schema.Int.check(Schema.isBetween({ minimum: -1, maximum: 12 }))],
    ([maxAttempts]) =>
      Effect.map(
        waits(RetryPolicy.make({ maxAttempts }), overloaded),
        (waited) => assert.lengthOf(waited, Math.max(0, maxAttempts - 1))
      ),
    { arbitrary: { runs: 20 } }
  )

  it.effect.prop(
    "keeps jitter within ±20 %",
    [Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))],
    ([random]) =>
      Effect.map(waits(RetryPolicy.make({ maxAttempts: 6 }), overloaded, { random }), (waited) => {
        assert.deepStrictEqual(waited, [500, 1000, 2000, 4000, 8000].map((ms) => Math.round(ms * (0.8 + 0.4 * random))))
      }),
    { arbitrary: { runs: 20 } }
  )

  it.effect("uses the whole of its jitter", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* waits(RetryPolicy.make(), overloaded, { random: 0 }), [400, 800])
      assert.deepStrictEqual(yield* waits(RetryPolicy.make(), overloaded, { random: 1 }), [600, 1200])
    }))

  it.effect("never shortens a Retry-After by jitter", () =>
    Effect.gen(function*() {
      for (const random of [0, 0.5, 1]) {
        assert.deepStrictEqual(yield* waits(RetryPolicy.make(), limited("7 seconds"), { random }), [7000, 7000])
      }
    }))

  it.effect("waits its own time where the vendor asks for less", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* waits(RetryPolicy.make(), limited("600 millis")), [600, 1000])
      assert.deepStrictEqual(yield* waits(RetryPolicy.make(), limited(0)), [500, 1000])
    }))

  it.effect("waits a Retry-After up to its limit, and none above it", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* waits(RetryPolicy.make(), limited("60 seconds")), [60_000, 60_000])
      assert.deepStrictEqual(yield* waits(RetryPolicy.make(), limited(60_001)), [])
      assert.deepStrictEqual(yield* waits(RetryPolicy.make(), limited(Duration.seconds(1e9))), [])
      assert.deepStrictEqual(yield* waits(RetryPolicy.make({ maxRetryAfter: 0 }), limited("1 second")), [])
    }))

  it.effect("reads each failure anew", () =>
    Effect.gen(function*() {
      const script = [limited("5 seconds"), overloaded, limited("2 minutes"), overloaded]
      const times: Array<number> = []
      const attempt = Effect.flatMap(Clock.currentTimeMillis, (now) => {
        times.push(now)
        return Effect.fail(script[times.length - 1]!)
      })
      const fiber = yield* Effect.retry(
        attempt,
        RetryPolicy.schedule(RetryPolicy.make({ maxAttempts: 9 }), { deadline: Infinity })
      )
        .pipe(
          Effect.flip,
          Effect.provideService(Random.Random, { nextDoubleUnsafe: () => 0.5, nextIntUnsafe: () => 0 }),
          Effect.forkChild
        )
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* Fiber.join(fiber), script[2])
      assert.deepStrictEqual(times, [0, 5000, 6000])
    }))

  it.effect("begins no wait that would end at the deadline or after it", () =>
    Effect.gen(function*() {
      const policy = RetryPolicy.make({ maxAttempts: 9 })
      assert.deepStrictEqual(yield* waits(policy, overloaded, { deadline: 500 }), [])
      assert.deepStrictEqual(yield* waits(policy, overloaded, { deadline: 86_400_501 }), [500])
      assert.deepStrictEqual(yield* waits(policy, limited("10 seconds"), { deadline: 172_805_000 }), [])
    }))
})

describe("repeats", () => {
  const careless = RetryPolicy.make({ retryMaybeBilled: true })

  it("repeats nothing that may be billed, unless told to", () => {
    assert.isFalse(RetryPolicy.repeats(RetryPolicy.make(), gateway))
    assert.isTrue(RetryPolicy.repeats(careless, gateway))
    for (const phase of ["headers", "idle", "attempt"] as const) {
      assert.isTrue(RetryPolicy.repeats(careless, failing(new GenerateError.Timeout({ phase }))))
    }
  })

  it("never repeats what is surely billed, nor a job that was accepted", () => {
    const reason = new GenerateError.InvalidResponse({ detail: "the link has expired" })
    const error = failing(reason)
    assert.isTrue(RetryPolicy.repeats(careless, error))
    for (const known of [{ billed: "yes" as const }, { jobId: "j-1" }]) {
      assert.isFalse(RetryPolicy.repeats(careless, new GenerateError.GenerateError({ ...error, ...known })))
    }
  })

  it("never repeats what was asked wrongly, was shown in part, or is out of time", () => {
    const fatal = [
      refused,
      failing(new GenerateError.ContentFiltered({ detail: "no" })),
      failing(new GenerateError.Partial({ detail: "cut", text: "Once" })),
      failing(new GenerateError.Timeout({ phase: "deadline" })),
      failing(new GenerateError.Unsupported({ feature: "tools", detail: "no" })),
      failing(new GenerateError.UnknownModel({ nearest: [] })),
      failing(new GenerateError.KeyMissing({ variable: "K" })),
      failing(new GenerateError.KeyRefused({ detail: "no" })),
      failing(new GenerateError.QuotaExceeded({ detail: "no" }))
    ]
    for (const error of fatal) {
      assert.isFalse(RetryPolicy.repeats(RetryPolicy.make(), error), error.reason._tag)
      assert.isFalse(RetryPolicy.repeats(careless, error), error.reason._tag)
    }
  })

  it.effect("holds for the schedule too", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* waits(RetryPolicy.make(), gateway), [])
      assert.deepStrictEqual(yield* waits(careless, gateway), [500, 1000])
      assert.deepStrictEqual(yield* waits(RetryPolicy.make(), refused), [])
      assert.deepStrictEqual(yield* waits(RetryPolicy.none, overloaded), [])
    }))
})

describe("makeBudget", () => {
  const takes = (budget: RetryPolicy.Budget, provider = "acme") => {
    let taken = 0
    while (taken < 1_000 && budget.take(provider)) taken++
    return taken
  }

  it("holds for each provider on its own", () => {
    const budget = RetryPolicy.makeBudget(3)
    assert.deepStrictEqual([takes(budget), takes(budget), takes(budget, "zeta")], [3, 0, 3])
    budget.give("acme", true)
    assert.deepStrictEqual([takes(budget), takes(budget, "zeta")], [1, 0])
  })

  it("gets one back from a repeated attempt that succeeds, and one from ten others", () => {
    const budget = RetryPolicy.makeBudget(5)
    assert.strictEqual(takes(budget), 5)
    for (let n = 0; n < 9; n++) budget.give("acme", false)
    assert.strictEqual(takes(budget), 0)
    budget.give("acme", false)
    assert.strictEqual(takes(budget), 1)
    budget.give("acme", true)
    assert.strictEqual(takes(budget), 1)
  })

  it("never holds more than it began with", () => {
    const budget = RetryPolicy.makeBudget(2)
    budget.take("acme")
    for (let n = 0; n < 1_000; n++) budget.give("acme", n % 2 === 0)
    assert.strictEqual(takes(budget), 2)
  })

  it("of nothing repeats nothing, without end everything", () => {
    assert.strictEqual(takes(RetryPolicy.makeBudget(0)), 0)
    assert.strictEqual(takes(RetryPolicy.makeBudget(Infinity)), 1_000)
  })

  it.prop(
    "lets no more repeated attempts go without success than it holds, and a tenth of the other successes",
    [
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 })),
      Schema.Array(Schema.Literals(["first", "repeated", "never"])).check(Schema.isMaxLength(300))
    ],
    ([size, calls]) => {
      const budget = RetryPolicy.makeBudget(size)
      let [first, fruitless] = [0, 0]
      for (const call of calls) {
        if (call === "first") {
          first++
          budget.give("acme", false)
        } else if (budget.take("acme")) {
          if (call === "repeated") budget.give("acme", true)
          else fruitless++
        }
        assert.isAtMost(fruitless, size + first / 10)
      }
    }
  )
})

import { assert, describe, it } from "@effect/vitest"
import { Cause, Clock, Deferred, Duration, Effect, Exit, Fiber, Layer, Option, Scheduler, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { GenerateError, Generator, Loom, ProviderHealth, RetryPolicy, Usage } from "loom-router"
import { randomOf } from "./storage/records.ts"

const { millis, minutes, seconds } = Duration
const detail = "the vendor's words"

const acme = { provider: "acme", model: "ada", key: "k1" }

const of = (reason: GenerateError.Reason) => new GenerateError.GenerateError({ provider: "acme", model: "ada", reason })

const overloaded = of(new GenerateError.Overloaded({ detail, maybeBilled: false }))
const quota = of(new GenerateError.QuotaExceeded({ detail }))
const limited = (retryAfter: Duration.Duration) => of(new GenerateError.RateLimited({ detail, retryAfter }))

const vendorFaults: ReadonlyArray<GenerateError.Reason> = [
  new GenerateError.Network({ detail, sent: "no" }),
  new GenerateError.Network({ detail, sent: "maybe" }),
  new GenerateError.Timeout({ phase: "connect" }),
  new GenerateError.Timeout({ phase: "headers" }),
  new GenerateError.Timeout({ phase: "idle" }),
  new GenerateError.Timeout({ phase: "attempt" }),
  new GenerateError.Overloaded({ detail, maybeBilled: true }),
  new GenerateError.InvalidResponse({ detail })
]

const callerFaults: ReadonlyArray<GenerateError.Reason> = [
  new GenerateError.InvalidRequest({ detail }),
  new GenerateError.ContentFiltered({ detail }),
  new GenerateError.Unsupported({ feature: "tools", detail }),
  new GenerateError.UnknownModel({ nearest: [] }),
  new GenerateError.KeyMissing({ variable: "ACME_API_KEY" }),
  new GenerateError.KeyRefused({ detail }),
  new GenerateError.Rejected({ detail }),
  new GenerateError.Partial({ detail, text: "Once" }),
  new GenerateError.CircuitOpen({ detail, remaining: seconds(1) }),
  new GenerateError.BudgetExceeded({ limitUsd: 1, spentUsd: 1, reservedUsd: 0, neededUsd: 0.1 }),
  new GenerateError.Timeout({ phase: "deadline" }),
  new GenerateError.RateLimited({ detail }),
  new GenerateError.RateLimited({ detail, retryAfter: seconds(60) }),
  new GenerateError.RateLimited({ detail, retryAfter: seconds(61), by: "limits" })
]

/** What a vendor wrote and counted, and what doesn't fit what was asked for. */
const unfit = new GenerateError.GenerateError({
  provider: "acme",
  model: "ada",
  reason: new GenerateError.InvalidResponse({ detail: "the object is no JSON" }),
  usage: Usage.make({ inputUncached: 3, outputText: 9 })
})

/** Attempts that end at once. */
const fail = (health: ProviderHealth.ProviderHealth, error: GenerateError.GenerateError, times = 1) =>
  Effect.repeat(Effect.exit(health.gate(acme, Effect.fail(error))), { times: times - 1 })

const succeed = (health: ProviderHealth.ProviderHealth) => Effect.exit(health.gate(acme, Effect.succeed("hello")))

/** An attempt that is under way until it is told how it ends. */
const begin = Effect.fnUntraced(function*(health: ProviderHealth.ProviderHealth, subject = acme) {
  const done = yield* Deferred.make<string, GenerateError.GenerateError>()
  let sent = false
  const attempt = Effect.suspend(() => {
    sent = true
    return Deferred.await(done)
  })
  const fiber = yield* Effect.forkChild(health.gate(subject, attempt), { startImmediately: true })
  return {
    wasSent: () => sent,
    fiber,
    end: (exit: Exit.Exit<string, GenerateError.GenerateError>) =>
      Effect.andThen(Deferred.done(done, exit), Fiber.await(fiber))
  }
})

const only = (health: ProviderHealth.ProviderHealth) =>
  Effect.map(health.circuits, (circuits) => {
    assert.strictEqual(circuits.length, 1)
    return circuits[0]!
  })

const stateOf = (health: ProviderHealth.ProviderHealth) => Effect.map(only(health), ({ state }) => state)

const refusalIn = (exit: Exit.Exit<unknown, GenerateError.GenerateError>) => {
  const reason = GenerateError.errorIn(exit)?.reason
  return reason?._tag === "CircuitOpen" ? reason : undefined
}

/** Collects what a health tells. */
const listening = (options: ProviderHealth.Options = {}) => {
  const told: Array<ProviderHealth.Transition> = []
  return Effect.map(
    ProviderHealth.make({ ...options, onTransition: (transition) => void told.push(transition) }),
    (health) => ({ health, told, steps: () => told.map(({ from, to }) => `${from} > ${to}`) })
  )
}

describe("a closed circuit", () => {
  it.effect("gives every attempt's own outcome back", () =>
    Effect.gen(function*() {
      const health = yield* ProviderHealth.make()
      assert.deepStrictEqual(yield* succeed(health), Exit.succeed("hello"))
      assert.deepStrictEqual(yield* Effect.exit(health.gate(acme, Effect.fail(overloaded))), Exit.fail(overloaded))
      assert.deepStrictEqual(yield* Effect.exit(health.gate(acme, Effect.die("bug"))), Exit.die("bug"))
    }))

  it.effect.each(vendorFaults)(
    "opens after five of the vendor's faults in a row: $_tag $phase",
    (reason) =>
      Effect.gen(function*() {
        const { health, steps } = yield* listening()
        yield* fail(health, of(reason), 4)
        assert.deepStrictEqual([yield* stateOf(health), (yield* only(health)).failures], ["closed", 4])
        yield* fail(health, of(reason))
        assert.strictEqual(yield* stateOf(health), "open")
        assert.deepStrictEqual(steps(), ["closed > open"])
      })
  )

  it.effect.each(callerFaults)(
    "F20 never counts a caller's fault, either way: $_tag $phase",
    (reason) =>
      Effect.gen(function*() {
        const health = yield* ProviderHealth.make({ failures: 2 })
        yield* fail(health, overloaded)
        yield* fail(health, of(reason), 10)
        assert.deepStrictEqual([yield* stateOf(health), (yield* only(health)).failures], ["closed", 1])
        yield* fail(health, overloaded)
        assert.strictEqual(yield* stateOf(health), "open")
      })
  )

  it.effect("F20 never counts an interruption, with a failure or without, or a defect", () =>
    Effect.gen(function*() {
      const health = yield* ProviderHealth.make({ failures: 1 })
      const attempt = yield* begin(health)
      yield* Fiber.interrupt(attempt.fiber)
      yield* Effect.exit(health.gate(acme, Effect.die("bug")))
      yield* Effect.exit(
        health.gate(acme, Effect.failCause(Cause.combine(Cause.interrupt(), Cause.fail(overloaded))))
      )
      assert.deepStrictEqual([yield* stateOf(health), (yield* only(health)).failures], ["closed", 0])
    }))

  it.effect("starts counting anew after a success", () =>
    Effect.gen(function*() {
      const health = yield* ProviderHealth.make({ failures: 3 })
      yield* fail(health, overloaded, 2)
      yield* succeed(health)
      yield* fail(health, overloaded, 2)
      assert.strictEqual(yield* stateOf(health), "closed")
    }))

  it.effect("opens at once for want of quota, and after a rate limit longer than is waited for", () =>
    Effect.gen(function*() {
      for (const [error, wait] of [[quota, 30], [limited(seconds(61)), 61], [limited(seconds(1e9)), 86_400]] as const) {
        const health = yield* ProviderHealth.make()
        yield* fail(health, error)
        const refusal = refusalIn(yield* succeed(health))
        assert.deepStrictEqual(refusal?.remaining, seconds(wait))
      }
    }))

  it.effect("is one for each provider and key, whatever the model", () =>
    Effect.gen(function*() {
      const health = yield* ProviderHealth.make({ failures: 1 })
      yield* fail(health, overloaded)
      const outcomes = yield* Effect.forEach(
        [acme, { ...acme, model: "eve" }, { ...acme, key: "k2" }, { ...acme, provider: "newco" }],
        (subject) => Effect.map(Effect.exit(health.gate(subject, Effect.void)), GenerateError.outcomeOf)
      )
      assert.deepStrictEqual(outcomes, ["CircuitOpen", "CircuitOpen", "ok", "ok"])
    }))
})

describe("an open circuit", () => {
  it.effect("refuses without sending, and says why and for how long", () =>
    Effect.gen(function*() {
      const health = yield* ProviderHealth.make({ failures: 2 })
      yield* fail(health, overloaded, 2)
      yield* TestClock.adjust("10 seconds")
      let sent = false
      const exit = yield* Effect.exit(health.gate(acme, Effect.sync(() => void (sent = true))))
      assert.isFalse(sent)
      const error = GenerateError.errorIn(exit)!
      assert.deepStrictEqual([error.provider, error.model, error.failover, error.retryable, error.maybeBilled], [
        "acme",
        "ada",
        true,
        false,
        false
      ])
      assert.strictEqual(
        error.why,
        `2 failures in a row; the last: it failed on its side: ${detail}; it is tried again in 20s`
      )
    }))

  it.effect("lets a trial through when its time is up, not a moment earlier, and closes when that succeeds", () =>
    Effect.gen(function*() {
      const { health, steps } = yield* listening({ failures: 1 })
      yield* fail(health, overloaded)
      yield* TestClock.adjust(millis(29_999))
      assert.deepStrictEqual(refusalIn(yield* succeed(health))?.remaining, millis(1))
      yield* TestClock.adjust(millis(1))
      assert.strictEqual(yield* stateOf(health), "half-open")
      assert.isTrue(Exit.isSuccess(yield* succeed(health)))
      assert.deepStrictEqual(steps(), ["closed > open", "open > half-open", "half-open > closed"])
      assert.deepStrictEqual([(yield* only(health)).failures, (yield* only(health)).why], [0, "a trial succeeded"])
    }))

  it.effect("is open twice as long after each trial that fails, up to a limit, and as at first once it has closed", () =>
    Effect.gen(function*() {
      const health = yield* ProviderHealth.make({ failures: 1, openFor: "30 seconds", maxOpenFor: "100 seconds" })
      for (const wait of [30, 60, 100, 100]) {
        yield* fail(health, overloaded)
        assert.deepStrictEqual(refusalIn(yield* succeed(health))?.remaining, seconds(wait))
        yield* TestClock.adjust(seconds(wait))
      }
      yield* succeed(health)
      yield* fail(health, overloaded)
      assert.deepStrictEqual(refusalIn(yield* succeed(health))?.remaining, seconds(30))
    }))

  it.effect("F20 heeds the later of two deadlines, also one that arrives while it is open", () =>
    Effect.gen(function*() {
      const remaining = Effect.map(
        Effect.flatMap(Effect.suspend(() => succeed(health)), Effect.succeed),
        (exit) => Duration.toSeconds(refusalIn(exit)?.remaining ?? seconds(0))
      )
      const health = yield* ProviderHealth.make({ failures: 1 })
      const [first, longer, shorter, plain] = yield* Effect.all([
        begin(health),
        begin(health),
        begin(health),
        begin(health)
      ])
      yield* first.end(
        Exit.fail(of(new GenerateError.Overloaded({ detail, maybeBilled: false, retryAfter: seconds(40) })))
      )
      assert.strictEqual(yield* remaining, 40)
      yield* longer.end(Exit.fail(limited(minutes(2))))
      assert.strictEqual(yield* remaining, 120)
      yield* shorter.end(Exit.fail(limited(minutes(1))))
      yield* plain.end(Exit.fail(overloaded))
      assert.strictEqual(yield* remaining, 120)
    }))

  it.effect("F20 heeds a deadline that arrives during a trial, where that fails, and forgets it where that succeeds", () =>
    Effect.gen(function*() {
      const health = yield* ProviderHealth.make({ failures: 1 })
      for (const [exit, wait] of [[Exit.fail(overloaded), 180], [Exit.succeed("hello"), 30]] as const) {
        const late = yield* begin(health)
        yield* fail(health, overloaded)
        yield* TestClock.adjust("30 seconds")
        const trial = yield* begin(health)
        yield* late.end(Exit.fail(limited(minutes(3))))
        assert.strictEqual(yield* stateOf(health), "half-open")
        yield* trial.end(exit)
        yield* fail(health, overloaded)
        assert.deepStrictEqual(refusalIn(yield* succeed(health))?.remaining, seconds(wait))
        yield* health.reset("acme")
      }
    }))

  it.effect("F20 doesn't flap: what began before it changed neither closes it nor opens it", () =>
    Effect.gen(function*() {
      const { health, steps } = yield* listening({ failures: 1 })
      const [success, failure, noQuota, limit] = yield* Effect.all([
        begin(health),
        begin(health),
        begin(health),
        begin(health)
      ])
      yield* fail(health, overloaded)
      yield* success.end(Exit.succeed("late"))
      assert.strictEqual(yield* stateOf(health), "open")
      yield* TestClock.adjust("30 seconds")
      yield* succeed(health)
      yield* failure.end(Exit.fail(overloaded))
      yield* noQuota.end(Exit.fail(quota))
      yield* limit.end(Exit.fail(limited(minutes(3))))
      assert.strictEqual(yield* stateOf(health), "closed")
      assert.deepStrictEqual(steps(), ["closed > open", "open > half-open", "half-open > closed"])
      yield* fail(health, overloaded)
      assert.deepStrictEqual(refusalIn(yield* succeed(health))?.remaining, seconds(30))
    }))

  it.effect("is closed by a reset, which attempts under way don't undo", () =>
    Effect.gen(function*() {
      const { health, steps } = yield* listening({ failures: 1 })
      yield* fail(health, overloaded)
      yield* TestClock.adjust("30 seconds")
      const trial = yield* begin(health)
      yield* health.reset("newco")
      assert.strictEqual(yield* stateOf(health), "half-open")
      yield* health.reset("acme")
      assert.strictEqual(yield* stateOf(health), "closed")
      yield* trial.end(Exit.fail(overloaded))
      assert.isTrue(Exit.isSuccess(yield* succeed(health)))
      assert.deepStrictEqual(steps(), ["closed > open", "open > half-open", "half-open > closed"])
    }))

  it.effect("forgets the failures of a closed one with a reset", () =>
    Effect.gen(function*() {
      const health = yield* ProviderHealth.make({ failures: 2 })
      yield* fail(health, overloaded)
      yield* health.reset("acme")
      yield* fail(health, overloaded)
      assert.strictEqual(yield* stateOf(health), "closed")
    }))
})

describe("a half-open circuit", () => {
  it.effect("F20 lets exactly one of 200 through at once", () =>
    Effect.gen(function*() {
      const health = yield* ProviderHealth.make({ failures: 1 })
      yield* fail(health, overloaded)
      yield* TestClock.adjust("30 seconds")
      const all = yield* Effect.forEach(Array.from({ length: 200 }), () => begin(health))
      const trials = all.filter((attempt) => attempt.wasSent())
      assert.strictEqual(trials.length, 1)
      for (const attempt of all) {
        if (attempt === trials[0]) continue
        const refusal = refusalIn(yield* Fiber.await(attempt.fiber))
        assert.deepStrictEqual(refusal?.remaining, seconds(0))
        assert.strictEqual(refusal?.detail, `it failed on its side: ${detail}`)
      }
      yield* trials[0]!.end(Exit.succeed("hello"))
      assert.strictEqual(yield* stateOf(health), "closed")
    }))

  it.effect("F20 lets the next one through where a trial ends by its caller", () =>
    Effect.gen(function*() {
      const { health, steps } = yield* listening({ failures: 1 })
      yield* fail(health, overloaded)
      yield* TestClock.adjust("30 seconds")
      const left = yield* begin(health)
      yield* Fiber.interrupt(left.fiber)
      for (const reason of callerFaults) yield* fail(health, of(reason))
      assert.strictEqual(yield* stateOf(health), "half-open")
      assert.isTrue(Exit.isSuccess(yield* succeed(health)))
      assert.deepStrictEqual(steps(), ["closed > open", "open > half-open", "half-open > closed"])
    }))

  it.effect("F20 is left by a trial that is interrupted at any step", () =>
    Effect.gen(function*() {
      const scheduler = yield* Scheduler.Scheduler
      for (let last = 1; last < 30; last++) {
        const health = yield* ProviderHealth.make({ failures: 1 })
        yield* fail(health, overloaded)
        yield* TestClock.adjust("30 seconds")
        let steps = 0
        const stopping: Scheduler.Scheduler = {
          executionMode: scheduler.executionMode,
          makeDispatcher: () => scheduler.makeDispatcher(),
          shouldYield: () => ++steps === last
        }
        const gone = yield* Effect.forkChild(
          Effect.provideService(health.gate(acme, Effect.never), Scheduler.Scheduler, stopping),
          { startImmediately: true }
        )
        yield* Fiber.interrupt(gone)
        assert.isTrue(Exit.isSuccess(yield* succeed(health)), `interrupted at step ${last}`)
      }
    }))
})

describe("what is told", () => {
  it.effect("says when, what, why and until when, once for all who listen", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(1_000_000)
      const { health, told } = yield* listening({ failures: 1 })
      const streamed = yield* Effect.forkChild(Stream.runCollect(Stream.take(health.transitions, 3)), {
        startImmediately: true
      })
      yield* fail(health, limited(minutes(2)))
      yield* TestClock.adjust("2 minutes")
      yield* succeed(health)
      const transition = (at: number, from: string, to: string, why: string, until: number | undefined) => ({
        at,
        provider: "acme",
        key: "k1",
        from,
        to,
        why,
        until
      })
      assert.deepStrictEqual<ReadonlyArray<unknown>>(told, [
        transition(
          1_000_000,
          "closed",
          "open",
          `it limits the rate of requests: ${detail} (asked to wait 2m)`,
          1_120_000
        ),
        transition(1_120_000, "open", "half-open", "its time was up", undefined),
        transition(1_120_000, "half-open", "closed", "a trial succeeded", undefined)
      ])
      assert.deepStrictEqual(yield* Fiber.join(streamed), told)
    }))

  it.effect("is what a circuit looks like", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(5000)
      const health = yield* ProviderHealth.make({ failures: 2 })
      yield* fail(health, overloaded)
      const common = { provider: "acme", key: "k1" }
      assert.deepStrictEqual(yield* only(health), {
        ...common,
        failures: 1,
        why: undefined,
        state: "closed",
        since: 5000,
        until: undefined
      })
      yield* TestClock.adjust("1 second")
      yield* fail(health, overloaded)
      const why = `2 failures in a row; the last: it failed on its side: ${detail}`
      const open = { ...common, failures: 2, why, state: "open", since: 6000, until: 36_000 } as const
      assert.deepStrictEqual(yield* only(health), open)
      yield* TestClock.adjust("40 seconds")
      assert.deepStrictEqual(yield* only(health), { ...open, state: "half-open", since: 36_000, until: undefined })
    }))

  it.effect("is heard by a listener that throws, without harm to the call", () =>
    Effect.gen(function*() {
      const health = yield* ProviderHealth.make({
        failures: 1,
        onTransition: ({ to }) => {
          if (to === "open") throw new Error("a listener's bug")
          return Promise.reject(new Error("a later one"))
        }
      })
      assert.deepStrictEqual(yield* Effect.exit(health.gate(acme, Effect.fail(overloaded))), Exit.fail(overloaded))
      assert.strictEqual(yield* stateOf(health), "open")
      yield* health.reset("acme")
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      assert.isTrue(Exit.isSuccess(yield* succeed(health)))
    }))

  it.effect("slides past a reader that has fallen behind", () =>
    Effect.gen(function*() {
      const { health, told } = yield* listening({ failures: 1 })
      const gate = yield* Deferred.make<void>()
      const slow = yield* Effect.forkChild(
        health.transitions.pipe(
          Stream.rechunk(1),
          Stream.tap(() => Deferred.await(gate)),
          Stream.takeUntil(({ at }) => at === 30_000 * 200),
          Stream.runCollect
        ),
        { startImmediately: true }
      )
      for (let n = 0; n < 200; n++) {
        yield* fail(health, overloaded)
        yield* TestClock.adjust("30 seconds")
        yield* succeed(health)
      }
      yield* Deferred.succeed(gate, undefined)
      const seen = yield* Fiber.join(slow)
      assert.strictEqual(told.length, 600)
      assert.isBelow(seen.length, 300)
    }))
})

describe("circuits", () => {
  it.effect("are bounded: the oldest closed ones go, open ones stay", () =>
    Effect.gen(function*() {
      const health = yield* ProviderHealth.make({ failures: 1 })
      yield* fail(health, overloaded)
      const gone = yield* begin(health, { ...acme, key: "0" })
      for (let n = 1; n < 10_500; n++) yield* health.gate({ ...acme, key: String(n) }, Effect.void)
      const keys = (yield* health.circuits).map(({ key }) => key)
      assert.strictEqual(keys.length, 10_000)
      assert.isTrue(keys.includes("k1"))
      assert.deepStrictEqual([keys.includes("500"), keys.includes("501")], [false, true])
      yield* gone.end(Exit.fail(overloaded))
      assert.strictEqual((yield* health.circuits).filter(({ state }) => state !== "closed").length, 1)
      yield* health.gate({ ...acme, key: "0" }, Effect.void)
      assert.isTrue((yield* health.circuits).some(({ key }) => key === "0"))
    }))

  it.effect("are bounded where all are open, too", () =>
    Effect.gen(function*() {
      const health = yield* ProviderHealth.make({ failures: 1 })
      for (let n = 0; n < 10_003; n++) {
        yield* Effect.exit(health.gate({ ...acme, key: String(n) }, Effect.fail(overloaded)))
      }
      const keys = (yield* health.circuits).map(({ key }) => Number(key))
      assert.deepStrictEqual([keys.length, Math.min(...keys)], [10_000, 3])
    }))
})

/** A clock whose two times go their own ways. */
const makeClock = () => {
  let wall = 1e12
  let monotonic = 0
  const nanos = (ms: number) => BigInt(Math.round(ms)) * 1_000_000n
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => wall,
    currentTimeMillis: Effect.sync(() => wall),
    currentTimeNanosUnsafe: () => nanos(wall),
    currentTimeNanos: Effect.sync(() => nanos(wall)),
    monotonicTimeNanosUnsafe: () => nanos(monotonic),
    monotonicTimeNanos: Effect.sync(() => nanos(monotonic)),
    sleep: () => Effect.never
  }
  return {
    layer: Layer.succeed(Clock.Clock, clock),
    pass: (ms: number) => {
      wall += ms
      monotonic += ms
    },
    jump: (ms: number) => void (wall += ms),
    now: () => monotonic
  }
}

describe("time", () => {
  it.effect("F21 clock jumps: no circuit is open longer or shorter for it", () => {
    const time = makeClock()
    return Effect.gen(function*() {
      const health = yield* ProviderHealth.make({ failures: 1 })
      for (const jump of [-1e11, 1e11]) {
        yield* fail(health, overloaded)
        time.pass(10_000)
        time.jump(jump)
        assert.deepStrictEqual(refusalIn(yield* succeed(health))?.remaining, seconds(20))
        time.pass(20_000)
        assert.isTrue(Exit.isSuccess(yield* succeed(health)))
      }
    }).pipe(Effect.provide(time.layer))
  })
})

const outcomes: ReadonlyArray<
  readonly [Exit.Exit<string, GenerateError.GenerateError>, "ok" | "failed" | "stopped" | "none", wait: number]
> = [
  [Exit.succeed("ok"), "ok", 0],
  [Exit.succeed("ok"), "ok", 0],
  [Exit.fail(overloaded), "failed", 0],
  [Exit.fail(overloaded), "failed", 0],
  [Exit.fail(overloaded), "failed", 0],
  [
    Exit.fail(of(new GenerateError.Overloaded({ detail, maybeBilled: false, retryAfter: millis(4500) }))),
    "failed",
    4500
  ],
  [Exit.fail(quota), "stopped", 0],
  [Exit.fail(limited(millis(1000))), "none", 1000],
  [Exit.fail(limited(millis(7000))), "stopped", 7000],
  [Exit.fail(of(new GenerateError.InvalidRequest({ detail }))), "none", 0],
  [Exit.interrupt(), "none", 0],
  [Exit.die("bug"), "none", 0]
]

/** What the rules say, with nothing else to mind: one circuit, times in whole milliseconds. */
const makeModel = () => {
  let shut: { readonly until: number; readonly length: number } | undefined
  let failures = 0
  let age = 0
  let trial: number | undefined
  const born = new Map<number, number>()
  const open = (now: number, length: number, wait: number) => {
    shut = { until: Math.max(shut?.until ?? 0, now + length, now + wait), length }
    age++
    trial = undefined
  }
  let isHalf = false
  return {
    state: (now: number) => shut === undefined ? "closed" : isHalf || now >= shut.until ? "half-open" : "open",
    begins(id: number, now: number): boolean {
      if (shut !== undefined) {
        if (!isHalf && now < shut.until) return false
        if (trial !== undefined) return false
        if (!isHalf) age++
        isHalf = true
        trial = id
      }
      born.set(id, age)
      return true
    },
    ends(id: number, now: number, kind: "ok" | "failed" | "stopped" | "none", wait: number): void {
      if (born.get(id) !== age) {
        if (shut !== undefined) shut = { ...shut, until: Math.max(shut.until, now + wait) }
        return
      }
      if (shut === undefined) {
        if (kind === "ok") failures = 0
        if (kind === "failed") failures++
        if (kind === "stopped" || failures === 3) open(now, 2000, wait)
        return
      }
      trial = undefined
      if (kind === "none") return
      isHalf = false
      if (kind !== "ok") return open(now, Math.min(shut.length * 2, 10_000), wait)
      shut = undefined
      failures = 0
      age++
    }
  }
}

describe("any sequence", () => {
  it.effect.prop(
    "of time, attempts, outcomes, interruptions and jumps of the clock goes by the rules",
    [Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 31 }))],
    ([seed]) => {
      const random = randomOf(seed)
      const int = (below: number) => Math.floor(random() * below)
      const time = makeClock()
      const trace: Array<string> = []
      return Effect.gen(function*() {
        const { health, told } = yield* listening({
          failures: 3,
          openFor: "2 seconds",
          maxOpenFor: "10 seconds",
          maxRetryAfter: "5 seconds"
        })
        const model = makeModel()
        const running: Array<readonly [number, Effect.Success<ReturnType<typeof begin>>]> = []
        for (let step = 0; step < 150; step++) {
          const kind = int(10)
          if (kind < 2) {
            const passed = int(3) === 0 ? int(12) * 1000 : int(1500)
            time.pass(passed)
            trace.push(`${passed} ms pass`)
          } else if (kind < 3) {
            time.jump(int(1e9) - 5e8)
          } else if (kind < 7) {
            const attempt = yield* begin(health)
            const may = model.begins(step, time.now())
            trace.push(`${step} begins: ${may}`)
            assert.strictEqual(attempt.wasSent(), may, trace.join("\n"))
            if (may) running.push([step, attempt])
            else {
              const { remaining } = refusalIn(yield* Fiber.await(attempt.fiber))!
              assert.isAtLeast(Duration.toMillis(remaining), 0)
              assert.isAtMost(Duration.toMillis(remaining), 10_000)
            }
          } else {
            const [taken] = running.splice(int(running.length), 1)
            if (taken === undefined) continue
            const [id, attempt] = taken
            const [exit, verdict, wait] = outcomes[int(outcomes.length)]!
            if (GenerateError.outcomeOf(exit) === "interrupted") yield* Fiber.interrupt(attempt.fiber)
            else yield* attempt.end(exit)
            model.ends(id, time.now(), verdict, wait)
            trace.push(`${id} ends: ${GenerateError.outcomeOf(exit)} ${wait}`)
          }
          const [circuit] = yield* health.circuits
          assert.strictEqual(circuit?.state ?? "closed", model.state(time.now()), trace.join("\n"))
        }
        told.forEach(({ from, to, until }, n) => {
          assert.strictEqual(from, told[n - 1]?.to ?? "closed")
          assert.notStrictEqual(from, to)
          assert.strictEqual(until === undefined, to !== "open")
        })
      }).pipe(Effect.provide(time.layer))
    },
    { arbitrary: { runs: 150 } }
  )
})

describe("an answer that doesn't fit", () => {
  it.effect("says nothing against a vendor that has counted its tokens", () =>
    Effect.gen(function*() {
      const health = yield* ProviderHealth.make({ failures: 1 })
      yield* fail(health, unfit, 9)
      assert.strictEqual((yield* health.circuits)[0]?.state, "closed")
    }))
})

describe("layer", () => {
  it.effect("shares the circuits of all engines under it, and shows them", () =>
    Effect.gen(function*() {
      const health = yield* ProviderHealth.CurrentProviderHealth
      const down = Generator.fake(() => overloaded)
      const up = Generator.fake(() => "Hello")
      const ask = Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Hi", retry: RetryPolicy.none })
      const seen = yield* Effect.forkChild(Stream.runHead(health?.transitions ?? Stream.empty), {
        startImmediately: true
      })
      for (const _ of [1, 2]) {
        const { reason } = yield* Effect.flip(Effect.provide(ask, Loom.layerTest({ openai: down })))
        assert.strictEqual(reason._tag, "Overloaded")
      }
      const { reason } = yield* Effect.flip(Effect.provide(ask, Loom.layerTest({ openai: up })))
      assert.strictEqual(reason._tag, "CircuitOpen")
      assert.strictEqual((yield* Effect.provide(ask, Loom.layerTest({ openai: up }, { health: {} }))).text, "Hello")
      assert.strictEqual(Option.getOrUndefined(yield* Fiber.join(seen))?.to, "open")
    }).pipe(Effect.provide(ProviderHealth.layer({ failures: 2 }))))
})

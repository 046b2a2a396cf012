import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import { TestClock } from "effect/testing"
import { type Attempt, Call, CallRecord, Cost, GenerateError } from "loom-router"
import { answer, failing, overloaded } from "./scripted.ts"

const attempt = (rest: Partial<Attempt.Attempt>): Attempt.Attempt => ({
  provider: "acme",
  model: "ada",
  asked: "ada",
  candidate: 0,
  startedAt: 0,
  duration: 100,
  firstToken: undefined,
  outcome: "ok",
  billed: "yes",
  usage: undefined,
  cost: undefined,
  serviceTier: undefined,
  region: undefined,
  status: undefined,
  why: undefined,
  requestId: undefined,
  ...rest
})

const begin = (asked: { readonly provider?: string; readonly model: string } = { provider: "acme", model: "asked" }) =>
  Effect.gen(function*() {
    const call = yield* Call.make({ tags: { tenant: "t1" } })
    const recorder = yield* Effect.clockWith((clock) =>
      Effect.succeed(CallRecord.recorder(call, asked, "generate", clock, true))
    )
    return { call, recorder }
  })

describe("recorder", () => {
  it.effect("gives an answer its attempts and its time", () =>
    Effect.gen(function*() {
      const { call, recorder } = yield* begin()
      yield* TestClock.adjust(500)
      call.attempts.push(attempt({ startedAt: 0, duration: 150, outcome: "Overloaded" }))
      call.attempts.push(attempt({ startedAt: 200, duration: 250, firstToken: 50 }))
      const whole = recorder.complete(answer("Hi"))
      assert.deepStrictEqual(whole.timing, { total: 500, firstToken: 250, overhead: 100 })
      assert.deepStrictEqual(whole.attempts, call.attempts)
      assert.strictEqual(whole.text, "Hi")
      const record = recorder.record(Exit.void)
      assert.deepStrictEqual(record.timing, whole.timing)
      assert.include(record, { provider: "acme", model: "ada", outcome: "ok", finishReason: "stop", cache: "miss" })
      assert.deepStrictEqual(record.tags, { tenant: "t1" })
    }))

  it.effect("counts a time when two vendors were waited for once, and the first token of who was shown", () =>
    Effect.gen(function*() {
      const { call, recorder } = yield* begin()
      yield* TestClock.adjust(500)
      call.attempts.push(attempt({ candidate: 1, startedAt: 100, duration: 250, firstToken: 20 }))
      call.attempts.push(attempt({ candidate: 0, startedAt: 0, duration: 300, firstToken: 30 }))
      call.attempts.push(attempt({ candidate: 3, startedAt: 420, duration: 10 }))
      call.attempts.push(attempt({ candidate: 2, startedAt: 400, duration: 50, firstToken: 40 }))
      const whole = recorder.complete(answer("Hi"))
      assert.deepStrictEqual(whole.timing, { total: 500, firstToken: 440, overhead: 100 })
      assert.deepStrictEqual(whole.attempts.map(({ candidate }) => candidate), [0, 1, 2, 3])
      assert.deepStrictEqual(recorder.record(Exit.void).attempts, whole.attempts)
      assert.deepStrictEqual(recorder.fail(failing(overloaded.reason)).attempts, whole.attempts)
    }))

  it.effect("keeps attempts as they were when the answer was whole", () =>
    Effect.gen(function*() {
      const { call, recorder } = yield* begin()
      const whole = recorder.complete(answer("Hi"))
      call.attempts.push(attempt({}))
      assert.lengthOf(whole.attempts, 0)
    }))

  it.effect.each([-5_000, 5_000])(
    "never makes overhead negative, nor a first token later than the whole, however clocks differ (%s)",
    (startedAt) =>
      Effect.gen(function*() {
        const { call, recorder } = yield* begin()
        yield* TestClock.adjust(100)
        call.attempts.push(attempt({ startedAt, duration: 1_000, firstToken: 10 }))
        const { firstToken, overhead, total } = recorder.complete(answer("Hi")).timing
        assert.deepStrictEqual([total, firstToken, overhead], [100, startedAt < 0 ? 10 : 100, 0])
      })
  )

  it.effect("tells of a stand-in's stream what it has cost, and how it ended", () =>
    Effect.gen(function*() {
      const tried = { why: undefined, duration: 5, warnings: [] }
      const { call, recorder } = yield* begin()
      call.attempts.push(attempt({ outcome: "Overloaded" }))
      call.tried.push({ ...tried, model: "acme/ada", candidate: 0, outcome: "Overloaded", why: "busy" })
      call.tried.push({ ...tried, model: "acme/eve", candidate: 1, outcome: "ok" })
      call.attempts.push(attempt({ candidate: 1, cost: { ...Cost.zero, picoUsd: 7 } }))
      assert.deepInclude(recorder.complete(answer("Hi")).router?.tried[1], { outcome: "ok", attempts: 1, picoUsd: 7 })
      assert.deepInclude(recorder.record(Exit.void).tried[1], { model: "acme/eve", outcome: "ok", picoUsd: 7 })
      const error = recorder.fail(failing(new GenerateError.Partial({ detail: "cut", text: "Once" })))
      assert.deepInclude(error.tried[1], { outcome: "Partial", attempts: 1, picoUsd: 7 })
      assert.match(error.tried[1]?.why ?? "", /cut/)
      assert.deepInclude(error.tried[0], { outcome: "Overloaded", why: "busy", attempts: 1 })
    }))

  it.effect("gives a failure the attempts that led to it", () =>
    Effect.gen(function*() {
      const { call, recorder } = yield* begin()
      call.attempts.push(attempt({ outcome: "Overloaded" }))
      const error = recorder.fail(failing(overloaded.reason))
      assert.deepStrictEqual(error.attempts, call.attempts)
      const { fix, status, what, why } = error
      assert.deepStrictEqual(recorder.record(Exit.fail(error)).error, { status, what, why, fix })
      assert.deepStrictEqual(recorder.record(Exit.fail(error)).tried, [])
    }))

  it.effect("names who answered; else who failed, who was tried last, who was asked", () =>
    Effect.gen(function*() {
      const { call, recorder } = yield* begin({ provider: "acme", model: "asked" })
      const named = (exit: Exit.Exit<unknown, GenerateError.GenerateError>) => {
        const { model, outcome, provider } = recorder.record(exit)
        return [provider, model, outcome]
      }
      assert.deepStrictEqual(named(Exit.interrupt()), ["acme", "asked", "interrupted"])
      call.attempts.push(attempt({ provider: "other", model: "eve" }))
      assert.deepStrictEqual(named(Exit.interrupt()), ["other", "eve", "interrupted"])
      assert.deepStrictEqual(named(Exit.die("bug")), ["other", "eve", "defect"])
      assert.deepStrictEqual(named(Exit.void), ["other", "eve", "interrupted"])
      assert.deepStrictEqual(named(Exit.fail(overloaded)), ["acme", "ada", "Overloaded"])
      recorder.complete(answer("Hi", { provider: "third", model: "bob" }))
      assert.deepStrictEqual(named(Exit.void), ["third", "bob", "ok"])
    }))

  it.effect("stays ok where something fails after the answer was whole", () =>
    Effect.gen(function*() {
      const { recorder } = yield* begin()
      recorder.complete(answer("Hi"))
      assert.strictEqual(recorder.record(Exit.failCause(Cause.die("the reader's bug"))).outcome, "ok")
    }))

  it.effect("knows an unqualified id's caller by its model alone", () =>
    Effect.gen(function*() {
      const { recorder } = yield* begin({ model: "acme/asked" })
      const { model, provider } = recorder.record(Exit.interrupt())
      assert.deepStrictEqual([provider, model], ["", "acme/asked"])
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Exit, Fiber, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { type Call, GenerateError, type Generation, Usage } from "loom-router"
import { type Job, type Polled, wait } from "../../src/internal/imageJob.ts"
import { asking, failing } from "../scripted.ts"

const key = Redacted.make("sk-test-0123456789abcd")
const pending: Polled<string> = { state: "pending", status: "Running", fraction: 0.5, queuePosition: 2 }
const done: Polled<string> = { state: "done", value: "a link" }
const busy = failing(new GenerateError.Overloaded({ detail: "busy", maybeBilled: false }))

/** A job that follows a script, whose last word stays, and the times at which it was looked at. */
const scripted = (
  options: Partial<Job<string>>,
  ...script: ReadonlyArray<Polled<string> | GenerateError.GenerateError>
) => {
  const looks: Array<number> = []
  const job: Job<string> = {
    id: "job-1",
    interval: ["1 second", "4 seconds"],
    longest: "1 minute",
    poll: Effect.suspend(() =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const next = script[Math.min(looks.length, script.length - 1)]
        looks.push(now)
        if (next === undefined) return Effect.die("nothing is scripted")
        return next instanceof GenerateError.GenerateError ? Effect.fail(next) : Effect.succeed(next)
      })
    ),
    ...options
  }
  return { job, looks }
}

const waiting = Effect.fnUntraced(function*(job: Job<string>, call?: Partial<Call.Call>) {
  const request = yield* asking()
  return yield* Effect.forkChild(
    wait({ ...request, call: { ...request.call, ...call } }, key, job),
    { startImmediately: true }
  )
})

const failureOf = <A>(fiber: Fiber.Fiber<A, GenerateError.GenerateError>) => Effect.flip(Fiber.join(fiber))

describe("wait", () => {
  it.effect("looks less and less often, up to the longest wait, and tells how it goes", () =>
    Effect.gen(function*() {
      const heard: Array<Generation.InterimPart> = []
      const { job, looks } = scripted({}, pending, pending, pending, pending, pending, pending, done)
      const fiber = yield* waiting(job, { progress: (part) => void heard.push(part) })
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* Fiber.join(fiber), "a link")
      assert.lengthOf(looks, 7)
      const waits = looks.map((at, index) => at - (looks[index - 1] ?? 0))
      const expected = [1000, 1500, 2250, 3375, 4000, 4000, 4000]
      for (const [index, wait] of waits.entries()) {
        assert.isAtLeast(wait, expected[index]! * 0.79)
        assert.isAtMost(wait, expected[index]! * 1.21)
      }
      const [provider, model] = ["acme", "ada"]
      assert.deepStrictEqual(heard[0], {
        type: "progress",
        provider,
        model,
        status: "submitted",
        fraction: undefined,
        queuePosition: undefined
      })
      assert.deepStrictEqual(
        heard.slice(1),
        Array.from({ length: 6 }, () => ({
          type: "progress",
          provider,
          model,
          status: "Running",
          fraction: 0.5,
          queuePosition: 2
        }))
      )
    }))

  it.effect("looks again where a look fails, and waits as long as it is asked to", () =>
    Effect.gen(function*() {
      const limited = failing(new GenerateError.RateLimited({ detail: "slow", retryAfter: Duration.seconds(20) }))
      const { job, looks } = scripted({}, busy, limited, done)
      const fiber = yield* waiting(job)
      yield* TestClock.adjust("40 seconds")
      assert.strictEqual(yield* Fiber.join(fiber), "a link")
      assert.lengthOf(looks, 3)
      assert.isAtLeast(looks[2]! - looks[1]!, 20_000)
    }))

  it.effect("gives up looking after a few failures in a row, and names the job", () =>
    Effect.gen(function*() {
      const usage = Usage.make({ images: [{ count: 1, width: 1024, height: 1024 }] })
      const { job, looks } = scripted({ usage }, busy)
      const fiber = yield* waiting(job)
      yield* TestClock.adjust("59 seconds")
      const error = yield* failureOf(fiber)
      assert.lengthOf(looks, 6)
      assert.deepInclude(error, { jobId: "job-1", requestId: "job-1" })
      assert.strictEqual(error.usage?.state, "estimated")
      assert.isFalse(error.retryable)
      assert.isTrue(error.maybeBilled)
      assert.include(error.message, "job: job-1")
    }))

  it.effect("ends at once with what can't pass", () =>
    Effect.gen(function*() {
      const { job, looks } = scripted({}, failing(new GenerateError.InvalidRequest({ detail: "no such job" })))
      const fiber = yield* waiting(job)
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* failureOf(fiber), { jobId: "job-1" })
      assert.lengthOf(looks, 1)
    }))

  it.effect("tells what the vendor says of a failure, without the key", () =>
    Effect.gen(function*() {
      let cancelled = 0
      const reason = (detail: string) => new GenerateError.ContentFiltered({ detail })
      const { job } = scripted(
        { cancel: Effect.sync(() => cancelled++) },
        { state: "failed", message: `moderated for ${Redacted.value(key)}`, reason, billed: "no" }
      )
      const fiber = yield* waiting(job)
      yield* TestClock.adjust("2 seconds")
      const error = yield* failureOf(fiber)
      assert.deepInclude(error.reason, { _tag: "ContentFiltered", detail: "moderated for <key>" })
      assert.deepInclude(error, { jobId: "job-1", billed: "no" })
      assert.isFalse(error.maybeBilled)
      assert.isUndefined(error.usage)
      // It is over: there is nothing to leave.
      assert.strictEqual(cancelled, 0)
    }))

  it.effect("gives up after the longest time, and has the vendor leave it", () =>
    Effect.gen(function*() {
      let cancelled = 0
      const { job } = scripted({ cancel: Effect.sync(() => cancelled++) }, pending)
      const fiber = yield* waiting(job)
      yield* TestClock.adjust("61 seconds")
      const error = yield* failureOf(fiber)
      assert.deepInclude(error.reason, { _tag: "Timeout", phase: "attempt" })
      assert.strictEqual(error.jobId, "job-1")
      assert.strictEqual(cancelled, 1)
    }))

  it.effect("gives up a moment before the deadline of its call, so that its error can name the job", () =>
    Effect.gen(function*() {
      const { job } = scripted({}, pending)
      const fiber = yield* waiting(job, { deadline: 10_000 })
      yield* TestClock.adjust("9700 millis")
      const error = yield* failureOf(fiber)
      assert.deepInclude(error.reason, { _tag: "Timeout", phase: "deadline" })
      assert.strictEqual(error.jobId, "job-1")
    }))

  it.effect("has the vendor leave it where its caller leaves, and waits for that no longer than it is worth", () =>
    Effect.gen(function*() {
      let cancelled = 0
      const cancel = Effect.flatMap(Effect.sync(() => cancelled++), () => Effect.never)
      const { job } = scripted({ cancel }, pending)
      const fiber = yield* waiting(job)
      yield* TestClock.adjust("2 seconds")
      const leaving = yield* Effect.forkChild(Fiber.interrupt(fiber), { startImmediately: true })
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.join(leaving)
      assert.strictEqual(cancelled, 1)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
    }))
})

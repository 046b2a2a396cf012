import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit, Fiber, Layer, Logger, Schema, Stream, Tracer } from "effect"
import { TestClock } from "effect/testing"
import {
  Call,
  type CallRecord,
  Cost,
  GenerateError,
  Generation,
  Generator,
  Ledger,
  Loom,
  Request,
  RetryPolicy,
  Usage
} from "loom-router"
import { ada, answer, asking, delta, failing, overloaded, streaming } from "./scripted.ts"
import { randomOf } from "./storage/records.ts"

const asked = { model: "openai/gpt-4o-mini", prompt: "Say hello." } as const
const hello = Generator.fake(() => "Hello")
const hanging = Generator.make({ generate: () => Effect.never, open: () => Effect.never })

const recording = () => {
  const records: Array<CallRecord.CallRecord> = []
  return { records, onCall: (record: CallRecord.CallRecord) => records.push(record) }
}

const Seed = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1e9 }))

describe("tag", () => {
  it.effect("is under the call's own tags; of nested regions the inner one wins", () => {
    const { onCall, records } = recording()
    return Effect.gen(function*() {
      yield* Loom.generate({ ...asked, tags: { c: "own" } }).pipe(
        Ledger.tag({ b: "inner", c: "inner" }),
        Ledger.tag({ a: "outer", b: "outer", c: "outer" })
      )
      yield* Loom.generate(asked)
      assert.deepStrictEqual(records.map(({ tags }) => tags), [{ a: "outer", b: "inner", c: "own" }, {}])
    }).pipe(Effect.provide(Loom.layerTest(hello, { onCall })))
  })

  it.effect("holds for forks, detached ones too, and is gone past its region", () => {
    const { onCall, records } = recording()
    return Effect.gen(function*() {
      const fiber = yield* Effect.forkDetach(Loom.generate(asked)).pipe(Ledger.tag({ tenant: "acme" }))
      yield* Fiber.join(fiber)
      yield* Effect.all([1, 2].map(() => Loom.generate({ ...asked, coalesce: false })), { concurrency: 2 }).pipe(
        Ledger.tag({ tenant: "zeta" })
      )
      yield* Loom.generate(asked)
      assert.deepStrictEqual(records.map(({ tags }) => tags["tenant"]), ["acme", "zeta", "zeta", undefined])
    }).pipe(Effect.provide(Loom.layerTest(hello, { onCall })))
  })

  it.effect("is on the record of a call that can't be asked", () => {
    const { onCall, records } = recording()
    return Effect.gen(function*() {
      const wrong = { ...asked, temperature: NaN, tags: { own: "t" } }
      yield* Effect.exit(Ledger.tag(Loom.generate(wrong), { tenant: "acme" }))
      assert.deepStrictEqual(records.map(({ outcome, tags }) => [outcome, tags]), [
        ["InvalidRequest", { tenant: "acme" }]
      ])
    }).pipe(Effect.provide(Loom.layerTest(hello, { onCall })))
  })

  it.effect("is on the span and in the INFO line, of streams too", () => {
    const spans: Array<Tracer.Span> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => void lines.push(String(message)))
    return Effect.gen(function*() {
      yield* Loom.generate(asked)
      yield* Stream.runDrain(Loom.stream(asked))
      const tags = spans.filter(({ name }) => name === "loom.generate")
        .map(({ attributes }) => attributes.get("loom.tag.tenant"))
      assert.deepStrictEqual(tags, ["acme", "acme"])
      assert.lengthOf(lines, 2)
      for (const line of lines) assert.match(line, / tenant=acme$/)
    }).pipe(
      Ledger.tag({ tenant: "acme" }),
      Effect.provide(Layer.merge(Loom.layerTest(hello, { log: "line" }), Logger.layer([logger]))),
      Effect.withTracer(tracer)
    )
  })

  it.effect("is read by calls of a pipeline of one's own, under their own", () =>
    Effect.gen(function*() {
      const { call } = yield* Ledger.tag(Request.fromPrompt("Hi"), { tenant: "acme" })
      assert.deepStrictEqual(call.tags, { tenant: "acme" })
      const own = yield* Ledger.tag(Call.make({ tags: { tenant: "own" } }), { tenant: "acme", team: "a" })
      assert.deepStrictEqual(own.tags, { tenant: "own", team: "a" })
    }))
})

describe("deadline", () => {
  const left = Effect.map(Call.make(), ({ deadline, startedAt }) => deadline - startedAt)

  it.effect("begins with its region; the earliest of nested ones and the call's timeout holds", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* left, Infinity)
      assert.strictEqual(yield* left.pipe(Ledger.deadline("5 seconds"), Ledger.deadline("9 seconds")), 5000)
      assert.strictEqual(yield* left.pipe(Ledger.deadline("9 seconds"), Ledger.deadline("5 seconds")), 5000)
      assert.strictEqual(yield* left.pipe(Ledger.deadline(Duration.infinity), Ledger.deadline("5 seconds")), 5000)
      const timed = (timeout: number) =>
        Effect.map(Call.make({ timeout }), (call) => Call.timeoutOf(call)).pipe(Ledger.deadline(1000))
      assert.strictEqual(yield* timed(400), 400)
      assert.strictEqual(yield* timed(4000), 1000)
      yield* Effect.gen(function*() {
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual(yield* left, 3000)
        assert.strictEqual(yield* left.pipe(Ledger.deadline("5 seconds")), 3000)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* left, 0)
      }).pipe(Ledger.deadline("5 seconds"))
      assert.strictEqual(yield* left, Infinity)
    }))

  it.effect("doesn't move with the clock on the wall", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(10_000_000)
      const seen = yield* Effect.gen(function*() {
        yield* TestClock.setTime(1000)
        return yield* left
      }).pipe(Ledger.deadline("5 seconds"))
      assert.strictEqual(seen, 5000)
    }))

  it.effect("ends what is under way, on all fibers at once, and lets nothing begin after", () => {
    const { onCall, records } = recording()
    let sent = 0
    const slow = Generator.make({
      generate: () =>
        Effect.suspend(() => {
          sent++
          return Effect.never
        }),
      open: () => Effect.never
    })
    const failed = (exit: Exit.Exit<unknown, GenerateError.GenerateError>) =>
      Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
    return Effect.gen(function*() {
      const region = Effect.gen(function*() {
        yield* Effect.sleep("1 second")
        const calls = [
          Loom.generate(asked),
          Loom.generate({ ...asked, prompt: "Another.", timeout: "1 minute" }),
          Stream.runDrain(Loom.stream(asked))
        ]
        const first = yield* Effect.all(calls.map((call) => Effect.exit(call)), { concurrency: "unbounded" })
        const later = [
          yield* Effect.exit(Loom.generate(asked)),
          yield* Effect.exit(Stream.runDrain(Loom.stream(asked)))
        ]
        return [...first, ...later]
      })
      const fiber = yield* Effect.forkChild(Ledger.deadline(region, "5 seconds"))
      yield* TestClock.adjust("1 second")
      yield* TestClock.adjust("3999 millis")
      assert.lengthOf(records, 0)
      yield* TestClock.adjust("1 millis")
      const errors = (yield* Fiber.join(fiber)).map(failed)
      assert.lengthOf(errors, 5)
      for (const error of errors) {
        assert.deepInclude(error, { _tag: "GenerateError" })
        assert.deepInclude((error as GenerateError.GenerateError).reason, { _tag: "Timeout", phase: "deadline" })
      }
      assert.strictEqual(sent, 2)
      assert.match((errors[0] as Error).message, /deadline passed after 4s\n/)
      assert.match((errors[3] as Error).message, /deadline passed\n/)
      assert.deepStrictEqual(records.slice(3).map(({ attempts }) => attempts), [[], []])
    }).pipe(Effect.provide(Loom.layerTest(slow, { onCall })))
  })

  it.effect("ends the retries of a pipeline of one's own", () =>
    Effect.gen(function*() {
      const generator = Generator.fake(() => overloaded).pipe(
        Generator.retry(RetryPolicy.make({ maxAttempts: 9, baseDelay: "2 seconds" }))
      )
      const request = yield* Ledger.deadline(asking(), "3 seconds")
      const fiber = yield* Effect.forkChild(Effect.exit(generator.generate(request)))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.lengthOf(request.call.attempts, 2)
    }))
})

describe("measure", () => {
  /** A vendor that takes a while, and answers, fails or hangs by chance; now and then it reports no usage. */
  const chancy = (random: () => number) => {
    const run = Effect.suspend((): Effect.Effect<Generation.Generation, GenerateError.GenerateError> => {
      const dice = random()
      if (dice < 0.2) return Effect.fail(overloaded)
      if (dice < 0.3) return Effect.fail(failing(new GenerateError.Timeout({ phase: "headers" })))
      if (dice < 0.4) return Effect.fail(failing(new GenerateError.Overloaded({ detail: "502", maybeBilled: true })))
      const answered = answer("Hello", { provider: "openai", model: "gpt-4o-mini" })
      return Effect.succeed(dice < 0.6 ? { ...answered, usage: Usage.missing } : answered)
    })
    const slow = Effect.andThen(
      Effect.suspend(() => Effect.replicateEffect(Effect.yieldNow, Math.floor(random() * 4))),
      run
    )
    return Generator.make({
      generate: () => slow,
      open: () => Effect.map(slow, (generation) => Stream.fromIterable(Generation.toParts(generation)))
    })
  }

  it.effect.prop("is the sum of the records of its region, for any concurrent program", [Seed], ([seed]) => {
    const random = randomOf(seed)
    const { onCall, records } = recording()
    const one = Effect.suspend((): Effect.Effect<unknown> => {
      const options = {
        ...asked,
        prompt: `Question ${Math.floor(random() * 8)}`,
        coalesce: random() < 0.5,
        cache: random() < 0.5 ? { ttl: 3_600_000 } : undefined
      } as const
      const call: Effect.Effect<unknown, GenerateError.GenerateError> = random() < 0.5
        ? Loom.generate(options)
        : Stream.runDrain(random() < 0.7 ? Loom.stream(options) : Stream.take(Loom.stream(options), 1))
      const ended = Effect.exit(call)
      return random() < 0.8 ? ended : Effect.flatMap(
        Effect.forkChild(ended),
        (fiber) => Effect.andThen(Effect.yieldNow, Fiber.interrupt(fiber))
      )
    })
    const many = (depth: number): Effect.Effect<unknown> =>
      Effect.suspend(() =>
        Effect.all(
          Array.from({ length: 1 + Math.floor(random() * 5) }, () =>
            depth === 0 || random() < 0.5 ? one : many(depth - 1)),
          { concurrency: random() < 0.3 ? 1 : "unbounded" }
        )
      )
    return Effect.gen(function*() {
      yield* one
      const before = records.length
      const [[, inner], outer] = yield* Ledger.measure(Effect.tap(Ledger.measure(many(3)), () => one))
      const attempts = records.slice(before).flatMap((record) => record.attempts)
      const total = Cost.sum(attempts.flatMap(({ cost }) => cost === undefined ? [] : [cost]))
      assert.strictEqual(outer.picoUsd, total.picoUsd)
      assert.strictEqual(outer.usd, total.usd)
      assert.strictEqual(outer.estimated, total.estimated)
      assert.strictEqual(outer.calls, records.length - before)
      assert.strictEqual(outer.attempts, attempts.length)
      assert.strictEqual(
        outer.unknown,
        total.unknown + attempts.filter(({ billed, cost }) => cost === undefined && billed !== "no").length
      )
      assert.strictEqual(outer.totalTokens, attempts.reduce((sum, { usage }) => sum + (usage?.totalTokens ?? 0), 0))
      assert.strictEqual(outer.inputTokens + outer.outputTokens, outer.totalTokens)
      const answered = records.slice(before).filter(({ outcome }) => outcome === "ok")
      const { picoUsd, unknown, usd: _, ...mechanisms } = outer.saved
      assert.strictEqual(picoUsd, answered.reduce((sum, { saved }) => sum + BigInt(saved?.picoUsd ?? 0), 0n))
      assert.strictEqual(unknown, answered.filter(({ saved }) => saved === undefined).length)
      assert.strictEqual(picoUsd, Object.values(mechanisms).reduce((sum, part) => sum + part, 0n))
      assert.isAtMost(inner.calls, outer.calls - 1)
    }).pipe(Effect.provide(Loom.layerTest(chancy(random), { onCall, retry: RetryPolicy.make({ baseDelay: 0 }) })))
  }, { arbitrary: { runs: 40 } })

  const slow = Generator.make({
    generate: () => Effect.as(Effect.yieldNow, answer("Hi", { provider: "openai", model: "gpt-4o-mini" })),
    open: () => Effect.never
  })

  it.effect("counts calls that share an answer as calls that spent nothing", () =>
    Effect.gen(function*() {
      const [, spend] = yield* Ledger.measure(Effect.gen(function*() {
        yield* Effect.all([1, 2, 3].map(() => Loom.generate(asked)), { concurrency: "unbounded" })
        yield* Loom.generate(asked)
        yield* Effect.exit(Loom.generate({ ...asked, temperature: NaN }))
      }))
      assert.deepInclude(spend, { calls: 5, attempts: 1, unknown: 0, estimated: 0 })
      assert.isAbove(Number(spend.picoUsd), 0)
      assert.strictEqual(spend.saved.coalescing, 2n * spend.picoUsd)
      assert.strictEqual(spend.saved.responseCache, spend.picoUsd)
    }).pipe(Effect.provide(Loom.layerTest(slow, { cache: { ttl: "1 hour" } }))))

  it.effect("counts what a measure around it counts, and begins anew with every run", () =>
    Effect.gen(function*() {
      const measured = Ledger.measure(Loom.generate(asked))
      const [[[, first], [, second]], both] = yield* Ledger.measure(Effect.all([measured, measured]))
      assert.deepStrictEqual([first.calls, second.calls, both.calls], [1, 1, 2])
      assert.strictEqual(first.picoUsd + second.picoUsd, both.picoUsd)
    }).pipe(Effect.provide(Loom.layerTest(hello))))

  it.effect("counts attempts of calls that are interrupted, whose cost nobody knows", () =>
    Effect.gen(function*() {
      const [, spend] = yield* Ledger.measure(Effect.exit(Effect.timeout(Loom.generate(asked), "1 second"))).pipe(
        Effect.forkChild,
        Effect.tap(() => TestClock.adjust("1 second")),
        Effect.flatMap(Fiber.join)
      )
      assert.deepInclude(spend, { calls: 1, attempts: 1, unknown: 1, picoUsd: 0n })
    }).pipe(Effect.provide(Loom.layerTest(hanging))))

  it.effect("leaves out what a detached fiber spends after it", () => {
    const { onCall, records } = recording()
    const late = Generator.make({
      generate: () => Effect.delay(Effect.succeed(answer("Hi")), "1 minute"),
      open: () => Effect.never
    })
    return Effect.gen(function*() {
      const [fiber, spend] = yield* Ledger.measure(Effect.forkDetach(Loom.generate(asked), { startImmediately: true }))
      assert.deepInclude(spend, { calls: 1, attempts: 0 })
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.deepInclude(spend, { calls: 1, attempts: 0 })
      assert.lengthOf(records[0]?.attempts ?? [], 1)
    }).pipe(Effect.provide(Loom.layerTest(late, { onCall })))
  })

  it.effect("counts the calls of a pipeline of one's own", () =>
    Effect.gen(function*() {
      const cut = failing(new GenerateError.Partial({ detail: "cut", text: "Once" }))
      const broken = streaming(() => Effect.succeed(Stream.concat(Stream.make(delta("Once")), Stream.fail(cut))))
      const [, spend] = yield* Ledger.measure(Effect.gen(function*() {
        yield* hello.generate(yield* asking())
        const request = yield* asking()
        yield* Effect.exit(Effect.scoped(Effect.flatMap(broken.open(request), Stream.runDrain)))
      }))
      assert.deepInclude(spend, { calls: 2, attempts: 2, unknown: 1, estimated: 1, inputTokens: 3 })
      assert.strictEqual(ada.prices.length, 1)
    }))

  it.effect("fails as its program does", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Ledger.measure(Loom.generate(asked)))
      assert.strictEqual(error.reason._tag, "Overloaded")
    }).pipe(Effect.provide(Loom.layerTest(Generator.fake(() => overloaded), { retry: RetryPolicy.none }))))
})

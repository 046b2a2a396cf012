import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Duration, Effect, Exit, Fiber, Layer, Logger, Schema, Stream, Tracer } from "effect"
import type { Prompt } from "effect/ai"
import { TestClock } from "effect/testing"
import {
  Call,
  type CallRecord,
  Catalog,
  Cost,
  GenerateError,
  Generation,
  Generator,
  Ledger,
  Loom,
  Model,
  Price,
  Request,
  RetryPolicy,
  Router,
  Usage
} from "loom-router"
import { logged, parentOf, traced } from "./listening.ts"
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

  it.effect("is on a route's record, its span and its line, whoever raced for it", () => {
    const { spans, tracer } = traced()
    const { layer: logger, lines } = logged()
    const records: Array<CallRecord.CallRecord> = []
    const vendor = Generator.make({
      generate: ({ model: { id, provider } }) =>
        Effect.delay(Effect.succeed(answer("Hi!", { provider, model: id })), id === "gpt-4o" ? 60_000 : 1000),
      open: () => Effect.die("not asked")
    })
    const loom = Loom.layerTest(vendor, {
      log: "line",
      onCall: (record) => records.push(record),
      routes: {
        quick: Router.make({ candidates: ["openai/gpt-4o", "openai/gpt-4o-mini"], hedge: { after: "2 seconds" } })
      }
    })
    return Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(Loom.route("quick", { prompt: "Hi", tags: { own: "o" } }))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(records.map(({ route, tags }) => [route, tags]), [
        ["quick", { tenant: "acme", own: "o" }]
      ])
      const calls = spans.filter(({ name }) => name === "loom.generate")
      assert.deepStrictEqual(calls.map(({ attributes }) => attributes.get("loom.tag.tenant")), ["acme"])
      assert.deepStrictEqual(spans.filter(({ name }) => name.startsWith("chat")).map(parentOf), [
        calls[0]?.spanId,
        calls[0]?.spanId
      ])
      assert.match(
        String(lines),
        /ok openai\/gpt-4o-mini 3000ms in=3 out=3 .* attempts=2 route=quick tenant=acme own=o$/
      )
    }).pipe(
      Ledger.tag({ tenant: "acme" }),
      Effect.provide(Layer.merge(loom, logger)),
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
      assert.deepInclude(spend, { calls: 2, attempts: 2, unknown: 1, estimated: 1, inputTokens: 6 })
      assert.strictEqual(ada.prices.length, 1)
    }))

  it.effect("fails as its program does", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Ledger.measure(Loom.generate(asked)))
      assert.strictEqual(error.reason._tag, "Overloaded")
    }).pipe(Effect.provide(Loom.layerTest(Generator.fake(() => overloaded), { retry: RetryPolicy.none }))))
})

describe("budget", () => {
  const models = [["cheap", 1, 2], ["middling", 3, 15], ["dear", 15.5, 75]] as const
  const catalog = models.reduce(
    (catalog, [model, inputCostPer1M, outputCostPer1M]) =>
      Catalog.registerModel(catalog, { provider: "acme", model, inputCostPer1M, outputCostPer1M }),
    Catalog.registerModel(Catalog.empty, { provider: "acme", model: "unpriced" })
  )
  /** In 1e-12 USD: a token for two bytes, and what surrounds a message. */
  const worstOf = (prompt: string, [, input, output]: typeof models[number], maxOutputTokens: number) =>
    BigInt((16 + Math.ceil(prompt.length / 2)) * input * 1e6 + maxOutputTokens * output * 1e6)

  const used = (model: string, inputUncached: number, outputText: number) =>
    answer("Hi", { model, usage: Usage.make({ inputUncached, outputText }) })

  const layer = (generator: Generator.Generator, onCall?: (record: CallRecord.CallRecord) => void) =>
    Loom.layerTest(generator, { catalog, retry: RetryPolicy.none, health: false, onCall })

  const prompt = "a".repeat(68)
  /** Asks for 50 tokens in and at most 100 out: $0.00025 at worst. */
  const cheap = { model: "acme/cheap", prompt, maxOutputTokens: 100, coalesce: false } as const
  const worst = 250_000_000n
  const of = (attempts: number) => ({ usd: attempts * 0.00025 })

  const exceeded = (error: unknown): GenerateError.BudgetExceeded => {
    assert.instanceOf(error, GenerateError.GenerateError)
    assert.instanceOf(error.reason, GenerateError.BudgetExceeded)
    return error.reason
  }
  /** What a budget says is spent and set aside. */
  const state = Effect.map(
    Effect.flip(Loom.generate({ model: "acme/dear", prompt, maxOutputTokens: 10_000_000 })),
    (error) => {
      const { reservedUsd, spentUsd } = exceeded(error)
      return [BigInt(Math.round(spentUsd * 1e12)), BigInt(Math.round(reservedUsd * 1e12))] as const
    }
  )

  it.effect.prop(
    "F25 200 at once never spend more than it, whatever prices and outcomes; it settles to what was charged",
    [Seed],
    ([seed]) => {
      const random = randomOf(seed)
      const int = (below: number) => Math.floor(random() * below)
      const { onCall, records } = recording()
      let sent = 0
      const vendor = Generator.make({
        generate: (request) =>
          Effect.gen(function*() {
            sent++
            yield* Effect.replicateEffect(Effect.yieldNow, int(6))
            const dice = random()
            if (dice < 0.1) return yield* overloaded
            if (dice < 0.15) return yield* failing(new GenerateError.Timeout({ phase: "headers" }))
            if (dice < 0.2) {
              const usage = Usage.make({ inputUncached: 5, outputText: 1 })
              return yield* failing(new GenerateError.ContentFiltered({ detail: "no" }), { usage })
            }
            return used(request.model.id, 20 + int(10), int((request.params.maxOutputTokens ?? 0) + 1))
          }),
        open: () => Effect.never
      })
      const limit = 1n + BigInt(int(40_000)) * 1_000_000n
      const questions = Array.from({ length: 200 }, (_, n) => {
        const model = models[int(models.length)]!
        return { n, model, prompt: `${"q".repeat(40)}${n}`, maxOutputTokens: 1 + int(200) }
      })
      const ask = ({ maxOutputTokens, model: [model], n, prompt }: typeof questions[number]) =>
        Effect.exit(Loom.generate({ provider: "acme", model, prompt, maxOutputTokens, tags: { n: String(n) } }))
      return Effect.gen(function*() {
        const [settled, spend] = yield* Ledger.measure(
          Effect.andThen(
            Effect.forEach(questions, (question) =>
              random() < 0.9 ? ask(question) : Effect.flatMap(
                Effect.forkChild(ask(question)),
                (fiber) => Effect.andThen(Effect.replicateEffect(Effect.yieldNow, int(5)), Fiber.interrupt(fiber))
              ), { concurrency: "unbounded" }),
            state
          ).pipe(Ledger.budget({ usd: Number(limit) / 1e12 }))
        )
        assert.isTrue(spend.picoUsd <= limit, `${spend.picoUsd} of ${limit}`)
        const attempts = records.flatMap((record) => record.attempts.map((attempt) => ({ attempt, record })))
        assert.strictEqual(sent, attempts.length)
        const charged = attempts.reduce((sum, { attempt: { billed, cost }, record }) => {
          if (billed === "no") return sum
          if (billed === "yes") return sum + BigInt(cost?.picoUsd ?? NaN)
          const { maxOutputTokens, model, prompt } = questions[Number(record.tags["n"])]!
          return sum + worstOf(prompt, model, maxOutputTokens)
        }, 0n)
        assert.deepStrictEqual(settled, [charged, 0n])
        assert.isTrue(charged <= limit)
      }).pipe(Effect.provide(layer(vendor, onCall)))
    },
    { arbitrary: { runs: 40 } }
  )

  it.effect.prop(
    "F25 is passed by what attempts under way cost above their estimates, and no more: by one where they follow each other",
    [Seed],
    ([seed]) => {
      const random = randomOf(seed)
      const int = (below: number) => Math.floor(random() * below)
      // Twice as much as was allowed, at most.
      const vendor = Generator.make({
        generate: ({ model }) =>
          Effect.as(Effect.replicateEffect(Effect.yieldNow, int(4)), used(model.id, int(100), int(200))),
        open: () => Effect.never
      })
      const limit = BigInt(1 + int(20)) * worst
      const spend = (concurrency: number) => {
        const { onCall, records } = recording()
        const ask = Effect.exit(Loom.generate(cheap))
        return Effect.forEach(Array.from({ length: 100 }), () => ask, { concurrency }).pipe(
          Ledger.measure,
          Ledger.budget({ usd: Number(limit) / 1e12 }),
          Effect.map(([, { picoUsd }]) => {
            const errors = records.flatMap(({ attempts }) => attempts)
              .map(({ cost }) => BigInt(cost?.picoUsd ?? NaN) - worst)
              .filter((error) => error > 0n)
            return { over: picoUsd - limit, errors }
          }),
          Effect.provide(layer(vendor, onCall))
        )
      }
      return Effect.gen(function*() {
        const alone = yield* spend(1)
        assert.isTrue(alone.over <= alone.errors.reduce((most, error) => error > most ? error : most, 0n))
        const crowd = yield* spend(50)
        assert.isTrue(crowd.over <= crowd.errors.reduce((sum, error) => sum + error, 0n))
      })
    },
    { arbitrary: { runs: 40 } }
  )

  /** Answers when it is let, with 50 tokens in and 10 out. */
  const held = Effect.map(Deferred.make<void>(), (gate) => {
    const run = Effect.as(Deferred.await(gate), used("cheap", 50, 10))
    return {
      release: Deferred.succeed(gate, undefined),
      generator: Generator.make({
        generate: () => run,
        open: () =>
          Effect.succeed(
            Stream.concat(
              Stream.make(delta("Hi")),
              Stream.unwrap(Effect.map(run, (generation) => Stream.make(Generation.finish(generation))))
            )
          )
      })
    }
  })
  const real = 70_000_000n

  for (const way of ["generate", "stream"] as const) {
    const ask = (options: Parameters<typeof Loom.generate>[0]) =>
      way === "generate" ? Loom.generate(options) : Stream.runDrain(Loom.stream(options))

    it.effect(`sets aside what an attempt may cost, until it has ended: ${way}`, () =>
      Effect.gen(function*() {
        const { generator, release } = yield* held
        yield* Effect.gen(function*() {
          const fibers = yield* Effect.replicateEffect(Effect.forkChild(ask(cheap), { startImmediately: true }), 2)
          assert.deepStrictEqual(yield* state, [0n, 2n * worst])
          const { why } = yield* Effect.flip(ask(cheap))
          assert.strictEqual(
            why,
            "it may cost $0.00025; of $0.0006, $0 is spent, and $0.0005 is set aside for attempts under way"
          )
          yield* release
          yield* Effect.forEach(fibers, Fiber.join)
          assert.deepStrictEqual(yield* state, [2n * real, 0n])
          yield* ask(cheap)
          assert.deepStrictEqual(yield* state, [3n * real, 0n])
        }).pipe(Ledger.budget({ usd: 0.0006 }), Effect.provide(layer(generator)))
      }))

    it.effect(`keeps what is set aside for one that is interrupted: ${way}`, () =>
      Effect.gen(function*() {
        const { generator } = yield* held
        yield* Effect.gen(function*() {
          const fiber = yield* Effect.forkChild(ask(cheap), { startImmediately: true })
          yield* Fiber.interrupt(fiber)
          assert.deepStrictEqual(yield* state, [worst, 0n])
        }).pipe(Ledger.budget(of(2)), Effect.provide(layer(generator)))
      }))
  }

  it.effect("gives back what a refused attempt set aside, at every budget around it", () =>
    Effect.gen(function*() {
      const { generator, release } = yield* held
      yield* release
      const inner = Effect.gen(function*() {
        const { limitUsd } = exceeded(yield* Effect.flip(Loom.generate(cheap)))
        assert.strictEqual(limitUsd, 0.0002)
      }).pipe(Ledger.budget({ usd: 0.0002 }))
      yield* Effect.gen(function*() {
        yield* inner
        assert.deepStrictEqual(yield* state, [0n, 0n])
        yield* Ledger.budget(Loom.generate(cheap), of(1))
        assert.deepStrictEqual(yield* state, [real, 0n])
        const { limitUsd } = exceeded(yield* Effect.flip(Ledger.budget(Loom.generate(cheap), { usd: 100 })))
        assert.strictEqual(limitUsd, 0.0003)
      }).pipe(Ledger.budget({ usd: 0.0003 }), Effect.provide(layer(generator)))
    }))

  it.effect("frees what another gate refuses", () =>
    Effect.gen(function*() {
      const generator = Generator.fake(() => "Hi").pipe(Generator.gate((_, _attempt) => Effect.fail(overloaded)))
      const program = Effect.gen(function*() {
        yield* Effect.flip(generator.generate(yield* asking({ params: { maxOutputTokens: 100 } })))
        const dear = yield* asking({ params: { maxOutputTokens: 1_000_000 } })
        assert.include(exceeded(yield* Effect.flip(hello.generate(dear))), { spentUsd: 0, reservedUsd: 0 })
      })
      yield* Ledger.budget(program, of(1))
    }))

  it.effect("is settled by every attempt of a call, and neither repeated nor asked of another", () => {
    const { onCall, records } = recording()
    let answers = 0
    const vendor = Generator.fake(({ model }) => answers++ === 0 ? overloaded : used(model.id, 50, 100))
    return Effect.gen(function*() {
      yield* Loom.generate({ ...cheap, retry: RetryPolicy.make({ baseDelay: 0 }) })
      assert.deepStrictEqual(yield* state, [worst, 0n])
      const error = yield* Effect.flip(
        Loom.generate({ ...cheap, failover: [{ model: "acme/cheap", params: { maxOutputTokens: 1 } }] })
      )
      assert.strictEqual(error.reason._tag, "BudgetExceeded")
      assert.deepStrictEqual(records.map(({ attempts }) => attempts.length), [2, 0, 0])
      assert.strictEqual(answers, 2)
    }).pipe(
      Ledger.budget({ usd: 0.0004 }),
      Effect.provide(layer(vendor, onCall))
    )
  })

  it.effect("refuses what has no price, unless it is allowed", () => {
    const unpriced = { model: "acme/unpriced", prompt, coalesce: false } as const
    const program = Effect.gen(function*() {
      const error = yield* Effect.flip(Ledger.budget(Loom.generate(unpriced), { usd: 1 }))
      assert.isUndefined(exceeded(error).neededUsd)
      assert.include(error.message, "its price isn't known, and a budget of $1 has to hold")
      yield* Effect.gen(function*() {
        yield* Loom.generate(unpriced)
        yield* Loom.generate(cheap)
        assert.include(exceeded(yield* Effect.flip(Loom.generate(unpriced))), { spentUsd: 0.00025, neededUsd: 0 })
      }).pipe(Ledger.budget({ ...of(1), unknownPrice: "allow" }))
    })
    return Effect.provide(program, layer(Generator.fake(({ model }) => used(model.id, 50, 100))))
  })

  it.effect("is nobody else's: calls share a request within a budget only, and it pays once", () => {
    const { onCall, records } = recording()
    const shared = { ...cheap, coalesce: true }
    return Effect.gen(function*() {
      const { generator, release } = yield* held
      yield* Effect.gen(function*() {
        const poor = yield* Effect.forkChild(Effect.flip(Loom.generate(shared))).pipe(Ledger.budget({ usd: 0 }))
        const others = yield* Effect.forkChild(
          Effect.all([1, 2, 3].map(() => Loom.generate(shared)), { concurrency: "unbounded" }).pipe(
            Effect.andThen(state),
            Ledger.budget(of(1))
          )
        )
        const free = yield* Effect.forkChild(Loom.generate(shared))
        yield* Effect.yieldNow
        yield* release
        exceeded(yield* Fiber.join(poor))
        assert.deepStrictEqual(yield* Fiber.join(others), [real, 0n])
        yield* Fiber.join(free)
        const sums = records.map(({ attempts, cache, outcome }) => `${outcome} ${cache} ${attempts.length}`).sort()
        assert.deepStrictEqual(sums, [
          "BudgetExceeded miss 0",
          "BudgetExceeded miss 0",
          "ok coalesced 0",
          "ok coalesced 0",
          "ok miss 1",
          "ok miss 1"
        ])
      }).pipe(Effect.provide(layer(generator, onCall)))
    })
  })

  describe("at worst", () => {
    const needed = (options: Parameters<typeof Request.fromPrompt>[1], given: Prompt.RawInput = prompt) =>
      Effect.gen(function*() {
        const request = yield* Request.fromPrompt(given, { model: ada, ...options })
        return exceeded(yield* Effect.flip(hello.generate(request))).neededUsd
      }).pipe(Ledger.budget({ usd: 0 }))
    /** At $1 a million tokens in, and $2 a million out. */
    const usd = (input: number, output: number) => (input + 2 * output) / 1e6
    const dear = Model.make({
      provider: "acme",
      id: "ada",
      maxOutput: 1000,
      prices: [
        Price.make({
          rates: { input: 1e6, output: 2e6, reasoningOutput: 4e6, cacheWrite: { "5m": 1.25e6, "1h": 2e6 } },
          tiers: [{ above: 10_000, rates: { input: 3e6, output: 5e6 } }],
          serviceTiers: { priority: [{ multiplier: 20_000 }], flex: [{ multiplier: 5000 }] }
        })
      ]
    })
    const of = (params: Request.Params) => ({ model: dear, params })

    it.effect("an answer is as long as anybody allows", () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* needed({}), usd(50, 8192))
        assert.strictEqual(yield* needed({ params: { maxOutputTokens: 7 } }), usd(50, 7))
        assert.strictEqual(yield* needed({ model: Model.make({ ...ada, maxOutput: 600 }) }), usd(50, 600))
        const native = { max_tokens: 9 }
        const bytes = JSON.stringify(native).length
        assert.strictEqual(yield* needed({ params: { maxOutputTokens: 7 }, native }), usd(50 + bytes / 2, 9))
      }))

    it.effect("every token has its dearest rate", () =>
      Effect.gen(function*() {
        const plain = (50 + 4 * 10) / 1e6
        assert.strictEqual(yield* needed(of({ maxOutputTokens: 10 })), plain)
        assert.strictEqual(yield* needed(of({})), (50 + 4 * 1000) / 1e6)
        assert.strictEqual(yield* needed(of({ maxOutputTokens: 10, serviceTier: "priority" })), 2 * plain)
        assert.strictEqual(yield* needed(of({ maxOutputTokens: 10, serviceTier: "flex" })), plain)
        assert.isUndefined(yield* needed(of({ maxOutputTokens: 10, serviceTier: "gold" })))
        const cached: Prompt.RawInput = [
          { role: "system", content: prompt, options: { acme: { cacheControl: { type: "ephemeral" } } } }
        ]
        assert.strictEqual(yield* needed(of({ maxOutputTokens: 10 }), cached), (2 * 50 + 4 * 10) / 1e6)
        const long = "a".repeat(20_000)
        assert.strictEqual(yield* needed(of({ maxOutputTokens: 10 }), long), (3 * 10_016 + 5 * 10) / 1e6)
      }))

    it.effect("what is kept is written at the dearest rate, and searches have their fee and what they find", () =>
      Effect.gen(function*() {
        const written = (2 * 50 + 4 * 10) / 1e6
        for (const promptCache of [true, { ttl: "5m" }] as const) {
          assert.strictEqual(yield* needed(of({ maxOutputTokens: 10, promptCache })), written)
        }
        assert.strictEqual(yield* needed(of({ maxOutputTokens: 10, promptCache: false })), (50 + 4 * 10) / 1e6)
        const [price] = ada.prices
        const searching = Model.make({
          ...ada,
          prices: [Price.make({ ...price, perRequest: { web_search: 10_000_000_000 } })]
        })
        const params = { maxOutputTokens: 10, webSearch: { maxUses: 2 } }
        assert.strictEqual(yield* needed({ model: searching, params }), usd(50 + 20_000, 10) + 0.02)
      }))

    it.effect("images have the price of their size, or of the tokens they may take", () =>
      Effect.gen(function*() {
        const of = (price: Parameters<typeof Price.make>[0], params: Request.Params) => {
          const model = Model.make({ provider: "acme", id: "brush", modality: "image", prices: [Price.make(price)] })
          return needed({ model, modality: "image", params })
        }
        const cent = 10_000_000_000
        const rows = { perImage: [{ rate: cent, maxPixels: 1_048_576 }, { rate: 3 * cent, maxPixels: 4_194_304 }] }
        assert.strictEqual(yield* of(rows, { size: "1024x1024" }), 0.01)
        assert.strictEqual(yield* of(rows, { n: 4, size: "1024x1024" }), 0.04)
        assert.strictEqual(yield* of(rows, {}), 0.03)
        const megapixels = { perMegapixel: { first: 2 * cent, further: cent } }
        assert.strictEqual(yield* of(megapixels, { size: "2048x1024" }), 0.03)
        const tokens = { rates: { input: 1_000_000, imageOutput: 10_000_000 } }
        assert.strictEqual(yield* of(tokens, {}), (50 + 10 * 8000) / 1e6)
        assert.strictEqual(yield* of(tokens, { size: "2048x2048" }), (50 + 10 * 32_000) / 1e6)
        assert.strictEqual(yield* of(tokens, { quality: "max" }), (50 + 10 * 16_000) / 1e6)
      }))

    it.effect("what isn't text counts too", () =>
      Effect.gen(function*() {
        const file = (mediaType: string, data: string | URL | Uint8Array): Prompt.RawInput => [
          { role: "user", content: [{ type: "file", mediaType, data }] }
        ]
        const params = { maxOutputTokens: 0 }
        const tokens = (given: Prompt.RawInput) =>
          Effect.map(needed({ params }, given), (usd = 0) => Math.round(usd * 1e6))
        assert.strictEqual(yield* tokens(file("image/png", new URL("https://example.com/a.png"))), 3016)
        assert.strictEqual(yield* tokens(file("application/pdf", new Uint8Array(160_000))), 10_016)
        assert.strictEqual(yield* tokens(file("text/plain", new Uint8Array(100))), 66)
        assert.strictEqual(yield* tokens("織機"), 16 + 3)
        const turn: Prompt.RawInput = [
          {
            role: "assistant",
            content: [{ type: "tool-call", id: "1", name: "look", params: { at: "b".repeat(1000) } }]
          }
        ]
        assert.isAbove(yield* tokens(turn), 500)
      }))
  })

  it.effect("is an amount", () =>
    Effect.gen(function*() {
      for (const usd of [NaN, -1, Infinity]) {
        const exit = yield* Effect.exit(Ledger.budget(Effect.void, { usd }))
        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      }
    }))
})

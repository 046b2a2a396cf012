import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result, Schema, Stream } from "effect"
import { Response } from "effect/ai"
import { TestClock } from "effect/testing"
import {
  type Attempt,
  Call,
  Catalog,
  GenerateError,
  Generation,
  Generator,
  Model,
  Price,
  type Request,
  RetryPolicy,
  Usage
} from "loom-router"
import { ada, answer, asking, delta, failing, fold, overloaded, refused, scripted, streaming } from "./scripted.ts"

const finish = (rest?: Partial<Generation.Answered>): Generation.Part => Generation.finish(answer("Hello", rest))
const cut = failing(new GenerateError.Partial({ detail: "cut", text: "Once" }))

type Run = (generator: Generator.Generator, request: Request.Request) => Effect.Effect<unknown, unknown>

/** Asks once, whatever comes of it, and gives the one attempt that was made. */
const attemptOf = (
  generator: Generator.Generator,
  run: Run,
  call?: Parameters<typeof Call.make>[0],
  rest?: Partial<Request.Request>
) =>
  Effect.gen(function*() {
    const request = { ...yield* asking(), ...rest, call: yield* Call.make(call) }
    const fiber = yield* Effect.forkChild(Effect.exit(run(generator, request)))
    yield* TestClock.adjust("1 minute")
    yield* Fiber.interrupt(fiber)
    assert.lengthOf(request.call.attempts, 1)
    return request.call.attempts[0]!
  })

const generate = (generator: Generator.Generator, request: Request.Request) => generator.generate(request)
const firstPart = (generator: Generator.Generator, request: Request.Request) =>
  Effect.scoped(Effect.flatMap(generator.open(request), Stream.runHead))

/** A stream of these, that arrive one by one. */
const parts = (...parts: ReadonlyArray<Generation.Part>) =>
  Effect.succeed(Stream.rechunk(Stream.fromIterable(parts), 1))

describe("outcome", () => {
  it.effect.each<readonly [string, Generator.Generator, Run, string, Attempt.Attempt["billed"]]>([
    ["a whole answer", Generator.fake(() => answer("Hello")), generate, "ok", "yes"],
    ["a stream read to its end", streaming(() => parts(delta("Hello"), finish())), fold, "ok", "yes"],
    ["a refused request", Generator.fake(() => refused), generate, "InvalidRequest", "no"],
    ["a refused stream", Generator.fake(() => refused), fold, "InvalidRequest", "no"],
    [
      "a failure that may be billed",
      Generator.fake(() => failing(new GenerateError.InvalidResponse({ detail: "HTML" }))),
      generate,
      "InvalidResponse",
      "maybe"
    ],
    [
      "an interrupted call",
      Generator.make({ generate: () => Effect.never, open: () => Effect.never }),
      generate,
      "interrupted",
      "maybe"
    ],
    [
      "an interrupted opening",
      Generator.make({ generate: () => Effect.never, open: () => Effect.never }),
      fold,
      "interrupted",
      "maybe"
    ],
    [
      "an interrupted stream",
      streaming(() => Effect.succeed(Stream.concat(Stream.make(delta("Once")), Stream.never))),
      fold,
      "interrupted",
      "maybe"
    ],
    [
      "a stream that its reader left",
      streaming(() => parts(delta("Once"), finish())),
      firstPart,
      "interrupted",
      "maybe"
    ],
    [
      "a stream that was never read",
      streaming(() => parts(finish())),
      (self, request) => Effect.scoped(self.open(request)),
      "interrupted",
      "maybe"
    ],
    [
      "a stream that broke",
      streaming(() => Effect.succeed(Stream.concat(Stream.make(delta("Once")), Stream.fail(cut)))),
      fold,
      "Partial",
      "maybe"
    ],
    [
      "a bug in a call",
      Generator.make({ generate: () => Effect.die("bug"), open: () => Effect.die("bug") }),
      generate,
      "defect",
      "maybe"
    ],
    [
      "a bug in an opening",
      Generator.make({ generate: () => Effect.die("bug"), open: () => Effect.die("bug") }),
      fold,
      "defect",
      "maybe"
    ],
    [
      "a bug in a stream",
      streaming(() => Effect.succeed(Stream.concat(Stream.make(delta("Once")), Stream.die("bug")))),
      fold,
      "defect",
      "maybe"
    ],
    [
      "a vendor that throws",
      Generator.make({
        generate: () => {
          throw new TypeError("bug")
        },
        open: () => Effect.never
      }),
      generate,
      "defect",
      "maybe"
    ],
    [
      "a vendor that throws at its opening",
      streaming(() => {
        throw new TypeError("bug")
      }),
      fold,
      "defect",
      "maybe"
    ]
  ])("%s is one attempt", ([, generator, run, outcome, billed]) =>
    Effect.gen(function*() {
      const attempt = yield* attemptOf(generator, run)
      assert.deepStrictEqual([attempt.outcome, attempt.billed], [outcome, billed])
      assert.deepStrictEqual([attempt.provider, attempt.model], ["acme", "ada"])
    }))

  it.effect("is the stream's own, whatever becomes of what its reader makes of it", () =>
    Effect.gen(function*() {
      const broken = streaming(() => Effect.succeed(Stream.concat(Stream.make(delta("Once")), Stream.fail(cut))))
      const forgiving = (self: Generator.Generator, request: Request.Request) =>
        Effect.scoped(Effect.flatMap(self.open(request), (stream) => Effect.ignore(Stream.runDrain(stream))))
      assert.strictEqual((yield* attemptOf(broken, forgiving)).outcome, "Partial")
    }))

  it.effect("isn't its reader's failure, which says nothing of the bill", () =>
    Effect.gen(function*() {
      for (const failure of ["the reader's own", refused]) {
        const failing = (self: Generator.Generator, request: Request.Request) =>
          Effect.scoped(
            Effect.flatMap(
              self.open(request),
              Stream.runForEach((): Effect.Effect<void, unknown> => Effect.fail(failure))
            )
          )
        const attempt = yield* attemptOf(streaming(() => parts(delta("Once"), finish())), failing)
        assert.deepStrictEqual([attempt.outcome, attempt.billed], ["interrupted", "maybe"])
      }
    }))

  it.effect("stays ok where the reader fails after the finish", () =>
    Effect.gen(function*() {
      const careless = (self: Generator.Generator, request: Request.Request) =>
        Effect.scoped(Effect.andThen(Effect.flatMap(self.open(request), Stream.runDrain), Effect.fail("later")))
      const attempt = yield* attemptOf(streaming(() => parts(delta("Hello"), finish())), careless)
      assert.strictEqual(attempt.outcome, "ok")
    }))
})

describe("order", () => {
  it.effect("is the order in which attempts were made", () =>
    Effect.gen(function*() {
      const request = yield* asking()
      const other = Generator.fake(() => answer("Hi", { provider: "other", model: "eve" }))
      const vendor = scripted(overloaded, failing(new GenerateError.QuotaExceeded({ detail: "no credit" })))
      const generator = vendor.generator.pipe(Generator.retry(RetryPolicy.make()), Generator.orElse(other))
      for (const run of [generate, fold]) {
        request.call.attempts.length = 0
        const fiber = yield* Effect.forkChild(run(generator, request))
        yield* TestClock.adjust("1 minute")
        yield* Fiber.join(fiber)
        assert.deepStrictEqual(
          request.call.attempts.map(({ model, outcome }) => [model, outcome]),
          [["ada", "Overloaded"], ["ada", "QuotaExceeded"], ["eve", "ok"]]
        )
      }
    }))

  it.effect("holds for a stream that broke while it was validated", () =>
    Effect.gen(function*() {
      const request = yield* asking()
      const broken = streaming(() => Effect.succeed(Stream.concat(Stream.make(delta("Once")), Stream.fail(cut))))
      const generator = broken.pipe(
        Generator.validate(() => true),
        Generator.orElse(Generator.fake(() => answer("Hi")), { when: () => true })
      )
      assert.strictEqual((yield* fold(generator, request)).text, "Hi")
      assert.deepStrictEqual(request.call.attempts.map(({ outcome }) => outcome), ["Partial", "ok"])
    }))
})

describe("time", () => {
  it.effect("is measured from the attempt's own beginning", () =>
    Effect.gen(function*() {
      yield* TestClock.adjust("1 hour")
      const slow = Generator.make({
        generate: () => Effect.delay(Effect.succeed(answer("Hi")), 250),
        open: () => Effect.never
      })
      const attempt = yield* attemptOf(slow, generate)
      assert.deepStrictEqual([attempt.startedAt, attempt.duration, attempt.firstToken], [3_600_000, 250, undefined])
    }))

  it.effect("knows when the first content of a stream came, and when the last", () =>
    Effect.gen(function*() {
      const slow = streaming(() =>
        Effect.delay(
          Effect.succeed(Stream.concat(
            Stream.make(delta("Hello")),
            Stream.fromEffect(Effect.delay(Effect.succeed(finish()), 300))
          )),
          200
        )
      )
      const attempt = yield* attemptOf(slow, fold)
      assert.deepStrictEqual([attempt.firstToken, attempt.duration], [200, 500])
    }))

  it.effect("counts no wait of the reader to the first content", () =>
    Effect.gen(function*() {
      const hesitant = (self: Generator.Generator, request: Request.Request) =>
        Effect.scoped(
          Effect.flatMap(self.open(request), (stream) => Effect.delay(Stream.runDrain(stream), "10 seconds"))
        )
      const prompt = streaming(() => Effect.delay(parts(delta("Hello"), finish()), 200))
      assert.strictEqual((yield* attemptOf(prompt, hesitant)).firstToken, 200)
    }))
})

describe("money", () => {
  const dear = Price.make({ rates: { input: 10_000_000, output: 20_000_000 } })
  const catalog = Catalog.bundled.pipe(
    Catalog.registerModel({ provider: "acme", model: "ada", inputCostPer1M: 1, outputCostPer1M: 2 }),
    Catalog.registerModel({ provider: "acme", model: "eve", inputCostPer1M: 10, outputCostPer1M: 20 })
  )
  const usage = Usage.make({ inputUncached: 1_000, outputText: 100 })

  it.effect("is priced by the model that the answer names", () =>
    Effect.gen(function*() {
      for (const [named, usd] of [["ada", 0.0012], ["eve", 0.012]] as const) {
        const attempt = yield* attemptOf(Generator.fake(() => answer("Hi", { usage, model: named })), generate, {
          catalog
        })
        assert.deepStrictEqual([attempt.model, attempt.cost?.usd, attempt.cost?.status], [named, usd, "measured"])
      }
    }))

  it.effect("is priced at the time of the attempt", () =>
    Effect.gen(function*() {
      const catalog = yield* Catalog.fromYaml(`
provider: acme
models:
  - id: ada
    prices:
      - { input: 1, output: 2 }
      - { from: 2026-01-01, input: 5, output: 2 }
`)
      const vendor = Generator.fake(() => answer("Hi", { usage: Usage.make({ inputUncached: 1_000_000 }) }))
      const model = Result.getOrThrow(Catalog.resolve(catalog, { model: "acme/ada" }))
      const before = yield* attemptOf(vendor, generate, { catalog }, { model })
      yield* TestClock.setTime(Date.parse("2026-01-01T00:00:00Z"))
      const after = yield* attemptOf(vendor, generate, { catalog }, { model })
      assert.deepStrictEqual([before.cost?.usd, after.cost?.usd], [1, 5])
    }))

  it.effect("is an estimate, with a warning, where the catalog doesn't list that model", () =>
    Effect.gen(function*() {
      const vendor = Generator.fake(() => answer("Hi", { usage, model: "ada-2099" }))
      const request = { ...yield* asking(), call: yield* Call.make({ catalog }) }
      for (const { cost, warnings } of [yield* vendor.generate(request), yield* fold(vendor, request)]) {
        assert.deepStrictEqual([cost.status, cost.usd], ["estimated", 0.0012])
        assert.lengthOf(warnings, 1)
        assert.include(warnings[0], "ada-2099")
      }
      assert.deepStrictEqual(request.call.attempts.map(({ cost, model }) => [model, cost?.status]), [
        ["ada-2099", "estimated"],
        ["ada-2099", "estimated"]
      ])
    }))

  it.effect("is priced by the request's model where there is no catalog", () =>
    Effect.gen(function*() {
      const model = Model.make({ provider: "acme", id: "ada", upstream: "ada-1", prices: [dear] })
      const attempt = (named: string) =>
        attemptOf(Generator.fake(() => answer("Hi", { usage, model: named })), generate, undefined, { model })
      assert.deepStrictEqual([(yield* attempt("ada-1")).cost?.usd, (yield* attempt("ada-1")).cost?.status], [
        0.012,
        "measured"
      ])
      assert.strictEqual((yield* attempt("ada-2")).cost?.status, "estimated")
    }))

  it.effect("is unknown, and no 0, where no price is known", () =>
    Effect.gen(function*() {
      const attempt = yield* attemptOf(Generator.fake(() => answer("Hi")), generate, undefined, {
        model: Model.unlisted("acme", "ada")
      })
      assert.deepStrictEqual([attempt.cost?.status, attempt.cost?.usd], ["unknown", undefined])
    }))

  it.effect("is estimated from the characters, and no 0, where the vendor reports no usage", () =>
    Effect.gen(function*() {
      const silent = { usage: Usage.missing }
      const vendor = streaming(() =>
        parts(Response.makePart("reasoning-delta", { id: "1", delta: "Hmm." }), delta("Hello, world"), finish(silent))
      )
      const called = yield* attemptOf(Generator.fake(() => answer("Hello, world", silent)), generate)
      const streamed = yield* attemptOf(vendor, fold)
      for (const [attempt, output] of [[called, 3], [streamed, 4]] as const) {
        assert.deepStrictEqual([attempt.usage?.state, attempt.usage?.outputTokens], ["estimated", output])
        assert.deepStrictEqual([attempt.cost?.status, attempt.cost?.picoUsd], [
          "estimated",
          (6 + output * 2) * 1_000_000
        ])
      }
    }))

  it.effect.prop(
    "is never 0 for an answer without usage, nor for one that was left in the middle",
    [Schema.NonEmptyString],
    ([text]) =>
      Effect.gen(function*() {
        const vendor = Generator.fake(() => answer(text, { usage: Usage.missing }))
        for (const run of [generate, fold]) {
          assert.isAbove((yield* attemptOf(vendor, run)).cost?.picoUsd ?? 0, 0)
        }
        const left = yield* attemptOf(streaming(() => parts(delta(text), finish())), (self, request) =>
          Effect.scoped(Effect.flatMap(self.open(request), (stream) => Stream.runHead(stream))))
        assert.deepStrictEqual([left.outcome, left.usage?.state], ["interrupted", "estimated"])
        assert.isAbove(left.cost?.picoUsd ?? 0, 0)
      }),
    { arbitrary: { runs: 20 } }
  )

  it.effect("is what the vendor metered, where it failed after it had", () =>
    Effect.gen(function*() {
      const metered = failing(new GenerateError.InvalidResponse({ detail: "no JSON" }), {
        usage,
        status: 200,
        requestId: "req_1"
      })
      const attempt = yield* attemptOf(Generator.fake(() => metered), generate)
      assert.deepStrictEqual(
        [attempt.billed, attempt.usage, attempt.cost?.usd, attempt.status, attempt.requestId],
        ["yes", usage, 0.0012, 200, "req_1"]
      )
    }))

  it.effect("is nothing for what was refused", () =>
    Effect.gen(function*() {
      const attempt = yield* attemptOf(Generator.fake(() => refused), generate)
      assert.deepStrictEqual([attempt.billed, attempt.usage, attempt.cost], ["no", undefined, undefined])
    }))

  it.effect("follows the tier that the answer names, and the currency of the call", () =>
    Effect.gen(function*() {
      const model = Model.make({
        provider: "acme",
        id: "ada",
        prices: [
          Price.make({
            rates: { input: 1_000_000, output: 2_000_000 },
            serviceTiers: { flex: [{ multiplier: 5_000 }] }
          })
        ]
      })
      const attempt = yield* attemptOf(
        Generator.fake(() => answer("Hi", { usage, serviceTier: "flex" })),
        generate,
        { currency: { code: "EUR", perUsd: 0.5 } },
        { model }
      )
      assert.deepStrictEqual([attempt.cost?.usd, attempt.cost?.local.currency, attempt.cost?.local.amount], [
        0.0006,
        "EUR",
        0.0003
      ])
    }))

  it.effect("tells what the vendor's prompt cache saved", () =>
    Effect.gen(function*() {
      const model = Model.make({
        provider: "acme",
        id: "ada",
        prices: [Price.make({ rates: { input: 1_000_000, output: 2_000_000, cachedRead: 100_000 } })]
      })
      const cached = Usage.make({ inputUncached: 10, cacheRead: 1_000, outputText: 5 })
      const generation = yield* Generator.fake(() => answer("Hi", { usage: cached })).generate({
        ...yield* asking(),
        model
      })
      assert.strictEqual(generation.saved.promptCache, 900_000_000)
      assert.strictEqual(generation.saved.picoUsd, 900_000_000)
    }))
})

describe("the answer", () => {
  it.effect("carries the cost of its attempt, called or streamed", () =>
    Effect.gen(function*() {
      for (const run of [generate, fold]) {
        const request = yield* asking({ model: ada })
        const { cost } = yield* run(Generator.fake(() => answer("Hi")), request)
        assert.deepStrictEqual(cost, request.call.attempts[0]?.cost)
        assert.strictEqual(cost.status, "measured")
      }
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Exit, Fiber, Layer, Result, Schema, type Scope, Stream } from "effect"
import { Tool } from "effect/ai"
import { TestClock } from "effect/testing"
import {
  Call,
  Catalog,
  GenerateError,
  Generation,
  Generator,
  Model,
  Request,
  ResponseCache,
  RetryPolicy
} from "loom-router"
import {
  ada,
  answer,
  asking,
  delta,
  failing,
  fold,
  overloaded,
  refused,
  scripted,
  seen,
  streaming
} from "./scripted.ts"

const reasons = {
  overloaded: new GenerateError.Overloaded({ detail: "busy", maybeBilled: false }),
  gateway: new GenerateError.Overloaded({ detail: "502", maybeBilled: true }),
  limited: new GenerateError.RateLimited({ detail: "slow down" }),
  keyless: new GenerateError.KeyMissing({ variable: "ACME_API_KEY" }),
  invalid: new GenerateError.InvalidRequest({ detail: "no" }),
  filtered: new GenerateError.ContentFiltered({ detail: "no" })
}

/** What a vendor does with every request. */
const Behaviour = Schema.Union([
  Schema.Struct({ text: Schema.String }),
  Schema.Struct({ fails: Schema.Literals(Object.keys(reasons) as Array<keyof typeof reasons>) })
])
const behaving = (behaviour: typeof Behaviour.Type, provider = "acme"): Generator.Generator =>
  Generator.fake(() =>
    "text" in behaviour ? answer(behaviour.text, { provider }) : failing(reasons[behaviour.fails], { provider })
  )

const whens = {
  default: undefined,
  always: () => true,
  never: () => false,
  limited: (error: GenerateError.GenerateError) => error.reason._tag === "RateLimited"
}
const When = Schema.Literals(Object.keys(whens) as Array<keyof typeof whens>)

const accepts = {
  all: () => true,
  none: () => false,
  short: (generation: Generation.Generation) => generation.text.length < 5
}

const stages: Record<string, (self: Generator.Generator) => Generator.Generator> = {
  retry: Generator.retry(RetryPolicy.make({ baseDelay: 0, budget: Infinity })),
  none: Generator.retry(RetryPolicy.none),
  short: Generator.validate(accepts.short),
  all: Generator.validate(accepts.all),
  timeout: Generator.timeout("1 minute"),
  coalesced: Generator.coalesced,
  other: Generator.orElse(Generator.fake(() => answer("other"))),
  renamed: Generator.mapRequest((request) => Effect.succeed({ ...request, native: { a: 1 } })),
  model: Generator.model(ada)
}
const Stages = Schema.Array(Schema.Literals(Object.keys(stages))).check(Schema.isMaxLength(4))

/** Both of a generator's methods, each with a request of its own, and the attempts they made. */
const both = (generator: Generator.Generator) =>
  Effect.gen(function*() {
    const called = yield* asking()
    const streamed = yield* asking()
    const outcomes = [yield* seen(generator.generate(called)), yield* seen(fold(generator, streamed))]
    const attempts = [called, streamed].map(({ call }) =>
      call.attempts.map(({ outcome, provider }) => [provider, outcome])
    )
    return { outcomes, attempts }
  })

const equal = (a: Generator.Generator, b: Generator.Generator) =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* both(a), yield* both(b))
  })

const few = { arbitrary: { runs: 40 } }

describe("laws", () => {
  it.effect.prop("retrying once is the identity", [Behaviour], ([behaviour]) => {
    const generator = behaving(behaviour)
    return equal(generator.pipe(Generator.retry(RetryPolicy.make({ maxAttempts: 1 }))), generator)
  }, few)

  it.effect.prop(
    "orElse is associative for one `when`",
    [Behaviour, Behaviour, Behaviour, When],
    ([first, second, third, when]) => {
      const [a, b, c] = [behaving(first, "a"), behaving(second, "b"), behaving(third, "c")]
      const options = { when: whens[when] }
      return equal(
        a.pipe(Generator.orElse(b, options), Generator.orElse(c, options)),
        a.pipe(Generator.orElse(b.pipe(Generator.orElse(c, options)), options))
      )
    },
    few
  )

  it.effect.prop(
    "a validator that fails equals a failed generator, for orElse",
    [Schema.String, Behaviour],
    ([text, behaviour]) => {
      const other = behaving(behaviour, "b")
      const rejected = failing(new GenerateError.Rejected({ detail: "the validator turned the answer down" }))
      return Effect.gen(function*() {
        const validated = yield* both(
          behaving({ text }).pipe(Generator.validate(accepts.none), Generator.orElse(other))
        )
        const failed = yield* both(Generator.fake(() => rejected).pipe(Generator.orElse(other)))
        assert.deepStrictEqual(validated.outcomes, failed.outcomes)
      })
    },
    few
  )

  it.effect.prop("coalescing twice is coalescing once", [Behaviour, Stages], ([behaviour, names]) => {
    const generator = names.reduce((self, name) => stages[name]!(self), behaving(behaviour))
    const once = Generator.coalesced(generator)
    return Effect.andThen(equal(once, Generator.coalesced(once)), equal(once, generator))
  }, few)

  it.effect.prop(
    "a cache never changes a successful answer",
    [Behaviour, Stages],
    ([behaviour, names]) =>
      Effect.gen(function*() {
        const cache = yield* ResponseCache.make({ ttl: "1 hour" })
        const generator = names.reduce((self, name) => stages[name]!(self), behaving(behaviour))
        const cached = Generator.cached(generator, cache)
        const { outcomes } = yield* both(generator)
        for (let n = 0; n < 2; n++) assert.deepStrictEqual((yield* both(cached)).outcomes, outcomes)
      }),
    few
  )

  it.effect.prop(
    "an opened stream folded equals generate, under any stages",
    [Behaviour, Stages],
    ([behaviour, names]) =>
      Effect.gen(function*() {
        const generator = names.reduce((self, name) => stages[name]!(self), behaving(behaviour))
        const { attempts, outcomes: [called, streamed] } = yield* both(generator)
        assert.deepStrictEqual(streamed, called)
        assert.deepStrictEqual(attempts[1], attempts[0])
      }),
    few
  )

  it.effect.prop(
    "the same effect run twice behaves twice the same",
    [Schema.Array(Behaviour).check(Schema.isMinLength(1), Schema.isMaxLength(4)), Stages],
    ([script, names]) =>
      Effect.gen(function*() {
        let step = 0
        const vendor = Generator.fake(() => {
          const behaviour = script[step++ % script.length]!
          return "text" in behaviour ? answer(behaviour.text) : failing(reasons[behaviour.fails])
        })
        const generator = names.reduce((self, name) => stages[name]!(self), vendor)
        // What a call may still try is less the second time.
        const request = { ...yield* asking(), call: yield* Call.make({ maxAttempts: Infinity }) }
        for (const effect of [seen(generator.generate(request)), seen(fold(generator, request))]) {
          const [first, second] = yield* Effect.replicateEffect(
            Effect.suspend(() => {
              step = 0
              const before = request.call.attempts.length
              return Effect.map(effect, (outcome) => [outcome, request.call.attempts.length - before])
            }),
            2
          )
          assert.deepStrictEqual(second, first)
        }
      }),
    few
  )

  it.effect("building an effect does nothing", () =>
    Effect.gen(function*() {
      let touched = 0
      const touch = <A>(value: A): A => {
        touched++
        return value
      }
      const vendor = streaming(() => touch(Effect.succeed(Stream.empty)))
      const generator = Generator.choose(() => touch(Effect.succeed(vendor))).pipe(
        Generator.mapRequest((request) => touch(Effect.succeed(request))),
        Generator.model("openai/gpt-4o-mini"),
        Generator.retry(RetryPolicy.make()),
        Generator.timeout("1 second"),
        Generator.orElse(Generator.fake(() => touch("Hi"))),
        Generator.validate(() => touch(true))
      )
      const request = yield* asking()
      const chosen = Generator.choose(() => touch(Effect.succeed(vendor)))
      const effects = [generator, chosen].flatMap((self) => [self.generate(request), self.open(request)])
      assert.isTrue(effects.every(Effect.isEffect))
      assert.strictEqual(touched, 0)
    }))
})

describe("dual forms", () => {
  const vendor = behaving({ text: "Hello" })
  const down = behaving({ fails: "overloaded" })
  const shout: Generator.Stage = (run) => (request) => run({ ...request, native: { loud: true } })
  const named = (request: Request.Request) => Effect.succeed({ ...request, native: { named: true } })

  it.effect.each<readonly [string, Generator.Generator, Generator.Generator]>([
    ["around", Generator.around(vendor, shout), vendor.pipe(Generator.around(shout))],
    ["mapRequest", Generator.mapRequest(vendor, named), vendor.pipe(Generator.mapRequest(named))],
    ["model", Generator.model(vendor, "openai/nope"), vendor.pipe(Generator.model("openai/nope"))],
    ["gate", Generator.gate(down, (_, attempt) => attempt), down.pipe(Generator.gate((_, attempt) => attempt))],
    ["retry", Generator.retry(down, RetryPolicy.none), down.pipe(Generator.retry(RetryPolicy.none))],
    ["orElse", Generator.orElse(down, vendor), down.pipe(Generator.orElse(vendor))],
    [
      "orElse with when",
      Generator.orElse(down, vendor, { when: whens.never }),
      down.pipe(Generator.orElse(vendor, { when: whens.never }))
    ],
    ["timeout", Generator.timeout(vendor, "1 second"), vendor.pipe(Generator.timeout("1 second"))],
    ["validate", Generator.validate(vendor, accepts.none), vendor.pipe(Generator.validate(accepts.none))]
  ])("%s means the same data-first and data-last", ([, first, last]) => equal(first, last))
})

describe("around", () => {
  it.effect("applies one stage to both methods", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const stage: Generator.Stage = (run) => (request) =>
        Effect.suspend(() => {
          log.push("before")
          return Effect.tap(run(request), () => Effect.sync(() => log.push("after")))
        })
      const generator = behaving({ text: "Hi" }).pipe(Generator.around(stage))
      yield* generator.generate(yield* asking())
      assert.deepStrictEqual(log, ["before", "after"])
      yield* fold(generator, yield* asking())
      assert.deepStrictEqual(log, ["before", "after", "before", "after"])
    }))
})

describe("retry", () => {
  const attempts = (generator: Generator.Generator, request: Request.Request, within = "1 minute" as const) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(Effect.exit(generator.generate(request)))
      yield* TestClock.adjust(within)
      return yield* Fiber.join(fiber)
    })

  it.effect("goes on until an answer comes", () =>
    Effect.gen(function*() {
      const request = yield* asking()
      const vendor = scripted(overloaded, overloaded, answer("Hi"))
      const exit = yield* attempts(vendor.generator.pipe(Generator.retry(RetryPolicy.make())), request)
      assert.isTrue(Exit.isSuccess(exit))
      assert.deepStrictEqual(request.call.attempts.map(({ outcome }) => outcome), ["Overloaded", "Overloaded", "ok"])
    }))

  it.effect("gives the last failure when attempts run out", () =>
    Effect.gen(function*() {
      const last = failing(new GenerateError.RateLimited({ detail: "slow down" }))
      const vendor = scripted(overloaded, overloaded, last)
      const exit = yield* attempts(vendor.generator.pipe(Generator.retry(RetryPolicy.make())), yield* asking())
      assert.deepStrictEqual(exit, Exit.fail(last))
      assert.strictEqual(vendor.calls(), 3)
    }))

  it.effect("asks once for what is wrong for good", () =>
    Effect.gen(function*() {
      const vendor = scripted(refused)
      yield* Effect.exit(vendor.generator.pipe(Generator.retry(RetryPolicy.make())).generate(yield* asking()))
      assert.strictEqual(vendor.calls(), 1)
    }))

  it.effect("stops where a failure turns out to be for good", () =>
    Effect.gen(function*() {
      const vendor = scripted(overloaded, refused, answer("Hi"))
      const exit = yield* attempts(vendor.generator.pipe(Generator.retry(RetryPolicy.make())), yield* asking())
      assert.deepStrictEqual(exit, Exit.fail(refused))
    }))

  it.effect("lets the caller's own policy go before the layer's", () =>
    Effect.gen(function*() {
      for (const [retry, calls] of [[RetryPolicy.none, 1], [RetryPolicy.make({ maxAttempts: 5 }), 5]] as const) {
        const vendor = scripted(overloaded)
        const request = Request.make({ ...yield* asking(), call: yield* Call.make({ retry }) })
        yield* attempts(vendor.generator.pipe(Generator.retry(RetryPolicy.make())), request)
        assert.strictEqual(vendor.calls(), calls)
      }
    }))

  it.effect("begins no wait that ends past the call's deadline", () =>
    Effect.gen(function*() {
      const vendor = scripted(overloaded)
      const request = Request.make({ ...yield* asking(), call: yield* Call.make({ timeout: 300 }) })
      const exit = yield* Effect.exit(vendor.generator.pipe(Generator.retry(RetryPolicy.make())).generate(request))
      assert.deepStrictEqual(exit, Exit.fail(overloaded))
      assert.strictEqual(vendor.calls(), 1)
    }))

  it.effect("makes an attempt no more than the call has left, whatever the policy says", () =>
    Effect.gen(function*() {
      for (const maxAttempts of [1, 2, 4]) {
        const vendor = scripted(overloaded)
        const request = { ...yield* asking(), call: yield* Call.make({ maxAttempts }) }
        yield* attempts(vendor.generator.pipe(Generator.retry(RetryPolicy.make({ maxAttempts: 9 }))), request)
        assert.strictEqual(vendor.calls(), maxAttempts)
      }
    }))

  it.effect.each(["generate", "open"] as const)(
    "%s: isn't multiplied by an outage",
    (method) =>
      Effect.gen(function*() {
        let [asked, isDown] = [0, true]
        const vendor = Generator.fake(({ model }) => {
          if (model.provider !== "acme") return overloaded
          asked++
          return isDown ? overloaded : answer("Hi")
        })
        const generator = vendor.pipe(Generator.retry(RetryPolicy.make({ budget: 20, baseDelay: 1, maxDelay: 1 })))
        const run = (count: number, model?: Model.Model) =>
          Effect.gen(function*() {
            const request = yield* asking(model === undefined ? undefined : { model })
            const before = asked
            const calls = Effect.flatMap(Call.make(), (own) =>
              Effect.exit(Effect.scoped<unknown, GenerateError.GenerateError, Scope.Scope>(
                generator[method]({ ...request, call: own })
              )))
            const fiber = yield* Effect.forkChild(Effect.replicateEffect(calls, count, { concurrency: "unbounded" }))
            yield* TestClock.adjust("1 second")
            yield* Fiber.join(fiber)
            return asked - before - count
          })
        assert.strictEqual(yield* run(10_000), 20)
        assert.strictEqual(yield* run(100), 0)
        isDown = false
        assert.strictEqual(yield* run(55), 0)
        isDown = true
        assert.strictEqual(yield* run(100), 5)
        const other = yield* asking({ model: Model.unlisted("zeta", "zoe") })
        yield* attempts(generator, other)
        assert.lengthOf(other.call.attempts, 3)
      })
  )

  it.effect("gives back what it took for an attempt that succeeded, and only that", () =>
    Effect.gen(function*() {
      const vendor = scripted(overloaded, overloaded, answer("Hi"))
      const generator = vendor.generator.pipe(Generator.retry(RetryPolicy.make({ budget: 5 })))
      const made: Array<number> = []
      for (let n = 0; n < 6; n++) {
        const request = yield* asking()
        yield* attempts(generator, request)
        made.push(request.call.attempts.length)
      }
      assert.deepStrictEqual(made, [3, 3, 3, 3, 2, 1])
    }))

  it.effect("takes nothing for an attempt whose time the vendor has named", () =>
    Effect.gen(function*() {
      const busy = failing(new GenerateError.RateLimited({ detail: "busy", retryAfter: Duration.zero }))
      const generator = Generator.fake(() => busy).pipe(Generator.retry(RetryPolicy.make({ budget: 1, baseDelay: 0 })))
      for (let n = 0; n < 5; n++) {
        const request = yield* asking()
        yield* attempts(generator, request)
        assert.lengthOf(request.call.attempts, 3)
      }
    }))

  it.effect("gives back by when it succeeds, not by when it was made", () =>
    Effect.gen(function*() {
      let isDown = false
      const vendor = Generator.fake(() => isDown ? overloaded : answer("Hi"))
      const generator = vendor.pipe(Generator.retry(RetryPolicy.make({ budget: 1, baseDelay: 0 })))
      const effect = generator.generate(yield* asking())
      const failed = yield* asking()
      isDown = true
      yield* attempts(generator, failed)
      assert.lengthOf(failed.call.attempts, 2)
      isDown = false
      yield* Effect.replicateEffect(effect, 10)
      isDown = true
      const again = yield* asking()
      yield* attempts(generator, again)
      assert.lengthOf(again.call.attempts, 2)
    }))

  it.effect("never repeats what broke after the commit point", () =>
    Effect.gen(function*() {
      let opened = 0
      const cut = failing(new GenerateError.Partial({ detail: "cut", text: "Once" }))
      const vendor = streaming(() =>
        Effect.sync(() => {
          opened++
          return Stream.concat(Stream.make(delta("Once")), Stream.fail(cut))
        })
      )
      const exit = yield* Effect.exit(fold(vendor.pipe(Generator.retry(RetryPolicy.make())), yield* asking()))
      assert.deepStrictEqual(exit, Exit.fail(cut))
      assert.strictEqual(opened, 1)
    }))
})

describe("open", () => {
  /** Fails to open until the last time, and logs what is held. */
  const holding = (log: Array<string>, outcomes: ReadonlyArray<"fails" | "hangs" | "opens">) => {
    let calls = 0
    return streaming(() =>
      Effect.suspend(() => {
        const n = ++calls
        return Effect.andThen(
          Effect.acquireRelease(
            Effect.sync(() => log.push(`hold ${n}`)),
            () => Effect.sync(() => log.push(`free ${n}`))
          ),
          Effect.suspend(() => {
            const outcome = outcomes[n - 1]
            return outcome === "fails"
              ? Effect.fail(overloaded)
              : outcome === "hangs"
              ? Effect.never
              : Effect.succeed(Stream.make<Array<Generation.Part>>(delta("Hi"), Generation.finish(answer("Hi"))))
          })
        )
      })
    )
  }
  const run = (generator: Generator.Generator) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(Effect.exit(fold(generator, yield* asking())))
      yield* TestClock.adjust("1 minute")
      return yield* Fiber.join(fiber)
    })

  it.effect("gives back what a failed attempt held before the next begins", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const exit = yield* run(
        holding(log, ["fails", "fails", "opens"]).pipe(Generator.retry(RetryPolicy.make({ baseDelay: "1 second" })))
      )
      assert.isTrue(Exit.isSuccess(exit))
      assert.deepStrictEqual(log, ["hold 1", "free 1", "hold 2", "free 2", "hold 3", "free 3"])
    }))

  it.effect("gives back what a timed out attempt held", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const vendor = holding(log, ["hangs", "opens"]).pipe(Generator.timeout("5 seconds"))
      assert.isTrue(Exit.isSuccess(yield* run(vendor.pipe(Generator.orElse(vendor)))))
      assert.deepStrictEqual(log, ["hold 1", "free 1", "hold 2", "free 2"])
    }))

  it.effect("gives back what a rejected answer held", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      let seenBefore = false
      const vendor = holding(log, ["opens", "opens"]).pipe(
        Generator.validate(() => {
          const accepted = seenBefore
          seenBefore = true
          return accepted
        })
      )
      assert.isTrue(Exit.isSuccess(yield* run(vendor.pipe(Generator.orElse(vendor)))))
      assert.deepStrictEqual(log, ["hold 1", "free 1", "hold 2", "free 2"])
    }))

  it.effect("holds until its reader's scope closes", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const request = yield* asking()
      yield* Effect.scoped(Effect.gen(function*() {
        const stream = yield* holding(log, ["opens"]).open(request)
        yield* Stream.runHead(stream)
        assert.deepStrictEqual(log, ["hold 1"])
      }))
      assert.deepStrictEqual(log, ["hold 1", "free 1"])
    }))
})

describe("orElse", () => {
  it.effect("asks the other only after failures that another may help with", () =>
    Effect.gen(function*() {
      for (
        const [fails, reached] of [["overloaded", true], ["keyless", true], ["invalid", false], [
          "filtered",
          false
        ]] as const
      ) {
        const other = scripted(answer("other"))
        yield* Effect.exit(behaving({ fails }).pipe(Generator.orElse(other.generator)).generate(yield* asking()))
        assert.strictEqual(other.calls() > 0, reached, fails)
      }
    }))

  it.effect("goes by `when` where there is one", () =>
    Effect.gen(function*() {
      const other = Generator.fake(() => answer("other"))
      const generator = behaving({ fails: "invalid" }).pipe(Generator.orElse(other, { when: whens.always }))
      assert.strictEqual((yield* generator.generate(yield* asking())).text, "other")
      assert.strictEqual((yield* fold(generator, yield* asking())).text, "other")
    }))

  it.effect("surfaces the last failure", () =>
    Effect.gen(function*() {
      const generator = behaving({ fails: "overloaded" }).pipe(Generator.orElse(behaving({ fails: "limited" }, "b")))
      const error = yield* Effect.flip(generator.generate(yield* asking()))
      assert.deepStrictEqual([error.provider, error.reason._tag], ["b", "RateLimited"])
    }))

  it.effect("leaves defects alone", () =>
    Effect.gen(function*() {
      const broken = streaming(() => Effect.die("bug")).pipe(
        Generator.orElse(Generator.fake(() => "Hi"), { when: whens.always })
      )
      assert.isTrue(Exit.hasDies(yield* Effect.exit(broken.generate(yield* asking()))))
      assert.isTrue(Exit.hasDies(yield* Effect.exit(fold(broken, yield* asking()))))
    }))
})

describe("timeout", () => {
  const never = Generator.make({ generate: () => Effect.never, open: () => Effect.never })

  it.effect.each(["generate", "open"] as const)(
    "gives an attempt up in %s, which may have been billed",
    (method) =>
      Effect.gen(function*() {
        const request = yield* asking()
        const fiber = yield* Effect.forkChild(
          Effect.flip(
            Effect.scoped<unknown, GenerateError.GenerateError, Scope.Scope>(
              never.pipe(Generator.timeout("5 seconds"))[method](request)
            )
          )
        )
        yield* TestClock.adjust(4_999)
        assert.isUndefined(fiber.pollUnsafe())
        yield* TestClock.adjust(1)
        const error = yield* Fiber.join(fiber)
        assert.include(error.reason, { _tag: "Timeout", phase: "attempt" })
        assert.include(error.why, "5s")
        assert.deepStrictEqual([error.provider, error.model, error.failover], ["acme", "ada", true])
        assert.deepStrictEqual(request.call.attempts.map(({ billed, duration }) => [billed, duration]), [[
          "maybe",
          5_000
        ]])
      })
  )

  it.effect("lets a stream run on that has begun in time", () =>
    Effect.gen(function*() {
      const slow = streaming(() =>
        Effect.succeed(Stream.concat(
          Stream.make(delta("Hi")),
          Stream.fromEffect(Effect.delay(Effect.succeed<Generation.Part>(Generation.finish(answer("Hi"))), "1 minute"))
        ))
      )
      const fiber = yield* Effect.forkChild(fold(slow.pipe(Generator.timeout("5 seconds")), yield* asking()))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(fiber)).text, "Hi")
    }))
})

describe("validate", () => {
  it.effect("of a stream that breaks lets another candidate help: nothing of it was shown", () =>
    Effect.gen(function*() {
      const cut = failing(new GenerateError.Partial({ detail: "cut", text: "Hel" }))
      const broken = streaming(() => Effect.succeed(Stream.concat(Stream.make(delta("Hel")), Stream.fail(cut))))
      const request = yield* asking()
      const validated = broken.pipe(Generator.validate(() => true))
      assert.strictEqual((yield* Effect.flip(fold(validated, request))).reason._tag, "InvalidResponse")
      const { text } = yield* fold(Generator.orElse(validated, Generator.fake(() => "Hello")), request)
      assert.strictEqual(text, "Hello")
    }))

  it.effect("takes an effect, and fails with the effect's own error", () =>
    Effect.gen(function*() {
      const vendor = behaving({ text: "Hi" })
      for (const accepted of [true, false]) {
        const { outcomes } = yield* both(vendor.pipe(Generator.validate(() => Effect.succeed(accepted))))
        const plain = yield* both(vendor.pipe(Generator.validate(() => accepted)))
        assert.deepStrictEqual(outcomes, plain.outcomes)
      }
      const failed = vendor.pipe(Generator.validate(() => Effect.fail(overloaded)))
      assert.strictEqual(yield* Effect.flip(failed.generate(yield* asking())), overloaded)
      assert.strictEqual(yield* Effect.flip(fold(failed, yield* asking())), overloaded)
    }))

  it.effect("keeps the rejected attempt, and what it cost", () =>
    Effect.gen(function*() {
      for (const method of [(g: Generator.Generator, r: Request.Request) => g.generate(r), fold]) {
        const request = yield* asking()
        const error = yield* Effect.flip(
          method(behaving({ text: "Hi" }).pipe(Generator.validate(accepts.none)), request)
        )
        assert.strictEqual(error.reason._tag, "Rejected")
        assert.deepStrictEqual(
          request.call.attempts.map(({ billed, cost, outcome }) => [outcome, billed, cost?.picoUsd]),
          [["ok", "yes", 3 * 1_000_000 + 2 * 2_000_000]]
        )
      }
    }))

  it.effect("names who gave the answer, whatever the request was made for", () =>
    Effect.gen(function*() {
      const pipeline = behaving({ text: "Hi" }).pipe(
        Generator.model("openai/gpt-4o-mini"),
        Generator.validate(accepts.none)
      )
      const { model, provider } = yield* Effect.flip(pipeline.generate(yield* Request.fromPrompt("Hi")))
      assert.deepStrictEqual([provider, model], ["acme", "ada"])
    }))

  it.effect("lets no part of a rejected stream be seen", () =>
    Effect.gen(function*() {
      const opened = yield* Effect.result(
        Effect.scoped(behaving({ text: "Hi" }).pipe(Generator.validate(accepts.none)).open(yield* asking()))
      )
      assert.isTrue(Result.isFailure(opened))
    }))

  it.effect("shows a stream that has no finish to nobody", () =>
    Effect.gen(function*() {
      const endless = streaming(() => Effect.succeed(Stream.make(delta("Once"))))
      const error = yield* Effect.flip(fold(endless.pipe(Generator.validate(accepts.all)), yield* asking()))
      assert.strictEqual(error.reason._tag, "Partial")
    }))
})

describe("model", () => {
  const asked = (model: Model.Model | string, options?: Parameters<typeof asking>[0]) =>
    Effect.flatMap(
      asking(options),
      (request) =>
        Generator.fake(({ model }) => `${model.provider}/${model.id}`).pipe(Generator.model(model)).generate(request)
    )

  it.effect("asks that model, whatever the request names", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* asked(Model.unlisted("acme", "eve"))).text, "acme/eve")
      assert.strictEqual((yield* asked("openai/gpt-4o-mini")).text, "openai/gpt-4o-mini")
    }))

  it.effect("finds ids in the catalog of the call", () =>
    Effect.gen(function*() {
      const catalog = Catalog.registerModel(Catalog.empty, { provider: "newco", model: "large" })
      const request = { ...yield* asking(), call: yield* Call.make({ catalog }) }
      const generator = Generator.fake(({ model }) => model.id).pipe(Generator.model("newco/large"))
      assert.strictEqual((yield* generator.generate(request)).text, "large")
      const error = yield* Effect.flip(generator.generate(yield* asking()))
      assert.strictEqual(error.reason._tag, "UnknownModel")
    }))

  it.effect("names the nearest ids where there is none", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(asked("openai/gpt-4o-mimi"))
      assert.strictEqual(error.model, "openai/gpt-4o-mimi")
      assert.strictEqual(error.reason._tag === "UnknownModel" ? error.reason.nearest[0] : error, "openai/gpt-4o-mini")
    }))

  it.effect("refuses what the model is known not to do, before anything is sent", () =>
    Effect.gen(function*() {
      const tools = [Tool.make("lookup", { parameters: Schema.Struct({ id: Schema.String }) })]
      const blunt = Model.make({ provider: "acme", id: "blunt", capabilities: { tools: false } })
      const error = yield* Effect.flip(asked(blunt, { tools }))
      assert.deepStrictEqual({ ...error.reason }, {
        ...new GenerateError.Unsupported({ feature: "tools", detail: "the model calls no tools" })
      })
      assert.strictEqual((yield* asked(ada, { tools })).text, "acme/ada")
    }))
})

describe("mapRequest", () => {
  it.effect("changes what is asked, or refuses it", () =>
    Effect.gen(function*() {
      const vendor = Generator.fake(({ params }) => `at ${params.temperature}`)
      const cooled = vendor.pipe(
        Generator.mapRequest((request) => Effect.succeed({ ...request, params: { temperature: 0.5 } }))
      )
      assert.strictEqual((yield* cooled.generate(yield* asking({ params: { temperature: 2 } }))).text, "at 0.5")
      const closed = scripted(answer("Hi"))
      const { outcomes } = yield* both(closed.generator.pipe(Generator.mapRequest(() => Effect.fail(refused))))
      assert.deepStrictEqual(outcomes, [yield* seen(Effect.fail(refused)), yield* seen(Effect.fail(refused))])
      assert.strictEqual(closed.calls(), 0)
    }))
})

describe("makePrepared", () => {
  const keyRefused = failing(new GenerateError.KeyRefused({ detail: "no" }))
  /** A vendor that takes one key; it is read from the first, and then from the others. */
  const locked = (keys: ReadonlyArray<string | GenerateError.GenerateError>, fits: string) => {
    let read = 0
    const seen: Array<string> = []
    const next = () => {
      const key = keys[Math.min(read++, keys.length - 1)]!
      return typeof key === "string" ? Effect.succeed(key) : Effect.fail(key)
    }
    const ask = (key: string) =>
      Effect.suspend(() => {
        seen.push(key)
        return key === fits ? Effect.succeed(answer("Hi")) : Effect.fail(keyRefused)
      })
    const generator = Generator.makePrepared({
      prepare: () => Effect.suspend(next),
      keyOf: (key) => key,
      again: (_, key, { reason }) =>
        reason._tag === "KeyRefused"
          ? Effect.map(Effect.suspend(next), (newer) => newer === key ? undefined : newer)
          : Effect.undefined,
      generate: (_, key) => ask(key),
      open: (_, key) => Effect.map(ask(key), (generation) => Stream.fromIterable(Generation.toParts(generation)))
    })
    return { generator, seen }
  }
  const methods = [(g: Generator.Generator, r: Request.Request) => g.generate(r), fold]

  it.effect("tries once more where what failed can be prepared anew", () =>
    Effect.gen(function*() {
      for (const method of methods) {
        const { generator, seen } = locked(["old", "new"], "new")
        const request = yield* asking()
        assert.strictEqual((yield* method(generator, request)).text, "Hi")
        assert.deepStrictEqual(seen, ["old", "new"])
        assert.deepStrictEqual(request.call.attempts.map(({ outcome }) => outcome), ["KeyRefused", "ok"])
      }
    }))

  it.effect("tries no third time, and not with the same", () =>
    Effect.gen(function*() {
      for (const method of methods) {
        for (const [keys, tried] of [[["old", "newer", "newest"], ["old", "newer"]], [["old"], ["old"]]] as const) {
          const { generator, seen } = locked(keys, "none")
          const retried = generator.pipe(Generator.retry(RetryPolicy.make({ retryMaybeBilled: true })))
          assert.strictEqual(yield* Effect.flip(method(retried, yield* asking())), keyRefused)
          assert.deepStrictEqual(seen, [...tried])
        }
      }
    }))

  it.effect("keeps the failure where nothing can be prepared, and where the call has no attempt left", () =>
    Effect.gen(function*() {
      for (const method of methods) {
        const gone = locked(["old", failing(reasons.keyless)], "none")
        assert.strictEqual(yield* Effect.flip(method(gone.generator, yield* asking())), keyRefused)
        const spent = locked(["old", "new"], "new")
        const request = { ...yield* asking(), call: yield* Call.make({ maxAttempts: 1 }) }
        assert.strictEqual(yield* Effect.flip(method(spent.generator, request)), keyRefused)
        assert.deepStrictEqual(spent.seen, ["old"])
      }
    }))

  it.effect("is no attempt where it can't be prepared", () =>
    Effect.gen(function*() {
      for (const method of methods) {
        const request = yield* asking()
        const { reason } = yield* Effect.flip(method(locked([failing(reasons.keyless)], "").generator, request))
        assert.strictEqual(reason._tag, "KeyMissing")
        assert.deepStrictEqual(request.call.attempts, [])
      }
    }))

  it.effect("shows gates what is asked, under which key, in their order, and how each attempt ended", () =>
    Effect.gen(function*() {
      for (const method of methods) {
        const log: Array<unknown> = []
        const told: Array<unknown> = []
        const gate = (name: string): Call.Gate => (subject, attempt) =>
          Effect.suspend(() => {
            const { heard, request, settled, ...target } = subject
            log.push([name, target])
            assert.strictEqual(request.model, ada)
            settled(({ outcome }) => told.push([name, target.key, outcome]))
            return Effect.onExit(attempt, (exit) => Effect.sync(() => log.push([name, exit._tag])))
          })
        const { generator } = locked(["old", "new"], "new")
        const gated = generator.pipe(Generator.gate(gate("inner")), Generator.gate(gate("outer")))
        yield* method(gated, yield* asking())
        const subject = (key: string) => ({ provider: "acme", model: "ada", key })
        const pass = (key: string, ended: string) => [
          ["outer", subject(key)],
          ["inner", subject(key)],
          ["inner", ended],
          ["outer", ended]
        ]
        assert.deepStrictEqual(log, [...pass("old", "Failure"), ...pass("new", "Success")])
        assert.deepStrictEqual(told, [
          ["outer", "old", "KeyRefused"],
          ["inner", "old", "KeyRefused"],
          ["outer", "new", "ok"],
          ["inner", "new", "ok"]
        ])
      }
    }))

  it.effect("lets gates hear the headers of answers, and asks for none where no gate stands", () =>
    Effect.gen(function*() {
      for (const method of methods) {
        const told: Array<unknown> = []
        const asked: Array<boolean> = []
        const tell = (heard: Generator.Heard | undefined) =>
          Effect.sync(() => {
            asked.push(heard !== undefined)
            heard?.(new Headers({ "x-left": "7" }))
            return answer("Hi")
          })
        const generator = Generator.makePrepared({
          prepare: () => Effect.void,
          generate: (_, __, heard) => tell(heard),
          open: (_, __, heard) =>
            Effect.map(tell(heard), (generation) => Stream.fromIterable(Generation.toParts(generation)))
        })
        const listening = (name: string): Call.Gate => (subject, attempt) =>
          Effect.suspend(() => {
            subject.heard((headers) => told.push([name, headers.get("X-Left")]))
            return attempt
          })
        yield* method(generator, yield* asking())
        yield* method(
          generator.pipe(Generator.gate(listening("inner")), Generator.gate(listening("outer"))),
          yield* asking()
        )
        assert.deepStrictEqual(asked, [false, true])
        assert.deepStrictEqual(told, [["outer", "7"], ["inner", "7"]])
      }
    }))
})

describe("choose", () => {
  it.effect("passes each request on to the one chosen for it", () =>
    Effect.gen(function*() {
      const generator = Generator.choose(({ params }) =>
        params.temperature === undefined
          ? Effect.fail(refused)
          : Effect.succeed(behaving({ text: `${params.temperature}` }))
      )
      const { outcomes } = yield* both(generator)
      assert.deepStrictEqual(outcomes[0], yield* seen(Effect.fail(refused)))
      assert.strictEqual((yield* generator.generate(yield* asking({ params: { temperature: 1 } }))).text, "1")
      assert.strictEqual((yield* fold(generator, yield* asking({ params: { temperature: 2 } }))).text, "2")
    }))

  it.effect("chooses anew each time its effect runs", () =>
    Effect.gen(function*() {
      let turn = 0
      const generator = Generator.choose(() => Effect.succeed(behaving({ text: `turn ${++turn}` })))
      const effect = generator.generate(yield* asking())
      assert.deepStrictEqual([(yield* effect).text, (yield* effect).text], ["turn 1", "turn 2"])
    }))
})

describe("fake", () => {
  it.effect("answers with a text, a Generation or an error", () =>
    Effect.gen(function*() {
      const text = yield* Generator.fake(() => "Hello").generate(yield* asking())
      assert.deepStrictEqual(
        [text.text, text.provider, text.model, text.usage.state, text.usage.outputTokens, text.finishReason],
        ["Hello", "acme", "ada", "estimated", 2, "stop"]
      )
      const whole = answer("Hello", { finishReason: "length", requestId: "req_1" })
      const given = yield* Generator.fake(() => whole).generate(yield* asking())
      assert.deepStrictEqual([given.finishReason, given.requestId], ["length", "req_1"])
      assert.strictEqual(yield* Effect.flip(Generator.fake(() => refused).generate(yield* asking())), refused)
    }))

  const object = { name: "person", schema: Schema.Struct({ born: Schema.DateFromString }) }

  it.effect("decodes a text where an object is asked for", () =>
    Effect.gen(function*() {
      const generator = Generator.fake(() => `{"born":"1815-12-10T00:00:00.000Z"}`)
      const request = yield* asking({ object })
      for (const { object } of [yield* generator.generate(request), yield* fold(generator, request)]) {
        assert.deepStrictEqual(object, { born: new Date("1815-12-10") })
      }
    }))

  it.effect("fails where its text is no such object", () =>
    Effect.gen(function*() {
      for (const text of ["Hello", "{}", `{"born":1815}`]) {
        const error = yield* Effect.flip(Generator.fake(() => text).generate(yield* asking({ object })))
        assert.strictEqual(error.reason._tag, "InvalidResponse", text)
      }
    }))

  it.effect("is there as a layer", () =>
    Effect.gen(function*() {
      const generator = yield* Generator.Generator
      assert.strictEqual((yield* generator.generate(yield* asking())).text, "Hello")
    }).pipe(Effect.provide(Generator.layerFake(() => "Hello"))))
})

describe("isGenerator", () => {
  it("tells generators from layers, records and nothing", () => {
    assert.isTrue(Generator.isGenerator(Generator.fake(() => "Hi")))
    for (
      const other of [
        Layer.empty,
        Context.empty(),
        {},
        { openai: Generator.fake(() => "Hi") },
        undefined,
        null,
        "open"
      ]
    ) {
      assert.isFalse(Generator.isGenerator(other))
    }
  })
})

import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Context, Deferred, Effect, Exit, Fiber, Layer, Schema, Stream } from "effect"
import { Prompt, Tool } from "effect/ai"
import { TestClock } from "effect/testing"
import {
  type CallRecord,
  Catalog,
  GenerateError,
  type GenerateOptions,
  Generation,
  Generator,
  Ledger,
  Limits,
  Loom,
  type Request,
  RetryPolicy
} from "loom-router"
import { execFileSync } from "node:child_process"
import { answer, delta, failing, overloaded, refused, scripted, streaming } from "./scripted.ts"

const asked = { provider: "openai", model: "gpt-4o-mini", prompt: "Say hello." } as const
const hello = Generator.fake(() => "Hello")

/** A catalog with one model of a provider `acme`, and nothing else. */
const acme = (model: Partial<Catalog.ModelOptions>) =>
  Catalog.registerModel(Catalog.empty, { provider: "acme", model: "ada", ...model })

const noEnvironment = ConfigProvider.layer(ConfigProvider.fromUnknown({}))

const collect = async <A>(parts: AsyncIterable<A>): Promise<Array<A>> => {
  const collected: Array<A> = []
  for await (const part of parts) collected.push(part)
  return collected
}

/** Records as they were when they were shown. */
const recording = () => {
  const records: Array<CallRecord.CallRecord> = []
  const onCall = (record: CallRecord.CallRecord) => {
    records.push({ ...record, attempts: record.attempts.slice() })
  }
  return { records, onCall }
}

const cut = failing(new GenerateError.Partial({ detail: "cut", text: "Once" }))
const finish = Generation.finish(answer("Hello"))
const hanging = Generator.make({ generate: () => Effect.never, open: () => Effect.never })
const dying = Generator.make({ generate: () => Effect.die("bug"), open: () => Effect.die("bug") })
const stalling = streaming(() =>
  Effect.succeed(Stream.concat(Stream.make(delta("Once "), delta("upon")), Stream.never))
)
const breaking = streaming(() => Effect.succeed(Stream.concat(Stream.make(delta("Once")), Stream.fail(cut))))
const unending = streaming(() => Effect.succeed(Stream.forever(Stream.make(delta("and ")))))

describe("CurrentLoom", () => {
  it("isn't built by importing, and once for all calls", () => {
    // The default engine sees the process end, to close what it holds.
    const program = `
      import { Effect, Stream } from "effect"
      import { Loom } from "loom-router"
      const built = () => process.listenerCount("beforeExit")
      const asked = { model: "openai/gpt-4o-mini", prompt: "Hello" }
      const imported = built()
      const error = await Effect.runPromise(Effect.flip(Loom.generate(asked)))
      await Effect.runPromise(Effect.flip(Stream.runDrain(Loom.stream(asked))))
      console.log(imported, built(), error.reason._tag)`
    const stdout = execFileSync(process.execPath, ["--conditions=loom-source", "--input-type=module", "-e", program], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"] }
    })
    assert.strictEqual(stdout, "0 1 KeyMissing\n")
  })
})

describe("a missing key", () => {
  it.effect("is an error that names the variable and the fix, before anything is sent", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Loom.generate(asked))
      const streamed = yield* Effect.flip(Stream.runDrain(Loom.stream(asked)))
      assert.include(error.reason, { _tag: "KeyMissing", variable: "OPENAI_API_KEY" })
      assert.include(error.fix, "set OPENAI_API_KEY")
      assert.strictEqual(streamed.message, error.message)
      assert.deepStrictEqual(error.attempts, [])
    }).pipe(
      Effect.provide(Layer.provide(Loom.layer(), noEnvironment))
    ))

  it.effect("names the variable that the catalog gives a provider", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Loom.generate({ model: "newco/large", prompt: "Hi" }))
      assert.include(error.fix, "NEWCO_API_KEY")
    }).pipe(
      Effect.provide(Layer.provide(
        Loom.layer({
          catalog: Catalog.bundled.pipe(
            Catalog.registerOpenAiCompatible({
              key: "newco",
              baseUrl: "https://api.newco.ai/v1",
              apiKeyEnv: "NEWCO_API_KEY"
            }),
            Catalog.registerModel({ provider: "newco", model: "large" })
          )
        }),
        noEnvironment
      ))
    ))
})

describe("layerTest", () => {
  it.effect("answers for every provider with one generator", () =>
    Effect.gen(function*() {
      const text = (model: `${string}/${string}`) =>
        Effect.map(Loom.generate({ model, prompt: "Hi" }), ({ text }) => text)
      assert.strictEqual(yield* text("openai/gpt-4o-mini"), "openai/gpt-4o-mini")
      assert.strictEqual(yield* text("anthropic/claude-haiku-4-5"), "anthropic/claude-haiku-4-5")
    }).pipe(Effect.provide(Loom.layerTest(Generator.fake(({ model }) => `${model.provider}/${model.id}`)))))

  it.effect("answers for the providers it names, and nothing answers for others", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Loom.generate(asked)).text, "Hello")
      const error = yield* Effect.flip(Loom.generate({ model: "anthropic/claude-haiku-4-5", prompt: "Hi" }))
      assert.include(error.reason, { _tag: "InvalidRequest", field: "provider" })
      assert.include(error.why, "anthropic")
      assert.lengthOf(error.attempts, 0)
    }).pipe(Effect.provide(Loom.layerTest({ openai: hello }))))

  it.effect("takes layers as well", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Loom.generate(asked)).text, "Hi!")
    }).pipe(Effect.provide(Loom.layerTest(Generator.layerFake(() => "Hi!")))))
})

describe("layer", () => {
  it.effect("replaces one provider, and leaves the rest", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Loom.generate(asked)).text, "Hello")
      const error = yield* Effect.flip(Loom.generate({ model: "newco/large", prompt: "Hi" }))
      assert.strictEqual(error.reason._tag, "KeyMissing")
    }).pipe(
      Effect.provide(Layer.provide(
        Loom.layer({
          providers: { openai: hello },
          catalog: Catalog.bundled.pipe(
            Catalog.registerOpenAiCompatible({
              key: "newco",
              baseUrl: "https://api.newco.ai/v1",
              apiKeyEnv: "NEWCO_API_KEY"
            }),
            Catalog.registerModel({ provider: "newco", model: "large" })
          )
        }),
        noEnvironment
      ))
    ))

  it.effect("tells how to make a provider speak that nothing speaks to", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Loom.generate({ model: "acme/ada", prompt: "Hi" }))
      assert.include(error.reason, { _tag: "InvalidRequest", field: "provider" })
      assert.include(error.why, "Loom.layer({ providers: { acme: … } })")
    }).pipe(Effect.provide(Loom.layer({ catalog: acme({}) }))))

  const Flavour = Context.Reference<string>("test/Flavour", { defaultValue: () => "plain" })
  const counted = () => {
    let built = 0
    let closed = 0
    const source = Layer.effect(
      Generator.Generator,
      Effect.acquireRelease(
        Effect.gen(function*() {
          built++
          yield* Effect.sleep("1 second")
          const flavour = yield* Flavour
          return Generator.fake(() => flavour)
        }),
        () => Effect.sync(() => closed++)
      )
    )
    return { source, built: () => built, closed: () => closed }
  }

  it.effect("builds a provider once, however many ask for it at first", () =>
    Effect.gen(function*() {
      const { built, closed, source } = counted()
      yield* Effect.gen(function*() {
        assert.strictEqual(built(), 0)
        const fiber = yield* Effect.forkChild(
          Effect.all(Array.from({ length: 20 }, () => Loom.generate(asked)), { concurrency: "unbounded" })
        )
        yield* TestClock.adjust("1 second")
        assert.lengthOf(yield* Fiber.join(fiber), 20)
        assert.deepStrictEqual([built(), closed()], [1, 0])
      }).pipe(Effect.provide(Loom.layer({ providers: { openai: source } })))
      assert.deepStrictEqual([built(), closed()], [1, 1])
    }))

  it.effect("goes on building a provider when the caller who asked first leaves", () =>
    Effect.gen(function*() {
      const first = yield* Effect.forkChild(Loom.generate(asked))
      yield* TestClock.adjust("500 millis")
      const second = yield* Effect.forkChild(Loom.generate(asked))
      yield* TestClock.adjust(1)
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(second)).text, "plain")
    }).pipe(Effect.provide(Loom.layer({ providers: { openai: counted().source } }))))

  it.effect("builds a provider with the layer's surroundings, not with those of who asks first", () =>
    Effect.gen(function*() {
      const call = Effect.map(Loom.generate(asked), ({ text }) => text)
      const fiber = yield* Effect.forkChild(Effect.provideService(call, Flavour, "the caller's"))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([yield* Fiber.join(fiber), yield* call], ["plain", "plain"])
    }).pipe(Effect.provide(Loom.layer({ providers: { openai: counted().source } }))))

  it.effect("is an engine of its own, each time it is made", () =>
    Effect.gen(function*() {
      const { built, source } = counted()
      const layers = [Loom.layer({ providers: { openai: source } }), Loom.layer({ providers: { openai: source } })]
      for (const layer of layers) {
        const fiber = yield* Effect.forkChild(Effect.provide(Loom.generate(asked), layer))
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(fiber)
      }
      assert.strictEqual(built(), 2)
    }))

  it.effect("repeats by its own policy, and by the caller's before it", () =>
    Effect.gen(function*() {
      const calls = (retry?: RetryPolicy.RetryPolicy) =>
        Effect.gen(function*() {
          const vendor = scripted(overloaded)
          const fiber = yield* Loom.generate({ ...asked, retry }).pipe(
            Effect.provide(Loom.layerTest(vendor.generator, { retry: RetryPolicy.make({ maxAttempts: 2 }) })),
            Effect.flip,
            Effect.forkChild
          )
          yield* TestClock.adjust("1 minute")
          return [vendor.calls(), (yield* Fiber.join(fiber)).attempts.length]
        })
      assert.deepStrictEqual(yield* calls(), [2, 2])
      assert.deepStrictEqual(yield* calls(RetryPolicy.none), [1, 1])
      assert.deepStrictEqual(yield* calls(RetryPolicy.make({ maxAttempts: 4 })), [4, 4])
    }))

  it.effect("gives costs in the currency it is told", () =>
    Effect.gen(function*() {
      const { cost } = yield* Loom.generate(asked)
      assert.strictEqual(cost.local.currency, "EUR")
      assert.strictEqual(cost.local.amount, cost.usd! / 2)
    }).pipe(Effect.provide(Loom.layerTest(hello, { currency: { code: "EUR", perUsd: 0.5 } }))))
})

describe("defaults", () => {
  const params = (options: Partial<GenerateOptions.Common>, defaults?: Request.Params) =>
    Effect.gen(function*() {
      const catalog = yield* Catalog.fromYaml(
        "provider: acme\nmodels: [{ id: ada, defaults: { temperature: 0.1, topP: 0.1, seed: 1 } }]"
      )
      let seen: Request.Params = {}
      const vendor = Generator.fake(({ params }) => {
        seen = params
        return "Hi"
      })
      yield* Effect.provide(
        Loom.generate({ model: "acme/ada", prompt: "Hi", ...options }),
        Loom.layerTest({ acme: vendor }, { catalog, defaults })
      )
      return seen
    })

  it.effect("of the model stand under the layer's, and those under the caller's", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* params({}), { temperature: 0.1, topP: 0.1, seed: 1 })
      assert.deepStrictEqual(
        yield* params({ temperature: 0.3, stop: ["."] }, { temperature: 0.2, topP: 0.2 }),
        { temperature: 0.3, topP: 0.2, seed: 1, stop: ["."] }
      )
    }))

  it.effect("aren't erased by an explicit undefined, of the caller or of the layer", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* params({ temperature: undefined, maxOutputTokens: undefined }, { temperature: 0.2, topP: undefined }),
        { temperature: 0.2, topP: 0.1, seed: 1 }
      )
    }))

  it.effect("that can't be sent are refused, by name", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(params({}, { temperature: NaN }))
      assert.deepInclude(error, { _tag: "GenerateError" })
      assert.deepInclude((error as GenerateError.GenerateError).reason, {
        _tag: "InvalidRequest",
        field: "defaults.temperature"
      })
    }))

  it.effect("yield to a caller's zero and false", () =>
    Effect.gen(function*() {
      const { parallelToolCalls, temperature } = yield* params(
        { temperature: 0, parallelToolCalls: false },
        { temperature: 1, parallelToolCalls: true }
      )
      assert.deepStrictEqual([temperature, parallelToolCalls], [0, false])
    }))
})

describe("what a model can't do", () => {
  const tools = [Tool.make("lookup", { parameters: Schema.Struct({ id: Schema.String }) })]
  const schema = Schema.Struct({ name: Schema.String })
  const image = Prompt.make([{
    role: "user",
    content: [{ type: "file", mediaType: "image/png", data: new Uint8Array([1]) }]
  }])
  const cases: ReadonlyArray<readonly [string, Partial<Catalog.ModelOptions>, object, object]> = [
    ["tools", { capabilities: { tools: false } }, { tools }, { _tag: "Unsupported", feature: "tools" }],
    ["vision", { capabilities: { vision: false } }, { prompt: image }, { _tag: "Unsupported", feature: "vision" }],
    ["reasoning", { capabilities: { reasoning: false } }, { reasoning: "low" }, {
      _tag: "Unsupported",
      feature: "reasoning"
    }],
    [
      "structuredOutput",
      { capabilities: { structuredOutput: false } },
      { schema },
      { _tag: "Unsupported", feature: "structuredOutput" }
    ],
    ["modality", { modality: "image" }, { modality: "text" }, { _tag: "Unsupported", feature: "modality" }],
    ["maxOutputTokens", { maxOutput: 10 }, { maxOutputTokens: 11 }, {
      _tag: "InvalidRequest",
      field: "maxOutputTokens"
    }]
  ]
  const ask = (model: Partial<Catalog.ModelOptions>, options: object) => {
    const vendor = scripted(answer("{\"name\":\"Ada\"}"))
    const call = { model: "acme/ada", prompt: "Hi", ...options } as Parameters<typeof Loom.generate>[0]
    return Effect.gen(function*() {
      const results = [
        yield* Effect.result(Loom.generate(call)),
        yield* Effect.result(Stream.runDrain(Loom.stream(call)))
      ]
      return { results, calls: vendor.calls() }
    }).pipe(Effect.provide(Loom.layerTest({ acme: vendor.generator }, { catalog: acme(model) })))
  }

  it.effect.each(cases)(
    "%s: is refused with its name, before the vendor is asked",
    ([, model, options, expected]) =>
      Effect.gen(function*() {
        const { calls, results } = yield* ask(model, options)
        assert.strictEqual(calls, 0)
        for (const result of results) {
          assert.include(result._tag === "Failure" ? result.failure.reason : result, expected)
          assert.deepStrictEqual(result._tag === "Failure" ? result.failure.attempts : result, [])
        }
      })
  )

  it.effect.each(cases.filter(([name]) => name !== "modality"))(
    "%s: is let through where it isn't known",
    ([, , options]) =>
      Effect.gen(function*() {
        const { calls, results } = yield* ask({}, options)
        assert.strictEqual(calls, 2)
        assert.deepStrictEqual(results.map(({ _tag }) => _tag), ["Success", "Success"])
      })
  )
})

describe("what isn't listed", () => {
  const nearest = (options: { readonly provider?: string; readonly model: string }) =>
    Loom.generate({ ...options, prompt: "Hi" }).pipe(
      Effect.flip,
      Effect.map(({ reason }) => reason._tag === "UnknownModel" ? reason.nearest : assert.fail(reason._tag)),
      Effect.provide(Loom.layerTest(hello))
    )

  it.effect("an unknown model tells the three nearest", () =>
    Effect.gen(function*() {
      const ids = yield* nearest({ provider: "openai", model: "gpt-4o-mimi" })
      assert.lengthOf(ids, 3)
      assert.strictEqual(ids[0], "openai/gpt-4o-mini")
    }))

  it.effect("so does a known model of an unknown provider", () =>
    Effect.gen(function*() {
      assert.include(yield* nearest({ provider: "opnai", model: "gpt-4o-mini" }), "openai/gpt-4o-mini")
      assert.include(yield* nearest({ model: "opnai/gpt-4o-mini" }), "openai/gpt-4o-mini")
    }))

  it.effect("nothing is suggested where nothing is similar", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* nearest({ provider: "zzzzzzzzzzzzzzz", model: "qqqqqqqqqqqqqqqqqqqqqqq" }), [])
    }))
})

describe("timeout", () => {
  const run = <A>(
    effect: Effect.Effect<A, GenerateError.GenerateError>,
    vendor: Generator.Generator,
    onCall?: Loom.Options["onCall"]
  ) =>
    Effect.gen(function*() {
      const fiber = yield* effect.pipe(
        Effect.flip,
        Effect.provide(Loom.layerTest(vendor, { onCall })),
        Effect.forkChild
      )
      yield* TestClock.adjust(4_999)
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust(1)
      return yield* Fiber.join(fiber)
    })
  const late = { ...asked, timeout: "5 seconds" } as const

  it.effect("ends a call at its deadline", () =>
    Effect.gen(function*() {
      const error = yield* run(Loom.generate(late), hanging)
      assert.include(error.reason, { _tag: "Timeout", phase: "deadline" })
      assert.include(error.why, "5s")
      assert.deepStrictEqual([error.provider, error.model], ["openai", "gpt-4o-mini"])
      assert.deepStrictEqual(error.attempts.map(({ billed, outcome }) => [outcome, billed]), [["interrupted", "maybe"]])
    }))

  it.effect("ends a stream that hasn't begun", () =>
    Effect.gen(function*() {
      const error = yield* run(Stream.runDrain(Loom.stream(late)), hanging)
      assert.include(error.reason, { _tag: "Timeout", phase: "deadline" })
      assert.deepStrictEqual(error.attempts.map(({ billed, outcome }) => [outcome, billed]), [["interrupted", "maybe"]])
    }))

  it.effect("ends a stream in the middle, with the text so far", () =>
    Effect.gen(function*() {
      const { onCall, records } = recording()
      const error = yield* run(Stream.runDrain(Loom.stream(late)), stalling, onCall)
      assert.include(error.reason, { _tag: "Partial", text: "Once upon" })
      assert.lengthOf(error.attempts, 1)
      assert.strictEqual(error.attempts[0]?.usage?.state, "estimated")
      assert.deepStrictEqual(records.map(({ attempts, outcome }) => [outcome, attempts.length]), [["Partial", 1]])
    }))

  it.effect("holds for all attempts together", () =>
    Effect.gen(function*() {
      const vendor = scripted(overloaded)
      const fiber = yield* Loom.generate({
        ...asked,
        timeout: "1 second",
        retry: RetryPolicy.make({ maxAttempts: 99 })
      }).pipe(
        Effect.flip,
        Effect.provide(Loom.layerTest(vendor.generator)),
        Effect.forkChild
      )
      yield* TestClock.adjust("1 second")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error.reason._tag, "Overloaded")
      assert.strictEqual(vendor.calls(), 2)
    }))

  it.effect("leaves alone what is done in time", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Loom.generate(late)).text, "Hello")
      const parts = yield* Stream.runCollect(Loom.stream(late))
      assert.strictEqual(parts.at(-1)?.type, "finish")
    }).pipe(Effect.provide(Loom.layerTest(hello))))

  it.effect("may be as long as one likes", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Loom.generate({ ...asked, timeout: Infinity })).text, "Hello")
      assert.lengthOf(yield* Stream.runCollect(Loom.stream({ ...asked, timeout: Infinity })), 4)
    }).pipe(Effect.provide(Loom.layerTest(hello))))
})

describe("onCall", () => {
  const calling = Loom.generate(asked)
  const reading = Stream.runDrain(Loom.stream(asked))
  const leaving = Stream.runHead(Loom.stream(asked))

  it.effect.each<
    readonly [
      string,
      Generator.Generator,
      Effect.Effect<unknown, unknown>,
      outcome: string,
      attempts: ReadonlyArray<string>
    ]
  >([
    ["an answer", hello, calling, "ok", ["ok"]],
    ["a stream read to its end", hello, reading, "ok", ["ok"]],
    ["a failure", Generator.fake(() => refused), calling, "InvalidRequest", ["InvalidRequest"]],
    ["a stream that fails to open", Generator.fake(() => refused), reading, "InvalidRequest", ["InvalidRequest"]],
    ["a stream that breaks", breaking, reading, "Partial", ["Partial"]],
    ["an interrupted call", hanging, calling, "interrupted", ["interrupted"]],
    ["an interrupted stream", hanging, reading, "interrupted", ["interrupted"]],
    ["a stream interrupted in the middle", stalling, reading, "interrupted", ["interrupted"]],
    ["a stream that its reader leaves", unending, leaving, "interrupted", ["interrupted"]],
    [
      "a stream whose reader fails",
      unending,
      Stream.runDrain(Stream.mapEffect(Loom.stream(asked), () => Effect.fail("the reader's own"))),
      "interrupted",
      ["interrupted"]
    ],
    [
      "a stream whose reader fails by another call",
      unending,
      Stream.runDrain(Stream.mapEffect(Loom.stream(asked), () => Effect.fail(refused))),
      "interrupted",
      ["interrupted"]
    ],
    ["a bug", dying, calling, "defect", ["defect"]],
    ["a bug in a stream", dying, reading, "defect", ["defect"]],
    [
      "options that can't be read",
      hello,
      Loom.generate({ ...asked, temperature: NaN }),
      "InvalidRequest",
      []
    ],
    [
      "options of a stream that can't be read",
      hello,
      Stream.runDrain(Loom.stream({ ...asked, temperature: NaN })),
      "InvalidRequest",
      []
    ],
    ["an unknown model", hello, Loom.generate({ ...asked, model: "gpt-0" }), "UnknownModel", []]
  ])("sees %s once, with its attempts", ([, vendor, run, outcome, attempts]) =>
    Effect.gen(function*() {
      const { onCall, records } = recording()
      const fiber = yield* Effect.forkChild(
        Effect.exit(Effect.provide(run, Loom.layerTest(vendor, { onCall, retry: RetryPolicy.none })))
      )
      yield* TestClock.adjust("1 hour")
      yield* Fiber.interrupt(fiber)
      assert.lengthOf(records, 1)
      assert.strictEqual(records[0]?.outcome, outcome)
      assert.deepStrictEqual(records[0]?.attempts.map(({ outcome }) => outcome), attempts)
    }))

  it.effect("sees each run of the same effect, as a call of its own", () =>
    Effect.gen(function*() {
      const { onCall, records } = recording()
      const run = Loom.generate({ ...asked, tags: { tenant: "t1" } }).pipe(
        Effect.provide(Loom.layerTest(hello, { onCall }))
      )
      yield* run
      yield* run
      assert.deepStrictEqual(records.map(({ tags }) => tags), [{ tenant: "t1" }, { tenant: "t1" }])
      assert.strictEqual(new Set(records.map(({ id }) => id)).size, 2)
    }))

  it.effect("sees a stream when it ends, not when what follows it does", () =>
    Effect.gen(function*() {
      const { onCall, records } = recording()
      const next = Stream.fromEffect(Effect.sync(() => records.map(({ outcome }) => outcome)))
      const last = Stream.runLast(Stream.concat(Loom.stream(asked), next))
      const seen = yield* Effect.flatMap(Effect.provide(last, Loom.layerTest(hello, { onCall })), Effect.fromOption)
      assert.deepStrictEqual(seen, ["ok"])
    }))

  it.effect("changes nothing by throwing", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Loom.generate(asked)).text, "Hello")
      assert.lengthOf(yield* Stream.runCollect(Loom.stream(asked)), 4)
    }).pipe(Effect.provide(Loom.layerTest(hello, {
      onCall: () => {
        throw new Error("the caller's bug")
      }
    }))))
})

describe("an async onCall", () => {
  it("may reject, and nothing comes of it", async () => {
    const unhandled: Array<unknown> = []
    const listen = (reason: unknown) => unhandled.push(reason)
    process.on("unhandledRejection", listen)
    const onCall = async () => {
      throw new Error("the caller's bug")
    }
    await using client = Loom.client({ providers: { openai: hello }, onCall })
    assert.strictEqual((await client.generate(asked)).text, "Hello")
    await new Promise((resolve) => setImmediate(resolve))
    process.off("unhandledRejection", listen)
    assert.deepStrictEqual(unhandled, [])
  })
})

describe("what comes with an answer", () => {
  const slow = Generator.make({
    generate: () => Effect.delay(Effect.succeed(answer("Hello")), 200),
    open: () =>
      Effect.delay(
        Effect.succeed(
          Stream.concat(Stream.make(delta("Hello")), Stream.fromEffect(Effect.delay(Effect.succeed(finish), 100)))
        ),
        200
      )
  })
  const timed = <A, E>(effect: Effect.Effect<A, E>, vendor = slow) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(Effect.provide(effect, Loom.layerTest(vendor)))
      yield* TestClock.adjust("1 minute")
      return yield* Fiber.join(fiber)
    })

  it.effect("attempts and timing of a call", () =>
    Effect.gen(function*() {
      const { attempts, timing } = yield* timed(Loom.generate(asked))
      assert.deepStrictEqual(attempts.map(({ duration, outcome }) => [outcome, duration]), [["ok", 200]])
      assert.deepStrictEqual(timing, { total: 200, firstToken: undefined, overhead: 0 })
    }))

  it.effect("attempts and timing of a stream, on its finish", () =>
    Effect.gen(function*() {
      const parts = yield* timed(Stream.runCollect(Loom.stream(asked)))
      const last = parts.at(-1)
      assert.deepStrictEqual(parts.filter(({ type }) => type === "finish"), [last])
      if (last?.type !== "finish") return assert.fail("no finish")
      assert.deepStrictEqual(last.timing, { total: 300, firstToken: 200, overhead: 0 })
      assert.deepStrictEqual(last.attempts.map(({ duration, outcome }) => [outcome, duration]), [["ok", 300]])
      assert.deepStrictEqual(last.cost, last.attempts[0]?.cost)
    }))

  it.effect("the failed attempts before it, whose waits aren't overhead but Loom's are", () =>
    Effect.gen(function*() {
      let calls = 0
      const vendor = Generator.make({
        generate: () =>
          Effect.delay(
            Effect.suspend(() =>
              calls++ === 0
                ? Effect.fail(failing(new GenerateError.RateLimited({ detail: "slow" })))
                : Effect.succeed(answer("Hi"))
            ),
            100
          ),
        open: () => Effect.never
      })
      const { attempts, timing } = yield* timed(
        Loom.generate({ ...asked, retry: RetryPolicy.make({ baseDelay: "1 second" }) }),
        vendor
      )
      assert.deepStrictEqual(attempts.map(({ outcome }) => outcome), ["RateLimited", "ok"])
      assert.strictEqual(Math.round(timing.total - timing.overhead), 200)
      assert.isAtLeast(timing.overhead, 800)
    }))

  it.effect("the attempts of a failure, seen wherever it is caught", () =>
    Effect.gen(function*() {
      const outcomes = (error: GenerateError.GenerateError) => error.attempts.map(({ outcome }) => outcome)
      const called = yield* timed(
        Effect.flip(Loom.generate({ ...asked, retry: RetryPolicy.none })),
        scripted(overloaded).generator
      )
      assert.deepStrictEqual(outcomes(called), ["Overloaded"])
      const streamed = yield* timed(Effect.flip(Stream.runDrain(Loom.stream(asked))), breaking)
      assert.deepStrictEqual(outcomes(streamed), ["Partial"])
      const caught = Loom.stream(asked).pipe(Stream.catch((error) => Stream.succeed(outcomes(error))), Stream.runLast)
      assert.deepStrictEqual(yield* timed(Effect.flatMap(caught, Effect.fromOption), breaking), ["Partial"])
    }))
})

describe("generateObject", () => {
  const Person = Schema.Struct({ name: Schema.String, born: Schema.DateFromString })

  it.effect("gives the decoded value", () =>
    Effect.gen(function*() {
      const { object, text } = yield* Loom.generateObject({ ...asked, schema: Person })
      assert.deepStrictEqual(object, { name: "Ada", born: new Date("1815-12-10") })
      assert.include(text, "1815-12-10T")
    }).pipe(Effect.provide(Loom.layerTest(Generator.fake(() => `{"name":"Ada","born":"1815-12-10T00:00:00.000Z"}`)))))

  it.effect("fails where the answer doesn't fit", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Loom.generateObject({ ...asked, schema: Person }))
      assert.strictEqual(error.reason._tag, "InvalidResponse")
    }).pipe(Effect.provide(Loom.layerTest(Generator.fake(() => `{"name":"Ada"}`)))))

  it.effect("tells the vendor the name, `object` by default", () =>
    Effect.gen(function*() {
      yield* Loom.generateObject({ ...asked, schema: Schema.Struct({}) })
      const error = yield* Effect.flip(Loom.generateObject({ ...asked, schema: Person, schemaName: "person" }))
      assert.strictEqual(error.reason._tag, "InvalidResponse")
    }).pipe(Effect.provide(Loom.layerTest(Generator.fake(({ object }) => `{"name":"${object?.name}"}`)))))
})

describe("client", () => {
  const clientOf = (openai: Generator.Generator | Layer.Layer<Generator.Generator>) =>
    Loom.client({ providers: { openai } })
  /** A vendor that never ends, and says when it was asked and when it was let go. */
  const watched = () => {
    const asked = Deferred.makeUnsafe<void>()
    const released = Deferred.makeUnsafe<void>()
    const held = Effect.acquireRelease(Deferred.succeed(asked, undefined), () => Deferred.succeed(released, undefined))
    return {
      asked: Effect.runPromise(Deferred.await(asked)),
      released: Effect.runPromise(Deferred.await(released)),
      vendor: Generator.make({
        generate: () => Effect.scoped(Effect.andThen(held, Effect.never)),
        open: () => Effect.as(held, Stream.forever(Stream.make(delta("and "))))
      })
    }
  }

  it("answers with promises", async () => {
    const client = clientOf(hello)
    assert.strictEqual((await client.generate(asked)).text, "Hello")
    const { object } = await clientOf(Generator.fake(() => `{"a":1}`)).generateObject({
      ...asked,
      schema: Schema.Struct({ a: Schema.Finite })
    })
    assert.strictEqual(object.a, 1)
    await client.close()
  })

  it("rejects with the error itself", async () => {
    await using client = clientOf(Generator.fake(() => refused))
    const error = await client.generate(asked).catch((error: unknown) => error)
    assert.isTrue(GenerateError.isGenerateError(error))
    assert.include((error as Error).message, "change `temperature`")
    const streamed = await collect(client.stream(asked)).catch((error: unknown) => error)
    assert.isTrue(GenerateError.isGenerateError(streamed))
  })

  it("streams to `for await`, the finish last", async () => {
    await using client = clientOf(hello)
    const types: Array<string> = []
    for await (const part of client.stream(asked)) types.push(part.type)
    assert.deepStrictEqual(types, ["text-start", "text-delta", "text-end", "finish"])
  })

  it("can iterate one stream twice: two calls", async () => {
    const vendor = scripted(answer("one"), answer("two"))
    await using client = clientOf(vendor.generator)
    const stream = client.stream(asked)
    assert.strictEqual(vendor.calls(), 0)
    for (const expected of ["one", "two"]) {
      assert.strictEqual(Generation.fromParts(await collect(stream))?.text, expected)
    }
  })

  it("stops the vendor on `break`", async () => {
    const { released, vendor } = watched()
    await using client = clientOf(vendor)
    for await (const part of client.stream(asked)) {
      assert.strictEqual(part.type, "text-delta")
      break
    }
    await released
  })

  it("stops the vendor when its signal aborts", async () => {
    const { asked: begun, released, vendor } = watched()
    await using client = clientOf(vendor)
    const controller = new AbortController()
    const answered = client.generate(asked, { signal: controller.signal }).then(() => "answered", () => "rejected")
    await begun
    controller.abort()
    await released
    assert.strictEqual(await answered, "rejected")
  })

  it("asks nothing when its signal was aborted before", async () => {
    const vendor = scripted(answer("Hi"))
    await using client = clientOf(vendor.generator)
    const answered = client.generate(asked, { signal: AbortSignal.abort() }).then(() => "answered", () => "rejected")
    assert.strictEqual(await answered, "rejected")
    assert.strictEqual(vendor.calls(), 0)
  })

  it("gives back what it holds, on close and at the end of `await using`", async () => {
    let held = 0
    const source = Layer.effect(
      Generator.Generator,
      Effect.acquireRelease(Effect.sync(() => (held++, hello)), () => Effect.sync(() => held--))
    )
    const client = clientOf(source)
    await client.generate(asked)
    assert.strictEqual(held, 1)
    await client.close()
    assert.strictEqual(held, 0)
    {
      await using scoped = clientOf(source)
      await scoped.generate(asked)
      assert.strictEqual(held, 1)
    }
    assert.strictEqual(held, 0)
  })

  it("holds nothing until it is used, and may be closed twice", async () => {
    const client = clientOf(hello)
    await client.close()
    await client.close()
  })
})

describe("interruption", () => {
  it.effect("reaches the vendor", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const vendor = Generator.make({
        generate: () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => log.push("call"))),
        open: () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => log.push("stream")))
      })
      for (const run of [Loom.generate(asked), Stream.runDrain(Loom.stream(asked))]) {
        const fiber = yield* Effect.forkChild(Effect.provide(run, Loom.layerTest(vendor)))
        yield* TestClock.adjust(1)
        yield* Fiber.interrupt(fiber)
        assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      }
      assert.deepStrictEqual(log, ["call", "stream"])
    }))
})

describe("what stands before a vendor", () => {
  const catalog = ["acme", "zeta"].reduce(
    (catalog, provider) => Catalog.registerModel(catalog, { provider, model: "one" }),
    Catalog.empty
  )
  const call = { model: "acme/one", prompt: "Say hello." } as const
  const down = { acme: scripted(overloaded).generator, zeta: scripted(overloaded).generator }
  type LayerOptions = Parameters<typeof Loom.layerTest>[1]

  /** So many of the same calls, all at once or one after the other, each on the same engine. */
  const asks = (
    vendor: Generator.Generator,
    calls: ReadonlyArray<Parameters<typeof Loom.generate>[0]>,
    layer?: LayerOptions,
    concurrency: number | "unbounded" = 1
  ) =>
    Effect.gen(function*() {
      const run = Effect.forEach(calls, (call) => Effect.result(Loom.generate(call)), { concurrency })
      const fiber = yield* Effect.forkChild(
        Effect.provide(run, Loom.layerTest({ acme: vendor, zeta: hello }, { catalog, ...layer }))
      )
      yield* TestClock.adjust("1 hour")
      return yield* Fiber.join(fiber)
    })
  const slow = (text = "Hi") => {
    let asked = 0
    const vendor = Generator.make({
      generate: () => Effect.delay(Effect.sync(() => (asked++, answer(text))), 10),
      open: () => Effect.never
    })
    return { vendor, asked: () => asked }
  }

  it.effect("`cache` is off, on by the layer or the call, and off again by the call", () =>
    Effect.gen(function*() {
      const asked = (layer?: LayerOptions, options?: object) =>
        Effect.gen(function*() {
          const vendor = scripted(answer("Hi"))
          yield* asks(vendor.generator, [{ ...call, ...options }, { ...call, ...options }], layer)
          return vendor.calls()
        })
      const on = { cache: { ttl: "1 hour" } } as const
      assert.strictEqual(yield* asked(), 2)
      assert.strictEqual(yield* asked(on), 1)
      assert.strictEqual(yield* asked({}, on), 1)
      assert.strictEqual(yield* asked(on, { cache: false }), 2)
      assert.strictEqual(yield* asked(on, { cache: { refresh: true } }), 2)
    }))

  it.effect("`cache.scope` keeps tenants apart, `cache.ttl` of a call goes before the layer's", () =>
    Effect.gen(function*() {
      const vendor = scripted(answer("Hi"))
      const scoped = (scope: string) => ({ ...call, cache: { scope } })
      yield* asks(vendor.generator, [scoped("a"), scoped("b"), scoped("a")], { cache: { ttl: "1 hour" } })
      assert.strictEqual(vendor.calls(), 2)
      const [brief, long] = [scripted(answer("Hi")), scripted(answer("Hi"))]
      for (const [vendor, ttl] of [[brief, "1 minute"], [long, "3 hours"]] as const) {
        const once = Loom.generate({ ...call, cache: { ttl } })
        const fiber = yield* Effect.forkChild(
          Effect.provide(
            Effect.andThen(Effect.andThen(once, Effect.sleep("2 hours")), once),
            Loom.layerTest({ acme: vendor.generator }, { catalog, cache: { ttl: "2 hours" } })
          )
        )
        yield* TestClock.adjust("1 day")
        yield* Fiber.join(fiber)
      }
      assert.deepStrictEqual([brief.calls(), long.calls()], [2, 1])
    }))

  it.effect("`coalesce` is on, off by the layer, and either by the call", () =>
    Effect.gen(function*() {
      const asked = (layer?: LayerOptions, options?: object) =>
        Effect.gen(function*() {
          const { asked, vendor } = slow()
          const results = yield* asks(
            vendor,
            Array.from({ length: 5 }, () => ({ ...call, ...options })),
            layer,
            "unbounded"
          )
          assert.isTrue(results.every(({ _tag }) => _tag === "Success"))
          return asked()
        })
      assert.strictEqual(yield* asked(), 1)
      assert.strictEqual(yield* asked({ coalesce: false }), 5)
      assert.strictEqual(yield* asked({}, { coalesce: false }), 5)
      assert.strictEqual(yield* asked({ coalesce: false }, { coalesce: true }), 1)
    }))

  it.effect("`failover` is off, on by the layer, and either by the call", () =>
    Effect.gen(function*() {
      const text = (layer?: LayerOptions, options?: object) =>
        Effect.map(
          asks(Generator.fake(() => refusedKey), [{ ...call, ...options }], layer),
          ([result]) => result?._tag === "Success" ? result.success.text : result?.failure.reason._tag
        )
      const refusedKey = failing(new GenerateError.KeyRefused({ detail: "no" }))
      const on = { failover: ["zeta/one"] }
      assert.strictEqual(yield* text(), "KeyRefused")
      assert.strictEqual(yield* text(on), "Hello")
      assert.strictEqual(yield* text({}, on), "Hello")
      assert.strictEqual(yield* text(on, { failover: false }), "KeyRefused")
      assert.strictEqual(yield* text(on, { failover: [] }), "KeyRefused")
      const tiers = Catalog.registerEquivalents(catalog, "text.house", ["acme/one", "zeta/one"])
      assert.strictEqual(yield* text({ catalog: tiers, failover: true }), "Hello")
      assert.strictEqual(yield* text({ catalog: tiers, failover: true }, { failover: "same-model" }), "KeyRefused")
      assert.strictEqual(yield* text({ catalog: tiers }, { failover: true }), "Hello")
    }))

  it.effect("`maxAttempts` is 9, or the layer's, or the call's", () =>
    Effect.gen(function*() {
      const attempts = (layer?: LayerOptions, options?: object) =>
        Effect.map(
          asks(down.acme, [{ ...call, ...options }], {
            retry: RetryPolicy.make({ maxAttempts: 20 }),
            ...layer,
            health: false
          }),
          ([result]) => result?._tag === "Failure" ? result.failure.attempts.length : assert.fail("no failure")
        )
      assert.strictEqual(yield* attempts(), 9)
      assert.strictEqual(yield* attempts({ maxAttempts: 4 }), 4)
      assert.strictEqual(yield* attempts({ maxAttempts: 4 }, { maxAttempts: 2 }), 2)
      assert.strictEqual(yield* attempts({}, { maxAttempts: 12 }), 12)
    }))

  it.effect("`retry` of a stand-in goes before the call's, which goes before the layer's", () =>
    Effect.gen(function*() {
      const attempts = (standIn: object, options?: object) =>
        Effect.gen(function*() {
          const fiber = yield* Loom.generate({ ...call, failover: [{ model: "zeta/one", ...standIn }], ...options })
            .pipe(
              Effect.flip,
              Effect.provide(Loom.layerTest(down, { catalog, retry: RetryPolicy.make({ maxAttempts: 2 }) })),
              Effect.forkChild
            )
          yield* TestClock.adjust("1 hour")
          const error = yield* Fiber.join(fiber)
          return [0, 1].map((number) => error.attempts.filter(({ candidate }) => candidate === number).length)
        })
      assert.deepStrictEqual(yield* attempts({}), [2, 2])
      assert.deepStrictEqual(yield* attempts({ retry: RetryPolicy.none }), [2, 1])
      assert.deepStrictEqual(yield* attempts({}, { retry: RetryPolicy.make({ maxAttempts: 3 }) }), [3, 3])
      assert.deepStrictEqual(yield* attempts({ retry: RetryPolicy.none }, { retry: RetryPolicy.make() }), [3, 1])
    }))

  it.effect("`retry.budget` of the layer holds for all its calls, for each provider on its own", () =>
    Effect.gen(function*() {
      const vendor = scripted(overloaded)
      const calls = Array.from({ length: 500 }, (_, n) => ({ ...call, prompt: `call ${n}` }))
      const layer = { retry: RetryPolicy.make({ budget: 7 }), health: false } as const
      yield* asks(vendor.generator, calls, layer, "unbounded")
      assert.strictEqual(vendor.calls(), 507)
    }))

  it.effect("`health` leaves a failing vendor alone, as its options say, or never", () =>
    Effect.gen(function*() {
      const asked = (health?: Loom.Options["health"]) =>
        Effect.gen(function*() {
          const vendor = scripted(overloaded)
          const calls = Array.from({ length: 9 }, () => call)
          const results = yield* asks(vendor.generator, calls, { retry: RetryPolicy.none, health })
          const last = results.at(-1)
          return [vendor.calls(), last?._tag === "Failure" && last.failure.reason._tag]
        })
      const seen: Array<string> = []
      const onTransition = ({ to }: { readonly to: string }) => void seen.push(to)
      assert.deepStrictEqual(yield* asked(), [5, "CircuitOpen"])
      assert.deepStrictEqual(yield* asked({ failures: 3, onTransition }), [3, "CircuitOpen"])
      assert.deepStrictEqual(seen, ["open"])
      assert.deepStrictEqual(yield* asked(false), [9, "Overloaded"])
    }))

  it.effect("an open circuit leads on, and isn't asked", () =>
    Effect.gen(function*() {
      const vendor = scripted(overloaded)
      const layer = { retry: RetryPolicy.none, health: { failures: 1 }, failover: ["zeta/one"] }
      const results = yield* asks(vendor.generator, [call, call, call], layer)
      assert.strictEqual(vendor.calls(), 1)
      const outcomes = results.map((result) =>
        result._tag === "Success" ? result.success.router?.tried.map(({ outcome }) => outcome) : []
      )
      assert.deepStrictEqual(outcomes, [["Overloaded", "ok"], ["CircuitOpen", "ok"], ["CircuitOpen", "ok"]])
    }))

  it.effect("`limits` hold calls back; what comes too late leads on, unsent, and isn't repeated", () =>
    Effect.gen(function*() {
      const { onCall, records } = recording()
      const vendor = scripted(answer("Hi"))
      const asked = (limits?: Loom.Options["limits"]) =>
        asks(vendor.generator, ["a", "b", "c"].map((prompt) => ({ model: call.model, prompt })), {
          limits,
          onCall,
          failover: ["zeta/one"]
        })
      yield* asked({ acme: { requestsPerMinute: 2, maxWait: "20 seconds" } })
      assert.strictEqual(vendor.calls(), 2)
      const last = records.at(-1)
      assert.deepStrictEqual([last?.provider, last?.attempts.length, last?.timing.total], ["zeta", 1, 0])
      yield* asked({ "*": { requestsPerMinute: 2 } })
      assert.strictEqual(vendor.calls(), 5)
      assert.deepStrictEqual(records.at(-1)?.timing, { total: 30_000, firstToken: undefined, overhead: 30_000 })
      yield* asked(false)
      yield* asked()
      assert.strictEqual(vendor.calls(), 11)
    }))

  it.effect("a circuit that is open gives the turn back", () =>
    Effect.gen(function*() {
      const vendor = scripted(overloaded)
      const layer = {
        retry: RetryPolicy.none,
        health: { failures: 2 },
        limits: { acme: { requestsPerMinute: 3, maxWait: 0 } }
      }
      const results = yield* asks(vendor.generator, Array.from({ length: 6 }, () => call), layer)
      assert.strictEqual(vendor.calls(), 2)
      assert.deepStrictEqual(
        results.map((result) => result._tag === "Failure" && result.failure.reason._tag),
        ["Overloaded", "Overloaded", "CircuitOpen", "CircuitOpen", "CircuitOpen", "CircuitOpen"]
      )
    }))

  it.effect("limits of a layer beneath are shared by engines", () =>
    Effect.gen(function*() {
      const vendor = scripted(answer("Hi"))
      const limits = yield* Limits.make({ "*": { requestsPerMinute: 1, maxWait: 0 } })
      const engine = Loom.layerTest({ acme: vendor.generator }, { catalog })
      const ask = Effect.exit(Effect.provide(Loom.generate(call), engine))
      const exits = yield* Effect.all([ask, ask]).pipe(Effect.provideService(Limits.CurrentLimits, limits))
      assert.deepStrictEqual(exits.map(GenerateError.outcomeOf), ["ok", "RateLimited"])
      assert.deepStrictEqual((yield* limits.headroom).map(({ remaining }) => remaining), [0])
    }))

  it.effect("a layer's option that can't be is told to every call, by name", () =>
    Effect.gen(function*() {
      for (
        const [layer, field] of [
          [{ failover: ["zeta/one", "zeta/two"] }, "failover[1]"],
          [{ failover: [{ model: "zeta/one", params: { temperature: -1 } }] }, "failover[0].params.temperature"],
          [{ maxAttempts: 0 }, "maxAttempts"],
          [{ retry: RetryPolicy.make({ maxAttempts: 0 }) }, "retry.maxAttempts"]
        ] as const
      ) {
        const vendor = scripted(answer("Hi"))
        const [result] = yield* asks(vendor.generator, [call], layer)
        assert.deepInclude(result?._tag === "Failure" ? result.failure.reason : result, {
          _tag: "InvalidRequest",
          field
        })
        assert.strictEqual(vendor.calls(), 0)
      }
    }))

  it.effect("one deadline holds over candidates: who is asked last is told too", () =>
    Effect.gen(function*() {
      const { onCall, records } = recording()
      const layer = Loom.layerTest({ acme: down.acme, zeta: hanging }, {
        catalog,
        retry: RetryPolicy.none,
        failover: ["zeta/one"],
        onCall
      })
      for (
        const run of [Loom.generate, (asked: Parameters<typeof Loom.stream>[0]) => Stream.runDrain(Loom.stream(asked))]
      ) {
        const fiber = yield* Effect.forkChild(
          Effect.flip(Effect.provide(run({ ...call, timeout: "5 seconds" }), layer))
        )
        yield* TestClock.adjust("5 seconds")
        const error = yield* Fiber.join(fiber)
        assert.include(error.reason, { _tag: "Timeout", phase: "deadline" })
        assert.deepStrictEqual(error.tried.map(({ model, outcome }) => [model, outcome]), [
          ["acme/one", "Overloaded"],
          ["zeta/one", "interrupted"]
        ])
        assert.deepStrictEqual(error.attempts.map(({ candidate, outcome }) => [candidate, outcome]), [
          [0, "Overloaded"],
          [1, "interrupted"]
        ])
      }
      assert.deepStrictEqual(records.map(({ attempts }) => attempts.length), [2, 2])
    }))
})

describe("all of it composed", () => {
  const catalog = ["acme", "zeta"].reduce(
    (catalog, provider) => Catalog.registerModel(catalog, { provider, model: "one" }),
    Catalog.empty
  )
  const outcomes = {
    ok: answer("Hello"),
    overloaded,
    gateway: failing(new GenerateError.Overloaded({ detail: "502", maybeBilled: true })),
    limited: failing(new GenerateError.RateLimited({ detail: "slow" })),
    keyless: failing(new GenerateError.KeyMissing({ variable: "K" })),
    refused,
    filtered: failing(new GenerateError.ContentFiltered({ detail: "no" }))
  }
  const Script = Schema.Array(Schema.Literals(Object.keys(outcomes) as Array<keyof typeof outcomes>)).check(
    Schema.isMinLength(1),
    Schema.isMaxLength(4)
  )
  const Options = Schema.Struct({
    cache: Schema.Boolean,
    coalesce: Schema.Boolean,
    failover: Schema.Boolean,
    maxAttempts: Schema.Literals([1, 2, 9]),
    health: Schema.Boolean
  })
  type Run<A> = (
    script: typeof Script.Type,
    options: typeof Options.Type,
    body: Effect.Effect<A>
  ) => Effect.Effect<readonly [A, ReadonlyArray<CallRecord.CallRecord>]>
  const world: Run<unknown> = (script, options, body) =>
    Effect.gen(function*() {
      const { onCall, records } = recording()
      const fiber = yield* Effect.forkChild(Effect.provide(
        body,
        Loom.layerTest(
          { acme: scripted(...script.map((name) => outcomes[name])).generator, zeta: hello },
          {
            catalog,
            onCall,
            cache: options.cache ? { ttl: "1 hour" } : undefined,
            coalesce: options.coalesce,
            failover: options.failover ? ["zeta/one"] : false,
            maxAttempts: options.maxAttempts,
            health: options.health ? { failures: 2 } : false
          }
        )
      ))
      yield* TestClock.adjust("10 minutes")
      return [yield* Fiber.join(fiber), records]
    })
  const call = { model: "acme/one", prompt: "Say hello." } as const
  const called = Effect.match(Loom.generate(call), {
    onFailure: ({ attempts, provider, reason, tried }) => [provider, reason._tag, attempts.length, tried.length],
    onSuccess: ({ attempts, cache, content, finishReason, router, usage }) => [
      content,
      finishReason,
      usage,
      cache,
      attempts.length,
      router?.used
    ]
  })
  const streamed = Effect.match(
    Effect.flatMap(
      Effect.map(Stream.runCollect(Loom.stream(call)), (parts) => Generation.fromParts(parts)),
      (generation) => generation === undefined ? Effect.die("no finish") : Effect.succeed(generation)
    ),
    {
      onFailure: ({ attempts, provider, reason, tried }) => [provider, reason._tag, attempts.length, tried.length],
      onSuccess: ({ attempts, cache, content, finishReason, router, usage }) => [
        content,
        finishReason,
        usage,
        cache,
        attempts.length,
        router?.used
      ]
    }
  )
  const few = { arbitrary: { runs: 40 } }

  it.effect.prop(
    "an opened stream folded equals generate",
    [Script, Options],
    ([script, options]) =>
      Effect.gen(function*() {
        const [one] = yield* world(script, options, called)
        const [other] = yield* world(script, options, streamed)
        assert.deepStrictEqual(other, one)
      }),
    few
  )

  it.effect.prop(
    "the same effect run twice behaves twice the same",
    [Script, Options],
    ([script, options]) =>
      Effect.gen(function*() {
        for (const effect of [called, streamed]) {
          const run = world(script, options, effect)
          assert.deepStrictEqual((yield* run)[0], (yield* run)[0])
        }
      }),
    few
  )

  it.effect.prop(
    "one record for each call, with its attempts; no more of them than allowed, each for its candidate",
    [Script, Options],
    ([script, options]) =>
      Effect.gen(function*() {
        const [, records] = yield* world(script, options, Effect.replicateEffect(called, 3))
        assert.lengthOf(records, 3)
        for (const { attempts, cache, outcome } of records) {
          assert.isAtMost(attempts.length, options.maxAttempts)
          if (outcome === "ok" && cache === "miss") assert.strictEqual(attempts.at(-1)?.outcome, "ok")
          for (const { candidate, provider } of attempts) {
            assert.strictEqual(candidate, provider === "acme" ? 0 : 1)
          }
        }
      }),
    few
  )

  it.effect.prop(
    "the cache never changes a successful answer",
    [Script, Options],
    ([script, options]) =>
      Effect.gen(function*() {
        const text = Effect.match(Loom.generate(call), { onFailure: () => undefined, onSuccess: ({ text }) => text })
        const [texts] = yield* world(script, { ...options, cache: true }, Effect.replicateEffect(text, 4))
        for (const one of texts as Array<string | undefined>) assert.include(["Hello", undefined], one)
      }),
    few
  )
})

describe("keys that tags pick", () => {
  it.effect("keep the calls of one tenant from being answered with another's", () =>
    Effect.gen(function*() {
      const waiting: Array<string> = []
      const slow = Generator.make({
        generate: ({ call }) =>
          Effect.andThen(
            Effect.sync(() => waiting.push(call.account)),
            Effect.delay(Effect.succeed(answer("Hi")), "1 second")
          ),
        open: () => Effect.die("not asked")
      })
      // By a tag of the call or of the region that it is in.
      const ask = (tenant: string) =>
        Effect.map(
          tenant === "a"
            ? Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Hi", tags: { tenant } })
            : Ledger.tag(Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Hi" }), { tenant }),
          ({ cache }) => cache
        )
      const secrets = { keys: { OPENAI_API_KEY: { tag: "tenant", names: { a: "KEY_A", b: "KEY_B" } } } }
      const fiber = yield* Effect.forkChild(Effect.provide(
        Effect.forEach(["a", "b", "a"], ask, { concurrency: "unbounded" }),
        Loom.layerTest(slow, { secrets })
      ))
      while (waiting.length < 2) yield* Effect.promise(() => new Promise((resume) => setImmediate(resume)))
      yield* TestClock.adjust("1 second")
      const told = yield* Fiber.join(fiber)
      assert.deepStrictEqual(told, ["miss", "miss", "coalesced"])
      assert.deepStrictEqual(waiting.toSorted(), ["[\"a\"]", "[\"b\"]"])
    }))
})

describe("a layer's cache, health and limits", () => {
  const wrong: ReadonlyArray<readonly [field: string, options: object]> = [
    ["cache.ttl", { cache: { ttl: "soon" } }],
    ["cache.capacity", { cache: { capacity: Number.NaN } }],
    ["cache.sqlite", { cache: { ttl: "1 hour", sqlite: "yes" } }],
    ["cache.tll", { cache: { tll: "1 hour" } }],
    ["health.failures", { health: { failures: 0 } }],
    ["health.openFor", { health: { openFor: -1 } }],
    ["health", { health: true }],
    ["limits.openai.requestsPerMinute", { limits: { openai: { requestsPerMinute: 0 } } }],
    ["limits.openai.concurrency", { limits: { openai: { concurrency: 1.5 } } }],
    ["limits.openai/gpt-4o.maxWait", { limits: { "openai/gpt-4o": { maxWait: -1 } } }],
    ["limits.*.rpm", { limits: { "*": { rpm: 5 } } }],
    ["limits.opnai", { limits: { opnai: { concurrency: 5 } } }],
    ["limits", { limits: 5 }]
  ]
  it.effect.each(wrong)("%s is told where it is wrong, by every call", ([field, options]) =>
    Effect.gen(function*() {
      const layer = Loom.layerTest(Generator.fake(() => "Hi"), options)
      const { reason } = yield* Effect.flip(
        Effect.provide(Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Hi" }), layer)
      )
      assert.strictEqual(reason._tag, "InvalidRequest")
      assert.strictEqual(reason._tag === "InvalidRequest" ? reason.field : undefined, field)
    }))
})

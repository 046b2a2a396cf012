import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import {
  Attempt,
  Call,
  type CallRecord,
  Catalog,
  Cost,
  GenerateError,
  type GenerateOptions,
  Generation,
  Generator,
  Ledger,
  Loom,
  Model,
  Request,
  RetryPolicy,
  Router,
  Usage
} from "loom-router"
import { answer, asking, delta, failing, overloaded, refused, seen as answered } from "./scripted.ts"

/** Candidates by name; what they do; and which of them became requests. */
const plan = (
  outcomes: readonly [string | GenerateError.GenerateError, ...ReadonlyArray<string | GenerateError.GenerateError>],
  goOn?: (error: GenerateError.GenerateError) => boolean
) => {
  const requested: Array<string> = []
  const asked: Array<string> = []
  const candidate = (index: number): Router.Candidate => ({
    name: `acme/m${index}`,
    request: Effect.suspend(() => {
      requested.push(`m${index}`)
      return asking({ model: Model.unlisted("acme", `m${index}`) })
    })
  })
  const generator = Generator.fake(({ model }) => {
    asked.push(model.id)
    const outcome = outcomes[Number(model.id.slice(1))]!
    return typeof outcome === "string" ? answer(outcome, { model: model.id }) : outcome
  })
  const first = candidate(0)
  const rest = outcomes.slice(1).map((_, index) => candidate(index + 1))
  const run = Router.firstOf({ candidates: [first, ...rest], goOn })
  return {
    requested,
    asked,
    called: run(generator.generate),
    streamed: Effect.scoped(Effect.flatMap(run(generator.open), Stream.runCollect)).pipe(
      Effect.map((parts) => Generation.fromParts(parts)!)
    )
  }
}

describe("firstOf", () => {
  it.effect.each(["called", "streamed"] as const)(
    "%s: answers with the first that succeeds, and reaches no further",
    (method) =>
      Effect.gen(function*() {
        const { [method]: run, asked, requested } = plan([overloaded, "Hello", "Never asked"])
        assert.strictEqual((yield* run).text, "Hello")
        assert.deepStrictEqual(asked, ["m0", "m1"])
        assert.deepStrictEqual(requested, ["m0", "m1"])
      })
  )

  it.effect.each(["called", "streamed"] as const)(
    "%s: stops at a failure that another vendor can't help with",
    (method) =>
      Effect.gen(function*() {
        const { [method]: run, asked } = plan([refused, "Never asked"])
        assert.strictEqual(yield* Effect.flip(run), refused)
        assert.deepStrictEqual(asked, ["m0"])
      })
  )

  it.effect.each(["called", "streamed"] as const)("%s: goes on as `goOn` says", (method) =>
    Effect.gen(function*() {
      const { [method]: always } = plan([refused, "Hello"], () => true)
      assert.strictEqual((yield* always).text, "Hello")
      const { [method]: never } = plan([overloaded, "Hello"], () => false)
      assert.strictEqual(yield* Effect.flip(never), overloaded)
    }))

  it.effect.each(["called", "streamed"] as const)("%s: surfaces the last failure", (method) =>
    Effect.gen(function*() {
      const last = failing(new GenerateError.QuotaExceeded({ detail: "no credit" }))
      const { [method]: run } = plan([overloaded, overloaded, last])
      assert.strictEqual(yield* Effect.flip(run), last)
    }))

  it.effect("leaves a candidate that can't become a request, if the failure lets it", () =>
    Effect.gen(function*() {
      const keyless = failing(new GenerateError.KeyMissing({ variable: "ACME_API_KEY" }))
      const there: Router.Candidate = { name: "acme/there", request: asking() }
      const run = (error: GenerateError.GenerateError) =>
        Router.firstOf({ candidates: [{ name: "acme/gone", request: Effect.fail(error) }, there] })(
          Generator.fake(() => "Hello").generate
        )
      assert.strictEqual((yield* run(keyless)).text, "Hello")
      assert.strictEqual(yield* Effect.flip(run(refused)), refused)
    }))

  it.effect("goes no further once a stream has been opened", () =>
    Effect.gen(function*() {
      const cut = failing(new GenerateError.Partial({ detail: "cut", text: "Once" }))
      let opened = 0
      const open = (_: Request.Request) =>
        Effect.sync(() => {
          opened++
          return Stream.concat(Stream.make(delta("Once")), Stream.fail(cut))
        })
      const candidate = { name: "acme/ada", request: asking() }
      const run = Router.firstOf({ candidates: [candidate, candidate], goOn: () => true })
      assert.strictEqual(yield* Effect.flip(Effect.flatMap(run(open), Stream.runCollect)), cut)
      assert.strictEqual(opened, 1)
    }))

  it.effect.prop(
    "asks in order, up to and with the first that succeeds",
    [Schema.Array(Schema.Boolean).check(Schema.isMinLength(1), Schema.isMaxLength(8))],
    ([[first = true, ...rest]]) =>
      Effect.gen(function*() {
        const outcome = (succeeds: boolean) => succeeds ? "Hello" : overloaded
        const { asked, called, requested, streamed } = plan([outcome(first), ...rest.map(outcome)])
        const reached = [first, ...rest].indexOf(true)
        const expected = [first, ...rest].slice(0, reached === -1 ? undefined : reached + 1).map((_, index) =>
          `m${index}`
        )
        yield* Effect.exit(called)
        assert.deepStrictEqual([asked, requested], [expected, expected])
        yield* Effect.exit(streamed)
        assert.deepStrictEqual([asked, requested], [[...expected, ...expected], [...expected, ...expected]])
      }),
    { arbitrary: { runs: 30 } }
  )

  it.effect("walks a thousand candidates", () =>
    Effect.gen(function*() {
      const { called } = plan([overloaded, ...Array.from({ length: 1_000 }, () => overloaded), "Hello"])
      assert.strictEqual((yield* called).text, "Hello")
    }))
})

describe("what a plan tells its call", () => {
  /** Each candidate does one thing: fails, answers, or `hangs`. */
  const told = (
    outcomes: ReadonlyArray<GenerateError.GenerateError | string>,
    options?: { readonly maxAttempts?: number; readonly timeout?: number; readonly goOn?: () => boolean }
  ) =>
    Effect.gen(function*() {
      const call = yield* Call.make(options)
      const [first = assert.fail(), ...rest] = outcomes.map((outcome, index): Router.Candidate => ({
        name: `acme/m${index}`,
        goOn: options?.goOn,
        request: typeof outcome !== "string" && outcome.reason._tag === "Unsupported"
          ? Effect.fail(outcome)
          : Effect.map(asking({ model: Model.unlisted("acme", `m${index}`) }), (request) => ({ ...request, call })),
        warnings: () => [`m${index}`]
      }))
      const vendor = Generator.make({
        generate: ({ model }) => {
          const outcome = outcomes[Number(model.id.slice(1))]!
          const run = outcome === "hangs"
            ? Effect.never
            : typeof outcome === "string"
            ? Effect.succeed(answer(outcome, { model: model.id }))
            : Effect.fail(outcome)
          return Effect.delay(run, 10)
        },
        open: () => Effect.never
      })
      const run = Router.firstOf({ candidates: [first, ...rest], call })(vendor.generate)
      const fiber = yield* Effect.forkChild(Effect.result(run))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      const tried = call.tried.map(({ candidate, model, outcome }) => [
        model,
        outcome,
        call.attempts.filter((attempt) => attempt.candidate === candidate).length
      ])
      return { fiber, call, tried }
    })
  const surfaced = (fiber: Fiber.Fiber<unknown>) => Effect.map(Fiber.await(fiber), JSON.stringify)
  const unsupported = failing(new GenerateError.Unsupported({ feature: "tools", detail: "none" }))
  const keyless = failing(new GenerateError.KeyMissing({ variable: "K" }))
  const open = failing(new GenerateError.CircuitOpen({ detail: "down", remaining: Duration.seconds(1) }))
  const limited = failing(new GenerateError.RateLimited({ detail: "slow down" }))
  const unsent = failing(new GenerateError.RateLimited({ detail: "slow down", by: "limits" }))

  it.effect("nothing, where there is one candidate alone", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* told([overloaded])).tried, [])
      assert.deepStrictEqual((yield* told(["Hi", "never"])).tried, [["acme/m0", "ok", 1]])
    }))

  it.effect("every candidate that was reached, with what it took and what was left out for it", () =>
    Effect.gen(function*() {
      const { call, tried } = yield* told([overloaded, unsupported, "Hi", "never"], { goOn: () => true })
      assert.deepStrictEqual(tried, [["acme/m0", "Overloaded", 1], ["acme/m1", "Unsupported", 0], ["acme/m2", "ok", 1]])
      assert.deepStrictEqual(call.tried.map(({ warnings }) => warnings), [["m0"], ["m1"], ["m2"]])
      assert.deepStrictEqual(call.tried.map(({ duration }) => duration), [10, 0, 10])
      assert.deepStrictEqual(call.tried.map(({ why }) => why), ["busy", "tools: none", undefined])
      assert.deepStrictEqual(call.tried.map(({ candidate }) => candidate), [0, 1, 2])
    }))

  it.effect("one that was interrupted", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* told([overloaded, "hangs"])).tried, [
        ["acme/m0", "Overloaded", 1],
        ["acme/m1", "interrupted", 1]
      ])
    }))

  it.effect("and surfaces the last failure of those that were asked", () =>
    Effect.gen(function*() {
      const cases = [
        [[overloaded, limited], "RateLimited"],
        [[overloaded, keyless], "Overloaded"],
        [[overloaded, open], "Overloaded"],
        [[overloaded, unsent], "Overloaded"],
        [[overloaded, unsupported, keyless], "Overloaded"],
        [[keyless, overloaded], "Overloaded"],
        [[keyless, open], "KeyMissing"],
        [[overloaded, limited, open], "RateLimited"],
        [[overloaded, refused], "InvalidRequest"],
        [[overloaded, refused], "Overloaded", () => true],
        [[overloaded, refused, limited], "RateLimited", () => true],
        [[refused, keyless], "InvalidRequest", () => true]
      ] as const
      for (const [outcomes, tag, goOn] of cases) {
        const { fiber } = yield* told(outcomes, goOn === undefined ? {} : { goOn })
        assert.include(yield* surfaced(fiber), `"_tag":"${tag}"`, outcomes.map(({ reason }) => reason._tag).join())
      }
    }))

  it.effect("ends with the call's attempts, and with its deadline", () =>
    Effect.gen(function*() {
      const down = Array.from({ length: 5 }, () => overloaded)
      assert.lengthOf((yield* told(down, { maxAttempts: 2 })).call.attempts, 2)
      assert.lengthOf((yield* told(down, { timeout: 25 })).call.attempts, 3)
      assert.lengthOf((yield* told(down)).call.attempts, 5)
    }))

  it.effect("makes the rest only when those before have failed", () =>
    Effect.gen(function*() {
      let made = 0
      const ask = (first: string | GenerateError.GenerateError) => {
        const more = () => {
          made++
          return [{ name: "acme/b", request: asking({ model: Model.unlisted("acme", "b") }) }]
        }
        const candidate = { name: "acme/a", request: asking({ model: Model.unlisted("acme", "a") }) }
        const vendor = Generator.fake(({ model }) => model.id === "a" ? first : "b")
        return Effect.map(Router.firstOf({ candidates: [candidate], more })(vendor.generate), ({ text }) => text)
      }
      assert.deepStrictEqual([yield* ask("a"), made], ["a", 0])
      yield* Effect.exit(ask(refused))
      assert.strictEqual(made, 0)
      const effect = ask(overloaded)
      assert.deepStrictEqual([yield* effect, yield* effect, made], ["b", "b", 2])
    }))
})

const catalog = [
  { provider: "acme", model: "small", inputCostPer1M: 1, outputCostPer1M: 2 },
  { provider: "zeta", model: "middle", inputCostPer1M: 2, outputCostPer1M: 4 },
  { provider: "omega", model: "large", inputCostPer1M: 10, outputCostPer1M: 30 },
  { provider: "omega", model: "unpriced" }
].reduce((catalog, model) => Catalog.registerModel(catalog, model), Catalog.empty)

type Outcome = string | GenerateError.GenerateError

/** Runs an effect where each model does what is said of it: fails, answers, or answers after some milliseconds. */
const world = (
  outcomes: Readonly<Record<string, Outcome | readonly [delay: number, Outcome]>>,
  layer?: Omit<Loom.Options, "providers" | "transport" | "callLog">
) => {
  const asked: Array<string> = []
  const records: Array<CallRecord.CallRecord> = []
  const run = (request: Request.Request) =>
    Effect.suspend(() => {
      const { id, provider } = request.model
      asked.push(id)
      const outcome = outcomes[id] ?? assert.fail(id)
      const [delay, answered] = typeof outcome === "string" || "reason" in outcome ? [0, outcome] as const : outcome
      if (typeof answered !== "string") return Effect.delay(Effect.fail(answered), delay)
      const usage = Usage.make({ inputUncached: 100, outputText: answered.length })
      return Effect.delay(Effect.succeed(answer(answered, { provider, model: id, usage })), delay)
    })
  const loom = Loom.layerTest(
    Generator.make({
      generate: run,
      open: (request) => Effect.map(run(request), (answer) => Stream.fromIterable(Generation.toParts(answer)))
    }),
    { catalog, retry: RetryPolicy.none, onCall: (record) => records.push(record), ...layer }
  )
  const inWorld = <A, E>(effect: Effect.Effect<A, E>) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(Effect.provide(effect, loom))
      yield* TestClock.adjust("1 hour")
      return yield* Fiber.join(fiber)
    })
  const streamed = (router: Router.Router | string, options: GenerateOptions.RouteOptions) =>
    Effect.map(Stream.runCollect(Loom.streamRoute(router, options)), (parts) => Generation.fromParts(parts)!)
  return { asked, records, inWorld, streamed }
}

const prompt = "Explain quantum entanglement."
const tags = (tried: ReadonlyArray<{ readonly model: string; readonly outcome: string }> | undefined) =>
  tried?.map(({ model, outcome }) => `${model} ${outcome}`)

describe("route", () => {
  const router = Router.make({
    candidates: [
      ["acme", "text", "small"],
      { provider: "zeta", model: "middle" },
      Router.candidate("omega", "text", "large", { temperature: 0.2 })
    ],
    validator: ({ text }) => text.length > 10
  })

  it.effect.each(["called", "streamed"] as const)(
    "%s: answers with the first that is accepted",
    (method) =>
      Effect.gen(function*() {
        const { asked, inWorld, records, streamed } = world({ small: "Short", middle: "Long enough at last" })
        const result = yield* inWorld(
          method === "called" ? Loom.route(router, { prompt }) : streamed(router, { prompt })
        )
        assert.strictEqual(result.text, "Long enough at last")
        assert.deepStrictEqual(asked, ["small", "middle"])
        assert.strictEqual(result.router?.used, "zeta/middle")
        assert.deepStrictEqual(tags(result.router?.tried), ["acme/small Rejected", "zeta/middle ok"])
        // What was rejected is paid.
        assert.deepStrictEqual(
          result.attempts.map(({ candidate, cost, outcome }) => [candidate, outcome, cost?.picoUsd]),
          [[0, "ok", 100_000_000 + 5 * 2_000_000], [1, "ok", 200_000_000 + 19 * 4_000_000]]
        )
        assert.deepStrictEqual(records[0]?.tried, result.router?.tried)
        assert.deepStrictEqual(records[0]?.attempts, result.attempts)
      })
  )

  it.effect("tells of the first candidate too, where it answers", () =>
    Effect.gen(function*() {
      const { inWorld } = world({ small: "Long enough at once" })
      const { router: told } = yield* inWorld(Loom.route(router, { prompt }))
      assert.deepInclude(told, { used: "acme/small" })
      assert.deepInclude(told?.tried[0], { candidate: 0, attempts: 1, picoUsd: 138_000_000, outcome: "ok" })
    }))

  it.effect.each(["called", "streamed"] as const)(
    "%s: all failed: the last failure, with all that was tried",
    (method) =>
      Effect.gen(function*() {
        const { inWorld, records, streamed } = world({ small: "Short", middle: overloaded, large: "Tiny" })
        const error = yield* Effect.flip(
          inWorld(method === "called" ? Loom.route(router, { prompt }) : streamed(router, { prompt }))
        )
        assert.strictEqual(error.reason._tag, "Rejected")
        assert.deepStrictEqual(tags(error.tried), [
          "acme/small Rejected",
          "zeta/middle Overloaded",
          "omega/large Rejected"
        ])
        assert.deepStrictEqual(error.attempts.map(({ candidate, outcome }) => [candidate, outcome]), [
          [0, "ok"],
          [1, "Overloaded"],
          [2, "ok"]
        ])
        assert.deepStrictEqual(records[0]?.tried, error.tried)
        assert.strictEqual(records[0]?.outcome, "Rejected")
      })
  )

  it.effect("shows a validator's stream only when it is accepted, and others as they come", () =>
    Effect.gen(function*() {
      const shown = (validator: Router.Validator | undefined) =>
        Effect.gen(function*() {
          const order: Array<string> = []
          const vendor = Generator.make({
            generate: () => Effect.die("not asked"),
            open: () =>
              Effect.succeed(
                Stream.concat(
                  Stream.make(delta("Long enough ")),
                  Stream.fromEffect(Effect.sync(() => order.push("end"))).pipe(
                    Stream.flatMap(() => Stream.fromIterable(Generation.toParts(answer("Long enough")))),
                    Stream.filter(({ type }) => type === "finish")
                  )
                )
              )
          })
          const router = Router.make({ candidates: ["acme/small"], validator })
          yield* Loom.streamRoute(router, { prompt }).pipe(
            Stream.runForEach(({ type }) => Effect.sync(() => order.push(type))),
            Effect.provide(Loom.layerTest(vendor, { catalog }))
          )
          return order
        })
      assert.deepStrictEqual(yield* shown(() => true), ["end", "text-delta", "finish"])
      assert.deepStrictEqual(yield* shown(undefined), ["text-delta", "end", "finish"])
    }))

  it.effect("takes an Effect, or the schema of a JSON answer, for a validator", () =>
    Effect.gen(function*() {
      const one = (validator: Router.Validator) =>
        Effect.gen(function*() {
          const { inWorld } = world({ small: "{\"answer\":\"no number\"}", large: "{\"answer\":42}" })
          const router = Router.make({ candidates: ["acme/small", "omega/large"], validator })
          return (yield* inWorld(Loom.route(router, { prompt }))).router
        })
      const byEffect = yield* one(({ text }) => Effect.delay(Effect.succeed(text.includes("42")), "1 second"))
      assert.deepStrictEqual(tags(byEffect?.tried), ["acme/small Rejected", "omega/large ok"])
      const bySchema = yield* one(Schema.Struct({ answer: Schema.Int }))
      assert.deepStrictEqual(tags(bySchema?.tried), ["acme/small Rejected", "omega/large ok"])
      assert.match(bySchema?.tried[0]?.why ?? "", /answer: Expected/)
      assert.notInclude(bySchema?.tried[0]?.why ?? "", "no number")
    }))

  it.effect("gives each candidate its params, its policy and its vendor's options", () =>
    Effect.gen(function*() {
      const seen: Array<Request.Request> = []
      const vendor = Generator.fake((request) => {
        seen.push(request)
        return request.model.id === "large" ? "Hi" : overloaded
      })
      const router = Router.make({
        candidates: [
          { model: "acme/small", native: { tier: "gold" }, retry: RetryPolicy.make({ maxAttempts: 2 }) },
          { model: "omega/large", params: { temperature: 0.2 }, native: { speed: 9 } }
        ]
      })
      const fiber = yield* Loom.route(router, { prompt, temperature: 0.7, seed: 1 }).pipe(
        Effect.provide(Loom.layerTest(vendor, { catalog, retry: RetryPolicy.none })),
        Effect.forkChild
      )
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        seen.map(({ candidate, model, native, params }) => [model.id, candidate, params, native]),
        [
          ["small", 0, { temperature: 0.7, seed: 1 }, { tier: "gold" }],
          ["small", 0, { temperature: 0.7, seed: 1 }, { tier: "gold" }],
          ["large", 1, { temperature: 0.2, seed: 1 }, { speed: 9 }]
        ]
      )
    }))

  it.effect("a candidate that can't do what is asked is skipped, the first too; a refusal of the request ends it", () =>
    Effect.gen(function*() {
      const blind = Catalog.registerModel(catalog, {
        provider: "acme",
        model: "blind",
        capabilities: { structuredOutput: false }
      })
      const router = Router.make({ candidates: ["acme/blind", "omega/large"] })
      const object = world({ large: "{\"n\":1}" }, { catalog: blind })
      const result = yield* object.inWorld(Loom.route(router, { prompt, schema: Schema.Struct({ n: Schema.Int }) }))
      assert.deepStrictEqual(tags(result.router?.tried), ["acme/blind Unsupported", "omega/large ok"])
      const { asked, inWorld } = world({ small: refused, large: "Hi" })
      const candidates = ["acme/small", "omega/large"] as const
      assert.strictEqual(yield* Effect.flip(inWorld(Loom.route(Router.make({ candidates }), { prompt }))), refused)
      assert.deepStrictEqual(asked, ["small"])
      const whatever = Router.make({ candidates, when: () => true })
      assert.strictEqual((yield* inWorld(Loom.route(whatever, { prompt }))).text, "Hi")
    }))

  it.effect("an answer that was kept is shown to the validator too, and costs nothing", () =>
    Effect.gen(function*() {
      const { asked, inWorld } = world({ small: "Short", middle: "Long enough at last" }, { cache: { ttl: "2 hours" } })
      const twice = Effect.all([Loom.route(router, { prompt }), Loom.route(router, { prompt })])
      const [first, second] = yield* inWorld(twice)
      assert.deepStrictEqual(asked, ["small", "middle"])
      assert.deepStrictEqual([second.cache, second.text, second.attempts], ["hit", first.text, []])
      assert.deepStrictEqual(tags(second.router?.tried), ["acme/small Rejected", "zeta/middle ok"])
    }))

  it.effect("by the name that the layer gives it, which is on the record", () =>
    Effect.gen(function*() {
      const { inWorld, records } = world({ small: "Long enough at once" }, { routes: { "cheap-first": router } })
      assert.strictEqual((yield* inWorld(Loom.route("cheap-first", { prompt }))).router?.used, "acme/small")
      assert.strictEqual(records[0]?.route, "cheap-first")
      const unknown = yield* Effect.flip(inWorld(Loom.route("constructor", { prompt })))
      assert.include(unknown.message, "there is no route constructor; known: cheap-first")
      assert.strictEqual(records[1]?.outcome, "InvalidRequest")
    }))

  it.effect("what its candidates have of their own isn't asked of it", () =>
    Effect.gen(function*() {
      const { asked, inWorld, records } = world({ small: "Never asked" })
      const router = Router.make({ candidates: ["acme/small"] })
      const misplaced = { provider: "omega", model: "omega/large", native: { tier: "gold" }, failover: true }
      for (const [field, value] of Object.entries(misplaced)) {
        const options = { prompt, [field]: value }
        for (const run of [Effect.asVoid(Loom.route(router, options)), Effect.asVoid(Loom.explain(router, options))]) {
          const { reason } = yield* Effect.flip(inWorld(run))
          assert.deepInclude(reason, { _tag: "InvalidRequest", field })
        }
      }
      assert.deepStrictEqual(asked, [])
      assert.deepStrictEqual(records.map(({ asked, outcome }) => [asked.model, outcome]), [
        ["acme/small", "InvalidRequest"],
        ["acme/small", "InvalidRequest"],
        ["acme/small", "InvalidRequest"],
        ["acme/small", "InvalidRequest"]
      ])
    }))

  it.effect("what is wrong with a router is told before anything is asked", () =>
    Effect.gen(function*() {
      const { asked, inWorld } = world({})
      const told = (options: object) =>
        Effect.map(
          Effect.flip(
            inWorld(Loom.route(Router.make({ candidates: ["acme/small"], ...options }), { prompt }))
          ),
          ({ reason }) => reason._tag === "InvalidRequest" ? `${reason.field}: ${reason.detail}` : reason._tag
        )
      assert.match(yield* told({ candidates: [] }), /^router\.candidates/)
      assert.match(yield* told({ candidates: ["acme/small", "acme/smal"] }), /^router\.candidates\[1\]: .*acme\/small/)
      assert.match(yield* told({ baseline: "acme/gone" }), /^router\.baseline/)
      assert.match(
        yield* told({ candidates: [["acme", "text", "small", { temperature: -1 }]] }),
        /^router\.candidates\[0\]\.params\.temperature/
      )
      assert.match(yield* told({ hedge: { after: 0 } }), /^router\.hedge\.after/)
      assert.match(yield* told({ validator: "yes" }), /^router\.validator/)
      assert.match(yield* told({ order: "dearest" }), /^router\.order/)
      assert.deepStrictEqual(asked, [])
    }))
})

describe("order: cheapest", () => {
  const candidates = ["omega/large", "omega/unpriced", "zeta/middle", "acme/small"] as const

  it.effect("asks by what this request may cost, and what has no price last", () =>
    Effect.gen(function*() {
      const all = { small: overloaded, middle: overloaded, large: overloaded, unpriced: "Hi" }
      const { asked, inWorld } = world(all)
      yield* inWorld(Loom.route(Router.make({ candidates, order: "cheapest" }), { prompt }))
      assert.deepStrictEqual(asked, ["small", "middle", "large", "unpriced"])
      const declared = world({ ...all, large: "Hi" })
      yield* declared.inWorld(Loom.route(Router.make({ candidates }), { prompt }))
      assert.deepStrictEqual(declared.asked, ["large"])
    }))

  it.effect("looks at how long question and answer are", () =>
    Effect.gen(function*() {
      const reader = Catalog.registerModel(catalog, {
        provider: "acme",
        model: "reader",
        inputCostPer1M: 0.1,
        outputCostPer1M: 20
      })
      const router = Router.make({ candidates: ["acme/small", "acme/reader"], order: "cheapest" })
      const first = (options: GenerateOptions.RouteOptions) =>
        Effect.gen(function*() {
          const { asked, inWorld } = world({ small: "Hi", reader: "Hi" }, { catalog: reader })
          yield* inWorld(Loom.route(router, options))
          return asked[0]
        })
      assert.strictEqual(yield* first({ prompt, maxOutputTokens: 1000 }), "small")
      assert.strictEqual(yield* first({ prompt: "word ".repeat(10_000), maxOutputTokens: 10 }), "reader")
    }))
})

describe("explain", () => {
  it.effect("tells what would be tried, in order, for how much, and what can't; nothing is asked or recorded", () =>
    Effect.gen(function*() {
      const short = Catalog.registerModel(catalog, { provider: "zeta", model: "short", context: 10 })
      const { asked, inWorld, records } = world({}, { catalog: short })
      const router = Router.make({ candidates: ["omega/large", "zeta/short", "acme/small"], order: "cheapest" })
      const asking = { prompt: "word ".repeat(400), maxOutputTokens: 100, serviceTier: "gold" }
      const [small, large, zeta] = yield* inWorld(Loom.explain(router, asking))
      assert.deepStrictEqual(
        [small, large].map((one) => [one?.model, one?.cost.picoUsd, one?.cost.status, one?.problem]),
        [
          ["acme/small", 503 * 1_000_000 + 100 * 2_000_000, "estimated", undefined],
          ["omega/large", 503 * 10_000_000 + 100 * 30_000_000, "estimated", undefined]
        ]
      )
      assert.deepStrictEqual(large?.warnings, ["serviceTier was left out: it is a tier of acme's"])
      assert.deepStrictEqual([zeta?.model, zeta?.problem?.reason._tag], ["zeta/short", "Unsupported"])
      assert.deepStrictEqual([asked, records], [[], []])
    }))

  it.effect("images by their size and number, also where they are sold by tokens", () =>
    Effect.gen(function*() {
      const router = Router.make({ candidates: ["openai/gpt-image-2.6-flare", "bfl/flux-2-pro"] })
      const of = (params: Request.Params) =>
        Effect.gen(function*() {
          const request = yield* Request.fromPrompt("A loom", { modality: "image", params })
          return (yield* Router.explain(router, request)).map(({ cost: { status, usd } }) => [status, usd?.toFixed(3)])
        })
      assert.deepStrictEqual(yield* of({}), [["estimated", "0.054"], ["estimated", "0.030"]])
      assert.deepStrictEqual(yield* of({ n: 3, size: "2048x1024", quality: "low" }), [
        ["estimated", "0.036"],
        ["estimated", "0.135"]
      ])
    }))

  it.effect("the same of a Request of one's own", () =>
    Effect.gen(function*() {
      const router = Router.make({ candidates: ["openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"] })
      const request = yield* Request.fromPrompt(prompt, { params: { maxOutputTokens: 10 } })
      const explained = yield* Router.explain(router, request)
      assert.deepStrictEqual(explained.map(({ model }) => model), ["openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"])
      for (const { cost } of explained) assert.isAbove(cost.usd ?? 0, 0)
      const wrong = Router.make({ candidates: ["openai/gpt-4o-mimi"] })
      assert.include((yield* Effect.flip(Router.explain(wrong, request))).message, "router.candidates[0]")
    }))
})

describe("saved.routing", () => {
  const savings = (
    outcomes: Parameters<typeof world>[0],
    options?: Partial<Router.Options>,
    layer?: Parameters<typeof world>[1]
  ) =>
    Effect.gen(function*() {
      const { inWorld, records } = world(outcomes, layer)
      const router = Router.make({ candidates: ["acme/small", "zeta/middle"], baseline: "omega/large", ...options })
      const calls = Effect.all([Loom.route(router, { prompt }), Loom.route(router, { prompt })])
      yield* inWorld(calls)
      return records.map(({ attempts, saved }) => ({ saved, spent: Attempt.spent(attempts) }))
    })
  /** 100 tokens in and 10 out, at the prices of large, middle and small. */
  const [large, middle, small] = [1_300_000_000, 240_000_000, 120_000_000]
  const text = "Ten of it!"

  it.effect("is the baseline's list price less what the answer costs", () =>
    Effect.gen(function*() {
      const [first] = yield* savings({ small: text })
      assert.deepInclude(first?.saved, { routing: large - small, picoUsd: large - small, unknown: false })
      const [none] = yield* savings({ small: text }, { baseline: undefined })
      assert.deepInclude(none?.saved, { routing: 0, picoUsd: 0 })
    }))

  it.effect("counts against it what other candidates cost", () =>
    Effect.gen(function*() {
      const validator: Router.Validator = ({ model }) => model === "middle"
      const [first] = yield* savings({ small: text, middle: text }, { validator })
      assert.deepInclude(first?.saved, { routing: large - middle - small })
      assert.strictEqual((first?.saved?.picoUsd ?? 0) + (first?.spent ?? 0), large)
    }))

  it.effect("beside what the cache saves: all of it is the baseline's price", () =>
    Effect.gen(function*() {
      const [, hit] = yield* savings({ small: text }, {}, { cache: { ttl: "2 hours" } })
      assert.deepInclude(hit?.saved, { responseCache: small, routing: large - small, picoUsd: large })
      assert.strictEqual(hit?.spent, 0)
    }))

  it.effect("isn't known where a price isn't", () =>
    Effect.gen(function*() {
      const [first] = yield* savings({ small: text }, { baseline: "omega/unpriced" })
      assert.isUndefined(first?.saved)
      const [other] = yield* savings({ unpriced: text, small: text }, {
        candidates: ["omega/unpriced", "acme/small"],
        validator: ({ model }) => model === "small"
      })
      assert.isUndefined(other?.saved)
    }))
})

describe("saved.routing with a service tier", () => {
  const usage = Usage.make({ inputUncached: 1000, outputText: 100 })
  const list = (model: Catalog.QualifiedId, serviceTier?: string) =>
    Effect.map(
      Effect.fromResult(Catalog.resolve(Catalog.bundled, { model })),
      (model) => Cost.of(model, usage, { at: 0, serviceTier }).picoUsd ?? NaN
    )
  /** Every candidate answers at the tier that it is asked for, unless another one is served. */
  const saved = (
    router: Router.Router,
    options: Partial<GenerateOptions.RouteOptions> = {},
    { served, ...layer }: Parameters<typeof Loom.layerTest>[1] & { readonly served?: string } = {}
  ) =>
    Loom.route(router, { prompt, ...options }).pipe(
      Effect.map(({ saved }) => saved.routing),
      Effect.provide(Loom.layerTest(
        Generator.fake(({ model: { id, provider, upstream }, params }) =>
          answer(id, { provider, model: upstream, usage, serviceTier: served ?? params.serviceTier })
        ),
        layer
      ))
    )
  const router = (
    first: Router.CandidateOption,
    options?: Partial<Router.Options>
  ) => Router.make({ candidates: [first], baseline: "openai/gpt-5.4", ...options })

  it.effect("is nothing where the baseline itself answers, at the call's tier", () =>
    Effect.gen(function*() {
      for (const serviceTier of ["flex", "priority", "default"]) {
        assert.strictEqual(yield* saved(router("openai/gpt-5.4"), { serviceTier }), 0)
      }
      assert.strictEqual(yield* saved(router("openai/gpt-5.4"), {}, { defaults: { serviceTier: "flex" } }), 0)
    }))

  it.effect("is by the baseline's price at the tier that a call asks for and gets", () =>
    Effect.gen(function*() {
      const [large, small] = ["openai/gpt-5.4", "openai/gpt-5.4-mini"] as const
      const cheap = router(small)
      assert.strictEqual(
        yield* saved(cheap, { serviceTier: "flex" }),
        (yield* list(large, "flex")) - (yield* list(small, "flex"))
      )
      assert.strictEqual(
        yield* saved(cheap, { serviceTier: "priority" }, { served: "default" }),
        (yield* list(large)) - (yield* list(small))
      )
    }))

  it.effect("counts a tier that only a candidate asks for: the baseline would have had none", () =>
    Effect.gen(function*() {
      const model = "openai/gpt-5.4"
      assert.strictEqual(
        yield* saved(router({ model, params: { serviceTier: "flex" } })),
        (yield* list(model)) - (yield* list(model, "flex"))
      )
    }))

  it.effect("is by the plain price of a baseline that has no such tier, or another vendor", () =>
    Effect.gen(function*() {
      const [small, other] = ["openai/gpt-5.4-mini", "anthropic/claude-opus-5"] as const
      assert.strictEqual(
        yield* saved(router(small, { baseline: other }), { serviceTier: "priority" }),
        (yield* list(other)) - (yield* list(small, "priority"))
      )
    }))
})

describe("saved.routing of pictures", () => {
  const saved = (from: readonly [Catalog.QualifiedId, Catalog.QualifiedId], usage: Usage.Usage) =>
    Loom.route(Router.make({ candidates: [from[0]], baseline: from[1] }), { prompt, modality: "image" }).pipe(
      Effect.map(({ cost, saved }) => (cost.picoUsd ?? NaN) + saved.routing),
      Effect.provide(Loom.layerTest(
        Generator.fake(({ model: { provider, upstream } }) => answer("", { provider, model: upstream, usage }))
      ))
    )
  const drawn = (imageOutput: number, quality: string) =>
    Usage.make({ inputUncached: 100, imageOutput, images: [{ count: 1, width: 1024, height: 1024, quality }] })
  /** 100 tokens of text at $5 a million. */
  const text = 500_000_000

  it.effect("is by the piece, where the baseline is sold so too: it has other tokens for the same picture", () =>
    Effect.gen(function*() {
      const [mini, large] = ["openai/gpt-image-1-mini", "openai/gpt-image-1.5"] as const
      assert.strictEqual(yield* saved([mini, large], drawn(625, "low")), text + 9_000_000_000)
      // The baseline's own tokens are what it was paid for.
      assert.strictEqual(yield* saved([large, large], drawn(272, "low")), text + 272 * 32_000_000)
    }))

  it.effect("is by the same tokens, where no price says what such a picture costs", () =>
    Effect.gen(function*() {
      const [mini, large] = ["openai/gpt-image-1-mini", "openai/gpt-image-2.6-flare"] as const
      assert.strictEqual(yield* saved([mini, large], drawn(625, "low")), text + 625 * 30_000_000)
      assert.strictEqual(
        yield* saved([mini, "openai/gpt-image-1.5"], drawn(10_000, "other")),
        text + 10_000 * 32_000_000
      )
    }))
})

describe("hedge", () => {
  const hedged = (options?: Partial<Router.Options>) =>
    Router.make({
      candidates: ["acme/small", "zeta/middle", "omega/large"],
      hedge: { after: "2 seconds" },
      ...options
    })
  const methods = ["called", "streamed"] as const
  const ask = (made: ReturnType<typeof world>, method: typeof methods[number], router: Router.Router) =>
    made.inWorld(method === "called" ? Loom.route(router, { prompt }) : made.streamed(router, { prompt }))

  it.effect.each(methods)(
    "%s: the first to answer wins; the other is cancelled, and may be billed",
    (method) =>
      Effect.gen(function*() {
        const made = world({ small: [60_000, "Late"], middle: [1000, "Quick"] })
        const result = yield* ask(made, method, hedged())
        assert.deepStrictEqual([result.text, result.router?.used], ["Quick", "zeta/middle"])
        assert.deepStrictEqual(tags(result.router?.tried), ["acme/small interrupted", "zeta/middle ok"])
        assert.deepStrictEqual(
          result.attempts.map(({ billed, candidate, duration, outcome }) => [candidate, outcome, billed, duration]),
          [[0, "interrupted", "maybe", 3000], [1, "ok", "yes", 1000]]
        )
        assert.strictEqual(result.timing.total, 3000)
        assert.deepStrictEqual(made.records[0]?.attempts, result.attempts)
      })
  )

  it.effect.each(methods)(
    "%s: nobody else is asked where the first is quick enough",
    (method) =>
      Effect.gen(function*() {
        const made = world({ small: [1999, "In time"] })
        assert.strictEqual((yield* ask(made, method, hedged())).text, "In time")
        assert.deepStrictEqual(made.asked, ["small"])
        assert.lengthOf(made.records[0]?.attempts ?? [], 1)
      })
  )

  it.effect.each(methods)(
    "%s: the first may still win, and a third is asked after as long again",
    (method) =>
      Effect.gen(function*() {
        const made = world({ small: [5000, "Slow"], middle: [60_000, "Late"], large: [60_000, "Late"] })
        const result = yield* ask(made, method, hedged())
        assert.strictEqual(result.text, "Slow")
        assert.deepStrictEqual(made.asked, ["small", "middle", "large"])
        assert.deepStrictEqual(tags(result.router?.tried), [
          "acme/small ok",
          "zeta/middle interrupted",
          "omega/large interrupted"
        ])
        assert.deepStrictEqual(result.attempts.map(({ duration }) => duration).toSorted((a, b) => a - b), [
          1000,
          3000,
          5000
        ])
      })
  )

  it.effect.each(methods)(
    "%s: of two that answer at once the first is used, and the other is cancelled",
    (method) =>
      Effect.gen(function*() {
        const both = yield* Deferred.make<void>()
        const run = ({ model: { id, provider } }: Request.Request) =>
          Effect.as(
            Deferred.await(both),
            answer("Ten of it!", { provider, model: id, usage: Usage.make({ inputUncached: 100, outputText: 10 }) })
          )
        const vendor = Generator.make({
          generate: run,
          open: (request) => Effect.map(run(request), (answer) => Stream.fromIterable(Generation.toParts(answer)))
        })
        const records: Array<CallRecord.CallRecord> = []
        const options = { catalog, onCall: (record: CallRecord.CallRecord) => records.push(record) }
        const router = hedged()
        const { streamed } = world({})
        const fiber = yield* (method === "called" ? Loom.route(router, { prompt }) : streamed(router, { prompt })).pipe(
          Effect.provide(Loom.layerTest(vendor, options)),
          Effect.forkChild
        )
        yield* TestClock.adjust("2 seconds")
        yield* Deferred.succeed(both, undefined)
        const result = yield* Fiber.join(fiber)
        assert.deepStrictEqual([result.model, result.router?.used], ["small", "acme/small"])
        assert.deepStrictEqual(tags(result.router?.tried), ["acme/small ok", "zeta/middle interrupted"])
        assert.deepStrictEqual(records[0]?.tried, result.router?.tried)
        assert.sameDeepMembers(result.attempts.map(({ billed, model }) => [model, billed]), [
          ["small", "yes"],
          ["middle", "maybe"]
        ])
      })
  )

  it.effect.each(methods)(
    "%s: a failure asks the next at once, and all failed is the last failure",
    (method) =>
      Effect.gen(function*() {
        const made = world({ small: overloaded, middle: [500, "Quick"] })
        assert.strictEqual((yield* ask(made, method, hedged())).timing.total, 500)
        const limited = failing(new GenerateError.RateLimited({ detail: "slow down" }))
        const down = world({ small: overloaded, middle: overloaded, large: limited })
        const error = yield* Effect.flip(ask(down, method, hedged()))
        assert.strictEqual(error.reason._tag, "RateLimited")
        assert.lengthOf(error.tried, 3)
      })
  )

  it.effect("a refusal of the request ends it for those after it; who was asked before may still answer", () =>
    Effect.gen(function*() {
      const filtered = failing(new GenerateError.ContentFiltered({ detail: "no" }))
      const first = world({ small: [60_000, "Late"], middle: filtered, large: "Never asked" })
      const result = yield* ask(first, "called", hedged())
      assert.strictEqual(result.text, "Late")
      assert.deepStrictEqual(tags(result.router?.tried), ["acme/small ok", "zeta/middle ContentFiltered"])
      const slow = failing(new GenerateError.ContentFiltered({ detail: "late" }))
      const second = world({ small: [3000, slow], middle: [60_000, "Late"], large: "Never asked" })
      const error = yield* Effect.flip(ask(second, "called", hedged()))
      assert.strictEqual(error.why, "late")
      assert.deepStrictEqual(tags(error.tried), ["acme/small ContentFiltered", "zeta/middle interrupted"])
      const all = world({ small: [3000, overloaded], middle: filtered })
      assert.strictEqual((yield* Effect.flip(ask(all, "called", hedged()))).reason._tag, "ContentFiltered")
    }))

  it.effect("an empty budget refuses those that would race, and not who is asked", () =>
    Effect.gen(function*() {
      const made = world({ small: [60_000, "Late"], middle: "Never asked" })
      const asked = Loom.route(hedged(), { prompt, maxOutputTokens: 100 })
      const result = yield* made.inWorld(Ledger.budget(asked, { usd: 0.0004 }))
      assert.deepStrictEqual([result.text, made.asked], ["Late", ["small"]])
      assert.deepStrictEqual(tags(result.router?.tried), ["acme/small ok", "zeta/middle BudgetExceeded"])
    }))

  it.effect("a rejected answer is no win", () =>
    Effect.gen(function*() {
      const made = world({ small: [5000, "Slow and long enough"], middle: [10, "Short"], large: [60_000, "Late"] })
      const result = yield* ask(made, "called", hedged({ validator: ({ text }) => text.length > 10 }))
      assert.deepStrictEqual(tags(result.router?.tried), [
        "acme/small ok",
        "zeta/middle Rejected",
        "omega/large interrupted"
      ])
    }))

  it.effect("who leaves cancels them all", () =>
    Effect.gen(function*() {
      const made = world({ small: [60_000, "Late"], middle: [60_000, "Late"], large: [60_000, "Late"] })
      const error = yield* Effect.flip(made.inWorld(Loom.route(hedged(), { prompt, timeout: "5 seconds" })))
      assert.strictEqual(error.reason._tag, "Timeout")
      assert.deepStrictEqual(tags(error.tried)?.map((tag) => tag.split(" ")[1]), [
        "interrupted",
        "interrupted",
        "interrupted"
      ])
      assert.deepStrictEqual(error.attempts.map(({ billed }) => billed), ["maybe", "maybe", "maybe"])
    }))

  it.effect("no more are asked than there are attempts left", () =>
    Effect.gen(function*() {
      const made = world({ small: overloaded, middle: [60_000, "Late"], large: "Hi" })
      const result = yield* made.inWorld(Loom.route(hedged(), { prompt, maxAttempts: 1 })).pipe(Effect.flip)
      assert.strictEqual(result.reason._tag, "Overloaded")
      assert.deepStrictEqual(made.asked, ["small"])
    }))
})

describe("laws", () => {
  const tags = ["ok", "short", "busy", "limited", "gateway", "filtered", "html"] as const
  const failures = {
    busy: overloaded.reason,
    limited: new GenerateError.RateLimited({ detail: "slow down", retryAfter: Duration.seconds(1) }),
    gateway: new GenerateError.Overloaded({ detail: "502", maybeBilled: true }),
    filtered: new GenerateError.ContentFiltered({ detail: "no" }),
    html: new GenerateError.InvalidResponse({ detail: "html" })
  }
  /** What a model does at each attempt, and how long it takes. */
  const Model = Schema.NonEmptyArray(
    Schema.Struct({
      does: Schema.Literals(tags),
      millis: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 50 }))
    })
  )
  type Models = ReadonlyArray<typeof Model.Type>
  const Models = Schema.Array(Model).check(Schema.isMinLength(1), Schema.isMaxLength(4))
  const Retry = Schema.Literals([1, 2, 3])
  const models = ["m0", "m1", "m2", "m3"] as const
  const laws = models.reduce(
    (catalog, model, n) =>
      Catalog.registerModel(catalog, { provider: "acme", model, inputCostPer1M: n + 1, outputCostPer1M: 5 }),
    Catalog.empty
  )
  const ids = (script: Models) => {
    const [first = "acme/m0", ...rest] = models.slice(0, script.length).map((id) => `acme/${id}` as const)
    return [first, ...rest] as const
  }
  const vendorOf = (script: Models) => {
    const asked = new Map<string, number>()
    const run = ({ model: { id, provider } }: Request.Request) =>
      Effect.suspend(() => {
        const steps = script[Number(id.slice(1))] ?? assert.fail(id)
        const count = asked.get(id) ?? 0
        asked.set(id, count + 1)
        const { does, millis } = steps[count % steps.length]!
        const usage = Usage.make({ inputUncached: 100, outputText: 7 })
        return Effect.delay(
          does === "ok" || does === "short"
            ? Effect.succeed(
              answer(does === "ok" ? `Long enough, says ${id}` : "Short", { provider, model: id, usage })
            )
            : Effect.fail(failing(failures[does], { provider, model: id })),
          millis
        )
      })
    return Generator.make({
      generate: run,
      open: (request) => Effect.map(run(request), (answer) => Stream.fromIterable(Generation.toParts(answer)))
    })
  }

  /** What came of it, and on the way to it; provenance apart. */
  const seen = (
    script: Models,
    maxAttempts: number,
    ask: Effect.Effect<Generation.Generation, GenerateError.GenerateError>
  ) =>
    Effect.gen(function*() {
      const records: Array<CallRecord.CallRecord> = []
      const loom = Loom.layerTest(vendorOf(script), {
        catalog: laws,
        retry: RetryPolicy.make({ maxAttempts, baseDelay: "1 second" }),
        health: false,
        onCall: (record) => records.push(record)
      })
      const fiber = yield* Effect.forkChild(answered(Effect.provide(ask, loom)))
      yield* TestClock.adjust("1 hour")
      const [{ attempts, outcome, tried } = assert.fail("no record"), ...more] = records
      assert.deepStrictEqual(more, [])
      // How long it waits to try again is random.
      return {
        answer: yield* Fiber.join(fiber),
        attempts: attempts.map(({ firstToken: _, startedAt: __, ...attempt }) => attempt),
        outcome,
        tried: tried.map(({ duration: _, ...one }) => one)
      }
    })

  const streamed = (router: Router.Router, options: GenerateOptions.RouteOptions = { prompt }) =>
    Effect.map(Stream.runCollect(Loom.streamRoute(router, options)), (parts) => Generation.fromParts(parts)!)
  const optionsOf = { arbitrary: { runs: 50 } }

  it.effect.prop(
    "a router of one is that one: its answer, its attempts",
    [Model, Retry],
    ([one, retry]) =>
      Effect.gen(function*() {
        const router = Router.make({ candidates: ["acme/m0"] })
        const { tried: _, ...alone } = yield* seen([one], retry, Loom.generate({ model: "acme/m0", prompt }))
        const { tried, ...routed } = yield* seen([one], retry, Loom.route(router, { prompt }))
        assert.deepStrictEqual(routed, alone)
        assert.lengthOf(tried, 1)
        const opened = yield* seen([one], retry, streamed(router))
        assert.deepStrictEqual({ ...opened, tried: [] }, { ...alone, tried: [] })
      }),
    optionsOf
  )

  it.effect.prop(
    "a router is its candidates, each or else the next",
    [Models, Retry],
    ([script, retry]) =>
      Effect.gen(function*() {
        const accept = ({ text }: Generation.Generation) => text.length > 10
        const vendor = vendorOf(script)
        const [first, ...rest] = ids(script).map((id) =>
          vendor.pipe(
            Generator.model(id),
            Generator.retry(RetryPolicy.make({ maxAttempts: retry, baseDelay: "1 second" })),
            Generator.validate(accept)
          )
        )
        const pipeline = rest.reduce((all, one) => Generator.orElse(all, one), first ?? assert.fail("no candidate"))
        const call = yield* Call.make({ catalog: laws })
        const request = yield* Request.fromPrompt(prompt)
        const fiber = yield* Effect.forkChild(answered(pipeline.generate({ ...request, call })))
        yield* TestClock.adjust("1 hour")
        const router = Router.make({ candidates: ids(script), validator: accept })
        const { answer, attempts } = yield* seen(script, retry, Loom.route(router, { prompt }))
        assert.deepStrictEqual(answer, yield* Fiber.join(fiber))
        const asked = ({ billed, cost, model, outcome }: Attempt.Attempt | typeof attempts[number]) =>
          [model, outcome, billed, cost?.picoUsd] as const
        assert.deepStrictEqual(attempts.map(asked), call.attempts.map(asked))
      }),
    optionsOf
  )

  it.effect.prop(
    "a hedge that nobody waits for is none; what is streamed, folded, is what is called",
    [Models, Retry, Schema.Boolean],
    ([script, retry, isValidated]) =>
      Effect.gen(function*() {
        const validator = isValidated ? ({ text }: Generation.Generation) => text.length > 10 : undefined
        const plain = Router.make({ candidates: ids(script), validator })
        const hedged = Router.make({ candidates: ids(script), validator, hedge: { after: "2 hours" } })
        const expected = yield* seen(script, retry, Loom.route(plain, { prompt }))
        assert.deepStrictEqual(yield* seen(script, retry, Loom.route(hedged, { prompt })), expected)
        assert.deepStrictEqual(yield* seen(script, retry, streamed(plain)), expected)
        assert.deepStrictEqual(yield* seen(script, retry, streamed(hedged)), expected)
      }),
    optionsOf
  )

  it.effect.prop(
    "a hedge answers wherever the plain router would have, where it isn't short of attempts",
    [Models, Retry, Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 60 }))],
    ([script, retry, after]) =>
      Effect.gen(function*() {
        const asking = { prompt, maxAttempts: 12 }
        const plain = Router.make({ candidates: ids(script) })
        const hedged = Router.make({ candidates: ids(script), hedge: { after } })
        const expected = yield* seen(script, retry, Loom.route(plain, asking))
        for (const ask of [Loom.route(hedged, asking), streamed(hedged, asking)]) {
          const raced = yield* seen(script, retry, ask)
          if (expected.outcome === "ok") assert.strictEqual(raced.outcome, "ok")
          for (const { model, outcome } of raced.tried) {
            const attempts = raced.attempts.filter((attempt) => `acme/${attempt.asked}` === model)
            if (outcome === "ok") assert.strictEqual(attempts.at(-1)?.outcome, "ok")
          }
        }
      }),
    optionsOf
  )
})

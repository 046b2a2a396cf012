import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Metric, Stream } from "effect"
import { TestClock } from "effect/testing"
import {
  type CallRecord,
  Catalog,
  GenerateError,
  Generation,
  Generator,
  Loom,
  RetryPolicy,
  Telemetry,
  Usage
} from "loom-router"
import * as Metrics from "loom-router/telemetry/Metrics"
import { answer, overloaded, scripted, streaming } from "../scripted.ts"

const model = "openai/gpt-4o-mini"
const asked = { model, prompt: "Say hello." } as const

/** In a registry of its own. */
const apart = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(effect, Metric.MetricRegistry, new Map())

const counted = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  apart(Effect.provide(effect, Metrics.layer))

interface Series {
  /** Or how many values it has. */
  readonly value: number
  readonly [attribute: string]: string | number
}

const seriesOf = (id: string): Effect.Effect<ReadonlyArray<Series>> =>
  Effect.map(
    Metric.snapshot,
    (series) =>
      series.filter((series) => series.id === id).map((series) =>
        Object.assign({ value: valueOf(series) }, series.attributes)
      )
  )

const valueOf = (series: Metric.Metric.Snapshot): number => {
  switch (series.type) {
    case "Histogram":
      return series.state.count
    case "Counter":
      return Number(series.state.count)
    case "Gauge":
      return Number(series.state.value)
    default:
      return NaN
  }
}

const hello = answer("Hello", { provider: "openai", model: "gpt-4o-mini-2024-07-18" })

const recordOf = (more: Partial<CallRecord.CallRecord>, model = "ada"): CallRecord.CallRecord => ({
  id: "1",
  startedAt: 0,
  operation: "generate",
  modality: "text",
  asked: { provider: "acme", model },
  provider: "acme",
  model,
  outcome: "ok",
  timing: { total: 10, firstToken: undefined, overhead: 1 },
  cache: "miss",
  cacheable: false,
  finishReason: "stop",
  saved: undefined,
  usage: undefined,
  error: undefined,
  requestId: undefined,
  tags: {},
  route: undefined,
  tried: [],
  warnings: [],
  attempts: [{
    provider: "acme",
    model,
    asked: "ada",
    candidate: 0,
    startedAt: 0,
    duration: 9,
    firstToken: undefined,
    outcome: "ok",
    billed: "yes",
    usage: undefined,
    cost: undefined,
    serviceTier: undefined,
    region: undefined,
    status: undefined,
    why: undefined,
    requestId: undefined
  }],
  ...more
})

const metrics = Effect.flatMap(
  Effect.service(Telemetry.CurrentMetrics),
  (metrics) => metrics === undefined ? Effect.die("there are none") : Effect.succeed(metrics)
)

describe("metrics", () => {
  it.effect("are off by default", () =>
    apart(Effect.gen(function*() {
      yield* Effect.provide(Loom.generate(asked), Loom.layerTest(Generator.fake(() => hello)))
      assert.deepStrictEqual((yield* Metric.snapshot).map(({ id }) => id), [])
    })))

  it.effect("count what is provided with them, and nothing else", () =>
    apart(Effect.gen(function*() {
      const call = Effect.provide(Loom.generate(asked), Loom.layerTest(Generator.fake(() => hello)))
      yield* call
      yield* Effect.provide(call, Metrics.layer)
      yield* call
      assert.deepStrictEqual(yield* seriesOf("loom.call.duration"), [{
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "loom.cache": "miss",
        "loom.operation": "generate",
        unit: "s",
        value: 1
      }])
    })))

  it.effect("count calls that are under way", () =>
    counted(Effect.gen(function*() {
      const layer = Loom.layerTest(Generator.make({ generate: () => Effect.never, open: () => Effect.never }))
      yield* Effect.gen(function*() {
        const fibers = yield* Effect.all([
          Effect.forkChild(Loom.generate(asked), { startImmediately: true }),
          Effect.forkChild(Stream.runDrain(Loom.stream(asked)), { startImmediately: true })
        ])
        assert.deepStrictEqual(yield* seriesOf("loom.calls.active"), [{ unit: "{call}", value: 2 }])
        yield* Fiber.interruptAll(fibers)
        assert.deepStrictEqual(yield* seriesOf("loom.calls.active"), [{ unit: "{call}", value: 0 }])
        const interrupted = (yield* seriesOf("loom.call.duration")).map((series) => series["error.type"])
        assert.deepStrictEqual(interrupted, ["interrupted", "interrupted"])
      }).pipe(Effect.provide(layer))
    })))

  it.effect("count a coalesced call, and what all of them asked once", () =>
    counted(Effect.gen(function*() {
      const layer = Loom.layerTest(Generator.make({
        generate: () => Effect.delay(Effect.succeed(hello), "1 second"),
        open: () => Effect.die("unused")
      }))
      const fiber = yield* Effect.forkChild(
        Effect.provide(Effect.all([1, 2, 3].map(() => Loom.generate(asked)), { concurrency: "unbounded" }), layer)
      )
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      const calls = (yield* seriesOf("loom.call.duration")).map((series) => [
        series["loom.cache"],
        series.value
      ])
      assert.deepStrictEqual(Object.fromEntries(calls), { miss: 1, coalesced: 2 })
      assert.deepStrictEqual(
        (yield* seriesOf("gen_ai.client.operation.duration")).map(({ value }) => value),
        [1]
      )
    })))

  it.effect("say who was left, and why", () =>
    counted(Effect.gen(function*() {
      const busy = new GenerateError.GenerateError({ ...overloaded, provider: "openai", model: "gpt-4o-mini" })
      const { generator } = scripted(busy, busy, hello)
      const layer = Loom.layerTest(generator, {
        retry: RetryPolicy.make({ maxAttempts: 2, baseDelay: "1 second" }),
        failover: ["anthropic/claude-haiku-4-5"]
      })
      const fiber = yield* Effect.forkChild(Effect.provide(Loom.generate(asked), layer))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      const left = {
        "error.type": "Overloaded",
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        value: 1
      }
      assert.deepStrictEqual(yield* seriesOf("loom.retries"), [{ ...left, unit: "{retry}" }])
      assert.deepStrictEqual(yield* seriesOf("loom.failovers"), [{ ...left, unit: "{failover}" }])
    })))

  it.effect("have no tokens that are only estimated, but what they cost", () =>
    counted(Effect.gen(function*() {
      const layer = Loom.layerTest(Generator.fake(({ prompt }) =>
        JSON.stringify(prompt).includes("estimated")
          ? Generation.make({ ...hello, usage: Usage.missing })
          : hello
      ))
      yield* Effect.provide(Loom.generate({ model, prompt: "estimated" }), layer)
      assert.deepStrictEqual(yield* seriesOf("gen_ai.client.token.usage"), [])
      assert.lengthOf(yield* seriesOf("loom.cost"), 1)
      yield* Effect.provide(Loom.generate(asked), layer)
      assert.deepStrictEqual(
        (yield* seriesOf("gen_ai.client.token.usage")).map((series) => series["gen_ai.token.type"]),
        ["input", "output"]
      )
    })))

  it.effect("have the first content of streams alone", () =>
    counted(Effect.gen(function*() {
      const parts = Generation.toParts(hello)
      const layer = Loom.layerTest(streaming(() => Effect.succeed(Stream.fromIterable(parts))))
      yield* Effect.provide(Stream.runDrain(Loom.stream(asked)), layer)
      yield* Effect.provide(Loom.generate(asked), Loom.layerTest(Generator.fake(() => hello)))
      assert.deepStrictEqual(
        (yield* seriesOf("gen_ai.client.operation.time_to_first_chunk")).map(({ value }) => value),
        [1]
      )
      assert.deepStrictEqual((yield* seriesOf("gen_ai.client.operation.duration")).map(({ value }) => value), [2])
    })))

  it.effect("have a model by the name it is sent, and a provider by the conventions'", () =>
    counted(Effect.gen(function*() {
      const { ended } = yield* metrics
      const catalog = Catalog.registerModel(Catalog.empty, {
        provider: "gemini",
        model: "ada",
        upstreamModel: "models/ada-001"
      })
      const { attempts: [attempt] } = recordOf({})
      ended(recordOf({ provider: "gemini", attempts: [{ ...attempt!, provider: "gemini" }] }), catalog)
      for (const metric of ["gen_ai.client.operation.duration", "loom.call.duration"]) {
        const [series] = yield* seriesOf(metric)
        assert.include(series, { "gen_ai.provider.name": "gcp.gemini", "gen_ai.request.model": "models/ada-001" })
      }
    })))
})

describe("their attributes", () => {
  it.effect("have nothing that a caller made up", () =>
    counted(Effect.gen(function*() {
      const layer = Loom.layerTest(Generator.fake(() => hello))
      yield* Effect.forEach([1, 2, 3], (n) =>
        Effect.flip(Loom.generate({ model: `nobody/nothing-${n}`, prompt: "Hi", tags: { user: `u-${n}` } }))).pipe(
          Effect.provide(layer)
        )
      assert.deepStrictEqual(yield* seriesOf("loom.call.duration"), [
        { "error.type": "UnknownModel", "loom.cache": "miss", "loom.operation": "generate", unit: "s", value: 3 }
      ])
    })))

  it.effect("are 2,000 sets at most; the rest is counted as one", () =>
    counted(Effect.gen(function*() {
      const { ended } = yield* metrics
      const catalog = Catalog.registerModel(Catalog.empty, { provider: "acme", model: "ada" })
      // A vendor that answers with another name each time.
      for (let n = 0; n < 2500; n++) ended(recordOf({}, `ada-${n}`), catalog)
      for (let n = 0; n < 500; n++) ended(recordOf({}, `ada-${n}`), catalog)
      const series = yield* seriesOf("gen_ai.client.operation.duration")
      assert.lengthOf(series, 2001)
      assert.deepStrictEqual(series.at(-1), { "otel.metric.overflow": "true", unit: "s", value: 500 })
      assert.strictEqual(series.reduce((sum, { value }) => sum + value, 0), 3000)
      // No model of that name is in the catalog, so that calls have none.
      assert.strictEqual((yield* seriesOf("loom.call.duration")).reduce((sum, { value }) => sum + value, 0), 3000)
    })))
})

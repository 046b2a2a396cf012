import { assert, describe, it } from "@effect/vitest"
import * as Conventions from "@opentelemetry/semantic-conventions/incubating"
import { Clock, Duration, Effect, Exit, Layer, Logger, Metric, Redacted, Scope, Stream } from "effect"
import { type CallRecord, Catalog, Cost, type GenerateOptions, Generator, Loom } from "loom-router"
import * as Otlp from "loom-router/telemetry/Otlp"
import { errorOf, inPair, key, secondModel } from "../faults/pair.ts"
import { environmentOf, november } from "../providers/world.ts"
import { type Collector, make as listening, type Measured, type Span } from "./collector.ts"

const model = "openai/gpt-4.1"
const secret = "c4n4ry-PROMPT"
const collectorKey = "c4n4ry-KEY-0123456789"

/** With a registry of its own, so that no other test counts in it, and without a word on the console. */
const apart = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  effect.pipe(Effect.provideService(Metric.MetricRegistry, new Map()), Effect.provide(Logger.layer([])))

/** A call, one that is tried again, one that fails over, a stream, one that is answered by the cache, and one that fails. */
const workload = Effect.fnUntraced(function*(
  options: Omit<Otlp.Options, "url">,
  collector: Collector
) {
  return yield* apart(inPair(
    {
      telemetry: Otlp.layer({ url: collector.url, encoding: "json", ...options }),
      log: "line",
      health: false
    },
    function*({ first, records, second }) {
      const ask = (prompt: string, more?: Partial<GenerateOptions.Common>) =>
        Loom.generate({ model, prompt: `${prompt} ${secret}`, tags: { tenant: "acme" }, ...more })
      const { text } = yield* ask("A call.", { temperature: 0.5, maxOutputTokens: 300 })
      yield* first.script({ respond: { status: 429, headers: { "retry-after-ms": "1" } } })
      yield* ask("Again.")
      yield* first.script({ respond: { status: 503 }, times: 3 })
      yield* ask("Somebody else.", { failover: [secondModel] })
      yield* Stream.runDrain(Loom.stream({ model, prompt: `A stream. ${secret}` }))
      yield* ask("A call.", { temperature: 0.5, maxOutputTokens: 300 })
      yield* first.script({ respond: { status: 400, message: "no" } })
      yield* errorOf(ask("It fails."))
      const journals = [...yield* first.journal, ...yield* second.journal]
      return { records: records.slice(), journals, text }
    }
  ))
})

const callsOf = (spans: ReadonlyArray<Span>) => spans.filter(({ name }) => name === "loom.generate")

const childrenOf = (spans: ReadonlyArray<Span>, call: Span | undefined) =>
  spans.filter(({ parentSpanId }) => call !== undefined && parentSpanId === call.spanId)
    .toSorted((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)))

/** A metric's points whose attributes say this, added up. */
const total = (metrics: ReadonlyArray<Measured>, name: string, attributes: Record<string, unknown> = {}) => {
  const points = metrics.filter((point) =>
    point.name === name &&
    Object.entries(attributes).every(([key, value]) => point.attributes[key] === value)
  )
  return {
    value: points.reduce((sum, { value }) => sum + value, 0),
    count: points.reduce((sum, { count }) => sum + (count ?? 0), 0)
  }
}

const attemptsOf = (records: ReadonlyArray<CallRecord.CallRecord>) => records.flatMap(({ attempts }) => attempts)

describe("what a collector is sent", () => {
  it.live("spans: one for each call, and under it one for each attempt, with usage on these alone", () =>
    Effect.gen(function*() {
      const collector = yield* listening()
      const { records } = yield* workload({ resource: { serviceName: "test" } }, collector)
      const spans = collector.spans()
      assert.lengthOf(records, 6)
      const calls = callsOf(spans).toSorted((a, b) =>
        records.findIndex(({ id }) => id === a.attributes["loom.call.id"]) -
        records.findIndex(({ id }) => id === b.attributes["loom.call.id"])
      )
      const attempts = calls.map((call) => childrenOf(spans, call))
      assert.strictEqual(spans.length, 6 + attemptsOf(records).length)
      assert.deepStrictEqual(attempts.map((spans) => spans.map(({ name }) => name)), [
        ["chat gpt-4.1"],
        ["chat gpt-4.1", "chat gpt-4.1"],
        ["chat gpt-4.1", "chat gpt-4.1", "chat gpt-4.1", "chat gpt-4.1"],
        ["chat gpt-4.1"],
        [],
        ["chat gpt-4.1"]
      ])
      assert.deepStrictEqual(calls.map(({ kind }) => kind), [1, 1, 1, 1, 1, 1])
      assert.deepStrictEqual(attempts.flat().map(({ kind }) => kind), attempts.flat().map(() => 3))
      assert.deepStrictEqual(calls.map(({ status }) => status.code === 2), [false, false, false, false, false, true])
      assert.strictEqual(new Set(spans.map(({ traceId }) => traceId)).size, 6)
      for (const call of calls) {
        assert.deepStrictEqual(Object.keys(call.attributes).filter((name) => name.startsWith("gen_ai.")), [])
        for (const { spanId, traceId } of childrenOf(spans, call)) {
          assert.strictEqual(traceId, call.traceId)
          assert.match(spanId, /^[0-9a-f]{16}$/)
        }
      }

      const [answered] = records
      assert.include(calls[0]?.attributes, {
        "loom.asked": model,
        "loom.model": "openai/gpt-4.1-2025-04-14",
        "loom.outcome": "ok",
        "loom.cache": "miss",
        "loom.attempts": 1,
        "loom.tag.tenant": "acme"
      })
      const { "gen_ai.response.id": id, ...inference } = attempts[0]?.[0]?.attributes ?? {}
      assert.match(String(id), /^resp_/)
      assert.deepStrictEqual(inference, {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4.1",
        "gen_ai.request.max_tokens": 300,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.response.model": "gpt-4.1-2025-04-14",
        "gen_ai.response.finish_reasons": [{ stringValue: "stop" }],
        "gen_ai.usage.input_tokens": answered?.usage?.inputTokens,
        "gen_ai.usage.output_tokens": answered?.usage?.outputTokens,
        "gen_ai.usage.cache_read.input_tokens": answered?.usage?.cacheRead,
        "loom.request.id": answered?.requestId,
        "loom.cost.usd": answered?.attempts[0]?.cost?.usd,
        "loom.billed": "yes"
      })

      assert.deepStrictEqual(attempts[1]?.map((span) => span.attributes["error.type"]), ["RateLimited", undefined])
      assert.isUndefined(attempts[1]?.[0]?.attributes["gen_ai.usage.input_tokens"])
      assert.deepStrictEqual(
        attempts[2]?.map((span) => [span.attributes["gen_ai.provider.name"], span.attributes["error.type"]]),
        [["openai", "Overloaded"], ["openai", "Overloaded"], ["openai", "Overloaded"], ["second", undefined]]
      )
      assert.include(attempts[3]?.[0]?.attributes, {
        "gen_ai.request.stream": true,
        "gen_ai.response.time_to_first_chunk": (records[3]?.attempts[0]?.firstToken ?? NaN) / 1000
      })
      assert.include(calls[4]?.attributes, { "loom.cache": "hit", "loom.attempts": 0 })
      assert.include(calls[5]?.attributes, { "error.type": "InvalidRequest" })
    }))

  it.live("metrics: the sums over the records", () =>
    Effect.gen(function*() {
      const collector = yield* listening()
      const { records } = yield* workload({}, collector)
      const metrics = collector.metrics()
      const attempts = attemptsOf(records)
      const { count, picoUsd } = Cost.sum(attempts.flatMap(({ cost }) => cost ?? []))
      const sum = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0)

      assert.isAbove(count, 0)
      assert.closeTo(total(metrics, "loom.cost").value, Number(picoUsd) / 1e12, 1e-15)
      const reported = attempts.flatMap(({ usage }) => usage?.state === "reported" ? usage : [])
      assert.lengthOf(reported, 4)
      for (const [type, tokens] of [["input", "inputTokens"], ["output", "outputTokens"]] as const) {
        assert.deepStrictEqual(total(metrics, "gen_ai.client.token.usage", { "gen_ai.token.type": type }), {
          value: sum(reported.map((usage) => usage[tokens])),
          count: 4
        })
      }
      const duration = total(metrics, "gen_ai.client.operation.duration")
      assert.closeTo(duration.value, sum(attempts.map(({ duration }) => duration)) / 1000, 1e-9)
      assert.strictEqual(duration.count, attempts.length)
      const firstTokens = attempts.flatMap(({ firstToken }) => firstToken ?? [])
      const firstChunk = total(metrics, "gen_ai.client.operation.time_to_first_chunk")
      assert.closeTo(firstChunk.value, sum(firstTokens) / 1000, 1e-9)
      assert.deepStrictEqual([firstChunk.count, firstTokens.length], [1, 1])
      for (const [outcome, attempted] of [["RateLimited", 1], ["Overloaded", 3], ["InvalidRequest", 1]] as const) {
        assert.strictEqual(
          total(metrics, "gen_ai.client.operation.duration", { "error.type": outcome }).count,
          attempted
        )
      }
      assert.strictEqual(total(metrics, "loom.retries").value, 3)
      assert.strictEqual(total(metrics, "loom.retries", { "error.type": "RateLimited" }).value, 1)
      assert.strictEqual(total(metrics, "loom.failovers", { "gen_ai.provider.name": "openai" }).value, 1)
      assert.strictEqual(total(metrics, "loom.calls.active").value, 0)
      assert.deepStrictEqual(
        ["miss", "hit", "coalesced"].map((cache) =>
          total(metrics, "loom.call.duration", { "loom.cache": cache }).count
        ),
        [5, 1, 0]
      )
      assert.strictEqual(total(metrics, "loom.call.duration", { "loom.operation": "stream" }).count, 1)
      assert.closeTo(
        total(metrics, "loom.call.overhead").value,
        sum(records.map(({ timing }) => timing.overhead)) / 1000,
        1e-9
      )
    }))

  it.live("metrics with the names, units, buckets and attributes of the conventions", () =>
    Effect.gen(function*() {
      const collector = yield* listening()
      yield* workload({}, collector)
      const metrics = collector.metrics()
      const seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
      const tokens = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864]
      const kinds = new Map(metrics.map(({ isMonotonic, kind, name, unit }) => [name, [kind, unit, isMonotonic]]))
      assert.deepStrictEqual(Object.fromEntries(kinds), {
        "gen_ai.client.operation.duration": ["histogram", "s", undefined],
        "gen_ai.client.operation.time_to_first_chunk": ["histogram", "s", undefined],
        "gen_ai.client.token.usage": ["histogram", "{token}", undefined],
        "loom.call.duration": ["histogram", "s", undefined],
        "loom.call.overhead": ["histogram", "s", undefined],
        "loom.calls.active": ["gauge", "{call}", undefined],
        "loom.cost": ["sum", "{USD}", true],
        "loom.failovers": ["sum", "{failover}", true],
        "loom.retries": ["sum", "{retry}", true]
      })
      const constants = new Set<unknown>(Object.values(Conventions))
      const names = [...kinds.keys(), ...metrics.flatMap(({ attributes }) => Object.keys(attributes))]
      assert.deepStrictEqual(names.filter((name) => !name.startsWith("loom.") && !constants.has(name)), [])
      for (const { attributes, bounds, name } of metrics) {
        assert.notProperty(attributes, "unit")
        if (name === "gen_ai.client.token.usage") {
          assert.deepStrictEqual(bounds, tokens)
          assert.deepStrictEqual(Object.keys(attributes).toSorted(), [
            "gen_ai.operation.name",
            "gen_ai.provider.name",
            "gen_ai.request.model",
            "gen_ai.response.model",
            "gen_ai.token.type"
          ])
        }
        if (name.startsWith("gen_ai.client.operation.")) {
          assert.deepStrictEqual(bounds, seconds)
          assert.include(attributes, { "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4.1" })
          assert.strictEqual("error.type" in attributes, !("gen_ai.response.model" in attributes))
        }
      }
    }))

  it.live("log lines: the line of each call, with its trace", () =>
    Effect.gen(function*() {
      const collector = yield* listening()
      yield* workload({}, collector)
      const calls = callsOf(collector.spans())
      const lines = collector.logs()
      assert.lengthOf(lines, 6)
      assert.sameMembers(lines.map(({ traceId }) => traceId), calls.map(({ traceId }) => traceId))
      assert.match(String(lines[0]?.body["stringValue"]), /^ok openai\/gpt-4.1-2025-04-14 .* tenant=acme$/)
    }))

  it.live("never a prompt, an answer or a key", () =>
    Effect.gen(function*() {
      const collector = yield* listening()
      const { journals, text } = yield* workload({ headers: { "x-api-key": Redacted.make(collectorKey) } }, collector)
      assert.isAtLeast(collector.arrived.length, 3)
      const sent = collector.arrived.map(({ body }) => body.toString()).join("\n")
      assert.isAbove(text.length, 40)
      for (const unsaid of [secret, key, collectorKey, text.slice(10, 30)]) assert.notInclude(sent, unsaid)
      assert.deepStrictEqual(
        collector.arrived.map(({ headers }) => headers["x-api-key"]),
        collector.arrived.map(() => collectorKey)
      )
      assert.lengthOf(journals, 9)
      for (const { headers } of journals) {
        assert.notProperty(headers, "traceparent")
        assert.notProperty(headers, "b3")
        assert.notProperty(headers, "x-api-key")
      }
    }))
})

describe("an exporter", () => {
  const hello = Generator.fake(() => "Hello")
  const call = Loom.generate({ model, prompt: "Hi" })

  /** What a collector is sent of one call, when all of it is over. */
  const sending = (options: Omit<Otlp.Options, "url">, environment: Readonly<Record<string, string>> = {}) =>
    Effect.gen(function*() {
      const collector = yield* listening()
      const telemetry = Layer.provide(Otlp.layer({ url: collector.url, ...options }), environmentOf(environment))
      yield* apart(Effect.provide(call, Layer.provideMerge(Loom.layerTest(hello, { log: "line" }), telemetry)))
      return collector
    })

  const paths = ({ arrived }: Collector) => arrived.map(({ path }) => path).toSorted((a, b) => a.localeCompare(b))

  it.effect("sends protobuf by default, to the three paths of OTLP", () =>
    Effect.gen(function*() {
      const collector = yield* sending({})
      assert.deepStrictEqual(paths(collector), ["/v1/logs", "/v1/metrics", "/v1/traces"])
      for (const { body, headers, path } of collector.arrived) {
        assert.strictEqual(headers["content-type"], "application/x-protobuf")
        assert.include(
          body.toString("latin1"),
          path === "/v1/logs" ? "ok openai/gpt-4.1" : path === "/v1/metrics" ? "loom.call.duration" : "loom.generate"
        )
      }
    }))

  it.effect("sends what it is told to, compressed", () =>
    Effect.gen(function*() {
      const collector = yield* sending({ signals: ["metrics"], compression: "gzip", encoding: "json" })
      assert.deepStrictEqual(paths(collector), ["/v1/metrics"])
      assert.strictEqual(collector.arrived[0]?.headers["content-encoding"], "gzip")
      assert.strictEqual(total(collector.metrics(), "loom.call.duration").count, 1)
      assert.deepStrictEqual(
        new Set((yield* sending({ signals: ["traces"], encoding: "json" })).metrics()),
        new Set()
      )
    }))

  it.effect("says who sends: what it is told, the environment, or that nobody knows", () =>
    Effect.gen(function*() {
      const traces: Omit<Otlp.Options, "url"> = { signals: ["traces"], encoding: "json" }
      const environment = { OTEL_RESOURCE_ATTRIBUTES: "service.name=theirs,region=eu" }
      const names = yield* Effect.forEach([
        sending({ ...traces, resource: { serviceName: "ours", attributes: { region: "us" } } }, environment),
        sending(traces, environment),
        sending(traces)
      ], Effect.map((collector) => collector.resources()[0]))
      assert.deepStrictEqual(names.map((resource) => [resource?.["service.name"], resource?.["region"]]), [
        ["ours", "us"],
        ["theirs", "eu"],
        ["unknown_service:node", undefined]
      ])
    }))

  it.effect("is kept below a path, with or without a slash at its end", () =>
    Effect.gen(function*() {
      const collector = yield* listening()
      for (const path of ["/otlp", "/otlp/"]) {
        yield* apart(
          Effect.provide(call, [
            Loom.layerTest(hello),
            Otlp.layer({ url: collector.url + path, signals: ["traces"], encoding: "json" })
          ])
        )
      }
      assert.deepStrictEqual(paths(collector), ["/otlp/v1/traces", "/otlp/v1/traces"])
    }))

  /** The second before another try is over at once; what else is waited for never comes. */
  const impatient = november((duration) => Duration.toMillis(duration) === 1000 ? Effect.void : Effect.never)

  it.live("costs a call nothing when the collector is away, refuses or fails", () =>
    Effect.gen(function*() {
      const statuses = [400, 401, 500]
      const refusing = yield* Effect.forEach(statuses, (status) => listening(() => status))
      for (const url of ["http://127.0.0.1:1", ...refusing.map(({ url }) => url)]) {
        const lines: Array<unknown> = []
        const answer = yield* apart(
          Effect.provide(call, [Loom.layerTest(hello), Otlp.layer({ url, signals: ["traces", "metrics"] })])
        ).pipe(
          Effect.provide(Logger.layer([Logger.make(({ message }) => lines.push(message))])),
          Effect.provideService(Clock.Clock, impatient)
        )
        assert.strictEqual(answer.text, "Hello")
        assert.deepStrictEqual(lines, [])
      }
      // What fails on the collector's side is tried four times, what it refuses once.
      assert.deepStrictEqual(refusing.map(({ arrived }) => arrived.length), [2, 2, 8])
    }))

  it.effect("goes nowhere but to its collector, which a redirect isn't", () =>
    Effect.gen(function*() {
      const elsewhere = yield* listening()
      const collector = yield* listening(() => 307, { location: `${elsewhere.url}/v1/traces` })
      yield* apart(
        Effect.provide(call, [Loom.layerTest(hello), Otlp.layer({ url: collector.url, signals: ["traces"] })])
      )
      assert.deepStrictEqual([collector.arrived.length, elsewhere.arrived.length], [1, 0])
    }))

  it.effect("without an address sends nothing, and says so once", () =>
    Effect.gen(function*() {
      for (const url of ["", "collector:4318", "file:///tmp", "https://user:pass@host", "https://host?key=abc"]) {
        const lines: Array<unknown> = []
        const answer = yield* Effect.provide(call, [Loom.layerTest(hello), Otlp.layer({ url })]).pipe(
          Effect.provide(Logger.layer([Logger.make(({ message }) => lines.push(message))]))
        )
        assert.strictEqual(answer.text, "Hello")
        assert.lengthOf(lines, 1)
        assert.match(String(lines[0]), /^telemetry: the collector's address can't be read, .*; give `url`/)
        assert.notMatch(String(lines[0]), /pass|abc/)
      }
    }))

  it("serves those who call with promises", async () => {
    const { collector, close } = await Effect.runPromise(Effect.gen(function*() {
      const scope = yield* Scope.make()
      const collector = yield* Scope.provide(listening(), scope)
      return { collector, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
    }))
    const catalog = Catalog.registerModel(Catalog.empty, { provider: "acme", model: "ada" })
    const loom = Loom.client({
      catalog,
      providers: { acme: hello },
      telemetry: Otlp.layer({ url: collector.url, encoding: "json", signals: ["traces", "metrics"] })
    })
    await loom.generate({ model: "acme/ada", prompt: "Hi" })
    await loom.close()
    assert.deepStrictEqual(collector.spans().map(({ name }) => name).toSorted((a, b) => a.localeCompare(b)), [
      "chat ada",
      "loom.generate"
    ])
    assert.isAtLeast(total(collector.metrics(), "loom.call.duration").count, 1)
    await close()
  })
})

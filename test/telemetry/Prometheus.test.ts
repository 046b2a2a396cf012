import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Metric } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { CallLog, type CallRecord, Cost, Generator, Loom } from "loom-router"
import * as Metrics from "loom-router/telemetry/Metrics"
import * as Prometheus from "loom-router/telemetry/Prometheus"
import { createServer } from "node:http"
import { answer } from "../scripted.ts"

const apart = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(effect, Metric.MetricRegistry, new Map())

const hello = answer("Hello", { provider: "openai", model: "gpt-4o-mini-2024-07-18" })

/** Two calls, and their records. */
const calls = Effect.gen(function*() {
  const records: Array<CallRecord.CallRecord> = []
  const layer = Loom.layerTest(Generator.fake(() => hello), { onCall: (record) => void records.push(record) })
  yield* Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Say hello." }).pipe(
    Effect.repeat({ times: 1 }),
    Effect.provide(layer)
  )
  return records
})

/** The value of a line. */
const valueOf = (text: string, start: string): number =>
  Number(text.split("\n").find((line) => line.startsWith(start))?.split(" ").at(-1))

const labels = `{gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="gpt-4o-mini"`

describe("Prometheus", () => {
  it.live("reads an endpoint of a program's own server", () =>
    apart(Effect.gen(function*() {
      const server = HttpRouter.serve(Prometheus.layerRoute(), { disableLogger: true, disableListenLog: true }).pipe(
        Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
        Layer.provideMerge(Metrics.layer)
      )
      yield* Effect.gen(function*() {
        const address = HttpServer.formatAddress((yield* HttpServer.HttpServer).address)
        const read = Effect.promise(async () => {
          const response = await fetch(`${address}/metrics`)
          return { type: response.headers.get("content-type"), text: await response.text() }
        })
        assert.strictEqual((yield* read).text, "")
        const records = yield* calls
        const { text, type } = yield* read
        assert.strictEqual(type, Prometheus.contentType)
        const cost = Cost.sum(records.flatMap(({ attempts }) => attempts.flatMap(({ cost }) => cost ?? [])))
        assert.strictEqual(valueOf(text, "loom_cost_usd_total"), cost.usd)
        assert.isAbove(cost.usd, 0)
        assert.strictEqual(text, yield* Prometheus.text)
      }).pipe(Effect.provide(server))
    })))

  it.effect("has the names that OpenTelemetry's own exporters write", () =>
    apart(Effect.gen(function*() {
      const log = CallLog.make({ write: () => Effect.void })
      yield* Effect.provideServiceEffect(Effect.provide(calls, Metrics.layer), CallLog.CurrentCallLog, log)
      const text = yield* Prometheus.text
      const families = text.split("\n").flatMap((line) =>
        /^# TYPE (\S+) (\S+)$/.exec(line)?.slice(1, 3).join(" ") ?? []
      )
      assert.deepStrictEqual(families.toSorted(), [
        "gen_ai_client_operation_duration_seconds histogram",
        "gen_ai_client_token_usage histogram",
        "loom_call_duration_seconds histogram",
        "loom_call_log_dropped_total counter",
        "loom_call_overhead_seconds histogram",
        "loom_calls_active gauge",
        "loom_cost_usd_total counter"
      ])
      const answered = `${labels},gen_ai_response_model="gpt-4o-mini-2024-07-18"`
      assert.strictEqual(valueOf(text, `gen_ai_client_operation_duration_seconds_count${answered}}`), 2)
      assert.strictEqual(valueOf(text, `gen_ai_client_token_usage_sum${answered},gen_ai_token_type="input"}`), 6)
      assert.strictEqual(valueOf(text, `gen_ai_client_token_usage_sum${answered},gen_ai_token_type="output"}`), 10)
      assert.strictEqual(valueOf(text, `loom_call_log_dropped_total{loom_reason="full"}`), 0)
      assert.notInclude(text, "unit=")
    })))

  it.effect("leaves a program's own metrics as they are called", () =>
    apart(Effect.gen(function*() {
      yield* Metric.update(Metric.counter("orders.taken"), 3)
      assert.strictEqual(valueOf(yield* Prometheus.text, "orders_taken"), 3)
    })))
})

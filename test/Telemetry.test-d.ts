import { Effect, Layer, Redacted } from "effect"
import type { HttpRouter } from "effect/http"
import { type CallRecord, Loom, Telemetry } from "loom-router"
import * as Metrics from "loom-router/telemetry/Metrics"
import * as Otlp from "loom-router/telemetry/Otlp"
import * as Prometheus from "loom-router/telemetry/Prometheus"
import { describe, expectTypeOf, it } from "vitest"

describe("Telemetry", () => {
  it("tells a record in words", () => {
    const record = null as unknown as CallRecord.CallRecord
    expectTypeOf(Telemetry.lineOf(record)).toEqualTypeOf<string>()
    expectTypeOf(Telemetry.log(record, "json")).toEqualTypeOf<Effect.Effect<void>>()
    // @ts-expect-error there is no such form
    void Telemetry.log(record, "xml")
  })
})

describe("exporters", () => {
  it("are layers without a need, and go into Loom's", () => {
    expectTypeOf(Metrics.layer).toEqualTypeOf<Layer.Layer<never>>()
    expectTypeOf(Otlp.layer({ url: "http://127.0.0.1:4318" })).toEqualTypeOf<Layer.Layer<never>>()
    expectTypeOf(Prometheus.layerRoute()).toEqualTypeOf<Layer.Layer<never, never, HttpRouter.HttpRouter>>()
    expectTypeOf(Prometheus.text).toEqualTypeOf<Effect.Effect<string>>()
    const telemetry = Otlp.layer({
      url: "https://otlp.example.com",
      headers: { "x-api-key": Redacted.make("…") },
      signals: ["traces", "metrics"],
      interval: "10 seconds"
    })
    void Loom.layer({ log: "line", telemetry })
    void Loom.client({ telemetry: Layer.merge(Metrics.layer, telemetry) })
  })

  it("fail in types", () => {
    // @ts-expect-error it has to go somewhere
    Otlp.layer({})
    // @ts-expect-error there is no such signal
    Otlp.layer({ url: "http://127.0.0.1:4318", signals: ["smoke"] })
    // @ts-expect-error a layer is needed, not where it goes
    void Loom.layer({ telemetry: "http://127.0.0.1:4318" })
    // @ts-expect-error one that may fail is to be mended first
    void Loom.layer({ telemetry: Layer.effectDiscard(Effect.fail("no")) })
    // @ts-expect-error there is no such form
    void Loom.layer({ log: "xml" })
  })
})

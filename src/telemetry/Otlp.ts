/**
 * Sends spans, metrics and log lines to an OpenTelemetry collector, or to whatever else speaks OTLP over HTTP.
 *
 * **Example** (A program and its collector)
 *
 * ```ts
 * import { Effect, Redacted } from "effect"
 * import { Loom } from "loom-router"
 * import * as Otlp from "loom-router/telemetry/Otlp"
 *
 * const telemetry = Otlp.layer({
 *   url: "http://127.0.0.1:4318",
 *   headers: { "x-api-key": Redacted.make("…") },
 *   resource: { serviceName: "support-bot" }
 * })
 *
 * const program = Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Say hello." })
 *
 * export const main = program.pipe(Effect.provide(Loom.layer({ log: "line" })), Effect.provide(telemetry))
 * ```
 *
 * **Details**
 *
 * All spans, metrics and log lines of what is provided with it are sent, not Loom's alone: in the background, in
 * batches, and what waits when its scope closes. A collector that is away costs no call anything: it is tried again, then
 * what waits is dropped, for a minute at a time.
 *
 * Connections are those of `Transport`: to this address only, without redirects. Vendors are sent no `traceparent`.
 *
 * @since 1.0.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as OtlpLogger from "effect/observability/OtlpLogger"
import * as OtlpMetrics from "effect/observability/OtlpMetrics"
import * as OtlpResource from "effect/observability/OtlpResource"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import * as OtlpTracer from "effect/observability/OtlpTracer"
import * as Transport from "../Transport.ts"
import * as Metrics from "./Metrics.ts"

/**
 * Where metrics and spans go, and what is on them.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** Of the collector: `http://127.0.0.1:4318`. `/v1/traces`, `/v1/metrics` and `/v1/logs` are added to it. */
  readonly url: string
  /** Sent along: keys, as a rule, which are best given `Redacted`. */
  readonly headers?: Readonly<Record<string, string | Redacted.Redacted>> | undefined
  /**
   * Who sends: over `OTEL_SERVICE_NAME`, `OTEL_SERVICE_VERSION` and `OTEL_RESOURCE_ATTRIBUTES`. A service without a name
   * is called `unknown_service:node`.
   */
  readonly resource?: {
    readonly serviceName?: string | undefined
    readonly serviceVersion?: string | undefined
    readonly attributes?: Record<string, unknown>
  } | undefined
  /** What is sent: all three. */
  readonly signals?: ReadonlyArray<"traces" | "metrics" | "logs"> | undefined
  /** `protobuf` by default. */
  readonly encoding?: "protobuf" | "json" | undefined
  /** None by default. */
  readonly compression?: "gzip" | undefined
  /** How often it is sent: spans every 5 seconds by default, metrics every 10, log lines every second. */
  readonly interval?: Duration.Input | undefined
  /** Whether metrics count from the start, or since they were sent last: `cumulative`. */
  readonly temporality?: "cumulative" | "delta" | undefined
  /** Certificates (PEM) that the collector's may be signed by, in place of those that Node trusts. */
  readonly ca?: string | undefined
}

/**
 * Sends what the program that is provided with it tells, and counts its calls.
 *
 * An address that is none is told by a warning, and nothing is sent: telemetry fails nobody.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options: Options): Layer.Layer<never> =>
  Layer.unwrap(Effect.gen(function*() {
    const transport = yield* Transport.Transport
    const fetch = fetchFor(transport, options)
    if (fetch === undefined) {
      yield* Effect.logWarning(
        "telemetry: the collector's address can't be read, so that nothing is sent; give `url` as http://host:4318, without key or query"
      )
      return Layer.empty
    }
    const { compression, encoding = "protobuf", interval, signals = ["traces", "metrics", "logs"], temporality } =
      options
    const resource = yield* named(options.resource)
    const to = (signal: "traces" | "metrics" | "logs") => ({
      url: `${options.url.replace(/\/+$/, "")}/v1/${signal}`,
      headers: Record.map(options.headers ?? {}, (value) => Redacted.isRedacted(value) ? Redacted.value(value) : value),
      exportInterval: interval,
      compression,
      resource
    })
    const layers = {
      traces: () => OtlpTracer.layer(to("traces")),
      metrics: () => Layer.merge(OtlpMetrics.layer({ ...to("metrics"), temporality }), Metrics.layer),
      logs: () => OtlpLogger.layer(to("logs"))
    }
    return signals.reduce(
      (all: Layer.Layer<never, never, Needed>, signal) => Layer.merge(all, layers[signal]()),
      Layer.empty
    ).pipe(
      Layer.provide(withoutUnits(encoding === "json" ? OtlpSerialization.layerJson : OtlpSerialization.layerProtobuf)),
      Layer.provide(clientWith(fetch))
    )
  })).pipe(Layer.provide(Transport.layer({ connections: 4 })))

type Needed = HttpClient.HttpClient | OtlpSerialization.OtlpSerialization

const fetchFor = (
  transport: Transport.Transport["Service"],
  { ca, url }: Options
): Transport.Fetch | undefined => {
  const parsed = URL.parse(url)
  if (parsed === null || parsed.search !== "" || parsed.username !== "" || parsed.password !== "") return undefined
  try {
    return transport.infrastructure({ provider: "otlp", baseUrl: url, ca })
  } catch {
    return undefined
  }
}

const clientWith = (fetch: Transport.Fetch): Layer.Layer<HttpClient.HttpClient> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(
      HttpClient.HttpClient,
      HttpClient.transformResponse(Effect.provideService(FetchHttpClient.Fetch, fetch))
    )
  ).pipe(Layer.provide(FetchHttpClient.layer))

/** Effect has units among the attributes. OTLP has a place for them, where its exporter puts them too. */
const withoutUnits = (
  layer: Layer.Layer<OtlpSerialization.OtlpSerialization>
): Layer.Layer<OtlpSerialization.OtlpSerialization> =>
  Layer.effect(
    OtlpSerialization.OtlpSerialization,
    Effect.map(OtlpSerialization.OtlpSerialization, (serialization) => ({
      ...serialization,
      metrics: (data) => {
        for (const { scopeMetrics } of data.resourceMetrics) {
          for (const { metrics } of scopeMetrics) {
            for (const { gauge, histogram, sum, summary } of metrics) {
              for (const point of (gauge ?? histogram ?? sum ?? summary)?.dataPoints ?? []) {
                point.attributes = (point.attributes ?? []).filter(({ key }) => key !== "unit" && key !== "time_unit")
              }
            }
          }
        }
        return serialization.metrics(data)
      }
    }))
  ).pipe(Layer.provide(layer))

/** Effect's exporters die of a service without a name. */
const named = (resource: Options["resource"]): Effect.Effect<Options["resource"]> =>
  Effect.matchCause(OtlpResource.fromConfig(resource), {
    onSuccess: () => resource,
    onFailure: () => ({ ...resource, serviceName: "unknown_service:node" })
  })

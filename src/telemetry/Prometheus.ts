/**
 * Metrics as Prometheus reads them, for a `/metrics` endpoint of one's own.
 *
 * **Example** (An endpoint beside a program's own)
 *
 * ```ts
 * import { NodeHttpServer } from "@effect/platform-node"
 * import { Layer } from "effect"
 * import { HttpRouter } from "effect/http"
 * import * as Metrics from "loom-router/telemetry/Metrics"
 * import * as Prometheus from "loom-router/telemetry/Prometheus"
 * import { createServer } from "node:http"
 *
 * const routes = Layer.mergeAll(Prometheus.layerRoute())
 *
 * export const server = HttpRouter.serve(routes).pipe(
 *   Layer.provide(NodeHttpServer.layer(createServer, { port: 9464 })),
 *   Layer.provide(Metrics.layer)
 * )
 * ```
 *
 * **Details**
 *
 * Names are those that OpenTelemetry's own exporters write: with the unit in seconds, and `_total` for what only grows. It
 * shows all of Effect's registry, a program's own metrics too.
 *
 * @since 1.0.0
 */
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as HttpRouter from "effect/http/HttpRouter"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"

const metricNameMapper = (name: string): string => {
  if (/^gen_ai\.client\.operation\.|^loom\.call\.(duration|overhead)$/.test(name)) return `${name}_seconds`
  if (name === "loom.cost") return `${name}_usd_total`
  return /^loom\.(retries|failovers|call_log\.dropped)$/.test(name) ? `${name}_total` : name
}

/**
 * The text of the endpoint, in Prometheus' format 0.0.4.
 *
 * **When to use**
 *
 * For a server that isn't Effect's: `response.end(await Effect.runPromise(Prometheus.text))`, with the content type
 * {@link contentType}.
 *
 * @category accessors
 * @since 1.0.0
 */
export const text: Effect.Effect<string> = PrometheusMetrics.format({ metricNameMapper })

/**
 * What {@link text} is, for its header.
 *
 * @category accessors
 * @since 1.0.0
 */
export const contentType = "text/plain; version=0.0.4; charset=utf-8"

/**
 * Adds the endpoint to a router: `GET /metrics`, or another path.
 *
 * Calls are counted where `telemetry/Metrics` is provided, which this layer doesn't do: it stands beside a program's own
 * routes, and not under them.
 *
 * @category layers
 * @since 1.0.0
 */
export const layerRoute = (
  options: { readonly path?: HttpRouter.PathInput | undefined } = {}
): Layer.Layer<never, never, HttpRouter.HttpRouter> =>
  PrometheusMetrics.layerHttp({ path: options.path, metricNameMapper })

/** A collector of OpenTelemetry: it takes what an exporter sends over HTTP, and reads OTLP's JSON. */
import { Effect, Schema, type Scope } from "effect"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { gunzipSync } from "node:zlib"

const Value = Schema.Struct({
  stringValue: Schema.optionalKey(Schema.String),
  boolValue: Schema.optionalKey(Schema.Boolean),
  intValue: Schema.optionalKey(Schema.Union([Schema.Finite, Schema.String])),
  doubleValue: Schema.optionalKey(Schema.Finite),
  arrayValue: Schema.optionalKey(Schema.Struct({ values: Schema.Array(Schema.Unknown) }))
})

const Attributes = Schema.Array(Schema.Struct({ key: Schema.String, value: Value }))

const Point = Schema.Struct({
  attributes: Attributes,
  asDouble: Schema.optionalKey(Schema.Finite),
  count: Schema.optionalKey(Schema.Finite),
  sum: Schema.optionalKey(Schema.Finite),
  explicitBounds: Schema.optionalKey(Schema.Array(Schema.Finite))
})
const Points = Schema.Struct({
  dataPoints: Schema.Array(Point),
  isMonotonic: Schema.optionalKey(Schema.Boolean),
  aggregationTemporality: Schema.optionalKey(Schema.Finite)
})

const Resource = Schema.Struct({ attributes: Attributes })

const Traces = Schema.fromJsonString(Schema.Struct({
  resourceSpans: Schema.Array(Schema.Struct({
    resource: Resource,
    scopeSpans: Schema.Array(Schema.Struct({
      spans: Schema.Array(Schema.Struct({
        traceId: Schema.String,
        spanId: Schema.String,
        parentSpanId: Schema.optionalKey(Schema.String),
        name: Schema.String,
        kind: Schema.Finite,
        startTimeUnixNano: Schema.String,
        endTimeUnixNano: Schema.String,
        attributes: Attributes,
        status: Schema.Struct({ code: Schema.Finite })
      }))
    }))
  }))
}))

const Metrics = Schema.fromJsonString(Schema.Struct({
  resourceMetrics: Schema.Array(Schema.Struct({
    scopeMetrics: Schema.Array(Schema.Struct({
      metrics: Schema.Array(Schema.Struct({
        name: Schema.String,
        unit: Schema.String,
        sum: Schema.optionalKey(Points),
        gauge: Schema.optionalKey(Points),
        histogram: Schema.optionalKey(Points)
      }))
    }))
  }))
}))

const Logs = Schema.fromJsonString(Schema.Struct({
  resourceLogs: Schema.Array(Schema.Struct({
    scopeLogs: Schema.Array(Schema.Struct({
      logRecords: Schema.Array(Schema.Struct({
        severityText: Schema.String,
        body: Value,
        traceId: Schema.optionalKey(Schema.String)
      }))
    }))
  }))
}))

export interface Arrived {
  readonly path: string
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  /** Decompressed. */
  readonly body: Buffer
}

export type Plain = Readonly<Record<string, unknown>>

const plain = (attributes: typeof Attributes.Type): Plain =>
  Object.fromEntries(attributes.map(({ key, value }) => {
    const { arrayValue, boolValue, doubleValue, intValue, stringValue } = value
    return [
      key,
      stringValue ?? boolValue ?? doubleValue ?? (intValue === undefined ? arrayValue?.values : Number(intValue))
    ]
  }))

/** Listens until its scope closes. */
export const make = (
  answer: (path: string) => number = () => 200,
  headers: Readonly<Record<string, string>> = {}
): Effect.Effect<Collector, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Collector & { readonly close: () => Promise<unknown> }>((resume) => {
      const arrived: Array<Arrived> = []
      const server = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          const sent = Buffer.concat(chunks)
          const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent
          const path = request.url ?? ""
          arrived.push({ path, headers: request.headers, body })
          response.writeHead(answer(path), { "content-type": "application/json", ...headers }).end("{}")
        })
      })
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        const of = <S extends Schema.ConstraintDecoder<unknown>>(signal: string, schema: S) =>
          arrived.filter(({ path }) => path.endsWith(`/v1/${signal}`))
            .map(({ body }) => Schema.decodeUnknownSync(schema)(body.toString()))
        resume(Effect.succeed({
          url: `http://127.0.0.1:${port}`,
          arrived,
          resources: () =>
            of("traces", Traces).flatMap(({ resourceSpans }) =>
              resourceSpans.map(({ resource }) => plain(resource.attributes))
            ),
          spans: () =>
            of("traces", Traces).flatMap(({ resourceSpans }) =>
              resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
            ).map(({ attributes, ...span }) => Object.assign(span, { attributes: plain(attributes) })),
          metrics: () =>
            (of("metrics", Metrics).at(-1)?.resourceMetrics ?? []).flatMap(({ scopeMetrics }) =>
              scopeMetrics.flatMap(({ metrics }) => metrics)
            ).flatMap(({ gauge, histogram, name, sum, unit }) =>
              (sum ?? gauge ?? histogram)?.dataPoints.map((point) => ({
                name,
                unit,
                kind: sum === undefined ? gauge === undefined ? "histogram" : "gauge" : "sum",
                isMonotonic: sum?.isMonotonic,
                value: point.asDouble ?? point.sum ?? 0,
                count: point.count,
                bounds: point.explicitBounds,
                attributes: plain(point.attributes)
              })) ?? []
            ),
          logs: () =>
            of("logs", Logs).flatMap(({ resourceLogs }) =>
              resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
            ),
          close: () =>
            new Promise((done) => {
              server.close(done)
              server.closeAllConnections()
            })
        }))
      })
    }),
    ({ close }) => Effect.promise(close)
  )

export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  /** 1 internal, 3 client. */
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: Plain
  /** 0 unset, 1 ok, 2 error. */
  readonly status: { readonly code: number }
}

export interface Measured {
  readonly name: string
  readonly unit: string
  readonly kind: string
  readonly isMonotonic: boolean | undefined
  /** Its value, or the sum of a histogram. */
  readonly value: number
  readonly count: number | undefined
  readonly bounds: ReadonlyArray<number> | undefined
  readonly attributes: Plain
}

export interface Collector {
  readonly url: string
  readonly arrived: ReadonlyArray<Arrived>
  readonly resources: () => ReadonlyArray<Plain>
  readonly spans: () => ReadonlyArray<Span>
  /** As they were sent last. */
  readonly metrics: () => ReadonlyArray<Measured>
  readonly logs: () => ReadonlyArray<{ readonly body: Plain; readonly traceId?: string }>
}

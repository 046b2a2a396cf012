/**
 * Metrics of calls in Effect's registry, from where an exporter takes them: `telemetry/Otlp`, `telemetry/Prometheus`, or
 * one of one's own. `README.md` beside this file lists them.
 *
 * **Details**
 *
 * All of them are sums over call records. Attributes are few and their values bounded: no id, no tag, nothing that a caller
 * made up. They cost about a microsecond a call where they are on, and nothing elsewhere.
 *
 * @since 1.0.0
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import { type Attempt, isFailover } from "../Attempt.ts"
import type { CallRecord } from "../CallRecord.ts"
import * as Catalog from "../Catalog.ts"
import * as Telemetry from "../Telemetry.ts"

type Attributes = Readonly<Record<string, string>>

/** As the conventions advise them. */
const tokens = Array.from({ length: 14 }, (_, n) => 4 ** n)
const seconds = Array.from({ length: 14 }, (_, n) => 2 ** n / 100)
/** What Loom adds to a call is far shorter than the call. */
const shortSeconds = [0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30]

const histogram = (id: string, unit: string, boundaries: ReadonlyArray<number>, description: string) => ({
  id,
  unit,
  of: (attributes: Attributes) => Metric.histogram(id, { description, boundaries, attributes: { ...attributes, unit } })
})

const counter = (id: string, unit: string, description: string) => ({
  id,
  unit,
  of: (attributes: Attributes) =>
    Metric.counter(id, { description, incremental: true, attributes: { ...attributes, unit } })
})

const instruments = {
  tokenUsage: histogram("gen_ai.client.token.usage", "{token}", tokens, "Number of input and output tokens used."),
  duration: histogram("gen_ai.client.operation.duration", "s", seconds, "GenAI operation duration."),
  firstChunk: histogram(
    "gen_ai.client.operation.time_to_first_chunk",
    "s",
    seconds,
    "Time from the request to the first content of the stream."
  ),
  cost: counter("loom.cost", "{USD}", "What attempts are known to have cost."),
  retries: counter("loom.retries", "{retry}", "Attempts made again at the same model."),
  failovers: counter("loom.failovers", "{failover}", "Times that a model was left for another one."),
  call: histogram(
    "loom.call.duration",
    "s",
    seconds,
    "A call from its caller's side: retries, failover and waits too."
  ),
  overhead: histogram("loom.call.overhead", "s", shortSeconds, "What of a call wasn't the vendor's.")
}

const active = Metric.gauge("loom.calls.active", {
  description: "Calls under way.",
  attributes: { unit: "{call}" }
})

/** Sets of attributes at most, as OpenTelemetry's SDKs have it. */
const limit = 2000

/** What comes after the last set is counted as one, which says so. */
const overflow = { "otel.metric.overflow": "true" }

interface Branch<A> extends Map<string, Branch<A> | A> {}

/** Found by what sets them apart, string by string: to join the strings would cost more than to count. */
const series = <A extends object>(of: (attributes: Attributes) => A) => {
  const root: Branch<A> = new Map()
  let size = 0
  let others: A | undefined
  const add = (path: ReadonlyArray<string>, attributes: Attributes): A => {
    if (size >= limit) return others ??= of(overflow)
    size++
    const made = of(attributes)
    let branch = root
    for (const step of path.slice(0, -1)) {
      const known = branch.get(step)
      const next: Branch<A> = known instanceof Map ? known : new Map()
      branch.set(step, next)
      branch = next
    }
    branch.set(path.at(-1) ?? "", made)
    return made
  }
  return (path: ReadonlyArray<string>, attributes: () => Attributes): A => {
    let found: Branch<A> | A | undefined = root
    for (const step of path) found = found instanceof Map ? found.get(step) : undefined
    return found === undefined || found instanceof Map ? add(path, attributes()) : found
  }
}

/** By the name that the vendor is sent. */
const whoOf = (catalog: Catalog.Catalog, provider: string, asked: string): Attributes => ({
  "gen_ai.provider.name": Telemetry.providerName(provider),
  "gen_ai.request.model": Catalog.named(catalog, provider, asked)?.upstream ?? asked
})

const make = (context: Context.Context<never>): Telemetry.Metrics => {
  const updating = <I>(metric: Metric.Metric<I, unknown>) => (value: I) => metric.updateUnsafe(value, context)

  const attemptSeries = series((attributes) => {
    const { "error.type": _, ...answered } = attributes
    const { "gen_ai.response.model": __, ...asked } = attributes
    return {
      input: updating(instruments.tokenUsage.of({ ...answered, "gen_ai.token.type": "input" })),
      output: updating(instruments.tokenUsage.of({ ...answered, "gen_ai.token.type": "output" })),
      duration: updating(instruments.duration.of(attributes)),
      firstChunk: updating(instruments.firstChunk.of(answered)),
      cost: updating(instruments.cost.of(answered)),
      retries: updating(instruments.retries.of(asked)),
      failovers: updating(instruments.failovers.of(asked))
    }
  })

  const callSeries = series((attributes) => ({
    duration: updating(instruments.call.of(attributes)),
    overhead: updating(instruments.overhead.of(attributes))
  }))

  const attemptSeriesOf = ({ modality }: CallRecord, attempt: Attempt, catalog: Catalog.Catalog) => {
    const { asked, model, outcome, provider } = attempt
    return attemptSeries([asked, model, outcome, provider, modality], () => ({
      "gen_ai.operation.name": Telemetry.operationName(modality),
      ...whoOf(catalog, provider, asked),
      ...(outcome === "ok" && { "gen_ai.response.model": model }),
      ...(outcome !== "ok" && { "error.type": outcome })
    }))
  }

  return {
    began: () => active.modifyUnsafe(1, context),
    ended: (record, catalog) => {
      active.modifyUnsafe(-1, context)
      const { attempts, cache, model, operation, outcome, provider, timing } = record
      const call = callSeries([model, outcome, cache, operation, provider], () => {
        // Who names a model that doesn't exist may name any.
        const asked = Catalog.named(catalog, provider, model)?.id
        return {
          "loom.operation": operation,
          "loom.cache": cache,
          ...(asked !== undefined && whoOf(catalog, provider, asked)),
          ...(outcome !== "ok" && { "error.type": outcome })
        }
      })
      call.duration(timing.total / 1000)
      call.overhead(timing.overhead / 1000)
      let before: Attempt | undefined
      let left: ReturnType<typeof attemptSeriesOf> | undefined
      for (const attempt of attempts) {
        if (before !== undefined) (isFailover(before, attempt) ? left?.failovers : left?.retries)?.(1)
        const its = attemptSeriesOf(record, attempt, catalog)
        its.duration(attempt.duration / 1000)
        if (attempt.firstToken !== undefined) its.firstChunk(attempt.firstToken / 1000)
        // What Loom only estimates mustn't be in it, the conventions say.
        if (attempt.usage?.state === "reported") {
          its.input(attempt.usage.inputTokens)
          its.output(attempt.usage.outputTokens)
        }
        if (attempt.cost?.usd !== undefined) its.cost(attempt.cost.usd)
        before = attempt
        left = its
      }
    }
  }
}

/**
 * Counts the calls of what is provided with it.
 *
 * **When to use**
 *
 * The exporters of `telemetry/Otlp` bring it. Provide it oneself for an exporter that only reads Effect's registry:
 * `telemetry/Prometheus`, `NodeSdk` of `@effect/opentelemetry`.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer: Layer.Layer<never> = Layer.effect(
  Telemetry.CurrentMetrics,
  Effect.map(Effect.context(), make)
)

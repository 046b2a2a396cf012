/**
 * What a call tells the outside: spans with OpenTelemetry's GenAI names, one INFO line, and metrics for who wants them.
 * `src/telemetry/README.md` lists them, and says how they leave the process.
 *
 * **Details**
 *
 * `loom.generate` spans the call, and under it each attempt has the inference span of the conventions (`chat
 * gpt-4o-mini`), which alone has `gen_ai.*` attributes: nobody counts its usage twice. Nothing is built where no tracer
 * listens. No prompt, answer or key is in any of it.
 *
 * Names and requirement levels are those of OpenTelemetry's semantic conventions for generative AI as of v1.41.0
 * (https://github.com/open-telemetry/semantic-conventions/blob/v1.41.0/docs/gen-ai/README.md, status: Development), which
 * `@opentelemetry/semantic-conventions` 1.45.0 has as constants. Its successor (semantic-conventions-genai v0.1.0) names
 * some of them anew; `src/telemetry/README.md` says which. What has no name there is called `loom.*`.
 *
 * @since 1.0.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import type { Attempt } from "./Attempt.ts"
import type { CallRecord } from "./CallRecord.ts"
import type { Catalog } from "./Catalog.ts"
import * as Cost from "./Cost.ts"
import type { Summary } from "./Generation.ts"
import type { Request } from "./Request.ts"

type Attributes = Record<string, unknown>

interface Described {
  readonly name: string
  readonly kind: Tracer.SpanKind
  readonly attributes: Attributes
}

/**
 * Runs an effect in a span of its own, where a tracer listens.
 *
 * @category tracing
 * @since 1.0.0
 */
export const traced = <A, E, R>(
  describe: () => Described,
  effect: (span: Tracer.Span | undefined) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => {
    if (fiber.getRef(Tracer.Tracer) === Tracer.nativeTracer) return effect(undefined)
    const { attributes, kind, name } = describe()
    return Effect.useSpan(
      name,
      { kind, attributes },
      (span) => Effect.provideService(effect(span), Tracer.ParentSpan, span)
    )
  })

/**
 * Like {@link traced}, with a span that lives as long as the scope: for streams.
 *
 * @category tracing
 * @since 1.0.0
 */
export const tracedScoped = <A, E, R>(
  describe: () => Described,
  effect: (span: Tracer.Span | undefined) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R | Scope.Scope> =>
  Effect.withFiber((fiber): Effect.Effect<A, E, R | Scope.Scope> => {
    if (fiber.getRef(Tracer.Tracer) === Tracer.nativeTracer) return effect(undefined)
    const { attributes, kind, name } = describe()
    return Effect.flatMap(
      Effect.makeSpanScoped(name, { kind, attributes }),
      (span) => Effect.provideService(effect(span), Tracer.ParentSpan, span)
    )
  })

/**
 * Counts calls, as each begins and ends, and never throws. `telemetry/Metrics` makes one.
 *
 * @category models
 * @since 1.0.0
 */
export interface Metrics {
  readonly began: () => void
  /** `catalog` knows the models that the record names. */
  readonly ended: (record: CallRecord, catalog: Catalog) => void
}

/**
 * What counts the calls of a region of a program: nothing, unless a layer of an exporter, or `telemetry/Metrics` itself,
 * says otherwise.
 *
 * @category references
 * @since 1.0.0
 */
export const CurrentMetrics: Context.Reference<Metrics | undefined> = Context.Reference<Metrics | undefined>(
  "loom-router/Telemetry/CurrentMetrics",
  { defaultValue: () => undefined }
)

/**
 * What the conventions call a provider: `gcp.gemini` for `gemini`; who has no name there keeps its own.
 *
 * @category accessors
 * @since 1.0.0
 */
export const providerName = (provider: string): string => providerNames.get(provider) ?? provider

/** `anthropic`, `cohere`, `deepseek`, `groq`, `openai` and `perplexity` are called so there too. */
const providerNames = new Map([
  ["azure", "azure.ai.openai"],
  ["bedrock", "aws.bedrock"],
  ["gemini", "gcp.gemini"],
  ["mistral", "mistral_ai"],
  // Since v0.1.0 of the successor.
  ["moonshot", "moonshot_ai"],
  ["xai", "x_ai"]
])

/**
 * What the conventions call what is asked.
 *
 * @category accessors
 * @since 1.0.0
 */
export const operationName = (modality: "text" | "image"): "chat" | "generate_content" =>
  modality === "text" ? "chat" : "generate_content"

/**
 * The span of a call.
 *
 * @category tracing
 * @since 1.0.0
 */
export const callSpan = (
  id: string,
  asked: { readonly provider?: string | undefined; readonly model: string },
  tags: Readonly<Record<string, string>>
): Described => {
  const attributes: Attributes = {
    "loom.call.id": id,
    "loom.asked": asked.provider === undefined ? asked.model : `${asked.provider}/${asked.model}`
  }
  for (const tag in tags) attributes[`loom.tag.${tag}`] = tags[tag]
  return { name: "loom.generate", kind: "internal", attributes }
}

/**
 * The inference span of an attempt.
 *
 * @category tracing
 * @since 1.0.0
 */
export const attemptSpan = ({ modality, model, object, params }: Request, stream: boolean): Described => {
  const operation = operationName(modality)
  const attributes: Attributes = {
    "gen_ai.operation.name": operation,
    "gen_ai.provider.name": providerName(model.provider),
    "gen_ai.request.model": model.upstream
  }
  const given = (name: string, value: unknown) => {
    if (value !== undefined) attributes[name] = value
  }
  given("gen_ai.request.stream", stream ? true : undefined)
  given("gen_ai.output.type", object !== undefined ? "json" : modality === "image" ? "image" : undefined)
  given("gen_ai.request.max_tokens", params.maxOutputTokens)
  given("gen_ai.request.temperature", params.temperature)
  given("gen_ai.request.top_p", params.topP)
  given("gen_ai.request.stop_sequences", params.stop)
  given("gen_ai.request.seed", params.seed)
  given("gen_ai.request.presence_penalty", params.presencePenalty)
  given("gen_ai.request.frequency_penalty", params.frequencyPenalty)
  return { name: `${operation} ${model.upstream}`, kind: "client", attributes }
}

/**
 * Writes what became of an attempt on its span.
 *
 * @category tracing
 * @since 1.0.0
 */
export const annotateAttempt = (span: Tracer.Span, attempt: Attempt, summary: Summary | undefined): void => {
  const { cost, firstToken, outcome, requestId, usage } = attempt
  if (summary !== undefined) {
    span.attribute("gen_ai.response.model", summary.model)
    span.attribute("gen_ai.response.finish_reasons", [summary.finishReason])
    const id = responseId(summary.native)
    if (id !== undefined) span.attribute("gen_ai.response.id", id)
  }
  if (usage !== undefined && usage.state !== "missing") {
    span.attribute("gen_ai.usage.input_tokens", usage.inputTokens)
    span.attribute("gen_ai.usage.output_tokens", usage.outputTokens)
    span.attribute("gen_ai.usage.cache_read.input_tokens", usage.cacheRead + usage.imageCacheRead)
    const written = Object.values(usage.cacheWrite).reduce((sum, tokens) => sum + tokens, 0)
    if (written > 0) span.attribute("gen_ai.usage.cache_creation.input_tokens", written)
    if (usage.outputReasoning > 0) span.attribute("gen_ai.usage.reasoning.output_tokens", usage.outputReasoning)
    if (usage.state === "estimated") span.attribute("loom.usage.estimated", true)
  }
  if (firstToken !== undefined) span.attribute("gen_ai.response.time_to_first_chunk", firstToken / 1000)
  if (requestId !== undefined) span.attribute("loom.request.id", requestId)
  if (cost?.usd !== undefined) span.attribute("loom.cost.usd", cost.usd)
  span.attribute("loom.billed", attempt.billed)
  if (outcome !== "ok") span.attribute("error.type", outcome)
}

/** The vendor's own id of an answer, as most call it. */
const responseId = (native: unknown): string | undefined => {
  if (typeof native !== "object" || native === null) return undefined
  const id = "id" in native ? native.id : "responseId" in native ? native.responseId : undefined
  return typeof id === "string" ? id : undefined
}

/**
 * Writes what became of a call on its span.
 *
 * @category tracing
 * @since 1.0.0
 */
export const annotateCall = (span: Tracer.Span, record: CallRecord): void => {
  span.attribute("loom.outcome", record.outcome)
  if (record.provider !== "") span.attribute("loom.model", `${record.provider}/${record.model}`)
  if (record.route !== undefined) span.attribute("loom.route", record.route)
  span.attribute("loom.cache", record.cache)
  span.attribute("loom.attempts", record.attempts.length)
  span.attribute("loom.overhead_ms", record.timing.overhead)
  if (record.outcome !== "ok") span.attribute("error.type", record.outcome)
}

/**
 * The fields of the INFO line: what a call was, what became of it, and what it cost in USD over all of its attempts.
 *
 * @category logging
 * @since 1.0.0
 */
export const fieldsOf = (record: CallRecord) => {
  const spent = Cost.sum(record.attempts.map(({ cost }) => cost ?? Cost.unknown))
  const usage = record.attempts.length === 0 ? undefined : record.usage ?? record.attempts.at(-1)?.usage
  return {
    event: "loom.generate",
    call: record.id,
    provider: record.provider,
    model: record.model,
    outcome: record.outcome,
    ms: Math.round(record.timing.total * 10) / 10,
    inputTokens: usage?.inputTokens,
    outputTokens: usage?.outputTokens,
    cachedTokens: usage?.cacheRead,
    usd: spent.unknown === spent.count && spent.count > 0 ? undefined : spent.usd,
    cache: record.cache,
    attempts: record.attempts.length,
    ...(record.route === undefined ? undefined : { route: record.route }),
    ...(Object.keys(record.tags).length === 0 ? undefined : { tags: record.tags })
  }
}

/**
 * The INFO line of a call as text.
 *
 * @category logging
 * @since 1.0.0
 */
export const lineOf = (record: CallRecord): string => {
  const { attempts, cache, cachedTokens, inputTokens, model, ms, outcome, outputTokens, provider, route, tags, usd } =
    fieldsOf(record)
  const words = [
    outcome,
    provider === "" ? model : `${provider}/${model}`,
    `${ms}ms`,
    `in=${inputTokens ?? "?"}`,
    `out=${outputTokens ?? "?"}`,
    `cached=${cachedTokens ?? "?"}`,
    usd === undefined ? "cost=?" : `cost=$${usd.toFixed(12).replace(/\.?0+$/, "")}`,
    `cache=${cache}`,
    `attempts=${attempts}`,
    ...(route === undefined ? [] : [`route=${route}`]),
    ...Object.entries(tags ?? {}).map(([tag, value]) => `${tag}=${value}`)
  ]
  return words.join(" ")
}

/**
 * Logs the INFO line of a call through the caller's Logger.
 *
 * @category logging
 * @since 1.0.0
 */
export const log = (record: CallRecord, form: "line" | "json"): Effect.Effect<void> =>
  form === "line" ? Effect.logInfo(lineOf(record)) : Effect.logInfo(fieldsOf(record))

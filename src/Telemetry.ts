/**
 * What a call tells the outside: spans with OpenTelemetry's GenAI names, and one INFO line.
 *
 * **Details**
 *
 * `loom.generate` spans the call, and under it each attempt has the inference span of the conventions (`chat
 * gpt-4o-mini`), which alone carries usage. Nothing is built where no tracer listens. No prompt, answer or key is in
 * any of it. Attribute names: OpenTelemetry semantic conventions for generative AI, read from memory; what has none there
 * is called `loom.*`.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import type { Attempt } from "./Attempt.ts"
import type { CallRecord } from "./CallRecord.ts"
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
 * @since 0.1.0
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
 * @since 0.1.0
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
 * The span of a call.
 *
 * @category tracing
 * @since 0.1.0
 */
export const callSpan = (
  id: string,
  asked: { readonly provider?: string | undefined; readonly model: string },
  tags: Readonly<Record<string, string>>
): Described => {
  const attributes: Attributes = { "loom.call.id": id, "gen_ai.request.model": asked.model }
  if (asked.provider !== undefined) attributes["gen_ai.provider.name"] = asked.provider
  for (const tag in tags) attributes[`loom.tag.${tag}`] = tags[tag]
  return { name: "loom.generate", kind: "internal", attributes }
}

/**
 * The inference span of an attempt.
 *
 * @category tracing
 * @since 0.1.0
 */
export const attemptSpan = ({ modality, model, object, params }: Request): Described => {
  const operation = modality === "text" ? "chat" : "generate_content"
  const attributes: Attributes = {
    "gen_ai.operation.name": operation,
    "gen_ai.provider.name": model.provider,
    "gen_ai.request.model": model.upstream,
    "gen_ai.output.type": object === undefined ? modality : "json"
  }
  const given = (name: string, value: unknown) => {
    if (value !== undefined) attributes[name] = value
  }
  given("gen_ai.request.max_tokens", params.maxOutputTokens)
  given("gen_ai.request.temperature", params.temperature)
  given("gen_ai.request.top_p", params.topP)
  given("gen_ai.request.stop_sequences", params.stop)
  given("gen_ai.request.seed", params.seed)
  given("gen_ai.request.presence_penalty", params.presencePenalty)
  given("gen_ai.request.frequency_penalty", params.frequencyPenalty)
  return { name: `${operation} ${model.id}`, kind: "client", attributes }
}

/**
 * Writes what became of an attempt on its span.
 *
 * @category tracing
 * @since 0.1.0
 */
export const annotateAttempt = (span: Tracer.Span, attempt: Attempt, summary: Summary | undefined): void => {
  if (summary !== undefined) {
    span.attribute("gen_ai.response.model", summary.model)
    span.attribute("gen_ai.response.finish_reasons", [summary.finishReason])
  }
  if (attempt.requestId !== undefined) span.attribute("gen_ai.response.id", attempt.requestId)
  if (attempt.usage !== undefined) {
    span.attribute("gen_ai.usage.input_tokens", attempt.usage.inputTokens)
    span.attribute("gen_ai.usage.output_tokens", attempt.usage.outputTokens)
    span.attribute("gen_ai.usage.cache_read.input_tokens", attempt.usage.cacheRead)
  }
  if (attempt.firstToken !== undefined) span.attribute("loom.first_token_ms", attempt.firstToken)
  if (attempt.cost?.usd !== undefined) span.attribute("loom.cost.usd", attempt.cost.usd)
  span.attribute("loom.billed", attempt.billed)
  if (attempt.outcome !== "ok") span.attribute("error.type", attempt.outcome)
}

/**
 * Writes what became of a call on its span.
 *
 * @category tracing
 * @since 0.1.0
 */
export const annotateCall = (span: Tracer.Span, record: CallRecord): void => {
  span.attribute("loom.outcome", record.outcome)
  span.attribute("loom.cache", record.cache)
  span.attribute("loom.attempts", record.attempts.length)
  span.attribute("loom.overhead_ms", record.timing.overhead)
  if (record.outcome !== "ok") span.attribute("error.type", record.outcome)
}

/**
 * The fields of the INFO line: what a call was, what became of it, and what it cost in USD over all of its attempts.
 *
 * @category logging
 * @since 0.1.0
 */
export const fieldsOf = (record: CallRecord) => {
  const spent = Cost.sum(record.attempts.map(({ cost }) => cost ?? Cost.unknown))
  const usage = record.attempts.at(-1)?.usage
  return {
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
    ...(Object.keys(record.tags).length === 0 ? undefined : { tags: record.tags })
  }
}

/**
 * The INFO line of a call as text.
 *
 * @category logging
 * @since 0.1.0
 */
export const lineOf = (record: CallRecord): string => {
  const { attempts, cache, cachedTokens, inputTokens, model, ms, outcome, outputTokens, provider, tags, usd } =
    fieldsOf(
      record
    )
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
    ...Object.entries(tags ?? {}).map(([tag, value]) => `${tag}=${value}`)
  ]
  return words.join(" ")
}

/**
 * Logs the INFO line of a call through the caller's Logger.
 *
 * @category logging
 * @since 0.1.0
 */
export const log = (record: CallRecord, form: "line" | "json"): Effect.Effect<void> =>
  form === "line" ? Effect.logInfo(lineOf(record)) : Effect.logInfo("loom.generate", fieldsOf(record))

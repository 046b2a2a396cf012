import { assert, describe, it } from "@effect/vitest"
import * as Otel from "@opentelemetry/api"
import * as Conventions from "@opentelemetry/semantic-conventions/incubating"
import { Context, Effect, Fiber, Layer, Logger, Option, Schema, Stream, Tracer } from "effect"
import { Response } from "effect/ai"
import { TestClock } from "effect/testing"
import {
  type Attempt,
  type CallRecord,
  Catalog,
  GenerateError,
  Generation,
  Generator,
  Loom,
  Request,
  RetryPolicy,
  Router,
  Telemetry,
  Usage
} from "loom-router"
import { attributesOf, logged, parentOf, traced } from "./listening.ts"

const usage = Usage.make({ inputUncached: 100, cacheRead: 28, outputText: 20 })

const answered = Generation.make({
  provider: "openai",
  model: "gpt-4o-mini-2024-07-18",
  content: [],
  finishReason: "stop",
  usage,
  requestId: "req_1",
  native: undefined
})

const busy = new GenerateError.GenerateError({
  provider: "openai",
  model: "gpt-4o-mini",
  status: 429,
  reason: new GenerateError.RateLimited({ detail: "too many requests" })
})

const asked = { model: "openai/gpt-4o-mini", prompt: "Tell me a secret." } as const

describe("spans", () => {
  it.effect("one for the call, and under it one per attempt, which alone carries usage", () =>
    Effect.gen(function*() {
      let n = 0
      const { ended, spans, tracer } = traced()
      const layer = Loom.layerTest(Generator.fake(() => n++ === 0 ? busy : answered), {
        retry: RetryPolicy.make({ baseDelay: "1 second" })
      })
      const fiber = yield* Loom.generate({ ...asked, temperature: 0.5, tags: { tenant: "acme" } }).pipe(
        Effect.provide(layer),
        Effect.withTracer(tracer),
        Effect.forkChild
      )
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(spans.map(({ name }) => name), ["loom.generate", "chat gpt-4o-mini", "chat gpt-4o-mini"])
      assert.strictEqual(ended.length, 3)
      const [call, first, second] = spans
      assert.deepStrictEqual([first, second].map(parentOf), [call?.spanId, call?.spanId])
      assert.strictEqual(attributesOf(call)["loom.tag.tenant"], "acme")
      assert.strictEqual(attributesOf(call)["loom.attempts"], 2)
      assert.isUndefined(attributesOf(call)["gen_ai.usage.input_tokens"])
      assert.strictEqual(attributesOf(first)["error.type"], "RateLimited")
      assert.strictEqual(attributesOf(first)["loom.billed"], "no")
      assert.include(attributesOf(second), {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "loom.request.id": "req_1",
        "gen_ai.usage.input_tokens": 128,
        "gen_ai.usage.cache_read.input_tokens": 28,
        "gen_ai.usage.output_tokens": 20
      })
      assert.notInclude(JSON.stringify(spans.map(attributesOf)), "secret")
    }))

  it.effect("of a stream live until it is over, however it ends", () =>
    Effect.gen(function*() {
      const { ended, spans, tracer } = traced()
      const parts = Generation.toParts({ ...answered, content: [Response.makePart("text", { text: "one" })] })
      const layer = Loom.layerTest(Generator.make({
        generate: () => Effect.die("unused"),
        open: () => Effect.succeed(Stream.rechunk(Stream.fromIterable(parts), 1))
      }))
      const stream = Loom.stream(asked).pipe(Stream.provide(layer))
      yield* Effect.withTracer(Stream.runDrain(stream), tracer)
      yield* Effect.withTracer(Stream.runDrain(Stream.take(stream, 1)), tracer)
      assert.deepStrictEqual(spans.map(({ name }) => name), [
        "loom.generate",
        "chat gpt-4o-mini",
        "loom.generate",
        "chat gpt-4o-mini"
      ])
      assert.strictEqual(ended.length, 4)
      assert.deepStrictEqual(spans.map((span) => span.attributes.get("error.type")), [
        undefined,
        undefined,
        "interrupted",
        "interrupted"
      ])
    }))

  it.effect("say which route was asked, and who answered for it", () =>
    Effect.gen(function*() {
      const { spans, tracer } = traced()
      const router = Router.make({ candidates: ["openai/gpt-4o-mini"] })
      const layer = Loom.layerTest(Generator.fake(() => answered), { routes: { cheap: router } })
      yield* Loom.route("cheap", { prompt: "Hi" }).pipe(Effect.provide(layer), Effect.withTracer(tracer))
      assert.include(attributesOf(spans[0]), { "loom.route": "cheap", "loom.model": "openai/gpt-4o-mini-2024-07-18" })
      assert.notProperty(attributesOf(spans[1]), "loom.route")
    }))

  it.effect("aren't made where nobody listens", () =>
    Effect.gen(function*() {
      const current = yield* Effect.option(Effect.currentSpan)
      const inside: Array<string> = []
      yield* Effect.provide(
        Loom.generate(asked),
        Loom.layerTest(Generator.make({
          generate: () =>
            Effect.map(Effect.option(Effect.currentSpan), (span) => {
              inside.push(span._tag)
              return answered
            }),
          open: () => Effect.die("unused")
        }))
      )
      assert.strictEqual(current._tag, "None")
      assert.deepStrictEqual(inside, ["None"])
    }))
})

describe("the conventions", () => {
  const constants = new Set<unknown>(Object.values(Conventions))

  const request = Effect.gen(function*() {
    const model = yield* Effect.fromResult(Catalog.resolve(Catalog.bundled, { model: "openai/gpt-4o-mini" }))
    return yield* Request.fromPrompt("Say hello.", {
      model,
      params: {
        maxOutputTokens: 1,
        temperature: 1,
        topP: 1,
        stop: ["."],
        seed: 1,
        presencePenalty: 1,
        frequencyPenalty: 1
      },
      object: { name: "answer", schema: Schema.Struct({ answer: Schema.String }) }
    })
  })

  const attempt: Attempt.Attempt = {
    provider: "openai",
    model: "gpt-4o-mini",
    asked: "gpt-4o-mini",
    candidate: 0,
    startedAt: 0,
    duration: 10,
    firstToken: 5,
    outcome: "ok",
    billed: "yes",
    usage: Usage.make({
      inputUncached: 1,
      cacheRead: 2,
      cacheWrite: { "5m": 4, "1h": 8 },
      outputText: 16,
      outputReasoning: 32
    }),
    cost: undefined,
    serviceTier: undefined,
    region: undefined,
    status: undefined,
    why: undefined,
    requestId: "req_1"
  }

  it.effect("have every name of an inference span", () =>
    Effect.gen(function*() {
      const { attributes, kind, name } = Telemetry.attemptSpan(yield* request, true)
      const { spans, tracer } = traced()
      yield* Effect.useSpan(name, { kind, attributes }, (span) =>
        Effect.sync(() => {
          Telemetry.annotateAttempt(span, attempt, { ...answered, native: { id: "chatcmpl-1" } })
        })).pipe(Effect.withTracer(tracer))
      const written = attributesOf(spans[0])
      assert.include(written, {
        "gen_ai.request.stream": true,
        "gen_ai.output.type": Conventions.GEN_AI_OUTPUT_TYPE_VALUE_JSON,
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.time_to_first_chunk": 0.005,
        "gen_ai.usage.input_tokens": 15,
        "gen_ai.usage.cache_read.input_tokens": 2,
        "gen_ai.usage.cache_creation.input_tokens": 12,
        "gen_ai.usage.output_tokens": 48,
        "gen_ai.usage.reasoning.output_tokens": 32
      })
      const names = Object.keys(written).filter((name) => !name.startsWith("loom."))
      assert.lengthOf(names, 21)
      assert.deepStrictEqual(names.filter((name) => !constants.has(name)), [])
      assert.strictEqual(name, "chat gpt-4o-mini")
      assert.isTrue(constants.has(Telemetry.operationName("text")))
      assert.isTrue(constants.has(Telemetry.operationName("image")))
    }))

  it.effect("have no tokens but those of a vendor; what Loom estimates is marked", () =>
    Effect.gen(function*() {
      const { spans, tracer } = traced()
      for (const state of ["reported", "estimated", "missing"] as const) {
        yield* Effect.useSpan(state, (span) =>
          Effect.sync(() =>
            Telemetry.annotateAttempt(span, { ...attempt, usage: Usage.make({ state }) }, undefined)
          )).pipe(
            Effect.withTracer(tracer)
          )
      }
      assert.deepStrictEqual(
        spans.map((span) =>
          ["gen_ai.usage.input_tokens", "loom.usage.estimated"].map((name) => attributesOf(span)[name])
        ),
        [[0, undefined], [0, true], [undefined, undefined]]
      )
    }))

  it("have the name of every provider that they know", () => {
    const known = [
      "anthropic",
      "azure",
      "bedrock",
      "cohere",
      "deepseek",
      "gemini",
      "groq",
      "mistral",
      "openai",
      "perplexity",
      "xai"
    ]
    assert.deepStrictEqual(known.filter((provider) => !constants.has(Telemetry.providerName(provider))), [])
    assert.strictEqual(Telemetry.providerName("moonshot"), "moonshot_ai")
    assert.strictEqual(Telemetry.providerName("newco"), "newco")
  })
})

/** Spans as a program's own OpenTelemetry SDK would have them: what bridges Effect to it has only its interface. */
const bridged = () => {
  const ended: Array<{ readonly name: string; readonly kind: Otel.SpanKind; readonly attributes: Otel.Attributes }> = []
  const parents: Array<string | undefined> = []
  const recording = (name: string, kind: Otel.SpanKind, context: Otel.Context): Otel.Span => {
    const parent = Otel.trace.getSpanContext(context)
    const spanContext = {
      traceId: parent?.traceId ?? "0af7651916cd43dd8448eb211c80319c",
      spanId: `b7ad6b716920333${parents.length}`,
      traceFlags: Otel.TraceFlags.SAMPLED
    }
    parents.push(parent?.spanId)
    const attributes: Otel.Attributes = {}
    const span: Otel.Span = {
      spanContext: () => spanContext,
      setAttribute: (key, value) => {
        attributes[key] = value
        return span
      },
      setAttributes: () => span,
      addEvent: () => span,
      addLink: () => span,
      addLinks: () => span,
      setStatus: () => span,
      updateName: () => span,
      end: () => void ended.push({ name, kind, attributes }),
      isRecording: () => true,
      recordException: () => undefined
    }
    return span
  }
  const tracer = Tracer.make({
    span: ({ kind, startTime, ...options }) => {
      const parent = Option.getOrUndefined(options.parent)
      const theirs = recording(
        options.name,
        kind === "client" ? Otel.SpanKind.CLIENT : Otel.SpanKind.INTERNAL,
        parent === undefined
          ? Otel.ROOT_CONTEXT
          : Otel.trace.setSpanContext(Otel.ROOT_CONTEXT, { ...parent, traceFlags: Otel.TraceFlags.SAMPLED })
      )
      const span: Tracer.Span = {
        ...options,
        ...theirs.spanContext(),
        _tag: "Span",
        kind,
        status: { _tag: "Started", startTime },
        attributes: new Map(),
        attribute: (key, value) => {
          assert.isTrue(isAttribute(value), `${key}: ${String(value)}`)
          theirs.setAttribute(key, value)
        },
        event: () => undefined,
        addLinks: () => undefined,
        end: () => theirs.end()
      }
      return span
    }
  })
  return { ended, parents, tracer }
}

/** What OpenTelemetry takes as a value: others are dropped. */
const isAttribute = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.every((one) => typeof one === "string")
    : ["string", "number", "boolean"].includes(typeof value)

it.effect("spans fit the interface of OpenTelemetry's own SDK", () =>
  Effect.gen(function*() {
    const { ended, parents, tracer } = bridged()
    const call = Loom.generate({ ...asked, stop: ["."], temperature: 0.5, tags: { tenant: "acme" } })
    yield* call.pipe(Effect.provide(Loom.layerTest(Generator.fake(() => answered))), Effect.withTracer(tracer))
    assert.deepStrictEqual(parents, [undefined, "b7ad6b7169203330"])
    assert.deepStrictEqual(ended.map(({ kind, name }) => [name, kind]), [
      ["chat gpt-4o-mini", Otel.SpanKind.CLIENT],
      ["loom.generate", Otel.SpanKind.INTERNAL]
    ])
    assert.include(ended[0]?.attributes, { "gen_ai.request.model": "gpt-4o-mini", "gen_ai.usage.output_tokens": 20 })
    assert.deepStrictEqual(ended[0]?.attributes["gen_ai.request.stop_sequences"], ["."])
    assert.include(ended[1]?.attributes, { "loom.outcome": "ok", "loom.tag.tenant": "acme" })
  }))

describe("the INFO line", () => {
  const line = (log: "line" | "json" | undefined) =>
    Effect.gen(function*() {
      const { layer, lines } = logged()
      yield* Loom.generate({ ...asked, tags: { tenant: "acme" } }).pipe(
        Effect.provide(Layer.merge(Loom.layerTest(Generator.fake(() => answered), { log }), layer))
      )
      return lines
    })

  it.effect("is off by default", () => Effect.map(line(undefined), (lines) => assert.deepStrictEqual(lines, [])))

  it.effect("is one line of text", () =>
    Effect.map(line("line"), (lines) =>
      assert.deepStrictEqual(lines, [[
        "Info",
        ["ok openai/gpt-4o-mini-2024-07-18 0ms in=128 out=20 cached=28 cost=$0.0000291 cache=miss attempts=1 tenant=acme"]
      ]])))

  it.effect("is one record of fields", () =>
    Effect.gen(function*() {
      const [[level, [fields]]] = (yield* line("json")) as [[string, [Record<string, unknown>]]]
      assert.strictEqual(level, "Info")
      assert.include(fields, {
        event: "loom.generate",
        provider: "openai",
        model: "gpt-4o-mini-2024-07-18",
        outcome: "ok",
        inputTokens: 128,
        cachedTokens: 28,
        outputTokens: 20,
        usd: 0.0000291,
        cache: "miss",
        attempts: 1
      })
      assert.deepStrictEqual(fields.tags, { tenant: "acme" })
    }))

  it.effect("belongs to the span of its call, of a stream too, read to its end or left", () =>
    Effect.gen(function*() {
      const { spans, tracer } = traced()
      const told: Array<string | undefined> = []
      const logger = Logger.make(({ fiber }) =>
        void told.push(Option.getOrUndefined(Context.getOption(fiber.context, Tracer.ParentSpan))?.spanId)
      )
      yield* Effect.gen(function*() {
        yield* Loom.generate(asked)
        yield* Stream.runDrain(Loom.stream(asked))
        yield* Stream.runDrain(Stream.take(Loom.stream(asked), 1))
      }).pipe(
        Effect.provide(
          Layer.merge(
            Loom.layerTest(Generator.fake(() => answered), { log: "line", coalesce: false }),
            Logger.layer([logger])
          )
        ),
        Effect.withTracer(tracer)
      )
      const calls = spans.filter(({ name }) => name === "loom.generate").map(({ spanId }) => spanId)
      assert.lengthOf(calls, 3)
      assert.deepStrictEqual(told, calls)
    }))
})

describe("calls of every outcome", () => {
  it.effect("have one record, one span and one line each", () =>
    Effect.gen(function*() {
      const { ended, spans, tracer } = traced()
      const { layer: logger, lines } = logged()
      const records: Array<CallRecord.CallRecord> = []
      let n = 0
      const vendor = Generator.make({
        generate: () =>
          Effect.suspend(() => {
            switch (n++ % 4) {
              case 0:
                return Effect.succeed(answered)
              case 1:
                return Effect.fail(busy)
              case 2:
                return Effect.never
              default:
                return Effect.die(new Error("a bug"))
            }
          }),
        open: () => Effect.die("unused")
      })
      const layer = Loom.layerTest(vendor, {
        log: "line",
        retry: RetryPolicy.none,
        onCall: (record) => void records.push(record)
      })
      yield* Effect.gen(function*() {
        for (let i = 0; i < 1000; i++) {
          const fiber = yield* Effect.forkChild(Loom.generate(asked), { startImmediately: true })
          if (i % 4 === 2) yield* Fiber.interrupt(fiber)
          else yield* Fiber.await(fiber)
        }
      }).pipe(Effect.provide(Layer.merge(layer, logger)), Effect.withTracer(tracer))
      const calls = spans.filter(({ name }) => name === "loom.generate")
      assert.deepStrictEqual([records.length, calls.length, lines.length, ended.length], [1000, 1000, 1000, 2000])
      assert.deepStrictEqual(
        ["ok", "RateLimited", "interrupted", "defect"].map((outcome) =>
          records.filter((record) => record.outcome === outcome && record.attempts.length === 1).length
        ),
        [250, 250, 250, 250]
      )
    }))
})

it("fieldsOf has no cost where none is known", () => {
  const record: CallRecord.CallRecord = {
    id: "1",
    startedAt: 0,
    operation: "generate",
    modality: "text",
    asked: { provider: undefined, model: "nope" },
    provider: "",
    model: "nope",
    outcome: "UnknownModel",
    timing: { total: 1, firstToken: undefined, overhead: 1 },
    cache: "miss",
    cacheable: false,
    finishReason: undefined,
    saved: undefined,
    usage: undefined,
    error: undefined,
    requestId: undefined,
    tags: {},
    route: undefined,
    tried: [],
    warnings: [],
    attempts: []
  }
  assert.strictEqual(
    Telemetry.lineOf(record),
    "UnknownModel nope 1ms in=? out=? cached=? cost=$0 cache=miss attempts=0"
  )
})

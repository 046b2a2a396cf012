import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Redacted, Stream, type Tracer } from "effect"
import { GenerateError, Generator, Loom, RetryPolicy } from "loom-router"
import * as Anthropic from "loom-router/providers/Anthropic"
import * as OpenAi from "loom-router/providers/OpenAi"
import type * as Sandbox from "loom-router/sandbox"
import { attributesOf, logged, parentOf, traced } from "../listening.ts"
import { dice } from "../providers/conversations.ts"
import { inWorld } from "../providers/world.ts"

type Reason = GenerateError.Reason["_tag"]

/** What becomes of a call: what the sandbox does to it, and how it ends when called, and when streamed. */
const fates: ReadonlyArray<{
  readonly fault?: Omit<Sandbox.Fault, "prompt"> | undefined
  readonly leaves?: boolean | undefined
  readonly model?: `${string}/${string}` | undefined
  readonly prompt?: string | undefined
  readonly ends: "ok" | "interrupted" | "defect" | Reason
  readonly streamEnds?: "ok" | Reason | undefined
  readonly requests: number
}> = [
  { ends: "ok", requests: 1 },
  { fault: { respond: { status: 503 } }, ends: "ok", requests: 2 },
  { fault: { respond: { status: 429 }, times: 2 }, ends: "ok", requests: 3 },
  { fault: { respond: { status: 429 }, times: "always" }, ends: "RateLimited", requests: 3 },
  { fault: { respond: { status: 401 }, times: "always" }, ends: "KeyRefused", requests: 1 },
  { fault: { respond: { status: 200, body: "" } }, ends: "InvalidResponse", requests: 1 },
  { fault: { stream: true, cut: { afterEvents: 16 } }, ends: "ok", streamEnds: "Partial", requests: 1 },
  { fault: { stream: false, cut: { afterBytes: 90 } }, ends: "Network", streamEnds: "ok", requests: 1 },
  { fault: { hang: true }, leaves: true, ends: "interrupted", requests: 1 },
  { prompt: "[die]", ends: "defect", requests: 1 },
  { model: "anthropic/claude-nope", ends: "UnknownModel", requests: 0 }
]

/** Dies after the answer to a prompt that asks for it. */
const mortal = (vendor: Generator.Generator): Generator.Generator =>
  Generator.around(
    vendor,
    (run) => (request) =>
      Effect.tap(run(request), () =>
        JSON.stringify(request.prompt).includes("[die]") ? Effect.die(new Error("a bug")) : Effect.void)
  )

const apiKey = Redacted.make("sk-test-0123456789abcd")

describe("calls of every fate, over sockets", () => {
  it.live("have one record, one span and one line each, and an attempt for every request that arrived", () => {
    const { ended, spans, tracer } = traced()
    const { layer: logger, lines } = logged()
    return inWorld({
      // Most of these vendors are busy.
      retry: RetryPolicy.make({ baseDelay: "1 millis", budget: 10_000 }),
      log: "json",
      providers: (sandbox) => ({
        openai: Layer.effect(
          Generator.Generator,
          Effect.map(OpenAi.make({ baseUrl: sandbox.baseUrl("openai"), apiKey }), mortal)
        ),
        anthropic: Layer.effect(
          Generator.Generator,
          Effect.map(Anthropic.make({ baseUrl: sandbox.baseUrl("anthropic"), apiKey }), mortal)
        )
      })
    }, function*({ records, sandbox }) {
      const calls = Array.from({ length: 1000 }, (_, n) => {
        const roll = dice(n)
        const fate = fates[roll.below(fates.length)]!
        const model = roll.pick("openai/gpt-4.1", "anthropic/claude-haiku-4-5")
        return { n, fate, stream: roll.chance(0.5), model: fate.model ?? model }
      })
      const outcomes = yield* Effect.forEach(calls, ({ fate, model, n, stream }) =>
        Effect.gen(function*() {
          const mark = `(call ${n})`
          if (fate.fault !== undefined) yield* sandbox.script({ ...fate.fault, prompt: mark })
          const asked = { model, prompt: `[words: 60] ${fate.prompt ?? ""} ${mark}`, tags: { n: String(n) } }
          const fiber = yield* Effect.forkChild(
            stream ? Stream.runDrain(Loom.stream(asked)) : Effect.asVoid(Loom.generate(asked))
          )
          if (fate.leaves === true) {
            yield* sandbox.awaitJournal((journal) => journal.some(({ body }) => JSON.stringify(body)?.includes(mark)))
            yield* Fiber.interrupt(fiber)
          }
          return GenerateError.outcomeOf(yield* Effect.exit(Fiber.join(fiber)).pipe(Effect.map(Exit.asVoid)))
        }), { concurrency: 16 })
      const journal = yield* sandbox.awaitJournal((journal) => journal.every((entry) => entry.ended))

      const by = <A>(items: Iterable<A>, key: (item: A) => unknown) => {
        const groups = new Map<unknown, Array<A>>()
        for (const item of items) groups.set(key(item), [...groups.get(key(item)) ?? [], item])
        return groups
      }
      const only = <A>(items: ReadonlyArray<A> | undefined): A => {
        assert.lengthOf(items ?? [], 1)
        return items![0]!
      }
      const isCall = (span: Tracer.Span) => span.name === "loom.generate"
      const arrivals = by(journal, ({ body }) => /\(call (\d+)\)/.exec(JSON.stringify(body))?.[1])
      const recorded = by(records, ({ tags }) => tags["n"])
      const callSpans = by(spans.filter(isCall), (span) => span.attributes.get("loom.tag.n"))
      const attemptSpans = by(spans.filter((span) => !isCall(span)), parentOf)
      const logLines = by(
        lines as ReadonlyArray<readonly [string, readonly [Readonly<Record<string, unknown>>]]>,
        ([, [{ call }]]) => call
      )
      assert.deepStrictEqual([records.length, lines.length, callSpans.size], [1000, 1000, 1000])
      assert.strictEqual(spans.length, ended.length)

      for (const { fate, n, stream } of calls) {
        const record = only(recorded.get(String(n)))
        const span = only(callSpans.get(String(n)))
        const [level, [line]] = only(logLines.get(record.id))
        const requests = arrivals.get(String(n)) ?? []
        const outcome = stream ? fate.streamEnds ?? fate.ends : fate.ends
        assert.deepStrictEqual(
          [outcomes[n], record.outcome, attributesOf(span)["loom.outcome"], line["outcome"], level],
          [outcome, outcome, outcome, outcome, "Info"],
          `call ${n}`
        )
        assert.strictEqual(attributesOf(span)["loom.call.id"], record.id)
        assert.deepStrictEqual(
          [record.attempts.length, line["attempts"], attributesOf(span)["loom.attempts"], requests.length],
          [fate.requests, fate.requests, fate.requests, fate.requests],
          `call ${n}`
        )
        const under = attemptSpans.get(span.spanId) ?? []
        assert.deepStrictEqual(
          under.map((span) => span.attributes.get("error.type") ?? "ok"),
          record.attempts.map((attempt) => attempt.outcome)
        )
        record.attempts.forEach(({ provider, requestId, status }, index) => {
          const entry = requests[index]!
          assert.strictEqual(provider, entry.provider)
          if (requestId !== undefined) assert.strictEqual(requestId, entry.requestId)
          if (status !== undefined) assert.strictEqual(status, entry.status)
        })
      }
    }).pipe(Effect.provide(logger), Effect.withTracer(tracer))
  })
})

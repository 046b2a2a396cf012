import type Anthropic from "@anthropic-ai/sdk"
import { APIConnectionError, APIError } from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import type { Fault } from "../../../src/sandbox/Sandbox.ts"
import { call, collect, collectUntilFailure } from "../driven.ts"
import { driven, failure, saying, streamedText, textOf } from "./claude.ts"

const said = "One two three four."
const body = saying(`[say: ${said}]`, { model: "claude-opus-4-8" })
const unary = (anthropic: Anthropic) => () => anthropic.messages.create(body)
const streaming = (anthropic: Anthropic) => () => anthropic.messages.create({ ...body, stream: true })

describe("errors", () => {
  const types: Record<number, string> = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    503: "api_error",
    504: "timeout_error",
    529: "overloaded_error"
  }
  for (const [status, type] of Object.entries(types)) {
    it.effect(`${status} is ${type}, once`, () =>
      driven(function*({ anthropic, sandbox }) {
        yield* sandbox.script({ respond: { status: Number(status), headers: { "retry-after": "3" } } })
        const error = yield* failure(unary(anthropic))
        assert.deepStrictEqual<unknown>([error.status, error.type], [Number(status), type])
        assert.match(error.requestID ?? "", /^req_/)
        assert.strictEqual(error.headers?.get("retry-after"), "3")
        const [entry] = yield* sandbox.journal
        assert.deepStrictEqual(error.error, {
          type: "error",
          error: { type, message: error.apiMessage },
          request_id: entry?.requestId
        })
        assert.strictEqual(textOf(yield* call(unary(anthropic))), said)
        assert.lengthOf(yield* sandbox.bill, 1)
      }))
  }

  it.effect("have a type or a code of their own when scripted so", () =>
    driven(function*({ anthropic, sandbox }) {
      yield* sandbox.script(
        { respond: { status: 429, code: "enforced_spend_limit_reached", message: "Enough." } },
        { respond: { status: 400, code: "billing_error" } },
        { respond: { status: 200, body: "<html>" } }
      )
      const limited = yield* failure(unary(anthropic))
      assert.deepInclude(limited, {
        type: "rate_limit_error",
        errorCode: "enforced_spend_limit_reached",
        apiMessage: "Enough."
      })
      assert.deepInclude(yield* failure(unary(anthropic)), { status: 400, type: "billing_error", errorCode: null })
      assert.instanceOf(yield* call(() => unary(anthropic)().then(() => "whole", (error: unknown) => error)), Error)
    }))

  it.effect("fall on the path and the model of the fault", () =>
    driven(function*({ anthropic, sandbox }) {
      yield* sandbox.script(
        { route: "/v1/messages/count_tokens", respond: { status: 500 } },
        { route: "/anthropic/v1/messages", model: "claude-opus-5", respond: { status: 529 } }
      )
      yield* call(unary(anthropic))
      const { messages, model } = body
      assert.strictEqual((yield* failure(() => anthropic.messages.countTokens({ messages, model }))).status, 500)
      assert.strictEqual(
        (yield* failure(() => anthropic.messages.create({ ...body, model: "claude-opus-5" }))).status,
        529
      )
    }))

  it.effect("come in-band too", () =>
    driven(function*({ anthropic, sandbox }) {
      yield* sandbox.script(
        { fail: { afterEvents: 5 } },
        { fail: { afterEvents: 0, code: "api_error", message: "Sorry" } },
        { fail: { afterEvents: 0, as: "failed" } }
      )
      const overloaded = yield* collectUntilFailure(streaming(anthropic))
      // The ping is an event of the fault, but none of the SDK.
      assert.lengthOf(overloaded.items, 4)
      assert(overloaded.error instanceof APIError)
      assert.isUndefined(overloaded.error.status)
      assert.deepStrictEqual<unknown>([overloaded.error.type, overloaded.error.apiMessage], [
        "overloaded_error",
        "Overloaded"
      ])
      const failed = yield* collectUntilFailure(streaming(anthropic))
      assert(failed.error instanceof APIError)
      assert.deepStrictEqual<unknown>([failed.error.type, failed.error.apiMessage], ["api_error", "Sorry"])
      assert.propertyVal(yield* call(unary(anthropic)), "type", "error")
    }))
})

describe("answers altered", () => {
  it.effect("another model, billed as served", () =>
    driven(function*({ anthropic, sandbox }) {
      yield* sandbox.script({ answerModel: "claude-haiku-4-5", times: 2 }, { answerModel: "claude-next" })
      assert.strictEqual((yield* call(unary(anthropic))).model, "claude-haiku-4-5-20251001")
      const [start] = yield* collect(streaming(anthropic))
      assert(start?.type === "message_start")
      assert.strictEqual(start.message.model, "claude-haiku-4-5-20251001")
      assert.strictEqual((yield* call(unary(anthropic))).model, "claude-next")
      const bill = yield* sandbox.bill
      assert.deepStrictEqual(bill.map(({ model }) => model), ["claude-haiku-4-5", "claude-haiku-4-5", "claude-next"])
      assert.deepStrictEqual(bill[0]?.lines.map(({ rate }) => rate), [1_000_000n, 5_000_000n])
    }))

  it.effect("another tier or speed, billed as served", () =>
    driven(function*({ anthropic, sandbox }) {
      yield* sandbox.script(
        { answerServiceTier: "standard" },
        { answerServiceTier: "fast" },
        { answerServiceTier: "priority" },
        { answerServiceTier: "batch" }
      )
      const ask = function*(speed: "fast" | "standard") {
        const { usage } = yield* call(() => anthropic.messages.create({ ...body, speed }))
        return [usage.service_tier, usage.speed]
      }
      assert.deepStrictEqual(yield* ask("fast"), ["standard", "standard"])
      assert.deepStrictEqual(yield* ask("standard"), ["standard", "fast"])
      assert.deepStrictEqual(yield* ask("fast"), ["priority", "standard"])
      assert.deepStrictEqual(yield* ask("standard"), ["batch", "standard"])
      const [plain = 0n, fast, priority, batch = 0n] = (yield* sandbox.bill).map(({ amount }) => amount)
      assert.deepStrictEqual([fast, priority, batch * 2n], [plain * 2n, plain, plain])
    }))

  it.effect("no end, no usage, no reason, no last event", () =>
    driven(function*({ anthropic, sandbox }) {
      const drops = ["terminal", "usage", "finish", "done"] as const
      for (const drop of drops) yield* sandbox.script({ drop: [drop] })
      const streams: Array<ReadonlyArray<Anthropic.RawMessageStreamEvent>> = []
      for (const _ of drops) streams.push(yield* collect(streaming(anthropic)))
      assert.deepStrictEqual(
        streams.map((events) => events.at(-1)?.type),
        ["content_block_stop", "message_stop", "message_stop", "message_delta"]
      )
      const deltas = streams.map((events) => events.find((event) => event.type === "message_delta"))
      assert.deepStrictEqual(deltas.map((delta) => delta?.usage === undefined), [true, true, false, false])
      assert.deepStrictEqual(deltas.map((delta) => delta?.delta.stop_reason), [
        undefined,
        "end_turn",
        undefined,
        "end_turn"
      ])
      yield* sandbox.script({ drop: ["usage", "finish"] })
      const reply = yield* call(unary(anthropic))
      assert.isUndefined(reply.usage)
      assert.isUndefined(reply.stop_reason)
      const bill = yield* sandbox.bill
      assert.strictEqual(new Set(bill.map(({ amount }) => amount)).size, 1)
    }))
})

describe("bytes", () => {
  const harmless: Record<string, Fault> = {
    "one byte a chunk": { chunks: { sizes: [1] } },
    "CRLF in seeded random chunks": { crlf: true, chunks: { seed: "s" } },
    "comments": { comments: true },
    "an event nobody knows": { insert: [{ afterEvents: 2, text: "event: ping\ndata: {\"type\":\"ping\"}\n\n" }] }
  }
  for (const [title, fault] of Object.entries(harmless)) {
    it.effect(`${title}: the SDK reads the same`, () =>
      driven(function*({ anthropic, sandbox }) {
        yield* sandbox.script(fault)
        const events = yield* collect(streaming(anthropic))
        assert.strictEqual(streamedText(events), said)
        assert.strictEqual(events.at(-1)?.type, "message_stop")
      }))
  }

  it.effect("cut roughly, cleanly or before the head", () =>
    driven(function*({ anthropic, sandbox }) {
      yield* sandbox.script({ cut: { afterEvents: 5 } }, { cut: { afterEvents: 5, clean: true } }, { reset: true })
      const rough = yield* collectUntilFailure(streaming(anthropic))
      assert.lengthOf(rough.items, 4)
      assert.strictEqual(rough.error?.message, "terminated")
      const clean = yield* collectUntilFailure(streaming(anthropic))
      assert.deepStrictEqual([clean.items.length, clean.error], [4, undefined])
      assert.instanceOf(yield* failure(unary(anthropic)), APIConnectionError)
    }))

  it.effect("stall until the clock says so", () =>
    driven(function*({ anthropic, sandbox }) {
      yield* sandbox.script({ stall: { afterEvents: 4, forMillis: 3_600_000 } })
      const stalled = yield* Effect.forkChild(collect(streaming(anthropic)))
      yield* sandbox.awaitJournal(([entry]) => entry?.waiting === true && entry.eventsSent === 4)
      yield* sandbox.advance("1 hour")
      assert.strictEqual(streamedText(yield* Fiber.join(stalled)), said)
    }))

  it.effect("end when the client leaves mid-stream, who pays for what was sent", () =>
    driven(function*({ anthropic, sandbox }) {
      yield* sandbox.script({ stall: { afterEvents: 4 } })
      yield* call(async () => {
        const stream = await anthropic.messages.create({ ...body, stream: true })
        let seen = 0
        for await (const _ of stream) if (++seen === 3) break
      })
      const [entry] = yield* sandbox.awaitJournal(([entry]) => entry?.ended === true)
      assert.deepInclude(entry, { clientClosed: true, eventsSent: 4, finished: false })
      const [charged] = yield* sandbox.bill
      assert.deepInclude(charged, { complete: false })
      assert.strictEqual(charged?.tokens.output, 2)
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import type OpenAI from "openai"
import { APIConnectionError, APIError, APIUserAbortError } from "openai"
import type { Fault } from "../../../src/sandbox/Sandbox.ts"
import { call, chatTextOf, collect, collectUntilFailure, driven, failure, textOf } from "../driven.ts"

const said = "¡olé! 🧶 織機 naïve"
const body = { model: "gpt-4.1", input: `[say: ${said}]` }
const unary = (openai: OpenAI) => () => openai.responses.create(body)
const streaming = (openai: OpenAI) => () => openai.responses.create({ ...body, stream: true })
const chatStreaming = (openai: OpenAI) => () =>
  openai.chat.completions.create({
    model: "gpt-4.1",
    messages: [{ role: "user", content: body.input }],
    stream: true,
    stream_options: { include_usage: true }
  })

const raw = (url: string, stream = true) =>
  call(async () => {
    const response = await fetch(`${url}/openai/v1/responses`, {
      method: "POST",
      headers: { authorization: "Bearer k", "content-type": "application/json" },
      body: JSON.stringify({ ...body, stream })
    })
    return { response, text: await response.text() }
  })

describe("answers replaced", () => {
  for (const status of [400, 401, 403, 404, 422, 429, 500, 502, 503, 504, 529]) {
    it.effect(`${status} in the vendor's shape, once`, () =>
      driven(function*({ openai, sandbox }) {
        yield* sandbox.script({ respond: { status } })
        const error = yield* failure(unary(openai))
        assert.strictEqual(error.status, status)
        assert.isString(error.type)
        assert.match(error.requestID ?? "", /^req_/)
        assert.strictEqual((yield* call(unary(openai))).output_text, said)
        const journal = yield* sandbox.journal
        assert.deepStrictEqual(journal.map((entry) => [entry.status, entry.faulted]), [[status, true], [200, false]])
        assert.lengthOf(yield* sandbox.bill, 1)
      }))
  }

  it.effect("429 with every form of Retry-After", () =>
    driven(function*({ openai, sandbox }) {
      const forms: ReadonlyArray<Record<string, string>> = [
        { "retry-after": "1" },
        { "retry-after": "Wed, 21 Oct 2027 07:28:00 GMT" },
        { "retry-after-ms": "250" },
        { "retry-after": "-5" },
        { "retry-after": "1000000000" },
        { "retry-after": "soon" }
      ]
      yield* sandbox.script(...forms.map((headers): Fault => ({ respond: { status: 429, headers } })))
      for (const headers of forms) {
        const error = yield* failure(unary(openai))
        assert.strictEqual(error.code, "rate_limit_exceeded")
        for (const [name, value] of Object.entries(headers)) assert.strictEqual(error.headers?.get(name), value)
      }
    }))

  it.effect("insufficient quota", () =>
    driven(function*({ openai, sandbox }) {
      yield* sandbox.script({ respond: { status: 429, code: "insufficient_quota" } })
      assert.deepInclude(yield* failure(unary(openai)), {
        status: 429,
        code: "insufficient_quota",
        type: "insufficient_quota"
      })
    }))

  it.effect("200 with HTML, nothing, truncated JSON and wrong types", () =>
    driven(function*({ sandbox }) {
      yield* sandbox.script(
        { respond: { status: 200, contentType: "text/html", body: "<html>busy</html>" } },
        { respond: { status: 200, body: "" } },
        { respond: { status: 200, body: "{\"id\":\"resp_" } },
        { respond: { status: 200, body: { id: 7, output: "none" } } }
      )
      const texts: Array<string> = []
      for (let i = 0; i < 4; i++) texts.push((yield* raw(sandbox.url, false)).text)
      assert.deepStrictEqual(texts, ["<html>busy</html>", "", "{\"id\":\"resp_", "{\"id\":7,\"output\":\"none\"}"])
    }))

  it.effect("a huge body, and a gzip bomb that is small on the wire", () =>
    driven(function*({ sandbox }) {
      yield* sandbox.script({ hugeBodyMegabytes: 3 }, { gzipBombMegabytes: 8 })
      const huge = yield* raw(sandbox.url, false)
      assert.isAbove(huge.text.length, 3 * 1_048_576)
      const bomb = yield* raw(sandbox.url, false)
      assert.isAbove(bomb.text.length, 8 * 1_048_576)
      assert.isObject(JSON.parse(bomb.text))
      const [, entry] = yield* sandbox.journal
      assert.isBelow(entry!.bytesSent, 100_000)
    }))

  it.effect("a reset before the headers", () =>
    driven(function*({ openai, sandbox }) {
      yield* sandbox.script({ reset: true })
      assert.instanceOf(yield* failure(unary(openai)), APIConnectionError)
      const [entry] = yield* sandbox.journal
      assert.deepInclude(entry, { status: undefined, finished: false, clientClosed: false, ended: true })
    }))

  it.effect("no answer at all, though billed", () =>
    driven(function*({ openai, sandbox }) {
      yield* sandbox.script({ hang: true, billed: true })
      const controller = new AbortController()
      const hung = yield* Effect.forkChild(failure(() => openai.responses.create(body, { signal: controller.signal })))
      yield* sandbox.awaitJournal(([entry]) => entry?.waiting === true)
      controller.abort()
      assert.instanceOf(yield* Fiber.join(hung), APIUserAbortError)
      const [entry] = yield* sandbox.awaitJournal(([entry]) => entry?.ended === true)
      assert.deepInclude(entry, { clientClosed: true, status: undefined })
      assert.lengthOf(yield* sandbox.bill, 1)
    }))

  it.effect("a late answer, released by the clock", () =>
    driven(function*({ openai, sandbox }) {
      yield* sandbox.script({ delayMillis: 3_600_000 })
      const late = yield* Effect.forkChild(call(unary(openai)))
      yield* sandbox.awaitJournal(([entry]) => entry?.waiting === true)
      yield* sandbox.advance("1 hour")
      assert.strictEqual((yield* Fiber.join(late)).output_text, said)
    }))
})

describe("answers altered", () => {
  it.effect("another model and another tier, billed as served", () =>
    driven(function*({ openai, sandbox }) {
      yield* sandbox.script({ answerModel: "gpt-6-luna", answerServiceTier: "flex", times: 2 })
      const reply = yield* call(() => openai.responses.create({ ...body, service_tier: "priority" }))
      assert.deepInclude(reply, { model: "gpt-6-luna", service_tier: "flex" })
      const chunks = yield* collect(chatStreaming(openai))
      assert.isTrue(chunks.every((chunk) => chunk.model === "gpt-6-luna" && chunk.service_tier === "flex"))
      for (const entry of yield* sandbox.bill) {
        assert.deepInclude(entry, { model: "gpt-6-luna", serviceTier: "flex" })
      }
    }))

  it.effect("no terminal event, no usage, no finish, no [DONE]", () =>
    driven(function*({ openai, sandbox }) {
      yield* sandbox.script({ drop: ["terminal"] }, { drop: ["usage"] }, { drop: ["usage", "finish"] })
      assert.strictEqual((yield* collect(streaming(openai))).at(-1)?.type, "response.output_item.done")
      const last = (yield* collect(streaming(openai))).at(-1)
      assert(last?.type === "response.completed")
      assert.isUndefined(last.response.usage)
      const reply = yield* call(unary(openai))
      assert.isUndefined(reply.usage)
      assert.isUndefined(reply.status)

      yield* sandbox.script({ drop: ["terminal"] }, { drop: ["usage"] }, { drop: ["finish"] })
      const finishes = function*() {
        const chunks = yield* collect(chatStreaming(openai))
        return [chunks.some((chunk) => chunk.choices[0]?.finish_reason === "stop"), chunks.some((chunk) => chunk.usage)]
      }
      assert.deepStrictEqual(yield* finishes(), [false, false])
      assert.deepStrictEqual(yield* finishes(), [true, false])
      assert.deepStrictEqual(yield* finishes(), [false, true])
    }))

  it.effect("an in-band error and response.failed", () =>
    driven(function*({ openai, sandbox }) {
      yield* sandbox.script(
        { fail: { afterEvents: 5, code: "overloaded", message: "Too busy." } },
        { fail: { afterEvents: 5, as: "failed" } },
        { fail: { afterEvents: 2 } }
      )
      const error = yield* collectUntilFailure(streaming(openai))
      assert.lengthOf(error.items, 5)
      assert(error.error instanceof APIError)
      assert.strictEqual(error.error.code, "overloaded")
      const failed = (yield* collect(streaming(openai))).at(-1)
      assert(failed?.type === "response.failed")
      assert.deepInclude(failed.response, { status: "failed" })
      assert.strictEqual(failed.response.error?.code, "server_error")
      const chat = yield* collectUntilFailure(chatStreaming(openai))
      assert.lengthOf(chat.items, 2)
      assert.instanceOf(chat.error, APIError)

      yield* sandbox.script({ fail: { afterEvents: 0, as: "failed", code: "invalid_prompt" } }, {
        fail: { afterEvents: 0 }
      })
      const whole = yield* call(unary(openai))
      assert.deepInclude(whole, { status: "failed", output: [] })
      assert.strictEqual(whole.error?.code, "invalid_prompt")
      assert.property(yield* call(unary(openai)), "error")
    }))
})

describe("bytes", () => {
  const harmless: Record<string, Fault> = {
    "one byte a chunk": { chunks: { sizes: [1] } },
    "chunks of 7, 1 and 300": { chunks: { sizes: [7, 1, 300] } },
    "seeded random chunks": { chunks: { seed: "s" } },
    "CRLF": { crlf: true },
    "CRLF, one byte a chunk": { crlf: true, chunks: { sizes: [1] } },
    "comments": { comments: true },
    "comments and blank lines of others": { insert: [{ afterEvents: 1, text: ":\n\n: keep-alive\n\n" }] },
    "no last newline": { noLastNewline: true }
  }
  for (const [title, fault] of Object.entries(harmless)) {
    it.effect(`${title}: the SDK reads the same`, () =>
      driven(function*({ openai, sandbox }) {
        yield* sandbox.script({ ...fault, times: 2 })
        const events = yield* collect(streaming(openai))
        assert.strictEqual(textOf(events), said)
        assert.strictEqual(events.at(-1)?.type, "response.completed")
        assert.strictEqual(chatTextOf(yield* collect(chatStreaming(openai))), said)
      }))
  }

  it.effect("are what the fault says", () =>
    driven(function*({ sandbox }) {
      yield* sandbox.script(
        {},
        { crlf: true },
        { noLastNewline: true },
        { comments: true },
        { insert: [{ afterEvents: 0, text: "data: {oops\n\n" }] },
        { duplicate: [4] }
      )
      const texts: Array<string> = []
      for (let i = 0; i < 6; i++) texts.push((yield* raw(sandbox.url)).text)
      const [plain = "", crlf = "", open = "", comments = "", bad = "", twice = ""] = texts
      const count = (text: string) => text.split(/\r?\n\r?\n/).filter((block) => block !== "").length
      assert.isFalse(/[^\r]\n/.test(crlf))
      assert.isFalse(open.endsWith("\n"))
      assert.strictEqual(comments.split(": comment ").length - 1, count(plain))
      assert.isTrue(bad.startsWith("data: {oops\n\nevent: response.created"))
      assert.strictEqual(count(twice), count(plain) + 1)
    }))

  it.effect("cut after n bytes or events, roughly or cleanly", () =>
    driven(function*({ openai, sandbox }) {
      yield* sandbox.script(
        { cut: { afterEvents: 6 } },
        { cut: { afterEvents: 6, clean: true } },
        { cut: { afterBytes: 100 } },
        { cut: { afterBytes: 100 } },
        { cut: { afterBytes: 100, clean: true } },
        { cut: { afterEvents: 0 } }
      )
      const rough = yield* collectUntilFailure(streaming(openai))
      assert.lengthOf(rough.items, 6)
      assert.strictEqual(rough.error?.message, "terminated")
      const clean = yield* collectUntilFailure(streaming(openai))
      assert.deepStrictEqual([clean.items.length, clean.error], [6, undefined])
      assert.lengthOf((yield* collectUntilFailure(streaming(openai))).items, 0)
      assert.instanceOf(yield* call(() => unary(openai)().then(() => "whole", (error: unknown) => error)), TypeError)
      assert.lengthOf((yield* raw(sandbox.url, false)).text, 100)
      assert.lengthOf((yield* collectUntilFailure(streaming(openai))).items, 0)
      const journal = yield* sandbox.journal
      assert.isTrue(journal.every((entry) => !entry.finished && !entry.clientClosed && entry.ended))
      assert.deepStrictEqual(journal.map((entry) => entry.eventsSent), [6, 6, 0, 0, 0, 0])
      assert.strictEqual(journal[2]?.bytesSent, 100)
    }))

  it.effect("stall for good, or until the clock says so", () =>
    driven(function*({ openai, sandbox }) {
      yield* sandbox.script({ stall: { afterEvents: 6, forMillis: 3_600_000 } }, { stall: { afterEvents: 6 } })
      const stalled = yield* Effect.forkChild(collect(streaming(openai)))
      yield* sandbox.awaitJournal(([entry]) => entry?.waiting === true && entry.eventsSent === 6)
      yield* sandbox.advance("1 hour")
      assert.strictEqual(textOf(yield* Fiber.join(stalled)), said)

      const controller = new AbortController()
      const seen = yield* Effect.forkChild(
        collect(() => openai.responses.create({ ...body, stream: true }, { signal: controller.signal }))
      )
      yield* sandbox.awaitJournal((entries) => entries[1]?.waiting === true)
      controller.abort()
      yield* Fiber.join(seen)
      const [, entry] = yield* sandbox.awaitJournal((entries) => entries[1]?.ended === true)
      assert.deepInclude(entry, { clientClosed: true, eventsSent: 6, finished: false })
    }))

  it.effect("paced by the clock", () =>
    driven(function*({ openai, sandbox }) {
      yield* sandbox.script({ eventDelayMillis: 60_000, route: "/chat/completions" })
      const paced = yield* Effect.forkChild(collect(chatStreaming(openai)))
      for (let sent = 0; sent < 3; sent++) {
        const [entry] = yield* sandbox.awaitJournal(([entry]) => entry?.waiting === true && entry.eventsSent === sent)
        assert.strictEqual(entry?.eventsSent, sent)
        yield* sandbox.advance("1 minute")
      }
      yield* Effect.forkChild(
        sandbox.awaitJournal(([entry]) => entry?.waiting === true).pipe(
          Effect.andThen(sandbox.advance("1 minute")),
          Effect.forever
        )
      )
      assert.strictEqual(chatTextOf(yield* Fiber.join(paced)), said)
    }))
})

describe("the script", () => {
  it.effect("falls on matching requests only, in order, the given number of times", () =>
    driven(function*({ client, openai, sandbox }) {
      yield* sandbox.script(
        { respond: { status: 500 }, route: "/chat/completions", times: "always" },
        { respond: { status: 501 }, model: "gpt-5.4" },
        { respond: { status: 502 }, prompt: "needle" },
        { respond: { status: 503 }, header: { name: "OpenAI-Project", value: "p1" } },
        { respond: { status: 504 }, stream: true },
        { respond: { status: 505 }, times: 2 },
        { respond: { status: 506 } }
      )
      const status = function*(run: () => PromiseLike<unknown>) {
        return (yield* failure(run)).status
      }
      assert.strictEqual(yield* status(chatStreaming(openai)), 500)
      assert.strictEqual(yield* status(() => openai.responses.create({ model: "gpt-5.4", input: "x" })), 501)
      assert.strictEqual(
        yield* status(() => openai.responses.create({ model: "gpt-4.1", input: "hay needle hay" })),
        502
      )
      assert.strictEqual(yield* status(unary(client({ headers: { "openai-project": "p1" } }))), 503)
      assert.strictEqual(yield* status(streaming(openai)), 504)
      assert.strictEqual(yield* status(unary(openai)), 505)
      assert.strictEqual(yield* status(() => openai.responses.create({ model: "gpt-99", input: "x" })), 404)
      assert.strictEqual(yield* status(unary(openai)), 505)
      assert.strictEqual(yield* status(unary(openai)), 506)
      assert.strictEqual(yield* status(chatStreaming(openai)), 500)
      assert.lengthOf(yield* sandbox.pendingFaults, 1)
      yield* call(unary(openai))
    }))
})

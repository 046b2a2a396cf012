import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { connect } from "node:net"
import * as JsonValues from "../../src/sandbox/JsonValues.ts"
import { type Options, Sandbox, SandboxError } from "../../src/sandbox/Sandbox.ts"
import { dice } from "../../src/sandbox/Seed.ts"
import * as Tokens from "../../src/sandbox/Tokens.ts"
import { call, collect, driven, failure, json } from "./driven.ts"

const post = (url: string, body: unknown) => json(url, { method: "POST", body: JSON.stringify(body) })

describe("the journal", () => {
  it.effect("tells what arrived, with the key cut to its end", () =>
    driven(function*({ openai, sandbox }) {
      yield* call(() => openai.responses.create({ model: "gpt-4.1", input: "Hi", metadata: { a: "b" } }))
      yield* failure(() => openai.responses.create({ model: "gpt-99", input: "Hi" }))
      const [first, second] = yield* sandbox.journal
      assert.deepInclude(first, {
        provider: "openai",
        method: "POST",
        path: "/openai/v1/responses",
        status: 200,
        finished: true,
        clientClosed: false,
        concurrency: 1,
        body: { model: "gpt-4.1", input: "Hi", metadata: { a: "b" } }
      })
      assert.strictEqual(first?.headers["authorization"], "Bearer ***abcd")
      assert.isAbove(first?.bytesSent ?? 0, 100)
      assert.strictEqual(second?.status, 404)
      yield* sandbox.reset
      assert.deepStrictEqual([yield* sandbox.journal, yield* sandbox.bill], [[], []])
    }))

  it.effect("notices at once that the client is gone", () =>
    driven(function*({ openai, sandbox }) {
      yield* sandbox.script({ stall: { afterEvents: 8 } })
      yield* call(async () => {
        const stream = await openai.responses.create({ model: "gpt-4.1", input: "[words: 500]", stream: true })
        let seen = 0
        for await (const _ of stream) if (++seen === 8) break
      })
      const [entry] = yield* sandbox.awaitJournal(([entry]) => entry?.ended === true)
      assert.deepInclude(entry, { clientClosed: true, eventsSent: 8, finished: false })
      const [charged] = yield* sandbox.bill
      assert.deepInclude(charged, { complete: false })
      assert.strictEqual(charged?.tokens.output, 8)
    }))

  it.effect("stops writing when the client is gone mid-stream", () =>
    driven(function*({ openai, sandbox }) {
      yield* call(async () => {
        const stream = await openai.responses.create({ model: "gpt-4.1", input: "[words: 20000]", stream: true })
        for await (const event of stream) if (event.sequence_number === 20) break
      })
      const [entry] = yield* sandbox.awaitJournal(([entry]) => entry?.ended === true)
      assert.isTrue(entry?.clientClosed)
      assert.isBelow(entry?.eventsSent ?? Infinity, 10_000)
    }))

  it.effect("waits for a client that doesn't read, and notices one that leaves while sending", () =>
    driven(function*({ sandbox }) {
      const open = (head: ReadonlyArray<string>, body: string) =>
        Effect.sync(() => {
          const socket = connect(sandbox.port, "127.0.0.1").pause()
          socket.on("error", () => undefined)
          socket.write(
            [
              "POST /openai/v1/responses HTTP/1.1",
              "host: sandbox",
              "authorization: Bearer k",
              "content-type: application/json",
              ...head
            ].join("\r\n") + `\r\n\r\n${body}`
          )
          return socket
        })
      const body = JSON.stringify({ model: "gpt-4.1", input: "[words: 200000]", stream: true })
      const idle = yield* open([`content-length: ${body.length}`], body)
      yield* sandbox.awaitJournal(([entry]) => (entry?.eventsSent ?? 0) > 1000)
      idle.destroy()
      const [unread] = yield* sandbox.awaitJournal(([entry]) => entry?.ended === true)
      assert.deepInclude(unread, { clientClosed: true, finished: false, defect: undefined })

      const sending = yield* open(["content-length: 1000"], "{\"model\":")
      yield* sandbox.awaitJournal((entries) => entries.length === 2)
      sending.destroy()
      const [, unsent] = yield* sandbox.awaitJournal((entries) => entries[1]?.ended === true)
      assert.deepInclude(unsent, { clientClosed: true, status: undefined, defect: undefined })
    }))

  it.effect("paces every stream when the layer says so", () =>
    driven(function*({ openai, sandbox }) {
      const ask = () => openai.responses.create({ model: "gpt-4.1", input: "[say: a b c d]", stream: true })
      const paced = yield* Effect.forkChild(collect(ask))
      for (const eventsSent of [4, 5]) {
        yield* sandbox.awaitJournal(([entry]) => entry?.waiting === true && entry.eventsSent === eventsSent)
        yield* sandbox.advance("2 hours")
      }
      assert.strictEqual((yield* Fiber.join(paced)).at(-1)?.type, "response.completed")
    }, { tokensPerSecond: 1 / 3600 }))

  it.effect("counts requests that are under way together", () =>
    driven(function*({ openai, sandbox }) {
      yield* sandbox.script({ delayMillis: 3_600_000, times: 3 })
      const ask = () => openai.responses.create({ model: "gpt-4.1", input: "Hi" })
      const all = yield* Effect.forkChild(Effect.all([call(ask), call(ask), call(ask)], { concurrency: 3 }))
      yield* sandbox.awaitJournal((entries) => entries.filter(({ waiting }) => waiting).length === 3)
      yield* sandbox.advance("1 hour")
      yield* Fiber.join(all)
      assert.deepStrictEqual((yield* sandbox.journal).map(({ concurrency }) => concurrency), [1, 2, 3])
      yield* call(ask)
      assert.strictEqual((yield* sandbox.journal).at(-1)?.concurrency, 1)
    }))

  it.effect("forgets the oldest", () =>
    driven(function*({ openai, sandbox }) {
      for (let i = 0; i < 12; i++) yield* call(() => openai.responses.create({ model: "gpt-4.1", input: `${i}` }))
      assert.deepStrictEqual((yield* sandbox.journal).map(({ sequence }) => sequence), [7, 8, 9, 10, 11])
      assert.lengthOf(yield* sandbox.bill, 5)
    }, { history: 5 }))

  it.effect("agrees with the usage and the bill, stream or not", () =>
    driven(function*({ openai, sandbox }) {
      const inputs = ["Hello", "[words: 300]", "[refuse]", "[filter] a b c d", "get_it", "Search the latest"]
      for (const model of ["gpt-4.1", "gpt-6-luna"]) {
        for (const input of inputs) {
          const events = yield* collect(() =>
            openai.responses.create({
              model,
              input,
              stream: true,
              tools: [
                { type: "function", name: "get_it", strict: false, parameters: { type: "object" } },
                { type: "web_search" }
              ]
            })
          )
          const last = events.at(-1)
          assert(last?.type === "response.completed" || last?.type === "response.incomplete")
          const entry = (yield* sandbox.bill).at(-1)
          assert.strictEqual(entry?.responseId, last.response.id)
          assert.strictEqual(entry?.tokens.output, last.response.usage?.output_tokens)
          assert.strictEqual(entry?.reasoning, last.response.usage?.output_tokens_details.reasoning_tokens)
        }
      }
    }))
})

describe("the control API", () => {
  it.effect("scripts, lists, moves the clock and resets over HTTP", () =>
    driven(function*({ client, openai, sandbox }) {
      const { url } = sandbox
      yield* post(`${url}/sandbox/faults`, [{ respond: { status: 503 } }, { answerModel: "gpt-4o" }])
      assert.strictEqual((yield* failure(() => openai.models.list())).status, 503)
      yield* call(() => openai.responses.create({ model: "gpt-4.1", input: "Hi" }))
      const journal = yield* json(`${url}/sandbox/journal`)
      assert.deepStrictEqual([journal.body.entries[0].status, journal.body.entries[1].status], [503, 200])
      const bill = yield* json(`${url}/sandbox/bill`)
      assert.strictEqual(bill.body.unit, "1e-12 USD")
      assert.match(bill.body.entries[0].amount, /^\d+$/)
      assert.strictEqual(bill.body.entries[0].model, "gpt-4o")
      const wrong = yield* post(`${url}/sandbox/faults`, { respond: { status: 503 }, typo: true })
      assert.strictEqual(wrong.status, 400)
      assert.include(wrong.body.error.message, "typo")
      assert.strictEqual((yield* post(`${url}/sandbox/clock`, { advanceMillis: 5000 })).body.now, 5000)
      yield* post(`${url}/sandbox/keys`, { revoke: ["sk-bad"] })
      assert.strictEqual((yield* failure(() => client({ apiKey: "sk-bad" }).models.list())).status, 401)
      yield* post(`${url}/sandbox/reset`, {})
      assert.deepStrictEqual((yield* json(`${url}/sandbox/journal`)).body.entries, [])
      assert.strictEqual((yield* json(`${url}/sandbox/nothing`)).status, 404)
    }, { startsAt: 0 }))
})

describe("the layer", () => {
  it.effect("closes its sockets with its scope and fails on a taken port", () =>
    Effect.gen(function*() {
      const url = yield* Effect.gen(function*() {
        const { port, url } = yield* Sandbox
        assert.strictEqual(url, `http://127.0.0.1:${port}`)
        const taken = yield* Effect.exit(Effect.scoped(Layer.build(Sandbox.layer({ port }))))
        assert.isTrue(Exit.isFailure(taken))
        const error = yield* Effect.flip(Effect.scoped(Layer.build(Sandbox.layer({ port }))))
        assert.instanceOf(error, SandboxError)
        return url
      }).pipe(Effect.provide(Sandbox.layer()))
      const refused = yield* call(() => fetch(url).then(() => "open", () => "closed"))
      assert.strictEqual(refused, "closed")
    }))

  it.effect("takes its time from Effect's clock", () =>
    driven(function*({ openai }) {
      yield* TestClock.adjust("1 day")
      const reply = yield* call(() => openai.responses.create({ model: "gpt-4.1", input: "Hi" }))
      assert.strictEqual(reply.created_at, 86_400)
    }))
})

describe("models", () => {
  const asked = { input: "Compare warp and weft. [words: 80]" }
  const said = (models: ReadonlyArray<string>, options?: Options) =>
    driven(function*({ openai }) {
      return yield* Effect.forEach(
        models,
        (model) =>
          call(() => openai.responses.create({ model, ...asked })).pipe(Effect.map(({ output_text }) => output_text))
      )
    }, options)

  it.effect("answer each in its own words, and in others the next time", () =>
    Effect.gen(function*() {
      const texts = yield* said(["gpt-4.1", "gpt-4o", "gpt-4o"])
      assert.strictEqual(new Set(texts).size, 3)
    }))

  it.effect("say the same where only the prompt decides, but for another seed", () =>
    Effect.gen(function*() {
      const texts = yield* said(["gpt-4.1", "gpt-4o", "gpt-4o"], { answers: "prompt" })
      assert.strictEqual(new Set(texts).size, 1)
      const [other] = yield* said(["gpt-4o"], { answers: "prompt", seed: "other" })
      assert.notInclude(texts, other)
    }))

  it.effect("keep no prompt where there are no caches", () =>
    Effect.gen(function*() {
      const bill = (options?: Options) =>
        driven(function*({ openai, sandbox }) {
          const input = "weft ".repeat(3000)
          for (const model of ["gpt-4o", "gpt-4o", "gpt-6-luna"]) {
            yield* call(() => openai.responses.create({ model, input }))
          }
          return (yield* sandbox.bill).map(({ tokens: { cachedRead, cacheWrite } }) => [
            cachedRead > 0,
            Object.keys(cacheWrite).length
          ])
        }, options)
      assert.deepStrictEqual(yield* bill(), [[false, 0], [true, 0], [false, 1]])
      assert.deepStrictEqual(yield* bill({ promptCaches: false }), [[false, 0], [false, 0], [false, 0]])
    }))
})

describe("tokens", () => {
  it.prop("are the text again", [Schema.String], ([text]) => {
    assert.strictEqual(Tokens.split(text).join(""), text)
    assert.strictEqual(Tokens.split(text).length, Tokens.count(text))
  })

  it("are near 4.5 characters for English", () => {
    const text = "The loom holds the warp under tension so that the shuttle can carry the weft between its threads."
    const perToken = text.length / Tokens.count(text)
    assert(perToken > 3.5 && perToken < 5.5, String(perToken))
  })
})

describe("values of a schema", () => {
  const make = (schema: unknown) =>
    Array.from({ length: 20 }, (_, i) => JsonValues.fromSchema(schema, dice(`${i}`), ["loom", "weft"]))

  it("stay within bounds", () => {
    for (const value of make({ type: "integer", exclusiveMinimum: 3, maximum: 9, multipleOf: 3 })) {
      assert.include([6, 9], value)
    }
    for (const value of make({ type: "number", minimum: -1, exclusiveMaximum: 0 })) {
      assert(typeof value === "number" && value >= -1 && value < 0)
    }
    for (const value of make({ type: "string", minLength: 12, maxLength: 14 })) {
      assert(typeof value === "string" && value.length >= 12 && value.length <= 14)
    }
    for (
      const value of make({
        type: "array",
        items: { enum: ["a", "b", "c"] },
        minItems: 2,
        maxItems: 3,
        uniqueItems: true
      })
    ) {
      assert(Array.isArray(value) && value.length >= 2 && value.length <= 3 && new Set(value).size === value.length)
    }
    for (const value of make({ anyOf: [{ type: "null" }, { const: 5 }] })) assert.include([null, 5], value)
    for (const value of make({ type: ["null", "boolean"] })) assert.include([null, true, false], value)
    assert.deepStrictEqual(make({ type: "null" })[0], null)
    assert.strictEqual(make({ type: "string", format: "date" })[0], "2026-11-23")
    const merged = make({
      allOf: [{ $ref: "#/$defs/a" }, { type: "object", properties: { b: { const: 2 } }, required: ["b"] }],
      $defs: { a: { type: "object", properties: { a: { const: 1 } }, required: ["a"] } }
    })
    assert.deepStrictEqual(merged[0], { a: 1, b: 2 })
  })

  it("end where the schema refers to itself", () => {
    const tree = {
      type: "object",
      properties: {
        name: { type: "string" },
        children: { type: "array", items: { $ref: "#" } },
        parent: { anyOf: [{ $ref: "#" }, { type: "null" }] }
      },
      required: ["name", "children", "parent"]
    }
    for (const value of make(tree)) assert.isBelow(JSON.stringify(value).length, 1_000_000)
    assert.isDefined(make({ $ref: "#" }))
    assert.isDefined(make({ allOf: [{ $ref: "#" }] }))
  })
})

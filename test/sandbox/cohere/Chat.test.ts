import { assert, describe, it } from "@effect/vitest"
import { at, listAt, stringAt } from "../../../src/sandbox/Json.ts"
import { json, tokens } from "../driven.ts"
import { driven, headers, saying } from "./cohere.ts"

const tool = { type: "function", function: { name: "get_it", parameters: { type: "object" } } }
const reasoner = "command-a-plus-05-2026"

/** What the events of a kind tell of one member of the message, together. */
const told = (events: ReadonlyArray<unknown>, type: string, ...path: ReadonlyArray<string>): string =>
  events.map((event) => {
    const found = at(event, "type") === type ? path.reduce<unknown>(at, at(at(event, "delta"), "message")) : undefined
    return typeof found === "string" ? found : ""
  }).join("")

describe("answers", () => {
  it.effect("are whole, and the same in events", () =>
    driven(function*({ chat, events }) {
      const asked = saying("[say: Looms weave: 織機 🧶]")
      const { body, status } = yield* chat(asked)
      const stream = yield* events(asked)
      assert.strictEqual(status, 200)
      assert.deepStrictEqual(body.message, {
        role: "assistant",
        content: [{ type: "text", text: "Looms weave: 織機 🧶" }]
      })
      assert.strictEqual(told(stream, "content-delta", "content", "text"), "Looms weave: 織機 🧶")
      assert.strictEqual(stream[0]?.["type"], "message-start")
      assert.match(String(stream[0]?.["id"]), /^[\da-f-]{36}$/)
      const { finish_reason, usage } = body
      assert.deepStrictEqual(stream.at(-1), { type: "message-end", delta: { finish_reason, usage } })
      assert.strictEqual(finish_reason, "COMPLETE")
    }))

  it.effect("tell what is billed apart from what was processed, and from what was cached", () =>
    driven(function*({ chat, sandbox }) {
      const asked = saying(tokens(1300))
      const first = yield* chat(asked)
      const second = yield* chat(asked)
      const { billed_units: billed, tokens: processed } = first.body.usage
      assert.isAbove(processed.input_tokens, billed.input_tokens)
      assert.isAbove(processed.output_tokens, billed.output_tokens)
      assert.strictEqual(first.body.usage.cached_tokens, 0)
      assert.isAtLeast(second.body.usage.cached_tokens, 1280)
      assert.strictEqual(second.body.usage.billed_units.input_tokens, billed.input_tokens)
      const bill = yield* sandbox.bill
      assert.deepStrictEqual(
        bill.map(({ amount }) => amount),
        [first, second].map(({ body: { usage: { billed_units } } }) =>
          BigInt(billed_units.input_tokens) * 2_500_000n + BigInt(billed_units.output_tokens) * 10_000_000n
        )
      )
      assert.deepStrictEqual(bill.map(({ requestId }) => requestId), [first.body.id, second.body.id])
    }))

  it.effect("call tools, by a plan, and take their results", () =>
    driven(function*({ chat, events }) {
      const asked = saying("get_it", { tools: [tool] })
      const { body: { finish_reason, message } } = yield* chat(asked)
      const stream = yield* events(asked)
      assert.strictEqual(finish_reason, "TOOL_CALL")
      assert.strictEqual(message.tool_plan, "I will use get_it.")
      assert.strictEqual(told(stream, "tool-plan-delta", "tool_plan"), message.tool_plan)
      assert.strictEqual(
        told(stream, "tool-call-delta", "tool_calls", "function", "arguments"),
        message.tool_calls[0].function.arguments
      )
      const start = stream.find(({ type }) => type === "tool-call-start")
      assert.strictEqual(stringAt(at(at(at(start, "delta"), "message"), "tool_calls"), "type"), "function")
      const result = { role: "tool", tool_call_id: message.tool_calls[0].id, content: "42" }
      const next = yield* chat({ ...asked, messages: [...asked.messages, message, result] })
      assert.strictEqual(next.body.message.content[0].text, "According to get_it: 42")
      const document = { type: "document", document: { data: { found: 42 } } }
      const documented = yield* chat({
        ...asked,
        messages: [...asked.messages, message, { ...result, content: [document] }]
      })
      assert.include(documented.body.message.content[0].text, "42")
    }))

  it.effect("fit a schema, end at a mark and at a limit", () =>
    driven(function*({ chat }) {
      const json_schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] }
      const fitting = yield* chat(saying("A number", { response_format: { type: "json_object", json_schema } }))
      assert.isNumber(JSON.parse(fitting.body.message.content[0].text).n)
      const stopped = yield* chat(saying("[say: one two three]", { stop_sequences: [" two"] }))
      assert.deepStrictEqual([stopped.body.finish_reason, stopped.body.message.content[0].text], [
        "STOP_SEQUENCE",
        "one"
      ])
      const short = yield* chat(saying("[words: 50]", { max_tokens: 10 }))
      assert.deepStrictEqual([short.body.finish_reason, short.body.usage.billed_units.output_tokens], [
        "MAX_TOKENS",
        10
      ])
    }))

  it.effect("say refusals in words, and have no reason for them", () =>
    driven(function*({ chat }) {
      const { body } = yield* chat(saying("[refuse]"))
      assert.include(body.message.content[0].text, "can't help")
      assert.strictEqual(body.finish_reason, "COMPLETE")
    }))
})

describe("thoughts", () => {
  it.effect("come unless they are switched off, and are taken back", () =>
    driven(function*({ chat, events }) {
      const asked = saying("Why?", { model: reasoner })
      const { body: { message } } = yield* chat(asked)
      assert.deepStrictEqual(message.content.map(({ type }: { readonly type: string }) => type), ["thinking", "text"])
      const stream = yield* events(asked)
      assert.strictEqual(told(stream, "content-delta", "content", "thinking"), message.content[0].thinking)
      const next = yield* chat({ ...asked, messages: [...asked.messages, message, { role: "user", content: "And?" }] })
      assert.strictEqual(next.status, 200)
      const plain = yield* chat({ ...asked, thinking: { type: "disabled" } })
      assert.lengthOf(plain.body.message.content, 1)
    }))
})

describe("failures", () => {
  it.effect("tell an id in their bodies, and end a stream with words", () =>
    driven(function*({ chat, events, sandbox }) {
      yield* sandbox.script({ respond: { status: 429 } }, { fail: { afterEvents: 2, message: "broken" } })
      const limited = yield* chat(saying("Hi"))
      assert.strictEqual(limited.status, 429)
      assert.strictEqual(limited.body.message, "You are rate limited")
      assert.strictEqual(limited.body.id, (yield* sandbox.journal)[0]?.requestId)
      const stream = yield* events(saying("[words: 40]"))
      assert.deepStrictEqual(stream.at(-1), {
        type: "message-end",
        delta: { finish_reason: "ERROR", error: "broken" }
      })
    }))
})

describe("models", () => {
  it.effect("are listed, each with what it can do", () =>
    driven(function*({ sandbox }) {
      const url = `${sandbox.baseUrl("cohere")}/v1/models`
      const { body } = yield* json(url, { headers })
      const found = listAt(body, "models").find((model) => stringAt(model, "name") === reasoner)
      assert.deepStrictEqual(found, {
        name: reasoner,
        endpoints: ["chat"],
        context_length: 128_000,
        features: ["tools", "vision", "thinking"]
      })
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { EventStreamCodec } from "@smithy/core/event-streams"
import { Schema } from "effect"
import { eventStream } from "../../src/internal/eventStream.ts"

const codec = new EventStreamCodec(
  (bytes) => typeof bytes === "string" ? bytes : new TextDecoder().decode(bytes),
  (text) => new TextEncoder().encode(text)
)

const encode = (type: string, payload: unknown, kind: "event" | "exception" = "event"): Uint8Array =>
  codec.encode({
    headers: {
      [`:${kind}-type`]: { type: "string", value: type },
      ":message-type": { type: "string", value: kind },
      "flag": { type: "boolean", value: true },
      "count": { type: "integer", value: 7 },
      "at": { type: "timestamp", value: new Date(0) },
      "raw": { type: "binary", value: new Uint8Array([1, 2, 3]) }
    },
    body: new TextEncoder().encode(typeof payload === "string" ? payload : JSON.stringify(payload))
  })

const read = (chunks: ReadonlyArray<Uint8Array>) => {
  const events: Array<unknown> = []
  const reader = eventStream.reader({
    event: (json) => events.push(json),
    end: () => assert.fail("it has no such word")
  })
  const problem = [...chunks, undefined].reduce<string | undefined>(
    (problem, chunk) => problem ?? reader(chunk),
    undefined
  )
  return { events, problem }
}

const joined = (...parts: ReadonlyArray<Uint8Array>) => new Uint8Array(Buffer.concat(parts))

const cut = (bytes: Uint8Array, sizes: ReadonlyArray<number>) => {
  const chunks: Array<Uint8Array> = []
  let at = 0
  for (let i = 0; at < bytes.length; i++) chunks.push(bytes.subarray(at, at += sizes[i % sizes.length] ?? 1))
  return chunks
}

/** What a name of an event can be. */
const isName = (type: string) => type.isWellFormed() && !type.startsWith("\ufeff") && Buffer.byteLength(type) < 1000

describe("eventStream", () => {
  const Events = Schema.Array(Schema.Struct({ type: Schema.NonEmptyString, text: Schema.String }))
  const Sizes = Schema.NonEmptyArray(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 64 })))

  it.prop(
    "reads what the SDK's codec writes, wherever the network cuts it",
    [Events, Sizes],
    ([events, sizes]) => {
      const messages = events.filter(({ type }) => isName(type))
      const bytes = joined(...messages.map(({ text, type }) => encode(type, { text })))
      assert.deepStrictEqual(read(cut(bytes, sizes)), {
        events: messages.map(({ text, type }) => ({ [type]: { text } })),
        problem: undefined
      })
    }
  )

  it("tells exceptions and errors by their names", () => {
    const error = codec.encode({
      headers: {
        ":message-type": { type: "string", value: "error" },
        ":error-code": { type: "string", value: "InternalFailure" },
        ":error-message": { type: "string", value: "it broke" }
      },
      body: new Uint8Array(0)
    })
    assert.deepStrictEqual(
      read([joined(encode("throttlingException", { message: "slowly" }, "exception"), error)]).events,
      [
        { throttlingException: { message: "slowly" } },
        { InternalFailure: { message: "it broke" } }
      ]
    )
  })

  it("notices every byte that was changed", () => {
    const bytes = joined(
      encode("messageStart", { role: "assistant" }),
      encode("messageStop", { stopReason: "end_turn" })
    )
    for (const index of bytes.keys()) {
      const changed = new Uint8Array(bytes)
      changed[index] = (changed[index] ?? 0) ^ 0x55
      const { events, problem } = read([changed])
      assert.match(problem ?? "", /garbled|too large/, `byte ${index}`)
      assert.isBelow(events.length, 2)
    }
  })

  it("gives what came before a message that is no JSON, or too large", () => {
    const good = encode("messageStart", { role: "assistant" })
    assert.deepStrictEqual(read([joined(good, encode("metadata", "<html>"))]), {
      events: [{ messageStart: { role: "assistant" } }],
      problem: "an event of the stream is no JSON"
    })
    const huge = encode("metadata", "x".repeat(18 * 1024 * 1024))
    assert.strictEqual(read([huge.subarray(0, 64)]).problem, "an event of the stream is too large")
  })

  it("takes no bytes for text that are none", () => {
    const bytes = codec.encode({
      headers: { ":event-type": { type: "string", value: "metadata" } },
      body: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])
    })
    assert.strictEqual(read([bytes]).problem, "the stream is no UTF-8")
  })

  it("leaves the rest of a message that was cut", () => {
    const good = encode("messageStart", { role: "assistant" })
    assert.deepStrictEqual(read([joined(good, good.subarray(0, 20))]), {
      events: [{ messageStart: { role: "assistant" } }],
      problem: undefined
    })
  })
})

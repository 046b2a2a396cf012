import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Result, Schema, Stream } from "effect"
import { Prompt } from "effect/ai"
import { Call, Catalog, type GenerateError, type Generation, Request, Transport } from "loom-router"
import * as Sandbox from "loom-router/sandbox"
import { chat, driven, isFull, messages, responses, type Wire, wires } from "./drive.ts"
import { key } from "./pair.ts"

const tool = {
  name: "look_up",
  parameters: {
    type: "object",
    properties: { city: { type: "string" }, days: { type: "integer" } },
    required: ["city", "days"]
  }
}
const said = "[say: ¡olé! 🧶 織機 naïve — é, and a family: 👩‍👩‍👧‍👦.]"

interface Recorded {
  readonly wire: Wire
  readonly path: string
  readonly model: string
  readonly bodies: ReadonlyArray<object>
}

const recorded: ReadonlyArray<Recorded> = [
  {
    wire: responses,
    path: "/responses",
    model: "gpt-6-luna",
    bodies: [
      { input: said, reasoning: { effort: "low", summary: "auto" }, include: ["reasoning.encrypted_content"] },
      { input: "look_up 織機 please", tools: [{ type: "function", ...tool }] },
      { input: "search the latest", tools: [{ type: "web_search" }] }
    ]
  },
  {
    wire: chat,
    path: "/chat/completions",
    model: "gpt-6-luna",
    bodies: [
      { messages: [{ role: "user", content: said }], stream_options: { include_usage: true } },
      {
        messages: [{ role: "user", content: "look_up 織機 please" }],
        tools: [{ type: "function", function: tool }],
        stream_options: { include_usage: true }
      }
    ]
  },
  {
    wire: messages,
    path: "/v1/messages",
    model: "claude-opus-5-5",
    bodies: [
      { messages: [{ role: "user", content: said }], thinking: { type: "adaptive", display: "summarized" } },
      {
        messages: [{ role: "user", content: "look_up 織機 please" }],
        tools: [{ name: tool.name, input_schema: tool.parameters }]
      },
      {
        messages: [{ role: "user", content: "search the latest" }],
        tools: [{ type: "web_search_20260318", name: "web_search" }]
      }
    ]
  }
]

/** Streams as the sandbox wrote them. */
const recordings = await Effect.gen(function*() {
  const sandbox = yield* Sandbox.make()
  return yield* Effect.forEach(
    recorded.flatMap(({ bodies, ...recorded }) => bodies.map((body) => ({ body, ...recorded }))),
    ({ body, model, path, wire }) =>
      Effect.promise(async () => {
        const response = await fetch(`${sandbox.baseUrl(wire.provider)}${path}`, {
          method: "POST",
          headers: {
            authorization: `Bearer ${key}`,
            "content-type": "application/json",
            ...wire === messages ? { "anthropic-version": "2026-10-21" } : {}
          },
          body: JSON.stringify({ model, stream: true, ...wire === messages ? { max_tokens: 4096 } : {}, ...body })
        })
        return { wire, model, text: await response.text() }
      })
  )
}).pipe(Effect.scoped, Effect.runPromise)
type Recording = Pick<typeof recordings[number], "wire" | "model">

/** A vendor whose every answer is this body, in these chunks. */
const answering = (chunks: ReadonlyArray<Uint8Array>): Transport.Transport["Service"] => {
  const fetch: Transport.Fetch = () =>
    Promise.resolve(
      new Response(
        new ReadableStream({
          start: (controller) => {
            for (const chunk of chunks) controller.enqueue(chunk)
            controller.close()
          }
        }),
        {
          headers: {
            "content-type": "text/event-stream; charset=utf-8",
            "x-request-id": "req_1",
            "request-id": "req_1"
          }
        }
      )
    )
  return { vendor: () => fetch, infrastructure: () => fetch, link: () => fetch }
}

interface Read {
  readonly parts: ReadonlyArray<Generation.Part>
  readonly error: GenerateError.GenerateError | undefined
}

const read = ({ model, wire }: Recording, chunks: ReadonlyArray<Uint8Array>): Effect.Effect<Read> =>
  Effect.gen(function*() {
    const vendor = yield* wire.make({ apiKey: Redacted.make(key), baseUrl: "https://api.loom.test/v1" })
    const request = Request.make({
      model: Result.getOrThrow(Catalog.resolve(Catalog.bundled, { provider: wire.provider, model })),
      prompt: Prompt.make("Hello"),
      call: yield* Call.make({ catalog: Catalog.bundled })
    })
    const parts: Array<Generation.Part> = []
    const error = yield* vendor.open(request).pipe(
      Effect.flatMap(Stream.runForEach((part) => Effect.sync(() => parts.push(part)))),
      Effect.scoped,
      Effect.match({ onSuccess: () => undefined, onFailure: (error) => error })
    )
    return { parts, error }
  }).pipe(Effect.provideService(Transport.Transport, answering(chunks)))

const cut = (bytes: Uint8Array, sizes: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  for (let offset = 0, turn = 0; offset < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    chunks.push(bytes.subarray(offset, offset + size))
    offset += size
  }
  return chunks
}

const bytesOf = (text: string) => new TextEncoder().encode(text)
const whole = (text: string) => [bytesOf(text)]

const isWhole = ({ error, parts }: Read) => {
  assert.isUndefined(error)
  assert.strictEqual(parts.at(-1)?.type, "finish")
  assert.isAbove(parts.length, 5)
}

/** Ways to write the same stream. */
interface Style {
  readonly lineEnd: string
  readonly comments: boolean
  readonly foreign: boolean
  readonly mark: boolean
  readonly unended: boolean
}

const written = (text: string, { comments, foreign, lineEnd, mark, unended }: Style): string => {
  const events = text.split("\n\n").filter((event) => event !== "").map((event) =>
    [
      ...comments ? [": 織 keep-alive"] : [],
      ...foreign ? ["id: 7", "retry: 10", "loom: 🧶"] : [],
      event
    ].join("\n")
  )
  const stream = `${mark ? "\uFEFF" : ""}${events.join("\n\n")}${unended ? "" : "\n\n"}`
  return stream.replaceAll("\n", lineEnd)
}

const Sizes = Schema.NonEmptyArray(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 97 })))

const Style = Schema.Struct({
  lineEnd: Schema.Literals(["\n", "\r\n", "\r"]),
  comments: Schema.Boolean,
  foreign: Schema.Boolean,
  mark: Schema.Boolean,
  unended: Schema.Boolean
})

describe("F11", () => {
  // Of all vendors but one, fewer are enough at every change.
  const runs = (wire: Wire, count: number) => ({
    arbitrary: { runs: isFull ? 5 * count : wire === messages ? count / 2 : count }
  })
  for (const [index, recording] of recordings.entries()) {
    const { text, wire } = recording
    const name = `${wire.title}, recording ${index}`
    it.effect.prop(
      `F11 the same parts at every chunking: ${name}`,
      [Sizes, Style],
      ([sizes, style]) =>
        Effect.gen(function*() {
          const expected = yield* read(recording, whole(text))
          isWhole(expected)
          assert.deepStrictEqual(yield* read(recording, cut(bytesOf(written(text, style)), sizes)), expected)
        }),
      runs(wire, 40)
    )

    it.effect(`F11 one byte at a time: ${name}`, () =>
      Effect.gen(function*() {
        const expected = yield* read(recording, whole(text))
        isWhole(expected)
        assert.deepStrictEqual(yield* read(recording, cut(bytesOf(text), [1])), expected)
      }))

    it.effect.prop(
      `F11 an event that is no JSON fails alike at every chunking: ${name}`,
      [Sizes],
      ([sizes]) =>
        Effect.gen(function*() {
          const events = text.split("\n\n")
          const bad = [...events.slice(0, -3), "data: {\"bro\nkn", ...events.slice(-3)].join("\n\n")
          const expected = yield* read(recording, whole(bad))
          assert.strictEqual(expected.error?.reason._tag, "Partial")
          const again = yield* read(recording, cut(bytesOf(bad), sizes))
          assert.deepStrictEqual(again.parts, expected.parts)
          assert.deepStrictEqual(again.error?.reason, expected.error?.reason)
        }),
      runs(wire, 10)
    )

    // Only what was said aloud has characters of several bytes.
    if (!text.includes("🧶")) continue
    it.effect.prop(
      `F11 broken UTF-8 fails, and is never shown as text: ${name}`,
      [Sizes],
      ([sizes]) =>
        Effect.gen(function*() {
          const bytes = bytesOf(text)
          // Inside the first character of several bytes.
          const at = bytes.findIndex((byte) => byte > 0xc0) + 1
          const broken = Uint8Array.from([...bytes.subarray(0, at), 0x20, ...bytes.subarray(at + 1)])
          const { error, parts } = yield* read(recording, cut(broken, sizes))
          assert.notInclude(JSON.stringify(parts), "\uFFFD")
          assert.include(["InvalidResponse", "Partial"], error?.reason._tag)
          assert.match(error?.why ?? "", /UTF-8/)
        }),
      runs(wire, 10)
    )
  }

  const text = "Looms weave 織機 🧶, naïvely."
  const prompt = `[say: ${text}]`
  const faults: ReadonlyArray<readonly [string, Sandbox.Fault]> = [
    ["one byte a chunk", { chunks: { sizes: [1] } }],
    ["random chunks", { chunks: { seed: "loom" } }],
    ["CRLF", { crlf: true }],
    ["CRLF, one byte a chunk", { crlf: true, chunks: { sizes: [1] } }],
    ["comments", { comments: true }],
    ["no last newline", { noLastNewline: true }],
    ["unknown lines and events", {
      insert: [
        { afterEvents: 3, text: "loom: weft\nid\n\n" },
        { afterEvents: 5, text: "event: response.loom.added\ndata: {\"type\":\"response.loom.added\"}\n\n" }
      ]
    }]
  ]
  for (const wire of wires) {
    for (const [name, fault] of faults) {
      driven(`F11 ${name}: ${wire.title}`, { faults: [fault], prompt, wire }, (ended) => {
        assert.strictEqual(ended.text, text)
        assert.strictEqual(ended.answer?.finishReason, "stop")
        assert.strictEqual(ended.answer?.cost.status, "measured")
        assert.deepStrictEqual(ended.requests, [1, 0])
      }, ["stream"])
    }
    driven(`F11 a bad line in the middle: ${wire.title}`, {
      faults: [{ insert: [{ afterEvents: 8, text: "data: {\"bro\n\n" }] }],
      prompt: `[say: ${text.repeat(4)}]`,
      wire
    }, (ended) => {
      assert.strictEqual(ended.error?.reason._tag, "Partial")
      assert.isTrue(text.repeat(4).startsWith(ended.text))
      assert.isAbove(ended.text.length, 3)
    }, ["stream"])
  }
})

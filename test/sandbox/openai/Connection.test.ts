import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { connect } from "node:net"
import { call, driven } from "../driven.ts"

const body = JSON.stringify({ model: "gpt-4.1", input: "[say: olé]" })
const request = [
  "POST /openai/v1/responses HTTP/1.1",
  "host: sandbox",
  "authorization: Bearer k",
  "content-type: application/json",
  `content-length: ${Buffer.byteLength(body)}`,
  "",
  body
].join("\r\n")

interface Wire {
  /** What has arrived so far. */
  readonly text: () => string
  /** How the connection ended. */
  readonly ended: Promise<"closed" | "reset">
  readonly end: () => void
}

/** One request, by a client that understands nothing of what comes back. */
const open = (port: number) =>
  call(() => {
    const socket = connect(port, "127.0.0.1")
    let text = ""
    socket.on("data", (chunk) => {
      text += chunk.toString()
    })
    const ended = new Promise<"closed" | "reset">((resolve) => {
      socket.on("close", () => resolve("closed"))
      socket.on("error", () => resolve("reset"))
    })
    return new Promise<Wire>((resolve) => {
      socket.write(request, () => resolve({ text: () => text, ended, end: () => void socket.destroy() }))
    })
  })

describe("the connection", () => {
  it.effect("carries any text in place of an answer, and is closed, reset or left", () =>
    driven(function*({ sandbox }) {
      const text = "HTTP/1.1 200 OK\r\ncontent-ty"
      yield* sandbox.script(
        { raw: { text } },
        { raw: { text, ending: "reset" }, billed: true },
        { raw: { text, ending: "wait" } }
      )
      const closed = yield* open(sandbox.port)
      assert.strictEqual(yield* call(() => closed.ended), "closed")
      assert.strictEqual(closed.text(), text)
      const reset = yield* open(sandbox.port)
      assert.strictEqual(yield* call(() => reset.ended), "reset")
      const left = yield* open(sandbox.port)
      yield* sandbox.awaitJournal((journal) => journal[2]?.waiting === true)
      left.end()
      const journal = yield* sandbox.awaitJournal((journal) => journal.every(({ ended }) => ended))
      const seen = { status: undefined, bytesSent: text.length, finished: false, faulted: true, defect: undefined }
      assert.deepInclude(journal[0], { ...seen, clientClosed: false })
      assert.deepInclude(journal[1], { ...seen, clientClosed: false })
      assert.deepInclude(journal[2], { ...seen, clientClosed: true })
      assert.lengthOf(yield* sandbox.bill, 1)
    }))

  it.effect("carries raw text and bodies piece by piece, by the clock", () =>
    driven(function*({ sandbox }) {
      yield* sandbox.script(
        { raw: { text: "HTTP" }, chunks: { sizes: [1, 3] }, chunkDelayMillis: 60_000 },
        { chunks: { sizes: [100] }, chunkDelayMillis: 60_000 }
      )
      const raw = yield* open(sandbox.port)
      yield* sandbox.awaitJournal(([entry]) => entry?.waiting === true)
      assert.strictEqual(raw.text(), "")
      yield* sandbox.advance("1 minute")
      yield* sandbox.awaitJournal(([entry]) => entry?.bytesSent === 1 && entry.waiting)
      yield* sandbox.advance("1 minute")
      yield* call(() => raw.ended)
      assert.strictEqual(raw.text(), "HTTP")

      const trickled = yield* open(sandbox.port)
      for (const bytes of [0, 100, 200]) {
        yield* sandbox.awaitJournal(([, entry]) => entry?.bytesSent === bytes && entry.waiting)
        yield* sandbox.advance("1 minute")
      }
      yield* sandbox.awaitJournal(([, entry]) => entry?.bytesSent === 300)
      trickled.end()
    }))

  it.effect("carries informational answers before the answer", () =>
    driven(function*({ sandbox }) {
      yield* sandbox.script({ informational: [100, 103], closeAfter: true })
      const wire = yield* open(sandbox.port)
      yield* call(() => wire.ended)
      assert.match(
        wire.text(),
        /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 103 Early Hints\r\n\r\nHTTP\/1\.1 200 OK\r\n/
      )
    }))

  it.effect("is closed after an answer that has said it stays open", () =>
    driven(function*({ sandbox }) {
      yield* sandbox.script({ closeAfter: true })
      const wire = yield* open(sandbox.port)
      assert.strictEqual(yield* call(() => wire.ended), "closed")
      assert.match(wire.text(), /^connection: keep-alive\r$/im)
      assert.include(wire.text(), "olé")
      assert.deepInclude((yield* sandbox.journal)[0], { finished: true, status: 200 })
    }))

  it.effect("carries a body that is shorter or longer than it says", () =>
    driven(function*({ sandbox }) {
      const lengthOf = (text: string) => {
        const [head = "", ...rest] = text.split("\r\n\r\n")
        return [Number(/content-length: (\d+)/i.exec(head)?.[1]), Buffer.byteLength(rest.join("\r\n\r\n"))] as const
      }
      for (const contentLengthOff of [-7, 7]) {
        yield* sandbox.script(
          { contentLengthOff, closeAfter: true },
          { contentLengthOff, closeAfter: true, respond: { status: 503 } }
        )
        for (const _ of [1, 2]) {
          const wire = yield* open(sandbox.port)
          yield* call(() => wire.ended)
          const [told, sent] = lengthOf(wire.text())
          assert.strictEqual(told - sent, contentLengthOff)
        }
      }
    }))

  it.effect("that its client leaves while raw text comes ends the request", () =>
    driven(function*({ sandbox }) {
      yield* sandbox.script({ raw: { text: "HTTP" }, chunkDelayMillis: 60_000 })
      const wire = yield* open(sandbox.port)
      const left = yield* Effect.forkChild(sandbox.awaitJournal(([entry]) => entry?.ended === true))
      yield* sandbox.awaitJournal(([entry]) => entry?.waiting === true)
      wire.end()
      assert.deepInclude((yield* Fiber.join(left))[0], { clientClosed: true, bytesSent: 0 })
    }))
})

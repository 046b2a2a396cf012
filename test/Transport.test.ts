import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import { execFile } from "node:child_process"
import * as http from "node:http"
import * as https from "node:https"
import * as net from "node:net"
import * as tls from "node:tls"
import { inspect, promisify } from "node:util"
import * as zlib from "node:zlib"
import { APIError, APIUserAbortError, OpenAI, RateLimitError } from "openai"
import * as Transport from "../src/Transport.ts"

const canary = "sk-canary-3f9a"

const listening = (server: net.Server, closeAll: () => void): Effect.Effect<number, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() =>
      new Promise<number>((resolve) => {
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          resolve(typeof address === "object" && address !== null ? address.port : 0)
        })
      })
    ),
    () =>
      Effect.promise(() =>
        new Promise<void>((resolve) => {
          closeAll()
          server.close(() => resolve())
        })
      )
  )

const serve = (handler: http.RequestListener) => {
  const server = http.createServer(handler)
  return Effect.map(listening(server, () => server.closeAllConnections()), (port) => `http://127.0.0.1:${port}`)
}

const serveRaw = (onSocket: (socket: net.Socket) => void) => {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket.on("error", () => undefined))
    onSocket(socket)
  })
  const closeAll = () => sockets.forEach((socket) => socket.destroy())
  return Effect.map(listening(server, closeAll), (port) => `http://127.0.0.1:${port}`)
}

const clientOf = (transport: Transport.Transport["Service"], baseUrl: string, limits?: Partial<Transport.Limits>) =>
  new OpenAI({
    apiKey: canary,
    baseURL: `${baseUrl}/v1`,
    maxRetries: 0,
    fetch: transport.vendor({ provider: "openai", baseUrl, limits })
  })

const request = { model: "gpt-4o-mini", messages: [{ role: "user" as const, content: "hi" }] }

const completion = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "gpt-4o-mini",
  choices: [{ index: 0, message: { role: "assistant", content: "Hello €" }, finish_reason: "stop" }]
}

const answer: http.RequestListener = (_, response) => {
  response.writeHead(200, { "content-type": "application/json", "x-request-id": "req-1", "set-cookie": ["a=1", "b=2"] })
  response.end(JSON.stringify(completion))
}

const delta = (content: string) =>
  `data: ${JSON.stringify({ id: "c", choices: [{ index: 0, delta: { content } }] })}\n\n`

const rejection = (run: () => PromiseLike<unknown>): Effect.Effect<unknown> =>
  Effect.promise(async () => {
    try {
      await run()
    } catch (error) {
      return error
    }
    return assert.fail("it should have failed")
  })

/** The typed failure of a call, after a search of all that the thrown error would print for the key. */
const failure = (run: () => PromiseLike<unknown>): Effect.Effect<Transport.TransportError> =>
  Effect.map(rejection(run), (error) => {
    const printed = [
      inspect(error, { depth: 12, showHidden: true }),
      JSON.stringify(error),
      String(error),
      error instanceof Error ? error.stack : ""
    ]
    assert.notInclude(printed.join("\n"), canary)
    const found = Transport.findError(error)
    assert(found !== undefined, `no TransportError in ${printed[0]}`)
    return found
  })

const assertFailure = (error: Transport.TransportError, kind: Transport.Kind, sent: "no" | "maybe") =>
  assert.deepStrictEqual({ kind: error.kind, sent: error.sent }, { kind, sent }, error.message)

describe("Transport: the openai SDK over it", () => {
  it.effect("answers a call", () =>
    Effect.gen(function*() {
      const seen: Array<http.IncomingMessage> = []
      const url = yield* serve((incoming, response) => {
        seen.push(incoming)
        answer(incoming, response)
      })
      const client = clientOf(yield* Transport.make(), url)
      const reply = yield* Effect.promise(() => client.chat.completions.create(request))
      assert.strictEqual(reply.choices[0]?.message.content, "Hello €")
      assert.strictEqual(seen[0]?.headers.authorization, `Bearer ${canary}`)
      assert.strictEqual(seen[0]?.headers["accept-encoding"], "identity")
    }))

  it.effect("hands over a Response that reads like one", () =>
    Effect.gen(function*() {
      const url = yield* serve(answer)
      const client = clientOf(yield* Transport.make(), url)
      const { headers, ...reply } = yield* Effect.promise(async () => {
        const response = await client.chat.completions.create(request).asResponse()
        return {
          headers: response.headers,
          ok: response.ok,
          status: response.status,
          statusText: response.statusText,
          url: response.url,
          redirected: response.redirected,
          usedBefore: response.bodyUsed,
          json: await response.json(),
          usedAfter: response.bodyUsed
        }
      })
      assert.deepStrictEqual(reply, {
        ok: true,
        status: 200,
        statusText: "OK",
        url: `${url}/v1/chat/completions`,
        redirected: false,
        usedBefore: false,
        json: completion,
        usedAfter: true
      })
      assert.strictEqual(headers.get("Content-Type"), "application/json")
      assert.strictEqual(headers.get("set-cookie"), "a=1, b=2")
      assert.deepStrictEqual(headers.getSetCookie(), ["a=1", "b=2"])
      assert.isTrue(headers.has("X-Request-Id"))
      assert.isNull(headers.get("constructor"))
      assert.include([...headers.keys()], "x-request-id")
      assert.deepInclude([...headers], ["x-request-id", "req-1"])
      assert.include([...headers.values()], "req-1")
      const visited: Array<string> = []
      headers.forEach((value, name) => visited.push(`${name}: ${value}`))
      assert.include(visited, "x-request-id: req-1")
      assert.throws(() => headers.set("a", "b"), TypeError)
    }))

  it.effect("streams, with multi-byte characters cut anywhere", () =>
    Effect.gen(function*() {
      const url = yield* serve((_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        const bytes = Buffer.from(`${delta("Grüße ")}${delta("€😀")}data: [DONE]\n\n`)
        for (const byte of bytes) response.write(Buffer.of(byte))
        response.end()
      })
      const client = clientOf(yield* Transport.make(), url)
      const text = yield* Effect.promise(async () => {
        let text = ""
        for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) {
          text += chunk.choices[0]?.delta.content ?? ""
        }
        return text
      })
      assert.strictEqual(text, "Grüße €😀")
    }))

  it.effect("gives its body as a reader, an iterator, bytes, a buffer and a blob", () =>
    Effect.gen(function*() {
      const url = yield* serve((_, response) => response.end("abc"))
      const fetch = (yield* Transport.make()).vendor({ provider: "p", baseUrl: url })
      const read = yield* Effect.promise(async () => {
        const reader = (await fetch(url)).body?.getReader()
        const first = await reader?.read()
        const iterated: Array<number> = []
        for await (const chunk of (await fetch(url)).body ?? []) iterated.push(...chunk)
        const blob = await (await fetch(url)).blob()
        return {
          first: Buffer.from(first?.value ?? []).toString(),
          last: (await reader?.read())?.done,
          iterated: Buffer.from(iterated).toString(),
          bytes: (await (await fetch(url)).bytes()).length,
          buffer: (await (await fetch(url)).arrayBuffer()).byteLength,
          blob: await blob.text()
        }
      })
      assert.deepStrictEqual(read, { first: "abc", last: true, iterated: "abc", bytes: 3, buffer: 3, blob: "abc" })
    }))

  it.effect("uploads a form whose length is known, a stream, a Request and raw bytes", () =>
    Effect.gen(function*() {
      const seen: Array<{ type: string | undefined; length: string | undefined; body: string }> = []
      const url = yield* serve((incoming, response) => {
        let body = ""
        incoming.on("data", (chunk) => body += chunk).on("end", () => {
          const { "content-length": length, "content-type": type } = incoming.headers
          seen.push({ type: type?.split(";")[0], length, body })
          response.setHeader("content-type", "application/json").end(JSON.stringify({ id: "file-1" }))
        })
      })
      const transport = yield* Transport.make()
      const fetch = transport.vendor({ provider: "p", baseUrl: url })
      yield* Effect.promise(async () => {
        await clientOf(transport, url).files.create({ file: new File(["{}\n"], "a.jsonl"), purpose: "batch" })
        await (await fetch(url, {
          method: "POST",
          body: ReadableStream.from([Buffer.from("st"), Buffer.from("ream")])
        })).text()
        await (await fetch(new Request(url, { method: "PUT", body: "req", headers: { "content-type": "text/x" } })))
          .text()
        await (await fetch(new URL(url), {
          method: "POST",
          body: Buffer.from("raw"),
          headers: [["content-type", "a/b"]]
        })).text()
      })
      assert.strictEqual(seen[0]?.type, "multipart/form-data")
      assert.strictEqual(seen[0]?.length, String(Buffer.byteLength(seen[0]?.body ?? "")))
      assert.include(seen[0]?.body, "a.jsonl")
      assert.deepStrictEqual(seen.slice(1), [
        { type: undefined, length: undefined, body: "stream" },
        { type: "text/x", length: "3", body: "req" },
        { type: "a/b", length: "3", body: "raw" }
      ])
    }))

  it.effect("lets an error reply through as the SDK's own error", () =>
    Effect.gen(function*() {
      const url = yield* serve((_, response) => {
        response.writeHead(429, { "content-type": "application/json", "retry-after": "7" })
        response.end(JSON.stringify({ error: { message: "slow down", code: "rate_limit_exceeded" } }))
      })
      const client = clientOf(yield* Transport.make(), url)
      const error = yield* rejection(() => client.chat.completions.create(request))
      assert.instanceOf(error, RateLimitError)
      assert.strictEqual(error.headers?.get("retry-after"), "7")
      assert.isUndefined(Transport.findError(error))
    }))

  it.effect("never sends trace context", () =>
    Effect.gen(function*() {
      let seen: http.IncomingHttpHeaders = {}
      const url = yield* serve((incoming, response) => {
        seen = incoming.headers
        response.end()
      })
      const fetch = (yield* Transport.make()).vendor({ provider: "p", baseUrl: url })
      const headers = {
        traceparent: "00-a-b-01",
        tracestate: "a",
        b3: "0",
        "X-B3-TraceId": "1",
        baggage: "a=b",
        "x-mine": "1"
      }
      yield* Effect.promise(async () => (await fetch(url, { headers })).text())
      assert.deepStrictEqual(Object.keys(seen).sort(), ["accept-encoding", "connection", "host", "x-mine"])
    }))
})

describe("Transport: cancellation", () => {
  const pending = Effect.fn(function*(onRequest: (response: http.ServerResponse) => void) {
    const closed = Promise.withResolvers<boolean>()
    const arrived = Promise.withResolvers<void>()
    const url = yield* serve((_, response) => {
      response.on("close", () => closed.resolve(!response.writableFinished))
      onRequest(response)
      arrived.resolve()
    })
    const isBroken = Effect.promise(() => closed.promise)
    return { client: clientOf(yield* Transport.make(), url), arrived: arrived.promise, isBroken }
  })
  const begin = (response: http.ServerResponse) => {
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.write(delta("one"))
  }

  it.effect("a handle breaks off a request that waits for its reply", () =>
    Effect.gen(function*() {
      const { arrived, client, isBroken } = yield* pending(() => undefined)
      const handle = new Transport.Handle()
      const error = yield* failure(() => {
        void arrived.then(() => handle.abort())
        return client.chat.completions.create(request, { fetchOptions: Transport.cancelledBy(handle) })
      })
      assertFailure(error, "aborted", "maybe")
      assert.isTrue(yield* isBroken)
    }))

  it.effect("a handle breaks off a reply", () =>
    Effect.gen(function*() {
      const { client, isBroken } = yield* pending(begin)
      const handle = new Transport.Handle()
      const error = yield* failure(async () => {
        const response = await client.chat.completions.create(
          { ...request, stream: true },
          { fetchOptions: Transport.cancelledBy(handle) }
        ).asResponse()
        for await (const chunk of response.body ?? []) {
          assert.include(Buffer.from(chunk).toString(), "one")
          handle.abort()
        }
      })
      assertFailure(error, "aborted", "maybe")
      assert.isTrue(yield* isBroken)
    }))

  it.effect("a handle that was used before the request sends nothing", () =>
    Effect.gen(function*() {
      const { client } = yield* pending(() => assert.fail("it was sent"))
      const handle = new Transport.Handle()
      handle.abort()
      const fetchOptions = Transport.cancelledBy(handle)
      assertFailure(yield* failure(() => client.chat.completions.create(request, { fetchOptions })), "aborted", "no")
    }))

  it.effect("a handle ends a request that has no socket yet, and nothing was sent", () =>
    Effect.gen(function*() {
      const handle = new Transport.Handle()
      const url = yield* serveRaw((socket) => socket.once("data", () => handle.abort()))
      const client = clientOf(yield* Transport.make(), url.replace("http:", "https:"))
      const fetchOptions = Transport.cancelledBy(handle)
      assertFailure(yield* failure(() => client.chat.completions.create(request, { fetchOptions })), "aborted", "no")
    }))

  it.effect("a handle ends a request that waits for a free socket, and nothing was sent", () =>
    Effect.gen(function*() {
      let requests = 0
      const arrived = Promise.withResolvers<http.ServerResponse>()
      const url = yield* serve((_, response) => {
        requests++
        arrived.resolve(response)
      })
      const client = clientOf(yield* Transport.make({ connections: 1 }), url)
      const first = yield* Effect.forkChild(Effect.promise(() => client.chat.completions.create(request)))
      const response = yield* Effect.promise(() => arrived.promise)
      const handle = new Transport.Handle()
      const error = yield* failure(() => {
        const second = client.chat.completions.create(request, { fetchOptions: Transport.cancelledBy(handle) })
          .asResponse()
        setImmediate(() => handle.abort())
        return second
      })
      assertFailure(error, "aborted", "no")
      response.setHeader("content-type", "application/json").end(JSON.stringify(completion))
      yield* Fiber.join(first)
      assert.strictEqual(requests, 1)
    }))

  it.effect("an AbortSignal does the same, as the SDK expects it", () =>
    Effect.gen(function*() {
      const { arrived, client, isBroken } = yield* pending(() => undefined)
      const cancel = yield* Scope.make()
      const signal = yield* Scope.provide(Effect.abortSignal, cancel)
      const call = yield* Effect.forkChild(rejection(() => client.chat.completions.create(request, { signal })))
      yield* Effect.promise(() => arrived)
      yield* Scope.close(cancel, Exit.void)
      const error = yield* Fiber.join(call)
      assert.instanceOf(error, APIUserAbortError)
      assert.isTrue(yield* isBroken)
    }))

  it.effect("leaving the SDK's stream closes the socket", () =>
    Effect.gen(function*() {
      const { client, isBroken } = yield* pending(begin)
      yield* Effect.promise(async () => {
        for await (const _ of await client.chat.completions.create({ ...request, stream: true })) break
      })
      assert.isTrue(yield* isBroken)
    }))

  it.effect("cancelling the body closes the socket", () =>
    Effect.gen(function*() {
      const { client, isBroken } = yield* pending(begin)
      yield* Effect.promise(async () => {
        const response = await client.chat.completions.create({ ...request, stream: true }).asResponse()
        await response.body?.cancel()
      })
      assert.isTrue(yield* isBroken)
    }))

  it.effect("closing the transport breaks off what is in the air and refuses more", () =>
    Effect.gen(function*() {
      const arrived = Promise.withResolvers<void>()
      const url = yield* serve(() => arrived.resolve())
      const transport = Transport.makeUnsafe()
      const client = clientOf(transport, url)
      const error = yield* failure(() => {
        void arrived.promise.then(() => transport.close())
        return client.chat.completions.create(request)
      })
      assertFailure(error, "closed", "maybe")
      assertFailure(yield* failure(() => client.chat.completions.create(request)), "closed", "no")
    }))
})

describe("Transport: faults", () => {
  const failing = Effect.fn(function*(url: string, limits?: Partial<Transport.Limits>) {
    const client = clientOf(yield* Transport.make(), url, limits)
    return yield* failure(() => client.chat.completions.create(request))
  })

  it.effect("F1 refused", () =>
    Effect.gen(function*() {
      const url = yield* Effect.scoped(serve(answer))
      const error = yield* failing(url)
      assertFailure(error, "refused", "no")
      assert.strictEqual(error.code, "ECONNREFUSED")
    }))

  it.effect("F1 no such host", () =>
    Effect.gen(function*() {
      assertFailure(yield* failing("http://nonexistent.invalid"), "dns", "no")
    }))

  it.effect("F1 a certificate nobody trusts", () =>
    Effect.gen(function*() {
      const server = https.createServer({ key, cert }, answer)
      const port = yield* listening(server, () => server.closeAllConnections())
      const error = yield* failing(`https://localhost:${port}`)
      assertFailure(error, "tls", "no")
      assert.strictEqual(error.code, "DEPTH_ZERO_SELF_SIGNED_CERT")
    }))

  it.effect("F1 a server that drops the TLS handshake", () =>
    Effect.gen(function*() {
      const url = yield* serveRaw((socket) => socket.once("data", () => socket.destroy()))
      assertFailure(yield* failing(url.replace("http:", "https:")), "tls", "no")
    }))

  it.effect("F1 a server that never finishes the TLS handshake", () =>
    Effect.gen(function*() {
      const url = yield* serveRaw(() => undefined)
      const error = yield* failing(url.replace("http:", "https:"), { connectTimeout: "50 millis" })
      assertFailure(error, "connect-timeout", "no")
    }))

  it.effect("F2 accepted, never answers", () =>
    Effect.gen(function*() {
      const url = yield* serve(() => undefined)
      assertFailure(yield* failing(url, { headersTimeout: "50 millis" }), "headers-timeout", "maybe")
    }))

  it.effect("F9 reset before a reply", () =>
    Effect.gen(function*() {
      const url = yield* serveRaw((socket) => socket.once("data", () => socket.resetAndDestroy()))
      assertFailure(yield* failing(url), "reset", "maybe")
    }))

  it.effect("F9 a kept socket that the server closes under the next request isn't tried again", () =>
    Effect.gen(function*() {
      let requests = 0
      const url = yield* serveRaw((socket) =>
        socket.on("data", () => {
          requests++
          if (requests === 1) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
          else socket.destroy()
        })
      )
      const fetch = (yield* Transport.make()).vendor({ provider: "p", baseUrl: url })
      yield* Effect.promise(async () => (await fetch(url, { method: "POST", body: "{}" })).text())
      assertFailure(yield* failure(() => fetch(url, { method: "POST", body: "{}" })), "reset", "maybe")
      assert.strictEqual(requests, 2)
    }))

  it.effect("F9 cut inside a body of known length", () =>
    Effect.gen(function*() {
      const url = yield* serve((_, response) => {
        response.writeHead(200, { "content-type": "application/json", "content-length": 100 })
        response.write("{", () => response.destroy())
      })
      assertFailure(yield* failing(url), "cut", "maybe")
    }))

  it.effect("F9 cut inside a chunked stream", () =>
    Effect.gen(function*() {
      const url = yield* serve((_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.write(delta("one"), () => response.destroy())
      })
      const client = clientOf(yield* Transport.make(), url)
      const error = yield* failure(async () => {
        for await (const _ of await client.chat.completions.create({ ...request, stream: true }));
      })
      assertFailure(error, "cut", "maybe")
    }))

  it.effect("F10 stalls", () =>
    Effect.gen(function*() {
      const url = yield* serve((_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.write(delta("one"))
      })
      const client = clientOf(yield* Transport.make(), url, { idleTimeout: "50 millis" })
      const error = yield* failure(async () => {
        for await (const _ of await client.chat.completions.create({ ...request, stream: true }));
      })
      assertFailure(error, "idle-timeout", "maybe")
    }))

  it.effect("F7 a body that says it is too large", () =>
    Effect.gen(function*() {
      const url = yield* serve((_, response) =>
        response.writeHead(200, { "content-length": 1025 }).end(Buffer.alloc(1025))
      )
      assertFailure(yield* failing(url, { maxBodyBytes: 1024 }), "body-too-large", "maybe")
    }))

  it.effect("F7 a chunked body that is too large, read at once and in chunks", () =>
    Effect.gen(function*() {
      const url = yield* serve((_, response) => {
        response.write(Buffer.alloc(1000))
        response.end(Buffer.alloc(1000))
      })
      assertFailure(yield* failing(url, { maxBodyBytes: 1024 }), "body-too-large", "maybe")
      const fetch = (yield* Transport.make()).vendor({ provider: "p", baseUrl: url, limits: { maxBodyBytes: 1024 } })
      assertFailure(yield* failure(async () => (await fetch(url)).bytes()), "body-too-large", "maybe")
    }))

  it.effect("F7 a gzip bomb", () =>
    Effect.gen(function*() {
      const bomb = zlib.gzipSync(Buffer.alloc(32 * 1024 * 1024))
      const url = yield* serve((_, response) =>
        response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end(bomb)
      )
      assertFailure(yield* failing(url, { maxBodyBytes: 1024 * 1024 }), "body-too-large", "maybe")
    }))

  it.effect("F7 headers without end", () =>
    Effect.gen(function*() {
      const url = yield* serveRaw((socket) =>
        socket.once("data", () => socket.write(`HTTP/1.1 200 OK\r\na: ${"x".repeat(99_999)}`))
      )
      assertFailure(yield* failing(url), "headers-too-large", "maybe")
    }))

  it.effect("F7 something that isn't HTTP", () =>
    Effect.gen(function*() {
      const url = yield* serveRaw((socket) => socket.once("data", () => socket.end("SSH-2.0-OpenSSH_9.6\r\n")))
      assertFailure(yield* failing(url), "garbled", "maybe")
    }))

  it.effect("F7 broken and truncated compression", () =>
    Effect.gen(function*() {
      let body = Buffer.from("not gzip at all")
      const url = yield* serve((_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(body))
      assertFailure(yield* failing(url), "garbled", "maybe")
      body = zlib.gzipSync("x".repeat(1000)).subarray(0, 20)
      assertFailure(yield* failing(url), "cut", "maybe")
    }))

  it.effect("a header that cannot be written", () =>
    Effect.gen(function*() {
      const url = yield* serve(answer)
      const fetch = (yield* Transport.make()).vendor({ provider: "p", baseUrl: url })
      const error = yield* failure(() => fetch(url, { headers: { "x-mine": `${canary}\r\nx: y` } }))
      assertFailure(error, "invalid-request", "no")
    }))

  it.effect.each(
    [
      ["gzip", zlib.gzipSync],
      ["deflate", zlib.deflateSync],
      ["br", zlib.brotliCompressSync],
      ["zstd", zlib.zstdCompressSync]
    ] as const
  )("reads a body compressed by %s though it didn't ask for one", ([encoding, compress]) =>
    Effect.gen(function*() {
      const url = yield* serve((_, response) => {
        response.writeHead(200, { "content-type": "application/json", "content-encoding": encoding })
        response.end(compress(JSON.stringify(completion)))
      })
      const client = clientOf(yield* Transport.make(), url)
      const reply = yield* Effect.promise(() => client.chat.completions.create(request))
      assert.strictEqual(reply.choices[0]?.message.content, "Hello €")
    }))
})

describe("Transport: where a key may go", () => {
  it.effect("nowhere but to the origin of the base URL", () =>
    Effect.gen(function*() {
      let requests = 0
      const count: http.RequestListener = (_, response) => {
        requests++
        response.end()
      }
      const home = yield* serve(count)
      const other = yield* serve(count)
      const fetch = (yield* Transport.make()).vendor({ provider: "p", baseUrl: `${home}/v1` })
      const headers = { authorization: `Bearer ${canary}` }
      for (
        const url of [
          `${other}/v1/x`,
          home.replace("http:", "https:"),
          home.replace("127.0.0.1", "localhost"),
          `${home}.example.com/v1`,
          home.replace("//", `//user:${canary}@`),
          "file:///etc/passwd",
          "/v1/x",
          "//"
        ]
      ) {
        assertFailure(yield* failure(() => fetch(url, { headers })), "egress-refused", "no")
      }
      assert.strictEqual(requests, 0)
    }))

  it.effect("not along a redirect", () =>
    Effect.gen(function*() {
      let requests = 0
      const other = yield* serve((_, response) => {
        requests++
        response.end()
      })
      const url = yield* serve((_, response) => response.writeHead(307, { location: other }).end())
      const client = clientOf(yield* Transport.make(), url)
      const error = yield* rejection(() => client.chat.completions.create(request))
      assert.instanceOf(error, APIError)
      assert.strictEqual(error.status, 307)
      assert.strictEqual(requests, 0)
    }))

  it.effect("not to a host that the caller's own header names", () =>
    Effect.gen(function*() {
      let host: string | undefined
      const url = yield* serve((incoming, response) => {
        host = incoming.headers.host
        response.end()
      })
      const fetch = (yield* Transport.make()).vendor({ provider: "p", baseUrl: url })
      yield* Effect.promise(async () => (await fetch(url, { headers: { Host: "evil.example" } })).text())
      assert.strictEqual(host, new URL(url).host)
    }))

  it("throws at a base URL that isn't one", () => {
    const transport = Transport.makeUnsafe()
    for (const baseUrl of ["", "api.openai.com/v1", "file:///x", "https://a:b@example.com"]) {
      assert.throws(() => transport.vendor({ provider: "p", baseUrl }), Transport.TransportError)
    }
  })
})

describe("Transport: links", () => {
  const noLookup: net.LookupFunction = () => assert.fail("a name was resolved")

  it.effect.each([
    "file:///etc/passwd",
    "ftp://example.com/a.png",
    "data:image/png;base64,AAAA",
    "javascript:alert(1)",
    "not a url",
    "/a.png",
    "http://localhost/",
    "http://localhost./",
    "http://LOCALHOST/",
    "http://a.localhost/",
    "http://127.0.0.1/",
    "http://127.1/",
    "http://0x7f.1/",
    "http://0x7f000001/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://127.0.0.1./",
    "http://１２７.0.0.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://10.0.0.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::]/",
    "http://[::1]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:169.254.169.254]/",
    "http://[64:ff9b::169.254.169.254]/",
    "http://[2002:a9fe:a9fe::]/",
    "http://[fc00::1]/",
    "http://[fd12:3456::1]/",
    "http://[fe80::1]/",
    "http://[ff02::1]/",
    "https://user@example.com/",
    "https://user:secret@example.com/"
  ])("refuses %s", (url) =>
    Effect.gen(function*() {
      const fetch = (yield* Transport.make({ lookup: noLookup })).link({ provider: "p" })
      const error = yield* failure(() => fetch(url))
      assertFailure(error, "egress-refused", "no")
      assert.notInclude(error.message, "secret")
    }))

  it.effect.each([
    "10.0.0.5",
    "127.0.0.1",
    "::1",
    "::ffff:10.0.0.5",
    "1.1.1.1 169.254.169.254"
  ])("refuses a name that resolves to %s", (addresses) =>
    Effect.gen(function*() {
      const lookup: net.LookupFunction = (_hostname, _options, callback) =>
        callback(null, addresses.split(" ").map((address) => ({ address, family: net.isIP(address) })))
      const fetch = (yield* Transport.make({ lookup })).link({ provider: "p" })
      for (const url of ["http://images.example.com/a.png", "https://images.example.com/a.png"]) {
        assertFailure(yield* failure(() => fetch(url)), "egress-refused", "no")
      }
    }))

  it.effect("refuses by the system's resolver too", () =>
    Effect.gen(function*() {
      const fetch = (yield* Transport.make()).link({ provider: "p" })
      assertFailure(yield* failure(() => fetch("http://nonexistent.invalid/")), "dns", "no")
    }))

  it.effect("sends nothing that identifies anyone, and only reads", () =>
    Effect.gen(function*() {
      let seen: http.IncomingHttpHeaders = {}
      const url = yield* serve((incoming, response) => {
        seen = incoming.headers
        response.end("png")
      })
      const fetch = (yield* Transport.make()).link({ provider: "p", trusted: [url] })
      const headers = {
        authorization: `Bearer ${canary}`,
        cookie: canary,
        "x-api-key": canary,
        "x-goog-api-key": canary,
        "api-key": canary,
        traceparent: "00-a-b-01",
        accept: "image/*"
      }
      assert.strictEqual(yield* Effect.promise(async () => (await fetch(url, { headers })).text()), "png")
      assert.deepStrictEqual(Object.keys(seen).sort(), ["accept", "accept-encoding", "connection", "host"])
      assertFailure(yield* failure(() => fetch(url, { method: "POST", body: "x" })), "egress-refused", "no")
    }))

  it.effect("follows redirects under the same rules", () =>
    Effect.gen(function*() {
      let requests = 0
      const target = yield* serve((_, response) => {
        requests++
        response.end("png")
      })
      const url = yield* serve((incoming, response) => {
        const location = incoming.url === "/loop"
          ? "/loop"
          : incoming.url === "/file"
          ? "file:///etc/passwd"
          : `${target}/a`
        response.writeHead(302, { location }).end("moved")
      })
      const transport = yield* Transport.make()
      const trusting = transport.link({ provider: "p", trusted: [url, target] })
      const reply = yield* Effect.promise(async () => {
        const response = await trusting(url)
        return { text: await response.text(), url: response.url, redirected: response.redirected }
      })
      assert.deepStrictEqual(reply, { text: "png", url: `${target}/a`, redirected: true })
      const wary = transport.link({ provider: "p", trusted: [url] })
      assertFailure(yield* failure(() => wary(url)), "egress-refused", "no")
      assertFailure(yield* failure(() => wary(`${url}/loop`)), "egress-refused", "no")
      assertFailure(yield* failure(() => wary(`${url}/file`)), "egress-refused", "no")
      assert.strictEqual(requests, 1)
    }))

  it.effect("doesn't go from https to http", () =>
    Effect.gen(function*() {
      const server = https.createServer({ key, cert }, (_, response) => {
        response.writeHead(302, { location: "http://images.example.com/a.png" }).end()
      })
      const port = yield* listening(server, () => server.closeAllConnections())
      const url = `https://localhost:${port}/`
      const fetch = (yield* Transport.make()).link({ provider: "p", trusted: [url] })
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          const authorities = tls.getCACertificates("default")
          tls.setDefaultCACertificates([cert])
          return authorities
        }),
        (authorities) => Effect.sync(() => tls.setDefaultCACertificates(authorities))
      )
      const error = yield* failure(() => fetch(url))
      assertFailure(error, "egress-refused", "no")
      assert.include(error.message, "from https to http")
    }))

  it.effect("frees its socket when the reply is read, cancelled or refused", () =>
    Effect.gen(function*() {
      const closed: Array<Promise<unknown>> = []
      const url = yield* serveRaw((socket) => {
        closed.push(new Promise((resolve) => socket.once("close", resolve)))
        socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\npng"))
      })
      const fetch = (yield* Transport.make()).link({ provider: "p", trusted: [url], limits: { maxBodyBytes: 3 } })
      const small = (yield* Transport.make()).link({ provider: "p", trusted: [url], limits: { maxBodyBytes: 2 } })
      yield* Effect.promise(async () => (await fetch(url)).text())
      yield* Effect.promise(async () => (await fetch(url)).body?.cancel())
      assertFailure(yield* failure(() => small(url)), "body-too-large", "maybe")
      yield* Effect.promise(() => Promise.all(closed))
      assert.strictEqual(closed.length, 3)
    }))
})

const moduleUrl = new URL("../src/Transport.ts", import.meta.url).href

const runNode = (script: string) =>
  Effect.promise(() =>
    promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
      timeout: 20_000
    })
  )

describe("Transport: the process", () => {
  it.effect("ends by itself right after its last reply, though a socket is kept", () =>
    Effect.gen(function*() {
      const url = yield* serve((_, response) => response.setHeader("keep-alive", "timeout=60").end("ok"))
      const { stdout } = yield* runNode(`
        const { makeUnsafe } = await import(${JSON.stringify(moduleUrl)})
        const fetch = makeUnsafe({ keepAlive: "1 minute" }).vendor({ provider: "p", baseUrl: "${url}" })
        console.log(await (await fetch("${url}/", { method: "POST", body: "{}" })).text())
      `)
      assert.strictEqual(stdout, "ok\n")
    }))

  it.effect("loads no undici before the first request", () =>
    Effect.gen(function*() {
      const { stdout } = yield* runNode(`
        const { makeUnsafe } = await import(${JSON.stringify(moduleUrl)})
        makeUnsafe().vendor({ provider: "p", baseUrl: "https://api.openai.com" })
        const { createRequire } = await import("node:module")
        console.log(Object.keys(createRequire("/").cache).filter((path) => path.includes("/undici/")).length)
      `)
      assert.strictEqual(stdout, "0\n")
    }))
})

// Made for these tests: a self-signed certificate of `localhost` that nobody trusts, and its key.
describe("Transport: infrastructure", () => {
  const reading = (options: Transport.InfrastructureOptions, url = options.baseUrl) =>
    Effect.gen(function*() {
      const { infrastructure } = yield* Transport.make()
      return yield* Effect.tryPromise({
        try: async () => (await infrastructure(options)(url)).text(),
        catch: (cause) => Transport.findError(cause)?.kind
      })
    })

  it.effect("trusts the authority that it was given, and no other", () =>
    Effect.gen(function*() {
      const server = https.createServer({ key, cert }, (_, response) => void response.end("hello"))
      const port = yield* listening(server, () => server.closeAllConnections())
      const options = { provider: "vault", baseUrl: `https://localhost:${port}` }
      assert.strictEqual(yield* reading({ ...options, ca: cert }), "hello")
      assert.strictEqual(yield* Effect.flip(reading(options)), "tls")
    }))

  it.effect("talks to its own origin alone, and reads at most 1 MiB", () =>
    Effect.gen(function*() {
      const url = yield* serve((request, response) => {
        response.end(request.url === "/large" ? "x".repeat(1024 * 1024 + 1) : "hello")
      })
      const options = { provider: "vault", baseUrl: url }
      assert.strictEqual(yield* reading(options), "hello")
      assert.strictEqual(yield* Effect.flip(reading(options, `${url}/large`)), "body-too-large")
      assert.strictEqual(yield* Effect.flip(reading(options, "http://127.0.0.1:1/")), "egress-refused")
    }))
})

const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgA2dMAB5NmA0NL2UO
/FNt8icH9nBfb7KNtNED/c11T8KhRANCAAT1r2XKHBp/igKbOxtuxE6Yn/jE77su
rBdFgT1Sm6BANC94aVKwlFKiTn/L21jWdHaKKCaT73ChrbBwRaak6rIS
-----END PRIVATE KEY-----
`

const cert = `-----BEGIN CERTIFICATE-----
MIIBgDCCASWgAwIBAgIUHbtVrr+DkMxnXG5LOVvfYCp17/8wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzEzMTYyNVoYDzIxMjYxMDMw
MTMxNjI1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAT1r2XKHBp/igKbOxtuxE6Yn/jE77surBdFgT1Sm6BANC94aVKwlFKi
Tn/L21jWdHaKKCaT73ChrbBwRaak6rISo1MwUTAdBgNVHQ4EFgQUgbMu9psOlwcJ
SdqHogf6WJeAPQYwHwYDVR0jBBgwFoAUgbMu9psOlwcJSdqHogf6WJeAPQYwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAgBfRhOYQbD1mH1Z6UeC8
5+97umbSSFLdn9UarW5/fF8CIQCCv6K2PA8J3zuuxVig2O9Z/AHEct8kMdRYHBok
VSh+1Q==
-----END CERTIFICATE-----
`

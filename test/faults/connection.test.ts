import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { RetryPolicy } from "loom-router"
import type { Fault } from "loom-router/sandbox"
import type { LookupFunction } from "node:net"
import { november } from "../providers/world.ts"
import { drive, driven, fails, isRouter, modes, ways } from "./drive.ts"
import { inPair, secondModel } from "./pair.ts"

/** Nothing listens there: the port is reserved. */
const nowhere = "http://127.0.0.1:1/v1"

const noSuchHost: LookupFunction = (hostname, _, callback) =>
  callback(Object.assign(new Error(`no ${hostname}`), { code: "ENOTFOUND" }), "", 4)

describe("F1", () => {
  const failure = { reason: "Network", attempts: 3, requests: 0, billed: "no", failover: true } as const
  fails("F1 connection refused", { faults: [], baseUrl: nowhere }, { ...failure, why: /ECONNREFUSED/ })

  fails("F1 DNS failure", {
    faults: [],
    baseUrl: "http://api.loom.invalid/v1",
    transport: { lookup: noSuchHost }
  }, { ...failure, why: /doesn't resolve/ })

  for (const mode of modes) {
    it.live(`F1 TLS failure: ${mode}`, () =>
      Effect.gen(function*() {
        // An address that speaks plain HTTP: the sandbox of another drive.
        const { first } = yield* drive("call", { faults: [] })
        const ended = yield* drive(mode, {
          faults: [],
          baseUrl: first.baseUrl("openai").replace("http:", "https:")
        })
        assert.deepStrictEqual(ended.requests, [0, isRouter(mode) ? 1 : 0])
        assert.lengthOf(yield* first.journal, 1)
        assert.deepStrictEqual(
          ended.attempts.map(({ billed, outcome }) => [outcome, billed]),
          [
            ["Network", "no"],
            ["Network", "no"],
            ["Network", "no"],
            ...isRouter(mode) ? [["ok", "yes"]] : []
          ]
        )
      }).pipe(Effect.provideService(Clock.Clock, november())))
  }

  driven("F1 a connection reset before the answer isn't known to be unbilled", {
    faults: [{ reset: true, billed: true }]
  }, ({ attempts, requests }, mode) => {
    assert.deepStrictEqual(requests, [1, isRouter(mode) ? 1 : 0])
    assert.deepInclude(attempts[0], { outcome: "Network", billed: "maybe" })
  })
})

/** Nobody knows whether the vendor has done the work. */
const unknown = { reason: "Network", billed: "maybe", failover: true } as const

const head = (...headers: ReadonlyArray<string>) => ["HTTP/1.1 200 OK", ...headers, "", ""].join("\r\n")

describe("F1 a connection that", () => {
  const cut: Readonly<Record<string, string>> = {
    "ends without a word": "",
    "ends in the status line": "HTTP/1.1 2",
    "ends in the head": "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request",
    "ends before the body": head("content-type: application/json", "content-length: 200"),
    "has a chunk that ends early": head("content-type: application/json", "transfer-encoding: chunked") +
      "ff\r\n{\"id\":\"resp_1\""
  }
  const garbage: Readonly<Record<string, string>> = {
    "speaks something else": "220 mail.example ESMTP\r\n",
    "has a head without end": `HTTP/1.1 200 OK\r\n${"x-more: of this\r\n".repeat(3000)}`,
    "has a chunk of no size": head("content-type: application/json", "transfer-encoding: chunked") +
      "5\r\n{\"id\"\r\nZZ\r\n:1}\r\n"
  }
  for (const [what, text] of Object.entries(cut)) {
    for (const ending of ["close", "reset"] as const) {
      fails(
        `F1 a connection that ${what}, then ${ending}`,
        { faults: [{ raw: { text, ending }, billed: true }] },
        unknown
      )
    }
  }
  for (const [what, text] of Object.entries(garbage)) {
    fails(`F1 a connection that ${what}`, { faults: [{ raw: { text }, billed: true }] }, {
      ...unknown,
      reason: "InvalidResponse"
    })
  }

  fails("F1 a connection that switches protocols, which nobody asked for", {
    faults: [{ raw: { text: "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n" } }]
  }, unknown)

  // undici takes it for a mistake, where nobody has asked whether to go on.
  fails("F1 a connection that says go on", { faults: [{ informational: [100] }] }, unknown)

  const whole: ReadonlyArray<readonly [string, Fault]> = [
    ["has informational answers first", { informational: [102, 103, 103] }],
    ["gives its head byte by byte, and its body in small pieces", {
      chunks: { sizes: [1, 2, 3] },
      chunkDelayMillis: 0
    }],
    ["is closed after its answer", { closeAfter: true }]
  ]
  for (const [what, fault] of whole) {
    driven(`F1 a connection that ${what}`, { faults: [fault] }, ({ answer, attempts, requests }) => {
      assert.deepStrictEqual(requests, [1, 0])
      assert.strictEqual(answer?.finishReason, "stop")
      assert.deepStrictEqual(attempts.map(({ billed, outcome }) => [outcome, billed]), [["ok", "yes"]])
    })
  }

  for (const [way, ask] of ways) {
    it.live(`F1 a connection that is closed behind an answer isn't used again: ${way}`, () =>
      inPair({}, function*({ arrived, first, records }) {
        yield* first.script({ closeAfter: true, times: "always" })
        for (let n = 0; n < 10; n++) {
          yield* ask({ model: "openai/gpt-4.1", prompt: `Question ${n}` })
          // By the time that another vendor has answered, the first one's goodbye has arrived.
          yield* ask({ model: secondModel, prompt: `Question ${n}` })
        }
        assert.deepStrictEqual(yield* arrived, [10, 10])
        assert.deepStrictEqual(new Set(records.map(({ attempts }) => attempts.length)), new Set([1]))
      }))
  }
})

// undici looks at its timers once a second: these wait together.
describe("F2", { concurrent: true }, () => {
  fails("F2 accepted, never answers", {
    faults: [{ hang: true, billed: true }],
    limits: { headersTimeout: "120 millis" }
  }, { reason: "Timeout", billed: "maybe", failover: true, why: /no answer began/ })

  fails("F2 accepted, and stops in the head", {
    faults: [{ raw: { text: "HTTP/1.1 200 OK\r\ncontent-ty", ending: "wait" }, billed: true }],
    limits: { headersTimeout: "120 millis" }
  }, { reason: "Timeout", billed: "maybe", failover: true })

  driven("F2 accepted, never answers: the deadline", {
    faults: [{ hang: true, billed: true }],
    timeout: 600
  }, ({ attempts, error, requests }) => {
    assert.deepInclude(error?.reason, { _tag: "Timeout", phase: "deadline" })
    assert.isFalse(error?.failover)
    assert.deepStrictEqual(requests, [1, 0])
    assert.lengthOf(attempts, 1)
    assert.deepInclude(attempts[0], { outcome: "interrupted", billed: "maybe" })
  })

  driven("F2 accepted, never answers: asked to repeat what may be billed", {
    faults: [{ hang: true }],
    limits: { headersTimeout: "120 millis" },
    retry: RetryPolicy.make({ baseDelay: "1 millis", retryMaybeBilled: true })
  }, ({ answer, attempts, requests }) => {
    assert.deepStrictEqual(requests, [2, 0])
    assert.strictEqual(answer?.provider, "openai")
    assert.deepStrictEqual(attempts.map(({ billed, outcome }) => [outcome, billed]), [
      ["Timeout", "maybe"],
      ["ok", "yes"]
    ])
  })
})

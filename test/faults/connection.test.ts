import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { RetryPolicy } from "loom-router"
import type { LookupFunction } from "node:net"
import { november } from "../providers/world.ts"
import { drive, driven, fails, isRouter, modes } from "./drive.ts"

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

// undici looks at its timers once a second: these wait together.
describe("F2", { concurrent: true }, () => {
  fails("F2 accepted, never answers", {
    faults: [{ hang: true, billed: true }],
    limits: { headersTimeout: "120 millis" }
  }, { reason: "Timeout", billed: "maybe", failover: true, why: /no answer began/ })

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

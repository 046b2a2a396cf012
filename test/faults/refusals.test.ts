import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Redacted, Stream } from "effect"
import { Prompt } from "effect/ai"
import { Call, Providers, Request, RetryPolicy, Router, Transport } from "loom-router"
import * as OpenAi from "loom-router/providers/OpenAi"
import type { Fault } from "loom-router/sandbox"
import * as Sandbox from "loom-router/sandbox"
import { type Box, november } from "../providers/world.ts"
import { drive, driven, fails, isFull, isRouter, messages, type Mode, modes, responses, type Wire } from "./drive.ts"
import { catalogWith, key, secondModel } from "./pair.ts"

const always = (respond: Fault["respond"], more?: Fault): Fault => ({ ...more, respond, times: "always" })

/** What is told by status and header is read alike for every vendor: of all but one, a call and a stream are enough. */
const askers: ReadonlyArray<readonly [Wire, Mode]> = [
  ...modes.map((mode) => [responses, mode] as const),
  ...modes.filter((mode) => isFull || !isRouter(mode)).map((mode) => [messages, mode] as const)
]

/** What a finished stream waits for its end. */
const linger = 300

/** A clock on which nobody waits: it tells how long they would have waited to try again. */
const impatient = () => {
  const slept: Array<number> = []
  const clock = november((duration) =>
    Effect.sync(() => {
      const millis = Duration.toMillis(duration)
      if (millis !== linger) slept.push(millis)
    })
  )
  return { slept, clock }
}

describe("F3", () => {
  const at = Date.UTC(2026, 10, 23, 10)
  const own = { atLeast: 0.8, atMost: 1.2 }
  const exactly = (millis: number) => ({ atLeast: millis, atMost: millis })
  const waits: ReadonlyArray<readonly [Record<string, string>, { readonly atLeast: number; readonly atMost: number }]> =
    [
      [{ "retry-after": "2" }, exactly(2000)],
      [{ "retry-after": "1.5" }, exactly(1500)],
      [{ "retry-after": "60" }, exactly(60_000)],
      [{ "retry-after": new Date(at + 30_000).toUTCString() }, { atLeast: 20_000, atMost: 30_000 }],
      [{ "retry-after": new Date(at - 30_000).toUTCString() }, own],
      [{ "retry-after-ms": "250" }, exactly(250)],
      [{ "retry-after-ms": "250", "retry-after": "9" }, exactly(250)],
      [{ "retry-after-ms": "soon", "retry-after": "2" }, exactly(2000)],
      [{ "retry-after-ms": "", "retry-after": "2" }, exactly(2000)],
      [{ "retry-after": "-5" }, own],
      [{ "retry-after": "0" }, own],
      [{ "retry-after": "" }, own],
      [{ "retry-after": "soon" }, own],
      [{ "retry-after": "in 2030" }, own],
      [{}, own]
    ]
  for (const [headers, { atLeast, atMost }] of waits) {
    for (const [wire, mode] of askers) {
      const { clock, slept } = impatient()
      driven(`F3 429 with ${JSON.stringify(headers)} is waited for: ${wire.title}`, {
        wire,
        faults: [{ respond: { status: 429, headers } }],
        clock
      }, ({ answer, attempts, requests }) => {
        assert.strictEqual(answer?.provider, wire.provider)
        assert.deepStrictEqual(requests, [2, 0])
        assert.deepStrictEqual(attempts.map(({ billed, outcome }) => [outcome, billed]), [
          ["RateLimited", "no"],
          ["ok", "yes"]
        ])
        assert.lengthOf(slept, 1)
        assert.isAtLeast(slept[0] ?? NaN, atLeast)
        assert.isAtMost(slept[0] ?? NaN, atMost)
      }, [mode])
    }
  }

  for (const mode of modes) {
    it.live(`F3 429 with a date is waited for from when it came: ${mode}`, () => {
      const { clock: still, slept } = impatient()
      let now = at
      const clock = Object.assign(still, {
        currentTimeMillisUnsafe: () => now,
        currentTimeMillis: Effect.sync(() => now)
      })
      return Effect.gen(function*() {
        const { requests } = yield* drive(mode, {
          faults: [{
            delayMillis: 60_000,
            respond: { status: 429, headers: { "retry-after": new Date(at + 30_000).toUTCString() } }
          }],
          meanwhile: (first) =>
            Effect.gen(function*() {
              yield* first.awaitJournal(([entry]) => entry?.waiting === true)
              now += 10_000
              yield* first.advance(60_000)
            })
        })
        assert.deepStrictEqual(requests, [2, 0])
        assert.deepStrictEqual(slept, [20_000])
      }).pipe(Effect.provideService(Clock.Clock, clock))
    })
  }

  for (const after of ["61", "1000000000", "9".repeat(400), new Date(at + 7_200_000).toUTCString()]) {
    const { clock, slept } = impatient()
    fails(`F3 429 that asks for more than the cap (${after.slice(0, 32)})`, {
      faults: [always({ status: 429, headers: { "retry-after": after } })],
      clock
    }, { reason: "RateLimited", billed: "no", status: 429, failover: true })
    it(`F3 429 that asks for more than the cap (${after.slice(0, 32)}): nobody waited`, () => {
      assert.deepStrictEqual(slept, [])
    })
  }

  fails("F3 429 that asks for more than the deadline leaves", {
    faults: [always({ status: 429, headers: { "retry-after": "30" } })],
    timeout: 5000
  }, { reason: "RateLimited", billed: "no", status: 429, failover: true })

  for (const mode of modes) {
    it.live(`F3 429: each later one is read anew: ${mode}`, () => {
      const { clock, slept } = impatient()
      return Effect.gen(function*() {
        const { answer, requests } = yield* drive(mode, {
          faults: [
            { respond: { status: 429, headers: { "retry-after": "3" } } },
            { respond: { status: 429, headers: { "retry-after-ms": "700" } } }
          ]
        })
        assert.deepStrictEqual(requests, [3, 0])
        assert.strictEqual(answer?.attempts.length, 3)
        assert.deepStrictEqual(slept, [3000, 700])
      }).pipe(Effect.provideService(Clock.Clock, clock))
    })
  }

  fails("F3 429 again and again", { faults: [always({ status: 429 })] }, {
    reason: "RateLimited",
    attempts: 3,
    billed: "no",
    status: 429,
    failover: true
  })
})

for (const wire of [responses, messages]) {
  const spent: Fault["respond"] = wire === messages
    ? { status: 402 }
    : { status: 429, code: "insufficient_quota" }
  describe("F4", () => {
    fails(`F4 ${spent.status} for want of quota: ${wire.title}`, { wire, faults: [always(spent)] }, {
      reason: "QuotaExceeded",
      billed: "no",
      status: spent.status,
      failover: true
    })
  })

  describe("F5", () => {
    for (const status of [500, 503, 529]) {
      fails(`F5 ${status} again and again: ${wire.title}`, { wire, faults: [always({ status })] }, {
        reason: "Overloaded",
        attempts: 3,
        billed: "no",
        status,
        failover: true
      })
      driven(
        `F5 ${status} once: ${wire.title}`,
        { wire, faults: [{ respond: { status } }] },
        ({ answer, attempts, requests }) => {
          assert.deepStrictEqual(requests, [2, 0])
          assert.strictEqual(answer?.provider, wire.provider)
          assert.deepStrictEqual(attempts.map(({ billed, outcome, status }) => [outcome, billed, status]), [
            ["Overloaded", "no", status],
            ["ok", "yes", undefined]
          ])
        }
      )
    }
    for (const status of [502, 504]) {
      fails(`F5 ${status}: ${wire.title}`, { wire, faults: [always({ status }, { billed: true })] }, {
        reason: "Overloaded",
        billed: "maybe",
        status,
        failover: true
      })
      driven(`F5 ${status}, asked to repeat what may be billed: ${wire.title}`, {
        wire,
        faults: [{ respond: { status } }],
        retry: RetryPolicy.make({ baseDelay: "1 millis", retryMaybeBilled: true })
      }, ({ answer, requests }) => {
        assert.deepStrictEqual(requests, [2, 0])
        assert.strictEqual(answer?.provider, wire.provider)
      })
    }
    driven(`F5 different failures share one budget: ${wire.title}`, {
      wire,
      faults: [{ respond: { status: 500 } }, { respond: { status: 429 } }, { respond: { status: 503 } }]
    }, ({ attempts, requests }, mode) => {
      assert.deepStrictEqual(requests, [3, isRouter(mode) ? 1 : 0])
      assert.deepStrictEqual(attempts.slice(0, 3).map(({ status }) => status), [500, 429, 503])
    })
  })

  describe("F6", () => {
    for (const status of [400, 404, 422]) {
      fails(`F6 ${status}: ${wire.title}`, { wire, faults: [always({ status })] }, {
        reason: "InvalidRequest",
        billed: "no",
        status,
        failover: false
      })
    }
    for (const status of [401, 403]) {
      fails(`F6 ${status}: ${wire.title}`, { wire, faults: [always({ status })] }, {
        reason: "KeyRefused",
        billed: "no",
        status,
        failover: true
      })
    }
    driven(`F6 a message of any length is cut: ${wire.title}`, {
      wire,
      faults: [always({ status: 400, message: "no ".repeat(700_000) })]
    }, ({ error }) => {
      assert.isBelow(error?.message.length ?? Infinity, 600)
    })
  })
}

describe("F6, where failing over is asked for", () => {
  for (const streamed of [false, true]) {
    it.live(`F6 400, where failing over is asked for: router${streamed ? ", streamed" : ""}`, () =>
      Effect.gen(function*() {
        const [first, second] = yield* Effect.all([Sandbox.make(), Sandbox.make()])
        yield* first.script(always({ status: 400 }))
        const vendor = (sandbox: Box) =>
          OpenAi.layer({ apiKey: Redacted.make(key), baseUrl: sandbox.baseUrl("openai") })
        const catalog = catalogWith(second)
        const vendors = yield* Effect.provideService(
          Providers.make({ catalog, sources: { openai: vendor(first), second: vendor(second) } }),
          Transport.Transport,
          yield* Transport.make()
        )
        const call = yield* Call.make({ catalog })
        const candidate = (name: string): Router.Candidate => ({
          name,
          request: Effect.map(
            Request.resolve(catalog, { model: name }),
            (model) => Request.make({ model, prompt: Prompt.make("Hello"), call })
          )
        })
        const plan = Router.firstOf({
          candidates: [candidate("openai/gpt-4.1"), candidate(secondModel)],
          goOn: ({ reason }) => reason._tag === "InvalidRequest",
          call
        })
        yield* streamed
          ? Effect.scoped(Effect.flatMap(plan(vendors.open), Stream.runDrain))
          : plan(vendors.generate)
        assert.lengthOf(yield* first.journal, 1)
        assert.lengthOf(yield* second.journal, 1)
        assert.deepStrictEqual(call.attempts.map(({ billed, outcome, provider }) => [provider, outcome, billed]), [
          ["openai", "InvalidRequest", "no"],
          ["second", "ok", "yes"]
        ])
      }).pipe(Effect.provideService(Clock.Clock, november())))
  }
})

import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import type { Fault } from "loom-router/sandbox"
import { november } from "../providers/world.ts"
import {
  chat,
  drive,
  driven,
  type Ended,
  fails,
  isFull,
  isRouter,
  isStream,
  messages,
  type Mode,
  responses
} from "./drive.ts"

const streamed = ["stream", "router, streamed"] as const
const said = "Looms weave 織機 🧶, one thread after the other, until there is cloth."
const prompt = `[say: ${said}]`

/** Events before the first that shows something, and before one in the middle of the answer. */
const wires = [
  { wire: responses, before: [0, 1, 2, 3, 4], amid: 12, bytesAmid: 3300 },
  { wire: chat, before: [0, 1], amid: 8, bytesAmid: 1500 },
  { wire: messages, before: [0, 1, 2, 3], amid: 8, bytesAmid: 1350 }
] as const

const isPartial = ({ attempts, error, parts, requests, text }: Ended) => {
  assert(error?.reason._tag === "Partial")
  assert.strictEqual(error.reason.text, text)
  assert.isTrue(said.startsWith(text))
  assert.isAbove(text.length, 5)
  assert.isBelow(text.length, said.length)
  assert.isFalse(parts.some(({ type }) => type === "finish"))
  assert.deepStrictEqual(requests, [1, 0])
  assert.lengthOf(attempts, 1)
  assert.deepInclude(attempts[0], { outcome: "Partial", billed: "maybe" })
  assert.strictEqual(attempts[0]?.usage?.state, "estimated")
  assert.strictEqual(attempts[0]?.usage?.outputText, Math.ceil(text.length / 4))
  assert.strictEqual(attempts[0]?.cost?.status, "estimated")
  assert.isAbove(attempts[0]?.cost?.picoUsd ?? 0, 0)
}

for (const { amid, before, bytesAmid, wire } of wires) {
  describe(`F8: ${wire.title}`, () => {
    for (const afterEvents of before) {
      fails(
        `F8 stream cut before its content, after ${afterEvents} events: ${wire.title}`,
        {
          faults: [{ cut: { afterEvents } }],
          prompt,
          wire
        },
        { reason: "Network", billed: "maybe", failover: true },
        streamed
      )
      fails(
        `F8 stream ended before its content, after ${afterEvents} events: ${wire.title}`,
        {
          faults: [{ cut: { afterEvents, clean: true } }],
          prompt,
          wire
        },
        { reason: "InvalidResponse", billed: "maybe", failover: true, status: 200 },
        streamed
      )
    }
    fails(`F8 body cut: ${wire.title}`, { faults: [{ cut: { afterBytes: 40 } }], prompt, wire }, {
      reason: "Network",
      billed: "maybe",
      failover: true
    }, ["call", "router"])
    fails(
      `F8 body ended early: ${wire.title}`,
      {
        faults: [{ cut: { afterBytes: 40, clean: true } }],
        prompt,
        wire
      },
      { reason: "InvalidResponse", billed: "maybe", failover: true, status: 200 },
      ["call", "router"]
    )
  })

  describe(`F9: ${wire.title}`, () => {
    driven(
      `F9 stream cut after n parts: ${wire.title}`,
      {
        faults: [{ cut: { afterEvents: amid } }],
        prompt,
        wire
      },
      isPartial,
      streamed
    )
    driven(
      `F9 stream cut inside a character: ${wire.title}`,
      {
        // Well past the thread of wool, wherever that falls.
        faults: [{ chunks: { sizes: [1] }, cut: { afterEvents: amid } }],
        prompt,
        wire
      },
      isPartial,
      streamed
    )
    driven(`F9 stream ended inside an event: ${wire.title}`, {
      faults: [{ cut: { afterBytes: bytesAmid, clean: true } }],
      prompt,
      wire
    }, (ended) => {
      isPartial(ended)
      assert.match(ended.error?.why ?? "", /no JSON/)
    }, streamed)
  })

  describe(`F12: ${wire.title}`, () => {
    const shapes = wire === responses ? ["error", "failed"] as const : ["error"] as const
    for (const as of shapes) {
      for (const afterEvents of before) {
        fails(
          `F12 ${as} after ${afterEvents} events: ${wire.title}`,
          {
            faults: [{ fail: { afterEvents, as } }],
            prompt,
            wire
          },
          { reason: "Overloaded", billed: "maybe", failover: true },
          streamed
        )
      }
      driven(`F12 ${as} after n parts: ${wire.title}`, {
        faults: [{ fail: { afterEvents: amid, as, message: "the loom broke" } }],
        prompt,
        wire
      }, (ended) => {
        isPartial(ended)
        assert.match(ended.error?.why ?? "", /the loom broke/)
      }, streamed)
      fails(
        `F12 200 with an error body, ${as}: ${wire.title}`,
        {
          faults: [{ fail: { afterEvents: 0, as } }],
          prompt,
          wire
        },
        { reason: "Overloaded", billed: "maybe", failover: true },
        ["call", "router"]
      )
    }
    const codes: ReadonlyArray<readonly [code: string, reason: string, failover: boolean]> = wire === messages
      ? [
        ["billing_error", "QuotaExceeded", true],
        ["rate_limit_error", "RateLimited", true],
        ["authentication_error", "KeyRefused", true],
        ["invalid_request_error", "InvalidRequest", false]
      ]
      : [
        ["insufficient_quota", "QuotaExceeded", true],
        ["invalid_prompt", "InvalidRequest", false],
        ["content_filter", "ContentFiltered", false]
      ]
    for (const [code, reason, failover] of codes) {
      // No sandbox bill to compare with: it charges for what it served before it failed.
      driven(`F12 in-band ${code}: ${wire.title}`, {
        faults: [{ respond: { status: 200, body: wire.error(code, "no") }, times: "always" }],
        prompt,
        wire
      }, ({ attempts, error, requests }, mode) => {
        assert.strictEqual(attempts[0]?.outcome, reason)
        const tries = reason === "RateLimited" ? 3 : 1
        assert.deepStrictEqual(requests, [tries, isRouter(mode) && failover ? 1 : 0])
        if (!(isRouter(mode) && failover)) assert.strictEqual(error?.reason._tag, reason)
      })
    }
  })

  describe(`F13: ${wire.title}`, () => {
    const drops: ReadonlyArray<readonly [NonNullable<Fault["drop"]>[number], ReadonlyArray<Mode>]> = [
      ["terminal", streamed],
      ["finish", ["call", "stream", "router", "router, streamed"]],
      ["usage", ["call", "stream", "router", "router, streamed"]],
      // Why it stopped has been said by then.
      ["done", wire === responses ? [] : streamed]
    ]
    for (const [part, modes] of drops) {
      driven(`F13 ${part} missing: ${wire.title}`, { faults: [{ drop: [part] }], prompt, wire }, (ended, mode) => {
        const { answer, attempts, parts, requests } = ended
        assert.deepStrictEqual(requests, [1, 0])
        assert.strictEqual(answer?.text, said)
        assert.lengthOf(attempts, 1)
        assert.deepInclude(attempts[0], { outcome: "ok", billed: "yes" })
        assert.strictEqual(answer?.finishReason, part === "usage" || part === "done" ? "stop" : "unknown")
        assert.strictEqual(answer?.cost.status, part === "finish" || part === "done" ? "measured" : "estimated")
        assert.strictEqual(answer?.usage.state, part === "finish" || part === "done" ? "reported" : "estimated")
        assert.isAbove(answer?.cost.picoUsd ?? 0, 0)
        if (isStream(mode)) assert.lengthOf(parts.filter(({ type }) => type === "finish"), 1)
        if (part === "terminal") assert.lengthOf(answer?.warnings ?? [], 1)
      }, modes)
    }
  })

  describe(`F14: ${wire.title}`, () => {
    for (const take of [1, 2, 3, 6]) {
      driven(`F14 consumer stops at part ${take}: ${wire.title}`, {
        faults: [{ stall: { afterEvents: amid + 3 } }],
        prompt,
        wire,
        take
      }, ({ answer, attempts, parts, requests, text }) => {
        assert.isUndefined(answer)
        assert.lengthOf(parts, take)
        assert.deepStrictEqual(requests, [1, 0])
        assert.lengthOf(attempts, 1)
        assert.deepInclude(attempts[0], { outcome: "interrupted", billed: "maybe" })
        if (take === 1) return
        // What had arrived is counted, shown or not.
        assert.isAtLeast(attempts[0]?.usage?.outputText ?? 0, Math.ceil(text.length / 4))
        assert.isBelow(attempts[0]?.usage?.outputText ?? Infinity, said.length / 4)
        assert.strictEqual(attempts[0]?.cost?.status, "estimated")
      }, ["stream"])
    }
    driven(`F14 consumer stops with the finish: ${wire.title}`, { faults: [], prompt, wire, take: 40 }, (ended) => {
      assert.strictEqual(ended.answer?.text, said)
      assert.deepInclude(ended.attempts[0], { outcome: "ok", billed: "yes" })
    }, ["stream"])
  })
}

driven("F12 a finish reason that says error: openai, chat", {
  faults: [{
    respond: {
      status: 200,
      body: {
        id: "chatcmpl-1",
        model: "gpt-4.1",
        choices: [{ index: 0, finish_reason: "error", message: { role: "assistant", content: "" } }],
        usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 }
      }
    }
  }],
  wire: chat
}, ({ attempts, requests }, mode) => {
  assert.deepStrictEqual(requests, [1, isRouter(mode) ? 1 : 0])
  assert.deepInclude(attempts[0], { outcome: "Overloaded", billed: "yes" })
  assert.strictEqual(attempts[0]?.cost?.status, "measured")
}, ["call", "router"])

driven("F12 a reply that failed, and counts what it took: openai, responses", {
  faults: [{
    respond: {
      status: 200,
      body: {
        id: "resp_1",
        model: "gpt-4.1",
        status: "failed",
        output: [],
        error: { code: "server_error", message: "the loom broke" },
        usage: { input_tokens: 10, output_tokens: 2, total_tokens: 12 }
      }
    }
  }],
  wire: responses
}, ({ attempts, requests }, mode) => {
  assert.deepStrictEqual(requests, [1, isRouter(mode) ? 1 : 0])
  assert.deepInclude(attempts[0], { outcome: "Overloaded", billed: "yes" })
  assert.deepInclude(attempts[0]?.usage, { state: "reported", inputUncached: 10, outputText: 2 })
  assert.strictEqual(attempts[0]?.cost?.status, "measured")
}, ["call", "router"])

driven("F9 the stream of a stand-in is cut after n parts: there is no going on from there", {
  faults: [{ cut: { afterEvents: 2 } }],
  later: [{ cut: { afterEvents: 8 } }],
  prompt
}, ({ attempts, error, requests, text, tried }) => {
  assert(error?.reason._tag === "Partial")
  assert.strictEqual(error.reason.text, text)
  assert.isAbove(text.length, 5)
  assert.strictEqual(error.provider, "second")
  assert.deepStrictEqual(requests, [1, 1])
  assert.deepStrictEqual(attempts.map(({ billed, outcome }) => [outcome, billed]), [
    ["Network", "maybe"],
    ["Partial", "maybe"]
  ])
  assert.deepStrictEqual(tried.map(({ attempts, outcome, picoUsd }) => [outcome, attempts, picoUsd]), [
    ["Network", 1, attempts[0]?.cost?.picoUsd ?? 0],
    ["Partial", 1, attempts[1]?.cost?.picoUsd]
  ])
  assert.strictEqual(tried[1]?.why, error.why)
}, ["router, streamed"])

// undici looks at its timers once a second: these wait together.
describe("F10", { concurrent: true }, () => {
  for (const { amid, before, wire } of wires) {
    // Each takes a second or so: of all vendors but one, the plain ones are enough at every change.
    const of = <M extends Mode>(modes: ReadonlyArray<M>) =>
      modes.filter((mode) => isFull || wire !== messages || !isRouter(mode))
    const limits = { idleTimeout: "120 millis" } as const
    fails(
      `F10 stream stalls before its content: ${wire.title}`,
      {
        faults: [{ stall: { afterEvents: before.at(-1) ?? 0 } }],
        prompt,
        wire,
        limits
      },
      { reason: "Timeout", billed: "maybe", failover: true, why: /stopped arriving/ },
      of(streamed)
    )
    driven(
      `F10 stream stalls after n parts: ${wire.title}`,
      {
        faults: [{ stall: { afterEvents: amid } }],
        prompt,
        wire,
        limits
      },
      isPartial,
      of(streamed)
    )
    fails(
      `F10 body stalls: ${wire.title}`,
      {
        faults: [{ stall: { afterBytes: 40 } }],
        prompt,
        wire,
        limits
      },
      { reason: "Timeout", billed: "maybe", failover: true },
      of(["call", "router"])
    )
    for (const mode of of(streamed)) {
      it.live(`F10 stream stalls after its last event: ${wire.title}: ${mode}`, () =>
        Effect.gen(function*() {
          const { first } = yield* drive(mode, { faults: [], prompt, wire })
          const [entry] = yield* first.journal
          const { answer, attempts, text } = yield* drive(mode, {
            faults: [{ stall: { afterEvents: entry?.eventsSent ?? 0 } }],
            prompt,
            wire
          })
          assert.strictEqual(text, said)
          assert.strictEqual(answer?.finishReason, "stop")
          assert.deepInclude(attempts[0], { outcome: "ok", billed: "yes" })
        }).pipe(Effect.provideService(Clock.Clock, november())), 5000)
    }
    driven(`F10 the deadline passes after n parts: ${wire.title}`, {
      faults: [{ stall: { afterEvents: amid } }],
      prompt,
      wire,
      timeout: 800
    }, ({ attempts, error, requests, text }) => {
      assert(error?.reason._tag === "Partial")
      assert.strictEqual(error.reason.text, text)
      assert.match(error.why, /deadline/)
      assert.deepStrictEqual(requests, [1, 0])
      assert.deepInclude(attempts[0], { outcome: "interrupted", billed: "maybe" })
      assert.strictEqual(attempts[0]?.usage?.outputText, Math.ceil(text.length / 4))
    }, of(streamed))
  }
})

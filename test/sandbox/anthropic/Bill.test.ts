import type Anthropic from "@anthropic-ai/sdk"
import { assert, describe, it } from "@effect/vitest"
import { call, tokens } from "../driven.ts"
import { type Body, driven, saying } from "./claude.ts"

const hello = "[say: hello]"
const off = { thinking: { type: "disabled" } } as const

/** Answers "hello", one token, to eleven. Each expected amount is worked out by hand, in 1e-12 USD. */
const amounts = (...requests: ReadonlyArray<Partial<Body>>) =>
  driven(function*({ anthropic, sandbox }) {
    for (const request of requests) yield* call(() => anthropic.messages.create(saying(hello, request)))
    return (yield* sandbox.bill).map(({ amount }) => amount)
  })

const system = (ttl: "5m" | "1h"): Array<Anthropic.TextBlockParam> => [
  { type: "text", text: tokens(4997), cache_control: { type: "ephemeral", ttl } }
]

describe("Anthropic's bill", () => {
  it.effect("is input and output times the rates", () =>
    driven(function*() {
      assert.deepStrictEqual(yield* amounts({ model: "claude-haiku-4-5" }), [11n * 1_000_000n + 5_000_000n])
      assert.deepStrictEqual(yield* amounts({ model: "claude-sonnet-4-6" }), [48_000_000n])
      assert.deepStrictEqual(yield* amounts({ model: "claude-opus-4-8" }), [80_000_000n])
      assert.deepStrictEqual(yield* amounts({ model: "claude-haiku-5-5", ...off }), [1_600_000n])
    }))

  it.effect("charges thoughts as output", () =>
    driven(function*({ anthropic, sandbox }) {
      const reply = yield* call(() => anthropic.messages.create(saying(hello, { model: "claude-fable-5-1" })))
      const thought = reply.usage.output_tokens_details?.thinking_tokens ?? 0
      assert.isAbove(thought, 0)
      const [entry] = yield* sandbox.bill
      assert.strictEqual(entry?.reasoning, thought)
      assert.strictEqual(entry?.amount, 11n * 10_000_000n + BigInt(thought + 1) * 50_000_000n)
    }))

  it.effect("takes writes at 1.25 times the input for 5 minutes, at twice for an hour, and reads at their own rate", () =>
    driven(function*() {
      // 5000 tokens written, then read; 11 more and one out at the plain rates.
      assert.deepStrictEqual(
        yield* amounts({ system: system("5m") }, { system: system("5m") }),
        [5000n * 1_250_000n + 16_000_000n, 5000n * 100_000n + 16_000_000n]
      )
      assert.deepStrictEqual(
        yield* amounts({ system: system("1h") }, { system: system("1h") }),
        [5000n * 2_000_000n + 16_000_000n, 5000n * 100_000n + 16_000_000n]
      )
      const sonnet = { model: "claude-sonnet-5-5", thinking: { type: "between_tools" as const }, system: system("1h") }
      assert.deepStrictEqual(
        yield* amounts(sonnet, sonnet),
        [5000n * 4_000_000n + 32_000_000n, 5000n * 100_000n + 32_000_000n]
      )
    }))

  it.effect("charges both lifetimes of one request", () =>
    driven(function*({ anthropic, sandbox }) {
      const content: Array<Anthropic.TextBlockParam> = [
        { type: "text", text: tokens(97), cache_control: { type: "ephemeral" } },
        { type: "text", text: hello }
      ]
      yield* call(() =>
        anthropic.messages.create(saying("", { system: system("1h"), messages: [{ role: "user", content }] }))
      )
      const [entry] = yield* sandbox.bill
      assert.deepStrictEqual(entry?.tokens, {
        input: 8,
        cachedRead: 0,
        cacheWrite: { "1h": 5000, "5m": 100 },
        output: 1
      })
      assert.deepStrictEqual(entry?.lines.map(({ amount, item }) => [item, amount]), [
        ["input", 8_000_000n],
        ["cacheWrite.1h", 10_000_000_000n],
        ["cacheWrite.5m", 125_000_000n],
        ["output", 5_000_000n]
      ])
    }))

  it.effect("re-prices the whole request of Haiku 5.5 above 100000 tokens, cached ones included", () =>
    driven(function*() {
      const of = (n: number, cached: boolean): Partial<Body> => ({
        model: "claude-haiku-5-5",
        ...off,
        messages: [{
          role: "user",
          content: [
            {
              type: "text",
              text: tokens(n - 11),
              ...(cached ? { cache_control: { type: "ephemeral" as const } } : {})
            },
            { type: "text", text: hello }
          ]
        }]
      })
      assert.deepStrictEqual(yield* amounts(of(100_000, false)), [100_000n * 100_000n + 500_000n])
      assert.deepStrictEqual(yield* amounts(of(100_001, false)), [100_001n * 500_000n + 2_500_000n])
      assert.deepStrictEqual(yield* amounts(of(100_001, true), of(100_001, true)), [
        99_993n * 625_000n + 8n * 500_000n + 2_500_000n,
        99_993n * 50_000n + 8n * 500_000n + 2_500_000n
      ])
    }))

  it.effect("doubles for speed, adds a tenth for the United States, and both", () =>
    driven(function*({ anthropic, sandbox }) {
      assert.deepStrictEqual(yield* amounts({ model: "claude-opus-4-8", speed: "fast" }), [160_000_000n])
      assert.deepStrictEqual(yield* amounts({ model: "claude-sonnet-4-6", inference_geo: "us" }), [52_800_000n])
      assert.deepStrictEqual(
        yield* amounts({ model: "claude-opus-4-8", speed: "fast", inference_geo: "us" }),
        [176_000_000n]
      )
      assert.deepStrictEqual(yield* amounts({ model: "claude-opus-4-8", inference_geo: "global" }), [80_000_000n])
      const reply = yield* call(() =>
        anthropic.messages.create(saying(hello, { model: "claude-opus-5", ...off, speed: "fast", inference_geo: "us" }))
      )
      assert.deepInclude(reply.usage, { speed: "fast", inference_geo: "us", service_tier: "standard" })
      assert.strictEqual((yield* sandbox.bill)[0]?.serviceTier, "fast")
    }))

  it.effect("charges 10 USD for 1000 searches, whatever the place", () =>
    driven(function*({ anthropic, sandbox }) {
      const reply = yield* call(() =>
        anthropic.messages.create(saying("Search looms", {
          model: "claude-sonnet-4-6",
          inference_geo: "us",
          tools: [{ type: "web_search_20250305", name: "web_search" }]
        }))
      )
      const { input_tokens, output_tokens } = reply.usage
      const [entry] = yield* sandbox.bill
      const plain = BigInt(input_tokens) * 3_300_000n + BigInt(output_tokens) * 16_500_000n
      assert.strictEqual(entry?.amount, plain + 10_000_000_000n)
    }))

  it.effect("names the request, and what the stream sent when it ended early", () =>
    driven(function*({ anthropic, sandbox }) {
      // message_start, content_block_start, ping and three deltas of two tokens.
      yield* sandbox.script({ cut: { afterEvents: 6 } })
      yield* call(async () => {
        const stream = await anthropic.messages.create({ ...saying("[words: 50]"), stream: true })
        try {
          for await (const _ of stream);
        } catch {
          return
        }
      })
      const [journal] = yield* sandbox.journal
      const [entry] = yield* sandbox.bill
      assert.strictEqual(entry?.requestId, journal?.requestId)
      assert.deepInclude(entry, { complete: false, model: "claude-haiku-4-5" })
      assert.strictEqual(entry?.tokens.output, 6)
    }))
})

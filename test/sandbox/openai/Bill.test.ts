import { assert, describe, it } from "@effect/vitest"
import type OpenAI from "openai"
import * as Bill from "../../../src/sandbox/Bill.ts"
import { call, driven, tokens } from "../driven.ts"

const hello = "[say: hello]"
const long = `${tokens(1994)} ${hello}`

/** Answers "hello", one token. Each expected amount is worked out by hand, in 1e-12 USD. */
const amounts = (
  requests: ReadonlyArray<Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, "stream">>,
  options: { readonly startsAt?: number } = {}
) =>
  driven(function*({ openai, sandbox }) {
    for (const request of requests) {
      yield* call(() => openai.responses.create({ ...request, reasoning: { effort: "none" } }))
    }
    return (yield* sandbox.bill).map(({ amount }) => amount)
  }, options)

describe("the bill", () => {
  it.effect("is input and output times the rates", () =>
    driven(function*() {
      // 11 tokens in, 1 out.
      assert.deepStrictEqual(yield* amounts([{ model: "gpt-4.1", input: hello }]), [11n * 2_000_000n + 8_000_000n])
      assert.deepStrictEqual(yield* amounts([{ model: "gpt-4o-mini", input: hello }]), [2_250_000n])
      assert.deepStrictEqual(yield* amounts([{ model: "gpt-5-nano", input: hello }]), [950_000n])
      assert.deepStrictEqual(yield* amounts([{ model: "gpt-6.1-terra", input: hello }]), [16_000_000n])
    }))

  it.effect("takes cached tokens at their rate", () =>
    driven(function*() {
      // 2005 in: first all at 2, then 85 at 2 and 1920 at 0.5; 1 out at 8.
      assert.deepStrictEqual(
        yield* amounts([{ model: "gpt-4.1", input: long }, { model: "gpt-4.1", input: long }]),
        [4_018_000_000n, 1_138_000_000n]
      )
    }))

  it.effect("takes cache writes at 1.25 and 2.5 times the input", () =>
    driven(function*() {
      // 85 at 0.1, 1920 written at 0.125, then read at 0.01; 1 out at 0.5.
      assert.deepStrictEqual(
        yield* amounts([{ model: "gpt-6-luna", input: long }, { model: "gpt-6-luna", input: long }]),
        [249_000_000n, 28_200_000n]
      )
      // 85 at 4, 1920 written for 12 hours at 10; 1 out at 20.
      assert.deepStrictEqual(
        yield* amounts([{ model: "gpt-5.6-sol", input: long, prompt_cache_options: { ttl: "12h" } }]),
        [19_560_000_000n]
      )
    }))

  it.effect("re-prices the whole request above 272000 tokens", () =>
    driven(function*() {
      // 6 tokens around the message, 6 for ` [say: hello]`.
      const input = (n: number) => `${tokens(n - 11)} ${hello}`
      assert.deepStrictEqual(
        yield* amounts([{ model: "gpt-5.4", input: input(272_000) }, {
          model: "gpt-5.4",
          input: `b ${input(271_999)}`.replace("b a", "b")
        }]),
        [272_000n * 2_500_000n + 15_000_000n, 271_999n * 2_500_000n + 15_000_000n]
      )
      assert.deepStrictEqual(
        yield* amounts([{ model: "gpt-5.4", input: input(272_001) }]),
        [272_001n * 5_000_000n + 22_500_000n]
      )
      assert.deepStrictEqual(
        yield* amounts([{ model: "gpt-6-sol", input: input(272_001), prompt_cache_options: { mode: "explicit" } }]),
        [272_001n * 4_000_000n + 15_000_000n]
      )
    }))

  it.effect("multiplies tokens by the tier that was served", () =>
    driven(function*() {
      const tier = (model: string, service_tier: "flex" | "priority" | "fast" | "ultrafast", startsAt = 0) =>
        amounts([{ model, input: hello, service_tier }], { startsAt })
      assert.deepStrictEqual(yield* tier("gpt-4.1", "flex"), [15_000_000n])
      assert.deepStrictEqual(yield* tier("gpt-4.1", "priority"), [60_000_000n])
      assert.deepStrictEqual(yield* tier("gpt-4.1", "fast"), [60_000_000n])
    }))

  it.effect("charges ultrafast 3 times until 2027-02-28 and 6 times from then on", () =>
    driven(function*() {
      const at = (startsAt: number) =>
        driven(function*({ openai, sandbox }) {
          const reply = yield* call(() =>
            openai.responses.create({
              model: "gpt-6.2-sol",
              input: hello,
              service_tier: "ultrafast",
              reasoning: { effort: "minimal" }
            })
          )
          const [entry] = yield* sandbox.bill
          return Number(entry!.amount) / Number(11n * 2_000_000n + BigInt(reply.usage!.output_tokens) * 10_000_000n)
        }, { startsAt })
      assert.strictEqual(yield* at(Date.UTC(2027, 1, 28, 23, 59)), 3)
      assert.strictEqual(yield* at(Date.UTC(2027, 2, 1)), 6)
    }))

  it.effect("names the request, and what the stream sent when it ended early", () =>
    driven(function*({ openai, sandbox }) {
      yield* sandbox.script({ cut: { afterEvents: 7 } })
      yield* call(async () => {
        const stream = await openai.responses.create({ model: "gpt-4.1", input: "[words: 50]", stream: true })
        try {
          for await (const _ of stream);
        } catch {
          return
        }
      })
      const [journal] = yield* sandbox.journal
      const [entry] = yield* sandbox.bill
      // Three deltas of two tokens came after created, in_progress, item and part.
      assert.strictEqual(entry?.requestId, journal?.requestId)
      assert.deepInclude(entry, { complete: false, model: "gpt-4.1" })
      assert.strictEqual(entry?.tokens.output, 6)
    }))

  it("rounds half to even", () => {
    assert.deepStrictEqual([1n, 3n, 5n, 7n].map((n) => Bill.divideHalfEven(n, 2n)), [0n, 2n, 2n, 4n])
    assert.deepStrictEqual([1n, 2n, 4n, 5n].map((n) => Bill.divideHalfEven(n, 3n)), [0n, 1n, 1n, 2n])
  })
})

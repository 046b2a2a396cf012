import { assert, describe, it } from "@effect/vitest"
import type { GenerateContentConfig } from "@google/genai"
import { call, tokens } from "../driven.ts"
import { driven, saying } from "./gemini.ts"

const hello = "[say: hello]"

type Ask = readonly [model: string, config?: GenerateContentConfig]

/** Answers "hello", one token, to nine of the prompt. Each expected amount is worked out by hand, in 1e-12 USD. */
const amounts = (at: string, ...requests: ReadonlyArray<Ask>) =>
  driven(function*({ gemini, sandbox }) {
    for (const [model, config] of requests) {
      yield* call(() => gemini.models.generateContent(saying(hello, { ...none(model), ...config }, model)))
    }
    return (yield* sandbox.bill).map(({ amount, reasoning, tokens }) => ({ amount, input: tokens.input, reasoning }))
  }, { startsAt: Date.parse(at) })

const none = (model: string): GenerateContentConfig =>
  model === "gemini-2.5-flash" ? { thinkingConfig: { thinkingBudget: 0 } } : {}

describe("Gemini's bill", () => {
  it.effect("is input, output and thoughts times the rates", () =>
    driven(function*() {
      const [lite, flash, thinking] = yield* amounts(
        "2026-11-23",
        ["gemini-2.5-flash-lite"],
        ["gemini-2.5-flash"],
        ["gemini-3.8-flash"]
      )
      const input = BigInt(lite?.input ?? 0)
      assert.strictEqual(lite?.amount, input * 100_000n + 400_000n)
      assert.strictEqual(flash?.amount, input * 300_000n + 2_500_000n)
      assert.isAbove(thinking?.reasoning ?? 0, 0)
      assert.strictEqual(thinking?.amount, input * 750_000n + BigInt(1 + (thinking?.reasoning ?? 0)) * 3_750_000n)
    }))

  it.effect("changes on the days that were announced", () =>
    driven(function*() {
      const of = function*(day: string, model: string) {
        const [entry] = yield* amounts(day, [model])
        return [BigInt(entry?.input ?? 0), BigInt(1 + (entry?.reasoning ?? 0)), entry?.amount] as const
      }
      const rates = [
        ["2026-11-30T23:59:59Z", "gemini-4-argon", 2_000_000n, 10_000_000n],
        ["2026-12-01", "gemini-4-argon", 4_000_000n, 20_000_000n],
        ["2026-12-31T23:59:59Z", "gemini-3.7-flash", 750_000n, 3_750_000n],
        ["2027-01-01", "gemini-3.7-flash", 1_500_000n, 7_500_000n],
        // Others answer to these names by then.
        ["2026-12-01", "gemini-2.5-flash", 300_000n, 2_500_000n],
        ["2026-12-01", "gemini-2.5-pro", 750_000n, 3_750_000n]
      ] as const
      for (const [day, model, input, output] of rates) {
        const [tokens, said, amount] = yield* of(day, model)
        assert.strictEqual(amount, tokens * input + said * output, `${model} ${day}`)
      }
    }))

  it.effect("re-prices a whole request of a large model above 200000 tokens, what is cached included", () =>
    driven(function*({ gemini, sandbox }) {
      const ask = (count: number) =>
        call(() =>
          gemini.models.generateContent(saying(hello, { systemInstruction: tokens(count) }, "gemini-3.1-pro-preview"))
        )
      yield* ask(199_000)
      yield* ask(200_500)
      yield* ask(200_500)
      const bill = yield* sandbox.bill
      assert.deepStrictEqual(bill.map(({ lines }) => lines.map(({ item, rate }) => [item, rate])), [
        [["input", 2_000_000n], ["output", 12_000_000n]],
        [["input", 4_000_000n], ["cachedRead", 400_000n], ["output", 18_000_000n]],
        [["input", 4_000_000n], ["cachedRead", 400_000n], ["output", 18_000_000n]]
      ])
    }))

  it.effect("halves for flex, and is 1.8 times as much with priority", () =>
    driven(function*({ sandbox }) {
      const ask = (serviceTier: string | undefined) =>
        call(() =>
          fetch(`${sandbox.baseUrl("gemini")}/v1/models/gemini-2.5-flash-lite:generateContent`, {
            method: "POST",
            headers: { "x-goog-api-key": "k", "content-type": "application/json" },
            body: JSON.stringify({ contents: [{ parts: [{ text: hello }] }], serviceTier })
          })
        )
      const tiers: Array<string | null> = []
      for (const tier of [undefined, "flex", "priority"]) {
        tiers.push((yield* ask(tier)).headers.get("x-gemini-service-tier"))
      }
      assert.deepStrictEqual(tiers, ["standard", "flex", "priority"])
      const [plain = 0n, flex, priority] = (yield* sandbox.bill).map(({ amount }) => amount)
      assert.deepStrictEqual([flex, priority], [plain / 2n, plain * 9n / 5n])
    }))

  it.effect("charges audio apart, and searches by the query from Gemini 3 on", () =>
    driven(function*({ gemini, sandbox }) {
      const data = Buffer.alloc(4000).toString("base64")
      yield* call(() =>
        gemini.models.generateContent({
          model: "gemini-2.5-flash-lite",
          contents: [{ role: "user", parts: [{ text: hello }, { inlineData: { mimeType: "audio/wav", data } }] }]
        })
      )
      for (const model of ["gemini-2.5-flash-lite", "gemini-3.8-flash"]) {
        const asked = saying("search the latest [queries: 2]", { tools: [{ googleSearch: {} }] }, model)
        yield* call(() => gemini.models.generateContent(asked))
      }
      const lines = (yield* sandbox.bill).flatMap(({ lines }) => lines)
      assert.deepInclude(lines.find(({ item }) => item === "audioInput"), { quantity: 100, rate: 300_000n })
      assert.deepStrictEqual(
        lines.filter(({ item }) => item === "webSearch").map(({ amount, quantity }) => [quantity, amount]),
        [[1, 35_000_000_000n], [2, 28_000_000_000n]]
      )
    }))

  it.effect("has what the stream sent when it ended early", () =>
    driven(function*({ gemini, sandbox }) {
      yield* sandbox.script({ cut: { afterEvents: 3 } })
      yield* call(async () => {
        try {
          for await (const _ of await gemini.models.generateContentStream(saying("[words: 50]")));
        } catch {
          return
        }
      })
      const [entry] = yield* sandbox.bill
      assert.deepInclude(entry, { complete: false, model: "gemini-2.5-flash-lite" })
      assert.strictEqual(entry?.tokens.output, 6)
    }))
})

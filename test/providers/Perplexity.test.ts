import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Stream } from "effect"
import { type GenerateOptions, Generation, Loom } from "loom-router"
import * as Perplexity from "loom-router/providers/Perplexity"
import { at, testKey } from "./contract.ts"
import { common, type Shaped, shapedBill, shapedContract } from "./shaped.ts"
import { billed, bodies, failure, inWorld, type Setup } from "./world.ts"

const perplexity: Shaped = {
  key: "perplexity",
  apiKeyEnv: "PERPLEXITY_API_KEY",
  route: "perplexity",
  layer: Perplexity.layer,
  // It would search at every call.
  defaults: { webSearch: false },
  models: { text: "sonar-pro", answersAs: "sonar-pro" },
  native: { search_mode: "academic" },
  can: {
    ...common,
    seed: undefined,
    presencePenalty: undefined,
    frequencyPenalty: undefined,
    tools: false,
    webSearch: "untried",
    requestIds: "of answers"
  }
}

shapedContract(perplexity)

shapedBill(perplexity, {
  reads: false,
  voices: [
    { model: "sonar", reasons: false, samples: true, toolless: true, tiers: [], files: "none" },
    { model: "sonar-pro", reasons: false, samples: true, toolless: true, tiers: [], files: "images" },
    { model: "sonar-reasoning-pro", reasons: true, toolless: true, tiers: [], files: "images" }
  ]
})

const setup: Setup = {
  providers: (sandbox) => ({
    perplexity: Perplexity.layer({ baseUrl: sandbox.baseUrl("perplexity"), apiKey: Redacted.make(testKey) })
  })
}
const hello = { model: "perplexity/sonar-pro", prompt: "Tell me of looms." } as const

const both = (asked: GenerateOptions.GenerateOptions) =>
  Effect.gen(function*() {
    const whole = yield* Loom.generate(asked)
    const streamed = Generation.fromParts(yield* Stream.runCollect(Loom.stream(asked)))
    assert(streamed !== undefined)
    return [whole, streamed] as const
  })

describe("perplexity, as itself", () => {
  it.live("perplexity: searches unless it is told not to, with sources and a fee", () =>
    inWorld(setup, function*({ sandbox }) {
      for (const options of [{}, { webSearch: true }]) {
        for (const answer of yield* both({ ...hello, ...options })) {
          const [source] = Generation.sources(answer)
          assert.match(source?.url ?? "", /^https:\/\/news\.example\.com/)
          assert.match(source?.title ?? "", /overview/)
          assert.deepStrictEqual(answer.usage.requests, { web_search_low: 1 })
          assert.strictEqual(
            answer.cost.lines.find(({ unit }) => unit === "requests.web_search_low")?.picoUsd,
            6_000_000_000
          )
          assert.deepStrictEqual([answer.cost.status, answer.warnings], ["measured", []])
          assert.strictEqual(answer.cost.reportedUsd, answer.cost.usd)
        }
      }
      const off = yield* Loom.generate({ ...hello, webSearch: false })
      assert.deepStrictEqual([off.usage.requests, Generation.sources(off)], [{}, []])
      assert.deepStrictEqual(
        (yield* bodies(sandbox)).map((body) => body["disable_search"]),
        [undefined, undefined, undefined, undefined, true]
      )
    }))

  it.live("perplexity: the fee is that of how much it was to read, of each model", () =>
    inWorld(setup, function*({ sandbox }) {
      const fees = { "sonar": [5, 8, 12], "sonar-pro": [6, 10, 14], "sonar-reasoning-pro": [6, 10, 14] }
      let spent = 0
      for (const [model, perThousand] of Object.entries(fees)) {
        for (const [index, contextSize] of (["low", "medium", "high"] as const).entries()) {
          const { cost } = yield* Loom.generate({ ...hello, model: `perplexity/${model}`, webSearch: { contextSize } })
          const fee = cost.lines.find(({ unit }) => unit === `requests.web_search_${contextSize}`)
          assert.strictEqual(fee?.rate, (perThousand[index] ?? NaN) * 1e9)
          spent += cost.picoUsd ?? NaN
        }
      }
      assert.strictEqual(spent, yield* billed(sandbox))
    }))

  it.live("perplexity: is told where to search, and says what it can't be told", () =>
    inWorld(setup, function*({ sandbox }) {
      const ask = (webSearch: GenerateOptions.Common["webSearch"]) =>
        Effect.map(Loom.generate({ ...hello, webSearch }), ({ warnings }) => warnings)
      const warnings = [
        yield* ask({ allowedDomains: ["example.org"] }),
        yield* ask({ blockedDomains: ["example.net"] }),
        yield* ask({ location: { city: "Ulm", country: "DE", timezone: "Europe/Berlin" }, contextSize: "high" }),
        yield* ask({ maxUses: 3 })
      ]
      assert.deepStrictEqual(warnings, [
        [],
        [],
        ["webSearch.location.timezone was dropped: Perplexity knows a place by its city, region and country"],
        ["webSearch.maxUses was dropped: Perplexity has no limit"]
      ])
      assert.deepStrictEqual(
        (yield* bodies(sandbox)).map((body) => [body["search_domain_filter"], body["web_search_options"]]),
        [
          [["example.org"], undefined],
          [["-example.net"], undefined],
          [undefined, { search_context_size: "high", user_location: { city: "Ulm", country: "DE" } }],
          [undefined, undefined]
        ]
      )
    }))

  it.live("perplexity: thinks as much as it is told, where it thinks", () =>
    inWorld(setup, function*({ sandbox }) {
      const ask = (reasoning: "none" | "low" | "max") =>
        Effect.map(
          Loom.generate({ ...hello, model: "perplexity/sonar-reasoning-pro", reasoning }),
          ({ warnings }) => warnings
        )
      assert.deepStrictEqual([yield* ask("none"), yield* ask("low"), yield* ask("max")], [
        ["reasoning was raised from none to minimal: there is minimal, low, medium, high"],
        [],
        ["reasoning was lowered from max to high: there is minimal, low, medium, high"]
      ])
      assert.deepStrictEqual(
        (yield* bodies(sandbox)).map((body) => body["reasoning_effort"]),
        ["minimal", "low", "high"]
      )
      const error = yield* failure(Loom.generate({ ...hello, reasoning: "low" }))
      assert.deepInclude(error.reason, { _tag: "Unsupported", feature: "reasoning" })
    }))

  it.live("perplexity: deep research pays for each search, for what it cites, and for its thoughts by themselves", () =>
    inWorld(setup, function*({ sandbox }) {
      yield* sandbox.script({
        respond: {
          status: 200,
          body: {
            id: "px-1",
            created: 1_795_430_400,
            model: "sonar-deep-research",
            choices: [{ index: 0, message: { role: "assistant", content: "Looms.[1]" }, finish_reason: "stop" }],
            citations: ["https://example.org/loom"],
            usage: {
              prompt_tokens: 30,
              completion_tokens: 700,
              total_tokens: 730,
              citation_tokens: 2000,
              num_search_queries: 19,
              reasoning_tokens: 9000,
              search_context_size: "low",
              cost: { total_cost: 0.13166 }
            }
          }
        }
      })
      const answer = yield* Loom.generate({ ...hello, model: "perplexity/sonar-deep-research" })
      assert.deepInclude(answer.usage, {
        inputUncached: 2030,
        outputText: 700,
        outputReasoning: 9000,
        requests: { web_search: 19 }
      })
      assert.strictEqual(
        answer.cost.picoUsd,
        2030 * 2_000_000 + 700 * 8_000_000 + 9000 * 3_000_000 + 19 * 5_000_000_000
      )
      assert.strictEqual(answer.cost.reportedUsd, 0.13166)
      assert.deepStrictEqual(Generation.sources(answer).map(({ url }) => url), ["https://example.org/loom"])
      assert.deepStrictEqual(at(answer.native, "citations"), ["https://example.org/loom"])
    }))
})

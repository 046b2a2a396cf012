import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Stream } from "effect"
import { Catalog, Generation, Loom, RetryPolicy } from "loom-router"
import * as Groq from "loom-router/providers/Groq"
import { testKey } from "./contract.ts"
import { common, type Shaped, shapedBill, shapedContract, thoughtsIn } from "./shaped.ts"
import { billed, bodies, failure, inWorld, type Setup, spent } from "./world.ts"

const groq: Shaped = {
  key: "groq",
  apiKeyEnv: "GROQ_API_KEY",
  route: "groq",
  layer: Groq.layer,
  defaults: { reasoning: "none" },
  models: { text: "qwen/qwen3.6-27b", answersAs: "qwen/qwen3.6-27b", reasoning: "openai/gpt-oss-20b" },
  maxOutputTokens: "max_completion_tokens",
  native: { user: "weaver-7", citation_options: "disabled" },
  can: {
    ...common,
    presencePenalty: undefined,
    frequencyPenalty: undefined,
    filters: false,
    promptCache: { from: 1024 },
    thoughts: thoughtsIn("reasoning"),
    requestIds: "of answers"
  }
}

shapedContract(groq)

shapedBill(groq, {
  voices: [
    { model: "qwen/qwen3.6-27b", reasons: true, samples: true, tiers: ["flex", "on_demand"], files: "images" },
    { model: "qwen/qwen3.8-27b", reasons: true, samples: true, tiers: ["auto"], files: "images" },
    { model: "openai/gpt-oss-120b", reasons: true, tiers: ["flex"], files: "none" },
    { model: "openai/gpt-oss-20b", reasons: true, tiers: [], files: "none" }
  ],
  pause: "2 hours"
})

const setup: Setup = {
  providers: (sandbox) => ({ groq: Groq.layer({ baseUrl: sandbox.baseUrl("groq"), apiKey: Redacted.make(testKey) }) })
}
const hello = { model: "groq/openai/gpt-oss-120b", prompt: "Hello" } as const

describe("groq, as itself", () => {
  it.live("groq: each of its models thinks as it can, and the answer says where it can't", () =>
    inWorld(setup, function*({ sandbox }) {
      const ask = (model: string, reasoning: "none" | "low" | "max") =>
        Effect.map(Loom.generate({ provider: "groq", model, prompt: "Hello", reasoning }), ({ warnings }) => warnings)
      const warnings = [
        yield* ask("openai/gpt-oss-120b", "none"),
        yield* ask("openai/gpt-oss-120b", "max"),
        yield* ask("qwen/qwen3.6-27b", "none"),
        yield* ask("qwen/qwen3.6-27b", "low"),
        yield* ask("qwen/qwen3.8-27b", "low"),
        yield* ask("llama-3.1-8b-instant", "none")
      ]
      assert.deepStrictEqual(warnings.flat(), [
        "reasoning was raised from none to low: there is low, medium, high",
        "reasoning was lowered from max to high: there is low, medium, high",
        "reasoning was raised from low to high: there is none, high"
      ])
      assert.deepStrictEqual(
        (yield* bodies(sandbox)).map((body) => [body["reasoning_effort"], body["reasoning_format"]]),
        [
          ["low", undefined],
          ["high", undefined],
          ["none", undefined],
          ["default", "parsed"],
          ["low", "parsed"],
          [undefined, undefined]
        ]
      )
    }))

  it.live("groq: the answered tier is told and paid, where its price is known", () =>
    inWorld(setup, function*({ sandbox }) {
      yield* sandbox.script({ answerServiceTier: "on_demand" })
      const other = yield* Loom.generate({ ...hello, serviceTier: "flex" })
      const same = yield* Loom.generate({ ...hello, serviceTier: "flex" })
      assert.deepStrictEqual([other.serviceTier, same.serviceTier], ["on_demand", "flex"])
      assert.deepStrictEqual([other.cost.status, same.cost.status], ["measured", "measured"])
      assert.strictEqual(spent([...other.attempts, ...same.attempts]), yield* billed(sandbox))
      assert.deepStrictEqual((yield* bodies(sandbox)).map((body) => body["service_tier"]), ["flex", "flex"])
      const { cost } = yield* Loom.generate({ ...hello, serviceTier: "performance" })
      assert.deepStrictEqual([cost.status, cost.unpriced], ["unknown", ["serviceTier.performance"]])
    }))

  it.live("groq: the flex tier's own status is no room, and asked again", () =>
    inWorld(setup, function*({ sandbox }) {
      yield* sandbox.script({ respond: { status: 498 } })
      const { attempts } = yield* Loom.generate({ ...hello, serviceTier: "flex" })
      assert.deepStrictEqual(attempts.map(({ outcome, billed }) => [outcome, billed]), [
        ["Overloaded", "no"],
        ["ok", "yes"]
      ])
    }))

  it.live("groq: what a compound model found are sources, and what it costs isn't known", () =>
    inWorld({
      ...setup,
      catalog: () => Catalog.registerModel(Catalog.bundled, { provider: "groq", model: "groq/compound" })
    }, function*() {
      const asked = { model: "groq/groq/compound", prompt: "search for news about weaving" } as const
      const whole = yield* Loom.generate(asked)
      const streamed = Generation.fromParts(yield* Stream.runCollect(Loom.stream(asked)))
      for (const answer of [whole, streamed]) {
        const sources = answer?.content.flatMap((part) => part.type === "source" ? [part] : []) ?? []
        assert.lengthOf(sources, 1)
        assert.deepInclude(sources[0], { sourceType: "url" })
        assert.match(String(sources[0]?.title), /overview/)
        assert.strictEqual(answer?.cost.picoUsd, undefined)
        assert.match(answer?.requestId ?? "", /^req_/)
      }
    }))

  it.live("groq: a stream that tells in its last chunk what went wrong has failed", () =>
    inWorld(setup, function*({ sandbox }) {
      const chunk = (delta: object, members: object) =>
        `data: ${
          JSON.stringify({
            id: "c-1",
            created: 1_795_430_400,
            model: "openai/gpt-oss-120b",
            choices: [{ index: 0, delta, finish_reason: null }],
            ...members
          })
        }\n\n`
      yield* sandbox.script({
        respond: {
          status: 200,
          contentType: "text/event-stream",
          body: chunk({ content: "Looms" }, { x_groq: { id: "req_1" } }) + chunk({}, { x_groq: { error: "It broke." } })
        }
      })
      const error = yield* failure(Stream.runDrain(Loom.stream({ ...hello, retry: RetryPolicy.none })))
      assert.strictEqual(error.reason._tag, "Partial")
      assert.include(error.why, "It broke.")
    }))
})

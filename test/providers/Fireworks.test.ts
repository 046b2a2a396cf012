import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Stream } from "effect"
import { Generation, Loom, RetryPolicy } from "loom-router"
import * as Fireworks from "loom-router/providers/Fireworks"
import { testKey } from "./contract.ts"
import { common, type Shaped, shapedBill, shapedContract, thoughtsIn } from "./shaped.ts"
import { bodies, failure, inWorld, type Setup } from "./world.ts"

const models = "accounts/fireworks/models"

const fireworks: Shaped = {
  key: "fireworks",
  apiKeyEnv: "FIREWORKS_API_KEY",
  route: "fireworks",
  layer: Fireworks.layer,
  defaults: { reasoning: "none" },
  models: {
    text: `${models}/glm-5p3-flash`,
    answersAs: `${models}/glm-5p3-flash`,
    reasoning: `${models}/deepseek-v4p1-flash`
  },
  native: { prompt_cache_key: "tenant-7", reasoning_history: "preserved" },
  can: {
    ...common,
    parallelToolCalls: false,
    promptCache: { from: 512, key: (body) => body["prompt_cache_key"] },
    thoughts: thoughtsIn("reasoning_content"),
    requestIds: "of answers"
  }
}

shapedContract(fireworks)

shapedBill(fireworks, {
  voices: [
    { model: `${models}/glm-5p3-flash`, reasons: true, samples: true, tiers: [], files: "images" },
    { model: `${models}/kimi-k3`, reasons: true, samples: true, tiers: [], files: "images" },
    { model: `${models}/gpt-oss-120b`, reasons: true, tiers: [], files: "none" },
    { model: "accounts/fireworks/routers/kimi-k3-fast", reasons: true, tiers: [], files: "images" }
  ]
})

const setup: Setup = {
  providers: (sandbox) => ({
    fireworks: Fireworks.layer({ baseUrl: sandbox.baseUrl("fireworks"), apiKey: Redacted.make(testKey) })
  })
}
const hello = { model: `fireworks/${models}/kimi-k3`, prompt: "Hello" } as const

describe("fireworks, as itself", () => {
  it.live("fireworks: each of its models thinks as it can, and the answer says where it can't", () =>
    inWorld(setup, function*({ sandbox }) {
      const ask = (model: string, reasoning: "none" | "low" | "max") =>
        Effect.map(
          Loom.generate({ provider: "fireworks", model: `${models}/${model}`, prompt: "Hello", reasoning }),
          ({ warnings }) => warnings
        )
      const warnings = [
        yield* ask("kimi-k3", "none"),
        yield* ask("kimi-k3", "max"),
        yield* ask("glm-5p3", "low"),
        yield* ask("glm-5p3", "max"),
        yield* ask("gpt-oss-120b", "none")
      ]
      assert.deepStrictEqual(warnings.flat(), [
        "reasoning was lowered from max to high: there is none, low, medium, high",
        "reasoning was raised from low to high: there is none, high, max",
        "reasoning was raised from none to low: there is low, medium, high"
      ])
      assert.deepStrictEqual(
        (yield* bodies(sandbox)).map((body) => body["reasoning_effort"]),
        ["none", "high", "high", "max", "low"]
      )
    }))

  it.live("fireworks: its own option for thoughts goes in the place of the common one", () =>
    inWorld(setup, function*({ sandbox }) {
      const { usage } = yield* Loom.generate({ ...hello, native: { thinking: { type: "disabled" } } })
      assert.strictEqual(usage.outputReasoning, 0)
      assert.notProperty((yield* bodies(sandbox))[0], "reasoning_effort")
    }))

  it.live("fireworks: what priority costs isn't known", () =>
    inWorld(setup, function*({ sandbox }) {
      const asked = { ...hello, serviceTier: "priority" } as const
      const whole = yield* Loom.generate(asked)
      const streamed = Generation.fromParts(yield* Stream.runCollect(Loom.stream(asked)))
      for (const answer of [whole, streamed]) {
        assert.deepStrictEqual([answer?.cost.status, answer?.cost.unpriced], ["unknown", ["serviceTier.priority"]])
      }
      assert.deepStrictEqual((yield* bodies(sandbox)).map((body) => body["service_tier"]), ["priority", "priority"])
      const error = yield* failure(Loom.generate({ ...hello, serviceTier: "flex" }))
      assert.strictEqual(error.reason._tag, "InvalidRequest")
    }))

  it.live("fireworks: an error may be nothing but words", () =>
    inWorld(setup, function*({ sandbox }) {
      const cases = [
        { status: 400, body: { error: "No such model." }, tag: "InvalidRequest", says: "No such model." },
        {
          status: 503,
          body: { error: { object: "error", type: "overloaded", code: "overloaded", message: "Later." } },
          tag: "Overloaded",
          says: "Later."
        }
      ]
      for (const { body, says, status, tag } of cases) {
        yield* sandbox.script({ respond: { status, body } })
        const error = yield* failure(Loom.generate({ ...hello, retry: RetryPolicy.none }))
        assert.strictEqual(error.reason._tag, tag)
        assert.include(error.why, says)
      }
    }))
})

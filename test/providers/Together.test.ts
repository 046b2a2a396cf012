import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { Loom } from "loom-router"
import * as Together from "loom-router/providers/Together"
import { at, testKey } from "./contract.ts"
import { common, type Shaped, shapedBill, shapedContract, thoughtsIn } from "./shaped.ts"
import { bodies, failure, inWorld, type Setup } from "./world.ts"

const together: Shaped = {
  key: "together",
  apiKeyEnv: "TOGETHER_API_KEY",
  route: "together",
  layer: Together.layer,
  defaults: { reasoning: "none" },
  models: {
    text: "zai-org/GLM-5.3-Flash",
    answersAs: "zai-org/GLM-5.3-Flash",
    reasoning: "deepseek-ai/DeepSeek-V4.1-Flash"
  },
  native: { top_k: 40, safety_model: "guard" },
  can: {
    ...common,
    parallelToolCalls: false,
    filters: false,
    countsReasoning: false,
    promptCache: { from: 1024 },
    thoughts: thoughtsIn("reasoning"),
    requestIds: "of answers"
  }
}

shapedContract(together)

shapedBill(together, {
  voices: [
    { model: "zai-org/GLM-5.3-Flash", reasons: true, samples: true, tiers: [], files: "images" },
    { model: "deepseek-ai/DeepSeek-V4-Pro-0813", reasons: true, samples: true, tiers: [], files: "none" },
    { model: "openai/gpt-oss-120b", reasons: true, tiers: [], files: "none" },
    { model: "Qwen/Qwen3.7-Max", reasons: false, samples: true, tiers: [], files: "none" }
  ]
})

const setup: Setup = {
  providers: (sandbox) => ({
    together: Together.layer({ baseUrl: sandbox.baseUrl("together"), apiKey: Redacted.make(testKey) })
  })
}

describe("together, as itself", () => {
  it.live("together: each of its models thinks as it can, and the answer says where it can't", () =>
    inWorld(setup, function*({ sandbox }) {
      const ask = (model: string, reasoning: "none" | "low" | "max") =>
        Effect.map(
          Loom.generate({ provider: "together", model, prompt: "Hello", reasoning }),
          ({ warnings }) => warnings
        )
      const warnings = [
        yield* ask("zai-org/GLM-5.3", "none"),
        yield* ask("zai-org/GLM-5.3", "low"),
        yield* ask("zai-org/GLM-5.3", "max"),
        yield* ask("openai/gpt-oss-20b", "none"),
        yield* ask("meta-llama/Llama-3.3-70B-Instruct-Turbo", "none")
      ]
      assert.deepStrictEqual(warnings.flat(), [
        "reasoning was lowered from max to high: there is none, low, medium, high",
        "reasoning was raised from none to low: there is low, medium, high"
      ])
      assert.deepStrictEqual(
        (yield* bodies(sandbox)).map((body) => [at(body, "reasoning", "enabled"), body["reasoning_effort"]]),
        [[false, undefined], [true, "low"], [true, "high"], [undefined, "low"], [undefined, undefined]]
      )
    }))

  it.live("together: a temperature above 1 is brought down to it, and the answer says so", () =>
    inWorld(setup, function*({ sandbox }) {
      const { warnings } = yield* Loom.generate({
        model: "together/zai-org/GLM-5.3",
        prompt: "Hello",
        temperature: 1.5
      })
      assert.deepStrictEqual(warnings, ["temperature was set to 1: the vendor takes 0 to 1"])
      assert.strictEqual((yield* bodies(sandbox))[0]?.["temperature"], 1)
    }))

  it.live("together: an empty account is failed over, and not asked again", () =>
    inWorld(setup, function*({ sandbox }) {
      yield* sandbox.script({ respond: { status: 402 } })
      const error = yield* failure(Loom.generate({ model: "together/zai-org/GLM-5.3", prompt: "Hello" }))
      assert.strictEqual(error.reason._tag, "QuotaExceeded")
      assert.isTrue(error.failover)
      assert.lengthOf(yield* sandbox.journal, 1)
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import { Loom, RetryPolicy } from "loom-router"
import * as Hunyuan from "loom-router/providers/Hunyuan"
import { at, testKey } from "./contract.ts"
import { common, type Shaped, shapedBill, shapedContract, thoughtsIn } from "./shaped.ts"
import { bodies, failure, inWorld, type Setup } from "./world.ts"

const hunyuan: Shaped = {
  key: "hunyuan",
  apiKeyEnv: "TENCENT_TOKENHUB_API_KEY",
  route: "hunyuan",
  layer: Hunyuan.layer,
  defaults: { reasoning: "none" },
  models: { text: "hy4-preview", answersAs: "hy4-preview", reasoning: "hy4-preview" },
  native: { user: "weaver-7" },
  can: {
    ...common,
    presencePenalty: undefined,
    frequencyPenalty: undefined,
    parallelToolCalls: false,
    blind: true,
    promptCache: { from: 1024 },
    thoughts: thoughtsIn("reasoning_content"),
    requestIds: "of answers"
  }
}

shapedContract(hunyuan)

shapedBill(hunyuan, {
  voices: [
    { model: "hy4", reasons: true, samples: true, tiers: [], files: "none" },
    { model: "hy4-preview", reasons: true, samples: true, tiers: [], files: "none" },
    { model: "hy3", reasons: true, tiers: [], files: "none" }
  ]
})

const setup: Setup = {
  providers: (sandbox) => ({
    hunyuan: Hunyuan.layer({ baseUrl: sandbox.baseUrl("hunyuan"), apiKey: Redacted.make(testKey) })
  })
}
const hello = { model: "hunyuan/hy3", prompt: "Hello" } as const

describe("hunyuan, as itself", () => {
  it.live("hunyuan: thinks as much as it is told", () =>
    inWorld(setup, function*({ sandbox }) {
      const warnings: Array<string> = []
      for (const reasoning of ["none", "minimal", "medium", "max"] as const) {
        warnings.push(...(yield* Loom.generate({ ...hello, reasoning })).warnings)
      }
      assert.deepStrictEqual(
        (yield* bodies(sandbox)).map((body) => [at(body, "thinking", "type"), body["reasoning_effort"]]),
        [["disabled", undefined], ["enabled", "low"], ["enabled", "medium"], ["enabled", "high"]]
      )
      assert.deepStrictEqual(warnings, [
        "reasoning was raised from minimal to low: there is none, low, medium, high",
        "reasoning was lowered from max to high: there is none, low, medium, high"
      ])
    }))

  it.live("hunyuan: errors are read, whatever their codes are", () =>
    inWorld(setup, function*({ sandbox }) {
      for (const [status, tag] of [[400, "InvalidRequest"], [401, "KeyRefused"], [429, "RateLimited"]] as const) {
        yield* sandbox.script({ respond: { status } })
        const error = yield* failure(Loom.generate({ ...hello, retry: RetryPolicy.none }))
        assert.deepStrictEqual([error.reason._tag, error.status], [tag, status])
      }
    }))
})

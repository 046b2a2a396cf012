import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { Loom, RetryPolicy } from "loom-router"
import * as Qwen from "loom-router/providers/Qwen"
import { at, testKey, tokens } from "./contract.ts"
import { common, type Shaped, shapedBill, shapedContract, thoughtsIn } from "./shaped.ts"
import { billed, bodies, failure, inWorld, type Setup, spent } from "./world.ts"

const mark = { qwen: { cache_control: { type: "ephemeral" } } }

const qwen: Shaped = {
  key: "qwen",
  apiKeyEnv: "DASHSCOPE_API_KEY",
  route: "qwen",
  layer: Qwen.layer,
  defaults: { reasoning: "none" },
  models: {
    text: "qwen3.8-flash",
    answersAs: "qwen3.8-flash",
    reasoning: "qwen3.8-flash",
    writes: "qwen3.7-plus"
  },
  native: { top_k: 40, preserve_thinking: true },
  can: {
    ...common,
    frequencyPenalty: undefined,
    promptCache: { from: 1024, mark, lifetimes: ["5m"] },
    thoughts: thoughtsIn("reasoning_content"),
    requestIds: "of answers"
  }
}

shapedContract(qwen)

shapedBill(qwen, {
  voices: [
    { model: "qwen3.8-flash", reasons: true, samples: true, tiers: [], files: "images" },
    { model: "qwen3.8-max", reasons: true, samples: true, tiers: [], files: "images" },
    { model: "qwen3.7-plus", reasons: true, tiers: [], files: "images" },
    { model: "qwen3-max", reasons: false, samples: true, tiers: [], files: "none" },
    { model: "qwen3-next-80b-a3b-thinking", reasons: true, tiers: [], files: "none" }
  ]
})

const setup: Setup = {
  providers: (sandbox) => ({ qwen: Qwen.layer({ baseUrl: sandbox.baseUrl("qwen"), apiKey: Redacted.make(testKey) }) })
}
const hello = { model: "qwen/qwen3.8-flash", prompt: "Hello" } as const

describe("qwen, as itself", () => {
  it.live("qwen: thinks or doesn't, and says where it must", () =>
    inWorld(setup, function*({ sandbox }) {
      const ask = (model: string, reasoning: "none" | "low") =>
        Effect.map(Loom.generate({ ...hello, model: `qwen/${model}`, reasoning }), ({ warnings }) => warnings)
      const warnings = [
        yield* ask("qwen3.8-max", "none"),
        yield* ask("qwen3.8-max", "low"),
        yield* ask("qwen3-max", "none"),
        yield* ask("qwen3-next-80b-a3b-thinking", "none")
      ]
      assert.deepStrictEqual(warnings.flat(), [
        "reasoning was raised from low to high: there is none, high",
        "reasoning was raised from none to high: there is high"
      ])
      assert.deepStrictEqual(
        (yield* bodies(sandbox)).map((body) => body["enable_thinking"]),
        [false, true, undefined, true]
      )
    }))

  it.live("qwen: keeps unasked for nothing, and what it is asked to keep for a premium", () =>
    inWorld(setup, function*({ sandbox }) {
      const ask = (promptCache: boolean, letter: string, question: string) =>
        Loom.generate({ ...hello, reasoning: "none", system: tokens(1500, letter), prompt: question, promptCache })
      const unasked = [yield* ask(false, "a", "One?"), yield* ask(false, "a", "Two?")]
      assert.deepStrictEqual(unasked.map(({ usage }) => usage.cacheWrite), [{}, {}])
      assert.isAbove(unasked[1]?.usage.cacheRead ?? 0, 1024)
      const asked = [yield* ask(true, "b", "One?"), yield* ask(true, "b", "Two?")]
      assert.isAbove(asked[0]?.usage.cacheWrite["5m"] ?? 0, 1500)
      assert.isAtLeast(asked[1]?.usage.cacheRead ?? 0, 1500)
      assert.isBelow(asked[0]?.saved.promptCache ?? NaN, 0)
      assert.strictEqual(spent([...unasked, ...asked].flatMap(({ attempts }) => attempts)), yield* billed(sandbox))
      const parts = at((yield* bodies(sandbox))[2], "messages", 0, "content")
      assert.deepStrictEqual(at(parts, 0, "cache_control"), { type: "ephemeral" })
    }))

  it.live("qwen: nothing is marked for a model of which no cache is known", () =>
    inWorld(setup, function*({ sandbox }) {
      const { warnings } = yield* Loom.generate({ ...hello, model: "qwen/qwen3-max", promptCache: true })
      assert.deepStrictEqual(warnings, [])
      assert.notInclude(JSON.stringify(yield* bodies(sandbox)), "cache_control")
    }))

  it.live("qwen: its codes say what the status doesn't", () =>
    inWorld(setup, function*({ sandbox }) {
      const cases = [
        { status: 400, code: "Arrearage", tag: "QuotaExceeded" },
        { status: 400, code: "data_inspection_failed", tag: "ContentFiltered" },
        { status: 400, code: "invalid_parameter_error", tag: "InvalidRequest" },
        { status: 429, code: "limit_requests", tag: "RateLimited" },
        { status: 429, code: "insufficient_quota", tag: "QuotaExceeded" }
      ]
      for (const { code, status, tag } of cases) {
        yield* sandbox.script({ respond: { status, code } })
        const error = yield* failure(Loom.generate({ ...hello, retry: RetryPolicy.none }))
        assert.deepStrictEqual([error.reason._tag, error.status], [tag, status])
      }
    }))
})

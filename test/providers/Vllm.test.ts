import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { type GenerateOptions, Generation, Loom, RetryPolicy } from "loom-router"
import * as Vllm from "loom-router/providers/Vllm"
import { at } from "./contract.ts"
import { common, type Shaped, shapedBill, shapedContract } from "./shaped.ts"
import { bodies, failure, inWorld, type Setup } from "./world.ts"

const vllm: Shaped = {
  key: "vllm",
  apiKeyEnv: "NO_KEY_IS_ASKED_FOR",
  route: "vllm",
  layer: Vllm.layer,
  models: { text: "meta-llama/Llama-3.2-3B-Instruct", answersAs: "meta-llama/Llama-3.2-3B-Instruct" },
  native: { top_k: 40, guided_json: { type: "object" } },
  can: {
    ...common,
    local: true,
    parallelToolCalls: false,
    requestIds: "of answers"
  }
}

shapedContract(vllm)

shapedBill(vllm, {
  voices: [
    { model: "meta-llama/Llama-3.2-3B-Instruct", reasons: false, samples: true, tiers: [], files: "images" },
    { model: "Qwen/Qwen3-8B", reasons: true, samples: true, tiers: [], files: "images" }
  ],
  reads: false
})

const setup: Setup = {
  sandbox: { requireKey: false },
  providers: (sandbox) => ({ vllm: Vllm.layer({ baseUrl: sandbox.baseUrl("vllm") }) })
}
const hello = { model: "vllm/Qwen/Qwen3-8B", prompt: "Hello" } as const

const both = (asked: GenerateOptions.GenerateOptions) =>
  Effect.gen(function*() {
    const whole = yield* Loom.generate(asked)
    const streamed = Generation.fromParts(yield* Stream.runCollect(Loom.stream(asked)))
    assert(streamed !== undefined)
    return [whole, streamed] as const
  })

describe("vllm, as itself", () => {
  it.live("vllm: is free, whatever its models are called, and asks for no key", () =>
    inWorld(setup, function*({ sandbox }) {
      const { cost, model, saved } = yield* Loom.generate(hello)
      assert.strictEqual(model, "Qwen/Qwen3-8B")
      assert.deepStrictEqual([cost.status, cost.picoUsd, cost.price?.model], ["measured", 0, "any"])
      assert.strictEqual(saved.picoUsd, 0)
      const [entry] = yield* sandbox.journal
      assert.notInclude(JSON.stringify(entry?.headers), "sk-")
    }))

  it.live("vllm: thinks as it is told, and its thoughts don't go back", () =>
    inWorld(setup, function*({ sandbox }) {
      for (const answer of yield* both({ ...hello, reasoning: "high" })) {
        assert.deepStrictEqual(answer.content.map(({ type }) => type), ["reasoning", "text"])
      }
      const quiet = yield* Loom.generate({ ...hello, reasoning: "none" })
      assert.deepStrictEqual(quiet.content.map(({ type }) => type), ["text"])
      const { warnings } = yield* Loom.generate({ ...hello, reasoning: "max" })
      assert.deepStrictEqual(warnings, ["reasoning was lowered from max to high: there is none, high"])
      assert.deepStrictEqual(
        (yield* bodies(sandbox)).map((body) => at(body, "chat_template_kwargs", "enable_thinking")),
        [true, true, false, true]
      )
    }))

  it.live("vllm: its errors are read", () =>
    inWorld(setup, function*({ sandbox }) {
      const cases = [
        {
          status: 400,
          body: { object: "error", message: "No.", type: "BadRequestError", param: null, code: 400 },
          tag: "InvalidRequest"
        },
        {
          status: 404,
          body: { error: { message: "No.", type: "NotFoundError", param: null, code: 404 } },
          tag: "InvalidRequest"
        }
      ]
      for (const { body, status, tag } of cases) {
        yield* sandbox.script({ respond: { status, body } })
        const error = yield* failure(Loom.generate({ ...hello, retry: RetryPolicy.none }))
        assert.strictEqual(error.reason._tag, tag)
        assert.include(error.why, "No.")
      }
    }))
})

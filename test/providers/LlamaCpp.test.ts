import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { type GenerateOptions, Generation, Loom, RetryPolicy } from "loom-router"
import * as LlamaCpp from "loom-router/providers/LlamaCpp"
import { at } from "./contract.ts"
import { common, type Shaped, shapedBill, shapedContract } from "./shaped.ts"
import { bodies, failure, inWorld, type Setup } from "./world.ts"

const llamacpp: Shaped = {
  key: "llamacpp",
  apiKeyEnv: "NO_KEY_IS_ASKED_FOR",
  route: "llamacpp",
  layer: LlamaCpp.layer,
  models: { text: "gemma-4", answersAs: "gemma-4" },
  native: { top_k: 40, cache_prompt: true },
  can: {
    ...common,
    local: true,
    parallelToolCalls: false,
    requestIds: "of answers",
    toolChoices: ["required", "none"]
  }
}

shapedContract(llamacpp)

shapedBill(llamacpp, {
  voices: [
    { model: "gemma-4", reasons: false, samples: true, tiers: [], files: "images" },
    { model: "qwen3.6", reasons: true, samples: true, tiers: [], files: "images" }
  ],
  reads: false
})

const setup: Setup = {
  sandbox: { requireKey: false },
  providers: (sandbox) => ({ llamacpp: LlamaCpp.layer({ baseUrl: sandbox.baseUrl("llamacpp") }) })
}
const hello = { model: "llamacpp/qwen3.6", prompt: "Hello" } as const

const both = (asked: GenerateOptions.GenerateOptions) =>
  Effect.gen(function*() {
    const whole = yield* Loom.generate(asked)
    const streamed = Generation.fromParts(yield* Stream.runCollect(Loom.stream(asked)))
    assert(streamed !== undefined)
    return [whole, streamed] as const
  })

describe("llamacpp, as itself", () => {
  it.live("llamacpp: is free, whatever its models are called, and asks for no key", () =>
    inWorld(setup, function*({ sandbox }) {
      const { cost, model, saved } = yield* Loom.generate(hello)
      assert.strictEqual(model, "qwen3.6")
      assert.deepStrictEqual([cost.status, cost.picoUsd, cost.price?.model], ["measured", 0, "any"])
      assert.strictEqual(saved.picoUsd, 0)
      const [entry] = yield* sandbox.journal
      assert.notInclude(JSON.stringify(entry?.headers), "sk-")
    }))

  it.live("llamacpp: thinks as it is told, and its thoughts don't go back", () =>
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

  it.live("llamacpp: its errors are read", () =>
    inWorld(setup, function*({ sandbox }) {
      const cases = [
        {
          status: 400,
          body: { error: { code: 400, message: "No.", type: "exceed_context_size_error" } },
          tag: "InvalidRequest"
        },
        {
          status: 503,
          body: { error: { code: 503, message: "No.", type: "unavailable_error" } },
          tag: "Overloaded"
        }
      ]
      for (const { body, status, tag } of cases) {
        yield* sandbox.script({ respond: { status, body } })
        const error = yield* failure(Loom.generate({ ...hello, retry: RetryPolicy.none }))
        assert.strictEqual(error.reason._tag, tag)
        assert.include(error.why, "No.")
      }
    }))

  it.live("llamacpp: what it says of its speed is in its own reply", () =>
    inWorld(setup, function*() {
      for (const { native } of yield* both(hello)) assert.strictEqual(at(native, "timings", "predicted_n"), 3)
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { type GenerateOptions, Generation, Loom, RetryPolicy } from "loom-router"
import * as Ollama from "loom-router/providers/Ollama"
import { common, type Shaped, shapedBill, shapedContract } from "./shaped.ts"
import { bodies, failure, inWorld, type Setup } from "./world.ts"

const ollama: Shaped = {
  key: "ollama",
  apiKeyEnv: "NO_KEY_IS_ASKED_FOR",
  route: "ollama",
  layer: Ollama.layer,
  models: { text: "llama3.2", answersAs: "llama3.2" },
  native: { reasoning: { effort: "none" } },
  can: {
    ...common,
    local: true,
    parallelToolCalls: false,
    requestIds: "of answers",
    toolChoices: [],
    imageLinks: false
  }
}

shapedContract(ollama)

shapedBill(ollama, {
  voices: [
    { model: "llama3.2", reasons: false, unforced: true, samples: true, tiers: [], files: "images" },
    { model: "qwen3:8b", reasons: true, unforced: true, samples: true, tiers: [], files: "images" }
  ],
  reads: false
})

const setup: Setup = {
  sandbox: { requireKey: false },
  providers: (sandbox) => ({ ollama: Ollama.layer({ baseUrl: sandbox.baseUrl("ollama") }) })
}
const hello = { model: "ollama/qwen3:8b", prompt: "Hello" } as const

const both = (asked: GenerateOptions.GenerateOptions) =>
  Effect.gen(function*() {
    const whole = yield* Loom.generate(asked)
    const streamed = Generation.fromParts(yield* Stream.runCollect(Loom.stream(asked)))
    assert(streamed !== undefined)
    return [whole, streamed] as const
  })

describe("ollama, as itself", () => {
  it.live("ollama: is free, whatever its models are called, and asks for no key", () =>
    inWorld(setup, function*({ sandbox }) {
      const { cost, model, saved } = yield* Loom.generate(hello)
      assert.strictEqual(model, "qwen3:8b")
      assert.deepStrictEqual([cost.status, cost.picoUsd, cost.price?.model], ["measured", 0, "any"])
      assert.strictEqual(saved.picoUsd, 0)
      const [entry] = yield* sandbox.journal
      assert.notInclude(JSON.stringify(entry?.headers), "sk-")
    }))

  it.live("ollama: thinks as it is told, and its thoughts don't go back", () =>
    inWorld(setup, function*({ sandbox }) {
      for (const answer of yield* both({ ...hello, reasoning: "high" })) {
        assert.deepStrictEqual(answer.content.map(({ type }) => type), ["reasoning", "text"])
      }
      const quiet = yield* Loom.generate({ ...hello, reasoning: "none" })
      assert.deepStrictEqual(quiet.content.map(({ type }) => type), ["text"])
      const { warnings } = yield* Loom.generate({ ...hello, reasoning: "max" })
      assert.deepStrictEqual(warnings, ["reasoning was lowered from max to high: there is none, low, medium, high"])
      assert.deepStrictEqual(
        (yield* bodies(sandbox)).map((body) => body["reasoning_effort"]),
        ["high", "high", "none", "high"]
      )
    }))

  it.live("ollama: its errors are read", () =>
    inWorld(setup, function*({ sandbox }) {
      const cases = [
        { status: 404, body: { error: { message: "No.", type: "api_error", code: null } }, tag: "InvalidRequest" },
        { status: 400, body: { error: "No." }, tag: "InvalidRequest" }
      ]
      for (const { body, status, tag } of cases) {
        yield* sandbox.script({ respond: { status, body } })
        const error = yield* failure(Loom.generate({ ...hello, retry: RetryPolicy.none }))
        assert.strictEqual(error.reason._tag, tag)
        assert.include(error.why, "No.")
      }
    }))

  it.live("ollama: is where OLLAMA_HOST says, as Ollama itself reads it", () =>
    Effect.gen(function*() {
      const asked = (host: string | undefined) =>
        inWorld({ providers: () => ({ ollama: Ollama.layer() }) }, function*({ environment, sandbox }) {
          const { port } = new URL(sandbox.baseUrl("ollama"))
          if (host !== undefined) environment["OLLAMA_HOST"] = host.replace("PORT", port)
          const error = yield* failure(Loom.generate({ ...hello, retry: RetryPolicy.none }))
          const [entry] = yield* sandbox.journal
          return [error.reason._tag, entry?.path]
        })
      for (
        const host of ["127.0.0.1:PORT", "http://127.0.0.1:PORT", "http://127.0.0.1:PORT/", ":PORT", "0.0.0.0:PORT"]
      ) {
        assert.deepStrictEqual((yield* asked(host))[1], "/v1/chat/completions")
      }
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema, Stream } from "effect"
import { Prompt, Tool } from "effect/ai"
import { Loom, RetryPolicy } from "loom-router"
import * as Moonshot from "loom-router/providers/Moonshot"
import { at, testKey } from "./contract.ts"
import { common, type Shaped, shapedBill, shapedContract, thoughtsIn } from "./shaped.ts"
import { bodies, failure, inWorld, type Setup } from "./world.ts"

const moonshot: Shaped = {
  key: "moonshot",
  apiKeyEnv: "MOONSHOT_API_KEY",
  route: "moonshot",
  layer: Moonshot.layer,
  defaults: { reasoning: "none" },
  models: { text: "kimi-k2.6", answersAs: "kimi-k2.6", reasoning: "kimi-k3" },
  maxOutputTokens: "max_completion_tokens",
  native: { prompt_cache_key: "tenant-7", safety_identifier: "weaver-7" },
  can: {
    ...common,
    temperature: undefined,
    topP: undefined,
    seed: undefined,
    presencePenalty: undefined,
    frequencyPenalty: undefined,
    parallelToolCalls: false,
    toolChoices: ["none", "named"],
    imageLinks: false,
    promptCache: { from: 256, key: (body) => body["prompt_cache_key"] },
    thoughts: thoughtsIn("reasoning_content"),
    requestIds: "of answers"
  }
}

shapedContract(moonshot)

shapedBill(moonshot, {
  voices: [
    { model: "kimi-k2.6", reasons: true, unforced: true, tiers: [], files: "images" },
    { model: "kimi-k2.7-code", reasons: true, unforced: true, tiers: [], files: "images" },
    { model: "kimi-k3", reasons: true, tiers: [], files: "images" },
    { model: "kimi-k3.1-pro-highspeed", reasons: true, tiers: [], files: "images" }
  ]
})

const setup: Setup = {
  providers: (sandbox) => ({
    moonshot: Moonshot.layer({ baseUrl: sandbox.baseUrl("moonshot"), apiKey: Redacted.make(testKey) })
  })
}
const hello = { model: "moonshot/kimi-k3", prompt: "Hello" } as const

describe("moonshot, as itself", () => {
  it.live("moonshot: each of its generations thinks as it can, and the answer says where it can't", () =>
    inWorld(setup, function*({ sandbox }) {
      const ask = (model: string, reasoning: "none" | "medium" | "max") =>
        Effect.map(
          Loom.generate({ provider: "moonshot", model, prompt: "Hello", reasoning }),
          ({ warnings }) => warnings
        )
      const warnings = [
        yield* ask("kimi-k2.6", "none"),
        yield* ask("kimi-k2.6", "medium"),
        yield* ask("kimi-k2.7-code", "none"),
        yield* ask("kimi-k2.7-code-highspeed", "max"),
        yield* ask("kimi-k3", "none"),
        yield* ask("kimi-k3.1-pro", "max")
      ]
      assert.deepStrictEqual(warnings.flat(), [
        "reasoning was raised from medium to high: there is none, high",
        "reasoning was raised from none to high: there is high",
        "reasoning was lowered from max to high: there is high",
        "reasoning was raised from none to low: there is low, high, max"
      ])
      assert.deepStrictEqual(
        (yield* bodies(sandbox)).map((body) => [at(body, "thinking", "type"), body["reasoning_effort"]]),
        [
          ["disabled", undefined],
          ["enabled", undefined],
          ["enabled", undefined],
          ["enabled", undefined],
          [undefined, "low"],
          [undefined, "max"]
        ]
      )
    }))

  it.live("moonshot: its models sample as they do, and the answer says so", () =>
    inWorld(setup, function*({ sandbox }) {
      const { warnings } = yield* Loom.generate({ ...hello, temperature: 0.5, presencePenalty: 1 })
      assert.deepStrictEqual(
        warnings,
        ["temperature", "presencePenalty"].map((name) =>
          `${name} was dropped: the models have their own, and take no other`
        )
      )
      assert.notProperty((yield* bodies(sandbox))[0], "temperature")
    }))

  it.live("moonshot: K3 can be made to call a tool, K2 can't", () =>
    inWorld(setup, function*() {
      const tools = [Tool.make("look", { parameters: Schema.Struct({ city: Schema.String }) })]
      const asked = { ...hello, tools, toolChoice: "required" } as const
      assert.strictEqual((yield* Loom.generate(asked)).finishReason, "tool-calls")
      const error = yield* failure(Loom.generate({ ...asked, model: "moonshot/kimi-k2.7-code" }))
      assert.deepInclude(error.reason, { _tag: "Unsupported", feature: "toolChoice" })
    }))

  it.live("moonshot: a file that was uploaded to it is linked to", () =>
    inWorld(setup, function*({ sandbox }) {
      const image = (data: URL) =>
        Loom.generate({
          ...hello,
          prompt: [{ role: "user", content: [{ type: "file", mediaType: "image/png", data }] }]
        })
      // The sandbox holds no files.
      yield* failure(image(new URL("ms://file-7")))
      assert.strictEqual(
        at((yield* bodies(sandbox))[0], "messages", 0, "content", 0, "image_url", "url"),
        "ms://file-7"
      )
    }))

  it.live("moonshot: thoughts of others stay where they are", () =>
    inWorld(setup, function*({ sandbox }) {
      yield* Loom.generate({
        ...hello,
        prompt: Prompt.make([
          { role: "user", content: "Hello" },
          {
            role: "assistant",
            content: [
              { type: "reasoning", text: "Hm.", options: { deepseek: { field: "reasoning_content" } } },
              { type: "text", text: "Hi." }
            ]
          },
          { role: "user", content: "Why?" }
        ])
      })
      assert.notInclude(JSON.stringify(yield* bodies(sandbox)), "Hm.")
    }))

  it.live("moonshot: its types of errors say what the status doesn't, in streams too", () =>
    inWorld(setup, function*({ sandbox }) {
      const once = { ...hello, retry: RetryPolicy.none } as const
      const cases = [
        { status: 403, code: "exceeded_current_quota_error", tag: "QuotaExceeded" },
        { status: 429, code: "exceeded_current_quota_error", tag: "QuotaExceeded" },
        { status: 429, code: "rate_limit_reached_error", tag: "RateLimited" },
        { status: 429, code: "engine_overloaded_error", tag: "Overloaded" }
      ]
      for (const { code, status, tag } of cases) {
        yield* sandbox.script({ respond: { status, code } })
        const error = yield* failure(Loom.generate(once))
        assert.deepStrictEqual([error.reason._tag, error.status], [tag, status])
        yield* sandbox.script({ fail: { afterEvents: 0, code } })
        assert.strictEqual((yield* failure(Stream.runDrain(Loom.stream(once)))).reason._tag, tag)
      }
    }))
})

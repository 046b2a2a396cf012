import { assert, describe, it } from "@effect/vitest"
import { Redacted, Schema } from "effect"
import { Prompt, Tool } from "effect/ai"
import { type GenerateOptions, Loom } from "loom-router"
import * as DeepSeek from "loom-router/providers/DeepSeek"
import { at, testKey } from "./contract.ts"
import { common, type Shaped, shapedBill, shapedContract, thoughtsIn } from "./shaped.ts"
import { billed, bodies, failure, inWorld, type Setup, spent } from "./world.ts"

const deepseek: Shaped = {
  key: "deepseek",
  apiKeyEnv: "DEEPSEEK_API_KEY",
  route: "deepseek",
  layer: DeepSeek.layer,
  defaults: { reasoning: "none" },
  models: { text: "deepseek-flash", answersAs: "deepseek-flash", reasoning: "deepseek-flash" },
  native: { user_id: "weaver-7" },
  can: {
    ...common,
    seed: undefined,
    parallelToolCalls: false,
    promptCache: { from: 128 },
    thoughts: thoughtsIn("reasoning_content"),
    requestIds: "of answers"
  }
}

shapedContract(deepseek)

shapedBill(deepseek, {
  voices: [
    { model: "deepseek-flash", reasons: true, tiers: [], files: "images" },
    { model: "deepseek-v4-flash", reasons: true, tiers: [], files: "images" },
    { model: "deepseek-v4-pro", reasons: true, tiers: [], files: "none" }
  ],
  // Two hours later the price may be another one, by the sandbox's clock alone.
  pause: "1 minute"
})

const setup: Setup = {
  providers: (sandbox) => ({
    deepseek: DeepSeek.layer({ baseUrl: sandbox.baseUrl("deepseek"), apiKey: Redacted.make(testKey) })
  })
}
const model = "deepseek/deepseek-flash"
const weather = Tool.make("lookup_weather", { parameters: Schema.Struct({ city: Schema.String }) })

describe("deepseek, as itself", () => {
  it.live("deepseek: thinks as much as it is told, and says where it can't", () =>
    inWorld(setup, function*({ sandbox }) {
      const asked = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const
      const warnings: Array<string> = []
      for (const reasoning of asked) {
        warnings.push(...(yield* Loom.generate({ model, prompt: "Hello", reasoning })).warnings)
      }
      const sent = (yield* bodies(sandbox)).map((body) => [at(body, "thinking", "type"), body["reasoning_effort"]])
      assert.deepStrictEqual(sent, [
        ["disabled", undefined],
        ["enabled", "low"],
        ["enabled", "low"],
        ["enabled", "high"],
        ["enabled", "high"],
        ["enabled", "max"],
        ["enabled", "max"]
      ])
      assert.deepStrictEqual(warnings, [
        "reasoning was raised from minimal to low: there is none, low, high, max",
        "reasoning was raised from medium to high: there is none, low, high, max",
        "reasoning was raised from xhigh to max: there is none, low, high, max"
      ])
    }))

  it.live("deepseek: what has no effect while it thinks is dropped, and the answer says so", () =>
    inWorld(setup, function*({ sandbox }) {
      const asked = { prompt: "Hello", temperature: 0.5, topP: 0.5, presencePenalty: 1, frequencyPenalty: 1 }
      const { warnings } = yield* Loom.generate({ ...asked, model })
      assert.deepStrictEqual(
        warnings,
        ["temperature", "topP", "presencePenalty", "frequencyPenalty"].map((name) =>
          `${name} was dropped: it has no effect while the model thinks`
        )
      )
      const [body] = yield* bodies(sandbox)
      assert.notProperty(body, "temperature")
      assert.notProperty(body, "top_p")
    }))

  it.live("deepseek: its thoughts go back with the calls of tools that they led to", () =>
    inWorld(setup, function*({ sandbox }) {
      const asked = { model, tools: [weather], reasoning: "high" } as const
      const prompt = Prompt.make("lookup_weather please")
      const first = yield* Loom.generate({ ...asked, prompt })
      const call = first.content.find((part) => part.type === "tool-call")
      assert(call !== undefined)
      const second = yield* Loom.generate({
        ...asked,
        prompt: Prompt.concat(
          Prompt.concat(prompt, Prompt.fromResponseParts(first.content)),
          Prompt.make([{
            role: "tool",
            content: [{ type: "tool-result", id: call.id, name: call.name, isFailure: false, result: "sunny" }]
          }])
        )
      })
      assert.include(second.text, "sunny")
      assert.deepStrictEqual(second.warnings, [])
      assert.strictEqual(spent([...first.attempts, ...second.attempts]), yield* billed(sandbox))
    }))

  const elsewhere: GenerateOptions.GenerateOptions = {
    model,
    tools: [weather],
    prompt: [
      { role: "user", content: "lookup_weather please" },
      {
        role: "assistant",
        content: [
          { type: "reasoning", text: "Hm.", options: { anthropic: { signature: "c2VhbA==" } } },
          { type: "tool-call", id: "call_1", name: "lookup_weather", params: { city: "Ulm" } }
        ]
      },
      {
        role: "tool",
        content: [{ type: "tool-result", id: "call_1", name: "lookup_weather", isFailure: false, result: "sunny" }]
      }
    ]
  }

  it.live("deepseek: doesn't think after calls of tools that another model thought of", () =>
    inWorld(setup, function*({ sandbox }) {
      const answer = yield* Loom.generate({ ...elsewhere, reasoning: "max" })
      assert.include(answer.text, "sunny")
      assert.deepStrictEqual(answer.warnings, [
        "reasoning was dropped: the calls of tools before it came without the model's thoughts"
      ])
      assert.strictEqual(answer.usage.outputReasoning, 0)
      const [body] = yield* bodies(sandbox)
      assert.notInclude(JSON.stringify(body), "Hm.")
      assert.deepStrictEqual((yield* Loom.generate({ ...elsewhere, reasoning: "none" })).warnings, [])
    }))

  it.live("deepseek: an object's schema is told in words, behind the caller's own", () =>
    inWorld(setup, function*({ sandbox }) {
      const schema = Schema.Struct({ city: Schema.String, degrees: Schema.optionalKey(Schema.Int) })
      yield* Loom.generateObject({ model, system: "Be brief.", prompt: "The weather?", schema })
      const [body] = yield* bodies(sandbox)
      assert.deepStrictEqual(body?.["response_format"], { type: "json_object" })
      assert.strictEqual(at(body, "messages", 0, "content"), "Be brief.")
      assert.strictEqual(at(body, "messages", 1, "role"), "system")
      assert.match(String(at(body, "messages", 1, "content")), /JSON Schema:\n\{.*"city"/)
      assert.strictEqual(at(body, "messages", 2, "role"), "user")
    }))

  it.live("deepseek: a strict tool isn't one there, and the answer says so", () =>
    inWorld(setup, function*({ sandbox }) {
      const answer = yield* Loom.generate({ model, prompt: "Hello", tools: [weather.annotate(Tool.Strict, true)] })
      assert.match(answer.warnings.join(), /^strict of lookup_weather was dropped/)
      assert.notProperty(at((yield* bodies(sandbox))[0], "tools", 0, "function"), "strict")
    }))

  it.live("deepseek: an empty account is failed over, and not asked again", () =>
    inWorld(setup, function*({ sandbox }) {
      yield* sandbox.script({ respond: { status: 402 } })
      const error = yield* failure(Loom.generate({ model, prompt: "Hello" }))
      assert.deepInclude(error.reason, { _tag: "QuotaExceeded", detail: "Insufficient Balance" })
      assert.isTrue(error.failover)
      assert.lengthOf(yield* sandbox.journal, 1)
    }))

  for (
    const [hour, factor] of [["00:59", 1], ["01:00", 2], ["03:59", 2], ["04:00", 1], ["06:00", 2], [
      "10:00",
      1
    ]] as const
  ) {
    it.live(`deepseek: the price of the hour is paid: ${hour}`, () =>
      inWorld({ ...setup, startsAt: Date.parse(`2026-11-23T${hour}:00Z`) }, function*({ sandbox }) {
        const { cost, usage } = yield* Loom.generate({ model, prompt: "[say: Hello]", reasoning: "none" })
        assert.strictEqual(cost.picoUsd, yield* billed(sandbox))
        assert.strictEqual(cost.picoUsd, factor * (usage.inputTokens * 150_000 + usage.outputTokens * 600_000))
      }))
  }
})

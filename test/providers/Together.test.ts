import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { Images, Loom } from "loom-router"
import * as Together from "loom-router/providers/Together"
import { at, testKey } from "./contract.ts"
import { imageContract } from "./imageContract.ts"
import { common, type Shaped, shapedBill, shapedContract, thoughtsIn } from "./shaped.ts"
import { billed, bodies, failure, inWorld, type Setup } from "./world.ts"

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

imageContract({
  key: "together",
  apiKeyEnv: "TOGETHER_API_KEY",
  providers: (sandbox, options) => ({ together: Together.layer({ baseUrl: sandbox.baseUrl("together"), ...options }) }),
  model: "black-forest-labs/FLUX.1-kontext-pro",
  size: { asked: { size: "256x144" }, width: 256, height: 144 },
  mediaType: "image/jpeg",
  formats: ["png", "jpeg"],
  refuses: [
    ["aspectRatio", { size: undefined, aspectRatio: "50:1" }],
    ["format", { format: "webp" }],
    ["quality", { quality: "high" }],
    ["background", { background: "transparent" }],
    ["n", { n: 5 }]
  ],
  wire: {
    prompt: ({ prompt }) => prompt,
    seed: ({ seed }) => seed,
    negativePrompt: ({ negative_prompt }) => negative_prompt
  },
  native: { options: { steps: 4 }, at: ({ steps }) => steps },
  can: {
    n: "at once",
    edit: { arrived: ({ image_url }) => image_url === undefined ? 0 : 1 },
    givesLinks: true,
    mask: { unsupported: "facts 14: no mask" },
    job: false,
    link: false,
    partials: false,
    moderation: { input: "maybe", output: "maybe" },
    repeated: [429, 500, 503]
  }
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

  it.live("together: texts and images of one provider, each in its own way", () =>
    inWorld(setup, function*({ sandbox }) {
      const text = yield* Loom.generate({ model: "together/zai-org/GLM-5.3", prompt: "Hello" })
      const image = yield* Loom.generate({
        model: "together/black-forest-labs/FLUX.1-schnell",
        prompt: "A loom",
        aspectRatio: "16:9"
      })
      assert.isNotEmpty(text.text)
      assert.deepStrictEqual(image.images.map(Images.dimensions), [{ width: 1280, height: 720 }])
      assert.strictEqual((text.cost.picoUsd ?? 0) + (image.cost.picoUsd ?? 0), yield* billed(sandbox))
      assert.isBelow(JSON.stringify(image.native).length, 300)
    }))

  it.live("together: pictures to start from, by what a model takes", () =>
    inWorld(setup, function*({ sandbox }) {
      const ask = (model: string, count: number) =>
        Loom.generate({
          provider: "together",
          model: `black-forest-labs/${model}`,
          size: "64x64",
          prompt: [{
            role: "user",
            content: [
              { type: "text", text: "As a woodcut" },
              ...Array.from({ length: count }, (_, index) => ({
                type: "file" as const,
                mediaType: "image/png",
                data: new URL(`https://pictures.example/${index}.png`)
              }))
            ]
          }]
        })
      yield* ask("FLUX.2-pro", 2)
      yield* ask("FLUX.1-kontext-max", 1)
      assert.deepStrictEqual(
        (yield* bodies(sandbox)).map(({ image_url, reference_images }) => [image_url, reference_images]),
        [
          [undefined, ["https://pictures.example/0.png", "https://pictures.example/1.png"]],
          ["https://pictures.example/0.png", undefined]
        ]
      )
      const refused = [yield* failure(ask("FLUX.1-kontext-max", 2)), yield* failure(ask("FLUX.1-schnell", 1))]
      assert.deepStrictEqual(
        refused.map(({ reason }) => Reflect.get(reason, "field") ?? Reflect.get(reason, "feature")),
        ["prompt", "edit"]
      )
      assert.lengthOf(yield* sandbox.journal, 2)
    }))

  it.live("together: a picture behind a link, where it is asked for so", () =>
    inWorld(setup, function*({ sandbox }) {
      const answer = yield* Loom.generate({
        model: "together/black-forest-labs/FLUX.1-schnell",
        prompt: "A loom",
        size: "64x64",
        native: { response_format: "url" }
      })
      assert.deepStrictEqual(answer.images.map(Images.dimensions), [{ width: 64, height: 64 }])
      assert.deepStrictEqual((yield* sandbox.journal).map(({ step }) => step), ["submit", "link"])
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import { type GenerateOptions, Images, Loom, RetryPolicy } from "loom-router"
import * as ByteDance from "loom-router/providers/ByteDance"
import { at, testKey } from "./contract.ts"
import { imageContract } from "./imageContract.ts"
import { common, type Shaped, shapedBill, shapedContract, thoughtsIn } from "./shaped.ts"
import { billed, bodies, failure, inWorld, type Setup } from "./world.ts"

const bytedance: Shaped = {
  key: "bytedance",
  apiKeyEnv: "ARK_API_KEY",
  route: "bytedance",
  layer: ByteDance.layer,
  defaults: { reasoning: "none" },
  models: { text: "seed-2-1-turbo", answersAs: "seed-2-1-turbo", reasoning: "seed-2-1-turbo" },
  maxOutputTokens: "max_completion_tokens",
  native: { logit_bias: { 7: 1 } },
  can: {
    ...common,
    seed: undefined,
    thoughts: thoughtsIn("reasoning_content"),
    requestIds: "of answers"
  }
}

shapedContract(bytedance)

shapedBill(bytedance, {
  reads: false,
  voices: [
    { model: "seed-2-1-turbo", reasons: true, samples: true, tiers: ["auto", "default"], files: "images" },
    { model: "seed-2-0-lite-260228", reasons: true, samples: true, tiers: [], files: "images" },
    { model: "seed-2.0-code", reasons: true, tiers: [], files: "images" },
    { model: "seed-1.6-flash", reasons: true, tiers: [], files: "images" }
  ]
})

imageContract({
  key: "bytedance",
  apiKeyEnv: "ARK_API_KEY",
  providers: (sandbox, options) => ({
    bytedance: ByteDance.layer({ baseUrl: sandbox.baseUrl("bytedance"), ...options })
  }),
  model: "seedream-5.5",
  size: { asked: { size: "1280x720" }, width: 1280, height: 720 },
  mediaType: "image/jpeg",
  formats: ["png", "jpeg"],
  refuses: [
    ["size", { size: "640x480" }],
    ["format", { format: "webp" }],
    ["quality", { quality: "high" }],
    ["background", { background: "transparent" }],
    ["negativePrompt", { negativePrompt: "people" }],
    ["seed", { seed: 7 }],
    ["n", { n: 11 }]
  ],
  wire: { prompt: ({ prompt }) => prompt },
  native: { options: { watermark: false }, at: ({ watermark }) => watermark },
  can: {
    n: "one by one",
    edit: { arrived: ({ image }) => Array.isArray(image) ? image.length : 0 },
    givesLinks: true,
    mask: { unsupported: "facts 6: no mask" },
    job: false,
    link: true,
    partials: false,
    moderation: { input: "maybe", output: "maybe" },
    repeated: [429, 500, 503]
  }
})

const setup: Setup = {
  providers: (sandbox) => ({
    bytedance: ByteDance.layer({ baseUrl: sandbox.baseUrl("bytedance"), apiKey: Redacted.make(testKey) })
  })
}
const hello = { model: "bytedance/seed-2-1-turbo", prompt: "Hello" } as const

describe("bytedance, as itself", () => {
  it.live("bytedance: thinks as much as it is told", () =>
    inWorld(setup, function*({ sandbox }) {
      const warnings: Array<string> = []
      for (const reasoning of ["none", "minimal", "low", "medium", "high", "max"] as const) {
        warnings.push(...(yield* Loom.generate({ ...hello, reasoning })).warnings)
      }
      assert.deepStrictEqual(
        (yield* bodies(sandbox)).map((body) => [at(body, "thinking", "type"), body["reasoning_effort"]]),
        [
          ["disabled", undefined],
          ["enabled", "minimal"],
          ["enabled", "low"],
          ["enabled", "medium"],
          ["enabled", "high"],
          ["enabled", "high"]
        ]
      )
      assert.deepStrictEqual(warnings, [
        "reasoning was lowered from max to high: there is none, minimal, low, medium, high"
      ])
    }))

  it.live("bytedance: stops nowhere while it thinks, and at four marks otherwise", () =>
    inWorld(setup, function*({ sandbox }) {
      const wrong: ReadonlyArray<Partial<GenerateOptions.Common>> = [
        { stop: ["a"] },
        { stop: ["a"], reasoning: "low" },
        { stop: ["a", "b", "c", "d", "e"], reasoning: "none" }
      ]
      for (const options of wrong) {
        const error = yield* failure(Loom.generate({ ...hello, ...options }))
        assert.deepInclude(error.reason, { _tag: "Unsupported", feature: "stop" })
      }
      assert.deepStrictEqual(yield* sandbox.journal, [])
      yield* Loom.generate({ ...hello, reasoning: "none", stop: ["a", "b", "c", "d"] })
    }))

  it.live("bytedance: a model by its date is asked by it, and paid as the model", () =>
    inWorld(setup, function*({ sandbox }) {
      const { cost, model } = yield* Loom.generate({ ...hello, model: "bytedance/seed-2-0-lite-260228" })
      assert.deepStrictEqual([model, cost.price?.model], ["seed-2-0-lite-260228", "seed-2.0-lite"])
      assert.strictEqual(cost.picoUsd, Number((yield* sandbox.bill)[0]?.amount))
    }))

  it.live("bytedance: the tier that answered is told, and one that isn't there is refused", () =>
    inWorld(setup, function*() {
      const answer = yield* Loom.generate({ ...hello, serviceTier: "auto" })
      assert.deepStrictEqual([answer.serviceTier, answer.cost.status], ["default", "measured"])
      const error = yield* failure(Loom.generate({ ...hello, serviceTier: "flex" }))
      assert.strictEqual(error.reason._tag, "InvalidRequest")
    }))

  it.live("bytedance: its codes say what the status doesn't", () =>
    inWorld(setup, function*({ sandbox }) {
      const cases = [
        { status: 403, code: "AccountOverdueError", tag: "QuotaExceeded" },
        { status: 429, code: "QuotaExceeded", tag: "QuotaExceeded" },
        { status: 429, code: undefined, tag: "RateLimited" },
        { status: 400, code: "SensitiveContentDetected", tag: "ContentFiltered" }
      ]
      for (const { code, status, tag } of cases) {
        yield* sandbox.script({ respond: { status, code } })
        const error = yield* failure(
          Loom.generate({ ...hello, retry: RetryPolicy.none })
        )
        assert.deepStrictEqual([error.reason._tag, error.status], [tag, status])
      }
    }))

  it.live("bytedance: a set of images is one request, and says what was withheld", () =>
    inWorld(setup, function*({ sandbox }) {
      const answer = yield* Loom.generate({
        model: "bytedance/seedream-4.0",
        prompt: "A loom, in three seasons [block one]",
        size: "1280x720",
        native: { sequential_image_generation: "auto", sequential_image_generation_options: { max_images: 3 } }
      })
      assert.lengthOf(answer.images, 2)
      assert.lengthOf(answer.warnings, 1)
      assert.include(answer.warnings[0], "OutputImageSensitiveContentDetected")
      assert.strictEqual(answer.cost.picoUsd, 60_000_000_000)
      assert.strictEqual(answer.cost.picoUsd, yield* billed(sandbox))
    }))

  it.live("bytedance: a model takes the sizes that are its own", () =>
    inWorld(setup, function*({ sandbox }) {
      for (const [model, size] of [["seedream-4.5", "1280x720"], ["seedream-5.0-pro", "4096x2048"]] as const) {
        const error = yield* failure(Loom.generate({ model: `bytedance/${model}`, prompt: "A loom", size }))
        assert.deepInclude(error.reason, { _tag: "InvalidRequest", field: "size" })
      }
      const old = yield* failure(Loom.generate({ model: "bytedance/seedream-4.5", prompt: "A loom", format: "png" }))
      assert.deepInclude(old.reason, { _tag: "Unsupported", feature: "format" })
      assert.deepStrictEqual(yield* sandbox.journal, [])
      const [image] =
        (yield* Loom.generate({ model: "bytedance/seedream-4.5", prompt: "A loom", aspectRatio: "16:9" })).images
      assert.deepStrictEqual(image && Images.dimensions(image), { width: 2816, height: 1584 })
    }))
})

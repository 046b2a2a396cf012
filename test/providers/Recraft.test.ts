import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { Catalog, Images, Loom } from "loom-router"
import * as Recraft from "loom-router/providers/Recraft"
import { testKey } from "./contract.ts"
import { imageContract } from "./imageContract.ts"
import { billed, bodies, failure, inWorld, type Setup } from "./world.ts"

imageContract({
  key: "recraft",
  apiKeyEnv: "RECRAFT_API_TOKEN",
  providers: (sandbox, options) => ({ recraft: Recraft.layer({ baseUrl: sandbox.baseUrl("recraft"), ...options }) }),
  model: "recraftv4_1",
  size: { asked: { size: "1024x1024" }, width: 1024, height: 1024 },
  mediaType: "image/webp",
  formats: [],
  refuses: [
    ["format", { format: "png" }],
    ["quality", { quality: "high" }],
    ["background", { background: "transparent" }],
    ["negativePrompt", { negativePrompt: "people" }],
    ["n", { n: 7 }]
  ],
  wire: { prompt: ({ prompt }) => prompt, seed: ({ random_seed }) => random_seed },
  native: {
    options: { controls: { colors: [{ rgb: [255, 142, 60] }], no_text: true } },
    at: ({ controls }) => controls
  },
  can: {
    n: "at once",
    edit: { unsupported: "facts 11: /images/generations" },
    givesLinks: false,
    mask: { unsupported: "facts 11: /images/generations" },
    job: false,
    link: true,
    partials: false,
    moderation: { input: "maybe", output: { unsupported: "facts 11: one refusal" } },
    repeated: [429, 500, 503]
  }
})

const setup: Setup = {
  providers: (sandbox) => ({
    recraft: Recraft.layer({ baseUrl: sandbox.baseUrl("recraft"), apiKey: Redacted.make(testKey) })
  })
}

describe("recraft, as itself", () => {
  it.live("recraft: a ratio goes where a size does, and each model has its own", () =>
    inWorld(setup, function*({ sandbox }) {
      const asks = [
        { model: "recraft/recraftv4_1", aspectRatio: "16:9" },
        { model: "recraft/recraftv3", aspectRatio: "16:9" },
        { model: "recraft/recraftv3", size: "1365x1024" }
      ] as const
      const answers = yield* Effect.forEach(asks, (ask) => Loom.generate({ ...ask, prompt: "A loom" }))
      assert.deepStrictEqual(answers.map(({ images: [image] }) => image && Images.dimensions(image)), [
        { width: 1344, height: 768 },
        { width: 1820, height: 1024 },
        { width: 1365, height: 1024 }
      ])
      const sizes = (yield* bodies(sandbox)).map(({ size }) => size).filter((size) => size !== undefined)
      assert.deepStrictEqual(sizes, ["16:9", "16:9", "1365x1024"])
      const error = yield* failure(
        Loom.generate({ model: "recraft/recraftv4_1", prompt: "A loom", size: "1365x1024" })
      )
      assert.strictEqual(error.reason._tag, "InvalidRequest")
      assert.include(error.why, "1365x1024")
      assert.strictEqual(error.attempts[0]?.billed, "no")
    }))

  it.live("recraft: a style and a negative prompt, where a model has them", () =>
    inWorld(setup, function*({ sandbox }) {
      const style = { style: "digital_illustration" }
      yield* Loom.generate({
        model: "recraft/recraftv3",
        prompt: "A loom",
        negativePrompt: "people",
        native: style
      })
      assert.deepInclude((yield* bodies(sandbox))[0], { ...style, negative_prompt: "people" })
    }))

  it.live("recraft: what it says that it charges is the cost, and the catalog's prices say the same", () =>
    inWorld(setup, function*({ sandbox }) {
      const models = Catalog.models(Catalog.bundled, { provider: "recraft" }).map(({ id }) => id)
        .filter((id) => !id.endsWith("_vector"))
      const costs = (isTold: boolean) =>
        Effect.forEach(models, (model) =>
          Effect.gen(function*() {
            if (!isTold) yield* sandbox.script({ step: "submit", drop: ["usage"] })
            const { cost } = yield* Loom.generate({ provider: "recraft", model, prompt: "A loom" })
            assert.strictEqual(cost.reportedUsd !== undefined, isTold)
            assert.strictEqual(cost.status, "measured")
            return cost.picoUsd
          }))
      const told = yield* costs(true)
      assert.strictEqual(told.reduce<number>((sum, picoUsd) => sum + (picoUsd ?? 0), 0), yield* billed(sandbox))
      assert.deepStrictEqual(yield* costs(false), told)
    }))

  it.live("recraft: pictures in the answer, where they are asked for so, and not once more in `native`", () =>
    inWorld(setup, function*({ sandbox }) {
      const { images: [image], native } = yield* Loom.generate({
        model: "recraft/recraftv4_1",
        prompt: "A loom",
        native: { response_format: "b64_json" }
      })
      assert.strictEqual(image?.mediaType, "image/webp")
      assert.isBelow(JSON.stringify(native).length, 200)
      assert.lengthOf(yield* sandbox.journal, 1)
    }))

  it.live("recraft: an account without units is failed over, and not asked again", () =>
    inWorld(setup, function*({ sandbox }) {
      yield* sandbox.script({ respond: { status: 402 } })
      const error = yield* failure(Loom.generate({ model: "recraft/recraftv4_1", prompt: "A loom" }))
      assert.strictEqual(error.reason._tag, "QuotaExceeded")
      assert.isTrue(error.failover)
      assert.lengthOf(yield* sandbox.journal, 1)
    }))
})

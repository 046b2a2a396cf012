import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import { type GenerateOptions, Loom } from "loom-router"
import * as Ideogram from "loom-router/providers/Ideogram"
import { testKey } from "./contract.ts"
import { imageContract } from "./imageContract.ts"
import { billed, bodies, failure, inWorld, type Setup, spent } from "./world.ts"

imageContract({
  key: "ideogram",
  apiKeyEnv: "IDEOGRAM_API_KEY",
  providers: (sandbox, options) => ({
    ideogram: Ideogram.layer({ baseUrl: sandbox.baseUrl("ideogram"), ...options })
  }),
  model: "ideogram-4-5",
  size: { asked: { size: "320x256" }, width: 320, height: 256 },
  mediaType: "image/png",
  formats: [],
  refuses: [
    ["size", { size: "1000x1000" }],
    ["aspectRatio", { size: undefined, aspectRatio: "7:1" }],
    ["format", { format: "png" }],
    ["quality", { quality: "hd" }],
    ["background", { background: "transparent" }],
    ["negativePrompt", { negativePrompt: "people" }],
    ["n", { n: 9 }]
  ],
  wire: {
    prompt: ({ prompt }) => prompt,
    seed: ({ seed }) => seed,
    quality: { asked: "low", at: ({ quality }) => quality }
  },
  native: { options: { magic_prompt: "off" }, at: (body) => body["magic_prompt"] },
  can: {
    n: "at once",
    edit: { arrived: ({ images }) => [images].flat().filter((file) => file !== undefined).length },
    givesLinks: false,
    mask: { unsupported: "facts 5: black where it is to change, not transparent" },
    job: false,
    link: true,
    partials: false,
    moderation: { input: "no", output: "yes" },
    withholdsOne: true,
    repeated: [429, 500, 503]
  }
})

const setup: Setup = {
  providers: (sandbox) => ({
    ideogram: Ideogram.layer({ baseUrl: sandbox.baseUrl("ideogram"), apiKey: Redacted.make(testKey) })
  })
}

const pixel = new Uint8Array(
  Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64"
  )
)

const edit: GenerateOptions.Common["prompt"] = [{
  role: "user",
  content: [{ type: "text", text: "As a woodcut" }, { type: "file", mediaType: "image/png", data: pixel }]
}]

describe("ideogram, as itself", () => {
  it.live("ideogram: every model is asked where it is, in its own words", () =>
    inWorld(setup, function*({ sandbox }) {
      const asked = [
        { model: "ideogram/ideogram-3", size: "512x512", quality: "flash", negativePrompt: "people", seed: 7, n: 2 },
        { model: "ideogram/ideogram-4", prompt: edit, size: "2048x2048", quality: "turbo" },
        { model: "ideogram/ideogram-3", prompt: edit, size: "512x512", native: { image_weight: 50 } },
        { model: "ideogram/ideogram-4-5", prompt: edit, size: "512x512", quality: "very_low" }
      ] as const
      let costs = 0
      for (const options of asked) {
        const { cost, images } = yield* Loom.generate({ prompt: "A loom", ...options })
        assert.strictEqual(cost.status, "measured")
        assert.isNotEmpty(images)
        costs += cost.picoUsd ?? 0
      }
      assert.strictEqual(costs, yield* billed(sandbox))
      const paths = (yield* sandbox.journal).flatMap(({ path, step }) => step === "submit" ? [path] : [])
      assert.deepStrictEqual(paths.map((path) => path.slice(path.search(/v\d/))), [
        "v1/ideogram-v3/generate",
        "v1/ideogram-v4/remix",
        "v1/ideogram-v3/remix",
        "v2/image/generate/ideogram-4-5"
      ])
      const [first] = yield* bodies(sandbox)
      assert.deepInclude(first, { rendering_speed: "FLASH", negative_prompt: "people", seed: "7", num_images: "2" })
    }))

  it.live("ideogram: what nobody said is priced as what the vendor takes then", () =>
    inWorld(setup, function*({ sandbox }) {
      const { cost } = yield* Loom.generate({ model: "ideogram/ideogram-4-5", prompt: "A loom", size: "320x256" })
      assert.deepStrictEqual([cost.status, cost.picoUsd], ["measured", 100_000_000_000])
      assert.strictEqual(cost.picoUsd, yield* billed(sandbox))
    }))

  it.live("ideogram: a set of which all is withheld is paid for as a whole", () =>
    inWorld(setup, function*({ sandbox }) {
      const error = yield* failure(
        Loom.generate({
          model: "ideogram/ideogram-4-5",
          prompt: "[block output]",
          size: "320x256",
          n: 3,
          quality: "low"
        })
      )
      assert.strictEqual(error.reason._tag, "ContentFiltered")
      assert.strictEqual(spent(error.attempts), 90_000_000_000)
      assert.strictEqual(spent(error.attempts), yield* billed(sandbox))
    }))

  it.live("ideogram: says why it refuses", () =>
    inWorld(setup, function*({ sandbox }) {
      yield* sandbox.script({
        step: "submit",
        respond: { status: 402, body: { error: "Not enough credits", reject_reason: "insufficient_funds" } }
      })
      const error = yield* failure(Loom.generate({ model: "ideogram/ideogram-4-5", prompt: "A loom" }))
      assert.strictEqual(error.reason._tag, "QuotaExceeded")
      assert.include(error.message, "Not enough credits (insufficient_funds)")
    }))
})

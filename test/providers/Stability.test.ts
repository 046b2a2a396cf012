import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { Images, Loom } from "loom-router"
import * as Stability from "loom-router/providers/Stability"
import { testKey } from "./contract.ts"
import { imageContract } from "./imageContract.ts"
import { billed, failure, inWorld, type Setup } from "./world.ts"

imageContract({
  key: "stability",
  apiKeyEnv: "STABILITY_API_KEY",
  providers: (sandbox, options) => ({
    stability: Stability.layer({ baseUrl: sandbox.baseUrl("stability"), ...options })
  }),
  model: "stable-image-ultra",
  size: { asked: { aspectRatio: "1:1" }, width: 1024, height: 1024 },
  mediaType: "image/png",
  formats: ["png", "jpeg", "webp"],
  refuses: [
    ["size", { aspectRatio: undefined, size: "1024x1024" }],
    ["aspectRatio", { aspectRatio: "4:3" }],
    ["quality", { quality: "high" }],
    ["background", { background: "transparent" }],
    ["seed", { seed: 4_294_967_295 }],
    ["seed", { seed: 0 }],
    ["n", { n: 11 }]
  ],
  wire: {
    // A form ends its lines so.
    prompt: ({ prompt }) => String(prompt).replaceAll("\r\n", "\n"),
    seed: ({ seed }) => seed,
    negativePrompt: ({ negative_prompt }) => negative_prompt
  },
  native: { options: { style_preset: "pixel-art" }, at: ({ style_preset }) => style_preset },
  can: {
    n: "one by one",
    edit: { arrived: ({ image }) => [image].flat().filter((file) => file !== undefined).length },
    givesLinks: false,
    mask: { unsupported: "facts 10: its fields" },
    job: false,
    link: false,
    partials: false,
    moderation: { input: "maybe", output: "maybe" },
    repeated: [429, 500, 503]
  }
})

const setup: Setup = {
  providers: (sandbox) => ({
    stability: Stability.layer({ baseUrl: sandbox.baseUrl("stability"), apiKey: Redacted.make(testKey) })
  })
}

const pixel = new Uint8Array(
  Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64"
  )
)

const withPictures = (count: number) => [{
  role: "user" as const,
  content: [
    { type: "text" as const, text: "As a woodcut" },
    ...Array.from({ length: count }, () => ({ type: "file" as const, mediaType: "image/png", data: pixel }))
  ]
}]

describe("stability, as itself", () => {
  it.live("stability: each of its models is asked where it is, and costs what is on the bill", () =>
    inWorld(setup, function*({ sandbox }) {
      const models = ["stable-image-ultra", "stable-image-core", "sd3.5-large", "sd3.5-large-turbo", "sd3.5-medium"]
      const answers = yield* Effect.forEach(
        models,
        (model) => Loom.generate({ provider: "stability", model, prompt: "A loom", aspectRatio: "16:9" })
      )
      assert.deepStrictEqual(Images.dimensions(answers[0]?.images[0] ?? assert.fail()), { width: 1344, height: 768 })
      assert.strictEqual(
        answers.reduce((sum, { cost }) => sum + (cost.picoUsd ?? 0), 0),
        yield* billed(sandbox)
      )
      assert.deepStrictEqual(
        (yield* sandbox.journal).map(({ body, path }) => [path.split("/").at(-1), Object(body).model]),
        [
          ["ultra", undefined],
          ["core", undefined],
          ["sd3", "sd3.5-large"],
          ["sd3", "sd3.5-large-turbo"],
          ["sd3", "sd3.5-medium"]
        ]
      )
    }))

  it.live("stability: a picture to start from, by what each model takes", () =>
    inWorld(setup, function*({ sandbox }) {
      yield* Loom.generate({ model: "stability/sd3.5-medium", prompt: withPictures(1) })
      yield* Loom.generate({
        model: "stability/stable-image-ultra",
        prompt: withPictures(1),
        native: { strength: 0.8 }
      })
      const sent = (yield* sandbox.journal).map(({ body }) => Object(body))
      assert.deepStrictEqual(sent.map(({ mode, strength }) => [mode, String(strength)]), [
        ["image-to-image", "0.5"],
        [undefined, "0.8"]
      ])
      const refused = yield* Effect.forEach(
        [
          { model: "stability/sd3.5-medium", prompt: withPictures(1), aspectRatio: "16:9" },
          { model: "stability/stable-image-ultra", prompt: withPictures(2) },
          { model: "stability/stable-image-core", prompt: withPictures(1) }
        ] as const,
        (options) => failure(Loom.generate(options))
      )
      assert.deepStrictEqual(
        refused.map(({ reason }) => Reflect.get(reason, "field") ?? Reflect.get(reason, "feature")),
        [
          "aspectRatio",
          "prompt",
          "edit"
        ]
      )
      assert.lengthOf(yield* sandbox.journal, 2)
    }))

  it.live("stability: its errors in its words, with its id", () =>
    inWorld(setup, function*({ sandbox }) {
      yield* sandbox.script({ respond: { status: 402 } })
      const broke = yield* failure(Loom.generate({ model: "stability/stable-image-core", prompt: "A loom" }))
      assert.strictEqual(broke.reason._tag, "QuotaExceeded")
      assert.isTrue(broke.failover)
      const long = yield* failure(
        Loom.generate({ model: "stability/stable-image-core", prompt: "x".repeat(10_001) })
      )
      assert.strictEqual(long.reason._tag, "InvalidRequest")
      assert.include(long.why, "between 1 and 10000 characters")
      assert.isNotEmpty(long.requestId)
    }))
})

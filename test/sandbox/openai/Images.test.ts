import { assert, describe, it } from "@effect/vitest"
import { type OpenAI, toFile } from "openai"
import { call, collect, collectUntilFailure, driven, failure } from "../driven.ts"
import { blob, ofBase64, picture } from "../images/imaged.ts"

const file = (width: number, height: number, format: "png" | "jpeg" = "png") =>
  toFile(picture(width, height, format), `cube.${format}`, { type: `image/${format}` })

describe("images of OpenAI", () => {
  it.effect("are base64 of the size and format that was asked for, charged by their tokens", () =>
    driven(function*({ openai, sandbox }) {
      const reply = yield* call(() =>
        openai.images.generate({
          model: "gpt-image-2",
          prompt: "a red cube",
          size: "1024x1024",
          quality: "low",
          output_format: "webp",
          n: 2
        })
      )
      assert.deepStrictEqual(reply.data?.map(({ b64_json }) => ofBase64(b64_json!)), [
        "webp 1024x1024",
        "webp 1024x1024"
      ])
      assert.notStrictEqual(reply.data?.[0]?.b64_json, reply.data?.[1]?.b64_json)
      assert.deepInclude(reply, { quality: "low", size: "1024x1024", output_format: "webp", background: "opaque" })
      assert.deepStrictEqual(reply.usage, {
        input_tokens: 9,
        input_tokens_details: { text_tokens: 9, image_tokens: 0 },
        output_tokens: 392,
        output_tokens_details: { text_tokens: 0, image_tokens: 392 },
        total_tokens: 401
      })
      const [entry] = yield* sandbox.bill
      // 9 tokens of text at 5 USD a million, 392 of images at 30.
      assert.strictEqual(entry?.amount, 9n * 5_000_000n + 392n * 30_000_000n)
      assert.deepInclude((yield* sandbox.journal)[0], { step: "submit", charged: true })
    }))

  it.effect("are edited from files, whose tokens are charged apart", () =>
    driven(function*({ openai, sandbox }) {
      const image = [yield* call(() => file(256, 128)), yield* call(() => file(640, 640, "jpeg"))]
      const mask = yield* call(() => file(256, 128))
      const reply = yield* call(() =>
        openai.images.edit({ model: "gpt-image-1.5", prompt: "a blue cube", image, mask, size: "1536x1024", n: 1 })
      )
      assert.strictEqual(ofBase64(reply.data?.[0]?.b64_json ?? ""), "png 1536x1024")
      assert.deepStrictEqual(reply.usage?.input_tokens_details, { text_tokens: 9, image_tokens: 8 + 100 + 8 })
      const [entry] = yield* sandbox.bill
      assert.strictEqual(entry?.amount, 9n * 5_000_000n + 116n * 8_000_000n + 1584n * 32_000_000n)
      assert.deepInclude((yield* sandbox.journal)[0]?.body, { prompt: "a blue cube", model: "gpt-image-1.5" })
    }))

  it.effect("come in parts before they are whole", () =>
    driven(function*({ openai, sandbox }) {
      const events = yield* collect(() =>
        openai.images.generate({
          model: "gpt-image-2.6-flare",
          prompt: "a red cube",
          size: "256x256",
          stream: true,
          partial_images: 2
        })
      )
      assert.deepStrictEqual(events.map(({ type }) => type), [
        "image_generation.partial_image",
        "image_generation.partial_image",
        "image_generation.completed"
      ])
      assert.strictEqual(new Set(events.map(({ b64_json }) => b64_json)).size, 3)
      assert.deepStrictEqual(events.map(({ b64_json }) => ofBase64(b64_json)), Array(3).fill("png 256x256"))
      const last = events[2]
      // 1767 tokens for 1024×1024, a sixteenth of it here, and 100 a part.
      assert.strictEqual(last?.type === "image_generation.completed" && last.usage.output_tokens, 110 + 200)
      assert.strictEqual((yield* sandbox.bill)[0]?.amount, 9n * 5_000_000n + 310n * 30_000_000n)
    }))

  it.effect("leave out what a fault has them leave out", () =>
    driven(function*({ openai, sandbox }) {
      const ask = { model: "gpt-image-2", prompt: "a red cube", size: "64x64" }
      yield* sandbox.script({ drop: ["usage"], stream: false }, { drop: ["terminal"], stream: true })
      const reply = yield* call(() => openai.images.generate(ask))
      assert.isUndefined(reply.usage)
      const events = yield* collect(() => openai.images.generate({ ...ask, stream: true, partial_images: 1 }))
      assert.deepStrictEqual(events.map(({ type }) => type), ["image_generation.partial_image"])
      assert.strictEqual((yield* sandbox.bill).length, 2)
    }))

  it.effect("are blocked by an error, which costs nothing", () =>
    driven(function*({ openai, sandbox }) {
      for (const mark of ["[block input]", "[block output]"]) {
        const error = yield* failure(() => openai.images.generate({ model: "gpt-image-2", prompt: mark }))
        assert.deepInclude(error, { status: 400, code: "moderation_blocked", type: "image_generation_user_error" })
        const streamed = yield* collectUntilFailure(() =>
          openai.images.generate({ model: "gpt-image-2", prompt: mark, stream: true, partial_images: 1 })
        )
        assert.strictEqual(streamed.items.length, 1)
        assert.isDefined(streamed.error)
      }
      assert.deepStrictEqual(yield* sandbox.bill, [])
    }))

  it.effect("are refused with what their model doesn't take", () =>
    driven(function*({ openai, sandbox }) {
      const refused = function*(param: string, rest: object, model = "gpt-image-2") {
        const error = yield* failure(() => openai.images.generate({ model, prompt: "x", ...rest }))
        assert.deepStrictEqual([error.status, error.param], [400, param])
      }
      yield* refused("response_format", { response_format: "url" })
      yield* refused("seed", { seed: 1 })
      yield* refused("size", { size: "1000x1000" })
      yield* refused("size", { size: "4096x1024" })
      yield* refused("size", { size: "2048x2048" }, "gpt-image-1.5")
      yield* refused("quality", { quality: "max" })
      yield* refused("background", { background: "transparent", output_format: "jpeg" })
      yield* refused("output_compression", { output_compression: 50 })
      yield* refused("n", { n: 11 })
      yield* refused("partial_images", { partial_images: 1 })
      const unknown = yield* failure(() => openai.images.generate({ model: "dall-e-3", prompt: "x" }))
      assert.deepInclude(unknown, { status: 404, code: "model_not_found" })
      const image = yield* call(() => file(64, 64))
      const mask = yield* call(() => file(32, 32))
      const edits: ReadonlyArray<Omit<OpenAI.Images.ImageEditParamsNonStreaming, "model" | "prompt">> = [
        { image, mask },
        { image: blob(Buffer.from("no picture")) },
        { image, input_fidelity: "high" },
        { image, markup: mask }
      ]
      for (const rest of edits) {
        const error = yield* failure(() => openai.images.edit({ model: "gpt-image-2", prompt: "x", ...rest }))
        assert.strictEqual(error.status, 400)
      }
      assert.deepStrictEqual(yield* sandbox.bill, [])
    }))
})

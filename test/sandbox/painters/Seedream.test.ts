import { assert, describe, it } from "@effect/vitest"
import { bearer, dataUri, dollars, imaged, measured, ofBase64, picture } from "../images/imaged.ts"

const ark = { provider: "bytedance", auth: bearer } as const

describe("seedream", () => {
  it.effect("makes a set, of which some may be withheld", () =>
    imaged(ark, function*({ amounts, post, send }) {
      const { body } = yield* post("/images/generations", {
        model: "seedream-4-5-251128",
        prompt: "a red cube [block one]",
        sequential_image_generation: "auto",
        sequential_image_generation_options: { max_images: 2 }
      })
      assert.strictEqual(body.data[0].error.code, "OutputImageSensitiveContentDetected")
      assert.strictEqual(body.data[1].size, "2048x2048")
      assert.strictEqual(measured((yield* send(body.data[1].url)).bytes), "jpeg 2048x2048")
      assert.deepStrictEqual(body.usage, {
        input_images: 0,
        generated_images: 1,
        output_tokens: 16_384,
        total_tokens: 16_384
      })
      assert.deepStrictEqual(yield* amounts, [dollars(0.04)])
    }))

  it.effect("tells a set in events", () =>
    imaged(ark, function*({ amounts, post }) {
      const { bytes, type } = yield* post("/images/generations", {
        model: "seedream-4-0-250828",
        prompt: "a red cube [block one]",
        size: "1K",
        response_format: "b64_json",
        stream: true,
        sequential_image_generation: "auto",
        sequential_image_generation_options: { max_images: 2 }
      })
      assert.include(type, "text/event-stream")
      const events = bytes.toString().split("\n\n").filter((text) => text !== "").map((text) =>
        JSON.parse(text.slice(text.indexOf("data: ") + 6))
      )
      assert.deepStrictEqual(events.map((event) => event.type.split(".")[1]), [
        "partial_failed",
        "partial_succeeded",
        "completed"
      ])
      assert.strictEqual(ofBase64(events[1].b64_json), "jpeg 1024x1024")
      assert.deepStrictEqual(yield* amounts, [dollars(0.03)])
    }))

  it.effect("charges 5.5 by pixels and for what is sent along", () =>
    imaged(ark, function*({ amounts, post }) {
      const ask = (rest: object) =>
        post("/images/generations", { model: "seedream-5-5-261028", prompt: "x", size: "1K", ...rest })
      yield* ask({ image: [dataUri(picture()), "https://example.com/cube.png"] })
      yield* ask({ size: "2K", output_format: "png" })
      assert.deepStrictEqual(yield* amounts, [dollars(0.036), dollars(0.035)])
    }))

  it.effect("refuses in Ark's words", () =>
    imaged(ark, function*({ amounts, post }) {
      const refused = (rest: object) =>
        post("/images/generations", { model: "seedream-4-5-251128", prompt: "x", ...rest })
      const blocked = yield* refused({ prompt: "[block input]" })
      assert.deepStrictEqual([blocked.status, blocked.body.error.code], [400, "InputTextSensitiveContentDetected"])
      for (
        const rest of [{ n: 2 }, { seed: 1 }, { size: "1K" }, { size: "1280x720" }, { output_format: "png" }, {
          aspect_ratio: "1:1"
        }, {
          image: Array(14).fill("https://example.com/a.png"),
          sequential_image_generation: "auto",
          sequential_image_generation_options: { max_images: 2 }
        }]
      ) {
        const { body, status } = yield* refused(rest)
        assert.deepStrictEqual([status, body.error.code], [400, "InvalidParameter"], JSON.stringify(rest))
      }
      assert.strictEqual((yield* refused({ model: "seedream-9" })).status, 404)
      // Text is still answered beside.
      const text = yield* post("/chat/completions", {
        model: "seed-1-6-flash",
        messages: [{ role: "user", content: "Hi" }]
      })
      assert.strictEqual(text.status, 200)
      assert.strictEqual((yield* amounts).length, 1)
    }))
})

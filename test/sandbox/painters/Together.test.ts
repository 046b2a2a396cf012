import { assert, describe, it } from "@effect/vitest"
import { bearer, dataUri, dollars, imaged, measured, ofBase64, picture } from "../images/imaged.ts"

const together = { provider: "together", auth: bearer } as const

describe("images of Together", () => {
  it.effect("are asked for as base64, and answered as b64_json", () =>
    imaged(together, function*({ amounts, post, send }) {
      const ask = (rest: object) =>
        post("/images/generations", { model: "black-forest-labs/FLUX.1-schnell", prompt: "a red cube", ...rest })
      const { body } = yield* ask({ n: 2, width: 512, height: 256, steps: 4, seed: 1 })
      assert.deepStrictEqual(body.data.map(({ index, type }: { index: number; type: string }) => [index, type]), [
        [0, "url"],
        [1, "url"]
      ])
      assert.strictEqual(measured((yield* send(body.data[0].url)).bytes), "jpeg 512x256")
      const bare = yield* ask({ response_format: "base64", output_format: "png", image_url: dataUri(picture()) })
      assert.strictEqual(ofBase64(bare.body.data[0].b64_json), "png 1024x1024")
      assert.deepStrictEqual(yield* amounts, [dollars(0.0054), dollars(0.0027)])
    }))

  it.effect("are charged for though none came", () =>
    imaged(together, function*({ amounts, post }) {
      const { body } = yield* post("/images/generations", {
        model: "black-forest-labs/FLUX.1-schnell",
        prompt: "[no image]"
      })
      assert.deepStrictEqual(body.data, [])
      // It has no verdict on one of several.
      yield* post("/images/generations", {
        model: "black-forest-labs/FLUX.1-schnell",
        prompt: "[block one]",
        n: 2,
        width: 64,
        height: 64
      })
      assert.deepStrictEqual(yield* amounts, [dollars(0.0027), dollars(0.0054)])
    }))

  it.effect("are refused in OpenAI's shape", () =>
    imaged(together, function*({ amounts, post }) {
      const refused = (rest: object) =>
        post("/images/generations", { model: "black-forest-labs/FLUX.1-schnell", prompt: "x", ...rest })
      for (const mark of ["[block input]", "[block output]"]) {
        const { body, status } = yield* refused({ prompt: mark })
        assert.deepStrictEqual([status, body.error.type], [422, "invalid_request_error"])
      }
      assert.strictEqual((yield* refused({ response_format: "b64_json" })).body.error.param, "response_format")
      assert.strictEqual((yield* refused({ size: "1024x1024" })).body.error.param, "size")
      assert.strictEqual((yield* refused({ model: "none" })).status, 404)
      assert.deepStrictEqual(yield* amounts, [])
    }))
})

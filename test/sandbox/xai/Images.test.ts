import { assert, describe, it } from "@effect/vitest"
import { bearer, dataUri, dollars, imaged, measured, ofBase64, picture } from "../images/imaged.ts"

const xai = { provider: "xai", auth: bearer } as const
const model = "grok-imagine-image-2.0"

describe("images of xAI", () => {
  it.effect("are linked to, cost what they say, and carry a verdict each", () =>
    imaged(xai, function*({ amounts, post, send }) {
      const { body } = yield* post("/images/generations", {
        model,
        prompt: "a red cube [block one]",
        n: 2,
        aspect_ratio: "16:9",
        resolution: "2k",
        quality: "medium"
      })
      assert.deepStrictEqual(body.data.map((item: { respect_moderation: boolean }) => item.respect_moderation), [
        false,
        true
      ])
      assert.isNull(body.data[0].url)
      assert.strictEqual(measured((yield* send(body.data[1].url)).bytes), "jpeg 2736x1536")
      assert.strictEqual(body.usage.cost_in_usd_ticks, 800_000_000)
      assert.deepStrictEqual(yield* amounts, [dollars(0.08)])
    }))

  it.effect("are edited from JSON, at a cent for each that is sent along", () =>
    imaged(xai, function*({ amounts, post }) {
      const source = { url: dataUri(picture()), type: "image_url" }
      const { body } = yield* post("/images/edits", {
        model,
        prompt: "x",
        images: [source, source],
        response_format: "b64_json"
      })
      assert.strictEqual(ofBase64(body.data[0].b64_json), "jpeg 1024x1024")
      assert.deepStrictEqual(yield* amounts, [dollars(0.06)])
      assert.strictEqual((yield* post("/images/edits", { model, prompt: "x" })).status, 400)
    }))

  it.effect("are refused with what they don't take, and for their prompt", () =>
    imaged(xai, function*({ amounts, post }) {
      const refused = (rest: object) => post("/images/generations", { model, prompt: "x", ...rest })
      for (const name of ["size", "seed", "style", "mask"]) {
        const { body, status } = yield* refused({ [name]: "1" })
        assert.deepStrictEqual([status, body], [400, {
          code: "invalid-argument",
          error: `Argument not supported: ${name}`
        }])
      }
      assert.strictEqual((yield* refused({ n: 11 })).body.error.type, "invalid_request_error")
      assert.strictEqual((yield* refused({ model: "grok-imagine-image", quality: "low" })).status, 400)
      assert.strictEqual((yield* refused({ prompt: "[block input]" })).body.code, "content-moderated")
      const { body } = yield* refused({ prompt: "[block output]" })
      assert.deepStrictEqual([body.data[0].url, body.usage.cost_in_usd_ticks], [null, 0])
      assert.deepStrictEqual(yield* amounts, [])
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { bearer, dollars, imaged, measured, ofBase64 } from "../images/imaged.ts"

const recraft = { provider: "recraft", auth: bearer } as const

describe("recraft", () => {
  it.effect("tells what it charges in units of a tenth of a cent", () =>
    imaged(recraft, function*({ amounts, post, send }) {
      const { body } = yield* post("/images/generations", { prompt: "a red cube", n: 2, size: "16:9" })
      assert.strictEqual(body.credits, 70)
      assert.strictEqual(measured((yield* send(body.data[1].url)).bytes), "webp 1344x768")
      const flash = yield* post("/images/generations", {
        prompt: "a red cube",
        model: "recraftv4_1_flash",
        response_format: "b64_json",
        controls: { colors: [{ rgb: [255, 0, 0] }] }
      })
      assert.strictEqual(flash.body.credits, 7)
      assert.strictEqual(ofBase64(flash.body.data[0].b64_json), "webp 1024x1024")
      assert.deepStrictEqual(yield* amounts, [dollars(0.07), dollars(0.007)])
    }))

  it.effect("refuses by a code and a message", () =>
    imaged(recraft, function*({ amounts, post }) {
      const codeOf = function*(rest: object) {
        const { body, status } = yield* post("/images/generations", { prompt: "x", ...rest })
        return `${status} ${body.code}`
      }
      assert.strictEqual(yield* codeOf({ prompt: "[block input]" }), "400 prompt_blocked")
      assert.strictEqual(yield* codeOf({ size: "1000x1000" }), "400 invalid_size")
      assert.strictEqual(
        yield* codeOf({ size: "16:9", model: "recraftv3", prompt: "[block input]" }),
        "400 prompt_blocked"
      )
      assert.strictEqual(yield* codeOf({ size: "1365x1024" }), "400 invalid_size")
      assert.strictEqual(yield* codeOf({ size: "1024x1024", model: "recraftv4_1_pro" }), "400 invalid_size")
      assert.strictEqual(yield* codeOf({ negative_prompt: "people" }), "400 invalid_request")
      assert.strictEqual(yield* codeOf({ style: "realistic_image" }), "400 invalid_style")
      assert.strictEqual(yield* codeOf({ prompt: "x".repeat(1001), model: "recraftv3" }), "400 invalid_prompt")
      assert.strictEqual(yield* codeOf({ seed: 1 }), "400 unknown_parameter")
      assert.deepStrictEqual(yield* amounts, [])
    }))
})

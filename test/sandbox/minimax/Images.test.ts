import { assert, describe, it } from "@effect/vitest"
import { bearer, dollars, imaged, measured, ofBase64 } from "../images/imaged.ts"

const minimax = { provider: "minimax", auth: bearer, base: "/minimax/v1" } as const

describe("images of MiniMax", () => {
  it.effect("are linked to, or base64, with how many there are", () =>
    imaged(minimax, function*({ amounts, post, send }) {
      const ask = (rest: object) => post("/image_generation", { model: "image-01", prompt: "a red cube", ...rest })
      const { body } = yield* ask({ n: 3, aspect_ratio: "16:9", prompt: "a red cube [block one]" })
      assert.deepInclude(body, {
        metadata: { success_count: 2, failed_count: 1 },
        base_resp: { status_code: 0, status_msg: "success" }
      })
      assert.strictEqual(measured((yield* send(body.data.image_urls[1])).bytes), "jpeg 1280x720")
      const bare = yield* ask({ width: 640, height: 512, response_format: "base64" })
      assert.strictEqual(ofBase64(bare.body.data.image_base64[0]), "jpeg 640x512")
      assert.deepStrictEqual(yield* amounts, [dollars(0.007), dollars(0.0035)])
    }))

  it.effect("fail with status 200 and a code", () =>
    imaged(minimax, function*({ amounts, post, send, sandbox }) {
      const codeOf = function*(rest: object) {
        const { body, status } = yield* post("/image_generation", { model: "image-01", prompt: "x", ...rest })
        assert.strictEqual(status, 200)
        return body.base_resp.status_code
      }
      assert.strictEqual(yield* codeOf({ prompt: "[block input]" }), 1026)
      assert.strictEqual(yield* codeOf({ prompt: "[block output]" }), 1027)
      assert.strictEqual(yield* codeOf({ response_format: "b64_json" }), 2013)
      assert.strictEqual(yield* codeOf({ size: "1024x1024" }), 2013)
      assert.strictEqual(yield* codeOf({ width: 513, height: 512 }), 2013)
      assert.strictEqual(yield* codeOf({ prompt: "x".repeat(1501) }), 2013)
      assert.strictEqual(yield* codeOf({ style: { style_type: "comic" } }), 2013)
      const keyless = yield* send(`${sandbox.url}/minimax/v1/image_generation`, { method: "POST" })
      assert.strictEqual(keyless.body.base_resp.status_code, 1004)
      assert.deepStrictEqual(yield* amounts, [])
    }))
})

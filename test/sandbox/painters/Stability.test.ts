import { assert, describe, it } from "@effect/vitest"
import { bearer, blob, dollars, imaged, measured, ofBase64, picture } from "../images/imaged.ts"

const stability = { provider: "stability", auth: bearer } as const
const generate = "/v2beta/stable-image/generate"

describe("stability", () => {
  it.effect("answers in base64 or in bytes, as it is asked", () =>
    imaged(stability, function*({ amounts, form, sandbox, send }) {
      const { body } = yield* form(`${generate}/core`, { prompt: "a red cube", aspect_ratio: "16:9", seed: "3" })
      assert.strictEqual(ofBase64(body.image), "png 1344x768")
      assert.deepInclude(body, { finish_reason: "SUCCESS", seed: 3 })
      const fields = new FormData()
      fields.append("prompt", "a red cube")
      fields.append("output_format", "webp")
      const raw = yield* send(sandbox.baseUrl("stability") + `${generate}/ultra`, {
        method: "POST",
        headers: { ...bearer, accept: "image/*" },
        body: fields
      })
      assert.deepStrictEqual([raw.type, measured(raw.bytes)], ["image/webp", "webp 1024x1024"])
      assert.strictEqual(raw.headers.get("finish-reason"), "SUCCESS")
      assert.deepStrictEqual(yield* amounts, [dollars(0.03), dollars(0.08)])
    }))

  it.effect("takes a picture where it is told what for", () =>
    imaged(stability, function*({ amounts, form }) {
      const ask = (rest: Record<string, string>) =>
        form(`${generate}/sd3`, { prompt: "x", image: blob(picture()), model: "sd3.5-medium", ...rest })
      assert.strictEqual((yield* ask({ mode: "image-to-image", strength: "0.5" })).status, 200)
      assert.strictEqual((yield* ask({ mode: "image-to-image" })).status, 400)
      assert.strictEqual((yield* ask({ strength: "0.5" })).status, 400)
      assert.deepStrictEqual(yield* amounts, [dollars(0.035)])
    }))

  it.effect("denies what its moderation flags, and shows nothing of what it filters, for its price", () =>
    imaged(stability, function*({ amounts, form, post }) {
      const denied = yield* form(`${generate}/core`, { prompt: "[block input]" })
      assert.deepStrictEqual([denied.status, denied.body.name], [403, "content_moderation"])
      assert.isString(denied.body.id)
      assert.isNotEmpty(denied.body.id)
      const filtered = yield* form(`${generate}/core`, { prompt: "[block output]" })
      assert.strictEqual(filtered.body.finish_reason, "CONTENT_FILTERED")
      assert.deepStrictEqual(yield* amounts, [dollars(0.03)])
      assert.strictEqual((yield* form(`${generate}/core`, { prompt: "x", n: "2" })).status, 400)
      assert.strictEqual((yield* form(`${generate}/core`, { prompt: "x", image: blob(picture()) })).status, 400)
      assert.strictEqual((yield* post(`${generate}/core`, { prompt: "x" })).status, 400)
    }))
})

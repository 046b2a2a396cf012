import { assert, describe, it } from "@effect/vitest"
import { blob, dollars, imaged, measured, picture } from "../images/imaged.ts"

const ideogram = { provider: "ideogram", auth: { "api-key": "test-0123456789abcd" } } as const
const newest = "/v2/image/generate/ideogram-4-5"

describe("ideogram", () => {
  it.effect("4.5 answers JSON at once, and charges for what it withholds", () =>
    imaged(ideogram, function*({ amounts, post, send }) {
      const { body } = yield* post(newest, {
        prompt: "a red cube [block one]",
        num_images: 2,
        quality: "high",
        size: "1280x720",
        seed: 5
      })
      assert.deepInclude(body.data[0], { url: "", is_image_safe: false })
      assert.deepInclude(body.data[1], { is_image_safe: true, seed: 6, resolution: "1280x720" })
      assert.strictEqual(measured((yield* send(body.data[1].url)).bytes), "png 1280x720")
      assert.deepStrictEqual(yield* amounts, [dollars(0.2)])
    }))

  it.effect("4.5 and 4 work in jobs too", () =>
    imaged(ideogram, function*({ amounts, form, get, post, send }) {
      const jobs = [
        yield* post(newest, { prompt: "a red cube", async: true }),
        yield* form("/v1/ideogram-v4/async/generate", { text_prompt: "a red cube", rendering_speed: "TURBO" })
      ]
      for (const { body } of jobs) {
        assert.isUndefined(body.data)
        const path = `/v2/generations/${body.generation_id}`
        assert.strictEqual((yield* get(path)).body.status, "pending")
        const { body: done } = yield* get(path)
        assert.strictEqual(done.status, "completed")
        assert.strictEqual((yield* send(done.data[0].url)).status, 200)
      }
      const { body: failed } = yield* post(newest, { prompt: "[job fails] [polls: 0]", async: true })
      assert.strictEqual((yield* get(`/v1/generations/${failed.generation_id}`)).body.status, "failed")
      assert.deepStrictEqual(yield* amounts, [dollars(0.1), dollars(0.03)])
    }))

  it.effect("3 takes forms, and pictures to edit", () =>
    imaged(ideogram, function*({ amounts, form }) {
      const { body } = yield* form("/v1/ideogram-v3/generate", {
        prompt: "a red cube",
        resolution: "1024x1024",
        rendering_speed: "QUALITY",
        num_images: "2"
      })
      assert.strictEqual(body.data.length, 2)
      assert.strictEqual(body.data[0].style_type, "GENERAL")
      const edit = yield* form("/v1/ideogram-v3/edit", { prompt: "x", image: blob(picture()), mask: blob(picture()) })
      assert.strictEqual(edit.status, 200)
      assert.strictEqual((yield* form("/v1/ideogram-v3/edit", { prompt: "x" })).status, 400)
      assert.deepStrictEqual(yield* amounts, [dollars(0.18), dollars(0.06)])
    }))

  it.effect("4.5 takes forms with pictures, at the price of edits", () =>
    imaged(ideogram, function*({ amounts, form, post }) {
      const images = [blob(picture()), blob(picture())]
      const edit = yield* form(newest, { prompt: "x", images, quality: "very_low", size: "512x512" })
      assert.deepInclude(edit.body.data[0], { resolution: "512x512" })
      assert.strictEqual((yield* post(newest, { prompt: "x", quality: "very_low" })).status, 400)
      assert.strictEqual((yield* post(newest, { prompt: "x", size: "1000x1000" })).status, 400)
      assert.strictEqual((yield* form("/v1/ideogram-v4/generate", { text_prompt: "x", seed: "1" })).status, 400)
      assert.deepStrictEqual(yield* amounts, [dollars(0.008)])
    }))

  it.effect("refuses an unsafe prompt with 422, an 11th job with 429, and a bearer", () =>
    imaged(ideogram, function*({ amounts, form, post, send, sandbox }) {
      const unsafe = yield* post(newest, { prompt: "[block input]" })
      assert.deepStrictEqual([unsafe.status, unsafe.body], [422, {
        error: "Prompt or provided image failed the safety checks"
      }])
      assert.deepStrictEqual(yield* amounts, [])
      assert.strictEqual((yield* post(newest, { prompt: "x", aspect_ratio: "16:9" })).status, 400)
      assert.strictEqual((yield* form("/v1/ideogram-v3/generate", { prompt: "x", size: "1" })).status, 400)
      for (let i = 0; i < 10; i++) yield* post(newest, { prompt: "x", async: true })
      assert.strictEqual((yield* post(newest, { prompt: "x", async: true })).status, 429)
      const bearer = yield* send(sandbox.baseUrl("ideogram") + newest, {
        method: "POST",
        headers: { authorization: "Bearer k" }
      })
      assert.strictEqual(bearer.status, 401)
    }))
})

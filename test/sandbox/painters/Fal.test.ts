import { assert, describe, it } from "@effect/vitest"
import { dataUri, dollars, imaged, measured, picture } from "../images/imaged.ts"

const auth = { authorization: "Key test-0123456789abcd" }
const fal = { provider: "fal", auth } as const

describe("fal", () => {
  it.effect("queues, tells how it goes with 202, and then the result", () =>
    imaged(fal, function*({ amounts, get, post, send }) {
      const { body: job } = yield* post("/fal-ai/flux/dev/image-to-image", {
        prompt: "a red cube [polls: 2]",
        image_url: dataUri(picture()),
        image_size: "landscape_16_9",
        num_images: 2,
        seed: 9
      })
      assert.strictEqual(job.status, "IN_QUEUE")
      assert.match(job.status_url, /\/fal\/fal-ai\/flux\/requests\/[^/]+\/status$/)
      const early = yield* get(job.response_url)
      assert.deepStrictEqual([early.status, early.headers.get("x-fal-error-type")], [400, "request_in_progress"])
      const polls = [yield* get(job.status_url), yield* get(job.status_url), yield* get(job.status_url)]
      assert.deepStrictEqual(polls.map(({ body, status }) => `${status} ${body.status}`), [
        "202 IN_QUEUE",
        "202 IN_PROGRESS",
        "200 COMPLETED"
      ])
      const { body: result } = yield* get(job.response_url)
      assert.deepInclude(result, { seed: 9, has_nsfw_concepts: [false, false] })
      assert.deepInclude(result.images[0], { width: 1024, height: 576, content_type: "image/jpeg" })
      assert.strictEqual(measured((yield* send(result.images[1].url)).bytes), "jpeg 1024x576")
      assert.deepStrictEqual((yield* get(job.response_url)).body, result)
      assert.deepStrictEqual(yield* amounts, [dollars(0.06)])
    }))

  it.effect("shows black what it flags, and refuses a flagged prompt with the result", () =>
    imaged(fal, function*({ amounts, get, post, send }) {
      const finished = function*(prompt: string) {
        const { body: job } = yield* post("/fal-ai/flux/schnell", {
          prompt: `${prompt} [polls: 0]`,
          image_size: "square"
        })
        assert.strictEqual((yield* get(job.status_url)).body.status, "COMPLETED")
        return yield* get(job.response_url)
      }
      const flagged = yield* finished("[block output]")
      assert.deepStrictEqual(flagged.body.has_nsfw_concepts, [true])
      assert.isBelow((yield* send(flagged.body.images[0].url)).bytes.length, 6000)
      const refused = yield* finished("[block input]")
      assert.deepStrictEqual([refused.status, refused.body.detail[0].type], [422, "content_policy_violation"])
      assert.strictEqual(refused.headers.get("x-fal-retryable"), "false")
      assert.strictEqual((yield* finished("[job fails]")).status, 500)
      assert.deepStrictEqual(yield* amounts, [dollars(0.003)])
    }))

  it.effect("cancels with PUT, for free in the queue", () =>
    imaged(fal, function*({ amounts, get, post, send }) {
      const { body: job } = yield* post("/fal-ai/flux/schnell", { prompt: "[polls: 5]" })
      assert.strictEqual((yield* post(job.cancel_url, {})).status, 405)
      const cancelled = yield* send(job.cancel_url, { method: "PUT", headers: auth })
      assert.deepStrictEqual([cancelled.status, cancelled.body.status], [202, "CANCELLATION_REQUESTED"])
      assert.deepStrictEqual(yield* amounts, [])
      assert.strictEqual((yield* get(job.response_url)).status, 499)
      assert.strictEqual((yield* send(job.cancel_url, { method: "PUT", headers: auth })).status, 400)
    }))

  it.effect("refuses in a model's words or in the platform's", () =>
    imaged(fal, function*({ post, send, sandbox }) {
      const { body } = yield* post("/fal-ai/flux/dev", { prompt: "x", size: "1" })
      assert.deepInclude(body.detail[0], { loc: ["body", "size"], type: "extra_forbidden" })
      assert.isString((yield* post("/fal-ai/none", { prompt: "x" })).body.detail)
      const bearer = yield* send(`${sandbox.url}/fal/fal-ai/flux/dev`, {
        method: "POST",
        headers: { authorization: "Bearer k", "content-type": "application/json" },
        body: "{\"prompt\":\"x\"}"
      })
      assert.strictEqual(bearer.status, 401)
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { bearer, dollars, imaged, measured, stepsOf } from "../images/imaged.ts"

const replicate = { provider: "replicate", auth: bearer } as const
const schnell = "/models/black-forest-labs/flux-schnell/predictions"

describe("replicate", () => {
  it.effect("makes predictions, which are asked after", () =>
    imaged(replicate, function*({ amounts, get, post, send }) {
      const { body, status } = yield* post(schnell, {
        input: { prompt: "a red cube [polls: 2]", num_outputs: 2, aspect_ratio: "16:9", output_format: "png" }
      })
      assert.deepStrictEqual([status, body.status, body.output], [201, "starting", null])
      const polls = [yield* get(body.urls.get), yield* get(body.urls.get), yield* get(body.urls.get)]
      assert.deepStrictEqual(polls.map((poll) => poll.body.status), ["starting", "processing", "succeeded"])
      assert.strictEqual(measured((yield* send(polls[2]!.body.output[1])).bytes), "png 1360x768")
      assert.deepStrictEqual(yield* amounts, [dollars(0.006)])
    }))

  it.effect("waits for one where it is asked to, and keeps it", () =>
    imaged(replicate, function*({ get, post, send, sandbox }) {
      const { body } = yield* post("/models/black-forest-labs/flux-1.1-pro/predictions", {
        input: { prompt: "a red cube" }
      }, { prefer: "wait=30" })
      assert.strictEqual(body.status, "succeeded")
      assert.strictEqual((yield* get(body.urls.get)).body.output, body.output)
      yield* sandbox.advance("1 hour")
      assert.strictEqual((yield* send(body.output)).status, 404)
      const slow = yield* post(schnell, { input: { prompt: "[polls: 3]" } }, { prefer: "wait" })
      assert.strictEqual(slow.body.status, "starting")
    }))

  it.effect("cancels, for free before it has started", () =>
    imaged(replicate, function*({ amounts, get, post, sandbox }) {
      const { body: queued } = yield* post(schnell, { input: { prompt: "[polls: 5]" } })
      assert.strictEqual((yield* amounts).length, 1)
      assert.strictEqual((yield* post(queued.urls.cancel, {})).body.status, "aborted")
      assert.deepStrictEqual(yield* amounts, [])
      const { body: running } = yield* post(schnell, { input: { prompt: "[polls: 5]" } })
      yield* get(running.urls.get)
      yield* get(running.urls.get)
      assert.strictEqual((yield* post(running.urls.cancel, {})).body.status, "canceled")
      assert.strictEqual((yield* get(running.urls.get)).body.status, "canceled")
      assert.deepStrictEqual(yield* amounts, [dollars(0.003)])
      assert.include(yield* stepsOf(sandbox), "cancel 200")
    }))

  it.effect("fails with a text, and refuses with details", () =>
    imaged(replicate, function*({ amounts, get, post }) {
      const failure = function*(prompt: string) {
        const { body } = yield* post(schnell, { input: { prompt: `${prompt} [polls: 0]` } })
        const { body: poll } = yield* get(body.urls.get)
        assert.strictEqual(poll.status, "failed")
        return poll.error
      }
      assert.include(yield* failure("[block output]"), "NSFW")
      assert.notInclude(yield* failure("[job fails]"), "NSFW")
      assert.deepStrictEqual(yield* amounts, [])
      assert.strictEqual((yield* post("/models/a/b/predictions", { input: { prompt: "x" } })).status, 404)
      assert.strictEqual((yield* post(schnell, { input: { prompt: "x", size: "1" } })).status, 400)
      assert.isString((yield* post(schnell, { prompt: "x" })).body.detail)
    }))
})

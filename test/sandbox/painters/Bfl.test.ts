import { assert, describe, it } from "@effect/vitest"
import { dataUri, imaged, measured, picture, stepsOf } from "../images/imaged.ts"

const bfl = { provider: "bfl", auth: { "x-key": "test-0123456789abcd" } } as const

const cents = (amount: number) => BigInt(Math.round(amount * 1e10))

describe("bfl", () => {
  it.effect("takes a job, tells how it goes, and links to the picture", () =>
    imaged(bfl, function*({ amounts, get, post, sandbox, send }) {
      const asked = { prompt: "a red cube [polls: 2]", width: 512, height: 256, seed: 7 }
      const { body: job, status } = yield* post("/flux-2-pro", asked)
      assert.deepInclude(job, { cost: 3, input_mp: 0, output_mp: 0.13 })
      assert.strictEqual(status, 200)
      const polls = [yield* get(job.polling_url), yield* get(job.polling_url), yield* get(job.polling_url)]
      assert.deepStrictEqual(polls.map(({ body }) => body.status), ["Pending", "Pending", "Ready"])
      assert.deepStrictEqual([polls[0]?.body.progress, polls[1]?.body.progress], [0, 0.67])
      const { sample, seed } = polls[2]!.body.result
      assert.strictEqual(seed, 7)
      const linked = yield* send(sample)
      assert.strictEqual(linked.type, "image/jpeg")
      assert.strictEqual(measured(linked.bytes), "jpeg 512x256")
      assert.deepStrictEqual(yield* amounts, [cents(3)])
      assert.deepStrictEqual(yield* stepsOf(sandbox), [
        "submit 200 charged",
        "poll 200",
        "poll 200",
        "poll 200",
        "link 200"
      ])
      const { body: again } = yield* post("/flux-2-pro", asked)
      yield* get(again.polling_url)
      yield* get(again.polling_url)
      const same = yield* send((yield* get(again.polling_url)).body.result.sample)
      assert.isTrue(same.bytes.equals(linked.bytes))
      assert.notStrictEqual(again.id, job.id)
    }))

  it.effect("charges by the megapixel, of output and of input", () =>
    imaged(bfl, function*({ amounts, post }) {
      const ask = (model: string, rest = {}) => post(`/${model}`, { prompt: "x", ...rest })
      const wide = { width: 2048, height: 1024 }
      const input_image = dataUri(picture(1024, 1024))
      const costs: Array<number> = []
      for (
        const [model, rest] of [
          ["flux-2-klein-4b", {}],
          ["flux-2-klein-9b", { input_image }],
          ["flux-2-pro", wide],
          ["flux-2-pro", { input_image: "https://example.com/cube.png" }],
          ["flux-2-max", { ...wide, input_image, input_image_2: input_image }],
          ["flux-2-flex", { input_image, steps: 20, guidance: 4 }],
          ["flux-kontext-max", { input_image, aspect_ratio: "16:9" }]
        ] as const
      ) costs.push((yield* ask(model, rest)).body.cost)
      assert.deepStrictEqual(costs, [1.4, 1.7, 4.5, 4.5, 16, 10, 8])
      assert.deepStrictEqual(yield* amounts, costs.map(cents))
    }))

  it.effect("tells what was moderated and what failed in the poll, and doesn't charge for it", () =>
    imaged(bfl, function*({ amounts, get, post }) {
      const ends: Array<string> = []
      for (const mark of ["[block input]", "[block output]", "[job fails]"]) {
        const { body } = yield* post("/flux-2-pro", { prompt: `${mark} [polls: 0]` })
        const { body: poll } = yield* get(body.polling_url)
        assert.isNull(poll.result)
        ends.push(poll.status)
      }
      assert.deepStrictEqual(ends, ["Request Moderated", "Content Moderated", "Error"])
      assert.deepStrictEqual(yield* amounts, [])
      const { body: unknown } = yield* get("/get_result?id=none")
      assert.strictEqual(unknown.status, "Task not found")
    }))

  it.effect("goes on by the clock where nobody asks, and its links die after ten minutes", () =>
    imaged(bfl, function*({ get, post, sandbox, send }) {
      const { body: job } = yield* post("/flux-2-pro", { prompt: "[takes: 60]", output_format: "png" })
      assert.strictEqual((yield* get(job.polling_url)).body.progress, 0)
      yield* sandbox.advance("30 seconds")
      assert.strictEqual((yield* get(job.polling_url)).body.progress, 0.5)
      yield* sandbox.advance("30 seconds")
      const { sample } = (yield* get(job.polling_url)).body.result
      assert.strictEqual((yield* get(job.polling_url)).body.result.sample, sample)
      yield* sandbox.advance("599 seconds")
      assert.strictEqual((yield* send(sample)).status, 200)
      yield* sandbox.advance("1 second")
      assert.strictEqual((yield* send(sample)).status, 403)
    }))

  it.effect("gives a job to its own key alone", () =>
    imaged(bfl, function*({ post, send }) {
      const { body: job } = yield* post("/flux-2-pro", { prompt: "x [polls: 0]" })
      const other = yield* send(job.polling_url, { headers: { "x-key": "another-0123456789" } })
      assert.strictEqual(other.body.status, "Task not found")
      assert.strictEqual((yield* send(job.polling_url)).status, 403)
    }))

  it.effect("refuses more than 24 jobs at once", () =>
    imaged(bfl, function*({ get, post }) {
      const jobs: Array<string> = []
      for (let i = 0; i < 24; i++) jobs.push((yield* post("/flux-2-pro", { prompt: "[polls: 0] x" })).body.polling_url)
      const refused = yield* post("/flux-2-pro", { prompt: "x" })
      assert.deepInclude(refused, { status: 429, body: { detail: "Too many active tasks" } })
      assert.strictEqual(refused.headers.get("retry-after"), "5")
      yield* get(jobs[0]!)
      assert.strictEqual((yield* post("/flux-2-pro", { prompt: "x" })).status, 200)
    }))

  it.effect("refuses what it doesn't know, in its own words", () =>
    imaged(bfl, function*({ post }) {
      const refused = (model: string, rest: object) => post(`/${model}`, { prompt: "x", ...rest })
      const unknown = yield* refused("flux-2-pro", { negative_prompt: "y" })
      assert.deepStrictEqual([unknown.status, unknown.body], [422, {
        detail: [{ type: "extra_forbidden", loc: ["body", "negative_prompt"], msg: "Extra inputs are not permitted" }]
      }])
      for (
        const [model, rest] of [
          ["flux-2-pro", { width: 1000 }],
          ["flux-2-pro", { width: 4096, height: 2048 }],
          ["flux-2-pro", { aspect_ratio: "1:1" }],
          ["flux-2-pro", { output_format: "webp" }],
          ["flux-2-pro", { steps: 4 }],
          ["flux-2-pro", { safety_tolerance: 6 }],
          ["flux-2-pro", { input_image: "bm8gcGljdHVyZQ==" }],
          ["flux-2-klein-4b", { input_image_5: dataUri(picture()) }],
          ["flux-pro-1.1", { width: 512 }],
          ["flux-pro-1.1", { aspect_ratio: "30:9" }]
        ] as const
      ) assert.strictEqual((yield* refused(model, rest)).status, 422, JSON.stringify([model, rest]))
      assert.strictEqual((yield* refused("flux-9", {})).status, 404)
      assert.strictEqual((yield* post("/flux-2-pro", { prompt: "x" }, { "x-key": "" })).status, 403)
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { imaged, measured, stepsOf } from "./imaged.ts"

const bfl = { provider: "bfl", auth: { "x-key": "test-0123456789abcd" } } as const

describe("links", () => {
  it.effect("refuse whoever sends a credential, and the journal tells", () =>
    imaged(bfl, function*({ get, post, sandbox, send }) {
      const { body: job } = yield* post("/flux-2-pro", { prompt: "[polls: 0]" })
      const { sample } = (yield* get(job.polling_url)).body.result
      for (const name of ["authorization", "x-key", "api-key", "x-api-key", "x-goog-api-key", "cookie"]) {
        const { bytes, status } = yield* send(sample, { headers: { [name]: "test-0123456789abcd" } })
        assert.strictEqual(status, 400, name)
        assert.include(bytes.toString(), name)
      }
      assert.strictEqual((yield* send(sample)).status, 200)
      const steps = yield* stepsOf(sandbox)
      assert.strictEqual(steps.filter((step) => step === "link 400").length, 6)
      assert.strictEqual((yield* sandbox.journal)[2]?.headers["authorization"], "***abcd")
    }))

  it.effect("are dead, huge or no pictures where the prompt asks for that", () =>
    imaged(bfl, function*({ get, post, send }) {
      const linked = function*(prompt: string) {
        const { body: job } = yield* post("/flux-2-pro", { prompt: `${prompt} [polls: 0]`, width: 64, height: 64 })
        return yield* send((yield* get(job.polling_url)).body.result.sample)
      }
      assert.strictEqual((yield* linked("[dead link]")).status, 403)
      const huge = yield* linked("[huge: 3]")
      assert.strictEqual(measured(huge.bytes), "jpeg 64x64")
      assert.isAbove(huge.bytes.length, 3_000_000)
      const page = yield* linked("[html]")
      assert.deepStrictEqual([page.status, page.type], [200, "text/html"])
      assert.include(page.bytes.toString(), "<title>")
    }))

  it.effect("and polls have faults of their own", () =>
    imaged(bfl, function*({ amounts, get, post, sandbox, send }) {
      yield* sandbox.script(
        { step: "link", respond: { status: 503 } },
        { step: "poll", prompt: "cube", respond: { status: 500 } },
        { step: "submit", billed: true, respond: { status: 502 } }
      )
      assert.strictEqual((yield* post("/flux-2-pro", { prompt: "a cube [polls: 0]" })).status, 502)
      assert.strictEqual((yield* amounts).length, 1)
      const { body: job } = yield* post("/flux-2-pro", { prompt: "a cube [polls: 0]" })
      const broken = yield* get(job.polling_url)
      assert.deepStrictEqual([broken.status, broken.body], [500, { detail: "Internal Server Error" }])
      const { sample } = (yield* get(job.polling_url)).body.result
      assert.strictEqual((yield* send(sample)).status, 503)
      assert.strictEqual((yield* send(sample)).status, 200)
      assert.deepStrictEqual(yield* stepsOf(sandbox), [
        "submit 502 charged",
        "submit 200 charged",
        "poll 500",
        "poll 200",
        "link 503",
        "link 200"
      ])
      yield* sandbox.reset
      assert.strictEqual((yield* send(sample)).status, 404)
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Images, Loom } from "loom-router"
import * as Bfl from "loom-router/providers/Bfl"
import * as OpenAi from "loom-router/providers/OpenAi"
import { billed, failure, inWorld, spent } from "../providers/world.ts"

const setup = {
  environment: { OPENAI_API_KEY: "sk-test-0123456789abcd", BFL_API_KEY: "test-0123456789abcd" },
  providers: (sandbox: Parameters<Parameters<typeof inWorld>[1]>[0]["sandbox"]) => ({
    openai: OpenAi.layer({ baseUrl: sandbox.baseUrl("openai") }),
    bfl: Bfl.layer({ baseUrl: sandbox.baseUrl("bfl") })
  })
}

const asked = { model: "openai/gpt-image-2.6-flare", prompt: "A loom", quality: "low" } as const

describe("images", () => {
  it.live("F5 503: a model of the same tier stands in, and options that it lacks are told", () =>
    inWorld(setup, function*({ records, sandbox }) {
      yield* sandbox.script({ route: "/v1/images/generations", respond: { status: 503 }, times: "always" })
      const answer = yield* Loom.generate({ ...asked, failover: ["bfl/flux-2-pro"] })
      assert.strictEqual(answer.provider, "bfl")
      assert.deepInclude(Images.dimensions(answer.images[0]!), { width: 1024, height: 1024 })
      assert.strictEqual(spent(answer.attempts), yield* billed(sandbox))
      assert.deepStrictEqual(answer.router?.tried.map(({ model }) => model), [
        "openai/gpt-image-2.6-flare",
        "bfl/flux-2-pro"
      ])
      assert.deepStrictEqual(answer.warnings, ["quality was left out: it is a word of openai's"])
      assert.lengthOf(records, 1)
    }))

  it.live("F4 no quota: the tiers of the catalog say who stands in", () =>
    inWorld(setup, function*({ sandbox }) {
      yield* sandbox.script({
        route: "/v1/images/generations",
        respond: { status: 429, code: "insufficient_quota" },
        times: "always"
      })
      const answer = yield* Loom.generate({ ...asked, failover: true })
      assert.strictEqual(answer.provider, "bfl")
      assert.isNotEmpty(answer.images)
    }))

  it.live("F6 moderation doesn't lead on", () =>
    inWorld(setup, function*({ sandbox }) {
      const error = yield* failure(
        Loom.generate({ ...asked, prompt: "A loom [block input]", failover: ["bfl/flux-2-pro"] })
      )
      assert.strictEqual(error.reason._tag, "ContentFiltered")
      assert.lengthOf((yield* sandbox.journal).filter(({ step }) => step === "submit"), 1)
    }))

  it.live("F7 a job that can't be looked at isn't submitted again, and another vendor is asked", () =>
    inWorld(setup, function*({ sandbox }) {
      yield* sandbox.script({ step: "poll", respond: { status: 200, body: "<html>" }, times: "always" })
      const answer = yield* Loom.generate({
        model: "bfl/flux-2-pro",
        prompt: "A loom",
        failover: ["openai/gpt-image-2.6-flare"]
      })
      assert.strictEqual(answer.provider, "openai")
      const submits = (yield* sandbox.journal).filter(({ step }) => step === "submit")
      assert.deepStrictEqual(submits.map(({ provider }) => provider), ["bfl", "openai"])
      assert.deepInclude(answer.attempts[0], { outcome: "InvalidResponse", billed: "maybe" })
    }))
})

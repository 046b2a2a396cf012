import { type Failover, Loom } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

const asked = { model: "openai/gpt-4o-mini", prompt: "Hi" } as const

describe("Failover", () => {
  it("is a choice of a layer, or of a call", () => {
    expectTypeOf<true>().toExtend<Failover.Failover>()
    expectTypeOf<"same-model">().toExtend<Failover.Failover>()
    void Loom.layer({ failover: ["anthropic/claude-haiku-4-5", { provider: "newco", model: "large" }] })
    void Loom.generate({ ...asked, failover: "same-model" })
    void Loom.generate({ ...asked, failover: [{ model: "newco/large", params: { temperature: 0 } }] })
  })

  it("fails in types", () => {
    // @ts-expect-error there is no such choice
    void Loom.layer({ failover: "any-model" })
    // @ts-expect-error a list of models is needed
    void Loom.generate({ ...asked, failover: { model: "newco/large" } })
    // @ts-expect-error a stand-in has no prompt of its own
    void Loom.generate({ ...asked, failover: [{ model: "newco/large", prompt: "Other" }] })
  })
})

import type { Effect, Layer } from "effect"
import { type Call, Limits, Loom } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("Limits", () => {
  it("are of a provider, a model, or all", () => {
    expectTypeOf(Limits.layer({ openai: { requestsPerMinute: 500 }, "*": { concurrency: 10 } })).toEqualTypeOf<
      Layer.Layer<never>
    >()
    expectTypeOf(Limits.make()).toEqualTypeOf<Effect.Effect<Limits.Limits>>()
    expectTypeOf<Limits.Limits["gate"]>().toEqualTypeOf<Call.Gate>()
    expectTypeOf<Limits.Limits["headroom"]>().toEqualTypeOf<Effect.Effect<ReadonlyArray<Limits.Headroom>>>()
    void Loom.layer({ limits: { "openai/gpt-4o": { tokensPerMinute: 1000, maxWait: "5 seconds" } } })
    void Loom.layer({ limits: false })
  })

  it("fail in types", () => {
    // @ts-expect-error off is said by false
    void Loom.layer({ limits: true })
    // @ts-expect-error there is no such limit
    void Loom.layer({ limits: { openai: { requestsPerSecond: 5 } } })
    // @ts-expect-error that is no duration
    void Loom.layer({ limits: { openai: { maxWait: "soon" } } })
  })
})

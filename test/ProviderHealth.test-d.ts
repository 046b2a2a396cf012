import type { Effect, Layer, Scope, Stream } from "effect"
import { type Call, Loom, ProviderHealth } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("ProviderHealth", () => {
  it("is a gate, and tells what became of its circuits", () => {
    expectTypeOf(ProviderHealth.make()).toEqualTypeOf<
      Effect.Effect<ProviderHealth.ProviderHealth, never, Scope.Scope>
    >()
    expectTypeOf(ProviderHealth.layer({ failures: 3 })).toEqualTypeOf<Layer.Layer<never>>()
    type Health = ProviderHealth.ProviderHealth
    expectTypeOf<Health["gate"]>().toEqualTypeOf<Call.Gate<Call.Target>>()
    expectTypeOf<Health["transitions"]>().toEqualTypeOf<Stream.Stream<ProviderHealth.Transition>>()
    expectTypeOf<ProviderHealth.State>().toEqualTypeOf<"closed" | "open" | "half-open">()
    void Loom.layer({ health: { openFor: "10 seconds", onTransition: ({ to }) => void to } })
    void Loom.layer({ health: false })
    // @ts-expect-error off is said by false
    void Loom.layer({ health: true })
    // @ts-expect-error that is no duration
    ProviderHealth.layer({ openFor: "long" })
  })
})

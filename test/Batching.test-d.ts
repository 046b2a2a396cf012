import { Effect, type Layer } from "effect"
import { Batching, type GenerateError, Loom } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("Batching", () => {
  it("is a layer that changes nothing of a program's type", () => {
    expectTypeOf(Batching.layer()).toEqualTypeOf<Layer.Layer<never>>()
    const program = Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Hi" })
    const batched = Effect.provide(program, Batching.layer({ window: "1 second", maxRows: 100, unbatchable: "fail" }))
    expectTypeOf<Effect.Error<typeof batched>>().toEqualTypeOf<GenerateError.GenerateError>()
    expectTypeOf<Effect.Services<typeof batched>>().toEqualTypeOf<never>()
    expectTypeOf<Effect.Success<typeof batched>>().toEqualTypeOf<Effect.Success<typeof program>>()
  })

  it("knows its options", () => {
    // @ts-expect-error that is no duration
    Batching.layer({ window: "soon" })
    // @ts-expect-error it is asked live, or fails
    Batching.layer({ unbatchable: "drop" })
    // @ts-expect-error there is no such option
    Batching.layer({ rows: 10 })
  })
})

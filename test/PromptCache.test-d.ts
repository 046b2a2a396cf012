import type { Effect } from "effect"
import { type GenerateError, PromptCache } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("PromptCache", () => {
  it("compares what calls are asked with", () => {
    const turns = PromptCache.turnsOf([{ model: "openai/gpt-4o", prompt: "Hi", promptCache: true }])
    expectTypeOf(turns).toEqualTypeOf<Effect.Effect<ReadonlyArray<PromptCache.Turn>, GenerateError.GenerateError>>()
    expectTypeOf(PromptCache.diagnose([], { at: 0 })).toEqualTypeOf<ReadonlyArray<PromptCache.Break>>()
    expectTypeOf<PromptCache.Break["usd"]>().toEqualTypeOf<number | undefined>()
    expectTypeOf<"timestamp" | "tool-added">().toExtend<PromptCache.Cause>()
    // @ts-expect-error prices are dated
    PromptCache.diagnose([])
    // @ts-expect-error a prompt alone is no turn
    void PromptCache.turnsOf(["Hi"])
  })
})

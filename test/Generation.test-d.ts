import type { Response } from "effect/ai"
import { Generation, type Loom, type Saved, type Usage } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("Generation", () => {
  it("has the same fields for texts and images", () => {
    const answer = null as unknown as Generation.Generation<{ readonly id: string }>
    expectTypeOf(answer.text).toEqualTypeOf<string>()
    expectTypeOf(answer.images).toEqualTypeOf<ReadonlyArray<Response.FilePart>>()
    expectTypeOf(answer.usage).toEqualTypeOf<Usage.Usage>()
    expectTypeOf(answer.saved).toEqualTypeOf<Saved.Saved>()
    expectTypeOf(answer.cache).toEqualTypeOf<"miss" | "hit" | "coalesced">()
    expectTypeOf(answer.native.id).toEqualTypeOf<string>()
    expectTypeOf<Generation.Generation["native"]>().toEqualTypeOf<unknown>()
    // @ts-expect-error an answer is read-only
    answer.text = ""
  })

  it("is made of a stream's parts, and they of it", () => {
    expectTypeOf(Generation.fromParts([])).toEqualTypeOf<Generation.Generation | undefined>()
    expectTypeOf(Generation.toParts).returns.toEqualTypeOf<ReadonlyArray<Generation.Part>>()
    expectTypeOf<"text-delta" | "finish" | "tool-call" | "progress" | "partial-image">().toExtend<
      Generation.Part["type"]
    >()
    expectTypeOf<ReturnType<Loom.Client["stream"]>>().toEqualTypeOf<AsyncIterable<Generation.Part>>()
    type Finish = Extract<Generation.Part<number>, { readonly type: "finish" }>
    expectTypeOf<Finish["native"]>().toEqualTypeOf<number>()
    expectTypeOf<Extract<Generation.Part, { readonly type: "text-delta" }>["delta"]>().toEqualTypeOf<string>()
  })

  it("tells its sources", () => {
    expectTypeOf(Generation.sources({ content: [] })).toEqualTypeOf<ReadonlyArray<Generation.Source>>()
    // @ts-expect-error a text alone has none
    Generation.sources("see example.com")
  })
})

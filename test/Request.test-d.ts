import type { Effect } from "effect"
import { type Call, Catalog, type GenerateError, type Model, Request } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("Request", () => {
  it("is made of a prompt, and carries its call", () => {
    expectTypeOf(Request.fromPrompt("Hi")).toEqualTypeOf<Effect.Effect<Request.Request>>()
    expectTypeOf<Request.Request["call"]>().toEqualTypeOf<Call.Call>()
    expectTypeOf(Request.resolve(Catalog.bundled, { model: "openai/gpt-4o" })).toEqualTypeOf<
      Effect.Effect<Model.Model, GenerateError.GenerateError>
    >()
    // @ts-expect-error a call is made with it
    void Request.fromPrompt("Hi", { call: null })
    // @ts-expect-error there is no such modality
    void Request.fromPrompt("Hi", { modality: "smell" })
  })

  it("has params that at least two vendors know", () => {
    expectTypeOf<Request.Params["temperature"]>().toEqualTypeOf<number | undefined>()
    expectTypeOf<Request.ToolChoice>().toEqualTypeOf<"auto" | "required" | "none" | { readonly tool: string }>()
    expectTypeOf<"90m">().toExtend<Request.Lifetime>()
    expectTypeOf<"1d">().not.toExtend<Request.Lifetime>()
    expectTypeOf<Request.Params>().not.toHaveProperty("top_k")
  })
})

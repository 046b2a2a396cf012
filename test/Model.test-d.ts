import { Catalog, Model, type Price } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("Model", () => {
  it("says what is known of it", () => {
    expectTypeOf<Model.Model["context"]>().toEqualTypeOf<number | undefined>()
    expectTypeOf<Model.Model["prices"]>().toEqualTypeOf<ReadonlyArray<Price.Price>>()
    expectTypeOf<Model.Modality>().toEqualTypeOf<"text" | "image" | "embedding">()
    expectTypeOf(Catalog.models(Catalog.bundled, { modality: "image", status: ["active"] })).toEqualTypeOf<
      ReadonlyArray<Model.Model>
    >()
    expectTypeOf(Model.unlisted("newco", "large")).toEqualTypeOf<Model.Model>()
    expectTypeOf(Model.statusAt).returns.toEqualTypeOf<Model.Status>()
    // @ts-expect-error there is no such status
    Catalog.models(Catalog.bundled, { status: ["gone"] })
    // @ts-expect-error a provider and an id are needed
    Model.make({ id: "large" })
  })
})

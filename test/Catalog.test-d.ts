import type { Effect, Result } from "effect"
import { describe, expectTypeOf, it } from "vitest"
import * as Catalog from "../src/Catalog.ts"
import type * as Model from "../src/Model.ts"

describe("ModelIds", () => {
  it("lists text and image ids, aliases and snapshots", () => {
    expectTypeOf<"gpt-4o-mini">().toExtend<Catalog.ModelIds["openai"]>()
    expectTypeOf<"gpt-5.6">().toExtend<Catalog.ModelIds["openai"]>()
    expectTypeOf<"gpt-image-2">().toExtend<Catalog.ModelIds["openai"]>()
    expectTypeOf<"claude-haiku-4-5-20251001">().toExtend<Catalog.ModelIds["anthropic"]>()
  })

  it("leaves out retired models, embeddings and unknown names", () => {
    expectTypeOf<"gpt-4">().not.toExtend<Catalog.ModelIds["openai"]>()
    expectTypeOf<"text-embedding-3-small">().not.toExtend<Catalog.ModelIds["openai"]>()
    expectTypeOf<string>().not.toExtend<Catalog.ModelIds["openai"]>()
    expectTypeOf<Catalog.ModelIds>().not.toHaveProperty("newco")
  })
})

describe("Catalog", () => {
  it("is piped through registrations", () => {
    const catalog = Catalog.bundled.pipe(
      Catalog.registerOpenAiCompatible({
        key: "newco",
        label: "NewCo AI",
        baseUrl: "https://api.newco.ai/v1",
        apiKeyEnv: "NEWCO_API_KEY"
      }),
      Catalog.registerModel({ provider: "newco", model: "newco-large", inputCostPer1M: 2.5, outputCostPer1M: 10 }),
      Catalog.registerEquivalents("text.medium", ["newco/newco-large"]),
      Catalog.merge(Catalog.empty)
    )
    expectTypeOf(catalog).toEqualTypeOf<Catalog.Catalog>()
    // @ts-expect-error a base URL is needed
    Catalog.registerOpenAiCompatible({ key: "newco" })
  })

  it("fails in types", () => {
    expectTypeOf(Catalog.fromYaml("")).toEqualTypeOf<Effect.Effect<Catalog.Catalog, Catalog.CatalogError>>()
    expectTypeOf(Catalog.resolve(Catalog.bundled, { model: "openai/gpt-4o" }))
      .toEqualTypeOf<Result.Result<Model.Model, Catalog.ModelNotFound>>()
    expectTypeOf(Catalog.named(Catalog.bundled, "openai", "gpt-4o")).toEqualTypeOf<Model.Model | undefined>()
  })
})

import type { Effect, Layer } from "effect"
import { type Catalog, Loom, LoomConfig } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("LoomConfig", () => {
  it("is read, and says what is wrong with it", () => {
    expectTypeOf(LoomConfig.load()).toEqualTypeOf<Effect.Effect<LoomConfig.Loaded, LoomConfig.ConfigError>>()
    expectTypeOf(LoomConfig.find({ from: "." })).toEqualTypeOf<
      Effect.Effect<LoomConfig.Found | undefined, LoomConfig.ConfigError>
    >()
    expectTypeOf<LoomConfig.Loaded["options"]>().toEqualTypeOf<Loom.Options>()
    expectTypeOf<LoomConfig.Loaded["catalog"]>().toEqualTypeOf<Catalog.Catalog>()
    type Problem = LoomConfig.ConfigError["problems"][number]
    expectTypeOf<Problem["fix"]>().toEqualTypeOf<string>()
  })

  it("makes a layer that may fail, unlike that of code alone", () => {
    expectTypeOf(Loom.layerConfig({ onCall: () => {} })).toEqualTypeOf<Layer.Layer<never, LoomConfig.ConfigError>>()
    expectTypeOf(Loom.layer()).toEqualTypeOf<Layer.Layer<never>>()
    // @ts-expect-error a path is a text
    Loom.layerConfig({ path: 7 })
    // @ts-expect-error there is no such option
    Loom.layerConfig({ file: "loom.config.yaml" })
  })
})

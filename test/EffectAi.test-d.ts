import { Context, type Effect, type Layer } from "effect"
import type { LanguageModel } from "effect/ai"
import type { Generator } from "loom-router"
import * as EffectAi from "loom-router/effect-ai"
import { describe, expectTypeOf, it } from "vitest"

describe("layer", () => {
  it("takes a model with its vendor's own options, or a route", () => {
    expectTypeOf(EffectAi.layer({ provider: "openai", model: "gpt-4o-mini", native: { store: true }, temperature: 0 }))
      .toEqualTypeOf<Layer.Layer<LanguageModel.LanguageModel>>()
    EffectAi.layer({ model: "anthropic/claude-haiku-4-5", failover: true })
    EffectAi.layer({ route: "cheap-first", cache: { ttl: "1 hour" } })
    // @ts-expect-error: native is the vendor SDK's own request type
    EffectAi.layer({ provider: "openai", model: "gpt-4o-mini", native: { store: "yes" } })
    // @ts-expect-error: a model or a route, not both
    EffectAi.layer({ route: "cheap-first", model: "openai/gpt-4o-mini" })
    // @ts-expect-error: the candidates of a route stand in for each other
    EffectAi.layer({ route: "cheap-first", failover: true })
    // @ts-expect-error: what is asked is effect/ai's to say
    EffectAi.layer({ model: "openai/gpt-4o-mini", prompt: "Hello." })
    // @ts-expect-error: there is no such option
    EffectAi.layer({ model: "openai/gpt-4o-mini", temperatur: 0 })
  })
})

describe("withConfigOverride", () => {
  it("changes nothing of the effect's type", () => {
    const effect = null as unknown as Effect.Effect<number, "failed", LanguageModel.LanguageModel>
    expectTypeOf(EffectAi.withConfigOverride(effect, { temperature: 0 })).toEqualTypeOf<typeof effect>()
    expectTypeOf(effect.pipe(EffectAi.withConfigOverride({ route: "cheap-first" }))).toEqualTypeOf<typeof effect>()
  })
})

describe("summary", () => {
  it("has null for what isn't known", () => {
    const told = EffectAi.summary([])
    expectTypeOf(told?.cost.picoUsd).toEqualTypeOf<number | null | undefined>()
    expectTypeOf(told?.attempts[0]?.requestId).toEqualTypeOf<string | null | undefined>()
  })
})

describe("generator", () => {
  it("takes whatever services a model's config is", () => {
    class Config extends Context.Service<Config, { readonly temperature: number }>()("acme/Config") {}
    expectTypeOf(EffectAi.layerGenerator({ config: () => Context.make(Config, { temperature: 0 }) })).toEqualTypeOf<
      Layer.Layer<Generator.Generator, never, LanguageModel.LanguageModel>
    >()
  })
})

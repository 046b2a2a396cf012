import { Effect, type Layer, type Scope } from "effect"
import { Loom, type Request, ResponseCache } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("ResponseCache", () => {
  it("is a layer, or an option of one", () => {
    expectTypeOf(ResponseCache.layer({ ttl: "1 hour" })).toEqualTypeOf<Layer.Layer<never>>()
    expectTypeOf(ResponseCache.make()).toEqualTypeOf<Effect.Effect<ResponseCache.ResponseCache, never, Scope.Scope>>()
    void Loom.layer({ cache: { ttl: "1 hour", capacity: 100, sqlite: true } })
    void Loom.layer({ cache: { ttl: "1 hour", sqlite: { path: "./cache.db", maxBytes: 1e6 } } })
    // @ts-expect-error a time is in an object
    void Loom.layer({ cache: "1 hour" })
    // @ts-expect-error that is no duration
    ResponseCache.layer({ ttl: "long" })
    // @ts-expect-error there is no such tier
    ResponseCache.layer({ redis: true })
  })

  it("takes a store that may fail as it likes", () => {
    const store: ResponseCache.Store = {
      get: () => Effect.fail("down"),
      set: () => Effect.void,
      clear: Effect.void
    }
    ResponseCache.layer({ ttl: "1 hour", store })
    // @ts-expect-error what is kept has a life
    const wrong: ResponseCache.Store = { ...store, get: () => Effect.succeed({ value: new Uint8Array() }) }
    void wrong
  })

  it("explains a miss by names of fields", () => {
    const request = null as unknown as Request.Request
    expectTypeOf(ResponseCache.explain(request, request)).toEqualTypeOf<ReadonlyArray<string>>()
  })
})

import { Effect, Layer } from "effect"
import { Loom, SecretBackend } from "loom-router"
import { describe, expectTypeOf, it } from "vitest"

describe("SecretBackend", () => {
  it("is live, or kept for a while", () => {
    const live: SecretBackend.Live = { _tag: "Live", name: "mine", where: (name) => name, read: () => undefined }
    const layer = Layer.succeed(SecretBackend.SecretBackend, live)
    expectTypeOf(layer).toEqualTypeOf<Layer.Layer<SecretBackend.SecretBackend>>()
    void Loom.layer({ secrets: { from: ["environment", layer, live] } })
    expectTypeOf(SecretBackend.locator("apps/openai#key")).toEqualTypeOf<SecretBackend.Locator>()
    expectTypeOf<SecretBackend.SecretBackendError["retryable"]>().toEqualTypeOf<boolean>()
  })

  it("fails in types", () => {
    // @ts-expect-error what is kept is Redacted
    const plain: SecretBackend.Kept["fetch"] = () => Effect.succeed("sk-123")
    void plain
    // A place that fails says how.
    expectTypeOf<() => Effect.Effect<undefined, SecretBackend.SecretBackendError>>().toExtend<
      SecretBackend.Kept["fetch"]
    >()
    expectTypeOf<() => Effect.Effect<undefined, string>>().not.toExtend<SecretBackend.Kept["fetch"]>()
    // @ts-expect-error there is no such mode
    SecretBackend.policyOf({ mode: "relaxed" })
  })
})

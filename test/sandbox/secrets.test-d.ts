import type { Effect, Scope } from "effect"
import * as Aws from "loom-router/sandbox/secrets/Aws"
import * as Gcp from "loom-router/sandbox/secrets/Gcp"
import * as Vault from "loom-router/sandbox/secrets/Vault"
import { describe, expectTypeOf, it } from "vitest"

describe("managers of secrets", () => {
  it("live as long as their scope", () => {
    expectTypeOf(Aws.make()).toEqualTypeOf<Effect.Effect<Aws.Aws, never, Scope.Scope>>()
    expectTypeOf(Gcp.make({ project: "acme" })).toEqualTypeOf<Effect.Effect<Gcp.Gcp, never, Scope.Scope>>()
    expectTypeOf(Vault.make({ mounts: { secret: 2 } })).toEqualTypeOf<Effect.Effect<Vault.Vault, never, Scope.Scope>>()
    // @ts-expect-error there is no third version
    void Vault.make({ mounts: { secret: 3 } })
  })
})

import { type Effect, type Layer, Redacted } from "effect"
import { Loom, type SecretBackend, Secrets, type Transport } from "loom-router"
import * as AwsSecretsManager from "loom-router/secrets/AwsSecretsManager"
import * as DotEnv from "loom-router/secrets/DotEnv"
import * as Environment from "loom-router/secrets/Environment"
import * as GcpSecretManager from "loom-router/secrets/GcpSecretManager"
import * as KeyFile from "loom-router/secrets/KeyFile"
import * as Vault from "loom-router/secrets/Vault"
import { describe, expectTypeOf, it } from "vitest"

describe("Secrets", () => {
  it("is a service whose values are Redacted", () => {
    expectTypeOf(Secrets.layer()).toEqualTypeOf<Layer.Layer<Secrets.Secrets>>()
    expectTypeOf<ReturnType<Secrets.Secrets["Service"]["get"]>>().toEqualTypeOf<
      Effect.Effect<Redacted.Redacted, Secrets.SecretsError>
    >()
    expectTypeOf(Secrets.layerConfigProvider(["DATABASE_URL"])).toEqualTypeOf<
      Layer.Layer<never, never, Secrets.Secrets>
    >()
  })

  it("takes places by name, as layers, and picks among keys", () => {
    void Loom.layer({
      secrets: {
        from: ["environment", "vault", Vault.layer({ address: "https://vault.internal" }), DotEnv.layer()],
        keys: {
          OPENAI_API_KEY: { tag: "tenant", names: { acme: "ACME_KEY" }, otherwise: "OPENAI_KEY" },
          ANTHROPIC_API_KEY: { rotate: ["ONE", "TWO"] }
        }
      }
    })
    // @ts-expect-error there is no such place
    void Loom.layer({ secrets: { from: ["keychain"] } })
    // @ts-expect-error keys are picked by a tag, or in turns
    void Loom.layer({ secrets: { keys: { OPENAI_API_KEY: "OTHER_KEY" } } })
  })
})

describe("places of secrets", () => {
  it("are layers of one service", () => {
    type Place = Layer.Layer<SecretBackend.SecretBackend>
    type OverTransport = Layer.Layer<SecretBackend.SecretBackend, never, Transport.Transport>
    expectTypeOf(Environment.layer({ names: { OPENAI_API_KEY: "KEY" } })).toEqualTypeOf<Place>()
    expectTypeOf(DotEnv.layer({ path: ".env.local" })).toEqualTypeOf<Place>()
    expectTypeOf(KeyFile.layer()).toEqualTypeOf<Place>()
    expectTypeOf(AwsSecretsManager.layer({ region: "eu-central-1" })).toEqualTypeOf<Place>()
    expectTypeOf(GcpSecretManager.layer({ project: "acme" })).toEqualTypeOf<OverTransport>()
    expectTypeOf(Vault.layer()).toEqualTypeOf<OverTransport>()
  })

  it("fail in types", () => {
    Vault.layer({ auth: { method: "approle", roleId: "loom", secretId: Redacted.make("…") } })
    // @ts-expect-error what proves who asks is Redacted
    Vault.layer({ auth: { method: "approle", roleId: "loom", secretId: "…" } })
    // @ts-expect-error there is no such method
    Vault.layer({ auth: { method: "ldap" } })
    // @ts-expect-error there is no third version
    Vault.layer({ version: 3 })
    // @ts-expect-error that is no duration
    AwsSecretsManager.layer({ timeToLive: "a while" })
    // @ts-expect-error a key is Redacted
    void KeyFile.set("OPENAI_API_KEY", "sk-123")
  })
})

/**
 * Keys in Vault, rotated while calls go on: no call fails, though the old key is revoked at once and Vault is sealed
 * later. Vault and the vendor are simulated, so that it runs without a key and without a network.
 *
 * `node --conditions=loom-source scratchpad/keys.ts`
 */
import { Effect, Redacted } from "effect"
import { Loom } from "loom-router"
import * as OpenAi from "loom-router/providers/OpenAi"
import * as Sandbox from "loom-router/sandbox"
import * as VaultServer from "loom-router/sandbox/secrets/Vault"
import * as Vault from "loom-router/secrets/Vault"

const program = Effect.gen(function*() {
  const [first, second] = ["sk-first-0123456789-aaaa", "sk-second-0123456789-bbbb"]
  const vendor = yield* Sandbox.make({ keys: [first] })
  const vault = yield* VaultServer.make()
  vault.appRole("loom", "proof", { seconds: 600, renewable: true })
  vault.put("apps/openai", { key: first })

  const loom = Loom.layer({
    providers: { openai: OpenAi.layer({ baseUrl: vendor.baseUrl("openai") }) },
    secrets: {
      from: [
        Vault.layer({
          address: vault.url,
          auth: { method: "approle", roleId: "loom", secretId: Redacted.make("proof") },
          names: { OPENAI_API_KEY: "apps/openai#key" }
        })
      ]
    }
  })
  const ask = Effect.map(
    Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Say hello." }),
    ({ attempts }) => attempts.map(({ outcome }) => outcome).join(", then ")
  )

  yield* Effect.gen(function*() {
    console.log(`with the first key: ${yield* ask}`)
    vault.put("apps/openai", { key: second })
    yield* vendor.addKey(second)
    yield* vendor.revokeKey(first)
    console.log(`rotated, and the first key revoked at once: ${yield* ask}`)
    console.log(`after that: ${yield* ask}`)
    vault.seal(true)
    console.log(`with Vault sealed: ${yield* ask}`)
  }).pipe(Effect.provide(loom))

  vault.seal(false)
  vault.remove("apps/openai")
  const error = yield* Effect.provide(Effect.flip(ask), loom)
  console.log(`\nstarted anew, with the key gone:\n${error.message}`)

  const reads = vault.arrivals().filter(({ url }) => url.includes("/data/")).length
  console.log(`\n${(yield* vendor.journal).length} requests to the vendor, ${reads} reads of the secret`)
})

await Effect.runPromise(Effect.scoped(program))

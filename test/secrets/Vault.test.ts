import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Redacted } from "effect"
import * as VaultServer from "loom-router/sandbox/secrets/Vault"
import * as Vault from "loom-router/secrets/Vault"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { environmentOf } from "../providers/world.ts"
import { contract, make, told } from "./contract.ts"
import { vault } from "./managers.ts"
import { steered } from "./steered.ts"

contract(vault(1))
contract(vault(2))

const setUp = Effect.gen(function*() {
  const clock = yield* Clock.Clock
  const vault = yield* VaultServer.make({ namespaces: ["team", "team/app"] })
  vault.put("loom", { A: "a" })
  return { clock, vault }
})

const token = (text: string): Vault.Auth => ({ method: "token", token: Redacted.make(text) })

const reading = (options: Vault.Options, environment: Readonly<Record<string, string>> = {}) =>
  Effect.provide(make({ from: [Vault.layer(options)] }), environmentOf(environment))

describe("settings", () => {
  it.live("come from the environment, OpenBao's names too", () =>
    Effect.gen(function*() {
      const { vault } = yield* setUp
      vault.put("other", { A: "other" }, { namespace: "team" })
      vault.appRole("role", "proof")
      const environments = [
        [{ VAULT_ADDR: vault.url, VAULT_TOKEN: vault.token() }, "a"],
        [{ BAO_ADDR: `${vault.url}/`, BAO_TOKEN: vault.token() }, "a"],
        [{ VAULT_ADDR: vault.url, VAULT_ROLE_ID: "role", VAULT_SECRET_ID: "proof" }, "a"],
        [{
          VAULT_ADDR: vault.url,
          VAULT_TOKEN: vault.token({ namespace: "team" }),
          VAULT_NAMESPACE: "team",
          LOOM_SECRET: "other"
        }, "other"],
        [{ VAULT_TOKEN: vault.token() }, "Misconfigured"],
        [{ VAULT_ADDR: vault.url }, "Misconfigured"],
        [{ VAULT_ADDR: "vault:8200", VAULT_TOKEN: "x" }, "Misconfigured"],
        [{ VAULT_ADDR: vault.url, VAULT_TOKEN: "x", VAULT_CACERT: "/nowhere/ca.pem" }, "Misconfigured"]
      ] as const
      for (const [environment, expected] of environments) {
        assert.strictEqual(yield* told(yield* reading({}, environment), "A"), expected, JSON.stringify(environment))
      }
    }))

  it.live("namespaces keep secrets and tokens apart", () =>
    Effect.gen(function*() {
      const { vault } = yield* setUp
      vault.put("loom", { A: "team's" }, { namespace: "team/app" })
      const own = vault.token({ namespace: "team/app" })
      const read = (namespace: string | undefined, text: string) =>
        Effect.flatMap(
          reading({ address: vault.url, namespace, auth: token(text) }),
          (secrets) => told(secrets, "A")
        )
      assert.strictEqual(yield* read("team/app", own), "team's")
      assert.strictEqual(yield* read("team/app/", own), "team's")
      assert.strictEqual(yield* read(undefined, own), "Unauthorized")
      assert.strictEqual(yield* read("team", own), "Unauthorized")
      assert.strictEqual(yield* read("team/app", vault.token()), "Unauthorized")
    }))

  it.live("a version may be pinned, and a deleted one is none", () =>
    Effect.gen(function*() {
      const { vault } = yield* setUp
      vault.put("loom", { A: "b" })
      const pinned = { secret: "loom", field: "A", version: "1" }
      const secrets = yield* reading({ address: vault.url, auth: token(vault.token()), names: { PINNED: pinned } })
      assert.strictEqual(yield* told(secrets, "PINNED"), "a")
      assert.strictEqual(yield* told(secrets, "A"), "b")
      assert.include(vault.arrivals().map(({ url }) => url), "/v1/secret/data/loom?version=1")
      vault.remove("loom")
      assert.strictEqual(
        yield* told(yield* reading({ address: vault.url, auth: token(vault.token()) }), "A"),
        "missing"
      )
    }))

  it.live("odd names of secrets reach Vault as they are", () =>
    Effect.gen(function*() {
      const { vault } = yield* setUp
      vault.put("team a/ключ?x", { A: "odd" })
      const secrets = yield* reading({ address: vault.url, auth: token(vault.token()), secret: "team a/ключ?x" })
      assert.strictEqual(yield* told(secrets, "A"), "odd")
    }))
})

describe("logging in", () => {
  it.live("by AppRole: once for many reads at once, refused with a fix", () =>
    Effect.gen(function*() {
      const { vault } = yield* setUp
      vault.appRole("role", "proof", { seconds: 60 })
      vault.put("other", { B: "b" })
      const auth = (proof: string): Vault.Auth => ({
        method: "approle",
        roleId: "role",
        secretId: Redacted.make(proof)
      })
      const secrets = yield* reading({ address: vault.url, auth: auth("proof"), names: { B: "other#B" } })
      const read = yield* Effect.forEach(["A", "B"], (name) => told(secrets, name), { concurrency: "unbounded" })
      assert.deepStrictEqual(read, ["a", "b"])
      assert.strictEqual(vault.logins(), 1)
      const error = yield* Effect.flip((yield* reading({ address: vault.url, auth: auth("wrong-proof") })).get("A"))
      assert.strictEqual(error.backend?.kind, "Unauthorized")
      assert.include(error.fix, "VAULT_SECRET_ID")
      assert.notInclude(error.message, "wrong-proof")
    }))

  it.live("by Kubernetes, reading the pod's token at every login", () =>
    Effect.gen(function*() {
      const { clock, vault } = yield* setUp
      const folder = mkdtempSync(join(tmpdir(), "loom-k8s-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true })))
      const tokenPath = join(folder, "token")
      writeFileSync(tokenPath, "jwt-1\n")
      vault.kubernetes("loom", "jwt-1", { seconds: 60 })
      const secrets = yield* reading({ address: vault.url, auth: { method: "kubernetes", role: "loom", tokenPath } })
      assert.strictEqual(yield* told(secrets, "A"), "a")
      writeFileSync(tokenPath, "jwt-2\n")
      vault.kubernetes("loom", "jwt-2", { seconds: 60 })
      vault.revokeAll()
      vault.put("loom", { A: "b" })
      const { advance } = steeredIn(clock)
      advance("46 seconds")
      assert.strictEqual(yield* told(secrets, "A"), "b")
      assert.strictEqual(vault.logins(), 2)
      const none = yield* reading({
        address: vault.url,
        auth: { method: "kubernetes", role: "loom", tokenPath: join(folder, "none") }
      })
      assert.strictEqual(yield* told(none, "A"), "Misconfigured")
    }).pipe(Effect.provideService(Clock.Clock, steered())))

  it.live("a token is renewed at two thirds of its life, a last one logged in for", () =>
    Effect.gen(function*() {
      const { clock, vault } = yield* setUp
      vault.appRole("role", "proof", { seconds: 120, renewable: true, maxSeconds: 300 })
      const secrets = yield* reading({
        address: vault.url,
        auth: { method: "approle", roleId: "role", secretId: Redacted.make("proof") }
      })
      const renewals = () => vault.arrivals().filter(({ url }) => url.endsWith("renew-self")).length
      for (let minute = 0; minute < 8; minute++) {
        assert.strictEqual(yield* told(secrets, "A"), "a")
        steeredIn(clock).advance("50 seconds")
      }
      assert.isAbove(renewals(), 1)
      assert.strictEqual(vault.logins(), 2)
      assert.deepStrictEqual(vault.arrivals().filter(({ status }) => status === 403), [])
    }).pipe(Effect.provideService(Clock.Clock, steered())))

  it.live("a token of one's own is renewed as long as it can be", () =>
    Effect.gen(function*() {
      const { clock, vault } = yield* setUp
      const own = vault.token({ seconds: 120, renewable: true })
      const secrets = yield* reading({ address: vault.url, auth: token(own), keepFor: 0 })
      for (let minute = 0; minute < 8; minute++) {
        assert.strictEqual(yield* told(secrets, "A"), "a")
        steeredIn(clock).advance("50 seconds")
      }
      const short = yield* reading({ address: vault.url, auth: token(vault.token({ seconds: 60 })), keepFor: 0 })
      assert.strictEqual(yield* told(short, "A"), "a")
      steeredIn(clock).advance("61 seconds")
      assert.strictEqual(yield* told(short, "A"), "Unauthorized")
    }).pipe(Effect.provideService(Clock.Clock, steered())))
})

describe("a Vault that can't answer", () => {
  it.live("sealed, missing or behind: says so", () =>
    Effect.gen(function*() {
      const { vault } = yield* setUp
      const auth = token(vault.token())
      vault.seal(true)
      const sealed = yield* Effect.flip((yield* reading({ address: vault.url, auth })).get("A"))
      assert.include(sealed.message, "sealed")
      vault.seal(false)
      vault.script({ respond: { status: 412, body: { errors: [] } }, path: "/data/", times: 2 })
      assert.strictEqual(yield* told(yield* reading({ address: vault.url, auth }), "A"), "a")
      const gone = yield* Effect.flip((yield* reading({ address: "http://127.0.0.1:1", auth })).get("A"))
      assert.strictEqual(gone.backend?.kind, "Unavailable")
      assert.include(gone.message, "ECONNREFUSED")
    }))
})

const steeredIn = (clock: Clock.Clock) => {
  if (!("advance" in clock) || typeof clock.advance !== "function") throw new Error("the clock isn't steered")
  const advance = clock.advance
  return { advance: (by: string): void => void advance(by) }
}

/** The simulated secret managers, as the contract and the fault tests hold them. */
import { Effect, Redacted } from "effect"
import type { SecretBackend } from "loom-router"
import * as AwsServer from "loom-router/sandbox/secrets/Aws"
import * as GcpServer from "loom-router/sandbox/secrets/Gcp"
import * as VaultServer from "loom-router/sandbox/secrets/Vault"
import * as AwsSecretsManager from "loom-router/secrets/AwsSecretsManager"
import * as GcpSecretManager from "loom-router/secrets/GcpSecretManager"
import * as Vault from "loom-router/secrets/Vault"
import type { Manager } from "./contract.ts"

const isOfVault = ({ method, url }: { readonly method: string; readonly url: string }) =>
  method === "GET" && !url.includes("/auth/")

export const vault = (version: 1 | 2): Manager => ({
  name: `vault, KV ${version}`,
  where: "Vault",
  throttled: { respond: { status: 429, body: { errors: ["request path \"x\": rate limit quota exceeded"] } } },
  hold: () =>
    Effect.map(VaultServer.make(), (door) => {
      door.appRole("role", "proof", { seconds: 600, renewable: true })
      const mount = version === 1 ? "kv" : "secret"
      const source = (names?: Vault.Options["names"]) =>
        Vault.layer({
          address: door.url,
          mount,
          version,
          names,
          auth: { method: "approle", roleId: "role", secretId: Redacted.make("proof") }
        })
      return {
        source: source(),
        named: source,
        door: {
          ...door,
          script: (...faults) => {
            for (const fault of faults) door.script({ path: `/${mount}/`, ...fault })
          }
        },
        put: (secret, fields) =>
          fields === undefined ? door.remove(secret, { mount }) : door.put(secret, fields, { mount }),
        deny: door.deny,
        expire: door.revokeAll,
        reads: () => door.arrivals().filter(isOfVault).filter(({ status }) => status !== 403).length
      }
    })
})

export const gcp: Manager = {
  name: "gcp",
  where: "Google Secret Manager",
  throttled: {
    respond: { status: 429, body: { error: { code: 429, status: "RESOURCE_EXHAUSTED", message: "quota" } } }
  },
  hold: () =>
    Effect.map(GcpServer.make(), (door) => {
      const source = (names?: SecretBackend.Names) =>
        GcpSecretManager.layer({
          endpoint: door.url,
          project: door.project,
          names,
          token: Effect.sync(() => Redacted.make(door.token()))
        })
      return {
        source: source(),
        named: (names) =>
          // Its names have no slashes.
          source(Object.fromEntries(
            Object.entries(names).map((
              [name, place]
            ) => [name, typeof place === "string" ? place.replace("/", "-") : place])
          )),
        door,
        put: (secret, fields) => {
          if (fields === undefined) door.remove(secret)
          else door.put(secret.replace("/", "-"), JSON.stringify(fields))
        },
        text: door.put,
        deny: door.deny,
        expire: door.revokeTokens,
        reads: () => door.arrivals().filter(({ url }) => url.includes(":access")).length
      }
    })
}

export const aws: Manager = {
  name: "aws",
  where: "AWS Secrets Manager",
  throttled: { respond: { status: 400, body: { __type: "ThrottlingException", message: "Rate exceeded" } } },
  hold: () =>
    Effect.map(AwsServer.make(), (door) => {
      let own = door.credentials("session")
      const source = (names?: SecretBackend.Names) =>
        AwsSecretsManager.layer({
          endpoint: door.url,
          region: door.region,
          // As a role's credentials are: asked for again when they are over.
          credentials: async () => ({ ...own, expiration: new Date(Date.now() + 1) }),
          names
        })
      return {
        source: source(),
        named: source,
        door,
        put: (secret, fields) => {
          if (fields === undefined) door.remove(secret)
          else door.put(secret, JSON.stringify(fields))
        },
        text: door.put,
        deny: door.deny,
        expire: () => {
          door.expire(own)
          own = door.credentials("session")
        },
        reads: () => door.arrivals().length
      }
    })
}

/** One of each kind. */
export const managers: ReadonlyArray<Manager> = [vault(2), aws, gcp]

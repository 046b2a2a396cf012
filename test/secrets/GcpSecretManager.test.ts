import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { SecretBackend } from "loom-router"
import * as GcpServer from "loom-router/sandbox/secrets/Gcp"
import * as GcpSecretManager from "loom-router/secrets/GcpSecretManager"
import { environmentOf } from "../providers/world.ts"
import { contract, make, told } from "./contract.ts"
import { gcp } from "./managers.ts"

contract(gcp)

const reading = (options: GcpSecretManager.Options, environment: Readonly<Record<string, string>> = {}) =>
  Effect.provide(make({ from: [GcpSecretManager.layer(options)] }), environmentOf(environment))

/** A backend over a server of its own, with a token that a test counts. */
const setUp = Effect.fnUntraced(function*(options?: GcpServer.Options) {
  const gcp = yield* GcpServer.make(options)
  let tokens = 0
  const token = Effect.sync(() => {
    tokens++
    return Redacted.make(gcp.token())
  })
  return { gcp, options: { endpoint: gcp.url, project: gcp.project, token }, tokens: () => tokens }
})

describe("versions", () => {
  it.live("the latest, a number or an alias; one that is disabled is none", () =>
    Effect.gen(function*() {
      const { gcp, options } = yield* setUp()
      gcp.put("key", "one")
      gcp.put("key", "two")
      gcp.alias("key", "stable", 1)
      const names = {
        LATEST: "key",
        FIRST: { secret: "key", version: "1" },
        STABLE: { secret: "key", version: "stable" },
        NONE: { secret: "key", version: "9" }
      }
      const secrets = yield* reading({ ...options, names })
      const read = yield* Effect.forEach(Object.keys(names), (name) => told(secrets, name))
      assert.deepStrictEqual(read, ["two", "one", "one", "missing"])
      gcp.disable("key", 2)
      assert.strictEqual(yield* told(yield* reading({ ...options, names }), "LATEST"), "missing")
    }))

  it.live("one whose checksum is wrong isn't used", () =>
    Effect.gen(function*() {
      const { gcp, options } = yield* setUp()
      gcp.put("key", "sk-1")
      gcp.corrupt(true)
      assert.strictEqual(yield* told(yield* reading({ ...options, names: { A: "key" } }), "A"), "Malformed")
      gcp.put("bytes", new Uint8Array([0xff, 0xfe, 0]))
      gcp.corrupt(false)
      assert.strictEqual(yield* told(yield* reading({ ...options, names: { A: "bytes" } }), "A"), "Malformed")
    }))
})

describe("settings", () => {
  it.live("the project from the environment, the location in the path and the host", () =>
    Effect.gen(function*() {
      const { gcp, options } = yield* setUp()
      gcp.put("loom", "{\"A\":\"a\"}")
      const { endpoint, token } = options
      const environment = { GOOGLE_CLOUD_PROJECT: gcp.project }
      assert.strictEqual(yield* told(yield* reading({ endpoint, token }, environment), "A"), "a")
      assert.strictEqual(yield* told(yield* reading({ ...options, location: "europe-west3" }), "A"), "a")
      assert.include(
        gcp.arrivals().map(({ url }) => url),
        "/v1/projects/loom-test/locations/europe-west3/secrets/loom/versions/latest:access"
      )
      assert.strictEqual(yield* told(yield* reading({ ...options, project: "another" }), "A"), "Unauthorized")
      assert.strictEqual(yield* told(yield* reading({ ...options, endpoint: "nonsense" }), "A"), "Misconfigured")
    }))

  it.live("a token that is refused is asked for once more, and no further", () =>
    Effect.gen(function*() {
      const { gcp, options, tokens } = yield* setUp()
      gcp.put("loom", "{\"A\":\"a\"}")
      gcp.script({ respond: { status: 401, body: {} } })
      assert.strictEqual(yield* told(yield* reading(options), "A"), "a")
      assert.strictEqual(tokens(), 2)
      gcp.script({ respond: { status: 401, body: {} }, times: "always" })
      assert.strictEqual(yield* told(yield* reading(options), "A"), "Unauthorized")
      assert.strictEqual(tokens(), 4)
    }))

  it.live("a source of tokens that fails is told as it says", () =>
    Effect.gen(function*() {
      const { options } = yield* setUp()
      const token = Effect.fail(
        new SecretBackend.SecretBackendError({ backend: "gcp", kind: "Misconfigured", detail: "no vault", fix: "x" })
      )
      const error = yield* Effect.flip((yield* reading({ ...options, token })).get("A"))
      assert.include(error.message, "no vault")
    }))
})

describe("Application Default Credentials, by google-auth-library over HTTP", () => {
  const names = ["GCE_METADATA_HOST", "METADATA_SERVER_DETECTION", "GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG"]
  const before = new Map(names.map((name) => [name, process.env[name]]))
  beforeAll(() => {
    process.env["METADATA_SERVER_DETECTION"] = "assume-present"
    process.env["CLOUDSDK_CONFIG"] = "/nowhere"
    delete process.env["GOOGLE_APPLICATION_CREDENTIALS"]
  })
  afterAll(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })

  it.live("the metadata server gives project and token; a revoked token is replaced", () =>
    Effect.gen(function*() {
      const gcp = yield* GcpServer.make()
      process.env["GCE_METADATA_HOST"] = gcp.host
      gcp.put("loom", "{\"A\":\"a\"}")
      const secrets = yield* reading({ endpoint: gcp.url, timeToLive: 0, keepFor: 0 })
      assert.strictEqual(yield* told(secrets, "A"), "a")
      gcp.put("loom", "{\"A\":\"b\"}")
      assert.strictEqual(yield* told(secrets, "A"), "b")
      const tokens = () => gcp.arrivals().filter(({ url }) => url.includes("/token")).length
      assert.strictEqual(tokens(), 1)
      gcp.revokeTokens()
      assert.strictEqual(yield* told(secrets, "A"), "b")
      assert.strictEqual(tokens(), 2)
    }))

  it.live("nothing there says how to log in", () =>
    Effect.gen(function*() {
      process.env["GCE_METADATA_HOST"] = "127.0.0.1:1"
      process.env["GOOGLE_APPLICATION_CREDENTIALS"] = "/nowhere/key.json"
      const error = yield* Effect.flip((yield* reading({ project: "p", endpoint: "http://127.0.0.1:1" })).get("A"))
      delete process.env["GOOGLE_APPLICATION_CREDENTIALS"]
      assert.strictEqual(error.backend?.kind, "Misconfigured")
      assert.include(error.fix, "gcloud auth application-default login")
    }))
})

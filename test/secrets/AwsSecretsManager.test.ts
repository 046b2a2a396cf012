import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as AwsServer from "loom-router/sandbox/secrets/Aws"
import * as AwsSecretsManager from "loom-router/secrets/AwsSecretsManager"
import { inspect } from "node:util"
import { environmentOf } from "../providers/world.ts"
import { warned } from "./backends.ts"
import { contract, make, told } from "./contract.ts"
import { aws } from "./managers.ts"

contract(aws)

it.effect("keeps its credentials to itself", () =>
  Effect.gen(function*() {
    const credentials = { accessKeyId: "canary-id", secretAccessKey: "canary-secret" }
    const backend = yield* AwsSecretsManager.make({ credentials, native: { credentials }, mode: "lenient" })
    assert.strictEqual(backend.policy?.mode, "lenient")
    assert.notInclude(inspect(backend, { depth: Infinity, showHidden: true }), "canary")
  }))

const reading = (options: AwsSecretsManager.Options, environment: Readonly<Record<string, string>> = {}) =>
  Effect.provide(make({ from: [AwsSecretsManager.layer(options)] }), environmentOf(environment))

const setUp = Effect.gen(function*() {
  const aws = yield* AwsServer.make()
  aws.put("loom", "{\"A\":\"a\"}")
  const credentials = aws.credentials()
  return { aws, credentials, options: { endpoint: aws.url, region: aws.region, credentials } }
})

it.effect("closes its client with its scope, where it was asked at all", () =>
  Effect.gen(function*() {
    let closed = 0
    const requestHandler = {
      handle: () => Promise.reject(new Error("no network")),
      destroy: () => void closed++,
      updateHttpClientConfig: () => undefined,
      httpHandlerConfigs: () => ({})
    }
    const credentials = { accessKeyId: "a", secretAccessKey: "b" }
    const options = { region: "eu-central-1", credentials, native: { requestHandler } }
    yield* Effect.scoped(AwsSecretsManager.make(options))
    assert.strictEqual(closed, 0)
    yield* Effect.scoped(Effect.gen(function*() {
      const backend = yield* AwsSecretsManager.make(options)
      assert.strictEqual((yield* Effect.flip(backend.fetch({ secret: "loom" }))).kind, "Unavailable")
      assert.strictEqual(closed, 0)
    }))
    assert.strictEqual(closed, 1)
  }))

describe("what is kept there", () => {
  it.live("by name or ARN, as text, JSON or bytes, in the version that is asked for", () =>
    Effect.gen(function*() {
      const { aws, options } = yield* setUp
      const first = aws.put("prod/key", "one")
      aws.put("prod/key", "two")
      aws.put("bytes", new TextEncoder().encode("sk-bytes"))
      aws.put("noise", new Uint8Array([0xff, 0xfe]))
      const names = {
        CURRENT: "prod/key",
        ARN: `arn:aws:secretsmanager:${aws.region}:123456789012:secret:prod/key-a1b2c3`,
        PREVIOUS: { secret: "prod/key", version: "AWSPREVIOUS" },
        FIRST: { secret: "prod/key", version: first },
        NONE: { secret: "prod/key", version: "AWSPENDING" },
        BYTES: "bytes",
        NOISE: "noise"
      }
      const secrets = yield* reading({ ...options, names })
      const read = yield* Effect.forEach(Object.keys(names), (name) => told(secrets, name))
      assert.deepStrictEqual(read, ["two", "two", "one", "one", "missing", "sk-bytes", "Malformed"])
    }))

  it.live("a secret that is about to be deleted is gone, with a warning", () =>
    Effect.gen(function*() {
      const { aws, options } = yield* setUp
      const { layer, warnings } = warned()
      aws.schedule("loom")
      assert.strictEqual(yield* Effect.provide(told(yield* reading(options), "A"), layer), "missing")
      assert.deepStrictEqual(warnings, ["secrets: AWS Secrets Manager says that loom is about to be deleted"])
    }))
})

describe("credentials", () => {
  it.live("are checked by their signature", () =>
    Effect.gen(function*() {
      const { aws, credentials, options } = yield* setUp
      const read = (changed: AwsSecretsManager.Options) =>
        Effect.flatMap(reading({ ...options, ...changed }), (secrets) =>
          Effect.match(secrets.get("A"), {
            onSuccess: () => "read",
            onFailure: ({ backend, fix }) => `${backend?.kind}: ${fix}`
          }))
      assert.strictEqual(yield* read({}), "read")
      const refused = [
        { credentials: { ...credentials, secretAccessKey: `${credentials.secretAccessKey}x` } },
        { credentials: { ...credentials, accessKeyId: "AKIAUNKNOWN" } },
        { credentials: { ...credentials, sessionToken: "made up" } },
        { region: "us-east-1" }
      ]
      for (const changed of refused) {
        assert.match(yield* read(changed), /^Unauthorized: check the AWS credentials/)
      }
      const session = aws.credentials("session")
      assert.strictEqual(yield* read({ credentials: session }), "read")
      assert.match(
        yield* read({ credentials: { accessKeyId: session.accessKeyId, secretAccessKey: session.secretAccessKey } }),
        /^Unauthorized/
      )
      aws.expire(session)
      assert.match(yield* read({ credentials: session }), /^Unauthorized: .*expired/)
      aws.expire(credentials)
      assert.match(yield* read({}), /^Unauthorized/)
    }))

  it.live("that aren't there, a region that isn't, and nobody there say what to set", () =>
    Effect.gen(function*() {
      const { aws, options } = yield* setUp
      const none = () => {
        const error = new Error("Could not load credentials from any providers")
        error.name = "CredentialsProviderError"
        return Promise.reject(error)
      }
      const missing = yield* Effect.flip((yield* reading({ ...options, credentials: none })).get("A"))
      assert.strictEqual(missing.backend?.kind, "Misconfigured")
      assert.include(missing.fix, "AWS_ACCESS_KEY_ID")
      const nowhere = yield* Effect.flip(
        (yield* reading({ ...options, region: undefined })).get("A")
      )
      assert.include(nowhere.fix, "AWS_REGION")
      const gone = yield* Effect.flip((yield* reading({ ...options, endpoint: "http://127.0.0.1:1" })).get("A"))
      assert.strictEqual(gone.backend?.kind, "Unavailable")
      assert.include(gone.message, "ECONNREFUSED")
      assert.lengthOf(aws.arrivals(), 0)
    }))
})

describe("a signature", () => {
  const signed = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "secretsmanager.GetSecretValue",
    "x-amz-date": "20261123T000000Z"
  }

  it.live("is demanded, whole, and of this time", () =>
    Effect.gen(function*() {
      const { aws, credentials } = yield* setUp
      const ask = (headers: Record<string, string>) =>
        Effect.promise(async () => {
          const answer = await fetch(aws.url, { method: "POST", headers, body: "{\"SecretId\":\"loom\"}" })
          return [answer.status, (await answer.json() as { __type: string }).__type]
        })
      assert.deepStrictEqual(yield* ask(signed), [400, "MissingAuthenticationTokenException"])
      assert.deepStrictEqual(yield* ask({ ...signed, authorization: "Bearer x" }), [
        400,
        "IncompleteSignatureException"
      ])
      const authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/20200101/${aws.region}/` +
        `secretsmanager/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=${
          "0".repeat(64)
        }`
      const old = { ...signed, "x-amz-date": "20200101T000000Z", authorization }
      assert.deepStrictEqual(yield* ask(old), [400, "InvalidSignatureException"])
      assert.deepStrictEqual(yield* ask({ authorization }), [404, "UnknownOperationException"])
    }))
})

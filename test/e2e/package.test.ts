import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { cpSync, existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { consumer, install, manifest, remove, root, run, succeed } from "./packed.ts"
import { programs } from "./programs.ts"
import { reference, tarball } from "./tarball.ts"

/** The package as it is published: packed, installed into an empty folder with its peer, and used. */
beforeAll(install, 300_000)
afterAll(remove, 60_000)

const tsc = (...args: ReadonlyArray<string>) =>
  run(consumer, process.execPath, join(root, "node_modules/typescript/bin/tsc"), "--pretty", "false", ...args)

tarball()
reference()
programs()

describe("installed into an empty folder", () => {
  it("brought the exact SDK versions, and the pinned Node runs it", async () => {
    assert.strictEqual(process.version, `v${manifest.devDependencies.node}`)
    await succeed(consumer, "node", join(root, ".ci/pinned.mjs"), "--installed", manifest.name)
  })

  it("answers from the sandbox, at the price that the sandbox bills", async () => {
    cpSync(join(root, ".ci/consumer.mjs"), join(consumer, "consumer.mjs"))
    const stdout = await succeed(consumer, "node", "consumer.mjs")
    assert.match(
      stdout,
      new RegExp(`^Node ${manifest.devDependencies.node}: openai/gpt-4o-mini\\S*, \\d+ tokens, \\$0\\.0`)
    )
  })

  it("reads keys from all three secret managers, with nothing else installed", async () => {
    const program = `
      import { Effect, Redacted } from "effect"
      import { Secrets } from "loom-router"
      import * as AwsServer from "loom-router/sandbox/secrets/Aws"
      import * as GcpServer from "loom-router/sandbox/secrets/Gcp"
      import * as VaultServer from "loom-router/sandbox/secrets/Vault"
      import * as AwsSecretsManager from "loom-router/secrets/AwsSecretsManager"
      import * as GcpSecretManager from "loom-router/secrets/GcpSecretManager"
      import * as Vault from "loom-router/secrets/Vault"

      const read = (source) =>
        Effect.gen(function*() {
          return Redacted.value(yield* (yield* Secrets.Secrets).get("KEY"))
        }).pipe(Effect.provide(Secrets.layer({ from: [source] })))
      const program = Effect.gen(function*() {
        const vault = yield* VaultServer.make()
        vault.put("loom", { KEY: "in Vault" })
        const aws = yield* AwsServer.make()
        aws.put("loom", JSON.stringify({ KEY: "at AWS" }))
        const gcp = yield* GcpServer.make()
        gcp.put("loom", JSON.stringify({ KEY: "at Google" }))
        process.env.GCE_METADATA_HOST = gcp.host
        process.env.METADATA_SERVER_DETECTION = "assume-present"
        return [
          yield* read(Vault.layer({ address: vault.url, auth: { method: "token", token: Redacted.make(vault.token()) } })),
          yield* read(AwsSecretsManager.layer({ endpoint: aws.url, region: aws.region, credentials: aws.credentials() })),
          yield* read(GcpSecretManager.layer({ endpoint: gcp.url }))
        ]
      })
      console.log((await Effect.runPromise(Effect.scoped(program))).join(", "))`
    writeFileSync(join(consumer, "keys.mjs"), program)
    assert.strictEqual(await succeed(consumer, "node", "keys.mjs"), "in Vault, at AWS, at Google\n")
  })

  it.each([
    "loom-router",
    "loom-router/effect-ai",
    "loom-router/sandbox",
    "loom-router/providers/OpenAi",
    "loom-router/secrets/Vault",
    "loom-router/sandbox/secrets/Vault",
    "loom-router/telemetry/Metrics",
    "loom-router/telemetry/Otlp",
    "loom-router/telemetry/Prometheus"
  ])("exports %s", async (name) => {
    const count = await succeed(consumer, "node", "-e", `console.log(Object.keys(await import("${name}")).length)`)
    assert.isAbove(Number(count), 0)
  })

  it("exports its package.json", async () => {
    const version = await succeed(consumer, "node", "-p", `require("loom-router/package.json").version`)
    assert.strictEqual(version.trim(), manifest.version)
  })

  it.each([
    "loom-router/internal/problems",
    "loom-router/src/index.ts",
    "loom-router/dist/Loom.js",
    "loom-router/providers/openai/Wire",
    "loom-router/sandbox/secrets/Door",
    "loom-router/cli/main"
  ])("keeps %s to itself", async (name) => {
    const { code, stderr } = await run(consumer, "node", "-e", `await import("${name}")`)
    assert.strictEqual(code, 1)
    assert.match(stderr, /ERR_PACKAGE_PATH_NOT_EXPORTED/)
  })

  describe.each([
    { module: "NodeNext", moduleResolution: "NodeNext" },
    { module: "ESNext", moduleResolution: "bundler" }
  ])("has types for $moduleResolution", ({ module, moduleResolution }) => {
    const compile = (source: string, skipLibCheck: boolean) => {
      const file = `program-${moduleResolution}-${skipLibCheck}.ts`
      writeFileSync(join(consumer, file), source)
      const options = ["--module", module, "--moduleResolution", moduleResolution, "--target", "ES2023", "--noEmit"]
      return tsc(
        "--ignoreConfig",
        "--strict",
        "--exactOptionalPropertyTypes",
        ...options,
        "--skipLibCheck",
        String(skipLibCheck),
        "--typeRoots",
        join(root, "node_modules/@types"),
        "--types",
        "node",
        file
      )
    }
    const source = `
import { Effect, Layer } from "effect"
import { type GenerateError, Loom } from "loom-router"
import * as OpenAi from "loom-router/providers/OpenAi"
import { Sandbox } from "loom-router/sandbox"
import * as AwsSecretsManager from "loom-router/secrets/AwsSecretsManager"
import type OpenAI from "openai"

const generate = Loom.generate({ provider: "openai", model: "gpt-4o-mini", prompt: "Hi", native: { store: true } })
export const wired: Effect.Effect<{ readonly text: string }, GenerateError.GenerateError, never> = generate
export const native = Effect.map(generate, (generation): OpenAI.Responses.Response | OpenAI.Chat.ChatCompletion | OpenAI.Images.ImagesResponse | undefined => generation.native)
export const layer: Layer.Layer<never> = Loom.layer({ providers: { openai: OpenAi.layer() } })
export const keyed: Layer.Layer<never> = Loom.layer({ secrets: { from: ["environment", AwsSecretsManager.layer()] } })
export const sandbox: Layer.Layer<Sandbox, unknown> = Sandbox.layer({ seed: "one" })

// @ts-expect-error: native is the vendor SDK's own request type
Loom.generate({ provider: "openai", model: "gpt-4o-mini", prompt: "Hi", native: { store: "yes" } })
// @ts-expect-error: a prompt is needed
Loom.generate({ provider: "openai", model: "gpt-4o-mini" })
`

    it.each([true, false])("with skipLibCheck %s", async (skipLibCheck) => {
      const { stdout } = await compile(source, skipLibCheck)
      // Other packages' declarations are theirs to mend.
      const ours = stdout.split("\n").filter((line) =>
        /error TS/.test(line) && !/node_modules\/(?!loom-router)/.test(line)
      )
      assert.deepStrictEqual(ours, [])
    })
  })

  it("has a bin that runs without the rest of the repository", async () => {
    const bin = join(consumer, "node_modules/.bin/loom")
    assert.isTrue(existsSync(bin))
    assert.include(await succeed(consumer, bin, "--version"), manifest.version)
    JSON.parse(await succeed(consumer, bin, "models", "--json"))
  })
})

import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join, normalize, relative, resolve } from "node:path"

/** The package as it is published: packed, installed into an empty folder with its peer, and used. */
const root = resolve(import.meta.dirname, "../..")
const readJson = (path: string) => JSON.parse(readFileSync(path, "utf8"))
const manifest = readJson(join(root, "package.json"))

const work = mkdtempSync(join(tmpdir(), "loom-package-"))
const stage = join(work, "stage")
const consumer = join(work, "consumer")
const installed = join(consumer, "node_modules/loom-router")

// What `npm run` sets would make an npm in another folder work on this one.
const env = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD$|NODE_OPTIONS$)/i.test(name))),
  PATH: [join(work, "bin"), process.env.PATH].join(delimiter)
}

const run = (cwd: string, command: string, ...args: ReadonlyArray<string>) =>
  new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((done) => {
    execFile(
      command,
      args,
      { cwd, env, maxBuffer: 1e8 },
      (error, stdout, stderr) =>
        done({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr })
    )
  })

const succeed = async (cwd: string, command: string, ...args: ReadonlyArray<string>) => {
  const { code, stderr, stdout } = await run(cwd, command, ...args)
  assert.strictEqual(code, 0, `${command} ${args.join(" ")}\n${stdout}${stderr}`)
  return stdout
}

const tsc = (...args: ReadonlyArray<string>) =>
  run(consumer, process.execPath, join(root, "node_modules/typescript/bin/tsc"), "--pretty", "false", ...args)

let files: ReadonlyArray<string> = []

beforeAll(async () => {
  mkdirSync(join(work, "bin"))
  symlinkSync(process.execPath, join(work, "bin/node"))
  // A copy is packed, so that the build leaves the working tree's dist alone.
  mkdirSync(stage)
  const tops = [
    "package.json",
    "tsconfig.json",
    ".tsconfig.build.json",
    ".rolldown.config.mjs",
    ".vite.config.mjs",
    "README.md",
    "LICENSE",
    ...manifest.files
  ]
  for (const top of tops.filter((top) => top !== "dist")) cpSync(join(root, top), join(stage, top), { recursive: true })
  mkdirSync(join(stage, "test"))
  symlinkSync(join(root, "node_modules"), join(stage, "node_modules"))
  await succeed(stage, "npm", "pack", "--pack-destination", work)
  const tarball = join(work, `${manifest.name}-${manifest.version}.tgz`)

  mkdirSync(consumer)
  writeFileSync(join(consumer, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }))
  const effect = `effect@${manifest.devDependencies.effect}`
  await succeed(consumer, "npm", "install", "--no-audit", "--no-fund", tarball, effect)
  files = readdirSync(installed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules/loom-router/node_modules"))
    .map((entry) => relative(installed, join(entry.parentPath, entry.name))).sort()
}, 300_000)

afterAll(() => rmSync(work, { recursive: true, force: true }))

describe("the tarball", () => {
  it("holds the build, its sources and the catalog, and nothing else", () => {
    const allowed = /^((dist|src|catalog)\/|(package\.json|README\.md|LICENSE|CHANGELOG\.md)$)/
    assert.deepStrictEqual(
      files.filter((file) => !allowed.test(file) || /\.test\.|(^|\/)(test|scratchpad)\//.test(file)),
      []
    )
    for (const file of ["package.json", "README.md", "LICENSE", "CHANGELOG.md", "dist/index.js", "dist/cli/loom.js"]) {
      assert.include(files, file)
    }
  })

  it("has the types of every module, and every entry built, with maps", () => {
    const modules = files.filter((file) =>
      /^src\/.*\.ts$/.test(file) && !file.startsWith("src/cli/") && !file.startsWith("src/dashboard/web/") &&
      file !== "src/internal/precompile.ts"
    )
    assert.isAbove(modules.length, 20)
    const missing = modules.flatMap((module) =>
      [".d.ts", ".d.ts.map"].map((suffix) => module.replace(/^src/, "dist").replace(/\.ts$/, suffix))
    ).filter((file) => !files.includes(file))
    assert.deepStrictEqual(missing, [])
    const entries = modules.filter((module) =>
      /^src\/(index|EffectAi|sandbox\/Sandbox|(providers|secrets|sandbox\/secrets|telemetry)\/\w+|storage\/sqlite(Keeper|Reader|Writer))\.ts$/
        .test(module)
    ).map((module) => module.replace(/^src/, "dist").replace(/\.ts$/, ".js"))
    assert.isAtLeast(entries.length, 6)
    // An entry may be names alone; what they stand for is in a chunk.
    const isMapped = (entry: string) => readFileSync(join(installed, entry), "utf8").includes("sourceMappingURL")
    assert.deepStrictEqual(
      entries.flatMap((entry) => isMapped(entry) ? [entry, `${entry}.map`] : [entry])
        .filter((file) => !files.includes(file)),
      []
    )
  })

  it("has maps that lead to sources in it", () => {
    const astray = files.filter((file) => file.endsWith(".map")).flatMap((file) =>
      readJson(join(installed, file)).sources
        .map((source: string) => normalize(join(dirname(file), source)))
        .filter((source: string) => !files.includes(source))
        .map((source: string) => `${file}: ${source}`)
    )
    assert.deepStrictEqual(astray, [])
  })

  it("imports nothing at run time that isn't installed with it", () => {
    const known = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]
    const strangers = files.filter((file) => /^dist\/(?!cli\/|dashboard\/web\/).*\.js$/.test(file)).flatMap((
      file
    ) =>
      [
        ...readFileSync(join(installed, file), "utf8").matchAll(
          /^import .*from "([^".][^"]*)"|\bimport\("([^".][^"]*)"\)/gm
        )
      ]
        .map(([, from, lazy]) => (from ?? lazy)!)
        .filter((name) => !name.startsWith("node:") && !known.some((one) => name === one || name.startsWith(`${one}/`)))
        .map((name) => `${file}: ${name}`)
    )
    assert.deepStrictEqual(strangers, [])
  })

  it("carries no copy of what is installed with it", () => {
    const library = files.filter((file) => /^dist\/.*\.js$/.test(file) && !file.startsWith("dist/cli/"))
      .map((file) => readFileSync(join(installed, file), "utf8"))
    const imports = (name: string) => new RegExp(`(from |import\\()"${name}["/]`)
    assert.deepStrictEqual(
      Object.keys(manifest.dependencies).filter((name) => !library.some((text) => imports(name).test(text))),
      []
    )
  })
})

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

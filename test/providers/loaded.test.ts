import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { type natives, vendors } from "../../src/sandbox/Vendors.ts"

const root = resolve(import.meta.dirname, "../..")

/** Every package that comes with Loom, as Loom names it. */
const dependencies = Object.keys(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).dependencies)

interface Loaded {
  readonly imported: ReadonlyArray<string>
  readonly made: ReadonlyArray<string>
  readonly called: ReadonlyArray<string>
}

const loaded = (...providers: ReadonlyArray<string>): Promise<Loaded> =>
  new Promise((done, failed) => {
    const args = ["--conditions=loom-source", "test/providers/loadedChild.ts", ...providers]
    execFile(process.execPath, args, { cwd: root }, (error, stdout) =>
      error === null ? done(JSON.parse(stdout)) : failed(error))
  })

/** The SDK that a vendor with a protocol of its own is asked through. */
const sdks: Readonly<Record<keyof typeof natives, ReadonlyArray<string>>> = {
  openai: ["openai"],
  azure: ["openai"],
  anthropic: ["@anthropic-ai/sdk"],
  bedrock: ["@aws-sdk/client-bedrock-runtime"],
  cohere: [],
  // What it signs in with at Google Cloud it loads with itself.
  gemini: ["@google/genai", "google-auth-library"],
  mistral: ["@mistralai/mistralai"],
  minimax: ["@anthropic-ai/sdk"],
  xai: ["openai"]
}

describe("what is loaded", () => {
  it("is nothing but effect by the import of loom-router", async () => {
    const { imported } = await loaded()
    assert.deepStrictEqual(imported.filter((name) => dependencies.includes(name)), [])
    assert.deepStrictEqual(imported, ["effect"])
  }, 120_000)

  it("is no SDK by the modules of all vendors, and by what they make before they are asked", async () => {
    const { made } = await loaded()
    assert.include(made, "effect")
    assert.deepStrictEqual(made.filter((name) => name !== "undici" && dependencies.includes(name)), [])
  }, 120_000)

  for (const [provider, own] of Object.entries(sdks)) {
    it(`is ${own.join() || "no SDK"} by the first call of ${provider}`, async () => {
      const { called } = await loaded(provider)
      assert.deepStrictEqual(called.filter((name) => name !== "undici" && dependencies.includes(name)), own)
    }, 120_000)
  }

  it("is openai alone by the first calls of all that speak its protocol", async () => {
    const { called } = await loaded(...Object.keys(vendors))
    assert.deepStrictEqual(called.filter((name) => name !== "undici" && dependencies.includes(name)), ["openai"])
  }, 120_000)
})

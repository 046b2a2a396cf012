import { assert, beforeAll, describe, it } from "@effect/vitest"
import { Catalog } from "loom-router"
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { imageVendors, natives, vendors } from "../../src/sandbox/Vendors.ts"

const root = resolve(import.meta.dirname, "../..")

interface Registry {
  readonly contracts: ReadonlyArray<
    { readonly key: string; readonly module: string; readonly titles: ReadonlyArray<string> }
  >
  /** Vendors of images that are held to a contract. */
  readonly images: ReadonlyArray<string>
  readonly payees: ReadonlyArray<string>
}

/** The modules that Loom asks vendors through. */
const modules = [
  ...readFileSync(join(root, "src/Providers.ts"), "utf8").matchAll(/\bimport\("\.\/providers\/(\w+)\.ts"\)(?!\.)/g)
].map(([, name = ""]) => name).sort()

/** Vendors of text, by the catalog. */
const listed = Catalog.providers(Catalog.bundled).map(({ key }) => key)
  .filter((provider) => Catalog.models(Catalog.bundled, { provider, modality: "text" }).length > 0)
  .sort()

/** Vendors of nothing but images. */
const ofImages = Catalog.providers(Catalog.bundled).map(({ key }) => key)
  .filter((provider) =>
    !listed.includes(provider) && Catalog.models(Catalog.bundled, { provider, modality: "image" }).length > 0
  )
  .sort()

describe("every vendor", () => {
  let registry: Registry = { contracts: [], images: [], payees: [] }
  beforeAll(async () => {
    registry = await new Promise<Registry>((done, failed) => {
      const args = ["--conditions=loom-source", "test/providers/registry.ts"]
      execFile(
        process.execPath,
        args,
        { cwd: root, maxBuffer: 1e8 },
        (error, stdout) => error === null ? done(JSON.parse(stdout)) : failed(error)
      )
    })
  }, 120_000)

  it("of images has an adapter, a route in the sandbox, and a contract", () => {
    assert.includeMembers(modules.map((module) => module.toLowerCase()), ofImages)
    assert.includeMembers(Object.keys(imageVendors), ofImages)
    assert.includeMembers([...registry.images], ofImages)
  })

  it("of text has an adapter, a route in the sandbox, and a contract", () => {
    assert.isAbove(listed.length, 20)
    assert.deepStrictEqual(Object.keys({ ...natives, ...vendors }).sort(), listed)
    const held = new Set(registry.contracts.map(({ module }) => module))
    assert.deepStrictEqual([...held].sort(), modules.filter((module) => !ofImages.includes(module.toLowerCase())))
    const own = registry.contracts.filter(({ module }) => module !== "OpenAiCompatible")
    assert.deepStrictEqual([...new Set(own.map(({ key }) => key))].sort(), listed)
  })

  it("of text has a bill that random conversations are compared with", () => {
    assert.deepStrictEqual([...registry.payees].sort(), listed)
  })

  it("of text is held to its streams, and to the price of one", () => {
    const needed = [
      "a stream parses the same wherever the network cuts it",
      "at price 1, the cost is the number of tokens",
      "stream folded equals unary"
    ]
    for (const { key, titles } of registry.contracts) {
      assert.deepStrictEqual(titles.filter((title) => needed.includes(title)).sort(), needed, key)
    }
  })
})

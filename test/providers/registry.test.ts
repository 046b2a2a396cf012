import { assert, beforeAll, describe, it } from "@effect/vitest"
import { Catalog } from "loom-router"
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { natives, vendors } from "../../src/sandbox/Vendors.ts"

const root = resolve(import.meta.dirname, "../..")

interface Registry {
  readonly contracts: ReadonlyArray<
    { readonly key: string; readonly module: string; readonly titles: ReadonlyArray<string> }
  >
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

describe("every vendor of text", () => {
  let registry: Registry = { contracts: [], payees: [] }
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

  it("has an adapter, a route in the sandbox, and a contract", () => {
    assert.isAbove(listed.length, 20)
    assert.includeMembers(Object.keys({ ...natives, ...vendors }), listed)
    const without = modules.filter((name) => !registry.contracts.some(({ module }) => module === name))
    assert.deepStrictEqual(without.filter((name) => listed.includes(name.toLowerCase())), [])
    assert.includeMembers(modules, registry.contracts.map(({ module }) => module))
    const own = registry.contracts.filter(({ module }) => module !== "OpenAiCompatible")
    assert.deepStrictEqual([...new Set(own.map(({ key }) => key))].sort(), listed)
  })

  it("has a bill that random conversations are compared with", () => {
    assert.deepStrictEqual([...registry.payees].sort(), listed)
  })

  it("is held to its streams, and to the price of one", () => {
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

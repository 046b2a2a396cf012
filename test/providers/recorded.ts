/**
 * The records that contracts are run with, for programs that aren't tests.
 */
import { readdirSync } from "node:fs"
import { registerHooks } from "node:module"
import { join, resolve } from "node:path"
import type { Vendor } from "./contract.ts"
import type { ImageVendor } from "./imageContract.ts"

const adapters = resolve(import.meta.dirname, "../../src/providers")

/** The tests' files are read for the records in them: nothing of them is run. */
const stub = `data:text/javascript,${
  encodeURIComponent(`
    const nothing = new Proxy(() => nothing, { get: () => nothing })
    export const describe = (_, body) => body()
    export { nothing as afterAll, nothing as assert, nothing as beforeAll, nothing as expectTypeOf, nothing as it, nothing as vi }
  `)
}`

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "@effect/vitest" ? { url: stub, shortCircuit: true } : next(specifier, context)
})

export interface Recorded {
  readonly vendor: Vendor
  /** The file of its adapter. */
  readonly module: string
}

/** Every contract of texts that is run, in the order of the adapters' files. */
export const recorded = async (): Promise<ReadonlyArray<Recorded>> => {
  const { vendors } = await import("./contract.ts")
  const { imageVendors } = await import("./imageContract.ts")
  const found: Array<Recorded> = []
  for (const file of readdirSync(adapters).filter((name) => name.endsWith(".ts")).sort()) {
    const from = vendors.length
    const images = imageVendors.length
    await import(`./${file.replace(".ts", ".test.ts")}`)
    if (vendors.length === from && imageVendors.length === images) {
      throw new Error(`test/providers has no contract for ${file}`)
    }
    found.push(...vendors.slice(from).map((vendor) => ({ vendor, module: join(adapters, file) })))
  }
  return found
}

/** Every contract of images that is run: those of vendors of text have files of their own. */
export const recordedImages = async (): Promise<ReadonlyArray<ImageVendor>> => {
  const own = readdirSync(import.meta.dirname).filter((name) => name.endsWith("Images.test.ts"))
  const named = readdirSync(adapters).filter((name) => name.endsWith(".ts")).map((name) =>
    name.replace(".ts", ".test.ts")
  )
  for (const file of [...named, ...own]) await import(`./${file}`)
  return (await import("./imageContract.ts")).imageVendors
}

/**
 * Tells which tests every vendor has, by the module of its adapter: a JSON document.
 */
import { basename } from "node:path"
import { recorded, recordedImages } from "./recorded.ts"

const found = await recorded()
const images = await recordedImages()
const { casesOf } = await import("./contract.ts")
const { payees } = await import("./bill.ts")

process.stdout.write(JSON.stringify({
  contracts: found.map(({ module, vendor }) => ({
    key: vendor.key,
    module: basename(module, ".ts"),
    titles: casesOf(vendor).map(({ title }) => title.slice(title.indexOf(": ") + 2))
  })),
  images: images.map(({ key }) => key),
  payees
}))

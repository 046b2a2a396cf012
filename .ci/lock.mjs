// Completes package-lock.json after an `npm install`: npm leaves out the binaries of other platforms where the registry
// in use doesn't have them, and then `npm ci` refuses the lock. Their versions are exact, so nothing is guessed but
// the platform, which their names tell.
import { readFileSync, writeFileSync } from "node:fs"

const file = new URL("../package-lock.json", import.meta.url)
const lock = JSON.parse(readFileSync(file, "utf8"))
const packages = lock.packages
let added = 0

for (const [path, entry] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (packages[`${path}/node_modules/${name}`] !== undefined || packages[`node_modules/${name}`] !== undefined) {
      continue
    }
    const [os, cpu, abi = ""] = name.replace(/^.*\/(binding-|tsgo-)?/, "").split("-")
    if (!/^\d+\.\d+\.\d+$/.test(version) || cpu === undefined) throw new Error(`${name}@${version}: add it by hand`)
    const libc = abi.startsWith("musl") ? ["musl"] : /^(gnu|glibc)/.test(abi) ? ["glibc"] : undefined
    packages[`node_modules/${name}`] = {
      version,
      cpu: [cpu],
      ...(entry.dev === true ? { dev: true } : undefined),
      ...(libc === undefined ? undefined : { libc }),
      ...(entry.license === undefined ? undefined : { license: entry.license }),
      optional: true,
      os: [os],
      ...(entry.engines === undefined ? undefined : { engines: entry.engines })
    }
    added++
  }
}

if (added > 0) {
  lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, "en")))
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
}
process.stdout.write(`package-lock.json: ${added} added\n`)

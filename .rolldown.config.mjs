import { cpSync, readdirSync, readFileSync } from "node:fs"
import { basename, dirname, join, relative, resolve, sep } from "node:path"
import { minifySync } from "rolldown/utils"
import { notices } from "./.build/notices.mjs"
import { isWhole } from "./src/cli/Quick.ts"

// Files loaded, not code, is what an import costs: the library is a few chunks. Effect stays outside, since a program
// must have one copy of it.
const dist = process.env.LOOM_DIST ?? "dist"
const { dependencies } = JSON.parse(readFileSync("package.json", "utf8"))
const vendors = Object.keys(dependencies).map((name) => new RegExp(`^${name.replaceAll(".", "\\.")}(/|$)`))
const modules = ["providers", "secrets", "sandbox/secrets", "telemetry"].flatMap((folder) =>
  readdirSync(`src/${folder}`).filter((name) => name.endsWith(".ts")).map((name) => `${folder}/${name.slice(0, -3)}`)
)
const threads = ["batchKeeper", "batchReader", "sqliteKeeper", "sqliteReader", "statsReader", "sqliteWriter"]

/** What `import "loom-router"` loads at once, which is one file. */
const core = new Set()
const reach = (file) => {
  if (core.has(file)) return
  core.add(file)
  for (const [, from] of readFileSync(file, "utf8").matchAll(/^(?:import|export)(?! type)[^"]*? from "(\.[^"]+)"/gm)) {
    reach(join(dirname(file), from))
  }
}
reach(resolve("src/index.ts"))

const catalog = resolve("src/internal/catalog.ts")
core.delete(catalog)

const isIn = (...folders) => (id) => folders.some((folder) => id.startsWith(resolve(folder) + sep))
const isSmall = (id) => id.includes("/node_modules/") || isIn("src/cli", "src/sandbox")(id)

/** Nobody steps through the simulator or the command: their chunks are small instead. */
const small = {
  name: "small",
  renderChunk: (code, chunk, { file }) => {
    const ids = chunk.moduleIds.filter((id) => !id.startsWith("\0"))
    return ids.length > 0 && ids.every(isSmall)
      ? minifySync(chunk.fileName, code, { module: true, sourcemap: true })
      : null
  }
}

/**
 * A caller's stack goes through the core: it has a map, and the map its sources. The rest is readable as it is, and maps
 * would weigh as much as all of it.
 */
const mapped = {
  name: "mapped",
  generateBundle: (_, bundle) => {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== "chunk" || chunk.moduleIds.some((id) => core.has(id))) continue
      delete bundle[`${chunk.fileName}.map`]
      chunk.code = chunk.code.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n")
    }
  },
  writeBundle: () => {
    for (const file of core) cpSync(file, join(dist, relative(process.cwd(), file)))
  }
}

/** The quick command is asked for what it does whole, and calls no vendor: neither is the rest of it here. */
const left = {
  name: "left",
  resolveDynamicImport: (specifier, importer) => {
    const name = basename(importer, ".ts")
    const isCommand = dirname(importer) === resolve("src/cli") && /^[a-z]/.test(name) && name !== "quickly"
    const isLeft = isCommand ? !isWhole(name, basename(specifier, ".ts")) : importer === resolve("src/Providers.ts")
    return isLeft ? { id: "\0left" } : null
  },
  load: (id) => id === "\0left" ? "throw new Error(`the whole command does this`)" : null
}

/** The catalog is the larger half of it, and the library's does. */
const shared = {
  name: "shared",
  resolveId: (specifier) =>
    specifier.endsWith("/internal/catalog.ts") ? { id: "../internal/catalog.js", external: true } : null
}

/** The file that an old Node reads imports by names that the other builds give. */
const apart = {
  name: "apart",
  resolveDynamicImport: (specifier) => ({ id: specifier.replace(/\.ts$/, ".js"), external: true })
}

/** @type {Array<import("rolldown").RolldownOptions>} */
export default [
  {
    platform: "node",
    input: {
      index: "src/index.ts",
      EffectAi: "src/EffectAi.ts",
      "dashboard/Dashboard": "src/dashboard/Dashboard.ts",
      "sandbox/Sandbox": "src/sandbox/Sandbox.ts",
      "cli/main": "src/cli/main.ts",
      "internal/catalog": "src/internal/catalog.ts",
      ...Object.fromEntries(modules.map((name) => [name, `src/${name}.ts`])),
      ...Object.fromEntries(threads.map((name) => [`storage/${name}`, `src/storage/${name}.ts`]))
    },
    external: [/^effect(\/|$)/, ...vendors],
    plugins: [small, mapped, notices(dist)],
    output: {
      dir: dist,
      chunkFileNames: "chunks/[name]-[hash].js",
      sourcemap: true,
      sourcemapExcludeSources: true,
      // dist/src holds the sources, so that they are found in the package.
      sourcemapPathTransform: (source) => join("..", relative(process.cwd(), resolve(dist, "chunks", source))),
      comments: { jsdoc: false },
      codeSplitting: {
        groups: [
          { name: "catalog", test: (id) => id === catalog, priority: 1 },
          { name: "core", test: (id) => core.has(id) }
        ]
      }
    }
  },
  {
    platform: "node",
    input: { quickly: "src/cli/quickly.ts" },
    external: vendors,
    plugins: [left, shared, notices(dist)],
    output: { dir: `${dist}/cli`, minify: true }
  },
  {
    platform: "node",
    input: { loom: "src/cli/bin.ts" },
    plugins: [apart],
    output: { dir: `${dist}/cli`, minify: true }
  }
]

import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"

// Files loaded, not code, is what an import costs: the library is a few chunks. Effect stays outside, since a program
// must have one copy of it; the command carries its own, since nobody imports it.
const dist = process.env.LOOM_DIST ?? "dist"
const { dependencies } = JSON.parse(readFileSync("package.json", "utf8"))
const vendors = Object.keys(dependencies).map((name) => new RegExp(`^${name.replaceAll(".", "\\.")}(/|$)`))
const modules = ["providers", "secrets", "sandbox/secrets", "telemetry"].flatMap((folder) =>
  readdirSync(`src/${folder}`).filter((name) => name.endsWith(".ts")).map((name) => `${folder}/${name.slice(0, -3)}`)
)
const threads = ["batchKeeper", "sqliteKeeper", "sqliteReader", "statsReader", "sqliteWriter"]

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

/** @type {Array<import("rolldown").RolldownOptions>} */
export default [
  {
    platform: "node",
    input: {
      index: "src/index.ts",
      EffectAi: "src/EffectAi.ts",
      "dashboard/Dashboard": "src/dashboard/Dashboard.ts",
      "sandbox/Sandbox": "src/sandbox/Sandbox.ts",
      ...Object.fromEntries(modules.map((name) => [name, `src/${name}.ts`])),
      ...Object.fromEntries(threads.map((name) => [`storage/${name}`, `src/storage/${name}.ts`]))
    },
    external: [/^effect(\/|$)/, ...vendors],
    output: {
      dir: dist,
      chunkFileNames: "chunks/[name]-[hash].js",
      sourcemap: true,
      comments: { jsdoc: false },
      codeSplitting: { groups: [{ name: "core", test: (id) => core.has(id) }] }
    }
  },
  {
    platform: "node",
    input: { loom: "src/cli/bin.ts" },
    external: vendors,
    output: { dir: `${dist}/cli`, minify: true }
  }
]

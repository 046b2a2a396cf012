import { readdirSync } from "node:fs"

// Files loaded, not code, is what an import costs: the library is a few chunks. Effect stays outside, since a program
// must have one copy of it; the command carries its own, since nobody imports it.
const dist = process.env.LOOM_DIST ?? "dist"
const vendors = ["openai", "undici", "@anthropic-ai/sdk", "@aws-sdk/client-secrets-manager", "google-auth-library"]
const modules = ["providers", "secrets", "sandbox/secrets"].flatMap((folder) =>
  readdirSync(`src/${folder}`).filter((name) => name.endsWith(".ts")).map((name) => `${folder}/${name.slice(0, -3)}`)
)
const threads = ["sqliteKeeper", "sqliteReader", "sqliteWriter"]

/** @type {Array<import("rolldown").RolldownOptions>} */
export default [
  {
    platform: "node",
    input: {
      index: "src/index.ts",
      "sandbox/Sandbox": "src/sandbox/Sandbox.ts",
      ...Object.fromEntries(modules.map((name) => [name, `src/${name}.ts`])),
      ...Object.fromEntries(threads.map((name) => [`storage/${name}`, `src/storage/${name}.ts`]))
    },
    external: [/^effect(\/|$)/, ...vendors],
    output: { dir: dist, chunkFileNames: "chunks/[name]-[hash].js", sourcemap: true }
  },
  {
    platform: "node",
    input: { loom: "src/cli/bin.ts" },
    external: vendors,
    output: { dir: `${dist}/cli`, minify: true }
  }
]

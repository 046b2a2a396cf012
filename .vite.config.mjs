import { resolve } from "node:path"
import { defineConfig } from "vite"
import { notices } from "./.build/notices.mjs"

const dist = process.env.LOOM_DIST ?? "dist"

// The dashboard's page: static files that `loom dashboard` serves from wherever it is mounted.
export default defineConfig({
  root: resolve(import.meta.dirname, "src/dashboard/web"),
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact", development: false } },
  plugins: [notices(dist)],
  build: {
    outDir: resolve(dist, "dashboard/web"),
    emptyOutDir: true,
    target: "baseline-widely-available",
    modulePreload: false,
    // Anything inlined as data: would be refused by the page's own policy.
    assetsInlineLimit: 0
  }
})

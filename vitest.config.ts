import { defineConfig } from "vitest/config"

const full = process.env.LOOM_TEST === "full"
const report = process.env.LOOM_REPORT

/** What takes a second and more a file, and is worth it in the full run. */
const long = [
  "e2e/**",
  "Stats.test.ts",
  "cli/{batch,cache,chat,config,dashboard,doctor,generate,logs}.test.ts",
  "dashboard/{Api,Feed}.test.ts",
  "docs.test.ts",
  "faults/{budget,canary,images,stores}.test.ts",
  "providers/*Bill.test.ts",
  "providers/{Hunyuan,loaded,registry,table}.test.ts",
  "sandbox/batches/**",
  "storage/{Segments,Sqlite,SqliteCache}.test.ts"
]

export default defineConfig({
  ssr: { resolve: { conditions: ["loom-source", "node"] } },
  resolve: { conditions: ["loom-source", "node"] },
  test: {
    include: ["test/**/*.test.ts", ...full ? [] : long.map((files) => `!test/${files}`)],
    exclude: ["**/node_modules/**"],
    testTimeout: full ? 600_000 : 30_000,
    setupFiles: ["test/setup.ts"],
    // Most of a test file's time would be its imports: files of one worker share them.
    isolate: false,
    // Tests wait for sockets and processes as much as they work.
    maxWorkers: full ? "100%" : "150%",
    typecheck: { enabled: full, include: ["test/**/*.test-d.ts"] },
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]]
  }
})

import { defineConfig } from "vitest/config"

const full = process.env.LOOM_TEST === "full"
const report = process.env.LOOM_REPORT

export default defineConfig({
  ssr: { resolve: { conditions: ["loom-source", "node"] } },
  resolve: { conditions: ["loom-source", "node"] },
  test: {
    include: full ? ["test/**/*.test.ts"] : ["test/**/*.test.ts", "!test/e2e/**"],
    exclude: ["**/node_modules/**"],
    testTimeout: full ? 600_000 : 30_000,
    setupFiles: ["test/setup.ts"],
    // Most of a test file's time would be its imports: files of one worker share them.
    isolate: false,
    // Tests wait for sockets and processes as much as they work.
    maxWorkers: "100%",
    typecheck: { enabled: full, include: ["test/**/*.test-d.ts"] },
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]]
  }
})

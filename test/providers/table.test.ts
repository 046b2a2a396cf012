import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"

const root = resolve(import.meta.dirname, "../..")

describe("what vendors can", () => {
  it("is in src/providers/README.md as the code has it: else run `npm run vendors`", async () => {
    const made = await new Promise<string>((done, failed) => {
      const args = ["--conditions=loom-source", "test/providers/table.ts", "--print"]
      execFile(
        process.execPath,
        args,
        { cwd: root, maxBuffer: 1e8 },
        (error, stdout) => error === null ? done(stdout) : failed(error)
      )
    })
    assert.strictEqual(readFileSync(join(root, "src/providers/README.md"), "utf8"), made)
  }, 120_000)
})

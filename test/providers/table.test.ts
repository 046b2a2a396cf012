import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"

const root = resolve(import.meta.dirname, "../..")

describe("what vendors can", () => {
  it(
    "is in src/providers/README.md, and on the front page, as the code has it: else run `npm run vendors`",
    async () => {
      const made = await new Promise<string>((done, failed) => {
        const args = ["--conditions=loom-source", "test/providers/table.ts", "--print"]
        execFile(
          process.execPath,
          args,
          { cwd: root, maxBuffer: 1e8 },
          (error, stdout) => error === null ? done(stdout) : failed(error)
        )
      })
      const documents: Readonly<Record<string, string>> = JSON.parse(made)
      assert.sameMembers(
        Object.keys(documents),
        ["README.md", "src/providers/README.md"].map((path) => join(root, path))
      )
      for (const [path, made] of Object.entries(documents)) assert.strictEqual(readFileSync(path, "utf8"), made)
    },
    120_000
  )
})

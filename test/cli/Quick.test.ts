import { assert, describe, it } from "@effect/vitest"
import { readdirSync } from "node:fs"
import { join, resolve } from "node:path"
import * as Quick from "../../src/cli/Quick.ts"

describe("the quick command", () => {
  it.each([
    "",
    "--version",
    "--help",
    "generate --help",
    "batch submit -h",
    "models",
    "models list --provider openai --json",
    "models show --help",
    "logs tail --bogus",
    "stats",
    "cache clear"
  ])("answers `loom %s`", (line) => assert.isTrue(Quick.answers(line.split(" ").filter((arg) => arg !== ""))))

  it.each([
    "generate Hello",
    "g --help --system",
    "generate --system --help",
    "generate -- --help",
    "generate Hello --help",
    "--json models",
    "models check openai/gpt-4o",
    "config",
    "doctor",
    "keys list",
    "sandbox --port 0",
    "--completions bash",
    "nothing"
  ])("leaves `loom %s` to the whole one", (line) => assert.isFalse(Quick.answers(line.split(" "))))

  it("is whole where it answers", () => {
    const files = readdirSync(resolve(import.meta.dirname, "../../src/cli"))
    for (const name of ["cache", "logs", "models", "stats"]) {
      assert.include(files, `${name}.ts`)
      assert.isTrue(Quick.isWhole(name, "Any"), join("src/cli", name))
    }
    assert.isFalse(Quick.isWhole("models", "ModelCheck"))
    assert.isFalse(Quick.isWhole("generate", "Question"))
  })
})

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { loom as whole } from "../../src/cli/Cli.ts"
import * as Failure from "../../src/cli/Failure.ts"
import { Document } from "../../src/cli/completions.ts"
import { decoded, loom } from "./loom.ts"

describe("loom completions", () => {
  it.effect("knows every command, in every shell", () =>
    Effect.gen(function*() {
      const names = whole.subcommands.flatMap(({ commands }) => commands.map(({ name }) => name))
      assert.includeMembers(names, ["generate", "chat", "completions"])
      for (const shell of ["bash", "zsh", "fish", "powershell"] as const) {
        const { code, stderr, stdout } = yield* loom(["completions", shell])
        assert.deepStrictEqual([code, stderr], [0, ""])
        for (const name of names) assert.include(stdout, name, shell)
        assert.strictEqual(stdout, (yield* loom(["--completions", shell])).stdout)
        const document = decoded(Document, yield* loom(["completions", shell, "--json"]))
        assert.deepStrictEqual(document, { schemaVersion: 1, shell, script: document.script })
        assert.strictEqual(document.script.trimEnd(), stdout.trimEnd())
      }
    }))

  it.effect("wants a shell that it knows", () =>
    Effect.gen(function*() {
      for (const args of [[], ["tcsh"]]) {
        const ran = yield* loom(["completions", ...args, "--json"])
        assert.deepStrictEqual([ran.code, ran.stderr], [2, ""])
        assert.strictEqual(decoded(Failure.Document, ran).error.tag, "Usage")
      }
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { CallLog } from "loom-router"
import * as Sandbox from "loom-router/sandbox"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { canary, run } from "../cli/loom.ts"

const program = `
import { Effect } from "effect"
import { Loom } from "loom-router"
const asked = Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Say hello." })
console.log(await Effect.runPromise(Effect.match(asked, {
  onSuccess: ({ provider }) => provider,
  onFailure: ({ message }) => message
})))
`

describe("a process without a layer", () => {
  it.live("reads the file that LOOM_CONFIG names, and no other", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "loom-config-"))),
        (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
      )
      const path = join(folder, "loom.config.yaml")
      const answer = (env: Readonly<Record<string, string>>) =>
        Effect.promise(() =>
          run(process.execPath, ["--conditions=loom-source", "--input-type=module", "-e", program], {
            // What isn't named isn't read, also where it would be found.
            env: { OPENAI_API_KEY: canary, LOOM_HOME: folder, ...env }
          })
        )
      writeFileSync(
        path,
        `providers: { openai: { baseUrl: "${sandbox.baseUrl("openai")}" } }\ncallLog: { path: calls.db }\n`
      )
      assert.strictEqual((yield* answer({ LOOM_CONFIG: path })).stdout, "openai\n")
      assert.strictEqual((yield* sandbox.journal).length, 1)
      const { calls } = yield* Effect.flatMap(CallLog.Reader, (reader) => reader.recent({})).pipe(
        Effect.provide(CallLog.layerReader({ path: join(folder, "calls.db") }))
      )
      assert.strictEqual(calls.length, 1)

      writeFileSync(path, "retry: { maxAttempts: 0 }\n")
      const { code, stdout } = yield* answer({ LOOM_CONFIG: path })
      assert.strictEqual(code, 0)
      assert.include(stdout, "LOOM_CONFIG")
      assert.include(stdout, `${path}:1: retry.maxAttempts: expected a value greater than or equal to 1`)
      const elsewhere = yield* answer({ OPENAI_BASE_URL: sandbox.baseUrl("openai") })
      assert.strictEqual(elsewhere.stdout, "openai\n")
    }).pipe(Effect.scoped))
})

import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import * as DotEnv from "loom-router/secrets/DotEnv"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { environmentOf } from "../providers/world.ts"
import { make, told } from "./contract.ts"
import { steered } from "./steered.ts"

const file = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "loom-dotenv-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  ),
  (folder) => join(folder, ".env")
)

describe("a .env file", () => {
  it.live("is read as dotenv reads it, and again when it has changed", () => {
    const clock = steered()
    return Effect.gen(function*() {
      const path = yield* file
      writeFileSync(path, "# keys\nexport A=\"a\"\nB='b b' # why\nEMPTY=\n")
      const secrets = yield* make({ from: [DotEnv.layer({ path })] })
      const read = yield* Effect.forEach(["A", "B", "EMPTY", "C", "constructor"], (name) => told(secrets, name))
      assert.deepStrictEqual(read, ["a", "b b", "missing", "missing", "missing"])
      writeFileSync(path, "A=new\n")
      clock.advance("5 seconds")
      assert.strictEqual(yield* told(secrets, "A"), "new")
      rmSync(path)
      clock.advance("5 seconds")
      assert.strictEqual(yield* told(secrets, "A"), "missing")
    }).pipe(Effect.provideService(Clock.Clock, clock))
  })

  it.live("that nobody named isn't read in production", () =>
    Effect.gen(function*() {
      const path = yield* file
      writeFileSync(path, "A=a\n")
      const cwd = process.cwd()
      yield* Effect.addFinalizer(() => Effect.sync(() => process.chdir(cwd)))
      process.chdir(join(path, ".."))
      const read = (options: DotEnv.Options | undefined, NODE_ENV: string) =>
        Effect.flatMap(make({ from: [DotEnv.layer(options)] }), (secrets) => told(secrets, "A")).pipe(
          Effect.provide(environmentOf({ NODE_ENV }))
        )
      assert.strictEqual(yield* read(undefined, "development"), "a")
      assert.strictEqual(yield* read(undefined, "production"), "missing")
      assert.strictEqual(yield* read({ path }, "production"), "a")
    }))
})

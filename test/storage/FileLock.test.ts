import { assert, describe, it } from "@effect/vitest"
import { Effect, Scope } from "effect"
import { statSync } from "node:fs"
import * as FileLock from "../../src/storage/FileLock.ts"
import { tempPath } from "./files.ts"

describe("FileLock", () => {
  it.live("is had by one at a time, until that one's scope closes", () =>
    Effect.gen(function*() {
      const path = yield* tempPath
      const scopes = [yield* Scope.make(), yield* Scope.make()] as const
      const [first, second] = yield* Effect.forEach(scopes, (scope) => Scope.provide(FileLock.make(path), scope))
      if (first === undefined || second === undefined) return assert.fail("there are two")
      assert.deepStrictEqual([yield* first, yield* second, yield* second], [true, false, false])
      if (process.platform !== "win32") assert.strictEqual(statSync(path).mode & 0o777, 0o600)
      yield* Scope.close(scopes[0], yield* Effect.exit(Effect.void))
      assert.isTrue(yield* second)
      yield* Scope.close(scopes[1], yield* Effect.exit(Effect.void))
    }))

  it.live("isn't had where its file can't be made: that is told", () =>
    Effect.gen(function*() {
      const hasLock = yield* FileLock.make(`${yield* tempPath}/none/worker.lock`)
      assert.strictEqual((yield* Effect.exit(hasLock))._tag, "Failure")
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import { scoped } from "../../src/internal/scoped.ts"

describe("scoped", () => {
  const opening = (closed: Array<string>) => Effect.addFinalizer(() => Effect.sync(() => closed.push("closed")))

  it.effect("lives on with the outer scope", () =>
    Effect.gen(function*() {
      const closed: Array<string> = []
      const outer = yield* Scope.make()
      yield* Scope.provide(scoped(opening(closed)), outer)
      assert.deepStrictEqual(closed, [])
      yield* Scope.close(outer, Exit.void)
      assert.deepStrictEqual(closed, ["closed"])
    }))

  it.effect.each([["failed", Effect.fail("no")], ["died", Effect.die("bug")]] as const)(
    "is closed at once where it %s, before anything follows",
    ([, ends]) =>
      Effect.gen(function*() {
        const closed: Array<string> = []
        const again = Effect.sync(() => closed.push("again"))
        yield* Effect.exit(scoped(Effect.andThen(opening(closed), ends)))
        yield* again
        assert.deepStrictEqual(closed, ["closed", "again"])
      })
  )

  it.effect("is closed where it is interrupted, and leaves nothing in the outer scope", () =>
    Effect.gen(function*() {
      const closed: Array<string> = []
      const outer = yield* Scope.make()
      const fiber = yield* Effect.forkChild(
        Scope.provide(scoped(Effect.andThen(opening(closed), Effect.never)), outer),
        { startImmediately: true }
      )
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(closed, ["closed"])
      yield* Scope.close(outer, Exit.void)
      assert.deepStrictEqual(closed, ["closed"])
    }))
})

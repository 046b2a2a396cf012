import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as Shelf from "../../src/internal/secretShelf.ts"
import { fake } from "../secrets/backends.ts"

describe("read", () => {
  it.effect("leaves nothing behind of a reader who goes before the answer is refreshed", () =>
    Effect.gen(function*() {
      const vault = fake({ loom: { A: "a" } })
      const shelf = yield* Shelf.make(vault.backend)
      const ask = Effect.clockWith((clock) => Effect.succeed(shelf.read("A", Shelf.millisOf(clock))))
      const read = Effect.map(Effect.flatMap(ask, Shelf.effectOf), (key) => key && Redacted.value(key))
      assert.strictEqual(yield* read, "a")
      yield* TestClock.adjust("40 seconds")
      assert.isTrue(Effect.isEffect(yield* ask))
      vault.secrets["loom"] = { A: "b" }
      assert.strictEqual(yield* read, "a")
      yield* Effect.yieldNow
      assert.strictEqual(yield* read, "b")
      assert.lengthOf(vault.fetches, 2)
    }))

  it.effect("starts one refresh, however many ask at once", () =>
    Effect.gen(function*() {
      const vault = fake({ loom: { A: "a" } })
      const shelf = yield* Shelf.make(vault.backend)
      const read = Effect.flatMap(Clock.Clock, (clock) => Shelf.effectOf(shelf.read("A", Shelf.millisOf(clock))))
      yield* read
      yield* TestClock.adjust("40 seconds")
      vault.gate = Effect.yieldNow
      yield* Effect.forEach(Array.from({ length: 200 }), () => read, { concurrency: "unbounded" })
      yield* Effect.yieldNow
      assert.lengthOf(vault.fetches, 2)
    }))
})

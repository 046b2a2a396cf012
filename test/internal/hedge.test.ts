import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, type Scope } from "effect"
import { TestClock } from "effect/testing"
import * as Hedge from "../../src/internal/hedge.ts"

/** Contestants take some milliseconds, then fail or not; each holds something until its scope closes. */
const race = (
  contestants: Readonly<Record<string, { readonly after: number; readonly fails?: string; readonly dies?: true }>>,
  options?: { readonly endsWith?: string }
) => {
  const [first = "", ...left] = Object.keys(contestants)
  const log: Array<string> = []
  const course: Hedge.Course<string, string, string, Scope.Scope> = {
    ask: (name) =>
      Effect.gen(function*() {
        const { after, dies, fails } = contestants[name] ?? assert.fail(name)
        log.push(`ask ${name}`)
        yield* Effect.addFinalizer(() => Effect.sync(() => log.push(`close ${name}`)))
        yield* Effect.sleep(after)
        return yield* dies === true ? Effect.die(name) : fails === undefined ? Effect.succeed(name) : Effect.fail(fails)
      }),
    leadsOn: (_, error) => error !== options?.endsWith,
    next: () => left.shift(),
    failure: (last) => last
  }
  return { log, run: Hedge.race(course, first, 100) }
}

const finish = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(Effect.exit(effect))
    yield* TestClock.adjust("1 hour")
    return yield* Fiber.join(fiber)
  })

describe("race", () => {
  it.effect("what the winner holds is the caller's, what the others held is given back before it is told", () =>
    Effect.gen(function*() {
      const { log, run } = race({ slow: { after: 1000 }, quick: { after: 50 }, never: { after: 1 } })
      const winner = Effect.tap(run, (name) => Effect.sync(() => log.push(`won ${name}`)))
      assert.deepStrictEqual(yield* finish(Effect.scoped(winner)), Exit.succeed("quick"))
      assert.deepStrictEqual(log, ["ask slow", "ask quick", "close slow", "won quick", "close quick"])
    }))

  it.effect("of two that succeed at once one wins, and the other's is given back", () =>
    Effect.gen(function*() {
      const { log, run } = race({ one: { after: 200 }, other: { after: 100 } })
      yield* finish(Effect.scoped(Effect.tap(run, () => Effect.sync(() => log.push("won")))))
      assert.lengthOf(log.slice(0, log.indexOf("won")).filter((line) => line.startsWith("close")), 1)
      assert.lengthOf(log.filter((line) => line.startsWith("close")), 2)
    }))

  it.effect("a failure starts the next at once; who fails doesn't end those that are still asked", () =>
    Effect.gen(function*() {
      const { log, run } = race({
        slow: { after: 1000 },
        bad: { after: 10, fails: "bad" },
        worse: { after: 1, fails: "worse" }
      })
      assert.deepStrictEqual(yield* finish(Effect.scoped(run)), Exit.succeed("slow"))
      assert.deepStrictEqual(log.filter((line) => line.startsWith("ask")), ["ask slow", "ask bad", "ask worse"])
    }))

  it.effect("fails when all have, or when one failure ends it", () =>
    Effect.gen(function*() {
      const all = race({ one: { after: 10, fails: "first" }, two: { after: 10, fails: "second" } })
      assert.deepStrictEqual(yield* finish(Effect.scoped(all.run)), Exit.fail("second"))
      const ended = race({ one: { after: 10, fails: "over" }, two: { after: 10 } }, { endsWith: "over" })
      assert.deepStrictEqual(yield* finish(Effect.scoped(ended.run)), Exit.fail("over"))
      assert.notInclude(ended.log, "ask two")
    }))

  it.effect("one failure may end it for those who came later, and starts no more; who came before may still win", () =>
    Effect.gen(function*() {
      const over = { endsWith: "over" }
      const ends = { after: 50, fails: "over" }
      const slow = { after: 1000 }
      const before = race({ slow, ends, never: slow }, over)
      assert.deepStrictEqual(yield* finish(Effect.scoped(before.run)), Exit.succeed("slow"))
      assert.notInclude(before.log, "ask never")
      const after = race({ ends: { after: 250, fails: "over" }, slow, slower: slow }, over)
      assert.deepStrictEqual(yield* finish(Effect.scoped(after.run)), Exit.fail("over"))
      assert.deepStrictEqual(after.log.toSorted(), [
        "ask ends",
        "ask slow",
        "ask slower",
        "close ends",
        "close slow",
        "close slower"
      ])
      const fails = race({ bad: { after: 1000, fails: "bad" }, ends, never: slow }, over)
      assert.deepStrictEqual(yield* finish(Effect.scoped(fails.run)), Exit.fail("over"))
      const both = race({ first: { after: 200, fails: "over" }, second: { after: 100, fails: "bad" } }, over)
      assert.deepStrictEqual(yield* finish(Effect.scoped(both.run)), Exit.fail("over"))
    }))

  it.effect("a defect ends it", () =>
    Effect.gen(function*() {
      const { log, run } = race({ slow: { after: 1000 }, broken: { after: 10, dies: true } })
      const exit = yield* finish(Effect.scoped(run))
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      assert.include(log, "close slow")
    }))

  it.effect("who leaves interrupts all, and starts no more", () =>
    Effect.gen(function*() {
      const { log, run } = race({ one: { after: 1000 }, two: { after: 1000 }, three: { after: 1000 } })
      const fiber = yield* Effect.forkChild(Effect.scoped(run))
      yield* TestClock.adjust(150)
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(log.slice(0, 2), ["ask one", "ask two"])
      assert.sameMembers(log.slice(2), ["close one", "close two"])
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { Output } from "../../src/cli/Output.ts"
import * as Progress from "../../src/cli/Progress.ts"

const plain = (text: string) => text

/** What was written to stderr: lines, and what was drawn in place of the last one. */
const world = (canRedraw: boolean) => {
  const said: Array<string> = []
  const say = (text: string) => Effect.sync(() => void said.push(text))
  const output = Output.of({
    json: false,
    out: { bold: plain, dim: plain, red: plain },
    err: { bold: plain, dim: plain, red: plain },
    isErrTerminal: canRedraw,
    canRedraw,
    redraw: (text) => canRedraw ? say(`\r${text}`) : Effect.void,
    ask: say,
    note: say,
    line: () => Effect.void,
    write: () => Effect.void,
    record: () => Effect.void,
    document: () => Effect.void
  })
  return { said, provide: Effect.provideService(Output, output) }
}

const slow = { what: "asking", quiet: false }

describe("Progress", () => {
  it.effect("says nothing of what takes less than a second", () =>
    Effect.gen(function*() {
      for (const canRedraw of [true, false]) {
        const { provide, said } = world(canRedraw)
        const work = yield* Effect.forkChild(
          provide(Progress.during(slow, (say) => Effect.delay(Effect.as(say("half of it"), "done"), "990 millis")))
        )
        yield* TestClock.adjust("990 millis")
        assert.strictEqual(yield* Fiber.join(work), "done")
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(said, [])
      }
    }))

  const working = (say: Progress.Progress["say"]) =>
    Effect.gen(function*() {
      yield* Effect.sleep("2500 millis")
      yield* say("1 of 2")
      yield* say("1 of 2")
      yield* Effect.sleep("1 second")
      yield* say("2 of 2\u001b[2J")
      yield* Effect.sleep("200 millis")
    })

  it.effect("draws one line again and again, and takes it away", () =>
    Effect.gen(function*() {
      const { provide, said } = world(true)
      const work = yield* Effect.forkChild(provide(Progress.during(slow, working)))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(work)
      assert.deepStrictEqual(said, [
        "\r  asking · 1.00 s",
        "\r  asking · 2.00 s",
        "\r  1 of 2 · 2.50 s",
        "\r  1 of 2 · 3.00 s",
        "\r  2 of 2 [2J · 3.50 s",
        "\r"
      ])
    }))

  it.effect("writes a line for each change where nothing can be redrawn", () =>
    Effect.gen(function*() {
      const { provide, said } = world(false)
      const work = yield* Effect.forkChild(provide(Progress.during(slow, working)))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(work)
      assert.deepStrictEqual(said, ["  asking", "  1 of 2", "  2 of 2 [2J"])
    }))

  it.effect("is silent where it is told to be, and off a terminal where words are soon to come", () =>
    Effect.gen(function*() {
      for (
        const [canRedraw, options] of [
          [true, { ...slow, quiet: true }],
          [false, { ...slow, quiet: true }],
          [false, { ...slow, isTransient: true }]
        ] as const
      ) {
        const { provide, said } = world(canRedraw)
        const work = yield* Effect.forkChild(provide(Progress.during(options, working)))
        yield* TestClock.adjust("5 seconds")
        yield* Fiber.join(work)
        assert.deepStrictEqual(said, [])
      }
    }))

  it.effect("takes the line away as the work fails, is interrupted, or goes on without it", () =>
    Effect.gen(function*() {
      const ended = (work: Effect.Effect<unknown, unknown, Output | Scope.Scope>) =>
        Effect.gen(function*() {
          const { provide, said } = world(true)
          const fiber = yield* Effect.forkChild(Effect.exit(Effect.scoped(provide(work))))
          yield* TestClock.adjust("1500 millis")
          yield* Fiber.interrupt(fiber)
          yield* TestClock.adjust("5 seconds")
          return said
        })
      const line = ["\r  asking · 1.00 s", "\r"]
      const failing = Progress.during(slow, () => Effect.delay(Effect.fail("no"), "1200 millis"))
      assert.deepStrictEqual(yield* ended(failing), line)
      assert.deepStrictEqual(yield* ended(Progress.during(slow, () => Effect.never)), line)
      const going = Effect.gen(function*() {
        const { end, say } = yield* Progress.begin(slow)
        yield* Effect.sleep("1100 millis")
        yield* end
        yield* say("more")
        return yield* Effect.never
      })
      assert.deepStrictEqual(yield* ended(going), line)
    }))

  it.effect("counts what is done of many", () =>
    Effect.gen(function*() {
      const { provide, said } = world(false)
      const work = yield* Effect.forkChild(provide(
        Progress.each(slow, [800, 1_200, 1_400], (millis) => Effect.delay(Effect.succeed(millis * 2), millis))
      ))
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* Fiber.join(work), [1_600, 2_400, 2_800])
      assert.deepStrictEqual(said, ["  asking: 1 of 3", "  asking: 2 of 3", "  asking: 3 of 3"])
    }))
})

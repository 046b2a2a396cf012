import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Pull, Schema, type Scope, Stream } from "effect"
import { GenerateError, type Generation } from "loom-router"
import * as Replay from "../../src/internal/replay.ts"
import { delta, failing, overloaded } from "../scripted.ts"

type Parts = Stream.Stream<Generation.Part, GenerateError.GenerateError>

const settle = Effect.yieldNow.pipe(Effect.repeat({ times: 20 }))

const make = (open: Effect.Effect<Parts, GenerateError.GenerateError, Scope.Scope>) =>
  Effect.gen(function*() {
    let ends = 0
    const replay = yield* Replay.make(open, Effect.sync(() => ends++))
    return { replay, ends: () => ends }
  })

const textOf = (part: Generation.Part) => part.type === "text-delta" ? part.delta : part.type

/** Reads to the end: what was read, and how it ended. */
const read = (replay: Replay.Replay) =>
  Effect.gen(function*() {
    const pull = replay.reader()
    const texts: Array<string> = []
    const exit = yield* Effect.exit(
      Effect.forever(Effect.map(pull, (parts) => texts.push(...parts.map(textOf))))
    )
    return { texts, end: Pull.doneExitFromCause(Exit.isFailure(exit) ? exit.cause : Cause.empty) }
  })

const cut = failing(new GenerateError.Partial({ detail: "cut", text: "ab" }))

describe("make", () => {
  it.effect.prop("gives every reader all of it, and the same end, whenever it comes and however it reads", [
    Schema.Array(Schema.Array(Schema.String).check(Schema.isMinLength(1), Schema.isMaxLength(3)))
      .check(Schema.isMaxLength(5)),
    Schema.Boolean,
    Schema.Array(Schema.Literals([0, 1, 2, 5])).check(Schema.isMinLength(1), Schema.isMaxLength(4))
  ], ([chunks, breaks, readers]) =>
    Effect.gen(function*() {
      const whole = Stream.fromIterable(chunks).pipe(
        Stream.mapEffect((chunk) => Effect.as(Effect.yieldNow, chunk)),
        Stream.flatMap((chunk) => Stream.fromIterable(chunk.map(delta)))
      )
      const { ends, replay } = yield* make(Effect.succeed(breaks ? Stream.concat(whole, Stream.fail(cut)) : whole))
      const all = yield* Effect.forEach(
        readers,
        (yields) => Effect.andThen(Effect.repeat(Effect.yieldNow, { times: yields }), read(replay)),
        { concurrency: "unbounded" }
      )
      for (const { end, texts } of [...all, yield* read(replay)]) {
        assert.deepStrictEqual(texts, chunks.flat())
        assert.deepStrictEqual(end, breaks ? Exit.fail(cut) : Exit.void)
      }
      assert.strictEqual(ends(), 1)
    }), { arbitrary: { runs: 50 } })

  it.effect("opens once, at once; and fails all alike where that fails", () =>
    Effect.gen(function*() {
      let opens = 0
      const gate = yield* Deferred.make<void>()
      const { ends, replay } = yield* make(
        Effect.suspend(() => {
          opens++
          return Effect.andThen(Deferred.await(gate), overloaded)
        })
      )
      const fibers = yield* Effect.forEach([0, 1], () => Effect.forkChild(Effect.flip(replay.opened)))
      yield* settle
      assert.deepStrictEqual([opens, ends()], [1, 0])
      yield* Deferred.succeed(gate, undefined)
      for (const fiber of fibers) assert.strictEqual(yield* Fiber.join(fiber), overloaded)
      assert.deepStrictEqual((yield* read(replay)).end, Exit.fail(overloaded))
      assert.deepStrictEqual([opens, ends()], [1, 1])
    }))

  it.effect("dies as its opening does", () =>
    Effect.gen(function*() {
      const { replay } = yield* make(Effect.die("bug"))
      assert.deepStrictEqual(yield* Effect.exit(replay.opened), Exit.die("bug"))
    }))

  it.effect("pulls no more than the fastest reader wants, and only what nobody has pulled yet", () =>
    Effect.gen(function*() {
      let pulled = 0
      const { replay } = yield* make(
        Effect.succeed(
          Stream.fromIterable(["a", "b", "c"]).pipe(
            Stream.mapEffect((text) =>
              Effect.sync(() => {
                pulled++
                return delta(text)
              })
            ),
            Stream.rechunk(1)
          )
        )
      )
      yield* replay.opened
      yield* settle
      assert.strictEqual(pulled, 0)
      const [fast, slow] = [replay.reader(), replay.reader()]
      const next = (pull: typeof fast) => Effect.map(pull, (parts) => parts.map(textOf).join(""))
      assert.strictEqual(yield* next(fast), "a")
      yield* settle
      assert.strictEqual(pulled, 1)
      assert.strictEqual(yield* next(fast), "b")
      assert.strictEqual(yield* next(slow), "a")
      assert.strictEqual(yield* next(slow), "b")
      yield* settle
      assert.strictEqual(pulled, 2)
      assert.strictEqual(yield* next(slow), "c")
      assert.strictEqual(yield* next(fast), "c")
    }))

  it.effect("goes on for a reader that was interrupted while it waited, and for the others", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const { replay } = yield* make(
        Effect.succeed(Stream.fromEffect(Effect.as(Deferred.await(gate), delta("a"))))
      )
      const [one, other] = [replay.reader(), replay.reader()]
      const fiber = yield* Effect.forkChild(one, { startImmediately: true })
      const waiting = yield* Effect.forkChild(other, { startImmediately: true })
      yield* settle
      yield* Fiber.interrupt(fiber)
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual((yield* Fiber.join(waiting)).map(textOf), ["a"])
      assert.deepStrictEqual((yield* one).map(textOf), ["a"])
    }))

  it.effect("closes the stream with its scope", () =>
    Effect.gen(function*() {
      let closed = 0
      yield* Effect.scoped(Effect.gen(function*() {
        const { replay } = yield* make(
          Effect.as(Effect.addFinalizer(() => Effect.sync(() => closed++)), Stream.never)
        )
        yield* replay.opened
        yield* Effect.forkChild(replay.reader(), { startImmediately: true })
        yield* settle
        assert.strictEqual(closed, 0)
      }))
      assert.strictEqual(closed, 1)
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Latch, Schema, Stream } from "effect"
import { Call, GenerateError, Generation, Generator, type Request, RetryPolicy } from "loom-router"
import { answer, asking, delta, failing, overloaded, streaming } from "./scripted.ts"

/** A vendor that answers when it is let, counts how often it is asked, and notices when it is left. */
const held = (
  reply: (request: Request.Request) => Effect.Effect<Generation.Generation, GenerateError.GenerateError> = () =>
    Effect.succeed(answer("hello"))
) => {
  const latch = Latch.makeUnsafe(false)
  const seen = { asked: 0, left: 0, requests: [] as Array<Request.Request> }
  const generator = Generator.make({
    generate: (request) =>
      Effect.suspend(() => {
        seen.asked++
        seen.requests.push(request)
        return Effect.andThen(latch.await, reply(request))
      }).pipe(Effect.onInterrupt(() => Effect.sync(() => seen.left++))),
    open: (request) =>
      Effect.suspend(() => {
        seen.asked++
        seen.requests.push(request)
        return Effect.andThen(
          latch.await,
          Effect.map(reply(request), (generation) => Stream.fromIterable(Generation.toParts(generation)))
        )
      }).pipe(Effect.onInterrupt(() => Effect.sync(() => seen.left++)))
  })
  return { seen, latch, generator: Generator.coalesced(generator) }
}

const collected = (generator: Generator.Generator, request: Request.Request) =>
  Effect.map(
    Effect.scoped(Effect.flatMap(generator.open(request), Stream.runCollect)),
    (parts) => Generation.fromParts(parts) ?? assert.fail("no finish")
  )

const ways = [
  ["call", (generator: Generator.Generator, request: Request.Request) => generator.generate(request)],
  ["stream", collected]
] as const

const settle = Effect.yieldNow.pipe(Effect.repeat({ times: 20 }))

for (const [way, ask] of ways) {
  describe(way, () => {
    it.effect(`F24 1,000 at once: one request, one who pays, 999 who don't: ${way}`, () =>
      Effect.gen(function*() {
        const { generator, latch, seen } = held()
        const requests = yield* Effect.forEach(Array.from({ length: 1000 }), () => asking())
        const fiber = yield* Effect.forkChild(
          Effect.forEach(requests, (request) => ask(generator, request), { concurrency: "unbounded" })
        )
        yield* settle
        yield* latch.open
        const answers = yield* Fiber.join(fiber)
        assert.strictEqual(seen.asked, 1)
        const bought = answers.filter(({ cache }) => cache === "miss")
        const coalesced = answers.filter(({ cache }) => cache === "coalesced")
        assert.lengthOf(bought, 1)
        assert.lengthOf(coalesced, 999)
        const price = bought[0]?.cost.picoUsd ?? assert.fail("no price")
        assert.isAbove(price, 0)
        for (const { content, cost, saved } of coalesced) {
          assert.deepStrictEqual(content, bought[0]?.content)
          assert.strictEqual(cost.picoUsd, 0)
          assert.strictEqual(saved.coalescing, price)
          assert.strictEqual(saved.picoUsd, price)
        }
        assert.deepStrictEqual(requests.map(({ call }) => call.attempts.length).filter((count) => count > 0), [1])
      }))

    it.effect(`one after the other are two requests: ${way}`, () =>
      Effect.gen(function*() {
        const { generator, latch, seen } = held()
        yield* latch.open
        assert.strictEqual((yield* ask(generator, yield* asking())).cache, "miss")
        assert.strictEqual((yield* ask(generator, yield* asking())).cache, "miss")
        assert.strictEqual(seen.asked, 2)
      }))

    it.effect(`coalesce: false, a retry policy of its own, and another scope fly alone: ${way}`, () =>
      Effect.gen(function*() {
        const { generator, latch, seen } = held()
        const calls = [
          yield* Call.make(),
          yield* Call.make({ coalesce: false }),
          yield* Call.make({ retry: RetryPolicy.none }),
          yield* Call.make({ cache: { scope: "acme" } })
        ]
        const fiber = yield* Effect.forkChild(Effect.forEach(
          calls,
          (call) => Effect.flatMap(asking(), (request) => ask(generator, { ...request, call })),
          { concurrency: "unbounded" }
        ))
        yield* settle
        assert.strictEqual(seen.asked, 4)
        yield* latch.open
        assert.deepStrictEqual((yield* Fiber.join(fiber)).map(({ cache }) => cache), ["miss", "miss", "miss", "miss"])
      }))

    it.effect(`what it has attempted counts for who opened it, and for who has it on his record: ${way}`, () =>
      Effect.gen(function*() {
        const { generator, latch } = held()
        const requests = yield* Effect.forEach([0, 1, 2], () => asking())
        const [first, ...others] = yield* Effect.forEach(
          requests,
          (request) => Effect.forkChild(ask(generator, request), { startImmediately: true })
        )
        yield* settle
        const begun = () => requests.map(({ call }) => call.begun.count)
        assert.deepStrictEqual(begun(), [1, 0, 0])
        if (first !== undefined) yield* Fiber.interrupt(first)
        yield* latch.open
        yield* Effect.forEach(others, Fiber.join)
        assert.deepStrictEqual(begun(), [1, ...requests.slice(1).map(({ call }) => call.attempts.length)])
        assert.sameMembers(begun(), [1, 1, 0])
      }))

    for (const leaver of ["leader", "follower"] as const) {
      it.effect(`F15 the ${leaver} leaves: the others are answered, and one has the attempt: ${way}`, () =>
        Effect.gen(function*() {
          const { generator, latch, seen } = held()
          const requests = yield* Effect.forEach([0, 1, 2], () => asking())
          const fibers = yield* Effect.forEach(
            requests,
            (request) => Effect.forkChild(ask(generator, request), { startImmediately: true })
          )
          yield* settle
          const left = leaver === "leader" ? 0 : 1
          yield* Fiber.interrupt(fibers[left]!)
          assert.strictEqual(seen.left, 0)
          yield* latch.open
          const answers = yield* Effect.forEach(fibers.filter((_, n) => n !== left), Fiber.join)
          assert.strictEqual(seen.asked, 1)
          assert.deepStrictEqual(answers.map(({ text }) => text), ["hello", "hello"])
          assert.deepStrictEqual(answers.map(({ cache }) => cache).toSorted(), ["coalesced", "miss"])
          assert.strictEqual(requests.reduce((sum, { call }) => sum + call.attempts.length, 0), 1)
          assert.lengthOf(requests[left]!.call.attempts, 0)
        }))
    }

    it.effect(`F15 all leave: the request is cancelled with the last, who has its attempt; the next asks anew: ${way}`, () =>
      Effect.gen(function*() {
        const { generator, latch, seen } = held()
        const requests = yield* Effect.forEach([0, 1, 2], () => asking())
        const fibers = yield* Effect.forEach(
          requests,
          (request) => Effect.forkChild(ask(generator, request), { startImmediately: true })
        )
        yield* settle
        yield* Fiber.interrupt(fibers[1]!)
        yield* Fiber.interrupt(fibers[0]!)
        assert.strictEqual(seen.left, 0)
        yield* Fiber.interrupt(fibers[2]!)
        assert.strictEqual(seen.left, 1)
        assert.deepStrictEqual(requests.map(({ call }) => call.attempts.map(({ outcome }) => outcome)), [
          [],
          [],
          ["interrupted"]
        ])
        yield* latch.open
        assert.strictEqual((yield* ask(generator, yield* asking())).cache, "miss")
        assert.strictEqual(seen.asked, 2)
      }))

    it.effect(`F16 the request fails: all fail alike, with errors of their own, and the next asks anew: ${way}`, () =>
      Effect.gen(function*() {
        let fails = true
        const { generator, latch, seen } = held(() => fails ? Effect.fail(overloaded) : Effect.succeed(answer("now")))
        const requests = yield* Effect.forEach([0, 1, 2], () => asking())
        const fiber = yield* Effect.forkChild(
          Effect.forEach(requests, (request) => Effect.flip(ask(generator, request)), { concurrency: "unbounded" })
        )
        yield* settle
        yield* latch.open
        const errors = yield* Fiber.join(fiber)
        assert.strictEqual(seen.asked, 1)
        assert.deepStrictEqual(errors.map(({ reason }) => reason._tag), ["Overloaded", "Overloaded", "Overloaded"])
        assert.strictEqual(new Set(errors).size, 3)
        assert.strictEqual(requests.reduce((sum, { call }) => sum + call.attempts.length, 0), 1)
        fails = false
        assert.strictEqual((yield* ask(generator, yield* asking())).text, "now")
      }))

    it.effect(`a flight has until the latest deadline of its callers: ${way}`, () =>
      Effect.gen(function*() {
        const { generator, latch, seen } = held()
        const calls = [yield* Call.make({ timeout: 100 }), yield* Call.make({ timeout: 900 })]
        const fiber = yield* Effect.forkChild(Effect.forEach(
          calls,
          (call) => Effect.flatMap(asking(), (request) => ask(generator, { ...request, call })),
          { concurrency: "unbounded" }
        ))
        yield* settle
        assert.strictEqual(seen.requests[0]?.call.deadline, 900)
        assert.deepStrictEqual(calls.map(({ deadline }) => deadline), [100, 900])
        yield* latch.open
        yield* Fiber.join(fiber)
      }))

    it.effect(`each gets the object by a schema of its own: ${way}`, () =>
      Effect.gen(function*() {
        const Count = Schema.Struct({ n: Schema.FiniteFromString })
        const Text = Schema.Struct({ n: Schema.String })
        const { generator, latch, seen } = held(() => Effect.succeed(answer(`{"n":"7"}`, { object: { n: 7 } })))
        const fiber = yield* Effect.forkChild(Effect.forEach(
          [Count, Text],
          (schema) =>
            Effect.flatMap(asking({ object: { name: "object", schema } }), (request) => ask(generator, request)),
          { concurrency: "unbounded" }
        ))
        yield* settle
        yield* latch.open
        const [first, second] = yield* Fiber.join(fiber)
        assert.strictEqual(seen.asked, 1)
        assert.deepStrictEqual(first?.object, { n: 7 })
        assert.deepStrictEqual(second?.object, { n: "7" })
      }))

    it.effect(`twice is once: ${way}`, () =>
      Effect.gen(function*() {
        const { generator, latch, seen } = held()
        const twice = Generator.coalesced(generator)
        const requests = yield* Effect.forEach([0, 1, 2], () => asking())
        const fiber = yield* Effect.forkChild(
          Effect.forEach(requests, (request) => ask(twice, request), { concurrency: "unbounded" })
        )
        yield* settle
        yield* latch.open
        const answers = yield* Fiber.join(fiber)
        assert.strictEqual(seen.asked, 1)
        assert.deepStrictEqual(answers.map(({ cache }) => cache).toSorted(), ["coalesced", "coalesced", "miss"])
        assert.strictEqual(requests.reduce((sum, { call }) => sum + call.attempts.length, 0), 1)
      }))
  })
}

describe("a stream for many", () => {
  /** A stream that gives a part when it is asked to. */
  const stepped = Effect.gen(function*() {
    const steps = Array.from({ length: 4 }, () => Deferred.makeUnsafe<void>())
    const seen = { opened: 0, pulled: 0, closed: 0 }
    const generator = Generator.coalesced(streaming(() =>
      Effect.gen(function*() {
        seen.opened++
        yield* Effect.addFinalizer(() => Effect.sync(() => seen.closed++))
        return Stream.fromIterable(["a", "b", "c", "finish"]).pipe(
          Stream.mapEffect((text, n) =>
            Effect.as(
              Effect.andThen(Effect.sync(() => seen.pulled++), Deferred.await(steps[n]!)),
              text === "finish" ? Generation.toParts(answer("abc")).at(-1)! : delta(text)
            )
          )
        )
      })
    ))
    const step = (n: number) => Effect.andThen(Deferred.succeed(steps[n]!, undefined), settle)
    return { generator, seen, step }
  })

  const reading = (generator: Generator.Generator) =>
    Effect.gen(function*() {
      const texts: Array<string> = []
      const request = yield* asking()
      const fiber = yield* Effect.forkChild(
        Effect.scoped(Effect.flatMap(
          generator.open(request),
          Stream.runForEach((part) =>
            Effect.sync(() => texts.push(part.type === "text-delta" ? part.delta : part.type))
          )
        ))
      )
      yield* settle
      return { texts, fiber, request }
    })

  it.effect("who comes late gets the prefix, then all the rest", () =>
    Effect.gen(function*() {
      const { generator, seen, step } = yield* stepped
      const early = yield* reading(generator)
      yield* step(0)
      yield* step(1)
      const late = yield* reading(generator)
      assert.deepStrictEqual(late.texts, ["a", "b"])
      yield* step(2)
      yield* step(3)
      yield* Fiber.join(early.fiber)
      yield* Fiber.join(late.fiber)
      assert.deepStrictEqual(early.texts, ["a", "b", "c", "finish"])
      assert.deepStrictEqual(late.texts, early.texts)
      assert.deepStrictEqual(seen, { opened: 1, pulled: 4, closed: 1 })
    }))

  it.effect("after its last part the next one opens anew", () =>
    Effect.gen(function*() {
      const { generator, seen, step } = yield* stepped
      const first = yield* reading(generator)
      for (const n of [0, 1, 2, 3]) yield* step(n)
      yield* Fiber.join(first.fiber)
      yield* Fiber.join((yield* reading(generator)).fiber)
      assert.strictEqual(seen.opened, 2)
    }))

  it.effect("a slow reader doesn't stall the others, and nothing is pulled that nobody wants", () =>
    Effect.gen(function*() {
      const { generator, seen, step } = yield* stepped
      const slow = yield* asking()
      yield* Effect.scoped(Effect.gen(function*() {
        const opened = yield* Effect.forkChild(generator.open(slow), { startImmediately: true })
        yield* settle
        assert.isAtMost(seen.pulled, 1)
        const quick = yield* reading(generator)
        for (const n of [0, 1, 2, 3]) yield* step(n)
        yield* Fiber.join(quick.fiber)
        assert.deepStrictEqual(quick.texts, ["a", "b", "c", "finish"])
        const parts = yield* Stream.runCollect(yield* Fiber.join(opened))
        assert.lengthOf(parts, 4)
      }))
    }))

  it.effect("F15 one reader leaves in the middle: the other reads on; the last one closes it", () =>
    Effect.gen(function*() {
      const { generator, seen, step } = yield* stepped
      const one = yield* reading(generator)
      const other = yield* reading(generator)
      yield* step(0)
      yield* Fiber.interrupt(one.fiber)
      yield* step(1)
      assert.deepStrictEqual(other.texts, ["a", "b"])
      assert.strictEqual(seen.closed, 0)
      assert.lengthOf(one.request.call.attempts, 0)
      yield* Fiber.interrupt(other.fiber)
      assert.strictEqual(seen.closed, 1)
      assert.deepStrictEqual(other.request.call.attempts.map(({ outcome }) => outcome), ["interrupted"])
    }))

  it.effect("F16 it breaks after its first part: all get the same Partial, each with what was shown", () =>
    Effect.gen(function*() {
      const partial = failing(new GenerateError.Partial({ detail: "cut", text: "a" }))
      const cut = Latch.makeUnsafe(false)
      const broken = Stream.fromEffect(Effect.andThen(cut.await, Effect.fail(partial)))
      const generator = Generator.coalesced(
        streaming(() => Effect.succeed(Stream.concat(Stream.make(delta("a")), broken)))
      )
      const readers = yield* Effect.forEach([0, 1], () => reading(generator))
      yield* cut.open
      for (const { fiber, request, texts } of readers) {
        const error = yield* Effect.flip(Fiber.join(fiber))
        assert.deepStrictEqual(error.reason, partial.reason)
        assert.deepStrictEqual(texts, ["a"])
        assert.isAtMost(request.call.attempts.length, 1)
      }
      assert.lengthOf(readers.flatMap(({ request }) => request.call.attempts), 1)
    }))
})

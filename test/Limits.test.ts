import { assert, describe, it } from "@effect/vitest"
import {
  Array as Arr,
  Clock,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  Logger,
  References,
  Schema,
  Scope,
  Stream
} from "effect"
import { RateLimiter } from "effect/persistence"
import { TestClock } from "effect/testing"
import {
  type Call,
  GenerateError,
  Generation,
  Generator,
  Limits,
  Model,
  ProviderHealth,
  Request,
  RetryPolicy,
  Usage
} from "loom-router"
import { answer, delta, failing, overloaded, streaming } from "./scripted.ts"
import { randomOf } from "./storage/records.ts"

const eve = Model.make({ provider: "acme", id: "eve" })
const ada = Model.make({ provider: "acme", id: "ada" })
const zoe = Model.make({ provider: "zeta", id: "zoe" })

/** A vendor whose answers are held until they are given, and which notes what is sent. */
const vendor = (limits: Limits.Limits, headers?: () => Headers) => {
  const sent: Array<string> = []
  const held = new Map<string, Deferred.Deferred<Generation.Generation, GenerateError.GenerateError>>()
  const key = ({ call }: Request.Request) => call.tags["key"] ?? "k1"
  const name = ({ call }: Request.Request) => call.tags["name"] ?? ""
  const ask = (request: Request.Request, heard: Generator.Heard | undefined) =>
    Effect.suspend(() => {
      sent.push(name(request))
      if (headers !== undefined) heard?.(headers())
      const deferred = held.get(name(request))
      return deferred === undefined ? Effect.succeed(answer("Hi")) : Deferred.await(deferred)
    })
  const generator = Generator.makePrepared({
    prepare: (request) => Effect.succeed(key(request)),
    keyOf: (key) => key,
    generate: (request, _, heard) => ask(request, heard),
    open: (request, _, heard) =>
      Effect.map(ask(request, heard), (generation) => Stream.fromIterable(Generation.toParts(generation)))
  }).pipe(Generator.gate(limits.gate))

  /** Asks on a fiber of its own. */
  const begin = Effect.fnUntraced(function*(
    name: string,
    options?: {
      readonly model?: Model.Model
      readonly key?: string
      readonly hold?: boolean
      readonly timeout?: number
      readonly params?: Request.Params
      readonly prompt?: string
    }
  ) {
    if (options?.hold === true) {
      held.set(name, yield* Deferred.make<Generation.Generation, GenerateError.GenerateError>())
    }
    const request = yield* asking(name, options)
    const fiber = yield* Effect.forkChild(generator.generate(request), { startImmediately: true })
    return {
      fiber,
      request,
      exit: Fiber.await(fiber),
      reason: Effect.map(Fiber.await(fiber), (exit) => GenerateError.errorIn(exit)?.reason),
      end: (exit: Exit.Exit<Generation.Generation, GenerateError.GenerateError> = Exit.succeed(answer("Hi"))) =>
        Effect.andThen(Deferred.done(held.get(name)!, exit), Effect.asVoid(Fiber.await(fiber)))
    }
  })
  return { begin, generator, sent }
}

const asking = (
  name: string,
  options?: {
    readonly model?: Model.Model
    readonly key?: string
    readonly timeout?: number
    readonly params?: Request.Params
    readonly prompt?: string
  }
) =>
  Effect.gen(function*() {
    const request = yield* Request.fromPrompt(options?.prompt ?? "Say hello.", {
      model: options?.model ?? ada,
      params: options?.params ?? { maxOutputTokens: 10 }
    })
    const now = yield* Clock.currentTimeMillis
    return {
      ...request,
      call: {
        ...request.call,
        deadline: options?.timeout === undefined ? Infinity : now + options.timeout,
        tags: { name, key: options?.key ?? "k1" }
      }
    }
  })

const vendorWith = (options: Limits.Options, headers?: () => Headers) =>
  Effect.map(Limits.make(options), (limits) => ({ limits, ...vendor(limits, headers) }))

const names = (count: number) => Arr.makeBy(count, (n) => `call ${n}`)

/** Asks one after the other without waiting for answers. */
const beginAll = (
  { begin }: Pick<ReturnType<typeof vendor>, "begin">,
  names: ReadonlyArray<string>,
  options?: Parameters<ReturnType<typeof vendor>["begin"]>[1]
) => Effect.forEach(names, (name) => begin(name, options))

/** Lets the fibers that can go on do so. */
const settle = TestClock.adjust(0)

const saying = (said: Readonly<Record<string, string | number>>) =>
  new Headers(Object.entries(said).map(([name, value]): [string, string] => [`x-ratelimit-${name}`, String(value)]))

describe("without limits", () => {
  it.effect("nothing waits, and nothing is told", () =>
    Effect.gen(function*() {
      const acme = yield* vendorWith({})
      yield* beginAll(acme, names(100), { hold: true })
      assert.lengthOf(acme.sent, 100)
      assert.deepStrictEqual(yield* acme.limits.headroom, [])
    }))

  it.effect("every attempt's own outcome is given back", () =>
    Effect.gen(function*() {
      const { generator } = yield* vendorWith({ acme: { concurrency: 1, requestsPerMinute: 60 } })
      assert.strictEqual((yield* generator.generate(yield* asking("a"))).text, "Hi")
      const limits = yield* Limits.make({ acme: { concurrency: 1 } })
      const down = Generator.fake(() => overloaded).pipe(Generator.gate(limits.gate))
      for (let n = 0; n < 3; n++) {
        assert.deepStrictEqual(yield* Effect.exit(down.generate(yield* asking("a"))), Exit.fail(overloaded))
      }
      const dead = Generator.make({ generate: () => Effect.die("bug"), open: () => Effect.die("bug") }).pipe(
        Generator.gate(limits.gate)
      )
      for (let n = 0; n < 3; n++) {
        assert.deepStrictEqual(yield* Effect.exit(dead.generate(yield* asking("a"))), Exit.die("bug"))
      }
    }))

  it.effect("that make sense none are made", () =>
    Effect.gen(function*() {
      for (const wrong of [0, -1, 1.5, NaN, Infinity]) {
        const exit = yield* Effect.exit(Limits.make({ acme: { requestsPerMinute: wrong } }))
        assert.isTrue(Exit.hasDies(exit), String(wrong))
      }
    }))
})

describe("requests a minute", () => {
  it.effect("go at once while there are some, then one after the other, in their order", () =>
    Effect.gen(function*() {
      const acme = yield* vendorWith({ acme: { requestsPerMinute: 3 } })
      yield* beginAll(acme, names(6))
      yield* settle
      assert.deepStrictEqual(acme.sent, names(3))
      yield* TestClock.adjust(19_999)
      assert.lengthOf(acme.sent, 3)
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(acme.sent, names(4))
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(acme.sent, names(5))
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(acme.sent, names(6))
      yield* TestClock.adjust("60 seconds")
      yield* beginAll(acme, ["x", "y", "z", "late"])
      yield* settle
      assert.deepStrictEqual(acme.sent.slice(6), ["x", "y", "z"])
    }))

  it.effect("are counted for each key and provider, and for a model beside its provider", () =>
    Effect.gen(function*() {
      const acme = yield* vendorWith({
        "acme": { requestsPerMinute: 3 },
        "acme/ada": { requestsPerMinute: 1 },
        "*": { requestsPerMinute: 2 }
      })
      yield* beginAll(acme, ["ada 1", "ada 2"])
      yield* beginAll(acme, ["eve 1", "eve 2", "eve 3"], { model: eve })
      yield* beginAll(acme, ["other 1"], { key: "k2" })
      yield* beginAll(acme, ["zoe 1", "zoe 2", "zoe 3"], { model: zoe })
      yield* settle
      assert.deepStrictEqual(acme.sent, ["ada 1", "eve 1", "eve 2", "other 1", "zoe 1", "zoe 2"])
    }))

  it.effect("that were interrupted while they waited let the others go in their place", () =>
    Effect.gen(function*() {
      const acme = yield* vendorWith({ acme: { requestsPerMinute: 1 } })
      const [, second, third] = yield* beginAll(acme, names(5))
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.interrupt(second!.fiber)
      yield* Fiber.interrupt(third!.fiber)
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(acme.sent, ["call 0", "call 3"])
      yield* TestClock.adjust("60 seconds")
      assert.deepStrictEqual(acme.sent, ["call 0", "call 3", "call 4"])
    }))

  it.effect("that another gate refused aren't counted", () =>
    Effect.gen(function*() {
      const limits = yield* Limits.make({ acme: { requestsPerMinute: 1, tokensPerMinute: 100 } })
      let isOpen = false
      const circuit: Call.Gate = (_, attempt) => isOpen ? attempt : Effect.fail(overloaded)
      const gated = Generator.fake(() => "Hi").pipe(
        Generator.gate((subject, attempt) => Effect.suspend(() => circuit(subject, attempt))),
        Generator.gate(limits.gate)
      )
      for (let n = 0; n < 5; n++) yield* Effect.flip(gated.generate(yield* asking("a")))
      isOpen = true
      assert.strictEqual((yield* gated.generate(yield* asking("a"))).text, "Hi")
    }))

  it.effect("F21 are counted by a clock that doesn't jump", () =>
    Effect.gen(function*() {
      const acme = yield* vendorWith({ acme: { requestsPerMinute: 1 } })
      const clock = yield* Clock.Clock
      let ahead = 3_600_000
      const jumping: Clock.Clock = {
        ...clock,
        sleep: (duration) => clock.sleep(duration),
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + ahead,
        currentTimeMillis: Effect.sync(() => clock.currentTimeMillisUnsafe() + ahead)
      }
      yield* Effect.gen(function*() {
        yield* acme.begin("first")
        ahead = 0
        yield* acme.begin("second")
        yield* TestClock.adjust("60 seconds")
        assert.deepStrictEqual(acme.sent, ["first", "second"])
        ahead = 3_600_000
        yield* acme.begin("third")
        yield* settle
        assert.lengthOf(acme.sent, 2)
      }).pipe(Effect.provideService(Clock.Clock, jumping))
    }))
})

describe("tokens a minute", () => {
  const using = (tokens: number) =>
    Exit.succeed(answer("Hi", { usage: Usage.make({ inputUncached: tokens - 1, outputText: 1 }) }))

  it.effect("are set aside as estimated, and what an answer didn't need is free at once", () =>
    Effect.gen(function*() {
      const acme = yield* vendorWith({ acme: { tokensPerMinute: 1000 } })
      const params = { maxOutputTokens: 900 }
      const first = yield* acme.begin("first", { hold: true, params })
      yield* beginAll(acme, ["second", "third"], { hold: true, params })
      yield* settle
      assert.deepStrictEqual(acme.sent, ["first"])
      yield* first.end(using(20))
      yield* settle
      assert.deepStrictEqual(acme.sent, ["first", "second"])
      yield* TestClock.adjust("60 seconds")
      assert.deepStrictEqual(acme.sent, ["first", "second", "third"])
    }))

  it.effect("an answer took above its estimate are missing to those who follow", () =>
    Effect.gen(function*() {
      const acme = yield* vendorWith({ acme: { tokensPerMinute: 600 } })
      const first = yield* acme.begin("first", { hold: true })
      yield* first.end(using(900))
      yield* acme.begin("second")
      yield* TestClock.adjust("30 seconds")
      assert.lengthOf(acme.sent, 1, "300 are owed, and its own are needed")
      yield* TestClock.adjust("10 seconds")
      assert.lengthOf(acme.sent, 2)
    }))

  it.effect("may be fewer than one request takes: then it takes all of them", () =>
    Effect.gen(function*() {
      const acme = yield* vendorWith({ acme: { tokensPerMinute: 100 } })
      yield* beginAll(acme, names(2), { prompt: "long ".repeat(1000), hold: true })
      yield* TestClock.adjust("59 seconds")
      assert.lengthOf(acme.sent, 1)
      yield* TestClock.adjust("1 second")
      assert.lengthOf(acme.sent, 2)
    }))

  it.effect("are given back whole where nothing was billed, and kept where nobody knows", () =>
    Effect.gen(function*() {
      const limits = yield* Limits.make({ acme: { tokensPerMinute: 1000 } })
      const left = Effect.map(limits.headroom, (rows) => rows.find(({ unit }) => unit === "tokens")?.remaining)
      const ending = (error: GenerateError.GenerateError) =>
        Effect.flatMap(
          asking("a", { params: { maxOutputTokens: 500 } }),
          (request) => Effect.flip(Generator.fake(() => error).pipe(Generator.gate(limits.gate)).generate(request))
        )
      yield* ending(overloaded)
      assert.strictEqual(yield* left, 1000)
      yield* ending(failing(new GenerateError.Timeout({ phase: "headers" })))
      assert.isBelow((yield* left) ?? NaN, 500)
    }))

  it.effect("of a stream are settled when it ends", () =>
    Effect.gen(function*() {
      const limits = yield* Limits.make({ acme: { tokensPerMinute: 1000 } })
      const left = Effect.map(limits.headroom, (rows) => rows.find(({ unit }) => unit === "tokens")?.remaining)
      const { generator } = vendor(limits)
      const scope = yield* Scope.make()
      const request = yield* asking("a", { params: { maxOutputTokens: 500 } })
      const stream = yield* Scope.provide(generator.open(request), scope)
      assert.isBelow((yield* left) ?? NaN, 500)
      yield* Stream.runDrain(stream)
      yield* settle
      assert.strictEqual(yield* left, 1000 - (request.call.attempts[0]?.usage?.totalTokens ?? NaN))
      yield* Scope.close(scope, Exit.void)
    }))
})

describe("requests at once", () => {
  it.effect("are so many, and the next goes when one ends, however it ends", () =>
    Effect.gen(function*() {
      const acme = yield* vendorWith({ acme: { concurrency: 2 } })
      const [a, b, c] = yield* beginAll(acme, names(6), { hold: true })
      yield* settle
      assert.deepStrictEqual(acme.sent, names(2))
      yield* a!.end()
      yield* settle
      assert.deepStrictEqual(acme.sent, names(3))
      yield* b!.end(Exit.fail(overloaded))
      yield* settle
      assert.deepStrictEqual(acme.sent, names(4))
      yield* Fiber.interrupt(c!.fiber)
      yield* settle
      assert.deepStrictEqual(acme.sent, names(5))
    }))

  it.effect("a stream is one until it was read, has failed, or is left", () =>
    Effect.gen(function*() {
      const limits = yield* Limits.make({ acme: { concurrency: 1 } })
      const free = Effect.map(
        Effect.andThen(settle, limits.headroom),
        (rows) => rows.find(({ unit }) => unit === "concurrency")?.remaining
      )
      const broken = failing(new GenerateError.Partial({ detail: "cut", text: "a" }))
      const finish = Generation.toParts(answer("ab")).at(-1)!
      const parts = [delta("a"), delta("b"), finish]
      const cases = [
        [Stream.fromIterable(parts), (stream: Stream.Stream<Generation.Part, unknown>) => Stream.runDrain(stream)],
        [
          Stream.concat(Stream.fromIterable(parts.slice(0, 1)), Stream.fail(broken)),
          (stream: Stream.Stream<Generation.Part, unknown>) => Stream.runDrain(stream)
        ],
        [Stream.fromIterable(parts), (stream: Stream.Stream<Generation.Part, unknown>) =>
          Stream.runDrain(Stream.take(stream, 1))],
        [Stream.fromIterable(parts), () =>
          Effect.void]
      ] as const
      for (const [stream, read] of cases) {
        const generator = streaming(() => Effect.succeed(stream)).pipe(Generator.gate(limits.gate))
        const scope = yield* Scope.make()
        const opened = yield* Scope.provide(Effect.flatMap(asking("a"), generator.open), scope)
        assert.strictEqual(yield* free, 0)
        yield* Effect.exit(read(opened))
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual(yield* free, 1)
      }
    }))

  it.effect("are freed by an opening that fails or is interrupted", () =>
    Effect.gen(function*() {
      const limits = yield* Limits.make({ acme: { concurrency: 1 } })
      const open = (stream: ReturnType<Generator.Generator["open"]>) =>
        Effect.scoped(Effect.flatMap(asking("a"), streaming(() => stream).pipe(Generator.gate(limits.gate)).open))
      for (let n = 0; n < 3; n++) {
        assert.strictEqual((yield* Effect.flip(open(Effect.fail(overloaded)))).reason._tag, "Overloaded")
        const fiber = yield* Effect.forkChild(open(Effect.never), { startImmediately: true })
        yield* settle
        yield* Fiber.interrupt(fiber)
      }
    }))

  it.effect("are the model's before they are its provider's, so that one model doesn't hold up another", () =>
    Effect.gen(function*() {
      const acme = yield* vendorWith({ "acme": { concurrency: 2 }, "acme/ada": { concurrency: 1 } })
      yield* beginAll(acme, ["ada 1", "ada 2", "ada 3"], { hold: true })
      yield* beginAll(acme, ["eve 1", "eve 2"], { hold: true, model: eve })
      yield* settle
      assert.deepStrictEqual(acme.sent, ["ada 1", "eve 1"])
    }))
})

describe("a wait", () => {
  const refusal = (reason: GenerateError.Reason | undefined) =>
    reason?._tag === "RateLimited"
      ? [reason.by, reason.retryAfter === undefined ? undefined : Duration.toMillis(reason.retryAfter)]
      : reason

  it.effect("that would be longer than it may isn't begun, and is no attempt", () =>
    Effect.gen(function*() {
      const acme = yield* vendorWith({ acme: { requestsPerMinute: 1, maxWait: "60 seconds" } })
      const [, , third] = yield* beginAll(acme, names(3))
      yield* settle
      assert.deepStrictEqual(refusal(yield* third!.reason), ["limits", 120_000])
      assert.deepStrictEqual(third!.request.call.attempts, [])
      yield* TestClock.adjust("60 seconds")
      assert.deepStrictEqual(acme.sent, names(2))
    }))

  it.effect("may be none at all", () =>
    Effect.gen(function*() {
      const acme = yield* vendorWith({ acme: { requestsPerMinute: 6, concurrency: 1, maxWait: 0 } })
      const first = yield* acme.begin("first", { hold: true })
      const second = yield* acme.begin("second")
      assert.deepStrictEqual(refusal(yield* second.reason), ["limits", undefined])
      yield* first.end()
      yield* Effect.forEach(names(5), (name) => Effect.flatMap(acme.begin(name), ({ exit }) => exit))
      const seventh = yield* acme.begin("seventh")
      assert.deepStrictEqual(refusal(yield* seventh.reason), ["limits", 10_000])
      assert.lengthOf(acme.sent, 6)
    }))

  it.effect("whose length nobody knows ends when it has been long enough", () =>
    Effect.gen(function*() {
      const acme = yield* vendorWith({ acme: { concurrency: 1, maxWait: "5 seconds" } })
      const [first, second, third] = yield* beginAll(acme, names(3), { hold: true })
      yield* TestClock.adjust("4 seconds")
      yield* first!.end()
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(acme.sent, names(2))
      assert.deepStrictEqual(refusal(yield* third!.reason), ["limits", undefined])
      yield* second!.end()
      assert.strictEqual((yield* second!.exit)._tag, "Success")
    }))

  it.effect("for tokens that may come back is given its time", () =>
    Effect.gen(function*() {
      const acme = yield* vendorWith({ acme: { tokensPerMinute: 1000, maxWait: "5 seconds" } })
      const params = { maxOutputTokens: 900 }
      const [first, , third] = yield* beginAll(acme, names(3), { hold: true, params })
      yield* TestClock.adjust("4 seconds")
      yield* first!.end()
      yield* settle
      assert.deepStrictEqual(acme.sent, names(2))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(refusal(yield* third!.reason)?.[0 as never], "limits")
    }))

  it.effect("past the call's deadline isn't begun", () =>
    Effect.gen(function*() {
      const acme = yield* vendorWith({ acme: { requestsPerMinute: 1 } })
      yield* acme.begin("first")
      const late = yield* acme.begin("late", { timeout: 60_000 })
      assert.deepStrictEqual(refusal(yield* late.reason), ["limits", 60_000])
      yield* acme.begin("in time", { timeout: 60_002 })
      yield* TestClock.adjust("60 seconds")
      assert.deepStrictEqual(acme.sent, ["first", "in time"])
    }))

  it.effect("whose length nobody knows ends before the call's deadline", () =>
    Effect.gen(function*() {
      const acme = yield* vendorWith({ acme: { concurrency: 1 } })
      yield* acme.begin("first", { hold: true })
      const late = yield* acme.begin("late", { timeout: 5000 })
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(refusal(yield* late.reason), ["limits", undefined])
    }))

  it.effect("is one of so many", () =>
    Effect.gen(function*() {
      const acme = yield* vendorWith({
        "acme": { concurrency: 1, maxQueue: 2 },
        "zeta": { requestsPerMinute: 1, maxQueue: 0 }
      })
      const [first, , , fourth] = yield* beginAll(acme, names(4), { hold: true })
      assert.deepStrictEqual(refusal(yield* fourth!.reason), ["limits", undefined])
      yield* first!.end()
      yield* settle
      yield* acme.begin("later", { hold: true })
      yield* settle
      assert.deepStrictEqual(
        (yield* acme.limits.headroom).map(({ model, unit, waiting }) => [model, unit, waiting]),
        [[undefined, "concurrency", 2]]
      )
      const [, second] = yield* beginAll(acme, ["zoe 1", "zoe 2"], { model: zoe })
      assert.deepStrictEqual(refusal(yield* second!.reason), ["limits", undefined])
    }))

  it.effect("says why, and is neither repeated nor the vendor's fault", () =>
    Effect.gen(function*() {
      const health = yield* ProviderHealth.make({ failures: 1 })
      const limits = yield* Limits.make({ acme: { requestsPerMinute: 1, maxWait: "1 second" } })
      const generator = Generator.fake(() => "Hi").pipe(
        Generator.gate(limits.gate),
        Generator.gate(health.gate),
        Generator.retry(RetryPolicy.make())
      )
      yield* generator.generate(yield* asking("a"))
      const error = yield* Effect.flip(generator.generate(yield* asking("b")))
      assert.strictEqual(
        error.message,
        "acme/ada is held back by a limit\n"
          + "  why: 1 requests a minute are allowed (it would be this one's turn in 1m)\n"
          + "  fix: allow more time (`maxWait`, `timeout`), raise the limit (`limits`), "
          + "or add another provider to fail over to"
      )
      assert.deepStrictEqual((yield* health.circuits).map(({ failures, state }) => [state, failures]), [["closed", 0]])
    }))
})

describe("what a vendor says", () => {
  const none = saying({ "limit-requests": 2, "remaining-requests": 0, "reset-requests": "20s" })

  it.effect("is waited for: nothing left until its reset", () =>
    Effect.gen(function*() {
      let headers = new Headers()
      const acme = yield* vendorWith({}, () => headers)
      headers = none
      yield* acme.begin("first")
      yield* beginAll(acme, names(4), { hold: true })
      yield* beginAll(acme, ["eve"], { model: eve })
      yield* beginAll(acme, ["other"], { key: "k2" })
      yield* TestClock.adjust("19 seconds")
      assert.deepStrictEqual(acme.sent, ["first", "eve", "other"])
      headers = new Headers()
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(acme.sent.slice(3), names(2), "no more than the limit")
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(acme.sent.slice(3), names(4))
    }))

  it.effect("is heard from refusals, and of a stream before it is read", () =>
    Effect.gen(function*() {
      const limits = yield* Limits.make()
      const ask = (fails: boolean) =>
        Generator.makePrepared({
          prepare: () => Effect.void,
          keyOf: () => "k1",
          generate: (_, __, heard) =>
            Effect.suspend(() => {
              heard?.(none)
              return fails ? Effect.fail(overloaded) : Effect.never
            }),
          open: (_, __, heard) =>
            Effect.sync(() => {
              heard?.(none)
              return Stream.never
            })
        }).pipe(Generator.gate(limits.gate))
      const isHeldBack = Effect.gen(function*() {
        const { begin, sent } = vendor(limits)
        const next = yield* begin("next")
        yield* settle
        const isHeldBack = sent.length === 0
        yield* Fiber.interrupt(next.fiber)
        yield* TestClock.adjust("20 seconds")
        return isHeldBack
      })
      yield* Effect.exit(ask(true).generate(yield* asking("a")))
      assert.isTrue(yield* isHeldBack)
      const scope = yield* Scope.make()
      yield* Effect.asVoid(Scope.provide(Effect.flatMap(asking("a"), ask(false).open), scope))
      assert.isTrue(yield* isHeldBack)
      yield* Scope.close(scope, Exit.void)
    }))

  it.effect("ends a wait early where an attempt under way hears it", () =>
    Effect.gen(function*() {
      const limits = yield* Limits.make()
      let tell: Generator.Heard | undefined
      const slow = Generator.makePrepared({
        prepare: () => Effect.succeed("k1"),
        keyOf: (key) => key,
        generate: (_, __, heard) =>
          Effect.suspend(() => {
            tell = heard
            return Effect.never
          }),
        open: () => Effect.die("not scripted")
      }).pipe(Generator.gate(limits.gate))
      yield* Effect.forkChild(slow.generate(yield* asking("slow")), { startImmediately: true })
      const acme = vendor(limits)
      tell?.(none)
      yield* acme.begin("next")
      yield* settle
      assert.deepStrictEqual(acme.sent, [])
      tell?.(saying({ "limit-requests": 2, "remaining-requests": 1, "reset-requests": "9s" }))
      yield* settle
      assert.deepStrictEqual(acme.sent, ["next"])
    }))

  it.effect("fails over at once where the wait is longer than it may be", () =>
    Effect.gen(function*() {
      const acme = yield* vendorWith({ "*": { maxWait: "10 seconds" } }, () => none)
      yield* acme.begin("first")
      const second = yield* acme.begin("second")
      const reason = yield* second.reason
      assert.deepStrictEqual(
        reason?._tag === "RateLimited" && [reason.by, reason.detail, reason.retryAfter],
        ["limits", "the vendor said that none of its requests are left of 2", Duration.seconds(20)]
      )
    }))
})

describe("limits of every kind", () => {
  it.effect.prop("hold, in order, and nothing of them is lost", [Schema.Int], ([seed]) =>
    Effect.gen(function*() {
      const random = randomOf(seed)
      const integer = (below: number) => Math.floor(random() * below)
      const maybe = (make: () => number) => random() < 0.6 ? make() : undefined
      const rule = {
        requestsPerMinute: maybe(() => 1 + integer(20)),
        tokensPerMinute: maybe(() => 1 + integer(3000)),
        concurrency: maybe(() => 1 + integer(4))
      }
      const limits = yield* Limits.make({ acme: rule })
      const clock = yield* Clock.Clock
      const log: Array<{ readonly at: number; readonly name: number }> = []
      let underWay = 0
      let most = 0
      const acme = Generator.make({
        generate: ({ call }) =>
          Effect.suspend(() => {
            log.push({ at: clock.currentTimeMillisUnsafe(), name: Number(call.tags["name"]) })
            most = Math.max(most, ++underWay)
            const ended = random() < 0.2 ? Effect.fail(overloaded) : Effect.succeed(answer("a".repeat(integer(300))))
            return Effect.delay(ended, integer(20_000))
          }).pipe(Effect.ensuring(Effect.sync(() => underWay--))),
        open: () => Effect.die("not scripted")
      }).pipe(Generator.gate(limits.gate))

      const left = new Set<number>()
      const fibers = yield* Effect.forEach(Arr.range(1, 25), (name) =>
        Effect.gen(function*() {
          yield* TestClock.adjust(integer(3000))
          const request = yield* asking(String(name), { params: { maxOutputTokens: integer(1000) } })
          const fiber = yield* Effect.forkChild(acme.generate(request), { startImmediately: true })
          if (random() < 0.2) {
            left.add(name)
            yield* Effect.forkChild(Effect.delay(Fiber.interrupt(fiber), integer(30_000)), { startImmediately: true })
          }
          return fiber
        }))
      yield* TestClock.adjust("12 hours")
      yield* Effect.forEach(fibers, Fiber.await)

      const stayed = log.map(({ name }) => name).filter((name) => !left.has(name))
      assert.deepStrictEqual(stayed, Arr.range(1, 25).filter((name) => !left.has(name)), "first come, first served")
      assert.isAtMost(most, rule.concurrency ?? Infinity)
      const perMinute = rule.requestsPerMinute ?? 1e9
      log.forEach((first, index) =>
        log.slice(index).forEach((last, more) => {
          const allowed = perMinute + (last.at - first.at) / 60_000 * perMinute
          assert.isAtMost(more + 1, Math.floor(allowed + 1e-6), `${first.at} to ${last.at}`)
        })
      )
      for (const { limit, remaining, unit, waiting } of yield* limits.headroom) {
        assert.deepStrictEqual([remaining, waiting], [limit, 0], unit)
      }
    }))
})

describe("headroom", () => {
  it.effect("tells what is left, of given limits and of vendors' own", () =>
    Effect.gen(function*() {
      const acme = yield* vendorWith(
        {
          "acme": { requestsPerMinute: 60, concurrency: 5 },
          "acme/ada": { tokensPerMinute: 6000 }
        },
        () => saying({ "limit-requests": 100, "remaining-requests": 97, "reset-requests": "2s" })
      )
      const start = yield* Clock.currentTimeMillis
      yield* beginAll(acme, names(2), { hold: true })
      yield* beginAll(acme, ["eve"], { hold: true, model: eve })
      const of = { provider: "acme", key: "k1", waiting: 0 }
      const rows = yield* acme.limits.headroom
      const tokens = rows.find(({ unit }) => unit === "tokens")
      assert.sameDeepMembers([...rows], [
        { ...of, model: "ada", by: "vendor", unit: "requests", limit: 100, remaining: 97, resetAt: start + 2000 },
        { ...of, model: "eve", by: "vendor", unit: "requests", limit: 100, remaining: 97, resetAt: start + 2000 },
        { ...of, model: "ada", by: "limits", unit: "tokens", limit: 6000, remaining: NaN, resetAt: NaN, ...tokens },
        { ...of, model: undefined, by: "limits", unit: "requests", limit: 60, remaining: 57, resetAt: start + 3000 },
        { ...of, model: undefined, by: "limits", unit: "concurrency", limit: 5, remaining: 2, resetAt: undefined }
      ])
      assert.isBelow(tokens?.remaining ?? NaN, 6000)
    }))

  it.effect("forgets the oldest that nobody asks", () =>
    Effect.gen(function*() {
      const acme = yield* vendorWith({ "*": { concurrency: 1 } })
      const busy = yield* acme.begin("busy", { key: "busy", hold: true })
      for (let n = 1; n <= 6000; n++) yield* acme.generator.generate(yield* asking("", { key: String(n) }))
      const rows = yield* acme.limits.headroom
      assert.isAtMost(rows.length, 10_000)
      assert.deepStrictEqual(rows.filter(({ key }) => key === "busy").map(({ remaining }) => remaining), [0])
      assert.isTrue(rows.some(({ key }) => key === "6000"))
      assert.isFalse(rows.some(({ key }) => key === "1"))
      yield* busy.end()
    }))
})

describe("a store", () => {
  it.effect("that is provided is shared by those who have it", () =>
    Effect.gen(function*() {
      const options = { acme: { requestsPerMinute: 3 } }
      const [one, two] = yield* Effect.all([vendorWith(options), vendorWith(options)]).pipe(
        Effect.provide(RateLimiter.layerStoreMemory)
      )
      yield* beginAll(one, names(2))
      yield* beginAll(two, names(2))
      yield* settle
      assert.deepStrictEqual([one.sent.length, two.sent.length], [2, 1])
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual([one.sent.length, two.sent.length], [2, 2])
    }))

  const store = (ask: Effect.Effect<never, RateLimiter.RateLimiterError>) =>
    RateLimiter.RateLimiterStore.of({
      fixedWindow: () => ask,
      tokenBucket: () => ask,
      adaptiveConsume: () => ask,
      adaptiveFeedback: () => ask
    })
  const down = Effect.fail(
    new RateLimiter.RateLimiterError({ reason: new RateLimiter.RateLimitStoreError({ message: "no Redis" }) })
  )

  it.effect.each([["is down", down, "no Redis"], ["never answers", Effect.never, "the store is slow"]] as const)(
    "that %s stops nobody, and is told once",
    ([, ask, why]) =>
      Effect.gen(function*() {
        const told: Array<unknown> = []
        const logger = Logger.make<unknown, void>(({ message }) => void told.push(message))
        const options = { acme: { requestsPerMinute: 1, tokensPerMinute: 10 } }
        const acme = yield* Effect.provideService(vendorWith(options), RateLimiter.RateLimiterStore, store(ask))
        yield* Effect.gen(function*() {
          const calls = yield* beginAll(acme, names(3))
          yield* TestClock.adjust("10 seconds")
          for (const { exit } of calls) assert.strictEqual((yield* exit)._tag, "Success")
        }).pipe(Effect.provide(Logger.layer([logger])), Effect.provideService(References.MinimumLogLevel, "Warn"))
        assert.deepStrictEqual(told, [[`limits: ${why}. Calls go on, uncounted`]])
        assert.deepStrictEqual(
          yield* Effect.forkChild(acme.limits.headroom).pipe(
            Effect.tap(() => TestClock.adjust("10 seconds")),
            Effect.flatMap(Fiber.join)
          ),
          []
        )
      })
  )
})

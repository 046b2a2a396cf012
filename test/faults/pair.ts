/**
 * Two vendors over real sockets, and a Loom with every stage in its place, under a clock that a test can move.
 */
import { Clock, Duration, Effect, Layer, Redacted, type Scope } from "effect"
import { type CallRecord, Catalog, type GenerateError, Loom, type Providers, ResponseCache } from "loom-router"
import * as OpenAi from "loom-router/providers/OpenAi"
import * as Sandbox from "loom-router/sandbox"
import { type Box, environmentOf, november, quick } from "../providers/world.ts"

export const key = "sk-test-0123456789abcd"
export const secondModel = "second/gpt-4.1"

/** The bundled catalog, and a second vendor that has one model at the price of the first. */
export const catalogWith = (second: Box): Catalog.Catalog =>
  Catalog.bundled.pipe(
    Catalog.registerOpenAiCompatible({ key: "second", baseUrl: second.baseUrl("openai") }),
    Catalog.registerModel({
      provider: "second",
      model: "gpt-4.1",
      inputCostPer1M: 2,
      cachedReadCostPer1M: 0.5,
      outputCostPer1M: 8
    })
  )

/** The first vendor, whose key is in the environment unless it is given. */
export const openAi = (first: Box, apiKey?: Redacted.Redacted): Providers.Source =>
  OpenAi.layer({ baseUrl: first.baseUrl("openai"), apiKey })

/** The second vendor. */
export const stranger = (second: Box): Providers.Source =>
  OpenAi.layer({
    provider: "second",
    baseUrl: second.baseUrl("openai"),
    apiKey: Redacted.make(key),
    protocol: "chat"
  })

/** A clock that runs as it does, and leaps when it is told to; who sleeps by one that stands still wakes by leaps alone. */
export interface Movable extends Clock.Clock {
  /** How long was asked to be slept, in milliseconds. */
  readonly slept: ReadonlyArray<number>
  /** Time passes: who sleeps until then wakes. */
  readonly pass: (millis: number) => void
  /** Somebody sets the clock on the wall. */
  readonly jump: (millis: number) => void
}

export const movable = (isStill = false): Movable => {
  const clock = november()
  let passed = 0
  let jumped = 0
  const millis = () => clock.currentTimeMillisUnsafe() + passed + jumped
  const nanos = () => BigInt(millis()) * 1_000_000n
  const monotonic = () => clock.monotonicTimeNanosUnsafe() + BigInt(passed) * 1_000_000n
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>()
  const slept: Array<number> = []
  return {
    ...clock,
    slept,
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: monotonic,
    monotonicTimeNanos: Effect.sync(monotonic),
    sleep: (duration) =>
      Effect.callback((resume) => {
        const wake = () => {
          sleepers.delete(sleeper)
          clearTimeout(timer)
          resume(Effect.void)
        }
        const length = Duration.toMillis(duration)
        slept.push(length)
        const sleeper = { until: Number(monotonic()) / 1e6 + length, wake }
        const timer = isStill ? undefined : setTimeout(wake, length)
        sleepers.add(sleeper)
        return Effect.sync(() => {
          sleepers.delete(sleeper)
          clearTimeout(timer)
        })
      }),
    pass: (more) => {
      passed += more
      for (const { until, wake } of sleepers) if (until <= Number(monotonic()) / 1e6) wake()
    },
    jump: (more) => {
      jumped += more
    }
  }
}

export interface Pair {
  readonly first: Box
  readonly second: Box
  readonly clock: Movable
  /** The record of every call that has ended. */
  readonly records: ReadonlyArray<CallRecord.CallRecord>
  readonly cache: ResponseCache.ResponseCache
  /** What Loom sees of the environment; it may be changed. */
  readonly environment: Record<string, string>
  /** How many requests have arrived, at the first and at the second. */
  readonly arrived: Effect.Effect<ReadonlyArray<number>>
}

/** A Loom's options; its providers may need to know where the first vendor is. */
export interface Setting extends Omit<Loom.Options, "catalog" | "providers"> {
  readonly providers?: ((first: Box) => Readonly<Record<string, Providers.Source>>) | undefined
  /** Of the first. */
  readonly sandbox?: Sandbox.Options | undefined
  /** What waits, waits until the test lets time pass. */
  readonly isStill?: boolean | undefined
}

/** Runs a test between two vendors: `openai`, and `second`. */
export const inPair = <A, E>(
  options: Setting,
  body: (pair: Pair) => Effect.fn.Return<A, E, Scope.Scope>
): Effect.Effect<A, E | Sandbox.SandboxError> => {
  const { cache: keeping = { ttl: "1 hour" }, isStill, providers, sandbox, ...rest } = options
  const clock = movable(isStill)
  return Effect.gen(function*() {
    const [first, second] = yield* Effect.all([
      Sandbox.make({ seed: "first", ...sandbox }),
      Sandbox.make({ seed: "second" })
    ])
    const records: Array<CallRecord.CallRecord> = []
    const environment: Record<string, string> = { OPENAI_API_KEY: key }
    const cache = yield* ResponseCache.make(keeping)
    const loom = Loom.layer({
      retry: quick,
      catalog: catalogWith(second),
      providers: {
        openai: openAi(first),
        second: stranger(second),
        ...providers?.(first)
      },
      onCall: (record) => records.push(record),
      ...rest
    })
    const arrived = Effect.map(
      Effect.all([first.journal, second.journal]),
      (journals) => journals.map(({ length }) => length)
    )
    return yield* Effect.provide(
      Effect.gen(() => body({ first, second, clock, records, cache, environment, arrived })),
      Layer.provide(
        loom,
        Layer.merge(environmentOf(environment), Layer.succeed(ResponseCache.CurrentResponseCache, cache))
      )
    )
  }).pipe(Effect.scoped, Effect.provideService(Clock.Clock, clock))
}

/** The error of a call that must fail. */
export const errorOf = <R>(
  call: Effect.Effect<unknown, GenerateError.GenerateError, R>
): Effect.Effect<GenerateError.GenerateError, never, R> =>
  Effect.matchEffect(call, {
    onFailure: (error) => Effect.succeed(error),
    onSuccess: () => Effect.die(new Error("it succeeded"))
  })

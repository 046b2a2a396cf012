/**
 * A sandbox, and a Loom that talks to it over real sockets, in November 2026.
 */
import { Clock, ConfigProvider, Duration, Effect, Layer, type Scope } from "effect"
import {
  type Attempt,
  type CallRecord,
  Catalog,
  Cost,
  type GenerateError,
  Loom,
  type Providers,
  RetryPolicy
} from "loom-router"
import * as Sandbox from "loom-router/sandbox"

export type Box = Sandbox.Sandbox["Service"]

/** A world to run one test in. */
export interface World {
  readonly sandbox: Box
  /** The record of every call that has ended. */
  readonly records: ReadonlyArray<CallRecord.CallRecord>
  /** What Loom sees of the environment; it may be changed. */
  readonly environment: Record<string, string>
}

export interface Setup extends Omit<Loom.Options, "providers" | "catalog" | "onCall"> {
  readonly sandbox?: Sandbox.Options | undefined
  readonly catalog?: ((sandbox: Box) => Catalog.Catalog | Effect.Effect<Catalog.Catalog>) | undefined
  readonly providers: (sandbox: Box) => Readonly<Record<string, Providers.Source>>
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** Milliseconds since 1970: 10 o'clock of a Monday in November 2026. */
  readonly startsAt?: number | undefined
}

const epoch = Date.UTC(2026, 10, 23, 10)

/** Prices and retirements are dated, so that the date is fixed; the time runs as it does, from the first look. */
export const november = (
  sleep?: (duration: Duration.Duration) => Effect.Effect<void>,
  startsAt = epoch
): Clock.Clock => {
  let from: number | undefined
  const millis = () => {
    const now = performance.now()
    return startsAt + Math.floor(now - (from ??= now))
  }
  const nanos = () => BigInt(millis()) * 1_000_000n
  const monotonic = () => process.hrtime.bigint()
  return {
    currentTimeMillisUnsafe: millis,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: monotonic,
    monotonicTimeNanos: Effect.sync(monotonic),
    sleep: sleep ?? ((duration) =>
      Effect.callback((resume) => {
        const timer = setTimeout(() => resume(Effect.void), Duration.toMillis(duration))
        return Effect.sync(() => clearTimeout(timer))
      }))
  }
}

/** Tries three times, without a wait worth the name. */
export const quick = RetryPolicy.make({ baseDelay: "1 millis" })

/** An environment that may change while it is used. */
export const environmentOf = (environment: Readonly<Record<string, string>>): Layer.Layer<never> =>
  ConfigProvider.layer(
    ConfigProvider.make((path) => Effect.suspend(() => ConfigProvider.fromUnknown(environment).load(path)))
  )

/** Runs a test in a world of its own. */
export const inWorld = <A, E>(
  setup: Setup,
  body: (world: World) => Effect.fn.Return<A, E, Scope.Scope>
): Effect.Effect<A, E | Sandbox.SandboxError, Scope.Scope> =>
  Effect.gen(function*() {
    const { catalog, environment: given, providers, sandbox: options, startsAt: _, ...rest } = setup
    const sandbox = yield* Sandbox.make(options)
    const records: Array<CallRecord.CallRecord> = []
    const environment = { ...given }
    const chosen = catalog === undefined ? Catalog.bundled : catalog(sandbox)
    const loom = Loom.layer({
      retry: quick,
      // A vendor that fails on purpose, one test after the other, isn't left alone.
      health: false,
      ...rest,
      catalog: Effect.isEffect(chosen) ? yield* chosen : chosen,
      providers: providers(sandbox),
      onCall: (record) => records.push(record)
    })
    return yield* Effect.provide(
      Effect.gen(() => body({ sandbox, records, environment })),
      Layer.provide(loom, environmentOf(environment))
    )
  }).pipe(Effect.provideService(Clock.Clock, november(undefined, setup.startsAt)))

/** The bodies that arrived, oldest first. */
export const bodies = (sandbox: Box): Effect.Effect<ReadonlyArray<Readonly<Record<string, unknown>>>> =>
  Effect.map(
    sandbox.journal,
    (journal) => journal.map(({ body }) => typeof body === "object" && body !== null ? { ...body } : { body })
  )

/** The error of an effect that must fail. */
export const failure = <R>(
  effect: Effect.Effect<unknown, GenerateError.GenerateError, R>
): Effect.Effect<GenerateError.GenerateError, never, R> =>
  Effect.matchEffect(effect, {
    onFailure: (error) => Effect.succeed(error),
    onSuccess: () => Effect.die(new Error("it succeeded"))
  })

/** What attempts cost together, in pico-dollars. */
export const spent = (attempts: ReadonlyArray<Attempt.Attempt>): number =>
  Number(Cost.sum(attempts.flatMap(({ cost }) => cost === undefined ? [] : [cost])).picoUsd)

/** What the sandbox charged so far, in pico-dollars. */
export const billed = (sandbox: Box): Effect.Effect<number> =>
  Effect.map(sandbox.bill, (bill) => Number(bill.reduce((sum, { amount }) => sum + amount, 0n)))

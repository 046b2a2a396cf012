/**
 * Whether a vendor is worth asking: one circuit for each provider and key. A vendor that fails again and again, or says
 * itself that it wants to be left alone, isn't asked for a while; then one attempt finds out how it does, and only when
 * that one succeeds are the others let through.
 *
 * Faults of the caller never count: a request that the vendor won't take, a refused key, a deadline, an interruption.
 *
 * **Example** (A circuit in front of a vendor)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { type GenerateError, ProviderHealth } from "loom-router"
 *
 * const guarded = Effect.fnUntraced(function*(attempt: Effect.Effect<string, GenerateError.GenerateError>) {
 *   const health = yield* ProviderHealth.make({ failures: 3, openFor: "10 seconds" })
 *   return yield* health.gate({ provider: "openai", model: "gpt-4o-mini", key: "" }, attempt)
 * })
 * ```
 *
 * @since 1.0.0
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Call from "./Call.ts"
import { CircuitOpen, errorIn, GenerateError } from "./GenerateError.ts"

/**
 * - `closed`: every attempt is let through.
 * - `open`: none is.
 * - `half-open`: one at a time is, to find out how the vendor does.
 *
 * @category models
 * @since 1.0.0
 */
export type State = "closed" | "open" | "half-open"

/**
 * What is known of a provider under one key.
 *
 * @category models
 * @since 1.0.0
 */
export interface Circuit {
  readonly provider: string
  /** A fingerprint of the key, never the key; "" where there is none. */
  readonly key: string
  readonly state: State
  /** In a row, since the last success. */
  readonly failures: number
  /** Epoch milliseconds since when it is in this state. */
  readonly since: number
  /** Epoch milliseconds until when it is open. */
  readonly until: number | undefined
  /** What opened it, or closed it again; `undefined` for a circuit that was never open. */
  readonly why: string | undefined
}

/**
 * A circuit that changed its state.
 *
 * @category models
 * @since 1.0.0
 */
export interface Transition {
  /** Epoch milliseconds. */
  readonly at: number
  readonly provider: string
  /** A fingerprint of the key, never the key; "" where there is none. */
  readonly key: string
  readonly from: State
  readonly to: State
  /** What led to it. No key and no prompt is in it. */
  readonly why: string
  /** Epoch milliseconds until when it is open, as far as was known then: a vendor may ask for more while it is. */
  readonly until: number | undefined
}

/**
 * The circuits of all providers: what guards attempts, and what it has learnt.
 *
 * @category models
 * @since 1.0.0
 */
export interface ProviderHealth {
  /** For `Generator.gate`. Refuses attempts with `CircuitOpen` while their circuit is open, and learns from the others. */
  readonly gate: Call.Gate<Call.Target>
  /** Of every provider and key that was asked, 10,000 at most: then the oldest that are closed go. */
  readonly circuits: Effect.Effect<ReadonlyArray<Circuit>>
  /** As they happen. A reader that falls behind by more than 256 misses the oldest. */
  readonly transitions: Stream.Stream<Transition>
  /** Closes the circuits of a provider, and forgets its failures. */
  readonly reset: (provider: string) => Effect.Effect<void>
}

/**
 * When a circuit opens, and for how long.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** So many failures in a row open a circuit: 5. */
  readonly failures?: number | undefined
  /** How long a circuit is open: 30 seconds, doubling with every trial that fails. */
  readonly openFor?: Duration.Input | undefined
  /** What the doubling stops at: 5 minutes. A vendor that asks for longer is heeded, for up to a day. */
  readonly maxOpenFor?: Duration.Input | undefined
  /** A rate limit with a longer Retry-After opens the circuit; a shorter one is waited for: 60 seconds. */
  readonly maxRetryAfter?: Duration.Input | undefined
  /** Sees every transition at once, in order. What it throws is ignored. */
  readonly onTransition?: ((transition: Transition) => void) | undefined
}

/** Times of waiting are milliseconds of the monotonic clock, which doesn't jump. */
interface Entry {
  readonly provider: string
  readonly key: string
  state: State
  failures: number
  /** How often it has changed: what an attempt has to say counts if this is as it was when the attempt began. */
  changes: number
  /** Half-open, and an attempt is under way. */
  isTrying: boolean
  openFor: number
  until: number
  /** Epoch milliseconds. */
  since: number
  /** What opened it, or closed it again. */
  why: string | undefined
}

const capacity = 10_000
const longestWait = 24 * 3_600_000

/**
 * Starts with all circuits closed.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = Effect.fnUntraced(function*(
  options: Options = {}
): Effect.fn.Return<ProviderHealth, never, Scope.Scope> {
  const allowed = Math.max(1, options.failures ?? 5)
  const openFor = millisOf(options.openFor ?? "30 seconds")
  const maxOpenFor = Math.max(openFor, millisOf(options.maxOpenFor ?? "5 minutes"))
  const patience = millisOf(options.maxRetryAfter ?? "60 seconds")
  const published = yield* Effect.acquireRelease(PubSub.sliding<Transition>(256), PubSub.shutdown)
  const entries = new Set<Entry>()
  // By one after the other: to make a string of both takes half as long as all the rest of the gate.
  const byProvider = new Map<string, Map<string, Entry>>()

  const entryOf = ({ key, provider }: Call.Target, clock: Clock.Clock): Entry => {
    const known = byProvider.get(provider)?.get(key)
    if (known !== undefined) return known
    if (entries.size >= capacity) forget(takeOldest(entries))
    const entry: Entry = {
      provider,
      key,
      state: "closed",
      failures: 0,
      changes: 0,
      isTrying: false,
      openFor,
      until: 0,
      since: clock.currentTimeMillisUnsafe(),
      why: undefined
    }
    entries.add(entry)
    const byKey = byProvider.get(provider)
    if (byKey === undefined) byProvider.set(provider, new Map([[key, entry]]))
    else byKey.set(key, entry)
    return entry
  }

  /** What its attempts still learn is lost. */
  const forget = (entry: Entry | undefined): void => {
    if (entry === undefined) return
    entry.state = "closed"
    entry.changes++
    const byKey = byProvider.get(entry.provider)
    byKey?.delete(entry.key)
    if (byKey?.size === 0) byProvider.delete(entry.provider)
  }

  const move = (entry: Entry, to: State, why: string, clock: Clock.Clock): void => {
    const from = entry.state
    const at = clock.currentTimeMillisUnsafe()
    entry.state = to
    entry.changes++
    entry.isTrying = false
    entry.since = at
    if (to !== "half-open") entry.why = why
    if (to === "closed") {
      entry.failures = 0
      entry.until = 0
    }
    const until = to === "open" ? Math.round(at + entry.until - nowOf(clock)) : undefined
    const transition: Transition = { at, provider: entry.provider, key: entry.key, from, to, why, until }
    // In the same breath, so that all see transitions in their order.
    Effect.runSync(PubSub.publish(published, transition))
    Result.try(() => Promise.resolve(options.onTransition?.(transition)).catch(() => undefined))
  }

  const open = (entry: Entry, error: GenerateError, clock: Clock.Clock): void => {
    const isAgain = entry.state === "half-open"
    entry.openFor = isAgain ? Math.min(entry.openFor * 2, maxOpenFor) : openFor
    entry.until = Math.max(entry.until, nowOf(clock) + Math.max(entry.openFor, waitOf(error)))
    const failure = `it ${error.what}: ${error.why}`
    const why = isAgain
      ? `a trial failed: ${failure}`
      : entry.failures === 1
      ? failure
      : `${entry.failures} failures in a row; the last: ${failure}`
    move(entry, "open", why, clock)
  }

  /** Why an attempt may not begin. One that may, where the circuit isn't closed, is its trial. */
  const refuse = (entry: Entry, { model, provider }: Call.Target, clock: Clock.Clock): GenerateError | undefined => {
    if (entry.state === "closed") return undefined
    const left = entry.state === "open" ? Math.max(0, Math.ceil(entry.until - nowOf(clock))) : 0
    if (left > 0 || entry.isTrying) {
      const reason = new CircuitOpen({ detail: entry.why ?? "", remaining: Duration.millis(left) })
      return new GenerateError({ provider, model, reason })
    }
    if (entry.state === "open") move(entry, "half-open", "its time was up", clock)
    entry.isTrying = true
    return undefined
  }

  const learn = (entry: Entry, began: number, exit: Exit.Exit<unknown, GenerateError>, clock: Clock.Clock): void => {
    const isCurrent = entry.changes === began
    if (exit._tag === "Success") {
      if (!isCurrent) return
      if (entry.state === "closed") entry.failures = 0
      else move(entry, "closed", "a trial succeeded", clock)
      return
    }
    const error = Cause.hasInterrupts(exit.cause) ? undefined : errorIn(exit)
    if (!isCurrent) {
      if (entry.state === "closed" || error?.retryAfter === undefined) return
      // Half-open, it is what a trial that fails opens it for, at least.
      entry.until = Math.max(entry.until, nowOf(clock) + waitOf(error))
      return
    }
    entry.isTrying = false
    const verdict = error === undefined ? "caller" : verdictOf(error, patience)
    if (error === undefined || verdict === "caller") return
    entry.failures++
    if (entry.state === "closed" && verdict === "failed" && entry.failures < allowed) return
    open(entry, error, clock)
  }

  const watched = <A, R>(entry: Entry, clock: Clock.Clock, attempt: Effect.Effect<A, GenerateError, R>) => {
    const began = entry.changes
    return Effect.onExit(attempt, (exit) => {
      learn(entry, began, exit, clock)
      return Effect.void
    })
  }

  return {
    gate: (subject, attempt) =>
      Effect.withFiber((fiber) => {
        const clock = fiber.getRef(Clock.Clock)
        const entry = entryOf(subject, clock)
        if (entry.state === "closed") return watched(entry, clock, attempt)
        // Who has begun a trial must also end it.
        return Effect.uninterruptibleMask((restore) =>
          Effect.suspend(() => {
            const refusal = refuse(entry, subject, clock)
            return refusal === undefined ? watched(entry, clock, restore(attempt)) : Effect.fail(refusal)
          })
        )
      }),
    circuits: Effect.clockWith((clock) => Effect.sync(() => Array.from(entries, (entry) => show(entry, clock)))),
    transitions: Stream.fromPubSub(published),
    reset: (provider) =>
      Effect.clockWith((clock) =>
        Effect.sync(() => {
          for (const entry of entries) {
            if (entry.provider !== provider) continue
            if (entry.state === "closed") entry.failures = 0
            else move(entry, "closed", "it was reset", clock)
          }
        })
      )
  }
})

/**
 * The circuits that engines made from here on share, where their options name none.
 *
 * @category references
 * @since 1.0.0
 */
export const CurrentProviderHealth: Context.Reference<ProviderHealth | undefined> = Context.Reference<
  ProviderHealth | undefined
>("loom-router/ProviderHealth/CurrentProviderHealth", { defaultValue: () => undefined })

/**
 * The same circuits for all engines made under it, and for whoever wants to look at them.
 *
 * **Example** (Watching vendors come and go)
 *
 * ```ts
 * import { Console, Effect, Layer, Stream } from "effect"
 * import { Loom, ProviderHealth } from "loom-router"
 *
 * export const watch = Effect.gen(function*() {
 *   const health = yield* ProviderHealth.CurrentProviderHealth
 *   if (health === undefined) return
 *   yield* Stream.runForEach(health.transitions, ({ provider, to, why }) => Console.log(provider, to, why))
 * })
 *
 * export const layer = Loom.layer().pipe(Layer.provideMerge(ProviderHealth.layer({ failures: 3 })))
 * ```
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<never> => Layer.effect(CurrentProviderHealth, make(options))

const millisOf = (duration: Duration.Input): number => Duration.toMillis(Duration.fromInputUnsafe(duration))

const nowOf = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

const waitOf = ({ retryAfter }: GenerateError): number =>
  retryAfter === undefined ? 0 : Math.min(Duration.toMillis(retryAfter), longestWait)

/** Whose fault it was. A vendor that `stopped` has said itself that it won't answer for a while. */
const verdictOf = ({ reason, usage }: GenerateError, patience: number): "failed" | "stopped" | "caller" => {
  switch (reason._tag) {
    case "Network":
    case "Overloaded":
      return "failed"
    case "InvalidResponse":
      // A vendor that has counted its tokens is well: what it wrote doesn't fit what was asked for.
      return usage === undefined ? "failed" : "caller"
    case "Timeout":
      return reason.phase === "deadline" ? "caller" : "failed"
    case "QuotaExceeded":
      return "stopped"
    case "RateLimited":
      return reason.by !== "limits" && reason.retryAfter !== undefined &&
          Duration.toMillis(reason.retryAfter) > patience
        ? "stopped"
        : "caller"
    default:
      return "caller"
  }
}

/** An open circuit whose time is up waits for an attempt to try it. */
const show = (entry: Entry, clock: Clock.Clock): Circuit => {
  const { failures, key, provider, since, state, why } = entry
  const left = entry.until - nowOf(clock)
  const shown = { provider, key, failures, why }
  if (state !== "open") return { ...shown, state, since, until: undefined }
  const until = Math.round(clock.currentTimeMillisUnsafe() + left)
  return left > 0
    ? { ...shown, state, since, until }
    : { ...shown, state: "half-open", since: until, until: undefined }
}

/** Takes out the oldest closed circuit; where all are open, the oldest. */
const takeOldest = (entries: Set<Entry>): Entry | undefined => {
  let open = 0
  // Those that stay move to the end, and needn't be looked at so soon again.
  for (const entry of entries) {
    entries.delete(entry)
    if (entry.state === "closed" || ++open > capacity) return entry
    entries.add(entry)
  }
  return undefined
}

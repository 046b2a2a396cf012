/**
 * How much is sent to a provider with one key: requests and tokens a minute, and requests at once. What is too much waits
 * for its turn, first come, first served; what would have to wait too long fails, unsent, and may fail over.
 *
 * Limits are given, and learnt: a vendor that says in an answer's headers that nothing is left isn't asked until it says
 * that something is.
 *
 * **Example** (Limits of a provider, and of one model)
 *
 * ```ts
 * import { Loom } from "loom-router"
 *
 * export const layer = Loom.layer({
 *   limits: {
 *     "openai": { requestsPerMinute: 500, tokensPerMinute: 200_000, concurrency: 50 },
 *     "openai/gpt-4o": { requestsPerMinute: 60, maxWait: "5 seconds" },
 *     "*": { concurrency: 100 }
 *   },
 *   failover: true
 * })
 * ```
 *
 * **Details**
 *
 * Every attempt waits on its own: neither an answer from the cache nor one that is shared takes anything. A wait is
 * interruptible, and ends with the call's deadline at the latest; it is no attempt and says nothing of the vendor's
 * health.
 *
 * Tokens are set aside before an attempt as they are estimated, and settled with those it used: what it didn't need is
 * free again, what it took above that is missing to those who follow.
 *
 * What is counted by the minute is counted in this process. Processes share it that share a `RateLimiterStore` of
 * `effect/persistence`: provide `RateLimiter.layerStoreRedis()`, say, to the layer with the limits. Requests at once, and
 * what vendors say, are of this process alone. A store that can't be reached counts nothing and stops nobody.
 *
 * @since 1.0.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type { Attempt } from "./Attempt.ts"
import type * as Call from "./Call.ts"
import type { GenerateError } from "./GenerateError.ts"
import * as Allowance from "./internal/allowance.ts"
import * as Lane from "./internal/lane.ts"
import * as Rates from "./internal/rates.ts"
import type { Count } from "./internal/rates.ts"

/**
 * What one key may send to a provider, or to one of its models.
 *
 * @category models
 * @since 1.0.0
 */
export interface Limit {
  /** All of them at once after a minute without any, then one after the other. */
  readonly requestsPerMinute?: number | undefined
  /** Input and output, cached input too. */
  readonly tokensPerMinute?: number | undefined
  /** Requests at once. A stream is one until it ends. */
  readonly concurrency?: number | undefined
  /** What would wait longer isn't sent: `RateLimited`. By default everything waits that has the time to. */
  readonly maxWait?: Duration.Input | undefined
  /** So many wait at most: 10,000. */
  readonly maxQueue?: number | undefined
}

/**
 * Limits by provider (`openai`), by model (`openai/gpt-4o`), and of all providers without limits of their own, each by
 * itself (`*`). Those of a model hold beside those of its provider; `maxWait` and `maxQueue` are the provider's where the
 * model has none.
 *
 * @category models
 * @since 1.0.0
 */
export type Options = Readonly<Record<string, Limit>>

/**
 * What is left of one limit.
 *
 * @category models
 * @since 1.0.0
 */
export interface Headroom {
  readonly provider: string
  /** A fingerprint of the key, never the key; "" where there is none. */
  readonly key: string
  /** `undefined` for what all models of a provider share. */
  readonly model: string | undefined
  readonly unit: "requests" | "tokens" | "inputTokens" | "outputTokens" | "concurrency"
  /** Whose limit it is: the vendor's, as it said last, or one that was given. */
  readonly by: "vendor" | "limits"
  readonly limit: number | undefined
  readonly remaining: number
  /** Epoch milliseconds when all of it is there again; `undefined` where that isn't known, or is now. */
  readonly resetAt: number | undefined
  /** Attempts that wait, for this limit or another of the same model or provider. */
  readonly waiting: number
}

/**
 * The limits of all providers: what holds attempts back, and what is left.
 *
 * @category models
 * @since 1.0.0
 */
export interface Limits {
  /** For `Generator.gate`. Outside of those that only watch attempts, such as a circuit's. */
  readonly gate: Call.Gate
  /** Of the providers, keys and models that were asked, 10,000 at most: then the oldest that nobody asks now go. */
  readonly headroom: Effect.Effect<ReadonlyArray<Headroom>>
}

const capacity = 10_000

/**
 * Starts with nothing used. Counts by the minute in the `RateLimiterStore` of the context, else in this process.
 *
 * Dies where a limit is no whole number above zero.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = Effect.fnUntraced(function*(options: Options = {}): Effect.fn.Return<Limits> {
  const given = new Map(Object.entries(options))
  for (const [name, limit] of given) check(name, limit)
  const isRated = [...given.values()].some((limit) =>
    limit.requestsPerMinute !== undefined || limit.tokensPerMinute !== undefined
  )
  const rates = isRated ? yield* Rates.make : undefined
  const known = new Set<Known>()
  // By one after the other: to make a string of them takes longer than all the rest of the gate.
  const byProvider = new Map<string, Map<string, Map<string, Known>>>()

  const limitOf = (provider: string) => given.get(provider) ?? given.get("*")

  /** Without a model, the lane of all models. */
  const laneOf = (provider: string, key: string, model: string): Lane.Lane => {
    const found = byProvider.get(provider)?.get(key)?.get(model)
    if (found !== undefined) return found.lane
    if (known.size >= capacity) forget(takeIdle(known))
    const whole = limitOf(provider)
    const own = model === "" ? whole : given.get(`${provider}/${model}`)
    const name = `${provider}/${model === "" ? "*" : model}/${key}`
    const made: Known = {
      provider,
      key,
      model,
      lane: Lane.make({
        concurrency: own?.concurrency,
        requests: countOf(`${name}/requests`, own?.requestsPerMinute),
        tokens: countOf(`${name}/tokens`, own?.tokensPerMinute),
        maxQueue: own?.maxQueue ?? whole?.maxQueue ?? capacity
      }, model === "" ? undefined : Allowance.make())
    }
    known.add(made)
    const byKey = byProvider.get(provider) ?? new Map<string, Map<string, Known>>()
    byProvider.set(provider, byKey)
    const byModel = byKey.get(key) ?? new Map<string, Known>()
    byKey.set(key, byModel)
    byModel.set(model, made)
    return made.lane
  }

  const forget = (old: Known | undefined): void => {
    if (old === undefined) return
    const byKey = byProvider.get(old.provider)
    const byModel = byKey?.get(old.key)
    byModel?.delete(old.model)
    if (byModel?.size === 0) byKey?.delete(old.key)
    if (byKey?.size === 0) byProvider.delete(old.provider)
  }

  const claimOf = ({ model, provider, request }: Call.Subject, clock: Clock.Clock): Lane.Claim => {
    const maxWait = given.get(`${provider}/${model}`)?.maxWait ?? limitOf(provider)?.maxWait
    return Lane.claim(request, clock, maxWait === undefined ? Infinity : Lane.nowOf(clock) + millisOf(maxWait))
  }

  /** Waits in a lane, then in the next, and gives back what was taken when the attempt is over. */
  const through = <A, R>(
    lane: Lane.Lane,
    next: Lane.Lane | undefined,
    subject: Call.Subject,
    { context }: Fiber.Fiber<unknown, unknown>,
    attempt: Effect.Effect<A, GenerateError, R>
  ): Effect.Effect<A, GenerateError, R> =>
    Effect.uninterruptibleMask((restore) => {
      const claim = claimOf(subject, Context.get(context, Clock.Clock))
      let ended: Attempt | undefined
      let isStreaming = false
      const leave = Effect.suspend(() => Lane.leave(claim, rates, usedBy(ended)))
      subject.settled((attempt) => {
        ended = attempt
        if (isStreaming) Effect.runForkWith(context)(leave)
      })
      const first = Lane.enter(lane, claim, rates, restore)
      const entered = next === undefined ? first : Effect.andThen(first, Lane.enter(next, claim, rates, restore))
      return Effect.onExit(
        Effect.andThen(entered, restore(attempt)),
        (exit) => {
          isStreaming = Exit.isSuccess(exit) && ended === undefined
          return isStreaming ? Effect.void : leave
        }
      )
    })

  return {
    gate: (subject, attempt) =>
      Effect.withFiber((fiber) => {
        const clock = fiber.getRef(Clock.Clock)
        const { key, model, provider } = subject
        const lane = laneOf(provider, key, model)
        const now = Lane.nowOf(clock)
        subject.heard((headers) => {
          if (lane.vendor?.hear(headers, Lane.nowOf(clock), clock.currentTimeMillisUnsafe()) === true) lane.recheck?.()
        })
        const whole = isLimited(limitOf(provider)) ? laneOf(provider, key, "") : undefined
        if (whole === undefined && Lane.isFree(lane, now)) {
          lane.vendor?.take(now)
          return attempt
        }
        return through(lane, whole, subject, fiber, attempt)
      }),
    headroom: Effect.clockWith((clock) =>
      Effect.map(
        Effect.forEach(known, (one) => show(one, rates, clock.currentTimeMillisUnsafe())),
        (rows) => rows.flat()
      )
    )
  }
})

/**
 * The limits that engines made from here on share, where their options name none.
 *
 * @category references
 * @since 1.0.0
 */
export const CurrentLimits: Context.Reference<Limits | undefined> = Context.Reference<Limits | undefined>(
  "loom-router/Limits/CurrentLimits",
  { defaultValue: () => undefined }
)

/**
 * The same limits for all engines made under it, and for whoever wants to see what is left.
 *
 * **Example** (How much a vendor still lets through)
 *
 * ```ts
 * import { Console, Effect, Layer } from "effect"
 * import { Limits, Loom } from "loom-router"
 *
 * export const show = Effect.gen(function*() {
 *   const limits = yield* Limits.CurrentLimits
 *   if (limits === undefined) return
 *   for (const { by, limit, model, provider, remaining, unit } of yield* limits.headroom) {
 *     yield* Console.log(provider, model, unit, `${remaining} of ${limit} (${by})`)
 *   }
 * })
 *
 * export const layer = Loom.layer().pipe(Layer.provideMerge(Limits.layer({ "*": { concurrency: 100 } })))
 * ```
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<never> => Layer.effect(CurrentLimits, make(options))

interface Known {
  readonly provider: string
  readonly key: string
  /** "" for the lane of all models. */
  readonly model: string
  readonly lane: Lane.Lane
}

const counted = ["requestsPerMinute", "tokensPerMinute", "concurrency"] as const

const isLimited = (limit: Limit | undefined): boolean =>
  limit !== undefined && counted.some((name) => limit[name] !== undefined)

const check = (name: string, limit: Limit): void => {
  for (const field of counted) {
    const value = limit[field]
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      throw new RangeError(`limits: ${field} of ${name} is a whole number above zero, and ${value} was given`)
    }
  }
}

const countOf = (key: string, limit: number | undefined): Count | undefined =>
  limit === undefined ? undefined : { key, limit }

const millisOf = (duration: Duration.Input): number => Duration.toMillis(Duration.fromInputUnsafe(duration))

/** What was refused took nothing, whatever it was meant to. */
const usedBy = (attempt: Attempt | undefined): number | "unknown" | "nothing" =>
  attempt === undefined
    ? "nothing"
    : attempt.usage !== undefined
    ? attempt.usage.totalTokens
    : attempt.billed === "no"
    ? 0
    : "unknown"

const show = (
  { key, lane, model, provider }: Known,
  rates: Rates.Rates | undefined,
  now: number
): Effect.Effect<ReadonlyArray<Headroom>> => {
  const { active, queued, rule, vendor } = lane
  const its = { provider, key, model: model === "" ? undefined : model, waiting: queued }
  const row = (of: Omit<Headroom, keyof typeof its>): Headroom => ({ ...its, ...of })
  const told = vendor?.left(now).map((left) => row({ by: "vendor", ...left })) ?? []
  const atOnce = rule.concurrency === undefined ? [] : [row({
    by: "limits",
    unit: "concurrency",
    limit: rule.concurrency,
    remaining: Math.max(0, rule.concurrency - active),
    resetAt: undefined
  })]
  const aMinute = ([["requests", rule.requests], ["tokens", rule.tokens]] as const).map(([unit, count]) =>
    count === undefined || rates === undefined ?
      Effect.succeed([]) :
      Effect.map(rates.left(count), (left) =>
        left === undefined ? [] : [row({
          by: "limits",
          unit,
          limit: count.limit,
          remaining: left.remaining,
          resetAt: left.resetAfter > 0 ? Math.ceil(now + left.resetAfter) : undefined
        })])
  )
  return Effect.map(Effect.all(aMinute), (rows) => [...told, ...rows.flat(), ...atOnce])
}

/** Takes out the oldest that nobody asks; where all are asked, the oldest. */
const takeIdle = (known: Set<Known>): Known | undefined => {
  let busy = 0
  // Those that stay move to the end, and needn't be looked at so soon again.
  for (const one of known) {
    known.delete(one)
    if (Lane.isIdle(one.lane) || ++busy > capacity) return one
    known.add(one)
  }
  return undefined
}

/**
 * Where attempts at one provider with one key wait for their turn: who comes first goes first, and nobody waits longer
 * than it has time. What needn't wait passes by plain functions: limits are in the way of every call.
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { type GenerateError, RateLimited } from "../GenerateError.ts"
import * as Request from "../Request.ts"
import type * as Allowance from "./allowance.ts"
import type { Count, Rates } from "./rates.ts"
import { estimatedTokens } from "./worstCost.ts"

export interface Rule {
  readonly concurrency: number | undefined
  readonly requests: Count | undefined
  readonly tokens: Count | undefined
  /** Waiting attempts at most. */
  readonly maxQueue: number
}

export interface Lane {
  readonly rule: Rule
  /** What the vendor lets through; not for lanes of several models. */
  readonly vendor: Allowance.Allowance | undefined
  readonly permits: Semaphore.Semaphore | undefined
  /** One at a time of those who wait looks whether it may go. */
  readonly turn: Semaphore.Semaphore
  active: number
  queued: number
  /** Tokens set aside for attempts under way. */
  reserved: number
  /** When the one whose turn it is goes, and how long each after it takes; while it is known. */
  next: { readonly at: number; readonly each: number; readonly why: string } | undefined
  /** Has the one whose turn it is look again. */
  recheck: (() => void) | undefined
}

/** An attempt that wants to pass, and what it has taken so far. */
export interface Claim {
  readonly request: Request.Request
  readonly clock: Clock.Clock
  /** Until when it may wait, in milliseconds of the monotonic clock. */
  readonly until: number
  readonly taken: Array<Taken>
  /** The lanes that count it as one of those at once. */
  readonly activeIn: Array<Lane>
  /** Their permits that aren't given back with the scope. */
  readonly permits: Array<Semaphore.Semaphore>
  scope: Scope.Closeable | undefined
  /** The lane it waits in. */
  queuedIn: Lane | undefined
}

interface Taken {
  readonly lane: Lane
  readonly count: Count
  readonly unit: "requests" | "tokens"
  readonly amount: number
}

/** Why an attempt can't go yet. */
interface Shortage {
  readonly millis: number
  readonly why: string
  /** How much longer each of those behind waits; `undefined` where it may be its turn earlier. */
  readonly each: number | undefined
}

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

export const make = (rule: Rule, vendor: Allowance.Allowance | undefined): Lane => ({
  rule,
  vendor,
  permits: rule.concurrency === undefined ? undefined : Semaphore.makeUnsafe(rule.concurrency),
  turn: Semaphore.makeUnsafe(1),
  active: 0,
  queued: 0,
  reserved: 0,
  next: undefined,
  recheck: undefined
})

export const claim = (request: Request.Request, clock: Clock.Clock, until: number): Claim => ({
  request,
  clock,
  until,
  taken: [],
  activeIn: [],
  permits: [],
  scope: undefined,
  queuedIn: undefined
})

/** Nothing is limited, nobody waits, and the vendor has nothing against it. */
export const isFree = ({ queued, rule, vendor }: Lane, now: number): boolean =>
  queued === 0 && rule.concurrency === undefined && rule.requests === undefined && rule.tokens === undefined &&
  vendor?.wait(now) === undefined

export const isIdle = ({ active, queued, reserved }: Lane): boolean => active + queued + reserved === 0

/** Milliseconds of the monotonic clock. */
export const nowOf = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

const day = 86_400_000
/** Tokens that an answer is taken to have, where its request doesn't say. */
const usualOutput = 1000

/**
 * Waits until the attempt may be sent, in a region that isn't interruptible: only waits are, by `restore`. What it takes
 * is on the claim as it is taken, and given back by {@link leave} alone, however this ends.
 */
export const enter = (
  lane: Lane,
  claim: Claim,
  rates: Rates | undefined,
  restore: Restore
): Effect.Effect<void, GenerateError> =>
  Effect.suspend(() => {
    const { permits, rule: { concurrency } } = lane
    if (permits === undefined || concurrency === undefined) return pass(lane, claim, rates, restore)
    if (lane.queued > 0 || lane.active >= concurrency) return enterLate(lane, permits, claim, rates, restore)
    return Effect.flatMap(permits.takeIfAvailable(1), (isTaken) => {
      if (!isTaken) return enterLate(lane, permits, claim, rates, restore)
      claim.permits.push(permits)
      return admitted(lane, claim, rates, restore)
    })
  })

const enterLate = (
  lane: Lane,
  permits: Semaphore.Semaphore,
  claim: Claim,
  rates: Rates | undefined,
  restore: Restore
): Effect.Effect<void, GenerateError> => {
  const scope = claim.scope ??= Scope.makeUnsafe()
  const permit = Scope.provide(permits.takeScoped(1), scope)
  const why = () => `${lane.rule.concurrency} requests at once are allowed`
  return join(lane, claim).pipe(
    Effect.andThen(restore(patiently(claim, permit, why))),
    Effect.andThen(Effect.suspend(() => admitted(lane, claim, rates, restore)))
  )
}

const admitted = (lane: Lane, claim: Claim, rates: Rates | undefined, restore: Restore) => {
  claim.activeIn.push(lane)
  lane.active++
  return pass(lane, claim, rates, restore)
}

const pass = (
  lane: Lane,
  claim: Claim,
  rates: Rates | undefined,
  restore: Restore
): Effect.Effect<void, GenerateError> => {
  const others = lane.queued - (claim.queuedIn === lane ? 1 : 0)
  return others > 0
    ? passLate(lane, claim, rates, restore, undefined)
    : Effect.flatMap(take(lane, claim, rates), (shortage) => {
      if (shortage !== undefined) return passLate(lane, claim, rates, restore, shortage)
      go(lane, claim)
      return Effect.void
    })
}

const passLate = (
  lane: Lane,
  claim: Claim,
  rates: Rates | undefined,
  restore: Restore,
  shortage: Shortage | undefined
): Effect.Effect<void, GenerateError> => {
  const refusal = shortage && refused(claim, shortage)
  if (refusal !== undefined) return Effect.fail(refusal)
  const turn = lane.turn.withPermit(
    Effect.ensuring(
      inTurn(lane, claim, rates),
      Effect.sync(() => {
        lane.next = undefined
        lane.recheck = undefined
      })
    )
  )
  const why = () => lane.next?.why ?? "others wait already"
  return Effect.andThen(join(lane, claim), restore(patiently(claim, turn, why)))
}

const inTurn = Effect.fnUntraced(function*(
  lane: Lane,
  claim: Claim,
  rates: Rates | undefined
): Effect.fn.Return<void, GenerateError> {
  for (;;) {
    const shortage = yield* Effect.uninterruptible(take(lane, claim, rates))
    if (shortage === undefined) return go(lane, claim)
    const refusal = refused(claim, shortage)
    if (refusal !== undefined) return yield* refusal
    const { each, millis, why } = shortage
    lane.next = each === undefined ? undefined : { at: nowOf(claim.clock) + millis, each, why }
    yield* Effect.raceFirst(
      Effect.sleep(Math.min(millis, left(claim))),
      Effect.callback<void>((resume) => {
        lane.recheck = () => resume(Effect.void)
      })
    )
  }
})

const go = (lane: Lane, claim: Claim): void => {
  leaveQueue(claim)
  lane.vendor?.take(nowOf(claim.clock))
}

const left = ({ clock, request, until }: Claim): number =>
  // What would be sent at the deadline is too late.
  Math.min(until - nowOf(clock), request.call.deadline - clock.currentTimeMillisUnsafe() - 1)

const refuse = ({ request }: Claim, detail: string, wait?: number): GenerateError =>
  Request.fail(
    request,
    new RateLimited({
      detail,
      by: "limits",
      ...(wait === undefined ? undefined : { retryAfter: Duration.millis(Math.ceil(wait)) })
    })
  )

const refused = (claim: Claim, { each, millis, why }: Shortage): GenerateError | undefined => {
  const time = left(claim)
  return time <= 0 || (each !== undefined && millis > time) ? refuse(claim, why, millis) : undefined
}

/** Takes a place among those who wait. Who can't be in time doesn't. */
const join = (lane: Lane, claim: Claim): Effect.Effect<void, GenerateError> =>
  Effect.suspend(() => {
    if (claim.queuedIn === lane) return Effect.void
    const { next, queued, rule: { maxQueue } } = lane
    const wait = next === undefined ? 0 : Math.max(0, next.at - nowOf(claim.clock)) + queued * next.each
    if (next !== undefined && wait > left(claim)) return Effect.fail(refuse(claim, next.why, wait))
    if (queued >= maxQueue) return Effect.fail(refuse(claim, `no more than ${maxQueue} requests may wait`))
    claim.queuedIn = lane
    lane.queued++
    return Effect.void
  })

const leaveQueue = (claim: Claim): void => {
  if (claim.queuedIn !== undefined) claim.queuedIn.queued--
  claim.queuedIn = undefined
}

/** The deadline of a shared request may move while it waits. */
const patiently = <A>(
  claim: Claim,
  wait: Effect.Effect<A, GenerateError>,
  why: () => string
): Effect.Effect<A, GenerateError> => {
  if (left(claim) === Infinity) return wait
  const impatience: Effect.Effect<never, GenerateError> = Effect.suspend(() => {
    const time = left(claim)
    return time > 0
      ? Effect.flatMap(Effect.sleep(Math.min(time, day)), () => impatience)
      : Effect.fail(refuse(claim, why()))
  })
  return Effect.raceFirst(wait, impatience)
}

/** Takes all that the attempt needs, or nothing: who waits with a part in hand would go together with who comes later. */
const take = (lane: Lane, claim: Claim, rates: Rates | undefined): Effect.Effect<Shortage | undefined> =>
  Effect.suspend(() => {
    const { requests, tokens } = lane.rule
    const wait = lane.vendor?.wait(nowOf(claim.clock))
    if (wait !== undefined) {
      const limit = wait.limit === undefined ? "" : ` of ${wait.limit}`
      const why = `the vendor said that none of its ${wait.unit} are left${limit}`
      return Effect.succeed<Shortage>({ millis: wait.millis, why, each: 0 })
    }
    if (rates === undefined) return Effect.undefined
    if (requests === undefined) return tokens === undefined ? Effect.undefined : takeTokens(lane, claim, rates, tokens)
    return Effect.flatMap(rates.take(requests, 1), (millis) => {
      if (millis > 0) {
        const why = `${requests.limit} requests a minute are allowed`
        return Effect.succeed<Shortage>({ millis, why, each: 60_000 / requests.limit })
      }
      const request: Taken = { lane, count: requests, unit: "requests", amount: 1 }
      if (tokens === undefined) {
        claim.taken.push(request)
        return Effect.undefined
      }
      return Effect.flatMap(takeTokens(lane, claim, rates, tokens), (shortage) => {
        if (shortage !== undefined) return Effect.as(rates.give(requests, 1), shortage)
        claim.taken.push(request)
        return Effect.undefined
      })
    })
  })

const takeTokens = (
  lane: Lane,
  claim: Claim,
  rates: Rates,
  count: Count
): Effect.Effect<Shortage | undefined> => {
  const amount = Math.min(estimatedTokens(claim.request, usualOutput), count.limit)
  return Effect.map(rates.take(count, amount), (millis) => {
    if (millis > 0) {
      const each = lane.reserved === 0 ? 0 : undefined
      return { millis, why: `${count.limit} tokens a minute are allowed`, each }
    }
    claim.taken.push({ lane, count, unit: "tokens", amount })
    lane.reserved += amount
    return undefined
  })
}

/**
 * The attempt is over: gives back what it took and didn't need. `used` are its tokens, where they are known; one that
 * never began needs nothing.
 */
export const leave = (
  claim: Claim,
  rates: Rates | undefined,
  used: number | "unknown" | "nothing"
): Effect.Effect<void> =>
  Effect.suspend(() => {
    leaveQueue(claim)
    for (const lane of claim.activeIn) lane.active--
    let over: Effect.Effect<unknown> = Effect.void
    for (const permits of claim.permits) over = Effect.andThen(over, permits.release(1))
    if (claim.scope !== undefined) over = Effect.andThen(over, Scope.close(claim.scope, Exit.void))
    if (rates !== undefined) over = Effect.andThen(over, giveBack(claim, rates, used))
    return Effect.asVoid(over)
  })

const giveBack = ({ taken }: Claim, rates: Rates, used: number | "unknown" | "nothing"): Effect.Effect<void> => {
  let all: Effect.Effect<unknown> | undefined
  for (const { amount, count, lane, unit } of taken) {
    if (unit === "tokens") lane.reserved -= amount
    const needed = used === "nothing" ? 0 : unit === "requests" || used === "unknown" ? amount : used
    if (needed === amount) continue
    const given = Effect.andThen(rates.give(count, amount - needed), Effect.sync(() => lane.recheck?.()))
    all = all === undefined ? given : Effect.andThen(all, given)
  }
  return all === undefined ? Effect.void : rates.aside(all)
}

/**
 * Spans of money and time over regions of a program: what calls in them are tagged with, what they spend, how much they
 * may spend and how long they may take. A region holds for every call that is born in it, on whatever fiber.
 *
 * **Example** (What a part of a program spends)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Generator, Ledger, Loom } from "loom-router"
 *
 * const ask = (prompt: string) => Loom.generate({ model: "openai/gpt-4o-mini", prompt })
 *
 * const program = Effect.all([ask("What is a loom?"), ask("What is a shuttle?")], { concurrency: 2 }).pipe(
 *   Ledger.tag({ tenant: "acme" }),
 *   Ledger.deadline("30 seconds"),
 *   Ledger.measure,
 *   Effect.map(([, spend]) => [spend.calls, spend.attempts, spend.unknown])
 * )
 *
 * const fake = Loom.layerTest(Generator.fake(() => "Hi!"))
 *
 * export const spent = Effect.runPromise(Effect.provide(program, fake)) // => [2, 2, 0]
 * ```
 *
 * **Details**
 *
 * Regions nest. They are read once, when a call is born: a call that a region outlives, or that outlives it, stays in the
 * regions of its birth. Fibers inherit them from who starts them, detached ones too. `Loom`'s calls are born when they
 * run, and streams when they are first read; `Request.fromPrompt` and `Call.make` read the same regions for a pipeline
 * of one's own. Where no region is open nothing of this costs anything.
 *
 * @since 1.0.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type { Attempt } from "./Attempt.ts"
import * as Call from "./Call.ts"
import { BudgetExceeded } from "./GenerateError.ts"
import * as Request from "./Request.ts"
import type { Saved } from "./Saved.ts"
import { worstCost } from "./internal/worstCost.ts"

/**
 * Tags every call in a region, under the call's own `tags`. Of nested regions the inner one wins, tag by tag. Tags are on
 * the call's record, its span (`loom.tag.*`) and its INFO line.
 *
 * @category combinators
 * @since 1.0.0
 */
export const tag: {
  (tags: Readonly<Record<string, string>>): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, tags: Readonly<Record<string, string>>): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, tags: Readonly<Record<string, string>>): Effect.Effect<A, E, R> =>
    within(self, (region) => ({ ...region, tags: { ...region.tags, ...tags } }))
)

/**
 * Ends every call in a region at the latest this long after the region began: each fails with `Timeout` (phase
 * `deadline`), and one that is born later isn't sent at all. Of nested deadlines and the call's own `timeout` the
 * earliest holds. What isn't a call goes on.
 *
 * It is measured on the monotonic clock: setting the clock on the wall moves nothing.
 *
 * **Gotchas**
 *
 * In a pipeline of one's own it is the end of retries and failover; an attempt under way is ended by `Effect.timeout`.
 *
 * @category combinators
 * @since 1.0.0
 */
export const deadline: {
  (duration: Duration.Input): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, duration: Duration.Input): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, duration: Duration.Input): Effect.Effect<A, E, R> =>
    within(self, (region, clock) => {
      const end = Number(clock.monotonicTimeNanosUnsafe()) / 1e6 + Duration.toMillis(Duration.fromInputUnsafe(duration))
      return { ...region, deadline: Math.min(region.deadline, end) }
    })
)

/**
 * How much a region may spend.
 *
 * @category models
 * @since 1.0.0
 */
export interface Budget {
  readonly usd: number
  /** What becomes of an attempt whose price isn't known: `refuse`. Where it is let through, it counts what it is known to cost. */
  readonly unknownPrice?: "refuse" | "allow" | undefined
  /** Tokens that an answer is taken to have at most, where neither the call nor the catalog says: 8,192. */
  readonly outputTokens?: number | undefined
}

/**
 * Holds a region of a program to a sum of money. Before an attempt is sent, what it may cost at worst is set aside; one
 * that may cost more than is left fails with `BudgetExceeded`, and nothing is sent. When the attempt is over its real
 * cost takes the place of what was set aside: nothing where nothing was billed, all of it where it may have been billed
 * and nobody knows how much (`billed: "maybe"`). Of nested budgets each has to hold.
 *
 * **Example** (A budget for many calls at once)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Generator, Ledger, Loom } from "loom-router"
 *
 * const ask = (n: number) =>
 *   Loom.generate({ model: "openai/gpt-4o-mini", prompt: `Question ${n}`, maxOutputTokens: 100 }).pipe(
 *     Effect.as("answered"),
 *     Effect.catchReason("GenerateError", "BudgetExceeded", () => Effect.succeed("too dear"))
 *   )
 *
 * const program = Effect.forEach([1, 2, 3], ask).pipe(
 *   Ledger.budget({ usd: 0.0001 }),
 *   Effect.provide(Loom.layerTest(Generator.fake(() => "Hi!".repeat(100))))
 * )
 *
 * export const answers = Effect.runPromise(program) // => ["answered", "too dear", "too dear"]
 * ```
 *
 * **Details**
 *
 * The worst cost is a token for every two bytes of the prompt (3,000 and more for a file, 500 and more for a tool, 1,000
 * for a schema), and as many tokens of output as `maxOutputTokens` allows, else the model, else `outputTokens`, each at
 * its dearest rate. Where that holds, spending never passes the budget, however many ask at once; where an attempt
 * costs more, it passes it by no more than the attempts under way cost above their estimates. What vendors charge by the
 * request (a web search) and for a region isn't foreseen.
 *
 * Calls share a request with those under the same budget only. What one of them asks for many is paid from it once.
 *
 * **Gotchas**
 *
 * `BudgetExceeded` is neither repeated nor asked of another vendor. A call without `maxOutputTokens` sets aside what the
 * longest answer costs, so that few of them fit at once. Streams keep what is set aside until they end. A detached fiber
 * spends from the budget of its birth, however late.
 *
 * @category combinators
 * @since 1.0.0
 */
export const budget: {
  (options: Budget): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, options: Budget): Effect.Effect<A, E, R>
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, options: Budget): Effect.Effect<A, E, R> =>
    within(self, (region) => ({
      ...region,
      gates: [...region.gates, purse(options)],
      budget: String(++budgets)
    }))
)

let budgets = 0

/** Its amounts are exact, in 1e-12 USD. */
const purse = ({ outputTokens = 8192, unknownPrice = "refuse", usd }: Budget): Call.Gate => {
  if (!(usd >= 0 && usd < Infinity)) throw new RangeError(`a budget is an amount of USD, and ${usd} was given`)
  const limit = BigInt(Math.round(usd * 1e12))
  let spent = 0n
  let reserved = 0n

  const refuse = (needed: bigint | undefined): BudgetExceeded | undefined => {
    const left = limit - spent - reserved
    const fits = needed === undefined ? unknownPrice === "allow" && left > 0n : needed <= left
    return fits ? undefined : new BudgetExceeded({
      limitUsd: usd,
      spentUsd: usdOf(spent),
      reservedUsd: usdOf(reserved),
      ...(needed === undefined ? unknownPrice === "allow" ? { neededUsd: 0 } : undefined : { neededUsd: usdOf(needed) })
    })
  }

  return ({ request, settled }, attempt) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.clockWith((clock) => {
        const needed = worstCost(request, clock.currentTimeMillisUnsafe(), outputTokens)
        const refusal = refuse(needed)
        if (refusal !== undefined) return Effect.fail(Request.fail(request, refusal))
        const aside = needed ?? 0n
        let isUnderWay = true
        const settle = (cost: bigint) => {
          if (!isUnderWay) return
          isUnderWay = false
          reserved -= aside
          spent += cost
        }
        reserved += aside
        settled((attempt) => settle(chargeOf(attempt, aside)))
        // An attempt that began has settled by now, or is a stream; one that didn't costs nothing.
        return Effect.onError(restore(attempt), () => Effect.sync(() => settle(0n)))
      })
    )
}

const chargeOf = ({ billed, cost }: Attempt, aside: bigint): bigint => {
  const known = cost?.picoUsd === undefined ? undefined : BigInt(cost.picoUsd)
  if (billed === "no") return known ?? 0n
  return known === undefined || (billed === "maybe" && known < aside) ? aside : known
}

const usdOf = (picoUsd: bigint): number => Number(picoUsd) / 1e12

/**
 * What a region of a program spent.
 *
 * @category models
 * @since 1.0.0
 */
export interface Spend {
  /** 1e-12 USD, exact, of the attempts whose cost is known. */
  readonly picoUsd: bigint
  /** A view of `picoUsd`. */
  readonly usd: number
  /** Calls that were born, those included that cost nothing: answered from the cache, by another's request, or refused. */
  readonly calls: number
  readonly attempts: number
  /** Attempts that may have cost something, nobody knows how much. */
  readonly unknown: number
  /** Attempts whose cost is an estimate. */
  readonly estimated: number
  /** Of all attempts, as far as they were metered or estimated. */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly totalTokens: number
  readonly saved: Savings
}

/**
 * What the answers of a region saved, by mechanism, in 1e-12 USD.
 *
 * @category models
 * @since 1.0.0
 */
export interface Savings extends Readonly<Record<Mechanism, bigint>> {
  /** The sum of the mechanisms. */
  readonly picoUsd: bigint
  /** A view of `picoUsd`. */
  readonly usd: number
  /** Answers of which it isn't known what they saved: they count as zero. */
  readonly unknown: number
}

type Mechanism = Exclude<keyof Saved, "picoUsd" | "usd" | "unknown">

/**
 * Runs a program and tells what its calls spent, on all the fibers it started: every attempt counts, those of calls that
 * failed or were interrupted too. An answer from the response cache, or by another caller's request, is a call that
 * spent nothing. Of nested measures each counts all of its region.
 *
 * What is saved is told by calls of `Loom`; a pipeline of one's own has nobody who would.
 *
 * **Gotchas**
 *
 * It counts while the region lives. What a detached fiber, or a stream still being read, spends after that isn't in it,
 * and an attempt under way at the end isn't either. A program that fails leaves no Spend: measure
 * `Effect.exit(program)`, or `Effect.result(program)`, to have both.
 *
 * @category combinators
 * @since 1.0.0
 */
export const measure = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<[A, Spend], E, R> =>
  Effect.suspend(() => {
    const { spend, tally } = counting()
    return Effect.map(
      within(self, (region) => ({ ...region, tallies: [...region.tallies, tally] })),
      (a) => [a, spend()]
    )
  })

const counting = (): { readonly tally: Call.Tally; readonly spend: () => Spend } => {
  const count = {
    picoUsd: 0n,
    calls: 0,
    attempts: 0,
    unknown: 0,
    estimated: 0,
    inputTokens: 0,
    outputTokens: 0,
    totalTokens: 0
  }
  const saved = { promptCache: 0n, responseCache: 0n, coalescing: 0n, routing: 0n, batch: 0n }
  let savedPicoUsd = 0n
  let unknownSavings = 0
  return {
    tally: {
      began: () => {
        count.calls++
      },
      attempted: ({ billed, cost, usage }: Attempt) => {
        count.attempts++
        count.picoUsd += BigInt(cost?.picoUsd ?? 0)
        if (cost === undefined ? billed !== "no" : cost.picoUsd === undefined) count.unknown++
        if (cost?.status === "estimated") count.estimated++
        count.inputTokens += usage?.inputTokens ?? 0
        count.outputTokens += usage?.outputTokens ?? 0
        count.totalTokens += usage?.totalTokens ?? 0
      },
      saved: (answers) => {
        if (answers === undefined) {
          unknownSavings++
          return
        }
        savedPicoUsd += BigInt(answers.picoUsd)
        saved.promptCache += BigInt(answers.promptCache)
        saved.responseCache += BigInt(answers.responseCache)
        saved.coalescing += BigInt(answers.coalescing)
        saved.routing += BigInt(answers.routing)
        saved.batch += BigInt(answers.batch)
      }
    },
    spend: () => ({
      ...count,
      usd: usdOf(count.picoUsd),
      saved: { ...saved, picoUsd: savedPicoUsd, usd: usdOf(savedPicoUsd), unknown: unknownSavings }
    })
  }
}

const nowhere: Call.Region = { tags: {}, deadline: Infinity, tallies: [], gates: [], budget: "" }

/** Runs an effect in a region within the one it is in. It begins when the effect does. */
const within = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  narrow: (region: Call.Region, clock: Clock.Clock) => Call.Region
): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) =>
    Effect.provideService(
      self,
      Call.CurrentRegion,
      narrow(fiber.getRef(Call.CurrentRegion) ?? nowhere, fiber.getRef(Clock.Clock))
    )
  )

/**
 * Answers that were bought before: off unless asked for, by a layer or by a call.
 *
 * **Example** (Answers for an hour, for all calls under the layer)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Loom } from "loom-router"
 *
 * const answer = Loom.generate({ model: "openai/gpt-4o-mini", prompt: "What is a loom?" })
 *
 * export const twice = Effect.all([answer, answer]).pipe(
 *   Effect.map((answers) => answers.map(({ cache, saved }) => [cache, saved.usd])), // "miss", then "hit"
 *   Effect.provide(Loom.layer({ cache: { ttl: "1 hour" } }))
 * )
 * ```
 *
 * **Details**
 *
 * Answers are found by their `CallKey` and kept under the model that was asked for them: one of a stand-in is found where
 * it would be asked. A call and a stream of the same question share one. Temperature plays no part in what may be kept.
 * Failures are never kept, nor are answers of which nobody knows whether they are whole (finish reasons `unknown`,
 * `other` and `error`).
 *
 * The memory tier is Effect's `Cache`: 2,000 answers, none above 64 kB. Behind it may stand a store that survives the
 * process and is shared by many (`sqlite`). A store that is broken or slow costs a call at most 50 ms and
 * never fails it; one that failed three times in a row is left alone for ten seconds.
 *
 * @since 1.0.0
 */
import * as Cache from "effect/Cache"
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Call } from "./Call.ts"
import * as CallKey from "./CallKey.ts"
import type { Request } from "./Request.ts"
import * as Codec from "./internal/keptAnswer.ts"

/**
 * An answer as it is kept: its object as JSON, to be decoded anew for every caller.
 *
 * @category models
 * @since 1.0.0
 */
export interface Answer extends Codec.Answer {}

/**
 * How long something is kept, in epoch milliseconds.
 *
 * @category models
 * @since 1.0.0
 */
export interface Life {
  readonly storedAt: number
  readonly expiresAt: number
}

/**
 * What stands behind the memory tier. It may fail and it may be slow.
 *
 * @category models
 * @since 1.0.0
 */
export interface Store {
  /** What is kept under a key at this time. */
  readonly get: (key: string, now: number) => Effect.Effect<Life & { readonly value: Uint8Array } | undefined, unknown>
  readonly set: (key: string, entry: Life & { readonly value: Uint8Array }) => Effect.Effect<void, unknown>
  readonly clear: Effect.Effect<unknown, unknown>
}

/**
 * What became of lookups and of answers, since the cache was made.
 *
 * @category models
 * @since 1.0.0
 */
export interface Stats {
  readonly hits: number
  readonly misses: number
  readonly kept: number
  /** Answers that the store can't take: JSON doesn't say them. */
  readonly unwritable: number
  /** Entries of the store that hold no answer, or one of another version of Loom. */
  readonly unreadable: number
  /** Answers too large for the memory tier. */
  readonly tooLarge: number
  /** Reads and writes of the store that failed or took too long. */
  readonly failed: number
  /** Reads and writes that weren't tried, after failures in a row or because too many were waiting. */
  readonly skipped: number
}

/**
 * Keeps answers.
 *
 * @category models
 * @since 1.0.0
 */
export interface ResponseCache {
  /** How long an answer to this call is kept, in milliseconds; `undefined` where the cache has no part in it. */
  readonly ttl: (call: Call) => number | undefined
  readonly get: (key: string) => Effect.Effect<Answer | undefined>
  /** Hands an answer over, to be kept for this many milliseconds. Doesn't wait for the store. */
  readonly set: (key: string, answer: Answer, ttl: number) => Effect.Effect<void>
  readonly clear: Effect.Effect<void>
  readonly stats: Effect.Effect<Stats>
}

/**
 * What is kept, for how long and where.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** How long answers are kept. Without it, or with none, only those of calls that name a time of their own are. */
  readonly ttl?: Duration.Input | undefined
  /** Answers in memory at most: 2,000. Reading slows down with their number. */
  readonly capacity?: number | undefined
  /** Characters and bytes of an answer's content in memory at most: 65,536. */
  readonly maxEntryBytes?: number | undefined
  /** Keeps answers in an SQLite file as well, which survives the process and may be shared by many. */
  readonly sqlite?: boolean | SqliteOptions | undefined
  /** A store of one's own, in place of SQLite. */
  readonly store?: Store | undefined
}

/**
 * Where the file is, and how much it may hold.
 *
 * @category models
 * @since 1.0.0
 */
export interface SqliteOptions {
  /** `cache.db` beside the call log by default (`CallLog.defaultPath`). The file is the user's alone. */
  readonly path?: string | undefined
  /** The least recently used answers go when the file holds more: 256 MiB. */
  readonly maxBytes?: number | undefined
}

/** What a store may cost a call, in milliseconds, and how long a write may take, for which no call waits. */
const patience = 50
const writePatience = 2000
/** Writes that may wait for a store. */
const maxWriting = 256
/** So many failures in a row, and a store is left alone for so many milliseconds. */
const failuresInARow = 3
const rest = 10_000

/**
 * Makes a cache.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = Effect.fnUntraced(function*(
  options: Options = {}
): Effect.fn.Return<ResponseCache, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const store = options.store ?? (options.sqlite === undefined || options.sqlite === false
    ? undefined
    : yield* sqlite(options.sqlite === true ? {} : options.sqlite))
  const own = options.ttl === undefined ? 0 : Duration.toMillis(Duration.fromInputUnsafe(options.ttl))
  const maxEntryBytes = options.maxEntryBytes ?? 65_536
  const count = { hits: 0, misses: 0, kept: 0, unwritable: 0, unreadable: 0, tooLarge: 0, failed: 0, skipped: 0 }
  const memory = yield* Cache.makeWith((_: string) => Effect.succeed<Entry | undefined>(undefined), {
    capacity: options.capacity ?? 2000
  })

  let inARow = 0
  let restsUntil = 0n
  let writing = 0
  /** What the store answers, `undefined` where it doesn't in time: one that can't be interrupted is left behind. */
  const answerOf = <A>(clock: Clock.Clock, ask: () => Effect.Effect<A, unknown>, millis: number) =>
    Effect.flatMap(
      Effect.forkDetach(Effect.suspend(ask), { startImmediately: true }),
      (fiber): Effect.Effect<A | undefined> => {
        const leave = () => fiber.interruptUnsafe()
        return Effect.map(
          Effect.onInterrupt(Effect.timeoutOption(Fiber.await(fiber), millis), () => Effect.sync(leave)),
          (answered) => {
            if (Option.isSome(answered) && Exit.isSuccess(answered.value)) {
              inARow = 0
              return answered.value.value
            }
            leave()
            count.failed++
            if (++inARow >= failuresInARow) restsUntil = clock.monotonicTimeNanosUnsafe() + BigInt(rest) * 1_000_000n
            return undefined
          }
        )
      }
    )
  const guarded: typeof answerOf = (clock, ask, millis) => {
    if (clock.monotonicTimeNanosUnsafe() >= restsUntil) return answerOf(clock, ask, millis)
    count.skipped++
    return Effect.undefined
  }

  const remember = (key: string, entry: Entry): Effect.Effect<void> => {
    if (Codec.sizeOf(entry.generation) <= maxEntryBytes) return Cache.set(memory, key, entry)
    count.tooLarge++
    return Effect.void
  }

  const entryOf = (kept: Life & { readonly value: Uint8Array } | undefined, now: number): Entry | undefined => {
    if (kept === undefined || !isLive(kept, now)) return undefined
    const answer = Codec.decode(kept.value)
    if (answer === undefined) {
      count.unreadable++
      return undefined
    }
    const { expiresAt, storedAt } = kept
    return { ...answer, storedAt, expiresAt }
  }

  const recall = (key: string, clock: Clock.Clock, store: Store): Effect.Effect<Answer | undefined> => {
    const now = clock.currentTimeMillisUnsafe()
    const ask = () => Effect.map(store.get(key, now), (kept) => entryOf(kept, now))
    return Effect.flatMap(guarded(clock, ask, patience), (found) => {
      if (found === undefined) {
        count.misses++
        return Effect.undefined
      }
      count.hits++
      return Effect.as(remember(key, found), found)
    })
  }

  const write = (key: string, entry: Entry, clock: Clock.Clock, store: Store) => {
    if (writing >= maxWriting) {
      count.skipped++
      return Effect.void
    }
    const value = Codec.encode(entry)
    if (value === undefined) {
      count.unwritable++
      return Effect.void
    }
    writing++
    const { expiresAt, storedAt } = entry
    const set = guarded(clock, () => store.set(key, { value, storedAt, expiresAt }), writePatience)
    return Effect.map(Effect.forkIn(set, scope, { startImmediately: true }), (fiber) => {
      fiber.addObserver(() => writing--)
    })
  }

  return {
    ttl: ({ cache }) => {
      const ttl = cache === false ? 0 : cache?.ttl ?? own
      return ttl > 0 ? ttl : undefined
    },
    get: (key) =>
      Effect.clockWith((clock) =>
        Effect.flatMap(Cache.getSuccess(memory, key), (kept) => {
          const entry = Option.getOrUndefined(kept)
          if (entry !== undefined && isLive(entry, clock.currentTimeMillisUnsafe())) {
            count.hits++
            return Effect.succeed(entry)
          }
          if (store !== undefined) return recall(key, clock, store)
          count.misses++
          return Effect.undefined
        })
      ),
    set: (key, answer, ttl) =>
      Effect.clockWith((clock) => {
        const now = clock.currentTimeMillisUnsafe()
        const entry: Entry = { ...answer, storedAt: now, expiresAt: now + ttl }
        count.kept++
        const remembered = remember(key, entry)
        return store === undefined ? remembered : Effect.andThen(remembered, write(key, entry, clock, store))
      }),
    clear: Effect.clockWith((clock) =>
      Effect.andThen(
        Cache.invalidateAll(memory),
        store === undefined ? Effect.void : answerOf(clock, () => store.clear, writePatience)
      )
    ),
    stats: Effect.sync(() => ({ ...count }))
  }
})

/** Closed with the scope, once what was handed over is written. */
const sqlite = Effect.fnUntraced(function*(options: SqliteOptions): Effect.fn.Return<Store, never, Scope.Scope> {
  const Paths = yield* Effect.promise(() => import("./storage/paths.ts"))
  const SqliteCache = yield* Effect.promise(() => import("./storage/SqliteCache.ts"))
  const { maxBytes } = options
  const path = options.path ?? (yield* Paths.cache)
  const store = yield* Effect.acquireRelease(
    Effect.sync(() => SqliteCache.make({ path, maxBytes })),
    (store) => store.close
  )
  // The thread starts with the first question, which takes longer than a call would wait.
  yield* Effect.ignore(Effect.timeout(store.stats, "1 second"))
  return store
})

type Entry = Answer & Life

/** Neither past its time, nor from a time that hasn't come: the clock may have been set back. */
const isLive = ({ expiresAt, storedAt }: Life, now: number): boolean =>
  now < expiresAt && now > storedAt - (expiresAt - storedAt)

/**
 * The fields by which two requests are not the same question, such as `params.temperature` or `prompt[2].content`: none
 * where one is answered by what was kept for the other. It tells names only, no values.
 *
 * @category accessors
 * @since 1.0.0
 */
export const explain: (a: Request, b: Request) => ReadonlyArray<string> = CallKey.differences

/**
 * The cache that engines made from here on use, where their options name none.
 *
 * @category references
 * @since 1.0.0
 */
export const CurrentResponseCache: Context.Reference<ResponseCache | undefined> = Context.Reference<
  ResponseCache | undefined
>("loom-router/ResponseCache/CurrentResponseCache", { defaultValue: () => undefined })

/**
 * One cache for all engines made under it.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<never> => Layer.effect(CurrentResponseCache, make(options))

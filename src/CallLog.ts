/**
 * The record of truth: every call and every attempt of it, and when a vendor was left alone, kept where dashboard, CLI
 * and users can ask for it.
 *
 * A record is handed over without waiting and written in batches somewhere else. Whatever happens to the log (a locked
 * database, a full disk, a broken file), no call is delayed and none fails: what can't be kept is counted.
 *
 * **Example** (Keeping the records of a program's calls)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { CallLog, Loom } from "loom-router"
 *
 * const program = Loom.generate({ model: "openai/gpt-4o-mini", prompt: "Say hello." }).pipe(
 *   Effect.provide(Loom.layer()),
 *   Effect.provide(CallLog.layerSqlite({ path: "./calls.db" }))
 * )
 * ```
 *
 * @since 1.0.0
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { clearInterval, clearTimeout, setInterval, setTimeout } from "node:timers"
import type { Attempt } from "./Attempt.ts"
import type { CallRecord } from "./CallRecord.ts"
import type { Transition } from "./ProviderHealth.ts"

/**
 * Takes records of calls.
 *
 * @category models
 * @since 1.0.0
 */
export interface CallLog {
  /** Hands a record over. Never waits and never throws; a record that finds the log full is dropped and counted. */
  readonly offer: (record: CallRecord) => void
  /** Hands a transition over, likewise. It is a record too: written in its turn, and counted. */
  readonly offerTransition: (transition: Transition) => void
  readonly stats: Effect.Effect<Stats>
  /**
   * Waits until every record offered so far is written, or counted as failed. A store that can't be written now is
   * waited for: bound it with `Effect.timeout` where that may take long.
   */
  readonly flush: Effect.Effect<void>
}

/**
 * What became of the records, of calls and transitions alike: `accepted = written + failed + queued`.
 *
 * @category models
 * @since 1.0.0
 */
export interface Stats {
  readonly accepted: number
  readonly written: number
  /** Not accepted: the queue was full, or the log closed. */
  readonly dropped: number
  /** Accepted and lost: the store refused them, broke, or was still out of reach when the log closed. */
  readonly failed: number
  /** Waiting to be written, or being written. */
  readonly queued: number
}

/**
 * Why a batch was not written.
 *
 * - `busy`: somebody else is writing. The store has waited; the batch is tried again at once.
 * - `unavailable`: no room, no permission, no connection. Tried again after a while.
 * - `refused`: a record of this batch can't ever be written. It is looked for, and lost.
 * - `broken`: nothing can. The log is off until it is made anew.
 *
 * @category errors
 * @since 1.0.0
 */
export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  kind: Schema.Literals(["busy", "unavailable", "refused", "broken"]),
  /** What is wrong, and with what. */
  detail: Schema.String,
  fix: Schema.String
}) {
  readonly what = "the call log can't be written"
  get why(): string {
    return this.detail
  }
  override get message() {
    return `${this.detail}; ${this.fix}`
  }
}

/**
 * Where records are kept. A batch is kept whole or not at all, and the next one comes when it is done.
 *
 * @category models
 * @since 1.0.0
 */
export interface Store {
  readonly write: (batch: ReadonlyArray<CallRecord>) => Effect.Effect<void, StoreError>
  /** A store without it keeps no transitions. */
  readonly writeTransitions?: ((batch: ReadonlyArray<Transition>) => Effect.Effect<void, StoreError>) | undefined
}

/**
 * How records wait for their store.
 *
 * @category models
 * @since 1.0.0
 */
export interface SinkOptions {
  /** Records that may wait at most: 10,000. */
  readonly capacity?: number | undefined
  /** Records written at once at most: 1,000. */
  readonly batch?: number | undefined
  /** How long a record may wait for others to be written with: 100 milliseconds. */
  readonly linger?: Duration.Input | undefined
  /** How long closing may take: 5 seconds. What isn't written by then is lost. */
  readonly closeTimeout?: Duration.Input | undefined
}

/**
 * A log that keeps nothing.
 *
 * @category constructors
 * @since 1.0.0
 */
export const off: CallLog = {
  offer: () => undefined,
  offerTransition: () => undefined,
  stats: Effect.succeed({ accepted: 0, written: 0, dropped: 0, failed: 0, queued: 0 }),
  flush: Effect.void
}

/**
 * The log that calls are recorded in: {@link off} unless a layer of this module says otherwise.
 *
 * @category references
 * @since 1.0.0
 */
export const CurrentCallLog: Context.Reference<CallLog> = Context.Reference<CallLog>(
  "loom-router/CallLog/CurrentCallLog",
  { defaultValue: () => off }
)

/** Rare enough to be counted always, whether or not there are metrics of calls. */
const lost = (reason: string) =>
  Metric.counter("loom.call_log.dropped", {
    description: "Records that the call log couldn't keep.",
    incremental: true,
    attributes: { "loom.reason": reason, unit: "{record}" }
  })

const lostTo = { full: lost("full"), store: lost("store") }

const firstRetry = 250
const lastRetry = 30_000

/**
 * Puts a bounded queue in front of a store. Closing the scope writes what waits, for `closeTimeout` at most.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = Effect.fnUntraced(function*(
  store: Store,
  options: SinkOptions = {}
): Effect.fn.Return<CallLog, never, Scope.Scope> {
  const capacity = options.capacity ?? 10_000
  const size = options.batch ?? 1000
  const linger = Duration.toMillis(Duration.fromInputUnsafe(options.linger ?? 100))
  const queue = yield* Queue.make<CallRecord | Transition>({ capacity, strategy: "dropping" })
  const turn = yield* Semaphore.make(1)
  const pause = makePause()
  const context = yield* Effect.context()
  const count = { accepted: 0, written: 0, dropped: 0, failed: 0 }
  let flushing = 0
  let closing = false
  let broken = false
  let complained = false
  let sawRefusal = false
  let sawDrops = false

  /** Once an outage; of records that are refused, once. */
  const complain = (error: StoreError) =>
    Effect.suspend(() => {
      const isRefused = error.kind === "refused"
      if (isRefused ? sawRefusal : complained) return Effect.void
      if (isRefused) sawRefusal = true
      else complained = true
      const consequence = isRefused || error.kind === "broken"
        ? "what can't be written is lost"
        : `up to ${capacity} records wait in memory`
      return Effect.logWarning(`call log: ${error.message}. Calls go on; ${consequence}`)
    })

  /** Until the batch is written or counted. One record that a store refuses doesn't take its batch with it. */
  const keep = <A>(
    write: (batch: ReadonlyArray<A>) => Effect.Effect<void, StoreError>,
    batch: ReadonlyArray<A>,
    wait = firstRetry
  ): Effect.Effect<void> =>
    broken ? lose(batch.length) : Effect.matchCauseEffect(Effect.suspend(() => write(batch)), {
      onSuccess: () =>
        Effect.sync(() => {
          complained = false
          count.written += batch.length
        }),
      onFailure: (cause) => {
        if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
        const error = cause.reasons.find(Cause.isFailReason)?.error ?? new StoreError({
          kind: "refused",
          detail: `the store failed: ${Cause.pretty(cause)}`,
          fix: "report this"
        })
        return error.kind === "refused" && batch.length > 1
          ? Effect.andThen(
            keep(write, batch.slice(0, batch.length >> 1)),
            Effect.suspend(() => keep(write, batch.slice(batch.length >> 1)))
          )
          : Effect.andThen(complain(error), Effect.suspend(() => after(error.kind, write, batch, wait)))
      }
    })

  const after = <A>(
    kind: StoreError["kind"],
    write: (batch: ReadonlyArray<A>) => Effect.Effect<void, StoreError>,
    batch: ReadonlyArray<A>,
    wait: number
  ): Effect.Effect<void> => {
    switch (kind) {
      case "busy":
        return keep(write, batch)
      case "unavailable":
        return closing
          ? lose(batch.length)
          : Effect.andThen(pause.wait(wait), Effect.suspend(() => keep(write, batch, Math.min(wait * 2, lastRetry))))
      case "refused":
        return lose(batch.length)
      case "broken":
        broken = true
        return lose(batch.length)
    }
  }

  const keepAll = (batch: ReadonlyArray<CallRecord | Transition>): Effect.Effect<void> =>
    Effect.forEach(
      runsOf(batch),
      (run) => run.of === "calls" ? keep(store.write, run.batch) : keep(store.writeTransitions ?? ignore, run.batch),
      { discard: true }
    )

  const fail = (records: number) => {
    count.failed += records
    lostTo.store.updateUnsafe(records, context)
  }

  const lose = (records: number) => Effect.sync(() => fail(records))

  const mentionDrops = Effect.suspend(() => {
    if (sawDrops || count.dropped === 0) return Effect.void
    sawDrops = true
    return Effect.logWarning(`call log: full with ${capacity} records. What doesn't fit is dropped and counted`)
  })

  /** A batch once taken is written or counted, even when who took it is interrupted. */
  const next = Effect.uninterruptibleMask((restore) =>
    Effect.suspend(() => {
      if (Queue.sizeUnsafe(queue) === 0) return Effect.void
      return Effect.flatMap(Queue.takeBetween(queue, 1, size), (batch) => {
        const target = settled() + batch.length
        return restore(keepAll(batch)).pipe(
          Effect.onInterrupt(() => lose(target - settled())),
          Effect.andThen(mentionDrops)
        )
      })
    })
  )

  const settled = () => count.written + count.failed

  const drain = Queue.peek(queue).pipe(
    Effect.andThen(turn.withPermit(
      Effect.suspend(() =>
        flushing > 0 || Queue.sizeUnsafe(queue) >= size ? next : Effect.andThen(pause.wait(linger), next)
      )
    )),
    Effect.forever
  )

  const flush = Effect.suspend(() => {
    const target = count.accepted
    if (settled() >= target) return Effect.void
    flushing++
    pause.wake()
    // Who flushes waits, so the process does.
    const alive = setInterval(() => undefined, 1 << 30)
    return Effect.whileLoop({
      while: () => settled() < target,
      body: () => turn.withPermit(next),
      step: () => undefined
    }).pipe(Effect.onExit(() =>
      Effect.sync(() => {
        flushing--
        clearInterval(alive)
      })
    ))
  })

  // So that there is a 0 to compare with.
  lostTo.full.updateUnsafe(0, context)
  lostTo.store.updateUnsafe(0, context)
  yield* Effect.forkScoped(drain)
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      closing = true
      return Effect.interruptible(flush)
    }).pipe(
      Effect.timeoutOption(options.closeTimeout ?? "5 seconds"),
      Effect.andThen(Effect.suspend(() => {
        fail(Queue.sizeUnsafe(queue))
        return Queue.shutdown(queue)
      }))
    )
  )

  const offer = (record: CallRecord | Transition): void => {
    // What is being written waits too.
    if (count.accepted - settled() < capacity && Queue.offerUnsafe(queue, record)) count.accepted++
    else {
      count.dropped++
      lostTo.full.updateUnsafe(1, context)
    }
  }

  return {
    offer,
    offerTransition: store.writeTransitions === undefined ? off.offerTransition : offer,
    stats: Effect.sync(() => ({ ...count, queued: count.accepted - settled() })),
    flush
  }
})

type Run =
  | { readonly of: "calls"; readonly batch: Array<CallRecord> }
  | { readonly of: "transitions"; readonly batch: Array<Transition> }

/** A batch as its stores take it, in its order. */
const runsOf = (batch: ReadonlyArray<CallRecord | Transition>): ReadonlyArray<Run> => {
  const runs: Array<Run> = []
  let last: Run | undefined
  for (const record of batch) {
    if ("operation" in record) {
      if (last?.of === "calls") last.batch.push(record)
      else runs.push(last = { of: "calls", batch: [record] })
    } else if (last?.of === "transitions") last.batch.push(record)
    else runs.push(last = { of: "transitions", batch: [record] })
  }
  return runs
}

const ignore = () => Effect.void

/** Sleeps that don't keep the process alive, as the clock's do: an idle log is no reason to go on. */
const makePause = () => {
  let resumeNow: (() => void) | undefined
  return {
    wake: () => resumeNow?.(),
    wait: (millis: number) =>
      Effect.callback<void>((resume) => {
        const timer = setTimeout(() => resume(Effect.void), millis).unref()
        resumeNow = () => {
          clearTimeout(timer)
          resume(Effect.void)
        }
        return Effect.sync(() => clearTimeout(timer))
      })
  }
}

/**
 * What is asked of the log: the newest calls that pass all filters.
 *
 * @category models
 * @since 1.0.0
 */
export interface Query {
  /** 50 by default. */
  readonly limit?: number | undefined
  /** `next` of the page before. */
  readonly cursor?: string | undefined
  readonly filters?: Filters | undefined
}

/**
 * Which calls are asked for. All that is given must hold.
 *
 * @category models
 * @since 1.0.0
 */
export interface Filters {
  /** Epoch milliseconds at which the call ended, at the earliest. */
  readonly since?: number | undefined
  /** Epoch milliseconds before which the call ended. */
  readonly until?: number | undefined
  readonly provider?: string | undefined
  readonly model?: string | undefined
  /** The name of the route that it was asked of. */
  readonly route?: string | undefined
  readonly id?: string | undefined
  /** `ok`, or what it failed for. */
  readonly outcome?: string | undefined
  /** `error`: failed, and not because its caller left; `retry`, `failover`: had one, however it ended. */
  readonly status?: "ok" | "retry" | "failover" | "error" | "interrupted" | undefined
  /** Only those that aren't `ok`. */
  readonly failed?: boolean | undefined
  /** True: answered without a request of their own. */
  readonly cached?: boolean | undefined
  /** Only those that took more than one attempt. */
  readonly retried?: boolean | undefined
  readonly tag?: { readonly key: string; readonly value: string } | undefined
  readonly minMillis?: number | undefined
  /** 1e-12 USD. */
  readonly minPicoUsd?: number | undefined
  /** In `provider/model`, the outcome or what went wrong, in capitals or not; or how the id begins. */
  readonly text?: string | undefined
}

/**
 * Which transitions are asked for: the newest that pass.
 *
 * @category models
 * @since 1.0.0
 */
export interface TransitionQuery {
  /** Epoch milliseconds at which it happened, at the earliest. */
  readonly since?: number | undefined
  readonly provider?: string | undefined
  /** 50 by default. */
  readonly limit?: number | undefined
}

/**
 * A call as the log keeps it, with what its attempts add up to.
 *
 * @category models
 * @since 1.0.0
 */
export interface Row extends Omit<CallRecord, "attempts" | "usage"> {
  /** Ascends in the order in which calls were written. */
  readonly seq: number
  readonly attempts: number
  /** Attempts at the same model as the one before. */
  readonly retries: number
  /** Attempts at another. */
  readonly failovers: number
  /** What its attempts are known to have cost, in 1e-12 USD. */
  readonly picoUsd: bigint
  /** Attempts that may have cost something unknown. */
  readonly unpriced: number
  /** Attempts whose cost is an estimate. */
  readonly estimated: number
  readonly inputTokens: number
  /** Of the input, read from the vendor's prompt cache. */
  readonly cachedTokens: number
  readonly outputTokens: number
}

/**
 * A page of calls, as the log has them.
 *
 * @category models
 * @since 1.0.0
 */
export interface Page {
  /** Newest first, by when they ended. */
  readonly calls: ReadonlyArray<Row>
  /** The cursor of the next page, if there may be one. */
  readonly next: string | undefined
}

/**
 * The log could not be read.
 *
 * @category errors
 * @since 1.0.0
 */
export class ReadError extends Schema.TaggedError<ReadError>()("ReadError", {
  message: Schema.String,
  cause: Schema.Defect()
}) {
  readonly what = "the call log can't be read"
  get why(): string {
    return this.message.replace(/^the call log can't be read: /, "") || "its file didn't say"
  }
  readonly fix = "look at the file; move it away if it is no log: a new one is made with the next call"
}

/**
 * Reads what a log has kept.
 *
 * @category services
 * @since 1.0.0
 */
export class Reader extends Context.Service<Reader, {
  readonly recent: (query: Query) => Effect.Effect<Page, ReadError>
  /** Calls by their `seq`, newest first, by when they ended. */
  readonly bySeq: (seqs: ReadonlyArray<number>) => Effect.Effect<ReadonlyArray<Row>, ReadError>
  /** Of a call by its id, in their order; none where the call isn't known. */
  readonly attemptsOf: (id: string) => Effect.Effect<ReadonlyArray<Attempt>, ReadError>
  /** Calls that were written after the one with this `seq`, in that order: 500 at most by default. */
  readonly after: (seq: number, limit?: number) => Effect.Effect<ReadonlyArray<Row>, ReadError>
  /** Of the call that was written last; 0 for none. */
  readonly lastSeq: Effect.Effect<number, ReadError>
  /** Of the circuits of all processes that write to the log, newest first. Of a key's fingerprint, the first 8 characters. */
  readonly transitions: (query: TransitionQuery) => Effect.Effect<ReadonlyArray<Transition>, ReadError>
}>()("loom-router/CallLog/Reader") {}

/**
 * The newest calls.
 *
 * @category accessors
 * @since 1.0.0
 */
export const recent = (query: Query = {}): Effect.Effect<Page, ReadError, Reader> =>
  Effect.flatMap(Reader, (reader) => reader.recent(query))

/**
 * The attempts of a call by its id, in their order.
 *
 * @category accessors
 * @since 1.0.0
 */
export const attemptsOf = (id: string): Effect.Effect<ReadonlyArray<Attempt>, ReadError, Reader> =>
  Effect.flatMap(Reader, (reader) => reader.attemptsOf(id))

/**
 * Calls that were written after the one with this `seq`, in that order: how to follow a log without missing any.
 *
 * @category accessors
 * @since 1.0.0
 */
export const after = (seq: number, limit?: number): Effect.Effect<ReadonlyArray<Row>, ReadError, Reader> =>
  Effect.flatMap(Reader, (reader) => reader.after(seq, limit))

/**
 * The `seq` of the call that was written last; 0 for none.
 *
 * @category accessors
 * @since 1.0.0
 */
export const lastSeq: Effect.Effect<number, ReadError, Reader> = Effect.flatMap(Reader, (reader) => reader.lastSeq)

/**
 * The newest transitions of circuits.
 *
 * @category accessors
 * @since 1.0.0
 */
export const transitions = (query: TransitionQuery = {}): Effect.Effect<ReadonlyArray<Transition>, ReadError, Reader> =>
  Effect.flatMap(Reader, (reader) => reader.transitions(query))

/**
 * Records calls in a store.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (store: Effect.Effect<Store, never, Scope.Scope>, options?: SinkOptions): Layer.Layer<never> =>
  Layer.effect(CurrentCallLog, Effect.flatMap(store, (store) => make(store, options)))

/**
 * Keeps the newest records in memory: 10,000 by default. A record that has to go for a newer one isn't counted.
 *
 * @category layers
 * @since 1.0.0
 */
export const layerMemory = (options?: { readonly capacity?: number | undefined }): Layer.Layer<Reader> =>
  Layer.effectContext(Effect.map(Effect.promise(() => import("./storage/memory.ts")), ({ ofRing }) => {
    const ring = ofRing(options?.capacity ?? 10_000)
    return Context.make(Reader, ring.reader).pipe(
      Context.add(CurrentCallLog, {
        offer: ring.add,
        offerTransition: ring.addTransition,
        stats: Effect.sync(() => ({ accepted: ring.added(), written: ring.added(), dropped: 0, failed: 0, queued: 0 })),
        flush: Effect.void
      })
    )
  }))

/**
 * Where and for how long calls are kept in SQLite.
 *
 * @category models
 * @since 1.0.0
 */
export interface SqliteOptions extends SinkOptions {
  /** {@link defaultPath} by default. The file and the folders that have to be made for it are the user's alone. */
  readonly path?: string | undefined
  readonly retention?: {
    /** Of calls and their attempts: 30 days. Sums by the minute are kept for 7, sums by the hour for ever. */
    readonly maxAge?: Duration.Input | undefined
    /** The oldest calls go when the file holds more: 1 GiB. */
    readonly maxBytes?: number | undefined
  } | undefined
  /** How long one attempt to write waits for another process's lock: 1 second. Then it is tried again. */
  readonly busyTimeout?: Duration.Input | undefined
}

/**
 * Where the log is kept unless a path is given: `calls.db` in `LOOM_HOME`, else in `$XDG_STATE_HOME/loom`
 * (`~/.local/state/loom`), on Windows in `%LOCALAPPDATA%\\loom`.
 *
 * @category accessors
 * @since 1.0.0
 */
export const defaultPath: Effect.Effect<string> = Effect.flatMap(
  Effect.promise(() => import("./storage/paths.ts")),
  (Paths) => Paths.callLog
)

/**
 * Keeps records in an SQLite file, which many processes may share.
 *
 * **Details**
 *
 * A thread of its own writes, and starts with the first record. A file that isn't a database, or is one of a newer
 * Loom, is left as it is and the log is off, with one warning. One that can't be opened or written for now is tried
 * again, with records waiting as long as there is room for them.
 *
 * @category layers
 * @since 1.0.0
 */
export const layerSqlite = (options: SqliteOptions = {}): Layer.Layer<Reader> =>
  Layer.merge(
    layer(
      Effect.gen(function*() {
        const path = options.path ?? (yield* defaultPath)
        const SqliteStore = yield* Effect.promise(() => import("./storage/SqliteStore.ts"))
        const store = SqliteStore.make({
          path,
          busyTimeout: millisOf(options.busyTimeout ?? "1 second"),
          retention: {
            maxAge: millisOf(options.retention?.maxAge ?? "30 days"),
            maxBytes: options.retention?.maxBytes ?? 2 ** 30
          }
        })
        yield* Effect.addFinalizer(() => store.close)
        return {
          write: (batch) => Effect.mapError(store.write(batch), (failed) => new StoreError(failed)),
          writeTransitions: (batch) =>
            Effect.mapError(store.writeTransitions(batch), (failed) => new StoreError(failed))
        }
      }),
      options
    ),
    layerReader(options)
  )

const millisOf = (duration: Duration.Input): number => Duration.toMillis(Duration.fromInputUnsafe(duration))

/**
 * Reads an SQLite file that {@link layerSqlite} keeps, in this process or another, and records nothing.
 *
 * **Details**
 *
 * A thread of its own reads, and starts with the first query. No file yet is no calls yet.
 *
 * @category layers
 * @since 1.0.0
 */
export const layerReader = (options: { readonly path?: string | undefined } = {}): Layer.Layer<Reader> =>
  Layer.effect(
    Reader,
    Effect.gen(function*() {
      const scope = yield* Effect.scope
      const open = yield* Effect.cached(Effect.gen(function*() {
        const path = options.path ?? (yield* defaultPath)
        const queries = yield* Effect.promise(() => import("./storage/queries.ts"))
        const NodeSqlite = yield* Effect.promise(() => import("./storage/NodeSqlite.ts"))
        const context = yield* Layer.buildWithScope(NodeSqlite.layer({ path }), scope)
        return queries.makeReader(context)
      }))
      const unreadable = (cause: unknown) =>
        new ReadError({ message: `the call log can't be read: ${cause instanceof Error ? cause.message : ""}`, cause })
      return {
        recent: (query) => Effect.flatMap(open, (reader) => Effect.mapError(reader.recent(query), unreadable)),
        bySeq: (seqs) => Effect.flatMap(open, (reader) => Effect.mapError(reader.bySeq(seqs), unreadable)),
        after: (seq, limit) => Effect.flatMap(open, (reader) => Effect.mapError(reader.after(seq, limit), unreadable)),
        lastSeq: Effect.flatMap(open, (reader) => Effect.mapError(reader.lastSeq, unreadable)),
        attemptsOf: (id) => Effect.flatMap(open, (reader) => Effect.mapError(reader.attemptsOf(id), unreadable)),
        transitions: (query) => Effect.flatMap(open, (reader) => Effect.mapError(reader.transitions(query), unreadable))
      }
    })
  )

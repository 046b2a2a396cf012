/**
 * Batches on their way through vendors: what is due is done step by step, each of them written down before the next, so
 * that whoever looks next goes on from there.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as Batch from "../Batch.ts"
import type { GenerateError } from "../GenerateError.ts"
import type { Batches, Engine } from "../Loom.ts"
import type * as Request from "../Request.ts"
import type { RowState, StoredBatch, StoredRow } from "../storage/batchTables.ts"
import * as Drive from "./batchDrive.ts"
import type * as Figures from "./batchFigures.ts"
import * as BatchId from "./batchId.ts"
import * as Intake from "./batchIntake.ts"
import * as Owner from "./batchOwner.ts"
import * as Rows from "./batchRows.ts"
import { encodeObject } from "./sharing.ts"

/** What batches are driven with. */
export interface Means extends Omit<Drive.World, "store" | "owner">, Omit<Intake.IntakeOptions, "tags"> {
  readonly generate: Engine["generate"]
  readonly kept: Batch.StoreOptions | "memory"
}

interface World extends Omit<Means, "kept">, Drive.World {
  /** Milliseconds for which batches are kept once they have ended. */
  readonly maxAge: number
}

/** What a process knows of a batch besides what is stored. */
interface Known {
  readonly schemas: NonNullable<Batch.FindOptions["schemas"]>
  readonly requestOf?: ((n: number) => Request.Request | undefined) | undefined
}

const endedStates: ReadonlyArray<RowState> = ["succeeded", "failed", "expired", "cancelled", "missing"]
const unanswered: ReadonlyArray<RowState> = ["expired", "cancelled", "missing"]

/** Opens the store; it closes with the scope. No file is touched before the first question. */
export const open = Effect.fnUntraced(function*(means: Means, scope: Scope.Scope): Effect.fn.Return<Batches> {
  const { kept } = means
  const options = kept === "memory" ? {} : kept
  const SqliteBatches = yield* Effect.promise(() => import("../storage/SqliteBatches.ts"))
  const isInMemory = kept === "memory" || options.path === ":memory:"
  const { close, store } = isInMemory ? yield* SqliteBatches.inMemory : SqliteBatches.ofFile({
    path: options.path ?? (yield* defaultPath),
    busyTimeout: millisOf(options.busyTimeout ?? "5 seconds")
  })
  const { end, owner } = Owner.make()
  yield* Scope.addFinalizer(scope, Effect.andThen(close, Effect.sync(end)))
  return make({ ...means, store, owner, maxAge: millisOf(options.maxAge ?? "30 days") })
})

const defaultPath = Effect.flatMap(Effect.promise(() => import("../storage/paths.ts")), (Paths) => Paths.batches)

const make = (world: World): Batches => {
  const { owner, store } = world
  const driver = Drive.make(world)
  const turns = new Map<string, Semaphore.Semaphore>()

  /** In this process, one at a time takes a batch a step on; other processes are told apart in the store. */
  const inTurn = <A, E>(id: string, step: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      const turn = turns.get(id) ?? Semaphore.makeUnsafe(1)
      turns.set(id, turn)
      return turn.withPermit(step)
    })

  const known = (id: string): Effect.Effect<StoredBatch, Batch.BatchError> =>
    Effect.flatMap(Drive.stored(store.batch(id)), (batch) =>
      batch === undefined || batch.state === "preparing"
        ? Effect.fail(new Batch.BatchError({ reason: new Batch.UnknownBatch({ id }) }))
        : Effect.succeed(batch))

  const snapshot = Effect.fnUntraced(function*(id: string): Effect.fn.Return<Batch.Snapshot, Batch.BatchError> {
    const [found] = yield* Drive.stored(store.newest({ id }, 1))
    if (found === undefined) return yield* new Batch.BatchError({ reason: new Batch.UnknownBatch({ id }) })
    return snapshotOf(found)
  })

  const step = (id: string, own: Known): Effect.Effect<Drive.Stepped, Batch.BatchError> =>
    inTurn(id, Effect.flatMap(known(id), (batch) => driver.step(batch, own)))

  const poll = (id: string, own: Known) => Effect.andThen(step(id, own), snapshot(id))

  const rowsOf = (id: string, states: ReadonlyArray<RowState>): Stream.Stream<StoredRow, Batch.BatchError> =>
    Stream.paginate(-1, (after: number) =>
      Effect.map(Drive.stored(store.rows(id, after, states)), (page) => {
        const last = page.at(-1)
        return [page, last === undefined ? Option.none<number>() : Option.some(last.n)] as const
      }))

  const results = (id: string, own: Known): Stream.Stream<Batch.Row, Batch.BatchError> =>
    Stream.mapArrayEffect(
      rowsOf(id, endedStates),
      (page) => Effect.map(driver.reader(page, own), (read) => Arr.map(page, (row) => read(row).row))
    )

  const cancel = (id: string, own: Known) =>
    Effect.flatMap(known(id), () => Effect.andThen(Drive.stored(store.cancel(id)), poll(id, own)))

  /** Asks the rows that have no answer as calls. */
  const askLive = (id: string, own: Known, concurrency: number): Effect.Effect<void, Batch.BatchError> =>
    Stream.runDrain(
      Stream.mapEffect(
        rowsOf(id, unanswered),
        Effect.fnUntraced(function*(row) {
          const { kept, request } = yield* driver.requestOf(row, own)
          if (kept.hasTools) return
          const asked = yield* Effect.result(world.generate({
            ...kept.params,
            provider: kept.provider,
            model: kept.model,
            modality: kept.modality,
            prompt: kept.prompt,
            native: kept.native,
            tags: kept.tags,
            ...(request.object === undefined
              ? undefined
              : { schema: request.object.schema, schemaName: request.object.name })
          }))
          if (Result.isFailure(asked)) return
          const { cost, saved } = asked.success
          const answered = Rows.finishedLive(asked.success, encodeObject(request, asked.success.object))
          if (answered === undefined) return
          const now = yield* Clock.currentTimeMillis
          yield* Drive.stored(
            store.answer(id, now, { n: row.n, ...answered, cost: cost.picoUsd, saved: saved.picoUsd })
          )
        }),
        { concurrency }
      )
    )

  const wait = Effect.fnUntraced(function*(
    id: string,
    own: Known,
    options: Batch.WaitOptions = {}
  ): Effect.fn.Return<Batch.Results, Batch.BatchError> {
    const interval = millisOf(options.pollInterval ?? "60 seconds")
    let deadline = options.timeout === undefined
      ? Infinity
      : (yield* Clock.currentTimeMillis) + millisOf(options.timeout)
    let isLate = false
    for (;;) {
      const { hopeless } = yield* step(id, own)
      const now = yield* snapshot(id)
      options.onProgress?.(now)
      if (now.status === "ended") break
      if (hopeless !== undefined) return yield* vendorFailed(hopeless)
      const left = deadline - (yield* Clock.currentTimeMillis)
      if (left > 0) {
        yield* Effect.sleep(Math.min(interval, left))
      } else if (options.atTimeout === "live") {
        isLate = true
        deadline = Infinity
        yield* Drive.stored(store.cancel(id))
      } else {
        return yield* new Batch.BatchError({
          reason: new Batch.WaitedTooLong({ id, done: now.done, total: now.counts.total })
        })
      }
    }
    if (isLate) yield* askLive(id, own, options.concurrency ?? 8)
    return { ...yield* snapshot(id), rows: results(id, own) }
  })

  const handle = (id: string, own: Known): Batch.Batch => ({
    id,
    status: snapshot(id),
    counts: Effect.map(snapshot(id), ({ counts }) => counts),
    poll: poll(id, own),
    wait: (options) => wait(id, own, options),
    results: results(id, own),
    cancel: cancel(id, own)
  })

  /** What a process that is gone was still writing was never anybody's. */
  const tidy = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    for (const batch of yield* store.preparing()) {
      if (!Owner.isAlive(batch.owner, undefined, now)) yield* store.remove(batch.id)
    }
    yield* store.prune(now - world.maxAge)
  }).pipe(Effect.ignore)

  const submit: Batches["submit"] = Effect.fnUntraced(function*(requests, options = {}, keeping = false) {
    yield* tidy
    const { id = yield* BatchId.make, tags = {} } = options
    const now = yield* Clock.currentTimeMillis
    const before = yield* Drive.stored(store.begin({ id, createdAt: now, tags, owner }))
    const kept = new Map<number, Request.Request>()
    const intake = (sink: Intake.Sink<Batch.BatchError>) =>
      Intake.take(
        requests,
        { ...world, tags },
        sink,
        keeping ? (n, request) => void kept.set(n, request) : undefined
      )
    const own = (taken: Intake.Taken): Known => ({
      schemas: taken.schemas,
      requestOf: keeping ? (n) => kept.get(n) : undefined
    })
    if (before !== undefined) {
      if (before.state === "preparing") return yield* idTaken(id, "it is being submitted right now")
      const taken = yield* intake(nowhere)
      if (taken.digest !== before.digest) return yield* idTaken(id, "its requests are others")
      yield* step(id, own(taken))
      return handle(id, own(taken))
    }
    const taken = yield* intake({
      addJob: (job) => Drive.stored(store.addJob({ ...job, batch: id })),
      addRows: (rows) => Drive.stored(store.addRows(id, rows))
    }).pipe(
      Effect.tap(({ digest }) => Drive.stored(store.ready(id, digest))),
      Effect.onExit((exit) => Exit.isSuccess(exit) ? Effect.void : Effect.ignore(store.remove(id)))
    )
    const { refusal } = yield* step(id, own(taken))
    if (refusal !== undefined) {
      // Nobody has any of it: who submits it again doesn't do so twice.
      yield* Drive.stored(store.remove(id))
      return yield* vendorFailed(refusal)
    }
    return handle(id, own(taken))
  })

  return {
    submit,
    check: (asked) => Intake.take([asked], { ...world, tags: {} }, nowhere),
    find: (id, options) => Effect.map(known(id), () => handle(id, { schemas: options?.schemas ?? {} })),
    list: (limit) => Effect.map(Drive.stored(store.newest({}, limit)), (batches) => batches.map(snapshotOf))
  }
}

const nowhere: Intake.Sink<never> = { addJob: () => Effect.void, addRows: () => Effect.undefined }

const millisOf = (duration: Duration.Input): number => Duration.toMillis(Duration.fromInputUnsafe(duration))

const idTaken = (id: string, detail: string) => new Batch.BatchError({ reason: new Batch.IdTaken({ id, detail }) })

const vendorFailed = (error: GenerateError) => new Batch.BatchError({ reason: new Batch.VendorFailed({ error }) })

const snapshotOf = ({ cost, jobs, saved, state, ...batch }: Figures.Batch): Batch.Snapshot => {
  const picoUsd = BigInt(cost?.picoUsd ?? 0)
  const savedPicoUsd = BigInt(saved?.picoUsd ?? 0)
  return {
    id: batch.id,
    status: state,
    createdAt: batch.createdAt,
    endedAt: batch.endedAt ?? undefined,
    tags: batch.tags,
    counts: batch.counts,
    done: batch.done,
    jobs: jobs.map(({ endedAt, problem, state, submittedAt, vendorId, ...job }) => ({
      id: job.id,
      provider: job.provider,
      model: job.model,
      endpoint: job.endpoint,
      status: state,
      vendorId: vendorId ?? undefined,
      submittedAt: submittedAt ?? undefined,
      endedAt: endedAt ?? undefined,
      expiresAt: job.expiresAt ?? undefined,
      rows: job.rows,
      done: job.done,
      failed: job.failed,
      problem: problem ?? undefined
    })),
    picoUsd,
    savedPicoUsd,
    usd: Number(picoUsd) / 1e12,
    savedUsd: Number(savedPicoUsd) / 1e12,
    priced: batch.priced,
    unpriced: batch.unpriced
  }
}

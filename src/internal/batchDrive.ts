/**
 * One step of a batch: every job does what is due for it (submitted, looked for, polled, fetched), and rows that have
 * ended are recorded. A job belongs to whoever has claimed it; a claim ends with its process.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Prompt from "effect/ai/Prompt"
import * as Batch from "../Batch.ts"
import type { Accepted, BatchEndpoint, Job, Progress } from "../BatchEndpoint.ts"
import * as Call from "../Call.ts"
import * as CallLog from "../CallLog.ts"
import type { CallRecord } from "../CallRecord.ts"
import type * as Catalog from "../Catalog.ts"
import type { Currency } from "../Cost.ts"
import { GenerateError, InvalidRequest, Overloaded, Unsupported } from "../GenerateError.ts"
import type * as Generator from "../Generator.ts"
import * as Model from "../Model.ts"
import * as Request from "../Request.ts"
import * as RetryPolicy from "../RetryPolicy.ts"
import type { BatchStore } from "../storage/SqliteBatches.ts"
import type { StoredBatch, StoredJob, StoredRow } from "../storage/batchTables.ts"
import type { Failed } from "../storage/databaseFile.ts"
import { isAlive, type Owner } from "./batchOwner.ts"
import * as Rows from "./batchRows.ts"

export interface World {
  readonly store: BatchStore
  readonly owner: Owner
  readonly catalog: Catalog.Catalog
  readonly currency: Currency | undefined
  readonly keyTags: ReadonlyArray<string>
  readonly retry: RetryPolicy.RetryPolicy
  readonly generatorOf: (provider: string) => Effect.Effect<Generator.Generator, GenerateError>
  /** Tells everybody of a record but the call log. */
  readonly tell: (record: CallRecord) => Effect.Effect<void>
}

/** How a step went. */
export interface Stepped {
  /** Why a vendor can't be asked, where waiting won't help. */
  readonly hopeless: GenerateError | undefined
  /** Why no vendor has taken any of it, and none may have. */
  readonly refusal: GenerateError | undefined
}

/** What is known in this process of the requests of a batch. */
interface Known {
  readonly schemas: Parameters<typeof Rows.requestOf>[0]["schemas"]
  readonly requestOf?: ((n: number) => Request.Request | undefined) | undefined
}

/** Jobs that are asked about at once. */
const concurrency = 4

/** For how long a claim holds that nobody renews, in milliseconds: renewed four times in it. */
const lease = 120_000

/** What the store answers, or that it can't. */
export const stored = <A>(answer: Effect.Effect<A, Failed>): Effect.Effect<A, Batch.BatchError> =>
  Effect.mapError(
    answer,
    ({ detail, fix, kind }) => new Batch.BatchError({ reason: new Batch.StoreFailed({ kind, detail, remedy: fix }) })
  )

export const make = (world: World) => {
  const { catalog, owner, store } = world
  const endpoints = new Map<string, BatchEndpoint>()

  const endpointOf = (provider: string): Effect.Effect<BatchEndpoint, GenerateError> =>
    Effect.flatMap(world.generatorOf(provider), ({ batch }) => {
      if (batch === undefined) {
        const detail = `Loom knows no batch endpoint of ${provider}`
        return Effect.fail(
          new GenerateError({ provider, model: "", reason: new Unsupported({ feature: "batch", detail }) })
        )
      }
      endpoints.set(provider, batch)
      return Effect.succeed(batch)
    })

  /** A call of nobody: what is asked about a job counts nowhere. */
  const callOf = (tags: Readonly<Record<string, string>>) =>
    Effect.provideService(
      Call.make({ catalog, tags, keyTags: world.keyTags, currency: world.currency }),
      Call.CurrentRegion,
      undefined
    )

  const jobOf = (job: StoredJob): Effect.Effect<Job> =>
    Effect.flatMap(callOf(job.tags), (call) =>
      Effect.map(Clock.currentTimeMillis, (now) => ({
        marker: job.id,
        asking: Request.make({ model: Model.unlisted(job.provider, job.model), prompt: Prompt.empty, call }),
        endpoint: job.endpoint,
        rows: job.rows,
        bytes: job.bytes,
        since: job.since ?? now
      })))

  const patiently = <A>(ask: Effect.Effect<A, GenerateError>): Effect.Effect<A, GenerateError> =>
    Effect.retry(ask, RetryPolicy.schedule(world.retry, { deadline: Infinity }))

  /**
   * Does something with a job that nobody else may do at the same time. Whatever becomes of it, the claim is given back:
   * `after` says in what state.
   */
  const claimed = (
    job: StoredJob,
    state: StoredJob["state"],
    work: Effect.Effect<void, GenerateError | Batch.BatchError>,
    after: (error: GenerateError | undefined) => StoredJob["state"]
  ): Effect.Effect<GenerateError | undefined, Batch.BatchError> =>
    Effect.uninterruptibleMask(Effect.fnUntraced(function*(restore) {
      const now = yield* Clock.currentTimeMillis
      const isMine = yield* stored(store.claim(job, { state, owner, now, until: now + lease }))
      if (!isMine) return undefined
      const renewing = Effect.flatMap(Clock.currentTimeMillis, (now) => store.renew(job.id, owner, now + lease)).pipe(
        Effect.ignore,
        Effect.delay(lease / 4),
        Effect.forever
      )
      const worked: Effect.Effect<GenerateError | undefined, Batch.BatchError> = Effect.matchEffect(work, {
        onSuccess: () => Effect.undefined,
        onFailure: (error) => error instanceof GenerateError ? Effect.succeed(error) : Effect.fail(error)
      })
      const exit = yield* Effect.exit(restore(Effect.scoped(Effect.andThen(Effect.forkScoped(renewing), worked))))
      const error = Exit.isSuccess(exit) ? exit.value : undefined
      if (Exit.isFailure(exit) || error !== undefined) {
        const problem = error === undefined ? undefined : problemOf(error)
        yield* Effect.ignore(store.release(job.id, owner, { state: after(error), problem }))
      }
      return yield* exit
    }))

  const linesOf = (job: StoredJob): Stream.Stream<string, GenerateError> =>
    Stream.paginate(-1, (after: number) =>
      store.lines(job.id, after).pipe(
        Effect.mapError(({ detail }) =>
          new GenerateError({
            provider: job.provider,
            model: job.model,
            reason: new Overloaded({ detail: `the rows can't be read: ${detail}`, maybeBilled: false })
          })
        ),
        Effect.map((page) => {
          const last = page.at(-1)
          return [page.map(({ line }) => line), last === undefined ? Option.none() : Option.some(last.n)] as const
        })
      ))

  const acceptedAs = (job: StoredJob, id: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => stored(store.accepted(job.id, id, now)))

  const settle = (job: StoredJob, left: Parameters<BatchStore["settle"]>[2]) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => stored(store.settle(job.id, now, left)))

  const submit = Effect.fnUntraced(function*(job: StoredJob, endpoint: BatchEndpoint) {
    const spec = yield* jobOf(job)
    const id = yield* patiently(endpoint.submit(spec, linesOf(job)))
    yield* acceptedAs(job, id)
  })

  /** An error that says that the vendor will never take it. */
  const refusedJob = (job: StoredJob, error: GenerateError) =>
    settle(
      job,
      Rows.finished({ _tag: "Failed", reason: error.reason, status: error.status, requestId: error.requestId })
    )

  const afterSubmission = (error: GenerateError | undefined): StoredJob["state"] =>
    error === undefined || error.maybeBilled ? "submitting" : "ready"

  /** Where nobody knows whether it got through, its vendor is asked. */
  const reconcile = (job: StoredJob, batch: StoredBatch, endpoint: BatchEndpoint) =>
    Effect.gen(function*() {
      const others = new Set(yield* stored(store.vendorIds(job.provider)))
      const found = yield* patiently(endpoint.find(yield* jobOf(job), others))
      switch (found._tag) {
        case "Found":
          return yield* acceptedAs(job, found.id)
        case "None":
          return yield* batch.cancelled ? settle(job, cancelled) : submit(job, endpoint)
        case "Unclear":
          return yield* Request.fail(
            (yield* jobOf(job)).asking,
            new Overloaded({ detail: "whether the vendor has it shows once its jobs are over", maybeBilled: true })
          )
      }
    })

  const collect = Effect.fnUntraced(function*(job: Accepted, endpoint: BatchEndpoint, progress: Progress) {
    const pass = yield* stored(store.beginPass(job.marker))
    yield* Stream.runForEachArray(
      Stream.rechunk(endpoint.results(job, progress), 200),
      (rows) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          stored(store.finish(
            job.marker,
            pass,
            now,
            rows.map(({ customId, outcome }) => ({ n: rowNumber(job.marker, customId), ...Rows.finished(outcome) }))
          )))
    )
  })

  const look = Effect.fnUntraced(
    function*(job: StoredJob, batch: StoredBatch, endpoint: BatchEndpoint, vendorId: string) {
      const at: Accepted = { ...yield* jobOf(job), id: vendorId }
      if (batch.cancelled && !job.cancelled) {
        yield* patiently(endpoint.cancel(at))
        yield* stored(store.cancelledJob(job.id))
      }
      const progress = yield* patiently(endpoint.poll(at))
      const { done, expiresAt, failed: bad } = progress
      yield* stored(store.progress(job.id, { done, bad, expiresAt, problem: undefined }))
      if (progress.state === "running") return yield* stored(store.release(job.id, owner, { state: "running" }))
      yield* collect(at, endpoint, progress)
      yield* settle(job, leftOf(progress))
    }
  )

  const stepJob = Effect.fnUntraced(function*(
    batch: StoredBatch,
    job: StoredJob
  ): Effect.fn.Return<GenerateError | undefined, Batch.BatchError> {
    if (job.state === "ended") return undefined
    const now = yield* Clock.currentTimeMillis
    if (isAlive(job.owner, job.ownedUntil, now) && job.owner !== owner) return undefined
    const endpoint = yield* Effect.result(endpointOf(job.provider))
    if (Result.isFailure(endpoint)) return endpoint.failure
    switch (job.state) {
      case "ready": {
        if (batch.cancelled) {
          yield* settle(job, cancelled)
          return undefined
        }
        const error = yield* claimed(job, "submitting", submit(job, endpoint.success), afterSubmission)
        if (error === undefined || !isFinal(error)) return error
        yield* refusedJob(job, error)
        return error
      }
      case "submitting":
        return yield* claimed(job, "submitting", reconcile(job, batch, endpoint.success), afterSubmission)
      case "running":
        return job.vendorId === undefined
          ? undefined
          : yield* claimed(job, "running", look(job, batch, endpoint.success, job.vendorId), () => "running")
    }
  })

  const readingOf = (own: Known) =>
    Effect.map(callOf({}), (call): Rows.Reading => ({
      catalog,
      call,
      schemas: own.schemas,
      requestOf: own.requestOf,
      endpointOf: (provider) => endpoints.get(provider)
    }))

  /** Reads rows. Adapters of their vendors may not be loaded yet, in a process that only reads. */
  const reader = Effect.fnUntraced(function*(
    page: ReadonlyArray<StoredRow>,
    own: Known
  ): Effect.fn.Return<(row: StoredRow) => Rows.Read> {
    const reading = yield* readingOf(own)
    for (const { provider } of page) {
      if (!endpoints.has(provider)) yield* Effect.ignore(endpointOf(provider))
    }
    return (row) => Rows.read(reading, row)
  })

  /** One process at a time: what sees records sees each once. */
  const record = Effect.fnUntraced(function*(
    { id, owner: was, ownedUntil }: StoredBatch,
    own: Known
  ): Effect.fn.Return<void, Batch.BatchError> {
    const now = yield* Clock.currentTimeMillis
    if (was !== owner && isAlive(was, ownedUntil, now)) return
    if ((yield* stored(store.unrecorded(id))).length === 0) return
    if (!(yield* stored(store.claimBatch(id, was, owner, now + lease)))) return
    yield* Effect.ensuring(recordAll(id, own), Effect.ignore(store.releaseBatch(id, owner)))
  })

  const recordAll = Effect.fnUntraced(function*(
    batch: string,
    own: Known
  ): Effect.fn.Return<void, Batch.BatchError> {
    const callLog = yield* CallLog.CurrentCallLog
    const region = yield* Call.CurrentRegion
    for (;;) {
      const page = yield* stored(store.unrecorded(batch))
      if (page.length === 0) return
      // A long batch takes longer than a claim is believed.
      yield* stored(store.claimBatch(batch, owner, owner, (yield* Clock.currentTimeMillis) + lease))
      const rows = page.map(yield* reader(page, own))
      for (const { record } of rows) {
        callLog.offer(record)
        for (const tally of region?.tallies ?? []) {
          tally.began()
          record.attempts.forEach(tally.attempted)
          if (record.outcome === "ok") tally.saved(record.saved)
        }
        yield* world.tell(record)
      }
      // A record that is offered twice, by a process that died before the next line, is one in the log: it has one id.
      yield* Effect.timeoutOption(callLog.flush, "10 seconds")
      yield* stored(store.recorded(batch, rows.map(({ recorded }) => recorded)))
    }
  })

  const step = Effect.fnUntraced(function*(
    batch: StoredBatch,
    own: Known
  ): Effect.fn.Return<Stepped, Batch.BatchError> {
    if (batch.state === "ended") return { hopeless: undefined, refusal: undefined }
    const jobs = yield* stored(store.jobs(batch.id))
    const errors = yield* Effect.forEach(jobs, (job) => stepJob(batch, job), { concurrency })
    const failed = errors.filter((error) => error !== undefined)
    const isNew = jobs.every(({ state }) => state === "ready")
    if (isNew && failed.length === jobs.length && failed.every((error) => !error.maybeBilled)) {
      return { hopeless: failed.find(isHopeless), refusal: failed[0] }
    }
    yield* record((yield* stored(store.batch(batch.id))) ?? batch, own)
    yield* Effect.flatMap(Clock.currentTimeMillis, (now) => stored(store.endIfOver(batch.id, now)))
    return { hopeless: failed.find(isHopeless), refusal: undefined }
  })

  const requestOf = (row: StoredRow, own: Known) =>
    Effect.map(readingOf(own), (reading) => Rows.requestOf(reading, row))

  return { step, reader, requestOf }
}

const cancelled = { state: "cancelled", outcome: undefined } as const

/** What rows are that the results of an ended job don't have. */
const leftOf = ({ leftMaybeBilled, reason, state }: Progress): Parameters<BatchStore["settle"]>[2] => {
  switch (state) {
    case "expired":
      return { state: "expired", outcome: leftMaybeBilled === true ? Rows.expiredUnseen : undefined }
    case "cancelled":
      return cancelled
    case "failed":
      return Rows.finished({
        _tag: "Failed",
        reason: reason ?? new InvalidRequest({ detail: "the vendor refused the job" }),
        status: undefined,
        requestId: undefined
      })
    default:
      return { state: "missing", outcome: undefined }
  }
}

/** Which row a custom id is of: -1 for what nobody asked. */
const rowNumber = (marker: string, customId: string): number => {
  const number = customId.startsWith(`${marker}-`) ? Number(customId.slice(marker.length + 1)) : Number.NaN
  return Number.isSafeInteger(number) && number >= 0 ? number : -1
}

/** The vendor won't take it, however often it is asked. */
const isFinal = ({ reason }: GenerateError): boolean =>
  reason._tag === "InvalidRequest" || reason._tag === "Unsupported" || reason._tag === "ContentFiltered"

const isHopeless = (error: GenerateError): boolean =>
  isFinal(error) || error.reason._tag === "KeyMissing" || error.reason._tag === "KeyRefused"

const problemOf = (error: GenerateError): string => `${error.what}: ${error.why}`

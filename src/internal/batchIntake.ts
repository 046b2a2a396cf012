/**
 * The requests of a batch on their way into the store: each is decoded, checked and written as its vendor takes it, and
 * gets its place in a job, before anything is sent.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type * as Crypto from "node:crypto"
import * as Batch from "../Batch.ts"
import type { BatchEndpoint } from "../BatchEndpoint.ts"
import * as Call from "../Call.ts"
import type * as Catalog from "../Catalog.ts"
import { type GenerateError, InvalidRequest, invalidRequest, Unsupported } from "../GenerateError.ts"
import * as GenerateOptions from "../GenerateOptions.ts"
import type * as Generator from "../Generator.ts"
import * as Request from "../Request.ts"
import type { NewJob, NewRow } from "../storage/batchTables.ts"
import * as Rows from "./batchRows.ts"

export interface IntakeOptions {
  readonly catalog: Catalog.Catalog
  readonly defaults: Result.Result<GenerateOptions.Defaults, GenerateError>
  readonly generatorOf: (provider: string) => Effect.Effect<Generator.Generator, GenerateError>
  /** The tags by which keys are picked. */
  readonly keyTags: ReadonlyArray<string>
  readonly tags: Readonly<Record<string, string>>
}

/** Where rows go. A row whose custom id is taken is given back. */
export interface Sink<E> {
  readonly addJob: (job: Omit<NewJob, "batch">) => Effect.Effect<void, E>
  readonly addRows: (rows: ReadonlyArray<NewRow>) => Effect.Effect<NewRow | undefined, E>
}

/** Rows as they are taken in. */
export interface Taken {
  readonly rows: number
  /** Of all of them: the same requests have the same. */
  readonly digest: string
  readonly schemas: Readonly<Record<string, Schema.ConstraintCodec<unknown, unknown>>>
}

const misplaced: ReadonlyMap<string, string> = new Map([
  ["timeout", "a batch takes as long as it takes; `wait` has a timeout"],
  ["retry", "a row is asked once"],
  ["maxAttempts", "a row is asked once"],
  ["cache", "the response cache has no part in a batch"],
  ["coalesce", "every row is asked"],
  ["failover", "nobody stands in for a row's model"]
])

const flushRows = 200
const flushBytes = 2 ** 20

/** Takes all requests in, one after the other: what they hold together isn't in memory. */
export const take = <E>(
  requests: Batch.Requests<Batch.Given>,
  options: IntakeOptions,
  sink: Sink<E>,
  seen?: (n: number, request: Request.Request) => void
): Effect.Effect<Taken, E | Batch.BatchError> =>
  Effect.suspend(() => {
    crypto ??= process.getBuiltinModule("node:crypto")
    const hash = crypto.createHash("sha256")
    const jobs = new Map<string, Growing>()
    const schemas: Record<string, Schema.ConstraintCodec<unknown, unknown>> = {}
    let n = 0
    let jobCount = 0
    let waiting: Array<NewRow> = []
    let waitingBytes = 0

    const flush = Effect.suspend(() => {
      if (waiting.length === 0) return Effect.void
      const rows = waiting
      waiting = []
      waitingBytes = 0
      return Effect.flatMap(sink.addRows(rows), (taken) =>
        taken === undefined ? Effect.void : Effect.fail(refused(
          taken.n,
          taken.customId,
          invalidRequest({ field: "customId", detail: "another row of the batch has the same" })
        )))
    })

    const jobFor = Effect.fnUntraced(function*(
      request: Request.Request,
      endpoint: BatchEndpoint,
      path: string,
      isFull: (job: Growing) => boolean
    ): Effect.fn.Return<Growing, E> {
      const { call: { account, tags }, model: { provider, upstream } } = request
      const group = JSON.stringify([provider, path, endpoint.limits.oneModel ? upstream : "", account])
      const open = jobs.get(group)
      if (open !== undefined && !isFull(open)) return open
      const keyTags = Object.fromEntries(
        options.keyTags.flatMap((name) => tags[name] === undefined ? [] : [[name, tags[name]]])
      )
      const job: Growing = { id: globalThis.crypto.randomUUID().replaceAll("-", "").slice(0, 24), rows: 0, bytes: 0 }
      jobs.set(group, job)
      // A job stands in the store before its rows do.
      yield* sink.addJob({
        id: job.id,
        n: jobCount++,
        provider,
        model: request.model.id,
        endpoint: path,
        tags: keyTags
      })
      return job
    })

    const add = Effect.fnUntraced(function*(asked: Batch.Given): Effect.fn.Return<void, E | Batch.BatchError> {
      const index = n++
      const { customId = `row-${index + 1}`, ...own } = asked
      const orRefuse = Effect.mapError((error: GenerateError) => refused(index, labelOf(customId), error))
      const misfit = misfitIn(customId, own)
      if (misfit !== undefined) return yield* orRefuse(Effect.fail(misfit))
      const request = yield* orRefuse(requestOf(own, options))
      const { object } = request
      if (object !== undefined && (schemas[object.name] ??= object.schema) !== object.schema && seen === undefined) {
        return yield* orRefuse(Effect.fail(
          invalidRequest({
            field: "schemaName",
            detail: `two schemas of the batch are named ${object.name}: give each a name of its own`
          })
        ))
      }
      const { batch: endpoint } = yield* orRefuse(options.generatorOf(request.model.provider))
      if (endpoint === undefined) {
        return yield* orRefuse(Effect.fail(
          Request.fail(
            request,
            new Unsupported({ feature: "batch", detail: `Loom knows no batch endpoint of ${request.model.provider}` })
          )
        ))
      }
      if (request.modality !== "text") {
        const detail = `Loom sends batches of texts alone: ask for ${request.modality}s one by one`
        return yield* orRefuse(Effect.fail(Request.fail(request, new Unsupported({ feature: "modality", detail }))))
      }
      const path = yield* orRefuse(Effect.fromResult(endpoint.endpointOf(request)))
      const kept = yield* orRefuse(Effect.fromResult(Rows.keep(request, own)))
      const written = yield* orRefuse(endpoint.row(request, widestId(index)))
      const bytes = Buffer.byteLength(written) + 1
      const { limits } = endpoint
      if (bytes > limits.bytes) {
        return yield* orRefuse(Effect.fail(
          Request.fail(
            request,
            new InvalidRequest({ detail: `it has ${bytes} bytes; a job of the vendor may have ${limits.bytes}` })
          )
        ))
      }
      const job = yield* jobFor(
        request,
        endpoint,
        path,
        (job) => job.rows >= limits.rows || job.bytes + bytes > limits.bytes
      )
      job.rows++
      job.bytes += bytes
      hash.update(`${JSON.stringify(customId)} ${kept}\n`)
      seen?.(index, request)
      waiting.push({
        n: index,
        customId,
        job: job.id,
        callId: request.call.id,
        request: kept,
        line: written.replace(widestId(index), `${job.id}-${index}`)
      })
      waitingBytes += bytes
      if (waiting.length === flushRows || waitingBytes > flushBytes) yield* flush
    })

    return Stream.runForEach(streamOf(requests), add).pipe(
      Effect.mapError((error): E | Batch.BatchError => error instanceof Unreadable ? unread(n, error.cause) : error),
      Effect.andThen(flush),
      Effect.andThen(Effect.suspend(() =>
        n === 0
          ? Effect.fail(
            new Batch.BatchError({ reason: new Batch.RequestsFailed({ rows: 0, detail: "there are none" }) })
          )
          : Effect.succeed({ rows: n, digest: hash.digest("hex"), schemas })
      ))
    )
  })

/** A request in the region of whoever submits it, whose budgets and deadlines hold for calls and not for rows. */
const requestOf = (
  own: Parameters<typeof GenerateOptions.decode>[0],
  { catalog, defaults, keyTags, tags }: IntakeOptions
): Effect.Effect<Request.Request, GenerateError> => {
  if (Result.isFailure(defaults)) return Effect.fail(defaults.failure)
  const decoded = GenerateOptions.decode(own)
  if (Result.isFailure(decoded)) return Effect.fail(decoded.failure)
  const { request, tags: rowTags } = decoded.success
  return Call.make({ catalog, keyTags, tags: { ...tags, ...rowTags } }).pipe(
    Effect.updateService(
      Call.CurrentRegion,
      (region) => region && { ...region, gates: [], tallies: [], deadline: Infinity }
    ),
    Effect.flatMap((call) => request(catalog, defaults.success, call))
  )
}

let crypto: typeof Crypto | undefined

interface Growing {
  readonly id: string
  rows: number
  bytes: number
}

/** Stands for a row's id while its job isn't known: as long, and in no prompt. */
const widestId = (index: number): string => `${placeholder}-${index}`
const placeholder = globalThis.crypto.randomUUID().replaceAll("-", "").slice(0, 24)

/** Who calls without types may give anything. */
const labelOf = (customId: unknown): string => typeof customId === "string" ? customId : "no text"

const misfitIn = (customId: unknown, own: object): GenerateError | undefined => {
  if (typeof customId !== "string" || customId === "" || customId.length > 512) {
    return invalidRequest({ field: "customId", detail: "a text of 1 to 512 characters is needed" })
  }
  for (const [field, value] of Object.entries(own)) {
    const detail = misplaced.get(field)
    if (detail !== undefined && value !== undefined) return invalidRequest({ field, detail })
  }
  return undefined
}

const refused = (index: number, customId: string, error: GenerateError) =>
  new Batch.BatchError({ reason: new Batch.RowRefused({ index, customId, error }) })

class Unreadable {
  readonly cause: unknown
  constructor(cause: unknown) {
    this.cause = cause
  }
}

const streamOf = (requests: Batch.Requests<Batch.Given>): Stream.Stream<Batch.Given, Unreadable> => {
  if (Stream.isStream(requests)) {
    return Stream.mapError(requests, (cause) => new Unreadable(cause))
  }
  return Symbol.asyncIterator in requests
    ? Stream.fromAsyncIterable(requests, (cause) => new Unreadable(cause))
    : Stream.fromAsyncIterable(iterated(requests), (cause) => new Unreadable(cause))
}

/** An iterable that throws is one that can't be read. */
const iterated = async function*<A>(requests: Iterable<A>): AsyncGenerator<A> {
  yield* requests
}

const unread = (rows: number, cause: unknown) =>
  new Batch.BatchError({
    reason: new Batch.RequestsFailed({
      rows,
      detail: cause instanceof Error ? cause.message : "they end with an error",
      cause
    })
  })

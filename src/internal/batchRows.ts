/**
 * The rows of a batch: requests as they are kept, and what became of them, as results and as records.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Prompt from "effect/ai/Prompt"
import type { Attempt } from "../Attempt.ts"
import type * as Batch from "../Batch.ts"
import type { BatchEndpoint, Outcome } from "../BatchEndpoint.ts"
import type * as Call from "../Call.ts"
import type { CallRecord } from "../CallRecord.ts"
import * as Catalog from "../Catalog.ts"
import { GenerateError, InvalidRequest, InvalidResponse, Overloaded, Reason } from "../GenerateError.ts"
import type { Generation } from "../Generation.ts"
import * as Model from "../Model.ts"
import * as Request from "../Request.ts"
import type { Finished, Recorded, RowState, StoredRow } from "../storage/batchTables.ts"
import { isRecord, parse } from "./json.ts"
import * as KeptAnswer from "./keptAnswer.ts"
import * as Meter from "./meter.ts"
import { Params } from "./params.ts"

type Schemas = Readonly<Record<string, Schema.ConstraintCodec<unknown, unknown>>>

const ToolChoice = Schema.Union([Schema.Literals(["auto", "required", "none"]), Schema.Struct({ tool: Schema.String })])

/** A request in the store. Its tools aren't: what they were is in the vendor's line, and what they answer is told by name. */
const Kept = Schema.Struct({
  asked: Schema.Struct({ provider: Schema.optional(Schema.String), model: Schema.String }),
  provider: Schema.String,
  model: Schema.String,
  modality: Schema.Literals(["text", "image"]),
  prompt: Prompt.Prompt,
  params: Params,
  toolChoice: Schema.optional(ToolChoice),
  hasTools: Schema.Boolean,
  schemaName: Schema.optional(Schema.String),
  native: Schema.Record(Schema.String, Schema.Unknown),
  tags: Schema.Record(Schema.String, Schema.String)
})
export type Kept = typeof Kept.Type

const codec = Schema.fromJsonString(Schema.toCodecJson(Kept))
const encodeKept = Schema.encodeUnknownResult(codec)
const decodeKept = Schema.decodeUnknownResult(codec)

/** A request as it is kept, or why it can't be. */
export const keep = (
  request: Request.Request,
  asked: { readonly provider?: string | undefined; readonly model: string }
): Result.Result<string, GenerateError> =>
  Result.mapError(
    encodeKept({
      asked: { provider: asked.provider, model: asked.model },
      provider: request.model.provider,
      model: request.model.id,
      modality: request.modality,
      prompt: request.prompt,
      params: request.params,
      toolChoice: request.toolChoice,
      hasTools: request.tools.length > 0,
      schemaName: request.object?.name,
      native: request.native,
      tags: request.call.tags
    }),
    () =>
      new GenerateError({
        provider: request.model.provider,
        model: request.model.id,
        reason: new InvalidRequest({ field: "prompt", detail: "it holds what JSON can't say" })
      })
  )

const decodeReason = Schema.decodeUnknownResult(Schema.toCodecJson(Reason))
const encodeReason = Schema.encodeSync(Schema.toCodecJson(Reason))

/** What became of a row, as it is kept. */
export const finished = (outcome: Outcome): Omit<Finished, "n"> => {
  switch (outcome._tag) {
    case "Answered":
      return { state: "succeeded", outcome: JSON.stringify(outcome) }
    case "Failed":
      return { state: "failed", outcome: JSON.stringify({ ...outcome, reason: encodeReason(outcome.reason) }) }
    case "Expired":
      return { state: "expired", outcome: undefined }
    case "Cancelled":
      return { state: "cancelled", outcome: undefined }
  }
}

/** A row that its vendor may have answered before its job expired, and tells nothing of. */
export const expiredUnseen: string = JSON.stringify({
  _tag: "Failed",
  reason: encodeReason(
    new Overloaded({ detail: "the batch expired, and its vendor doesn't tell what it had finished", maybeBilled: true })
  )
})

/** An answer that came by a call of its own, as it is kept; `undefined` where JSON can't say it. */
export const finishedLive = (generation: Generation, object: unknown): Omit<Finished, "n"> | undefined => {
  const bytes = KeptAnswer.encode({ generation, object })
  return bytes === undefined
    ? undefined
    : { state: "succeeded", outcome: `{"_tag":"Live","answer":${Buffer.from(bytes).toString()}}` }
}

/** In what a row is read: who speaks for its vendor, and what is known of it in this process. */
export interface Reading {
  readonly catalog: Catalog.Catalog
  readonly endpointOf: (provider: string) => BatchEndpoint | undefined
  readonly schemas: Schemas
  /** The request itself, where its asker still waits. */
  readonly requestOf: ((n: number) => Request.Request | undefined) | undefined
  readonly call: Call.Call
}

export interface Read {
  readonly row: Batch.Row
  readonly record: CallRecord
  readonly recorded: Recorded
}

export interface Asked {
  readonly request: Request.Request
  readonly kept: Kept
}

/** What another Loom has kept otherwise. */
const unreadableOf = ({ provider }: StoredRow): Kept => ({
  asked: { provider, model: "" },
  provider,
  model: "",
  modality: "text",
  prompt: Prompt.empty,
  params: {},
  hasTools: true,
  native: {},
  tags: {}
})

/** The request that a row was, as far as it is known: what another process asked may lack its schema and its tools. */
export const requestOf = (
  { call, catalog, requestOf, schemas }: Pick<Reading, "call" | "catalog" | "requestOf" | "schemas">,
  stored: StoredRow
): Asked => {
  const kept = Result.getOrElse(decodeKept(stored.request), () => unreadableOf(stored))
  const { model, provider, schemaName } = kept
  const schema = schemaName !== undefined && Object.hasOwn(schemas, schemaName) ? schemas[schemaName] : undefined
  const known = requestOf?.(stored.n)
  const own = { ...call, id: stored.callId, startedAt: stored.submittedAt, tags: kept.tags, attempts: [], tried: [] }
  return {
    kept,
    request: known !== undefined ? { ...known, call: own } : Request.make({
      model: Result.getOrElse(
        Catalog.resolve(catalog, { provider, model }),
        () => Model.unlisted(provider, model)
      ),
      modality: kept.modality,
      prompt: kept.prompt,
      params: kept.params,
      toolChoice: kept.hasTools ? undefined : kept.toolChoice,
      object: schema === undefined || schemaName === undefined ? undefined : { name: schemaName, schema },
      native: kept.native,
      call: own
    })
  }
}

/** What became of a row: its result, and its record. */
export const read = (reading: Reading, stored: StoredRow): Read => {
  const { kept, request } = requestOf(reading, stored)
  const ending = endingOf(reading, request, kept, stored)
  const isAnswered = ending._tag === "Answered" || ending._tag === "Live"
  const generation = isAnswered ? ending.generation : undefined
  const error = ending._tag === "Failed" ? ending.error : undefined
  const usage = generation?.usage ?? error?.usage
  const priced = ending._tag === "Live" || usage === undefined
    ? undefined
    : Meter.price(
      request,
      stored.submittedAt,
      generation ??
        { provider: kept.provider, model: request.model.upstream, usage, serviceTier: undefined, region: undefined },
      true
    )
  const total = Math.max(0, stored.endedAt - stored.submittedAt)
  const state = ending._tag === "Failed" && stored.state === "succeeded" ? "failed" : stored.state
  const outcome = isAnswered ? "ok" : error === undefined ? "interrupted" : error.reason._tag
  const billed = generation !== undefined || error?.usage?.state === "reported"
    ? "yes"
    : error === undefined || !error.maybeBilled
    ? "no"
    : "maybe"
  const attempt: Attempt = {
    provider: generation?.provider ?? kept.provider,
    model: generation?.model ?? kept.model,
    asked: kept.model,
    candidate: 0,
    startedAt: stored.submittedAt,
    duration: total,
    firstToken: undefined,
    outcome,
    billed,
    usage,
    cost: priced?.cost,
    serviceTier: generation?.serviceTier,
    region: generation?.region,
    status: error?.status,
    why: error?.why,
    requestId: generation?.requestId ?? error?.requestId
  }
  const timing = { total, firstToken: undefined, overhead: 0 }
  const whole = generation === undefined
    ? undefined
    : priced === undefined
    ? generation
    : {
      ...generation,
      usage: attempt.usage ?? generation.usage,
      cost: priced.cost,
      saved: priced.saved,
      warnings: [
        ...generation.warnings,
        ...(priced.warning === undefined ? [] : [priced.warning]),
        ...(kept.schemaName !== undefined && request.object === undefined
          ? [`the object isn't decoded: give its schema, \`Loom.batch(id, { schemas: { ${kept.schemaName}: … } })\``]
          : [])
      ],
      timing,
      attempts: [attempt]
    }
  const saved = whole?.saved
  if (error !== undefined) error.attempts = [attempt]
  return {
    row: rowOf(stored, kept, state, whole, error),
    record: {
      id: stored.callId,
      startedAt: stored.submittedAt,
      operation: "batch",
      modality: kept.modality,
      asked: { provider: kept.asked.provider, model: kept.asked.model },
      provider: attempt.provider,
      model: attempt.model,
      outcome,
      timing,
      cache: "miss",
      finishReason: whole?.finishReason,
      saved: saved?.unknown === true ? undefined : saved,
      usage,
      error: error === undefined
        ? undefined
        : { status: error.status, what: error.what, why: error.why, fix: error.fix },
      requestId: attempt.requestId,
      cacheable: false,
      tags: kept.tags,
      route: undefined,
      tried: [],
      warnings: whole?.warnings ?? [],
      attempts: [attempt]
    },
    recorded: {
      n: stored.n,
      state,
      error: error?.reason._tag,
      cost: billed === "no" ? 0 : attempt.cost?.picoUsd,
      saved: saved?.unknown === true ? undefined : saved?.picoUsd
    }
  }
}

type Ending =
  | { readonly _tag: "Answered" | "Live"; readonly generation: Generation }
  | { readonly _tag: "Failed"; readonly error: GenerateError }
  | { readonly _tag: "Cancelled" }

const endingOf = (
  { endpointOf }: Reading,
  request: Request.Request,
  kept: Kept,
  { outcome, state }: StoredRow
): Ending => {
  const failed = (reason: Reason, more: { readonly status?: number; readonly requestId?: string } = {}): Ending => ({
    _tag: "Failed",
    error: new GenerateError({ provider: kept.provider, model: kept.model, reason, ...more })
  })
  const unreadable = () => failed(new InvalidResponse({ detail: "what is kept of the row can't be read" }))
  switch (state) {
    case "cancelled":
    case "open":
      return { _tag: "Cancelled" }
    case "expired":
      if (outcome !== undefined) break
      return failed(new Overloaded({ detail: "the batch expired before this row's turn came", maybeBilled: false }))
    case "missing":
      return failed(new InvalidResponse({ detail: "the results of the batch don't have this row" }))
    default:
  }
  const json = parse(outcome ?? "")
  if (!isRecord(json)) return unreadable()
  if (json._tag === "Answered") {
    const endpoint = endpointOf(kept.provider)
    if (endpoint === undefined) return unreadable()
    const requestId = typeof json.requestId === "string" ? json.requestId : undefined
    return Result.match(endpoint.generation(request, { _tag: "Answered", json: json.json, requestId }), {
      onFailure: (error): Ending => ({ _tag: "Failed", error }),
      onSuccess: (generation): Ending => ({ _tag: "Answered", generation: metered(request, generation) })
    })
  }
  if (json._tag === "Live") {
    const answer = KeptAnswer.decode(Buffer.from(JSON.stringify(json.answer)))
    if (answer === undefined) return unreadable()
    const { generation, object } = answer
    if (request.object === undefined || object === undefined) return { _tag: "Live", generation }
    return Result.match(Schema.decodeUnknownResult(Schema.toCodecJson(request.object.schema))(object), {
      onFailure: () => failed(new InvalidResponse({ detail: "the object doesn't fit its schema" })),
      onSuccess: (object): Ending => ({ _tag: "Live", generation: { ...generation, object } })
    })
  }
  const reason = decodeReason(json.reason)
  if (Result.isFailure(reason)) return unreadable()
  return failed(reason.success, {
    ...(typeof json.status === "number" ? { status: json.status } : undefined),
    ...(typeof json.requestId === "string" ? { requestId: json.requestId } : undefined)
  })
}

/** A vendor that counts nothing is counted for. */
const metered = (request: Request.Request, generation: Generation): Generation =>
  generation.usage.state === "missing"
    ? { ...generation, usage: Request.estimateUsage(request, generation.text.length) }
    : generation

const rowOf = (
  stored: StoredRow,
  kept: Kept,
  state: RowState,
  generation: Generation | undefined,
  error: GenerateError | undefined
): Batch.Row => {
  const row = { customId: stored.customId, index: stored.n, provider: kept.provider, model: kept.model }
  if (generation !== undefined) return { _tag: "Success", ...row, generation }
  if (error === undefined) return { _tag: "Cancelled", ...row }
  return { _tag: state === "expired" ? "Expired" : state === "missing" ? "Missing" : "Failure", ...row, error }
}

/**
 * What a caller asks for, and how it becomes a Request: decoded once, at the boundary, with an error that names the
 * option at fault.
 *
 * @since 1.0.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { hasProperty } from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Prompt from "effect/ai/Prompt"
import type * as Tool from "effect/ai/Tool"
import type { CacheUse, Call } from "./Call.ts"
import * as Catalog from "./Catalog.ts"
import { Failover } from "./Failover.ts"
import { type GenerateError, invalidRequest } from "./GenerateError.ts"
import type * as Model from "./Model.ts"
import type { Vendors } from "./Providers.ts"
import * as Request from "./Request.ts"
import { RetryPolicy } from "./RetryPolicy.ts"
import * as Params from "./internal/params.ts"
import { problemsOf } from "./internal/problems.ts"

/**
 * A provider's key: one of those that Loom knows, or any that a catalog lists.
 *
 * @category models
 * @since 1.0.0
 */
export type Provider = keyof Catalog.ModelIds | keyof Vendors | (string & {})

type ModelOf<P> = P extends keyof Catalog.ModelIds ? Catalog.ModelIds[P] | (string & {}) : string

type Native<P, Side extends "request" | "reply", Otherwise> = P extends keyof Vendors ? Vendors[P][Side] : Otherwise

/**
 * The type of `Generation.native` for a provider: its SDK's own reply.
 *
 * @category models
 * @since 1.0.0
 */
export type Reply<P> = Native<P, "reply", unknown>

/**
 * A provider and a model, or both in one: `{ model: "openai/gpt-4o-mini" }`.
 *
 * @category models
 * @since 1.0.0
 */
export type Asked<P extends Provider> =
  | { readonly provider: P; readonly model: ModelOf<P> }
  | { readonly provider?: undefined; readonly model: Catalog.QualifiedId }

/**
 * Options of a call that any vendor understands.
 *
 * @category models
 * @since 1.0.0
 */
export interface Common extends Request.Params {
  /** A text, or messages with text and files; part options of a vendor go under its key. */
  readonly prompt: Prompt.RawInput
  /** What the model makes by default. */
  readonly modality?: "text" | "image" | undefined
  /** Instructions before the conversation: a system message in front of the prompt. */
  readonly system?: string | undefined
  /** What the model may ask to be run. Loom runs none of them: the answer says which, with what arguments. */
  readonly tools?: ReadonlyArray<Tool.Any> | undefined
  readonly toolChoice?: Request.ToolChoice | undefined
  /** How long the whole call may take, retries and failover included. */
  readonly timeout?: Duration.Input | undefined
  /** In place of the layer's policy. Such a call isn't coalesced with others. */
  readonly retry?: RetryPolicy | undefined
  /** Attempts at most, retries and failover together: 9. */
  readonly maxAttempts?: number | undefined
  /** In place of the layer's: `false` neither looks for a kept answer nor keeps one, `{ ttl }` does both. */
  readonly cache?: false | CacheOptions | undefined
  /** Whether the answer to the same question, asked at the same time, will do: `true`. For deliberate samples `false`. */
  readonly coalesce?: boolean | undefined
  /** Who stands in where the model can't be reached, in place of the layer's choice: nobody with `false`. */
  readonly failover?: Failover | undefined
  /** Put on the call's record. */
  readonly tags?: Readonly<Record<string, string>> | undefined
}

/**
 * How a call uses the response cache.
 *
 * @category models
 * @since 1.0.0
 */
export interface CacheOptions {
  /** How long its answer is kept: the layer's time where unset. Where neither is, the cache has no part in the call. */
  readonly ttl?: Duration.Input | undefined
  /** Answers are shared within a scope only: a tenant, an environment. */
  readonly scope?: string | undefined
  /** Asks anew, and keeps the new answer. */
  readonly refresh?: boolean | undefined
}

/**
 * Everything that a call may be asked with.
 *
 * @category models
 * @since 1.0.0
 */
export type GenerateOptions<P extends Provider = Provider> = Common & Asked<P> & {
  /** The vendor SDK's own request options, merged last and sent untouched. */
  readonly native?: Native<P, "request", Readonly<Record<string, unknown>>> | undefined
}

/**
 * The options of any call, whoever it asks: what {@link GenerateOptions} and {@link ObjectOptions} are to who passes them
 * on.
 *
 * @category models
 * @since 1.0.0
 */
export interface Given extends Common {
  readonly provider?: string | undefined
  readonly model: string
  readonly native?: object | undefined
  readonly schema?: Schema.ConstraintCodec<unknown, unknown> | undefined
  readonly schemaName?: string | undefined
}

/**
 * What a route may be asked with: its candidates have a model, and options of their vendors, of their own.
 *
 * @category models
 * @since 1.0.0
 */
export type RouteOptions = Omit<Common, "failover">

/**
 * What is wrong with the options of a route that no types have held: what belongs to its candidates.
 *
 * @category decoding
 * @since 1.0.0
 */
export const misplacedIn = (options: RouteOptions): GenerateError | undefined => {
  for (const [field, value] of Object.entries(options)) {
    const detail = candidatesOwn.get(field)
    if (detail !== undefined && value !== undefined) return invalidRequest({ field, detail })
  }
  return undefined
}

const candidatesOwn: ReadonlyMap<string, string> = new Map([
  ["provider", "a route's candidates name their providers"],
  ["model", "a route's candidates name their models"],
  ["native", "a vendor's own options belong to a candidate of the route"],
  ["failover", "the candidates of a route stand in for each other"]
])

/**
 * {@link RouteOptions}, and the schema that the answer has to fit.
 *
 * @category models
 * @since 1.0.0
 */
export type RouteObjectOptions<A> = RouteOptions & Pick<ObjectOptions<A>, "schema" | "schemaName">

/**
 * {@link GenerateOptions}, and the schema that the answer has to fit.
 *
 * @category models
 * @since 1.0.0
 */
export type ObjectOptions<A, P extends Provider = Provider> = GenerateOptions<P> & {
  readonly schema: Schema.ConstraintCodec<A, unknown>
  /** What the vendor is told the object is called: `object` by default. */
  readonly schemaName?: string | undefined
}

/**
 * Defaults of a layer, under the caller's own options.
 *
 * @category models
 * @since 1.0.0
 */
export type Defaults = Request.Params

const isTool = (u: unknown): u is Tool.Any => hasProperty(u, toolTypeId)

/** Written out: the module brings much that a call without tools has no use for. */
const toolTypeId: Tool.TypeId = "~effect/ai/Tool"

const others = {
  provider: Schema.NonEmptyString,
  model: Schema.NonEmptyString,
  modality: Schema.Literals(["text", "image"]),
  system: Schema.String,
  tools: Schema.Array(Schema.declare(isTool, { expected: "a Tool" })),
  toolChoice: Schema.Union([
    Schema.Literals(["auto", "required", "none"]),
    Schema.Struct({ tool: Schema.NonEmptyString })
  ]),
  tags: Schema.Record(Schema.String, Schema.String),
  retry: RetryPolicy,
  maxAttempts: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  cache: Schema.Union([
    Schema.Literal(false),
    Schema.Struct({
      ttl: Schema.optional(Schema.Unknown),
      scope: Schema.optional(Schema.NonEmptyString),
      refresh: Schema.optional(Schema.Boolean)
    })
  ]),
  coalesce: Schema.Boolean,
  failover: Failover,
  native: Schema.Record(Schema.String, Schema.Unknown),
  schema: Schema.declare(Schema.isSchema, { expected: "a Schema" }),
  schemaName: Schema.String.check(Schema.isPattern(/^[\w-]{1,64}$/)),
  // These two, and the time in `cache`, have decoders of their own below.
  prompt: Schema.Unknown,
  timeout: Schema.Unknown
}

const schemas = new Map<string, Schema.ConstraintDecoder<unknown>>(Object.entries({ ...Params.fields, ...others }))

const decoders = new Map<string, (u: unknown) => Result.Result<unknown, Schema.SchemaError>>()

/** Made one by one when an option is first given: a call names few of them, and an import none. */
const decoderOf = (name: string) => {
  const made = decoders.get(name)
  if (made !== undefined) return made
  const schema = schemas.get(name)
  if (schema === undefined) return undefined
  const decode = Schema.decodeUnknownResult(schema, { onExcessProperty: "error" })
  decoders.set(name, decode)
  return decode
}

/** The word that was last given for an option, where it fits: calls mostly name the same provider and model. */
const fitting = new Map<string, string>()

type Misfit = readonly [field: string, detail: string]

/** The first option that doesn't fit: where, and why. */
const misfitIn = (options: object): Misfit | undefined => {
  for (const [name, value] of Object.entries(options)) {
    const decode = decoderOf(name)
    if (decode === undefined) return [name, "there is no such option; what only one vendor knows goes into `native`"]
    if (value === undefined || (typeof value === "string" && fitting.get(name) === value)) continue
    const decoded = decode(value)
    if (Result.isFailure(decoded)) return misfitAt(name, decoded.failure)
    if (typeof value === "string" && !saidAnew.has(name)) fitting.set(name, value)
  }
  return undefined
}

/** What is another text at every call, and nobody's to keep. */
const saidAnew: ReadonlySet<string> = new Set(["prompt", "system"])

const misfitAt = (name: string, error: Schema.SchemaError): Misfit => {
  const [{ message, path }] = problemsOf(error)
  return [path === "" || path.startsWith("[") ? `${name}${path}` : `${name}.${path}`, message]
}

/** What a layer takes otherwise than a call. Made for each layer: an import needs none of it. */
const misfitOfLayer = (
  catalog: Catalog.Catalog,
  options: { readonly cache?: unknown; readonly health?: unknown; readonly limits?: unknown }
): Misfit | undefined => {
  const Length = Schema.optional(Schema.declare(isDuration, { expected: "a duration" }))
  const Count = Schema.optional(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)))
  const Bytes = Schema.optional(Schema.Finite.check(Schema.isGreaterThan(0)))
  const Given = Schema.optional(Schema.Unknown)
  const Cache = Schema.Struct({
    ttl: Length,
    capacity: Schema.optional(Schema.Natural),
    maxEntryBytes: Bytes,
    sqlite: Schema.optional(Schema.Union([
      Schema.Boolean,
      Schema.Struct({ path: Schema.optional(Schema.NonEmptyString), maxBytes: Bytes })
    ])),
    store: Given
  })
  const Health = Schema.Struct({
    failures: Count,
    openFor: Length,
    maxOpenFor: Length,
    maxRetryAfter: Length,
    onTransition: Given
  })
  const Limits = Schema.Record(
    Schema.String,
    Schema.Struct({
      requestsPerMinute: Count,
      tokensPerMinute: Count,
      concurrency: Count,
      maxWait: Length,
      maxQueue: Schema.optional(Schema.Natural)
    })
  )
  const { cache, health, limits } = options
  const decodedCache = Schema.decodeUnknownResult(Schema.UndefinedOr(Cache), { onExcessProperty: "error" })(cache)
  if (Result.isFailure(decodedCache)) return misfitAt("cache", decodedCache.failure)
  if (health !== false && health !== undefined) {
    const decodedHealth = Schema.decodeUnknownResult(Health, { onExcessProperty: "error" })(health)
    if (Result.isFailure(decodedHealth)) return misfitAt("health", decodedHealth.failure)
  }
  if (limits === false || limits === undefined) return undefined
  const decodedLimits = Schema.decodeUnknownResult(Limits, { onExcessProperty: "error" })(limits)
  return Result.isFailure(decodedLimits)
    ? misfitAt("limits", decodedLimits.failure)
    : unlimitedIn(catalog, Object.keys(decodedLimits.success))
}

/** The first name of a limit that the catalog knows nothing of. A model's provider is enough: not all models are listed. */
const unlimitedIn = (catalog: Catalog.Catalog, names: ReadonlyArray<string>): Misfit | undefined => {
  const stranger = names.find((name) =>
    name !== "*" && Catalog.provider(catalog, name.split("/")[0] ?? name) === undefined
  )
  return stranger === undefined
    ? undefined
    : [`limits.${stranger}`, "the catalog has no such provider: name one, or provider/model, or * for all"]
}

const isDuration = (u: unknown): u is Duration.Input => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is looked at there: what is no duration is none
  const duration = Duration.fromInput(u as Duration.Input)
  return Option.isSome(duration) && Duration.toMillis(duration.value) >= 0
}

/**
 * Decodes what a layer gives to all its calls: its defaults. Fails with `InvalidRequest`, which names the option at fault,
 * a model to fail over to that the catalog doesn't list among them.
 *
 * @category decoding
 * @since 1.0.0
 */
export const decodeLayer = (
  catalog: Catalog.Catalog,
  options: {
    readonly defaults?: Defaults | undefined
    readonly retry?: RetryPolicy | undefined
    readonly maxAttempts?: number | undefined
    readonly coalesce?: boolean | undefined
    readonly failover?: Failover | undefined
    readonly cache?: unknown
    readonly health?: unknown
    readonly limits?: unknown
  }
): Result.Result<Defaults, GenerateError> => {
  const { coalesce, defaults = {}, failover, maxAttempts, retry } = options
  const wrongDefault = misfitIn(defaults)
  const misfit = wrongDefault === undefined
    ? misfitIn({ retry, maxAttempts, coalesce, failover }) ?? strangerIn(catalog, failover) ??
      misfitOfLayer(catalog, options)
    : [`defaults.${wrongDefault[0]}`, wrongDefault[1]] as const
  if (misfit === undefined) return Result.succeed(Params.given(defaults))
  const [field, detail] = misfit
  return Result.fail(invalidRequest({ field, detail }))
}

/** The first model to fail over to that a catalog doesn't list: a typo isn't found out on the day of the outage. */
const strangerIn = (
  catalog: Catalog.Catalog,
  failover: Failover | undefined
): Misfit | undefined => {
  if (typeof failover !== "object") return undefined
  for (const [index, one] of failover.entries()) {
    const found = Catalog.resolve(catalog, typeof one === "string" ? { model: one } : one)
    if (Result.isFailure(found)) return [`failover[${index}]`, found.failure.message]
  }
  return undefined
}

/**
 * What a caller asked, decoded: it becomes a Request once its model is known.
 *
 * @category models
 * @since 1.0.0
 */
export interface Decoded {
  readonly provider: string | undefined
  readonly model: string
  /** Milliseconds. */
  readonly timeout: number | undefined
  readonly retry: RetryPolicy | undefined
  readonly maxAttempts: number | undefined
  readonly cache: CacheUse | false | undefined
  readonly coalesce: boolean | undefined
  readonly failover: Failover | undefined
  readonly tags: Readonly<Record<string, string>> | undefined
  readonly request: (
    catalog: Catalog.Catalog,
    defaults: Defaults,
    call: Call
  ) => Effect.Effect<Request.Request, GenerateError>
  /** The same for a model of another's choice, with params of its own; not checked yet. */
  readonly requestFor: (
    model: Model.Model,
    defaults: Defaults,
    call: Call,
    own?: Request.Params
  ) => Request.Request
}

/**
 * Decodes the options of a call. Fails with `InvalidRequest`, which names the option.
 *
 * @category decoding
 * @since 1.0.0
 */
export const decode = (
  options: Given
): Result.Result<Decoded, GenerateError> => {
  const refuse = (field: string, detail: string) =>
    Result.fail(invalidRequest({ field, detail, provider: text(options.provider), model: text(options.model) }))

  const misfit = misfitIn(options)
  if (misfit !== undefined) return refuse(...misfit)
  if (options.model === undefined) return refuse("model", "a model is needed")
  const prompt = promptOf(options.prompt, options.system)
  if (Result.isFailure(prompt)) return refuse("prompt", prompt.failure)
  const timeout = options.timeout === undefined ? undefined : millisOf(options.timeout)
  if (timeout !== undefined && !(timeout > 0)) return refuse("timeout", "a duration above zero is needed")
  if (Array.isArray(options.cache)) return refuse("cache", "`false` or an object is needed")
  const ttl = typeof options.cache === "object" && options.cache.ttl !== undefined
    ? millisOf(options.cache.ttl)
    : undefined
  if (ttl !== undefined && !(ttl > 0)) return refuse("cache.ttl", "a duration above zero is needed")
  const native = nativeProblem(options.native)
  if (native !== undefined) return refuse(...native)
  const tools = options.tools ?? []
  const duplicate = tools.find((tool, index) => tools.findIndex((other) => other.name === tool.name) < index)
  if (duplicate !== undefined) return refuse("tools", `two tools are named ${duplicate.name}`)
  const { toolChoice } = options
  if (typeof toolChoice === "object" && !tools.some((tool) => tool.name === toolChoice.tool)) {
    return refuse("toolChoice", `no tool is named ${toolChoice.tool}`)
  }

  if (options.size !== undefined && options.aspectRatio !== undefined) {
    return refuse("aspectRatio", "it can't be given together with `size`")
  }

  const asked = {
    prompt: prompt.success,
    tools: Request.inOrder(tools),
    toolChoice,
    object: options.schema === undefined ? undefined : { name: options.schemaName ?? "object", schema: options.schema },
    native: { ...options.native }
  }
  const params = Params.given(options)
  const requestFor: Decoded["requestFor"] = (model, defaults, call, own) => {
    const { modality = Request.modalityOf(model) } = options
    const usual = Params.over(model.defaults, Params.defaultsFor(modality, defaults))
    const stated = Params.over(usual, params)
    return {
      ...asked,
      modality,
      model,
      candidate: 0,
      call,
      params: own === undefined ? stated : Params.over(stated, Params.stated(own))
    }
  }
  return Result.succeed({
    provider: options.provider,
    model: options.model,
    timeout,
    retry: options.retry,
    maxAttempts: options.maxAttempts,
    cache: typeof options.cache === "object" ? { ...options.cache, ttl } : options.cache,
    coalesce: options.coalesce,
    failover: options.failover,
    tags: options.tags,
    requestFor,
    request: (catalog, defaults, call) =>
      Effect.suspend(() => {
        const stranger = strangerIn(catalog, options.failover)
        if (stranger !== undefined) return Effect.fromResult(refuse(...stranger))
        return Effect.flatMap(
          Request.resolve(catalog, { provider: options.provider, model: options.model }),
          (model) => Request.checked(requestFor(model, defaults, call))
        )
      })
  })
}

const text = (value: unknown): string | undefined => typeof value === "string" ? value : undefined

const promptOf = (prompt: Prompt.RawInput, system: string | undefined): Result.Result<Prompt.Prompt, string> => {
  if (prompt === undefined || prompt === null) return Result.fail("a prompt is needed")
  if (prompt === "") return Result.fail("the prompt is empty")
  return Result.map(
    Result.try({
      try: () => {
        const made = Prompt.make(prompt)
        if (!Array.isArray(made.content)) throw new TypeError("a text or messages are needed")
        if (made.content.length === 0) throw new TypeError("there is no message in it")
        return made
      },
      catch: (error) =>
        Schema.isSchemaError(error) ? misfitOf(error) : error instanceof Error ? error.message : "it can't be read"
    }),
    (made) => system === undefined ? made : Prompt.concat(Prompt.make([{ role: "system", content: system }]), made)
  )
}

const misfitOf = (error: Schema.SchemaError): string => {
  const [{ message, path }] = problemsOf(error)
  return path === "" ? message : `${path}: ${message}`
}

const millisOf = (timeout: Duration.Input): number =>
  Result.match(Result.try(() => Duration.toMillis(Duration.fromInputUnsafe(timeout))), {
    onFailure: () => NaN,
    onSuccess: (millis) => millis
  })

/** The first value in `native` that JSON can't say: where it is, and why. */
const nativeProblem = (
  native: object | undefined
): readonly [string, string] | undefined => {
  if (native === undefined) return undefined
  for (const name of ["__proto__", "constructor", "prototype"]) {
    if (Object.hasOwn(native, name)) return [`native.${name}`, "no vendor has an option of that name"]
  }
  const visited = new Set<object>()
  const left: Array<readonly [path: string, value: unknown]> = [["native", native]]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [path, value] = next
    if (typeof value === "number" && !Number.isFinite(value)) return [path, `${value} can't be sent`]
    if (typeof value === "bigint") return [path, "a BigInt can't be sent"]
    if (!isPlain(value) || visited.has(value)) continue
    visited.add(value)
    for (const [name, inner] of Object.entries(value)) left.push([`${path}.${name}`, inner])
  }
  return undefined
}

const isPlain = (value: unknown): value is object => {
  if (typeof value !== "object" || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Array.isArray(value)
}

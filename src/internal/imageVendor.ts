/**
 * What every vendor of images without an SDK does alike: read the key, write the request, send it through Transport,
 * wait for its job, read what it made. A vendor brings a record: how it is asked, and what its answers mean.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type { Gate } from "../Call.ts"
import { type GenerateError, InvalidResponse } from "../GenerateError.ts"
import * as Generation from "../Generation.ts"
import * as Generator from "../Generator.ts"
import type { Request } from "../Request.ts"
import * as Transport from "../Transport.ts"
import { baseUrlOf } from "./baseUrl.ts"
import { errorOf, failure, type Told, told, unreadable } from "./failures.ts"
import { fanOut } from "./fanOut.ts"
import { type Answer, generationOf } from "./imageAnswer.ts"
import { type Asked, askedOf, fetched } from "./imageAsked.ts"
import * as ImageJob from "./imageJob.ts"
import { isRecord, parse, unparsable } from "./json.ts"
import * as Keys from "./keys.ts"
import { type Refusal, retryAfterOf } from "./refusal.ts"
import { Refused } from "./refused.ts"

/** How a vendor is reached. */
export interface Options {
  /** The name that errors and records carry: the vendor's key by default. */
  readonly provider?: string | undefined
  /** Read at every call, so that a key set or rotated later is seen. */
  readonly apiKey?: Keys.Key | undefined
  /** Where the key comes from, in words for errors: the environment variable's name by default. */
  readonly apiKeyEnv?: string | undefined
  /** Else `<KEY>_BASE_URL`, else the vendor's own. */
  readonly baseUrl?: string | undefined
  readonly limits?: Partial<Transport.Limits> | undefined
}

/** One vendor. `Sent` is a request as it writes it. */
export interface Vendor<Sent> {
  /** Its key in the catalog. */
  readonly provider: string
  readonly baseUrl: string
  /** The environment variable that holds the key. */
  readonly apiKeyEnv: string
  /** Where its key comes from, of one that is no single secret. */
  readonly keySource?: Effect.Effect<Keys.KeySource, never, Transport.Transport> | undefined
  /** What says who asks: of a signature, for this very message. */
  readonly headers: (secret: string, message: Outgoing, now: number) => Readonly<Record<string, string>>
  /** Domains that its answers may point to with the key, besides the base URL: `bfl.ai` and what is under it. */
  readonly domains?: ReadonlyArray<string> | undefined
  /** Whether it takes pictures by address. Otherwise Loom fetches those that the caller names. */
  readonly takesLinks: boolean
  /** Makes one image a request: further ones are asked for by requests of their own. */
  readonly oneByOne?: boolean | undefined
  /** Requests at once with one key: without end where unset. */
  readonly concurrency?: number | undefined
  readonly requestIdHeader?: string | undefined
  /** Writes a request, before anything is sent. Throws a GenerateError where it holds what the vendor can't do. */
  readonly write: (request: Request, asked: Asked) => Sent
  /** Asks: one attempt, from the first message to the links of what was made. */
  readonly ask: (sent: Sent, wire: Wire) => Effect.Effect<Answer, GenerateError>
  /** What an answer with an error status means, beyond status and `retry-after`: its words, its code's kind. */
  readonly refusalOf: (refused: Refused) => Partial<Omit<Refusal, "status">>
  /** Whether an answer with a good status is none, but an error for `refusalOf`. */
  readonly isRefusal?: ((json: Readonly<Record<string, unknown>>) => boolean) | undefined
  /** The failure that a good status hides. */
  readonly errorIn?: ((json: Readonly<Record<string, unknown>>) => Told | undefined) | undefined
}

/** A message as it is sent. */
export interface Outgoing {
  readonly method: string
  readonly url: URL
  /** `undefined` for a form. */
  readonly body: string | undefined
}

/** What a vendor is told. */
export interface Message {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  /** Below the base URL (`/v1/images`), or an address that the vendor gave: one that isn't the vendor's is refused. */
  readonly to: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly json?: unknown
  readonly form?: FormData | undefined
}

/** What it says. */
export interface Reply<A> {
  readonly value: A
  /** As it came. */
  readonly json: unknown
  readonly status: number
  readonly headers: Headers
  readonly requestId: string | undefined
}

/** What an attempt is made with. */
export interface Wire {
  readonly request: Request
  /** Sends a message, and decodes the JSON that is the answer. */
  readonly send: <A>(schema: Schema.ConstraintDecoder<A>, message: Message) => Effect.Effect<Reply<A>, GenerateError>
  /** Waits for a job that was accepted; tells who listens how it goes. */
  readonly job: <A>(job: ImageJob.Job<A>) => Effect.Effect<A, GenerateError>
}

/** Makes the `make` of a vendor. */
export const make = <Sent>(vendor: Vendor<Sent>) =>
  Effect.fnUntraced(function*(
    options?: Options
  ): Effect.fn.Return<Generator.Generator, never, Transport.Transport> {
    const transport = yield* Transport.Transport
    const { provider = vendor.provider } = options ?? {}
    const variable = `${vendor.provider.toUpperCase().replaceAll("-", "_")}_BASE_URL`
    const baseUrl = yield* baseUrlOf(options?.baseUrl, variable, vendor.baseUrl)
    const key = yield* (vendor.keySource ?? Keys.source(options?.apiKey, options?.apiKeyEnv ?? vendor.apiKeyEnv))
    const link = transport.link({ provider, trusted: [baseUrl], limits: options?.limits })
    const addresses = addressesOf(vendor, transport, { ...options, provider, baseUrl })
    const fingerprintOf = Keys.clientFor(() => Promise.resolve())

    const prepare = (request: Request) =>
      Effect.flatMap(
        Effect.try({
          try: () => vendor.write(request, askedOf(request)),
          catch: (cause) => errorOf(request, cause, undefined, () => undefined)
        }),
        (sent) => Effect.map(key.read(request), (secret): Prepared<Sent> => ({ sent, key: secret }))
      )

    const answer = (request: Request, prepared: Prepared<Sent>, heard: Generator.Heard | undefined) =>
      Effect.flatMap(
        vendor.ask(prepared.sent, wireOf(vendor, request, prepared.key, key, addresses, heard)),
        (answer) => generationOf(request, answer, link)
      )
    const generator = Generator.makePrepared<Prepared<Sent>>({
      prepare,
      keyOf: (prepared) => fingerprintOf(prepared.key).fingerprint,
      // A key that was refused may have been rotated since it was read.
      again: (request, { key: refused, sent }, { jobId, reason }) =>
        reason._tag !== "KeyRefused" || jobId !== undefined
          ? Effect.undefined
          : Effect.map(
            key.refetch(request, refused),
            (newer) => Equal.equals(newer, refused) ? undefined : { sent, key: newer }
          ),
      generate: answer,
      open: (request, prepared, heard) =>
        Effect.map(
          answer(request, prepared, heard),
          (generation) => Stream.fromIterable(Generation.toParts(generation))
        )
    })
    const limited = vendor.concurrency === undefined
      ? generator
      : Generator.gate(generator, atMost(vendor.concurrency))
    const loaded = vendor.takesLinks
      ? limited
      : Generator.mapRequest(limited, fetched(transport.link({ provider, limits: options?.limits })))
    return vendor.oneByOne === true ? fanOut(loaded) : loaded
  })

interface Prepared<Sent> {
  readonly sent: Sent
  readonly key: Redacted.Redacted
}

/** So many attempts at once with one key. The others wait; their wait is no attempt. */
const atMost = (permits: number): Gate => {
  const byKey = new Map<string, Semaphore.Semaphore>()
  return ({ key }, attempt) => {
    const semaphore = byKey.get(key) ?? Semaphore.makeUnsafe(permits)
    byKey.set(key, semaphore)
    return Semaphore.withPermit(semaphore, attempt)
  }
}

/** Where a vendor's messages may go, and how. */
type Addresses = (to: string) => { readonly url: URL; readonly fetch: Transport.Fetch } | string

const addressesOf = (
  { domains = [] }: Pick<Vendor<never>, "domains">,
  transport: Transport.Transport["Service"],
  options: { readonly provider: string; readonly baseUrl: string; readonly limits?: Options["limits"] }
): Addresses => {
  const base = options.baseUrl.replace(/\/+$/, "")
  const { origin } = new URL(base)
  const own = transport.vendor(options)
  const others = new Map<string, Transport.Fetch>()
  return (to) => {
    if (to.startsWith("/")) return { url: new URL(`${base}${to}`), fetch: own }
    if (!URL.canParse(to)) return "it points to something that is no address"
    const url = new URL(to)
    if (url.origin === origin) return { url, fetch: own }
    const isOwn = url.protocol === "https:" && url.username === "" && url.password === "" &&
      domains.some((domain) => url.hostname === domain || url.hostname.endsWith(`.${domain}`))
    if (!isOwn) return `it points to ${url.host}, which isn't the vendor's`
    const fetch = others.get(url.origin) ?? transport.vendor({ ...options, baseUrl: url.origin })
    if (others.size < mostOthers) others.set(url.origin, fetch)
    return { url, fetch }
  }
}

const mostOthers = 16

const wireOf = <Sent>(
  vendor: Vendor<Sent>,
  request: Request,
  key: Redacted.Redacted,
  keys: Keys.KeySource,
  addresses: Addresses,
  heard: Generator.Heard | undefined
): Wire => {
  const send = (message: Message) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.callback<Reply<unknown>, GenerateError>((resume) => {
        const handle = new Transport.Handle()
        const exchange = async (): Promise<Effect.Effect<Reply<unknown>, GenerateError>> => {
          const address = addresses(message.to)
          if (typeof address === "string") {
            return Effect.fail(failure(request, new InvalidResponse({ detail: address })))
          }
          const { fetch, url } = address
          const body = message.json === undefined ? undefined : JSON.stringify(message.json)
          const response = await fetch(url, {
            method: message.method,
            headers: {
              accept: "application/json",
              ...(body === undefined ? undefined : { "content-type": "application/json" }),
              ...message.headers,
              ...vendor.headers(Redacted.value(key), { method: message.method, url, body }, now)
            },
            body: body ?? message.form ?? null,
            ...Transport.cancelledBy(handle)
          })
          heard?.(response.headers)
          const text = await response.text()
          const json = parse(text)
          const isError = !response.ok || (isRecord(json) && vendor.isRefusal?.(json) === true)
          if (isError) {
            throw isRecord(json)
              ? new Refused(response.status, json, undefined, response.headers)
              : new Refused(response.status, undefined, text, response.headers)
          }
          const requestId = vendor.requestIdHeader === undefined
            ? undefined
            : response.headers.get(vendor.requestIdHeader) ?? undefined
          if (json === unparsable) {
            const detail = text === "" ? "the body is empty" : `${text.length} characters that are no JSON`
            return Effect.fail(
              failure(request, new InvalidResponse({ detail }), { status: response.status, requestId })
            )
          }
          const error = isRecord(json) ? vendor.errorIn?.(json) : undefined
          return error === undefined
            ? Effect.succeed({ value: undefined, json, status: response.status, headers: response.headers, requestId })
            : Effect.fail(told(request, error, { key, keySource: keys.nameOf(key), requestId }))
        }
        exchange().then(resume, (cause) => resume(Effect.fail(errorOf(request, cause, key, refusalIn(now)))))
        return Effect.sync(() => handle.abort())
      }))

  const refusalIn = (now: number) => (cause: Error): Refusal | undefined =>
    cause instanceof Refused
      ? {
        detail: cause.message,
        retryAfter: retryAfterOf(cause.headers, now),
        requestId: vendor.requestIdHeader === undefined
          ? undefined
          : cause.headers.get(vendor.requestIdHeader) ?? undefined,
        keySource: keys.nameOf(key),
        ...vendor.refusalOf(cause),
        status: cause.status
      }
      : undefined

  return {
    request,
    send: (schema, message) =>
      Effect.flatMap(send(message), (reply) =>
        Result.match(decoderOf(schema)(reply.json), {
          onSuccess: (value) => Effect.succeed({ ...reply, value }),
          onFailure: (error) => Effect.fail(unreadable(request, error, { requestId: reply.requestId }))
        })),
    job: (job) => ImageJob.wait(request, key, job)
  }
}

const decoders = new WeakMap<object, unknown>()

const decoderOf = <A>(schema: Schema.ConstraintDecoder<A>): (json: unknown) => Result.Result<A, Schema.SchemaError> => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is kept under a schema is its own decoder
  const known = decoders.get(schema) as ((json: unknown) => Result.Result<A, Schema.SchemaError>) | undefined
  if (known !== undefined) return known
  const decode = Schema.decodeUnknownResult(schema)
  decoders.set(schema, decode)
  return decode
}

/**
 * What every adapter of a vendor's SDK does alike: read the key, have the SDK build the request, send it through
 * Transport, read the reply, name what broke. A vendor brings its SDK, its protocols, and how its SDK tells of an HTTP error.
 */
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { GenerateError, InvalidRequest } from "../GenerateError.ts"
import type { Generation } from "../Generation.ts"
import * as Generator from "../Generator.ts"
import type { Request } from "../Request.ts"
import type * as Transport from "../Transport.ts"
import * as Exchange from "./exchange.ts"
import { errorOf, failure, type Origin, type Told, told } from "./failures.ts"
import type { Framing } from "./framing.ts"
import { isRecord, parse } from "./json.ts"
import { clientFor, type KeySource } from "./keys.ts"
import type { Refusal } from "./refusal.ts"

/** One of a vendor's ways to be asked. */
export interface Protocol<Sdk, Body> {
  /** Throws where the request holds what can't be sent. */
  readonly body: (request: Request, stream: boolean) => Body
  /** Has the SDK build the HTTP request: address, key, headers, and these options of `fetch`. */
  readonly build: (sdk: Sdk, body: Body, fetchOptions: object) => Promise<Built>
  /** The failure that a whole reply or an event tells; the other functions never see one that does. */
  readonly errorIn: (json: Readonly<Record<string, unknown>>) => Told | undefined
  /** The Generation in a whole reply. */
  readonly generation: (request: Request, json: unknown, origin: Origin) => Result.Result<Generation, GenerateError>
  /** Decodes the events of one stream. */
  readonly decoder: (request: Request, origin: Origin) => Exchange.Decoder
  /** How its streams are cut into events: server-sent events without. */
  readonly framing?: Framing | undefined
}

/** What an SDK's `buildRequest` gives. */
export interface Built {
  readonly req: object
  readonly url: string
}

/** A protocol that is ready to be asked: what its SDK takes stays between its functions. */
export interface Ready<Sdk> {
  /** What will be sent. */
  readonly body: unknown
  readonly build: (sdk: Sdk, fetchOptions: object) => Promise<Built>
  readonly errorIn: Protocol<Sdk, unknown>["errorIn"]
  readonly generation: Protocol<Sdk, unknown>["generation"]
  readonly decoder: Protocol<Sdk, unknown>["decoder"]
  readonly framing?: Framing | undefined
}

/** Writes a request in a protocol. Throws where the request holds what can't be sent. */
export const ready = <Sdk, Body>(protocol: Protocol<Sdk, Body>) => (request: Request, stream: boolean): Ready<Sdk> => {
  const body = protocol.body(request, stream)
  return { ...protocol, body, build: (sdk, fetchOptions) => protocol.build(sdk, body, fetchOptions) }
}

/** A vendor's SDK with a key. */
export interface Loaded<Sdk> {
  readonly client: Sdk
  /** The SDK's own error of an HTTP answer. */
  readonly errorOf: (
    status: number,
    body: object | undefined,
    message: string | undefined,
    headers: Headers
  ) => Error
}

export interface Vendor<Sdk> {
  readonly key: KeySource
  readonly sdk: (secret: string) => Promise<Loaded<Sdk>>
  readonly fetch: Transport.Fetch
  /** Chooses a protocol, and writes the request in it. */
  readonly write: (request: Request, stream: boolean) => Ready<Sdk>
  readonly requestIdHeader: string
  /** Where its answers say how they were served, if not in their bodies. */
  readonly serviceTierHeader?: string | undefined
  /** What the SDK threw for an HTTP answer, read at this time. */
  readonly refusalOf: (cause: Error, now: number) => Refusal | undefined
}

/** Milliseconds: the longest that a timer takes, for an SDK that has one. Transport keeps the time. */
export const noTimeout = 2 ** 31 - 1

export const make = <Sdk>(vendor: Vendor<Sdk>): Generator.Generator => {
  const sdkFor = clientFor(vendor.sdk)

  const prepare = (request: Request, stream: boolean) =>
    Effect.flatMap(vendor.key.read(request), (key) => prepareWith(request, stream, key))

  const prepareWith = (request: Request, stream: boolean, key: Redacted.Redacted) =>
    Effect.clockWith((clock) => {
      const written = write(vendor, request, stream)
      if (Result.isFailure(written)) return Effect.fail(written.failure)
      const protocol = written.success
      const { client, fingerprint } = sdkFor(key)
      const exchange: Exchange.Exchange = {
        request,
        fail: (cause) =>
          errorOf(request, cause, key, (error) => {
            const refusal = vendor.refusalOf(error, clock.currentTimeMillisUnsafe())
            return refusal && { ...refusal, keySource: vendor.key.nameOf(key) }
          }),
        send: async (fetchOptions, heard) => ask(vendor.fetch, await client, protocol, fetchOptions, heard),
        errorIn: (json, origin) => {
          const error = protocol.errorIn(json)
          return error && told(request, error, origin)
        },
        framing: protocol.framing,
        originOf: (headers) => ({
          key,
          requestId: headers.get(vendor.requestIdHeader) ?? undefined,
          serviceTier: vendor.serviceTierHeader === undefined
            ? undefined
            : headers.get(vendor.serviceTierHeader) ?? undefined
        })
      }
      return Effect.succeed({ exchange, protocol, key, stream, fingerprint })
    })

  return Generator.makePrepared({
    prepare,
    keyOf: ({ fingerprint }) => fingerprint,
    // A key that was refused may have been rotated since it was read.
    again: (request, { key, stream }, { reason }) =>
      reason._tag !== "KeyRefused"
        ? Effect.undefined
        : Effect.flatMap(
          vendor.key.refetch(request, key),
          (newer) => Equal.equals(newer, key) ? Effect.undefined : prepareWith(request, stream, newer)
        ),
    generate: (request, { exchange, protocol }, heard) =>
      Effect.flatMap(
        Exchange.ask(exchange, heard),
        ({ json, origin }) => Effect.fromResult(protocol.generation(request, json, origin))
      ),
    open: (request, { exchange, protocol }, heard, counting) =>
      Exchange.open(exchange, (origin) => protocol.decoder(request, origin), heard, counting)
  })
}

/**
 * The SDK builds the request and names what is refused; Transport carries it. The SDK's own way there costs as much as
 * the rest of the call: it retries, logs and keeps the time, which Loom does.
 */
export const ask = async <Sdk>(
  fetch: Transport.Fetch,
  sdk: Loaded<Sdk>,
  protocol: Pick<Ready<Sdk>, "build">,
  fetchOptions: object,
  heard?: Generator.Heard
): Promise<Response> => {
  const { req, url } = await protocol.build(sdk.client, fetchOptions)
  const response = await fetch(url, req)
  heard?.(response.headers)
  if (response.ok) return response
  const text = await response.text().catch((cause: unknown) => cause instanceof Error ? cause.message : "no message")
  const json = parse(text)
  throw isRecord(json)
    ? sdk.errorOf(response.status, json, undefined, response.headers)
    : sdk.errorOf(response.status, undefined, text, response.headers)
}

/** Writes a request as its vendor takes it. */
export const write = <Sdk>(
  vendor: Pick<Vendor<Sdk>, "write">,
  request: Request,
  stream: boolean
): Result.Result<Ready<Sdk>, GenerateError> => {
  try {
    return Result.succeed(vendor.write(request, stream))
  } catch (cause) {
    return Result.fail(cause instanceof GenerateError ? cause : unwritable(request, cause))
  }
}

/** A value as JSON, or the error that it can't be said in it. */
export const written = (request: Request, value: unknown): Result.Result<string, GenerateError> => {
  try {
    return Result.succeed(JSON.stringify(value))
  } catch (cause) {
    return Result.fail(unwritable(request, cause))
  }
}

/** What JSON can't say comes from the prompt: a circular argument of a tool, or one that is nested too deep. */
const unwritable = (request: Request, cause: unknown): GenerateError => {
  const why = cause instanceof Error ? cause.message : String(cause)
  return failure(
    request,
    new InvalidRequest({ field: "prompt", detail: `it can't be written as JSON (${why.split("\n")[0]})` })
  )
}

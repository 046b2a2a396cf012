/**
 * What every vendor's batch endpoint does alike: read the key, have the SDK build the request, send it through Transport
 * (streamed where it is large), and name what broke.
 */
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { Job, Outcome } from "../BatchEndpoint.ts"
import { type GenerateError, InvalidResponse } from "../GenerateError.ts"
import type { Generation } from "../Generation.ts"
import type { Request } from "../Request.ts"
import * as Transport from "../Transport.ts"
import * as Adapter from "./adapter.ts"
import { errorOf, failure, told } from "./failures.ts"
import { isRecord, parse, unparsable } from "./json.ts"
import { clientFor } from "./keys.ts"
import { reasonOf, tidy } from "./refusal.ts"

/** Bytes on their way to a vendor: made anew for every attempt. */
export interface Upload {
  readonly type: string
  /** Bytes, where they are known. */
  readonly length: number
  readonly body: Stream.Stream<Uint8Array, GenerateError>
}

/** How a request of a batch is built, by the SDK. */
export type Build<Sdk> = (sdk: Sdk, fetchOptions: object) => Promise<Adapter.Built>

/** Requests by their address, of an SDK that has no builder for any path. */
export type Addressed<Sdk> = (
  method: "GET" | "POST",
  path: string,
  more?: { readonly query?: Readonly<Record<string, string>>; readonly body?: unknown }
) => Build<Sdk>

/** {@link Addressed}, below `baseUrl`. */
export const addressed = <Sdk>(
  baseUrl: string,
  headersOf: (sdk: Sdk) => Readonly<Record<string, string>>
): Addressed<Sdk> =>
(method, path, { body, query } = {}) =>
(sdk, fetchOptions) =>
  Promise.resolve({
    url: `${baseUrl}${path}${query === undefined ? "" : `?${new URLSearchParams(query).toString()}`}`,
    req: {
      method,
      headers: {
        accept: "application/json",
        ...(body === undefined ? undefined : { "content-type": "application/json" }),
        ...headersOf(sdk)
      },
      ...(body === undefined ? undefined : { body: JSON.stringify(body) }),
      ...fetchOptions
    }
  })

/** A row's own HTTP answer, inside the results. */
export interface RowAnswer {
  readonly status: number
  readonly body: unknown
  readonly requestId: string | undefined
}

export interface Door<Sdk> {
  /** Asks, and reads a whole answer: an object, or the `data` that a list is. */
  readonly json: (
    job: Pick<Job, "asking">,
    build: Build<Sdk>,
    upload?: Upload
  ) => Effect.Effect<Readonly<Record<string, unknown>>, GenerateError>
  /** Asks, and gives the lines of the answer as they arrive: objects. */
  readonly lines: (
    job: Pick<Job, "asking">,
    build: Build<Sdk>
  ) => Stream.Stream<Readonly<Record<string, unknown>>, GenerateError>
  /** What a call would send: the body of its request, as the SDK writes it. */
  readonly body: (request: Request) => Effect.Effect<unknown, GenerateError>
  /** What a row's own HTTP answer says, by the very rules of a call's. */
  readonly outcome: (job: Pick<Job, "asking">, answer: RowAnswer) => Effect.Effect<Outcome, GenerateError>
  /** Reads the answer to a row as that to a call. */
  readonly generation: (
    request: Request,
    answered: Extract<Outcome, { readonly _tag: "Answered" }>
  ) => Result.Result<Generation, GenerateError>
}

/** What is read long after is read without a key. */
const noKey = Redacted.make("")

/** What builds requests that are never sent. An SDK may look for a key of its own where it is given an empty one. */
const anyKey = Redacted.make("none")

/** Epoch milliseconds of a time as text, where it is one. */
export const instantOf = (text: string | null | undefined): number | undefined => {
  const at = Date.parse(text ?? "")
  return Number.isNaN(at) ? undefined : at
}

/** What a file of results may weigh: 50,000 answers of 40 kB. */
const maxBodyBytes = 2 ** 31

/** The way out for batches: a vendor's own, for larger replies. Made at the first use, since most calls are none. */
export const fetchFor = (
  transport: Transport.Transport["Service"],
  options: Transport.VendorOptions
): Transport.Fetch => {
  let fetch: Transport.Fetch | undefined
  return (url, init) => {
    fetch ??= transport.vendor({ ...options, limits: { maxBodyBytes, ...options.limits } })
    return fetch(url, init)
  }
}

/** `fetch` is that of {@link fetchFor}. */
export const make = <Sdk>(vendor: Adapter.Vendor<Sdk>, fetch: Transport.Fetch): Door<Sdk> => {
  const sdkFor = clientFor(vendor.sdk)

  /** With the key; where the vendor refuses it, once more with one that came meanwhile. */
  const withKey = <A>(
    asking: Request,
    ask: (key: Redacted.Redacted) => Effect.Effect<A, GenerateError>
  ): Effect.Effect<A, GenerateError> =>
    Effect.flatMap(
      vendor.key.read(asking),
      (key) =>
        Effect.catch(ask(key), (error) =>
          error.reason._tag !== "KeyRefused"
            ? Effect.fail(error)
            : Effect.flatMap(
              Effect.orElseSucceed(vendor.key.refetch(asking, key), () => key),
              (newer) => Equal.equals(newer, key) ? Effect.fail(error) : ask(newer)
            ))
    )

  const send = (
    asking: Request,
    key: Redacted.Redacted,
    build: Build<Sdk>,
    upload: Upload | undefined,
    handle: Transport.Handle
  ): Effect.Effect<Response, GenerateError> =>
    Effect.contextWith((context) =>
      Effect.flatMap(Clock.Clock, (clock) => {
        /** What went wrong with the lines: their body can only break off. */
        let broken: GenerateError | undefined
        const written = upload === undefined ? fetch : sending(upload, context, (error) => broken = error)
        return Effect.tryPromise({
          try: async () => Adapter.ask(written, await sdkFor(key).client, { build }, Transport.cancelledBy(handle)),
          catch: (cause) =>
            broken ?? errorOf(asking, cause, key, (error) => {
              const refusal = vendor.refusalOf(error, clock.currentTimeMillisUnsafe())
              return refusal && { ...refusal, keySource: vendor.key.nameOf(key) }
            })
        })
      })
    )

  const sending = (
    { body, length, type }: Upload,
    context: Context.Context<never>,
    fail: (error: GenerateError) => void
  ): Transport.Fetch =>
  (url, init) => {
    const headers = new Headers(init?.headers)
    headers.set("content-type", type)
    headers.set("content-length", String(length))
    const watched = Stream.tapError(body, (error) => Effect.sync(() => fail(error)))
    return fetch(url, { ...init, headers, body: ReadableStream.from(Stream.toAsyncIterableWith(watched, context)) })
  }

  const notRead = (asking: Request, response: Response, detail: string): GenerateError =>
    failure(asking, new InvalidResponse({ detail }), {
      status: response.status,
      requestId: response.headers.get(vendor.requestIdHeader) ?? undefined
    })

  return {
    json: ({ asking }, build, upload) =>
      withKey(asking, (key) =>
        Effect.acquireUseRelease(
          Effect.sync(() => new Transport.Handle()),
          Effect.fnUntraced(function*(handle) {
            const response = yield* send(asking, key, build, upload, handle)
            const text = yield* Effect.tryPromise({
              try: () => response.text(),
              catch: (cause) => errorOf(asking, cause, key, () => undefined)
            })
            const json = parse(text)
            if (isRecord(json)) return json
            if (Array.isArray(json)) return { data: json }
            return yield* notRead(asking, response, `${text.length} characters that are no JSON object`)
          }),
          (handle) => Effect.sync(() => handle.abort())
        )),
    lines: ({ asking }, build) =>
      Stream.unwrap(Effect.gen(function*() {
        const handle = yield* Effect.acquireRelease(
          Effect.sync(() => new Transport.Handle()),
          (handle) => Effect.sync(() => handle.abort())
        )
        const { key, response } = yield* withKey(
          asking,
          (key) => Effect.map(send(asking, key, build, undefined, handle), (response) => ({ key, response }))
        )
        if (response.body === null) return Stream.empty
        return Stream.fromAsyncIterable(response.body, (cause) => errorOf(asking, cause, key, () => undefined)).pipe(
          Stream.decodeText(),
          Stream.splitLines,
          Stream.filter((line) => line.trim() !== ""),
          Stream.mapEffect((line) => {
            const json = parse(line)
            return json !== unparsable && isRecord(json)
              ? Effect.succeed(json)
              : Effect.fail(notRead(asking, response, "a line of the results is no JSON object"))
          })
        )
      })),
    body: (request) =>
      Effect.flatMap(Effect.fromResult(Adapter.write(vendor, request, false)), (protocol) =>
        Effect.tryPromise({
          try: async () => {
            const { req } = await protocol.build((await sdkFor(anyKey).client).client, {})
            return "body" in req && typeof req.body === "string" ? parse(req.body) : unparsable
          },
          catch: (cause) => errorOf(request, cause, undefined, () => undefined)
        })),
    outcome: ({ asking }, { body, requestId, status }) => {
      if (status >= 200 && status < 300) return Effect.succeed({ _tag: "Answered", json: body, requestId })
      return Effect.flatMap(
        vendor.key.read(asking),
        (key) =>
          Effect.clockWith((clock) =>
            Effect.promise(async (): Promise<Outcome> => {
              const sdk = await sdkFor(key).client
              const error = sdk.errorOf(status, isRecord(body) ? body : undefined, undefined, new Headers())
              const refusal = vendor.refusalOf(error, clock.currentTimeMillisUnsafe()) ??
                { status, detail: "no message" }
              const tidied = {
                detail: tidy(refusal.detail, key),
                field: refusal.field === undefined ? undefined : tidy(refusal.field, key)
              }
              return { _tag: "Failed", reason: reasonOf({ ...refusal, ...tidied }), status, requestId }
            })
          )
      )
    },
    generation: (request, { json, requestId }) => {
      const origin = { requestId, key: noKey }
      return Result.flatMap(Adapter.write(vendor, request, false), (protocol) => {
        const error = isRecord(json) ? protocol.errorIn(json) : undefined
        return error === undefined
          ? protocol.generation(request, json, origin)
          : Result.fail(told(request, error, origin))
      })
    }
  }
}

/**
 * What every adapter of a vendor's SDK does alike: read the key, call the SDK over Transport, read the reply, name what
 * broke. A vendor brings its SDK, its protocols, and how its SDK tells of an HTTP error.
 */
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type * as Result from "effect/Result"
import type { GenerateError } from "../GenerateError.ts"
import type { Generation } from "../Generation.ts"
import * as Generator from "../Generator.ts"
import type { Request } from "../Request.ts"
import * as Exchange from "./exchange.ts"
import { errorOf, type Origin } from "./failures.ts"
import type { KeySource } from "./keys.ts"
import { clientFor } from "./keys.ts"
import type { Refusal } from "./refusal.ts"

/** One of a vendor's ways to be asked. */
export interface Protocol<Sdk> {
  /** Calls the SDK with these options of its `fetch`. Throws where the request holds what can't be sent. */
  readonly send: (
    sdk: Sdk,
    request: Request,
    stream: boolean,
    fetchOptions: object
  ) => { readonly asResponse: () => Promise<Response> }
  /** The Generation in a whole reply. */
  readonly generation: (request: Request, json: unknown, origin: Origin) => Result.Result<Generation, GenerateError>
  /** Decodes the events of one stream. */
  readonly decoder: (request: Request, origin: Origin) => Exchange.Decoder
}

export interface Vendor<Sdk> {
  readonly key: KeySource
  readonly sdk: (secret: string) => Promise<Sdk>
  readonly protocolOf: (request: Request) => Protocol<Sdk>
  readonly requestIdHeader: string
  /** What the SDK threw for an HTTP answer, read at this time. */
  readonly refusalOf: (cause: Error, now: number) => Refusal | undefined
}

export const make = <Sdk>(vendor: Vendor<Sdk>): Generator.Generator => {
  const sdkFor = clientFor(vendor.sdk)

  const exchange = (
    request: Request,
    protocol: Protocol<Sdk>,
    stream: boolean,
    key: Redacted.Redacted
  ): Effect.Effect<Exchange.Exchange> =>
    Effect.clockWith((clock) =>
      Effect.succeed({
        request,
        send: async (fetchOptions) => {
          const sdk = await sdkFor(key)
          return protocol.send(sdk, request, stream, fetchOptions).asResponse()
        },
        originOf: (headers) => ({ key, requestId: headers.get(vendor.requestIdHeader) ?? undefined }),
        fail: (cause) =>
          errorOf(request, cause, key, (error) => {
            const refusal = vendor.refusalOf(error, clock.currentTimeMillisUnsafe())
            return refusal && { ...refusal, keySource: vendor.key.name }
          })
      })
    )

  return Generator.make({
    generate: Effect.fnUntraced(function*(request) {
      const protocol = vendor.protocolOf(request)
      const { json, origin } = yield* Exchange.ask(
        yield* exchange(request, protocol, false, yield* vendor.key.read(request))
      )
      return yield* Effect.fromResult(protocol.generation(request, json, origin))
    }),
    open: Effect.fnUntraced(function*(request) {
      const protocol = vendor.protocolOf(request)
      return yield* Exchange.open(
        yield* exchange(request, protocol, true, yield* vendor.key.read(request)),
        (origin) => protocol.decoder(request, origin)
      )
    })
  })
}

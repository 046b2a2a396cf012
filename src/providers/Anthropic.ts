/**
 * Anthropic, through its own SDK and its Messages protocol.
 *
 * **Details**
 *
 * The SDK is loaded at the first call. Its own retries and telemetry are off: Loom owns the only retry loop, and traces
 * itself. Cache breakpoints are options of the parts they stand on: `{ anthropic: { cache_control: { type: "ephemeral",
 * ttl: "1h" } } }`.
 *
 * @since 0.1.0
 */
import type Sdk from "@anthropic-ai/sdk"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { GenerateError } from "../GenerateError.ts"
import * as Generator from "../Generator.ts"
import type * as Request from "../Request.ts"
import * as Transport from "../Transport.ts"
import * as Exchange from "../internal/exchange.ts"
import { errorOf } from "../internal/failures.ts"
import { clientFor, type Key, reader } from "../internal/keys.ts"
import { type Refusal, retryAfterOf } from "../internal/refusal.ts"
import * as Messages from "./anthropic/Messages.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The name that errors and records carry: `anthropic` by default. */
  readonly provider?: string | undefined
  /** Read at every call, so that a key set or rotated later is seen. `ANTHROPIC_API_KEY` by default. */
  readonly apiKey?: Key | undefined
  /** Where the key comes from, in words for errors: the environment variable's name by default. */
  readonly apiKeyEnv?: string | undefined
  /** `ANTHROPIC_BASE_URL`, else `https://api.anthropic.com`. */
  readonly baseUrl?: string | undefined
  readonly limits?: Partial<Transport.Limits> | undefined
}

/**
 * What the SDK takes and gives: `native` in options and answers.
 *
 * @category models
 * @since 0.1.0
 */
export interface Native {
  readonly request: Partial<Sdk.MessageCreateParams>
  readonly reply: Sdk.Message
}

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(
  options?: Options
): Effect.fn.Return<Generator.Generator, never, Transport.Transport> {
  const transport = yield* Transport.Transport
  const provider = options?.provider ?? "anthropic"
  const apiKeyEnv = options?.apiKeyEnv ?? "ANTHROPIC_API_KEY"
  const readKey = yield* reader(options?.apiKey, apiKeyEnv)
  const config = yield* ConfigProvider.ConfigProvider
  const baseUrl = options?.baseUrl ?? (yield* Config.String("ANTHROPIC_BASE_URL").parse(config).pipe(
    Effect.orElseSucceed(() => "https://api.anthropic.com")
  ))

  const sdkFor = clientFor(async (secret) => {
    const { default: Anthropic } = await import("@anthropic-ai/sdk")
    return new Anthropic({
      apiKey: secret,
      authToken: null,
      baseURL: baseUrl,
      maxRetries: 0,
      logLevel: "off",
      openTelemetry: false,
      fetch: transport.vendor({ provider, baseUrl, limits: options?.limits })
    })
  })

  const begin = (request: Request.Request, stream: boolean): Effect.Effect<Exchange.Exchange, GenerateError> =>
    Effect.flatMap(readKey(request), (key) =>
      Effect.map(Clock.currentTimeMillis, (now) => ({
        request,
        send: async (init) => {
          const sdk = await sdkFor(key)
          return sdk.messages.create({ ...Messages.body(request), stream }, { fetchOptions: init, timeout: never })
            .asResponse()
        },
        fail: (cause) => errorOf(request, cause, key, (error) => refusalOf(error, apiKeyEnv, now))
      })))

  return Generator.make({
    generate: (request) =>
      Effect.flatMap(
        begin(request, false),
        (exchange) =>
          Effect.flatMap(Exchange.ask(exchange), ({ headers, json }) =>
            Effect.fromResult(Messages.generation(request, json, requestIdIn(headers))))
      ),
    open: (request) =>
      Effect.flatMap(
        begin(request, true),
        (exchange) => Exchange.open(exchange, (headers) => Messages.decoder(request, requestIdIn(headers)))
      )
  })
})

/**
 * Provides Anthropic as the Generator.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

/** Milliseconds: Transport keeps the time. Without one, the SDK refuses long answers that aren't streamed. */
const never = 2 ** 31 - 1

const requestIdIn = (headers: Headers): string | undefined => headers.get("request-id") ?? undefined

/** The one place where what the SDK throws for an HTTP answer is read. */
const refusalOf = (
  cause: Error,
  keySource: string,
  now: number
): (Refusal & { readonly requestId: string | undefined }) | undefined => {
  if (!isApiError(cause)) return undefined
  const { apiMessage, errorCode, headers, requestID, status, type } = cause
  return {
    status,
    detail: apiMessage ?? "no message",
    kind: type === "billing_error" || errorCode?.includes("spend_limit") === true ? "quota" : undefined,
    keySource,
    retryAfter: headers === undefined ? undefined : retryAfterOf(headers, now),
    requestId: requestID ?? undefined
  }
}

type ApiError = InstanceType<typeof Sdk.APIError> & { readonly status: number }

const isApiError = (cause: Error): cause is ApiError =>
  "apiMessage" in cause && "status" in cause && typeof cause.status === "number"

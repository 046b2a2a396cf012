/**
 * OpenAI, through its own SDK: Responses by default, Chat Completions where a request needs what only it has.
 *
 * **Details**
 *
 * The SDK is loaded at the first call. Its own retries are off: Loom owns the only retry loop. `store` is off unless
 * `native` turns it on.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type OpenAI from "openai"
import { GenerateError, InvalidRequest, KeyMissing, Network, type Reason } from "../GenerateError.ts"
import * as Generator from "../Generator.ts"
import * as Request from "../Request.ts"
import * as Transport from "../Transport.ts"
import * as Exchange from "../internal/exchange.ts"
import { reasonOf, reasonOfTransport, retryAfterOf, tidy } from "../internal/refusal.ts"
import * as Chat from "./openai/Chat.ts"
import * as Responses from "./openai/Responses.ts"
import type * as Wire from "./openai/Wire.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The name that errors and records carry: `openai` by default. */
  readonly provider?: string | undefined
  /** Read at every call, so that a key set or rotated later is seen. `OPENAI_API_KEY` by default. */
  readonly apiKey?: Redacted.Redacted | Config.Config<Redacted.Redacted> | undefined
  /** Where the key comes from, in words for errors: the environment variable's name by default. */
  readonly apiKeyEnv?: string | undefined
  /** `OPENAI_BASE_URL`, else `https://api.openai.com/v1`. */
  readonly baseUrl?: string | undefined
  readonly organization?: string | undefined
  readonly project?: string | undefined
  /** Always speaks this protocol, whatever a request needs. */
  readonly protocol?: "responses" | "chat" | undefined
  readonly limits?: Partial<Transport.Limits> | undefined
}

/**
 * What the SDK takes and gives: `native` in options and answers.
 *
 * @category models
 * @since 0.1.0
 */
export interface Native {
  readonly request: Partial<OpenAI.Responses.ResponseCreateParams> | Partial<OpenAI.Chat.ChatCompletionCreateParams>
  readonly reply: OpenAI.Responses.Response | OpenAI.Chat.ChatCompletion
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
  const config = yield* ConfigProvider.ConfigProvider
  const provider = options?.provider ?? "openai"
  const apiKeyEnv = options?.apiKeyEnv ?? "OPENAI_API_KEY"
  const apiKey = options?.apiKey ?? Config.Redacted(apiKeyEnv)
  const baseUrl = options?.baseUrl ?? (yield* Config.String("OPENAI_BASE_URL").parse(config).pipe(
    Effect.orElseSucceed(() => "https://api.openai.com/v1")
  ))

  const readKey = (request: Request.Request): Effect.Effect<Redacted.Redacted, GenerateError> =>
    Redacted.isRedacted(apiKey)
      ? Effect.succeed(apiKey)
      : Effect.mapError(apiKey.parse(config), () => Request.fail(request, new KeyMissing({ variable: apiKeyEnv })))

  let client: { readonly key: string; readonly sdk: OpenAI } | undefined
  const clientOf = async (key: Redacted.Redacted): Promise<OpenAI> => {
    const secret = Redacted.value(key)
    if (client?.key === secret) return client.sdk
    const { default: Sdk } = await import("openai")
    const sdk = new Sdk({
      apiKey: secret,
      baseURL: baseUrl,
      maxRetries: 0,
      logLevel: "off",
      fetch: transport.vendor({ provider, baseUrl, limits: options?.limits }),
      ...(options?.organization === undefined ? undefined : { organization: options.organization }),
      ...(options?.project === undefined ? undefined : { project: options.project })
    })
    client = { key: secret, sdk }
    return sdk
  }

  const begin = (request: Request.Request, stream: boolean) =>
    Effect.flatMap(readKey(request), (key) =>
      Effect.clockWith((clock) => {
        const isChat = options?.protocol === undefined ? needsChat(request) : options.protocol === "chat"
        const exchange: Exchange.Exchange = {
          request,
          send: async (init) => {
            const sdk = await clientOf(key)
            const sent = isChat
              ? sdk.chat.completions.create({ ...Chat.body(request, stream), stream }, { fetchOptions: init })
              : sdk.responses.create({ ...Responses.body(request), stream }, { fetchOptions: init })
            return sent.asResponse()
          },
          fail: (cause) => errorOf(request, cause, { key, source: apiKeyEnv, now: clock.currentTimeMillisUnsafe() })
        }
        const originOf = (headers: Headers): Wire.Origin => ({
          key,
          requestId: headers.get("x-request-id") ?? undefined
        })
        return Effect.succeed({ exchange, originOf, protocol: isChat ? Chat : Responses })
      }))

  return Generator.make({
    generate: (request) =>
      Effect.flatMap(
        begin(request, false),
        ({ exchange, originOf, protocol }) =>
          Effect.flatMap(Exchange.ask(exchange), ({ headers, json }) =>
            Effect.fromResult(protocol.generation(request, json, originOf(headers))))
      ),
    open: (request) =>
      Effect.flatMap(
        begin(request, true),
        ({ exchange, originOf, protocol }) =>
          Exchange.open(exchange, (headers) => protocol.decoder(request, originOf(headers)))
      )
  })
})

/**
 * Provides OpenAI as the Generator.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

/** Stop sequences, seeds, penalties and some options of the SDK exist in Chat Completions alone. */
const needsChat = ({ native, params }: Request.Request): boolean =>
  params.stop !== undefined || params.seed !== undefined || params.presencePenalty !== undefined ||
  params.frequencyPenalty !== undefined || chatOnly.some((option) => option in native)

const chatOnly = [
  "messages",
  "max_completion_tokens",
  "max_tokens",
  "response_format",
  "reasoning_effort",
  "verbosity",
  "stop",
  "seed",
  "n",
  "logit_bias",
  "logprobs",
  "prediction",
  "audio",
  "modalities",
  "presence_penalty",
  "frequency_penalty",
  "web_search_options"
]

/** The one place where what the SDK throws becomes an error of ours. */
const errorOf = (
  request: Request.Request,
  cause: unknown,
  { key, now, source }: { readonly key: Redacted.Redacted; readonly source: string; readonly now: number }
): GenerateError => {
  if (cause instanceof GenerateError) return cause
  const error = (
    reason: Reason,
    rest?: { readonly status?: number; readonly requestId?: string; readonly cause?: unknown }
  ) => new GenerateError({ provider: request.model.provider, model: request.model.id, reason, ...rest })
  const broken = Transport.findError(cause)
  if (broken !== undefined) return error(reasonOfTransport(broken), { cause: broken })
  if (isApiError(cause)) {
    const { code, headers, param, requestID, status, type } = cause
    const body = cause.error
    const message = typeof body === "object" && body !== null && "message" in body ? String(body.message) : "no message"
    return error(
      reasonOf({
        status,
        detail: tidy(message, key),
        kind: code === "insufficient_quota" || type === "insufficient_quota"
          ? "quota"
          : code === "content_policy_violation" || code === "content_filter"
          ? "filtered"
          : undefined,
        field: typeof param === "string" ? tidy(param, key) : undefined,
        keySource: source,
        retryAfter: headers === undefined ? undefined : retryAfterOf(headers, now)
      }),
      { status, ...(typeof requestID === "string" ? { requestId: requestID } : undefined) }
    )
  }
  return error(
    cause instanceof TypeError || cause instanceof RangeError
      ? new InvalidRequest({ detail: `it can't be written as JSON (${tidy(cause.message, key)})` })
      : new Network({ detail: tidy(String(cause), key), sent: "maybe" })
  )
}

type ApiError = InstanceType<typeof OpenAI.APIError> & { readonly status: number }

const isApiError = (cause: unknown): cause is ApiError =>
  cause instanceof Error && "requestID" in cause && "status" in cause && typeof cause.status === "number"

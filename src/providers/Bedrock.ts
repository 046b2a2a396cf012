/**
 * Amazon Bedrock, through AWS's own SDK and its Converse protocol.
 *
 * **Details**
 *
 * The SDK is loaded at the first call; it builds and signs the request, which Loom sends over HTTP/1.1. Signed is with
 * `AWS_BEARER_TOKEN_BEDROCK`, or with the credentials that AWS's clients find: environment, profile, SSO, container,
 * instance. Cache points are options of the parts they stand behind: `{ bedrock: { cachePoint: { type: "default", ttl:
 * "1h" } } }`. What only a model knows goes into `native.additionalModelRequestFields`.
 *
 * **Gotchas**
 *
 * No answer names the model that gave it: it is priced as the one that was asked. Files are sent by their bytes, or by a
 * link to S3.
 *
 * @since 1.0.0
 */
import type {
  BedrockRuntimeClientConfig,
  ConverseCommandOutput,
  ConverseRequest
} from "@aws-sdk/client-bedrock-runtime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { InvalidRequest } from "../GenerateError.ts"
import * as Generator from "../Generator.ts"
import * as Request from "../Request.ts"
import * as Transport from "../Transport.ts"
import * as Adapter from "../internal/adapter.ts"
import { Captured, requestIn } from "../internal/captured.ts"
import { setting } from "../internal/environment.ts"
import { eventStream } from "../internal/eventStream.ts"
import * as Keys from "../internal/keys.ts"
import { type Refusal, retryAfterOf } from "../internal/refusal.ts"
import { Refused } from "../internal/refused.ts"
import * as Converse from "./bedrock/Converse.ts"
import * as Credentials from "./bedrock/Credentials.ts"
import { decoder } from "./bedrock/Events.ts"
import * as Wire from "./bedrock/Wire.ts"

/**
 * How Bedrock is reached, and with which key.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** The name that errors and records carry: `bedrock` by default. */
  readonly provider?: string | undefined
  /** `AWS_REGION`, else `AWS_DEFAULT_REGION`, else the profile's. */
  readonly region?: string | undefined
  /** A bearer's token, read at every call. `AWS_BEARER_TOKEN_BEDROCK` by default, and without it AWS's credentials. */
  readonly apiKey?: Keys.Key | undefined
  /** Where the token comes from, in words for errors: the environment variable's name by default. */
  readonly apiKeyEnv?: string | undefined
  /** Given, they sign every request, and no token does. */
  readonly credentials?: BedrockRuntimeClientConfig["credentials"] | undefined
  /** Another place than AWS: `BEDROCK_BASE_URL`, else `AWS_ENDPOINT_URL_BEDROCK_RUNTIME`, else the region's. */
  readonly baseUrl?: string | undefined
  readonly limits?: Partial<Transport.Limits> | undefined
}

/**
 * What the SDK takes and gives: `native` in options and answers. Bytes in answers are base64, as they came.
 *
 * @category models
 * @since 1.0.0
 */
export interface Native {
  readonly request: Partial<ConverseRequest>
  readonly reply: ConverseCommandOutput
}

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = Effect.fnUntraced(function*(
  options?: Options
): Effect.fn.Return<Generator.Generator, never, Transport.Transport> {
  const transport = yield* Transport.Transport
  const provider = options?.provider ?? "bedrock"
  const variable = options?.apiKeyEnv ?? "AWS_BEARER_TOKEN_BEDROCK"
  const region = options?.region ?? (yield* setting("AWS_REGION")) ?? (yield* setting("AWS_DEFAULT_REGION"))
  const endpoint = options?.baseUrl ?? (yield* setting("BEDROCK_BASE_URL")) ??
    (yield* setting("AWS_ENDPOINT_URL_BEDROCK_RUNTIME"))
  const config: BedrockRuntimeClientConfig = {
    ...(region === undefined ? undefined : { region }),
    ...(endpoint === undefined ? undefined : { endpoint }),
    ...(options?.credentials === undefined ? undefined : { credentials: options.credentials })
  }
  const token = options?.credentials === undefined ? yield* Keys.source(options?.apiKey, variable) : undefined
  const chain = options?.apiKey === undefined ? Credentials.chainOf(config) : undefined
  return Adapter.make<Sdk>({
    key: Credentials.source(token, chain, variable),
    fetch: only(provider, transport, endpoint, options?.limits),
    sdk: async (secret) => ({
      client: await load({ ...config, ...Credentials.signerOf(secret) }),
      errorOf: (status, body, message, headers) => new Refused(status, body, message, headers)
    }),
    write: converse,
    requestIdHeader: "x-amzn-requestid",
    refusalOf
  })
})

/**
 * Provides Amazon Bedrock as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

/** Talks to one host: the configured one, or else the one that the SDK has for the region. */
const only = (
  provider: string,
  transport: Transport.Transport["Service"],
  endpoint: string | undefined,
  limits: Options["limits"]
): Transport.Fetch => {
  const to = (baseUrl: string) => transport.vendor({ provider, baseUrl, limits })
  let fetch = endpoint === undefined ? undefined : to(endpoint)
  return (input, init) => (fetch ??= to(input instanceof globalThis.Request ? input.url : String(input)))(input, init)
}

/** A request as the SDK hands it to whoever sends it. */
interface Signed {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number | undefined
  readonly path: string
  readonly headers: Record<string, string>
  readonly body?: Uint8Array<ArrayBuffer>
}

type Sdk = (body: Converse.Body) => Promise<unknown>

/** A client whose calls end where the request would be sent, and tell so as their error. */
const load = async (config: BedrockRuntimeClientConfig): Promise<Sdk> => {
  const { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } = await import(
    "@aws-sdk/client-bedrock-runtime"
  )
  const client = new BedrockRuntimeClient({
    ...config,
    // Loom owns the only retry loop.
    maxAttempts: 1,
    requestHandler: {
      handle: ({ body, headers, hostname, method, path, port, protocol }: Signed) => {
        const origin = `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}`
        return Promise.reject(new Captured(`${origin}${path}`, { method, headers, body: body ?? null }))
      }
    }
  })
  return ({ params, stream }) =>
    stream ? client.send(new ConverseStreamCommand(params)) : client.send(new ConverseCommand(params))
}

const build = async (sdk: Sdk, body: Converse.Body, fetchOptions: object) => {
  const failure = await sdk(body).then(() => undefined, (failure: unknown) => failure)
  try {
    const { req, url } = requestIn(failure)
    return { url, req: { ...req, ...fetchOptions } }
  } catch {
    throw Request.fail(body.request, problemOf(failure))
  }
}

/** Why there is no request: nothing of it has left. */
const problemOf = (failure: unknown): InvalidRequest => {
  const why = failure instanceof Error ? failure.message : "no message"
  return why === "Region is missing"
    ? new InvalidRequest({ field: "region", detail: "it isn't set: set AWS_REGION, or `region`" })
    : new InvalidRequest({ detail: `the SDK doesn't take it: ${why}` })
}

const converse = Adapter.ready({
  body: Converse.body,
  build,
  errorIn: Wire.errorIn,
  generation: Converse.generation,
  decoder,
  framing: eventStream
})

/** The one place where the vendor's HTTP errors are read. */
const refusalOf = (cause: Error, now: number): Refusal | undefined => {
  if (!(cause instanceof Refused)) return undefined
  const { body, headers, status } = cause
  const name = headers.get("x-amzn-errortype") ?? (typeof body.__type === "string" ? body.__type : "")
  const message = body.message ?? body.Message
  return {
    status,
    requestId: headers.get("x-amzn-requestid") ?? undefined,
    // What was signed, a session's token with it, is in AWS's words for a wrong signature.
    detail: /signature/i.test(name)
      ? "the signature doesn't match"
      : typeof message === "string"
      ? message
      : cause.message,
    kind: Wire.kindOf(name),
    retryAfter: retryAfterOf(headers, now)
  }
}

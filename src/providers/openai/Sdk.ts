/**
 * OpenAI's SDK, which speaks to everybody who speaks its protocols.
 */
import type OpenAI from "openai"
import type * as Transport from "../../Transport.ts"
import * as Adapter from "../../internal/adapter.ts"
import { type Refusal, retryAfterOf } from "../../internal/refusal.ts"

export interface ClientOptions {
  readonly baseUrl: string
  readonly fetch: Transport.Fetch
  /** `null` for whoever isn't OpenAI: the SDK would read the account from the environment, and tell it to anybody. */
  readonly organization?: string | null | undefined
  readonly project?: string | null | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The error in a body, as the SDK reads it. */
  readonly errorBodyOf?: ((body: object) => object) | undefined
}

/** Loads the SDK, with a key. */
export const load = async (secret: string, options: ClientOptions): Promise<Adapter.Loaded<OpenAI>> => {
  const { default: OpenAI } = await import("openai")
  const client = new OpenAI({
    apiKey: secret,
    baseURL: options.baseUrl,
    maxRetries: 0,
    timeout: Adapter.noTimeout,
    logLevel: "off",
    fetch: options.fetch,
    ...(options.organization === undefined ? undefined : { organization: options.organization }),
    ...(options.project === undefined ? undefined : { project: options.project }),
    ...(options.headers === undefined ? undefined : { defaultHeaders: options.headers })
  })
  const { errorBodyOf } = options
  return {
    client,
    errorOf: (status, body, message, headers) =>
      OpenAI.APIError.generate(
        status,
        body === undefined || errorBodyOf === undefined ? body : errorBodyOf(body),
        message,
        headers
      )
  }
}

/** Has the SDK build what is posted. */
export const post = (path: string) =>
(
  sdk: OpenAI,
  body: { readonly stream?: boolean | null | undefined },
  fetchOptions: object
): Promise<Adapter.Built> =>
  sdk.buildRequest({ method: "post", path, body, fetchOptions, stream: body.stream === true })

/** The one place where the SDK's own error of an HTTP answer is read. */
export const refusalOf = (
  cause: Error,
  now: number,
  kindOf: (code: string) => Refusal["kind"],
  requestIdHeader: string
): Refusal | undefined => {
  if (!isApiError(cause)) return undefined
  const { code, error: body, headers, param, status, type } = cause
  return {
    status,
    requestId: headers?.get(requestIdHeader) ?? undefined,
    detail: isMessage(body) ? body.message : "no message",
    kind: kindOf(String(code)) ?? kindOf(String(type)),
    field: param ?? undefined,
    retryAfter: headers === undefined ? undefined : retryAfterOf(headers, now)
  }
}

type ApiError = InstanceType<typeof OpenAI.APIError> & { readonly status: number }

const isApiError = (cause: Error): cause is ApiError =>
  "requestID" in cause && "status" in cause && typeof cause.status === "number"

const isMessage = (body: unknown): body is { readonly message: string } =>
  typeof body === "object" && body !== null && "message" in body && typeof body.message === "string"

/**
 * Anthropic's SDK, which speaks to everybody who speaks its protocol.
 */
import type Anthropic from "@anthropic-ai/sdk"
import type * as Transport from "../../Transport.ts"
import * as Adapter from "../../internal/adapter.ts"
import { type Kind, type Refusal, retryAfterOf } from "../../internal/refusal.ts"

export interface ClientOptions {
  readonly baseUrl: string
  readonly fetch: Transport.Fetch
  /** Those that are `null` aren't sent. */
  readonly headers?: Readonly<Record<string, string | null>> | undefined
  /** The error in a body, as the SDK reads it. */
  readonly errorBodyOf?: ((body: object) => object) | undefined
}

/** Loads the SDK, with a key. */
export const load = async (secret: string, options: ClientOptions): Promise<Adapter.Loaded<Anthropic>> => {
  const { default: Anthropic } = await import("@anthropic-ai/sdk")
  const { errorBodyOf, headers } = options
  const client = new Anthropic({
    apiKey: secret,
    authToken: null,
    baseURL: options.baseUrl,
    maxRetries: 0,
    timeout: Adapter.noTimeout,
    logLevel: "off",
    openTelemetry: false,
    fetch: options.fetch,
    ...(headers === undefined ? undefined : { defaultHeaders: headers })
  })
  return {
    client,
    errorOf: (status, body, message, headers) =>
      Anthropic.APIError.generate(
        status,
        body === undefined || errorBodyOf === undefined ? body : errorBodyOf(body),
        message,
        headers
      )
  }
}

/** What an error is told by. */
export interface Names {
  readonly type?: string | undefined
  readonly code?: string | undefined
}

/** The one place where the SDK's own error of an HTTP answer is read. */
export const refusalOf =
  (kindOf: (names: Names) => Kind | undefined) => (cause: Error, now: number): Refusal | undefined => {
    if (!isApiError(cause)) return undefined
    const { apiMessage, errorCode, headers, requestID, status, type } = cause
    const detail = typeof apiMessage === "string" ? apiMessage : "no message"
    return {
      status,
      requestId: requestID ?? undefined,
      detail,
      kind: kindOf({ type: type ?? undefined, code: errorCode ?? undefined }),
      field: type === "invalid_request_error" ? /^([a-z]\w*(?:\.\w+)*): /.exec(detail)?.[1] : undefined,
      retryAfter: headers === undefined ? undefined : retryAfterOf(headers, now)
    }
  }

type ApiError = InstanceType<typeof Anthropic.APIError> & { readonly status: number }

const isApiError = (cause: Error): cause is ApiError =>
  "apiMessage" in cause && "status" in cause && typeof cause.status === "number"

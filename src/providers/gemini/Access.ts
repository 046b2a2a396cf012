/**
 * How Gemini is reached, whatever it is asked for.
 */
import type { GoogleGenAI } from "@google/genai"
import * as Effect from "effect/Effect"
import { InvalidRequest } from "../../GenerateError.ts"
import * as Request from "../../Request.ts"
import * as Transport from "../../Transport.ts"
import type * as Adapter from "../../internal/adapter.ts"
import { baseUrlOf } from "../../internal/baseUrl.ts"
import * as Captured from "../../internal/captured.ts"
import { parse } from "../../internal/json.ts"
import * as Keys from "../../internal/keys.ts"
import { type Refusal, retryAfterOf } from "../../internal/refusal.ts"
import type { Options } from "../Gemini.ts"
import type * as Generate from "./Generate.ts"
import * as Wire from "./Wire.ts"

/** All of an adapter but what it writes, and the way there for who carries more than it does. */
export interface Access {
  readonly reached: Omit<Adapter.Vendor<GoogleGenAI>, "write">
  readonly transport: Transport.Transport["Service"]
  readonly way: Transport.VendorOptions
}

export const access = Effect.fnUntraced(function*(
  options?: Options
): Effect.fn.Return<Access, never, Transport.Transport> {
  const transport = yield* Transport.Transport
  const provider = options?.provider ?? "gemini"
  const usual = yield* baseUrlOf(undefined, "GOOGLE_GEMINI_BASE_URL", "https://generativelanguage.googleapis.com")
  const baseUrl = yield* baseUrlOf(options?.baseUrl, "GEMINI_BASE_URL", usual)
  const way = { provider, baseUrl, limits: options?.limits }
  const reached: Access["reached"] = {
    key: yield* options?.apiKeyEnv === undefined
      ? Keys.source(options?.apiKey, "GOOGLE_API_KEY", "GEMINI_API_KEY")
      : Keys.source(options.apiKey, options.apiKeyEnv),
    fetch: transport.vendor(way),
    sdk: async (apiKey) => {
      const { ApiError, GoogleGenAI } = await import("@google/genai")
      const client = inSilence(() =>
        new GoogleGenAI({
          apiKey,
          enterprise: false,
          apiVersion: options?.apiVersion ?? "v1",
          httpOptions: { baseUrl, fetch: Captured.fetch }
        })
      )
      return {
        client,
        errorOf: (status, body, message, headers) => {
          const error = new ApiError({ status, message: body === undefined ? message ?? "" : JSON.stringify(body) })
          headersOf.set(error, headers)
          return error
        }
      }
    },
    requestIdHeader: "x-request-id",
    serviceTierHeader: "x-gemini-service-tier",
    refusalOf
  }
  return { reached, transport, way }
})

/** The SDK warns of keys in the environment, though it is given one. */
const inSilence = <A>(construct: () => A): A => {
  const { warn } = console
  // oxlint-disable-next-line no-console -- nothing is said
  console.warn = () => {}
  try {
    return construct()
  } finally {
    // oxlint-disable-next-line no-console -- nothing is said
    console.warn = warn
  }
}

/** Has the SDK build a request, which it would send. */
export const build = async (
  { models }: GoogleGenAI,
  { params, request, stream }: Generate.Body,
  fetchOptions: object
): Promise<Adapter.Built> => {
  try {
    await (stream ? models.generateContentStream(params) : models.generateContent(params))
  } catch (cause) {
    if (cause instanceof Captured.Captured) return { url: cause.url, req: { ...cause.req, ...fetchOptions } }
    throw Request.fail(request, refusedBySdk(cause))
  }
  throw new Error("the SDK sent nothing")
}

/** What the SDK doesn't send, by its own words. */
const refusedBySdk = (cause: unknown): InvalidRequest => {
  const message = cause instanceof Error ? cause.message : String(cause)
  const field = /^(\w+) parameter /.exec(message)?.[1]
  const detail = `the SDK doesn't take it: ${message.split("\n")[0]}`
  return new InvalidRequest({ detail, ...(field === undefined ? undefined : { field: `native.${field}` }) })
}

/** The SDK's error has none. */
const headersOf = new WeakMap<Error, Headers>()

/** The one place where the SDK's own error of an HTTP answer is read: its message is the body. */
const refusalOf = (cause: Error, now: number): Refusal | undefined => {
  if (!("status" in cause) || typeof cause.status !== "number") return undefined
  const headers = headersOf.get(cause)
  const failed = Wire.failedIn(parse(cause.message))
  return {
    status: cause.status,
    requestId: headers?.get("x-request-id") ?? undefined,
    detail: failed?.message ?? (cause.message === "" ? "no message" : cause.message),
    kind: failed?.kind,
    field: failed?.field,
    retryAfter: (headers === undefined ? undefined : retryAfterOf(headers, now)) ?? failed?.retryAfter
  }
}

/**
 * Google Gemini, through its own SDK and its `generateContent`.
 *
 * **Details**
 *
 * The SDK is loaded at the first call; it builds the request, which Loom sends. Thoughts and calls go back with their
 * signatures. The key is that of the Gemini API; Google Cloud's platform isn't spoken to. `native.cachedContent` names
 * content that was cached before.
 *
 * @since 0.1.0
 */
import type { GoogleGenAI } from "@google/genai"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { InvalidRequest } from "../GenerateError.ts"
import * as Generator from "../Generator.ts"
import * as Request from "../Request.ts"
import * as Transport from "../Transport.ts"
import * as Adapter from "../internal/adapter.ts"
import { baseUrlOf } from "../internal/baseUrl.ts"
import * as Captured from "../internal/captured.ts"
import { parse } from "../internal/json.ts"
import * as Keys from "../internal/keys.ts"
import { type Refusal, retryAfterOf } from "../internal/refusal.ts"
import { decoder } from "./gemini/Chunks.ts"
import * as Generate from "./gemini/Generate.ts"
import type * as OfSdk from "./gemini/Native.ts"
import * as Wire from "./gemini/Wire.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The name that errors and records carry: `gemini` by default. */
  readonly provider?: string | undefined
  /** Read at every call, so that a key set or rotated later is seen. `GOOGLE_API_KEY`, else `GEMINI_API_KEY`, by default. */
  readonly apiKey?: Keys.Key | undefined
  /** Where the key comes from, in words for errors: the environment variable's name by default. */
  readonly apiKeyEnv?: string | undefined
  /** `GEMINI_BASE_URL`, `GOOGLE_GEMINI_BASE_URL`, else `https://generativelanguage.googleapis.com`. */
  readonly baseUrl?: string | undefined
  /** `v1`; some of what is new is in `v1beta` alone. */
  readonly apiVersion?: string | undefined
  readonly limits?: Partial<Transport.Limits> | undefined
}

/**
 * What the SDK takes and gives: `native` in options and answers.
 *
 * @category models
 * @since 0.1.0
 */
export interface Native {
  readonly request: OfSdk.Options
  readonly reply: OfSdk.Reply
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
  const provider = options?.provider ?? "gemini"
  const usual = yield* baseUrlOf(undefined, "GOOGLE_GEMINI_BASE_URL", "https://generativelanguage.googleapis.com")
  const baseUrl = yield* baseUrlOf(options?.baseUrl, "GEMINI_BASE_URL", usual)
  return Adapter.make<GoogleGenAI>({
    key: yield* options?.apiKeyEnv === undefined
      ? Keys.source(options?.apiKey, "GOOGLE_API_KEY", "GEMINI_API_KEY")
      : Keys.source(options.apiKey, options.apiKeyEnv),
    fetch: transport.vendor({ provider, baseUrl, limits: options?.limits }),
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
    write: generateContent,
    requestIdHeader: "x-request-id",
    serviceTierHeader: "x-gemini-service-tier",
    refusalOf
  })
})

/**
 * Provides Gemini as the Generator.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

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

const build = async ({ models }: GoogleGenAI, { params, request, stream }: Generate.Body, fetchOptions: object) => {
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

const generateContent = Adapter.ready({
  body: Generate.body,
  build,
  errorIn: Wire.errorIn,
  generation: Generate.generation,
  decoder
})

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

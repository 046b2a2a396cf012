/**
 * Cohere, over HTTP and its chat (`POST /v2/chat`).
 *
 * **Details**
 *
 * Without its SDK: `cohere-ai` has one call that is needed here, and no way to build a request without sending it; it checks
 * nothing of what comes back, and all of it would be decoded again. A body of JSON and a header is all that it would write.
 * Thoughts, and the plans before calls of tools, are reasoning parts, and go back as what they were.
 *
 * **Gotchas**
 *
 * No answer names the model that gave it: it is priced as the one that was asked, by the units that are billed. Citations
 * of documents that were given are in `native`.
 *
 * @since 1.0.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Generator from "../Generator.ts"
import * as Transport from "../Transport.ts"
import * as Adapter from "../internal/adapter.ts"
import { baseUrlOf } from "../internal/baseUrl.ts"
import * as Keys from "../internal/keys.ts"
import { type Refusal, retryAfterOf } from "../internal/refusal.ts"
import { Refused } from "../internal/refused.ts"
import * as Chat from "./cohere/Chat.ts"
import { decoder } from "./cohere/Events.ts"
import type { ChatReply, ChatRequest } from "./cohere/Types.ts"

/**
 * How Cohere is reached, and with which key.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** The name that errors and records carry: `cohere` by default. */
  readonly provider?: string | undefined
  /** Read at every call, so that a key set or rotated later is seen. `CO_API_KEY` by default. */
  readonly apiKey?: Keys.Key | undefined
  /** Where the key comes from, in words for errors: the environment variable's name by default. */
  readonly apiKeyEnv?: string | undefined
  /** `COHERE_BASE_URL`, else `https://api.cohere.com`. */
  readonly baseUrl?: string | undefined
  readonly limits?: Partial<Transport.Limits> | undefined
}

/**
 * What the wire takes and gives: `native` in options and answers.
 *
 * @category models
 * @since 1.0.0
 */
export interface Native {
  readonly request: Partial<ChatRequest>
  readonly reply: ChatReply
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
  const provider = options?.provider ?? "cohere"
  const baseUrl = yield* baseUrlOf(options?.baseUrl, "COHERE_BASE_URL", "https://api.cohere.com")
  const url = `${baseUrl.replace(/\/+$/, "")}/v2/chat`
  return Adapter.make<Endpoint>({
    key: yield* Keys.source(options?.apiKey, options?.apiKeyEnv ?? "CO_API_KEY"),
    fetch: transport.vendor({ provider, baseUrl, limits: options?.limits }),
    sdk: (secret) =>
      Promise.resolve({
        client: { url, authorization: `Bearer ${secret}` },
        errorOf: (status, body, message, headers) => new Refused(status, body, message, headers)
      }),
    write: chat,
    // There is none: the body tells it.
    requestIdHeader: "x-request-id",
    refusalOf
  })
})

/**
 * Provides Cohere as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

/** What a key makes of the vendor's address. */
interface Endpoint {
  readonly url: string
  readonly authorization: string
}

const chat = Adapter.ready({
  body: Chat.body,
  build: ({ authorization, url }: Endpoint, body: ChatRequest, fetchOptions) =>
    Promise.resolve({
      url,
      req: {
        method: "POST",
        headers: {
          authorization,
          "content-type": "application/json",
          accept: body.stream ? "text/event-stream" : "application/json"
        },
        body: JSON.stringify(body),
        ...fetchOptions
      }
    }),
  errorIn: Chat.errorIn,
  generation: Chat.generation,
  decoder
})

/** The one place where the vendor's HTTP errors are read. */
const refusalOf = (cause: Error, now: number): Refusal | undefined => {
  if (!(cause instanceof Refused)) return undefined
  const { body, headers, status } = cause
  return {
    status,
    requestId: Chat.idIn(body),
    detail: typeof body.message === "string" ? body.message : cause.message,
    retryAfter: retryAfterOf(headers, now) ?? resetOf(headers, now)
  }
}

/** The vendor tells the second from which on it takes requests again. */
const resetOf = (headers: Headers, now: number): Duration.Duration | undefined => {
  const reset = Number(headers.get("x-ratelimit-reset") ?? NaN) * 1000
  return reset > now ? Duration.millis(reset - now) : undefined
}

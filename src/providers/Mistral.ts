/**
 * Mistral, through its own SDK and its chat completions.
 *
 * **Details**
 *
 * The SDK is loaded at the first call, and only as much of it as chat completions need; it builds and checks the request,
 * which Loom sends. Thoughts go back with their signatures. The key of `promptCache` keeps requests with a
 * common beginning on one prompt cache.
 *
 * @since 1.0.0
 */
import type { ChatCompletionRequest, ChatCompletionResponse } from "@mistralai/mistralai/models/components"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { InvalidRequest } from "../GenerateError.ts"
import * as Generator from "../Generator.ts"
import * as Request from "../Request.ts"
import * as Transport from "../Transport.ts"
import * as Adapter from "../internal/adapter.ts"
import { baseUrlOf } from "../internal/baseUrl.ts"
import * as Door from "../internal/batchDoor.ts"
import { Captured, requestIn } from "../internal/captured.ts"
import { isRecord } from "../internal/json.ts"
import * as Keys from "../internal/keys.ts"
import { type Refusal, retryAfterOf } from "../internal/refusal.ts"
import { Refused } from "../internal/refused.ts"
import * as Batches from "./mistral/Batches.ts"
import * as Chat from "./mistral/Chat.ts"
import { decoder } from "./mistral/Chunks.ts"
import * as Wire from "./mistral/Wire.ts"

/**
 * How Mistral is reached, and with which key.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** The name that errors and records carry: `mistral` by default. */
  readonly provider?: string | undefined
  /** Read at every call, so that a key set or rotated later is seen. `MISTRAL_API_KEY` by default. */
  readonly apiKey?: Keys.Key | undefined
  /** Where the key comes from, in words for errors: the environment variable's name by default. */
  readonly apiKeyEnv?: string | undefined
  /** `MISTRAL_BASE_URL`, else `https://api.mistral.ai`; `https://api.eu.mistral.ai` and `https://api.us.mistral.ai` stay there. */
  readonly baseUrl?: string | undefined
  readonly limits?: Partial<Transport.Limits> | undefined
}

/**
 * What the SDK takes and gives: `native` in options and answers. Options that it doesn't know yet are sent as they are.
 *
 * @category models
 * @since 1.0.0
 */
export interface Native {
  readonly request: Partial<ChatCompletionRequest>
  readonly reply: ChatCompletionResponse
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
  const provider = options?.provider ?? "mistral"
  const baseUrl = yield* baseUrlOf(options?.baseUrl, "MISTRAL_BASE_URL", "https://api.mistral.ai")
  const way = { provider, baseUrl, limits: options?.limits }
  const vendor: Adapter.Vendor<Sdk> = {
    key: yield* Keys.source(options?.apiKey, options?.apiKeyEnv ?? "MISTRAL_API_KEY"),
    fetch: transport.vendor(way),
    sdk: async (secret) => ({
      client: await load(secret, baseUrl),
      errorOf: (status, body, message, headers) => new Refused(status, body, message, headers)
    }),
    write: chat,
    requestIdHeader: "mistral-correlation-id",
    refusalOf
  }
  const at = Door.addressed<Sdk>(baseUrl, ({ headers }) => headers)
  return Generator.withBatch(Adapter.make(vendor), Batches.make(vendor, Door.fetchFor(transport, way), at))
})

/**
 * Provides Mistral as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

interface Sdk {
  /** Of requests that it doesn't build. */
  readonly headers: Readonly<Record<string, string>>
  /** Calls that end where the request would be sent, and tell so as their error. */
  readonly ask: (body: Chat.Body, fetchOptions: object) => PromiseLike<{ readonly error?: unknown }>
}

const load = async (apiKey: string, serverURL: string): Promise<Sdk> => {
  const [{ MistralCore }, { chatComplete }, { chatStream }] = await Promise.all([
    import("@mistralai/mistralai/core.js"),
    import("@mistralai/mistralai/funcs/chatComplete.js"),
    import("@mistralai/mistralai/funcs/chatStream.js")
  ])
  // Below zero it sets no timer.
  const client = new MistralCore({ apiKey, serverURL, timeoutMs: -1 })
  // Before the SDK makes a `Request` of it, which costs as much again, and traces it.
  client._options.hooks?.registerBeforeCreateRequestHook({
    beforeCreateRequest: (_, { options, url }) => {
      throw new Captured(String(url), options ?? {})
    }
  })
  return {
    headers: { authorization: `Bearer ${apiKey}` },
    ask: ({ params }, fetchOptions) =>
      params.stream === true
        ? chatStream(client, { ...params, stream: true }, fetchOptions)
        : chatComplete(client, params, fetchOptions)
  }
}

const build = async (sdk: Sdk, body: Chat.Body, fetchOptions: object) => {
  const { error } = await sdk.ask(body, fetchOptions)
  const problem = problemIn(error)
  if (problem !== undefined) throw Request.fail(body.request, problem)
  const { req, url } = requestIn(error)
  if (req.headers instanceof Headers && req.headers.get("cookie") === "") req.headers.delete("cookie")
  if (body.unknown === undefined || typeof req.body !== "string") return { req, url }
  return { url, req: { ...req, body: JSON.stringify({ ...JSON.parse(req.body), ...body.unknown }) } }
}

/** What the SDK doesn't take, by its own name for it. */
const problemIn = (error: unknown): InvalidRequest | undefined => {
  if (!(error instanceof Error) || error.name !== "SDKValidationError") return undefined
  const issues: unknown = error.cause instanceof Error && "issues" in error.cause ? error.cause.issues : undefined
  const [issue]: ReadonlyArray<unknown> = Array.isArray(issues) ? issues : []
  const path = isRecord(issue) && Array.isArray(issue.path) ? issue.path.join(".") : ""
  const detail = `the SDK doesn't take it: ${isRecord(issue) ? String(issue.message) : "no message"}`
  return new InvalidRequest({ detail, ...(path === "" ? undefined : { field: path }) })
}

const chat = Adapter.ready({ body: Chat.body, build, errorIn: Wire.errorIn, generation: Chat.generation, decoder })

/** The one place where the vendor's HTTP errors are read. */
const refusalOf = (cause: Error, now: number): Refusal | undefined => {
  if (!(cause instanceof Refused)) return undefined
  return {
    status: cause.status,
    requestId: cause.headers.get("mistral-correlation-id") ?? undefined,
    detail: Wire.messageIn(cause.body) ?? cause.message,
    kind: Wire.isQuota(cause) ? "quota" : undefined,
    field: Wire.fieldIn(cause.body),
    retryAfter: retryAfterOf(cause.headers, now)
  }
}

/**
 * Anthropic, through its own SDK and its Messages protocol.
 *
 * **Details**
 *
 * The SDK is loaded at the first call. Its own retries and telemetry are off: Loom owns the only retry loop, and traces
 * itself. Cache breakpoints are options of the parts they stand on: `{ anthropic: { cache_control: { type: "ephemeral",
 * ttl: "1h" } } }`.
 *
 * @since 1.0.0
 */
import type Anthropic from "@anthropic-ai/sdk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Generator from "../Generator.ts"
import * as Transport from "../Transport.ts"
import * as Adapter from "../internal/adapter.ts"
import { baseUrlOf } from "../internal/baseUrl.ts"
import * as Door from "../internal/batchDoor.ts"
import * as Keys from "../internal/keys.ts"
import * as Batches from "./anthropic/Batches.ts"
import * as Messages from "./anthropic/Messages.ts"
import * as MessagesBody from "./anthropic/MessagesBody.ts"
import * as OwnMessages from "./anthropic/OwnMessages.ts"
import * as Sdk from "./anthropic/Sdk.ts"
import * as Wire from "./anthropic/Wire.ts"

/**
 * How Anthropic is reached, and with which key.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** The name that errors and records carry: `anthropic` by default. */
  readonly provider?: string | undefined
  /** Read at every call, so that a key set or rotated later is seen. `ANTHROPIC_API_KEY` by default. */
  readonly apiKey?: Keys.Key | undefined
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
 * @since 1.0.0
 */
export interface Native {
  readonly request: Partial<Anthropic.MessageCreateParams>
  readonly reply: Anthropic.Message
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
  const provider = options?.provider ?? "anthropic"
  const baseUrl = yield* baseUrlOf(options?.baseUrl, "ANTHROPIC_BASE_URL", "https://api.anthropic.com")
  const way = { provider, baseUrl, limits: options?.limits }
  const fetch = transport.vendor(way)
  const vendor: Adapter.Vendor<Anthropic> = {
    key: yield* Keys.source(options?.apiKey, options?.apiKeyEnv ?? "ANTHROPIC_API_KEY"),
    fetch,
    sdk: (secret) => Sdk.load(secret, { baseUrl, fetch }),
    write: messages,
    requestIdHeader: "request-id",
    refusalOf: Sdk.refusalOf((names) => Wire.isQuota(names) ? "quota" : undefined)
  }
  return Generator.withBatch(Adapter.make(vendor), Batches.make(vendor, Door.fetchFor(transport, way)))
})

/**
 * Provides Anthropic as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

const messages = Adapter.ready({
  body: MessagesBody.body(OwnMessages.quirks),
  build: (sdk: Anthropic, { user_profile_id: user, workspace_id: workspace, ...body }, fetchOptions) =>
    sdk.buildRequest({
      method: "post",
      path: "/v1/messages",
      body,
      fetchOptions,
      stream: body.stream === true,
      headers: {
        ...(user === undefined ? undefined : { "anthropic-user-profile-id": user }),
        ...(workspace === undefined ? undefined : { "anthropic-workspace-id": workspace })
      }
    }),
  ...Messages.make(OwnMessages.quirks)
})

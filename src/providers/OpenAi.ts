/**
 * OpenAI, through its own SDK: Responses by default, Chat Completions where a request needs what only it has.
 *
 * **Details**
 *
 * The SDK is loaded at the first call. Its own retries are off: Loom owns the only retry loop. `store` is off unless
 * `native` turns it on.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type OpenAI from "openai"
import * as Generator from "../Generator.ts"
import type { Request } from "../Request.ts"
import type * as Transport from "../Transport.ts"
import * as Adapter from "../internal/adapter.ts"
import * as Door from "../internal/batchDoor.ts"
import type * as Keys from "../internal/keys.ts"
import { withImages } from "../internal/modalities.ts"
import { access } from "./openai/Access.ts"
import * as Batches from "./openai/Batches.ts"
import * as ChatProtocol from "./openai/ChatProtocol.ts"
import * as OwnChat from "./openai/OwnChat.ts"
import * as OwnResponses from "./openai/OwnResponses.ts"
import * as ResponsesProtocol from "./openai/ResponsesProtocol.ts"
import * as Wire from "./openai/Wire.ts"

/**
 * How OpenAI is reached, and with which key.
 *
 * @category models
 * @since 1.0.0
 */
export interface Options {
  /** The name that errors and records carry: `openai` by default. */
  readonly provider?: string | undefined
  /** Read at every call, so that a key set or rotated later is seen. `OPENAI_API_KEY` by default. */
  readonly apiKey?: Keys.Key | undefined
  /** Where the key comes from, in words for errors: the environment variable's name by default. */
  readonly apiKeyEnv?: string | undefined
  /** `OPENAI_BASE_URL`, else `https://api.openai.com/v1`. */
  readonly baseUrl?: string | undefined
  /** `null` is nobody's, whatever the environment says. */
  readonly organization?: string | null | undefined
  readonly project?: string | null | undefined
  /** Always speaks this protocol, whatever a request needs. */
  readonly protocol?: "responses" | "chat" | undefined
  readonly limits?: Partial<Transport.Limits> | undefined
}

/**
 * What the SDK takes and gives: `native` in options and answers.
 *
 * @category models
 * @since 1.0.0
 */
export interface Native {
  readonly request:
    | Partial<OpenAI.Responses.ResponseCreateParams>
    | Partial<OpenAI.Chat.ChatCompletionCreateParams>
    | Partial<OpenAI.Images.ImageGenerateParams>
    | Partial<OpenAI.Images.ImageEditParams>
  /** Of images without their bytes, which are in `images`. */
  readonly reply: OpenAI.Responses.Response | OpenAI.Chat.ChatCompletion | OpenAI.Images.ImagesResponse
}

/**
 * Makes the vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make: (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport> = withImages(
  Effect.fnUntraced(function*(options?: Options) {
    const isChat = options?.protocol === undefined ? needsChat : () => options.protocol === "chat"
    const { reached, transport, way } = yield* access(options)
    const vendor: Adapter.Vendor<OpenAI> = {
      ...reached,
      write: (request, stream) => isChat(request) ? chat(request, stream) : responses(request, stream)
    }
    return Generator.withBatch(
      Adapter.make(vendor),
      Batches.make(vendor, Door.fetchFor(transport, way), {
        limits: { rows: 50_000, bytes: 200_000_000, oneModel: true },
        endpointOf: (request) => Result.succeed(isChat(request) ? "/v1/chat/completions" : "/v1/responses")
      })
    )
  }),
  () => import("./openai/Images.ts")
)

/**
 * Provides OpenAI as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options?: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

const responses = ResponsesProtocol.make(OwnResponses.quirks)

const chat = ChatProtocol.make({ quirks: OwnChat.quirks, isStrict: false, errorIn: Wire.errorIn })

/** Stop sequences, seeds, penalties and some options of the SDK exist in Chat Completions alone. */
const needsChat = ({ native, params }: Request): boolean =>
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

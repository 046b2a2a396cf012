/**
 * Whoever speaks OpenAI's Chat Completions, through OpenAI's SDK: one adapter, and a record of quirks per vendor.
 *
 * **Example** (A vendor that isn't listed)
 *
 * ```ts
 * import { Loom } from "loom-router"
 * import * as OpenAiCompatible from "loom-router/providers/OpenAiCompatible"
 *
 * const newco = OpenAiCompatible.layer({
 *   provider: "newco",
 *   baseUrl: "https://api.newco.ai/v1",
 *   apiKeyEnv: "NEWCO_API_KEY",
 *   quirks: { ...OpenAiCompatible.usual, objects: "json_object", thoughts: { text: ["reasoning"], goBack: false } }
 * })
 * const layer = Loom.layer({ providers: { newco } })
 * ```
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type OpenAI from "openai"
import * as Generator from "../Generator.ts"
import type * as Request from "../Request.ts"
import * as Transport from "../Transport.ts"
import * as Adapter from "../internal/adapter.ts"
import { baseUrlOf } from "../internal/baseUrl.ts"
import * as Door from "../internal/batchDoor.ts"
import * as Keys from "../internal/keys.ts"
import type * as OfBatches from "./openai/BatchQuirks.ts"
import * as Batches from "./openai/Batches.ts"
import * as Caching from "./openai/Caching.ts"
import * as ChatErrors from "./openai/ChatErrors.ts"
import * as ChatProtocol from "./openai/ChatProtocol.ts"
import type * as Own from "./openai/Quirks.ts"
import * as Sdk from "./openai/Sdk.ts"

/**
 * How a vendor's Chat Completions differ from those of everybody else.
 *
 * @category models
 * @since 1.0.0
 */
export type Quirks = Own.Quirks

/**
 * How a vendor's batches differ from OpenAI's.
 *
 * @category models
 * @since 1.0.0
 */
export type BatchQuirks = OfBatches.BatchQuirks

/**
 * What becomes of an option: fields of the body, and what the caller is told.
 *
 * @category models
 * @since 1.0.0
 */
export type Written = Own.Written

/**
 * A vendor that speaks OpenAI's protocol.
 *
 * @category models
 * @since 1.0.0
 */
export interface Vendor {
  /** Its key: what errors and records call it, and its part options. */
  readonly provider: string
  readonly baseUrl: string
  /** The environment variable that holds the key; none for a vendor that asks for none. */
  readonly apiKeyEnv?: string | undefined
  /** {@link usual} by default. */
  readonly quirks?: Quirks | undefined
  /** Its batches, where it has them much as OpenAI does: `{ limits }` at least. */
  readonly batch?: BatchQuirks | undefined
}

/**
 * What a vendor's layer can be told.
 *
 * @category models
 * @since 1.0.0
 */
export interface VendorOptions {
  /** Read at every call, so that a key set or rotated later is seen. The vendor's environment variable by default. */
  readonly apiKey?: Keys.Key | undefined
  /** Where the key comes from, in words for errors: the environment variable's name by default. */
  readonly apiKeyEnv?: string | undefined
  /** `<PROVIDER>_BASE_URL`, else the vendor's own. */
  readonly baseUrl?: string | undefined
  /** An option that the vendor doesn't have is dropped with a warning by default; with `fail` it is an `Unsupported`. */
  readonly unsupported?: "warn" | "fail" | undefined
  readonly limits?: Partial<Transport.Limits> | undefined
}

/**
 * How a vendor that speaks OpenAI's protocol is reached, and with which key.
 *
 * @category models
 * @since 1.0.0
 */
export type Options = Vendor & Omit<VendorOptions, "apiKeyEnv" | "baseUrl">

/**
 * What the SDK takes and gives: `native` in options and answers, with the fields of a vendor's own.
 *
 * @category models
 * @since 1.0.0
 */
export interface Native<Asked = unknown, Answered = unknown> {
  readonly request: Partial<OpenAI.Chat.ChatCompletionCreateParams> & Asked
  readonly reply: OpenAI.Chat.ChatCompletion & Answered
}

/**
 * What to expect of a vendor that nothing is known of: OpenAI's options by their widespread names, thoughts in
 * `reasoning_content` or `reasoning`.
 *
 * @category constants
 * @since 1.0.0
 */
export const usual: Quirks = {
  params: {
    maxOutputTokens: "max_tokens",
    temperature: "temperature",
    topP: "top_p",
    stop: "stop",
    seed: "seed",
    presencePenalty: "presence_penalty",
    frequencyPenalty: "frequency_penalty",
    reasoning: "reasoning_effort",
    serviceTier: "service_tier",
    parallelToolCalls: "parallel_tool_calls"
  },
  pdf: true,
  thoughts: { text: ["reasoning_content", "reasoning"], goBack: false }
}

/**
 * Makes a vendor as a value, for a pipeline of one's own.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = Effect.fnUntraced(function*(
  options: Options
): Effect.fn.Return<Generator.Generator, never, Transport.Transport> {
  const transport = yield* Transport.Transport
  const { apiKeyEnv, baseUrl, provider, quirks = usual } = options
  const way = { provider, baseUrl, limits: options.limits }
  const fetch = transport.vendor(way)
  const key = options.apiKey ?? (apiKeyEnv === undefined ? noKey : undefined)
  const requestIdHeader = quirks.requestId?.header ?? "x-request-id"
  const errors = ChatErrors.make(quirks)
  const vendor: Adapter.Vendor<OpenAI> = {
    key: yield* Keys.source(key, apiKeyEnv ?? ""),
    fetch,
    sdk: (secret) =>
      Sdk.load(secret, {
        baseUrl,
        fetch,
        organization: null,
        project: null,
        headers: quirks.headers,
        errorBodyOf: errors.errorBodyOf
      }),
    write: ChatProtocol.make({ quirks, isStrict: options.unsupported === "fail", errorIn: errors.errorIn }),
    requestIdHeader,
    refusalOf: (cause, now) => Sdk.refusalOf(cause, now, errors.kindOf, requestIdHeader)
  }
  return Generator.withBatch(
    Adapter.make(vendor),
    options.batch && Batches.make(vendor, Door.fetchFor(transport, way), options.batch)
  )
})

/** The SDK wants one. */
const noKey = Redacted.make("none")

/**
 * Provides a vendor as the Generator.
 *
 * @category layers
 * @since 1.0.0
 */
export const layer = (options: Options): Layer.Layer<Generator.Generator, never, Transport.Transport> =>
  Layer.effect(Generator.Generator, make(options))

/**
 * Makes the `make` of a vendor that has a module of its own: its base URL may come from `<PROVIDER>_BASE_URL`.
 *
 * @category constructors
 * @since 1.0.0
 */
export const vendor = (own: Vendor) =>
  Effect.fnUntraced(function*(
    options?: VendorOptions
  ): Effect.fn.Return<Generator.Generator, never, Transport.Transport> {
    const variable = `${own.provider.toUpperCase().replaceAll("-", "_")}_BASE_URL`
    const baseUrl = yield* baseUrlOf(options?.baseUrl, variable, own.baseUrl)
    return yield* make({ ...own, ...options, apiKeyEnv: options?.apiKeyEnv ?? own.apiKeyEnv, baseUrl })
  })

/**
 * Whether the model thinks before it answers, at a vendor whose models do unless they are told not to.
 *
 * @category accessors
 * @since 1.0.0
 */
export const thinks = ({ model, params }: Request.Request): boolean =>
  model.capabilities.reasoning !== false && params.reasoning !== "none"

/**
 * Writes an option that has no effect while a model thinks: it is dropped then.
 *
 * @category quirks
 * @since 1.0.0
 */
export const unlessThinking = (field: string) => (value: unknown, request: Request.Request): Written =>
  thinks(request) ? { dropped: "it has no effect while the model thinks" } : { fields: { [field]: value } }

/**
 * Writes a number that a vendor takes within bounds only: another one is sent as the nearest that it takes.
 *
 * @category quirks
 * @since 1.0.0
 */
export const within = (field: string, least: number, most: number) => (value: number): Written => {
  const nearest = Math.min(most, Math.max(least, value))
  return {
    fields: { [field]: nearest },
    changed: nearest === value ? undefined : `${field} was set to ${nearest}: the vendor takes ${least} to ${most}`
  }
}

/**
 * Writes `promptCache` for a vendor that keeps by itself what prompts begin with: the field that carries a key, where there
 * is one, is all that can be asked of it.
 *
 * @category quirks
 * @since 1.0.0
 */
export const cacheKey: (
  field?: string
) => (promptCache: NonNullable<Request.Params["promptCache"]>, request: Request.Request) => Written = Caching.automatic

/**
 * The messages that what is kept of a prompt ends with: the last of the instructions, and the latest of the caller.
 *
 * @category accessors
 * @since 1.0.0
 */
export const keptUntil: (
  prompt: Request.Request["prompt"],
  breakpoints: ReadonlyArray<Request.Breakpoint>
) => ReadonlyArray<Request.Request["prompt"]["content"][number]> = Caching.endsOf

const ladder: ReadonlyArray<Request.ReasoningEffort> = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]

/**
 * Writes how much a model should think, at a vendor that knows some of the levels: one that it doesn't know becomes the
 * next above, or else the highest that there is, and the caller is told.
 *
 * @category quirks
 * @since 1.0.0
 */
export const efforts =
  (levels: { readonly [Level in Request.ReasoningEffort]?: Readonly<Record<string, unknown>> | undefined }) =>
  (asked: Request.ReasoningEffort): Written => {
    const known = ladder.filter((level) => levels[level] !== undefined)
    const chosen = known.find((level) => ladder.indexOf(level) >= ladder.indexOf(asked)) ?? known.at(-1) ?? asked
    const direction = ladder.indexOf(chosen) > ladder.indexOf(asked) ? "raised" : "lowered"
    return {
      fields: levels[chosen],
      changed: chosen === asked
        ? undefined
        : `reasoning was ${direction} from ${asked} to ${chosen}: there is ${known.join(", ")}`
    }
  }

/**
 * Whether a conversation holds a call of a tool without the thought that led to it: a vendor that wants its thoughts back
 * takes it from a model that doesn't think alone.
 *
 * @category accessors
 * @since 1.0.0
 */
export const lacksThoughts = ({ model, prompt }: Request.Request): boolean =>
  prompt.content.some((message) =>
    message.role === "assistant" &&
    message.content.some((part) => part.type === "tool-call" && !part.providerExecuted) &&
    !message.content.some((part) => part.type === "reasoning" && Object.hasOwn(part.options, model.provider))
  )

/**
 * What is asked of one model, decoded and checked: the input of every Generator.
 *
 * @since 1.0.0
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as Prompt from "effect/ai/Prompt"
import type * as Tool from "effect/ai/Tool"
import * as Call from "./Call.ts"
import * as Catalog from "./Catalog.ts"
import { GenerateError, invalidRequest, type Reason, UnknownModel, Unsupported } from "./GenerateError.ts"
import * as Model from "./Model.ts"
import * as Usage from "./Usage.ts"
import { promptSize } from "./internal/promptSize.ts"

/**
 * How much a model should think before it answers. Which levels exist depends on the model.
 *
 * @category models
 * @since 1.0.0
 */
export type ReasoningEffort = "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max"

/**
 * `auto`: the model decides. `required`: it must call a tool. `none`: it mustn't. `{ tool }`: it must call that one.
 *
 * @category models
 * @since 1.0.0
 */
export type ToolChoice = "auto" | "required" | "none" | { readonly tool: string }

/**
 * How long at least something is to be kept, as in `5m` or `1h`. A vendor that has other lifetimes keeps it for the nearest
 * that costs no more than the one asked for, and the answer says so.
 *
 * @category models
 * @since 1.0.0
 */
export type Lifetime = `${number}m` | `${number}h`

/**
 * Where a beginning of the prompt may end that is worth keeping: behind the tools, the system messages, the conversation
 * so far.
 *
 * @category models
 * @since 1.0.0
 */
export type Breakpoint = "tools" | "system" | "messages"

/**
 * How the vendor's prompt cache is used. It changes what an answer costs, never what it says.
 *
 * **Details**
 *
 * The option is carried out by each vendor's own rules. Breakpoints that stand on parts of the prompt, and what `native`
 * says, stay as they are and go first.
 *
 * @category models
 * @since 1.0.0
 */
export interface PromptCache {
  /** The vendor's own, its shortest as a rule, where unset. */
  readonly ttl?: Lifetime | undefined
  /** Calls with the same key are sent where the same prefixes are kept: a tenant, a kind of task. */
  readonly key?: string | undefined
  /** All of them where unset. Without `messages`, what differs from call to call isn't paid for as kept. */
  readonly breakpoints?: ReadonlyArray<Breakpoint> | undefined
}

/**
 * The vendor's own web search.
 *
 * @category models
 * @since 1.0.0
 */
export interface WebSearch {
  /** Searches at most. */
  readonly maxUses?: number | undefined
  /** Nothing is found but on these domains and those under them: `example.com`. */
  readonly allowedDomains?: ReadonlyArray<string> | undefined
  /** Nothing is found on these domains. It can't be given together with `allowedDomains`. */
  readonly blockedDomains?: ReadonlyArray<string> | undefined
  /** For whom it searches. */
  readonly location?: Location | undefined
  /** How much of what is found the model reads. */
  readonly contextSize?: "low" | "medium" | "high" | undefined
}

/**
 * Roughly where somebody is.
 *
 * @category models
 * @since 1.0.0
 */
export interface Location {
  readonly city?: string | undefined
  readonly region?: string | undefined
  /** ISO 3166-1: `DE`. */
  readonly country?: string | undefined
  /** IANA: `Europe/Berlin`. */
  readonly timezone?: string | undefined
}

/**
 * A picture that is given: its bytes, or an address (`https:`, `data:`).
 *
 * @category models
 * @since 1.0.0
 */
export type Picture = Uint8Array | URL | `https://${string}` | `http://${string}` | `data:${string}`

/**
 * The options of calls for images that more than one vendor honours. A vendor refuses what it can't do, and says what it
 * can. Pictures to start from are files of the prompt.
 *
 * @category models
 * @since 1.0.0
 */
export interface ImageParams {
  /** Images: 1. A vendor that makes one at a time is asked as often, by an attempt for each. */
  readonly n?: number | undefined
  /** Pixels, as in `1024x1024`. Not together with `aspectRatio`. */
  readonly size?: `${number}x${number}` | undefined
  /** Width to height, as in `16:9`; how many pixels that are is the vendor's choice. */
  readonly aspectRatio?: `${number}:${number}` | undefined
  /** In the vendor's words: `low`, `medium` and `high` mostly. */
  readonly quality?: string | undefined
  readonly format?: "png" | "jpeg" | "webp" | undefined
  readonly background?: "transparent" | "opaque" | "auto" | undefined
  /** What isn't to be seen. */
  readonly negativePrompt?: string | undefined
  /** A picture of the size of the first one in the prompt: where it is transparent, that one is to change. */
  readonly mask?: Picture | undefined
}

/**
 * The options that more than one vendor honours. What only one vendor has goes into `native`.
 *
 * @category models
 * @since 1.0.0
 */
export interface Params extends ImageParams {
  /** Tokens, reasoning included. */
  readonly maxOutputTokens?: number | undefined
  readonly temperature?: number | undefined
  readonly topP?: number | undefined
  readonly stop?: ReadonlyArray<string> | undefined
  readonly seed?: number | undefined
  readonly presencePenalty?: number | undefined
  readonly frequencyPenalty?: number | undefined
  readonly reasoning?: ReasoningEffort | undefined
  readonly serviceTier?: string | undefined
  readonly parallelToolCalls?: boolean | undefined
  /**
   * Has the vendor keep the beginning of the prompt, so that the next call with the same one costs less: `true` by its
   * own rules. `false` keeps nothing that would cost more than plain input. Unset, the vendor does as it always does.
   */
  readonly promptCache?: boolean | PromptCache | undefined
  /** Lets the model search the web. What the answer rests on is among its content, as `source` parts. */
  readonly webSearch?: boolean | WebSearch | undefined
}

/**
 * Asks for JSON that fits a schema.
 *
 * @category models
 * @since 1.0.0
 */
export interface ObjectFormat {
  readonly name: string
  readonly schema: Schema.ConstraintCodec<unknown, unknown>
}

/**
 * All of it but `call` and `candidate` decides what the answer can be; `call` says under which circumstances it is asked.
 *
 * @category models
 * @since 1.0.0
 */
export interface Request {
  readonly model: Model.Model
  readonly modality: "text" | "image"
  readonly prompt: Prompt.Prompt
  readonly params: Params
  /** By name, so that equal requests begin with the same bytes: that is what prompt caches know them by. */
  readonly tools: ReadonlyArray<Tool.Any>
  readonly toolChoice: ToolChoice | undefined
  readonly object: ObjectFormat | undefined
  /** The vendor's own request options, merged last and sent untouched. */
  readonly native: Readonly<Record<string, unknown>>
  /** Which of the call's candidates this is: 0 is the first. */
  readonly candidate: number
  readonly call: Call.Call
}

/**
 * Makes a Request from what is given; the rest is empty.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (
  options: Pick<Request, "model" | "prompt" | "call"> & globalThis.Partial<Omit<Request, "model" | "prompt" | "call">>
): Request => ({
  model: options.model,
  modality: options.modality ?? "text",
  prompt: options.prompt,
  params: options.params ?? noParams,
  tools: inOrder(options.tools ?? noTools),
  toolChoice: options.toolChoice,
  object: options.object,
  native: options.native ?? noNative,
  candidate: options.candidate ?? 0,
  call: options.call
})

/**
 * Tools in the order in which a Request has them: by name.
 *
 * @category combinators
 * @since 1.0.0
 */
export const inOrder = (tools: ReadonlyArray<Tool.Any>): ReadonlyArray<Tool.Any> =>
  tools.length < 2 ? tools : tools.toSorted((a, b) => a.name < b.name ? -1 : 1)

const noParams: Params = {}
const noTools: ReadonlyArray<Tool.Any> = []
const noNative: Readonly<Record<string, unknown>> = {}

/**
 * A Request for a prompt, with a Call of its own and no model yet: `Generator.model` names one.
 *
 * @category constructors
 * @since 1.0.0
 */
export const fromPrompt = (
  prompt: Prompt.RawInput,
  options?: globalThis.Partial<Omit<Request, "prompt" | "call">>
): Effect.Effect<Request> =>
  Effect.map(
    Call.make(),
    (call) => make({ ...options, model: options?.model ?? Model.unlisted("", ""), prompt: Prompt.make(prompt), call })
  )

/**
 * The error of this request with this reason, naming its provider and model.
 *
 * @category constructors
 * @since 1.0.0
 */
export const fail = (request: Request, reason: Reason): GenerateError =>
  new GenerateError({ provider: request.model.provider, model: request.model.id, reason })

/**
 * The first thing asked that the model is known not to do. What the catalog doesn't know is let through: the vendor
 * will say.
 *
 * @category accessors
 * @since 1.0.0
 */
export const mismatch = (request: Request): GenerateError | undefined => {
  const { model } = request
  const unsupported = (feature: string, detail: string) => fail(request, new Unsupported({ feature, detail }))
  if (model.modality !== request.modality) {
    return unsupported("modality", `the model answers with ${model.modality}, and ${request.modality} was asked for`)
  }
  for (const [name, value] of Object.entries(request.params)) {
    if (value !== undefined && !isOf(request.modality, name)) return misplaced(request, name)
  }
  if (request.modality === "image") {
    if (request.tools.length > 0) return unsupported("tools", "a call for an image has none")
    if (request.object !== undefined) return unsupported("structuredOutput", "an image fits no schema")
    if (model.capabilities.edit === false && (request.params.mask !== undefined || hasFile(request.prompt, "image/"))) {
      return unsupported("edit", "the model takes no pictures to start from")
    }
    return undefined
  }
  const { maxOutputTokens } = request.params
  if (maxOutputTokens !== undefined && model.maxOutput !== undefined && maxOutputTokens > model.maxOutput) {
    return invalidRequest({
      field: "maxOutputTokens",
      detail: `the model writes at most ${model.maxOutput} tokens, and ${maxOutputTokens} were asked for`,
      provider: model.provider,
      model: model.id
    })
  }
  if (request.tools.length > 0 && model.capabilities.tools === false) {
    return unsupported("tools", "the model calls no tools")
  }
  if (request.object !== undefined && model.capabilities.structuredOutput === false) {
    return unsupported("structuredOutput", "the model can't be held to a schema")
  }
  if (
    request.params.reasoning !== undefined && request.params.reasoning !== "none" &&
    model.capabilities.reasoning === false
  ) return unsupported("reasoning", "the model doesn't reason")
  const { webSearch } = request.params
  if (webSearch !== undefined && webSearch !== false && model.capabilities.webSearch === false) {
    return fail(request, noWebSearch())
  }
  if (model.capabilities.vision === false && hasFile(request.prompt, "image/")) {
    return unsupported("vision", "the model can't see images")
  }
  if (model.capabilities.pdf === false && hasFile(request.prompt, "application/pdf")) {
    return unsupported("pdf", "the model reads no PDF")
  }
  return undefined
}

/**
 * Why a vendor without a web search of its own can't answer, and who could.
 *
 * @category constructors
 * @since 1.0.0
 */
export const noWebSearch = (detail = "the model has no web search of its own"): Unsupported => {
  const able = Catalog.providers(Catalog.bundled)
    .filter(({ perRequest }) => perRequest["web_search"] !== undefined)
    .map(({ label }) => label)
  return new Unsupported({ feature: "webSearch", detail: `${detail}; models of ${able.join(", ")} have one` })
}

/**
 * What calls are for whose modality isn't said: what their model makes.
 *
 * @category accessors
 * @since 1.0.0
 */
export const modalityOf = (model: Model.Model): Request["modality"] => model.modality === "image" ? "image" : "text"

/**
 * Whether an option is one of calls for this.
 *
 * @category guards
 * @since 1.0.0
 */
export const isOf = (modality: Request["modality"], param: string): boolean =>
  param === "seed" || imageParams.has(param) === (modality === "image")

const imageParams: ReadonlySet<string> = new Set<keyof ImageParams>([
  "n",
  "size",
  "aspectRatio",
  "quality",
  "format",
  "background",
  "negativePrompt",
  "mask"
])

const misplaced = ({ modality, model }: Request, field: string): GenerateError =>
  invalidRequest({
    field,
    detail: modality === "text"
      ? "it is an option of calls for images, and text was asked for"
      : "it is an option of calls for text, and an image was asked for",
    provider: model.provider,
    model: model.id
  })

const hasFile = (prompt: Prompt.Prompt, mediaType: string): boolean =>
  prompt.content.some((message) =>
    message.role === "user" &&
    message.content.some((part) => part.type === "file" && part.mediaType.startsWith(mediaType))
  )

/**
 * The model of that name. Fails with `UnknownModel`, which tells the nearest ids.
 *
 * @category combinators
 * @since 1.0.0
 */
export const resolve = (
  catalog: Catalog.Catalog,
  name: { readonly provider?: string | undefined; readonly model: string }
): Effect.Effect<Model.Model, GenerateError> =>
  Result.match(Catalog.resolve(catalog, name), {
    onSuccess: Effect.succeed,
    onFailure: ({ nearest }) =>
      Effect.fail(
        new GenerateError({ provider: name.provider ?? "", model: name.model, reason: new UnknownModel({ nearest }) })
      )
  })

/**
 * The request, or the error of its first {@link mismatch}.
 *
 * @category combinators
 * @since 1.0.0
 */
export const checked = (request: Request): Effect.Effect<Request, GenerateError> => {
  const error = mismatch(request)
  return error === undefined ? Effect.succeed(request) : Effect.fail(error)
}

/**
 * A rough count, for an answer whose vendor reported none (a cost that is estimated, not zero) and for a request that
 * isn't sent yet: a token for every four characters, more of them for what isn't ASCII, and something for each message,
 * tool and file. What the vendor had `counted` when a stream broke or was left stands in place of it, but for output that
 * is more than that.
 *
 * @category accessors
 * @since 1.0.0
 */
export const estimateUsage = (request: Request, outputCharacters: number, counted?: Usage.Usage): Usage.Usage => {
  const output = Math.ceil(outputCharacters / charactersPerToken)
  if (counted !== undefined) {
    const outputText = Math.max(counted.outputText, output - counted.outputReasoning)
    return Usage.make({ ...counted, state: "estimated", outputText })
  }
  const { bytes, characters, files, messages } = promptSize(request)
  return Usage.make({
    state: "estimated",
    inputUncached: Math.ceil(
      characters / charactersPerToken + (bytes - characters) * tokensPerWideByte + messages * tokensPerMessage +
        request.tools.length * tokensPerTool + files.length * tokensPerFile
    ),
    outputText: output
  })
}

const charactersPerToken = 4
/** Chinese takes about three quarters of a token a character, which has three bytes. */
const tokensPerWideByte = 0.25
const tokensPerMessage = 3
const tokensPerTool = 50
const tokensPerFile = 1000

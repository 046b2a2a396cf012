/**
 * A language model of effect/ai as a Generator.
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as AiError from "effect/ai/AiError"
import type * as LanguageModel from "effect/ai/LanguageModel"
import type * as Response from "effect/ai/Response"
import type * as Tool from "effect/ai/Tool"
import type * as Toolkit from "effect/ai/Toolkit"
import { GenerateError, InvalidRequest, InvalidResponse, type Reason, Unsupported } from "../GenerateError.ts"
import * as Generation from "../Generation.ts"
import * as Generator from "../Generator.ts"
import type { Model } from "../Model.ts"
import * as Request from "../Request.ts"
import * as Usage from "../Usage.ts"
import { fromAiError } from "./aiErrors.ts"
import { broken, isContent, textOf } from "./exchange.ts"
import { unfinished } from "./replies.ts"

type Config = (request: Request.Request) => Context.Context<never>

export const make = (model: LanguageModel.LanguageModel, config: Config | undefined): Generator.Generator => {
  const generate = Effect.fnUntraced(function*(
    request: Request.Request
  ): Effect.fn.Return<Generation.Generation, GenerateError> {
    const warnings = yield* heeded(request, config)
    const asked = ask(model, request)
    const { content, value } = yield* Effect.mapError(
      config === undefined ? asked : Effect.provideContext(asked, config(request)),
      fromAiError(request.model)
    )
    const listener = makeListener(request, warnings, content)
    const heard = content.flatMap((part) => listener.hear(part))
    const finish = heard.find((part) => part.type === "finish") ?? unfinished(request, listener, warnings)
    return Generation.withContent({ ...finish, object: value }, heard.filter(isWhole))
  })

  const open = Effect.fnUntraced(function*(
    request: Request.Request
  ): Effect.fn.Return<Stream.Stream<Generation.Part, GenerateError>, GenerateError, Scope.Scope> {
    if (request.object !== undefined) return Stream.fromIterable(Generation.toParts(yield* generate(request)))
    const warnings = yield* heeded(request, config)
    const asked = askStream(model, request)
    const pull = partsOf(
      request,
      warnings,
      yield* Stream.toPull(config === undefined ? asked : Stream.provideContext(asked, config(request)))
    )
    const opening: Array<Generation.Part> = []
    while (!opening.some(isContent)) {
      opening.push(
        ...yield* Effect.catchIf(
          pull,
          Cause.isDone,
          () => Effect.fail(Request.fail(request, new InvalidResponse({ detail: "the stream ended before it began" })))
        )
      )
    }
    let text = textOf(opening)
    const rest = Stream.fromPull(Effect.succeed(Effect.mapBoth(pull, {
      onSuccess: (parts) => {
        text += textOf(parts)
        return parts
      },
      onFailure: (error) => Cause.isDone(error) ? error : broken(request, error, text)
    })))
    return Stream.concat(Stream.fromIterable(opening), rest)
  })

  return Generator.make({ generate, open })
}

/** What effect/ai is asked: it runs no tools, and leaves what the model makes of them to the caller. */
const askedOf = ({ prompt, toolChoice, tools }: Request.Request) => {
  const toolkit: Toolkit.WithHandler<Record<string, Tool.Any>> = {
    tools: Object.fromEntries(tools.map((tool) => [tool.name, tool])),
    handle: () => Effect.die(new Error("Loom runs no tools"))
  }
  const asked = { prompt, toolkit, disableToolCallResolution: true, toolCallValidation: "deferred" } as const
  return toolChoice === undefined ? asked : { ...asked, toolChoice }
}

interface Answer {
  readonly content: ReadonlyArray<Response.AnyPart>
  readonly value: unknown
}

// oxlint-disable typescript/no-unsafe-type-assertion -- no handler of a tool and none of its codecs is used, so that
// nothing of theirs is needed; the schema of an object comes from `GenerateOptions`, and needs nothing either

const ask = (
  model: LanguageModel.LanguageModel,
  request: Request.Request
): Effect.Effect<Answer, AiError.AiError> => {
  const asked = askedOf(request)
  const { object } = request
  const answer = object === undefined
    ? Effect.map(model.generateText(asked), ({ content }) => ({ content, value: undefined }))
    : model.generateObject({ ...asked, objectName: object.name, schema: object.schema as never })
  return answer as Effect.Effect<Answer, AiError.AiError, unknown> as Effect.Effect<Answer, AiError.AiError>
}

const askStream = (
  model: LanguageModel.LanguageModel,
  request: Request.Request
): Stream.Stream<Response.AnyPart, AiError.AiError> =>
  model.streamText(askedOf(request)) as Stream.Stream<Response.AnyPart, AiError.AiError>

// oxlint-enable typescript/no-unsafe-type-assertion

/** An answer without them is another one, or has another price. */
const essential: ReadonlySet<string> = new Set(["stop", "serviceTier", "webSearch"])

/** What the caller is told of what can't be asked. Fails where it may not be dropped. */
const heeded = (
  request: Request.Request,
  config: Config | undefined
): Effect.Effect<ReadonlyArray<string>, GenerateError> => {
  const fail = (reason: Reason) => Effect.fail(Request.fail(request, reason))
  if (request.modality !== "text") {
    const detail = `${request.modality} can't be asked for in effect/ai`
    return fail(new Unsupported({ feature: "modality", detail }))
  }
  if (config !== undefined) return Effect.succeed([])
  const detail = "effect/ai has no such option, and its model was given none (`config`)"
  for (const field in request.native) return fail(new InvalidRequest({ field: `native.${field}`, detail }))
  const params = Object.entries(request.params).filter(([name, value]) =>
    value !== undefined && name !== "promptCache" && !(name === "webSearch" && value === false)
  )
  const refused = params.find(([name]) => essential.has(name))
  return refused === undefined
    ? Effect.succeed(params.map(([name]) => `${name} was dropped: ${detail}`))
    : fail(new Unsupported({ feature: refused[0], detail }))
}

/** Hears the parts of one answer, and says them in Loom's words. */
interface Listener {
  readonly requestId: string | undefined
  readonly hear: (part: Response.AnyPart) => ReadonlyArray<Generation.Part | Generation.Content>
}

const makeListener = (
  request: Request.Request,
  warnings: ReadonlyArray<string>,
  native: unknown
): Listener => {
  let requestId: string | undefined
  let model: string | undefined
  return {
    get requestId() {
      return requestId
    },
    hear: (part) => {
      switch (part.type) {
        case "response-metadata":
          requestId = part.id ?? requestId
          model = part.modelId ?? model
          return []
        case "finish":
          return [Generation.finish({
            provider: request.model.provider,
            model: model ?? request.model.upstream,
            finishReason: part.reason,
            usage: usageOf(part.usage, request.model),
            requestId,
            native,
            warnings
          })]
        case "error":
        case "tool-approval-request":
          return []
        default:
          return [part]
      }
    }
  }
}

const isWhole = (part: Generation.Part | Generation.Content): part is Generation.Content => {
  switch (part.type) {
    case "text":
    case "reasoning":
    case "file":
    case "source":
    case "tool-call":
    case "tool-result":
      return true
    default:
      return false
  }
}

const isStreamed = (part: Generation.Part | Generation.Content): part is Generation.Part =>
  part.type !== "text" && part.type !== "reasoning"

/** The parts of a stream, up to its finish. A failure comes behind what came before it. */
const partsOf = (
  request: Request.Request,
  warnings: ReadonlyArray<string>,
  pull: Pull.Pull<Arr.NonEmptyReadonlyArray<Response.AnyPart>, AiError.AiError>
): Pull.Pull<Arr.NonEmptyReadonlyArray<Generation.Part>, GenerateError> => {
  const listener = makeListener(request, warnings, undefined)
  let failure: GenerateError | undefined
  let isBegun = false
  let isFinished = false
  const read: ReturnType<typeof partsOf> = Effect.suspend(() => {
    if (failure !== undefined) return Effect.fail(failure)
    if (isFinished) return Cause.done()
    return Effect.matchEffect(pull, {
      onFailure: (error): ReturnType<typeof partsOf> => {
        if (!Cause.isDone(error)) return Effect.fail(fromAiError(request.model)(error))
        isFinished = true
        return isBegun ? Effect.succeed(Arr.of(unfinished(request, listener, warnings))) : Cause.done()
      },
      onSuccess: (parts): ReturnType<typeof partsOf> => {
        const out: Array<Generation.Part> = []
        for (const part of parts) {
          if (part.type === "error") failure ??= told(request, part.error)
          if (failure !== undefined || isFinished) break
          out.push(...listener.hear(part).filter(isStreamed))
          isFinished = part.type === "finish"
        }
        isBegun ||= out.some(isContent)
        return Arr.isArrayNonEmpty(out) ? Effect.succeed(out) : read
      }
    })
  })
  return read
}

/** A failure that comes as a part. */
const told = (request: Request.Request, error: unknown): GenerateError =>
  error instanceof GenerateError
    ? error
    : AiError.isAiError(error)
    ? fromAiError(request.model)(error)
    : Request.fail(request, new InvalidResponse({ detail: "the stream tells of an error" }))

/** Counters that are left out follow from the others. */
const usageOf = ({ inputTokens: input, outputTokens: output }: Response.Usage, model: Model): Usage.Usage => {
  const { cacheRead = 0, cacheWrite = 0 } = input
  const { reasoning: outputReasoning = 0 } = output
  const inputUncached = input.uncached ?? (input.total === undefined ? undefined : input.total - cacheRead - cacheWrite)
  const outputText = output.text ?? (output.total === undefined ? undefined : output.total - outputReasoning)
  if (inputUncached === undefined && outputText === undefined) return Usage.missing
  return Usage.make({
    inputUncached: Math.max(0, inputUncached ?? 0),
    cacheRead,
    outputText: Math.max(0, outputText ?? 0),
    outputReasoning,
    ...(cacheWrite === 0 ? undefined : { cacheWrite: { [lifetimeOf(model)]: cacheWrite } })
  })
}

/** effect/ai doesn't tell for how long something was written: the vendor's shortest lifetime is its own choice. */
const lifetimeOf = ({ prices }: Model): string => {
  const rates = prices.at(-1)?.rates.cacheWrite
  return (typeof rates === "object" ? Object.keys(rates)[0] : undefined) ?? "5m"
}

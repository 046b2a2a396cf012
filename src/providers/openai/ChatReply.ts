/**
 * What Chat Completions answer in one piece.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as AiResponse from "effect/ai/Response"
import type { GenerateError } from "../../GenerateError.ts"
import * as Generation from "../../Generation.ts"
import type * as Request from "../../Request.ts"
import * as Dialect from "../../internal/dialect.ts"
import { type Origin, told, unreadable } from "../../internal/failures.ts"
import { isRecord, paramsOf } from "../../internal/json.ts"
import { reasoning } from "../../internal/parts.ts"
import { sourceOf, spanOf } from "../../internal/replies.ts"
import { at, costOf, usageOf } from "./ChatUsage.ts"
import type { Quirks } from "./Quirks.ts"
import * as Wire from "./Wire.ts"

const ToolCall = Schema.Struct({
  id: Schema.String,
  function: Schema.Struct({ name: Schema.String, arguments: Schema.String })
})
const Citation = Schema.Struct({
  url_citation: Schema.optional(Schema.Struct({
    url: Schema.String,
    title: Schema.optional(Schema.String),
    start_index: Schema.optional(Schema.Finite),
    end_index: Schema.optional(Schema.Finite)
  }))
})
const Reply = Schema.Struct({
  id: Schema.String,
  model: Schema.String,
  choices: Schema.NonEmptyArray(Schema.Struct({
    finish_reason: Schema.optional(Schema.NullOr(Schema.String)),
    message: Schema.Struct({
      content: Schema.optional(Schema.NullOr(Schema.String)),
      refusal: Schema.optional(Schema.NullOr(Schema.String)),
      tool_calls: Schema.optional(Schema.NullOr(Schema.Array(ToolCall))),
      annotations: Schema.optional(Schema.NullOr(Schema.Array(Citation)))
    })
  })),
  service_tier: Schema.optional(Schema.NullOr(Schema.String)),
  usage: Schema.optional(Schema.Unknown)
})
type Reply = typeof Reply.Type
type Message = Reply["choices"][number]["message"]

export const decodeReply = Schema.decodeUnknownResult(Reply)

/** Reads whole replies of a vendor, and what a stream was put together to. */
export interface Reader {
  /** The Generation in a whole reply: in the first of its choices. */
  readonly generation: (
    request: Request.Request,
    json: unknown,
    origin: Origin,
    warnings?: ReadonlyArray<string>
  ) => Result.Result<Generation.Generation, GenerateError>
  /** What a reply says besides its text and its thoughts. */
  readonly answered: (
    request: Request.Request,
    reply: Reply,
    native: unknown,
    origin: Origin,
    warnings?: ReadonlyArray<string>
  ) => Result.Result<Generation.Answered, GenerateError>
  readonly wholeParts: (reply: Reply, native: unknown) => ReadonlyArray<WholePart>
}

type WholePart = Exclude<Generation.Content, { readonly type: "text" | "reasoning" }>

export const make = (quirks: Quirks): Reader => {
  const finishReasons: Readonly<Record<string, Generation.FinishReason>> = { ...common, ...quirks.finishReasons }
  const dialect = quirks.objects === "json_object" ? Dialect.plain : Wire.dialect
  const kindOf = (code: string) => quirks.errors?.[code] ?? Wire.toldKindOf(code)
  const { field = [] } = quirks.requestId ?? {}
  const idPath = typeof field === "string" ? [field] : field

  const sourcesIn = (reply: Reply, native: unknown) => [
    ...(reply.choices[0].message.annotations ?? []).flatMap(({ url_citation: citation }, n) =>
      citation === undefined ? [] : sourceOf(`${reply.id}:${n}`, citation.url, citation.title, spanOf(citation))
    ),
    ...(quirks.sources === undefined || !isRecord(native) ? [] : quirks.sources(native)).flatMap(({ title, url }, n) =>
      sourceOf(`${reply.id}:s${n}`, url, title)
    )
  ]

  const wholeParts: Reader["wholeParts"] = (reply, native) => [
    ...sourcesIn(reply, native),
    ...(reply.choices[0].message.tool_calls ?? []).map((call) =>
      AiResponse.makePart("tool-call", {
        id: call.id,
        name: call.function.name,
        params: paramsOf(call.function.arguments),
        providerExecuted: false
      })
    )
  ]

  const answered: Reader["answered"] = (request, reply, native, origin, warnings) => {
    const [{ finish_reason: reason, message }] = reply.choices
    const usage = usageOf(reply.usage, quirks.usage, webSearchesIn(message), reply.model)
    const finishReason = message.refusal == null ? finishReasons[reason ?? ""] ?? "unknown" : "content-filter"
    if (finishReason === "error") {
      const error = Wire.told(reason ?? undefined, "the answer ended with an error", usage, kindOf)
      return Result.fail(told(request, error, origin))
    }
    const ownId = idPath.length === 0 ? undefined : at(native, idPath)
    const summary = {
      provider: request.model.provider,
      model: reply.model,
      finishReason,
      usage,
      requestId: origin.requestId ?? (typeof ownId === "string" ? ownId : reply.id),
      // One that isn't told is the one that was asked for: it may have a price of its own.
      serviceTier: reply.service_tier ?? request.params.serviceTier,
      reportedUsd: costOf(reply.usage, quirks.usage),
      native,
      warnings
    }
    return dialect.withObject(request, summary, () => textIn(message))
  }

  return {
    answered,
    wholeParts,
    generation: (request, json, origin, warnings) => {
      const decoded = decodeReply(json)
      if (Result.isFailure(decoded)) return Result.fail(unreadable(request, decoded.failure, origin))
      const reply = decoded.success
      return Result.map(answered(request, reply, json, origin, warnings), (answered) => {
        const text = textIn(reply.choices[0].message)
        const thought = thoughtIn(quirks, messageIn(json))
        return Generation.make({
          ...answered,
          content: [
            ...(thought === undefined ? [] : [reasoning(thought.text, thoughtMetadata(request, thought))]),
            ...(text === "" ? [] : [AiResponse.makePart("text", { text })]),
            ...wholeParts(reply, json)
          ]
        })
      })
    }
  }
}

const textIn = (message: Message): string => `${message.content ?? ""}${message.refusal ?? ""}`

/** Searches aren't counted on this wire: an answer that cites pages has searched once. */
const webSearchesIn = ({ annotations }: Message): number =>
  annotations?.some((annotation) => annotation.url_citation !== undefined) === true ? 1 : 0

const common: Readonly<Record<string, Generation.FinishReason>> = {
  stop: "stop",
  length: "length",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
  content_filter: "content-filter",
  error: "error"
}

/** Thoughts, and where they were. */
export interface Thought {
  readonly field: string
  readonly text: string
  readonly pieces: ReadonlyArray<unknown> | undefined
}

const messageIn = (json: unknown): unknown => {
  const choices = at(json, ["choices"])
  return Array.isArray(choices) ? at(choices[0], ["message"]) : undefined
}

/** The thoughts in a message or a delta. */
export const thoughtIn = ({ thoughts }: Quirks, message: unknown): Thought | undefined => {
  if (thoughts === undefined || !isRecord(message)) return undefined
  const pieces = thoughts.pieces === undefined ? undefined : message[thoughts.pieces]
  const list = Array.isArray(pieces) && pieces.length > 0 ? pieces : undefined
  for (const field of thoughts.text) {
    const text = message[field]
    if (typeof text === "string" && text !== "") return { field, text, pieces: list }
  }
  return list === undefined ? undefined : { field: thoughts.pieces ?? "", text: textOfPieces(list), pieces: list }
}

const textOfPieces = (pieces: ReadonlyArray<unknown>): string =>
  pieces.map((piece) => {
    const text = at(piece, ["text"]) ?? at(piece, ["summary"])
    return typeof text === "string" ? text : ""
  }).join("")

/** What a thought needs to go back to who had it. */
export const thoughtMetadata = (request: Request.Request, { field, pieces }: Thought): AiResponse.ProviderMetadata => ({
  [request.model.provider]: pieces !== undefined && isJson(pieces) ? { field, pieces } : { field }
})

const isJson = Schema.is(Schema.Array(Schema.Json))

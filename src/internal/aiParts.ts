/**
 * Parts of answers as effect/ai takes them from a provider, and prompts that hold them as Loom takes them.
 *
 * What a vendor's own tools did without having been offered in a toolkit is nothing that effect/ai lets through, and
 * vendors want it back. It travels as a text without words, with the part in its metadata.
 */
import type * as Arr from "effect/Array"
import * as Option from "effect/Option"
import { isEmptyReadonlyRecord as isEmpty } from "effect/Record"
import * as Schema from "effect/Schema"
import * as Prompt from "effect/ai/Prompt"
import type * as Response from "effect/ai/Response"
import * as Tool from "effect/ai/Tool"
import * as Base64 from "effect/encoding/Base64"
import type * as Generation from "../Generation.ts"
import { isRecord } from "./json.ts"
import { type Written, written } from "./written.ts"

type Call = Response.ToolCallPart<string, unknown>
type ToolResult = Response.ToolResultPart<string, unknown, unknown>
type Tools = ReadonlyArray<Tool.Any>

/** The tool of the toolkit that a call is of: a vendor's own go by the name that the vendor gives them. */
const toolOf = (tools: Tools, { name, providerExecuted }: Call | ToolResult): Tool.Any | undefined =>
  tools.find((tool) =>
    Tool.isProviderDefined(tool)
      ? providerExecuted && tool.providerName === name
      : !providerExecuted && tool.name === name
  )

const fits = (schema: Schema.Constraint, value: unknown): boolean => Schema.is(Schema.toEncoded(schema))(value)

/** The part by the name that the toolkit knows, where effect/ai lets it through. */
const callOf = (part: Call, tools: Tools): Response.ToolCallPartEncoded | undefined => {
  const tool = toolOf(tools, part)
  const { id, metadata, name, params, providerExecuted } = part
  if (!providerExecuted) return { type: "tool-call", id, name, params, providerExecuted, metadata }
  return tool !== undefined && fits(tool.parametersSchema, params)
    ? { type: "tool-call", id, name: tool.name, params, providerExecuted, metadata }
    : undefined
}

const resultOf = (part: ToolResult, tools: Tools): Response.ToolResultPartEncoded | undefined => {
  const tool = toolOf(tools, part)
  const { encodedResult: result, id, isFailure, metadata, modelOutput, preliminary, providerExecuted } = part
  return tool !== undefined && modelOutput === undefined &&
      fits(isFailure ? Tool.failureResultSchema(tool) : tool.successSchema, result)
    ? { type: "tool-result", id, name: tool.name, result, isFailure, providerExecuted, preliminary, metadata }
    : undefined
}

/** As history has it. */
const carried = (part: Call | ToolResult): Response.ProviderMetadata => {
  const { id, metadata: options, name, providerExecuted } = part
  const common = { id, name, providerExecuted, options }
  const said = part.type === "tool-call"
    ? { type: part.type, ...common, params: part.params }
    : { type: part.type, ...common, isFailure: part.isFailure, result: part.encodedResult }
  return { loom: { part: asJson(JSON.parse(JSON.stringify(said))) } }
}

const asJson = Schema.decodeUnknownSync(Schema.Json)

/** `undefined` for what effect/ai wouldn't let through. */
const doneOf = (
  part: Call | ToolResult,
  tools: Tools
): Response.ToolCallPartEncoded | Response.ToolResultPartEncoded | undefined =>
  part.type === "tool-call" ? callOf(part, tools) : resultOf(part, tools)

const fileOf = ({ data, mediaType, metadata }: Response.FilePart): Response.FilePartEncoded => ({
  type: "file",
  mediaType,
  data: Base64.encode(data),
  metadata
})

const sourceOf = (
  part: Response.UrlSourcePart | Response.DocumentSourcePart
): Response.UrlSourcePartEncoded | Response.DocumentSourcePartEncoded => {
  const { id, metadata, title, type } = part
  if (part.sourceType === "url") return { type, sourceType: part.sourceType, id, url: part.url.href, title, metadata }
  const { fileName, mediaType, sourceType } = part
  const common = { type, sourceType, id, mediaType, title, metadata }
  return fileName === undefined ? common : { ...common, fileName }
}

/** The content of an answer. Where there is an object, its JSON is the text. */
export const contentOf = (
  { content, object }: Pick<Generation.Generation, "content" | "object">,
  tools: Tools
): Array<Response.PartEncoded> => {
  const parts: Array<Response.PartEncoded> = []
  let json = object === undefined ? undefined : JSON.stringify(object)
  for (const part of content) {
    switch (part.type) {
      case "text": {
        const { metadata, type } = part
        if (object === undefined) parts.push(part)
        else if (json !== undefined || !isEmpty(metadata)) parts.push({ type, text: json ?? "", metadata })
        json = undefined
        break
      }
      case "reasoning":
        parts.push(part)
        break
      case "file":
        parts.push(fileOf(part))
        break
      case "source":
        parts.push(sourceOf(part))
        break
      default:
        parts.push(doneOf(part, tools) ?? { type: "text", text: "", metadata: carried(part) })
    }
  }
  if (json !== undefined) parts.push({ type: "text", text: json })
  return parts
}

/** What is heard of an image before it is there has no word in effect/ai. */
export const isSaid = (part: Generation.Part): part is Exclude<Generation.Part, Generation.InterimPart> =>
  part.type !== "progress" && part.type !== "partial-image"

/** A part of a stream. */
export const streamPartsOf = (
  part: Exclude<Generation.Part, Generation.InterimPart>,
  tools: Tools
): Arr.NonEmptyReadonlyArray<Response.StreamPartEncoded> => {
  switch (part.type) {
    case "finish":
      return endOf(part)
    case "tool-call":
    case "tool-result": {
      const done = doneOf(part, tools)
      const id = `${part.type} ${part.id}`
      return done === undefined
        ? [{ type: "text-start", id, metadata: carried(part) }, { type: "text-end", id }]
        : [done]
    }
    case "file":
      return [fileOf(part)]
    case "source":
      return [sourceOf(part)]
    default:
      return [part]
  }
}

const decodePart = Schema.decodeUnknownOption(Prompt.AssistantMessagePart)

/** The part of history that a part of a prompt stands for. */
const restored = (part: Prompt.AssistantMessagePart, tools: Tools): Prompt.AssistantMessagePart => {
  if (part.type === "text" && part.text === "") {
    const told = part.options["loom"]
    return isRecord(told) ? Option.getOrElse(decodePart(told.part), () => part) : part
  }
  if ((part.type !== "tool-call" && part.type !== "tool-result") || !part.providerExecuted) return part
  const tool = tools.find((tool) => tool.name === part.name)
  return tool !== undefined && Tool.isProviderDefined(tool) ? { ...part, name: tool.providerName } : part
}

/** A prompt with what vendors' own tools did, as the vendors told it. */
export const promptOf = (prompt: Prompt.Prompt, tools: Tools): Prompt.Prompt => {
  let isChanged = false
  const content = prompt.content.map((message) => {
    if (message.role !== "assistant") return message
    const parts = message.content.map((part) => restored(part, tools))
    if (parts.every((part, index) => part === message.content[index])) return message
    isChanged = true
    return { ...message, content: parts }
  })
  return isChanged ? Prompt.fromMessages(content) : prompt
}

/** What effect/ai programs find of a call under `metadata.loom` of its finish part: the summary of its answer. */
export type Metadata = Written<Omit<Generation.Summary, "object" | "native" | "finishReason">>

const metadataOf = (summary: Generation.Summary): Metadata => {
  const {
    attempts,
    cache,
    cost,
    model,
    provider,
    region,
    requestId,
    router,
    saved,
    serviceTier,
    timing,
    usage,
    warnings
  } = summary
  return written({
    provider,
    model,
    usage,
    cost,
    saved,
    warnings,
    timing,
    cache,
    attempts,
    router,
    requestId,
    serviceTier,
    region
  })
}

/** The end of an answer. */
export const endOf = (
  summary: Generation.Summary
): readonly [Response.ResponseMetadataPartEncoded, Response.FinishPartEncoded] => {
  const { attempts, finishReason, model, requestId } = summary
  const answered = attempts.at(-1)
  return [
    {
      type: "response-metadata",
      id: requestId,
      modelId: model,
      timestamp: answered === undefined ? undefined : new Date(answered.startedAt).toISOString()
    },
    { type: "finish", reason: finishReason, usage: usageOf(summary), metadata: { loom: metadataOf(summary) } }
  ]
}

const usageOf = ({ usage }: Generation.Summary): Response.FinishPartEncoded["usage"] => {
  if (usage.state === "missing") return { inputTokens: {}, outputTokens: {} }
  const { inputTokens: total, outputReasoning: reasoning, outputTokens } = usage
  const cacheRead = usage.cacheRead + usage.imageCacheRead
  const cacheWrite = Object.values(usage.cacheWrite).reduce((sum, count) => sum + count, 0)
  return {
    inputTokens: { total, uncached: total - cacheRead - cacheWrite, cacheRead, cacheWrite },
    outputTokens: { total: outputTokens, text: outputTokens - reasoning, reasoning }
  }
}

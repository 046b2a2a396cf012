/**
 * Anthropic's Messages protocol, which others speak too, each with its quirks: the request it takes.
 *
 * Read 2026-11-23 from @anthropic-ai/sdk@1.12.0: `resources/messages/messages.d.ts`.
 */
import type Anthropic from "@anthropic-ai/sdk"
import type * as Prompt from "effect/ai/Prompt"
import * as Tool from "effect/ai/Tool"
import { InvalidRequest } from "../../GenerateError.ts"
import * as Request from "../../Request.ts"
import * as Dialect from "../../internal/dialect.ts"
import { isRecord, ordered } from "../../internal/json.ts"
import * as Prompts from "../../internal/prompts.ts"
import type * as Caching from "./Caching.ts"
import type { MessagesQuirks } from "./MessagesQuirks.ts"
import * as Wire from "./Wire.ts"

type Body = Anthropic.MessageCreateParams
type BlockParam = Anthropic.ContentBlockParam

/** The body of a request. Throws where the prompt holds what can't be sent. */
export const body = (quirks: MessagesQuirks) => (request: Request.Request, stream: boolean): Body => {
  const { object, prompt } = request
  const { effort, fields, maxTokens } = quirks.writtenOf(request)
  const outputConfig = {
    ...(effort === undefined ? undefined : { effort }),
    ...(object === undefined || quirks.tellsObjects === true
      ? undefined
      : { format: { type: "json_schema" as const, schema: Wire.dialect.schemaOf(request, object) } })
  }
  const toolChoice = choiceOf(quirks, request)
  const search = quirks.searchToolOf?.(request)
  const told = prompt.content.flatMap((message) =>
    message.role === "system" ? [{ type: "text" as const, text: message.content, ...quirks.optionsOf(message) }] : []
  )
  // Behind the caller's own instructions, so that what they begin with stays the beginning of every prompt.
  if (object !== undefined && quirks.tellsObjects === true) {
    told.push({ type: "text", text: Dialect.inWords(request, object) })
  }
  const { messages, system, tools } = quirks.placed(request, {
    tools: [
      ...request.tools.map((tool) => toolOf(quirks, request, tool)),
      ...(search === undefined ? [] : [search])
    ],
    system: told,
    messages: prompt.content.flatMap((message) => messagesOf({ quirks, request }, message))
  })
  return {
    model: request.model.upstream,
    max_tokens: maxTokens,
    messages,
    ...(system.length === 0 ? undefined : { system }),
    ...fields,
    ...(tools.length === 0 ? undefined : { tools }),
    ...(toolChoice === undefined ? undefined : { tool_choice: toolChoice }),
    ...(Object.keys(outputConfig).length === 0 ? undefined : { output_config: outputConfig }),
    ...request.native,
    stream
  }
}

/** What isn't sent as it was asked. */
export const warningsOf = (quirks: MessagesQuirks, request: Request.Request): ReadonlyArray<string> => {
  const { content } = request.prompt
  const opening = content.findIndex((message) => message.role !== "system")
  return [
    ...quirks.warningsOf(request),
    ...(content.findLastIndex((message) => message.role === "system") > opening && opening !== -1
      ? ["the system messages were put together in front of the conversation"]
      : [])
  ]
}

const toolOf = (
  { ownTools, strictTools }: MessagesQuirks,
  request: Request.Request,
  tool: Tool.Any
): Anthropic.ToolUnion => {
  const own = Wire.vendorTool(tool)
  if (own !== undefined && ownTools === false) {
    const detail = `${tool.name} is a vendor's own tool, and ${request.model.provider} has none`
    throw Request.fail(request, new InvalidRequest({ field: "tools", detail }))
  }
  if (own !== undefined) return own
  const { strict, ...definition } = Wire.functionOf(request, tool)
  return strict === undefined || strictTools === false ? definition : { ...definition, strict }
}

const choiceOf = (
  { oneAtATime }: MessagesQuirks,
  { params, toolChoice, tools }: Request.Request
): Anthropic.ToolChoice | undefined => {
  const alone = params.parallelToolCalls === false && oneAtATime !== false
    ? { disable_parallel_tool_use: true }
    : undefined
  switch (toolChoice) {
    case undefined:
      return alone === undefined || tools.length === 0 ? undefined : { type: "auto", ...alone }
    case "none":
      return { type: "none" }
    case "auto":
      return { type: "auto", ...alone }
    case "required":
      return { type: "any", ...alone }
    default: {
      const tool = tools.find(({ name }) => name === toolChoice.tool)
      return {
        type: "tool",
        name: tool !== undefined && Tool.isProviderDefined(tool) ? tool.providerName : toolChoice.tool,
        ...alone
      }
    }
  }
}

/** A prompt as it is being written. */
interface Spoken {
  readonly quirks: MessagesQuirks
  readonly request: Request.Request
}

const messagesOf = (spoken: Spoken, message: Prompt.Message): ReadonlyArray<Caching.Turn> => {
  const { quirks } = spoken
  switch (message.role) {
    case "system":
      return []
    case "user":
      return [{ role: "user", content: ended(quirks, message, message.content.map((part) => contentOf(spoken, part))) }]
    case "assistant": {
      const content = message.content.flatMap((part) => blocksOf(spoken, part))
      return content.length === 0 ? [] : [{ role: "assistant", content: ended(quirks, message, content) }]
    }
    case "tool": {
      const content = message.content.flatMap((part) => part.type === "tool-result" ? [resultOf(spoken, part)] : [])
      return content.length === 0 ? [] : [{ role: "user", content: ended(quirks, message, content) }]
    }
  }
}

/** A message's own options are its last part's. */
const ended = <A extends BlockParam>(
  { optionsOf }: MessagesQuirks,
  message: Prompt.Message,
  content: ReadonlyArray<A>
): Array<A> => content.map((block, index) => index === content.length - 1 ? { ...optionsOf(message), ...block } : block)

const resultOf = (spoken: Spoken, part: Prompt.ToolResultPart): Anthropic.ToolResultBlockParam => ({
  type: "tool_result",
  tool_use_id: part.id,
  content: part.modelOutput === undefined
    ? Prompts.resultText(part.result)
    : part.modelOutput.map((output) => contentOf(spoken, output)),
  ...(part.isFailure ? { is_error: true } : undefined),
  ...spoken.quirks.optionsOf(part)
})

type Given = Anthropic.TextBlockParam | Anthropic.ImageBlockParam | Anthropic.DocumentBlockParam

const contentOf = ({ quirks, request }: Spoken, part: Prompt.TextPart | Prompt.FilePart): Given => {
  const options = quirks.optionsOf(part)
  if (part.type === "text") return { type: "text", text: part.text, ...options }
  const file = Prompts.fileOf(part)
  if (part.mediaType.startsWith("image/")) {
    return {
      type: "image",
      source: "url" in file
        ? { type: "url", url: file.url }
        : { type: "base64", media_type: imageType(request, part), data: file.base64 },
      ...options
    }
  }
  if (quirks.pdf === false) throw Prompts.unsupportedFile(request, part, "images can")
  if (part.mediaType !== "application/pdf") throw Prompts.unsupportedFile(request, part)
  return {
    type: "document",
    source: "url" in file
      ? { type: "url", url: file.url }
      : { type: "base64", media_type: "application/pdf", data: file.base64 },
    ...(part.fileName === undefined ? undefined : { title: part.fileName }),
    ...options
  }
}

const imageType = (request: Request.Request, file: Prompt.FilePart): Anthropic.Base64ImageSource["media_type"] => {
  switch (file.mediaType) {
    case "image/jpeg":
    case "image/png":
    case "image/gif":
    case "image/webp":
      return file.mediaType
    default:
      throw Prompts.unsupportedFile(request, file)
  }
}

/** A part of an earlier answer. What the vendor's own tools made goes back as it came, thoughts only with their seal. */
const blocksOf = (
  { quirks, request }: Spoken,
  part: Prompt.AssistantMessagePart
): ReadonlyArray<BlockParam> => {
  const { block, redactedData, signature, ...options } = quirks.optionsOf(part)
  switch (part.type) {
    case "text":
      // The vendor refuses blank ones.
      return part.text.trim() === "" ? [] : [{ type: "text", text: part.text, ...options }]
    case "reasoning":
      if (typeof signature === "string") return [{ type: "thinking", thinking: part.text, signature }]
      return typeof redactedData === "string" ? [{ type: "redacted_thinking", data: redactedData }] : []
    case "tool-call":
      return part.providerExecuted
        ? asItCame(block)
        : [{ type: "tool_use", id: part.id, name: part.name, input: ordered(part.params), ...options }]
    case "tool-result":
      return asItCame(block)
    case "file":
      throw Prompts.unsupportedFile(request, part, "an answer of the model goes back without files")
    default:
      return []
  }
}

const asItCame = (block: unknown): ReadonlyArray<BlockParam> => isBlock(block) ? [block] : []

/** The vendor made it: its type is all that is looked at. */
const isBlock = (u: unknown): u is BlockParam => isRecord(u) && typeof u.type === "string"

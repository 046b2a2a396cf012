/**
 * A prompt as Mistral's SDK takes it.
 *
 * Read 2026-11-23 from @mistralai/mistralai@2.7.0: `models/components/chatcompletionrequest.d.ts`.
 */
import type { ChatCompletionRequestMessage, ContentChunk, ThinkChunk } from "@mistralai/mistralai/models/components"
import type * as AiPrompt from "effect/ai/Prompt"
import type * as Request from "../../Request.ts"
import { untyped } from "../../internal/json.ts"
import * as Prompts from "../../internal/prompts.ts"
import * as Wire from "./Wire.ts"

/** Throws where the prompt holds what can't be sent. */
export const messagesOf = (request: Request.Request): Array<ChatCompletionRequestMessage> => {
  const { content } = request.prompt
  return content.flatMap((message, index) => messageOf(request, message, index === content.length - 1))
}

const messageOf = (
  request: Request.Request,
  message: AiPrompt.Message,
  isLast: boolean
): ReadonlyArray<ChatCompletionRequestMessage> => {
  switch (message.role) {
    case "system":
      return [{ role: "system", content: message.content }]
    case "user":
      return [{ role: "user", content: message.content.map((part) => contentOf(request, part)) }]
    case "assistant":
      return [assistantOf(request, message, isLast)]
    case "tool":
      return message.content.flatMap((part) => part.type === "tool-result" ? [resultOf(request, part)] : [])
  }
}

const assistantOf = (
  request: Request.Request,
  { content }: AiPrompt.AssistantMessage,
  isLast: boolean
): ChatCompletionRequestMessage => {
  const file = content.find((part) => part.type === "file")
  if (file !== undefined) {
    throw Prompts.unsupportedFile(request, file, "an answer of the model goes back without files")
  }
  const calls = content.flatMap((part) =>
    part.type === "tool-call" && !part.providerExecuted
      ? [{ id: Wire.callId(part.id), function: { name: part.name, arguments: Prompts.paramsText(part.params) } }]
      : []
  )
  const thoughts = content.some((part) => part.type === "reasoning" && isOwn(part))
  const text = content.map((part) => part.type === "text" ? part.text : "").join("")
  return {
    role: "assistant",
    content: thoughts ? content.flatMap(chunksOf) : text,
    ...(calls.length === 0 ? undefined : { toolCalls: calls }),
    // What the model has begun to say, it is to go on with.
    ...(isLast && calls.length === 0 ? { prefix: true } : undefined)
  }
}

/** Thoughts of other vendors' models stay behind. */
const isOwn = (part: AiPrompt.ReasoningPart): boolean => part.options["mistral"] != null

const chunksOf = (part: AiPrompt.AssistantMessagePart): ReadonlyArray<ContentChunk> => {
  if (part.type === "text") return part.text === "" ? [] : [{ type: "text", text: part.text }]
  return part.type === "reasoning" && isOwn(part) ? [thoughtOf(part)] : []
}

const thoughtOf = (part: AiPrompt.ReasoningPart): ThinkChunk & { readonly type: "thinking" } => {
  const { closed, signature } = Wire.optionsOf(part)
  return {
    type: "thinking",
    thinking: [{ type: "text", text: part.text }],
    closed: closed !== false,
    ...(typeof signature === "string" ? { signature } : undefined)
  }
}

const resultOf = (request: Request.Request, part: AiPrompt.ToolResultPart): ChatCompletionRequestMessage => ({
  role: "tool",
  name: part.name,
  toolCallId: Wire.callId(part.id),
  content: part.modelOutput === undefined
    ? Prompts.resultText(part.result)
    : part.modelOutput.map((output) => contentOf(request, output))
})

const contentOf = (request: Request.Request, part: AiPrompt.TextPart | AiPrompt.FilePart): ContentChunk => {
  if (part.type === "text") return { type: "text", text: part.text }
  const url = () => Prompts.urlOf(part)
  if (part.mediaType.startsWith("image/")) {
    const { detail } = Wire.optionsOf(part)
    return { type: "image_url", imageUrl: detail === undefined ? url() : { url: url(), ...untyped({ detail }) } }
  }
  if (part.mediaType !== "application/pdf") throw Prompts.unsupportedFile(request, part)
  return {
    type: "document_url",
    documentUrl: url(),
    ...(part.fileName === undefined ? undefined : { documentName: part.fileName })
  }
}

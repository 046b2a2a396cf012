/**
 * A prompt as Converse takes it: turns of user and assistant, and what comes before them.
 *
 * Read 2026-11-23 from @aws-sdk/client-bedrock-runtime@3.1164.0: `models/models_0.d.ts`.
 */
import type {
  CachePointBlock,
  ContentBlock,
  DocumentFormat,
  ImageFormat,
  Message,
  SystemContentBlock,
  ToolResultContentBlock
} from "@aws-sdk/client-bedrock-runtime"
import type * as Prompt from "effect/ai/Prompt"
import type * as Request from "../../Request.ts"
import { isRecord, ordered } from "../../internal/json.ts"
import * as Prompts from "../../internal/prompts.ts"
import * as Wire from "./Wire.ts"

export const systemOf = ({ prompt }: Request.Request): Array<SystemContentBlock> =>
  prompt.content.flatMap((message): ReadonlyArray<SystemContentBlock> =>
    message.role === "system" ? [{ text: message.content }, ...cachePointOf(message)] : []
  )

/** Turns alternate: what one side says in several messages is one turn. */
export const messagesOf = (request: Request.Request): Array<Message> => {
  const turns: Array<{ readonly role: "user" | "assistant"; readonly content: Array<ContentBlock> }> = []
  for (const message of request.prompt.content) {
    if (message.role === "system") continue
    const role = message.role === "assistant" ? "assistant" : "user"
    const content = [...blocksOf(request, message), ...cachePointOf(message)]
    const last = turns.at(-1)
    if (last?.role === role) last.content.push(...content)
    else if (content.length > 0) turns.push({ role, content })
  }
  return turns
}

/** Where a part says so, the prompt up to its end is cached: `{ bedrock: { cachePoint: { type: "default", ttl: "1h" } } }`. */
const cachePointOf = (
  part: { readonly options: Prompt.ProviderOptions }
): ReadonlyArray<{ readonly cachePoint: CachePointBlock }> => {
  const { cachePoint } = Wire.optionsOf(part)
  return isCachePoint(cachePoint) ? [{ cachePoint }] : []
}

/** The vendor checks it. */
const isCachePoint = (u: unknown): u is CachePointBlock => isRecord(u)

const blocksOf = (
  request: Request.Request,
  message: Exclude<Prompt.Message, Prompt.SystemMessage>
): ReadonlyArray<ContentBlock> => {
  switch (message.role) {
    case "user":
      return message.content.flatMap((part) => [...givenOf(request, part), ...cachePointOf(part)])
    case "assistant":
      return message.content.flatMap((part) => [...saidOf(request, part), ...cachePointOf(part)])
    case "tool":
      return message.content.flatMap((part) =>
        part.type === "tool-result" ? [resultOf(request, part), ...cachePointOf(part)] : []
      )
  }
}

/** A part of an earlier answer; thoughts only with their seal. */
const saidOf = (request: Request.Request, part: Prompt.AssistantMessagePart): ReadonlyArray<ContentBlock> => {
  switch (part.type) {
    case "text":
      // The vendor refuses blank ones.
      return part.text.trim() === "" ? [] : [{ text: part.text }]
    case "reasoning": {
      const { redactedContent, signature } = Wire.optionsOf(part)
      if (typeof signature === "string") {
        return [{ reasoningContent: { reasoningText: { text: part.text, signature } } }]
      }
      return typeof redactedContent === "string"
        ? [{ reasoningContent: { redactedContent: Buffer.from(redactedContent, "base64") } }]
        : []
    }
    case "tool-call": {
      const input = ordered(part.params)
      return part.providerExecuted
        ? []
        : [{ toolUse: { toolUseId: part.id, name: part.name, input: Wire.isDocument(input) ? input : {} } }]
    }
    case "file":
      throw Prompts.unsupportedFile(request, part, "an answer of the model goes back without files")
    default:
      return []
  }
}

const resultOf = (request: Request.Request, part: Prompt.ToolResultPart): ContentBlock => ({
  toolResult: {
    toolUseId: part.id,
    content: part.modelOutput === undefined
      ? [{ text: Prompts.resultText(part.result) }]
      : part.modelOutput.flatMap((output) => givenOf(request, output)),
    ...(part.isFailure ? { status: "error" } : undefined)
  }
})

type Given = ContentBlock & ToolResultContentBlock

const givenOf = (request: Request.Request, part: Prompt.TextPart | Prompt.FilePart): ReadonlyArray<Given> => {
  if (part.type === "text") return part.text.trim() === "" ? [] : [{ text: part.text }]
  const image = images.get(part.mediaType)
  if (image !== undefined) return [{ image: { format: image, source: sourceOf(request, part) } }]
  const document = documents.get(part.mediaType)
  if (document === undefined) {
    throw Prompts.unsupportedFile(request, part, "images, PDF, office files and plain text can")
  }
  return [{ document: { format: document, name: nameOf(part), source: sourceOf(request, part) } }]
}

const images: ReadonlyMap<string, ImageFormat> = new Map([
  ["image/png", "png"],
  ["image/jpeg", "jpeg"],
  ["image/gif", "gif"],
  ["image/webp", "webp"]
])

const documents: ReadonlyMap<string, DocumentFormat> = new Map([
  ["application/pdf", "pdf"],
  ["application/msword", "doc"],
  ["application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"],
  ["application/vnd.ms-excel", "xls"],
  ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"],
  ["text/csv", "csv"],
  ["text/html", "html"],
  ["text/markdown", "md"],
  ["text/plain", "txt"]
])

/** Its bytes, or where they are in S3. */
const sourceOf = (request: Request.Request, part: Prompt.FilePart) => {
  const { data } = part
  if (data instanceof Uint8Array) return { bytes: data }
  const link = data instanceof URL ? data.href : data
  if (link.startsWith("s3:")) return { s3Location: { uri: link } }
  const file = Prompts.fileOf(part)
  if ("url" in file) throw Prompts.unsupportedFile(request, part, "its bytes can, or a link to S3")
  return { bytes: Buffer.from(file.base64, "base64") }
}

/** Letters, digits, blanks, hyphens and brackets are all that a name may have. */
const nameOf = ({ fileName }: Prompt.FilePart): string => {
  const name = fileName?.replace(/\.\w+$/, "").replaceAll(/[^\p{L}\p{N}\s()[\]-]+/gu, " ").replaceAll(/\s+/g, " ")
    .trim()
  return name === undefined || name === "" ? "document" : name
}

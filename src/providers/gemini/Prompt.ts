/**
 * A prompt as Gemini takes it: contents of two roles, and instructions apart from them.
 *
 * Read 2026-11-23 from @google/genai@3.1.0: `Content`, `Part`, `FunctionResponse`.
 */
import type { Content, FunctionResponsePart, Part } from "@google/genai"
import type * as AiPrompt from "effect/ai/Prompt"
import type * as Request from "../../Request.ts"
import { isRecord, ordered } from "../../internal/json.ts"
import * as Prompts from "../../internal/prompts.ts"
import * as Wire from "./Wire.ts"

export interface Written {
  readonly contents: Array<Content>
  readonly systemInstruction: Content | undefined
  /** Of an answer that isn't over, and ends the prompt: it goes on in place of being sent. */
  readonly continuationToken: string | undefined
  /** What isn't sent as it was asked, in words. */
  readonly warnings: ReadonlyArray<string>
}

/** Throws where the prompt holds what can't be sent. */
export const promptOf = (request: Request.Request): Written => {
  const { content } = request.prompt
  const system = content.flatMap((message) => message.role === "system" ? [{ text: message.content }] : [])
  const continuationToken = tokenIn(content.at(-1))
  const told = continuationToken === undefined ? content : content.slice(0, -1)
  const contents: Array<Content> = []
  for (const message of told) {
    const made = contentOf(request, message)
    if (made === undefined) continue
    // What tools answered to calls of one turn is one turn.
    const before = contents.at(-1)
    if (message.role === "tool" && before !== undefined && isAnswered(before)) before.parts.push(...made.parts)
    else contents.push(made)
  }
  const unsigned = needsSignatures.test(request.model.upstream) ? sealed(contents) : []
  const opening = content.findIndex((message) => message.role !== "system")
  return {
    contents,
    systemInstruction: system.length === 0 ? undefined : { role: "user", parts: system },
    continuationToken,
    warnings: [
      ...(opening !== -1 && content.findLastIndex((message) => message.role === "system") > opening
        ? ["the system messages were put together in front of the conversation"]
        : []),
      ...(unsigned.length === 0
        ? []
        : [
          `the calls of ${unsigned.join(", ")} came without the vendor's thoughts, and the model goes on without them`
        ])
    ]
  }
}

interface Turn extends Content {
  readonly parts: Array<Part>
}

const isAnswered = (content: Content): content is Turn =>
  content.role === "user" && content.parts?.every((part) => part.functionResponse !== undefined) === true

const tokenIn = (message: AiPrompt.Message | undefined): string | undefined => {
  if (message?.role !== "assistant") return undefined
  for (const part of message.content) {
    const { continuationToken } = Wire.optionsOf(part)
    if (typeof continuationToken === "string") return continuationToken
  }
  return undefined
}

const contentOf = (request: Request.Request, message: AiPrompt.Message): Turn | undefined => {
  const turn = turnOf(request, message)
  return turn.parts.length === 0 ? undefined : turn
}

const turnOf = (request: Request.Request, message: AiPrompt.Message): Turn => {
  switch (message.role) {
    case "system":
      return { parts: [] }
    case "user":
      return {
        role: "user",
        parts: message.content.map((part) => part.type === "text" ? { text: part.text } : fileOf(request, part))
      }
    case "assistant":
      return { role: "model", parts: message.content.flatMap((part) => partsOf(request, part)) }
    case "tool":
      return {
        role: "user",
        parts: message.content.flatMap((part) => part.type === "tool-result" ? [resultOf(request, part)] : [])
      }
  }
}

/** The types that ai.google.dev lists, by kind; which of them a model takes, the vendor says. */
const taken = /^(image|audio|video|text)\/|^application\/(pdf|json|xml|javascript|x-javascript|x-python|rtf)$/

const fileOf = (request: Request.Request, part: AiPrompt.FilePart): Part => {
  if (!taken.test(part.mediaType)) {
    throw Prompts.unsupportedFile(request, part, "images, audio, video, PDF and text can")
  }
  const file = Prompts.fileOf(part)
  return "url" in file
    ? { fileData: { fileUri: file.url, mimeType: part.mediaType } }
    : { inlineData: { mimeType: part.mediaType, data: file.base64 } }
}

const signatureOf = (part: AiPrompt.AssistantMessagePart): string | undefined => {
  const { thoughtSignature } = Wire.optionsOf(part)
  return typeof thoughtSignature === "string" ? thoughtSignature : undefined
}

/** A part of an earlier answer. What the vendor's own tools made goes back as it came, thoughts only with their seal. */
const partsOf = (request: Request.Request, part: AiPrompt.AssistantMessagePart): ReadonlyArray<Part> => {
  const thoughtSignature = signatureOf(part)
  const seal = thoughtSignature === undefined ? undefined : { thoughtSignature }
  switch (part.type) {
    case "text":
      return part.text === "" && seal === undefined ? [] : [{ text: part.text, ...seal }]
    case "reasoning":
      return seal === undefined ? [] : [{ text: part.text, thought: true, ...seal }]
    case "file":
      return [{ ...fileOf(request, part), ...seal }]
    case "tool-call": {
      if (part.providerExecuted) return asItCame(part)
      const args = ordered(part.params)
      return [{
        functionCall: { id: part.id, name: part.name, args: isRecord(args) ? args : { value: args } },
        ...seal
      }]
    }
    case "tool-result":
      return asItCame(part)
    default:
      return []
  }
}

const asItCame = (part: AiPrompt.ToolCallPart | AiPrompt.ToolResultPart): ReadonlyArray<Part> => {
  const { part: raw } = Wire.optionsOf(part)
  return isRecord(raw) ? [raw] : []
}

/** A response is an object: what was answered stands in one of two members. */
const resultOf = (request: Request.Request, part: AiPrompt.ToolResultPart): Part => {
  const { id, isFailure, modelOutput, name } = part
  const texts = modelOutput?.flatMap((output) => output.type === "text" ? [output.text] : [])
  const files = modelOutput?.flatMap((output) => output.type === "file" ? [shownOf(request, output)] : []) ?? []
  const answered = texts === undefined ? ordered(part.result ?? null) : texts.join("\n")
  return {
    functionResponse: {
      id,
      name,
      response: isFailure ? { error: answered } : { output: answered },
      ...(files.length === 0 ? undefined : { parts: files })
    }
  }
}

const shownOf = (request: Request.Request, file: AiPrompt.FilePart): FunctionResponsePart => {
  const { fileData, inlineData } = fileOf(request, file)
  return {
    ...(fileData === undefined ? undefined : { fileData }),
    ...(inlineData === undefined ? undefined : { inlineData })
  }
}

/** From Gemini 3 on, the first call of each step of the turn carries the signature of the thoughts that led to it. */
const needsSignatures = /^gemini-(?![12])/

/** What the vendor takes in place of a signature, for calls that another model made. */
const withoutThoughts = "skip_thought_signature_validator"

/** Says of each step in the current turn that begins with an unsigned call that it has no signature; gives their names. */
const sealed = (contents: Array<Content>): ReadonlyArray<string> => {
  const begun = contents.findLastIndex((content) => content.role === "user" && !isAnswered(content))
  const names: Array<string> = []
  for (const { parts = [], role } of contents.slice(begun + 1)) {
    const first = role === "model" ? parts.find((part) => part.functionCall !== undefined) : undefined
    if (first === undefined || first.thoughtSignature !== undefined) continue
    first.thoughtSignature = withoutThoughts
    names.push(first.functionCall?.name ?? "")
  }
  return names
}

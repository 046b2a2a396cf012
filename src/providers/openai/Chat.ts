/**
 * OpenAI's Chat Completions protocol, which many other vendors speak too, each with its quirks: the request it takes.
 *
 * Read 2026-11-23 from openai@7.57.0: `resources/chat/completions/completions.d.ts`.
 */
import type * as Prompt from "effect/ai/Prompt"
import type OpenAI from "openai"
import { InvalidRequest, Unsupported } from "../../GenerateError.ts"
import * as Request from "../../Request.ts"
import * as Dialect from "../../internal/dialect.ts"
import { untyped } from "../../internal/json.ts"
import * as Prompts from "../../internal/prompts.ts"
import type { Plan } from "./ChatParams.ts"
import type { Fields, Marks, Quirks } from "./Quirks.ts"
import * as Wire from "./Wire.ts"

type MessageParam = OpenAI.Chat.ChatCompletionMessageParam

/** What is posted. */
export interface Body extends Fields {
  readonly model: string
  readonly messages: ReadonlyArray<MessageParam>
  readonly stream: boolean
}

/** The body of a request. Throws where it holds what can't be sent. */
export const body = (quirks: Quirks, plan: Plan, request: Request.Request, stream: boolean): Body => {
  const { object } = request
  const spoken: Spoken = { request, quirks, marks: plan.marks, optionsOf: Prompts.optionsOf(request.model.provider) }
  const messages = request.prompt.content.flatMap((message) => messagesOf(spoken, message))
  return {
    model: request.model.upstream,
    messages: object === undefined || quirks.objects !== "json_object"
      ? messages
      : withInstruction(quirks, messages, Dialect.inWords(request, object)),
    ...plan.fields,
    ...toolsOf(spoken),
    ...(object === undefined ? undefined : {
      response_format: quirks.objects === "json_object" ? { type: "json_object" } : {
        type: "json_schema",
        json_schema: { name: object.name, schema: Wire.dialect.schemaOf(request, object), strict: true }
      }
    }),
    ...(stream && quirks.asksForUsage !== false ? { stream_options: { include_usage: true } } : undefined),
    ...request.native,
    stream
  }
}

interface Spoken {
  readonly request: Request.Request
  readonly quirks: Quirks
  readonly marks: Marks | undefined
  readonly optionsOf: ReturnType<typeof Prompts.optionsOf>
}

const toolsOf = ({ quirks, request }: Spoken): Fields | undefined => {
  const { toolChoice, tools } = request
  const choice = typeof toolChoice === "object" ? "named" : toolChoice
  const choices = typeof quirks.toolChoices === "function" ? quirks.toolChoices(request) : quirks.toolChoices
  const isThere = choice === undefined || choice === "auto" || choices?.includes(choice) !== false
  // Without tools nothing is called either.
  if (!isThere && choice === "none") return undefined
  if (!isThere) {
    const detail = choices?.length === 0
      ? `${request.model.provider} leaves it to the model whether it calls a tool`
      : `for this model there is auto, ${choices?.join(", ")}`
    throw Request.fail(request, new Unsupported({ feature: "toolChoice", detail }))
  }
  return {
    ...(tools.length === 0 ? undefined : { tools: tools.map((tool) => toolOf(quirks, request, tool)) }),
    ...(toolChoice === undefined ? undefined : {
      tool_choice: typeof toolChoice === "string"
        ? toolChoice
        : { type: "function", function: { name: toolChoice.tool } }
    })
  }
}

const toolOf = (quirks: Quirks, request: Request.Request, tool: Request.Request["tools"][number]) => {
  if (Wire.vendorTool(tool) !== undefined) {
    const detail = `${tool.name} is the vendor's own tool, which Chat Completions doesn't have`
    throw Request.fail(request, new InvalidRequest({ field: "tools", detail }))
  }
  if (quirks.strictTools !== false) return { type: "function", function: Wire.functionOf(request, tool) }
  const { strict: _, ...definition } = Wire.functionOf(request, tool)
  return { type: "function", function: definition }
}

/** Behind the caller's own instructions, so that what they begin with stays the beginning of every prompt. */
const withInstruction = (
  quirks: Quirks,
  messages: ReadonlyArray<MessageParam>,
  content: string
): ReadonlyArray<MessageParam> => {
  const role = quirks.systemRole ?? "system"
  const opening = messages.findIndex((message) => message.role !== role)
  return messages.toSpliced(opening === -1 ? messages.length : opening, 0, { role, content })
}

const messagesOf = (spoken: Spoken, message: Prompt.Message): ReadonlyArray<MessageParam> => {
  const { quirks, request } = spoken
  const mark = spoken.marks?.messages.includes(message) === true ? spoken.marks.fields : undefined
  switch (message.role) {
    case "system": {
      const options = { ...mark, ...spoken.optionsOf(message) }
      const content = Object.keys(options).length === 0
        ? message.content
        : [{ type: "text" as const, text: message.content, ...options }]
      return [{ role: quirks.systemRole ?? "system", content }]
    }
    case "user":
      return [{
        role: "user",
        content: message.content.map((part) =>
          mark !== undefined && part === message.content.at(-1)
            ? { ...mark, ...contentOf(spoken, part) }
            : contentOf(spoken, part)
        )
      }]
    case "assistant": {
      const file = message.content.find((part) => part.type === "file")
      if (file !== undefined) {
        throw Prompts.unsupportedFile(request, file, "an answer of the model goes back without files")
      }
      const text = message.content.map((part) => part.type === "text" ? part.text : "").join("")
      const calls = message.content.flatMap((part) =>
        part.type === "tool-call" && !part.providerExecuted
          ? [{
            type: "function" as const,
            id: part.id,
            function: { name: part.name, arguments: Prompts.paramsText(part.params) }
          }]
          : []
      )
      return [{
        role: "assistant",
        content: text === "" ? null : text,
        ...(quirks.thoughts?.goBack === true ? thoughtsOf(spoken, message) : undefined),
        ...(calls.length === 0 ? undefined : { tool_calls: calls })
      }]
    }
    case "tool":
      return message.content.flatMap((part): ReadonlyArray<MessageParam> =>
        part.type === "tool-result"
          ? [{
            role: "tool",
            tool_call_id: part.id,
            content: textOf(
              part.modelOutput === undefined
                ? Prompts.resultText(part.result)
                : part.modelOutput.map((output) => shownText(request, output)).join(""),
              part === message.content.at(-1) ? mark : undefined
            )
          }]
          : []
      )
  }
}

/** Thoughts that this vendor's models had, in the field that they came in. */
const thoughtsOf = ({ optionsOf, quirks }: Spoken, message: Prompt.AssistantMessage): Fields => {
  const texts: Record<string, string> = {}
  const fields: Record<string, unknown> = texts
  for (const part of message.content) {
    if (part.type !== "reasoning") continue
    const { field, pieces } = optionsOf(part)
    if (Array.isArray(pieces) && quirks.thoughts?.pieces !== undefined) fields[quirks.thoughts.pieces] = pieces
    else if (typeof field === "string") texts[field] = (texts[field] ?? "") + part.text
  }
  return fields
}

const textOf = (text: string, mark: Fields | undefined) =>
  mark === undefined ? text : [{ type: "text" as const, text, ...mark }]

const shownText = (request: Request.Request, part: Prompt.TextPart | Prompt.FilePart): string => {
  if (part.type === "text") return part.text
  throw Request.fail(
    request,
    new InvalidRequest({ field: "prompt", detail: "a tool's result can only be text in Chat Completions" })
  )
}

const contentOf = (
  { optionsOf, quirks, request }: Spoken,
  part: Prompt.TextPart | Prompt.FilePart
): OpenAI.Chat.ChatCompletionContentPart => {
  const options = optionsOf(part)
  if (part.type === "text") return { type: "text", text: part.text, ...options }
  if (part.mediaType.startsWith("image/")) {
    const { detail, ...rest } = options
    const url = Prompts.urlOf(part)
    if (quirks.imageLinks?.some((link) => url.startsWith(link)) === false) {
      throw Prompts.unsupportedFile(request, part, `images can by ${quirks.imageLinks.join(", ")}`)
    }
    return {
      type: "image_url",
      image_url: { url, ...(detail === undefined ? undefined : untyped({ detail })) },
      ...rest
    }
  }
  if (quirks.pdf !== true) throw Prompts.unsupportedFile(request, part, "images can")
  if (part.mediaType !== "application/pdf" || part.data instanceof URL) {
    throw Prompts.unsupportedFile(request, part, "images, and PDF by their bytes, can")
  }
  return { type: "file", file: { filename: part.fileName ?? "file.pdf", file_data: Prompts.urlOf(part) }, ...options }
}

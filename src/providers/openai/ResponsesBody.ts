/**
 * OpenAI's Responses protocol, which others speak too, each with its quirks: the request it takes.
 *
 * Read 2026-11-23 from openai@7.57.0: `resources/responses/responses.d.ts`.
 */
import type * as Prompt from "effect/ai/Prompt"
import type OpenAI from "openai"
import type * as Request from "../../Request.ts"
import * as Prompts from "../../internal/prompts.ts"
import * as Caching from "./Caching.ts"
import type { ResponsesQuirks } from "./ResponsesQuirks.ts"
import * as Wire from "./Wire.ts"

type Body = OpenAI.Responses.ResponseCreateParams
type InputItem = OpenAI.Responses.ResponseInputItem

/** The body of a request. Throws where the prompt holds what can't be sent. */
export const body = (quirks: ResponsesQuirks) => (request: Request.Request, stream: boolean): Body => {
  const { object, prompt, toolChoice } = request
  const { isField, role } = quirks.instructions
  const opening = prompt.content.findIndex((message) => message.role !== "system")
  const system = !isField ? [] : opening === -1 ? prompt.content : prompt.content.slice(0, opening)
  const search = quirks.searchToolOf(request)
  const tools = request.tools.map((tool) => toolOf(request, tool))
  if (search !== undefined) tools.push(search)
  const { fields, marks } = quirks.writtenOf(request)
  const instructions = system.map((message) => message.role === "system" ? message.content : "").join("\n\n")
  // They can't end what is kept of a prompt, but a message of theirs can.
  const isMessage = system.some((message) => marks.includes(message))
  const input = prompt.content.slice(system.length).flatMap((message) =>
    inputOf({ quirks, request, isMarked: marks.includes(message) }, message)
  )
  if (isMessage) {
    input.unshift({
      role,
      content: [{ type: "input_text", text: instructions, ...Caching.breakpoint }]
    })
  }
  return {
    model: request.model.upstream,
    input,
    store: false,
    ...(system.length === 0 || isMessage ? undefined : { instructions }),
    ...fields,
    ...(tools.length === 0 ? undefined : { tools }),
    ...(toolChoice === undefined ? undefined : {
      tool_choice: typeof toolChoice === "string" ? toolChoice : choiceOf(request, toolChoice.tool)
    }),
    ...(object === undefined ? undefined : {
      text: {
        format: { type: "json_schema", name: object.name, schema: Wire.dialect.schemaOf(request, object), strict: true }
      }
    }),
    ...request.native,
    stream
  }
}

const toolOf = (request: Request.Request, tool: Request.Request["tools"][number]): OpenAI.Responses.Tool =>
  Wire.vendorTool(tool) ?? { type: "function", ...Wire.functionOf(request, tool) }

/** The vendor's own tools have no names to be chosen by. */
const choiceOf = (request: Request.Request, name: string): NonNullable<Body["tool_choice"]> => {
  const tool = request.tools.find((tool) => tool.name === name)
  const own = tool === undefined ? undefined : Wire.vendorTool(tool)
  return own === undefined
    ? { type: "function", name }
    : { type: "allowed_tools", mode: "required", tools: [{ type: own.type }] }
}

/** A message as it is being written. */
interface Spoken {
  readonly quirks: ResponsesQuirks
  readonly request: Request.Request
  /** What is kept of a prompt ends with it. */
  readonly isMarked: boolean
}

const inputOf = (spoken: Spoken, message: Prompt.Message): ReadonlyArray<InputItem> => {
  const { quirks, request } = spoken
  switch (message.role) {
    case "system":
      return [{ role: quirks.instructions.role, content: message.content }]
    case "user":
      return [{
        role: "user",
        content: message.content.map((part) => contentOf(spoken, part, part === message.content.at(-1)))
      }]
    case "assistant":
      return message.content.flatMap((part): ReadonlyArray<InputItem> => {
        switch (part.type) {
          case "text":
            return [{ role: "assistant", content: part.text }]
          case "reasoning":
            return reasoningItem(spoken, part)
          case "tool-call":
            return part.providerExecuted
              ? []
              : [{
                type: "function_call",
                call_id: part.id,
                name: part.name,
                arguments: Prompts.paramsText(part.params)
              }]
          case "file":
            throw Prompts.unsupportedFile(request, part, "an answer of the model goes back without files")
          default:
            return []
        }
      })
    case "tool":
      return message.content.flatMap((part): ReadonlyArray<InputItem> =>
        part.type === "tool-result"
          ? [{
            type: "function_call_output",
            call_id: part.id,
            output: outputOf(spoken, part, part === message.content.at(-1))
          }]
          : []
      )
  }
}

const outputOf = (
  spoken: Spoken,
  { modelOutput, result }: Prompt.ToolResultPart,
  isLast: boolean
): OpenAI.Responses.ResponseInputItem.FunctionCallOutput["output"] => {
  if (modelOutput !== undefined) {
    return modelOutput.map((output) => contentOf(spoken, output, isLast && output === modelOutput.at(-1)))
  }
  const text = Prompts.resultText(result)
  return spoken.isMarked && isLast ? [{ type: "input_text", text, ...Caching.breakpoint }] : text
}

const contentOf = (
  { isMarked, quirks, request }: Spoken,
  part: Prompt.TextPart | Prompt.FilePart,
  isLast: boolean
): OpenAI.Responses.ResponseInputContent & OpenAI.Responses.ResponseFunctionCallOutputItem => {
  const own = quirks.optionsOf(part)
  const options = isMarked && isLast ? { ...Caching.breakpoint, ...own } : own
  if (part.type === "text") return { type: "input_text", text: part.text, ...options }
  if (part.mediaType.startsWith("image/")) {
    return { type: "input_image", image_url: Prompts.urlOf(part), detail: "auto", ...options }
  }
  if (part.mediaType !== "application/pdf") throw Prompts.unsupportedFile(request, part)
  return part.data instanceof URL
    ? { type: "input_file", file_url: part.data.href, ...options }
    : { type: "input_file", filename: part.fileName ?? "file.pdf", file_data: Prompts.urlOf(part), ...options }
}

/** Reasoning goes back only as the vendor encrypted it. */
const reasoningItem = ({ quirks }: Spoken, part: Prompt.ReasoningPart): ReadonlyArray<InputItem> => {
  const { encryptedContent, itemId } = quirks.optionsOf(part)
  return typeof itemId === "string" && typeof encryptedContent === "string"
    ? [{
      type: "reasoning",
      id: itemId,
      encrypted_content: encryptedContent,
      summary: part.text === "" ? [] : [{ type: "summary_text", text: part.text }]
    }]
    : []
}

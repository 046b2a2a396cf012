/**
 * OpenAI's Responses protocol: the request it takes.
 *
 * Read 2026-11-23 from openai@7.57.0: `resources/responses/responses.d.ts`.
 */
import type * as Prompt from "effect/ai/Prompt"
import type OpenAI from "openai"
import type * as Request from "../../Request.ts"
import { untyped } from "../../internal/json.ts"
import * as Prompts from "../../internal/prompts.ts"
import * as Caching from "./Caching.ts"
import { saidOf } from "./ChatParams.ts"
import * as Searching from "./Searching.ts"
import * as Wire from "./Wire.ts"

type Body = OpenAI.Responses.ResponseCreateParams
type InputItem = OpenAI.Responses.ResponseInputItem

/** The body of a request. Throws where the prompt holds what can't be sent. */
export const body = (request: Request.Request, stream: boolean): Body => {
  const { object, params, prompt, toolChoice } = request
  const opening = prompt.content.findIndex((message) => message.role !== "system")
  const system = opening === -1 ? prompt.content : prompt.content.slice(0, opening)
  const search = Searching.toolOf(request)
  const tools = request.tools.map((tool) => toolOf(request, tool))
  if (search !== undefined) tools.push(search)
  const include = [
    // A model that doesn't reason refuses it.
    ...(request.model.capabilities.reasoning === true ? ["reasoning.encrypted_content" as const] : []),
    ...(search === undefined ? [] : ["web_search_call.action.sources" as const])
  ]
  const { fields, marks } = besideOf(request)
  const instructions = system.map((message) => message.role === "system" ? message.content : "").join("\n\n")
  // They can't end what is kept of a prompt, but a message of theirs can.
  const isMessage = system.some((message) => marks.includes(message))
  const input = prompt.content.slice(system.length).flatMap((message) =>
    inputOf(request, message, marks.includes(message))
  )
  if (isMessage) {
    input.unshift({
      role: "developer",
      content: [{ type: "input_text", text: instructions, ...Caching.breakpoint }]
    })
  }
  return {
    model: request.model.upstream,
    input,
    store: false,
    ...(system.length === 0 || isMessage ? undefined : { instructions }),
    ...(params.maxOutputTokens === undefined ? undefined : { max_output_tokens: params.maxOutputTokens }),
    ...(params.temperature === undefined ? undefined : { temperature: params.temperature }),
    ...(params.topP === undefined ? undefined : { top_p: params.topP }),
    ...(params.reasoning === undefined ? undefined : { reasoning: { effort: params.reasoning } }),
    ...(include.length === 0 ? undefined : { include }),
    ...(params.serviceTier === undefined ? undefined : untyped({ service_tier: params.serviceTier })),
    ...(params.parallelToolCalls === undefined ? undefined : { parallel_tool_calls: params.parallelToolCalls }),
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

/** What isn't sent as it was asked. */
export const warningsOf = (request: Request.Request): ReadonlyArray<string> => besideOf(request).warnings

interface Beside {
  readonly fields: Readonly<Record<string, unknown>>
  /** What is kept of a prompt ends with them. */
  readonly marks: ReadonlyArray<Prompt.Message>
  readonly warnings: ReadonlyArray<string>
}

const nothing: Beside = { fields: {}, marks: [], warnings: [] }
const cached = Caching.own(["30m", "12h"])

/** What becomes of options that aren't written as they are. */
const besideOf = (request: Request.Request): Beside => {
  const { promptCache, webSearch } = request.params
  if (promptCache === undefined && webSearch === undefined) return nothing
  const caching = promptCache === undefined ? {} : cached(promptCache, request)
  const searching = Searching.beside(request)
  return {
    fields: { ...caching.fields, ...searching.fields },
    marks: caching.marks?.messages ?? nothing.marks,
    warnings: [
      ...saidOf(request, "promptCache", caching, false),
      ...saidOf(request, "webSearch", searching, false)
    ]
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

const inputOf = (
  request: Request.Request,
  message: Prompt.Message,
  isMarked: boolean
): ReadonlyArray<InputItem> => {
  switch (message.role) {
    case "system":
      return [{ role: "developer", content: message.content }]
    case "user":
      return [{
        role: "user",
        content: message.content.map((part) => contentOf(request, part, isMarked && part === message.content.at(-1)))
      }]
    case "assistant":
      return message.content.flatMap((part): ReadonlyArray<InputItem> => {
        switch (part.type) {
          case "text":
            return [{ role: "assistant", content: part.text }]
          case "reasoning":
            return reasoningItem(part)
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
            output: outputOf(request, part, isMarked && part === message.content.at(-1))
          }]
          : []
      )
  }
}

const outputOf = (
  request: Request.Request,
  { modelOutput, result }: Prompt.ToolResultPart,
  isMarked: boolean
): OpenAI.Responses.ResponseInputItem.FunctionCallOutput["output"] => {
  if (modelOutput !== undefined) {
    return modelOutput.map((output) => contentOf(request, output, isMarked && output === modelOutput.at(-1)))
  }
  const text = Prompts.resultText(result)
  return isMarked ? [{ type: "input_text", text, ...Caching.breakpoint }] : text
}

const contentOf = (
  request: Request.Request,
  part: Prompt.TextPart | Prompt.FilePart,
  isMarked: boolean
): OpenAI.Responses.ResponseInputContent & OpenAI.Responses.ResponseFunctionCallOutputItem => {
  const options = isMarked ? { ...Caching.breakpoint, ...Wire.optionsOf(part) } : Wire.optionsOf(part)
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
const reasoningItem = (part: Prompt.ReasoningPart): ReadonlyArray<InputItem> => {
  const { encryptedContent, itemId } = Wire.optionsOf(part)
  return typeof itemId === "string" && typeof encryptedContent === "string"
    ? [{
      type: "reasoning",
      id: itemId,
      encrypted_content: encryptedContent,
      summary: part.text === "" ? [] : [{ type: "summary_text", text: part.text }]
    }]
    : []
}

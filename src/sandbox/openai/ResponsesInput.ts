/**
 * Reads a Responses request: what the model sees, token by token, and what it is asked to do.
 */
import type { Ask, Tool, ToolChoice } from "../Answers.ts"
import { at, isObject, type JsonObject, listAt, numberAt, objectAt, stringAt } from "../Json.ts"
import * as Seal from "../Seal.ts"
import { digest } from "../Seed.ts"
import { type Sequence, sequence, type SequenceBuilder } from "../Tokens.ts"
import { effortOf, image, mark, unmatched } from "./Job.ts"
import type { Model } from "./Models.ts"
import { isProblem, type Problem, problem } from "./Problem.ts"

export interface Input {
  readonly _tag: "Input"
  readonly sequence: Sequence
  readonly ask: Ask
}

/** Reasoning that only this sandbox can read again. */
export interface Sealed {
  readonly seal: (id: string, tokens: number) => string
  readonly open: (sealed: string) => number | undefined
}

export const sealed = (seed: string): Sealed => {
  const seal = Seal.make(seed, "reasoning")
  return {
    seal: (id, tokens) => `gAAAA${seal.close({ id, tokens })}`,
    open: (text) => {
      const content = text.startsWith("gAAAA") ? seal.open(text.slice(5)) : undefined
      return content === undefined ? undefined : numberAt(content, "tokens") ?? 0
    }
  }
}

/** The request's items, those of earlier turns first. */
export const itemsOf = (body: JsonObject, earlier: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
  const input = at(body, "input")
  return [...earlier, ...(typeof input === "string" ? [{ role: "user", content: input }] : listAt(body, "input"))]
}

export const read = (
  body: JsonObject,
  model: Pick<Model, "id" | "reasoning">,
  items: ReadonlyArray<unknown>,
  /** How many of the items came with an earlier response. */
  earlier: number,
  seals: Sealed
): Input | Problem => {
  const tokens = sequence()
  for (const tool of listAt(body, "tools")) tokens.text(JSON.stringify(tool))
  const format = objectAt(objectAt(body, "text"), "format")
  if (format !== undefined && stringAt(format, "type") !== "text") tokens.text(JSON.stringify(format))
  const instructions = stringAt(body, "instructions")
  if (instructions !== undefined) {
    tokens.opaque(3, "instructions")
    tokens.text(instructions)
  }

  const state: Conversation = { tokens, seals, prompt: "", calls: new Map(), outputs: new Set(), results: [] }
  for (const [index, item] of items.entries()) {
    const found = addItem(state, item, `input[${index - earlier}]`)
    if (found !== undefined) return found
  }
  const unanswered = unmatched(state.calls, state.outputs, "input")
  if (unanswered !== undefined) return unanswered
  tokens.opaque(3, "assistant")

  const effort = effortOf(model, stringAt(objectAt(body, "reasoning"), "effort"))
  if (isProblem(effort)) return effort
  const { choice, tools } = toolsOf(body)
  return {
    _tag: "Input",
    sequence: tokens.build(),
    ask: {
      prompt: state.prompt,
      tools,
      toolChoice: choice,
      parallelTools: at(body, "parallel_tool_calls") !== false,
      toolResults: state.results,
      schema: schemaOf(format),
      search: searchOf(body),
      stop: [],
      maxTokens: numberAt(body, "max_output_tokens"),
      effort
    }
  }
}

interface Conversation {
  readonly tokens: SequenceBuilder
  readonly seals: Sealed
  readonly calls: Map<string, string>
  readonly outputs: Set<string>
  prompt: string
  results: Array<{ readonly name: string; readonly output: string }>
}

const addItem = (state: Conversation, item: unknown, path: string): Problem | undefined => {
  const { tokens } = state
  switch (stringAt(item, "type") ?? "message") {
    case "message":
      return addMessage(state, item, path)
    case "function_call":
    case "custom_tool_call":
      state.calls.set(stringAt(item, "call_id") ?? "", stringAt(item, "name") ?? "")
      tokens.opaque(4, "call")
      tokens.text(stringAt(item, "name") ?? "")
      tokens.text(stringAt(item, "arguments") ?? stringAt(item, "input") ?? "")
      return undefined
    case "function_call_output":
    case "custom_tool_call_output": {
      const id = stringAt(item, "call_id") ?? ""
      const output = stringAt(item, "output")
      tokens.opaque(4, "output")
      state.outputs.add(id)
      const shown = output ?? listAt(item, "output").map((part) => stringAt(part, "text") ?? "").join("")
      state.results.push({ name: state.calls.get(id) ?? "the tool", output: shown })
      if (output !== undefined) tokens.text(output)
      return output === undefined ? addParts(state, listAt(item, "output"), `${path}.output`)?.problem : undefined
    }
    case "reasoning": {
      const content = stringAt(item, "encrypted_content")
      const size = content === undefined ? 0 : state.seals.open(content)
      if (size === undefined) {
        return problem(
          400,
          "The encrypted content could not be verified. Reason: it could not be decrypted or parsed.",
          {
            code: "invalid_encrypted_content",
            param: `${path}.encrypted_content`
          }
        )
      }
      if (content !== undefined) tokens.opaque(size, digest(content))
      return undefined
    }
    case "item_reference":
      return problem(404, `Item with id '${stringAt(item, "id") ?? ""}' not found.`, { param: path })
    default:
      tokens.text(JSON.stringify(item))
      return undefined
  }
}

const addMessage = (state: Conversation, item: unknown, path: string): Problem | undefined => {
  const role = stringAt(item, "role") ?? "user"
  state.tokens.opaque(3, role)
  const content = stringAt(item, "content")
  if (content !== undefined) state.tokens.text(content)
  const added = content === undefined
    ? addParts(state, listAt(item, "content"), `${path}.content`)
    : { text: content, problem: undefined }
  if (role === "user") {
    state.prompt = added.text
    state.results = []
  }
  return added.problem
}

const addParts = (
  { tokens }: Conversation,
  parts: ReadonlyArray<unknown>,
  path: string
): { readonly text: string; readonly problem: Problem | undefined } => {
  const texts: Array<string> = []
  for (const [index, part] of parts.entries()) {
    const found = addPart(tokens, part, `${path}[${index}]`)
    if (isProblem(found)) return { text: "", problem: found }
    if (found !== undefined) texts.push(found)
    mark(tokens, part)
  }
  return { text: texts.join("\n"), problem: undefined }
}

const addPart = (tokens: SequenceBuilder, part: unknown, path: string): string | Problem | undefined => {
  switch (stringAt(part, "type")) {
    case "input_image": {
      const url = stringAt(part, "image_url")
      if (url !== undefined) return image(tokens, url, stringAt(part, "detail"), `${path}.image_url`)
      return stringAt(part, "file_id") === undefined
        ? problem(400, `Missing required parameter: '${path}.image_url'.`, {
          code: "missing_required_parameter",
          param: `${path}.image_url`
        })
        : noSuchFile(stringAt(part, "file_id"), path)
    }
    case "input_file": {
      if (stringAt(part, "file_id") !== undefined) return noSuchFile(stringAt(part, "file_id"), path)
      const data = stringAt(part, "file_data") ?? stringAt(part, "file_url") ?? ""
      tokens.opaque(50 + Math.ceil(data.length / 64), digest(data))
      return undefined
    }
    default: {
      const text = stringAt(part, "text") ?? stringAt(part, "refusal") ?? ""
      tokens.text(text)
      return text
    }
  }
}

const noSuchFile = (id: string | undefined, path: string) =>
  problem(404, `No such File object: ${id ?? ""}`, { param: `${path}.file_id` })

const toolsOf = (body: JsonObject): { readonly tools: ReadonlyArray<Tool>; readonly choice: ToolChoice } => {
  const tools = listAt(body, "tools").flatMap((tool): ReadonlyArray<Tool> => {
    const kind = stringAt(tool, "type")
    if (kind !== "function" && kind !== "custom") return []
    return [{ name: stringAt(tool, "name") ?? "", parameters: at(tool, "parameters"), custom: kind === "custom" }]
  })
  const choice = at(body, "tool_choice")
  if (choice === "none" || choice === "required") return { tools, choice }
  if (!isObject(choice)) return { tools, choice: "auto" }
  const name = stringAt(choice, "name")
  if (name !== undefined) return { tools, choice: { name } }
  if (stringAt(choice, "type") !== "allowed_tools") return { tools, choice: "auto" }
  const allowed = new Set(listAt(choice, "tools").map((tool) => stringAt(tool, "name")))
  const mode = stringAt(choice, "mode") === "required" ? "required" : "auto"
  return { tools: tools.filter((tool) => allowed.has(tool.name)), choice: mode }
}

const schemaOf = (format: JsonObject | undefined): unknown => {
  const kind = stringAt(format, "type")
  return kind === "json_schema" ? at(format, "schema") : kind === "json_object" ? {} : undefined
}

export const searchTool = (body: JsonObject): unknown =>
  listAt(body, "tools").find((tool) => stringAt(tool, "type")?.startsWith("web_search") === true)

const searchOf = (body: JsonObject): Ask["search"] => {
  const tool = searchTool(body)
  if (tool === undefined || at(body, "tool_choice") === "none") return undefined
  const [domain] = listAt(objectAt(tool, "filters"), "allowed_domains")
  return { domain: typeof domain === "string" ? domain : "example.com", cite: "link" }
}

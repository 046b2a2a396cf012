/**
 * What Chat Completions are told and tell, for all who speak them: messages, tools, calls.
 */
import { type Answer, type Ask, callTokens, type Tool, type ToolChoice } from "../Answers.ts"
import { at, isObject, type JsonObject, listAt, objectAt, stringAt } from "../Json.ts"
import { digest } from "../Seed.ts"
import { pieces, type SequenceBuilder } from "../Tokens.ts"
import { image, mark, unmatched } from "../openai/Job.ts"
import { isProblem, type Problem } from "../openai/Problem.ts"

export interface Conversation {
  readonly prompt: string
  readonly results: ReadonlyArray<{ readonly name: string; readonly output: string }>
}

export const readMessages = (tokens: SequenceBuilder, messages: ReadonlyArray<unknown>): Conversation | Problem => {
  let prompt = ""
  let results: Array<{ readonly name: string; readonly output: string }> = []
  const calls = new Map<string, string>()
  const outputs = new Set<string>()
  for (const [index, message] of messages.entries()) {
    const role = stringAt(message, "role") ?? "user"
    tokens.opaque(3, role)
    const text = readContent(tokens, at(message, "content"), `messages[${index}].content`)
    if (isProblem(text)) return text
    for (const call of listAt(message, "tool_calls")) {
      const inner = objectAt(call, "function") ?? objectAt(call, "custom")
      const name = stringAt(inner, "name") ?? ""
      calls.set(stringAt(call, "id") ?? "", name)
      tokens.opaque(4, "call")
      tokens.text(name)
      tokens.text(stringAt(inner, "arguments") ?? stringAt(inner, "input") ?? "")
    }
    if (role === "user") {
      prompt = text
      results = []
    }
    if (role === "tool") {
      const id = stringAt(message, "tool_call_id") ?? ""
      outputs.add(id)
      results.push({ name: calls.get(id) ?? "the tool", output: text })
    }
  }
  return unmatched(calls, outputs, "messages") ?? { prompt, results }
}

const readContent = (tokens: SequenceBuilder, content: unknown, path: string): string | Problem => {
  if (typeof content === "string") {
    tokens.text(content)
    tokens.border()
    return content
  }
  const texts: Array<string> = []
  for (const [index, part] of (Array.isArray(content) ? content : []).entries()) {
    const text = stringAt(part, "text") ?? stringAt(part, "refusal")
    const picture = objectAt(part, "image_url")
    if (text !== undefined) {
      tokens.text(text)
      texts.push(text)
    } else if (picture !== undefined) {
      const url = stringAt(picture, "url") ?? ""
      const wrong = image(tokens, url, stringAt(picture, "detail"), `${path}[${index}].image_url.url`)
      if (wrong !== undefined) return wrong
    } else {
      const data = JSON.stringify(part)
      tokens.opaque(50 + Math.ceil(data.length / 64), digest(data))
    }
    mark(tokens, part)
    const control = objectAt(part, "cache_control")
    tokens.border()
    if (control !== undefined) tokens.mark(stringAt(control, "ttl") === "1h" ? "1h" : undefined)
  }
  return texts.join("\n")
}

export const toolsOf = (body: JsonObject): Pick<Ask, "tools" | "toolChoice"> => {
  const offered = listAt(body, "tools").map((tool): Tool => {
    const custom = objectAt(tool, "custom")
    const definition = custom ?? objectAt(tool, "function")
    return {
      name: stringAt(definition, "name") ?? "",
      parameters: at(definition, "parameters"),
      custom: custom !== undefined
    }
  })
  const choice = at(body, "tool_choice")
  const named = (toolChoice: ToolChoice) => ({ tools: offered, toolChoice })
  if (choice === "none" || choice === "required") return named(choice)
  if (!isObject(choice)) return named("auto")
  const name = stringAt(objectAt(choice, "function") ?? objectAt(choice, "custom"), "name")
  if (name !== undefined) return named({ name })
  const allowed = objectAt(choice, "allowed_tools")
  const names = new Set(
    listAt(allowed, "tools").map((tool) => stringAt(objectAt(tool, "function") ?? objectAt(tool, "custom"), "name"))
  )
  return {
    tools: offered.filter((tool) => names.has(tool.name)),
    toolChoice: stringAt(allowed, "mode") === "required" ? "required" : "auto"
  }
}

export const schemaOf = (format: JsonObject | undefined): unknown => {
  const kind = stringAt(format, "type")
  if (kind === "json_schema") return objectAt(objectAt(format, "json_schema"), "schema") ?? {}
  return kind === "json_object" ? {} : undefined
}

export const tellCall = (
  call: Answer["calls"][number],
  made: unknown,
  position: number,
  index: number,
  choose: (index: number, delta: JsonObject, tokens: number) => void
) => {
  const kind = call.custom ? "custom" : "function"
  const text = call.custom ? "input" : "arguments"
  const opened = { index: position, id: stringAt(made, "id"), type: kind, [kind]: { name: call.name, [text]: "" } }
  choose(index, { tool_calls: [opened] }, callTokens(call))
  for (const delta of pieces(call.arguments)) {
    choose(index, { tool_calls: [{ index: position, [kind]: { [text]: delta.text } }] }, delta.tokens)
  }
}

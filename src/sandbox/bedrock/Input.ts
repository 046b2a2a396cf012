/**
 * Reads a request: what the model sees, token by token, where the caller ends reusable prefixes, and in which order turns
 * may come.
 */
import { isProblem, type Problem } from "../Door.ts"
import { at, type JsonObject, listAt, objectAt, stringAt } from "../Json.ts"
import * as Media from "../Media.ts"
import type * as Seal from "../Seal.ts"
import { digest } from "../Seed.ts"
import { type Sequence, sequence, type SequenceBuilder, type Ttl } from "../Tokens.ts"
import type { Model } from "./Models.ts"
import { invalid } from "./Problem.ts"

export interface Input {
  readonly _tag: "Input"
  readonly sequence: Sequence
  readonly prompt: string
  readonly results: ReadonlyArray<{ readonly name: string; readonly output: string }>
}

interface Reader {
  readonly tokens: SequenceBuilder
  readonly model: Model
  readonly thoughts: Seal.Seal
  readonly marks: Array<Ttl>
}

export const textDigest = (text: string): string => digest("thought", text).slice(0, 16)

export const read = (body: JsonObject, model: Model, thoughts: Seal.Seal): Input | Problem => {
  const messages = listAt(body, "messages")
  const disorder = outOfOrder(messages, objectAt(body, "toolConfig") !== undefined)
  if (disorder !== undefined) return disorder

  const tokens = sequence()
  const reader: Reader = { tokens, model, thoughts, marks: [] }
  for (const tool of listAt(objectAt(body, "toolConfig"), "tools")) {
    const wrong = cachePointOf(reader, tool)
    if (wrong !== undefined) return wrong
    if (objectAt(tool, "cachePoint") === undefined) tokens.text(JSON.stringify(tool))
  }
  tokens.salt(JSON.stringify(at(body, "outputConfig") ?? null))
  for (const part of listAt(body, "system")) {
    const wrong = cachePointOf(reader, part)
    if (wrong !== undefined) return wrong
    tokens.text(stringAt(part, "text") ?? "")
    tokens.border()
  }
  let prompt = ""
  let results: Array<{ readonly name: string; readonly output: string }> = []
  const names = new Map<string, string>()
  for (const [index, message] of messages.entries()) {
    tokens.opaque(3, stringAt(message, "role") ?? "")
    const texts: Array<string> = []
    for (const [position, block] of listAt(message, "content").entries()) {
      const text = blockOf(reader, block, `messages.${index}.content.${position}`)
      if (isProblem(text)) return text
      const use = objectAt(block, "toolUse")
      const result = objectAt(block, "toolResult")
      if (use !== undefined) names.set(stringAt(use, "toolUseId") ?? "", stringAt(use, "name") ?? "")
      if (result !== undefined) {
        results.push({ name: names.get(stringAt(result, "toolUseId") ?? "") ?? "the tool", output: text })
      } else if (text !== "") texts.push(text)
      tokens.border()
    }
    if (stringAt(message, "role") === "user" && texts.length > 0) {
      prompt = texts.join("\n")
      results = []
    }
  }
  tokens.opaque(3, "assistant")
  return { _tag: "Input", sequence: tokens.build(), prompt, results }
}

const outOfOrder = (messages: ReadonlyArray<unknown>, hasTools: boolean): Problem | undefined => {
  let open: ReadonlyArray<string> = []
  for (const [index, message] of messages.entries()) {
    const role = stringAt(message, "role")
    if (role !== (index % 2 === 0 ? "user" : "assistant")) {
      return index === 0
        ? invalid(
          "A conversation must start with a user message. Try again with a conversation that starts with a user message."
        )
        : invalid(
          "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again."
        )
    }
    const content = listAt(message, "content")
    const ids = (name: string) =>
      content.flatMap((block) => {
        const id = stringAt(objectAt(block, name), "toolUseId")
        return id === undefined ? [] : [id]
      })
    const results = ids("toolResult")
    const uses = ids("toolUse")
    if (results.length + uses.length > 0 && !hasTools) {
      return invalid("The toolConfig field must be defined when using toolUse and toolResult content blocks.")
    }
    const missing = open.filter((id) => !results.includes(id))
    if (missing.length > 0) {
      return invalid(
        `Expected toolResult blocks at messages.${index}.content for the following Ids: ${missing.join(", ")}`
      )
    }
    const foreign = results.filter((id) => !open.includes(id))
    if (foreign.length > 0) {
      return invalid(
        `The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`
      )
    }
    open = uses
  }
  return open.length === 0 ? undefined : invalid("Expected toolResult blocks after toolUse blocks.")
}

const cachePointOf = (reader: Reader, block: unknown): Problem | undefined => {
  const point = objectAt(block, "cachePoint")
  if (point === undefined) return undefined
  const { card, cachesFrom } = reader.model
  if (cachesFrom === undefined) {
    return invalid("You invoked an unsupported model or your request did not allow prompt caching.")
  }
  const ttl = stringAt(point, "ttl") === "1h" ? "1h" : "5m"
  if (card.cacheWrite[ttl] === undefined) return invalid(`Cache TTL ${ttl} is not supported for this model.`)
  if (ttl === "1h" && reader.marks.includes("5m")) {
    return invalid("A cachePoint with ttl 1h must not come after one with ttl 5m.")
  }
  if (reader.marks.push(ttl) > 4) return invalid("A maximum of 4 cachePoint blocks may be provided.")
  reader.tokens.mark(ttl)
  return undefined
}

const blockOf = (reader: Reader, block: unknown, path: string): string | Problem => {
  const { tokens } = reader
  const text = stringAt(block, "text")
  if (text !== undefined) {
    if (text.trim() === "") {
      return invalid(
        `The text field in the ContentBlock object at ${path} is blank. Add text to the text field, and try again.`
      )
    }
    tokens.text(text)
    return text
  }
  const use = objectAt(block, "toolUse")
  if (use !== undefined) {
    tokens.opaque(4, "call")
    tokens.text(stringAt(use, "name") ?? "")
    tokens.text(JSON.stringify(at(use, "input")))
    return ""
  }
  const result = objectAt(block, "toolResult")
  if (result !== undefined) {
    const texts: Array<string> = []
    for (const [index, part] of listAt(result, "content").entries()) {
      const json = at(part, "json")
      const told = json === undefined ? blockOf(reader, part, `${path}.content.${index}`) : JSON.stringify(json)
      if (isProblem(told)) return told
      if (json !== undefined) tokens.text(told)
      texts.push(told)
    }
    return texts.join("\n")
  }
  const part = objectAt(block, "image") ?? objectAt(block, "document")
  const wrong = objectAt(block, "cachePoint") !== undefined
    ? cachePointOf(reader, block)
    : part === undefined
    ? thoughtOf(reader, block)
    : fileOf(reader, part, objectAt(block, "image") !== undefined, path)
  return wrong ?? ""
}

/** The count is made up: 85 tokens, and 170 for each 64 KiB of data (1 to 8 times), 4 times for a place in S3. */
const fileOf = ({ model, tokens }: Reader, file: JsonObject, isImage: boolean, path: string): Problem | undefined => {
  if (isImage && !model.vision) return invalid("This model doesn't support the image content block.")
  if (!isImage && !/^[\p{L}\p{N}\s()[\]-]+$/u.test(stringAt(file, "name") ?? "")) {
    return invalid(`${path}: The document file name can only contain alphanumeric characters, whitespace and brackets.`)
  }
  const source = objectAt(file, "source")
  const uri = stringAt(objectAt(source, "s3Location"), "uri")
  if (uri !== undefined) {
    tokens.opaque(85 + 170 * 4, digest(uri))
    return undefined
  }
  const data = stringAt(source, "bytes") ?? ""
  const bytes = Media.decode(data)
  const format = stringAt(file, "format") ?? ""
  const isKnown = ["png", "jpeg", "gif", "webp", "pdf"].includes(format)
  if (bytes === undefined || (isKnown && !Media.isOf(format, bytes))) {
    return invalid(`${path}: Could not process ${isImage ? "image" : "document"}.`)
  }
  tokens.opaque(85 + 170 * Math.min(8, Math.max(1, Math.ceil(bytes.length / 65_536))), digest(data))
  return undefined
}

const thoughtOf = ({ model, thoughts, tokens }: Reader, block: unknown): Problem | undefined => {
  const reasoning = objectAt(objectAt(block, "reasoningContent"), "reasoningText")
  if (reasoning === undefined) {
    return objectAt(block, "reasoningContent") === undefined
      ? invalid(`The sandbox doesn't serve ${Object.keys(Object(block)).join()}.`)
      : invalid("The sandbox makes no redacted thoughts.")
  }
  const text = stringAt(reasoning, "text") ?? ""
  const signature = stringAt(reasoning, "signature")
  if (model.claude !== undefined && stringAt(thoughts.open(signature ?? ""), "text") !== textDigest(text)) {
    return invalid("messages: Invalid `signature` in `thinking` block")
  }
  tokens.text(text)
  return undefined
}

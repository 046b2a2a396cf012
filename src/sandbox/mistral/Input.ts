/**
 * Reads a request: what the model sees, token by token, and in which order its turns may come.
 */
import { isProblem, type Problem } from "../Door.ts"
import { at, type JsonObject, listAt, objectAt, stringAt } from "../Json.ts"
import * as Media from "../Media.ts"
import type * as Seal from "../Seal.ts"
import { digest } from "../Seed.ts"
import { type Sequence, sequence, type SequenceBuilder } from "../Tokens.ts"
import type { Model } from "./Models.ts"
import { problem } from "./Problem.ts"

export interface Input {
  readonly _tag: "Input"
  readonly sequence: Sequence
  readonly prompt: string
  readonly results: ReadonlyArray<{ readonly name: string; readonly output: string }>
}

/** Blocks of the vendor's cache, by its page about prompt caching. */
export const cacheBlock = 64

interface Reader {
  readonly tokens: SequenceBuilder
  readonly model: Model
  readonly thoughts: Seal.Seal
}

export const textDigest = (text: string): string => digest("thought", text).slice(0, 16)

export const read = (body: JsonObject, model: Model, thoughts: Seal.Seal): Input | Problem => {
  const messages = listAt(body, "messages")
  const disorder = outOfOrder(messages)
  if (disorder !== undefined) return disorder

  const tokens = sequence(cacheBlock)
  for (const tool of listAt(body, "tools")) tokens.text(JSON.stringify(tool))
  const format = objectAt(body, "response_format")
  if (format !== undefined && stringAt(format, "type") !== "text") tokens.text(JSON.stringify(format))
  const reader: Reader = { tokens, model, thoughts }
  let prompt = ""
  let results: Array<{ readonly name: string; readonly output: string }> = []
  const names = new Map<string, string>()
  for (const [index, message] of messages.entries()) {
    const role = stringAt(message, "role") ?? ""
    tokens.opaque(3, role)
    const text = contentOf(reader, at(message, "content"), `messages.${index}.content`)
    if (isProblem(text)) return text
    for (const call of listAt(message, "tool_calls")) {
      const inner = objectAt(call, "function")
      const name = stringAt(inner, "name") ?? ""
      names.set(stringAt(call, "id") ?? "", name)
      tokens.opaque(4, "call")
      tokens.text(name)
      tokens.text(stringAt(inner, "arguments") ?? JSON.stringify(at(inner, "arguments")))
    }
    if (role === "user") {
      prompt = text
      results = []
    }
    if (role === "tool") {
      results.push({ name: names.get(stringAt(message, "tool_call_id") ?? "") ?? "the tool", output: text })
    }
  }
  tokens.opaque(3, "assistant")
  return { _tag: "Input", sequence: tokens.build(), prompt, results }
}

const order = (message: string): Problem => problem(message, "invalid_request_message_order", "3230")

const outOfOrder = (messages: ReadonlyArray<unknown>): Problem | undefined => {
  let open = new Set<string>()
  for (const message of messages) {
    const role = stringAt(message, "role") ?? ""
    const id = stringAt(message, "tool_call_id") ?? ""
    if (role === "tool") {
      if (!open.delete(id)) return order(`Unexpected tool call id ${id} in tool results`)
      continue
    }
    if (open.size > 0) return order("Not the same number of function calls and responses")
    for (const call of listAt(message, "tool_calls")) {
      const id = stringAt(call, "id") ?? "null"
      if (!/^[a-zA-Z0-9]{9}$/.test(id)) {
        const message = `Tool call id was ${id} but must be a-z, A-Z, 0-9, with a length of 9.`
        return problem(message, "invalid_function_call", "3280")
      }
      open.add(id)
    }
  }
  if (open.size > 0) return order("Not the same number of function calls and responses")
  const last = messages.at(-1)
  const role = stringAt(last, "role") ?? ""
  if (role === "user" || role === "tool" || (role === "assistant" && at(last, "prefix") === true)) return undefined
  return order(
    `Expected last role User or Tool (or Assistant with prefix True) for serving but got ${role}`
  )
}

const contentOf = (reader: Reader, content: unknown, path: string): string | Problem => {
  if (typeof content === "string") {
    reader.tokens.text(content)
    return content
  }
  const texts: Array<string> = []
  for (const [index, chunk] of (Array.isArray(content) ? content : []).entries()) {
    const text = stringAt(chunk, "text")
    if (text !== undefined) {
      reader.tokens.text(text)
      texts.push(text)
      continue
    }
    const wrong = chunkOf(reader, chunk, `${path}.${index}`)
    if (wrong !== undefined) return wrong
  }
  return texts.join("\n")
}

const chunkOf = (reader: Reader, chunk: unknown, path: string): Problem | undefined => {
  const wrong = (message: string) => problem(`${path}: ${message}`, "invalid_request_error", "3051")
  switch (stringAt(chunk, "type")) {
    case "image_url": {
      if (!reader.model.vision) return wrong("Image input is not enabled for this model")
      const url = stringAt(chunk, "image_url") ?? stringAt(objectAt(chunk, "image_url"), "url") ?? ""
      return file(reader, url, "image", wrong)
    }
    case "document_url":
      return file(reader, stringAt(chunk, "document_url") ?? "", "application", wrong)
    case "thinking":
      return thought(reader, chunk, wrong)
    default:
      return wrong(`The sandbox doesn't serve ${stringAt(chunk, "type")}`)
  }
}

/** The count is made up: 85 tokens, and 170 for each 64 KiB of data (1 to 8 times), 4 times for an address. */
const file = (
  { tokens }: Reader,
  url: string,
  kind: "image" | "application",
  wrong: (message: string) => Problem
): Problem | undefined => {
  const data = /^data:(\w+)\/([\w.+-]+);base64,([\s\S]*)$/.exec(url)
  if (data === null) {
    if (!/^https?:\/\/[^/\s]+/.test(url)) return wrong("The file could not be loaded from this URL")
    tokens.opaque(85 + 170 * 4, digest(url))
    return undefined
  }
  const [, group, type = "", base64 = ""] = data
  const bytes = Media.decode(base64)
  if (bytes === undefined) return wrong("The file could not be decoded as base64")
  if (group !== kind || !Media.isOf(type === "jpg" ? "jpeg" : type, bytes)) return wrong("The file is not of its type")
  tokens.opaque(85 + 170 * Math.min(8, Math.max(1, Math.ceil(bytes.length / 65_536))), digest(url))
  return undefined
}

/** A thought goes back with the seal that it came with, or with none. */
const thought = (
  { thoughts, tokens }: Reader,
  chunk: unknown,
  wrong: (message: string) => Problem
): Problem | undefined => {
  const text = listAt(chunk, "thinking").map((piece) => stringAt(piece, "text") ?? "").join("")
  const signature = stringAt(chunk, "signature")
  if (signature !== undefined && stringAt(thoughts.open(signature), "text") !== textDigest(text)) {
    return wrong("Invalid signature in thinking chunk")
  }
  tokens.text(text)
  return undefined
}

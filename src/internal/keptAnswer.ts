/**
 * Answers as bytes, and back: JSON, with the bytes of files in base64.
 */
import { isNumber, isString } from "effect/Predicate"
import * as Generation from "../Generation.ts"
import { isRecord, parse } from "./json.ts"

/** An answer with its object as JSON, to be decoded anew for every caller. */
export interface Answer {
  readonly generation: Generation.Generation
  readonly object: unknown
}

/** Of the bytes: what another version has written is no answer. */
const version = 1

/** How much an answer holds, in characters and bytes, about: more than anything where JSON can't say it. */
export const sizeOf = ({ content }: Generation.Generation): number => {
  let size = 0
  for (const part of content) {
    if (part.type === "text" || part.type === "reasoning") size += part.text.length
    else if (part.type === "file") size += part.data.length
    else size += writtenSize(part)
  }
  return size
}

const writtenSize = (part: Generation.Content): number => {
  try {
    return JSON.stringify(part).length
  } catch {
    return Infinity
  }
}

/** `undefined` where JSON can't say it. */
export const encode = ({ generation, object }: Answer): Uint8Array | undefined => {
  const { attempts: _, content, images: __, object: decoded, text: ____, ...summary } = generation
  if (object === undefined && decoded !== undefined) return undefined
  const parts = content.map(writtenPart)
  if (parts.includes(undefined)) return undefined
  try {
    return Buffer.from(JSON.stringify({ version, ...summary, object, content: parts }))
  } catch {
    return undefined
  }
}

const writtenPart = (part: Generation.Content): object | undefined => {
  switch (part.type) {
    case "file":
      return { ...part, data: Buffer.from(part.data).toString("base64") }
    case "tool-result":
      return part.modelOutput === undefined ? part : undefined
    default:
      return part
  }
}

/** `undefined` where they hold no answer of this version. */
export const decode = (bytes: Uint8Array): Answer | undefined => {
  const json = parse(Buffer.from(bytes).toString())
  if (!isRecord(json) || json.version !== version || !Array.isArray(json.content)) return undefined
  const { content, object, version: _, ...kept } = json
  const summary = { ...absent, ...kept, attempts: [], object: undefined }
  const parts = content.map(readPart)
  return isSummary(summary) && parts.every(isContent)
    ? { generation: Generation.withContent(summary, parts), object }
    : undefined
}

/** JSON leaves them out where they are `undefined`. */
const absent = {
  router: undefined,
  requestId: undefined,
  serviceTier: undefined,
  region: undefined,
  native: undefined
}

/** What is read of an answer on its way: the rest is its reader's to look at. */
const isSummary = (u: Readonly<Record<string, unknown>>): u is typeof u & Generation.Summary =>
  isString(u.provider) && isString(u.model) && isString(u.finishReason) && u.cache === "miss" &&
  isRecord(u.usage) && isRecord(u.timing) && Array.isArray(u.warnings) &&
  isRecord(u.cost) && (u.cost.picoUsd === undefined || isNumber(u.cost.picoUsd)) &&
  isRecord(u.saved) && isNumber(u.saved.picoUsd)

const readPart = (part: unknown): unknown => {
  if (!isRecord(part)) return undefined
  if (part.type === "file" && isString(part.data)) {
    return { ...part, data: new Uint8Array(Buffer.from(part.data, "base64")) }
  }
  if (part.type === "source" && isString(part.url) && URL.canParse(part.url)) {
    return { ...part, url: new URL(part.url) }
  }
  return part
}

const isContent = (part: unknown): part is Generation.Content => {
  if (!isRecord(part)) return false
  switch (part.type) {
    case "text":
    case "reasoning":
      return isString(part.text)
    case "file":
      return isString(part.mediaType) && part.data instanceof Uint8Array
    case "source":
      return part.sourceType === "document" || part.url instanceof URL
    case "tool-call":
    case "tool-result":
      return isString(part.id) && isString(part.name)
    default:
      return false
  }
}

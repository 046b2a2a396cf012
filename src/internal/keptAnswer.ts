/**
 * Answers as bytes, and back: JSON, with the bytes of files in base64.
 */
import * as Generation from "../Generation.ts"
import { isRecord, parse } from "./json.ts"

/** An answer with its object as JSON, to be decoded anew for every caller. */
export interface Answer {
  readonly generation: Generation.Generation
  readonly object: unknown
}

/** Of the bytes: what another version has written is no answer. */
const version = 1

/** How much an answer holds, in characters and bytes, about. */
export const sizeOf = ({ content }: Generation.Generation): number => {
  let size = 0
  for (const part of content) {
    if (part.type === "text" || part.type === "reasoning") size += part.text.length
    else if (part.type === "file") size += part.data.length
    else size += JSON.stringify(part).length
  }
  return size
}

/** `undefined` where JSON can't say it. */
export const encode = ({ generation, object }: Answer): Uint8Array | undefined => {
  const { attempts: _, content, images: __, object: ___, text: ____, ...summary } = generation
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
  const { content, object, version: _, ...summary } = json
  const parts = content.map(readPart)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what `encode` wrote: a store hands out nothing else
  const written = { ...summary, attempts: [], object: undefined } as unknown as Generation.Summary
  return { generation: Generation.withContent(written, parts), object }
}

const readPart = (part: unknown): Generation.Content => {
  const read = isRecord(part) && typeof part.data === "string"
    ? { ...part, data: new Uint8Array(Buffer.from(part.data, "base64")) }
    : isRecord(part) && typeof part.url === "string"
    ? { ...part, url: new URL(part.url) }
    : part
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
  return read as Generation.Content
}

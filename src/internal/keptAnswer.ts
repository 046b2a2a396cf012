/**
 * Answers as bytes, and back: JSON by the schema of a Generation.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Generation from "../Generation.ts"
import { isRecord, parse } from "./json.ts"

/** An answer with its object as JSON, to be decoded anew for every caller. */
export interface Answer {
  readonly generation: Generation.Generation
  readonly object: unknown
}

/** Of the bytes: what another version has written is no answer. */
const version = 2

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

const codec = Schema.toCodecJson(Generation.Generation)
const encodeGeneration = Schema.encodeResult(codec)
const decodeGeneration = Schema.decodeUnknownResult(codec)

/** `undefined` where JSON can't say it. */
export const encode = ({ generation, object }: Answer): Uint8Array | undefined => {
  const { native, object: decoded } = generation
  if (object === undefined && decoded !== undefined) return undefined
  const json = Result.getOrUndefined(encodeGeneration({ ...generation, attempts: [], object }))
  if (!isRecord(json) || !isThere(json, "native", native) || !isThere(json, "object", object)) return undefined
  return Buffer.from(JSON.stringify({ version, ...json }))
}

/** Who asked gets what the vendor has sent, or nothing. */
const isThere = (json: object, name: string, value: unknown): boolean =>
  value === undefined || Object.hasOwn(json, name)

/** `undefined` where they hold no answer of this version. */
export const decode = (bytes: Uint8Array): Answer | undefined => {
  const json = parse(Buffer.from(bytes).toString())
  if (!isRecord(json) || json.version !== version || json.cache !== "miss" || !Array.isArray(json.content)) {
    return undefined
  }
  const read = decodeGeneration(json)
  if (Result.isFailure(read)) return undefined
  const { object, ...generation } = read.success
  return { generation: { ...generation, object: undefined }, object }
}

/**
 * AWS's event stream: messages in binary, each with its length, its headers and checksums over both.
 *
 * Read 2026-11-23 on docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html and in @smithy/core@3.38.0. The
 * SDK's own codec would have to be a dependency, and leaves it to its caller to find where a message ends.
 */
import type * as Zlib from "node:zlib"
import type { Framing, Sink } from "./framing.ts"
import { parse, unparsable } from "./json.ts"

/** An event reads `{ [its type]: payload }`, as the SDK has it, and so does an exception. */
export const eventStream: Framing = {
  contentType: "vnd.amazon.eventstream",
  reader: (sink) => {
    let rest: Uint8Array = new Uint8Array(0)
    return (chunk) => {
      if (chunk === undefined) return undefined
      let bytes = rest.length === 0 ? chunk : concatenated(rest, chunk)
      while (bytes.length >= preludeBytes) {
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
        const length = view.getUint32(0)
        const payload = preludeBytes + view.getUint32(4)
        if (view.getUint32(8) !== crc32(bytes.subarray(0, 8)) || length < payload + 4) return garbled
        if (length > maxBytes) return "an event of the stream is too large"
        if (bytes.length < length) break
        if (view.getUint32(length - 4) !== crc32(bytes.subarray(0, length - 4))) return garbled
        const problem = take(sink, headersIn(bytes, preludeBytes, payload), bytes.subarray(payload, length - 4))
        if (problem !== undefined) return problem
        bytes = bytes.subarray(length)
      }
      rest = bytes
      return undefined
    }
  }
}

const take = (
  sink: Sink,
  headers: ReadonlyMap<string, string> | undefined,
  payload: Uint8Array
): string | undefined => {
  const type = headers?.get(":event-type") ?? headers?.get(":exception-type") ?? headers?.get(":error-code")
  if (type === undefined) return garbled
  const text = decodeText(payload)
  if (text === undefined) return "the stream is no UTF-8"
  const json = text === "" ? { message: headers?.get(":error-message") } : parse(text)
  if (json === unparsable) return "an event of the stream is no JSON"
  sink.event({ [type]: json })
  return undefined
}

/** `undefined` for bytes that are no UTF-8. */
const decodeText = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

const garbled = "an event of the stream is garbled"
const preludeBytes = 12
/** AWS sends no payload above 16 MB. */
const maxBytes = 17 * 1024 * 1024

const concatenated = (one: Uint8Array, other: Uint8Array): Uint8Array => {
  const both = new Uint8Array(one.length + other.length)
  both.set(one)
  both.set(other, one.length)
  return both
}

/** Bytes of a value by its type; texts and bytes say their length. */
const widths: ReadonlyMap<number, number> = new Map([[0, 0], [1, 0], [2, 1], [3, 2], [4, 4], [5, 8], [8, 8], [9, 16]])
const text = 7
const blob = 6

/** The headers that are text; `undefined` where they can't be read. */
const headersIn = (bytes: Uint8Array, from: number, end: number): ReadonlyMap<string, string> | undefined => {
  const headers = new Map<string, string>()
  const utf8 = new TextDecoder()
  let at = from
  while (at < end) {
    const nameEnd = at + 1 + (bytes[at] ?? 0)
    const name = utf8.decode(bytes.subarray(at + 1, nameEnd))
    at = nameEnd
    const type = bytes[at++] ?? -1
    if (type === text || type === blob) {
      const length = ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0)
      at += 2 + length
      if (type === text) headers.set(name, utf8.decode(bytes.subarray(at - length, at)))
      continue
    }
    const width = widths.get(type)
    if (width === undefined) return undefined
    at += width
  }
  return at === end ? headers : undefined
}

const crc32 = (bytes: Uint8Array): number => {
  zlib ??= process.getBuiltinModule("node:zlib")
  return zlib.crc32(bytes)
}

let zlib: typeof Zlib | undefined

/**
 * AWS's event stream, written by hand: length, headers and payload of each message, with checksums over both.
 */
import { crc32 } from "node:zlib"
import type { Event, Framing } from "../Protocol.ts"

const header = (name: string, value: string): Buffer => {
  const key = Buffer.from(name)
  const text = Buffer.from(value)
  const size = Buffer.alloc(3)
  // 7 is the type of texts.
  size.writeUInt8(7)
  size.writeUInt16BE(text.length, 1)
  return Buffer.concat([Buffer.from([key.length]), key, size, text])
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}

/** An event whose name ends in `Exception` is one. */
const frame = ({ data, event = "" }: Event): Uint8Array => {
  const isException = event.endsWith("Exception")
  const headers = Buffer.concat([
    header(isException ? ":exception-type" : ":event-type", event),
    header(":content-type", "application/json"),
    header(":message-type", isException ? "exception" : "event")
  ])
  const payload = Buffer.from(data)
  const sizes = Buffer.concat([uint32(16 + headers.length + payload.length), uint32(headers.length)])
  const message = Buffer.concat([sizes, uint32(crc32(sizes)), headers, payload])
  return Buffer.concat([message, uint32(crc32(message))])
}

export const eventStream: Framing = { contentType: "application/vnd.amazon.eventstream", frame }

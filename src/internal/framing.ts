/**
 * How the bytes of a stream are cut into events: server-sent events, where a protocol has no framing of its own.
 */
import * as Sse from "effect/encoding/Sse"
import { parse, unparsable } from "./json.ts"

/** What is done with the events of one stream. */
export interface Sink {
  readonly event: (json: unknown) => void
  /** The stream says that it is over. */
  readonly end: () => void
}

export interface Framing {
  /** What the content type of such a stream holds. */
  readonly contentType: string
  /** Takes chunk after chunk, and `undefined` at the end. Returns why the bytes can't be read. */
  readonly reader: (sink: Sink) => (chunk: Uint8Array | undefined) => string | undefined
}

export const sse: Framing = {
  contentType: "event-stream",
  reader: (sink) => {
    const utf8 = new TextDecoder("utf-8", { fatal: true })
    let broken: string | undefined
    const parser = Sse.makeParser((event) => {
      if (event._tag === "Retry" || broken !== undefined) return
      if (event.data === "[DONE]") return sink.end()
      const json = parse(event.data)
      if (json === unparsable) broken = "an event of the stream is no JSON"
      else sink.event(json)
    })
    return (chunk) => {
      const text = decodeText(utf8, chunk)
      if (text === undefined) return "the stream is no UTF-8"
      // The line breaks end an event whose own never came.
      const isTooLarge = parser.feed(chunk === undefined ? `${text}\n\n` : text) !== undefined
      return broken ?? (isTooLarge ? "an event of the stream is too large" : undefined)
    }
  }
}

/** `undefined` for bytes that are no UTF-8, at the end (no bytes) for a character that was cut. */
const decodeText = (utf8: InstanceType<typeof TextDecoder>, chunk: Uint8Array | undefined): string | undefined => {
  try {
    return utf8.decode(chunk, { stream: chunk !== undefined })
  } catch {
    return undefined
  }
}

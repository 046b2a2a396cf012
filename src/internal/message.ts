/** What a `fetch` is asked to send, as undici takes it. */
import type { Readable } from "node:stream"

export type Body = string | Uint8Array | Readable

export interface Message {
  readonly method?: string | undefined
  readonly headers?: RequestInit["headers"] | undefined
  readonly body?: Body | null | undefined
  /** Bytes of a body that is streamed, where its sender knows them. */
  readonly length?: string | undefined
}

export const isPlain = (input: string | URL | Request, init: RequestInit): init is RequestInit & Message =>
  !(input instanceof Request) && (init.body == null || typeof init.body === "string" || init.body instanceof Uint8Array)

/** Multipart forms and other buffered bodies are written by Node's own encoder, so that their length is known. */
export const encode = async (input: string | URL | Request, init: RequestInit): Promise<Message> => {
  const { body } = init
  if (body != null && typeof body === "object" && Symbol.asyncIterator in body) {
    const { Readable } = await import("node:stream")
    const length = new Headers(init.headers).get("content-length") ?? undefined
    return { method: init.method, headers: init.headers, body: Readable.from(body), length }
  }
  const request = new Request(input, init)
  const bytes = new Uint8Array(await request.arrayBuffer())
  return { method: request.method, headers: request.headers, body: bytes.length === 0 ? null : bytes }
}

/** What undici writes itself, and trace context, which is nobody's business but ours. */
const notForVendors = new Set([
  "host",
  "connection",
  "keep-alive",
  "transfer-encoding",
  "content-length",
  "upgrade",
  "expect",
  "traceparent",
  "tracestate",
  "baggage",
  "b3"
])

export const isForVendors = (name: string): boolean => !notForVendors.has(name) && !name.startsWith("x-b3-")

const forLinks = new Set(["accept", "accept-language", "range", "user-agent"])

export const isForLinks = (name: string): boolean => forLinks.has(name)

export const headersOf = (source: RequestInit["headers"], isWanted: (name: string) => boolean): Array<string> => {
  const headers: Array<string> = ["accept-encoding", "identity"]
  const entries = source === undefined ? [] : Symbol.iterator in source ? source : Object.entries(source)
  for (const [name, value] of entries) {
    const lower = name.toLowerCase()
    if (lower === "accept-encoding") headers[1] = String(value)
    else if (isWanted(lower)) headers.push(lower, String(value))
  }
  return headers
}

/**
 * What every vendor reads from a request's headers alike.
 */
import type { Incoming } from "./Protocol.ts"

const everyones = new Set([
  "accept",
  "accept-encoding",
  "accept-language",
  "authorization",
  "cache-control",
  "connection",
  "content-length",
  "content-type",
  "expect",
  "host",
  "idempotency-key",
  "keep-alive",
  "pragma",
  "sec-fetch-mode",
  "te",
  "transfer-encoding",
  "user-agent"
])

/** The first header that neither HTTP nor the vendor knows. */
export const foreign = ({ headers }: Incoming, own: ReadonlySet<string>): string | undefined =>
  Object.keys(headers).find((name) => !everyones.has(name) && !own.has(name) && !name.startsWith("x-stainless-"))

export const bearer = ({ headers }: Incoming): string | undefined =>
  /^Bearer\s+(\S+)$/i.exec(headers["authorization"] ?? "")?.[1]

export const isJson = ({ headers }: Incoming): boolean => /^application\/json\b/i.test(headers["content-type"] ?? "")

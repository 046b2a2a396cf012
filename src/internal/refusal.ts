/**
 * What a vendor's refusal means, for all vendors alike: by status, by the vendor's own code, and by how long it asks to
 * wait.
 */
import * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"
import {
  ContentFiltered,
  InvalidRequest,
  InvalidResponse,
  KeyRefused,
  Network,
  Overloaded,
  QuotaExceeded,
  RateLimited,
  type Reason,
  Timeout
} from "../GenerateError.ts"
import type { TransportError } from "../Transport.ts"

/** What a vendor's own code says, where the status doesn't. */
export type Kind = "quota" | "filtered" | "limited" | "overloaded" | "broken" | "key" | "invalid"

/** An HTTP answer that is no answer. */
export interface Refusal {
  readonly status: number
  readonly requestId?: string | undefined
  /** The vendor's own words. */
  readonly detail: string
  readonly kind?: Kind | undefined
  /** The option that the vendor names. */
  readonly field?: string | undefined
  /** Where the key came from. */
  readonly keySource?: string | undefined
  readonly retryAfter?: Duration.Duration | undefined
  /** Whether the vendor charges for it, where its rules say so. */
  readonly billed?: "yes" | "no" | undefined
}

export const reasonOf = (refusal: Refusal): Reason => {
  const { detail, status } = refusal
  const retryAfter = refusal.retryAfter === undefined ? undefined : { retryAfter: refusal.retryAfter }
  const keyRefused = () =>
    new KeyRefused({ detail, ...(refusal.keySource === undefined ? undefined : { source: refusal.keySource }) })
  switch (refusal.kind) {
    case "quota":
      return new QuotaExceeded({ detail })
    case "filtered":
      return new ContentFiltered({ detail })
    case "limited":
      return new RateLimited({ detail, ...retryAfter })
    case "overloaded":
      return new Overloaded({ detail, maybeBilled: false, ...retryAfter })
    // It had begun: it may be paid.
    case "broken":
      return new Overloaded({ detail, maybeBilled: true, ...retryAfter })
    case "key":
      return keyRefused()
    case "invalid":
      return new InvalidRequest({ detail, ...(refusal.field === undefined ? undefined : { field: refusal.field }) })
  }
  switch (status) {
    case 401:
    case 403:
      return keyRefused()
    case 402:
      return new QuotaExceeded({ detail })
    case 408:
      return new Timeout({ phase: "connect" })
    case 409:
      return new Overloaded({ detail, maybeBilled: false, ...retryAfter })
    case 429:
      return new RateLimited({ detail, ...retryAfter })
  }
  if (status >= 500) {
    return new Overloaded({ detail, maybeBilled: !provablyUnserved.has(status), ...retryAfter })
  }
  if (status >= 400) {
    return new InvalidRequest({ detail, ...(refusal.field === undefined ? undefined : { field: refusal.field }) })
  }
  return new InvalidResponse({ detail: `status ${status}: ${detail}` })
}

// A gateway's 502 or 504 says nothing about whether the model behind it ran.
const provablyUnserved = new Set([500, 503, 529])

/** What happened on the wire, as a reason. */
export const reasonOfTransport = (error: TransportError): Reason => {
  switch (error.kind) {
    case "connect-timeout":
      return new Timeout({ phase: "connect" })
    case "headers-timeout":
      return new Timeout({ phase: "headers" })
    case "idle-timeout":
      return new Timeout({ phase: "idle" })
    case "body-too-large":
    case "headers-too-large":
    case "garbled":
      return new InvalidResponse({ detail: error.message })
    case "egress-refused":
    case "invalid-request":
      return new InvalidRequest({ detail: error.message })
    default:
      return new Network({ detail: error.message, sent: error.sent })
  }
}

/**
 * How long to wait, from `retry-after-ms`, else `retry-after` in seconds or as a date. What can't be read or lies in the
 * past is no wait.
 */
export const retryAfterOf = (headers: Pick<Headers, "get">, now: number): Duration.Duration | undefined => {
  const millis = headers.get("retry-after-ms")?.trim() ?? ""
  if (decimal.test(millis)) return Duration.millis(Number(millis))
  const value = headers.get("retry-after")?.trim() ?? ""
  if (decimal.test(value)) return Duration.seconds(Number(value))
  const date = httpDate.test(value) ? Date.parse(value) : NaN
  return date > now ? Duration.millis(date - now) : undefined
}

const decimal = /^\d+(\.\d+)?$/

// `Date.parse` alone takes "in 2030" for a date.
const httpDate = /^[A-Z][a-z]{2,8}, .+ GMT$/

/** A vendor's message as it may be shown: short, and without the key, whole or masked. */
export const tidy = (message: string, key: Redacted.Redacted | undefined): string => {
  const secret = key === undefined ? "" : Redacted.value(key)
  const clean = secret === "" ? message : message.split(secret).join("<key>")
  const masked = clean.replaceAll(/\b(?:sk|pk|key)-[\w*.…-]+/g, "<key>")
  return masked.length > 300 ? `${masked.slice(0, 300)}…` : masked
}

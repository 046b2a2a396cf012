/**
 * The errors that every adapter makes: of answers it can't read, and of what its SDK throws.
 */
import type * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import { GenerateError, InvalidRequest, InvalidResponse, Network, type Reason } from "../GenerateError.ts"
import type * as Request from "../Request.ts"
import * as Transport from "../Transport.ts"
import type * as Usage from "../Usage.ts"
import { problemsOf } from "./problems.ts"
import { reasonOf, reasonOfTransport, type Refusal, tidy } from "./refusal.ts"

/** Where an answer came from, as its errors tell: by the request's id, never by the key it was asked with. */
export interface Origin {
  readonly requestId: string | undefined
  /** How it was served, of a vendor that says so in a header. */
  readonly serviceTier?: string | undefined
  readonly key: Redacted.Redacted
  /** Where it came from, of a vendor that refuses keys with a good status. */
  readonly keySource?: string | undefined
}

/** The failure of a request, with what is known of it. */
export const failure = (
  request: Request.Request,
  reason: Reason,
  known?: {
    readonly requestId?: string | undefined
    readonly status?: number | undefined
    readonly usage?: Usage.Usage | undefined
    readonly billed?: "yes" | "no" | undefined
    readonly jobId?: string | undefined
    readonly cause?: unknown
  }
): GenerateError =>
  new GenerateError({
    provider: request.model.provider,
    model: request.model.id,
    reason,
    ...(known?.requestId === undefined ? undefined : { requestId: known.requestId }),
    ...(known?.status === undefined ? undefined : { status: known.status }),
    ...(known?.usage === undefined || known.usage.state === "missing" ? undefined : { usage: known.usage }),
    ...(known?.billed === undefined ? undefined : { billed: known.billed }),
    ...(known?.jobId === undefined ? undefined : { jobId: known.jobId }),
    ...(known?.cause === undefined ? undefined : { cause: known.cause })
  })

/** A failure that a vendor tells with status 200, in a body or as an event. */
export interface Told {
  /** The vendor's own words. */
  readonly message: string
  readonly reason: (detail: string, keySource?: string) => Reason
  /** What the vendor counted all the same. */
  readonly usage?: Usage.Usage | undefined
  /** Whether it charges for it, where its rules say so. */
  readonly billed?: "yes" | "no" | undefined
}

export const told = (
  request: Request.Request,
  { billed, message, reason, usage }: Told,
  { key, keySource, requestId }: Origin
): GenerateError => failure(request, reason(tidy(message, key), keySource), { requestId, usage, billed })

/** An answer of the wrong shape: where, and what was expected there. */
export const unreadable = (
  request: Request.Request,
  error: Schema.SchemaError,
  known: { readonly requestId: string | undefined; readonly usage?: Usage.Usage | undefined }
): GenerateError => {
  const [{ message, path }] = problemsOf(error)
  return failure(request, new InvalidResponse({ detail: `${path === "" ? "the body" : path}: ${message}` }), known)
}

/** What an SDK threw. `refusalOf` reads the SDK's own error, where it stands for an HTTP answer. */
export const errorOf = (
  request: Request.Request,
  cause: unknown,
  key: Redacted.Redacted | undefined,
  refusalOf: (cause: Error) => Refusal | undefined
): GenerateError => {
  if (cause instanceof GenerateError) return cause
  const broken = Transport.findError(cause)
  if (broken !== undefined) return failure(request, reasonOfTransport(broken), { cause: broken })
  if (!(cause instanceof Error)) {
    return failure(request, new Network({ detail: "the SDK threw no error", sent: "maybe" }))
  }
  const refusal = refusalOf(cause)
  if (refusal !== undefined) {
    const { detail, field } = refusal
    const tidied = { detail: tidy(detail, key), field: field === undefined ? undefined : tidy(field, key) }
    return failure(request, reasonOf({ ...refusal, ...tidied }), refusal)
  }
  return failure(
    request,
    cause instanceof TypeError || cause instanceof RangeError
      ? new InvalidRequest({ detail: `it can't be written as JSON (${tidy(cause.message, key)})` })
      : new Network({ detail: tidy(cause.message, key), sent: "maybe" })
  )
}

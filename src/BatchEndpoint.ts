/**
 * What a vendor's batch endpoint can do, as far as Loom needs it: write a row, take a job, find it again, tell how it
 * goes, give its results. A Generator that has one carries it (`Generator.withBatch`); all else about batches (splitting,
 * the store, joining rows, money) is Loom's.
 *
 * @since 1.0.0
 */
import type * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import type * as Stream from "effect/Stream"
import type { GenerateError, Reason } from "./GenerateError.ts"
import type { Generation } from "./Generation.ts"
import type { Request } from "./Request.ts"

/**
 * What one job may hold.
 *
 * @category models
 * @since 1.0.0
 */
export interface Limits {
  readonly rows: number
  /** Of all lines, their ends included. */
  readonly bytes: number
  /** Whether all rows of a job have to ask the same model. */
  readonly oneModel: boolean
}

/**
 * A job as its vendor is asked about it.
 *
 * @category models
 * @since 1.0.0
 */
export interface Job {
  /** Loom's own id of it: 24 letters and digits. The custom ids of its rows begin with it. */
  readonly marker: string
  /** A request of this job, without its prompt: whose key is used, and who errors name. */
  readonly asking: Request
  /** Which of the vendor's endpoints it is for, as `endpointOf` said. */
  readonly endpoint: string
  readonly rows: number
  /** Of all lines, their ends included. */
  readonly bytes: number
  /** Epoch milliseconds at which it was first meant to be submitted: it can't have been made before. */
  readonly since: number
}

/**
 * A {@link Job} that the vendor has accepted, under this id.
 *
 * @category models
 * @since 1.0.0
 */
export interface Accepted extends Job {
  readonly id: string
}

/**
 * Whether the vendor has a job: `unclear` where that shows later.
 *
 * @category models
 * @since 1.0.0
 */
export type Found =
  | { readonly _tag: "Found"; readonly id: string }
  | { readonly _tag: "None" }
  | { readonly _tag: "Unclear" }

/**
 * How a job goes. One that has `failed` was refused as a whole; no row of it was asked.
 *
 * @category models
 * @since 1.0.0
 */
export interface Progress {
  readonly state: "running" | "completed" | "expired" | "cancelled" | "failed"
  /** Rows that are over, however they ended. */
  readonly done: number
  /** Of those, the ones that went wrong. */
  readonly failed: number
  /** Where the results are, in the vendor's own words. */
  readonly results: ReadonlyArray<string>
  /** Whether rows that its results leave out may be charged for all the same, of one that has expired: no. */
  readonly leftMaybeBilled?: boolean | undefined
  /** Epoch milliseconds at which it expires, where the vendor tells. */
  readonly expiresAt?: number | undefined
  /** Why it failed. */
  readonly reason?: Reason | undefined
}

/**
 * What became of a row.
 *
 * @category models
 * @since 1.0.0
 */
export type Outcome =
  | { readonly _tag: "Answered"; readonly json: unknown; readonly requestId: string | undefined }
  | {
    readonly _tag: "Failed"
    readonly reason: Reason
    readonly status: number | undefined
    readonly requestId: string | undefined
  }
  | { readonly _tag: "Expired" }
  | { readonly _tag: "Cancelled" }

/**
 * A row of the results.
 *
 * @category models
 * @since 1.0.0
 */
export interface Row {
  readonly customId: string
  readonly outcome: Outcome
}

/**
 * A vendor's batch endpoint.
 *
 * @category models
 * @since 1.0.0
 */
export interface BatchEndpoint {
  readonly limits: Limits
  /** Which of the vendor's endpoints a request belongs to: a job is for one. Fails where none of them takes it in batches. */
  readonly endpointOf: (request: Request) => Result.Result<string, GenerateError>
  /** A request as a line of a job, without the line's end. Fails where it holds what can't be sent. */
  readonly row: (request: Request, customId: string) => Effect.Effect<string, GenerateError>
  /** Submits the lines of a job, once, and gives the vendor's id of it. */
  readonly submit: (
    job: Job,
    lines: Stream.Stream<string, GenerateError>
  ) => Effect.Effect<string, GenerateError>
  /**
   * Looks for a job whose submission may have got through. `others` are the vendor's ids of jobs that it can't be. It is
   * submitted again only where there is `None`.
   */
  readonly find: (job: Job, others: ReadonlySet<string>) => Effect.Effect<Found, GenerateError>
  readonly poll: (job: Accepted) => Effect.Effect<Progress, GenerateError>
  /** The rows of a job that is over, in any order, as they arrive. */
  readonly results: (job: Accepted, progress: Progress) => Stream.Stream<Row, GenerateError>
  /** Asks for the end of a job. One that is over already stays as it is. */
  readonly cancel: (job: Accepted) => Effect.Effect<void, GenerateError>
  /** Reads the answer to a row. It may be read without a key, long after. */
  readonly generation: (
    request: Request,
    answered: Extract<Outcome, { readonly _tag: "Answered" }>
  ) => Result.Result<Generation, GenerateError>
}

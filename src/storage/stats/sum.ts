/**
 * What a sum of calls or of attempts tells, and how it is asked for.
 */
import * as Distribution from "./distribution.ts"

export type Group = "provider" | "model" | "outcome" | "cache" | "tag"

export interface Asked {
  readonly from: number
  readonly to: number
  /** Milliseconds of a bucket; none: one sum of all. */
  readonly bucket?: number | undefined
  /** What sums are kept apart by. A model goes with its provider. */
  readonly group?: ReadonlyArray<Group> | undefined
  /** Only these groups, by their key. */
  readonly only?: ReadonlyArray<string> | undefined
  /** Of tags, only those with this key. */
  readonly tagKey?: string | undefined
}

/** What every sum is of. */
export interface Place {
  /** The values of its group. */
  readonly group: ReadonlyArray<string>
  /** `openai`, `openai/gpt-4o`, `tenant:acme` */
  readonly key: string
  /** When its bucket starts. */
  readonly at: number
}

export interface Saved {
  readonly responseCache: bigint
  readonly coalescing: bigint
  readonly promptCache: bigint
  readonly routing: bigint
  readonly batch: bigint
}

export interface Calls extends Place {
  readonly calls: number
  readonly ok: number
  readonly interrupted: number
  readonly retries: number
  readonly failovers: number
  readonly hits: number
  readonly misses: number
  readonly coalesced: number
  /** Whose cost and saving is known. */
  readonly priced: number
  /** By those. */
  readonly saved: Saved
  /** Of those that succeeded upstream. */
  readonly latency: Distribution.Distribution
  /** Of all that succeeded. */
  readonly latencyWithCached: Distribution.Distribution
  /** Of those that succeeded upstream. */
  readonly firstToken: Distribution.Distribution
}

export interface Attempts extends Place {
  readonly attempts: number
  readonly ok: number
  /** That failed, and not by the caller's doing. */
  readonly errors: number
  readonly input: number
  readonly cachedInput: number
  readonly cacheWrite: number
  readonly output: number
  readonly reasoning: number
  /** Whose cost is an estimate, and whose isn't known. */
  readonly estimated: number
  readonly unknown: number
  /** Known to have been spent. */
  readonly cost: bigint
  /** Of it, on calls that are priced. */
  readonly actual: bigint
  /** Of those that succeeded. */
  readonly latency: Distribution.Distribution
  readonly firstToken: Distribution.Distribution
}

/** What a vendor isn't to blame for. */
export const callersDoing: ReadonlySet<string> = new Set([
  "ok",
  "interrupted",
  "InvalidRequest",
  "ContentFiltered",
  "Unsupported",
  "UnknownModel",
  "KeyMissing",
  "Rejected",
  "BudgetExceeded",
  "CircuitOpen",
  "defect"
])

const separators: Readonly<Record<Group, string>> = { provider: "", model: "/", outcome: "", cache: "", tag: ":" }

/** Between the words of a group's key. */
export const separatorOf = (group: Group): string => separators[group]

export const keyOf = (group: ReadonlyArray<string>, asked: Asked): string =>
  group.join(separatorOf(asked.group?.[0] ?? "provider"))

/** Of no calls. */
export const noCalls: Calls = {
  group: [],
  key: "",
  at: 0,
  calls: 0,
  ok: 0,
  interrupted: 0,
  retries: 0,
  failovers: 0,
  hits: 0,
  misses: 0,
  coalesced: 0,
  priced: 0,
  saved: { responseCache: 0n, coalescing: 0n, promptCache: 0n, routing: 0n, batch: 0n },
  latency: Distribution.make(),
  latencyWithCached: Distribution.make(),
  firstToken: Distribution.make()
}

/** Of no attempts. */
export const noAttempts: Attempts = {
  group: [],
  key: "",
  at: 0,
  attempts: 0,
  ok: 0,
  errors: 0,
  input: 0,
  cachedInput: 0,
  cacheWrite: 0,
  output: 0,
  reasoning: 0,
  estimated: 0,
  unknown: 0,
  cost: 0n,
  actual: 0n,
  latency: Distribution.make(),
  firstToken: Distribution.make()
}

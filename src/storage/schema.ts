/**
 * The columns of the call log, in the order in which rows travel to the thread that writes them. Nothing here may
 * import Effect: that thread starts with it.
 */
import type { Failed } from "./databaseFile.ts"

export const savings = [
  "saved_prompt_cache",
  "saved_response_cache",
  "saved_coalescing",
  "saved_routing",
  "saved_batch"
] as const

/** Of a call. A number that isn't there is NaN on its way, and NULL in its row. */
export const callNumbers = [
  "started_at",
  "ended_at",
  "total_ms",
  "overhead_ms",
  "first_token_ms",
  "cacheable",
  "status",
  "attempts",
  "retries",
  "failovers",
  "priced",
  "input_tokens",
  "cached_tokens",
  "output_tokens",
  "reasoning_tokens",
  ...savings
] as const

export const callTexts = [
  "id",
  "operation",
  "modality",
  "asked_provider",
  "asked_model",
  "route",
  "provider",
  "model",
  "outcome",
  "finish_reason",
  "cache",
  "error_what",
  "error_why",
  "error_fix",
  "request_id",
  "tags",
  "details"
] as const

/** What a roll-up of attempts sums, besides `attempts` and `cost_pico`. */
export const attemptSums = [
  "input_uncached",
  "cache_read",
  "cache_write",
  "output_text",
  "output_reasoning",
  "audio_input",
  "audio_output",
  "image_input",
  "image_cache_read",
  "image_output",
  "input_images"
] as const

export const attemptNumbers = [
  "started_at",
  "duration_ms",
  "first_token_ms",
  "candidate",
  "status",
  ...attemptSums,
  "cost_pico",
  "reported_usd",
  "per_usd"
] as const

export const attemptTexts = [
  "provider",
  "model",
  "asked",
  "outcome",
  "why",
  "billed",
  "request_id",
  "service_tier",
  "region",
  "key_source",
  "usage_state",
  "cache_write_by_ttl",
  "requests",
  "images",
  "cost_status",
  "cost_lines",
  "cost_unpriced",
  "price_provider",
  "price_model",
  "price_from",
  "price_source",
  "price_confidence",
  "catalog_version",
  "currency",
  "rate_as_of",
  "rate_source"
] as const

/** Of a circuit that changed its state. */
export const transitionColumns = ["at", "provider", "key", "from_state", "to_state", "why", "until"] as const

/** What a roll-up of calls sums, besides `calls`. */
export const callSums = ["cacheable", "attempts", "retries", "failovers"] as const

/** How long a bucket of each roll-up is and how long it is kept, in milliseconds. */
export const spans = [
  { span: 10_000, keep: 3 * 3_600_000 },
  { span: 60_000, keep: 7 * 24 * 3_600_000 },
  { span: 3_600_000, keep: Infinity },
  { span: 6 * 3_600_000, keep: Infinity }
] as const

/**
 * A part of a batch on its way to the writing thread: the columns of each call, then of its attempts, then its tags.
 * The thread writes one part while the next is made.
 */
export interface Part {
  readonly count: number
  readonly numbers: Float64Array
  readonly texts: ReadonlyArray<string | null>
  /** For each record: how many attempts and how many tags. */
  readonly shape: Uint32Array
  /** Begin: a batch before that was never ended is forgotten. */
  readonly first: boolean
  /** The batch is whole: commit, and answer. */
  readonly last: boolean
}

/** A batch of transitions, their columns one after the other. */
export interface Transitions {
  readonly transitions: ReadonlyArray<string | number | null>
}

export interface Retention {
  /** Milliseconds. */
  readonly maxAge: number
  readonly maxBytes: number
}

export interface WriterData {
  readonly path: string
  /** How long to wait for somebody else's lock, in milliseconds. */
  readonly busyTimeout: number
  readonly retention: Retention
}

export type ToWriter = Part | Transitions | "close"

/** Answers to batches, in their order. */
export type FromWriter = "written" | "closed" | Failed

/**
 * What a vendor metered for one answer, in disjoint counters: no token is counted twice, so a cost is a plain sum.
 *
 * Every adapter normalises its vendor's raw shape here. At a price of 1 for every token the cost of a `Usage` equals
 * its `totalTokens`.
 *
 * @since 1.0.0
 */
import * as Schema from "effect/Schema"

/**
 * How a usage became known: `reported` by the vendor, `estimated` by Loom (a stream that was cut, say), or `missing`.
 *
 * @category models
 * @since 1.0.0
 */
export type State = "reported" | "estimated" | "missing"

/**
 * Images of one kind that a vendor made, for vendors that charge by the image instead of by the token.
 *
 * @category models
 * @since 1.0.0
 */
export interface Images {
  readonly count: number
  /** Pixels. */
  readonly width?: number | undefined
  /** Pixels. */
  readonly height?: number | undefined
  readonly quality?: string | undefined
  readonly mode?: string | undefined
}

/**
 * Token counters (all whole numbers ≥ 0), and what was sold apart from tokens.
 *
 * @category models
 * @since 1.0.0
 */
export interface Usage {
  readonly state: State
  /** Text input tokens that no prompt cache was involved in. */
  readonly inputUncached: number
  /** Input tokens read from the vendor's prompt cache. */
  readonly cacheRead: number
  /** Input tokens written to the vendor's prompt cache, by time to live as the vendor names it (`5m`, `30m`, `1h`). */
  readonly cacheWrite: Readonly<Record<string, number>>
  /** Output tokens the caller can see. */
  readonly outputText: number
  /** Output tokens spent on reasoning. */
  readonly outputReasoning: number
  readonly audioInput: number
  readonly audioOutput: number
  readonly imageInput: number
  readonly imageCacheRead: number
  readonly imageOutput: number
  /** Requests sold by the piece, by kind: `{ web_search: 2 }`. */
  readonly requests: Readonly<Record<string, number>>
  /** Images sold by the piece or by the megapixel. */
  readonly images: ReadonlyArray<Images>
  /** Images given as input, for vendors that charge for each. */
  readonly inputImages: number
  /** All input tokens, cached or not. */
  readonly inputTokens: number
  /** All output tokens, seen or not. */
  readonly outputTokens: number
  /** `inputTokens + outputTokens`. */
  readonly totalTokens: number
}

const none: Readonly<Record<string, number>> = {}
const noImages: ReadonlyArray<Images> = []

/**
 * Makes a `Usage` from the counters that are not zero; the totals follow from them.
 *
 * @category constructors
 * @since 1.0.0
 */
export const make = (
  counters: Partial<Omit<Usage, "inputTokens" | "outputTokens" | "totalTokens">>
): Usage => {
  const cacheWrite = counters.cacheWrite ?? none
  const inputUncached = counters.inputUncached ?? 0
  const cacheRead = counters.cacheRead ?? 0
  const audioInput = counters.audioInput ?? 0
  const imageInput = counters.imageInput ?? 0
  const imageCacheRead = counters.imageCacheRead ?? 0
  const outputText = counters.outputText ?? 0
  const outputReasoning = counters.outputReasoning ?? 0
  const audioOutput = counters.audioOutput ?? 0
  const imageOutput = counters.imageOutput ?? 0
  let inputTokens = inputUncached + cacheRead + audioInput + imageInput + imageCacheRead
  for (const ttl in cacheWrite) inputTokens += cacheWrite[ttl] ?? 0
  const outputTokens = outputText + outputReasoning + audioOutput + imageOutput
  return {
    state: counters.state ?? "reported",
    inputUncached,
    cacheRead,
    cacheWrite,
    outputText,
    outputReasoning,
    audioInput,
    audioOutput,
    imageInput,
    imageCacheRead,
    imageOutput,
    requests: counters.requests ?? none,
    images: counters.images ?? noImages,
    inputImages: counters.inputImages ?? 0,
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens
  }
}

/**
 * Returns which share of the input was read from the vendor's prompt cache, 0 to 1; `undefined` where nothing was metered.
 *
 * @category accessors
 * @since 1.0.0
 */
export const hitRate = ({ cacheRead, imageCacheRead, inputTokens, state }: Usage): number | undefined =>
  state === "missing" || inputTokens === 0 ? undefined : (cacheRead + imageCacheRead) / inputTokens

/**
 * The usage of an answer whose vendor reported none. Its cost is unknown, never zero.
 *
 * @category constructors
 * @since 1.0.0
 */
export const missing: Usage = make({ state: "missing" })

/**
 * What several answers used together. It is no better known than the least known of them.
 *
 * @category combinators
 * @since 1.0.0
 */
export const sum = (usages: Iterable<Usage>): Usage => {
  let total = make({})
  for (const usage of usages) {
    total = make({
      state: worse(total.state, usage.state),
      inputUncached: total.inputUncached + usage.inputUncached,
      cacheRead: total.cacheRead + usage.cacheRead,
      cacheWrite: added(total.cacheWrite, usage.cacheWrite),
      outputText: total.outputText + usage.outputText,
      outputReasoning: total.outputReasoning + usage.outputReasoning,
      audioInput: total.audioInput + usage.audioInput,
      audioOutput: total.audioOutput + usage.audioOutput,
      imageInput: total.imageInput + usage.imageInput,
      imageCacheRead: total.imageCacheRead + usage.imageCacheRead,
      imageOutput: total.imageOutput + usage.imageOutput,
      requests: added(total.requests, usage.requests),
      images: usage.images.reduce(withImages, total.images),
      inputImages: total.inputImages + usage.inputImages
    })
  }
  return total
}

const states: ReadonlyArray<State> = ["reported", "estimated", "missing"]

const worse = (one: State, other: State): State => states.indexOf(one) < states.indexOf(other) ? other : one

const added = (one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>) => {
  const sums = { ...one }
  for (const [name, count] of Object.entries(other)) sums[name] = (sums[name] ?? 0) + count
  return sums
}

const withImages = (images: ReadonlyArray<Images>, more: Images): ReadonlyArray<Images> => {
  const at = images.findIndex((one) =>
    one.width === more.width && one.height === more.height && one.quality === more.quality && one.mode === more.mode
  )
  return at < 0
    ? [...images, more]
    : images.map((one, index) => index === at ? { ...one, count: one.count + more.count } : one)
}

/**
 * The schema of a {@link Usage}, for the edges: files, databases, the wire.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Usage: Schema.Codec<Usage> = Schema.Struct({
  state: Schema.Literals(["reported", "estimated", "missing"]),
  inputUncached: Schema.Natural,
  cacheRead: Schema.Natural,
  cacheWrite: Schema.Record(Schema.String, Schema.Natural),
  outputText: Schema.Natural,
  outputReasoning: Schema.Natural,
  audioInput: Schema.Natural,
  audioOutput: Schema.Natural,
  imageInput: Schema.Natural,
  imageCacheRead: Schema.Natural,
  imageOutput: Schema.Natural,
  requests: Schema.Record(Schema.String, Schema.Natural),
  images: Schema.Array(Schema.Struct({
    count: Schema.Natural,
    width: Schema.optional(Schema.Natural),
    height: Schema.optional(Schema.Natural),
    quality: Schema.optional(Schema.String),
    mode: Schema.optional(Schema.String)
  })),
  inputImages: Schema.Natural,
  inputTokens: Schema.Natural,
  outputTokens: Schema.Natural,
  totalTokens: Schema.Natural
})

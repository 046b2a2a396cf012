/**
 * What is asked: a range, and where its figures come from.
 */
import type { Filters } from "../../CallLog.ts"
import type * as Figures from "../../Figures.ts"
import * as Range from "./range.ts"
import { choose, type Log, type Source } from "./source.ts"

export interface Query {
  /** The last 24 hours by default. */
  readonly range?: Range.RangeInput | undefined
  /** Their own `since` and `until` don't count. */
  readonly filters?: Filters | undefined
}

export interface Selection {
  readonly log: Log
  readonly filters: Filters
  readonly range: Figures.Range
  /** Of the range. */
  readonly source: Source
}

/** `withPrevious`: the range before is asked for too, from the same source. */
export const select = (log: Log, query: Query, withPrevious = false): Selection => {
  const { filters = {} } = query
  const input = query.range ?? "24h"
  const ideal = Range.resolve(input, log.now, true)
  const from = withPrevious ? ideal.previous.since : ideal.since
  const source = choose(
    log,
    filters,
    from,
    ideal.until,
    Range.spanOf(Range.resolve(input, log.now, false).bucket, Range.hour)
  )
  const range = source.span === undefined ? ideal : Range.resolve(input, log.now, false)
  return { log, filters, range, source: { ...source, bucket: range.bucket } }
}

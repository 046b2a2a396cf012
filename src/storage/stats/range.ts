/**
 * Which time figures are about, and in which steps.
 */
import type * as Figures from "../../Figures.ts"
import { spans } from "../schema.ts"

export type RangeInput = (typeof Figures.ranges)[number] | {
  readonly since: number
  readonly until?: number | undefined
}

const second = 1000
const minute = 60 * second
export const hour = 60 * minute
const day = 24 * hour

const named = {
  "15m": { bucket: 10 * second, buckets: 90 },
  "1h": { bucket: 30 * second, buckets: 120 },
  "24h": { bucket: 10 * minute, buckets: 144 },
  "7d": { bucket: hour, buckets: 168 },
  "30d": { bucket: 6 * hour, buckets: 120 }
} as const

/** Buckets of other ranges: the shortest of which 240 are enough. */
const steps = [
  10 * second,
  30 * second,
  minute,
  5 * minute,
  10 * minute,
  30 * minute,
  hour,
  3 * hour,
  6 * hour,
  12 * hour,
  day,
  7 * day,
  28 * day,
  364 * day
]
const mostBuckets = 240

export const floorTo = (time: number, span: number): number => Math.floor(time / span) * span
const ceilTo = (time: number, span: number): number => Math.ceil(time / span) * span

/** The longest span of roll-ups that buckets are made of, up to `most`. */
export const spanOf = (bucket: number, most: number): number =>
  spans.reduce<number>((longest, { span }) => bucket % span === 0 && span <= most ? span : longest, spans[0].span)

/** The shortest span that roll-ups from `since` on are still kept in. */
const keptSpan = (since: number, now: number): number =>
  spans.find(({ keep }) => since >= now - keep)?.span ?? spans[spans.length - 1]?.span ?? hour

/**
 * A range in whole buckets. Where the roll-ups of its time are coarser than its buckets ought to be, the buckets are as
 * long as they: pass `isFine` where there are rows to make them from.
 */
export const resolve = (input: RangeInput, now: number, isFine: boolean): Figures.Range => {
  const { bucket, name, since, until } = typeof input === "string" ? ofName(input, now) : ofTimes(input, now, isFine)
  const covered = Math.max(0, Math.min(until, ceilTo(now + 1, spanOf(bucket, hour))) - since)
  return {
    name,
    since,
    until,
    now,
    bucket,
    buckets: Math.round((until - since) / bucket),
    previous: { since: since - covered, until: since }
  }
}

const ofName = (name: (typeof Figures.ranges)[number], now: number) => {
  const { bucket, buckets } = named[name]
  const until = floorTo(now, bucket) + bucket
  return { name, bucket, since: until - buckets * bucket, until }
}

const ofTimes = (
  asked: { readonly since: number; readonly until?: number | undefined },
  now: number,
  isFine: boolean
) => {
  const end = Math.min(asked.until ?? now + 1, now + 1)
  const start = Math.min(asked.since, end - 1)
  // The range before is asked for too.
  const finest = isFine ? spans[0].span : keptSpan(start - (end - start), now)
  const bucket =
    steps.find((step) => step >= finest && (ceilTo(end, step) - floorTo(start, step)) / step <= mostBuckets) ??
      ceilTo((end - start) / (mostBuckets - 2), 364 * day)
  return { name: "custom", bucket, since: floorTo(start, bucket), until: ceilTo(end, bucket) } as const
}

/** When each bucket starts. */
export const starts = ({ bucket, buckets, since }: Figures.Range): ReadonlyArray<number> =>
  Array.from({ length: buckets }, (_, n) => since + n * bucket)

/** A stretch of time, and the roll-ups that make it up. */
export interface Piece {
  readonly span: number
  readonly from: number
  readonly to: number
}

/** A stretch of time in as few roll-ups as possible: the longest, up to `most`, in the middle, shorter ones at its ends. */
export const pieces = (from: number, to: number, span: number, most: number): ReadonlyArray<Piece> => {
  const coarser = spans.find((one) => one.span > span)?.span
  if (coarser === undefined || coarser > most) return [{ span, from, to }]
  const first = ceilTo(from, coarser)
  const last = floorTo(to, coarser)
  if (first >= last) return [{ span, from, to }]
  return [
    ...first > from ? [{ span, from, to: first }] : [],
    ...pieces(first, last, coarser, most),
    ...to > last ? [{ span, from: last, to }] : []
  ]
}

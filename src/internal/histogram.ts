/**
 * Durations as a mergeable histogram: buckets that grow by 4 %, so that a percentile is off by at most 1.97 %.
 *
 * As bytes it is a list of pairs, each two unsigned LEB128 numbers: how far its bucket is from the one before, and how
 * many values it holds. Bucket 0 holds what is below a microsecond and counts as 0.
 */

/** How many values each bucket holds. */
export type Histogram = Map<number, number>

const growth = 1.04
const logGrowth = Math.log(growth)
/** Milliseconds. */
const smallest = 0.001
const middle = 2 / (1 + 1 / growth)

export const bucketOf = (milliseconds: number): number =>
  milliseconds > smallest ? Math.max(1, Math.ceil(Math.log(milliseconds / smallest) / logGrowth)) : 0

export const add = (self: Histogram, milliseconds: number): void => {
  const bucket = bucketOf(milliseconds)
  self.set(bucket, (self.get(bucket) ?? 0) + 1)
}

export const valueOf = (bucket: number): number => bucket === 0 ? 0 : smallest * growth ** (bucket - 1) * middle

export const merge = (self: Histogram, that: Histogram): void => {
  for (const [bucket, count] of that) self.set(bucket, (self.get(bucket) ?? 0) + count)
}

/** The value that a share `q` (0 to 1) of the values doesn't pass, by nearest rank; `undefined` when there are none. */
export const percentile = (self: Histogram, q: number): number | undefined => {
  let total = 0
  for (const count of self.values()) total += count
  const rank = Math.max(1, Math.ceil(q * total))
  let seen = 0
  for (const [bucket, count] of sorted(self)) {
    seen += count
    if (seen >= rank) return valueOf(bucket)
  }
  return undefined
}

const sorted = (self: Histogram): ReadonlyArray<readonly [bucket: number, count: number]> =>
  [...self].sort(([a], [b]) => a - b)

export const encode = (self: Histogram): Uint8Array => {
  const bytes = new Uint8Array(self.size * 10)
  let before = 0
  let at = 0
  for (const [bucket, count] of sorted(self)) {
    at = write(bytes, at, bucket - before)
    at = write(bytes, at, count)
    before = bucket
  }
  return bytes.slice(0, at)
}

/** Where in some bytes a pair begins, and the pair before it. */
interface Place {
  at: number
  bucket: number
  count: number
}

/** Moves on to the next pair; false at the end. */
const read = (bytes: Uint8Array, place: Place): boolean => {
  if (place.at >= bytes.length) return false
  place.bucket += number(bytes, place)
  place.count = number(bytes, place)
  return true
}

const number = (bytes: Uint8Array, place: Place): number => {
  let value = 0
  for (let unit = 1; place.at < bytes.length; unit *= 128) {
    const byte = bytes[place.at++] ?? 0
    if (byte < 128) return value + byte * unit
    value += (byte - 128) * unit
  }
  return value
}

const write = (bytes: Uint8Array, start: number, value: number): number => {
  let at = start
  let rest = value
  while (rest > 127) {
    bytes[at++] = rest % 128 + 128
    rest = Math.floor(rest / 128)
  }
  bytes[at++] = rest
  return at
}

/** What `bytes` hold, bucket by bucket. */
export const forEach = (bytes: Uint8Array, each: (bucket: number, count: number) => void): void => {
  const place = { at: 0, bucket: 0, count: 0 }
  while (read(bytes, place)) each(place.bucket, place.count)
}

/** Adds what `bytes` hold to a histogram. */
export const decodeInto = (self: Histogram, bytes: Uint8Array): void =>
  forEach(bytes, (bucket, count) => self.set(bucket, (self.get(bucket) ?? 0) + count))

export const decode = (bytes: Uint8Array): Histogram => {
  const self: Histogram = new Map()
  decodeInto(self, bytes)
  return self
}

/** The values of both, without a detour over maps: this runs for every bucket of time that a batch touches. */
export const mergeBytes = (one: Uint8Array, other: Uint8Array): Uint8Array => {
  if (one.length === 0) return other
  if (other.length === 0) return one
  const merged = new Uint8Array(one.length + other.length)
  const left = { at: 0, bucket: 0, count: 0 }
  const right = { at: 0, bucket: 0, count: 0 }
  let before = 0
  let at = 0
  let inLeft = read(one, left)
  let inRight = read(other, right)
  while (inLeft || inRight) {
    const takeLeft = inLeft && (!inRight || left.bucket <= right.bucket)
    const takeRight = inRight && (!inLeft || right.bucket <= left.bucket)
    const bucket = takeLeft ? left.bucket : right.bucket
    at = write(merged, at, bucket - before)
    at = write(merged, at, (takeLeft ? left.count : 0) + (takeRight ? right.count : 0))
    before = bucket
    if (takeLeft) inLeft = read(one, left)
    if (takeRight) inRight = read(other, right)
  }
  return merged.subarray(0, at)
}

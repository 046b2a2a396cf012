/**
 * Durations added up: each by itself as long as they are fewer than 10,000, so that percentiles are exact; above that,
 * and where all that is left of them is a histogram, within 2 %.
 */
import type { DatabaseSync } from "node:sqlite"
import * as Histogram from "../../internal/histogram.ts"

const exactBelow = 10_000

export interface Distribution {
  /** `undefined` once there are too many, or came without. */
  values: Array<number> | undefined
  /** Of those, for as long as none is added. */
  sorted: Float64Array | undefined
  /** How many are in each bucket of a histogram: in blocks, most of which are never needed. */
  readonly blocks: Array<Uint32Array | undefined>
}

const blockSize = 64

export const make = (): Distribution => ({ values: [], sorted: undefined, blocks: [] })

export const add = (self: Distribution, value: number): void => {
  if (self.values === undefined) return count(self, Histogram.bucketOf(value), 1)
  self.values.push(value)
  self.sorted = undefined
  if (self.values.length >= exactBelow) blur(self)
}

const blur = (self: Distribution): void => {
  const values = self.values ?? []
  self.values = undefined
  for (const value of values) count(self, Histogram.bucketOf(value), 1)
}

/** Adds to a bucket of the histogram: what came before is no longer known by itself. */
export const count = (self: Distribution, bucket: number, more: number): void => {
  if (self.values !== undefined) blur(self)
  const block = self.blocks[bucket >> 6] ??= new Uint32Array(blockSize)
  const at = bucket & 63
  block[at] = (block[at] ?? 0) + more
}

/** Takes the histogram of a roll-up. */
const addBytes = (self: Distribution, bytes: Uint8Array): void => {
  if (bytes.length === 0) return
  Histogram.forEach(bytes, (bucket, more) => count(self, bucket, more))
}

/** All that several hold. */
export const together = (all: ReadonlyArray<Distribution>): Distribution => {
  const [first, ...others] = all
  if (first === undefined) return make()
  if (others.length === 0) return first
  const sum = make()
  for (const { blocks, values } of all) {
    for (const value of values ?? []) add(sum, value)
    if (values === undefined && sum.values !== undefined) blur(sum)
    for (const [n, block] of blocks.entries()) {
      if (block === undefined) continue
      const own = sum.blocks[n] ??= new Uint32Array(blockSize)
      for (let at = 0; at < blockSize; at++) own[at] = (own[at] ?? 0) + (block[at] ?? 0)
    }
  }
  return sum
}

export const isExact = (self: Distribution): boolean => self.values !== undefined

/** By nearest rank; `null` when there are none. */
export const percentile = (self: Distribution, q: number): number | null => {
  if (self.values !== undefined) {
    const sorted = self.sorted ??= new Float64Array(self.values).sort()
    return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? null
  }
  let total = 0
  for (const block of self.blocks) for (const count of block ?? []) total += count
  const rank = Math.max(1, Math.ceil(q * total))
  let seen = 0
  for (const [n, block] of self.blocks.entries()) {
    for (const [at, count] of block?.entries() ?? []) {
      seen += count
      if (seen >= rank) return Histogram.valueOf(n * blockSize + at)
    }
  }
  return null
}

export interface Aggregates {
  /** What `distribution(…)` gave in a row: it is there once. */
  readonly take: (id: unknown) => Distribution
  /** Forgets what nobody took. */
  readonly clear: () => void
}

/**
 * Adds to SQL `distribution(…)` of milliseconds, or of histograms of them. Its value is a number that stands for the
 * result, which stays on this side.
 */
export const aggregates = (db: DatabaseSync): Aggregates => {
  const all = new Map<number, Distribution>()
  let last = 0
  db.aggregate<number>("distribution", {
    start: () => {
      all.set(++last, make())
      return last
    },
    step: (id, value) => {
      const self = all.get(id)
      if (self === undefined) return id
      if (typeof value === "number") add(self, value)
      else if (value instanceof Uint8Array) addBytes(self, value)
      return id
    }
  })
  return {
    take: (id) => {
      const found = typeof id === "number" ? all.get(id) : undefined
      if (typeof id === "number") all.delete(id)
      return found ?? make()
    },
    clear: () => all.clear()
  }
}

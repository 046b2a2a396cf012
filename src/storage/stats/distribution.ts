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
  readonly histogram: Histogram.Histogram
}

export const make = (): Distribution => ({ values: [], histogram: new Map() })

const add = (self: Distribution, value: number): void => {
  if (self.values === undefined) return Histogram.add(self.histogram, value)
  self.values.push(value)
  if (self.values.length >= exactBelow) blur(self)
}

const blur = (self: Distribution): void => {
  for (const value of self.values ?? []) Histogram.add(self.histogram, value)
  self.values = undefined
}

/** Takes what {@link encode} gave, of another or a roll-up. */
const addBytes = (self: Distribution, bytes: Uint8Array): void => {
  if (bytes.length === 0) return
  if (self.values !== undefined) blur(self)
  Histogram.decodeInto(self.histogram, bytes)
}

export const isExact = (self: Distribution): boolean => self.values !== undefined

/** By nearest rank; `null` when there are none. */
export const percentile = (self: Distribution, q: number): number | null => {
  if (self.values === undefined) return Histogram.percentile(self.histogram, q) ?? null
  const sorted = self.values.sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? null
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

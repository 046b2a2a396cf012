/**
 * A prefix cache as vendors run it: what a request reads was written by an earlier one of the same scope.
 *
 * Only hashes of prefixes are kept, one per 128 tokens, at most `capacity` of them, least recently used out first.
 */
import * as Bounded from "./Bounded.ts"
import { blockSize, type CacheTtl, type Sequence } from "./Tokens.ts"

export const minimumTokens = 1024

const ttlMillis: Record<CacheTtl, number> = { "30m": 30 * 60_000, "12h": 12 * 3_600_000 }

/** How a model's cache is written. */
export type Policy =
  /** Every block is kept for `ttlMillis` after its last use, and nothing is charged for it. */
  | { readonly _tag: "Free"; readonly ttlMillis: number }
  /** Writes are counted: up to an implicit breakpoint at the last full block, and up to the caller's marks. */
  | { readonly _tag: "Breakpoints"; readonly implicit: boolean; readonly ttl: CacheTtl; readonly maxWrites: number }

export interface Result {
  readonly read: number
  readonly written30m: number
  readonly written12h: number
}

export interface PrefixCache {
  readonly use: (scope: string, prompt: Sequence, policy: Policy, now: number) => Result
  readonly clear: () => void
}

interface Entry {
  readonly ttl: number
  readonly expires: number
}

interface Point {
  readonly position: number
  readonly hash: string
}

/** Only the latest 80 marks of a conversation are looked up. */
const markLookback = 80

export const make = (capacity = 200_000): PrefixCache => {
  const entries = new Map<string, Entry>()

  const touch = (key: string, ttl: number, now: number) =>
    Bounded.setNewest(entries, capacity, key, { ttl, expires: now + ttl })

  const longestHit = (scope: string, points: ReadonlyArray<Point>, now: number): number => {
    let hit = 0
    for (const { hash, position } of points) {
      const key = scope + hash
      const entry = entries.get(key)
      if (entry === undefined) continue
      if (entry.expires <= now) entries.delete(key)
      else {
        touch(key, entry.ttl, now)
        hit = Math.max(hit, position)
      }
    }
    return hit
  }

  const use = (scope: string, prompt: Sequence, policy: Policy, now: number): Result => {
    const blocks = prompt.blocks
      .map((hash, index): Point => ({ hash, position: (index + 1) * blockSize }))
      .filter(({ position }) => position >= minimumTokens && position < prompt.length)

    if (policy._tag === "Free") {
      const read = longestHit(scope, blocks, now)
      for (const { hash } of blocks) touch(scope + hash, policy.ttlMillis, now)
      return { read, written30m: 0, written12h: 0 }
    }

    const marks = prompt.marks.filter(({ position }) => position >= minimumTokens)
    const markPoints = marks.slice(-markLookback).map(({ hash, position }): Point => ({ hash: `m${hash}`, position }))
    const read = longestHit(scope, policy.implicit || marks.length > 0 ? [...blocks, ...markPoints] : [], now)

    const writes = marks.slice(-policy.maxWrites).map(({ hash, position, ttl }) => ({
      position,
      ttl: ttl ?? policy.ttl,
      points: [{ hash: `m${hash}`, position }]
    }))
    const last = blocks.at(-1)
    if (policy.implicit && last !== undefined) {
      writes.push({ position: last.position, ttl: policy.ttl, points: blocks })
    }

    const written = { "30m": 0, "12h": 0 }
    let end = read
    for (const { points, position, ttl } of writes.toSorted((a, b) => a.position - b.position)) {
      for (const point of points) {
        const key = scope + point.hash
        if (point.position > read || !entries.has(key)) touch(key, ttlMillis[ttl], now)
      }
      if (position > end) {
        written[ttl] += position - end
        end = position
      }
    }
    return { read, written30m: written["30m"], written12h: written["12h"] }
  }

  return { use, clear: () => entries.clear() }
}

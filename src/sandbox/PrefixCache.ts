/**
 * A prefix cache as vendors run it: what a request reads was written by an earlier one of the same scope.
 *
 * Only hashes of prefixes are kept, one per block of tokens, at most `capacity` of them, least recently used out first.
 */
import * as Bounded from "./Bounded.ts"
import type { Point, Sequence, Ttl } from "./Tokens.ts"

const ttlMillis: Record<Ttl, number> = { "5m": 5 * 60_000, "30m": 30 * 60_000, "1h": 3_600_000, "12h": 12 * 3_600_000 }

/** How a model's cache is written; no prefix shorter than `minimumTokens` is kept. */
export type Policy =
  & { readonly minimumTokens: number }
  & (
    /** Every block is kept for `ttlMillis` after its last use, and nothing is charged for it. */
    | { readonly _tag: "Free"; readonly ttlMillis: number }
    /** Writes are counted: up to an implicit breakpoint at the last full block, and up to the caller's marks. */
    | { readonly _tag: "Breakpoints"; readonly implicit: boolean; readonly ttl: Ttl; readonly maxWrites: number }
    /** Only the caller's marks are written; each is looked up at `lookback` borders, its own and those before. */
    | { readonly _tag: "Marks"; readonly ttl: Ttl; readonly lookback: number }
  )

export interface Result {
  readonly read: number
  /** By lifetime; those without a write are left out. */
  readonly written: { readonly [ttl in Ttl]?: number }
}

export const nothing: Result = { read: 0, written: {} }

export const totalWritten = ({ written }: Pick<Result, "written">): number =>
  Object.values(written).reduce((sum, count) => sum + count, 0)

/** Keeps nothing. */
export const none: PrefixCache = { use: () => nothing, clear: () => undefined }

export interface PrefixCache {
  readonly use: (scope: string, prompt: Sequence, policy: Policy, now: number) => Result
  readonly clear: () => void
}

interface Entry {
  readonly ttl: number
  readonly expires: number
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

  const alive = (key: string, now: number): boolean => (entries.get(key)?.expires ?? 0) > now

  const useMarks = (
    scope: string,
    { borders, marks }: Sequence,
    { lookback, minimumTokens, ttl }: Extract<Policy, { readonly _tag: "Marks" }>,
    now: number
  ): Result => {
    const kept = marks.filter(({ position }) => position >= minimumTokens)
    let read = 0
    for (const mark of kept) {
      const last = borders.findLastIndex(({ position }) => position <= mark.position)
      const hit = borders.slice(Math.max(0, last + 1 - lookback), last + 1).findLast(({ hash }) =>
        alive(scope + hash, now)
      )
      if (hit !== undefined) read = Math.max(read, longestHit(scope, [hit], now))
    }
    const writes = kept.map((mark) => ({ position: mark.position, ttl: mark.ttl ?? ttl, points: [mark] }))
    return { read, written: write(scope, writes, read, now) }
  }

  const write = (
    scope: string,
    writes: ReadonlyArray<{ readonly position: number; readonly ttl: Ttl; readonly points: ReadonlyArray<Point> }>,
    read: number,
    now: number
  ): Result["written"] => {
    const written: { [ttl in Ttl]?: number } = {}
    let end = read
    for (const { points, position, ttl } of writes.toSorted((a, b) => a.position - b.position)) {
      for (const point of points) {
        const key = scope + point.hash
        if (point.position > read || !alive(key, now)) touch(key, ttlMillis[ttl], now)
      }
      if (position > end) {
        written[ttl] = (written[ttl] ?? 0) + position - end
        end = position
      }
    }
    return written
  }

  const use = (scope: string, prompt: Sequence, policy: Policy, now: number): Result => {
    if (policy._tag === "Marks") return useMarks(scope, prompt, policy, now)
    const { minimumTokens } = policy
    const blocks = prompt.blocks
      .map((hash, index): Point => ({ hash, position: (index + 1) * prompt.blockSize }))
      .filter(({ position }) => position >= minimumTokens && position < prompt.length)

    if (policy._tag === "Free") {
      const read = longestHit(scope, blocks, now)
      for (const { hash } of blocks) touch(scope + hash, policy.ttlMillis, now)
      return { read, written: {} }
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
    return { read, written: write(scope, writes, read, now) }
  }

  return { use, clear: () => entries.clear() }
}

/**
 * Everything that looks random, derived from the seed and the request.
 */
import { createHash } from "node:crypto"

export const digest = (...parts: ReadonlyArray<string>): string =>
  createHash("sha256").update(parts.join("\u0000")).digest("hex")

/** Vendor-looking ids such as `resp_6c1f…`, one stream of them per request. */
export interface Ids {
  readonly next: (prefix: string, length?: number) => string
}

export const ids = (root: string): Ids => {
  let count = 0
  return { next: (prefix, length = 32) => prefix + digest(root, prefix, String(count++)).slice(0, length) }
}

export interface Dice {
  /** A number in [0, 1). */
  readonly next: () => number
  /** An integer from `low` to `high`, both included. */
  readonly between: (low: number, high: number) => number
  readonly pick: <A>(first: A, ...rest: ReadonlyArray<A>) => A
}

export const dice = (root: string): Dice => {
  let state = Number.parseInt(digest(root).slice(0, 8), 16)
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
  return {
    next,
    between,
    pick: (first, ...rest) => [first, ...rest][between(0, rest.length)] ?? first
  }
}

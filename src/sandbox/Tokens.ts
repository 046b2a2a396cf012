/**
 * The sandbox's own token count: made up, deterministic, near 4.5 characters a token for English.
 *
 * Text is split as GPT's pre-tokeniser does it (a word with its leading space, up to three digits, a run of
 * punctuation, a run of blanks). A piece of ASCII is one token per 8 characters, any other piece is one token per two
 * code points.
 */

const piece = / ?\p{L}+| ?\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu
const asciiWidth = 8
const otherWidth = 2

const isAscii = (text: string) => {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false
  return true
}

const visit = (text: string, each: (token: string) => void) => {
  for (const [run] of text.matchAll(piece)) {
    if (isAscii(run)) {
      for (let i = 0; i < run.length; i += asciiWidth) {
        each(run.length <= asciiWidth ? run : run.slice(i, i + asciiWidth))
      }
    } else {
      const points = Array.from(run)
      for (let i = 0; i < points.length; i += otherWidth) each(points.slice(i, i + otherWidth).join(""))
    }
  }
}

/** The tokens of `text`; joined, they are `text` again. */
export const split = (text: string): ReadonlyArray<string> => {
  const tokens: Array<string> = []
  visit(text, (token) => void tokens.push(token))
  return tokens
}

export const count = (text: string): number => {
  let total = 0
  visit(text, () => void total++)
  return total
}

/** Text in the pieces in which a stream sends it. */
export const pieces = (text: string): ReadonlyArray<{ readonly text: string; readonly tokens: number }> => {
  const tokens = split(text)
  const parts: Array<{ text: string; tokens: number }> = []
  for (let i = 0; i < tokens.length; i += 2) {
    const pair = tokens.slice(i, i + 2)
    parts.push({ text: pair.join(""), tokens: pair.length })
  }
  return parts
}

/** How long a vendor keeps a prefix. */
export type Ttl = "5m" | "30m" | "1h" | "12h"

export interface Point {
  readonly position: number
  readonly hash: string
}

/** The end of a reusable prefix, as the caller marked it. */
export interface Mark extends Point {
  readonly ttl: Ttl | undefined
}

/** A prompt as the prefix cache sees it: how long it is, and what each prefix of it hashes to. */
export interface Sequence {
  readonly length: number
  readonly blockSize: number
  /** Entry `i` is the hash of the first `(i + 1) * blockSize` tokens. */
  readonly blocks: ReadonlyArray<string>
  readonly marks: ReadonlyArray<Mark>
  /** Where the caller's own blocks end. */
  readonly borders: ReadonlyArray<Point>
}

export interface SequenceBuilder {
  readonly text: (text: string) => void
  /** Tokens that are no text, such as an image: `count` of them, told apart by `content`. */
  readonly opaque: (count: number, content: string) => void
  readonly mark: (ttl: Ttl | undefined) => void
  readonly border: () => void
  /** What makes the prefixes that follow different ones, though it is no token. */
  readonly salt: (text: string) => void
  readonly build: () => Sequence
}

/** A vendor whose cache has steps of another size says so. */
export const sequence = (blockSize = 128): SequenceBuilder => {
  let length = 0
  let high = 0x811c9dc5
  let low = 0x9747b28c
  const blocks: Array<string> = []
  const marks: Array<Mark> = []
  const borders: Array<Point> = []
  const hash = () => (high >>> 0).toString(36) + "." + (low >>> 0).toString(36)
  const mix = (token: string) => {
    for (let i = 0; i < token.length; i++) {
      const code = token.charCodeAt(i)
      high = Math.imul(high ^ code, 0x01000193)
      low = Math.imul(low ^ code, 0x85ebca6b) ^ (low >>> 13)
    }
    high = Math.imul(high ^ 0x1ffff, 0x01000193)
    low = Math.imul(low ^ 0x1ffff, 0x85ebca6b) ^ (low >>> 13)
  }
  const push = (token: string) => {
    mix(token)
    length++
    if (length % blockSize === 0) blocks.push(hash())
  }
  return {
    text: (text) => visit(text, push),
    opaque: (count, content) => {
      for (let i = 0; i < count; i++) push(i === 0 ? content : "")
    },
    mark: (ttl) => void marks.push({ position: length, hash: hash(), ttl }),
    border: () => void borders.push({ position: length, hash: hash() }),
    salt: mix,
    build: () => ({ length, blockSize, blocks, marks, borders })
  }
}

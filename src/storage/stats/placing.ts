/**
 * Which rows of a segment go into which sum.
 */
import type { Column, Name } from "../columns.ts"
import type { Segment } from "../segments.ts"
/**
 * Rows, whose call each is or belongs to, and the number of the cell that it goes into. A row of several groups is there
 * several times.
 */
export interface Placed {
  readonly rows: Int32Array
  readonly calls: Int32Array
  readonly cells: Int32Array
  readonly length: number
}

/** What a sum is of: some words, and a bucket of time. */
export interface Cell {
  readonly words: ReadonlyArray<string>
  /** When the bucket starts; 0 where there are none. */
  readonly at: number
}

export interface Cells {
  readonly all: ReadonlyArray<Cell>
  /** The number of a group, by its words. */
  readonly groupOf: (words: ReadonlyArray<string>) => number
  readonly cellOf: (group: number, at: number) => number
}

export const makeCells = (from: number, bucket: number | undefined): Cells => {
  const first = bucket === undefined ? 0 : Math.floor(from / bucket)
  const groups = new Map<string, number>()
  const known: Array<ReadonlyArray<string>> = []
  const all: Array<Cell> = []
  const cells: Array<Array<number | undefined>> = []
  return {
    all,
    groupOf: (words) => {
      const name = words.join("\0")
      const group = groups.get(name) ?? known.push(words) - 1
      groups.set(name, group)
      cells[group] ??= []
      return group
    },
    cellOf: (group, at) => {
      const own = cells[group] ?? []
      const n = bucket === undefined ? 0 : Math.floor(at / bucket) - first
      return own[n] ??= all.push({ words: known[group] ?? [], at: bucket === undefined ? 0 : (n + first) * bucket }) - 1
    }
  }
}

const codes = new WeakMap<Segment, Map<string, Int32Array>>()

/** What the words of each row, and whether its call is priced, are together: one number. */
const codesOf = (segment: Segment, { of, words }: By, owners: Column | undefined, length: number): Int32Array => {
  const known = codes.get(segment) ?? new Map<string, Int32Array>()
  codes.set(segment, known)
  const name = `${of} ${words.join()}`
  const found = known.get(name)
  if (found !== undefined) return found
  const all = new Int32Array(length)
  for (const { data, words: own } of words.map(segment.column)) {
    for (let row = 0; row < length; row++) all[row] = (all[row] ?? 0) * own.length + (data[row] ?? 0)
  }
  const priced = segment.column("priced")
  for (let row = 0; row < length; row++) {
    const call = owners === undefined ? row : owners.least + (owners.data[row] ?? 0)
    all[row] = 2 * (all[row] ?? 0) + priced.least + (priced.data[call] ?? 0)
  }
  known.set(name, all)
  return all
}

/** Tags by key and value, and which of them each call has. */
const tagsOf = (segment: Segment, tagKey: string | undefined) => {
  const pairs: Array<ReadonlyArray<string>> = []
  const byCall: Array<Array<number>> = []
  for (const key of tagKey === undefined ? segment.tags() : [tagKey]) {
    const { data, least, words } = segment.column(`tag ${key}`)
    const tagged = segment.column(`tagged ${key}`)
    const first = pairs.length + least
    for (const value of words) pairs.push([key, value ?? ""])
    for (let n = 0; n < data.length; n++) {
      const call = tagged.least + (tagged.data[n] ?? 0)
      const pair = first + (data[n] ?? 0)
      const others = byCall[call]
      if (others === undefined) byCall[call] = [pair]
      else others.push(pair)
    }
  }
  return { pairs, byCall }
}

/** By what rows are placed: some columns of words, whether their call is priced, and its tags. */
export interface By {
  readonly of: "calls" | "attempts"
  readonly words: ReadonlyArray<Name>
  readonly tags: { readonly key: string | undefined } | undefined
}

const untagged = { pairs: [[]], byCall: undefined }
const alone = [0]

/** The calls of a segment that are meant, or their attempts, and the cell of each. */
export const place = (
  cells: Cells,
  segment: Segment,
  matches: Uint8Array,
  by: By,
  from: number,
  to: number
): Placed => {
  const owners = by.of === "calls" ? undefined : segment.column("attempt call")
  const ats = segment.column("at")
  const length = (owners?.data ?? matches).length
  const code = codesOf(segment, by, owners, length)
  const columns = by.words.map(segment.column)
  const { byCall, pairs } = by.tags === undefined ? untagged : tagsOf(segment, by.tags.key)
  const groups = pairs.map((): Array<number | undefined> => [])
  let room = length
  let rows = new Int32Array(room)
  let calls = new Int32Array(room)
  let into = new Int32Array(room)
  let n = 0
  for (let row = 0; row < length; row++) {
    const call = owners === undefined ? row : owners.least + (owners.data[row] ?? 0)
    if (matches[call] === 0) continue
    const at = ats.least + (ats.data[call] ?? 0)
    if (at < from || at >= to) continue
    const own = byCall === undefined ? alone : byCall[call]
    if (own === undefined) continue
    if (n + own.length > room) {
      room = 2 * room + own.length
      rows = larger(rows, room)
      calls = larger(calls, room)
      into = larger(into, room)
    }
    const words = code[row] ?? 0
    for (let tag = 0; tag < own.length; tag++) {
      const pair = own[tag] ?? 0
      const known = groups[pair] ?? []
      const group = known[words] ??= cells.groupOf([
        ...pairs[pair] ?? [],
        ...columns.map(({ data, words }) => words[data[row] ?? 0] ?? ""),
        String(words % 2)
      ])
      rows[n] = row
      calls[n] = call
      into[n++] = cells.cellOf(group, at)
    }
  }
  return { rows, calls, cells: into, length: n }
}

const larger = (numbers: Int32Array<ArrayBuffer>, room: number): Int32Array<ArrayBuffer> => {
  const more = new Int32Array(room)
  more.set(numbers)
  return more
}

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

/** Where rows are put, one segment after the other. */
export interface Room {
  rows: Int32Array<ArrayBuffer>
  calls: Int32Array<ArrayBuffer>
  cells: Int32Array<ArrayBuffer>
}

export const makeRoom = (): Room => ({ rows: new Int32Array(0), calls: new Int32Array(0), cells: new Int32Array(0) })

const enlarge = (room: Room, length: number): void => {
  room.rows = larger(room.rows, length)
  room.calls = larger(room.calls, length)
  room.cells = larger(room.cells, length)
}

const larger = (numbers: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> => {
  const more = new Int32Array(length)
  more.set(numbers)
  return more
}

/** What a sum is of: some words, and a bucket of time. */
export interface Cell {
  readonly words: ReadonlyArray<string>
  /** When the bucket starts; 0 where there are none. */
  readonly at: number
}

/** Cells of the same words, by the number of their bucket. */
interface Group {
  readonly words: ReadonlyArray<string>
  readonly cells: Array<number | undefined>
}

export interface Cells {
  readonly all: ReadonlyArray<Cell>
  readonly groupOf: (words: ReadonlyArray<string>) => Group
  /** Milliseconds of a bucket; all of time where there is but one. */
  readonly span: number
  /** The number of the bucket which begins then. */
  readonly bucketOf: (start: number) => number
  readonly make: (group: Group, start: number) => number
}

export const makeCells = (from: number, bucket: number | undefined): Cells => {
  const span = bucket ?? Infinity
  const first = Math.floor(from / span)
  const groups = new Map<string, Group>()
  const all: Array<Cell> = []
  const bucketOf = (start: number) => Math.floor(start / span) - first
  return {
    all,
    groupOf: (words) => {
      const name = words.join("\0")
      const group = groups.get(name) ?? { words, cells: [] }
      groups.set(name, group)
      return group
    },
    span,
    bucketOf,
    make: (group, start) => group.cells[bucketOf(start)] = all.push({ words: group.words, at: start }) - 1
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

/** Tags by key and value, and which of them each call has: those from its start to the next one's. */
interface Tags {
  readonly pairs: ReadonlyArray<ReadonlyArray<string>>
  readonly starts: Int32Array
  readonly own: Int32Array
}

const tags = new WeakMap<Segment, Map<string | undefined, Tags>>()

const tagsOf = (segment: Segment, tagKey: string | undefined): Tags => {
  const known = tags.get(segment) ?? new Map<string | undefined, Tags>()
  tags.set(segment, known)
  const found = known.get(tagKey)
  if (found !== undefined) return found
  const keys = (tagKey === undefined ? segment.tags() : [tagKey]).map((key) => ({
    key,
    values: segment.column(`tag ${key}`),
    calls: segment.column(`tagged ${key}`)
  }))
  const starts = new Int32Array(segment.column("at").data.length + 1)
  for (const { calls } of keys) {
    for (const call of calls.data) starts[calls.least + call + 1] = (starts[calls.least + call + 1] ?? 0) + 1
  }
  for (let call = 1; call < starts.length; call++) starts[call] = (starts[call] ?? 0) + (starts[call - 1] ?? 0)
  const next = starts.slice()
  const own = new Int32Array(starts.at(-1) ?? 0)
  const pairs: Array<ReadonlyArray<string>> = []
  for (const { calls, key, values } of keys) {
    const first = pairs.length + values.least
    for (const value of values.words) pairs.push([key, value ?? ""])
    for (let n = 0; n < values.data.length; n++) {
      const call = calls.least + (calls.data[n] ?? 0)
      const at = next[call] ?? 0
      own[at] = first + (values.data[n] ?? 0)
      next[call] = at + 1
    }
  }
  const made = { pairs, starts, own }
  known.set(tagKey, made)
  return made
}

/** By what rows are placed: some columns of words, whether their call is priced, and its tags. */
export interface By {
  readonly of: "calls" | "attempts"
  readonly words: ReadonlyArray<Name>
  readonly tags: { readonly key: string | undefined } | undefined
}

const untagged = { pairs: [[]], starts: undefined, own: undefined }

/** The calls of a segment that are meant, or their attempts, and the cell of each: until the next ones are placed. */
export const place = (
  room: Room,
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
  const { own, pairs, starts } = by.tags === undefined ? untagged : tagsOf(segment, by.tags.key)
  const groups = pairs.map((): Array<Group | undefined> => [])
  if (room.rows.length < length) enlarge(room, length)
  const isWithin = segment.since >= from && segment.until <= to
  const { span } = cells
  let start = 0
  let end = span === Infinity ? Infinity : 0
  let bucket = 0
  let n = 0
  for (let row = 0; row < length; row++) {
    const call = owners === undefined ? row : owners.least + (owners.data[row] ?? 0)
    if (matches[call] === 0) continue
    const at = ats.least + (ats.data[call] ?? 0)
    if (!isWithin && (at < from || at >= to)) continue
    // One after the other they are mostly of the same bucket.
    if (at < start || at >= end) {
      start = Math.floor(at / span) * span
      end = start + span
      bucket = cells.bucketOf(start)
    }
    const first = starts === undefined ? 0 : starts[call] ?? 0
    const last = starts === undefined ? 1 : starts[call + 1] ?? 0
    if (n + last - first > room.rows.length) enlarge(room, 2 * room.rows.length + last - first)
    const words = code[row] ?? 0
    for (let tag = first; tag < last; tag++) {
      const pair = own === undefined ? 0 : own[tag] ?? 0
      const known = groups[pair] ?? []
      const group = known[words] ??= cells.groupOf([
        ...pairs[pair] ?? [],
        ...columns.map(({ data, words }) => words[data[row] ?? 0] ?? ""),
        String(words % 2)
      ])
      room.rows[n] = row
      room.calls[n] = call
      room.cells[n++] = group.cells[bucket] ?? cells.make(group, start)
    }
  }
  return { ...room, length: n }
}

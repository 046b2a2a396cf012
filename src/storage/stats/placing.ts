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
  /** The cell of each tag and words of a segment, in one bucket; -1 where it isn't known. */
  table: Int32Array<ArrayBuffer>
}

export const makeRoom = (): Room => ({ rows: empty, calls: empty, cells: empty, table: empty })

const empty = new Int32Array(0)

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

/** Words, and all of them as one. */
interface Words {
  readonly each: ReadonlyArray<string>
  readonly name: string
}

const wordsOf = (each: ReadonlyArray<string>): Words => ({ each, name: each.join("\0") })

export interface Cells {
  readonly all: ReadonlyArray<Cell>
  /** The number of a tag, or of the words of columns. */
  readonly numberOf: (of: "tag" | "columns", words: Words) => number
  /** The number of the cell of a tag and of words of columns in the bucket that starts then. */
  readonly cellOf: (tag: number, columns: number, start: number) => number
  /** Milliseconds of a bucket; all of time where there is but one. */
  readonly span: number
}

export const makeCells = (from: number, bucket: number | undefined): Cells => {
  const span = bucket ?? Infinity
  const first = Math.floor(from / span)
  const numbers = { tag: new Map<string, number>(), columns: new Map<string, number>() }
  const words = { tag: Array<Words>(), columns: Array<Words>() }
  /** By the number of the tag, of the words and of the bucket. */
  const cells: Array<Array<Array<number | undefined>>> = []
  const all: Array<Cell> = []
  return {
    all,
    numberOf: (of, those) => {
      const known = numbers[of].get(those.name)
      if (known !== undefined) return known
      numbers[of].set(those.name, words[of].length)
      return words[of].push(those) - 1
    },
    cellOf: (tag, columns, start) => {
      const ofTag = cells[tag] ??= []
      const ofWords = ofTag[columns] ??= []
      return ofWords[Math.floor(start / span) - first] ??=
        all.push({ words: [...words.tag[tag]?.each ?? [], ...words.columns[columns]?.each ?? []], at: start }) - 1
    },
    span
  }
}

/** The words of each row, and whether its call is priced: which of those that the segment has. */
interface Codes {
  readonly all: ReadonlyArray<Words>
  readonly own: Int32Array
}

const codes = new WeakMap<Segment, Map<string, Codes>>()

const codesOf = (segment: Segment, { of, words }: By, owners: Column | undefined, length: number): Codes => {
  const known = codes.get(segment) ?? new Map<string, Codes>()
  codes.set(segment, known)
  const name = `${of} ${words.join()}`
  const found = known.get(name)
  if (found !== undefined) return found
  const columns = words.map(segment.column)
  const priced = segment.column("priced")
  const own = new Int32Array(length)
  const places = new Map<number, number>()
  const all: Array<Words> = []
  for (let row = 0; row < length; row++) {
    const call = owners === undefined ? row : owners.least + (owners.data[row] ?? 0)
    const isPriced = priced.least + (priced.data[call] ?? 0)
    let mixed = isPriced
    for (const { data, words } of columns) mixed = mixed * words.length + (data[row] ?? 0)
    let place = places.get(mixed)
    if (place === undefined) {
      const each = [...columns.map(({ data, words }) => words[data[row] ?? 0] ?? ""), String(isPriced)]
      place = all.push(wordsOf(each)) - 1
      places.set(mixed, place)
    }
    own[row] = place
  }
  const made = { all, own }
  known.set(name, made)
  return made
}

/** Tags by key and value, and which of them each call has: those from its start to the next one's. */
interface Tags {
  readonly pairs: ReadonlyArray<Words>
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
  const pairs: Array<Words> = []
  for (const { calls, key, values } of keys) {
    const first = pairs.length + values.least
    for (const value of values.words) pairs.push(wordsOf([key, value ?? ""]))
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

const untagged = { pairs: [wordsOf([])], starts: undefined, own: undefined }

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
  const codes = codesOf(segment, by, owners, length)
  const tags = by.tags === undefined ? untagged : tagsOf(segment, by.tags.key)
  const words = codes.all.map((words) => cells.numberOf("columns", words))
  const pairs = tags.pairs.map((pair) => cells.numberOf("tag", pair))
  const kinds = words.length
  if (room.rows.length < length) enlarge(room, length)
  if (room.table.length < pairs.length * kinds) room.table = new Int32Array(2 * pairs.length * kinds)
  const { table } = room
  table.fill(-1, 0, pairs.length * kinds)
  const isWithin = segment.since >= from && segment.until <= to
  const { span } = cells
  let start = 0
  let end = span === Infinity ? Infinity : 0
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
      table.fill(-1, 0, pairs.length * kinds)
    }
    const code = codes.own[row] ?? 0
    const first = tags.starts === undefined ? 0 : tags.starts[call] ?? 0
    const last = tags.starts === undefined ? 1 : tags.starts[call + 1] ?? 0
    if (n + last - first > room.rows.length) enlarge(room, 2 * room.rows.length + last - first)
    for (let tag = first; tag < last; tag++) {
      const pair = tags.own === undefined ? 0 : tags.own[tag] ?? 0
      let cell = table[pair * kinds + code] ?? 0
      if (cell < 0) cell = table[pair * kinds + code] = cells.cellOf(pairs[pair] ?? 0, words[code] ?? 0, start)
      room.rows[n] = row
      room.calls[n] = call
      room.cells[n++] = cell
    }
  }
  return { ...room, length: n }
}

/**
 * Calls as columns: of some thousand calls that were written one after the other, each thing that is known of them in an
 * array of its own. What is asked of any calls is found by running along a few arrays, whatever it is asked by. Nothing
 * here may import Effect: threads start with it.
 */
import type { SQLOutputValue } from "node:sqlite"
import * as Histogram from "../internal/histogram.ts"

export type Data = Uint8Array | Uint16Array | Uint32Array | Float64Array

/** Of row `n` it holds `least + data[n]`; where it has words, that is the place of its word among them. */
export interface Column {
  readonly data: Data
  readonly least: number
  /** All rows hold the same. */
  readonly same: boolean
  readonly words: ReadonlyArray<string | null>
}

/** Of no rows. */
export const nothing: Column = { data: new Uint8Array(0), least: 0, same: true, words: [] }

/** Numbers of a call, and what they are in SQL. What isn't known is NaN where it matters, else 0. */
const callNumbers = {
  seq: "seq",
  at: "ended_at",
  total: "total_ms",
  // 1: nobody waits for it as for an answer.
  unhurried: "operation = 'batch'",
  first_token: "first_token_ms",
  cacheable: "cacheable",
  attempts: "attempts",
  retries: "retries",
  failovers: "failovers",
  priced: "priced",
  saved_prompt_cache: "coalesce(saved_prompt_cache, 0)",
  saved_response_cache: "coalesce(saved_response_cache, 0)",
  saved_coalescing: "coalesce(saved_coalescing, 0)",
  saved_routing: "coalesce(saved_routing, 0)",
  saved_batch: "coalesce(saved_batch, 0)"
} as const

const callWords = ["provider", "model", "outcome", "cache", "route", "error_what", "error_why"] as const

const whole = (sum: string) => `CAST(coalesce(${sum}, 0) AS REAL)`

/** Numbers of an attempt. */
const attemptNumbers = {
  call_seq: "call_seq",
  spent: whole("spent_pico"),
  duration: "duration_ms",
  first_token: "first_token_ms",
  estimated: "coalesce(cost_status = 'estimated', 0)",
  unpriced: "billed <> 'no' AND cost_pico IS NULL",
  input: whole("input_uncached + audio_input + image_input"),
  cached_input: whole("cache_read + image_cache_read"),
  cache_write: whole("cache_write"),
  output: whole("output_text + audio_output + image_output"),
  reasoning: whole("output_reasoning"),
  cost: whole("cost_pico")
} as const

const attemptWords = ["provider", "model", "outcome"] as const

/** Durations, of which the bucket of a histogram is a column too: -1 where it isn't known. */
const timed = ["total", "first_token"] as const
const attemptTimed = ["duration", "first_token"] as const

export type CallColumn =
  | keyof typeof callNumbers
  | (typeof callWords)[number]
  | `${(typeof timed)[number]}_bucket`
  | "spent"
export type AttemptColumn =
  | Exclude<keyof typeof attemptNumbers, "call_seq" | "spent">
  | (typeof attemptWords)[number]
  | `${(typeof attemptTimed)[number]}_bucket`
  | "call"
/** Of calls, of `attempt`s, and of tags by their key: which calls have it, and what it says. */
export type Name = CallColumn | `attempt ${AttemptColumn}` | `tagged ${string}` | `tag ${string}`

const listed = (columns: Readonly<Record<string, string>>) => Object.values(columns).join(", ")

/** The calls with a `seq` from one number to another, as {@link columnsOf} takes them. */
export const callsStatement = `SELECT ${listed(callNumbers)}, ${callWords.join(", ")}, tags FROM calls
WHERE seq BETWEEN ? AND ? ORDER BY seq`

/** Their attempts. */
export const attemptsStatement = `SELECT ${listed(attemptNumbers)}, ${attemptWords.join(", ")} FROM attempts
WHERE call_seq BETWEEN ? AND ? ORDER BY call_seq, n`

type Rows = ReadonlyArray<ReadonlyArray<SQLOutputValue>>

/** Rows of both statements as columns. */
export const columnsOf = (calls: Rows, attempts: Rows): ReadonlyMap<Name, Column> => {
  const columns = new Map<Name, Column>()
  const seqs = numbersOf(calls, 0)
  const owner = numbersOf(attempts, 0)
  const spentByThen = numbersOf(attempts, 1)
  const spent = new Float64Array(calls.length)
  let call = 0
  for (let row = 0; row < owner.length; row++) {
    while (call < seqs.length && seqs[call] !== owner[row]) call++
    owner[row] = call
    // What a call has spent is on its last attempt.
    spent[call] = spentByThen[row] ?? 0
  }
  columns.set("spent", pack(spent))
  columns.set("attempt call", pack(owner))
  let at = 0
  for (const name of keysOf(callNumbers)) columns.set(name, pack(numbersOf(calls, at++)))
  for (const name of callWords) columns.set(name, wordsOf(calls, at++))
  addTags(columns, calls, at)
  at = 0
  for (const name of keysOf(attemptNumbers)) {
    if (name !== "call_seq" && name !== "spent") columns.set(`attempt ${name}`, pack(numbersOf(attempts, at)))
    at++
  }
  for (const name of attemptWords) columns.set(`attempt ${name}`, wordsOf(attempts, at++))
  for (const name of timed) columns.set(`${name}_bucket`, bucketsOf(columns.get(name)))
  for (const name of attemptTimed) columns.set(`attempt ${name}_bucket`, bucketsOf(columns.get(`attempt ${name}`)))
  return columns
}

const bucketsOf = ({ data, least }: Column = nothing): Column => {
  const buckets = new Float64Array(data.length)
  for (let row = 0; row < buckets.length; row++) {
    const millis = least + (data[row] ?? 0)
    buckets[row] = Number.isNaN(millis) ? -1 : Histogram.bucketOf(millis)
  }
  return pack(buckets)
}

const keysOf = <K extends string>(record: Readonly<Record<K, string>>): ReadonlyArray<K> =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- these records have no other keys
  Object.keys(record) as Array<K>

const numbersOf = (rows: Rows, at: number): Float64Array => {
  const values = new Float64Array(rows.length)
  for (let row = 0; row < values.length; row++) {
    const value = rows[row]?.[at]
    values[row] = typeof value === "number" ? value : Number.NaN
  }
  return values
}

const textOf = (value: SQLOutputValue | undefined): string | null => typeof value === "string" ? value : null

const wordsOf = (rows: Rows, at: number): Column => {
  const places = makePlaces()
  const values = new Float64Array(rows.length)
  for (let row = 0; row < values.length; row++) values[row] = places.of(textOf(rows[row]?.[at]))
  return { ...pack(values), words: places.words }
}

/** A word's place among those that came before. */
const makePlaces = () => {
  const words: Array<string | null> = []
  const known = new Map<string | null, number>()
  return {
    words,
    of: (word: string | null): number => {
      const place = known.get(word)
      if (place !== undefined) return place
      known.set(word, words.length)
      return words.push(word) - 1
    }
  }
}

const addTags = (columns: Map<Name, Column>, calls: Rows, at: number): void => {
  const keys = new Map<
    string,
    { readonly rows: Array<number>; readonly values: Array<number>; readonly places: ReturnType<typeof makePlaces> }
  >()
  for (const [row, call] of calls.entries()) {
    const json = textOf(call[at]) ?? "{}"
    if (json === "{}") continue
    const tags: Readonly<Record<string, string>> = JSON.parse(json)
    for (const key of Object.keys(tags)) {
      const tag = keys.get(key) ?? { rows: [], values: [], places: makePlaces() }
      keys.set(key, tag)
      tag.rows.push(row)
      tag.values.push(tag.places.of(tags[key] ?? ""))
    }
  }
  for (const [key, { places, rows, values }] of keys) {
    columns.set(`tagged ${key}`, pack(Float64Array.from(rows)))
    columns.set(`tag ${key}`, { ...pack(Float64Array.from(values)), words: places.words })
  }
}

/** In as few bytes a number as there may be. */
const pack = (values: Float64Array): Column => {
  let least = Infinity
  let most = -Infinity
  for (let row = 0; row < values.length; row++) {
    const value = values[row] ?? Number.NaN
    if (!Number.isInteger(value)) return { data: values, least: 0, same: false, words: [] }
    if (value < least) least = value
    if (value > most) most = value
  }
  if (values.length === 0) return nothing
  const range = most - least
  if (range > 0xffff_ffff) return { data: values, least: 0, same: false, words: [] }
  const data = range > 0xffff
    ? new Uint32Array(values.length)
    : range > 0xff
    ? new Uint16Array(values.length)
    : new Uint8Array(values.length)
  for (let row = 0; row < values.length; row++) data[row] = (values[row] ?? 0) - least
  return { data, least, same: range === 0, words: [] }
}

/** As it is kept: all the same takes no bytes. */
export const toBytes = ({ data, same }: Column): { readonly width: number; readonly bytes: Uint8Array } =>
  same
    ? { width: 0, bytes: new Uint8Array(0) }
    : { width: data.BYTES_PER_ELEMENT, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }

export const ofBytes = (length: number, width: number, bytes: Uint8Array): Data => {
  if (width === 0) return new Uint8Array(length)
  if (width === 1) return bytes
  const { buffer } = bytes.byteOffset % width === 0 ? bytes : bytes.slice()
  const start = bytes.byteOffset % width === 0 ? bytes.byteOffset : 0
  return width === 2
    ? new Uint16Array(buffer, start, length)
    : width === 4
    ? new Uint32Array(buffer, start, length)
    : new Float64Array(buffer, start, length)
}

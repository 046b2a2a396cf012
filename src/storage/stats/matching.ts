/**
 * Which calls of a segment filters mean: the same that `filters.ts` says in SQL.
 */
import type { Filters } from "../../CallLog.ts"
import type { Column, Name } from "../columns.ts"
import { isId } from "../filters.ts"
import type { Segment } from "../segments.ts"

/** Of each call of a segment, 1 where it is meant. `undefined`: none is. */
export type Matches = Uint8Array | undefined

type Step = (segment: Segment, matches: Uint8Array) => boolean

const ofStatus = {
  ok: { outcome: (outcome: string | null) => outcome === "ok" },
  error: { outcome: (outcome: string | null) => outcome !== "ok" && outcome !== "interrupted" },
  interrupted: { outcome: (outcome: string | null) => outcome === "interrupted" },
  retry: { number: "retries" },
  failover: { number: "failovers" }
} as const

/** `seqs`: of the calls whose id is asked for. */
export const matching = (filters: Filters, seqs: ReadonlySet<number> | undefined): (segment: Segment) => Matches => {
  const steps = stepsOf(filters, seqs)
  return (segment) => {
    const matches = new Uint8Array(segment.column("at").data.length).fill(1)
    return steps.every((step) => step(segment, matches)) ? matches : undefined
  }
}

const stepsOf = (filters: Filters, seqs: ReadonlySet<number> | undefined): ReadonlyArray<Step> => {
  const steps: Array<Step> = []
  const word = (name: Name, passes: (word: string | null) => boolean) =>
    steps.push((segment, matches) => keepWords(segment.column(name), matches, passes))
  const number = (name: Name, passes: (value: number) => boolean) =>
    steps.push((segment, matches) => keepNumbers(segment.column(name), matches, passes))
  const is = (name: Name, wanted: string | undefined) => {
    if (wanted !== undefined) word(name, (found) => found === wanted.toWellFormed())
  }
  const { cached, failed, minMillis, minPicoUsd, retried, status, tag, text } = filters
  is("provider", filters.provider)
  is("model", filters.model)
  is("route", filters.route)
  is("outcome", filters.outcome)
  if (failed === true) word("outcome", (outcome) => outcome !== "ok")
  if (status !== undefined) {
    const meant = ofStatus[status]
    if ("outcome" in meant) word("outcome", meant.outcome)
    else number(meant.number, (count) => count > 0)
  }
  if (cached !== undefined) word("cache", (cache) => (cache !== "miss") === cached)
  if (retried === true) number("attempts", (attempts) => attempts > 1)
  if (minMillis !== undefined) number("total", (total) => total >= minMillis)
  if (minPicoUsd !== undefined) number("spent", (spent) => spent > 0 && spent >= minPicoUsd)
  if (tag !== undefined) {
    steps.push((segment, matches) => keepTagged(segment, matches, tag.key.toWellFormed(), tag.value.toWellFormed()))
  }
  if (seqs !== undefined) number("seq", (seq) => seqs.has(seq))
  if (text !== undefined && !isId.test(text)) {
    const wanted = folded(text.toWellFormed())
    steps.push((segment, matches) => keepTold(segment, matches, (words) => folded(words).includes(wanted)))
  }
  return steps
}

/** In lower case, as far as SQL's LIKE goes: other letters than those of English are as they are. */
const folded = (text: string): string => text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())

const keepWords = (
  { data, words }: Column,
  matches: Uint8Array,
  passes: (word: string | null) => boolean
): boolean => {
  const passing = Uint8Array.from(words, (word) => passes(word) ? 1 : 0)
  if (!passing.includes(1)) return false
  if (!passing.includes(0)) return true
  for (let row = 0; row < matches.length; row++) {
    if (passing[data[row] ?? 0] === 0) matches[row] = 0
  }
  return true
}

const keepNumbers = (
  { data, least }: Column,
  matches: Uint8Array,
  passes: (value: number) => boolean
): boolean => {
  let some = false
  for (let row = 0; row < matches.length; row++) {
    if (matches[row] === 0) continue
    if (passes(least + (data[row] ?? 0))) some = true
    else matches[row] = 0
  }
  return some
}

const keepTagged = (segment: Segment, matches: Uint8Array, key: string, value: string): boolean => {
  const { data, least, words } = segment.column(`tag ${key}`)
  const wanted = words.indexOf(value)
  if (wanted === -1) return false
  const rows = segment.column(`tagged ${key}`)
  const tagged = new Uint8Array(matches.length)
  for (let n = 0; n < data.length; n++) {
    if (least + (data[n] ?? 0) === wanted) tagged[rows.least + (rows.data[n] ?? 0)] = 1
  }
  for (let row = 0; row < matches.length; row++) {
    if (tagged[row] === 0) matches[row] = 0
  }
  return true
}

const keepTold = (segment: Segment, matches: Uint8Array, has: (words: string) => boolean): boolean => {
  const all = (name: Name) => {
    const { data, words } = segment.column(name)
    return { data, words, passing: Uint8Array.from(words, (word) => has(word ?? "") ? 1 : 0) }
  }
  const [outcomes, whats, whys] = [all("outcome"), all("error_what"), all("error_why")]
  const providers = segment.column("provider")
  const models = segment.column("model")
  const width = models.words.length
  const named = Uint8Array.from(
    { length: providers.words.length * width },
    (_, n) => has(`${providers.words[Math.floor(n / width)] ?? ""}/${models.words[n % width] ?? ""}`) ? 1 : 0
  )
  let some = false
  for (let row = 0; row < matches.length; row++) {
    if (matches[row] === 0) continue
    const passes = named[(providers.data[row] ?? 0) * width + (models.data[row] ?? 0)] === 1 ||
      [outcomes, whats, whys].some(({ data, passing }) => passing[data[row] ?? 0] === 1)
    if (passes) some = true
    else matches[row] = 0
  }
  return some
}

/** How many calls of a range are meant; once there are `enough`, about so many. */
export const count = (
  segments: ReadonlyArray<Segment>,
  matchesOf: (segment: Segment) => Matches,
  from: number,
  to: number,
  enough: number = Infinity
): number => {
  let calls = 0
  for (const segment of segments) {
    if (segment.until <= from || segment.since >= to) continue
    const matches = matchesOf(segment)
    if (matches === undefined) continue
    const { data, least } = segment.column("at")
    for (let row = 0; row < matches.length; row++) {
      const at = least + (data[row] ?? 0)
      if (matches[row] === 1 && at >= from && at < to) calls++
    }
    if (calls >= enough) return calls
  }
  return calls
}

/** How many calls of a range are meant, by key and value of their tags. */
export const countTags = (
  segments: ReadonlyArray<Segment>,
  matchesOf: (segment: Segment) => Matches,
  from: number,
  to: number
): ReadonlyMap<string, ReadonlyMap<string, number>> => {
  const all = new Map<string, Map<string, number>>()
  for (const segment of segments) {
    if (segment.until <= from || segment.since >= to) continue
    const matches = matchesOf(segment)
    if (matches === undefined) continue
    const ats = segment.column("at")
    for (const key of segment.tags()) {
      const { data, least, words } = segment.column(`tag ${key}`)
      const rows = segment.column(`tagged ${key}`)
      const counts = new Uint32Array(words.length)
      for (let n = 0; n < data.length; n++) {
        const row = rows.least + (rows.data[n] ?? 0)
        const at = ats.least + (ats.data[row] ?? 0)
        if (matches[row] === 0 || at < from || at >= to) continue
        const place = least + (data[n] ?? 0)
        counts[place] = (counts[place] ?? 0) + 1
      }
      const values = all.get(key) ?? new Map<string, number>()
      for (const [place, value] of words.entries()) {
        const calls = counts[place] ?? 0
        if (calls > 0) values.set(value ?? "", (values.get(value ?? "") ?? 0) + calls)
      }
      if (values.size > 0) all.set(key, values)
    }
  }
  return all
}

/** A call, by when it ended and its number: the order in which calls are listed. */
export interface Ended {
  readonly at: number
  readonly seq: number
}

const byNewest = (a: Ended, b: Ended): number => b.at - a.at || b.seq - a.seq

/** The newest calls that are meant, by all of several, of a range and before another call. */
export const newest = (
  segments: ReadonlyArray<Segment>,
  matchesOf: ReadonlyArray<(segment: Segment) => Matches>,
  limit: number,
  { before, since = -Infinity, until = Infinity }: {
    readonly since?: number | undefined
    readonly until?: number | undefined
    readonly before?: Ended | undefined
  }
): ReadonlyArray<Ended> => {
  const end = Math.min(until, before === undefined ? Infinity : before.at + 1)
  let found: Array<Ended> = []
  for (const segment of segments.toSorted((a, b) => b.until - a.until)) {
    if (segment.until <= since) break
    if (segment.since >= end) continue
    // What is left ended before all of these.
    if (found.length === limit && (found.at(-1)?.at ?? 0) >= segment.until) break
    const seqs = segment.column("seq")
    const ats = segment.column("at")
    const matches = matchesOf.map((of) => of(segment))
    for (let row = 0; row < ats.data.length; row++) {
      const at = ats.least + (ats.data[row] ?? 0)
      if (at < since || at >= end || matches.some((one) => one?.[row] !== 1)) continue
      const ended = { at, seq: seqs.least + (seqs.data[row] ?? 0) }
      if (before === undefined || byNewest(before, ended) < 0) found.push(ended)
    }
    found = found.sort(byNewest).slice(0, limit)
  }
  return found
}

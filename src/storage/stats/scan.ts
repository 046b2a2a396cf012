/**
 * Sums of calls and of attempts, from columns: one column after the other.
 */
import type { Filters } from "../../CallLog.ts"
import { type Column, type Name, nothing } from "../columns.ts"
import * as Distribution from "./distribution.ts"
import { count as countMatches } from "./matching.ts"
import { type By, type Cell, makeCells, makeRoom, place, type Placed } from "./placing.ts"
import type { Log, Source } from "./source.ts"
import { type Asked, type Attempts, callersDoing, type Calls, keyOf, type Place } from "./sum.ts"

/** By the number of a cell. */
interface Sums {
  values: Float64Array
}

const makeSums = (): Sums => ({ values: new Float64Array(64) })

const roomFor = (sums: Sums, cells: number): Float64Array => {
  if (cells > sums.values.length) {
    const values = new Float64Array(Math.max(cells, sums.values.length * 2))
    values.set(sums.values)
    sums.values = values
  }
  return sums.values
}

const valueAt = ({ values }: Sums, cell: number): number => values[cell] ?? 0

const half = 1_000_000_000

/** Of money, in two halves, of which each holds far more than ever comes together. */
interface Money {
  readonly high: Sums
  readonly low: Sums
}

const makeMoney = (): Money => ({ high: makeSums(), low: makeSums() })

const moneyAt = ({ high, low }: Money, cell: number): bigint =>
  BigInt(valueAt(high, cell)) * BigInt(half) + BigInt(valueAt(low, cell))

/** Rows of a segment, and how many cells there are by now. */
interface Chosen extends Placed {
  readonly known: number
}

const count = (sums: Sums, { cells, known, length }: Chosen): void => {
  const values = roomFor(sums, known)
  for (let n = 0; n < length; n++) {
    const cell = cells[n] ?? 0
    values[cell] = (values[cell] ?? 0) + 1
  }
}

const isZero = ({ least, same }: Column): boolean => same && least === 0

const add = (sums: Sums, { cells, known, length, rows }: Chosen, column: Column): void => {
  if (isZero(column)) return
  const values = roomFor(sums, known)
  const { data, least } = column
  for (let n = 0; n < length; n++) {
    const cell = cells[n] ?? 0
    values[cell] = (values[cell] ?? 0) + least + (data[rows[n] ?? 0] ?? 0)
  }
}

const addMoney = (money: Money, { cells, known, length, rows }: Chosen, column: Column): void => {
  if (isZero(column)) return
  const highs = roomFor(money.high, known)
  const lows = roomFor(money.low, known)
  const { data, least } = column
  for (let n = 0; n < length; n++) {
    const amount = least + (data[rows[n] ?? 0] ?? 0)
    if (amount === 0) continue
    const cell = cells[n] ?? 0
    const high = Math.trunc(amount / half)
    highs[cell] = (highs[cell] ?? 0) + high
    lows[cell] = (lows[cell] ?? 0) + (amount - high * half)
  }
}

type Times = Array<Distribution.Distribution | undefined>

const few = 10_000

/** Of what went well: each by itself where there are few calls, else by their buckets. */
const addTimes = (
  all: Times,
  { calls, cells, length, rows }: Chosen,
  column: Column,
  isFew: boolean,
  isTimed: (cell: number) => boolean,
  unhurried: Column
): void => {
  const { data, least } = column
  const isHurried = isZero(unhurried)
  for (let n = 0; n < length; n++) {
    const cell = cells[n] ?? 0
    if (!isTimed(cell)) continue
    if (!isHurried && unhurried.least + (unhurried.data[calls[n] ?? 0] ?? 0) === 1) continue
    const value = least + (data[rows[n] ?? 0] ?? 0)
    const distribution = all[cell] ??= Distribution.make()
    if (!isFew) {
      if (value >= 0) Distribution.count(distribution, value, 1)
    } else if (!Number.isNaN(value)) Distribution.add(distribution, value)
  }
}

/** What is added up once, and then put together in other ways. */
interface Scanned extends By {
  readonly filters: Filters
  readonly from: number
  readonly to: number
  readonly bucket: number | undefined
  readonly isLean: boolean
}

/** The sums of one group in one bucket, each under the name of its column. */
export interface Fact extends Cell {
  readonly sums: Readonly<Record<string, number>>
  readonly money: Readonly<Record<string, bigint>>
  readonly latency: Distribution.Distribution | undefined
  readonly firstToken: Distribution.Distribution | undefined
}

const mechanisms = ["response_cache", "coalescing", "prompt_cache", "routing", "batch"] as const

const columnsOf = {
  calls: {
    sums: ["cacheable", "retries", "failovers"],
    money: mechanisms.map((name) => `saved_${name}` as const),
    latency: "total",
    firstToken: "first_token"
  },
  attempts: {
    sums: [
      "attempt input",
      "attempt cached_input",
      "attempt cache_write",
      "attempt output",
      "attempt reasoning",
      "attempt estimated",
      "attempt unpriced"
    ],
    money: ["attempt cost"],
    latency: "attempt duration",
    firstToken: "attempt first_token"
  }
} as const

const scan = (log: Log, { bucket, filters, from, isLean, to, ...by }: Scanned): ReadonlyArray<Fact> => {
  const matchesOf = log.matchesOf(filters)
  const isFew = isLean || countMatches(log.segments(), matchesOf, from, to, few) < few
  const columns = columnsOf[by.of]
  const room = makeRoom()
  const cells = makeCells(from, bucket)
  const counts = makeSums()
  const sums = columns.sums.map(() => makeSums())
  const money = columns.money.map(makeMoney)
  const latency: Times = []
  const firstToken: Times = []
  const timed: Array<boolean | undefined> = []
  const isTimed = (cell: number) => timed[cell] ??= cells.all[cell]?.words[2] === "ok"
  for (const segment of log.segments()) {
    if (segment.until <= from || segment.since >= to) continue
    const matches = matchesOf(segment)
    if (matches === undefined) continue
    const chosen = { ...place(room, cells, segment, matches, by, from, to), known: cells.all.length }
    count(counts, chosen)
    for (const [n, name] of columns.sums.entries()) add(sums[n] ?? counts, chosen, segment.column(name))
    for (const [n, name] of columns.money.entries()) addMoney(money[n] ?? makeMoney(), chosen, segment.column(name))
    if (isLean) continue
    const of = (name: "total" | "first_token" | "attempt duration" | "attempt first_token") =>
      segment.column(isFew ? name : `${name}_bucket`)
    addTimes(latency, chosen, of(columns.latency), isFew, isTimed, segment.column("unhurried"))
    addTimes(firstToken, chosen, of(columns.firstToken), isFew, isTimed, nothing)
  }
  return cells.all.map(({ at, words }, n) => ({
    at,
    words,
    sums: Object.fromEntries([
      ["all", valueAt(counts, n)],
      ...columns.sums.map((name, place) => [name, valueAt(sums[place] ?? counts, n)] as const)
    ]),
    money: Object.fromEntries(columns.money.map((name, place) => [name, moneyAt(money[place] ?? makeMoney(), n)])),
    latency: latency[n],
    firstToken: firstToken[n]
  }))
}

/** Buckets that are worth it to be kept apart where they aren't asked for yet. */
const mostBuckets = 300

/** The facts that a question is answered from: those of another where they do for both. */
const factsOf = (source: Source, asked: Asked, isLean: boolean, of: "calls" | "attempts"): ReadonlyArray<Fact> => {
  const { filters, log } = source
  const { from, tagKey, to } = asked
  const isTagged = asked.group?.includes("tag") === true
  const hint = source.bucket !== undefined && (to - from) / source.bucket <= mostBuckets ? source.bucket : undefined
  const words: ReadonlyArray<Name> = of === "calls"
    ? [...isTagged ? [] : ["provider", "model"] as const, "outcome", "cache"]
    : [...isTagged ? [] : ["attempt provider", "attempt model"] as const, "attempt outcome"]
  const scanned: Scanned = {
    of,
    words,
    tags: isTagged ? { key: tagKey } : undefined,
    filters,
    from,
    to,
    bucket: asked.bucket ?? (isTagged ? undefined : hint),
    isLean
  }
  const nameOf = (isLean: boolean) => JSON.stringify({ ...scanned, isLean })
  const known = log.facts.get(nameOf(false)) ?? log.facts.get(nameOf(isLean))
  if (known !== undefined) return known
  const facts = scan(log, scanned)
  log.facts.set(nameOf(isLean), facts)
  return facts
}

const places = {
  provider: (words: ReadonlyArray<string>) => words.slice(0, 1),
  model: (words: ReadonlyArray<string>) => words.slice(0, 2),
  tag: (words: ReadonlyArray<string>) => words.slice(0, 2),
  outcome: (words: ReadonlyArray<string>) => words.slice(2, 3),
  cache: (words: ReadonlyArray<string>) => words.slice(3, 4)
}

/** Facts by where they are asked for. */
const gathered = (facts: ReadonlyArray<Fact>, asked: Asked): ReadonlyArray<readonly [Place, ReadonlyArray<Fact>]> => {
  const all = new Map<string, readonly [Place, Array<Fact>]>()
  const wanted = asked.only === undefined ? undefined : new Set(asked.only)
  const [first] = asked.group ?? []
  for (const fact of facts) {
    const group = (asked.group ?? []).flatMap((name) => places[name](fact.words))
    if (wanted !== undefined && first !== undefined && !wanted.has(keyOf(places[first](fact.words), asked))) continue
    const at = asked.bucket === undefined ? 0 : fact.at
    const name = `${at}\0${group.join("\0")}`
    const known = all.get(name)
    if (known === undefined) all.set(name, [{ group, key: keyOf(group, asked), at }, [fact]])
    else known[1].push(fact)
  }
  return [...all.values()]
}

const total = (facts: ReadonlyArray<Fact>, name: string): number =>
  facts.reduce((sum, { sums }) => sum + (sums[name] ?? 0), 0)

const totalMoney = (facts: ReadonlyArray<Fact>, name: string): bigint =>
  facts.reduce((sum, { money }) => sum + (money[name] ?? 0n), 0n)

const times = (facts: ReadonlyArray<Fact>, of: "latency" | "firstToken"): Distribution.Distribution =>
  Distribution.together(facts.flatMap(({ [of]: one }) => one ?? []))

export const sumCalls = (source: Source, asked: Asked, isLean: boolean): ReadonlyArray<Calls> =>
  gathered(factsOf(source, asked, isLean, "calls"), asked).map(([{ at, group, key }, facts]) => {
    const that = (place: number, word: string) => facts.filter(({ words }) => words[place] === word)
    const ok = that(2, "ok")
    const isMiss = that(3, "miss")
    const priced = that(4, "1")
    const upstream = ok.filter(({ words }) => words[3] === "miss")
    return {
      at,
      group,
      key,
      calls: total(facts, "all"),
      ok: total(ok, "all"),
      interrupted: total(that(2, "interrupted"), "all"),
      retries: total(facts, "retries"),
      failovers: total(facts, "failovers"),
      hits: total(that(3, "hit"), "cacheable"),
      misses: total(isMiss, "cacheable"),
      coalesced: total(that(3, "coalesced"), "all"),
      priced: total(priced, "all"),
      saved: {
        responseCache: totalMoney(priced, "saved_response_cache"),
        coalescing: totalMoney(priced, "saved_coalescing"),
        promptCache: totalMoney(priced, "saved_prompt_cache"),
        routing: totalMoney(priced, "saved_routing"),
        batch: totalMoney(priced, "saved_batch")
      },
      latency: times(upstream, "latency"),
      latencyWithCached: times(ok, "latency"),
      firstToken: times(upstream, "firstToken")
    }
  })

export const sumAttempts = (source: Source, asked: Asked, isLean: boolean): ReadonlyArray<Attempts> =>
  gathered(factsOf(source, asked, isLean, "attempts"), asked).map(([{ at, group, key }, facts]) => {
    const ok = facts.filter(({ words }) => words[2] === "ok")
    return {
      at,
      group,
      key,
      attempts: total(facts, "all"),
      ok: total(ok, "all"),
      errors: total(facts.filter(({ words }) => !callersDoing.has(words[2] ?? "")), "all"),
      input: total(facts, "attempt input"),
      cachedInput: total(facts, "attempt cached_input"),
      cacheWrite: total(facts, "attempt cache_write"),
      output: total(facts, "attempt output"),
      reasoning: total(facts, "attempt reasoning"),
      estimated: total(facts, "attempt estimated"),
      unknown: total(facts, "attempt unpriced"),
      cost: totalMoney(facts, "attempt cost"),
      actual: totalMoney(facts.filter(({ words }) => words[3] === "1"), "attempt cost"),
      latency: times(ok, "latency"),
      firstToken: times(ok, "firstToken")
    }
  })

/**
 * What a vendor lets through of one model with one key, by its own word: heard from its answers, and counted down by what
 * is sent between them.
 */
import * as RateHeaders from "./rateHeaders.ts"

/** What is left of one limit. */
export interface Left {
  readonly unit: RateHeaders.Unit
  readonly limit: number | undefined
  readonly remaining: number
  /** Epoch milliseconds; `undefined` where the vendor didn't say. */
  readonly resetAt: number | undefined
}

/** Why nothing may be sent now. */
export interface Wait {
  readonly unit: RateHeaders.Unit
  readonly limit: number | undefined
  readonly millis: number
}

/** Times are milliseconds of the monotonic clock, and of the one on the wall where they are shown. */
export interface Allowance {
  /** `undefined` where a request may be sent. */
  readonly wait: (now: number) => Wait | undefined
  /** A request is sent. */
  readonly take: (now: number) => void
  /** An answer's headers. True where they say something. */
  readonly hear: (headers: Pick<Headers, "get">, now: number, wall: number) => boolean
  readonly left: (wall: number) => ReadonlyArray<Left>
}

interface Kept {
  readonly unit: RateHeaders.Unit
  limit: number | undefined
  /** As the vendor said it. */
  told: number
  /** The same, less what was sent since. */
  remaining: number
  period: number
  until: number
  resetAt: number | undefined
}

/**
 * However long a vendor says that nothing is left: then one request finds out. Some give the time until all is there
 * again, and not until some is, and for limits of a day that is a day.
 */
const longestWait = 60_000

export const make = (): Allowance => {
  const all: Array<Kept> = []

  const keep = ({ limit, remaining, resetAfter, unit }: RateHeaders.Told, now: number, wall: number): void => {
    const period = Math.min(resetAfter ?? 0, longestWait)
    const resetAt = resetAfter === undefined ? undefined : Math.round(wall + resetAfter)
    const said = { limit, told: remaining, remaining, period, until: now + period, resetAt }
    const known = all.find((kept) => kept.unit === unit)
    if (known === undefined) all.push({ unit, ...said })
    else Object.assign(known, said)
  }

  return {
    wait: (now) => {
      let longest: Wait | undefined
      for (const { limit, remaining, unit, until } of all) {
        if (remaining > 0 || until <= now || until - now <= (longest?.millis ?? 0)) continue
        longest = { unit, limit, millis: Math.ceil(until - now) }
      }
      return longest
    },
    take: (now) => {
      for (const kept of all) {
        if (kept.until <= now) {
          kept.remaining = kept.limit ?? Infinity
          kept.until = now + kept.period
        }
        if (kept.unit === "requests") kept.remaining--
      }
    },
    hear: (headers, now, wall) => {
      const told = RateHeaders.read(headers, wall)
      for (const one of told) keep(one, now, wall)
      return told.length > 0
    },
    left: (wall) =>
      all.map(({ limit, resetAt, told, unit }) => {
        const isOver = resetAt !== undefined && resetAt <= wall
        return { unit, limit, remaining: isOver ? limit ?? told : told, resetAt: isOver ? undefined : resetAt }
      })
  }
}

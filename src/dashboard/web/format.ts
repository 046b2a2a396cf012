/**
 * Figures in words, as the command line writes them too. What isn't known is a dash, never a zero; what is tiny isn't
 * nothing, and what is nearly all isn't all.
 */
import { count, duration, usd } from "../../cli/Format.ts"

export { count, duration, usd }

export const unknown = "—"

export const minus = "−"

const orUnknown = <A>(write: (value: A) => string) => (value: A | null | undefined): string =>
  value === null || value === undefined ? unknown : write(value)

export const countOf = orUnknown(count)
export const durationOf = orUnknown(duration)

/** Calls a minute: `12,847` · `3.2` · `0.042` */
export const perMinute = orUnknown((n: number): string => {
  if (n === 0 || n >= 99.95) return count(n)
  return n >= 0.995 ? String(Number(n.toFixed(1))) : String(Number(n.toPrecision(2)))
})

const percent = (part: number, decimals: number, unit: string): string => {
  const size = Math.abs(part * 100)
  const least = 10 ** -decimals
  if (size === 0) return `0${unit}`
  if (size < least / 2) return `<${least}${unit}`
  if (size >= 999.95) return `${count(size)}${unit}`
  const rounded = size.toFixed(decimals)
  return `${Number(rounded) === 100 && size < 100 ? (100 - least).toFixed(decimals) : Number(rounded)}${unit}`
}

/** A fraction: `61.4%` */
export const rate = orUnknown((part: number): string => `${part < 0 ? minus : ""}${percent(part, 1, "%")}`)

/** A fraction, of which there are many: `30%` */
export const share = (part: number): string => percent(part, 0, "%")

/** The size of a change of a rate: `3.1 pt` */
export const points = (part: number): string => percent(part, 1, " pt")

/** `3 calls` · `1 call` */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`

interface Amount {
  readonly picoUsd: string
  readonly usd: number
}

export const money = orUnknown((amount: Amount): string => usd(amount.usd))

/** All there is of it: `$0.000012345` */
export const exactly = orUnknown(({ picoUsd }: Amount): string => {
  const digits = picoUsd.replace("-", "").padStart(13, "0")
  const fraction = digits.slice(-12).replace(/0+$/, "")
  const whole = digits.slice(0, -12).replace(/\B(?=(\d{3})+$)/g, ",")
  return `${picoUsd.startsWith("-") ? minus : ""}$${whole}${fraction === "" ? "" : `.${fraction}`}`
})

/** Dollars on an axis, as short as they get: `$0.005` · `$1.5M` */
export const usdTick = (amount: number): string =>
  `$${amount >= 1_000 ? count(amount) : amount.toFixed(12).replace(/\.?0+$/, "")}`

/** Milliseconds on an axis. */
export const durationTick = (millis: number): string => millis === 0 ? "0" : duration(millis)

interface Billed {
  readonly cost: Amount | null
  readonly costStatus: "measured" | "estimated" | "partial" | "unknown"
}

/** What a call cost: `$0.000012` · `≈ $0.000012` where it is estimated · `≥ $0.000012` where some of it isn't known */
export const cost = ({ cost, costStatus }: Billed): string => {
  if (cost === null || costStatus === "unknown") return unknown
  return `${costStatus === "estimated" ? "≈ " : costStatus === "partial" ? "≥ " : ""}${money(cost)}`
}

const times = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23"
})
const minutes = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
const days = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" })

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** `11:06:21`, with its day where that isn't today: `22 Nov 11:06` */
export const clock = (at: number, now: number): string =>
  days.format(at) === days.format(now) && Math.abs(now - at) < day
    ? times.format(at)
    : `${days.format(at)} ${minutes.format(at)}`

/** A time on an axis whose ticks are so far apart: `11:06:20` · `11:06` · `22 Nov` */
export const tick = (at: number, step: number): string =>
  step < minute ? times.format(at) : step < day ? minutes.format(at) : days.format(at)

/** A bucket: `11:06:20–11:06:30` · `22 Nov 11:00–12:00` */
export const bucket = (at: number, width: number, now: number): string => {
  const write = width < minute ? times : minutes
  const date = now - at > day ? `${days.format(at)} ` : ""
  return `${date}${write.format(at)}–${write.format(at + width)}`
}

/** `14s ago` · `3m ago`, and the time of day from an hour on. */
export const ago = (at: number, now: number): string => {
  const past = Math.max(0, now - at)
  if (past < minute) return `${Math.floor(past / second)}s ago`
  return past < hour ? `${Math.floor(past / minute)}m ago` : clock(at, now)
}

/** How long something has been, or will be: `14 s` · `3 m` · `22 h 05 m` · `6 d 4 h` */
export const span = (millis: number): string => {
  const past = Math.max(0, millis)
  if (past < minute) return `${Math.floor(past / second)} s`
  if (past < hour) return `${Math.floor(past / minute)} m`
  return past < 2 * day
    ? `${Math.floor(past / hour)} h ${padded((past % hour) / minute)} m`
    : `${Math.floor(past / day)} d ${Math.floor((past % day) / hour)} h`
}

const padded = (n: number) => String(Math.floor(n)).padStart(2, "0")

/** `2026-11-23T11:06:21.500+01:00`, in the reader's zone. */
export const iso = (at: number): string => {
  const offset = -new Date(at).getTimezoneOffset()
  const size = Math.abs(offset)
  const local = new Date(at + offset * minute).toISOString().slice(0, -1)
  return `${local}${offset < 0 ? "-" : "+"}${padded(size / 60)}:${padded(size % 60)}`
}

/** `rate limited`, of `RateLimited` */
export const words = (tag: string): string =>
  tag.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replaceAll(/[-_.]/g, " ").toLowerCase()

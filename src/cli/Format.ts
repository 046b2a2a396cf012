/**
 * Numbers as people read them. What isn't known is a dash, never a zero.
 */

const unknown = "—"

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 })

/** `1,204` · `12,847` · `582K` · `1.2M` */
export const count = (n: number): string => n < 100_000 ? grouped.format(n) : compact(n, 1)

/** Token limits and the like: `128K` · `1.05M` */
export const size = (n: number | undefined): string => n === undefined ? unknown : n < 1_000 ? String(n) : compact(n, 2)

const compact = (n: number, decimals: number): string => {
  const steps: ReadonlyArray<readonly [number, string]> = [[1e9, "B"], [1e6, "M"], [1e3, "K"]]
  for (const [unit, letter] of steps) {
    // What would be rounded up to a thousand of one unit is one of the next.
    if (n < unit * 0.9995) continue
    const scaled = n / unit
    return `${Number(scaled.toFixed(scaled < 10 ? decimals : 0))}${letter}`
  }
  return String(n)
}

/** `$1,284` · `$4.27` · `$0.0142` · `$0.000012` · `$0.00000040`: never in powers of ten, never zero for a little. */
export const usd = (amount: number | undefined): string => {
  if (amount === undefined || !Number.isFinite(amount)) return unknown
  if (amount < 0) return `−${usd(-amount)}`
  if (amount === 0) return "$0"
  const rounded = Number(amount.toFixed(decimalsOf(amount)))
  const decimals = decimalsOf(rounded === 0 ? amount : rounded)
  return decimals === 0 ? `$${grouped.format(rounded)}` : `$${rounded.toFixed(decimals)}`
}

const decimalsOf = (amount: number): number => {
  if (amount >= 1_000) return 0
  if (amount >= 1) return 2
  if (amount >= 0.01) return 4
  return amount >= 0.000_001 ? 6 : Math.min(12, 1 - Math.floor(Math.log10(amount)))
}

/** A cost: its amount, marked where it is an estimate. */
export const cost = (cost: { readonly status: string; readonly usd: number | undefined }): string =>
  cost.status === "estimated" && cost.usd !== undefined ? `≈ ${usd(cost.usd)}` : usd(cost.usd)

/** Picodollars per token as dollars per million: `$0.150` · `$10.000` · `$0.0375` */
export const perMillion = (picoUsd: number | undefined): string => {
  if (picoUsd === undefined) return unknown
  const exact = (picoUsd / 1e6).toFixed(6)
  return `$${exact.replace(/0{1,3}$/, "")}`
}

/** Picodollars as dollars, exactly: `$0.01` */
export const picoUsd = (picoUsd: number): string => `$${(picoUsd / 1e12).toFixed(12).replace(/\.?0+$/, "")}`

/** Ten-thousandths as a factor: `×0.5` */
export const factor = (tenThousandths: number): string => `×${tenThousandths / 10_000}`

/** Milliseconds: `0.4 ms` · `312 ms` · `1.24 s` · `12.4 s` · `2 m 05 s` · `1 h 02 m` */
export const duration = (millis: number): string => {
  if (millis < 0.95) return `${millis.toFixed(1)} ms`
  if (millis < 999.5) return `${Math.round(millis)} ms`
  const seconds = millis / 1_000
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  return whole < 3_600
    ? `${Math.floor(whole / 60)} m ${padded(whole % 60)} s`
    : `${Math.floor(whole / 3_600)} h ${padded(Math.floor(whole / 60) % 60)} m`
}

const padded = (n: number): string => String(n).padStart(2, "0")

/** `0.7 kB` · `1.2 MB` */
export const bytes = (n: number): string =>
  n < 1e6 ? `${(n / 1e3).toFixed(n < 1e4 ? 1 : 0)} kB` : `${(n / 1e6).toFixed(1)} MB`

/** A moment as the reader's clock shows it: `11-23 14:02:11` */
export const time = (epochMillis: number): string => {
  const date = new Date(epochMillis)
  const day = [date.getMonth() + 1, date.getDate()].map(padded).join("-")
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(padded).join(":")}`
}

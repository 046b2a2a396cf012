/**
 * What vendors say in headers of how much they still let through. The names are from memory (2026-11), so that what makes
 * no sense is passed over.
 */

/** What is counted. Only Anthropic counts input and output apart as well. */
export type Unit = "requests" | "tokens" | "inputTokens" | "outputTokens"

/** What is left of one limit. */
export interface Told {
  readonly unit: Unit
  readonly limit: number | undefined
  readonly remaining: number
  /** Milliseconds until all of it is there again. */
  readonly resetAfter: number | undefined
}

interface Names {
  readonly unit: Unit
  readonly limit: string
  readonly remaining: string
  readonly reset: string
}

/** OpenAI, and those who speak like it: Groq, Azure, Together, Fireworks. */
const openAi = (unit: Unit, name: string): Names => ({
  unit,
  limit: `x-ratelimit-limit-${name}`,
  remaining: `x-ratelimit-remaining-${name}`,
  reset: `x-ratelimit-reset-${name}`
})

const anthropic = (unit: Unit, name: string): Names => ({
  unit,
  limit: `anthropic-ratelimit-${name}-limit`,
  remaining: `anthropic-ratelimit-${name}-remaining`,
  reset: `anthropic-ratelimit-${name}-reset`
})

const families: ReadonlyArray<ReadonlyArray<Names>> = [
  [openAi("requests", "requests"), openAi("tokens", "tokens")],
  [
    anthropic("requests", "requests"),
    anthropic("tokens", "tokens"),
    anthropic("inputTokens", "input-tokens"),
    anthropic("outputTokens", "output-tokens")
  ]
]

const nothing: ReadonlyArray<Told> = []

/** `now` in epoch milliseconds. */
export const read = (headers: Pick<Headers, "get">, now: number): ReadonlyArray<Told> => {
  for (const family of families) {
    let found: Array<Told> | undefined
    for (const names of family) {
      const remaining = countOf(headers.get(names.remaining))
      if (remaining === undefined) continue
      const limit = countOf(headers.get(names.limit))
      // A gateway without a limit says 0 of 0.
      if (limit === 0) continue
      found ??= []
      found.push({ unit: names.unit, limit, remaining, resetAfter: resetAfterOf(headers.get(names.reset), now) })
    }
    if (found !== undefined) return found
  }
  return nothing
}

const whole = /^\d{1,15}$/

const countOf = (value: string | null): number | undefined =>
  value !== null && whole.test(value) ? Number(value) : undefined

const longest = 31 * 86_400_000

/** From `6m0s`, seconds, a date, or a time since 1970: what lies in the past is now. */
const resetAfterOf = (value: string | null, now: number): number | undefined => {
  if (value === null) return undefined
  const millis = durationOf(value) ?? (decimal.test(value) ? sinceOf(Number(value), now) : dateOf(value, now))
  return millis <= longest ? Math.max(0, millis) : undefined
}

const duration =
  /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?(?:(\d+(?:\.\d+)?)[uµ]s)?(?:\d+ns)?$/
const decimal = /^\d+(?:\.\d+)?$/
const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/

const durationOf = (value: string): number | undefined => {
  const found = value === "" ? null : duration.exec(value)
  if (found === null) return undefined
  const [, days = 0, hours = 0, minutes = 0, seconds = 0, millis = 0, micros = 0] = found
  return Number(days) * 86_400_000 + Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1000 +
    Number(millis) + Number(micros) / 1000
}

const dateOf = (value: string, now: number): number => date.test(value) ? Date.parse(value) - now : NaN

const sinceOf = (value: number, now: number): number =>
  value >= 1e11 ? value - now : value >= 1e8 ? value * 1000 - now : value * 1000

/**
 * Durations as people write them.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `500ms`, `30s`, `2 m`, `1.5h`, `7d`, or in words: `30 seconds`. */
export const parse = (text: string): Option.Option<Duration.Duration> => {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)$/.exec(text.trim()) ?? []
  if (number !== "") return Option.some(Duration.millis(Number(number) * (units[unit] ?? 1)))
  return isInWords(text) ? Duration.fromInput(text) : Option.none()
}

const isInWords = (text: string): text is `${number} seconds` =>
  /^\d+(\.\d+)? (millis|second|minute|hour|day|week)s?$/.test(text)

/**
 * What changes in a text from call to call without saying anything: times, and ids.
 */

const months = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
const days = "mon|tue|wed|thu|fri|sat|sun"
const time = new RegExp(`\\d{1,4}[-/.:]\\d{1,2}|^\\d{9,13}$|\\b(${months}|${days})[a-z]*\\b`, "i")
const context = new RegExp(`\\b(${months})[a-z]*\\b|\\b(date|time|today|now|clock|utc|gmt|epoch|timestamp)\\b`, "i")
const id = /^(?=.*\d)[\w-]{6,}$/

/** Characters on either side that tell what the differing ones are. */
const around = 30
const longest = 80

/** What one text has where the other one has something else of the same sort: a time or an id. */
export const volatileIn = (before: string, after: string): "time" | "id" | undefined => {
  let start = 0
  while (start < before.length && before[start] === after[start]) start++
  let end = 0
  const most = Math.min(before.length, after.length) - start
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end++
  const [one, other] = [wordsAt(before, start, end), wordsAt(after, start, end)]
  if (one.length > longest || other.length > longest || one === "" || other === "") return undefined
  if (time.test(one) && time.test(other)) return "time"
  const isCount = /^\d+\W*$/.test(one) && /^\d+\W*$/.test(other)
  if (isCount && context.test(before.slice(Math.max(0, start - around), before.length - end + around))) return "time"
  return id.test(one) && id.test(other) ? "id" : undefined
}

/** The differing characters, with the rest of the words that they are in. */
const wordsAt = (text: string, start: number, end: number): string => {
  let from = start
  let to = text.length - end
  while (from > 0 && /[\w:.+/-]/.test(text.charAt(from - 1))) from--
  while (to < text.length && /[\w:.+/-]/.test(text.charAt(to))) to++
  return text.slice(from, to).replace(/[.,;:]+$/, "").trim()
}

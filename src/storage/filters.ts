/**
 * Which rows of calls are asked for. Nothing here may import Effect: the thread that adds up starts with it.
 */
import type { Filters } from "../CallLog.ts"

export type Param = string | number | bigint

/** Where to look for calls, and what must hold of them. */
export interface Selected {
  /** `calls`, and before it the table whose index is the narrowest: tags, or the attempts that cost something. */
  readonly from: string
  readonly conditions: ReadonlyArray<string>
  readonly params: ReadonlyArray<Param>
  /** The columns that calls are ordered by, in the table that the search starts with. */
  readonly ended: string
  readonly seq: string
}

/** Of several attempts, said in the words of the partial index first. */
const ofStatus = {
  ok: "calls.outcome = 'ok'",
  retry: "calls.attempts > 1 AND calls.retries > 0",
  failover: "calls.attempts > 1 AND calls.failovers > 0",
  error: "calls.outcome <> 'ok' AND calls.outcome <> 'interrupted'",
  interrupted: "calls.outcome <> 'ok' AND calls.outcome = 'interrupted'"
} as const

/** An id, or how one begins. */
export const isId = /^[0-9a-f]{8}-[0-9a-f-]{0,27}$/

/** What text is looked for in. There is no index of words: calls are read, newest first, until enough are found. */
export const knownTexts = ["calls.provider || '/' || calls.model", "calls.outcome"] as const
export const toldTexts = ["calls.error_what", "calls.error_why"] as const

/** That one of some columns has a text in it, in capitals or not. */
export const containing = (
  text: string,
  columns: ReadonlyArray<string>
): { readonly condition: string; readonly params: ReadonlyArray<Param> } => {
  const pattern = `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`
  return {
    condition: `(${columns.map((column) => `coalesce(${column}, '') LIKE ? ESCAPE '\\'`).join(" OR ")})`,
    params: columns.map(() => pattern)
  }
}

export const select = (filters: Filters): Selected => {
  const conditions: Array<string> = []
  const params: Array<Param> = []
  const where = (condition: string, ...values: ReadonlyArray<Param>) => {
    conditions.push(condition)
    params.push(...values)
  }
  const { minPicoUsd, tag } = filters
  const start = tag !== undefined ? "tags" : minPicoUsd !== undefined ? "attempts" : "calls"
  const ended = `${start}.ended_at`
  if (tag !== undefined) where("tags.key = ? AND tags.value = ?", tag.key, tag.value)
  if (filters.since !== undefined) where(`${ended} >= ?`, filters.since)
  if (filters.until !== undefined) where(`${ended} < ?`, filters.until)
  if (filters.id !== undefined) where("calls.id = ?", filters.id)
  if (filters.provider !== undefined) where("calls.provider = ?", filters.provider)
  if (filters.model !== undefined) where("calls.model = ?", filters.model)
  if (filters.route !== undefined) where("calls.route = ?", filters.route)
  if (filters.outcome !== undefined) where("calls.outcome = ?", filters.outcome)
  // Said again in the words of the partial index.
  if (filters.failed === true || (filters.outcome ?? "ok") !== "ok") where("calls.outcome <> 'ok'")
  if (filters.status !== undefined) where(ofStatus[filters.status])
  if (filters.cached === true) where("calls.cache <> 'miss'")
  if (filters.cached === false) where("calls.cache = 'miss'")
  if (filters.retried === true) where("calls.attempts > 1")
  if (filters.minMillis !== undefined) where("calls.total_ms >= ?", filters.minMillis)
  // What a call has spent is on its last attempt.
  if (minPicoUsd !== undefined && start === "attempts") {
    where("attempts.spent_pico > 0 AND attempts.spent_pico >= ? AND attempts.n = calls.attempts", minPicoUsd)
  } else if (minPicoUsd !== undefined) {
    where(
      "EXISTS (SELECT 1 FROM attempts WHERE call_seq = calls.seq AND spent_pico > 0 AND spent_pico >= ?)",
      minPicoUsd
    )
  }
  if (filters.text !== undefined) {
    if (isId.test(filters.text)) where("calls.id >= ? AND calls.id < ?", filters.text, `${filters.text}~`)
    else {
      const { condition, params } = containing(filters.text, [...knownTexts, ...toldTexts])
      where(condition, ...params)
    }
  }
  return {
    from: start === "calls" ? "calls" : `${start} CROSS JOIN calls ON calls.seq = ${start}.call_seq`,
    conditions,
    params,
    ended,
    seq: start === "calls" ? "calls.seq" : `${start}.call_seq`
  }
}

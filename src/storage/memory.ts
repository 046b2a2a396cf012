/**
 * A call log in memory.
 */
import * as Effect from "effect/Effect"
import { isFailover, isUnpriced } from "../Attempt.ts"
import type { Filters, Page, Query, Reader, Row, TransitionQuery } from "../CallLog.ts"
import type { CallRecord } from "../CallRecord.ts"
import type { Transition } from "../ProviderHealth.ts"
import { kept } from "./rows.ts"

interface Ring {
  readonly add: (record: CallRecord) => void
  readonly addTransition: (transition: Transition) => void
  readonly added: () => number
  readonly reader: Reader["Service"]
}

/** The newest `capacity` calls, and transitions. */
export const ofRing = (capacity: number): Ring => {
  const ring: Array<CallRecord> = []
  let added = 0
  const changes: Array<Transition> = []
  let changed = 0

  const transitions = ({ limit = 50, provider, since }: TransitionQuery): ReadonlyArray<Transition> => {
    const found: Array<Transition> = []
    for (let n = changed; n > changed - changes.length && found.length < limit; n--) {
      const transition = changes[(n - 1) % capacity]
      if (transition === undefined) break
      if (transition.at < (since ?? -Infinity) || transition.provider !== (provider ?? transition.provider)) continue
      found.push(transition)
    }
    return found
  }

  const rows = function*() {
    for (let seq = added; seq > added - ring.length; seq--) {
      const record = ring[(seq - 1) % capacity]
      if (record !== undefined) yield toRow(record, seq)
    }
  }

  const recent = ({ cursor, filters = {}, limit = 50 }: Query): Page => {
    const before = cursor === undefined ? Infinity : Number(cursor)
    const calls: Array<Row> = []
    for (const row of rows()) {
      if (row.seq < before && passes(row, filters)) calls.push(row)
      if (calls.length === limit) break
    }
    return { calls, next: calls.length < limit ? undefined : String(calls.at(-1)?.seq) }
  }

  return {
    add: (record) => {
      ring[added++ % capacity] = record
    },
    addTransition: (transition) => {
      changes[changed++ % capacity] = kept(transition)
    },
    added: () => added + changed,
    reader: {
      recent: (query) => Effect.sync(() => recent(query)),
      attemptsOf: (id) => Effect.sync(() => ring.find((record) => record.id === id)?.attempts ?? []),
      after: (seq, limit = 500) =>
        Effect.sync(() => [...rows()].filter((row) => row.seq > seq).toReversed().slice(0, limit)),
      lastSeq: Effect.sync(() => added),
      bySeq: (seqs) => Effect.sync(() => [...rows()].filter(({ seq }) => seqs.includes(seq))),
      transitions: (query) => Effect.sync(() => transitions(query))
    }
  }
}

export const passes = (row: Row, filters: Filters): boolean => {
  const ended = row.startedAt + row.timing.total
  return (filters.since === undefined || ended >= filters.since) &&
    (filters.until === undefined || ended < filters.until) &&
    (filters.id === undefined || row.id === filters.id) &&
    (filters.provider === undefined || row.provider === filters.provider) &&
    (filters.model === undefined || row.model === filters.model) &&
    (filters.route === undefined || row.route === filters.route) &&
    (filters.outcome === undefined || row.outcome === filters.outcome) &&
    (filters.status === undefined || hasStatus(row, filters.status)) &&
    (filters.text === undefined || mentions(row, filters.text.toLowerCase())) &&
    (filters.failed !== true || row.outcome !== "ok") &&
    (filters.cached === undefined || (row.cache !== "miss") === filters.cached) &&
    (filters.retried !== true || row.attempts > 1) &&
    (filters.tag === undefined || row.tags[filters.tag.key] === filters.tag.value) &&
    (filters.minMillis === undefined || row.timing.total >= filters.minMillis) &&
    (filters.minPicoUsd === undefined || row.picoUsd >= BigInt(Math.ceil(filters.minPicoUsd)))
}

const hasStatus = ({ failovers, outcome, retries }: Row, status: NonNullable<Filters["status"]>): boolean => {
  switch (status) {
    case "retry":
      return retries > 0
    case "failover":
      return failovers > 0
    case "error":
      return outcome !== "ok" && outcome !== "interrupted"
    default:
      return outcome === status
  }
}

const mentions = ({ error, id, model, outcome, provider }: Row, text: string): boolean =>
  id.startsWith(text) ||
  [`${provider}/${model}`, outcome, error?.what ?? "", error?.why ?? ""].some((words) =>
    words.toLowerCase().includes(text)
  )

const toRow = ({ attempts, ...record }: CallRecord, seq: number): Row => {
  let picoUsd = 0n
  let [unpriced, estimated, retries, failovers, inputTokens, cachedTokens, outputTokens] = [0, 0, 0, 0, 0, 0, 0]
  attempts.forEach((attempt, n) => {
    const before = attempts[n - 1]
    if (before !== undefined) {
      if (isFailover(before, attempt)) failovers++
      else retries++
    }
    picoUsd += BigInt(attempt.cost?.picoUsd ?? 0)
    if (isUnpriced(attempt)) unpriced++
    if (attempt.cost?.status === "estimated") estimated++
    inputTokens += attempt.usage?.inputTokens ?? 0
    cachedTokens += attempt.usage?.cacheRead ?? 0
    outputTokens += attempt.usage?.outputTokens ?? 0
  })
  const sums = { picoUsd, unpriced, estimated, retries, failovers, inputTokens, cachedTokens, outputTokens }
  return { ...record, ...sums, seq, attempts: attempts.length }
}

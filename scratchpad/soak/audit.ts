/**
 * Holds what vendors saw and charged against what Loom recorded, question by question: every request is an attempt of a
 * record, every charge is on one, and where both know a cost it is the same.
 */
import type { Attempt, CallRecord } from "loom-router"
import type { Charged, News, Seen } from "./vendor.ts"

/** All that concerns one question. */
interface Case {
  attempts: Array<Attempt.Attempt>
  seen: Array<Seen>
  /** Calls under way. */
  open: number
  changedAt: number
}

export interface Audit {
  readonly began: (question: string) => void
  readonly ended: (question: string) => void
  readonly recorded: (question: string, record: CallRecord.CallRecord) => void
  readonly told: (news: News) => void
  /**
   * Closes the cases of which nothing was heard since then, and which no vendor has under way; what vendors saw until a
   * while later was told.
   */
  readonly close: (since: number, underWay?: ReadonlyArray<string>) => void
  readonly count: {
    requests: number
    whole: number
    attempts: number
    compared: number
    charges: number
    cases: number
  }
  /** What doesn't hold: how often, and an example. */
  readonly violations: ReadonlyMap<string, { readonly times: number; readonly example: string }>
  readonly violate: (what: string, example?: unknown) => void
}

export const make = (): Audit => {
  const cases = new Map<string, Case>()
  const charges = new Map<string, Charged>()
  const violations = new Map<string, { times: number; example: string }>()
  const count = { requests: 0, whole: 0, attempts: 0, compared: 0, charges: 0, cases: 0 }

  const violate = (what: string, example?: unknown) => {
    const known = violations.get(what)
    if (known !== undefined) known.times++
    else {
      const text = JSON.stringify(example, (_, value) => typeof value === "bigint" ? String(value) : value) ?? ""
      violations.set(what, { times: 1, example: text })
    }
  }

  const caseOf = (question: string): Case => {
    const known = cases.get(question) ?? { attempts: [], seen: [], open: 0, changedAt: 0 }
    known.changedAt = performance.now()
    cases.set(question, known)
    return known
  }

  const check = (question: string, { attempts, seen }: Case) => {
    count.cases++
    const known = new Map(
      attempts.flatMap((attempt) => attempt.requestId === undefined ? [] : [[attempt.requestId, attempt] as const])
    )
    // Those that were left, or never had an answer that could be read.
    const unnamed = attempts.filter(({ requestId }) => requestId === undefined)
    const whole = { question, attempts, seen }
    if (known.size + unnamed.length < attempts.length) violate("two attempts are one request", whole)
    if (seen.length > attempts.length) violate("a request is no attempt", whole)
    const strangers = [...known.keys()].filter((id) => !seen.some(({ requestId }) => requestId === id))
    if (strangers.length > 0) violate("an attempt is no request", whole)
    const unrecorded = seen.filter(({ isWhole, requestId }) => isWhole && !known.has(requestId ?? ""))
    if (unrecorded.length > unnamed.length) violate("a reply that was sent whole is no attempt", whole)

    let unclaimed = 0
    for (const { requestId = "" } of seen) {
      const charge = charges.get(requestId)
      const attempt = known.get(requestId)
      charges.delete(requestId)
      if (charge === undefined) {
        if (attempt?.cost?.status === "measured") violate("an attempt costs what nobody charged", whole)
        continue
      }
      if (attempt === undefined) unclaimed++
      else if (attempt.billed === "no") violate("what was charged is called unbilled", { ...whole, charge })
      else if (attempt.cost?.status === "measured" && charge.isWhole) {
        count.compared++
        if (BigInt(attempt.cost.picoUsd ?? -1) !== charge.picoUsd) {
          violate("a cost isn't what was charged", { ...whole, charge })
        }
      }
    }
    if (unclaimed > unnamed.filter(({ billed }) => billed !== "no").length) {
      violate("a charge is on no attempt", { ...whole, unclaimed })
    }
  }

  return {
    began: (question) => void caseOf(question).open++,
    ended: (question) => void caseOf(question).open--,
    recorded: (question, { attempts, outcome }) => {
      if (outcome === "defect") violate("a call died", question)
      count.attempts += attempts.length
      caseOf(question).attempts.push(...attempts)
    },
    told: ({ charged, lost, seen }) => {
      if (lost > 0) violate("the journal is too short", lost)
      for (const one of seen) {
        count.requests++
        if (one.isWhole) count.whole++
        if (one.defect !== undefined) violate("the sandbox failed", one)
        caseOf(one.question).seen.push(one)
      }
      count.charges += charged.length
      for (const charge of charged) charges.set(charge.requestId, charge)
    },
    close: (since, underWay = []) => {
      const busy = new Set(underWay)
      for (const [question, one] of cases) {
        if (one.changedAt > since || busy.has(question)) continue
        if (one.open > 0) {
          if (one.changedAt < since - 60_000) violate("a call hangs", question)
          continue
        }
        cases.delete(question)
        check(question, one)
      }
    },
    count,
    violations,
    violate
  }
}

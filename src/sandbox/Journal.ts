/**
 * What really arrived, and what was really sent back.
 */
import * as Bounded from "./Bounded.ts"
import type { Step } from "./Protocol.ts"

/** One request as the server saw it. */
export interface Entry {
  readonly sequence: number
  readonly provider: string | undefined
  readonly method: string
  readonly path: string
  /** Lower-case names; keys are cut to their last four characters. */
  readonly headers: Readonly<Record<string, string>>
  /** The parsed JSON, the fields of a form, or the text when it is neither; undefined too once it was dropped to save memory. */
  readonly body: unknown
  readonly requestId: string | undefined
  /** What it is to a picture; undefined for all that isn't about one. */
  readonly step: Step | undefined
  /** True when it is on the bill. */
  readonly charged: boolean
  /** The job that it made, whether or not the client was told: the vendor will do its work and charge for it. */
  readonly job: string | undefined
  /** Undefined until a status line was sent. */
  readonly status: number | undefined
  /** Body bytes handed to the socket. */
  readonly bytesSent: number
  /** Whole server-sent events handed to the socket. */
  readonly eventsSent: number
  /** True when the client closed before the answer was complete. */
  readonly clientClosed: boolean
  /** True when the whole answer was sent. */
  readonly finished: boolean
  /** True when the server is done with the request, whatever the outcome. */
  readonly ended: boolean
  /** Requests under way when this one arrived, itself included. */
  readonly concurrency: number
  /** True when a scripted fault was played on it. */
  readonly faulted: boolean
  /** True while a scripted delay, stall or pace holds the answer; `advance` can end it. */
  readonly waiting: boolean
  /** A bug of the sandbox itself, which answered 500. */
  readonly defect: string | undefined
  /** Milliseconds since 1970, by the sandbox's clock. */
  readonly startedAt: number
  readonly endedAt: number | undefined
}

/** An entry that is still being written. */
export type Draft = { -readonly [K in keyof Entry]: Entry[K] }

export interface Journal {
  readonly open: (arrival: Pick<Entry, "method" | "path" | "headers" | "startedAt">) => Draft
  /** Keeps a request's body; beyond 128 MB of them the oldest are dropped. */
  readonly keepBody: (draft: Draft, body: unknown, size: number) => void
  /** Says that an entry has changed. */
  readonly changed: () => void
  readonly close: (draft: Draft, at: number) => void
  readonly all: () => ReadonlyArray<Entry>
  readonly clear: () => void
  readonly subscribe: (listener: () => void) => () => void
}

const redacted = /^(authorization|proxy-authorization|cookie|x-key|.*(api-?key|token|secret))$/

export const isCredential = (header: string): boolean => redacted.test(header)

/** Keeps the scheme and the last four characters of a credential. */
export const redact = (name: string, value: string): string => {
  if (!isCredential(name)) return value
  const scheme = /^\S+ (?=\S)/.exec(value)?.[0] ?? ""
  const secret = value.slice(scheme.length)
  return `${scheme}***${secret.length > 8 ? secret.slice(-4) : ""}`
}

const bodyBudget = 128 * 1024 * 1024

export const make = (capacity: number): Journal => {
  const entries = Bounded.list<Draft>(capacity)
  const listeners = new Set<() => void>()
  let bodies: Array<{ readonly draft: Draft; readonly size: number }> = []
  let bodySize = 0
  let sequence = 0
  let underWay = 0
  const changed = () => {
    for (const listener of listeners) listener()
  }
  return {
    open: (arrival) => {
      underWay++
      const draft: Draft = {
        ...arrival,
        headers: Object.fromEntries(
          Object.entries(arrival.headers).map(([name, value]) => [name, redact(name, value)])
        ),
        sequence: sequence++,
        provider: undefined,
        body: undefined,
        requestId: undefined,
        step: undefined,
        charged: false,
        job: undefined,
        status: undefined,
        bytesSent: 0,
        eventsSent: 0,
        clientClosed: false,
        finished: false,
        ended: false,
        concurrency: underWay,
        faulted: false,
        waiting: false,
        defect: undefined,
        endedAt: undefined
      }
      entries.add(draft)
      changed()
      return draft
    },
    keepBody: (draft, body, size) => {
      draft.body = body
      bodies.push({ draft, size })
      bodySize += size
      // Those of entries that are forgotten.
      if (bodies.length >= capacity * 2) {
        for (const old of bodies.splice(0, bodies.length - capacity)) bodySize -= old.size
      }
      while (bodySize > bodyBudget) {
        const oldest = bodies.shift()
        if (oldest === undefined) break
        oldest.draft.body = undefined
        bodySize -= oldest.size
      }
    },
    changed,
    close: (draft, at) => {
      if (draft.ended) return
      underWay--
      draft.ended = true
      draft.endedAt = at
      changed()
    },
    all: () => entries.all().map((draft): Entry => Object.assign({}, draft)),
    clear: () => {
      entries.clear()
      bodies = []
      bodySize = 0
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    }
  }
}

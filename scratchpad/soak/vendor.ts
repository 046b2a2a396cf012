/**
 * Both vendors, in a process of their own so that the memory that is measured is Loom's: faults fall on their requests at
 * random, and what arrived and was charged is told to whoever asks, once.
 */
import { Effect, Schedule } from "effect"
import { type BillEntry, type Fault, type JournalEntry, make } from "loom-router/sandbox"
import { type Dice, dice } from "./dice.ts"

/** A request that is over. */
export interface Seen {
  readonly requestId: string | undefined
  /** What the request asks, by the mark in its prompt. */
  readonly question: string
  readonly status: number | undefined
  /** The whole reply was sent. */
  readonly isWhole: boolean
  readonly defect: string | undefined
}

export interface Charged {
  readonly requestId: string
  readonly picoUsd: bigint
  readonly isWhole: boolean
}

/** What happened since the last time somebody asked. */
export interface News {
  readonly seen: ReadonlyArray<Seen>
  readonly charged: ReadonlyArray<Charged>
  /** Requests that were forgotten before they could be told. */
  readonly lost: number
  /** Questions that are being answered, or whose end wasn't noticed yet. */
  readonly underWay: ReadonlyArray<string>
  readonly heap: number
}

const history = 10_000
/** Of all requests, about. */
const faulty = 0.2
/** More than arrive until the next are laid ready. */
const ready = 200

/** The rows of the fault table that a vendor can play, each as often as the others. */
const faultOf = ({ below, chance, pick }: Dice): Fault => {
  const status = (status: number, headers?: Readonly<Record<string, string>>, billed = false): Fault => ({
    respond: { status, ...(headers === undefined ? {} : { headers }) },
    billed
  })
  const answer = (body: string, contentType = "application/json"): Fault => ({
    respond: { status: 200, body, contentType },
    billed: chance(0.5)
  })
  const events = below(12)
  return pick<() => Fault>([
    () => status(429, { "retry-after-ms": String(below(40)) }),
    () => status(429, { "retry-after": pick(["0", "-1", "soon", new Date().toUTCString()]) }),
    // Each of these opens a circuit by itself.
    () =>
      chance(0.9) ? {} : chance(0.5)
        ? { respond: { status: 429, code: "insufficient_quota" } }
        : status(429, { "retry-after": "2" }),
    () => status(500),
    () => status(503),
    () => status(529),
    () => status(502, undefined, chance(0.5)),
    () => status(504, undefined, chance(0.5)),
    () => status(pick([400, 401, 403, 404, 422])),
    () => ({ delayMillis: below(300) }),
    () => ({ hang: true, billed: chance(0.5) }),
    () => ({ reset: true, billed: chance(0.5) }),
    () => answer("<html>down</html>", "text/html"),
    () => answer(""),
    () => answer("{\"id\":"),
    () => answer("[1,2]"),
    () => ({ hugeBodyMegabytes: 3 }),
    () => ({ gzipBombMegabytes: 3 }),
    () => ({ raw: { text: "HTTP/1.1 200 OK\r\ncontent-", ending: pick(["close", "reset"]) } }),
    () => ({ informational: [102, 103] }),
    () => ({ cut: { afterEvents: events } }),
    () => ({ cut: { afterBytes: below(2000) } }),
    () => ({ cut: { afterEvents: events, clean: true } }),
    () => ({ stall: { afterEvents: events } }),
    () => ({ stall: { afterEvents: events, forMillis: below(200) } }),
    () => ({ fail: { afterEvents: events, as: pick(["error", "failed"]) } }),
    () => ({ drop: [pick(["terminal", "finish", "usage", "done"])] }),
    () => ({ insert: [{ afterEvents: events, text: pick([": comment\n\n", "data: {nonsense\n\n", "retry: 5\n\n"]) }] }),
    () => ({ comments: true, crlf: true, noLastNewline: true, chunks: { sizes: [1, 7, 64] } }),
    () => ({ duplicate: [events] }),
    () => ({ closeAfter: true }),
    () => ({ eventDelayMillis: 5 })
  ])()
}

const markIn = (body: unknown): string => /#([\w-]+)#/.exec(JSON.stringify(body) ?? "")?.[1] ?? ""

const serve = Effect.gen(function*() {
  const sandbox = yield* make({ seed: process.argv[2], history })
  const roll = dice(Number(process.argv[2]))
  const charges = new WeakSet<BillEntry>()
  const told = new Set<number>()
  /** All before it were told, or lost. */
  let next = 0
  let lost = 0

  const news = Effect.gen(function*() {
    const journal = yield* sandbox.journal
    const from = journal[0]?.sequence ?? next
    for (; next < from; next++) if (!told.delete(next)) lost++
    const seen = journal.filter(({ ended, sequence }) => ended && sequence >= next && !told.has(sequence))
    for (const { sequence } of seen) told.add(sequence)
    while (told.delete(next)) next++
    const bill = (yield* sandbox.bill).filter((entry) => !charges.has(entry))
    for (const entry of bill) charges.add(entry)
    globalThis.gc?.()
    const news: News = {
      seen: seen.map(({ body, defect, finished, requestId, status }: JournalEntry) => ({
        requestId,
        question: markIn(body),
        status,
        isWhole: finished,
        defect
      })),
      charged: bill.map(({ amount, complete, requestId }) => ({ requestId, picoUsd: amount, isWhole: complete })),
      lost,
      underWay: journal.flatMap(({ body, ended }) => ended ? [] : [markIn(body)]),
      heap: process.memoryUsage().heapUsed
    }
    process.send?.(news)
  })

  /** Every request takes the next of these, most of which do nothing. */
  const strike = Effect.gen(function*() {
    const { length } = yield* sandbox.pendingFaults
    const faults = Array.from({ length: Math.max(0, ready - length) }, () => roll.chance(faulty) ? faultOf(roll) : {})
    yield* sandbox.script(...faults)
  })

  const context = yield* Effect.context()
  process.on("message", () => void Effect.runPromiseWith(context)(news))
  // Ctrl-C reaches both processes; this one ends with the other.
  process.on("SIGINT", () => undefined)
  process.on("disconnect", () => process.exit())
  process.send?.({ openai: sandbox.baseUrl("openai"), anthropic: sandbox.baseUrl("anthropic") })
  yield* Effect.repeat(strike, Schedule.spaced("20 millis"))
})

if (process.send !== undefined) await Effect.runPromise(Effect.scoped(serve))

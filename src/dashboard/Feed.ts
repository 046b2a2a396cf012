/**
 * What is recorded, as it is recorded: a stream of server-sent events for each page that is open.
 *
 * Each looks for itself, by the number of the last record that it was sent: so nothing is missed, whoever recorded it,
 * and a page that comes back goes on where it was.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type * as Figures from "../Figures.ts"
import type { Stats } from "../Stats.ts"
import type { About } from "./Answers.ts"
import type { BatchFigures } from "./BatchFigures.ts"

/** Records that are sent one by one at most. Who missed more asks anew. */
const most = 1000
/** Of which the newest are sent nevertheless. */
const newest = 200

const heartbeat = "15 seconds"
const pollCalls = "250 millis"
const pollCircuits = "1 second"
const pollBatches = "250 millis"
/** After the log couldn't be read. */
const patience = "1 second"

type Event = string

const event = (name: string, data: unknown, id?: number): Event =>
  `${id === undefined ? "" : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`

/** The events after the record with the number `after`; from now on where it isn't given. */
export const events = (
  stats: Stats["Service"],
  batchFigures: BatchFigures["Service"],
  about: About,
  after: number | undefined
): Stream.Stream<Event> => {
  let seq = after ?? 0
  let lastChange = 0

  const hello = Effect.gen(function*() {
    const lastSeq = yield* stats.lastSeq
    seq = after ?? lastSeq
    lastChange = (yield* stats.circuitChanges(0)).lastSeq
    const now = yield* Clock.currentTimeMillis
    return `retry: 2000\n${event("hello", { version: about.version, now, lastSeq: seq }, seq)}`
  })

  const calls = Effect.gen(function*() {
    const lastSeq = yield* stats.lastSeq
    if (lastSeq === seq) return []
    const missed = lastSeq - seq
    if (missed > 0 && missed <= most) return yield* told(yield* stats.after(seq, most))
    // Too many, or another log than the one that was followed.
    seq = Math.max(0, lastSeq - newest)
    return [event("gap", { missed: Math.max(0, missed) }), ...yield* told(yield* stats.after(seq, newest))]
  })

  const told = (rows: ReadonlyArray<Figures.RequestRow>): Effect.Effect<ReadonlyArray<Event>> =>
    Effect.map(about.inFlight, (inFlight) => {
      const last = rows.at(-1)
      if (last === undefined) return []
      seq = last.seq
      return [event("calls", { rows: rows.toReversed(), inFlight: inFlight ?? null }, seq)]
    })

  const circuits = Effect.gen(function*() {
    const { incidents, lastSeq } = yield* stats.circuitChanges(lastChange)
    lastChange = lastSeq
    return incidents.length === 0 ? [] : [event("circuits", { incidents })]
  })

  let version: string | undefined
  const batches = Effect.map(batchFigures.version, (now) => {
    // Told at first too: what changed while somebody came isn't missed.
    if (version === now) return []
    version = now
    return [event("batches", { version: now })]
  })

  // Something is sent at once, so that whoever waits knows that somebody is there.
  return Stream.succeed(": open\n\n").pipe(
    Stream.concat(Stream.orDie(Stream.fromEffect(Effect.retry(hello, Schedule.spaced(patience))))),
    Stream.concat(Stream.mergeAll([
      repeated(calls, pollCalls),
      repeated(circuits, pollCircuits),
      repeated(batches, pollBatches),
      Stream.map(Stream.fromSchedule(Schedule.spaced(heartbeat)), () => ": ping\n\n")
    ], { concurrency: "unbounded" }))
  )
}

/** Again and again, also after a failure. */
const repeated = (
  look: Effect.Effect<ReadonlyArray<Event>, unknown>,
  pause: "250 millis" | "1 second"
): Stream.Stream<Event> =>
  Stream.fromEffectRepeat(
    look.pipe(
      Effect.catch(() => Effect.as(Effect.sleep(patience), [])),
      // Before it looks, so that what it sees is told at once.
      Effect.delay(pause)
    )
  ).pipe(Stream.flattenIterable)

/**
 * `loom batch wait`
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Batch from "../Batch.ts"
import * as Loom from "../Loom.ts"
import { told } from "./BatchFailure.ts"
import * as BatchSheet from "./BatchSheet.ts"
import * as Failure from "./Failure.ts"
import * as Format from "./Format.ts"
import { Output } from "./Output.ts"

interface Asked {
  readonly id: string
  readonly poll: Duration.Duration
  readonly timeout: Duration.Duration | undefined
  /** What has no answer at the timeout is asked as calls. */
  readonly live: boolean
  readonly quiet: boolean
}

/** How it stood, and when. */
interface Look {
  readonly snapshot: Batch.Snapshot
  readonly at: number
}

const width = 24

/** `412/500 done · 3 failed · 41 m 07 s · next check 18 s   ████░░` */
const progressOf = ({ at, snapshot }: Look, now: number, poll: number): string => {
  const { counts, createdAt, done, id, jobs, status } = snapshot
  const failed = Math.max(counts.total - counts.open - counts.succeeded, jobs.reduce((sum, job) => sum + job.failed, 0))
  const filled = counts.total === 0 ? 0 : Math.round(width * done / counts.total)
  return [
    id,
    ...(status === "running" ? [] : [status]),
    `${Format.count(done)}/${Format.count(counts.total)} done`,
    ...(failed > 0 ? [`${Format.count(failed)} failed`] : []),
    Format.duration(Math.max(1000, now - createdAt)),
    `next check ${Math.max(0, Math.ceil((at + poll - now) / 1000))} s`
  ].join(" · ") + `   ${"█".repeat(filled)}${"░".repeat(width - filled)}`
}

/** Shows how it goes until it is interrupted: what stands in a vendor's way once, the rest again and again. */
const showing = Effect.fnUntraced(function*(latest: () => Look | undefined, poll: number) {
  const output = yield* Output
  const said = new Map<string, string>()
  while (true) {
    const look = latest()
    for (const { id, problem, provider } of look?.snapshot.jobs ?? []) {
      if (problem === undefined || said.get(id) === problem) continue
      said.set(id, problem)
      yield* output.redraw("")
      yield* output.note(`note: ${Failure.tame(`${provider}: ${problem}`)}`)
    }
    if (look !== undefined) yield* output.redraw(Failure.tame(progressOf(look, yield* Clock.currentTimeMillis, poll)))
    yield* Effect.sleep(look === undefined ? "50 millis" : "1 second")
  }
})

export const wait = Effect.fnUntraced(function*({ id, live, poll, quiet, timeout }: Asked) {
  const output = yield* Output
  const clock = yield* Clock.Clock
  const batch = yield* Effect.mapError(Loom.batch(id), told())
  let latest: Look | undefined
  const waiting = batch.wait({
    pollInterval: poll,
    timeout,
    atTimeout: live ? "live" : "fail",
    onProgress: (snapshot) => {
      latest = { snapshot, at: clock.currentTimeMillisUnsafe() }
    }
  })
  const shown = quiet ? waiting : Effect.scoped(
    Effect.andThen(Effect.forkScoped(showing(() => latest, Duration.toMillis(poll))), waiting)
  )
  const ended = yield* shown.pipe(
    Effect.ensuring(Effect.ignore(output.redraw(""))),
    Effect.mapError(told()),
    Effect.onInterrupt(() =>
      quiet
        ? Effect.void
        : Effect.ignore(output.note(`the batch goes on at its vendors; resume: loom batch wait ${id}`))
    )
  )
  yield* output.json
    ? output.document(BatchSheet.Document, BatchSheet.documentOf(ended))
    : quiet
    ? Effect.void
    : output.line(BatchSheet.summaryOf(ended))
  if (!quiet && !output.json) {
    yield* output.note(output.err.dim(`  results: loom batch results ${id} > results.jsonl`))
  }
  if (BatchSheet.isLacking(ended)) return yield* Failure.told(Failure.exitCodes.rows)
})

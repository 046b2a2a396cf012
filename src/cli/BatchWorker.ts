/**
 * `loom batch worker`: every open batch is a workflow, whose steps and waits are written down.
 */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as ClusterWorkflowEngine from "effect/cluster/ClusterWorkflowEngine"
import * as SingleRunner from "effect/cluster/SingleRunner"
import * as Activity from "effect/workflow/Activity"
import * as DurableClock from "effect/workflow/DurableClock"
import { dirname, join } from "node:path"
import type * as Batch from "../Batch.ts"
import * as Loom from "../Loom.ts"
import * as FileLock from "../storage/FileLock.ts"
import * as NodeSqlite from "../storage/NodeSqlite.ts"
import { told } from "./BatchFailure.ts"
import * as BatchSheet from "./BatchSheet.ts"
import { forget, Leg, storageOf } from "./BatchWorkflow.ts"
import * as Failure from "./Failure.ts"
import { Output } from "./Output.ts"
import * as Settings from "./Settings.ts"

interface Asked {
  readonly poll: Duration.Duration
  readonly concurrency: number
  readonly watch: boolean
  readonly quiet: boolean
}

/** In a {@link Leg}. */
const looks = 30

/** Batches that may be open at once. */
const most = 1000

const listed = Effect.mapError(Loom.batches({ limit: most }), told())
const open = Effect.map(listed, (batches) => batches.filter(({ status }) => status !== "ended"))

/** The workflow over its own database. */
const engineOf = (path: string, poll: Duration.Duration) =>
  ClusterWorkflowEngine.layer.pipe(
    Layer.provideMerge(SingleRunner.layer({
      runnerStorage: "memory",
      shardingConfig: {
        // When it is looked whether a wait is over.
        entityMessagePollInterval: Duration.clamp(Duration.times(poll, 0.5), {
          minimum: Duration.millis(100),
          maximum: Duration.seconds(5)
        })
      }
    })),
    Layer.provide([NodeSqlite.layer({ path, writable: true }), NodeCrypto.layer]),
    Layer.orDie
  )

/** Looks after a batch once, whatever is due; tells whether it has ended. */
const lookAt = Effect.fnUntraced(function*(
  id: string,
  tell: (look: Batch.Snapshot) => Effect.Effect<void>,
  note: (text: string) => Effect.Effect<void>
) {
  const looked = yield* Effect.result(Effect.flatMap(Loom.batch(id), ({ poll }) => poll))
  if (looked._tag === "Success") {
    yield* tell(looked.success)
    return looked.success.status === "ended"
  }
  const { reason } = looked.failure
  yield* note(`${id}: ${reason.what}: ${reason.why}`)
  return reason._tag === "UnknownBatch"
})

export const work = Effect.fnUntraced(function*({ concurrency, poll, quiet, watch }: Asked) {
  const output = yield* Output
  const context = yield* Effect.context()
  const permits = yield* Semaphore.make(concurrency)
  const said = new Map<string, string>()
  const note = (text: string) => quiet ? Effect.void : Effect.ignore(output.note(`note: ${Failure.tame(text)}`))

  const tell = (look: Batch.Snapshot) =>
    Effect.gen(function*() {
      for (const { id, problem, provider } of look.jobs) {
        if (problem === undefined || said.get(id) === problem) continue
        said.set(id, problem)
        yield* note(`${look.id}: ${provider}: ${problem}`)
      }
      if (look.status !== "ended") return
      yield* output.json
        ? output.document(BatchSheet.Document, BatchSheet.documentOf(look))
        : quiet
        ? output.line(look.id)
        : output.line(BatchSheet.summaryOf(look))
    }).pipe(Effect.ignore)

  const leg = Leg.toLayer(Effect.fnUntraced(function*({ id }) {
    for (let n = 1; n <= looks; n++) {
      const hasEnded = yield* Activity.make({
        name: `look-${n}`,
        success: Schema.Boolean,
        execute: permits.withPermit(lookAt(id, tell, note)).pipe(Effect.provideContext(context))
      })
      if (hasEnded) return true
      yield* DurableClock.sleep({ name: `wait-${n}`, duration: poll, inMemoryThreshold: 0 })
    }
    return false
  }))

  const drive = Effect.fnUntraced(function*(batch: Batch.Snapshot) {
    const { createdAt, id } = batch
    let hasEnded = false
    for (let leg = 0; !hasEnded; leg++) hasEnded = yield* Leg.execute({ id, createdAt, leg })
    yield* forget(batch)
  })

  const isOver = watch ? Effect.succeed(false) : Effect.map(open, ({ length }) => length === 0)
  if (yield* isOver) return
  // What it has done, and when it is to do what next.
  const path = join(dirname(yield* Settings.batchesPath), "worker.db")
  const fileSystem = yield* FileSystem.FileSystem
  yield* fileSystem.makeDirectory(dirname(path), { recursive: true, mode: 0o700 })
  const pause = Effect.sleep(Duration.min(poll, Duration.seconds(1)))

  const driving = new Set<string>()
  const all = Effect.scoped(Effect.gen(function*() {
    while (true) {
      if (driving.size === 0 && (yield* isOver)) return
      for (const batch of yield* open) {
        if (driving.has(batch.id)) continue
        driving.add(batch.id)
        yield* Effect.forkScoped(Effect.ensuring(drive(batch), Effect.sync(() => driving.delete(batch.id))))
      }
      yield* pause
    }
  }))
  // What has ended elsewhere meanwhile.
  const sweep = Effect.flatMap(
    listed,
    (batches) => Effect.forEach(batches.filter(({ status }) => status === "ended"), forget, { discard: true })
  )

  return yield* Effect.gen(function*() {
    const hasTurn = yield* FileLock.make(`${path}.lock`)
    for (let isFirst = true; !(yield* hasTurn); isFirst = false) {
      if (yield* isOver) return
      if (isFirst) yield* note("another worker is at it: this one goes on when that has ended")
      yield* pause
    }
    yield* Effect.provide(sweep, storageOf(path))
    return yield* Effect.provide(all, leg.pipe(Layer.provideMerge(engineOf(path, poll))))
  }).pipe(
    Effect.scoped,
    Effect.onInterrupt(() =>
      quiet ? Effect.void : Effect.ignore(output.note("batches go on at their vendors; resume: loom batch worker"))
    )
  )
})

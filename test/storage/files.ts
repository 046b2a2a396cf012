import { NodeServices } from "@effect/platform-node"
import { Effect, FileSystem, Layer, Path } from "effect"
import { DatabaseSync } from "node:sqlite"
import * as CallLog from "../../src/CallLog.ts"

/** A path in a folder that goes with the scope. */
export const tempPath = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  return path.join(yield* fs.makeTempDirectoryScoped({ prefix: "loom-" }), "calls.db")
}).pipe(Effect.provide(NodeServices.layer))

/** A connection of the test's own. */
export const connect = (path: string, options: { readonly readOnly?: boolean } = {}) =>
  Effect.acquireRelease(
    // What was written is told before the log tidies up, which takes the lock once more.
    Effect.sync(() => new DatabaseSync(path, { timeout: 5000, ...options })),
    (db) => Effect.sync(() => db.close())
  )

/** Runs an effect with a log at a path, to the log's end. */
export const withLog =
  (path: string, options: CallLog.SqliteOptions = {}) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.provide(effect, Layer.fresh(CallLog.layerSqlite({ path, ...options })))

/** Writes records and closes the log. */
export const keep = (path: string, records: ReadonlyArray<Parameters<CallLog.CallLog["offer"]>[0]>) =>
  Effect.gen(function*() {
    const log = yield* CallLog.CurrentCallLog
    for (const record of records) {
      if ((yield* log.stats).queued >= 9000) yield* log.flush
      log.offer(record)
    }
    yield* log.flush
    return yield* log.stats
  }).pipe(withLog(path))

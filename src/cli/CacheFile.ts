/**
 * `loom cache stats` and `loom cache clear`
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SqliteCache from "../storage/SqliteCache.ts"
import * as Failure from "./Failure.ts"
import * as Format from "./Format.ts"
import { Output } from "./Output.ts"
import * as Progress from "./Progress.ts"
import * as Settings from "./Settings.ts"
import * as Table from "./Table.ts"

/** What `loom cache stats --json` prints. */
export const StatsDocument = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  path: Schema.String,
  entries: Schema.Natural,
  /** What they take in the file, about. */
  bytes: Schema.Natural,
  /** When the oldest was stored, in UTC. */
  oldest: Schema.UndefinedOr(Schema.String)
})

/** What `loom cache clear --json` prints. */
export const ClearDocument = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  path: Schema.String,
  /** How many entries there were. */
  removed: Schema.Natural
})

/** Asks the cache at its place. */
const ask = <A>(
  verb: "read" | "cleared",
  question: (cache: SqliteCache.SqliteCache) => Effect.Effect<A, SqliteCache.CacheStoreError>
) =>
  Effect.gen(function*() {
    const path = yield* Settings.cachePath
    const answer = yield* Effect.acquireUseRelease(
      Effect.sync(() => SqliteCache.make({ path })),
      question,
      ({ close }) => close
    ).pipe(Effect.mapError(({ detail, fix, kind }) => {
      const isBusy = kind === "busy"
      return new Failure.Failure({
        ...Failure.failed("CacheStoreError", {
          what: `the cache can't be ${verb}`,
          why: detail,
          fix: isBusy ? "try again: another process is writing" : fix
        }),
        ...(isBusy ? { retryable: true, exitCode: Failure.exitCodes.transient } : undefined)
      })
    }))
    return { path, answer }
  })

export const stats = Effect.gen(function*() {
  const output = yield* Output
  const { answer: { bytes, entries, oldest: at }, path } = yield* ask("read", ({ stats }) => stats)
  const oldest = at === undefined ? undefined : Option.getOrUndefined(DateTime.make(at))
  yield* output.json
    ? output.document(StatsDocument, {
      schemaVersion: 1,
      path,
      entries,
      bytes,
      oldest: oldest === undefined ? undefined : DateTime.formatIso(oldest)
    })
    : output.line(Table.sheet([
      ["entries", Format.count(entries)],
      ["size", Format.bytes(bytes)],
      ["oldest", oldest === undefined ? "—" : `${DateTime.formatIso(oldest).slice(0, 16).replace("T", " ")} UTC`],
      ["path", path]
    ], output.out))
})

export const clear = Effect.fnUntraced(function*(quiet: boolean) {
  const output = yield* Output
  const { answer: removed, path } = yield* Progress.during(
    { what: "forgetting what is kept", quiet },
    () => ask("cleared", ({ clear }) => clear)
  )
  if (output.json) return yield* output.document(ClearDocument, { schemaVersion: 1, path, removed })
  yield* output.line(
    quiet ? String(removed) : `removed ${Format.count(removed)} ${removed === 1 ? "entry" : "entries"} from ${path}`
  )
})

/**
 * A lock that one process at a time has, whatever becomes of it: the system takes it back from one that is gone.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as NodeSqlite from "./NodeSqlite.ts"

/**
 * Gives what tries to take the lock, and tells whether this process has it: until the scope closes. The file is a database
 * of SQLite's, whose locks are the system's own.
 */
export const make = Effect.fnUntraced(
  function*(path: string): Effect.fn.Return<Effect.Effect<boolean>, never, Scope.Scope> {
    const sql = yield* Effect.provide(NodeSqlite.make({ path, writable: true, busyTimeout: 0 }), NodeSqlite.reactivity)
    return sql`BEGIN EXCLUSIVE`.pipe(
      Effect.as(true),
      Effect.catchIf(({ reason }) => reason._tag === "LockTimeoutError", () => Effect.succeed(false)),
      Effect.orDie
    )
  }
)

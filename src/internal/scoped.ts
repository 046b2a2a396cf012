/**
 * Scopes inside of scopes.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

/** Gives an effect a scope that lives on with the outer one, or is closed at once where it fails. */
export const scoped = <A, E, R>(open: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Scope.Scope> =>
  Effect.flatMap(Effect.scope, (outer) =>
    Effect.flatMap(Scope.fork(outer), (scope) =>
      Effect.onExit(
        Scope.provide(open, scope),
        (exit) => Exit.isFailure(exit) ? Scope.close(scope, exit) : Effect.void
      )))

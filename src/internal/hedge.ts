/**
 * Contestants that are started one after the other, of which the first to succeed wins.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"

/** Who may be asked, in order, and what becomes of them. */
export interface Course<C, A, E, R> {
  readonly ask: (contestant: C) => Effect.Effect<A, E, R>
  /** Takes note of a failure, and tells whether another one may do better. */
  readonly leadsOn: (contestant: C, error: E) => boolean
  /** Who is to be asked next. */
  readonly next: () => C | undefined
  /** The failure of all, of which this was the last. */
  readonly failure: (last: E) => E
}

/**
 * Asks `first`, and the next one beside it whenever the latest has had this many milliseconds or has failed. The first to
 * succeed wins; the others are interrupted, and have ended before it is given. What the winner holds is the caller's.
 */
export const race = <C, A, E, R>(
  course: Course<C, A, E, R>,
  first: C,
  after: number
): Effect.Effect<A, E, R> =>
  Effect.contextWith((context: Context.Context<R>) => {
    const outer = Context.getOption(context, Scope.Scope)
    return Effect.scoped(Effect.gen(function*() {
      const contest = yield* Effect.scope
      const decided = yield* Deferred.make<A, E>()
      let running = 0

      const startNext: Effect.Effect<boolean, never, R> = Effect.suspend(() => {
        const next = course.next()
        return next === undefined ? Effect.succeed(false) : Effect.as(start(next), true)
      })

      const start = (contestant: C): Effect.Effect<void, never, R> =>
        Effect.suspend(() => {
          running++
          return Effect.asVoid(Effect.forkIn(contend(contestant), contest, { startImmediately: true }))
        })

      const contend = (contestant: C) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.gen(function*() {
            const impatience = yield* Effect.forkIn(restore(Effect.delay(startNext, after)), contest, {
              startImmediately: true
            })
            const own = Scope.makeUnsafe()
            const exit = yield* Effect.exit(restore(Effect.provideService(course.ask(contestant), Scope.Scope, own)))
            running--
            yield* Fiber.interrupt(impatience)
            if (Exit.isSuccess(exit)) {
              const isWinner = yield* Deferred.done(decided, exit)
              return yield* isWinner && own.state._tag === "Open" && Option.isSome(outer)
                ? Scope.addFinalizerExit(outer.value, (exit) => Scope.close(own, exit))
                : Scope.close(own, Exit.void)
            }
            yield* Scope.close(own, exit)
            const error = Cause.findErrorOption(exit.cause)
            if (Option.isNone(error)) return yield* Deferred.failCause(decided, exit.cause)
            const isOver = !course.leadsOn(contestant, error.value) || !((yield* startNext) || running > 0)
            if (isOver) yield* Deferred.fail(decided, course.failure(error.value))
          })
        )

      yield* start(first)
      return yield* Deferred.await(decided)
    }))
  })

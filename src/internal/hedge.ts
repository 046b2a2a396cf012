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
 * Asks `first`, and the next one beside it whenever the latest has had this many milliseconds or one has failed. The first
 * to succeed wins; the others are interrupted, and have ended before it is given. What the winner holds is the caller's.
 *
 * Who fails in a way that doesn't lead on ends it for those that came after him, not for those before: they would have
 * been asked alone.
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
      const fibers: Array<Fiber.Fiber<void>> = []
      let started = 0
      let running = 0
      let end: { readonly number: number; readonly error: E } | undefined

      const startNext: Effect.Effect<void, never, R> = Effect.suspend(() => {
        const next = end === undefined ? course.next() : undefined
        return next === undefined ? Effect.void : start(next)
      })

      const start = (contestant: C): Effect.Effect<void, never, R> =>
        Effect.suspend(() => {
          const number = started++
          running++
          return Effect.map(
            Effect.forkIn(contend(contestant, number), contest, { startImmediately: true }),
            (fiber) => {
              fibers[number] = fiber
            }
          )
        })

      /** The last one to fail tells what the failure of all is. */
      const leave = (error: E) => --running === 0 ? Effect.asVoid(Deferred.fail(decided, error)) : Effect.void

      const contend = (contestant: C, number: number): Effect.Effect<void, never, R> =>
        Effect.uninterruptibleMask((restore) =>
          Effect.gen(function*() {
            const impatience = yield* Effect.forkIn(restore(Effect.delay(startNext, after)), contest, {
              startImmediately: true
            })
            const own = Scope.makeUnsafe()
            const exit = yield* Effect.exit(restore(Effect.provideService(course.ask(contestant), Scope.Scope, own)))
            yield* Fiber.interrupt(impatience)
            if (end !== undefined && end.number < number) {
              yield* Scope.close(own, exit)
              return yield* leave(end.error)
            }
            if (Exit.isSuccess(exit)) {
              const isWinner = yield* Deferred.done(decided, exit)
              return yield* isWinner && own.state._tag === "Open" && Option.isSome(outer)
                ? Scope.addFinalizerExit(outer.value, (exit) => Scope.close(own, exit))
                : Scope.close(own, Exit.void)
            }
            yield* Scope.close(own, exit)
            const error = Cause.findErrorOption(exit.cause)
            if (Option.isNone(error)) {
              yield* Deferred.failCause(decided, exit.cause)
              return
            }
            if (course.leadsOn(contestant, error.value)) yield* startNext
            else {
              end = { number, error: error.value }
              yield* Fiber.interruptAll(fibers.slice(number + 1))
            }
            yield* leave(end === undefined ? course.failure(error.value) : end.error)
          })
        )

      yield* start(first)
      return yield* Deferred.await(decided)
    }))
  })

/**
 * One stream read by many: each reads it from its beginning, at its own pace, and who comes late is not late.
 *
 * Nothing is pulled before a reader is at the end of what there is, so that the fastest one sets the pace. What was
 * pulled stays until the last reader has gone: as much as one answer may hold.
 */
import type * as Arr from "effect/Array"
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { GenerateError } from "../GenerateError.ts"
import type { Part } from "../Generation.ts"

export interface Replay {
  /** Waits until the stream is open, or fails as its opening did. */
  readonly opened: Effect.Effect<void, GenerateError>
  /** A reader of its own. */
  readonly reader: () => Pull.Pull<Arr.NonEmptyReadonlyArray<Part>, GenerateError>
}

/** Opens a stream in the current scope, for as many readers as will come. `onEnd` runs when nobody else may. */
export const make = Effect.fnUntraced(function*(
  open: Effect.Effect<Stream.Stream<Part, GenerateError>, GenerateError, Scope.Scope>,
  onEnd: Effect.Effect<void>
): Effect.fn.Return<Replay, never, Scope.Scope> {
  const opened = yield* Deferred.make<void, GenerateError>()
  const chunks: Array<Arr.NonEmptyReadonlyArray<Part>> = []
  let waiting = new Set<() => void>()
  let ended: Exit.Exit<never, GenerateError | Cause.Done> | undefined
  let wanted: (() => void) | undefined

  const demand = Effect.callback<void>((resume) => {
    if (waiting.size > 0) return resume(Effect.void)
    wanted = () => {
      wanted = undefined
      resume(Effect.void)
    }
    return undefined
  })
  const wake = () => {
    const awake = waiting
    waiting = new Set()
    for (const resume of awake) resume()
  }

  const pump = Effect.flatMap(Effect.flatMap(open, Stream.toPull), (pull) =>
    Effect.andThen(
      Deferred.succeed(opened, undefined),
      Effect.whileLoop({
        while: () => true,
        body: () => waiting.size > 0 ? pull : Effect.andThen(demand, pull),
        step: (chunk) => {
          chunks.push(chunk)
          wake()
        }
      })
    ))
  yield* Effect.forkScoped(
    Effect.onError(pump, (cause) => {
      ended = Exit.failCause(cause)
      Deferred.doneUnsafe(opened, Pull.doneExitFromCause(cause))
      wake()
      return onEnd
    }),
    { startImmediately: true }
  )

  return {
    opened: Deferred.await(opened),
    reader: () => {
      let at = 0
      const next: Pull.Pull<Arr.NonEmptyReadonlyArray<Part>, GenerateError> = Effect.suspend(() => {
        const chunk = chunks[at]
        if (chunk !== undefined) {
          at++
          return Effect.succeed(chunk)
        }
        if (ended !== undefined) return ended
        return Effect.callback((resume) => {
          const awake = () => resume(next)
          waiting.add(awake)
          wanted?.()
          return Effect.sync(() => waiting.delete(awake))
        })
      })
      return next
    }
  }
})

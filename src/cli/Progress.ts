/**
 * What a command is at, for who waits: on stderr, once it takes longer than a moment.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { PlatformError } from "effect/PlatformError"
import type * as Scope from "effect/Scope"
import * as Failure from "./Failure.ts"
import * as Format from "./Format.ts"
import { Output } from "./Output.ts"

/** How long nothing is said. */
export const Patience = Context.Reference<Duration.Input>("loom-router/cli/Progress/Patience", {
  defaultValue: () => "1 second"
})

export interface Progress {
  /** Says what it is at now: in place of what was said before, or on a line of its own where nothing can be redrawn. */
  readonly say: (text: string) => Effect.Effect<void, PlatformError>
  /** Takes the line away. Nothing is said any more. */
  readonly end: Effect.Effect<void>
}

const none: Progress = { say: () => Effect.void, end: Effect.void }

interface Options {
  /** Said until something else is. */
  readonly what: string
  readonly quiet: boolean
  /** Only on a terminal: where the answer's own words are soon to come. */
  readonly isTransient?: boolean | undefined
}

/** Begins to tell, until it is ended or the scope is. */
export const begin = Effect.fnUntraced(function*({ isTransient = false, quiet, what }: Options) {
  const output = yield* Output
  if (quiet || (isTransient && !output.canRedraw)) return none
  const patience = yield* Patience
  const from = yield* Clock.currentTimeMillis
  let latest = what
  let isShown = false

  const show = Effect.gen(function*() {
    const text = Failure.tame(latest)
    if (!output.canRedraw) return yield* output.note(output.err.dim(`  ${text}`))
    const elapsed = Format.duration(Math.max(1_000, (yield* Clock.currentTimeMillis) - from))
    yield* output.redraw(output.err.dim(`  ${text} · ${elapsed}`))
  })
  const first = Effect.suspend(() => {
    isShown = true
    return show
  })
  const isAtOnce = Duration.isZero(Duration.fromInputUnsafe(patience))
  if (isAtOnce) yield* first
  const ticking = Effect.gen(function*() {
    if (!isAtOnce) yield* Effect.delay(first, patience)
    while (output.canRedraw) {
      yield* Effect.sleep("1 second")
      yield* show
    }
  })
  const fiber = yield* Effect.forkScoped(Effect.ignore(ticking))
  const end = Effect.suspend(() => {
    const wasShown = isShown
    isShown = false
    return Effect.andThen(Fiber.interrupt(fiber), wasShown ? Effect.ignore(output.redraw("")) : Effect.void)
  })
  yield* Effect.addFinalizer(() => end)
  return {
    say: (text) =>
      Effect.suspend(() => {
        const isNew = text !== latest
        latest = text
        return isNew && isShown ? show : Effect.void
      }),
    end
  } satisfies Progress
})

/** Tells how work goes while it is done. */
export const during = <A, E, R>(
  options: Options,
  work: (say: Progress["say"]) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | PlatformError, Exclude<R, Scope.Scope> | Output> =>
  Effect.scoped(Effect.flatMap(begin(options), ({ say }) => work(say)))

/** Does something with each of several, up to eight at once, and tells how many are done. */
export const each = <A, B, E, R>(
  options: Options,
  all: ReadonlyArray<A>,
  work: (one: A) => Effect.Effect<B, E, R>
) =>
  during(options, (say) => {
    let done = 0
    return Effect.forEach(
      all,
      (one) => Effect.tap(work(one), () => Effect.ignore(say(`${options.what}: ${++done} of ${all.length}`))),
      { concurrency: 8 }
    )
  })

/**
 * A job that a vendor has accepted, until it is done: looked at again and again, never submitted again.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import type * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { GenerateError, Timeout } from "../GenerateError.ts"
import type { Request } from "../Request.ts"
import type * as Usage from "../Usage.ts"
import { failure, type Told, told } from "./failures.ts"

/** How a job is when it is looked at. */
export type Polled<A> =
  | {
    readonly state: "pending"
    /** In the vendor's words. */
    readonly status: string
    /** 0 to 1. */
    readonly fraction?: number | undefined
    readonly queuePosition?: number | undefined
  }
  | { readonly state: "done"; readonly value: A }
  /** It won't be done any more. */
  | ({ readonly state: "failed" } & Told)

export interface Job<A> {
  /** What it is found again by. */
  readonly id: string
  readonly poll: Effect.Effect<Polled<A>, GenerateError>
  /** Asks the vendor to leave it, where the vendor can. */
  readonly cancel?: Effect.Effect<unknown, GenerateError> | undefined
  /** The vendor's advice on how often to look: from the first wait up to the longest. */
  readonly interval: readonly [first: Duration.Input, longest: Duration.Input]
  /** After which it is given up. */
  readonly longest: Duration.Input
  /** What it is to make: what may be charged where it fails. */
  readonly usage?: Usage.Usage | undefined
}

/** The same failure, as one of a job that was accepted. */
const withJob = (error: GenerateError, { id }: Job<unknown>): GenerateError =>
  new GenerateError({ ...error, jobId: id, requestId: error.requestId ?? id })

/** Nobody knows how it ends: most probably it is done, and paid. */
const abandoned = (error: GenerateError, job: Job<unknown>): GenerateError => {
  const { usage } = job
  return withJob(
    usage === undefined ? error : new GenerateError({ ...error, usage: { ...usage, state: "estimated" } }),
    job
  )
}

/**
 * Waits for a job. It fails a little before the call's deadline, so that its error can tell which job it was. Who gives
 * up, or is interrupted, has the vendor leave it.
 */
export const wait = <A>(request: Request, key: Redacted.Redacted, job: Job<A>): Effect.Effect<A, GenerateError> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const longest = Duration.toMillis(Duration.fromInputUnsafe(job.longest))
    const left = request.call.deadline - now
    const own = Math.max(0, left - Math.min(300, left / 10))
    const phase = own < longest ? "deadline" : "attempt"
    const after = Math.min(own, longest)
    let isOver = false
    const over = (exit: Effect.Effect<A, GenerateError>) =>
      Effect.suspend(() => {
        isOver = true
        return exit
      })
    const polled = Effect.timeoutOrElse(looking(request, key, job, over), {
      duration: after,
      orElse: () =>
        Effect.fail(abandoned(failure(request, new Timeout({ phase, after: Duration.millis(Math.round(after)) })), job))
    })
    return Effect.onExit(polled, () => isOver ? Effect.void : leave(job))
  })

/** The one loop over a job. */
const looking = Effect.fnUntraced(function*<A>(
  request: Request,
  key: Redacted.Redacted,
  job: Job<A>,
  over: (exit: Effect.Effect<A, GenerateError>) => Effect.Effect<A, GenerateError>
): Effect.fn.Return<A, GenerateError> {
  const { model: { id: model, provider }, call: { progress } } = request
  const tell = (status: string, fraction?: number, queuePosition?: number) =>
    progress?.({ type: "progress", provider, model, status, fraction, queuePosition })
  tell("submitted")
  const next = yield* Schedule.toStepWithSleep(intervalOf(job))
  const look = Effect.mapError(Effect.retry(job.poll, again), (error) => abandoned(error, job))
  for (;;) {
    yield* Pull.catchDone(next(undefined), () => Effect.void)
    const polled = yield* look
    switch (polled.state) {
      case "pending":
        tell(polled.status, polled.fraction, polled.queuePosition)
        break
      case "done":
        return yield* over(Effect.succeed(polled.value))
      case "failed":
        return yield* over(Effect.fail(withJob(told(request, polled, { key, requestId: undefined }), job)))
    }
  }
})

const intervalOf = ({ interval: [first, longest] }: Job<unknown>): Schedule.Schedule<Duration.Duration> => {
  const most = Duration.fromInputUnsafe(longest)
  return Schedule.exponential(first, 1.5).pipe(
    Schedule.modifyDelay(({ duration }) => Effect.succeed(Duration.min(duration, most))),
    Schedule.jittered
  )
}

/** A look that fails says nothing of the job: so many in a row are forgiven. */
const again = {
  schedule: Schedule.exponential("500 millis").pipe(
    Schedule.setInputType<GenerateError>(),
    Schedule.jittered,
    Schedule.modifyDelay(({ duration, input }) =>
      Effect.succeed(input.retryAfter === undefined ? duration : Duration.max(duration, input.retryAfter))
    ),
    Schedule.upTo({ times: 5 })
  ),
  while: ({ reason }: GenerateError) => passing.has(reason._tag)
}

const passing: ReadonlySet<string> = new Set(["Network", "Timeout", "RateLimited", "Overloaded"])

const leave = ({ cancel }: Job<unknown>): Effect.Effect<void> =>
  cancel === undefined ? Effect.void : Effect.ignore(Effect.timeout(Effect.interruptible(cancel), "3 seconds"))

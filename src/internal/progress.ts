/**
 * What is heard of an image before it is there, in front of the stream that it then opens.
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { GenerateError } from "../GenerateError.ts"
import type { InterimPart, Part } from "../Generation.ts"

export interface Progress {
  /** Never waits: who reads slowly misses the older ones. */
  readonly take: (part: InterimPart) => void
  /** The stream that is opened, behind what is heard until then. */
  readonly before: (
    opening: Effect.Effect<Stream.Stream<Part, GenerateError>, GenerateError, Scope.Scope>
  ) => Effect.Effect<Stream.Stream<Part, GenerateError>, never, Scope.Scope>
}

/** Pictures may be among them. */
const capacity = 16

export const make: Effect.Effect<Progress> = Effect.map(
  Queue.sliding<InterimPart, Cause.Done>(capacity),
  (queue): Progress => ({
    take: (part) => void Queue.offerUnsafe(queue, part),
    before: (opening) =>
      Effect.map(
        Effect.forkScoped(Effect.ensuring(opening, Queue.end(queue)), { startImmediately: true }),
        (fiber) => Stream.concat(Stream.fromQueue(queue), Stream.unwrap(Fiber.join(fiber)))
      )
  })
)

/**
 * The end of a call's time: whatever isn't over by then fails.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { GenerateError, Partial as PartialAnswer, Timeout } from "../GenerateError.ts"
import type { Part } from "../Generation.ts"

/** Whose time it is. */
interface Asked {
  readonly provider?: string | undefined
  readonly model: string
}

/** Fails an effect that isn't over in as many milliseconds. */
export const within =
  (asked: Asked, timeout: number | undefined) =>
  <A>(effect: Effect.Effect<A, GenerateError>): Effect.Effect<A, GenerateError> =>
    timeout === undefined
      ? effect
      : timeout <= 0
      ? Effect.fail(late(asked, timeout))
      : Effect.timeoutOrElse(effect, { duration: timeout, orElse: () => Effect.fail(late(asked, timeout)) })

/** Fails a stream that isn't over in time: with what was shown of it, where something was. */
export const streamWithin =
  (asked: Asked, timeout: number | undefined) => (stream: Stream.Stream<Part, GenerateError>) =>
    timeout === undefined ? stream : timeout <= 0 ? Stream.fail(late(asked, timeout)) : Stream.suspend(() => {
      let text = ""
      return stream.pipe(
        Stream.mapArray((parts) => {
          for (const part of parts) if (part.type === "text-delta") text += part.delta
          return parts
        }),
        Stream.interruptWhen(
          Effect.flatMap(Effect.sleep(timeout), () => Effect.suspend(() => Effect.fail(late(asked, timeout, text))))
        )
      )
    })

const late = (asked: Asked, timeout: number, text = ""): GenerateError =>
  new GenerateError({
    provider: asked.provider ?? "",
    model: asked.model,
    reason: text === ""
      ? new Timeout({ phase: "deadline", ...(timeout > 0 ? { after: Duration.millis(timeout) } : undefined) })
      : new PartialAnswer({ text, detail: "the call's own deadline passed" })
  })

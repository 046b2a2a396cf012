/**
 * A vendor that makes texts and images, by adapters of their own.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Generator from "../Generator.ts"
import type * as Transport from "../Transport.ts"

type Make<Options> = (options?: Options) => Effect.Effect<Generator.Generator, never, Transport.Transport>

/** What makes texts, and what makes images, which is loaded when one is first asked for. */
export const withImages = <Options>(
  text: Make<Options>,
  load: () => Promise<{ readonly make: Make<Options> }>
): Make<Options> =>
  Effect.fnUntraced(function*(options?: Options) {
    const context = yield* Effect.context<Transport.Transport>()
    const texts = yield* text(options)
    let images: Generator.Generator | undefined
    const made = Effect.promise(load).pipe(
      Effect.flatMap(({ make }) => make(options)),
      // Made in the surroundings of its vendor alone, not in those of whoever asks first.
      Effect.updateContext((_: Context.Context<never>) => context),
      Effect.map((generator) => images ??= generator)
    )
    return Generator.withBatch(
      Generator.choose(({ modality }) => modality === "image" ? images ?? made : texts),
      texts.batch
    )
  })

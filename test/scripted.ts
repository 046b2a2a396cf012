/** Vendors that follow a script, and what two answers are compared by. */
import { Effect, type Scope, Stream } from "effect"
import { Response } from "effect/ai"
import { GenerateError, Generation, Generator, Model, Price, Request, Usage } from "loom-router"

/** A model that costs $1 a million tokens read, and $2 a million written. */
export const ada = Model.make({
  provider: "acme",
  id: "ada",
  prices: [Price.make({ rates: { input: 1_000_000, output: 2_000_000 } })]
})

export const asking = (options?: Parameters<typeof Request.fromPrompt>[1]): Effect.Effect<Request.Request> =>
  Request.fromPrompt("Say hello.", { model: ada, ...options })

export const answer = (
  text: string,
  rest?: Partial<Generation.Answered> & { readonly content?: ReadonlyArray<Generation.Content> }
): Generation.Generation =>
  Generation.make({
    provider: "acme",
    model: "ada",
    content: [Response.makePart("text", { text })],
    finishReason: "stop",
    usage: Usage.make({ inputUncached: 3, outputText: text.length }),
    requestId: undefined,
    native: undefined,
    ...rest
  })

export const failing = (
  reason: GenerateError.Reason,
  rest?: Partial<ConstructorParameters<typeof GenerateError.GenerateError>[0]>
): GenerateError.GenerateError => new GenerateError.GenerateError({ provider: "acme", model: "ada", reason, ...rest })

export const overloaded = failing(new GenerateError.Overloaded({ detail: "busy", maybeBilled: false }))
export const refused = failing(new GenerateError.InvalidRequest({ detail: "no", field: "temperature" }))

/** A vendor that does one thing after the other, then all of it again. */
export const scripted = (...script: ReadonlyArray<Generation.Generation | GenerateError.GenerateError>) => {
  let calls = 0
  return {
    calls: () => calls,
    generator: Generator.fake(() => script[calls++ % script.length]!)
  }
}

/** A vendor whose stream is given part by part: `generate` isn't there. */
export const streaming = (
  open: (
    request: Request.Request
  ) => Effect.Effect<
    Stream.Stream<Generation.Part, GenerateError.GenerateError>,
    GenerateError.GenerateError,
    Scope.Scope
  >
): Generator.Generator => Generator.make({ generate: () => Effect.die("not scripted"), open })

export const delta = (text: string): Generation.Part => Response.makePart("text-delta", { id: "0", delta: text })

/** Opens, reads to the end, and folds. */
export const fold = (
  generator: Generator.Generator,
  request: Request.Request
): Effect.Effect<Generation.Generation, GenerateError.GenerateError> =>
  Effect.flatMap(
    Effect.scoped(Effect.flatMap(generator.open(request), Stream.runCollect)),
    (parts) => {
      const generation = Generation.fromParts(parts)
      return generation === undefined ? Effect.die("the stream has no finish") : Effect.succeed(generation)
    }
  )

/** What answers are equal by: content, usage and finish reason, or the reason for none. */
export const seen = (
  run: Effect.Effect<Generation.Generation, GenerateError.GenerateError>
): Effect.Effect<unknown> =>
  Effect.match(run, {
    onFailure: ({ provider, reason }) => ({ provider, reason: { ...reason } }),
    onSuccess: ({ content, finishReason, usage }) => ({ content, finishReason, usage })
  })

/**
 * Several images of a vendor that makes one at a time: as many requests, each an attempt of its own, and one answer.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Cost from "../Cost.ts"
import type { GenerateError } from "../GenerateError.ts"
import * as Generation from "../Generation.ts"
import * as Generator from "../Generator.ts"
import type { Request } from "../Request.ts"
import * as Usage from "../Usage.ts"
import { refuse } from "./imageAsked.ts"

/** So many are asked for at most, and so many at once. */
const most = 10
const atOnce = 4

/**
 * Asks `n` times where `n` images are wanted, with a seed after the other. What is made is answered with: that some of
 * them failed is a warning, so that nothing is paid for twice.
 */
export const fanOut = (self: Generator.Generator): Generator.Generator => {
  const many = Generator.whole((request) => {
    const { n = 1, seed } = request.params
    if (n > most) return Effect.fail(refuse(request, "n", `${most} at most, and ${n} were asked for`))
    const pieces = Arr.makeBy(n, (index) => alone(request, seed === undefined ? undefined : seed + index))
    return Effect.flatMap(
      Effect.forEach(pieces, (piece) => Effect.result(self.generate(piece)), { concurrency: atOnce }),
      (results) => Effect.fromResult(together(results))
    )
  })
  const one = Generator.mapRequest(self, (request) => Effect.succeed(alone(request, request.params.seed)))
  return Generator.choose(({ params: { n = 1 } }) => n === 1 ? one : many)
}

const alone = (request: Request, seed: number | undefined): Request => ({
  ...request,
  params: { ...request.params, n: undefined, seed }
})

type Made = Result.Result<Generation.Generation, GenerateError>

const together = (results: Arr.NonEmptyReadonlyArray<Made>): Made => {
  const made = results.filter(Result.isSuccess).map(({ success }) => success)
  const [first, ...others] = made
  if (first === undefined) return results[0]
  const { content: _, images: __, text: ___, ...summary } = first
  const failed = results.filter(Result.isFailure).map(({ failure }) => failure)
  return Result.succeed(Generation.withContent({
    ...summary,
    usage: Usage.sum(made.map(({ usage }) => usage)),
    cost: Cost.merge([first.cost, ...others.map(({ cost }) => cost)]),
    warnings: [
      ...new Set(made.flatMap(({ warnings }) => warnings)),
      ...failed.map(({ reason, why }) => `an image wasn't made: ${reason._tag}, ${why}`)
    ],
    native: made.map(({ native }) => native)
  }, made.flatMap(({ content }) => content)))
}

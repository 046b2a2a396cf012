/**
 * Calls that wait for each other, as requests that a resolver sends through the batch endpoints.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as EffectRequest from "effect/Request"
import * as RequestResolver from "effect/RequestResolver"
import * as Stream from "effect/Stream"
import type * as Batch from "../Batch.ts"
import type { Options } from "../Batching.ts"
import * as Call from "../Call.ts"
import { GenerateError, InvalidRequest, Overloaded, Timeout } from "../GenerateError.ts"
import type { Generation } from "../Generation.ts"
import type { Engine } from "../Loom.ts"

type Asked = Parameters<Engine["generate"]>[0]

class Ask extends EffectRequest.TaggedClass("loom-router/Batching/Ask")<
  { readonly asked: Batch.Given },
  Generation,
  GenerateError
> {}

export const over = (loom: Engine, options: Options): Engine["generate"] => {
  const resolver = RequestResolver.make<Ask>((entries) => together(loom, options, entries)).pipe(
    RequestResolver.setDelay(options.window ?? "1 second"),
    RequestResolver.batchN(options.maxRows ?? 10_000)
  )
  return (asked) => generate(loom, options, resolver, asked)
}

const generate = Effect.fnUntraced(function*(
  loom: Engine,
  { unbatchable = "live" }: Options,
  resolver: RequestResolver.RequestResolver<Ask>,
  given: Asked
): Effect.fn.Return<Generation, GenerateError> {
  const { cache: _, coalesce: _1, failover: _2, maxAttempts: _3, retry: _4, timeout: _5, ...asked } = given
  const batches = yield* loom.batches
  const refused = yield* Effect.matchEffect(batches.check(asked), {
    onFailure: ({ reason }) => Effect.succeed(reason),
    onSuccess: () => Effect.undefined
  })
  if (refused === undefined) {
    const region = yield* Call.CurrentRegion
    const tags = { ...region?.tags, ...asked.tags }
    return yield* Effect.request(new Ask({ asked: { ...asked, tags } }), resolver)
  }
  if (unbatchable === "fail") return yield* errorOf(refused, asked)
  return yield* Effect.map(loom.generate(given), (generation) => ({
    ...generation,
    warnings: [...generation.warnings, `it was asked by itself and not in a batch: ${refused.why}`]
  }))
})

/** One batch for all of them. Whatever goes wrong with it, everybody is told. */
const together = (
  loom: Engine,
  options: Options,
  entries: ReadonlyArray<EffectRequest.Entry<Ask>>
): Effect.Effect<void> =>
  Effect.gen(function*() {
    const batches = yield* loom.batches
    const { tags } = options
    const handle = yield* batches.submit(entries.map(({ request }) => request.asked), { tags }, true)
    const { rows } = yield* handle.wait(options)
    yield* Stream.runForEach(rows, (row) =>
      Effect.sync(() => {
        const entry = entries[row.index]
        if (entry === undefined) return
        count(entry, row)
        entry.completeUnsafe(exitOf(row))
      }))
  }).pipe(
    // What it costs counts for each caller, not for the one who happened to be the first.
    Effect.provideService(Call.CurrentRegion, undefined),
    Effect.catch(({ reason }) =>
      Effect.sync(() => {
        for (const entry of entries) entry.completeUnsafe(Exit.fail(errorOf(reason, entry.request.asked)))
      })
    )
  )

const count = ({ context }: EffectRequest.Entry<Ask>, row: Batch.Row): void => {
  const attempts = row._tag === "Success"
    ? row.generation.attempts
    : row._tag === "Cancelled"
    ? []
    : row.error.attempts
  for (const tally of Context.get(context, Call.CurrentRegion)?.tallies ?? []) {
    tally.began()
    attempts.forEach(tally.attempted)
    if (row._tag === "Success") tally.saved(row.generation.saved.unknown ? undefined : row.generation.saved)
  }
}

const exitOf = (row: Batch.Row): Exit.Exit<Generation, GenerateError> => {
  switch (row._tag) {
    case "Success":
      return Exit.succeed(row.generation)
    case "Cancelled":
      return Exit.fail(
        new GenerateError({
          provider: row.provider,
          model: row.model,
          reason: new Overloaded({ detail: "the batch was cancelled", maybeBilled: false })
        })
      )
    default:
      return Exit.fail(row.error)
  }
}

/** What went wrong with a batch, as the error of a call in it. */
const errorOf = (reason: Batch.Reason, { model, provider = "" }: Batch.Given): GenerateError => {
  switch (reason._tag) {
    case "RowRefused":
    case "VendorFailed":
      return reason.error
    case "WaitedTooLong":
      return new GenerateError({ provider, model, reason: new Timeout({ phase: "deadline" }) })
    default:
      return new GenerateError({
        provider,
        model,
        reason: new InvalidRequest({ detail: `${reason.what}: ${reason.why}` })
      })
  }
}

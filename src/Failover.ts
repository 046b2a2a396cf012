/**
 * Who stands in for a model that can't be reached.
 *
 * @since 1.0.0
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Catalog from "./Catalog.ts"
import type { Model } from "./Model.ts"
import * as Router from "./Router.ts"

/**
 * Who stands in for a model that can't be reached:
 *
 * - `false`: nobody.
 * - `"same-model"`: the same model at other providers.
 * - `true`: these, then models of a like price and purpose (`Catalog.equivalents`), in that order.
 * - a list: the models it names, in this order.
 *
 * @category models
 * @since 1.0.0
 */
export type Failover = boolean | "same-model" | ReadonlyArray<string | Router.Choice>

/**
 * The schema of {@link Failover}, for the edges.
 *
 * @category schemas
 * @since 1.0.0
 */
export const Failover: Schema.Codec<Failover> = Schema.Union([
  Schema.Boolean,
  Schema.Literal("same-model"),
  Schema.Array(Schema.Union([Schema.NonEmptyString, Router.Choice]))
])

/**
 * The candidates that stand in for a model. Each gets the call without what only the first one's vendor understands; one
 * that can't do what is asked is skipped, and so is one that refuses its version of the request.
 *
 * @category constructors
 * @since 1.0.0
 */
export const standIns = (
  failover: Failover,
  asked: { readonly provider?: string | undefined; readonly model: string },
  asking: Router.Asking
): ReadonlyArray<Router.Candidate> => {
  const { call, catalog } = asking
  const resolved = Catalog.resolve(catalog, asked)
  if (Result.isFailure(resolved)) return []
  const first = resolved.success
  const named = typeof failover === "object"
    ? failover.map((one): Router.Choice => typeof one === "string" ? { model: one } : one)
    : failover === false
    ? []
    : Catalog.equivalents(catalog, first, { at: call.startedAt })
      .filter(({ kind }) => failover === true || kind === "same-model")
      .map(({ model, params }): Router.Choice => ({ provider: model.provider, model: model.id, params }))
  return named
    // To ask once more for the same is what a retry policy is for.
    .filter((choice) => choice.params !== undefined || !isSame(Catalog.resolve(catalog, choice), first))
    .map((choice) => Router.candidateFor(choice, asking, first))
}

const isSame = (found: ReturnType<typeof Catalog.resolve>, { id, provider, upstream }: Model): boolean =>
  Result.isSuccess(found) && found.success.provider === provider && found.success.id === id &&
  found.success.upstream === upstream

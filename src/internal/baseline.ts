/**
 * What the model that a route is measured by would have cost, had it given the same answer.
 */
import * as Cost from "../Cost.ts"
import type { Summary } from "../Generation.ts"
import type { Model } from "../Model.ts"
import * as Price from "../Price.ts"
import type { Usage } from "../Usage.ts"

type Answered = Pick<Summary, "cost" | "provider" | "region" | "serviceTier" | "usage">

/** Its list price at this time (epoch milliseconds), in 1e-12 USD. `isTiered`: the call itself asks for a service tier. */
export const listPriceOf = (baseline: Model, answered: Answered, at: number, isTiered: boolean): number | undefined => {
  const { provider, region, serviceTier } = answered
  const usage = asDrawnBy(baseline, answered, at)
  // Tiers and regions are words of their vendor's, which may not have them for every model.
  const alike = baseline.provider === provider
    ? Cost.list(baseline, usage, { at, serviceTier: isTiered ? serviceTier : undefined, region }).picoUsd
    : undefined
  return alike ?? Cost.list(baseline, usage, { at }).picoUsd
}

/** Each model has tokens of its own for the same picture: another one's price by the piece says more, where it has one. */
const asDrawnBy = (baseline: Model, { cost: { price }, usage }: Answered, at: number): Usage => {
  if (usage.imageOutput === 0 || usage.images.length === 0) return usage
  if (price?.provider === baseline.provider && price.model === baseline.id) return usage
  const { perImage = [] } = Price.at(baseline.prices, at) ?? {}
  return usage.images.every((image) => Price.forImage(perImage, image)?.exact === true)
    ? { ...usage, imageOutput: 0 }
    : usage
}

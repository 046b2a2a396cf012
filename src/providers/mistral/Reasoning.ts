/**
 * How much a Mistral model is told to think: not every model that thinks can be told, nor knows every effort.
 *
 * Read 2026-11-23 on docs.mistral.ai/inference/conversations/reasoning; a model that isn't known is told what was asked.
 */
import type * as Request from "../../Request.ts"

export interface Reasoning {
  readonly effort: Request.ReasoningEffort | undefined
  /** What isn't sent as it was asked, in words. */
  readonly warnings: ReadonlyArray<string>
}

type Efforts = Readonly<Partial<Record<Request.ReasoningEffort, Request.ReasoningEffort>>>

/** They think, or they don't. */
const allOrNothing: Efforts = { minimal: "high", low: "high", medium: "high", xhigh: "high", max: "high" }
const graded: Efforts = { minimal: "low", xhigh: "high", max: "high" }

const known: ReadonlyArray<readonly [models: RegExp, efforts: Efforts | undefined]> = [
  [/^mistral-(small-2603|medium-2604|medium-3[.-]5)$/, allOrNothing],
  [/^mistral-large-4/, graded],
  [/^magistral-/, undefined]
]

const order: ReadonlyArray<Request.ReasoningEffort> = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]

export const reasoningOf = ({ model, params: { reasoning } }: Request.Request): Reasoning => {
  if (reasoning === undefined) return { effort: undefined, warnings: [] }
  const found = known.find(([models]) => models.test(model.upstream))
  if (found === undefined) return { effort: reasoning, warnings: [] }
  const [, efforts] = found
  if (efforts === undefined) {
    return { effort: undefined, warnings: ["reasoning was dropped: the model always thinks, and as much as it likes"] }
  }
  const effort = efforts[reasoning] ?? reasoning
  if (effort === reasoning) return { effort, warnings: [] }
  const moved = order.indexOf(effort) > order.indexOf(reasoning) ? "raised" : "lowered"
  return {
    effort,
    warnings: [`reasoning was ${moved} from ${reasoning} to ${effort}, the nearest that the model knows`]
  }
}

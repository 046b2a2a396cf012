/**
 * How much a Claude model is told to think, which each generation of models has its own words for.
 *
 * Read 2026-11-23 on platform.claude.com. A model that isn't known is taken for one of the latest.
 */
import type Anthropic from "@anthropic-ai/sdk"
import type * as Prompt from "effect/ai/Prompt"
import type * as Request from "../../Request.ts"
import * as Wire from "./Wire.ts"

export interface Thinking {
  /** The vendor wants a limit. */
  readonly maxTokens: number
  readonly config: Anthropic.ThinkingConfigParam | undefined
  readonly effort: (typeof efforts)[keyof typeof efforts] | undefined
  /** What isn't sent as it was asked, in words. */
  readonly warnings: ReadonlyArray<string>
}

/** Models up to 4.5 think within a budget of tokens, later ones by an effort. */
const takesBudget = /^claude-(\w+-4(-[015])?|3-7-sonnet)(-\d{8})?$/
const alwaysThinks = /^claude-(fable|opus-5-5)/
const thinksBetweenTools = /^claude-sonnet-5-5/

const leastBudget = 1024
/** Room for the answer itself, where the caller sets no limit. */
const spare = 8192

const efforts = { minimal: "low", low: "low", medium: "medium", high: "high", xhigh: "xhigh", max: "max" } as const
const budgets = { minimal: 1024, low: 2048, medium: 8192, high: 16_384, xhigh: 24_576, max: 32_768 } as const

export const thinkingOf = ({ model, params, prompt, toolChoice }: Request.Request): Thinking => {
  const { maxOutputTokens, reasoning } = params
  const budget = reasoning === undefined || reasoning === "none" ? spare : budgets[reasoning]
  const maxTokens = maxOutputTokens ?? Math.min(model.maxOutput ?? Infinity, budget + spare)
  const told = (told: Partial<Thinking>): Thinking => ({
    maxTokens,
    config: undefined,
    effort: undefined,
    warnings: [],
    ...told
  })

  if (reasoning === undefined) return told({})
  if (reasoning === "none") {
    if (alwaysThinks.test(model.upstream)) {
      return told({ effort: "low", warnings: ["reasoning was raised from none to low: the model always thinks"] })
    }
    return told({ config: { type: thinksBetweenTools.test(model.upstream) ? "between_tools" : "disabled" } })
  }
  const isForced = typeof toolChoice === "object" || toolChoice === "required"
  const forced = "reasoning was dropped: the model doesn't think where it must call a tool"
  if (!takesBudget.test(model.upstream)) {
    const effort = efforts[reasoning]
    // To think of its own accord is what a model with an effort may do without being told.
    if (isForced) return told({ effort, warnings: [forced] })
    const raised = reasoning === effort
      ? []
      : [`reasoning was raised from ${reasoning} to ${effort}, the least there is`]
    return told({ config: { type: "adaptive" }, effort, warnings: raised })
  }
  if (isForced) return told({ warnings: [forced] })
  if (maxTokens <= leastBudget) {
    const detail = `the model thinks with at least ${leastBudget} tokens, and maxOutputTokens is ${maxTokens}`
    return told({ warnings: [`reasoning was dropped: ${detail}`] })
  }
  if (isThoughtless(prompt)) {
    return told({
      warnings: ["reasoning was dropped: the calls of tools before it came without the vendor's thoughts"]
    })
  }
  const room = Math.max(leastBudget, maxTokens - spare / 8)
  return told({ config: { type: "enabled", budget_tokens: Math.min(budget, room) } })
}

/** Within a budget, what a tool answered goes back only after the thought that led to its call. */
const isThoughtless = ({ content }: Prompt.Prompt): boolean => {
  const last = content.findLast((message) => message.role === "assistant")
  if (last?.role !== "assistant") return false
  const [first] = last.content
  return last.content.some((part) => part.type === "tool-call" && !part.providerExecuted)
    && !(first?.type === "reasoning" && Wire.isSealed(first))
}

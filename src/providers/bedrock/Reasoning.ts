/**
 * How much a model of Bedrock is told to think. Claude has words of its own for it, which each generation changes; other
 * models take an effort.
 *
 * Read 2026-11-23 on platform.claude.com, and from @aws-sdk/client-bedrock-runtime@3.1164.0. Which efforts a model knows is
 * the vendor's to say.
 */
import type * as Prompt from "effect/ai/Prompt"
import type * as Request from "../../Request.ts"
import * as Wire from "./Wire.ts"

export interface Reasoning {
  /** A budget of thoughts wants a limit above it. */
  readonly maxTokens: number | undefined
  readonly effort: string | undefined
  readonly fields: Readonly<Record<string, { readonly type: string; readonly budget_tokens?: number }>> | undefined
  /** What isn't sent as it was asked, in words. */
  readonly warnings: ReadonlyArray<string>
}

/** Models up to 4.5 think within a budget of tokens, later ones by an effort. */
const takesBudget = /^(\w+-4(-[015])?|3-7-sonnet)(-\d{8})?$/
const alwaysThinks = /^(fable|opus-5-5)/
const thinksBetweenTools = /^sonnet-5-5/

const leastBudget = 1024
/** Room for the answer itself, where the caller sets no limit. */
const spare = 8192

const efforts = { minimal: "low", low: "low", medium: "medium", high: "high", xhigh: "xhigh", max: "max" } as const
const budgets = { minimal: 1024, low: 2048, medium: 8192, high: 16_384, xhigh: 24_576, max: 32_768 } as const

export const reasoningOf = (request: Request.Request): Reasoning => {
  const { maxOutputTokens: maxTokens, reasoning } = request.params
  const told = (told: Partial<Reasoning>): Reasoning => ({
    maxTokens,
    effort: undefined,
    fields: undefined,
    warnings: [],
    ...told
  })
  if (reasoning === undefined) return told({})
  const claude = claudeOf(request.model.upstream)
  if (claude === undefined) return told({ effort: reasoning })
  if (reasoning === "none") {
    if (alwaysThinks.test(claude)) {
      return told({ effort: "low", warnings: ["reasoning was raised from none to low: the model always thinks"] })
    }
    return told({ fields: { thinking: { type: thinksBetweenTools.test(claude) ? "between_tools" : "disabled" } } })
  }
  const isForced = typeof request.toolChoice === "object" || request.toolChoice === "required"
  const forced = "reasoning was dropped: the model doesn't think where it must call a tool"
  if (!takesBudget.test(claude)) {
    const effort = efforts[reasoning]
    if (isForced) return told({ effort, warnings: [forced] })
    const raised = reasoning === effort
      ? []
      : [`reasoning was raised from ${reasoning} to ${effort}, the least there is`]
    return told({ fields: { thinking: { type: "adaptive" } }, effort, warnings: raised })
  }
  if (isForced) return told({ warnings: [forced] })
  const limit = maxTokens ?? Math.min(request.model.maxOutput ?? Infinity, budgets[reasoning] + spare)
  if (limit <= leastBudget) {
    const detail = `the model thinks with at least ${leastBudget} tokens, and maxOutputTokens is ${limit}`
    return told({ warnings: [`reasoning was dropped: ${detail}`] })
  }
  if (isThoughtless(request.prompt)) {
    return told({
      warnings: ["reasoning was dropped: the calls of tools before it came without the vendor's thoughts"]
    })
  }
  const budget = Math.min(budgets[reasoning], Math.max(leastBudget, limit - spare / 8))
  return told({ maxTokens: limit, fields: { thinking: { type: "enabled", budget_tokens: budget } } })
}

/** Which Claude it is, without where it is served and as which version: `haiku-4-5-20251001`. */
const claudeOf = (upstream: string): string | undefined =>
  /^(?:[a-z-]+\.)?anthropic\.claude-(.+?)(?:-v\d+(?::\d+\w*)?)?$/.exec(upstream)?.[1]

/** Within a budget, what a tool answered goes back only after the thought that led to its call. */
const isThoughtless = ({ content }: Prompt.Prompt): boolean => {
  const last = content.findLast((message) => message.role === "assistant")
  if (last?.role !== "assistant") return false
  const [first] = last.content
  return last.content.some((part) => part.type === "tool-call" && !part.providerExecuted)
    && !(first?.type === "reasoning" && Wire.isSealed(first))
}

/**
 * How much a Gemini model is told to think: by a budget of tokens up to 2.5, by a level from 3 on.
 *
 * Read 2026-11-23: ai.google.dev/gemini-api/docs/thinking, and the guides to 3.5 Flash, 3.8 Flash and 4 Argon on
 * docs.cloud.google.com/gemini-enterprise-agent-platform/models/guides. A model that isn't known is taken for one of the
 * latest. The bounds of budgets are from memory.
 */
import type { ThinkingConfig } from "@google/genai"
import type * as Request from "../../Request.ts"
import { untyped } from "../../internal/json.ts"

export interface Thinking {
  readonly config: ThinkingConfig | undefined
  /** What isn't sent as it was asked, in words. */
  readonly warnings: ReadonlyArray<string>
}

const takesBudget = /^gemini-2/
const alwaysThinks = /^gemini-2\.5-pro/
/** Later models begin with `LOW`. */
const knowsMinimal = /^gemini-(3-flash|3\.1-flash-lite|3\.5-flash)/

const budgets = { minimal: 512, low: 2048, medium: 8192, high: 16_384, xhigh: 24_576, max: 32_768 } as const
const leastBudget = 128
const mostBudget = 24_576

const levels = {
  none: "MINIMAL",
  minimal: "MINIMAL",
  low: "LOW",
  medium: "MEDIUM",
  high: "HIGH",
  xhigh: "HIGH",
  max: "HIGH"
} as const

/** Thoughts are shown where some are asked for. */
export const thinkingOf = ({ model: { upstream }, params: { reasoning } }: Request.Request): Thinking => {
  if (reasoning === undefined) return { config: undefined, warnings: [] }
  const changed = (how: "raised" | "lowered", to: string, why: string) =>
    `reasoning was ${how} from ${reasoning} to ${to}: ${why}`
  const shown = reasoning === "none" ? undefined : { includeThoughts: true }

  if (takesBudget.test(upstream)) {
    const thinks = alwaysThinks.test(upstream)
    if (reasoning !== "none") {
      const most = thinks ? Infinity : mostBudget
      return { config: { thinkingBudget: Math.min(budgets[reasoning], most), ...shown }, warnings: [] }
    }
    return thinks
      ? {
        config: { thinkingBudget: leastBudget },
        warnings: [changed("raised", `${leastBudget} tokens`, "the model always thinks")]
      }
      : { config: { thinkingBudget: 0 }, warnings: [] }
  }

  const level = levels[reasoning]
  const told = level === "MINIMAL" && !knowsMinimal.test(upstream) ? "LOW" : level
  const name = told.toLowerCase()
  const warnings = reasoning === "none"
    ? [changed("raised", name, "the model always thinks")]
    : reasoning === name || (reasoning === "max" && told === "HIGH")
    ? []
    : [changed(reasoning === "minimal" ? "raised" : "lowered", name, "the nearest that the model knows")]
  return { config: { ...untyped({ thinkingLevel: told }), ...shown }, warnings }
}

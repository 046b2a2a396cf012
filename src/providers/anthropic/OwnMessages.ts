/**
 * Anthropic's own Messages: the options that they have.
 *
 * Read 2026-11-23 from @anthropic-ai/sdk@1.12.0: `resources/messages/messages.d.ts`.
 */
import type * as Request from "../../Request.ts"
import { untyped } from "../../internal/json.ts"
import * as Caching from "./Caching.ts"
import type { MessagesQuirks } from "./MessagesQuirks.ts"
import * as Searching from "./Searching.ts"
import { thinkingOf } from "./Thinking.ts"
import * as Wire from "./Wire.ts"

const writtenOf = (request: Request.Request) => {
  const { params } = request
  const thinking = thinkingOf(request)
  return {
    maxTokens: thinking.maxTokens,
    effort: thinking.effort,
    fields: {
      ...(params.stop === undefined ? undefined : { stop_sequences: [...params.stop] }),
      ...(thinking.config === undefined ? undefined : { thinking: thinking.config }),
      ...(params.serviceTier === undefined ? undefined : tierOf(params.serviceTier))
    }
  }
}

const warningsOf = (request: Request.Request): ReadonlyArray<string> => [
  ...withoutOption.filter((name) => request.params[name] !== undefined)
    .map((name) => `${name} was dropped: Anthropic's API of 2026-10-21 has no such option`),
  ...thinkingOf(request).warnings,
  ...Caching.warningsOf(request),
  ...Searching.warningsOf(request)
]

const withoutOption = ["temperature", "topP", "seed", "presencePenalty", "frequencyPenalty"] as const

/** Fast mode is sold like a tier and asked for as a speed. */
const tierOf = (tier: string): Readonly<Record<string, unknown>> =>
  tier === "fast"
    ? { speed: "fast" }
    : untyped({ service_tier: tier === "default" || tier === "standard" ? "standard_only" : tier })

export const quirks: MessagesQuirks = {
  vendor: "anthropic",
  optionsOf: Wire.optionsOf,
  writtenOf,
  warningsOf,
  searchToolOf: Searching.toolOf,
  placed: Caching.placed,
  errorIn: Wire.errorIn
}

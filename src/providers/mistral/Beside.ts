/**
 * What Mistral makes of options that aren't written as they are: its cache keeps every beginning by itself and knows a key
 * alone, its web search has no options.
 */
import type { ChatCompletionRequestTool } from "@mistralai/mistralai/models/components"
import { Unsupported } from "../../GenerateError.ts"
import * as Request from "../../Request.ts"
import * as Cache from "../../internal/promptCache.ts"
import * as Search from "../../internal/webSearch.ts"

/** Throws where the search is to keep to some domains. */
export const searchOf = (request: Request.Request): ChatCompletionRequestTool | undefined => {
  const asked = Search.askedOf(request.params)
  if (asked === undefined || Search.isGiven(request)) return undefined
  for (const name of ["allowedDomains", "blockedDomains"] as const) {
    if (asked[name] === undefined) continue
    const detail = "Mistral searches everywhere"
    throw Request.fail(request, new Unsupported({ feature: `webSearch.${name}`, detail }))
  }
  return { type: "web_search" }
}

export const cacheKeyOf = ({ model, params }: Request.Request): string | undefined =>
  model.capabilities.promptCaching === false ? undefined : Cache.askedOf(params)?.key

export const warningsOf = ({ model, params }: Request.Request): ReadonlyArray<string> => {
  const cache = Cache.askedOf(params)
  const search = Search.askedOf(params)
  if (cache === undefined && search === undefined) return noWarnings
  const isThere = model.capabilities.promptCaching !== false
  return [
    ...(cache === undefined || isThere ? [] : [`promptCache was dropped: ${Cache.noCache}`]),
    ...(["ttl", "breakpoints"] as const).filter((name) => isThere && cache?.[name] !== undefined)
      .map((name) => `promptCache.${name} was dropped: Mistral keeps what prompts begin with as long as it likes`),
    ...(["maxUses", "location", "contextSize"] as const).filter((name) => search?.[name] !== undefined)
      .map((name) => `webSearch.${name} was dropped: Mistral's search has no such option`)
  ]
}

const noWarnings: ReadonlyArray<string> = []

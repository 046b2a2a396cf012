/**
 * How Anthropic is asked to search the web: by a tool that it runs itself.
 *
 * Read 2026-11-23 from @anthropic-ai/sdk@1.12.0: `WebSearchTool20250305`.
 */
import type Anthropic from "@anthropic-ai/sdk"
import type * as Request from "../../Request.ts"
import * as Search from "../../internal/webSearch.ts"

/** The first version, which every model takes; later ones have models run code over what they find (unverified). */
export const toolOf = (request: Request.Request): Anthropic.WebSearchTool20250305 | undefined => {
  const asked = Search.askedOf(request.params)
  if (asked === undefined || Search.isGiven(request)) return undefined
  const { allowedDomains, blockedDomains, location, maxUses } = asked
  return {
    type: "web_search_20250305",
    name: "web_search",
    ...(maxUses === undefined ? undefined : { max_uses: maxUses }),
    ...(allowedDomains === undefined ? undefined : { allowed_domains: [...allowedDomains] }),
    ...(blockedDomains === undefined ? undefined : { blocked_domains: [...blockedDomains] }),
    ...(location === undefined ? undefined : { user_location: { type: "approximate", ...Search.placeOf(location) } })
  }
}

/** What of the option isn't carried out as it was asked. */
export const warningsOf = ({ params }: Request.Request): ReadonlyArray<string> =>
  Search.askedOf(params)?.contextSize === undefined
    ? []
    : ["webSearch.contextSize was dropped: Anthropic's models read what they find as they see fit"]

/**
 * How OpenAI is asked to search the web: by a tool of its own in Responses, by an option in Chat Completions.
 *
 * Read 2026-11-23 from openai@7.57.0: `WebSearchTool`, `web_search_options`.
 */
import type OpenAI from "openai"
import * as Request from "../../Request.ts"
import * as Search from "../../internal/webSearch.ts"
import * as Wire from "./Wire.ts"

export interface Plan {
  readonly tool: OpenAI.Responses.WebSearchTool | undefined
  readonly fields: Readonly<Record<string, unknown>>
  /** What isn't carried out as it was asked, in words. */
  readonly warnings: ReadonlyArray<string>
}

const nothing: Plan = { tool: undefined, fields: {}, warnings: [] }

/** Throws where domains are to be left out, which nobody can ask OpenAI for. */
export const planOf = (request: Request.Request): Plan => {
  const asked = Search.askedOf(request.params)
  if (asked === undefined || Search.isGiven(request)) return nothing
  const { allowedDomains, contextSize, location, maxUses } = asked
  refuseBlocked(request, asked)
  // The limit is on all that the vendor runs.
  const isAlone = request.tools.every((tool) => Wire.vendorTool(tool) === undefined)
  return {
    tool: {
      type: "web_search",
      ...(contextSize === undefined ? undefined : { search_context_size: contextSize }),
      ...(allowedDomains === undefined ? undefined : { filters: { allowed_domains: [...allowedDomains] } }),
      ...(location === undefined ? undefined : { user_location: { type: "approximate", ...Search.placeOf(location) } })
    },
    fields: maxUses === undefined || !isAlone ? {} : { max_tool_calls: maxUses },
    warnings: maxUses === undefined || isAlone
      ? []
      : [Search.dropped("maxUses", "OpenAI has one limit for all of its tools, and there are others")]
  }
}

/** Throws where domains are chosen, and for anybody else who speaks this protocol. */
export const chatPlanOf = (request: Request.Request): Plan => {
  const asked = Search.askedOf(request.params)
  if (asked === undefined) return nothing
  if (request.model.provider !== "openai") {
    const why = `it isn't known that ${request.model.provider} can search the web`
    throw Request.fail(request, Request.noWebSearch(why))
  }
  refuseBlocked(request, asked)
  if (asked.allowedDomains !== undefined) {
    throw Search.without(
      request,
      "allowedDomains",
      "Chat Completions, which the other options need, searches everywhere"
    )
  }
  const { contextSize, location, maxUses } = asked
  return {
    tool: undefined,
    fields: {
      web_search_options: {
        ...(contextSize === undefined ? undefined : { search_context_size: contextSize }),
        ...(location === undefined
          ? undefined
          : { user_location: { type: "approximate", approximate: Search.placeOf(location) } })
      }
    },
    warnings: maxUses === undefined ? [] : [Search.dropped("maxUses", "Chat Completions has no limit")]
  }
}

const refuseBlocked = (request: Request.Request, { blockedDomains }: Request.WebSearch): void => {
  if (blockedDomains === undefined) return
  throw Search.without(request, "blockedDomains", "OpenAI can't leave domains out, only keep to some (allowedDomains)")
}

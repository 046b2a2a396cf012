/**
 * How OpenAI is asked to search the web: by a tool of its own in Responses, by an option in Chat Completions.
 *
 * Read 2026-11-23 from openai@7.57.0: `WebSearchTool`, `web_search_options`.
 */
import type OpenAI from "openai"
import type * as Request from "../../Request.ts"
import * as Search from "../../internal/webSearch.ts"
import type { Written } from "./Quirks.ts"
import * as Wire from "./Wire.ts"

const none: Written = {}

const blocked: Written = { refused: "OpenAI can't leave domains out, only keep to some (allowedDomains)" }

/** The tool, where one is asked for and the caller has given none. */
export const toolOf = (request: Request.Request): OpenAI.Responses.WebSearchTool | undefined => {
  const asked = Search.askedOf(request.params)
  if (asked === undefined || Search.isGiven(request)) return undefined
  const { allowedDomains, contextSize, location } = asked
  return {
    type: "web_search",
    ...(contextSize === undefined ? undefined : { search_context_size: contextSize }),
    ...(allowedDomains === undefined ? undefined : { filters: { allowed_domains: [...allowedDomains] } }),
    ...(location === undefined ? undefined : { user_location: { type: "approximate", ...Search.placeOf(location) } })
  }
}

/** What goes beside the tool. */
export const beside = (request: Request.Request): Written => {
  const asked = Search.askedOf(request.params)
  if (asked === undefined || Search.isGiven(request)) return none
  const { blockedDomains, maxUses } = asked
  // The limit is on all that the vendor runs.
  const isAlone = request.tools.every((tool) => Wire.vendorTool(tool) === undefined)
  return {
    fields: maxUses === undefined || !isAlone ? undefined : { max_tool_calls: maxUses },
    parts: {
      ...(blockedDomains === undefined ? undefined : { blockedDomains: blocked }),
      ...(maxUses === undefined || isAlone ? undefined : {
        maxUses: { dropped: "OpenAI has one limit for all of its tools, and there are others" }
      })
    }
  }
}

/** In Chat Completions. */
export const inChat = (_: unknown, { params }: Request.Request): Written => {
  const asked = Search.askedOf(params)
  if (asked === undefined) return none
  const { allowedDomains, blockedDomains, contextSize, location, maxUses } = asked
  const approximate = location && { type: "approximate", approximate: Search.placeOf(location) }
  return {
    fields: {
      web_search_options: {
        ...(contextSize === undefined ? undefined : { search_context_size: contextSize }),
        ...(approximate === undefined ? undefined : { user_location: approximate })
      }
    },
    parts: {
      ...(blockedDomains === undefined ? undefined : { blockedDomains: blocked }),
      ...(allowedDomains === undefined ? undefined : {
        allowedDomains: { refused: "Chat Completions, which the other options need, searches everywhere" }
      }),
      ...(maxUses === undefined ? undefined : { maxUses: { dropped: "Chat Completions has no limit" } })
    }
  }
}

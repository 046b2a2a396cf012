/**
 * How Gemini is asked to search the web and to keep the beginning of a prompt: by a tool without options, and not at all.
 *
 * Read 2026-11-23 from @google/genai@3.1.0 (`GoogleSearch`: what it could leave out is Google Cloud's) and from
 * ai.google.dev/gemini-api/docs/caching.
 */
import type { GoogleSearch } from "@google/genai"
import * as Tool from "effect/ai/Tool"
import { Unsupported } from "../../GenerateError.ts"
import * as Request from "../../Request.ts"
import * as Cache from "../../internal/promptCache.ts"
import * as Search from "../../internal/webSearch.ts"

/** Throws where domains are chosen, which nobody can ask Gemini for. */
export const toolOf = (request: Request.Request): { readonly googleSearch: GoogleSearch } | undefined => {
  const asked = Search.askedOf(request.params)
  const isGiven = request.tools.some((tool) => Tool.isProviderDefined(tool) && tool.providerName === "googleSearch")
  if (asked === undefined || isGiven) return undefined
  for (const option of ["allowedDomains", "blockedDomains"] as const) {
    if (asked[option] === undefined) continue
    const detail = "Google is searched everywhere"
    throw Request.fail(request, new Unsupported({ feature: `webSearch.${option}`, detail }))
  }
  return { googleSearch: {} }
}

/** What of both options isn't carried out as it was asked. */
export const warningsOf = ({ model, params }: Request.Request): ReadonlyArray<string> => {
  const { contextSize, location, maxUses } = Search.askedOf(params) ?? {}
  const asked = Cache.askedOf(params)
  const kept = "the vendor keeps beginnings by itself, for as long as it likes (others by `native.cachedContent`)"
  return [
    ...(maxUses === undefined ? [] : ["webSearch.maxUses was dropped: Gemini searches as often as it sees fit"]),
    ...(location === undefined
      ? []
      : ["webSearch.location was dropped: Gemini takes coordinates, and no names of places"]),
    ...(contextSize === undefined
      ? []
      : ["webSearch.contextSize was dropped: Gemini reads what it finds as it sees fit"]),
    ...(asked === undefined
      ? []
      : model.capabilities.promptCaching === false
      ? [`promptCache was dropped: ${Cache.noCache}`]
      : (["key", "ttl", "breakpoints"] as const).flatMap((option) =>
        asked[option] === undefined ? [] : [`promptCache.${option} was dropped: ${kept}`]
      ))
  ]
}

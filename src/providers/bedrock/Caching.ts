/**
 * How Bedrock's prompt cache is asked for: by points behind what is to be kept, four at most, those for an hour first.
 *
 * Read 2026-11-23 from @aws-sdk/client-bedrock-runtime@3.1164.0 (`CachePointBlock`). That an hour is Claude's alone, and
 * that there are four at most, is from memory.
 */
import type { CachePointBlock, Message, SystemContentBlock, Tool } from "@aws-sdk/client-bedrock-runtime"
import type * as Request from "../../Request.ts"
import * as Cache from "../../internal/promptCache.ts"

type Ttl = "5m" | "1h"

const most = 4

/** What of a request can end in a cache point. */
interface Layout {
  readonly tools: ReadonlyArray<Tool>
  readonly system: ReadonlyArray<SystemContentBlock>
  readonly messages: ReadonlyArray<Message>
}

/** The layout with the points that the request asks for. Those that stand there already stay, and count. */
export const placed = (request: Request.Request, layout: Layout): Layout => {
  const asked = Cache.askedOf(request.params)
  if (asked === undefined || request.model.capabilities.promptCaching === false) return layout
  const { messages, system, tools } = layout
  const sections: ReadonlyArray<ReadonlyArray<object>> = [
    tools,
    system,
    ...messages.map(({ content }) => content ?? [])
  ]
  const own = sections.map((section) => section.flatMap(ttlsIn))
  const wanted = placesOf(messages, Cache.breakpointsOf(asked)).filter((place) => {
    const last = sections[place]?.at(-1)
    return last !== undefined && ttlsIn(last).length === 0
  })
  const chosen = new Set(wanted.slice(0, Math.max(0, most - own.flat().length)))
  const ttl = asked.ttl === undefined ? "5m" : Cache.lifetimeOf(asked.ttl, lifetimesOf(request))
  const end = (place: number) => chosen.has(place) ? [pointOf(ttlAt(own, place, ttl))] : []
  return {
    tools: [...tools, ...end(0)],
    system: [...system, ...end(1)],
    messages: messages.map(({ content, role }, index) => ({ role, content: [...content ?? [], ...end(index + 2)] }))
  }
}

/** What of the option isn't carried out as it was asked. */
export const warningsOf = (request: Request.Request): ReadonlyArray<string> => {
  const asked = Cache.askedOf(request.params)
  if (asked === undefined) return []
  if (request.model.capabilities.promptCaching === false) return [`promptCache was dropped: ${Cache.noCache}`]
  const change = asked.ttl === undefined
    ? undefined
    : Cache.lifetimeChange(asked.ttl, Cache.lifetimeOf(asked.ttl, lifetimesOf(request)))
  return [
    ...(change === undefined ? [] : [change]),
    ...(asked.key === undefined ? [] : ["promptCache.key was dropped: Bedrock's cache has no keys"])
  ]
}

const lifetimesOf = ({ model }: Request.Request): readonly [Ttl, ...ReadonlyArray<Ttl>] =>
  model.upstream.includes("anthropic.claude") ? ["5m", "1h"] : ["5m"]

const ttlsIn = (block: object): ReadonlyArray<Ttl> => {
  if (!("cachePoint" in block) || typeof block.cachePoint !== "object" || block.cachePoint === null) return []
  return ["ttl" in block.cachePoint && block.cachePoint.ttl === "1h" ? "1h" : "5m"]
}

const pointOf = (ttl: Ttl): { readonly cachePoint: CachePointBlock } => ({
  cachePoint: ttl === "5m" ? { type: "default" } : { type: "default", ttl }
})

/** Where prefixes end: 0 behind the tools, 1 behind the system messages, from 2 on behind turns; the most useful first. */
const placesOf = (
  messages: ReadonlyArray<Message>,
  breakpoints: ReadonlyArray<Request.Breakpoint>
): ReadonlyArray<number> => {
  const answer = messages.findLastIndex(({ role }) => role === "assistant")
  const isWanted = (breakpoint: Request.Breakpoint) => breakpoints.includes(breakpoint)
  return [
    ...(isWanted("messages") ? [messages.length + 1] : []),
    ...(isWanted("system") ? [1] : []),
    ...(isWanted("tools") ? [0] : []),
    // What the request before this one ended with: it is found again, however much was said since.
    ...(isWanted("messages") && answer > 0 ? [answer + 1] : [])
  ]
}

/** The one that is asked for, but for what the caller's own points before and after leave room for. */
const ttlAt = (own: ReadonlyArray<ReadonlyArray<Ttl>>, place: number, asked: Ttl): Ttl => {
  if (own.slice(0, place + 1).flat().includes("5m")) return "5m"
  return own.slice(place + 1).flat().includes("1h") ? "1h" : asked
}

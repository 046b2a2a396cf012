/**
 * Where breakpoints of Anthropic's prompt cache go: at most four, in the order of tools, system, messages, those that are
 * kept for an hour before those that are kept for five minutes.
 *
 * Read 2026-11-23 in facts of the SDK's types (@anthropic-ai/sdk@1.12.0) and on platform.claude.com.
 */
import type Anthropic from "@anthropic-ai/sdk"
import type * as Request from "../../Request.ts"
import * as Cache from "../../internal/promptCache.ts"

type Ttl = "5m" | "1h"

type Lifetimes = readonly [Ttl, ...ReadonlyArray<Ttl>]

const lifetimes: Lifetimes = ["5m", "1h"]
const most = 4

/** What of a request can end in a breakpoint. */
export interface Layout {
  readonly tools: Array<Anthropic.ToolUnion>
  readonly system: Array<Anthropic.TextBlockParam>
  readonly messages: Array<Turn>
}

export interface Turn {
  readonly role: "user" | "assistant"
  readonly content: Array<Anthropic.ContentBlockParam>
}

/** The layout with the breakpoints that the request asks for. Those that stand there already stay, and count. */
export const placed = (request: Request.Request, layout: Layout, offered: Lifetimes = lifetimes): Layout => {
  const asked = Cache.askedOf(request.params)
  if (asked === undefined || request.model.capabilities.promptCaching === false) return layout
  const blocks = blocksOf(layout)
  const own = blocks.flatMap((block, position) => markOf(block) === undefined ? [] : [position])
  const automatic = request.native["cache_control"] == null ? 0 : 1
  const wanted = placesOf(layout, Cache.breakpointsOf(asked)).filter((position) => !own.includes(position))
  const chosen = new Set(wanted.slice(0, Math.max(0, most - own.length - automatic)))
  if (chosen.size === 0) return layout
  const ttl = asked.ttl === undefined ? "5m" : Cache.lifetimeOf(asked.ttl, offered)

  let position = -1
  const marked = <A extends object>(block: A): A => {
    position++
    if (!chosen.has(position)) return block
    return { ...block, cache_control: cacheControl(ttlAt(blocks, own, position, ttl)) }
  }
  return {
    tools: layout.tools.map(marked),
    system: layout.system.map(marked),
    messages: layout.messages.map((turn) => ({ ...turn, content: turn.content.map(marked) }))
  }
}

/** What of the option isn't carried out as it was asked. */
export const warningsOf = ({ model, params }: Request.Request): ReadonlyArray<string> => {
  const asked = Cache.askedOf(params)
  if (asked === undefined) return []
  if (model.capabilities.promptCaching === false) return [`promptCache was dropped: ${Cache.noCache}`]
  const { key, ttl } = asked
  const change = ttl === undefined ? undefined : Cache.lifetimeChange(ttl, Cache.lifetimeOf(ttl, lifetimes))
  return [
    ...(change === undefined ? [] : [change]),
    ...(key === undefined ? [] : ["promptCache.key was dropped: Anthropic's cache has no keys"])
  ]
}

const blocksOf = ({ messages, system, tools }: Layout): ReadonlyArray<object> => [
  ...tools,
  ...system,
  ...messages.flatMap(({ content }) => content)
]

const markOf = (block: object): Ttl | undefined => {
  if (!("cache_control" in block) || block.cache_control == null) return undefined
  const mark = block.cache_control
  return typeof mark === "object" && "ttl" in mark && mark.ttl === "1h" ? "1h" : "5m"
}

const cacheControl = (ttl: Ttl): Anthropic.CacheControlEphemeral =>
  ttl === "5m" ? { type: "ephemeral" } : { type: "ephemeral", ttl }

/** Where prefixes end, by position among all blocks, the most useful first. */
const placesOf = (layout: Layout, breakpoints: ReadonlyArray<Request.Breakpoint>): ReadonlyArray<number> => {
  const { messages, system, tools } = layout
  const starts: Array<number> = []
  let next = tools.length + system.length
  for (const { content } of messages) {
    starts.push(next)
    next += content.length
  }
  const endOf = (index: number): ReadonlyArray<number> => {
    const block = messages[index]?.content.findLastIndex(({ type }) => !unmarkable.has(type)) ?? -1
    return block === -1 ? [] : [(starts[index] ?? 0) + block]
  }
  const places = {
    messages: endOf(messages.length - 1),
    system: system.length === 0 ? [] : [tools.length + system.length - 1],
    tools: tools.length === 0 ? [] : [tools.length - 1],
    // What the request before this one ended with: it is found again, however much was said since.
    earlier: endOf(previousEnd(messages))
  }
  return [
    ...(breakpoints.includes("messages") ? places.messages : []),
    ...(breakpoints.includes("system") ? places.system : []),
    ...(breakpoints.includes("tools") ? places.tools : []),
    ...(breakpoints.includes("messages") ? places.earlier : [])
  ]
}

const unmarkable: ReadonlySet<string> = new Set(["thinking", "redacted_thinking"])

const previousEnd = (messages: ReadonlyArray<Turn>): number => {
  const answer = messages.findLastIndex(({ role }) => role === "assistant")
  return answer === -1 ? -1 : messages.slice(0, answer).findLastIndex(({ role }) => role === "user")
}

/** The one that is asked for, but for what the caller's own breakpoints before and after leave room for. */
const ttlAt = (blocks: ReadonlyArray<object>, own: ReadonlyArray<number>, position: number, asked: Ttl): Ttl => {
  const isOf = (ttl: Ttl) => (at: number) => markOf(blocks[at] ?? {}) === ttl
  if (own.filter((at) => at < position).some(isOf("5m"))) return "5m"
  return own.filter((at) => at > position).some(isOf("1h")) ? "1h" : asked
}

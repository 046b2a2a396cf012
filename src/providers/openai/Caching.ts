/**
 * How prompt caches of those who speak OpenAI's protocols are asked for. Most keep every beginning by themselves, free of
 * charge, and know a key at most. OpenAI's models from gpt-5.6 on charge for what they write, up to a breakpoint of their
 * own or to those of the caller.
 *
 * Read 2026-11-23 from openai@7.57.0: `prompt_cache_options`, `prompt_cache_breakpoint`, `prompt_cache_key`.
 */
import type * as Prompt from "effect/ai/Prompt"
import type * as Request from "../../Request.ts"
import * as Cache from "../../internal/promptCache.ts"
import type { Written } from "./Quirks.ts"

type Asked = NonNullable<Request.Params["promptCache"]>

/** Ends a prefix. */
export const breakpoint = { prompt_cache_breakpoint: { mode: "explicit" } } as const

const charges = /^gpt-(5\.([6-9]|\d\d)|[6-9]|\d\d)/

const none: Written = {}

/** A cache that keeps every beginning by itself: the field that carries the key, where there is one, is all to be asked. */
export const automatic = (field?: string) => (promptCache: Asked, { model }: Request.Request): Written => {
  if (promptCache === false) return none
  if (model.capabilities.promptCaching === false) return { dropped: Cache.noCache }
  if (promptCache === true) return none
  const { breakpoints, key, ttl } = promptCache
  const kept: Written = { dropped: `${model.provider} keeps what prompts begin with by itself, as long as it likes` }
  return {
    fields: field === undefined || key === undefined ? undefined : { [field]: key },
    parts: {
      ...(field !== undefined || key === undefined ? undefined : {
        key: { dropped: `${model.provider} has no such option` }
      }),
      ...(ttl === undefined ? undefined : { ttl: kept }),
      ...(breakpoints === undefined ? undefined : { breakpoints: kept })
    }
  }
}

/** OpenAI's own. `lifetimes` are those that the protocol has, the shortest first. */
export const own = (lifetimes: readonly [Request.Lifetime, ...ReadonlyArray<Request.Lifetime>]) => {
  const free = automatic("prompt_cache_key")
  return (promptCache: Asked, request: Request.Request): Written => {
    if (!charges.test(request.model.upstream)) return free(promptCache, request)
    if (promptCache === false) return { fields: { prompt_cache_options: { mode: "explicit" } } }
    if (request.model.capabilities.promptCaching === false) return { dropped: Cache.noCache }
    const { breakpoints, key, ttl } = promptCache === true ? {} : promptCache
    const lifetime = ttl === undefined ? undefined : Cache.lifetimeOf(ttl, lifetimes)
    return {
      fields: {
        ...(key === undefined ? undefined : { prompt_cache_key: key }),
        prompt_cache_options: {
          mode: breakpoints === undefined ? "implicit" : "explicit",
          ...(lifetime === undefined ? undefined : { ttl: lifetime })
        }
      },
      changed: breakpoints?.includes("tools") === true && !breakpoints.includes("system")
        ? "promptCache.breakpoints was changed: a prefix can't end with the tools, but with the system messages behind"
        : undefined,
      parts: ttl === undefined || lifetime === undefined
        ? undefined
        : { ttl: { changed: Cache.lifetimeChange(ttl, lifetime) } },
      marks: breakpoints === undefined
        ? undefined
        : { messages: endsOf(request.prompt, breakpoints), fields: breakpoint }
    }
  }
}

/** The messages that what is kept of a prompt ends with. */
export const endsOf = (
  { content }: Prompt.Prompt,
  breakpoints: ReadonlyArray<Request.Breakpoint>
): ReadonlyArray<Prompt.Message> => {
  const opening = content.findIndex(({ role }) => role !== "system")
  const ends = [
    breakpoints.includes("system") || breakpoints.includes("tools")
      ? content[(opening === -1 ? content.length : opening) - 1]
      : undefined,
    breakpoints.includes("messages")
      ? content.findLast(({ role }) => role === "user" || role === "tool")
      : undefined
  ]
  return ends.filter((message) => message !== undefined)
}

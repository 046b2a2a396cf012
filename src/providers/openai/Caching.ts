/**
 * How OpenAI's prompt cache is asked for. Models before gpt-5.6 keep every beginning by themselves and free of charge, and
 * know a key only; later ones charge for what they write, up to a breakpoint of their own or to those of the caller.
 *
 * Read 2026-11-23 from openai@7.57.0: `prompt_cache_options`, `prompt_cache_breakpoint`, `prompt_cache_key`.
 */
import type * as Prompt from "effect/ai/Prompt"
import type * as Request from "../../Request.ts"
import * as Cache from "../../internal/promptCache.ts"
import * as Wire from "./Wire.ts"

export interface Plan {
  readonly fields: Readonly<Record<string, unknown>>
  /** What isn't carried out as it was asked, in words. */
  readonly warnings: ReadonlyArray<string>
  /** Whether a prefix ends with the instructions. */
  readonly system: boolean
  /** The message that a prefix ends with. */
  readonly message: Prompt.Message | undefined
}

export const breakpoint = { prompt_cache_breakpoint: { mode: "explicit" } } as const

const nothing: Plan = { fields: {}, warnings: [], system: false, message: undefined }

const charges = /^gpt-(5\.([6-9]|\d\d)|[6-9]|\d\d)/

export const planOf = (
  request: Request.Request,
  lifetimes: readonly [Request.Lifetime, ...ReadonlyArray<Request.Lifetime>]
): Plan => {
  const { model, params: { promptCache }, prompt } = request
  if (promptCache === undefined) return nothing
  const isCharged = charges.test(model.upstream)
  if (promptCache === false) {
    return isCharged ? { ...nothing, fields: { prompt_cache_options: { mode: "explicit" } } } : nothing
  }
  if (model.capabilities.promptCaching === false) return { ...nothing, warnings: [Cache.withoutCache] }
  const { breakpoints, key, ttl } = Cache.askedOf(request.params) ?? {}
  const dropped = (name: string, why: string) => `promptCache.${name} was dropped: ${why}`
  if (!isCharged) {
    const isOurs = Wire.isOurs(model)
    const kept = "the model keeps beginnings by itself, for as long as it likes"
    return {
      ...nothing,
      fields: key === undefined || !isOurs ? {} : { prompt_cache_key: key },
      warnings: [
        ...(key === undefined || isOurs ? [] : [dropped("key", `it isn't known that ${model.provider} has one`)]),
        ...(ttl === undefined ? [] : [dropped("ttl", kept)]),
        ...(breakpoints === undefined ? [] : [dropped("breakpoints", kept)])
      ]
    }
  }
  const lifetime = ttl === undefined ? undefined : Cache.lifetimeOf(ttl, lifetimes)
  const isExplicit = breakpoints !== undefined
  return {
    fields: {
      ...(key === undefined ? undefined : { prompt_cache_key: key }),
      prompt_cache_options: {
        mode: isExplicit ? "explicit" : "implicit",
        ...(lifetime === undefined ? undefined : { ttl: lifetime })
      }
    },
    warnings: [
      ...(ttl === undefined || lifetime === undefined ? [] : Cache.lifetimeWarning(ttl, lifetime)),
      ...(breakpoints?.includes("tools") === true && !breakpoints.includes("system")
        ? [
          "promptCache.breakpoints was changed: a prefix can't end with the tools, but with the system messages behind"
        ]
        : [])
    ],
    system: isExplicit && (breakpoints.includes("system") || breakpoints.includes("tools")),
    message: isExplicit && breakpoints.includes("messages")
      ? prompt.content.findLast(({ role }) => role === "user" || role === "tool")
      : undefined
  }
}

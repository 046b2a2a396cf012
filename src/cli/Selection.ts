/**
 * Which calls a command is about.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type { Filters } from "../CallLog.ts"

/** So long before now, or a moment; both in milliseconds. */
export type Since = { readonly ago: number } | { readonly at: number }

export const since = Flag.String("since").pipe(
  Flag.withMetavar("duration|date"),
  Flag.filterMap(sinceOf, (text) => `a duration such as 15m, 24h or 7d, or a date such as 2026-11-20, not ${text}`)
)

/** Flags that choose calls. All that is given must hold. */
export const flags = {
  status: Flag.Literals("status", ["ok", "retry", "failover", "error", "interrupted"]).pipe(
    Flag.withDescription("How it ended; retry and failover: that it had one, however it ended"),
    Flag.optional
  ),
  provider: Flag.String("provider").pipe(Flag.withDescription("Only what this vendor answered"), Flag.optional),
  model: Flag.String("model").pipe(
    Flag.withAlias("m"),
    Flag.withDescription("Only what this model answered: gpt-4o-mini, or with its vendor in front"),
    Flag.optional
  ),
  route: Flag.String("route").pipe(Flag.withDescription("Only what was asked of this route"), Flag.optional),
  error: Flag.String("error").pipe(
    Flag.withMetavar("tag"),
    Flag.withDescription("Only what failed for this: RateLimited"),
    Flag.optional
  ),
  tag: Flag.String("tag").pipe(
    Flag.withMetavar("key:value"),
    Flag.withDescription("Only what carries this tag"),
    Flag.filterMap(tagOf, (text) => `a key and a value such as tenant:acme, not ${text}`),
    Flag.optional
  ),
  cached: Flag.Boolean("cached").pipe(
    Flag.withDescription("Only what was answered without a request of its own; with --no-cached only the rest"),
    Flag.optional
  ),
  minLatency: Flag.String("min-latency").pipe(
    Flag.withMetavar("duration"),
    Flag.withDescription("Only what took at least so long: 500ms, 2s"),
    Flag.filterMap(millisOf, (text) => `a duration such as 500ms or 2s, not ${text}`),
    Flag.optional
  ),
  minCost: Flag.Finite("min-cost").pipe(
    Flag.withMetavar("usd"),
    Flag.withDescription("Only what cost at least so many dollars"),
    Flag.optional
  ),
  text: Flag.String("text").pipe(
    Flag.withDescription("Only what has this in its model, its outcome or what went wrong"),
    Flag.optional
  )
}

export const filtersOf = (asked: Command.Command.Config.Infer<typeof flags>): Filters => {
  const model = Option.getOrUndefined(asked.model)
  const [vendor, ...rest] = model?.split("/") ?? []
  const isNamed = rest.length > 0 && Option.isNone(asked.provider)
  return {
    status: Option.getOrUndefined(asked.status),
    provider: isNamed ? vendor : Option.getOrUndefined(asked.provider),
    model: isNamed ? rest.join("/") : model,
    route: Option.getOrUndefined(asked.route),
    outcome: Option.getOrUndefined(asked.error),
    tag: Option.getOrUndefined(asked.tag),
    cached: Option.getOrUndefined(asked.cached),
    minMillis: Option.getOrUndefined(asked.minLatency),
    minPicoUsd: Option.getOrUndefined(Option.map(asked.minCost, (usd) => Math.round(usd * 1e12))),
    text: Option.getOrUndefined(asked.text)
  }
}

/** Epoch milliseconds. */
export const momentOf = (since: Since): Effect.Effect<number> =>
  "at" in since ? Effect.succeed(since.at) : Effect.map(Clock.currentTimeMillis, (now) => now - since.ago)

function millisOf(text: string): Option.Option<number> {
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
  const [, number = "", unit = "s"] = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)?$/.exec(text.trim()) ?? []
  const millis = Number(number) * (units[unit] ?? Number.NaN)
  return number !== "" && millis > 0 ? Option.some(millis) : Option.none()
}

function sinceOf(text: string): Option.Option<Since> {
  const ago = millisOf(text)
  if (Option.isSome(ago)) return Option.some({ ago: ago.value })
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? Option.none() : Option.some({ at })
}

function tagOf(text: string): Option.Option<{ readonly key: string; readonly value: string }> {
  const at = text.indexOf(":")
  return at > 0 ? Option.some({ key: text.slice(0, at), value: text.slice(at + 1) }) : Option.none()
}

/**
 * The option `promptCache`, as every vendor reads it.
 */
import type * as Request from "../Request.ts"

const all: ReadonlyArray<Request.Breakpoint> = ["tools", "system", "messages"]
const plain: Request.PromptCache = {}

/** What is asked for; `undefined` where nothing is, or where it is switched off. */
export const askedOf = ({ promptCache }: Request.Params): Request.PromptCache | undefined =>
  promptCache === undefined || promptCache === false ? undefined : promptCache === true ? plain : promptCache

export const breakpointsOf = (asked: Request.PromptCache): ReadonlyArray<Request.Breakpoint> => asked.breakpoints ?? all

/** Milliseconds. */
export const millisOf = (lifetime: string): number =>
  Number.parseInt(lifetime) * (lifetime.endsWith("h") ? 3_600_000 : 60_000)

/**
 * The lifetime that a vendor has for the one that is asked for: the longest that isn't longer, since longer ones cost more,
 * else the shortest. `offered` begins with the shortest.
 */
export const lifetimeOf = <A extends Request.Lifetime>(
  asked: Request.Lifetime,
  offered: readonly [A, ...ReadonlyArray<A>]
): A => offered.findLast((one) => millisOf(one) <= millisOf(asked)) ?? offered[0]

/** What is told where the vendor's lifetime isn't the one that is asked for. */
export const lifetimeChange = (asked: Request.Lifetime, given: Request.Lifetime): string | undefined => {
  const [from, to] = [millisOf(asked), millisOf(given)]
  if (from === to) return undefined
  return to > from
    ? `promptCache.ttl was raised from ${asked} to ${given}, the shortest there is`
    : `promptCache.ttl was lowered from ${asked} to ${given}, the longest there is that costs no more`
}

/** Why it is dropped where there is nothing to use. */
export const noCache = "the model has no prompt cache"

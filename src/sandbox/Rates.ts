/**
 * Rate limits as vendors enforce them: for each key and model a bucket of requests and one of tokens, which fill up again
 * evenly.
 */
import * as Bounded from "./Bounded.ts"
import type * as Time from "./Time.ts"

/** What one key may ask of one model within a window. */
export interface Limit {
  readonly requests?: number | undefined
  /** Input and output; a request is let in while there is one left. */
  readonly tokens?: number | undefined
  readonly windowMillis: number
}

/** What is left of one limit. */
export interface Left {
  readonly limit: number
  readonly remaining: number
  /** Milliseconds until it is whole again. */
  readonly resetMillis: number
}

export interface State {
  readonly requests?: Left | undefined
  readonly tokens?: Left | undefined
}

/** A request that was let in, or wasn't. */
export interface Admission {
  /** Milliseconds until it would be let in; undefined where it is. */
  readonly retryMillis: number | undefined
  readonly use: (tokens: number) => void
  readonly state: () => State
}

export interface Rates {
  /** Undefined where nothing is limited. */
  readonly admit: (who: {
    readonly provider: string
    readonly key: string
    readonly model: string
  }) => Admission | undefined
  readonly clear: () => void
}

interface Bucket {
  readonly limit: number
  readonly refill: () => void
  level: number
}

const bucketOf = (limit: number, windowMillis: number, time: Time.Time): Bucket => {
  let at = time.now()
  const bucket: Bucket = {
    limit,
    level: limit,
    refill: () => {
      const now = time.now()
      bucket.level = Math.min(limit, bucket.level + Math.max(0, now - at) / windowMillis * limit)
      at = now
    }
  }
  return bucket
}

export const make = (limits: Readonly<Record<string, Limit | undefined>>, time: Time.Time): Rates => {
  const buckets = new Map<string, { readonly requests?: Bucket | undefined; readonly tokens?: Bucket | undefined }>()

  const madeOf = ({ requests, tokens, windowMillis }: Limit) => ({
    requests: requests === undefined ? undefined : bucketOf(requests, windowMillis, time),
    tokens: tokens === undefined ? undefined : bucketOf(tokens, windowMillis, time)
  })

  return {
    admit: ({ key, model, provider }) => {
      const limit = limits[provider]
      if (limit === undefined) return undefined
      const name = JSON.stringify([provider, key, model])
      const its = buckets.get(name) ?? madeOf(limit)
      Bounded.setNewest(buckets, 10_000, name, its)
      const leftOf = (bucket: Bucket | undefined): Left | undefined => {
        if (bucket === undefined) return undefined
        bucket.refill()
        return {
          limit: bucket.limit,
          remaining: Math.max(0, Math.floor(bucket.level)),
          resetMillis: Math.ceil((bucket.limit - bucket.level) / bucket.limit * limit.windowMillis)
        }
      }
      const state = () => ({ requests: leftOf(its.requests), tokens: leftOf(its.tokens) })
      const left = state()
      const waits = [its.requests, its.tokens].flatMap((bucket) =>
        bucket === undefined || bucket.level >= 1 ? [] : [(1 - bucket.level) / bucket.limit * limit.windowMillis]
      )
      if (waits.length > 0) {
        return { retryMillis: Math.ceil(Math.max(...waits)), use: () => undefined, state: () => left }
      }
      if (its.requests !== undefined) its.requests.level--
      return {
        retryMillis: undefined,
        use: (tokens) => {
          if (its.tokens !== undefined) its.tokens.level -= tokens
        },
        state
      }
    },
    clear: () => buckets.clear()
  }
}

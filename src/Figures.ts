/**
 * What the log adds up to: the shape of every figure that dashboard and CLI show.
 *
 * All of it is plain JSON. Times are epoch milliseconds, durations milliseconds, shares and rates fractions (0.614 is
 * 61.4 %). What isn't known is `null`, never zero. Money is a whole number of 1e-12 USD as text, which is exact, beside
 * the same in USD, which may be rounded.
 *
 * @since 1.0.0
 */
import * as Schema from "effect/Schema"

const Count = Schema.Natural
const Millis = Schema.Finite
const Time = Schema.Finite
const Text = Schema.String
const orNull = Schema.NullOr
const list = Schema.Array

/**
 * An amount.
 *
 * @category models
 * @since 1.0.0
 */
export const Money = Schema.Struct({
  /** Exact: a whole number of 1e-12 USD. */
  picoUsd: Text.check(Schema.isPattern(/^-?\d+$/)),
  /** The same in USD, as near as a number gets. */
  usd: Schema.Finite
}).annotate({ identifier: "Money" })
/** @since 1.0.0 */
export type Money = typeof Money.Type

/** @since 1.0.0 */
export const ranges = ["15m", "1h", "24h", "7d", "30d"] as const

/**
 * What figures are about: calls that ended from `since` until `until`.
 *
 * @category models
 * @since 1.0.0
 */
export const Range = Schema.Struct({
  name: Schema.Literals([...ranges, "custom"]),
  /** The start of the first bucket. */
  since: Time,
  /** The end of the last bucket, which may lie ahead of `now`. */
  until: Time,
  /** The server's clock. */
  now: Time,
  /** Milliseconds of a bucket. */
  bucket: Millis,
  /** At most 240. */
  buckets: Count,
  /** The range of equal length before, that deltas compare with: as long as what has passed of this one. */
  previous: Schema.Struct({ since: Time, until: Time })
}).annotate({ identifier: "Range" })
/** @since 1.0.0 */
export type Range = typeof Range.Type

/**
 * A figure, what it was in the range before, and how it came about. `delta` is `null` where there is nothing to compare
 * with.
 */
const figure = <S extends Schema.Top, D extends Schema.Top>(value: S, delta: D) => ({
  value: orNull(value),
  previous: orNull(value),
  delta: orNull(delta)
})

/** One value a bucket: `null` before the first call that the log knows of, and in buckets that haven't begun. */
const Spark = list(orNull(Schema.Finite))

const RequestsPerMinute = Schema.Struct({
  /** Finished calls by minutes covered: since the first call the log knows of, where that is within the range. */
  ...figure(Schema.Finite, Schema.Finite),
  /** Calls of the last complete minute. */
  now: orNull(Count),
  minutes: Schema.Finite,
  /** Calls. */
  spark: Spark
})

const Latency = Schema.Struct({
  /** p95 in milliseconds; the delta too. */
  ...figure(Millis, Millis),
  /** False: from histograms, and off by 2 % at most. */
  isExact: Schema.Boolean,
  /** p95. */
  spark: Spark
})

const HitRate = Schema.Struct({
  /** Hits by hits and misses of cacheable calls; the delta in points: 0.031 is 3.1 pt. */
  ...figure(Schema.Finite, Schema.Finite),
  hits: Count,
  misses: Count,
  /** Calls that joined another's request: neither hits nor misses. */
  coalesced: Count,
  spark: Spark
})

/** By mechanism. The parts add up to the whole exactly; `promptCache` may be negative. */
const savedParts = {
  responseCache: Money,
  coalescing: Money,
  promptCache: Money,
  routing: Money,
  batch: Money
}

const Savings = Schema.Struct({
  /** List price on the route's declared baseline model, of the calls that are priced: `actual` and `saved`. */
  baseline: Money,
  /** What the attempts of the calls that are priced cost. */
  actual: Money,
  saved: Money,
  /** `saved` by `baseline`. */
  share: orNull(Schema.Finite),
  parts: Schema.Struct(savedParts),
  /** Calls in these sums. */
  priced: Count,
  /** Calls left out of them, since what they cost or saved isn't known. */
  unpriced: Count
}).annotate({ identifier: "Savings" })

const Saved = Schema.Struct({
  ...figure(Money, Money),
  savings: Savings,
  /** What all attempts are known to have cost, those of unpriced calls included. */
  spent: Money,
  /** USD. */
  spark: Spark
})

const tokens = {
  /** All of the below. */
  total: Count,
  /** Not from the vendor's cache. */
  input: Count,
  /** Read from the vendor's prompt cache. */
  cachedInput: Count,
  /** Written to it. */
  cacheWrite: Count,
  output: Count,
  reasoning: Count
}

const Tokens = Schema.Struct(tokens).annotate({ identifier: "Tokens" })

const ProviderTokens = Schema.Struct({ provider: Text, ...tokens, share: Schema.Finite })

const Circuit = Schema.Struct({
  state: Schema.Literals(["closed", "open", "half-open"]),
  since: orNull(Time),
  until: orNull(Time),
  why: orNull(Text)
})

/**
 * How a provider does, by the attempts of the last 5 minutes.
 *
 * - `healthy`: errors below 2 %, and its p95 below twice its own of 24 hours
 * - `slow`: its p95 is twice that or more
 * - `unsteady`: errors from 2 % to 10 %
 * - `failing`: errors from 10 % up, or a circuit is open
 * - `idle`: no attempts
 *
 * @category models
 * @since 1.0.0
 */
export const Health = Schema.Struct({
  provider: Text,
  state: Schema.Literals(["healthy", "slow", "unsteady", "failing", "idle"]),
  /** Of attempts that succeeded. */
  p95: orNull(Millis),
  /** The same over 24 hours. */
  p95Day: orNull(Millis),
  attempts: Count,
  /** Attempts that failed, and not by the caller's doing. */
  errors: Count,
  errorRate: orNull(Schema.Finite),
  circuit: Circuit,
  /** Of the last attempt within 30 days. */
  lastAt: orNull(Time)
}).annotate({ identifier: "Health" })
/** @since 1.0.0 */
export type Health = typeof Health.Type

/**
 * A retry, a failover, a call that failed, or a circuit that changed its state.
 *
 * @category models
 * @since 1.0.0
 */
export const Incident = Schema.Struct({
  kind: Schema.Literals(["retry", "failover", "error", "circuit"]),
  at: Time,
  /** Of the call; `null` for a circuit. */
  id: orNull(Text),
  provider: Text,
  model: orNull(Text),
  /** Of a failover: who was asked next. */
  toProvider: orNull(Text),
  toModel: orNull(Text),
  /** What the attempt before, or the call, failed for: `RateLimited`. Of a circuit, its new state. */
  cause: Text,
  status: orNull(Schema.Int),
  why: orNull(Text),
  /** Milliseconds between the two attempts. */
  waited: orNull(Millis),
  /** The attempt that followed, from 1, of so many. */
  attempt: orNull(Count),
  attempts: orNull(Count)
}).annotate({ identifier: "Incident" })
/** @since 1.0.0 */
export type Incident = typeof Incident.Type

/**
 * All of the Overview page but its chart and its log.
 *
 * @category models
 * @since 1.0.0
 */
export const Overview = Schema.Struct({
  range: Range,
  calls: Schema.Struct({ total: Count, ok: Count, errors: Count, interrupted: Count }),
  requestsPerMinute: RequestsPerMinute,
  /** Of calls that succeeded and weren't answered from the cache or another's request. */
  latency: Latency,
  /** Of all calls that succeeded. */
  latencyWithCached: Latency,
  hitRate: HitRate,
  saved: Saved,
  /** Providers with an attempt in the range. */
  activeProviders: Count,
  tokens: Schema.Struct({
    total: Count,
    /** The 8 with the most, in order. */
    providers: list(ProviderTokens),
    /** The others together. */
    others: orNull(Schema.Struct({ count: Count, ...tokens, share: Schema.Finite }))
  }),
  /** Whatever the filters. Those with attempts in the last 30 days, by name. */
  health: list(Health),
  incidents: Schema.Struct({
    /** Of the last hour. */
    retries: Count,
    failovers: Count,
    errors: Count,
    /** The newest 20. */
    recent: list(Incident)
  }),
  /** Of the last 30 days, whatever the range. */
  workload: Schema.Struct({ since: Time, until: Time, savings: Savings }),
  /** Calls that are under way in this process; `null` where it makes none. */
  inFlight: orNull(Count),
  /** Of the first call that the log knows of; `null` where it is empty. */
  firstAt: orNull(Time),
  lastAt: orNull(Time)
}).annotate({ identifier: "Overview" })
/** @since 1.0.0 */
export type Overview = typeof Overview.Type

/** One value a bucket each. Counts are `null` where {@link Spark} is. Latencies are `null` where nothing succeeded. */
const Points = Schema.Struct({
  calls: Spark,
  ok: Spark,
  errors: Spark,
  interrupted: Spark,
  retries: Spark,
  failovers: Spark,
  hits: Spark,
  misses: Spark,
  coalesced: Spark,
  /** End to end, of calls that succeeded upstream. */
  p50: Spark,
  p95: Spark,
  p99: Spark,
  /** Until the first token of streams, likewise. */
  firstTokenP50: Spark,
  firstTokenP95: Spark,
  tokens: Spark,
  /** USD that attempts are known to have cost. */
  cost: Spark,
  /** USD. */
  saved: Spark
}).annotate({ identifier: "Points" })

const costStatus = Schema.Literals(["measured", "estimated", "partial", "unknown"])

const costs = {
  /** What attempts are known to have cost. */
  cost: Money,
  /** `partial`: there is more to it; `unknown`: nothing of it is known, and `cost` says nothing. */
  costStatus,
  /** Attempts whose cost is an estimate. */
  estimated: Count,
  /** Attempts that may have cost something unknown. */
  unknown: Count
}

const Totals = Schema.Struct({
  calls: Count,
  ok: Count,
  errors: Count,
  interrupted: Count,
  retries: Count,
  failovers: Count,
  tokens: Tokens,
  ...costs,
  /** Calls that may have cost something unknown. */
  unpriced: Count,
  saved: Money,
  p50: orNull(Millis),
  p95: orNull(Millis),
  p99: orNull(Millis),
  /** Whether the percentiles are. */
  isExact: Schema.Boolean
}).annotate({ identifier: "Totals" })

/**
 * What happened over time, of all calls and of the largest groups.
 *
 * @category models
 * @since 1.0.0
 */
export const Series = Schema.Struct({
  range: Range,
  by: Schema.Literals(["none", "provider", "model"]),
  /** When each bucket starts. */
  at: list(Time),
  /** The bucket that is still filling, by its place. */
  partial: orNull(Count),
  all: Schema.Struct({ totals: Totals, points: Points }),
  /**
   * By calls, most first; none for `none`. A model is `provider/model`. Calls are those that it answered, tokens and
   * cost are of the attempts at it.
   */
  groups: list(Schema.Struct({ key: Text, totals: Totals, points: Points })),
  /** How many there are besides. */
  otherGroups: Count
}).annotate({ identifier: "Series" })
/** @since 1.0.0 */
export type Series = typeof Series.Type

/**
 * Sums by provider, model or tag.
 *
 * @category models
 * @since 1.0.0
 */
export const Breakdown = Schema.Struct({
  range: Range,
  by: Schema.Literals(["provider", "model", "tag"]),
  total: Totals,
  /** By cost, most first, 200 at most. A call with several tags is in each of their groups. */
  groups: list(Schema.Struct({
    /** `openai` · `openai/gpt-4o-mini` · `tenant:acme` */
    key: Text,
    totals: Totals,
    /** Of the cost. */
    share: orNull(Schema.Finite),
    /** USD per 1,000 calls. */
    per1k: orNull(Schema.Finite)
  })),
  otherGroups: Count
}).annotate({ identifier: "Breakdown" })
/** @since 1.0.0 */
export type Breakdown = typeof Breakdown.Type

const spent = {
  calls: Count,
  attempts: Count,
  tokens: Tokens,
  ...costs,
  saved: Money,
  /** USD per 1,000 calls. */
  per1k: orNull(Schema.Finite)
}

/**
 * All of the Cost page: what was spent and saved, on whom and when.
 *
 * @category models
 * @since 1.0.0
 */
export const Spending = Schema.Struct({
  range: Range,
  by: Schema.Literals(["provider", "model", "tag"]),
  /** The key of the tags that calls are grouped by; `null`: all keys, so that a call is in several groups. */
  tagKey: orNull(Text),
  /** When each bucket starts. */
  at: list(Time),
  /** The bucket that is still filling, by its place. */
  partial: orNull(Count),
  total: Schema.Struct(spent),
  spent: Schema.Struct({ ...figure(Money, Money), spark: Spark }),
  saved: Schema.Struct({ ...figure(Money, Money), savings: Savings, spark: Spark }),
  /** USD per 1,000 calls. */
  per1k: Schema.Struct({ ...figure(Schema.Finite, Schema.Finite), spark: Spark }),
  /** Calls that may have cost something unknown; the delta too. */
  unpriced: Schema.Struct({ ...figure(Count, Schema.Int), spark: Spark }),
  /** By cost, most first, 200 unless more are asked for. Calls are by who answered, the rest by who was asked. */
  groups: list(Schema.Struct({
    /** `openai` · `openai/gpt-4o-mini` · `tenant:acme` */
    key: Text,
    ...spent,
    /** Of the cost. */
    share: orNull(Schema.Finite),
    /** USD, of the dearest 8; `null` for the others. */
    spark: orNull(Spark)
  })),
  /** Groups that aren't listed, and calls that are in none; `null` where there is nothing else, or a call is in several. */
  rest: orNull(Schema.Struct({ groups: Count, ...spent, share: orNull(Schema.Finite) })),
  /** USD, of all that has no `spark`; `null` where nothing is left, or a call is in several groups. */
  restSpark: orNull(Spark),
  firstAt: orNull(Time)
}).annotate({ identifier: "Spending" })
/** @since 1.0.0 */
export type Spending = typeof Spending.Type

/** @since 1.0.0 */
export const statuses = ["ok", "retry", "failover", "error", "interrupted"] as const

const row = {
  /** Ascends in the order in which calls were recorded. */
  seq: Count,
  id: Text,
  startedAt: Time,
  endedAt: Time,
  /** `retry` and `failover`: it succeeded after one. */
  status: Schema.Literals(statuses),
  /** `ok`, the tag of the reason it failed for, `interrupted` or `defect`. */
  outcome: Text,
  operation: Schema.Literals(["generate", "stream", "batch"]),
  modality: Schema.Literals(["text", "image"]),
  provider: Text,
  model: Text,
  /** `provider/model`, or what was asked instead. */
  asked: Text,
  /** The name of the route that it was asked of. */
  route: orNull(Text),
  ms: Millis,
  firstTokenMs: orNull(Millis),
  /** What of `ms` was Loom's own. */
  overheadMs: Millis,
  inputTokens: Count,
  cachedTokens: Count,
  outputTokens: Count,
  cache: Schema.Literals(["miss", "hit", "coalesced"]),
  cacheable: Schema.Boolean,
  attempts: Count,
  retries: Count,
  failovers: Count,
  /** What is known of it; `null`: nothing is. */
  cost: orNull(Money),
  costStatus,
  saved: orNull(Money),
  tags: Schema.Record(Text, Text)
}

/**
 * A call in the log.
 *
 * @category models
 * @since 1.0.0
 */
export const RequestRow = Schema.Struct(row).annotate({ identifier: "RequestRow" })
/** @since 1.0.0 */
export type RequestRow = typeof RequestRow.Type

/**
 * Calls, newest first by when they ended.
 *
 * @category models
 * @since 1.0.0
 */
export const Requests = Schema.Struct({
  range: orNull(Range),
  rows: list(RequestRow),
  /** `cursor` of the page of older ones; `null` at the end. */
  next: orNull(Text),
  /** The newest record of the log, whatever the filters: where to resume `events` from. */
  lastSeq: Count
}).annotate({ identifier: "Requests" })
/** @since 1.0.0 */
export type Requests = typeof Requests.Type

const CostLine = Schema.Struct({
  /** `inputUncached`, `cacheRead`, `outputText`, … */
  unit: Text,
  quantity: Schema.Finite,
  /** 1e-12 USD a unit. */
  rate: Schema.Finite,
  /** Ten-thousandths by name: `{ batch: 5000 }` is half the price. */
  multipliers: Schema.Record(Text, Schema.Finite),
  amount: Money
})

/**
 * A request to a vendor.
 *
 * @category models
 * @since 1.0.0
 */
export const AttemptView = Schema.Struct({
  n: Count,
  provider: Text,
  model: Text,
  asked: Text,
  /** Which of the call's candidates it was made for: 0 is the first. */
  candidate: Count,
  /** After the call began, milliseconds. */
  offsetMs: Millis,
  ms: Millis,
  /** Since the attempt before ended. */
  waitedMs: orNull(Millis),
  firstTokenMs: orNull(Millis),
  outcome: Text,
  status: orNull(Schema.Int),
  why: orNull(Text),
  billed: Schema.Literals(["yes", "no", "maybe"]),
  requestId: orNull(Text),
  serviceTier: orNull(Text),
  region: orNull(Text),
  usage: orNull(Schema.Struct({
    state: Schema.Literals(["reported", "estimated", "missing"]),
    tokens: Tokens,
    /** Each counter that isn't zero, by its unit: `cacheWrite.5m`, `requests.webSearch`. */
    counters: Schema.Record(Text, Schema.Finite)
  })),
  cost: orNull(Schema.Struct({
    status: Schema.Literals(["measured", "estimated", "unknown"]),
    amount: orNull(Money),
    local: Schema.Struct({ currency: Text, amount: orNull(Schema.Finite) }),
    lines: list(CostLine),
    /** Units without a price. */
    unpriced: list(Text),
    price: orNull(Schema.Struct({
      provider: Text,
      model: Text,
      from: orNull(Text),
      source: list(Text),
      confidence: orNull(Text)
    })),
    /** What the vendor says itself. */
    reportedUsd: orNull(Schema.Finite)
  }))
}).annotate({ identifier: "Attempt" })
/** @since 1.0.0 */
export type AttemptView = typeof AttemptView.Type

/**
 * All that is known of a call. Prompt and answer aren't kept.
 *
 * @category models
 * @since 1.0.0
 */
export const RequestDetail = Schema.Struct({
  ...row,
  requestId: orNull(Text),
  finishReason: orNull(Text),
  error: orNull(Schema.Struct({
    tag: Text,
    status: orNull(Schema.Int),
    what: Text,
    why: Text,
    fix: orNull(Text)
  })),
  /** `null`: a part of it isn't known, or the call failed. */
  savedParts: orNull(Schema.Struct(savedParts)),
  attemptViews: list(AttemptView),
  /** The candidates that were reached, and what became of them; none where there was no choice. */
  tried: list(Schema.Struct({
    /** `provider/model` */
    model: Text,
    outcome: Text,
    why: orNull(Text),
    attempts: Count,
    ms: Millis,
    cost: Money,
    warnings: list(Text)
  })),
  /** `provider/model` of the candidate that answered. */
  used: orNull(Text),
  /** What was dropped, clamped or left out, in words. */
  warnings: list(Text)
}).annotate({ identifier: "RequestDetail" })
/** @since 1.0.0 */
export type RequestDetail = typeof RequestDetail.Type

const Percentiles = Schema.Struct({ p50: orNull(Millis), p95: orNull(Millis), p99: orNull(Millis) })

const asked = {
  attempts: Count,
  ok: Count,
  errors: Count,
  errorRate: orNull(Schema.Finite),
  /** Of all that didn't succeed, most first. */
  outcomes: list(Schema.Struct({ outcome: Text, attempts: Count })),
  /** Of attempts that succeeded. */
  latency: Percentiles,
  firstToken: Percentiles,
  /** Whether the percentiles are. */
  isExact: Schema.Boolean,
  /** Of the calls that it answered, or failed last: how often somebody was asked again, and how often another was. */
  retries: Count,
  failovers: Count,
  tokens: Tokens,
  ...costs
}

/**
 * What each provider did in the range, by its attempts.
 *
 * @category models
 * @since 1.0.0
 */
export const Providers = Schema.Struct({
  range: Range,
  /** When each bucket starts. */
  at: list(Time),
  /** The bucket that is still filling, by its place. */
  partial: orNull(Count),
  /** By attempts, most first. Those that weren't asked in the range, but in the last 30 days, are among them. */
  providers: list(Schema.Struct({
    provider: Text,
    health: Health,
    ...asked,
    /** One value a bucket each, of the 8 with the most attempts. Latencies are `null` where nothing succeeded. */
    points: orNull(Schema.Struct({
      attempts: Spark,
      errors: Spark,
      p50: Spark,
      p95: Spark,
      p99: Spark,
      /** p95. */
      firstToken: Spark
    })),
    /**
     * By attempts, most first. Those that nobody answered count for the model that last answered to the same name, where
     * the newest attempts know one.
     */
    models: list(Schema.Struct({ model: Text, ...asked })),
    /** Names of places, never a key. */
    keySources: list(Text)
  })),
  /** The newest 50 of the range. */
  incidents: list(Incident),
  firstAt: orNull(Time)
}).annotate({ identifier: "Providers" })
/** @since 1.0.0 */
export type Providers = typeof Providers.Type

const Facet = Schema.Struct({ value: Text, calls: Count })

/**
 * What can be filtered by, with how many calls of the range there are of each, most first.
 *
 * @category models
 * @since 1.0.0
 */
export const Facets = Schema.Struct({
  range: Range,
  statuses: list(Facet),
  providers: list(Facet),
  models: list(Schema.Struct({ provider: Text, value: Text, calls: Count })),
  /** Tags of reasons: `RateLimited`. */
  errors: list(Facet),
  cache: list(Facet),
  /** 20 keys of 20 values at most. */
  tags: list(Schema.Struct({ key: Text, values: list(Facet), otherValues: Count }))
}).annotate({ identifier: "Facets" })
/** @since 1.0.0 */
export type Facets = typeof Facets.Type

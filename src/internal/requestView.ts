/**
 * Records of the log as they are shown.
 */
import type { Attempt } from "../Attempt.ts"
import type { Row } from "../CallLog.ts"
import type * as Cost from "../Cost.ts"
import type * as Figures from "../Figures.ts"
import type * as Usage from "../Usage.ts"

const money = (picoUsd: bigint | number): Figures.Money => ({
  picoUsd: String(picoUsd),
  usd: Number(picoUsd) / 1e12
})

const statusOf = ({ failovers, outcome, retries }: Row): Figures.RequestRow["status"] =>
  outcome === "interrupted"
    ? "interrupted"
    : outcome !== "ok"
    ? "error"
    : failovers > 0
    ? "failover"
    : retries > 0
    ? "retry"
    : "ok"

const nameOf = (provider: string | undefined, model: string): string =>
  provider === undefined || provider === "" || model.startsWith(`${provider}/`) ? model : `${provider}/${model}`

export const rowOf = (row: Row): Figures.RequestRow => {
  const isUnknown = row.unpriced > 0 && row.picoUsd === 0n
  return {
    seq: row.seq,
    id: row.id,
    startedAt: row.startedAt,
    endedAt: Math.floor(row.startedAt + row.timing.total),
    status: statusOf(row),
    outcome: row.outcome,
    operation: row.operation,
    modality: row.modality,
    provider: row.provider,
    model: row.model,
    asked: nameOf(row.asked.provider, row.asked.model),
    route: row.route ?? null,
    ms: row.timing.total,
    firstTokenMs: row.timing.firstToken ?? null,
    overheadMs: row.timing.overhead,
    inputTokens: row.inputTokens,
    cachedTokens: row.cachedTokens,
    outputTokens: row.outputTokens,
    cache: row.cache,
    cacheable: row.cacheable,
    attempts: row.attempts,
    retries: row.retries,
    failovers: row.failovers,
    cost: isUnknown ? null : money(row.picoUsd),
    costStatus: isUnknown ? "unknown" : row.unpriced > 0 ? "partial" : row.estimated > 0 ? "estimated" : "measured",
    saved: row.saved === undefined ? null : money(row.saved.picoUsd),
    tags: row.tags
  }
}

export const errorOf = ({ error, outcome }: Row): Figures.RequestDetail["error"] =>
  error === undefined ? null : {
    tag: outcome,
    status: error.status ?? null,
    what: error.what,
    why: error.why,
    fix: error.fix === "" ? null : error.fix
  }

export const detailOf = (row: Row, attempts: ReadonlyArray<Attempt>): Figures.RequestDetail => {
  const { saved, tried } = row
  return {
    ...rowOf(row),
    requestId: row.requestId ?? null,
    finishReason: row.finishReason ?? null,
    error: errorOf(row),
    savedParts: saved === undefined ? null : {
      responseCache: money(saved.responseCache),
      coalescing: money(saved.coalescing),
      promptCache: money(saved.promptCache),
      routing: money(saved.routing),
      batch: money(saved.batch)
    },
    attemptViews: attempts.map((attempt, n) => attemptOf(row, attempt, n, attempts[n - 1])),
    tried: tried.map(({ attempts, duration, model, outcome, picoUsd, warnings, why }) => ({
      model,
      outcome,
      why: why ?? null,
      attempts,
      ms: duration,
      cost: money(picoUsd),
      warnings
    })),
    used: tried.find(({ outcome }) => outcome === "ok")?.model ?? null,
    warnings: row.warnings
  }
}

const attemptOf = (
  call: Row,
  attempt: Attempt,
  n: number,
  before: Attempt | undefined
): Figures.AttemptView => ({
  n: n + 1,
  provider: attempt.provider,
  model: attempt.model,
  asked: attempt.asked,
  candidate: attempt.candidate,
  // The clock on the wall may have been set meanwhile.
  offsetMs: Math.max(0, attempt.startedAt - call.startedAt),
  ms: attempt.duration,
  waitedMs: before === undefined ? null : Math.max(0, attempt.startedAt - before.startedAt - before.duration),
  firstTokenMs: attempt.firstToken ?? null,
  outcome: attempt.outcome,
  status: attempt.status ?? null,
  why: attempt.why ?? null,
  billed: attempt.billed,
  requestId: attempt.requestId ?? null,
  serviceTier: attempt.serviceTier ?? null,
  region: attempt.region ?? null,
  usage: attempt.usage === undefined ? null : usageOf(attempt.usage),
  cost: attempt.cost === undefined ? null : costOf(attempt.cost)
})

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0)

const usageOf = (usage: Usage.Usage): NonNullable<Figures.AttemptView["usage"]> => ({
  state: usage.state,
  tokens: {
    total: usage.totalTokens,
    input: usage.inputUncached + usage.audioInput + usage.imageInput,
    cachedInput: usage.cacheRead + usage.imageCacheRead,
    cacheWrite: sum(usage.cacheWrite),
    output: usage.outputText + usage.audioOutput + usage.imageOutput,
    reasoning: usage.outputReasoning
  },
  counters: Object.fromEntries(
    [
      ...(["inputUncached", "cacheRead", "outputText", "outputReasoning", "audioInput", "audioOutput"] as const)
        .map((name) => [name, usage[name]] as const),
      ...(["imageInput", "imageCacheRead", "imageOutput", "inputImages"] as const)
        .map((name) => [name, usage[name]] as const),
      ...Object.entries(usage.cacheWrite).map(([ttl, count]) => [`cacheWrite.${ttl}`, count] as const),
      ...Object.entries(usage.requests).map(([kind, count]) => [`requests.${kind}`, count] as const),
      ["images", usage.images.reduce((total, { count }) => total + count, 0)] as const
    ].filter(([, count]) => count > 0)
  )
})

const costOf = (cost: Cost.Cost): NonNullable<Figures.AttemptView["cost"]> => ({
  status: cost.status,
  amount: cost.picoUsd === undefined ? null : money(cost.picoUsd),
  local: { currency: cost.local.currency, amount: cost.local.amount ?? null },
  lines: cost.lines.map(({ multipliers, picoUsd, quantity, rate, unit }) => ({
    unit,
    quantity,
    rate,
    multipliers,
    amount: money(picoUsd)
  })),
  unpriced: cost.unpriced,
  price: cost.price === undefined ? null : {
    provider: cost.price.provider,
    model: cost.price.model,
    from: cost.price.from ?? null,
    source: cost.price.source,
    confidence: cost.price.confidence ?? null
  },
  reportedUsd: cost.reportedUsd ?? null
})

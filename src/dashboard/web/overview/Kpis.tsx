import { useSignal } from "@preact/signals"
import type { Overview } from "../../../Figures.ts"
import { count, countOf, duration, durationOf, exactly, money, perMinute, points, rate, usd } from "../format.ts"
import { Kpi } from "../parts/Kpi.tsx"
import { Tiles } from "../parts/Tiles.tsx"
import { overview } from "../state/figures.ts"
import { inLog, rangeLabel } from "../state/view.ts"

const Requests = (
  { of: { calls, requestsPerMinute: { delta, minutes, now, spark, value } } }: { readonly of: Overview }
) => (
  <Kpi
    name="requests"
    about="Requests / min"
    value={perMinute(value)}
    exact={`${count(calls.total)} calls in ${count(minutes)} minutes`}
    delta={delta === null ? undefined : { change: delta, size: rate(Math.abs(delta)) }}
    note={`now ${countOf(now)}`}
    spark={spark}
    to={inLog()}
  />
)

const Latency = ({ of }: { readonly of: Overview }) => {
  const isWithCached = useSignal(false)
  const { delta, isExact, spark, value } = isWithCached.value ? of.latencyWithCached : of.latency
  return (
    <Kpi
      name="latency"
      about="P95 latency"
      value={durationOf(value)}
      exact={isExact ? "Exact" : "From a histogram: off by 2% at most"}
      delta={delta === null ? undefined : { change: delta, size: duration(Math.abs(delta)), good: "down" }}
      note={isWithCached.value ? "all answers" : "upstream"}
      spark={spark}
      to={inLog(value === null ? {} : { minMs: String(Math.floor(value)) })}
    >
      <button
        type="button"
        class="toggle"
        data-testid="with-cached"
        aria-pressed={isWithCached.value}
        onClick={() => {
          isWithCached.value = !isWithCached.peek()
        }}
      >
        + cached
      </button>
    </Kpi>
  )
}

const HitRate = ({ of: { hitRate: { coalesced, delta, hits, misses, spark, value } } }: { readonly of: Overview }) => (
  <Kpi
    name="hits"
    about="Cache hit rate"
    value={rate(value)}
    exact={`${count(hits)} hits, ${count(misses)} misses; ${count(coalesced)} joined another's request`}
    delta={delta === null ? undefined : { change: delta, size: points(Math.abs(delta)), good: "up" }}
    note={`${count(hits)} of ${count(hits + misses)}`}
    spark={spark}
    to={inLog({ cached: "true" })}
  />
)

const Saved = ({ of: { saved: { delta, savings, spark, spent, value } } }: { readonly of: Overview }) => (
  <Kpi
    name="saved"
    about={`Cost saved · ${rangeLabel.value}`}
    value={money(value)}
    exact={exactly(value)}
    delta={delta === null ? undefined : { change: delta.usd, size: usd(Math.abs(delta.usd)), good: "up" }}
    note={
      <>
        spent <span title={exactly(spent)}>{money(spent)}</span>
        {savings.unpriced > 0 ? ` + ${count(savings.unpriced)} unpriced` : ""}
      </>
    }
    spark={spark}
    to={inLog()}
  />
)

export const Kpis = () => (
  <Tiles of={overview}>
    {(answer) => (
      <>
        <Requests of={answer} />
        <Latency of={answer} />
        <HitRate of={answer} />
        <Saved of={answer} />
      </>
    )}
  </Tiles>
)

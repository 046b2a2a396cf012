import type { AttemptView, RequestDetail } from "../../../Figures.ts"
import { cost, duration, durationOf, words } from "../format.ts"
import { nameOf, seriesOf } from "../vendors.ts"

const tone = (outcome: string) => outcome === "ok" ? "ok" : outcome === "interrupted" ? "interrupted" : "error"

const costOf = ({ cost: charged }: AttemptView) =>
  charged === null ? "—" : cost({ cost: charged.amount, costStatus: charged.status })

const Attempt = ({ of, whole }: { readonly of: AttemptView; readonly whole: number }) => {
  const { firstTokenMs, model, ms, n, offsetMs, outcome, provider, status, waitedMs, why } = of
  return (
    <li data-testid="attempt">
      <p>
        <b>{n}. {nameOf(provider)}</b> {model}
        <span class="pill" data-status={tone(outcome)}>{status === null ? "" : `${status} `}{words(outcome)}</span>
      </p>
      <span class="lane" aria-hidden="true">
        <span
          class="fill"
          data-series={seriesOf(provider)}
          style={{ marginLeft: `${(offsetMs / whole) * 100}%`, width: `${Math.max(0.5, (ms / whole) * 100)}%` }}
        />
      </span>
      <p class="muted">
        {waitedMs === null || waitedMs < 1 ? "" : `waited ${duration(waitedMs)}, `}
        {duration(ms)}
        {firstTokenMs === null ? "" : `, first token after ${durationOf(firstTokenMs)}`} · {costOf(of)}
        {why === null ? "" : ` · ${why}`}
      </p>
    </li>
  )
}

const cacheWords = { hit: "answered from the cache", coalesced: "joined another call's request", miss: "not cached" }

/** Where the time went: router, cache, and each attempt, to one scale. */
export const Timeline = (
  { of: { attemptViews, cache, cacheable, ms, overheadMs, tried } }: { readonly of: RequestDetail }
) => {
  const whole = Math.max(ms, 0.001, ...attemptViews.map((attempt) => attempt.offsetMs + attempt.ms))
  return (
    <section aria-labelledby="timeline-title" data-testid="timeline">
      <h3 id="timeline-title">Timeline</h3>
      <ol class="timeline">
        <li>
          <p>
            <b>Router</b>{" "}
            <span class="muted">
              {tried.length > 1 ? `${tried.length} candidates reached` : "one candidate"} · {duration(overheadMs)}{" "}
              of Loom's own
            </span>
          </p>
        </li>
        <li>
          <p>
            <b>Cache</b>{" "}
            <span class="muted">{cache === "miss" && !cacheable ? "not cacheable" : cacheWords[cache]}</span>
          </p>
        </li>
        {attemptViews.map((attempt) => <Attempt key={attempt.n} of={attempt} whole={whole} />)}
      </ol>
    </section>
  )
}

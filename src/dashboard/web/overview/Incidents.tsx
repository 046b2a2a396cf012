import type { Incident } from "../../../Figures.ts"
import { ago, duration, iso, plural, words } from "../format.ts"
import { Link } from "../parts/Link.tsx"
import { Panel } from "../parts/Panel.tsx"
import { now } from "../state/clock.ts"
import { overview } from "../state/figures.ts"
import { inLog } from "../state/view.ts"
import { nameOf } from "../vendors.ts"

const Story = (
  { of: { attempt, attempts, cause, kind, provider, status, toProvider, waited } }: { readonly of: Incident }
) => (
  <>
    <b>{nameOf(provider)}</b>
    {toProvider === null ? null : (
      <>
        {" → "}
        <b>{nameOf(toProvider)}</b>
      </>
    )}
    {" · "}
    {status ?? words(cause)}
    {waited === null || waited < 1 ? "" : `, waited ${duration(waited)}`}
    {attempt === null || attempts === null
      ? ""
      : kind === "error"
      ? `, ${attempts} of ${attempts} failed`
      : `, attempt ${attempt} of ${attempts}`}
  </>
)

const Row = ({ of }: { readonly of: Incident }) => {
  const story = (
    <>
      <span class="pill" data-status={of.kind}>{of.kind}</span>
      <span class="story" title={of.why ?? undefined}>
        <Story of={of} />
      </span>
      <time dateTime={new Date(of.at).toISOString()} title={iso(of.at)}>{ago(of.at, now.value)}</time>
    </>
  )
  return (
    <li data-testid="incident">
      {of.id === null ? <span class="line">{story}</span> : <Link class="line" to={{ request: of.id }}>{story}</Link>}
    </li>
  )
}

const Counts = () => {
  const incidents = overview.answer.value?.data.incidents
  return incidents === undefined ? null : (
    <span data-testid="incident-counts">
      {plural(incidents.retries, "retry", "retries")} · {plural(incidents.failovers, "failover")} ·{" "}
      {plural(incidents.errors, "error")} in 1 h
    </span>
  )
}

export const Incidents = () => (
  <Panel
    area="incidents"
    title="Recent retries · failover"
    note={<Counts />}
    of={overview}
    isBrief
  >
    {({ incidents: { recent } }) => (
      <>
        {recent.length === 0 ?
          <p class="muted">Nothing had to be tried twice.</p> :
          (
            <ul class="incidents" tabIndex={0} aria-label="Recent retries and failovers">
              {recent.map((incident) => (
                <Row
                  key={`${incident.kind}-${incident.id}-${incident.provider}-${incident.attempt}-${incident.at}`}
                  of={incident}
                />
              ))}
            </ul>
          )}
        <p class="all">
          <Link to={inLog()} aria-label="All requests">All →</Link>
        </p>
      </>
    )}
  </Panel>
)

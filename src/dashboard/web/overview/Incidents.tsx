import { plural } from "../format.ts"
import { IncidentList } from "../parts/IncidentList.tsx"
import { Link } from "../parts/Link.tsx"
import { Panel } from "../parts/Panel.tsx"
import { overview } from "../state/figures.ts"
import { inLog } from "../state/view.ts"

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
        <IncidentList of={recent} label="Recent retries and failovers" />
        <p class="all">
          <Link to={inLog()} aria-label="All requests">All →</Link>
        </p>
      </>
    )}
  </Panel>
)

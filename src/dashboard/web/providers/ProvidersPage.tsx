import { NeverUsed } from "../overview/NeverUsed.tsx"
import { IncidentList } from "../parts/IncidentList.tsx"
import { Panel } from "../parts/Panel.tsx"
import { providers } from "../state/figures.ts"
import { rangeLabel } from "../state/view.ts"
import { OverTime } from "./OverTime.tsx"
import { ProviderTable } from "./ProviderTable.tsx"

export const ProvidersPage = () =>
  providers.answer.value?.data.firstAt === null ? <NeverUsed /> : (
    <div class="overview">
      <OverTime />
      <Panel area="incidents" title={`Incidents · ${rangeLabel.value}`} of={providers} isBrief>
        {({ incidents }) => <IncidentList of={incidents} label="Retries, failovers, failures and circuits" />}
      </Panel>
      <ProviderTable />
    </div>
  )

import { LogPanel } from "../requests/LogPanel.tsx"
import { overview } from "../state/figures.ts"
import { Incidents } from "./Incidents.tsx"
import { Kpis } from "./Kpis.tsx"
import { NeverUsed } from "./NeverUsed.tsx"
import { ProviderHealth } from "./ProviderHealth.tsx"
import { Tokens } from "./Tokens.tsx"
import { Traffic } from "./Traffic.tsx"
import { Workload } from "./Workload.tsx"

export const OverviewPage = () =>
  overview.answer.value?.data.firstAt === null ? <NeverUsed /> : (
    <div class="overview">
      <Kpis />
      <Traffic />
      <Tokens />
      <ProviderHealth />
      <Incidents />
      <Workload />
      <LogPanel />
    </div>
  )

import { Panel } from "../parts/Panel.tsx"
import { Baseline, Savings } from "../parts/Savings.tsx"
import { overview } from "../state/figures.ts"

export const Workload = () => (
  <Panel area="workload" title="Workload cost · 30 days" side={<Baseline />} of={overview} isBrief>
    {({ workload: { savings } }) => <Savings of={savings} />}
  </Panel>
)

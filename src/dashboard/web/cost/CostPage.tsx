import { NeverUsed } from "../overview/NeverUsed.tsx"
import { Panel } from "../parts/Panel.tsx"
import { Baseline, Savings } from "../parts/Savings.tsx"
import { spending } from "../state/figures.ts"
import { rangeLabel } from "../state/view.ts"
import { Headline } from "./Headline.tsx"
import { Spend } from "./Spend.tsx"
import { Spenders } from "./Spenders.tsx"

export const CostPage = () =>
  spending.answer.value?.data.firstAt === null ? <NeverUsed /> : (
    <div class="overview">
      <Headline />
      <Spend />
      <Panel area="workload" title={`Savings · ${rangeLabel.value}`} side={<Baseline />} of={spending} isBrief>
        {({ saved: { savings } }) => <Savings of={savings} />}
      </Panel>
      <Spenders />
    </div>
  )

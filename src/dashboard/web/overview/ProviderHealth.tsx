import type { Health } from "../../../Figures.ts"
import { ago, count, durationOf, rate } from "../format.ts"
import { Link } from "../parts/Link.tsx"
import { Panel } from "../parts/Panel.tsx"
import { Tip } from "../parts/Tip.tsx"
import { shapes } from "../parts/shapes.ts"
import { now } from "../state/clock.ts"
import { overview } from "../state/figures.ts"
import { inLog } from "../state/view.ts"
import { nameOf } from "../vendors.ts"

/** What is worth saying beside the latency. */
const remark = ({ circuit, errorRate, state }: Health) => {
  switch (state) {
    case "healthy":
      return ""
    case "slow":
      return "slow"
    case "idle":
      return "no calls in 5 min"
    default:
      return `${circuit.state === "closed" ? "" : `${circuit.state} `}${rate(errorRate)}`
  }
}

const Provider = ({ of }: { readonly of: Health }) => {
  const { attempts, circuit, errors, lastAt, p95, p95Day, provider, state } = of
  const tip = `health-${provider}-more`
  return (
    <li class="tipped" data-testid={`health-${provider}`} data-state={state}>
      <Link to={inLog({ provider })} aria-describedby={tip}>
        <span class="shape" aria-hidden="true">{shapes[state]}</span>
        <span class="name">{nameOf(provider)}</span>
        <span class="sr-only">{state}</span>
        {p95 === null ? null : <span class="number">{durationOf(p95)}</span>}
        <span class="remark">{remark(of)}</span>
      </Link>
      <Tip id={tip}>
        <span>{state}: {count(errors)} of {count(attempts)} attempts failed in 5 min</span>
        <span>p95 {durationOf(p95)}, {durationOf(p95Day)} over 24 h</span>
        <span>circuit {circuit.state}{circuit.why === null ? "" : `: ${circuit.why}`}</span>
        {lastAt === null ? null : <span>last attempt {ago(lastAt, now.value)}</span>}
      </Tip>
    </li>
  )
}

export const ProviderHealth = () => (
  <Panel area="health" title="Provider health" note="p95, 5 min" of={overview} isBrief>
    {({ health }) =>
      health.length === 0 ?
        <p class="muted">No provider was called in 30 days.</p> :
        <ul class="health">{health.map((provider) => <Provider key={provider.provider} of={provider} />)}</ul>}
  </Panel>
)

import type { Health, Providers } from "../../../Figures.ts"
import { ago, clock, cost, count, countOf, durationOf, exactly, rate, words } from "../format.ts"
import { Empty } from "../parts/Empty.tsx"
import { Info } from "../parts/Info.tsx"
import { Link } from "../parts/Link.tsx"
import { Panel } from "../parts/Panel.tsx"
import { shapes } from "../parts/shapes.ts"
import { now } from "../state/clock.ts"
import { providers } from "../state/figures.ts"
import { inLog } from "../state/view.ts"
import { nameOf } from "../vendors.ts"

type Provider = Providers["providers"][number]
type Asked = Omit<Provider["models"][number], "model">

const columns = ["Attempts", "Errors", "P50", "P95", "P99", "First token", "Retries", "Failovers", "Tokens", "Cost"]

/** What it failed for, as shares of all. */
const Reasons = ({ of: { attempts, outcomes } }: { readonly of: Asked }) =>
  outcomes.length === 0 ? null : (
    <ul class="reasons">
      {outcomes.map((one) => (
        <li key={one.outcome} data-testid="reason" title={`${count(one.attempts)} of ${count(attempts)} attempts`}>
          {words(one.outcome)} <b>{rate(one.attempts / attempts)}</b>
        </li>
      ))}
    </ul>
  )

const Cells = ({ of }: { readonly of: Asked }) => {
  const exact = of.isExact ? "Exact" : "From a histogram: off by 2% at most"
  return (
    <>
      <td class="number" data-column="Attempts">{count(of.attempts)}</td>
      <td class="number" data-column="Errors" title={`${count(of.errors)} of ${count(of.attempts)}`}>
        {rate(of.errorRate)}
      </td>
      <td class="number" data-column="P50" title={exact}>{durationOf(of.latency.p50)}</td>
      <td class="number" data-column="P95" title={exact}>{durationOf(of.latency.p95)}</td>
      <td class="number" data-column="P99" title={exact}>{durationOf(of.latency.p99)}</td>
      <td
        class="number"
        data-column="First token"
        title={`p50 ${durationOf(of.firstToken.p50)}, p99 ${durationOf(of.firstToken.p99)}`}
      >
        {durationOf(of.firstToken.p95)}
      </td>
      <td class="number" data-column="Retries">{count(of.retries)}</td>
      <td class="number" data-column="Failovers">{count(of.failovers)}</td>
      <td class="number" data-column="Tokens">{count(of.tokens.total)}</td>
      <td class="number" data-column="Cost" title={exactly(of.cost)}>{cost(of)}</td>
    </>
  )
}

const Circuit = ({ of: { since, state, until, why } }: { readonly of: Health["circuit"] }) =>
  state === "closed" ? <span>circuit closed</span> : (
    <span class="bad" title={why ?? undefined}>
      circuit {state}
      {state === "open" && until !== null ? ` until ${clock(until, now.value)}` : ""}
      {since === null ? "" : `, since ${clock(since, now.value)}`}
      {why === null ? "" : `: ${why}`}
    </span>
  )

const Rows = ({ of }: { readonly of: Provider }) => {
  const { health, keySources, models, provider } = of
  return (
    <tbody data-testid={`provider-${provider}`} data-state={health.state}>
      <tr class="whole">
        <th scope="rowgroup">
          <Link to={inLog({ provider })}>
            <span class="shape" aria-hidden="true">{shapes[health.state]}</span> {nameOf(provider)}
          </Link>
        </th>
        <Cells of={of} />
      </tr>
      <tr class="remarks">
        <td colSpan={columns.length + 1}>
          <span data-testid="state">now {health.state}</span>
          <Circuit of={health.circuit} />
          {health.lastAt === null ? null : <span>last attempt {ago(health.lastAt, now.value)}</span>}
          {keySources.length === 0 ? null : <span>key from {keySources.join(", ")}</span>}
          <Reasons of={of} />
        </td>
      </tr>
      {models.map(({ model, ...asked }) => (
        <tr key={model} data-testid="model" data-model={model}>
          <th scope="row">
            <Link to={inLog({ provider, model })}>{model}</Link>
          </th>
          <Cells of={asked} />
        </tr>
      ))}
    </tbody>
  )
}

const About = () => (
  <Info id="providers" about="What is counted">
    <p>
      Latencies are of attempts that succeeded, each by itself; first token is the p95 of streams. Errors are attempts
      that failed by the vendor's doing: what its caller did (left, asked for what can't be) is listed among the
      reasons, and isn't an error. Retries and failovers are of the calls that a provider answered, or failed last.
    </p>
    <p>What is left of a vendor's rate limits, and where keys came from, is shown once records tell it.</p>
  </Info>
)

const Note = () => {
  const found = providers.answer.value?.data.providers
  return found === undefined ? null : <span>{countOf(found.length)} in all</span>
}

export const ProviderTable = () => (
  <Panel area="spenders" title="Providers and their models" note={<Note />} side={<About />} of={providers}>
    {(answer) =>
      answer.providers.every(({ attempts }) =>
          attempts === 0
        ) ?
        <Empty /> :
        (
          <div class="sheet-region" role="region" tabIndex={0} aria-label="Table of providers">
            <table class="sheet" data-testid="providers">
              <thead>
                <tr>
                  <th scope="col">Provider</th>
                  {columns.map((name) => <th key={name} scope="col" class="number">{name}</th>)}
                </tr>
              </thead>
              {answer.providers.map((provider) => <Rows key={provider.provider} of={provider} />)}
            </table>
          </div>
        )}
  </Panel>
)

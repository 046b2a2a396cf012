import type { Overview } from "../../../Figures.ts"
import { count, share } from "../format.ts"
import { Link } from "../parts/Link.tsx"
import { Panel } from "../parts/Panel.tsx"
import { Tip } from "../parts/Tip.tsx"
import { overview } from "../state/figures.ts"
import { inLog, rangeLabel } from "../state/view.ts"
import { nameOf, seriesOf } from "../vendors.ts"

type Counted = Omit<Overview["tokens"]["providers"][number], "provider">

const Split = ({ id, of: { cachedInput, cacheWrite, input, output, reasoning } }: {
  readonly id: string
  readonly of: Counted
}) => (
  <Tip id={id}>
    <span>{count(input)} input</span>
    <span>{count(cachedInput)} cached input</span>
    {cacheWrite > 0 ? <span>{count(cacheWrite)} written to the cache</span> : null}
    <span>{count(output)} output</span>
    <span>{count(reasoning)} reasoning</span>
  </Tip>
)

const Bar = ({ most, name, of, series }: {
  readonly name: string
  readonly series: string
  readonly of: Counted
  readonly most: number
}) => (
  <>
    <span class="name">{name}</span>
    <span class="track" aria-hidden="true">
      <span class="fill" data-series={series} style={{ width: `${most === 0 ? 0 : (of.total / most) * 100}%` }} />
    </span>
    <span class="number">{count(of.total)} · {share(of.share)}</span>
  </>
)

export const Tokens = () => {
  const total = overview.answer.value?.data.tokens.total
  return (
    <Panel
      area="tokens"
      title="Tokens by provider"
      note={total === undefined
        ? undefined
        : <span data-testid="tokens-total">{rangeLabel.value} · {count(total)} total</span>}
      of={overview}
      isBrief
    >
      {({ tokens: { others, providers, total } }) => {
        const most = Math.max(others?.total ?? 0, ...providers.map((provider) => provider.total))
        return total === 0 ? <p class="muted">No tokens in this range.</p> : (
          <ul class="bars">
            {providers.map(({ provider, ...counted }) => (
              <li key={provider} class="tipped" data-testid={`tokens-${provider}`}>
                <Link to={inLog({ provider })} aria-describedby={`tokens-${provider}-split`}>
                  <Bar name={nameOf(provider)} series={seriesOf(provider)} of={counted} most={most} />
                </Link>
                <Split id={`tokens-${provider}-split`} of={counted} />
              </li>
            ))}
            {others === null ?
              null :
              (
                <li class="tipped" data-testid="tokens-others" tabIndex={0} aria-describedby="tokens-others-split">
                  <Bar name={`Other (${others.count})`} series="other" of={others} most={most} />
                  <Split id="tokens-others-split" of={others} />
                </li>
              )}
          </ul>
        )
      }}
    </Panel>
  )
}

import type { Overview } from "../../../Figures.ts"
import { count, exactly, minus, money, plural, rate } from "../format.ts"
import { Info } from "./Info.tsx"
import { Link } from "./Link.tsx"

type Saved = Overview["workload"]["savings"]

const parts: ReadonlyArray<readonly [keyof Saved["parts"], string]> = [
  ["responseCache", "response cache"],
  ["coalescing", "dedup"],
  ["promptCache", "prompt cache"],
  ["routing", "routing"],
  ["batch", "batch"]
]

/** Both bars, and what lies between them, to one scale. */
const Bars = ({ of: { actual, baseline, parts: saved } }: { readonly of: Saved }) => {
  const whole = Math.max(baseline.usd, actual.usd) || 1
  const width = (usd: number) => ({ width: `${(Math.max(0, usd) / whole) * 100}%` })
  return (
    <dl class="workload">
      <dt>Baseline</dt>
      <dd>
        <span class="track" aria-hidden="true">
          <span class="fill baseline" style={width(baseline.usd)} />
        </span>
        <span class="number" data-testid="baseline" title={exactly(baseline)}>{money(baseline)}</span>
      </dd>
      <dt>With Loom</dt>
      <dd>
        <span class="track" aria-hidden="true">
          <span class="fill actual" style={width(actual.usd)} />
          {parts.map(([name]) => <span key={name} class="fill" data-saving={name} style={width(saved[name].usd)} />)}
        </span>
        <span class="number" data-testid="actual" title={exactly(actual)}>{money(actual)}</span>
      </dd>
    </dl>
  )
}

export const Baseline = () => (
  <Info id="baseline" about="What the baseline is">
    <p>
      The <b>baseline</b>{" "}
      is what the same calls cost at list price: no response cache, no discount of the vendor's prompt cache, no
      discount for batches, on the model that the route declares as its baseline. Where none is declared, routing saves
      nothing.
    </p>
    <p>
      Response cache and dedup save the list price of the answer that wasn't bought. The prompt cache saves what cached
      tokens are cheaper by, less what writing them costs more: that can be negative. The parts add up to the whole
      exactly. Calls whose price isn't known are in neither bar.
    </p>
  </Info>
)

/** What was saved of what the same would have cost, and by what. */
export const Savings = ({ of: savings }: { readonly of: Saved }) => (
  <>
    <p class="value" data-testid="workload-share">
      {savings.share === null
        ? rate(null)
        : savings.share === 0
        ? "0%"
        : `${savings.share > 0 ? minus : "+"}${rate(Math.abs(savings.share))}`}
    </p>
    <p class="muted">
      <span data-testid="workload-saved" title={exactly(savings.saved)}>{money(savings.saved)}</span> saved of{" "}
      <span title={exactly(savings.baseline)}>{money(savings.baseline)}</span> baseline
      {savings.unpriced > 0
        ? <span data-testid="unpriced">{` + ${plural(savings.unpriced, "unpriced call")}`}</span>
        : null}
    </p>
    <Bars of={savings} />
    <ul class="legend split" aria-label={`What saved it, over ${count(savings.priced)} calls`}>
      {parts.map(([name, label]) => (
        <li key={name} data-saving={name} data-testid={`saving-${name}`} title={exactly(savings.parts[name])}>
          {name === "batch" ? <Link to={{ page: "batches" }}>{label}</Link> : label} <b>{money(savings.parts[name])}</b>
        </li>
      ))}
    </ul>
  </>
)

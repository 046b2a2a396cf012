import type { Spending } from "../../../Figures.ts"
import { cost, count, exactly, money, plural, rate, unknown, usd } from "../format.ts"
import { Kpi } from "../parts/Kpi.tsx"
import { Tiles } from "../parts/Tiles.tsx"
import { spending } from "../state/figures.ts"
import { inLog, rangeLabel } from "../state/view.ts"

const Spent = ({ of: { spent: { delta, spark }, total } }: { readonly of: Spending }) => (
  <Kpi
    name="spent"
    about={`Spent · ${rangeLabel.value}`}
    value={cost(total)}
    exact={total.costStatus === "unknown" ? undefined : exactly(total.cost)}
    delta={delta === null || total.costStatus === "unknown"
      ? undefined
      : { change: delta.usd, size: usd(Math.abs(delta.usd)), good: "down" }}
    note={plural(total.calls, "call")}
    spark={spark}
    to={inLog()}
  />
)

const Saved = ({ of: { saved: { delta, savings, spark, value } } }: { readonly of: Spending }) => (
  <Kpi
    name="saved"
    about={`Saved · ${rangeLabel.value}`}
    value={money(value)}
    exact={exactly(value)}
    delta={delta === null ? undefined : { change: delta.usd, size: usd(Math.abs(delta.usd)), good: "up" }}
    note={
      <>
        {rate(savings.share)} of <span title={exactly(savings.baseline)}>{money(savings.baseline)}</span>
      </>
    }
    spark={spark}
    to={inLog()}
  />
)

const PerThousand = ({ of: { per1k: { delta, spark, value }, total } }: { readonly of: Spending }) => {
  const isKnown = value !== null && total.costStatus !== "unknown"
  return (
    <Kpi
      name="per1k"
      about="Cost / 1,000 calls"
      value={isKnown ? usd(value) : unknown}
      delta={delta === null || !isKnown
        ? undefined
        : { change: delta, size: usd(Math.abs(delta)), good: "down" }}
      note={plural(total.attempts, "attempt")}
      spark={spark}
      to={inLog()}
    />
  )
}

const Unpriced = ({ of: { total: { estimated, unknown }, unpriced: { delta, spark, value } } }: {
  readonly of: Spending
}) => (
  <Kpi
    name="unpriced"
    about="Unpriced calls"
    value={count(value ?? 0)}
    exact={`Calls that may have cost, or saved, what nobody knows. ${plural(unknown, "attempt")} of unknown cost.`}
    delta={delta === null ? undefined : { change: delta, size: count(Math.abs(delta)), good: "down" }}
    note={`${plural(estimated, "attempt")} estimated`}
    spark={spark}
    to={inLog()}
  />
)

export const Headline = () => (
  <Tiles of={spending}>
    {(answer) => (
      <>
        <Spent of={answer} />
        <Saved of={answer} />
        <PerThousand of={answer} />
        <Unpriced of={answer} />
      </>
    )}
  </Tiles>
)

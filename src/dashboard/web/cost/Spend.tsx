import { useMemo } from "preact/hooks"
import type { Spending } from "../../../Figures.ts"
import { bucket, cost, plural, usd, usdTick } from "../format.ts"
import { Chart, timeOf } from "../parts/Chart.tsx"
import { Panel } from "../parts/Panel.tsx"
import type { Line } from "../parts/TimeChart.tsx"
import { spending } from "../state/figures.ts"
import { isNarrow } from "../state/screen.ts"
import { seriesOfAll } from "../vendors.ts"
import { GroupBy } from "./GroupBy.tsx"
import { restOf, titleOf } from "./groups.ts"

type Values = ReadonlyArray<number | null>

interface Part {
  readonly key: string
  readonly title: string
  readonly series: string
  readonly values: Values
}

const partsOf = (of: Spending): ReadonlyArray<Part> => {
  const drawn = of.groups.flatMap(({ key, spark }) => spark === null ? [] : [{ key, values: spark }])
  const series = seriesOfAll(drawn.map(({ key }) => key))
  const parts = drawn.map(({ key, values }): Part => ({
    key,
    title: titleOf(of, key),
    series: series.get(key) ?? "other",
    values
  }))
  const title = of.groups.length > drawn.length ? "Other" : restOf(of)
  return of.restSpark === null ? parts : [...parts, { key: "", title, series: "other", values: of.restSpark }]
}

/** Each bar over those before it: what is highest is drawn first. */
const stacked = (parts: ReadonlyArray<Part>): ReadonlyArray<Line> => {
  let below: Values = []
  return parts.map(({ series, values }): Line => {
    below = values.map((value, at) => value === null ? null : value + (below[at] ?? 0))
    return { values: below, color: `series-${series}`, as: "stacked" }
  }).toReversed()
}

const Plots = ({ of }: { readonly of: Spending }) => {
  const parts = useMemo(() => partsOf(of), [of])
  const lines = useMemo(() => stacked(parts), [parts])
  const { at, partial, range, spent } = of
  const table = useMemo(() => (
    <table data-testid="buckets">
      <caption>Spend over time, in USD</caption>
      <thead>
        <tr>
          {["Time", "All", ...parts.map(({ title }) => title)].map((name, n) => <th key={n} scope="col">{name}</th>)}
        </tr>
      </thead>
      <tbody>
        {at.map((start, index) =>
          spent.spark[index] === null ? null : (
            <tr key={start}>
              <th scope="row">{bucket(start, range.bucket, range.now)}</th>
              <td>{usd(spent.spark[index] ?? 0)}</td>
              {parts.map(({ key, values }) => <td key={key}>{usd(values[index] ?? 0)}</td>)}
            </tr>
          )
        )}
      </tbody>
    </table>
  ), [of])
  return (
    <Chart
      name="spend"
      of={{ at, partial, range }}
      label={`Spent ${cost(of.total)} on ${plural(of.total.calls, "call")}, by ${of.tagKey ?? of.by}`}
      plots={[{ lines, height: isNarrow.value ? 200 : 240, hasTimes: true, write: usdTick, least: 1e-12 }]}
      sample={(index) => (
        <>
          <span>{usd(spent.spark[index] ?? undefined)} in all</span>
          {parts.map(({ key, series, title, values }) =>
            (values[index] ?? 0) > 0
              ? <span key={key} class="swatch" data-series={series}>{title} {usd(values[index] ?? undefined)}</span>
              : null
          )}
        </>
      )}
      spoken={(index) =>
        `${timeOf(of, index)}: ${usd(spent.spark[index] ?? undefined)}${
          parts.filter(({ values }) => (values[index] ?? 0) > 0).map(({ title, values }) =>
            `, ${title} ${usd(values[index] ?? undefined)}`
          ).join("")
        }`}
      table={table}
      legend={parts.map(({ key, series, title }) => (
        <span key={key} class="swatch" data-series={series} data-testid="spend-key">{title}</span>
      ))}
    />
  )
}

export const Spend = () => (
  <Panel area="spend" title="Spend over time" side={<GroupBy />} of={spending} isBrief>
    {(answer) => <Plots of={answer} />}
  </Panel>
)

import { useMemo } from "preact/hooks"
import type { Providers } from "../../../Figures.ts"
import { bucket, countOf, durationOf, durationTick, rate } from "../format.ts"
import { Chart, timeOf } from "../parts/Chart.tsx"
import { Panel } from "../parts/Panel.tsx"
import { Segments } from "../parts/Segments.tsx"
import type { Line } from "../parts/TimeChart.tsx"
import { type Metric, metrics } from "../state/address.ts"
import { providers } from "../state/figures.ts"
import { isNarrow } from "../state/screen.ts"
import { show, view } from "../state/view.ts"
import { nameOf, seriesOfAll } from "../vendors.ts"

type Points = NonNullable<Providers["providers"][number]["points"]>

interface Part {
  readonly key: string
  readonly title: string
  readonly series: string
  readonly values: ReadonlyArray<number | null>
  readonly points: Points
}

const labels: Readonly<Record<Metric, string>> = {
  p50: "P50",
  p95: "P95",
  p99: "P99",
  firstToken: "First token",
  errors: "Errors"
}

const valuesOf = (points: Points, metric: Metric) =>
  metric === "errors"
    ? points.errors.map((errors, at) => {
      const attempts = points.attempts[at] ?? 0
      return errors === null || attempts === 0 ? null : errors / attempts
    })
    : points[metric]

const partsOf = ({ providers }: Providers, metric: Metric): ReadonlyArray<Part> => {
  const drawn = providers.flatMap(({ points, provider }) => points === null ? [] : [{ points, provider }])
  const series = seriesOfAll(drawn.map(({ provider }) => provider))
  return drawn.map(({ points, provider }) => ({
    key: provider,
    title: nameOf(provider),
    series: series.get(provider) ?? "other",
    values: valuesOf(points, metric),
    points
  }))
}

const linesOf = (parts: ReadonlyArray<Part>): ReadonlyArray<Line> =>
  parts.map(({ series, values }) => ({ values, color: `series-${series}`, as: "line" }))

const Plots = ({ of }: { readonly of: Providers }) => {
  const { metric } = view.value
  const parts = useMemo(() => partsOf(of, metric), [of, metric])
  const lines = useMemo(() => linesOf(parts), [parts])
  const write = metric === "errors" ? rate : durationOf
  const table = useMemo(() => (
    <table data-testid="buckets">
      <caption>{labels[metric]} over time</caption>
      <thead>
        <tr>
          {["Time", ...parts.map(({ title }) => title)].map((name, n) => <th key={n} scope="col">{name}</th>)}
        </tr>
      </thead>
      <tbody>
        {of.at.map((start, index) =>
          parts.every(({ points }) => points.attempts[index] === null) ? null : (
            <tr key={start}>
              <th scope="row">{bucket(start, of.range.bucket, of.range.now)}</th>
              {parts.map(({ key, values }) => <td key={key}>{write(values[index])}</td>)}
            </tr>
          )
        )}
      </tbody>
    </table>
  ), [of, metric])
  return (
    <Chart
      name="latency"
      of={of}
      label={parts.length === 0
        ? "No attempts"
        : `${labels[metric]} of ${parts.map(({ title }) => title).join(", ")} over time`}
      plots={[{
        lines,
        height: isNarrow.value ? 200 : 240,
        hasTimes: true,
        write: metric === "errors" ? rate : durationTick,
        least: metric === "errors" ? 0.01 : 1
      }]}
      sample={(index) =>
        parts.map(({ key, points, series, title, values }) => (
          <span key={key} class="swatch" data-series={series}>
            {title} {write(values[index])} · {countOf(points.attempts[index])} attempts
          </span>
        ))}
      spoken={(index) =>
        `${timeOf(of, index)}: ${parts.map(({ title, values }) => `${title} ${write(values[index])}`).join(", ")}`}
      table={table}
      legend={parts.length === 0 ?
        <span>No attempts in this range.</span> :
        parts.map(({ key, series, title }) => (
          <span key={key} class="swatch" data-series={series} data-testid="provider-key">{title}</span>
        ))}
    />
  )
}

const Pick = () => (
  <Segments
    name="metric"
    label="What is drawn"
    values={metrics}
    labels={(metric) => labels[metric]}
    value={view.value.metric}
    onPick={(metric) => show({ metric })}
  />
)

export const OverTime = () => (
  <Panel
    area="latency"
    title={view.value.metric === "errors" ? "Error share over time" : "Latency over time"}
    note="of attempts"
    side={<Pick />}
    of={providers}
    isBrief
  >
    {(answer) => <Plots of={answer} />}
  </Panel>
)

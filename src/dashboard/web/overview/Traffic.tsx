import { useMemo } from "preact/hooks"
import type { Series } from "../../../Figures.ts"
import { bucket, count, countOf, durationOf, perMinute, plural } from "../format.ts"
import { Chart, timeOf } from "../parts/Chart.tsx"
import { Panel } from "../parts/Panel.tsx"
import type { Line, Marks } from "../parts/TimeChart.tsx"
import { overview, series } from "../state/figures.ts"
import { isNarrow } from "../state/screen.ts"

/** Errors are a flat line on the scale of requests: they have their own, in a strip. */
const strip = { height: 64 }

const sum = (one: number | null | undefined, other: number | null | undefined) =>
  one === null || one === undefined ? null : one + (other ?? 0)

const linesOf = ({ all: { points }, partial }: Series): ReadonlyArray<Line> => {
  const isWhole = (_: unknown, at: number) => partial === null || at < partial
  const isLast = (at: number) => partial !== null && (at === partial || at === partial - 1)
  const total = points.ok.map((ok, at) => isWhole(ok, at) ? sum(ok, points.errors[at]) : null)
  return [
    { values: total, color: "--err", as: "dashed" },
    { values: points.ok.map((ok, at) => isWhole(ok, at) ? ok : null), color: "--accent", as: "area" },
    { values: points.ok.map((ok, at) => isLast(at) ? ok : null), color: "--accent", as: "dotted" }
  ]
}

const errorsOf = ({ all: { points } }: Series): ReadonlyArray<Line> => [
  { values: points.errors, color: "--err", as: "bars" }
]

const marksOf = ({ all: { points } }: Series): ReadonlyArray<Marks> => [
  { values: points.retries, color: "--warn", shape: "caret", lane: 0 },
  { values: points.failovers, color: "--accent", shape: "diamond", lane: 1 }
]

const Sample = ({ index, of: { all: { points } } }: { readonly of: Series; readonly index: number }) => (
  <>
    <span class="key-ok">{countOf(points.ok[index])} ok</span>
    <span class="key-err">{countOf(points.errors[index])} errors</span>
    {(points.interrupted[index] ?? 0) > 0 ? <span>{countOf(points.interrupted[index])} interrupted</span> : null}
    <span>{countOf(points.retries[index])} retries · {countOf(points.failovers[index])} failovers</span>
    <span>p95 {durationOf(points.p95[index])}</span>
  </>
)

const spoken = (of: Series, index: number) => {
  const { errors, failovers, ok, retries } = of.all.points
  return `${timeOf(of, index)}: ${countOf(ok[index])} ok, ${countOf(errors[index])} errors, ${
    countOf(retries[index])
  } retries, ${countOf(failovers[index])} failovers`
}

const Buckets = ({ of: { all: { points }, at, range } }: { readonly of: Series }) => (
  <table data-testid="buckets">
    <caption>Requests over time</caption>
    <thead>
      <tr>
        {["Time", "OK", "Errors", "Retries", "Failovers"].map((name) => <th key={name} scope="col">{name}</th>)}
      </tr>
    </thead>
    <tbody>
      {at.map((start, index) =>
        points.calls[index] === null ? null : (
          <tr key={start}>
            <th scope="row">{bucket(start, range.bucket, range.now)}</th>
            <td>{points.ok[index]}</td>
            <td>{points.errors[index]}</td>
            <td>{points.retries[index]}</td>
            <td>{points.failovers[index]}</td>
          </tr>
        )
      )}
    </tbody>
  </table>
)

const Plots = ({ of }: { readonly of: Series }) => {
  const { all: { totals } } = of
  const lines = useMemo(() => linesOf(of), [of])
  const errors = useMemo(() => errorsOf(of), [of])
  const marks = useMemo(() => marksOf(of), [of])
  const buckets = useMemo(() => <Buckets of={of} />, [of])
  return (
    <Chart
      name="traffic"
      of={of}
      label={`${plural(totals.calls, "call")}: ${count(totals.ok)} ok, ${plural(totals.errors, "error")}, ${
        count(totals.interrupted)
      } interrupted`}
      plots={[
        { lines, height: isNarrow.value ? 200 : 240, hasTimes: true },
        { lines: errors, marks, height: strip.height, hasTimes: false }
      ]}
      sample={(index) => <Sample of={of} index={index} />}
      spoken={(index) => spoken(of, index)}
      table={buckets}
      legend={
        <>
          <span class="key-ok">ok</span>
          <span class="key-err">errors</span>
          <span class="key-retry" data-testid="key-retry">retry</span>
          <span class="key-failover" data-testid="key-failover">failover</span>
        </>
      }
    />
  )
}

const Note = () => {
  const data = overview.answer.value?.data
  if (data === undefined) return null
  return (
    <>
      <span data-testid="traffic-rate">{perMinute(data.requestsPerMinute.value)} / min</span> ·{" "}
      <span data-testid="traffic-providers">{plural(data.activeProviders, "provider")} active</span>
    </>
  )
}

export const Traffic = () => (
  <Panel area="traffic" title="Requests over time" note={<Note />} of={series}>
    {(answer) => <Plots of={answer} />}
  </Panel>
)
